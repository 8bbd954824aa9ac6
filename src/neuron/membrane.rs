//! What all integrate-and-fire models share: threshold, reset, refractory time, adaptation, and the
//! two ways to bring a population to a tick.
//!
//! A model adds its linear dynamics between inputs (`Dynamics`); this file holds the five steps of
//! a tick:
//!
//! 1. the inputs of the tick are summed per channel (by the caller);
//! 2. the state is advanced exactly to the tick;
//! 3. delta input moves V; synaptic currents take their input and act on V afterwards;
//! 4. during ticks t_spike + 1 … t_spike + t_ref V is held and delta input is lost (or kept, decayed
//!    to the first tick after), while currents go on (or, with `reset = "all"`, are zero since the
//!    spike and take no input);
//! 5. V >= threshold: a spike at this tick, reset, refractory.
//!
//! *Swept*, every neuron takes one step per tick. *Lazy*, a neuron is advanced from its last visit
//! in closed form when input arrives or when its predicted threshold crossing comes. Both give the
//! same values but for the rounding of the last bit.
//!
//! Potentials are held relative to E_L, so that decay is a plain product.

use super::block::Hits;
use super::columnar::Columnar;
use super::crossing::ExpSum;
use super::escape::Escape;
use super::halted::Halted;
use super::lazy::{Held, Lazy};
use super::propagator::{Propagator, PropagatorTable};
use super::real::Real;
use super::sweep::{Blank, Kept, Lanes, Risen, StepColumns, StepLanes, resident, tested};
use crate::lines::Lines;
use crate::network::spec::{NeuronOptions, ResetMode};
use crate::simd::{each_mark, vectorized};

/// Largest number of synaptic state variables of a model without ports.
pub const SYN: usize = 4;

/// What V has to reach: the threshold, less what rounding may take from V, and a rise of it that
/// fades.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub theta: f64,
    /// Rise now, and the rate in 1/ms at which it fades.
    pub rise: f64,
    pub rate: f64,
    /// Length of a tick: finer than this nobody needs to know.
    pub tick_ms: f64,
}

impl Target {
    /// The first time in ms at which a course of V reaches this; never late.
    pub fn reached_by(&self, mut gap: ExpSum) -> Option<f64> {
        gap.add(0.0, -self.theta, 0.0);
        if self.rise != 0.0 {
            gap.add(self.rate, -self.rise, 0.0);
        }
        gap.first_at_or_above_zero()
    }
}

/// Numbers for a quick look at whether V can reach the threshold without further input.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits<R> {
    /// V must be above this and not get above that.
    pub low: R,
    pub high: R,
    /// Where V goes without currents, and how far a current of 1 pA lifts it at most.
    pub steady: R,
    pub lift: [R; 2],
}

/// Subthreshold dynamics of a model: linear, so exactly solvable over any time.
///
/// `S`: places for synaptic state variables; `C`: places for the input of a tick.
pub trait Dynamics<R: Real, const S: usize = SYN, const C: usize = 2>:
    Send + Sync + 'static
{
    /// Receptor channels: 1 for delta input, 2 for excitatory and inhibitory currents.
    const CHANNELS: usize;
    /// Synaptic state variables used, at most `S`.
    const SYN: usize;
    /// Names of the synaptic state variables, in order.
    const NAMES: &'static [&'static str] = &SYN_NAMES;
    /// Parameters that enter `step`.
    const SHAPING: &'static [&'static str] = &["tau_m", "C_m", "tau_syn_ex", "tau_syn_in"];
    /// Input moves no potential before the next tick: `receive` adds it to state variables alone, and the jump is 0.
    const LATE: bool = false;
    /// One current, which is the sum of what others hold as two.
    const TOGETHER: bool = false;
    /// How many state variables there are is known at run time: they are swept one after the other,
    /// by `advance_columns`.
    const COLUMNS: bool = false;
    /// Constants of a neuron, in f64.
    type Constants: Copy + PartialEq + Send + Sync;
    type Step: Propagator + Columnar;
    /// Room for the synaptic state variables of a lazily updated neuron; none if they are in columns.
    type State: Held<R, S>;

    fn constants(param: &dyn Fn(&str) -> f64) -> Self::Constants;
    /// The first value of synaptic state variable `k`, from initial values by name.
    fn initial(k: usize, of: &dyn Fn(&str) -> f64) -> f64 {
        of(Self::NAMES[k])
    }
    /// The synaptic current (`I_syn`), where it can be recorded.
    fn whole(_: [R; S]) -> f64 {
        f64::NAN
    }
    /// The exact propagator over `dt` ms.
    fn step(c: &Self::Constants, dt: f64) -> Self::Step;
    /// Time in ms after which nothing but rounding is left of the past.
    fn memory(c: &Self::Constants) -> f64;
    fn advance(p: &Self::Step, v: R, s: [R; S], drive: R) -> (R, [R; S]);
    /// Synaptic part only: V is held.
    fn advance_syn(p: &Self::Step, s: [R; S]) -> [R; S];
    /// Takes the input of a tick; the returned value is what V jumps by.
    fn receive(p: &Self::Step, s: [R; S], input: [R; C]) -> (R, [R; S]);
    /// The first time in ms from now, without further input, at which V reaches the target: never
    /// late, and early only by what does no harm.
    fn first_reach(
        c: &Self::Constants,
        v: f64,
        s: [f64; S],
        drive: f64,
        target: &Target,
    ) -> Option<f64>;
    /// A time in ms before which V cannot reach `theta`: cheap, and closer the closer V is. 0 where
    /// `first_reach` is cheap as well, or nothing is known.
    #[inline(always)]
    fn earliest(_: &Self::Constants, _v: f64, _s: [f64; S], _drive: f64, _theta: f64) -> f64 {
        0.0
    }
    /// A bound that V cannot exceed from now on: cheap, and rarely more than twice the truth.
    fn bound(c: &Self::Constants, v: f64, s: [f64; S], drive: f64) -> f64;

    /// Where V relaxes to one value with one rate and nothing else happens to it between inputs: the rate in
    /// 1/ms, and that value. Rate 0: V stays where it is.
    fn relaxation(_: &Self::Constants, _drive: f64) -> Option<(f64, f64)> {
        None
    }

    /// What is behind `surely_calm`; `low` and `high` are added by the caller.
    fn limits(_: &Self::Constants, _drive: f64) -> Limits<R> {
        Limits::default()
    }
    /// True only if V lies above `limits.low` and `bound` below `limits.high`: the same question as
    /// by `bound`, in the arithmetic of the state. May be false whatever the state.
    #[inline(always)]
    fn surely_calm(_: &Limits<R>, _v: R, _s: [R; S]) -> bool {
        false
    }

    /// Is state variable `k` there at all?
    fn uses(k: usize, _: &Columns<'_>) -> bool {
        k < Self::SYN
    }
    /// `advance` and `receive` for neurons side by side, each state variable a column (empty where
    /// it is not used); what V would be goes to `free`. `VARIED`, `DRIVEN`: a step, a drive per neuron.
    #[inline(always)]
    fn advance_columns<const VARIED: bool, const DRIVEN: bool>(
        _step: &Self::Step,
        _steps: <Self::Step as Columnar>::Part<'_>,
        _drive: &[R],
        _v: &[R],
        _syn: &mut [&mut [R]; S],
        _input: &[Lines<R>],
        _free: &mut [R],
    ) {
    }
}

/// One number for all neurons or one for each.
#[derive(Clone, Debug)]
pub enum Column {
    One(f64),
    Each(Vec<f64>),
}

impl Column {
    pub fn at(&self, i: usize) -> f64 {
        match self {
            Self::One(v) => *v,
            Self::Each(all) => all[i],
        }
    }
    fn varies(&self) -> bool {
        matches!(self, Self::Each(_))
    }
}

/// Decay of the risen threshold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fade<R>(pub(super) R);

impl<R: Real> Propagator for Fade<R> {
    fn then(self, next: Self) -> Self {
        Self(self.0 * next.0)
    }
}

/// Threshold adaptation, where the population has it.
pub(super) struct Adaptation<R: Real> {
    /// Rise above V_th, as of the neuron's last visit or of the last tick that was swept.
    pub(super) rise: Lines<R>,
    pub(super) jump: Lines<R>,
    pub(super) tau: Vec<f64>,
    tick: Lines<R>,
    pub(super) table: Option<PropagatorTable<Fade<R>>>,
}

/// Neurons of one integrate-and-fire model in one shard.
///
/// Columns of constants have one entry, or one per neuron if any parameter varies (`varied`).
pub struct Lif<D: Dynamics<R, S, C>, R: Real, const S: usize = SYN, const C: usize = 2> {
    pub(super) n: usize,
    pub(super) tick_ms: f64,
    pub(super) options: NeuronOptions,
    /// State of a swept population; a lazily updated one keeps it in `lazy`, but for what models that are
    /// swept in columns have in `syn`.
    pub(super) v: Lines<R>,
    pub(super) syn: [Lines<R>; S],
    /// Last refractory tick.
    pub(super) ref_until: Lines<u64>,
    /// Of a swept population.
    pub(super) halted: Halted<R>,
    /// The last tick that was swept.
    pub(super) swept_at: u64,
    pub(super) varied: bool,
    pub(super) threshold: Lines<R>,
    /// The same as potentials are compared with it: V at or above it spikes.
    tests: Lines<R>,
    pub(super) reset: Lines<R>,
    pub(super) rest: Vec<f64>,
    pub(super) t_ref: Vec<u64>,
    pub(super) drive: Lines<R>,
    pub(super) constants: Vec<D::Constants>,
    /// One tick of the first neuron, and of each if a parameter of `SHAPING` varies.
    pub(super) step: Vec<D::Step>,
    steps: <D::Step as Columnar>::Columns,
    shaped: bool,
    /// Any number of ticks, if all neurons share their constants.
    pub(super) table: Option<PropagatorTable<D::Step>>,
    pub(super) adaptation: Option<Adaptation<R>>,
    /// Delta input kept during the refractory time, decayed to the first tick after it.
    pub(super) held: Lines<R>,
    /// Scratch: thresholds of the neurons of a chunk, filled by the sweep of adaptive populations.
    thresholds: Lines<R>,
    /// Scratch: spike marks of a chunk.
    marks: Lines<u8>,
    /// Scratch: V of a chunk if it is not held, for models that are swept in columns.
    free: Lines<R>,
    /// A threshold that decides by chance. Such neurons are always swept.
    escape: Option<Escape>,
    pub(super) lazy: Lazy<R, D::State, C>,
}

/// Everything of a model's parameter table, by name.
pub struct Columns<'a> {
    pub params: &'a [Column],
    pub param_names: &'a [&'static str],
    pub state: &'a [Column],
    pub state_names: &'a [&'static str],
    /// Global id of the first neuron and seed of the network: keys of what is drawn tick by tick.
    pub first_id: u32,
    pub seed: u64,
}

impl Columns<'_> {
    fn find<'a>(names: &[&str], all: &'a [Column], name: &str) -> Option<&'a Column> {
        names.iter().position(|n| *n == name).map(|i| &all[i])
    }
    pub(super) fn param(&self, name: &str, i: usize) -> f64 {
        Self::find(self.param_names, self.params, name).map_or(0.0, |c| c.at(i))
    }
    pub(super) fn any_param_varies(&self) -> bool {
        self.params.iter().any(Column::varies)
    }
    pub(super) fn param_varies(&self, name: &str) -> bool {
        Self::find(self.param_names, self.params, name).is_some_and(Column::varies)
    }
    pub(super) fn initial(&self, name: &str, i: usize) -> f64 {
        Self::find(self.state_names, self.state, name).map_or(0.0, |c| c.at(i))
    }
}

/// Names of the synaptic state variables of models without ports, in the order of `Lif::syn`.
pub const SYN_NAMES: [&str; SYN] = ["I_syn_ex", "I_syn_in", "dI_syn_ex", "dI_syn_in"];

impl<D: Dynamics<R, S, C>, R: Real, const S: usize, const C: usize> Lif<D, R, S, C> {
    /// Neurons in their initial state after tick 0. `individual_drive` keeps a drive per neuron
    /// because currents will be injected.
    pub fn new(
        n: usize,
        tick_ms: f64,
        options: NeuronOptions,
        columns: &Columns<'_>,
        individual_drive: bool,
    ) -> Self {
        let varied = individual_drive || columns.any_param_varies();
        let len = if varied { n } else { 1 };
        let each =
            |f: &dyn Fn(usize) -> f64| -> Lines<R> { (0..len).map(|i| R::of(f(i))).collect() };
        let param = |name: &'static str| move |i: usize| columns.param(name, i);
        let rest: Vec<f64> = (0..len).map(param("E_L")).collect();
        let rest_at = |i: usize| rest[if varied { i } else { 0 }];
        let constants: Vec<D::Constants> = (0..len)
            .map(|i| D::constants(&|name| columns.param(name, i)))
            .collect();
        // By the definition, not by the values that happen to lie in this shard: a table and a
        // direct evaluation differ in the last bit.
        let uniform = D::SHAPING.iter().all(|name| !columns.param_varies(name));
        let steps = |of: &[D::Constants]| -> Vec<D::Step> {
            of.iter().map(|c| D::step(c, tick_ms)).collect()
        };
        let table = (uniform && n > 0).then(|| {
            let c = constants[0];
            let reach = (D::memory(&c) / tick_ms).min(1e16) as u64;
            PropagatorTable::new(reach, move |k| D::step(&c, k as f64 * tick_ms))
        });
        let adaptive = (0..len).any(|i| columns.param("q_sfa", i) != 0.0)
            || (0..n).any(|i| columns.initial("threshold_rise", i) != 0.0);
        let adaptation = adaptive.then(|| {
            let tau: Vec<f64> = (0..len).map(param("tau_sfa")).collect();
            let uniform = !columns.param_varies("tau_sfa");
            Adaptation {
                rise: (0..n)
                    .map(|i| R::of(columns.initial("threshold_rise", i)))
                    .collect(),
                jump: each(&param("q_sfa")),
                tick: tau.iter().map(|t| R::of(libm::exp(-tick_ms / t))).collect(),
                table: (uniform && n > 0).then(|| {
                    let t = tau[0];
                    PropagatorTable::new((50.0 * t / tick_ms).min(1e16) as u64, move |k| {
                        Fade(R::of(libm::exp(-(k as f64) * tick_ms / t)))
                    })
                }),
                tau,
            }
        });
        let syn = std::array::from_fn(|k| {
            if D::uses(k, columns) {
                (0..n)
                    .map(|i| R::of(D::initial(k, &|name| columns.initial(name, i))))
                    .collect()
            } else {
                Lines::default()
            }
        });
        let threshold = each(&|i| columns.param("V_th", i) - rest_at(i));
        Self {
            n,
            tick_ms,
            options,
            v: (0..n)
                .map(|i| R::of(columns.initial("V_m", i) - rest_at(i)))
                .collect(),
            syn,
            ref_until: resident(n),
            halted: Halted::nobody(n),
            swept_at: u64::MAX,
            varied,
            tests: threshold.iter().map(|x| tested(*x, &options)).collect(),
            threshold,
            reset: each(&|i| columns.param("V_reset", i) - rest_at(i)),
            t_ref: (0..len)
                .map(|i| (columns.param("t_ref", i) / tick_ms).round() as u64)
                .collect(),
            drive: each(&param("I_e")),
            rest,
            step: steps(&constants[..len.min(1)]),
            steps: D::Step::columns(&steps(if uniform { &[] } else { &constants })),
            shaped: !uniform && n > 0,
            constants,
            table,
            adaptation,
            held: if options.refractory_input {
                Lines::zeroed(n)
            } else {
                Lines::default()
            },
            thresholds: Lines::default(),
            marks: Lines::default(),
            free: Lines::default(),
            escape: options
                .escape
                .map(|e| Escape::new(e, tick_ms, columns.seed, columns.first_id)),
            lazy: Lazy::default(),
        }
    }

    pub fn len(&self) -> usize {
        self.n
    }

    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// Index into a column of constants.
    #[inline(always)]
    pub(super) fn col(&self, i: usize) -> usize {
        if self.varied { i } else { 0 }
    }

    /// One tick of a neuron.
    #[inline(always)]
    pub(super) fn step_of(&self, i: usize) -> D::Step {
        if self.shaped {
            D::Step::get(&self.steps, i)
        } else {
            self.step[0]
        }
    }

    #[inline(always)]
    pub(super) fn over(&self, i: usize, ticks: u64) -> D::Step {
        if ticks == 1 {
            return self.step_of(i);
        }
        self.table
            .as_ref()
            .and_then(|t| t.get(ticks))
            .unwrap_or_else(|| D::step(&self.constants[self.col(i)], ticks as f64 * self.tick_ms))
    }

    #[inline(always)]
    pub(super) fn syn_of(&self, i: usize) -> [R; S] {
        let mut s = [R::ZERO; S];
        for (s, column) in s.iter_mut().zip(&self.syn).take(D::SYN) {
            if !(D::COLUMNS && column.is_empty()) {
                *s = column[i];
            }
        }
        s
    }

    #[inline(always)]
    pub(super) fn set_syn(&mut self, i: usize, s: [R; S]) {
        for (column, s) in self.syn.iter_mut().zip(s).take(D::SYN) {
            if !(D::COLUMNS && column.is_empty()) {
                column[i] = s;
            }
        }
    }

    #[inline(always)]
    pub(super) fn test_value(&self, i: usize, rise: R) -> R {
        tested(self.threshold[self.col(i)] + rise, &self.options)
    }

    /// Delta input with `refractory_input`: kept while refractory, given back at the first tick
    /// after (NEST, iaf_psc_delta).
    #[inline]
    pub(super) fn hold(&mut self, i: usize, t: u64, jump: R) -> R {
        let until = self.ref_until[i];
        if t <= until {
            if jump != R::ZERO {
                let decayed =
                    D::advance(&self.over(i, until + 1 - t), jump, [R::ZERO; S], R::ZERO).0;
                self.held[i] += decayed;
            }
            R::ZERO
        } else {
            let kept = self.held[i];
            self.held[i] = R::ZERO;
            jump + kept
        }
    }

    /// Are currents zero from a spike to the end of the refractory time?
    #[inline(always)]
    pub(super) fn resets_currents(&self) -> bool {
        D::SYN > 0 && self.options.reset == ResetMode::All
    }

    #[inline]
    fn fire(&mut self, i: usize, t: u64) {
        let c = self.col(i);
        match self.options.reset {
            ResetMode::Value => self.v[i] = self.reset[c],
            ResetMode::All => {
                self.v[i] = self.reset[c];
                self.set_syn(i, [R::ZERO; S]);
            }
            ResetMode::Subtract => self.v[i] -= self.threshold[c],
        }
        self.note_spike(i, t);
        if self.ref_until[i] > t {
            self.halted.stop(i, &mut self.v[i], self.ref_until[i]);
        }
    }

    /// V of neuron `i` of a swept population, at the last tick that was swept.
    #[inline]
    pub(super) fn potential(&self, i: usize) -> R {
        let is_refractory = self.ref_until[i] >= self.swept_at;
        self.halted.potential(i, self.v[i], is_refractory)
    }

    /// Halts the neurons that are refractory at the tick after `t`, from which on the population is swept.
    pub(super) fn halt_all(&mut self, t: u64) {
        self.halted = Halted::nobody(self.n);
        self.swept_at = t;
        for (i, &until) in self
            .ref_until
            .iter()
            .enumerate()
            .filter(|(_, until)| **until > t)
        {
            self.halted.stop(i, &mut self.v[i], until);
        }
    }

    /// The way back: every potential is a number again, and nobody is known to be halted.
    pub(super) fn let_go_all(&mut self) {
        for i in 0..self.n {
            self.v[i] = self.potential(i);
        }
        self.halted = Halted::nobody(0);
        self.swept_at = u64::MAX;
    }

    /// What a spike brings besides the reset of the state.
    #[inline(always)]
    pub(super) fn note_spike(&mut self, i: usize, t: u64) {
        let c = self.col(i);
        self.ref_until[i] = t + self.t_ref[c];
        if let Some(a) = &mut self.adaptation {
            a.rise[i] += a.jump[c];
        }
    }

    /// One tick for `n` neurons from `lo` on; spiking ones are appended to `out`. `input` holds a
    /// column for each channel, and one at least for a second even where there is none.
    pub fn sweep(
        &mut self,
        t: u64,
        lo: usize,
        n: usize,
        input: &mut [Lines<R>],
        out: &mut Vec<u32>,
    ) {
        let hi = lo + n;
        self.swept_at = t;
        self.halted.put_back(t, &mut self.v);
        self.marks.resize(n);
        if self.options.refractory_input {
            let kept = vectorized(Kept {
                t,
                ref_until: &self.ref_until[lo..hi],
                held: &self.held[lo..hi],
                marks: &mut self.marks,
            });
            if kept {
                let marks = std::mem::take(&mut self.marks);
                each_mark(&marks, |k| input[0][k] = self.hold(lo + k, t, input[0][k]));
                self.marks = marks;
            }
        }
        if self.resets_currents() {
            // Beforehand, so that the loop over all neurons needs no case for it.
            for column in input.iter_mut().filter(|c| c.len() >= n) {
                vectorized(Blank {
                    t,
                    ref_until: &self.ref_until[lo..hi],
                    column: &mut column[..n],
                });
            }
        }
        let span = if self.varied { lo..hi } else { 0..1 };
        if let Some(a) = &mut self.adaptation {
            self.thresholds.resize(n);
            vectorized(Risen {
                rise: &mut a.rise[lo..hi],
                tick: &a.tick[span.clone()],
                threshold: &self.threshold[span],
                options: &self.options,
                out: &mut self.thresholds,
            });
        } else {
            self.thresholds.resize(span.len());
            self.thresholds.copy_from_slice(&self.tests[span]);
        }
        let any = if D::COLUMNS {
            self.step_columns(lo, hi, input)
        } else {
            self.step_lanes(lo, hi, input)
        };
        let any = match &self.escape {
            None => any,
            // The threshold is soft: what the sweep marked is decided anew.
            Some(escape) => escape.mark(
                t,
                lo as u32,
                &self.v[lo..hi],
                &self.thresholds,
                &self.ref_until[lo..hi],
                &mut self.marks,
            ),
        };
        if any {
            let marks = std::mem::take(&mut self.marks);
            each_mark(&marks[..n], |k| {
                out.push((lo + k) as u32);
                self.fire(lo + k, t);
            });
            self.marks = marks;
        }
    }

    /// May input come after the sweep of its tick as well, by `take_each`?
    pub fn takes_late(&self) -> bool {
        D::LATE && !D::COLUMNS && !self.resets_currents()
    }

    /// The input of a tick for neurons that have any, where `sweep` has gone through the tick without it: the
    /// same bits as with it, and cheaper where few have some. For populations with `takes_late`.
    pub fn take_each(&mut self, hits: &mut dyn Hits<R>) {
        let Self {
            lazy: Lazy { batch, .. },
            step,
            steps,
            shaped,
            syn,
            ..
        } = self;
        let mut syn = syn.each_mut().map(|column| &mut column[..]);
        loop {
            let n = hits.next(batch);
            if n == 0 {
                return;
            }
            let columns = batch.columns::<C>();
            for (k, &i) in batch.neurons[..n].iter().enumerate() {
                let i = i as usize;
                let mut s = [R::ZERO; S];
                for (s, column) in s.iter_mut().zip(&syn).take(D::SYN) {
                    *s = column[i];
                }
                let step = if *shaped {
                    &D::Step::get(steps, i)
                } else {
                    &step[0]
                };
                let (_, s) = D::receive(step, s, columns.map(|c| c[k]));
                for (column, s) in syn.iter_mut().zip(s).take(D::SYN) {
                    column[i] = s;
                }
            }
        }
    }

    /// Advances neurons `lo .. hi` and marks those that reach the threshold: did any?
    #[inline(always)]
    fn step_lanes(&mut self, lo: usize, hi: usize, input: &[Lines<R>]) -> bool {
        let n = hi - lo;
        let (jump, second) = (&input[0][..n], &input[1][..n]);
        let mut rest = self.syn.iter_mut();
        let mut column = |k: usize| -> &mut [R] {
            let all = rest.next();
            match all {
                Some(all) if k < D::SYN => &mut all[lo..hi],
                _ => &mut [],
            }
        };
        let syn = [column(0), column(1), column(2), column(3)];
        let lanes = Lanes {
            v: &mut self.v[lo..hi],
            syn,
            jump,
            second,
            marks: &mut self.marks,
        };
        let step = &self.step[0];
        let steps = D::Step::part(&self.steps, if self.shaped { lo..hi } else { 0..0 });
        let drive = &self.drive[if self.drive.len() > 1 { lo..hi } else { 0..1 }];
        let threshold = &self.thresholds[..];
        match (self.shaped, drive.len() > 1, threshold.len() > 1) {
            (true, ..) => vectorized(StepLanes::<D, R, true, true, true, S, C> {
                lanes,
                step,
                steps,
                drive,
                threshold,
            }),
            (_, true, _) => vectorized(StepLanes::<D, R, false, true, true, S, C> {
                lanes,
                step,
                steps,
                drive,
                threshold,
            }),
            (.., true) => vectorized(StepLanes::<D, R, false, false, true, S, C> {
                lanes,
                step,
                steps,
                drive,
                threshold,
            }),
            _ => vectorized(StepLanes::<D, R, false, false, false, S, C> {
                lanes,
                step,
                steps,
                drive,
                threshold,
            }),
        }
    }

    /// `step_lanes` for models whose state variables are swept one after the other.
    fn step_columns(&mut self, lo: usize, hi: usize, input: &[Lines<R>]) -> bool {
        let n = hi - lo;
        self.free.resize(n);
        let syn = self.syn.each_mut().map(|column| -> &mut [R] {
            if column.is_empty() {
                &mut []
            } else {
                &mut column[lo..hi]
            }
        });
        let columns = StepColumns::<D, R, false, false, S, C> {
            v: &mut self.v[lo..hi],
            syn,
            input,
            free: &mut self.free,
            marks: &mut self.marks,
            step: &self.step[0],
            steps: D::Step::part(&self.steps, if self.shaped { lo..hi } else { 0..0 }),
            drive: &self.drive[if self.drive.len() > 1 { lo..hi } else { 0..1 }],
            threshold: &self.thresholds,
        };
        match (self.shaped, self.drive.len() > 1) {
            (true, _) => vectorized(columns.varied::<true, true>()),
            (false, true) => vectorized(columns.varied::<false, true>()),
            (false, false) => vectorized(columns),
        }
    }

    /// `inject` for a swept population, whose state is that of the present tick.
    pub fn inject_swept(&mut self, i: usize, by: f64) {
        let c = self.col(i);
        self.drive[c] += R::of(by);
    }

    /// `inject_swept` for neurons from `first` on, each of which has a drive of its own.
    pub fn inject_all(&mut self, first: usize, by: &[f64]) {
        for (drive, by) in self.drive[first..].iter_mut().zip(by) {
            *drive += R::of(*by);
        }
    }

    /// `peek` for a swept population, whose state is that of the present tick.
    pub fn peek_swept(&self, i: usize, variable: &str) -> f64 {
        let rise = self.adaptation.as_ref().map_or(R::ZERO, |a| a.rise[i]);
        self.variable(i, variable, self.potential(i), self.syn_of(i), rise)
    }

    pub(super) fn variable(&self, i: usize, name: &str, v: R, s: [R; S], rise: R) -> f64 {
        let c = self.col(i);
        match name {
            "V_m" => v.f64() + self.rest[c],
            "threshold" => (self.threshold[c] + rise).f64() + self.rest[c],
            "I_syn" => D::whole(s),
            name => D::NAMES
                .iter()
                .position(|n| *n == name)
                .map_or(f64::NAN, |k| s[k].f64()),
        }
    }
}
