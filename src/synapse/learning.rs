//! What the synapses of a segment make of the spikes that have come together since they last looked.

use crate::neuron::real::Real;
use crate::plasticity::decay::{Lookup, Short};
use crate::plasticity::eligibility::{Level, Modulated};
use crate::plasticity::history::{Head, History};
use crate::plasticity::pair::PairRule;
use crate::simd::{Kernel, vectorized};

/// Two spikes of a source and what lies between, on the clock of the targets' own spikes: a pre spike
/// stands where it meets post spikes of that tick.
#[derive(Clone, Copy, Debug)]
pub struct Meeting<R> {
    /// The spike before, or `NEVER`.
    pub lower: i64,
    /// This spike, or how far is looked.
    pub upper: i64,
    /// A pre spike stands at `upper`.
    pub spike: bool,
    /// Post spikes of (`after_lower`, `last`] are met now.
    pub after_lower: i64,
    pub last: i64,
    /// Trace at the spike before: just before it, and just after.
    pub before: R,
    pub after: R,
    /// Second trace just before this spike.
    pub second: R,
    /// From a post spike to its arrival at the synapse.
    pub dendrite: i64,
}

/// What all synapses of a learner look at.
#[derive(Clone, Copy)]
pub struct Ground<'a, R> {
    pub history: &'a History<R>,
    /// Decay of the trace of pre spikes, and of post spikes.
    pub plus: Lookup<'a, R>,
    pub minus: Lookup<'a, R>,
}

impl<R: Real> Meeting<R> {
    /// Trace of pre spikes at a post spike.
    #[inline(always)]
    fn x(&self, plus: &Lookup<'_, R>, tick: i64) -> R {
        let later = self.after * plus.after(tick - self.lower);
        if tick == self.lower {
            self.before
        } else {
            later
        }
    }

    /// No spike was before: nothing is paired with it.
    #[inline(always)]
    fn first(&self) -> bool {
        self.lower == crate::plasticity::history::NEVER
    }
}

/// Spikes pair as their traces say.
#[inline(always)]
pub fn paired<R: Real, P: PairRule<R>>(
    rule: P,
    ground: Ground<'_, R>,
    meeting: &Meeting<R>,
    target: impl Fn(usize) -> usize,
    weights: &mut [R],
) {
    let Meeting {
        upper, last, spike, ..
    } = *meeting;
    let after_lower = if meeting.first() {
        last
    } else {
        meeting.after_lower
    };
    if P::CHEAP
        && let (Some(plus), Some(minus)) = (ground.plus.short(), ground.minus.short())
    {
        let decays = (plus, minus);
        return without_jumps(rule, ground, decays, meeting, after_lower, target, weights);
    }
    let heads = ground.history.heads();
    for (k, weight) in weights.iter_mut().enumerate() {
        let head = &heads[target(k)];
        let tick = head.last.tick;
        let mut w = *weight;
        // Mostly there is one post spike at most, and none that has still to come to the synapse.
        if tick <= last && tick != upper && head.before <= after_lower {
            if tick > after_lower {
                w = rule.potentiate(w, meeting.x(&ground.plus, tick), head.last.z);
            }
            if spike {
                let y = head.last.y * ground.minus.after(upper - tick);
                w = rule.depress(w, y, meeting.second);
            }
        } else {
            w = rule_by_rule(rule, &ground, meeting, head, after_lower, w);
        }
        *weight = w;
    }
}

/// Synapses that are looked at together.
const TOGETHER: usize = 64;

/// Ages beyond this are all the same: everything is gone.
const OLD: i64 = 1 << 28;

/// What some synapses see of the last two spikes of their targets. Ages are ticks before this pre spike.
struct Seen<R> {
    age: [i32; TOGETHER],
    age_before: [i32; TOGETHER],
    y: [R; TOGETHER],
    /// Not to be done here.
    other: [bool; TOGETHER],
}

/// How many post spikes there were is a matter of chance, so jumps on it would mostly be foreseen wrongly:
/// two are reckoned with always, and who had more is done afterwards.
#[inline(always)]
fn without_jumps<R: Real, P: PairRule<R>>(
    rule: P,
    ground: Ground<'_, R>,
    (plus, minus): (Short<'_, R>, Short<'_, R>),
    meeting: &Meeting<R>,
    after_lower: i64,
    target: impl Fn(usize) -> usize,
    weights: &mut [R],
) {
    let heads = ground.history.heads();
    let mut seen = Seen {
        age: [0; TOGETHER],
        age_before: [0; TOGETHER],
        y: [R::ZERO; TOGETHER],
        other: [false; TOGETHER],
    };
    let age = |tick: i64| (meeting.upper - tick).min(OLD) as i32;
    for (part, weights) in weights.chunks_mut(TOGETHER).enumerate() {
        let first = part * TOGETHER;
        let n = weights.len();
        let mut others = false;
        for k in 0..n {
            let head = &heads[target(first + k)];
            let tick = head.last.tick;
            seen.age[k] = age(tick);
            seen.age_before[k] = age(head.before);
            seen.y[k] = head.last.y;
            let other = tick > meeting.last || tick == meeting.upper || head.third > after_lower;
            seen.other[k] = other;
            others |= other;
        }
        vectorized(Simple {
            rule,
            plus,
            minus,
            seen: &seen,
            span: age(meeting.lower),
            open: age(after_lower),
            meeting,
            weights: &mut *weights,
        });
        if others {
            for k in (0..n).filter(|&k| seen.other[k]) {
                let head = &heads[target(first + k)];
                weights[k] = rule_by_rule(rule, &ground, meeting, head, after_lower, weights[k]);
            }
        }
    }
}

/// Two post spikes at most, and all before this pre spike.
struct Simple<'a, R, P> {
    rule: P,
    plus: Short<'a, R>,
    minus: Short<'a, R>,
    seen: &'a Seen<R>,
    /// Age of the pre spike before, and of what is met no more.
    span: i32,
    open: i32,
    meeting: &'a Meeting<R>,
    weights: &'a mut [R],
}

impl<R: Real, P: PairRule<R>> Kernel for Simple<'_, R, P> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self {
            rule,
            plus,
            minus,
            seen,
            span,
            open,
            meeting,
            weights,
        } = self;
        let &Meeting {
            before,
            after,
            second,
            spike,
            ..
        } = meeting;
        let n = weights.len().min(TOGETHER);
        let part = &mut weights[..n];
        for (k, weight) in part.iter_mut().enumerate() {
            let old = *weight;
            let mut w = old;
            for age in [seen.age_before[k], seen.age[k]] {
                let later = after * plus.after(span - age);
                let x = if age == span { before } else { later };
                let with = rule.potentiate(w, x, R::ZERO);
                w = if age < open { with } else { w };
            }
            let y = seen.y[k] * minus.after(seen.age[k]);
            let with = rule.depress(w, y, second);
            w = if spike { with } else { w };
            *weight = if seen.other[k] { old } else { w };
        }
    }
}

#[inline(never)]
fn rule_by_rule<R: Real, P: PairRule<R>>(
    rule: P,
    ground: &Ground<'_, R>,
    meeting: &Meeting<R>,
    head: &Head<R>,
    after_lower: i64,
    mut w: R,
) -> R {
    each_post(
        ground.history,
        head,
        after_lower,
        meeting.last,
        |tick, z| {
            w = rule.potentiate(w, meeting.x(&ground.plus, tick), z);
        },
    );
    if meeting.spike {
        let y = ground.history.trace_before(head, meeting.upper);
        w = rule.depress(w, y, meeting.second);
    }
    w
}

/// The spikes of a target in (`lower`, `upper`], the oldest first, with their second traces.
#[inline(always)]
fn each_post<R: Real>(
    history: &History<R>,
    head: &Head<R>,
    lower: i64,
    upper: i64,
    mut f: impl FnMut(i64, R),
) {
    let (newer, older) = history.range(head, lower, upper);
    for k in (newer..older).rev() {
        if let Some(post) = history.back(head, k) {
            f(post.tick, post.z);
        }
    }
}

/// A post spike pairs with the pre spike before it if it is the first after that, and a pre spike with
/// the last post spike if there was one since the pre spike before.
pub fn restricted<R: Real, P: PairRule<R>>(
    rule: P,
    ground: Ground<'_, R>,
    meeting: &Meeting<R>,
    target: impl Fn(usize) -> usize,
    weights: &mut [R],
    seen: &mut [R],
) {
    // No post spike since the last pre spike, nor between that and the one before; one since; none since,
    // but one before.
    let (none, one, before) = (R::ZERO, R::of_count(1), R::of_count(2));
    for (k, (weight, seen)) in weights.iter_mut().zip(seen).enumerate() {
        let head = &ground.history.heads()[target(k)];
        each_post(
            ground.history,
            head,
            meeting.after_lower,
            meeting.last,
            |tick, z| {
                // A post spike that meets the last pre spike pairs with the one before that.
                let meets = tick == meeting.lower;
                let first = if meets { *seen == none } else { *seen != one };
                if first && !meeting.first() {
                    *weight = rule.potentiate(*weight, meeting.x(&ground.plus, tick), z);
                }
                *seen = if meets { before } else { one };
            },
        );
        if meeting.spike {
            let y = ground.history.trace_before(head, meeting.upper);
            if *seen == one {
                *weight = rule.depress(*weight, y, meeting.second);
            }
            *seen = if *seen == one { before } else { none };
        }
    }
}

/// A post spike pairs with all pre spikes since the post spike before it, and a pre spike with the last
/// post spike. The trace of pre spikes is the synapse's own: as of `lower`, just after the spike.
pub fn pre_centred<R: Real, P: PairRule<R>>(
    rule: P,
    ground: Ground<'_, R>,
    meeting: &Meeting<R>,
    target: impl Fn(usize) -> usize,
    weights: &mut [R],
    traces: &mut [R],
) {
    let one = R::of_count(1);
    for (k, (weight, trace)) in weights.iter_mut().zip(traces).enumerate() {
        let head = &ground.history.heads()[target(k)];
        each_post(
            ground.history,
            head,
            meeting.after_lower,
            meeting.last,
            |tick, z| {
                if tick == meeting.lower {
                    *weight = rule.potentiate(*weight, *trace - one, z);
                    *trace = one;
                } else if *trace != R::ZERO {
                    let x = *trace * ground.plus.after(tick - meeting.lower);
                    *weight = rule.potentiate(*weight, x, z);
                    *trace = R::ZERO;
                }
            },
        );
        if meeting.spike {
            let y = ground.history.trace_before(head, meeting.upper);
            *weight = rule.depress(*weight, y, meeting.second);
            *trace = *trace * ground.plus.after(meeting.upper - meeting.lower) + one;
        }
    }
}

/// Pairs leave eligibility, and the modulator makes weight of it.
pub fn eligible<R: Real>(
    rule: &Modulated,
    level: &Level,
    ground: Ground<'_, R>,
    meeting: &Meeting<R>,
    target: impl Fn(usize) -> usize,
    weights: &mut [R],
    [c, c2]: [&mut [R]; 2],
) {
    // On the clock of the synapse.
    let start = meeting.lower.saturating_add(meeting.dendrite);
    let end = meeting.upper + meeting.dendrite;
    let begin = rule.first_after(level, start);
    let after_lower = if meeting.first() {
        meeting.last
    } else {
        meeting.after_lower
    };
    for (k, weight) in weights.iter_mut().enumerate() {
        let head = &ground.history.heads()[target(k)];
        let mut w = weight.f64();
        let mut e = [c[k].f64(), c2.get(k).map_or(0.0, |c| c.f64())];
        let (mut next, mut from) = (begin, start);
        each_post(
            ground.history,
            head,
            after_lower,
            meeting.last,
            |tick, _| {
                let to = tick + meeting.dendrite;
                rule.advance(level, &mut next, (from, to), &mut w, &mut e);
                rule.add(&mut e, rule.a_plus * meeting.x(&ground.plus, tick).f64());
                from = to;
            },
        );
        rule.advance(level, &mut next, (from, end), &mut w, &mut e);
        if meeting.spike {
            let y = ground.history.trace_before(head, meeting.upper).f64();
            rule.add(&mut e, -rule.a_minus * y);
        }
        *weight = R::of(w);
        c[k] = R::of(e[0]);
        if let Some(c2) = c2.get_mut(k) {
            *c2 = R::of(e[1]);
        }
    }
}
