//! How synapses are held: which codec a definition gets, what can be asked for, and what it weighs.

use std::path::Path;

use spikewheel::definition::{self, Diagnostic, Loaded};
use spikewheel::engine::sink::NullSink;
use spikewheel::engine::{Control, run};
use spikewheel::network::estimate::estimate;
use spikewheel::network::fixed::FixedPlan;
use spikewheel::network::spec::{PopulationKind, Rule, Update};
use spikewheel::network::{BuildOptions, build, held};

/// A definition with 640 lif_delta and 320 lif_exp neurons and a source, 8 lines long, and `more`.
fn with(simulation: &str, more: &str) -> Result<Loaded, Vec<Diagnostic>> {
    let text = format!(
        "format = 1\n\
         [simulation]\nduration = \"10 ms\"\n{simulation}\n\
         [populations]\n\
         d = {{ model = \"lif_delta\", size = 640 }}\n\
         e = {{ model = \"lif_exp\", size = 320 }}\n\
         [stimuli.s]\nmodel = \"poisson\"\nrate = \"10 Hz\"\nsize = 100\n{more}"
    );
    definition::parse(&text, Path::new("test.toml"), &[])
}

fn projection(rule: &str, weight: &str, more: &str) -> String {
    format!(
        "[[projections]]\nfrom = \"d\"\nto = \"d\"\nrule = {rule}\nweight = {weight}\ndelay = \"1 ms\"\n{more}\n"
    )
}

fn loaded(simulation: &str, more: &str) -> Loaded {
    match with(simulation, more) {
        Ok(loaded) => loaded,
        Err(all) => panic!(
            "{}",
            all.iter().map(|d| format!("{d}\n")).collect::<String>()
        ),
    }
}

fn codecs(loaded: &Loaded) -> Vec<&'static str> {
    held(&loaded.spec).iter().map(|h| h.codec).collect()
}

const ONE: &str = "\"0.1 mV\"";
const DRAWN: &str = "{ normal = [\"0.1 mV\", \"0.01 mV\"] }";

#[test]
fn the_codec_follows_from_weights_density_and_arithmetic() {
    let sparse = "{ fixed_indegree = 39 }";
    let dense = "{ fixed_indegree = 40 }";
    for (rule, weight, double, fixed) in [
        (sparse, ONE, "count16", "count16"),
        (dense, ONE, "bitmap", "bitmap"),
        ("{ pairwise_bernoulli = 0.06 }", ONE, "count16", "count16"),
        ("{ pairwise_bernoulli = 0.07 }", ONE, "bitmap", "bitmap"),
        ("\"all_to_all\"", ONE, "bitmap", "bitmap"),
        (dense, DRAWN, "f32", "packed"),
    ] {
        let more = projection(rule, weight, "");
        assert_eq!(codecs(&loaded("", &more)), [double], "{rule} {weight}");
        let arithmetic = "arithmetic = \"fixed\"";
        assert_eq!(
            codecs(&loaded(arithmetic, &more)),
            [fixed],
            "{rule} {weight}"
        );
    }
    // A source may send several spikes at a tick, and weights of both signs would choose the receptor.
    for (from, to, weight, codec) in [
        ("s", "d", ONE, "count32"),
        ("s", "d", DRAWN, "f32"),
        ("d", "e", "{ normal = [\"1 pA\", \"1 pA\"] }", "f32"),
        (
            "d",
            "e",
            "{ normal = [\"1 pA\", \"1 pA\"], min = \"0 pA\" }",
            "packed",
        ),
        ("d", "e", "{ uniform = [\"-2 pA\", \"-1 pA\"] }", "packed"),
        ("d", "d", "{ uniform = [\"-2 mV\", \"1 mV\"] }", "packed"),
    ] {
        let more = projection("{ fixed_indegree = 50 }", weight, "")
            .replace("from = \"d\"", &format!("from = \"{from}\""))
            .replace("to = \"d\"", &format!("to = \"{to}\""));
        let got = loaded("arithmetic = \"fixed\"", &more);
        assert_eq!(codecs(&got), [codec], "{from} {to} {weight}");
    }
}

#[test]
fn a_codec_can_be_asked_for_and_one_that_cannot_be_is_refused() {
    let dense = projection("{ fixed_indegree = 100 }", ONE, "table = \"index\"");
    let sparse = projection("{ fixed_indegree = 10 }", ONE, "table = \"bitmap\"");
    let own = format!("{dense}{sparse}");
    assert_eq!(codecs(&loaded("", &own)), ["count16", "bitmap"]);
    let plain = own
        .replace("table = \"index\"", "")
        .replace("table = \"bitmap\"", "");
    assert_eq!(codecs(&loaded("", &plain)), ["bitmap", "count16"]);
    assert_eq!(
        codecs(&loaded("table = \"bitmap\"", &plain)),
        ["bitmap", "bitmap"]
    );
    assert_eq!(
        codecs(&loaded("table = \"index\"", &plain)),
        ["count16", "count16"]
    );
    // What is said for all of them holds where it can.
    let drawn = projection("{ fixed_indegree = 100 }", DRAWN, "");
    assert_eq!(codecs(&loaded("table = \"bitmap\"", &drawn)), ["f32"]);
    for (weight, delay, part) in [
        (DRAWN, "\"1 ms\"", "one weight"),
        (ONE, "{ uniform = [\"1 ms\", \"2 ms\"] }", "one delay"),
    ] {
        let more = projection("{ fixed_indegree = 100 }", weight, "table = \"bitmap\"")
            .replace("delay = \"1 ms\"", &format!("delay = {delay}"));
        let all = with("", &more).expect_err("it cannot be a bitmap");
        let [told] = &all[..] else { panic!("{all:?}") };
        assert!(told.to_string().contains(part), "{told}");
        assert_eq!(told.line(), Some(18), "{told}");
    }
    let made = projection("{ fixed_outdegree = 10 }", ONE, "table = \"procedural\"");
    assert_eq!(codecs(&loaded("", &made)), ["procedural"]);
    let network = build(&loaded("", &made).spec, &BuildOptions::default()).expect("built");
    assert_eq!(network.synapse_count(), 6400);
    assert!(network.table_bytes() < 10 * 1100);
    for (rule, weight, part) in [
        ("{ fixed_indegree = 10 }", ONE, "by source"),
        ("{ fixed_outdegree = 10 }", DRAWN, "one weight"),
    ] {
        let more = projection(rule, weight, "table = \"procedural\"");
        let all = with("", &more).expect_err("it cannot be made anew");
        assert!(all[0].to_string().contains(part), "{}", all[0]);
    }
    let all = with(
        "",
        &projection("\"all_to_all\"", ONE, "table = \"bitmaps\""),
    )
    .expect_err("no such");
    assert!(
        all.iter()
            .any(|d| format!("{d} {:?}", d.help).contains("did you mean `bitmap`")),
        "{all:?}"
    );
}

/// What `check` tells of tables is what they are.
#[test]
fn tables_weigh_what_the_estimate_says() {
    let delays = "{ uniform = [\"1 ms\", \"2 ms\"] }";
    for (simulation, weight, delay, per_synapse) in [
        ("", ONE, "\"1 ms\"", 2.0),
        ("table = \"bitmap\"", ONE, "\"1 ms\"", 1.25),
        ("", DRAWN, "\"1 ms\"", 6.0),
        ("arithmetic = \"fixed\"", DRAWN, "\"1 ms\"", 4.0),
        ("arithmetic = \"fixed\"", DRAWN, delays, 4.0),
    ] {
        let more = projection(
            "{ fixed_indegree = 800 }",
            weight,
            "allow_multapses = false",
        )
        .replace("delay = \"1 ms\"", &format!("delay = {delay}"))
        .replace("\"d\"", "\"n\"");
        let sizes = format!("{more}[populations.n]\nmodel = \"lif_delta\"\nsize = 8192\n");
        let table = if weight == ONE && simulation.is_empty() {
            "table = \"index\""
        } else {
            simulation
        };
        let loaded = loaded(table, &sizes);
        let told = estimate(&loaded.spec).table_bytes;
        let network = build(&loaded.spec, &BuildOptions::default()).expect("built");
        let (is, n) = (network.table_bytes() as f64, network.synapse_count() as f64);
        assert!(
            (told / is - 1.0).abs() < 0.1,
            "{simulation} {weight}: {told} for {is}"
        );
        let each = is / n;
        assert!(
            each > per_synapse && each < per_synapse + 0.25,
            "{simulation} {weight} {delay}: {each} bytes"
        );
    }
}

/// More slots than 16 bits reach: rows are cut by blocks of slots. Two shards need no blocks, and must
/// find the same network.
#[test]
fn rows_over_many_slots_are_those_of_shards_with_few() {
    let one = ("2 mV", "1 mV");
    let drawn = (
        "{ uniform = [\"1 mV\", \"3 mV\"] }",
        "{ normal = [\"1 mV\", \"0.5 mV\"] }",
    );
    let (same, spread) = ("\"0.3 ms\"", "{ uniform = [\"0.1 ms\", \"0.6 ms\"] }");
    for (delay, weight, in_degree, bytes) in [
        (same, one, 20, None),
        (spread, one, 20, None),
        // Each row has enough synapses for blocks.
        (same, drawn, 40, Some(6.0..6.7)),
        (spread, drawn, 40, Some(8.0..9.3)),
        // Each row has too few.
        (same, drawn, 20, Some(8.0..8.9)),
    ] {
        let (weight, minus) = weight;
        let quoted = |w: &str| match w.starts_with('{') {
            true => w.to_string(),
            false => format!("\"{w}\""),
        };
        let (weight, minus) = (
            quoted(weight),
            quoted(minus).replacen("\"1 mV", "\"-1 mV", 1),
        );
        let more = format!(
            "[populations.n]\nmodel = \"lif_delta\"\nsize = 70000\nparams = {{ V_th = \"-60 mV\" }}\n\
             initial = {{ V_m = {{ uniform = [\"-70 mV\", \"-58 mV\"] }} }}\n\
             [[projections]]\nfrom = \"n\"\nto = \"n\"\nrule = {{ fixed_indegree = {in_degree} }}\nweight = {weight}\ndelay = {delay}\n\
             [[projections]]\nfrom = \"n[0..500]\"\nto = \"n\"\nrule = {{ fixed_indegree = 3 }}\nweight = {minus}\ndelay = \"0.2 ms\"\n"
        );
        let mut spec = loaded("", &more).spec;
        spec.duration = 30;
        let mut hashes = Vec::new();
        let mut networks = Vec::new();
        for (shards, update) in [
            (1, Update::Lazy),
            (1, Update::Sweep),
            (2, Update::Lazy),
            (3, Update::Sweep),
        ] {
            for p in &mut spec.populations {
                if let PopulationKind::Neurons(n) = &mut p.kind {
                    n.update = update;
                }
            }
            let options = BuildOptions {
                shards,
                ..BuildOptions::default()
            };
            let network = build(&spec, &options).expect("built");
            networks.push(network.synapses());
            if let Some(bytes) = bytes.clone().filter(|_| shards == 1) {
                let each = network.table_bytes() as f64 / network.synapse_count() as f64;
                assert!(bytes.contains(&each), "{delay} {weight}: {each} bytes");
            }
            let report = run(network, &mut NullSink, &Control::default()).expect("run");
            assert!(report.spikes > 1000, "{}", report.spikes);
            hashes.push(report.spike_hash);
        }
        assert!(
            hashes.iter().all(|h| *h == hashes[0]),
            "{delay}: {hashes:x?}"
        );
        assert!(networks.iter().all(|n| *n == networks[0]), "{delay}");
        assert_eq!(networks[0].len(), (in_degree + 3) * 70_000);
    }
}

/// The proof that sums of whole numbers cannot overflow: in-degree times the largest number that any
/// synapse has. The quantum is no coarser than that and the bits of a weight ask for.
#[test]
fn the_largest_number_times_the_in_degree_fits_31_bits() {
    for degree in [1u32, 1000, 65_538, 65_539, 1_000_000, 8_000_000] {
        let more = projection("{ fixed_indegree = 1 }", DRAWN, "");
        let mut spec = loaded("arithmetic = \"fixed\"", &more).spec;
        spec.projections[0].rule = Rule::FixedIndegree(degree);
        let plan = FixedPlan::new(&spec, &[false]);
        assert_eq!((plan.group[0], plan.bits[0]), (Some(0), 16), "{degree}");
        let q = plan.quantum(spec.population("d").expect("it is there"), 0);
        let sum = q.most * f64::from(degree);
        assert!(
            sum <= f64::from(i32::MAX) && q.most <= 32_767.0,
            "{degree}: {q:?}"
        );
        assert!(
            q.most == 32_767.0 || sum + f64::from(degree) > f64::from(i32::MAX),
            "{degree}: {q:?}"
        );
        // 0.1 mV and six standard deviations.
        let heaviest = 0.16;
        assert!((heaviest / q.weight).round() <= q.most, "{degree}: {q:?}");
        assert!(
            (heaviest / (0.5 * q.weight)).round() > q.most,
            "{degree}: {q:?}"
        );
    }
    // With fewer than 256 steps up to the heaviest, weights stay as they are.
    let more = projection("{ fixed_indegree = 1 }", DRAWN, "");
    let mut spec = loaded("arithmetic = \"fixed\"", &more).spec;
    spec.projections[0].rule = Rule::FixedIndegree(10_000_000);
    assert_eq!(FixedPlan::new(&spec, &[false]).group[0], None);
}
