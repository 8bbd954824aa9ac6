//! The balanced random network of Brunel (2000) in its asynchronous irregular state: the one
//! published number that needs connection rules, Poisson input and the engine at once.

use spikewheel::network::spec::*;
use spikewheel::neuron::ModelKind;

use crate::common::*;
use crate::engine;

const EXCITATORY: u32 = 10_000;
const INHIBITORY: u32 = 2_500;
/// Ticks (0.1 ms) before the measurement, and of the measurement.
const SETTLING: u64 = 2_000;
const SECOND: u64 = 10_000;

fn brunel() -> NetworkSpec {
    let mut spec = simulation(TENTH_MS, SETTLING + SECOND);
    let cells = |n| {
        let values = [
            ("tau_m", 20.0),
            ("V_th", 20.0),
            ("V_reset", 10.0),
            ("E_L", 0.0),
            ("t_ref", 2.0),
        ];
        let start = Values::Uniform {
            low: 0.0,
            high: 20.0,
        };
        neurons(ModelKind::LifDelta, n, &values).with("V_m", start)
    };
    let populations = [spec.add(cells(EXCITATORY)), spec.add(cells(INHIBITORY))];
    let to: Vec<Slice> = populations.map(|p| spec.whole(p)).to_vec();
    for (from, indegree, weight) in [(0, 1000, 0.1), (1, 250, -0.5)] {
        spec.projections.push(ProjectionSpec {
            from: vec![spec.whole(populations[from])],
            to: to.clone(),
            rule: Rule::FixedIndegree(indegree),
            allow_autapses: true,
            allow_multapses: true,
            weight: Weight::Values(weight.into()),
            delay: Delay::Ticks(15),
            receptor: None,
        });
    }
    spec.drives.push(DriveSpec {
        name: "background".into(),
        to,
        kind: DriveKind::Poisson {
            rate: Rate::Constant {
                hz: 20_000.0,
                start: 0,
                stop: spec.duration,
            },
            weight: 0.1.into(),
        },
        receptor: None,
    });
    spec
}

#[test]
fn the_balanced_random_network_fires_at_its_published_rate_and_irregularity() {
    if !engine::IS_THE_ENGINE {
        return;
    }
    let run = engine::run(&brunel(), 2);
    let size = (EXCITATORY + INHIBITORY) as usize;
    let mut trains: Vec<Vec<u64>> = vec![vec![]; size];
    for (tick, id) in run.outcome.spikes {
        if tick > SETTLING {
            trains[id as usize].push(tick);
        }
    }
    let rate = trains.iter().map(Vec::len).sum::<usize>() as f64 / size as f64;
    let cvs: Vec<f64> = trains.iter().filter_map(|t| cv(t)).collect();
    let mean_cv = cvs.iter().sum::<f64>() / cvs.len() as f64;
    println!("{rate:.2} Hz, CV {mean_cv:.3} over {} neurons", cvs.len());
    assert!((37.0..=38.5).contains(&rate), "{rate} Hz");
    assert!((mean_cv - 0.42).abs() <= 0.02, "CV {mean_cv}");
}

/// Standard deviation over mean of the intervals, where there are at least two.
fn cv(train: &[u64]) -> Option<f64> {
    let intervals: Vec<f64> = train.windows(2).map(|w| (w[1] - w[0]) as f64).collect();
    if intervals.len() < 2 {
        return None;
    }
    let n = intervals.len() as f64;
    let mean = intervals.iter().sum::<f64>() / n;
    let variance = intervals.iter().map(|i| (i - mean).powi(2)).sum::<f64>() / n;
    Some(variance.sqrt() / mean)
}
