//! What does a synaptic event cost, by codec and by number of targets?
//!
//! 10,000 neurons, of which random ones spike, reach about 1,000 random targets each out of 10,000,
//! 100,000 or a million, through the engine as it runs: the time is that of its phase `deliver`. Targets are
//! swept and never spike. The question is whether the cost stays within three times from the smallest
//! to the largest: the accumulators of a million targets do not fit a cache.

use std::sync::Arc;

use spikewheel::engine::report::Phase;
use spikewheel::engine::sink::NullSink;
use spikewheel::engine::{Control, run};
use spikewheel::network::spec::*;
use spikewheel::network::{BuildOptions, build};
use spikewheel::neuron::ModelKind;

const SOURCES: u32 = 10_000;
/// On average.
const OUTDEGREE: u32 = 1_000;
const TICKS: u64 = 200;
const SPIKES_PER_TICK: u32 = 50;
const TARGETS: [u32; 3] = [10_000, 100_000, 1_000_000];
const RUNS: usize = 3;

/// How the synapses are held: a line for each codec of `synapse::table`.
#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    arithmetic: Arithmetic,
    weights: Weights,
    table: TableChoice,
    /// Delays drawn from 0.5 to 2.5 ms instead of one for all.
    drawn_delays: bool,
    /// Sources that may spike twice at a tick, which needs wide counters.
    wide: bool,
    /// Largest network that is tried.
    most_targets: u32,
}

#[derive(Clone, Copy)]
enum Weights {
    One,
    Drawn,
    /// Numbers that single precision does not hold.
    Listed,
}

const PLAIN: Kind = Kind {
    name: "count16",
    arithmetic: Arithmetic::Double,
    weights: Weights::One,
    table: TableChoice::Index,
    drawn_delays: false,
    wide: false,
    most_targets: u32::MAX,
};

const KINDS: &[Kind] = &[
    Kind {
        name: "bitmap",
        table: TableChoice::Bitmap,
        // With more, nearly all of the bits are 0: nobody would ask for it.
        most_targets: 100_000,
        ..PLAIN
    },
    PLAIN,
    Kind {
        name: "count32",
        wide: true,
        ..PLAIN
    },
    Kind {
        name: "f32",
        weights: Weights::Drawn,
        ..PLAIN
    },
    Kind {
        name: "f64",
        weights: Weights::Listed,
        ..PLAIN
    },
    Kind {
        name: "packed",
        arithmetic: Arithmetic::Fixed,
        weights: Weights::Drawn,
        ..PLAIN
    },
    Kind {
        name: "f32",
        weights: Weights::Drawn,
        drawn_delays: true,
        ..PLAIN
    },
    Kind {
        name: "f32",
        arithmetic: Arithmetic::Single,
        weights: Weights::Drawn,
        drawn_delays: true,
        ..PLAIN
    },
    Kind {
        name: "packed",
        arithmetic: Arithmetic::Fixed,
        weights: Weights::Drawn,
        drawn_delays: true,
        ..PLAIN
    },
];

/// A plain generator of random numbers.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.0) * u128::from(n)) >> 64) as u32
    }
}

/// Who spikes, or is driven to spike, when.
fn events() -> Arc<SpikeList> {
    let mut draw = Draw(1);
    let mut list = SpikeList::default();
    for tick in 1..=TICKS {
        let mut now: Vec<_> = (0..SPIKES_PER_TICK)
            .map(|_| (tick, draw.below(SOURCES)))
            .collect();
        now.sort_unstable();
        now.dedup();
        list.events.extend(now);
    }
    Arc::new(list)
}

fn neurons(name: &str, size: u32, threshold: f64) -> PopulationSpec {
    let model = ModelKind::LifDelta;
    let def = model.def();
    let of = |name: &str, default: f64| match name {
        "V_th" => threshold,
        "V_reset" | "E_L" | "t_ref" => 0.0,
        _ => default,
    };
    PopulationSpec {
        name: name.into(),
        size,
        labels: None,
        positions: None,
        kind: PopulationKind::Neurons(NeuronSpec {
            model,
            params: def
                .params
                .iter()
                .map(|p| of(p.name, p.default).into())
                .collect(),
            initial: def.state.iter().map(|_| 0.0.into()).collect(),
            options: NeuronOptions::default(),
            update: Update::Sweep,
            receptors: vec![],
        }),
    }
}

fn spec(kind: &Kind, targets: u32) -> NetworkSpec {
    let slice = |population, end| Slice {
        population,
        start: 0,
        end,
    };
    let list = matches!(kind.weights, Weights::Listed).then(|| {
        let mut draw = Draw(2);
        let source = (0..SOURCES).flat_map(|s| std::iter::repeat_n(s, OUTDEGREE as usize));
        let n = (SOURCES * OUTDEGREE) as usize;
        Arc::new(EdgeList {
            source: source.collect(),
            target: (0..n).map(|_| draw.below(targets)).collect(),
            weight: vec![0.1; n],
            ..EdgeList::default()
        })
    });
    let sources = if kind.wide {
        PopulationSpec {
            kind: PopulationKind::Source(SourceSpec::SpikeList(events())),
            ..neurons("sources", SOURCES, 1.0)
        }
    } else {
        neurons("sources", SOURCES, 1.0)
    };
    NetworkSpec {
        name: String::new(),
        seed: 1,
        resolution_ps: 100_000_000,
        duration: TICKS + 30,
        arithmetic: kind.arithmetic,
        populations: vec![sources, neurons("targets", targets, 1e9)],
        projections: vec![ProjectionSpec {
            from: vec![slice(0, SOURCES)],
            to: vec![slice(1, targets)],
            rule: match list {
                Some(list) => Rule::List(list),
                // In-degrees are known, so 16-bit counts provably fit.
                None => Rule::FixedIndegree(SOURCES * OUTDEGREE / targets),
            },
            allow_autapses: true,
            allow_multapses: true,
            weight: match kind.weights {
                Weights::One => Weight::Values(0.1.into()),
                Weights::Listed => Weight::FromList,
                Weights::Drawn => Weight::Values(Values::Normal {
                    mean: 0.1,
                    std: 0.01,
                    min: 0.0,
                    max: f64::INFINITY,
                }),
            },
            delay: if kind.drawn_delays {
                Delay::Drawn(Values::Uniform {
                    low: 0.5,
                    high: 2.5,
                })
            } else {
                Delay::Ticks(15)
            },
            receptor: None,
            table: kind.table,
            plasticity: None,
        }],
        drives: if kind.wide {
            vec![]
        } else {
            vec![DriveSpec {
                name: "drive".into(),
                to: vec![slice(0, SOURCES)],
                kind: DriveKind::SpikeList {
                    list: events(),
                    weight: 10.0.into(),
                },
                receptor: None,
            }]
        },
        recording: RecordingSpec::default(),
        modulators: Vec::new(),
    }
}

/// Nanoseconds per event in `deliver`, and in `exchange`, where spikes enter the queue; the codec that
/// was used, and bytes per synapse.
fn measure(kind: &Kind, targets: u32) -> (f64, f64, &'static str, f64) {
    let spec = spec(kind, targets);
    let mut best = (f64::INFINITY, f64::INFINITY, "", 0.0);
    for _ in 0..RUNS {
        let network = build(&spec, &BuildOptions::default()).expect("it can be built");
        let control = Control {
            profile: true,
            ..Control::default()
        };
        let report = run(network, &mut NullSink, &control).expect("it runs");
        assert!(report.synaptic_events > 0, "something is delivered");
        let each = |phase| {
            report.profiles[0].spent(phase).as_secs_f64() * 1e9 / report.synaptic_events as f64
        };
        let table = &report.tables[0];
        best = (
            best.0.min(each(Phase::Deliver)),
            best.1.min(each(Phase::Exchange)),
            table.codec,
            table.bytes as f64 / table.synapses as f64,
        );
    }
    best
}

fn main() {
    println!(
        "codec     delays sums     targets     ns per event   of the smallest   queue, ns per event   bytes per synapse"
    );
    for kind in KINDS {
        let mut first = None;
        for targets in TARGETS.into_iter().filter(|&n| n <= kind.most_targets) {
            let (deliver, queue, codec, bytes) = measure(kind, targets);
            assert_eq!(codec, kind.name, "held as meant");
            let smallest = *first.get_or_insert(deliver);
            println!(
                "{codec:<9} {:<6} {:<6} {targets:>9} {deliver:>16.2} {:>17.2} {queue:>21.2} {bytes:>19.1}",
                if kind.drawn_delays { "drawn" } else { "one" },
                match kind.arithmetic {
                    Arithmetic::Double => "double",
                    Arithmetic::Single => "single",
                    Arithmetic::Fixed => "fixed",
                },
                deliver / smallest,
            );
        }
    }
}
