//! One tick of a chunk of a swept population: the loops that become vector code.
//!
//! `StepLanes` keeps all state variables of a neuron at hand and serves models with few of them;
//! `StepColumns` goes through them one after the other and serves models with many.

use super::columnar::Columnar;
use super::membrane::{Dynamics, SYN};
use super::real::Real;
use crate::lines::Lines;
use crate::network::spec::{NeuronOptions, ThresholdTest};
use crate::simd::Kernel;

/// The last refractory ticks of neurons that have none yet, in memory that has been written to. A compare that is
/// masked need not read; as long as nobody else has touched a page, each such compare would look for it anew, which
/// takes longer than all else that happens to a neuron.
pub(super) fn resident(n: usize) -> Lines<u64> {
    let mut all: Lines<u64> = std::iter::repeat_n(u64::MAX, n).collect();
    std::hint::black_box(&mut all).fill(0);
    all
}

/// A threshold as potentials are compared with it: V at or above it spikes.
#[inline(always)]
pub(super) fn tested<R: Real>(threshold: R, options: &NeuronOptions) -> R {
    match options.threshold_test {
        ThresholdTest::NonStrict => threshold,
        ThresholdTest::Strict => threshold.next_up(),
    }
}

/// Marks neurons that are refractory at tick `t`, or have kept input meanwhile: any?
pub(super) struct Kept<'a, R> {
    pub(super) t: u64,
    pub(super) ref_until: &'a [u64],
    pub(super) held: &'a [R],
    pub(super) marks: &'a mut [u8],
}

impl<R: Real> Kernel for Kept<'_, R> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let mut any = 0;
        let columns = self.ref_until.iter().zip(self.held);
        for (mark, (until, held)) in self.marks.iter_mut().zip(columns) {
            *mark = u8::from((self.t <= *until) | (*held != R::ZERO));
            any |= *mark;
        }
        any != 0
    }
}

/// Input that comes to refractory neurons is nothing.
pub(super) struct Blank<'a, R> {
    pub(super) t: u64,
    pub(super) ref_until: &'a [u64],
    pub(super) column: &'a mut [R],
}

impl<R: Real> Kernel for Blank<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (x, until) in self.column.iter_mut().zip(self.ref_until) {
            *x = if self.t <= *until { R::ZERO } else { *x };
        }
    }
}

/// The thresholds of adaptive neurons at the next tick. `tick`, `threshold`: one, or one per neuron.
pub(super) struct Risen<'a, R> {
    pub(super) rise: &'a mut [R],
    pub(super) tick: &'a [R],
    pub(super) threshold: &'a [R],
    pub(super) options: &'a NeuronOptions,
    pub(super) out: &'a mut [R],
}

impl<R: Real> Kernel for Risen<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let n = self.rise.len();
        let each = self.tick.len() == n && self.threshold.len() == n;
        let (rise, out) = (&mut self.rise[..n], &mut self.out[..n]);
        for i in 0..n {
            let c = if each { i } else { 0 };
            rise[i] *= self.tick[c];
            out[i] = tested(self.threshold[c] + rise[i], self.options);
        }
    }
}

/// The columns of a chunk during a sweep.
pub(super) struct Lanes<'a, R> {
    pub(super) v: &'a mut [R],
    pub(super) syn: [&'a mut [R]; SYN],
    pub(super) jump: &'a [R],
    pub(super) second: &'a [R],
    pub(super) marks: &'a mut [u8],
}

/// One tick of a chunk, written so that the compiler turns it into vector code: no branches, no
/// early exits, one flag at the end. `VARIED`, `DRIVEN`, `TH`: a step, a drive, a threshold per neuron.
pub(super) struct StepLanes<
    'a,
    D: Dynamics<R, S, C>,
    R: Real,
    const VARIED: bool,
    const DRIVEN: bool,
    const TH: bool,
    const S: usize,
    const C: usize,
> {
    pub(super) lanes: Lanes<'a, R>,
    pub(super) step: &'a D::Step,
    pub(super) steps: <D::Step as Columnar>::Part<'a>,
    pub(super) drive: &'a [R],
    pub(super) threshold: &'a [R],
}

impl<
    D: Dynamics<R, S, C>,
    R: Real,
    const VARIED: bool,
    const DRIVEN: bool,
    const TH: bool,
    const S: usize,
    const C: usize,
> Kernel for StepLanes<'_, D, R, VARIED, DRIVEN, TH, S, C>
{
    /// Did any neuron reach its threshold?
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Self {
            lanes,
            step,
            steps,
            drive,
            threshold,
        } = self;
        let Lanes {
            v,
            syn: [s0, s1, s2, s3],
            jump,
            second,
            marks,
        } = lanes;
        advance::<D, R, VARIED, DRIVEN, TH, S, C>(
            v, s0, s1, s2, s3, jump, second, marks, step, steps, drive, threshold,
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
    const DRIVEN: bool,
    const TH: bool,
    const S: usize,
    const C: usize,
>(
    v: &mut [R],
    s0: &mut [R],
    s1: &mut [R],
    s2: &mut [R],
    s3: &mut [R],
    jump: &[R],
    second: &[R],
    marks: &mut [u8],
    step: &D::Step,
    steps: <D::Step as Columnar>::Part<'_>,
    drive: &[R],
    threshold: &[R],
) -> bool {
    let n = v.len();
    let (jump, marks) = (&jump[..n], &mut marks[..n]);
    let second = if D::CHANNELS > 1 {
        &second[..n]
    } else {
        second
    };
    // Lengths are fixed up front so that the loop has no bounds checks.
    let steps = if VARIED {
        D::Step::first(steps, n)
    } else {
        steps
    };
    let drive = &drive[..if DRIVEN { n } else { 1 }];
    let threshold = &threshold[..if TH { n } else { 1 }];
    let s0 = if D::SYN > 0 { &mut s0[..n] } else { s0 };
    let s1 = if D::SYN > 1 { &mut s1[..n] } else { s1 };
    let s2 = if D::SYN > 2 { &mut s2[..n] } else { s2 };
    let s3 = if D::SYN > 3 { &mut s3[..n] } else { s3 };
    let mut any = 0u8;
    for i in 0..n {
        let p = if VARIED {
            &D::Step::at(&steps, i)
        } else {
            step
        };
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
        let (free, s) = D::advance(p, v[i], s, drive[if DRIVEN { i } else { 0 }]);
        let mut input = [R::ZERO; C];
        input[0] = jump[i];
        if D::CHANNELS > 1 {
            input[1] = second[i];
        }
        let (jump, s) = D::receive(p, s, input);
        let new = free + jump;
        let mark = u8::from(new >= threshold[if TH { i } else { 0 }]);
        marks[i] = mark;
        any |= mark;
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
    const DRIVEN: bool,
    const S: usize,
    const C: usize,
> {
    pub(super) v: &'a mut [R],
    pub(super) syn: [&'a mut [R]; S],
    pub(super) input: &'a [Lines<R>],
    pub(super) free: &'a mut [R],
    pub(super) marks: &'a mut [u8],
    pub(super) step: &'a D::Step,
    pub(super) steps: <D::Step as Columnar>::Part<'a>,
    pub(super) drive: &'a [R],
    pub(super) threshold: &'a [R],
}

impl<'a, D: Dynamics<R, S, C>, R: Real, const S: usize, const C: usize>
    StepColumns<'a, D, R, false, false, S, C>
{
    /// The same with a step, a drive per neuron.
    pub(super) fn varied<const VARIED: bool, const DRIVEN: bool>(
        self,
    ) -> StepColumns<'a, D, R, VARIED, DRIVEN, S, C> {
        StepColumns {
            v: self.v,
            syn: self.syn,
            input: self.input,
            free: self.free,
            marks: self.marks,
            step: self.step,
            steps: self.steps,
            drive: self.drive,
            threshold: self.threshold,
        }
    }
}

impl<
    D: Dynamics<R, S, C>,
    R: Real,
    const VARIED: bool,
    const DRIVEN: bool,
    const S: usize,
    const C: usize,
> Kernel for StepColumns<'_, D, R, VARIED, DRIVEN, S, C>
{
    type Output = bool;

    #[inline(always)]
    fn run(mut self) -> bool {
        D::advance_columns::<VARIED, DRIVEN>(
            self.step,
            self.steps,
            self.drive,
            self.v,
            &mut self.syn,
            self.input,
            self.free,
        );
        let n = self.v.len();
        let (v, free) = (&mut self.v[..n], &self.free[..n]);
        let marks = &mut self.marks[..n];
        let each = self.threshold.len() == n && n > 1;
        let mut any = 0u8;
        for i in 0..n {
            let threshold = self.threshold[if each { i } else { 0 }];
            let new = free[i];
            let mark = u8::from(new >= threshold);
            marks[i] = mark;
            any |= mark;
            v[i] = new;
        }
        any != 0
    }
}
