//! The file: what it holds, and what it refuses.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use spikewheel::engine::sink::Sink;
use spikewheel::engine::{Checkpoints, Control, run_kept};
use spikewheel::snapshot::{About, MAGIC, Snapshot, SnapshotError, VERSION, Writer};

use crate::networks::{Draw, network};
use crate::states::{SHARDS, assert_same, built, go_on, kept};

fn about() -> About {
    About {
        text: "format = 1".into(),
        files: vec!["data/a.csv".into(), "data/b.csv".into()],
        ..About::default()
    }
}

/// Ends a run in the middle.
struct StopAt<'a>(&'a Control, u64);

impl Sink for StopAt<'_> {
    fn spikes(&mut self, _: &[(u64, u32)]) {}
    fn sample(&mut self, _: usize, _: u64, _: &[f64]) {}
    fn reached(&mut self, tick: u64) {
        if tick >= self.1 {
            self.0.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// A checkpoint at some tick of a network's run.
fn written(seed: u64, shards: usize, every: u64, path: &Path) {
    let data = vec![Arc::new(b"1,2,3".to_vec()), Arc::new(Vec::new())];
    let mut writer = Writer::new(path, about(), data);
    let checkpoints = Checkpoints {
        every: Some(every),
        every_wall: None,
        keeper: &mut writer,
    };
    let spec = network(seed);
    let control = Control::default();
    let mut sink = StopAt(&control, spec.duration * 2 / 3);
    run_kept(built(&spec, shards), &mut sink, &control, Some(checkpoints))
        .expect("the run succeeds");
    writer.check().expect("it is written");
    assert!(writer.written().0 >= 1);
}

#[test]
fn a_file_is_gone_on_with_like_a_state_in_memory() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("run.checkpoint");
    let d = &mut Draw::new(1);
    for seed in 300..312 {
        let spec = network(seed);
        written(seed, d.of(&SHARDS), d.between(30, 400), &path);
        let snapshot = Snapshot::open(&path).expect("it opens");
        assert_eq!(snapshot.about.text, "format = 1");
        assert_eq!(snapshot.file(0).expect("it is there"), b"1,2,3");
        assert_eq!(snapshot.file(1).expect("it is there"), b"");
        let whole = kept(built(&spec, 1), 1 << 40);
        let part = go_on(&spec, d.of(&SHARDS), &snapshot, &snapshot.rest);
        let what = format!("network {seed}");
        assert_same(&whole, &part, snapshot.rest.tick, &what);
    }
    // No other file is left behind.
    assert_eq!(
        std::fs::read_dir(directory.path())
            .expect("it is there")
            .count(),
        1
    );
}

fn refusal(bytes: &[u8]) -> SnapshotError {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("some.checkpoint");
    std::fs::write(&path, bytes).expect("written");
    match Snapshot::open(&path) {
        Ok(_) => panic!("it must be refused"),
        Err(e) => e,
    }
}

fn example() -> Vec<u8> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("run.checkpoint");
    written(7, 2, 100, &path);
    std::fs::read(&path).expect("it is there")
}

#[test]
fn what_is_no_checkpoint_is_refused_with_the_reason() {
    let good = example();
    assert!(matches!(refusal(b""), SnapshotError::Foreign { .. }));
    assert!(matches!(
        refusal(b"format = 1\n"),
        SnapshotError::Foreign { .. }
    ));
    assert!(matches!(
        refusal(&good[..40]),
        SnapshotError::Truncated { found: 40, .. }
    ));
    let cut = refusal(&good[..good.len() - 1]);
    assert!(matches!(cut, SnapshotError::Truncated { .. }), "{cut}");
    let mut longer = good.clone();
    longer.push(0);
    assert!(matches!(refusal(&longer), SnapshotError::Truncated { .. }));
    let mut other = good.clone();
    other[MAGIC.len()..MAGIC.len() + 4].copy_from_slice(&(VERSION + 1).to_le_bytes());
    let refused = refusal(&other);
    assert!(matches!(refused, SnapshotError::Version { found, .. } if found == VERSION + 1));
    assert!(
        refused
            .to_string()
            .contains(&format!("format version {}", VERSION + 1)),
        "{refused}"
    );
    let mut damaged = good;
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let refused = refusal(&damaged);
    assert!(refused.to_string().contains("checksum of `"), "{refused}");
    let directory = tempfile::tempdir().expect("a directory");
    assert!(matches!(
        Snapshot::open(directory.path()),
        Err(SnapshotError::Foreign { .. })
    ));
    assert!(matches!(
        Snapshot::open(&directory.path().join("none")),
        Err(SnapshotError::Read { .. })
    ));
}

/// Most memory that this process has held, in KiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[test]
fn four_thousand_damaged_files_are_refused_in_little_memory() {
    let good = example();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("some.checkpoint");
    let before = peak();
    let d = &mut Draw::new(42);
    for _ in 0..4000 {
        let mut bytes = good.clone();
        // The first bytes and the last, which say where everything is, are damaged often.
        let place = |d: &mut Draw, n: usize| match d.below(4) {
            0 => d.below(64.min(n as u32)) as usize,
            1 => n - 1 - d.below(400.min(n as u32)) as usize,
            _ => d.below(n as u32) as usize,
        };
        match d.below(5) {
            0 => {
                let n = place(d, bytes.len());
                bytes.truncate(n);
            }
            1 => {
                let at = place(d, bytes.len());
                let large = d.of(&[u64::MAX, 1 << 62, 1 << 40, 0]).to_le_bytes();
                let n = large.len().min(bytes.len() - at);
                bytes[at..at + n].copy_from_slice(&large[..n]);
            }
            2 => {
                let (from, to) = (place(d, bytes.len()), place(d, bytes.len()));
                let n = d.below(64) as usize;
                let n = n.min(bytes.len() - from.max(to));
                bytes.copy_within(from..from + n, to);
            }
            3 => {
                let at = place(d, bytes.len());
                bytes.insert(at, d.below(256) as u8);
            }
            _ => {
                for _ in 0..d.between(1, 8) {
                    let at = place(d, bytes.len());
                    bytes[at] ^= 1 << d.below(8);
                }
            }
        }
        if bytes == good {
            continue;
        }
        std::fs::write(&path, &bytes).expect("written");
        assert!(Snapshot::open(&path).is_err());
    }
    if let (Some(before), Some(after)) = (before, peak()) {
        assert!(after - before < 256 << 10, "{} KiB", after - before);
    }
}
