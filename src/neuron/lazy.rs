//! Neurons that are visited only where something happens to them.
//!
//! A visit costs as much as the cache lines that it touches, so all that most visits need of a neuron
//! lies side by side in a `Cell`. Most visits are also of one kind: shared constants, no adaptation,
//! the neuron is not refractory, does not spike and will not by itself. They are
//! made in a loop of few instructions and one rarely taken branch on each side of the update; all
//! others are put aside and made afterwards, with the same operations in the same order.

use super::block::{Batch, Hits};
use super::membrane::{Dynamics, Lif, Limits, Target};
use super::real::Real;
use super::still::Still;
use crate::lines::Lines;
use crate::network::spec::ResetMode;
use crate::prefetch::prefetch_all;

/// The synaptic state variables that a model needs, out of `S` places.
pub trait Held<R, const S: usize>: Copy + Send + Sync + 'static {
    fn new(s: &[R; S]) -> Self;
    fn get(&self) -> [R; S];
}

impl<R: Real, const N: usize, const S: usize> Held<R, S> for [R; N] {
    #[inline(always)]
    fn new(s: &[R; S]) -> Self {
        std::array::from_fn(|k| s[k])
    }
    #[inline(always)]
    fn get(&self) -> [R; S] {
        let mut s = [R::ZERO; S];
        for (to, from) in s.iter_mut().zip(self) {
            *to = *from;
        }
        s
    }
}

/// State of one neuron after its last visit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell<R, H> {
    /// Tick of the last visit, and `APART`.
    pub(super) mark: u64,
    pub(super) v: R,
    s: H,
}

/// The neuron may be refractory: not a case for the short way. As the highest bit of
/// `Cell::mark` it makes the time since the last visit seem longer than any table reaches.
const APART: u64 = 1 << 63;

impl<R, H> Cell<R, H> {
    #[inline(always)]
    fn last(&self) -> u64 {
        self.mark & !APART
    }
}

/// What a lazily updated population has besides its constants.
pub struct Lazy<R: Real, H, const C: usize> {
    /// State of a population that can be held this way; then there are no cells.
    pub(super) still: Option<Still<R>>,
    pub(super) cells: Vec<Cell<R, H>>,
    /// Neurons of the present visits that do not go the short way, with their input, and those that
    /// have gone it but may spike. Emptied before the visits end.
    apart: Vec<(u32, [R; C])>,
    alert: Vec<u32>,
    /// Scratch of the visits.
    pub(super) batch: Box<Batch<R>>,
    /// For populations with one set of constants.
    limits: Option<Limits<R>>,
}

impl<R: Real, H, const C: usize> Default for Lazy<R, H, C> {
    fn default() -> Self {
        Self {
            still: None,
            cells: Vec::new(),
            apart: Vec::new(),
            alert: Vec::new(),
            batch: Box::new(Batch::new(C)),
            limits: None,
        }
    }
}

impl<R: Real, H, const C: usize> Lazy<R, H, C> {
    /// See `Block::expect`.
    pub(super) fn expect(&self, visits: usize) {
        match &self.still {
            Some(still) => still.expect(visits),
            None => prefetch_all(&self.cells, visits),
        }
    }
}

/// What comes of looking at a neuron.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Visit,
    /// It must be looked at again, or not.
    Again(Option<u64>),
}

/// Why a neuron has to be looked at.
#[derive(Clone, Copy, Debug)]
enum Wake {
    /// It crosses its threshold at this tick, as far as rounding lets that be known.
    Exact(u64),
    /// It does not cross it before this tick; finding out more is left until then, when an input may
    /// have changed everything.
    Look(u64),
}

impl Wake {
    fn at(self) -> u64 {
        match self {
            Self::Exact(at) | Self::Look(at) => at,
        }
    }
}

/// Ticks to a crossing from which on it is searched for exactly.
const CLOSE: f64 = 3.0;

/// V is far enough below the threshold that it cannot reach it by itself.
#[inline(always)]
fn calm<D: Dynamics<R, S, C>, R: Real, const S: usize, const C: usize>(
    constants: &D::Constants,
    v: R,
    s: [R; S],
    drive: f64,
    theta: f64,
) -> bool {
    let margin = R::MARGIN * theta.abs().max(v.f64().abs()).max(1e-300);
    D::bound(constants, v.f64(), s.map(R::f64), drive) < theta - margin
}

impl<D: Dynamics<R, S, C>, R: Real, const S: usize, const C: usize> Lif<D, R, S, C> {
    /// From now on lazily updated: every neuron has been swept up to tick `t`.
    pub fn become_lazy(&mut self, t: u64) {
        self.let_go_all();
        self.lazy.still = self.still_from(t);
        if self.lazy.still.is_some() {
            return;
        }
        self.lazy.cells = (0..self.n)
            .map(|i| Cell {
                mark: t | if self.ref_until[i] > t { APART } else { 0 },
                v: self.v[i],
                s: D::State::new(&self.syn_of(i)),
            })
            .collect();
        // Nothing in it changes as long as all neurons share it.
        self.lazy.limits = (!self.varied && self.n > 0).then(|| {
            let theta = self.threshold[0].f64();
            // An eighth of a margin, and more, is left for the rounding of these few numbers.
            let (scale, wide) = (theta.abs().max(1e-300), 16.0);
            Limits {
                low: R::of(-wide * scale),
                high: R::of(theta - R::MARGIN * scale * (wide + 2.0)),
                ..D::limits(&self.constants[0], self.drive[0].f64())
            }
        });
    }

    /// From now on swept: brings every neuron to tick `t`, at which nothing happens to it.
    pub fn become_swept(&mut self, t: u64) {
        if let Some(still) = self.lazy.still.take() {
            for i in 0..self.n {
                self.v[i] = self.still_value(&still, i, t);
            }
        } else {
            for i in 0..self.n {
                self.advance_to(i, t);
                self.v[i] = self.lazy.cells[i].v;
                self.set_syn(i, self.lazy_syn(i));
            }
        }
        self.halt_all(t);
    }

    #[inline(always)]
    pub(super) fn lazy_syn(&self, i: usize) -> [R; S] {
        if D::COLUMNS {
            self.syn_of(i)
        } else {
            self.lazy.cells[i].s.get()
        }
    }

    #[inline(always)]
    fn set_lazy(&mut self, i: usize, mark: u64, v: R, s: [R; S]) {
        if D::COLUMNS {
            self.set_syn(i, s);
        }
        self.lazy.cells[i] = Cell {
            mark,
            v,
            s: D::State::new(&s),
        };
    }

    /// V and currents of neuron `i` at tick `t`, without input at t; changes nothing.
    #[inline(always)]
    fn advanced(&self, i: usize, t: u64) -> (R, [R; S]) {
        if let Some(still) = &self.lazy.still {
            return (self.still_value(still, i, t), [R::ZERO; S]);
        }
        let cell = &self.lazy.cells[i];
        let (mut v, mut s) = (cell.v, self.lazy_syn(i));
        let mut from = cell.last();
        let held_until = self.ref_until[i].min(t);
        if held_until > from {
            if D::SYN > 0 {
                s = D::advance_syn(&self.over(i, held_until - from), s);
            }
            from = held_until;
        }
        if t > from {
            (v, s) = D::advance(&self.over(i, t - from), v, s, self.drive[self.col(i)]);
        }
        (v, s)
    }

    #[inline(always)]
    fn rise_at(&self, i: usize, t: u64) -> R {
        match &self.adaptation {
            None => R::ZERO,
            Some(a) => {
                let ticks = t - self.lazy.cells[i].last();
                if ticks == 0 || a.rise[i] == R::ZERO {
                    return a.rise[i];
                }
                let fade = a.table.as_ref().and_then(|f| f.get(ticks)).map_or_else(
                    || {
                        let tau = a.tau[self.col(i)];
                        R::of(libm::exp(-(ticks as f64) * self.tick_ms / tau))
                    },
                    |f| f.0,
                );
                a.rise[i] * fade
            }
        }
    }

    /// Visits every neuron that `hits` gives, with its input of tick `t`; spiking ones are appended to
    /// `out`. `after` is called with those that must be looked at again, and when. Returns how many
    /// neurons `hits` gave.
    #[inline]
    pub fn visit_each(
        &mut self,
        t: u64,
        hits: &mut dyn Hits<R>,
        out: &mut Vec<u32>,
        mut after: impl FnMut(u32, u64),
    ) -> u64 {
        if self.lazy.still.is_some() {
            return self.visit_still(t, hits, out, after);
        }
        let mut visits = 0;
        let plain = !self.varied && self.adaptation.is_none() && self.held.is_empty() && self.n > 0;
        if plain && let Some(table) = &self.table {
            let Lazy {
                cells,
                apart,
                alert,
                batch,
                limits,
                ..
            } = &mut self.lazy;
            let limits = limits.unwrap_or_default();
            let levels = table.levels();
            let (step, constants, drive) = (self.step[0], self.constants[0], self.drive[0]);
            let (drive64, theta) = (drive.f64(), self.threshold[0].f64());
            loop {
                let n = hits.next(batch);
                if n == 0 {
                    break;
                }
                visits += n as u64;
                let columns = batch.columns::<C>();
                for (k, &i) in batch.neurons[..n].iter().enumerate() {
                    let (i, input) = (i as usize, columns.map(|c| c[k]));
                    let cell = &mut cells[i];
                    let since = t.wrapping_sub(cell.mark);
                    // Visited at this tick already, set apart, or beyond the table.
                    if since.wrapping_sub(1) >= levels.reach() {
                        put_aside(apart, since, i, input);
                        continue;
                    }
                    let over = levels.get(since);
                    let s = if D::COLUMNS {
                        column_state::<R, S>(&self.syn, i)
                    } else {
                        cell.s.get()
                    };
                    let (v, s) = D::advance(&over, cell.v, s, drive);
                    let (jump, s) = D::receive(&step, s, input);
                    let v = v + jump;
                    if D::COLUMNS {
                        set_column_state(&mut self.syn, i, s);
                    }
                    *cell = Cell {
                        mark: t,
                        v,
                        s: D::State::new(&s),
                    };
                    if !D::surely_calm(&limits, v, s)
                        && !calm::<D, R, S, C>(&constants, v, s, drive64, theta)
                    {
                        raise(alert, i);
                    }
                }
            }
        } else {
            loop {
                let Lazy { apart, batch, .. } = &mut self.lazy;
                let n = hits.next(batch);
                if n == 0 {
                    break;
                }
                visits += n as u64;
                let columns = batch.columns::<C>();
                apart.extend((0..n).map(|k| (batch.neurons[k], columns.map(|c| c[k]))));
            }
        }
        self.visit_others(t, out, &mut after);
        visits
    }

    /// What `visit_each` has put aside.
    fn visit_others(&mut self, t: u64, out: &mut Vec<u32>, after: &mut impl FnMut(u32, u64)) {
        for k in 0..self.lazy.alert.len() {
            let i = self.lazy.alert[k];
            let v = self.lazy.cells[i as usize].v;
            if v >= self.test_value(i as usize, R::ZERO) {
                self.fire_lazily(i as usize, t);
                out.push(i);
            }
            self.settle(i, t, after);
        }
        self.lazy.alert.clear();
        for k in 0..self.lazy.apart.len() {
            let (i, input) = self.lazy.apart[k];
            if self.lazy.cells[i as usize].last() == t {
                continue;
            }
            if self.visit(i as usize, t, input) {
                out.push(i);
            }
            self.settle(i, t, after);
        }
        self.lazy.apart.clear();
    }

    /// After a visit.
    fn settle(&mut self, i: u32, t: u64, after: &mut impl FnMut(u32, u64)) {
        let k = i as usize;
        self.lazy.cells[k].mark = if self.ref_until[k] > t { t | APART } else { t };
        if let Some(at) = self.predict(k) {
            after(i, at);
        }
    }

    /// Visits neuron `i` at tick `t` with the summed input of the tick. True: it spikes.
    ///
    /// A neuron is visited at most once per tick: the caller checks.
    fn visit(&mut self, i: usize, t: u64, input: [R; C]) -> bool {
        let (mut v, s) = self.advanced(i, t);
        let rise = self.rise_at(i, t);
        let active = t > self.ref_until[i];
        let input = if active || !self.resets_currents() {
            input
        } else {
            [R::ZERO; C]
        };
        let (mut jump, s) = D::receive(&self.step_of(i), s, input);
        if self.options.refractory_input {
            jump = self.hold(i, t, jump);
        }
        if active {
            v += jump;
        }
        if let Some(a) = &mut self.adaptation {
            a.rise[i] = rise;
        }
        self.set_lazy(i, t, v, s);
        let spikes = active && v >= self.test_value(i, rise);
        if spikes {
            self.fire_lazily(i, t);
        }
        spikes
    }

    fn fire_lazily(&mut self, i: usize, t: u64) {
        let c = self.col(i);
        let (v, s) = (self.lazy.cells[i].v, self.lazy_syn(i));
        let (v, s) = match self.options.reset {
            ResetMode::Value => (self.reset[c], s),
            ResetMode::All => (self.reset[c], [R::ZERO; S]),
            ResetMode::Subtract => (v - self.threshold[c], s),
        };
        self.set_lazy(i, t, v, s);
        self.note_spike(i, t);
    }

    fn advance_to(&mut self, i: usize, t: u64) {
        let mark = self.lazy.cells[i].mark;
        if mark & !APART < t {
            let (v, s) = self.advanced(i, t);
            let rise = self.rise_at(i, t);
            if let Some(a) = &mut self.adaptation {
                a.rise[i] = rise;
            }
            self.set_lazy(i, mark & APART | t, v, s);
        }
    }

    /// Adds `by` pA to the constant current of neuron `i`, from tick `t` (exclusive) on.
    pub fn inject(&mut self, i: usize, t: u64, by: f64) {
        self.advance_to(i, t);
        self.inject_swept(i, by);
    }

    /// When neuron `i` must be looked at if no input comes: never later than its next spike. `None`: it
    /// will not spike. The caller puts it on the agenda, unless it will be looked at before.
    pub fn predict(&self, i: usize) -> Option<u64> {
        if let Some(still) = &self.lazy.still {
            return self.predict_still(i, still.at());
        }
        self.next_wake(i, self.ref_until[i].max(self.lazy.cells[i].last()))
            .map(|w| w.at())
    }

    /// What to do about neuron `i` at tick `t`, for which it was on the agenda, if anything. State is
    /// only changed by visits, and a visit comes only where a crossing was predicted exactly: so no
    /// result hangs on how often a neuron is looked at.
    pub fn look(&self, i: usize, t: u64) -> Look {
        if let Some(still) = &self.lazy.still {
            return self.look_still(still, i, t);
        }
        let now = t.max(self.ref_until[i]).max(self.lazy.cells[i].last());
        match self.next_wake(i, now) {
            Some(Wake::Exact(at)) if at <= t => Look::Visit,
            other => Look::Again(other.map(|w| w.at())),
        }
    }

    /// `now`: a tick at which there is no input, not before `base`; between it and the last visit neuron
    /// `i` has not spiked.
    fn next_wake(&self, i: usize, now: u64) -> Option<Wake> {
        let c = self.col(i);
        let last = self.lazy.cells[i].last();
        let base = self.ref_until[i].max(last);
        if let Some(&h) = self.held.get(i)
            && h != R::ZERO
        {
            return Some(Wake::Exact(base + 1));
        }
        let drive = self.drive[c].f64();
        let constants = &self.constants[c];
        let theta = self.threshold[c].f64();
        let rise = self.rise_at(i, base).f64();
        let v0 = self.lazy.cells[i].v.f64();
        // Without currents V cannot rise above the larger of V and its steady value, and without
        // decaying adaptation the threshold does not come down either.
        let scale = theta.abs().max(v0.abs()).max(1e-300);
        let margin = R::MARGIN * scale;
        let lowest = if rise > 0.0 { theta } else { theta + rise };
        let s_now = self.lazy_syn(i);
        if D::bound(constants, v0, s_now.map(R::f64), drive) < lowest - margin {
            return None;
        }
        let s = if base > last && D::SYN > 0 {
            D::advance_syn(&self.over(i, base - last), s_now)
        } else {
            s_now
        };
        let s = s.map(R::f64);
        // Rounding of what the currents will do to V is in proportion to their charge.
        let reach = D::bound(constants, 0.0, s.map(f64::abs), 0.0).abs();
        let reach = if reach.is_finite() { reach } else { 0.0 };
        let off = margin + R::MARGIN * reach;
        if rise == 0.0 {
            let (v, s) = if now > base {
                let (v, s) = self.advanced(i, now);
                (v.f64(), s.map(R::f64))
            } else {
                (v0, s)
            };
            // Further off by half, since here V is rounded once more.
            let wait = D::earliest(constants, v, s, drive, theta - 1.5 * off) / self.tick_ms;
            if (CLOSE..9e15).contains(&wait) {
                return Some(Wake::Look(now + wait as u64 - 1));
            }
        }
        let target = Target {
            theta: -(off - theta),
            rise,
            rate: match &self.adaptation {
                Some(a) => 1.0 / a.tau[c],
                None => 0.0,
            },
            tick_ms: self.tick_ms,
        };
        let after = D::first_reach(constants, v0, s, drive, &target)? / self.tick_ms;
        if after >= 9e15 {
            return None;
        }
        // Early by a hair rather than late: V at the tick decides.
        let ticks = (after - 1e-6 - 1e-12 * after).ceil().max(1.0);
        Some(Wake::Exact(base + ticks as u64))
    }

    /// Value of a recordable variable of neuron `i` after tick `t`; changes nothing.
    pub fn peek(&self, i: usize, t: u64, variable: &str) -> f64 {
        let (v, s) = self.advanced(i, t);
        self.variable(i, variable, v, s, self.rise_at(i, t))
    }
}

#[cold]
#[inline(never)]
fn put_aside<T>(apart: &mut Vec<(u32, T)>, since: u64, i: usize, input: T) {
    if since != 0 {
        apart.push((i as u32, input));
    }
}

#[cold]
#[inline(never)]
fn raise(alert: &mut Vec<u32>, i: usize) {
    alert.push(i as u32);
}

#[inline(always)]
fn column_state<R: Real, const S: usize>(columns: &[Lines<R>; S], i: usize) -> [R; S] {
    std::array::from_fn(|k| columns[k].get(i).copied().unwrap_or(R::ZERO))
}

#[inline(always)]
fn set_column_state<R: Real, const S: usize>(columns: &mut [Lines<R>; S], i: usize, s: [R; S]) {
    for (column, s) in columns.iter_mut().zip(s) {
        if let Some(to) = column.get_mut(i) {
            *to = s;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{if_neuron::If, lif_alpha::LifAlpha, lif_delta::LifDelta, lif_exp::LifExp};
    use super::*;
    use crate::neuron::propagator::PropagatorTable;
    use proptest::prelude::*;

    /// The entry for no ticks must leave every bit of what it is composed with.
    fn identity_at_zero<D: Dynamics<R>, R: Real>()
    where
        D::Step: std::fmt::Debug,
    {
        let values = |name: &str| if name == "tau_syn_in" { 3.7 } else { 11.3 };
        let constants = D::constants(&values);
        for tick_ms in [1.0, 1e-3, 1e-6] {
            let table = PropagatorTable::new(1 << 30, |k| D::step(&constants, k as f64 * tick_ms));
            let levels = table.levels();
            for k in [
                1,
                7,
                511,
                512,
                513,
                1024,
                5 << 9,
                (1 << 18) - 1,
                1 << 18,
                3 << 18 | 5,
            ] {
                // Shown with as many digits as tell any two numbers apart.
                let (one, other) = (levels.get(k), table.get(k).expect("within reach"));
                assert_eq!(format!("{one:?}"), format!("{other:?}"), "{k} {tick_ms}");
            }
        }
    }

    #[test]
    fn composing_without_a_branch_gives_the_same_bits() {
        identity_at_zero::<LifDelta, f64>();
        identity_at_zero::<LifDelta, f32>();
        identity_at_zero::<LifExp, f64>();
        identity_at_zero::<LifExp, f32>();
        identity_at_zero::<LifAlpha, f64>();
        identity_at_zero::<If, f64>();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        /// A quick answer is the exact one on the safe side, and looking again comes no later than a
        /// crossing.
        #[test]
        fn quick_looks_are_never_wrong(
            v in -40.0..14.99f64, s in prop::array::uniform2(-600.0..600.0f64),
            drive in -500.0..900.0f64, tau in prop::array::uniform2(0.2..40.0f64),
            theta in prop_oneof![Just(15.0), -5.0..30.0f64],
        ) {
            let constants = <LifExp as Dynamics<f64>>::constants(&|name| match name {
                "tau_syn_ex" => tau[0],
                "tau_syn_in" => tau[1],
                "C_m" => 250.0,
                _ => 10.0,
            });
            let s = [s[0], s[1], 0.0, 0.0];
            let target = Target { theta, rise: 0.0, rate: 0.0, tick_ms: 0.1 };
            let exact =
                <LifExp as Dynamics<f64>>::first_reach(&constants, v, s, drive, &target);
            let quick = <LifExp as Dynamics<f64>>::earliest(&constants, v, s, drive, theta);
            if let Some(exact) = exact {
                prop_assert!(quick <= exact * (1.0 + 1e-12), "{quick} {exact}");
            }
            let scale = theta.abs().max(1e-300);
            let limits = Limits {
                low: -16.0 * scale,
                high: theta - f64::MARGIN * scale * 18.0,
                ..<LifExp as Dynamics<f64>>::limits(&constants, drive)
            };
            if <LifExp as Dynamics<f64>>::surely_calm(&limits, v, s) {
                prop_assert!(calm::<LifExp, f64, 4, 2>(&constants, v, s, drive, theta));
                prop_assert!(exact.is_none());
            }
        }
    }
}
