//! One tick of a chunk of a swept population: the loops that become vector code.
//!
//! `StepLanes` keeps all state variables of a neuron at hand and serves models with few of them;
//! `StepColumns` goes through them one after the other and serves models with many.

use super::membrane::{Dynamics, SYN};
use super::real::Real;
use crate::simd::Kernel;

/// A tick as a sweep counts it: half as wide as the true one, so that comparing ticks costs no more
/// than comparing potentials. Two of them compare right as long as they lie less than half of the
/// range apart, which `HeldUntil` sees to.
pub(super) type Clock = u32;

/// Is `t` after `until`?
#[inline(always)]
fn after(t: Clock, until: Clock) -> bool {
    t.wrapping_sub(until) as i32 > 0
}

/// The last refractory ticks of neurons, by the clock of sweeps.
#[derive(Debug, Default)]
pub(super) struct HeldUntil(Vec<Clock>);

/// No neuron is held for longer by the clock; the rest comes when it is set anew.
const FARTHEST: u64 = 1 << 30;

impl HeldUntil {
    pub(super) fn new(n: usize) -> Self {
        Self(vec![0; n])
    }

    /// Neuron `i` is held until a tick, as seen at tick `t`.
    #[inline(always)]
    pub(super) fn set(&mut self, i: usize, t: u64, until: u64) {
        self.0[i] = until.clamp(t.saturating_sub(1), t.saturating_add(FARTHEST)) as Clock;
    }

    /// Neurons `lo .. hi` at tick `t`; `until` has their true ticks. Every so often all are set
    /// anew, lest they fall out of the range of the clock.
    #[inline(always)]
    pub(super) fn at(&mut self, t: u64, lo: usize, hi: usize, until: &[u64]) -> &[Clock] {
        if t.is_multiple_of(FARTHEST / 2) {
            self.renew(t, lo, hi, until);
        }
        &self.0[lo..hi]
    }

    #[cold]
    pub(super) fn renew(&mut self, t: u64, lo: usize, hi: usize, until: &[u64]) {
        for (i, &until) in until.iter().enumerate().take(hi).skip(lo) {
            self.set(i, t, until);
        }
    }
}

/// The columns of a chunk during a sweep.
pub(super) struct Lanes<'a, R> {
    pub(super) t: Clock,
    pub(super) v: &'a mut [R],
    pub(super) syn: [&'a mut [R]; SYN],
    pub(super) held_until: &'a [Clock],
    pub(super) jump: &'a [R],
    pub(super) second: &'a [R],
    pub(super) marks: &'a mut [u8],
}

/// One tick of a chunk, written so that the compiler turns it into vector code: no branches, no
/// early exits, one flag at the end. `VARIED`: constants per neuron; `TH`: thresholds per neuron.
pub(super) struct StepLanes<
    'a,
    D: Dynamics<R, S, C>,
    R: Real,
    const VARIED: bool,
    const TH: bool,
    const S: usize,
    const C: usize,
> {
    pub(super) lanes: Lanes<'a, R>,
    pub(super) step: &'a [D::Step],
    pub(super) drive: &'a [R],
    pub(super) threshold: &'a [R],
}

impl<
    D: Dynamics<R, S, C>,
    R: Real,
    const VARIED: bool,
    const TH: bool,
    const S: usize,
    const C: usize,
> Kernel for StepLanes<'_, D, R, VARIED, TH, S, C>
{
    /// Did any neuron reach its threshold?
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Self {
            lanes,
            step,
            drive,
            threshold,
        } = self;
        let Lanes {
            t,
            v,
            syn: [s0, s1, s2, s3],
            held_until,
            jump,
            second,
            marks,
        } = lanes;
        advance::<D, R, VARIED, TH, S, C>(
            t, v, s0, s1, s2, s3, held_until, jump, second, marks, step, drive, threshold,
        )
    }
}

/// The loop of `StepLanes`. Columns are arguments of their own: so the compiler knows that they do not
/// overlap.
#[allow(clippy::too_many_arguments)]
#[inline(always)]
fn advance<
    D: Dynamics<R, S, C>,
    R: Real,
    const VARIED: bool,
    const TH: bool,
    const S: usize,
    const C: usize,
>(
    t: Clock,
    v: &mut [R],
    s0: &mut [R],
    s1: &mut [R],
    s2: &mut [R],
    s3: &mut [R],
    held_until: &[Clock],
    jump: &[R],
    second: &[R],
    marks: &mut [u8],
    step: &[D::Step],
    drive: &[R],
    threshold: &[R],
) -> bool {
    let n = v.len();
    let (held_until, jump, marks) = (&held_until[..n], &jump[..n], &mut marks[..n]);
    let second = if D::CHANNELS > 1 {
        &second[..n]
    } else {
        second
    };
    // Lengths are fixed up front so that the loop has no bounds checks.
    let (c, th) = (if VARIED { n } else { 1 }, if TH { n } else { 1 });
    let (step, drive, threshold) = (&step[..c], &drive[..c], &threshold[..th]);
    let s0 = if D::SYN > 0 { &mut s0[..n] } else { s0 };
    let s1 = if D::SYN > 1 { &mut s1[..n] } else { s1 };
    let s2 = if D::SYN > 2 { &mut s2[..n] } else { s2 };
    let s3 = if D::SYN > 3 { &mut s3[..n] } else { s3 };
    let mut any = 0u8;
    for i in 0..n {
        let c = if VARIED { i } else { 0 };
        let p = &step[c];
        let mut s = [R::ZERO; S];
        if D::SYN > 0 {
            s[0] = s0[i];
        }
        if D::SYN > 1 {
            s[1] = s1[i];
        }
        if D::SYN > 2 {
            s[2] = s2[i];
        }
        if D::SYN > 3 {
            s[3] = s3[i];
        }
        let old = v[i];
        let (free, s) = D::advance(p, old, s, drive[c]);
        let mut input = [R::ZERO; C];
        input[0] = jump[i];
        if D::CHANNELS > 1 {
            input[1] = second[i];
        }
        let (jump, s) = D::receive(p, s, input);
        let active = after(t, held_until[i]);
        let new = if active { free + jump } else { old };
        let mark = u8::from(active & (new >= threshold[if TH { i } else { 0 }]));
        marks[i] = mark;
        any |= mark;
        // After another store: right behind the choice, the compiler would store the lanes that change
        // and no others, which is slow with AVX2 on AMD's processors.
        v[i] = new;
        if D::SYN > 0 {
            s0[i] = s[0];
        }
        if D::SYN > 1 {
            s1[i] = s[1];
        }
        if D::SYN > 2 {
            s2[i] = s[2];
        }
        if D::SYN > 3 {
            s3[i] = s[3];
        }
    }
    any != 0
}

/// One tick of a chunk, one state variable after the other.
pub(super) struct StepColumns<
    'a,
    D: Dynamics<R, S, C>,
    R: Real,
    const VARIED: bool,
    const S: usize,
    const C: usize,
> {
    pub(super) t: Clock,
    pub(super) v: &'a mut [R],
    pub(super) syn: [&'a mut [R]; S],
    pub(super) input: &'a [Vec<R>],
    pub(super) free: &'a mut [R],
    pub(super) held_until: &'a [Clock],
    pub(super) marks: &'a mut [u8],
    pub(super) step: &'a [D::Step],
    pub(super) drive: &'a [R],
    pub(super) threshold: &'a [R],
}

impl<'a, D: Dynamics<R, S, C>, R: Real, const S: usize, const C: usize>
    StepColumns<'a, D, R, false, S, C>
{
    /// The same with constants per neuron.
    pub(super) fn varied(self) -> StepColumns<'a, D, R, true, S, C> {
        StepColumns {
            t: self.t,
            v: self.v,
            syn: self.syn,
            input: self.input,
            free: self.free,
            held_until: self.held_until,
            marks: self.marks,
            step: self.step,
            drive: self.drive,
            threshold: self.threshold,
        }
    }
}

impl<D: Dynamics<R, S, C>, R: Real, const VARIED: bool, const S: usize, const C: usize> Kernel
    for StepColumns<'_, D, R, VARIED, S, C>
{
    type Output = bool;

    #[inline(always)]
    fn run(mut self) -> bool {
        D::advance_columns::<VARIED>(
            self.step,
            self.drive,
            self.v,
            &mut self.syn,
            self.input,
            self.free,
        );
        let n = self.v.len();
        let (v, free) = (&mut self.v[..n], &self.free[..n]);
        let (held_until, marks) = (&self.held_until[..n], &mut self.marks[..n]);
        let each = self.threshold.len() == n && n > 1;
        let mut any = 0u8;
        for i in 0..n {
            let threshold = self.threshold[if each { i } else { 0 }];
            let active = after(self.t, held_until[i]);
            let new = if active { free[i] } else { v[i] };
            let mark = u8::from(active & (new >= threshold));
            marks[i] = mark;
            any |= mark;
            // After another store, as in `advance`.
            v[i] = new;
        }
        any != 0
    }
}
