//! What does building cost per synapse, by rule and by what is drawn for each synapse, and how much
//! memory does it take at its peak, over that of the finished tables?
//!
//! Every line is a process of its own, so that peaks are its own. CPU time is that of all threads,
//! user and system, as Linux tells it.

use std::path::Path;
use std::process::Command;

use spikewheel::definition::{Override, load, parse};
use spikewheel::network::spec::{EdgeList, NetworkSpec, Rule, Weight};
use spikewheel::network::{BuildOptions, Network, build};

const RULES: [(&str, &str); 8] = [
    ("fixed_indegree", "{ fixed_indegree = 1000 }"),
    ("the same without multapses", "{ fixed_indegree = 1000 }"),
    ("fixed_total_number", "{ fixed_total_number = 20000000 }"),
    (
        "the same without multapses",
        "{ fixed_total_number = 20000000 }",
    ),
    ("fixed_outdegree", "{ fixed_outdegree = 1000 }"),
    ("pairwise_bernoulli", "{ pairwise_bernoulli = 0.05 }"),
    ("pairwise_poisson", "{ pairwise_poisson = 0.05 }"),
    ("list", "{ fixed_indegree = 1000 }"),
];
const DRAWN: [(&str, &str, &str); 3] = [
    ("nothing", "\"0.1 mV\"", "\"1.5 ms\""),
    (
        "weights",
        "{ normal = [\"0.1 mV\", \"0.01 mV\"] }",
        "\"1.5 ms\"",
    ),
    (
        "weights and delays",
        "{ normal = [\"0.1 mV\", \"0.01 mV\"] }",
        "{ normal = [\"1.5 ms\", \"0.75 ms\"] }",
    ),
];
/// Networks of `networks/`, with overrides.
const NETWORKS: [(&str, &[&str]); 5] = [
    ("sparse", &[]),
    ("sparse", &["neurons=100000"]),
    ("brunel", &[]),
    ("microcircuit", &[]),
    ("microcircuit", &["simulation.arithmetic=fixed"]),
];

fn of_rule(rule: usize, drawn: usize) -> NetworkSpec {
    let multapses = !RULES[rule].0.ends_with("without multapses");
    let (rule_text, (_, weight, delay)) = (RULES[rule].1, DRAWN[drawn]);
    let text = format!(
        "format = 1\n[simulation]\nduration = \"1 ms\"\nresolution = \"0.1 ms\"\n\
         [populations.p]\nmodel = \"lif_delta\"\nsize = 20000\n\
         [[projections]]\nfrom = \"p\"\nto = \"p\"\nrule = {rule_text}\n\
         allow_multapses = {multapses}\nweight = {weight}\ndelay = {delay}\n"
    );
    let loaded = parse(&text, Path::new("bench.toml"), &[]).expect("a right definition");
    let mut spec = loaded.spec;
    if RULES[rule].0 == "list" {
        // By target, sources in no order; the weights of the list unless they are drawn.
        let mut list = EdgeList::default();
        let mut state = 1u32;
        for target in 0..20_000 {
            for _ in 0..1000 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                list.source.push(state % 20_000);
                list.target.push(target);
                if drawn == 0 {
                    list.weight.push(f64::from(state >> 24));
                }
            }
        }
        if drawn == 0 {
            spec.projections[0].weight = Weight::FromList;
        }
        spec.projections[0].rule = Rule::List(list.into());
    }
    spec
}

fn of_network(which: usize) -> NetworkSpec {
    let (name, sets) = NETWORKS[which];
    let file = format!("{}/networks/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let overrides: Vec<Override> = sets
        .iter()
        .map(|s| s.parse().expect("name=value"))
        .collect();
    let loaded = load(Path::new(&file), &overrides);
    loaded.expect("a right definition").spec
}

/// A number out of a file of /proc, by what stands before it.
fn status(key: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with(key));
    let word = line.and_then(|l| l.split_whitespace().nth(1));
    word.and_then(|w| w.parse().ok()).unwrap_or(0.0) * 1024.0
}

/// CPU time of all threads so far, in seconds: fields 14 and 15 of /proc/self/stat, in hundredths.
fn cpu() -> [f64; 2] {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or("");
    let field = |k: usize| {
        let word = after.split_whitespace().nth(k);
        word.and_then(|w| w.parse::<f64>().ok()).unwrap_or(0.0) / 100.0
    };
    [field(11), field(12)]
}

/// Builds once and tells what it took.
fn measure(spec: &NetworkSpec, threads: usize) {
    let (before, held) = (cpu(), status("VmRSS"));
    let options = BuildOptions {
        shards: threads,
        ..BuildOptions::default()
    };
    let network: Network = build(spec, &options).expect("it can be built");
    let after = cpu();
    let (n, tables) = (network.synapse_count() as f64, network.table_bytes() as f64);
    let ns = |k: usize| (after[k] - before[k]) * 1e9 / n;
    println!(
        "{:>7.1} {:>6.1} {:>6.1} {:>6.2} {:>7.2}",
        n / 1e6,
        ns(0),
        ns(1),
        tables / n,
        (status("VmHWM") - held) / tables
    );
}

fn main() {
    let args: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    if let [rule, drawn, threads] = args[..] {
        let spec = match drawn {
            0..3 => of_rule(rule, drawn),
            _ => of_network(rule),
        };
        return measure(&spec, threads);
    }
    println!(
        "rule or network; drawn | threads | M synapses, ns per synapse (user, system), bytes per synapse, peak over tables"
    );
    let line = |what: String, args: [usize; 3]| {
        let program = std::env::current_exe().expect("this program");
        let told = Command::new(program)
            .args(args.map(|a| a.to_string()))
            .output();
        let told = told.expect("it runs").stdout;
        print!("{what:<60} {} {}", args[2], String::from_utf8_lossy(&told));
    };
    for (r, (rule, _)) in RULES.iter().enumerate() {
        for (d, (drawn, ..)) in DRAWN.iter().enumerate() {
            for threads in [1, 4] {
                line(format!("{rule}; {drawn}"), [r, d, threads]);
            }
        }
    }
    for (k, (name, sets)) in NETWORKS.iter().enumerate() {
        for threads in [1, 2] {
            line(
                format!("{name} {}", sets.join(" ")),
                [k, DRAWN.len(), threads],
            );
        }
    }
}
