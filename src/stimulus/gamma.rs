//! # `gamma`: renewal trains with gamma-distributed intervals
//!
//! ```text
//! interval = dead_time + g,   g ~ Gamma(shape, scale),   scale = (1 / rate - dead_time) / shape
//! ```
//!
//! shape = 1 is a Poisson process (with dead time), larger shapes are more regular: without dead time
//! the coefficient of variation is 1 / sqrt(shape).
//!
//! In equilibrium the process has been running for ever when it is switched on, so its rate is the
//! stated one from the first tick. The first interval is then a forward recurrence time: a uniform
//! part of an interval that was drawn in proportion to its length (Cox 1962, Renewal Theory, 5.4).
//! x f(x) of a gamma density of shape k is one of shape k + 1, which makes that draw exact.
//!
//! Every component process has a stream of its own, keyed by its number.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::def::{KeyDef, START, STOP, Shape, StimulusDef};
use crate::network::spec::{GammaSpec, PS_PER_MS, Values};
use crate::rng::{Domain, Stream};

pub static DEF: StimulusDef = StimulusDef {
    name: "gamma",
    summary: "renewal trains with gamma-distributed intervals, stationary from the start",
    keys: &[
        KeyDef {
            name: "rate",
            expects: "a rate (\"20 Hz\"), or one rate per element (a list, or { file = \"rates.csv\" })",
            doc: "spikes per unit of time of one component process",
            shape: Shape::Values,
        },
        KeyDef {
            name: "shape",
            expects: "a number greater than 0, 1 unless given",
            doc: "shape of the gamma distribution; the CV of the intervals is 1 / sqrt(shape)",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "dead_time",
            expects: "a time shorter than the mean interval, \"0 ms\" unless given",
            doc: "least interval of a component process",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "n_proc",
            expects: "a whole number, 1 unless given",
            doc: "component processes that are superposed in each train",
            shape: Shape::Quantity,
        },
        KeyDef {
            name: "equilibrium",
            expects: "true or false, true unless given",
            doc: "true: stationary from the start on; false: an interval begins at the start",
            shape: Shape::Boolean,
        },
        START,
        STOP,
    ],
    as_source: true,
    as_drive: true,
    reference: "NEST's gamma_sup_generator and (shape 1 with dead_time) ppd_sup_generator; Deger et al. (2012) J. Comput. Neurosci. 32:443-463; sampler of Marsaglia & Tsang (2000) ACM TOMS 26:363-372",
};

/// A draw from the gamma distribution with this shape and scale 1.
pub fn gamma(stream: &mut Stream, shape: f64) -> f64 {
    if shape == 1.0 {
        return stream.exponential();
    }
    if shape < 1.0 {
        let boost = libm::pow(stream.unit_open(), 1.0 / shape);
        return gamma(stream, shape + 1.0) * boost;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = stream.normal();
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let v = v * v * v;
        let log_u = libm::log(stream.unit_open());
        if log_u < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return d * v;
        }
    }
}

/// One component process.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) stream: Stream,
    /// Where it stands between ticks, 0 to 1.
    pub(super) fraction: f64,
    /// Scale in ticks.
    scale: f64,
}

/// Trains of consecutive elements.
#[derive(Clone, Debug)]
pub struct Renewal {
    shape: f64,
    /// Ticks.
    dead: f64,
    pub(super) stop: u64,
    pub(super) n_proc: u32,
    pub(super) first: u32,
    pub(super) all: Vec<Process>,
    /// Next event of each process, (tick, process): as many as are still active.
    pub(super) next: BinaryHeap<Reverse<(u64, u32)>>,
}

impl Renewal {
    /// Elements `first .. end` of the stimulus with key `of` (see `rng::of_stimulus`).
    pub fn new(
        spec: &GammaSpec,
        seed: u64,
        of: u64,
        resolution_ps: u64,
        first: u32,
        end: u32,
    ) -> Self {
        let ticks = |ms: f64| ms * (PS_PER_MS / resolution_ps as f64);
        let dead = ticks(spec.dead_ms);
        let n = (end - first) * spec.n_proc;
        let mut train = Self {
            shape: spec.shape,
            dead,
            stop: spec.stop,
            n_proc: spec.n_proc,
            first,
            all: Vec::with_capacity(n as usize),
            next: BinaryHeap::with_capacity(n as usize),
        };
        for k in 0..n {
            let element = first + k / spec.n_proc;
            let hz = match &spec.hz {
                Values::Array(all) => all[element as usize],
                other => other.constant().unwrap_or(0.0),
            };
            let number = u64::from(first) * u64::from(spec.n_proc) + u64::from(k);
            let mut process = Process {
                stream: Stream::new(seed, Domain::Gamma, of, number),
                fraction: 0.0,
                scale: (ticks(1000.0 / hz) - dead).max(0.0) / spec.shape,
            };
            // An element of rate zero has no events, and no scale.
            let wait = if hz <= 0.0 {
                f64::INFINITY
            } else if spec.equilibrium {
                train.recurrence(&mut process)
            } else {
                train.interval(&mut process)
            };
            train.all.push(process);
            train.wait(k, spec.start, wait);
        }
        train
    }

    fn interval(&self, p: &mut Process) -> f64 {
        self.dead + p.scale * gamma(&mut p.stream, self.shape)
    }

    /// Time to the next event of a process that has been running for ever.
    fn recurrence(&self, p: &mut Process) -> f64 {
        let mean = self.dead + p.scale * self.shape;
        // x f(x) with x = dead + g is a mixture of f and of its own length-biased form.
        let shape = if p.stream.unit() * mean < self.dead {
            self.shape
        } else {
            self.shape + 1.0
        };
        let length = self.dead + p.scale * gamma(&mut p.stream, shape);
        p.stream.unit_open() * length
    }

    /// Process `k`, which stands in tick `from`, has its next event `ticks` later.
    fn wait(&mut self, k: u32, from: u64, ticks: f64) {
        let p = &mut self.all[k as usize];
        let at = p.fraction + ticks;
        let whole = at.floor();
        // Also not for infinity.
        if whole < (self.stop.saturating_sub(from)) as f64 {
            p.fraction = at - whole;
            self.next.push(Reverse((from + whole as u64 + 1, k)));
        }
    }

    /// The next event, (tick, element), without taking it.
    pub fn peek(&self) -> Option<(u64, u32)> {
        let Reverse((tick, k)) = self.next.peek()?;
        Some((*tick, self.first + k / self.n_proc))
    }

    /// Draws the event after the present one.
    pub fn advance(&mut self) {
        if let Some(Reverse((tick, k))) = self.next.pop() {
            let mut p = self.all[k as usize].clone();
            let interval = self.interval(&mut p);
            self.all[k as usize] = p;
            // An event in (t - 1, t] has the stamp t.
            self.wait(k, tick - 1, interval);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENTH: u64 = 100_000_000;

    fn spec(shape: f64, hz: f64, dead_ms: f64, equilibrium: bool) -> GammaSpec {
        GammaSpec {
            hz: hz.into(),
            shape,
            dead_ms,
            n_proc: 1,
            equilibrium,
            start: 0,
            stop: u64::MAX,
        }
    }

    fn trains(s: &GammaSpec, n: u32, resolution: u64, ticks: u64) -> Vec<Vec<u64>> {
        let mut train = Renewal::new(s, 11, 0, resolution, 0, n);
        let mut all = vec![Vec::new(); n as usize];
        while let Some((t, e)) = train.peek().filter(|e| e.0 <= ticks) {
            all[e as usize].push(t);
            train.advance();
        }
        all
    }

    /// The regularised lower incomplete gamma function, by its series (Abramowitz & Stegun 6.5.29).
    fn cdf(shape: f64, x: f64) -> f64 {
        let mut term = 1.0 / shape;
        let mut sum = term;
        for k in 1..500 {
            term *= x / (shape + f64::from(k));
            sum += term;
        }
        sum * libm::exp(shape * libm::log(x) - x - libm::lgamma(shape))
    }

    /// Kolmogorov's distance times sqrt(n): above 1.95 with a chance of 0.1 %.
    fn kolmogorov(mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
        sample.sort_by(f64::total_cmp);
        let n = sample.len() as f64;
        let mut d = 0.0f64;
        for (i, x) in sample.iter().enumerate() {
            let f = cdf(*x);
            d = d
                .max((f - i as f64 / n).abs())
                .max((f - (i + 1) as f64 / n).abs());
        }
        d * n.sqrt()
    }

    #[test]
    fn draws_follow_the_gamma_distribution() {
        for shape in [0.3, 0.9, 1.0, 1.7, 4.0, 20.0] {
            let mut s = Stream::new(5, Domain::Gamma, 0, 0);
            let sample: Vec<f64> = (0..20_000).map(|_| gamma(&mut s, shape)).collect();
            let d = kolmogorov(sample, |x| cdf(shape, x));
            assert!(d < 1.95, "shape {shape}: {d}");
        }
    }

    #[test]
    fn intervals_have_the_stated_distribution_on_a_fine_grid() {
        for (shape, dead) in [(0.5, 0.0), (1.0, 2.0), (3.0, 0.0), (3.0, 4.0)] {
            // A grid of 1 us, so that rounding is far below the distance that the test sees.
            let s = spec(shape, 50.0, dead, false);
            let all = trains(&s, 50, 1_000_000, 20_000_000);
            let mut intervals = Vec::new();
            for t in &all {
                intervals.extend(t.windows(2).map(|w| (w[1] - w[0]) as f64 * 1e-3));
            }
            let scale = (20.0 - dead) / shape;
            let d = kolmogorov(intervals, |x| cdf(shape, ((x - dead) / scale).max(1e-12)));
            assert!(d < 1.95, "shape {shape}, dead time {dead}: {d}");
        }
    }

    #[test]
    fn the_cv_is_one_over_the_root_of_the_shape() {
        for shape in [0.5, 1.0, 2.0, 9.0] {
            let all = trains(&spec(shape, 40.0, 0.0, true), 100, TENTH, 500_000);
            let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
            for t in &all {
                for w in t.windows(2) {
                    let x = (w[1] - w[0]) as f64;
                    n += 1.0;
                    sum += x;
                    squares += x * x;
                }
            }
            let mean: f64 = sum / n;
            let cv = (squares / n - mean * mean).sqrt() / mean;
            let want = 1.0 / shape.sqrt();
            assert!((cv / want - 1.0).abs() < 0.015, "{shape}: {cv} {want}");
        }
    }

    #[test]
    fn in_equilibrium_the_rate_is_there_from_the_first_tick_and_the_first_wait_is_a_recurrence_time()
     {
        for (shape, dead) in [(4.0, 0.0), (1.0, 10.0), (0.5, 0.0)] {
            let n = 20_000;
            let all = trains(&spec(shape, 50.0, dead, true), n, 1_000_000, 100_000);
            // Counts in bins of 5 ms: 0.25 expected per train, at all times.
            let mut bins = [0f64; 20];
            for t in all.iter().flatten() {
                bins[((t - 1) / 5000) as usize] += 1.0;
            }
            let want = 0.25 * f64::from(n);
            for (k, b) in bins.iter().enumerate() {
                // The variance of the count is at most (about) that of a Poisson count over the shape.
                let sd = (want * (1.0 + 1.0 / shape)).sqrt();
                assert!(
                    (b - want).abs() < 4.5 * sd,
                    "shape {shape}, bin {k}: {b} {want}"
                );
            }
            // P(first > x) = integral of the survivor function over the mean; the first 100 ms.
            let scale = (20.0 - dead) / shape;
            let survivor = |x: f64| {
                if x <= dead {
                    1.0
                } else {
                    1.0 - cdf(shape, (x - dead) / scale)
                }
            };
            for upto in [3.0, 8.0, 20.0, 40.0] {
                let h = upto / 4000.0;
                let integral: f64 = (0..4000)
                    .map(|k| survivor((f64::from(k) + 0.5) * h) * h)
                    .sum();
                let p = integral / 20.0;
                let k = all
                    .iter()
                    .filter(|t| t.first().is_some_and(|t| *t as f64 <= upto * 1e3));
                let got = k.count() as f64 / f64::from(n);
                let sd = (p * (1.0 - p) / f64::from(n)).sqrt();
                assert!(
                    (got - p).abs() < 4.5 * sd + 1e-4,
                    "{shape} {upto}: {got} {p}"
                );
            }
        }
    }

    #[test]
    fn an_element_draws_the_same_in_any_part() {
        let s = GammaSpec {
            n_proc: 3,
            ..spec(2.0, 30.0, 0.0, true)
        };
        let of = |first, end| {
            let mut train = Renewal::new(&s, 4, 7, TENTH, first, end);
            let mut all = Vec::new();
            while let Some(e) = train.peek().filter(|e| e.0 <= 20_000) {
                all.push(e);
                train.advance();
            }
            all.sort_unstable();
            all
        };
        let mut parts: Vec<_> = of(0, 3).into_iter().chain(of(3, 10)).collect();
        parts.sort_unstable();
        assert_eq!(of(0, 10), parts);
        assert!(parts.len() > 1000);
    }

    #[test]
    fn events_lie_after_the_start_and_up_to_the_stop() {
        let s = GammaSpec {
            start: 100,
            stop: 200,
            ..spec(1.0, 2000.0, 0.0, true)
        };
        let all: Vec<u64> = trains(&s, 50, TENTH, 10_000)
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(all.iter().min(), Some(&101));
        assert_eq!(all.iter().max(), Some(&200));
        let silent = trains(&spec(1.0, 0.0, 0.0, true), 3, TENTH, 100_000);
        assert!(silent.iter().all(Vec::is_empty));
    }
}
