//! One run of a peer's script, in a process group of its own that ends with its time limit.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::environment::Peer;

pub struct PeerJob<'a> {
    pub interpreter: &'a Path,
    pub peer: Peer,
    pub script: &'a [&'a str],
    pub threads: usize,
    pub warm_up_ms: f64,
    pub simulated_ms: f64,
    pub limit: Duration,
}

/// The line of JSON that a script prints (tools/peers/common.py).
#[derive(Debug, Deserialize)]
pub struct Told {
    pub simulator: String,
    pub neurons: u64,
    pub synapses: u64,
    pub rate_hz: f64,
    pub build_s: f64,
    pub compile_s: f64,
    pub s_per_s: f64,
    pub cpu_s_per_s: f64,
    pub bytes_per_synapse: Option<f64>,
}

impl PeerJob<'_> {
    pub fn run(&self) -> Result<Told, String> {
        let mut command = Command::new(self.interpreter);
        command
            .arg(self.peer.script())
            .args(self.script)
            .arg("--record")
            .arg(format!("--threads={}", self.threads))
            .arg(format!("--warm-up={}", self.warm_up_ms))
            .arg(format!("--simulated={}", self.simulated_ms))
            // Otherwise the number of threads is not only ours to say.
            .env_remove("OMP_NUM_THREADS")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|e| e.to_string())?;
        let out = drain(child.stdout.take());
        let err = drain(child.stderr.take());
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
                break status;
            }
            if started.elapsed() > self.limit {
                end(&mut child);
                return Err(format!("given up after {} s", self.limit.as_secs()));
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        let out = out.join().unwrap_or_default();
        let err = err.join().unwrap_or_default();
        if !status.success() {
            let last = err.lines().rev().find(|l| !l.trim().is_empty());
            return Err(format!("failed: {}", last.unwrap_or("without a message")));
        }
        let line = out.lines().rev().find(|l| l.starts_with('{'));
        serde_json::from_str(line.ok_or("it printed no result")?).map_err(|e| e.to_string())
    }
}

/// Reads on a thread of its own, so that a full pipe stops nobody.
fn drain(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read until a pipe broke is kept.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Ends the child and what it has started: the program that Brian2 wrote, or a compiler.
fn end(child: &mut Child) {
    if cfg!(unix) {
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
    }
    let _ = child.kill();
    let _ = child.wait();
}
