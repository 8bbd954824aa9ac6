//! The Python environments of the peers, made once under target/peers.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A simulator that is measured beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Peer {
    Nest,
    Brian2,
}

impl Peer {
    pub const ALL: [Self; 2] = [Self::Nest, Self::Brian2];

    pub fn name(self) -> &'static str {
        match self {
            Self::Nest => "NEST",
            Self::Brian2 => "Brian2",
        }
    }
    fn directory(self) -> &'static str {
        match self {
            Self::Nest => "nest",
            Self::Brian2 => "brian2",
        }
    }
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Nest => &["nest-simulator==3.10.0", "numpy"],
            Self::Brian2 => &["brian2", "numpy<2.4", "setuptools", "cython"],
        }
    }
    fn module(self) -> &'static str {
        self.directory()
    }
    pub fn script(self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tools/peers")
            .join(match self {
                Self::Nest => "nest_bench.py",
                Self::Brian2 => "brian2_bench.py",
            })
    }

    /// The interpreter of an environment in which the simulator can be imported; made if it is not there.
    pub fn interpreter(self, python: &str) -> Result<PathBuf, String> {
        let home = home().join(self.directory());
        let bin = home.join(if cfg!(windows) { "Scripts" } else { "bin" });
        let own = bin.join(if cfg!(windows) {
            "python.exe"
        } else {
            "python"
        });
        if own.exists() && self.check(&own).is_ok() {
            return Ok(own);
        }
        eprintln!(
            "making {} (pip install {})",
            home.display(),
            self.packages().join(" ")
        );
        run(Command::new(python)
            .args(["-m", "venv", "--clear"])
            .arg(&home))?;
        run(Command::new(&own)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(self.packages()))?;
        self.check(&own)?;
        Ok(own)
    }

    /// Can the simulator be imported?
    pub fn check(self, interpreter: &Path) -> Result<(), String> {
        run(Command::new(interpreter)
            .arg("-c")
            .arg(format!("import {}", self.module())))
    }
}

/// `target/peers`, wherever the target directory is.
fn home() -> PathBuf {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    scratch.parent().unwrap_or(scratch).join("peers")
}

fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{} ...", command.get_program().to_string_lossy());
    let out = command.output().map_err(|e| format!("{shown}: {e}"))?;
    if out.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&out.stderr);
    let last = told.lines().rev().find(|l| !l.trim().is_empty());
    Err(format!(
        "{shown}: {}",
        last.unwrap_or("failed without a message")
    ))
}
