//! What is printed: the machine, and a table in Markdown as it stands in benches/README.md.

use std::collections::BTreeSet;

use super::networks::NETWORKS;
use super::{Args, Line, Run, Who};

/// Says on what machine this is.
pub fn machine() {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    system.refresh_cpu_all();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let model = system.cpus().first().map(|c| c.brand().trim().to_string());
    println!(
        "Machine: {}, {cores} cores, {:.0} GiB, {}, {}",
        model.unwrap_or_default(),
        system.total_memory() as f64 / f64::from(1 << 30),
        sysinfo::System::long_os_version().unwrap_or_default(),
        std::env::consts::ARCH,
    );
    let load = sysinfo::System::load_average().one;
    if load > 0.5 {
        println!("It is not idle (load {load:.1}): only the ratios say something.");
    }
}

pub fn print(lines: &[Line], args: &Args) {
    let versions: BTreeSet<&str> = lines
        .iter()
        .filter_map(|l| l.outcome.as_ref().ok())
        .map(|r| r.simulator.as_str())
        .filter(|s| *s != "ours")
        .collect();
    println!(
        "Spikewheel {}{}{}; median of {}, {} ms after {} ms of warm-up; spikes recorded.\n",
        env!("CARGO_PKG_VERSION"),
        if versions.is_empty() { "" } else { ", " },
        versions.into_iter().collect::<Vec<_>>().join(", "),
        args.runs,
        args.simulated,
        args.warm_up,
    );
    println!(
        "| network | threads | simulator | s per s | times ours | built in (s) | rate (Hz) | bytes per synapse, resident | in tables |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut last = "";
    for line in lines {
        let network = match NETWORKS.iter().find(|n| n.name == line.network) {
            Some(n) if n.name != last => {
                last = n.name;
                format!("`{}`: {}", n.name, n.about)
            }
            _ => String::new(),
        };
        let simulator = super::name(line.who);
        let head = format!("| {network} | {} | {simulator} |", line.threads);
        match &line.outcome {
            Ok(run) => println!("{head} {} |", cells(run, ours(lines, line))),
            Err(why) => {
                let short = why.lines().next().unwrap_or("it failed");
                println!("{head} {} | | | | | |", short.replace('|', "/"));
            }
        }
    }
}

/// Our run in double arithmetic that a line is compared with.
fn ours<'a>(lines: &'a [Line], line: &Line) -> Option<&'a Run> {
    let with = lines.iter().find(|l| {
        l.network == line.network && l.threads == line.threads && l.who == Who::Ours("double")
    })?;
    match line.who {
        Who::Peer(_) => with.outcome.as_ref().ok(),
        Who::Ours(_) => None,
    }
}

fn cells(run: &Run, ours: Option<&Run>) -> String {
    let bytes = |b: Option<f64>| b.map_or(String::new(), |b| format!("{b:.1}"));
    let build = if run.compile_s > 0.0 {
        format!("{:.2} + {:.0} compiling", run.build_s, run.compile_s)
    } else {
        format!("{:.2}", run.build_s)
    };
    [
        digits(run.s_per_s),
        ours.map_or(String::new(), |o| {
            format!("**{}**", digits(run.s_per_s / o.s_per_s.max(1e-12)))
        }),
        build,
        format!("{:.2}", run.rate_hz),
        bytes(run.bytes_per_synapse),
        bytes(run.table_bytes_per_synapse),
    ]
    .join(" | ")
}

/// Three digits.
fn digits(x: f64) -> String {
    let places = match x {
        x if x >= 100.0 => 0,
        x if x >= 10.0 => 1,
        x if x >= 1.0 => 2,
        x if x >= 0.1 => 3,
        _ => 4,
    };
    format!("{x:.places$}")
}
