//! Writes the corpora that the fuzzer begins with: `seeds DIRECTORY` makes a directory for each target.

use std::path::PathBuf;
use std::process::ExitCode;

use spikewheel_fuzz::TARGETS;

fn main() -> ExitCode {
    let Some(root) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("a directory is expected");
        return ExitCode::from(2);
    };
    for target in TARGETS {
        let directory = root.join(target.name);
        let written = std::fs::create_dir_all(&directory).and_then(|()| {
            let mut all = target.seeds.bytes().into_iter().enumerate();
            all.try_for_each(|(k, bytes)| std::fs::write(directory.join(format!("seed{k:03}")), bytes))
        });
        if let Err(e) = written {
            eprintln!("{}: {e}", directory.display());
            return ExitCode::FAILURE;
        }
        println!("{}", target.name);
    }
    ExitCode::SUCCESS
}
