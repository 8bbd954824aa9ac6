//! The command as a user calls it, for the files of tests that say `mod commanded`.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

/// A file of `networks/models`.
#[allow(dead_code)]
pub fn shipped(name: &str) -> String {
    format!("{}/networks/models/{name}", env!("CARGO_MANIFEST_DIR"))
}

pub fn spikewheel(directory: &Path, args: &[&str]) -> Output {
    let mut command = Command::cargo_bin("spikewheel").expect("the binary is built");
    command.current_dir(directory).args(args);
    command.output().expect("it runs")
}

/// What was said on standard error, in one line.
pub fn told(out: &Output) -> String {
    let text = String::from_utf8_lossy(&out.stderr).replace('│', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn refused(out: &Output, why: &str) {
    assert_eq!(out.status.code(), Some(2), "{}", told(out));
    assert!(told(out).contains(why), "{why}: {}", told(out));
}

#[allow(dead_code)]
pub fn json(out: &Output) -> Value {
    assert!(out.status.success(), "{}", told(out));
    serde_json::from_slice(&out.stdout).expect("JSON")
}
