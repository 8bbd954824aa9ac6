//! How fast are networks from end to end beside NEST and Brian2, measured in turn in one run?
//!
//! ```text
//! cargo bench --bench peers                                  everything but the longest
//! cargo bench --bench peers -- --only brunel,cuba --runs 1   a glance
//! cargo bench --bench peers -- --full --json figures.json    the longest, too
//! ```
//!
//! Every run is a process of its own with Poisson input and recording of all spikes: here to an HDF5
//! file, in NEST and Brian2 to memory. After a warm-up, which nobody counts, a second is timed. The
//! simulators take turns, run by run, so that a machine that is busy for a while slows all of them;
//! of each the run in the middle is told. The peers' scripts are in tools/peers, and run by hand, too.

#[path = "../end_to_end/mod.rs"]
mod end_to_end;
mod environment;
mod networks;
mod peer_run;
mod table;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use serde::Serialize;

use end_to_end::{Job, from_file, serve, take_median};
use environment::Peer;
use networks::{NETWORKS, Network};
use peer_run::PeerJob;

/// Networks from end to end beside NEST and Brian2, in turn
#[derive(Parser, Debug)]
#[command(name = "cargo bench --bench peers --")]
struct Args {
    /// Only these networks
    #[arg(long, value_delimiter = ',', value_parser = names())]
    only: Vec<String>,
    /// Runs of each simulator, of which the middle one is told
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    runs: u8,
    /// Time to simulate after the warm-up
    #[arg(long, default_value = "1 s", value_parser = time, value_name = "TIME")]
    simulated: f64,
    /// Time to simulate before
    #[arg(long, default_value = "100 ms", value_parser = time, value_name = "TIME")]
    warm_up: f64,
    /// Threads of each simulator
    #[arg(long, value_delimiter = ',', default_value = "1,2", value_name = "N")]
    threads: Vec<u16>,
    /// Leave these simulators out
    #[arg(long, value_delimiter = ',')]
    skip: Vec<Peer>,
    /// Also what takes many minutes and much memory
    #[arg(long)]
    full: bool,
    /// A run of a peer that takes longer is given up
    #[arg(long, default_value = "1200 s", value_parser = time, value_name = "TIME")]
    limit: f64,
    /// Write all runs to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Python from which environments are made under target/peers
    #[arg(long, default_value = "python3")]
    python: String,
    /// Interpreter that has NEST, instead of an environment of its own
    #[arg(long, value_name = "PYTHON")]
    nest: Option<PathBuf>,
    /// Interpreter that has Brian2, instead of an environment of its own
    #[arg(long, value_name = "PYTHON")]
    brian2: Option<PathBuf>,
    /// What cargo passes to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn names() -> clap::builder::PossibleValuesParser {
    NETWORKS.iter().map(|n| n.name).collect::<Vec<_>>().into()
}

/// A time with its unit, in ms.
fn time(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches(|c: char| c.is_alphabetic()).trim();
    let unit = text[number.len()..].trim();
    let ms = match unit {
        "s" | "ms" | "us" => spikewheel::definition::units::find(unit),
        _ => return Err("a time needs its unit: `1 s`, `500 ms`".into()),
    };
    match (number.parse::<f64>(), ms) {
        (Ok(value), Some(unit)) if value >= 0.0 && value.is_finite() => Ok(unit.canonical(value)),
        _ => Err(format!("`{number}` is not a number of at least 0")),
    }
}

/// One run of one simulator.
#[derive(Clone, Debug, Serialize)]
struct Run {
    network: &'static str,
    threads: usize,
    /// `ours`, or the name and version of a peer.
    simulator: String,
    /// Of ours.
    arithmetic: Option<&'static str>,
    s_per_s: f64,
    cpu_s_per_s: Option<f64>,
    build_s: f64,
    /// Of Brian2: what the compiler took; not part of `build_s`.
    compile_s: f64,
    rate_hz: f64,
    neurons: u64,
    synapses: u64,
    bytes_per_synapse: Option<f64>,
    table_bytes_per_synapse: Option<f64>,
    spike_hash: Option<String>,
}

/// Who runs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Ours(&'static str),
    Peer(Peer),
}

/// A line of the table: the run in the middle, or why there is none.
struct Line {
    network: &'static str,
    threads: usize,
    who: Who,
    outcome: Result<Run, String>,
}

struct Bench {
    args: Args,
    /// Those that can be run, with their interpreters.
    peers: Vec<(Peer, PathBuf)>,
    all: Vec<Run>,
}

fn main() {
    serve(|job| {
        let (mut spec, text) = from_file(job)?;
        // No peer writes weights.
        spec.recording.weights.clear();
        Ok((spec, text))
    });
    let args = Args::parse();
    table::machine();
    let peers = interpreters(&args);
    let mut bench = Bench {
        args,
        peers,
        all: Vec::new(),
    };
    let mut lines = Vec::new();
    for network in NETWORKS {
        let wanted = match &bench.args.only[..] {
            [] => !network.full || bench.args.full,
            only => only.iter().any(|n| n == network.name),
        };
        if wanted {
            for threads in bench.args.threads.clone() {
                lines.extend(bench.in_turn(network, usize::from(threads)));
            }
        }
    }
    table::print(&lines, &bench.args);
    if let Some(file) = &bench.args.json {
        let text = serde_json::to_string_pretty(&bench.all).expect("numbers");
        match std::fs::write(file, text) {
            Ok(()) => eprintln!("all runs are in {}", file.display()),
            Err(e) => {
                eprintln!("{}: {e}", file.display());
                std::process::exit(1);
            }
        }
    }
}

/// The interpreters of the peers that can be run; says why others cannot.
fn interpreters(args: &Args) -> Vec<(Peer, PathBuf)> {
    let wanted = Peer::ALL.into_iter().filter(|p| !args.skip.contains(p));
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for peer in wanted {
        let given = match peer {
            Peer::Nest => &args.nest,
            Peer::Brian2 => &args.brian2,
        };
        let interpreter = match given {
            Some(python) => peer.check(python).map(|()| python.clone()),
            None => peer.interpreter(&args.python),
        };
        match interpreter {
            Ok(python) => found.push((peer, python)),
            Err(e) => missing.push(format!("{} ({e})", peer.name())),
        }
    }
    if !missing.is_empty() {
        eprintln!(
            "Not to be had on this machine: {}. Figures without them follow.",
            missing.join("; ")
        );
    }
    found
}

impl Bench {
    /// Runs everybody in turn, several times.
    fn in_turn(&mut self, network: &'static Network, threads: usize) -> Vec<Line> {
        let ours = network.arithmetics.iter().map(|a| Who::Ours(a));
        let peers = self.peers.iter().map(|(p, _)| *p).filter(|p| {
            network.peers.contains(p) || self.args.full && network.slow_peers.contains(p)
        });
        // Double first, then those that are compared with it, then the other arithmetics.
        let mut who: Vec<Who> = ours.collect();
        who.splice(1..1, peers.map(Who::Peer));
        let mut runs: Vec<Result<Vec<Run>, String>> = vec![Ok(Vec::new()); who.len()];
        for round in 1..=self.args.runs {
            for (&who, runs) in who.iter().zip(&mut runs) {
                let Ok(done) = runs else {
                    continue;
                };
                eprint!(
                    "{}, {threads} thread{}, {}, run {round} of {} ... ",
                    network.name,
                    if threads == 1 { "" } else { "s" },
                    name(who),
                    self.args.runs
                );
                let started = Instant::now();
                match self.one(network, threads, who) {
                    Ok(run) => {
                        eprintln!(
                            "{:.4} s per s, {:.2} Hz ({:.0} s in all)",
                            run.s_per_s,
                            run.rate_hz,
                            started.elapsed().as_secs_f64()
                        );
                        done.push(run.clone());
                        self.all.push(run);
                    }
                    Err(message) => {
                        eprintln!("{message}");
                        *runs = Err(message);
                    }
                }
            }
        }
        who.into_iter()
            .zip(runs)
            .map(|(who, runs)| Line {
                network: network.name,
                threads,
                who,
                outcome: runs.map(|mut all| take_median(&mut all, |r| r.s_per_s)),
            })
            .collect()
    }

    fn one(&self, network: &'static Network, threads: usize, who: Who) -> Result<Run, String> {
        let args = &self.args;
        match who {
            Who::Ours(arithmetic) => {
                let arithmetic_set = format!("simulation.arithmetic={arithmetic}");
                let sets = network.sets.iter().map(ToString::to_string);
                let outcome = Job {
                    definition: network.definition.into(),
                    sets: sets.chain([arithmetic_set]).collect(),
                    threads,
                    warm_up_ms: args.warm_up,
                    simulated_ms: args.simulated,
                    profile: false,
                }
                .run()?;
                Ok(Run {
                    network: network.name,
                    threads,
                    simulator: "ours".into(),
                    arithmetic: Some(arithmetic),
                    s_per_s: outcome.s_per_s,
                    cpu_s_per_s: outcome.cpu_s_per_s,
                    build_s: outcome.build_s,
                    compile_s: 0.0,
                    rate_hz: outcome.rate_hz,
                    neurons: outcome.neurons,
                    synapses: outcome.synapses,
                    bytes_per_synapse: outcome.bytes_per_synapse,
                    table_bytes_per_synapse: Some(outcome.table_bytes_per_synapse),
                    spike_hash: Some(outcome.spike_hash),
                })
            }
            Who::Peer(peer) => {
                let interpreter = self.peers.iter().find(|(p, _)| *p == peer);
                let (_, interpreter) = interpreter.ok_or("it is not there")?;
                let told = PeerJob {
                    interpreter,
                    peer,
                    script: network.script,
                    threads,
                    warm_up_ms: args.warm_up,
                    simulated_ms: args.simulated,
                    limit: Duration::from_secs_f64(args.limit / 1000.0),
                }
                .run()?;
                Ok(Run {
                    network: network.name,
                    threads,
                    simulator: told.simulator,
                    arithmetic: None,
                    s_per_s: told.s_per_s,
                    cpu_s_per_s: Some(told.cpu_s_per_s),
                    build_s: told.build_s,
                    compile_s: told.compile_s,
                    rate_hz: told.rate_hz,
                    neurons: told.neurons,
                    synapses: told.synapses,
                    bytes_per_synapse: told.bytes_per_synapse,
                    table_bytes_per_synapse: None,
                    spike_hash: None,
                })
            }
        }
    }
}

fn name(who: Who) -> String {
    match who {
        Who::Ours(arithmetic) => format!("ours, {arithmetic}"),
        Who::Peer(peer) => peer.name().into(),
    }
}
