//! Neurons that are integrated with a local step of their own: what all clocked models share.
//!
//! A *step* is a whole number of ticks, or a whole fraction of one. At the end of a step, in this
//! order, for every neuron:
//!
//! 1. the state is brought over the step by the model's method, with the current as it was at the
//!    start of the step; during the refractory time V is held and everything else goes on;
//! 2. the input that has arrived since the last step is taken (of several steps within a tick, at
//!    the last one);
//! 3. V >= threshold: a spike at this tick, reset, refractory.
//!
//! With several steps to a tick a neuron that is reset goes on within the tick, but spikes at most
//! once per tick: a second crossing waits, with V at the threshold, for the next.
//!
//! State is held and advanced in f64 whatever the arithmetic of the run, which is that of the sums
//! of input: differences over a step would drown in the rounding of f32.

use super::membrane::Columns;
use super::real::Real;
use super::sweep::resident;
use crate::lines::Lines;
use crate::network::spec::NeuronOptions;
use crate::simd::{Kernel, vectorized};

/// Largest number of state variables of a model.
pub const STATE: usize = 6;

/// State variables of a neuron; V comes first.
pub type State = [f64; STATE];

/// A model with a method to bring it over a step.
pub trait Model: Send + Sync + 'static {
    /// Receptor channels: 1 for delta input, 2 for excitatory and inhibitory conductances.
    const CHANNELS: usize;
    /// State variables in the order of the columns; V_m is the first.
    const NAMES: &'static [&'static str];
    /// Parameter that V is held relative to.
    const REST: Option<&'static str>;
    /// Constants of a neuron for one step length.
    type Constants: Copy + PartialEq + Send + Sync;

    /// `h`: length of a step in ms.
    fn constants(param: &dyn Fn(&str) -> f64, h: f64, options: NeuronOptions) -> Self::Constants;
    /// One step with the constant current `drive` (pA), and then the input of its end. `held`: V
    /// stays as it is.
    fn step(c: &Self::Constants, s: State, drive: f64, input: [f64; 2], held: bool) -> State;
    /// V from which on a neuron spikes.
    fn threshold(c: &Self::Constants) -> f64;
    /// What a spike does to the state.
    fn fire(c: &Self::Constants, s: State) -> State;
}

/// Neurons of one clocked model in one shard.
///
/// Columns of constants have one entry, or one per neuron if any parameter varies (`varied`).
pub struct Clocked<M: Model> {
    n: usize,
    /// Ticks from step to step, and steps within a tick; one of them is 1.
    ticks: u64,
    substeps: u32,
    pub(super) varied: bool,
    pub(super) state: [Lines<f64>; STATE],
    /// Last refractory tick.
    pub(super) ref_until: Lines<u64>,
    /// Ticks; a multiple of `ticks`.
    t_ref: Vec<u64>,
    pub(super) rest: Vec<f64>,
    pub(super) drive: Lines<f64>,
    /// One entry if they are the same for all.
    constants: Vec<M::Constants>,
    /// Scratch of a chunk: marks of the step, and whether a neuron has spiked at this tick.
    marks: Lines<u8>,
    fired: Lines<u8>,
}

impl<M: Model> Clocked<M> {
    /// Neurons in their initial state. `individual_drive` keeps a drive per neuron because currents
    /// will be injected.
    pub fn new(
        n: usize,
        tick_ms: f64,
        options: NeuronOptions,
        columns: &Columns<'_>,
        individual_drive: bool,
    ) -> Self {
        let clock = options.clock;
        let varied = individual_drive || columns.any_param_varies();
        let len = if varied { n } else { 1 };
        let param = |name: &'static str| move |i: usize| columns.param(name, i);
        let rest: Vec<f64> = match M::REST {
            Some(name) => (0..len).map(param(name)).collect(),
            None => vec![0.0; len],
        };
        let h = clock.step_ms(tick_ms);
        let state = std::array::from_fn(|k| {
            let Some(&name) = M::NAMES.get(k) else {
                return Lines::default();
            };
            let zero = |i: usize| match k {
                0 => rest[if varied { i } else { 0 }],
                _ => 0.0,
            };
            (0..n).map(|i| columns.initial(name, i) - zero(i)).collect()
        });
        let mut constants: Vec<M::Constants> = (0..len)
            .map(|i| M::constants(&|name| columns.param(name, i), h, options))
            .collect();
        if constants.windows(2).all(|pair| pair[0] == pair[1]) {
            constants.truncate(1);
        }
        let steps = |ms: f64| (ms / (tick_ms * clock.ticks as f64)).round() as u64;
        Self {
            n,
            ticks: clock.ticks,
            substeps: clock.substeps,
            varied,
            state,
            ref_until: resident(n),
            t_ref: (0..len)
                .map(|i| steps(columns.param("t_ref", i)).saturating_mul(clock.ticks))
                .collect(),
            drive: (0..len).map(param("I_e")).collect(),
            constants,
            rest,
            marks: Lines::default(),
            fired: Lines::default(),
        }
    }

    pub fn len(&self) -> usize {
        self.n
    }

    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// Ticks from step to step.
    pub fn period(&self) -> u64 {
        self.ticks
    }

    /// Index into a column of constants.
    #[inline(always)]
    fn col(&self, i: usize) -> usize {
        if self.varied { i } else { 0 }
    }

    /// The step or steps that end at tick `t`, for neurons from `lo` on; spiking ones are appended
    /// to `out`.
    pub fn sweep<R: Real>(&mut self, t: u64, lo: usize, input: [&mut [R]; 2], out: &mut Vec<u32>) {
        let n = input[0].len();
        let input = input.map(|i| &*i);
        self.marks.resize(n);
        self.fired.resize(n);
        self.fired.fill(0);
        let mut any = false;
        for k in 1..=self.substeps {
            let (varied, driven) = (self.constants.len() > 1, self.drive.len() > 1);
            let marked = match (varied, driven, k == self.substeps) {
                (false, false, false) => {
                    vectorized(self.lanes::<R, false, false, false>(t, lo, input))
                }
                (false, false, true) => {
                    vectorized(self.lanes::<R, false, false, true>(t, lo, input))
                }
                (false, true, false) => {
                    vectorized(self.lanes::<R, false, true, false>(t, lo, input))
                }
                (false, true, true) => vectorized(self.lanes::<R, false, true, true>(t, lo, input)),
                (true, _, false) => vectorized(self.lanes::<R, true, true, false>(t, lo, input)),
                (true, _, true) => vectorized(self.lanes::<R, true, true, true>(t, lo, input)),
            };
            if marked {
                self.fire_marked(t, lo);
                any = true;
            }
        }
        if any {
            let ids = (lo as u32..).zip(&*self.fired);
            out.extend(ids.filter(|(_, f)| **f != 0).map(|(i, _)| i));
        }
    }

    fn lanes<'a, R: Real, const VARIED: bool, const DRIVEN: bool, const LAST: bool>(
        &'a mut self,
        t: u64,
        lo: usize,
        [first, second]: [&'a [R]; 2],
    ) -> Lanes<'a, M, R, VARIED, DRIVEN, LAST> {
        let n = first.len();
        let span = |each: bool| if each { lo..lo + n } else { 0..1 };
        Lanes {
            t,
            state: self.state.each_mut().map(|column| match column.len() {
                0 => &mut [][..],
                _ => &mut column[lo..lo + n],
            }),
            ref_until: &self.ref_until[lo..lo + n],
            first,
            second,
            constants: &self.constants[span(VARIED)],
            drive: &self.drive[span(DRIVEN)],
            marks: &mut self.marks,
        }
    }

    fn fire_marked(&mut self, t: u64, lo: usize) {
        for k in 0..self.marks.len() {
            if self.marks[k] == 0 {
                continue;
            }
            let i = lo + k;
            let c = self.col(i);
            let constants = self.constants[if self.constants.len() > 1 { i } else { 0 }];
            if std::mem::replace(&mut self.fired[k], 1) != 0 {
                self.state[0][i] = M::threshold(&constants);
                continue;
            }
            self.set(i, M::fire(&constants, self.state_of(i)));
            // Without refractory time the rest of the tick is free too.
            if self.t_ref[c] > 0 {
                self.ref_until[i] = t.saturating_add(self.t_ref[c]);
            }
        }
    }

    fn state_of(&self, i: usize) -> State {
        std::array::from_fn(|k| self.state[k].get(i).copied().unwrap_or(0.0))
    }

    fn set(&mut self, i: usize, s: State) {
        for (column, s) in self.state.iter_mut().zip(s).take(M::NAMES.len()) {
            column[i] = s;
        }
    }

    /// Adds `by` pA to the constant current of neuron `i`, for the steps that begin at this tick or
    /// later.
    pub fn inject(&mut self, i: usize, by: f64) {
        let c = self.col(i);
        self.drive[c] += by;
    }

    /// `inject` for neurons from `first` on, each of which has a drive of its own.
    pub fn inject_all(&mut self, first: usize, by: &[f64]) {
        for (drive, by) in self.drive[first..].iter_mut().zip(by) {
            *drive += by;
        }
    }

    /// Value of a recordable variable of neuron `i` at the end of its last step.
    pub fn peek(&self, i: usize, variable: &str) -> f64 {
        match M::NAMES.iter().position(|n| *n == variable) {
            Some(0) => self.state[0][i] + self.rest[self.col(i)],
            Some(k) => self.state[k][i],
            None => f64::NAN,
        }
    }
}

/// One step of a chunk, written so that the compiler turns it into vector code: no branches, no
/// early exits, one flag at the end. `VARIED`, `DRIVEN`: constants, a drive per neuron; `LAST`: the step takes input.
struct Lanes<'a, M: Model, R: Real, const VARIED: bool, const DRIVEN: bool, const LAST: bool> {
    t: u64,
    state: [&'a mut [f64]; STATE],
    ref_until: &'a [u64],
    first: &'a [R],
    second: &'a [R],
    constants: &'a [M::Constants],
    drive: &'a [f64],
    marks: &'a mut [u8],
}

impl<M: Model, R: Real, const VARIED: bool, const DRIVEN: bool, const LAST: bool> Kernel
    for Lanes<'_, M, R, VARIED, DRIVEN, LAST>
{
    /// Did any neuron reach its threshold?
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let n = self.first.len();
        // Lengths are fixed up front so that the loop has no bounds checks.
        let constants = &self.constants[..if VARIED { n } else { 1 }];
        let drive = &self.drive[..if DRIVEN { n } else { 1 }];
        let (ref_until, marks) = (&self.ref_until[..n], &mut self.marks[..n]);
        let first = &self.first[..n];
        let second = if M::CHANNELS > 1 {
            &self.second[..n]
        } else {
            self.second
        };
        let [s0, s1, s2, s3, s4, s5] = self.state;
        let used = M::NAMES.len();
        let s0 = &mut s0[..n];
        let s1 = if used > 1 { &mut s1[..n] } else { s1 };
        let s2 = if used > 2 { &mut s2[..n] } else { s2 };
        let s3 = if used > 3 { &mut s3[..n] } else { s3 };
        let s4 = if used > 4 { &mut s4[..n] } else { s4 };
        let s5 = if used > 5 { &mut s5[..n] } else { s5 };
        let mut any = 0u8;
        for i in 0..n {
            let k = if VARIED { i } else { 0 };
            let mut s = [0.0; STATE];
            s[0] = s0[i];
            if used > 1 {
                s[1] = s1[i];
            }
            if used > 2 {
                s[2] = s2[i];
            }
            if used > 3 {
                s[3] = s3[i];
            }
            if used > 4 {
                s[4] = s4[i];
            }
            if used > 5 {
                s[5] = s5[i];
            }
            let input = match (LAST, M::CHANNELS > 1) {
                (false, _) => [0.0, 0.0],
                (true, false) => [first[i].f64(), 0.0],
                (true, true) => [first[i].f64(), second[i].f64()],
            };
            let held = self.t <= ref_until[i];
            let s = M::step(
                &constants[k],
                s,
                drive[if DRIVEN { i } else { 0 }],
                input,
                held,
            );
            let mark = u8::from(!held & (s[0] >= M::threshold(&constants[k])));
            marks[i] = mark;
            any |= mark;
            s0[i] = s[0];
            if used > 1 {
                s1[i] = s[1];
            }
            if used > 2 {
                s2[i] = s[2];
            }
            if used > 3 {
                s3[i] = s[3];
            }
            if used > 4 {
                s4[i] = s[4];
            }
            if used > 5 {
                s5[i] = s[5];
            }
        }
        any != 0
    }
}
