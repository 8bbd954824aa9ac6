//! Damaged files: whatever stands in a file, its parser reads it or refuses it, without a panic and without
//! memory that the file does not justify. 10,000 damaged copies for each parser, always the same ones.
//!
//! The parsers are the targets of the fuzzer (`tools/fuzz`), which goes on from here.

mod bombs;
mod limits;
mod mutate;

#[path = "../../tools/fuzz/src/lib.rs"]
#[allow(dead_code)]
mod fuzz;

use std::sync::Mutex;

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Memory is that of the process, so one test measures at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// The most that reading a damaged file of some kilobytes may take at a time.
const MOST_BYTES: usize = 192 << 20;

/// Damaged copies for each parser.
const COPIES: usize = 10_000;

fn alone() -> std::sync::MutexGuard<'static, ()> {
    ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// How many of the copies are refused. `least`: fewer would mean that the damage does not reach the parser.
fn survives(name: &str, least: usize) {
    let _alone = alone();
    let target = fuzz::Target::named(name).unwrap();
    let directory = fuzz::directory().unwrap();
    let seeds = target.seeds.bytes();
    for (k, seed) in seeds.iter().enumerate() {
        // Networks of operators that are not supported are among the seeds too.
        assert!(
            target.read(seed, directory.path()) || name == "onnx",
            "{name}: seed {k} is refused"
        );
    }
    // Panics of a library are caught; their messages would hide the test's own.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let before = MEMORY.current_usage();
    let mut state = 7;
    let mut refused = 0;
    let mut failed = None;
    for i in 0..COPIES {
        let bytes = mutate::damaged(&seeds[i % seeds.len()], &mut state);
        MEMORY.reset_peak_usage();
        let read = std::panic::catch_unwind(|| target.read(&bytes, directory.path()));
        let taken = MEMORY.peak_usage().saturating_sub(before);
        match read {
            Ok(true) => {}
            Ok(false) => refused += 1,
            Err(_) => failed = Some(format!("copy {i}: a panic")),
        }
        if taken > MOST_BYTES {
            failed = Some(format!(
                "copy {i} of {} bytes took {taken} bytes",
                bytes.len()
            ));
        }
        if failed.is_some() {
            if let Ok(keep) = std::env::var("SPIKEWHEEL_KEEP_DAMAGED") {
                std::fs::write(keep, &bytes).unwrap();
            }
            break;
        }
    }
    std::panic::set_hook(hook);
    assert_eq!(failed, None, "{name}");
    println!("{name}: {refused} of {COPIES} refused");
    assert!(refused >= least, "{name}: {refused}");
}

macro_rules! parsers {
    ($($name:ident: $least:expr),* $(,)?) => {
        $(#[test]
        fn $name() {
            survives(stringify!($name), $least);
        })*

        #[test]
        fn no_parser_is_left_out() {
            let own = [$(stringify!($name)),*];
            for target in fuzz::TARGETS {
                assert!(own.contains(&target.name), "{}", target.name);
            }
        }
    };
}

parsers! {
    definition: 5_000,
    expression: 2_000,
    edges_csv: 3_000,
    edges_text: 3_000,
    edges_mtx: 3_000,
    edges_npy: 2_000,
    edges_hdf5: 1_000,
    edge_types: 1_000,
    spikes_csv: 3_000,
    spikes_hdf5: 1_000,
    values_npy: 2_000,
    values_hdf5: 1_000,
    samples_npz: 2_000,
    weights_npz: 3_000,
    onnx: 3_000,
    nir: 2_000,
    nir_input: 2_000,
    recording: 1_000,
    weights_hdf5: 1_000,
    picture: 3_000,
    checkpoint: 3_000,
}
