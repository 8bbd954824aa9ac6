//! What does it cost that synapses learn?
//!
//! The balanced random network with 10 million excitatory synapses that learn by additive pairs, from
//! end to end as in the bench `networks`; the middle one of three runs, on one thread unless said otherwise.
//! "Events" are those of the plastic synapses: rate of the excitatory neurons times 10 million.

mod end_to_end;

use end_to_end::{Job, from_file, serve, wanted};

const SYNAPSES: f64 = 1e7;

fn main() {
    serve(|job| {
        let (mut spec, text) = from_file(job)?;
        // Putting ten million weights in order is another question.
        spec.recording.weights.clear();
        Ok((spec, text))
    });
    println!(
        "{:<40} {:>7} {:>9} {:>9} {:>14} {:>10}  hash",
        "what", "threads", "s per s", "rate Hz", "ns per event", "in tables"
    );
    for (what, sets, threads) in [
        ("nothing learns, single", "simulation.plasticity=frozen", 1),
        ("axonal, single", "", 1),
        ("axonal, single", "", 2),
        ("dendritic, single", "axon=0 ms", 1),
        ("axonal, double", "simulation.arithmetic=double", 1),
    ] {
        if !wanted(what) {
            continue;
        }
        let job = Job {
            definition: "networks/learning/brunel_stdp.toml".into(),
            sets: sets.split_terminator(';').map(Into::into).collect(),
            threads,
            warm_up_ms: 100.0,
            simulated_ms: 1000.0,
            profile: false,
        };
        match job.median(3) {
            Ok(o) => println!(
                "{what:<40} {threads:>7} {:>9.3} {:>9.2} {:>14.2} {:>10.2}  {}",
                o.s_per_s,
                o.rate_hz,
                o.s_per_s * 1e9 / (o.rate_hz * SYNAPSES),
                o.table_bytes_per_synapse,
                o.spike_hash
            ),
            Err(e) => println!("{what:<40} {threads:>7} {e}"),
        }
    }
}
