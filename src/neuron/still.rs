//! Populations in which a visit is one multiplication and one addition: potentials that relax with one
//! time constant, measured by a yardstick that grows as they fade.
//!
//! ```text
//! tau dV/dt = -(V - V_inf) between inputs;      x = (V - V_inf) g(t),   g(t) = exp((t - origin) / tau)
//! input w at t:  x <- x + w g(t)                spike where x >= (V_th - V_inf) g(t)
//! ```
//!
//! Between inputs x stands still. So a neuron need not know when it was last visited, g(t) is computed once per
//! tick for all, and going through all neurons instead of those with input changes no bit: adding
//! nothing leaves x as it is, and nobody is tested without input. (For an integrator without leak g is 1.)
//!
//! Every few time constants the origin moves on and x is multiplied by what g has grown to (`Course::EPOCH`), at
//! ticks that are the same for everybody, once for each: so it does not matter when that is made up for. What
//! has become smaller than `Real::TINY` is 0.
//!
//! While a neuron is refractory its x is no number, which no input changes and no test passes; V stands in
//! `Lif::v`. What x is afterwards follows from the end of the refractory time alone (`Course::released`), so it does not
//! matter either when somebody sees that this time is over.

use super::block::Hits;
use super::lazy::{Lazy, Look};
use super::membrane::{Dynamics, Lif};
use super::real::{Real, is_none};
use crate::lines::Lines;
use crate::network::spec::{ResetMode, ThresholdTest};
use crate::prefetch::{prefetch, prefetch_all};
use crate::simd::{Kernel, vectorized};

/// Marks a neuron whose x is no number.
const APART: u64 = 1 << 63;

/// The constants of a population.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course<R> {
    /// Ticks over time constant.
    rate: f64,
    /// Ticks from one origin to the next, and what is left of a potential after them.
    epoch: u64,
    fade: R,
    /// V_inf, relative to E_L, and the threshold relative to V_inf.
    steady: R,
    theta: R,
    strict: bool,
}

impl<R: Real> Course<R> {
    /// Time constants from one origin to the next: few, so that the rounding of the exponent does not show.
    const EPOCH: f64 = 8.0;
    /// After so many epochs nothing is left of any number.
    const ALL: u64 = 500;

    /// The last origin before or at a tick.
    #[inline(always)]
    fn origin(&self, t: u64) -> u64 {
        t - t % self.epoch
    }

    fn growth(&self, t: u64) -> R {
        R::of(libm::exp((t % self.epoch) as f64 * self.rate))
    }

    fn inverse(&self, t: u64) -> R {
        R::of(libm::exp(-((t % self.epoch) as f64) * self.rate))
    }

    /// What x has to reach where g is `growth`.
    fn threshold(&self, growth: R) -> R {
        let x = self.theta * growth;
        if self.strict { x.next_up() } else { x }
    }

    #[inline(always)]
    fn fade_once(&self, x: R) -> R {
        let x = x * self.fade;
        if x < R::TINY && -x < R::TINY {
            R::ZERO
        } else {
            x
        }
    }

    /// x of one origin as of another one.
    fn faded(&self, mut x: R, from: u64, to: u64) -> R {
        let epochs = to.saturating_sub(from) / self.epoch;
        for _ in 0..epochs.min(Self::ALL) {
            x = self.fade_once(x);
        }
        x
    }

    /// x at tick `t` of a neuron that was at `v` to the end of tick `since` and has had no input since.
    fn released(&self, v: R, since: u64, t: u64) -> R {
        let x = (v - self.steady) * self.growth(since);
        self.faded(x, self.origin(since), self.origin(t))
    }
}

/// State of a population of this kind while it is updated lazily.
pub struct Still<R> {
    course: Course<R>,
    x: Lines<R>,
    /// What x refers to.
    origin: u64,
    /// The present tick, with g and the threshold of x.
    at: u64,
    growth: R,
    threshold: R,
    /// Neurons of the present visits that may spike or are no number, with their input. Emptied before the
    /// visits end.
    apart: Vec<(u32, R)>,
    /// Scratch of a pass.
    marks: Vec<bool>,
}

impl<R: Real> Still<R> {
    /// See `Block::expect`.
    pub(super) fn expect(&self, visits: usize) {
        prefetch_all(&self.x, visits);
    }

    /// The last tick at which anybody was visited, or at which this began.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// x of neuron `i` at tick `t` and its origin, or V and the origin with a flag where x is no number.
    pub(super) fn raw(&self, i: usize, v: R, t: u64) -> (R, u64) {
        let (x, origin) = (self.x_at(i, t), self.course.origin(t));
        if is_none(x) {
            (v, origin | APART)
        } else {
            (x, origin)
        }
    }

    /// The way back. V of those that are apart stays where it is kept.
    pub(super) fn set_raw(&mut self, i: usize, x: R, mark: u64) {
        self.x[i] = if mark & APART != 0 {
            R::of(f64::NAN)
        } else {
            self.course.faded(x, mark, self.origin)
        };
    }

    /// Makes `t` the present tick.
    #[inline(always)]
    fn bring(&mut self, t: u64) {
        if self.at != t {
            self.bring_on(t);
        }
    }

    #[inline(never)]
    fn bring_on(&mut self, t: u64) {
        let origin = self.course.origin(t);
        let epochs = origin.saturating_sub(self.origin) / self.course.epoch;
        for _ in 0..epochs.min(Course::<R>::ALL) {
            vectorized(FadeAll {
                x: &mut self.x,
                course: self.course,
            });
        }
        self.origin = origin;
        self.at = t;
        self.growth = self.course.growth(t);
        self.threshold = self.course.threshold(self.growth);
    }

    /// x of neuron `i` at tick `t`, not before the present one; no number while it is refractory, or not
    /// yet released.
    fn x_at(&self, i: usize, t: u64) -> R {
        self.course
            .faded(self.x[i], self.origin, self.course.origin(t))
    }
}

struct FadeAll<'a, R> {
    x: &'a mut [R],
    course: Course<R>,
}

impl<R: Real> Kernel for FadeAll<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for x in self.x {
            *x = self.course.fade_once(*x);
        }
    }
}

/// A number below the threshold?
#[inline(always)]
fn falls_short<R: Real>(x: R, threshold: R) -> bool {
    x < threshold
}

/// Neurons of a block, of which it is noted whether any is marked.
const BLOCK: usize = 64;

/// Input for neurons side by side; marks blocks in which any that got some has reached the threshold or is no
/// number. Returns how many got any, and whether there is a mark.
struct Pass<'a, R> {
    x: &'a mut [R],
    input: &'a [R],
    growth: R,
    threshold: R,
    marks: &'a mut [bool],
}

impl<R: Real> Pass<'_, R> {
    #[inline(always)]
    fn block(x: &mut [R], input: &[R], growth: R, threshold: R) -> (u32, bool) {
        let (mut hit, mut mark) = (0, false);
        for (x, &input) in x.iter_mut().zip(input) {
            *x += input * growth;
            mark |= is_apart(*x, input, threshold);
            hit += u32::from(input != R::ZERO);
        }
        (hit, mark)
    }
}

impl<R: Real> Kernel for Pass<'_, R> {
    type Output = (u32, bool);
    #[inline(always)]
    fn run(self) -> (u32, bool) {
        let (mut hits, mut any) = (0, false);
        let (growth, threshold) = (self.growth, self.threshold);
        let (blocks, rest) = self.x.as_chunks_mut::<BLOCK>();
        let (input, last) = self.input.as_chunks::<BLOCK>();
        for ((x, input), mark) in blocks.iter_mut().zip(input).zip(&mut *self.marks) {
            let hit;
            (hit, *mark) = Self::block(x, input, growth, threshold);
            hits += hit;
            any |= *mark;
        }
        let (hit, mark) = Self::block(rest, last, growth, threshold);
        if let Some(to) = self.marks.get_mut(blocks.len()) {
            *to = mark;
        }
        (hits + hit, any | mark)
    }
}

/// Got a neuron input that took it to the threshold, or is it no number?
#[inline(always)]
fn is_apart<R: Real>(x: R, input: R, threshold: R) -> bool {
    (input != R::ZERO) & !falls_short(x, threshold)
}

impl<D: Dynamics<R, S, C>, R: Real, const S: usize, const C: usize> Lif<D, R, S, C> {
    /// Can the population be held this way? It follows from the definition, so all shards agree.
    fn course(&self) -> Option<Course<R>> {
        let plain = !self.varied && self.adaptation.is_none() && self.held.is_empty() && self.n > 0;
        if !plain || D::SYN > 0 || D::CHANNELS > 1 {
            return None;
        }
        let (rate, steady) = D::relaxation(&self.constants[0], self.drive[0].f64())?;
        let rate = rate * self.tick_ms;
        let steady = R::of(steady);
        let theta = self.threshold[0] - steady;
        // V must not come to its threshold by itself.
        let margin = R::MARGIN * self.threshold[0].f64().abs().max(steady.f64().abs());
        if theta.f64().is_nan() || theta.f64() <= margin {
            return None;
        }
        let epoch = if rate > 0.0 {
            ((Course::<R>::EPOCH / rate) as u64).max(1)
        } else {
            u64::MAX
        };
        Some(Course {
            rate,
            epoch,
            fade: R::of(libm::exp(-(epoch as f64) * rate)),
            steady,
            theta,
            strict: self.options.threshold_test == ThresholdTest::Strict,
        })
    }

    /// The state of a population that has been swept up to tick `t`, if it is of this kind.
    pub(super) fn still_from(&self, t: u64) -> Option<Still<R>> {
        let course = self.course()?;
        let mut still = Still {
            course,
            x: Lines::zeroed(self.n),
            origin: course.origin(t),
            at: u64::MAX,
            growth: R::ZERO,
            threshold: R::ZERO,
            apart: Vec::new(),
            marks: Vec::new(),
        };
        still.bring(t);
        let growth = still.growth;
        for (i, x) in still.x.iter_mut().enumerate() {
            *x = if self.ref_until[i] > t {
                R::of(f64::NAN)
            } else {
                (self.v[i] - course.steady) * growth
            };
        }
        Some(still)
    }

    /// V of neuron `i` at tick `t`, not before the last one at which anybody was visited; changes nothing.
    pub(super) fn still_value(&self, still: &Still<R>, i: usize, t: u64) -> R {
        let mut x = still.x_at(i, t);
        if is_none(x) {
            if t <= self.ref_until[i] {
                return self.v[i];
            }
            x = still.course.released(self.v[i], self.ref_until[i], t);
        }
        still.course.steady + x * still.course.inverse(t)
    }

    /// `Lif::visit_each` for populations of this kind. Nobody is tested without input; one that comes twice has
    /// all of it at first. Returns how many got any.
    #[inline]
    pub(super) fn visit_still(
        &mut self,
        t: u64,
        hits: &mut dyn Hits<R>,
        out: &mut Vec<u32>,
        after: impl FnMut(u32, u64),
    ) -> u64 {
        let Lazy { batch, still, .. } = &mut self.lazy;
        let Some(still) = still else {
            return 0;
        };
        still.bring(t);
        let (growth, threshold) = (still.growth, still.threshold);
        let Still { x: all, apart, .. } = still;
        // Taken once: where they lie is not looked up for each visit.
        let all = &mut all[..];
        let mut visits = 0;
        loop {
            let n = hits.next(batch);
            if n == 0 {
                break;
            }
            for &i in &batch.neurons[..n] {
                prefetch(all, i as usize);
            }
            for (&i, &input) in batch.neurons[..n].iter().zip(&batch.input[0][..n]) {
                let x = &mut all[i as usize];
                *x += input * growth;
                visits += u64::from(input != R::ZERO);
                if is_apart(*x, input, threshold) {
                    set_apart(apart, i, input);
                }
            }
        }
        self.decide_apart(t, out, after);
        visits
    }

    /// Input for neurons side by side from `lo` on, most of which is nothing; does what `visit_each` does
    /// for those that have any, and returns how many they are. For populations with `is_still` alone.
    pub fn pass(
        &mut self,
        t: u64,
        lo: usize,
        input: &[R],
        out: &mut Vec<u32>,
        after: impl FnMut(u32, u64),
    ) -> u64 {
        let Some(still) = &mut self.lazy.still else {
            return 0;
        };
        still.bring(t);
        let n = input.len();
        still.marks.resize(n.div_ceil(BLOCK), false);
        let (hit, any) = vectorized(Pass {
            x: &mut still.x[lo..lo + n],
            input,
            growth: still.growth,
            threshold: still.threshold,
            marks: &mut still.marks,
        });
        if any {
            let (x, threshold) = (&still.x[lo..lo + n], still.threshold);
            let blocks = x.chunks(BLOCK).zip(input.chunks(BLOCK)).enumerate();
            for (b, (x, input)) in blocks.filter(|(b, _)| still.marks[*b]) {
                for (k, (&x, &input)) in x.iter().zip(input).enumerate() {
                    if is_apart(x, input, threshold) {
                        still.apart.push(((lo + b * BLOCK + k) as u32, input));
                    }
                }
            }
            self.decide_apart(t, out, after);
        }
        u64::from(hit)
    }

    fn decide_apart(&mut self, t: u64, out: &mut Vec<u32>, mut after: impl FnMut(u32, u64)) {
        let Some(still) = &mut self.lazy.still else {
            return;
        };
        let mut apart = std::mem::take(&mut still.apart);
        for &(i, input) in &apart {
            self.decide(i, t, input, out, &mut after);
        }
        apart.clear();
        if let Some(still) = &mut self.lazy.still {
            still.apart = apart;
        }
    }

    /// Spikes of neurons that were to be looked at, because they are at their threshold already.
    pub fn wake_still(
        &mut self,
        t: u64,
        wakes: &[u32],
        out: &mut Vec<u32>,
        mut after: impl FnMut(u32, u64),
    ) {
        if let Some(still) = &mut self.lazy.still {
            still.bring(t);
        }
        for &i in wakes {
            self.decide(i, t, R::ZERO, out, &mut after);
        }
    }

    /// Neuron `i` may spike. If it is a number it has taken its input already.
    fn decide(
        &mut self,
        i: u32,
        t: u64,
        input: R,
        out: &mut Vec<u32>,
        after: &mut impl FnMut(u32, u64),
    ) {
        let k = i as usize;
        let Some(still) = &mut self.lazy.still else {
            return;
        };
        let mut x = still.x[k];
        if is_none(x) {
            if t <= self.ref_until[k] {
                return;
            }
            let free = still.course.released(self.v[k], self.ref_until[k], t);
            x = free + input * still.growth;
            still.x[k] = x;
        }
        if falls_short(x, still.threshold) {
            return;
        }
        let (steady, inverse) = (still.course.steady, still.course.inverse(t));
        self.v[k] = match self.options.reset {
            ResetMode::Value | ResetMode::All => self.reset[0],
            ResetMode::Subtract => steady + x * inverse - self.threshold[0],
        };
        self.note_spike(k, t);
        out.push(i);
        if let Some(still) = &mut self.lazy.still {
            still.x[k] = if self.ref_until[k] > t {
                R::of(f64::NAN)
            } else {
                still.course.released(self.v[k], t, t)
            };
            if let Some(at) = self.predict_still(k, t) {
                after(i, at);
            }
        }
    }

    /// `Lif::predict` at the end of tick `t`, not before the last one at which anybody was visited: only a neuron that is at its threshold already spikes without
    /// input, at the first tick at which it can.
    pub(super) fn predict_still(&self, i: usize, t: u64) -> Option<u64> {
        let still = self.lazy.still.as_ref()?;
        let x = still.x_at(i, t);
        let is_due = if is_none(x) {
            self.v[i] >= self.test_value(i, R::ZERO)
        } else {
            !falls_short(x, still.course.threshold(still.course.growth(t)))
        };
        is_due.then(|| self.ref_until[i].max(t) + 1)
    }

    /// `Lif::look`.
    pub(super) fn look_still(&self, still: &Still<R>, i: usize, t: u64) -> Look {
        if self.ref_until[i] >= t {
            return Look::Again(self.predict_still(i, t));
        }
        let mut x = still.x_at(i, t);
        if is_none(x) {
            x = still.course.released(self.v[i], self.ref_until[i], t);
        }
        if falls_short(x, still.course.threshold(still.course.growth(t))) {
            Look::Again(None)
        } else {
            Look::Visit
        }
    }

    /// Are all neurons passed through at once, if need be?
    pub fn is_still(&self) -> bool {
        self.lazy.still.is_some()
    }
}

#[cold]
#[inline(never)]
fn set_apart<R>(apart: &mut Vec<(u32, R)>, i: u32, input: R) {
    apart.push((i, input));
}

#[cfg(test)]
#[path = "still_tests.rs"]
mod tests;
