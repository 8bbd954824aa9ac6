//! The same bits on every machine: hashes of the spikes of short runs, as they were on x86-64 with AVX2, and on a processor
//! without AVX in software (this program under `qemu-x86_64 -cpu Nehalem`). A machine with other vector code, another
//! processor or another operating system must come to them.
//!
//! They change where draws, rounding or a model are changed on purpose, and then for all machines.

use std::path::Path;

use spikewheel::definition::{Override, load};
use spikewheel::engine::sink::NullSink;
use spikewheel::engine::{Control, run};
use spikewheel::network::{BuildOptions, build};

const SHORT: &str = "simulation.duration=60 ms";
const LONGER: &str = "simulation.duration=300 ms";
const SINGLE: &str = "simulation.arithmetic=single";
const FIXED: &str = "simulation.arithmetic=fixed";

/// (network, what is set, number of spikes, hash). Drawn weights and delays, Poisson and other input, exponentials as vector
/// code, bitmaps, lists and packed tables, learning.
const RUNS: &[(&str, &[&str], u64, u64)] = &[
    ("brunel", &[SHORT], 28_284, 0xf814_1252_6d83_c602),
    (
        "brunel",
        &[SHORT, SINGLE, "simulation.table=index"],
        27_447,
        0x5bf6_1bcc_67f1_027d,
    ),
    (
        "vogels_abbott_cuba",
        &[LONGER],
        6_842,
        0xd8a7_ecbb_62e6_dd65,
    ),
    (
        "vogels_abbott_coba",
        &[LONGER],
        24_577,
        0xd3eb_feaf_4ce7_4dec,
    ),
    (
        "sparse",
        &[SHORT, SINGLE, "simulation.resolution=1 us"],
        2_468,
        0x54f2_210b_f5df_6eee,
    ),
    (
        "microcircuit",
        &[LONGER, "scale=0.1"],
        6_098,
        0xba83_ca70_5e96_14c4,
    ),
    (
        "microcircuit",
        &[LONGER, "scale=0.1", FIXED],
        6_170,
        0xbdfb_2eca_e8be_1aa7,
    ),
    ("winner_take_all", &[LONGER], 6_946, 0x7d79_418e_8f68_002f),
    ("small_world", &[LONGER], 20_128, 0x99c1_026e_7369_35eb),
    ("ring_attractor", &[LONGER], 1_034, 0x6cc7_445c_aac9_1287),
    ("synfire_chain", &[LONGER], 1_362, 0x179e_f66e_cf91_bfb7),
    ("liquid_state", &[], 4_254, 0xef3b_7548_a263_3d51),
    ("celegans", &[], 246, 0x9502_fcca_d516_8a12),
    ("encoders", &[], 5_170, 0x4259_4835_835e_9e9d),
    (
        "learning/brunel_stdp",
        &[SHORT, SINGLE],
        24_344,
        0xfab9_c488_6879_c1f5,
    ),
    (
        "learning/distal_reward",
        &["simulation.duration=2 s"],
        3_777,
        0x803c_c94e_57be_767d,
    ),
];

#[test]
fn short_runs_come_to_the_bits_of_other_machines() {
    let networks = Path::new(env!("CARGO_MANIFEST_DIR")).join("networks");
    let (mut got, mut differ) = (String::new(), Vec::new());
    for (name, sets, spikes, hash) in RUNS {
        let file = networks.join(format!("{name}.toml"));
        let sets: Vec<Override> = sets
            .iter()
            .map(|s| s.parse().expect("name=value"))
            .collect();
        let spec = load(&file, &sets).expect(name).spec;
        let options = BuildOptions {
            shards: 2,
            ..BuildOptions::default()
        };
        let network = build(&spec, &options).expect(name);
        let report = run(network, &mut NullSink, &Control::default()).expect(name);
        let (n, bits) = (report.spikes, report.spike_hash);
        got += &format!("{name}, {sets:?}: {n}, {bits:#018x}\n");
        if (n, bits) != (*spikes, *hash) {
            differ.push(name);
        }
    }
    assert!(differ.is_empty(), "{differ:?} are not as they were:\n{got}");
}
