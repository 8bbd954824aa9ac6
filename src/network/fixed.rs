//! How `arithmetic = "fixed"` holds weights: as whole numbers of a power of two, the *quantum*.
//!
//! A synapse is one 32-bit word: the slot of its target in the low bits, the weight in quanta above.
//! The inputs of a tick are summed as 32-bit integers, which hang on no order, and become a number
//! when the neuron takes them. One quantum serves all input of a population's receptor channel. All
//! of this follows from the specification, never from the shards:
//!
//! - *bits of the slot*: enough for every neuron that gets such input, of even and of odd channels
//!   counted apart, and 16 at least; what is left of 32, at most 16, is for the weight and its sign;
//! - *quantum*: the smallest power of two with which the largest weight fits those bits, and with
//!   which no sum can overflow. A synapse delivers at most once per tick, since its source spikes at
//!   most once: |sum| <= in-degree x largest whole number. Where a rule bounds the in-degree, this
//!   proves it; where in-degrees are random, twelve standard deviations are allowed for, and the in-degree of
//!   each slot is counted when the table is filled (if that does not prove it, its sum is looked at).
//!
//! Weights beyond what is practically drawn (six standard deviations) are held as the largest number
//! with which the proof was made.
//! What rounding does to the weights of each statement is measured while they are placed (`Rounding`).
//! Statements that cannot be held so keep their weights in single precision: sources that may send
//! several spikes at a tick, weights of both signs where the sign chooses the channel, and networks
//! of more than four million targets.

use super::class::{most_per_source, once_per_tick};
use super::connect::{expected, most_per_target};
use super::estimate::farthest;
use super::spec::{NetworkSpec, PopulationKind, ProjectionSpec, Rule, Values, Weight};
use crate::engine::unit::Route;
use crate::neuron::ModelKind;
use crate::neuron::lif_multisynapse::PORTS;
use crate::simd::{Kernel, either, vectorized};

/// Fewer bits than this for a weight are too coarse.
const LEAST_WEIGHT_BITS: u32 = 10;
/// The largest weight has at least this many quanta, or the statement is not packed.
const LEAST_QUANTA: f64 = 256.0;

/// What rounding to quanta did to the weights of a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rounding {
    /// Largest |held - drawn| / |drawn|.
    pub largest: f64,
    /// Sum of the same over all synapses.
    pub sum: f64,
    pub synapses: u64,
}

/// How the weights of a channel of a population are held.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quantum {
    /// Weight of the number one: a power of two.
    pub weight: f64,
    /// The largest number that any synapse has.
    pub most: f64,
}

impl Rounding {
    /// Mean relative error.
    pub fn mean(&self) -> f64 {
        self.sum / self.synapses.max(1) as f64
    }

    /// Turns weights into whole numbers of quanta, halves to even, and notes what that did to them.
    pub(super) fn round(&mut self, weights: &mut [f64], quantum: Quantum) {
        self.synapses += weights.len() as u64;
        let (worst, sum) = vectorized(Quanta { weights, quantum });
        self.largest = self.largest.max(worst);
        self.sum += sum;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.largest = self.largest.max(other.largest);
        self.sum += other.sum;
        self.synapses += other.synapses;
    }
}

/// Weights to whole numbers.
struct Quanta<'a> {
    weights: &'a mut [f64],
    quantum: Quantum,
}

impl Kernel for Quanta<'_> {
    /// Largest relative error, and the sum of all.
    type Output = (f64, f64);
    #[inline(always)]
    fn run(self) -> (f64, f64) {
        // Sums side by side, so that the order of adding is the same for every instruction set.
        const SUMS: usize = 8;
        let quantum = self.quantum;
        // A power of two: multiplying by the inverse is dividing.
        let inverse = 1.0 / quantum.weight;
        let (mut worst, mut sums) = ([0.0f64; SUMS], [0.0; SUMS]);
        // Errors of a part, which lie beside each other before they are added up: so all of it is vector code.
        let mut errors = [0.0; 16 * SUMS];
        for part in self.weights.chunks_mut(errors.len()) {
            let errors = &mut errors[..part.len()];
            for (w, error) in part.iter_mut().zip(&mut *errors) {
                *error = hold(w, quantum, inverse);
            }
            let (eights, rest) = errors.as_chunks::<SUMS>();
            for eight in eights {
                for i in 0..SUMS {
                    worst[i] = either(eight[i] > worst[i], eight[i], worst[i]);
                    sums[i] += eight[i];
                }
            }
            for (i, &error) in rest.iter().enumerate() {
                worst[i] = worst[i].max(error);
                sums[i] += error;
            }
        }
        (
            worst.iter().fold(0.0, |a: f64, b| a.max(*b)),
            sums.iter().sum(),
        )
    }
}

/// Makes a weight a whole number of quanta, halves to even. Returns its relative error, which need not be told
/// to more than seven digits.
#[inline(always)]
fn hold(w: &mut f64, quantum: Quantum, inverse: f64) -> f64 {
    /// Adding and subtracting it rounds a number below 2^51 to a whole one.
    const ROUND: f64 = 1.5 * (1u64 << 52) as f64;
    let whole = (*w * inverse).clamp(-quantum.most, quantum.most);
    let whole = (whole + ROUND) - ROUND;
    let off = (whole * quantum.weight - *w) as f32;
    let error = (off / *w as f32).abs();
    *w = whole;
    let error = if error <= f32::MAX { error } else { 1.0 };
    f64::from(if off == 0.0 { 0.0 } else { error })
}

/// The plan for a network.
#[derive(Clone, Debug)]
pub struct FixedPlan {
    /// Of each statement: the group of sums that its synapses add to. `None`: not packed.
    pub group: Vec<Option<usize>>,
    /// Bits of the slot, per group.
    pub bits: [u32; 2],
    /// Per population and channel.
    quantum: Vec<[Quantum; PORTS]>,
    /// Per group: do the rules alone prove that no sum overflows?
    pub proven: [bool; 2],
    /// Per group: spikes of one source that a sum may gather.
    pub gathered: [u64; 2],
}

impl FixedPlan {
    /// `constant[i]`: the statement has one weight, and is counted.
    pub fn new(spec: &NetworkSpec, constant: &[bool]) -> Self {
        let mut plan = Self {
            group: vec![None; spec.projections.len()],
            bits: [16; 2],
            quantum: vec![[Quantum::default(); PORTS]; spec.populations.len()],
            proven: [true; 2],
            gathered: [1; 2],
        };
        let bounds: Vec<(f64, f64)> = spec.projections.iter().map(|p| bounds(spec, p)).collect();
        for (i, p) in spec.projections.iter().enumerate() {
            if !constant[i] && once_per_tick(spec, p) {
                plan.group[i] = group(spec, p, bounds[i]);
            }
        }
        // Statements that lose their place change what the others need, so this is done until all fit.
        loop {
            plan.measure_slots(spec, &bounds);
            let unfit = plan.choose_quanta(spec, &bounds);
            let mut changed = false;
            for (i, group) in plan.group.iter_mut().enumerate() {
                if group.is_some_and(|g| 32 - plan.bits[g] < LEAST_WEIGHT_BITS) || unfit[i] {
                    *group = None;
                    changed = true;
                }
            }
            if !changed {
                return plan;
            }
        }
    }

    /// How weights are held at a channel of a population.
    pub fn quantum(&self, population: usize, channel: usize) -> Quantum {
        self.quantum[population][channel]
    }

    fn measure_slots(&mut self, spec: &NetworkSpec, bounds: &[(f64, f64)]) {
        let mut used = vec![[false; PORTS]; spec.populations.len()];
        for (i, p) in spec.projections.iter().enumerate() {
            if self.group[i].is_some() {
                for s in &p.to {
                    if let Some(c) = channel(spec, p, s.population, bounds[i]) {
                        used[s.population][c] = true;
                    }
                }
            }
        }
        let mut slots = [0u64; 2];
        for (population, used) in spec.populations.iter().zip(&used) {
            for (c, _) in used.iter().enumerate().filter(|u| *u.1) {
                slots[c & 1] += u64::from(population.size).next_multiple_of(64);
            }
        }
        for (bits, slots) in self.bits.iter_mut().zip(slots) {
            *bits = slots.next_power_of_two().trailing_zeros().max(16);
        }
    }

    /// Sets the quanta; returns the statements that do not fit.
    fn choose_quanta(&mut self, spec: &NetworkSpec, bounds: &[(f64, f64)]) -> Vec<bool> {
        let n = spec.populations.len();
        let mut largest = vec![[0.0f64; PORTS]; n];
        let mut degree = vec![[0.0f64; PORTS]; n];
        self.proven = [true; 2];
        self.gathered = [1; 2];
        let of = |p: &ProjectionSpec, i: usize| -> Vec<(usize, usize)> {
            p.to.iter()
                .filter_map(|s| Some((s.population, channel(spec, p, s.population, bounds[i])?)))
                .collect()
        };
        for (i, p) in spec.projections.iter().enumerate() {
            let Some(g) = self.group[i] else { continue };
            let (most, certain) = most_inputs(spec, p);
            let gathered = most_per_source(spec, p);
            self.proven[g] &= certain;
            self.gathered[g] = self.gathered[g].max(gathered);
            for (population, c) in of(p, i) {
                let m = &mut largest[population][c];
                *m = m.max(bounds[i].0.abs()).max(bounds[i].1.abs());
                degree[population][c] += most * gathered as f64;
            }
        }
        let mut unfit = vec![false; spec.projections.len()];
        for population in 0..n {
            for c in 0..PORTS {
                let room = f64::from((1 << (31 - self.bits[c & 1])) - 1);
                let limit =
                    room.min((f64::from(i32::MAX) / degree[population][c].max(1.0)).floor());
                self.quantum[population][c] = Quantum {
                    weight: quantum(largest[population][c], limit.max(1.0)),
                    most: limit,
                };
                if limit < LEAST_QUANTA {
                    for (i, p) in spec.projections.iter().enumerate() {
                        unfit[i] |= self.group[i].is_some() && of(p, i).contains(&(population, c));
                    }
                }
            }
        }
        unfit
    }
}

/// The smallest power of two of which `most` is at most `limit` times.
fn quantum(most: f64, limit: f64) -> f64 {
    if !(most > 0.0 && most.is_finite()) {
        return 1.0;
    }
    let mut exponent = libm::floor(libm::log2(most / limit)) as i32 - 1;
    while (most / libm::exp2(f64::from(exponent))).round() > limit {
        exponent += 1;
    }
    libm::exp2(f64::from(exponent))
}

/// Inputs that a target can get from a statement if each source spikes once, and whether the rule
/// allows no more.
fn most_inputs(spec: &NetworkSpec, p: &ProjectionSpec) -> (f64, bool) {
    let hard = most_per_target(&p.rule, p.sources(), p.allow_multapses) as f64;
    match &p.rule {
        Rule::FixedOutdegree(_)
        | Rule::FixedTotalNumber(_)
        | Rule::PairwiseBernoulli(_)
        | Rule::PairwisePoisson(_)
        | Rule::RandomGraph { .. } => {
            let mean = expected(spec, p) / (p.targets().max(1)) as f64;
            let likely = mean + 12.0 * libm::sqrt(mean) + 50.0;
            (hard.min(likely), hard <= likely)
        }
        Rule::List(edges) => {
            let mut degree = vec![0u32; p.targets() as usize];
            for &t in &edges.target {
                if let Some(d) = degree.get_mut(t as usize) {
                    *d += 1;
                }
            }
            (f64::from(degree.into_iter().max().unwrap_or(0)), true)
        }
        _ => (hard, true),
    }
}

/// The group of a statement, if all of its targets take it in one.
fn group(spec: &NetworkSpec, p: &ProjectionSpec, bounds: (f64, f64)) -> Option<usize> {
    let mut of =
        p.to.iter()
            .map(|s| Some(channel(spec, p, s.population, bounds)? & 1));
    let first = of.next()??;
    of.all(|g| g == Some(first)).then_some(first)
}

/// The channel that weights within `bounds` go to, if it is one.
fn channel(
    spec: &NetworkSpec,
    p: &ProjectionSpec,
    population: usize,
    bounds: (f64, f64),
) -> Option<usize> {
    let PopulationKind::Neurons(n) = &spec.populations[population].kind else {
        return None;
    };
    if n.model == ModelKind::Relay {
        return None;
    }
    let ports = n.model.def().ports > 0;
    match Route::of(p.receptor, ports, n.channels()) {
        Route::To(c) => Some(c),
        Route::BySign if bounds.0 >= 0.0 => Some(0),
        Route::BySign if bounds.1 <= 0.0 => Some(1),
        Route::BySign => None,
    }
}

/// Least and largest weight that practically come up.
fn bounds(spec: &NetworkSpec, p: &ProjectionSpec) -> (f64, f64) {
    match (&p.weight, &p.rule) {
        (Weight::Values(v), _) => v.practical(),
        (Weight::FromList, Rule::List(edges)) => edges
            .weight
            .iter()
            .fold((0.0, 0.0), |(l, h): (f64, f64), v| (l.min(*v), h.max(*v))),
        (Weight::FromList, _) => (0.0, 0.0),
        (Weight::ByDistance(profile), _) => profile.range(farthest(p, spec), Values::practical),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantum_is_the_smallest_power_of_two_that_fits() {
        for (most, limit) in [
            (87.8, 16383.0),
            (1.0, 32767.0),
            (32767.0, 32767.0),
            (3e-9, 255.0),
            (1e30, 1000.0),
        ] {
            let q = quantum(most, limit);
            assert_eq!(q, libm::exp2(libm::log2(q).round()));
            assert!(
                (most / q).round() <= limit && (most / (0.5 * q)).round() > limit,
                "{most} {limit} {q}"
            );
        }
        assert_eq!(quantum(0.0, 10.0), 1.0);
    }
}
