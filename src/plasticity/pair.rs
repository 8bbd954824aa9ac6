//! The rules that change a weight at spikes alone, as arithmetic: what a post spike and what a pre spike
//! make of a weight. Weights are magnitudes here: what is negative is turned round outside.

use super::{RuleKind, RuleSpec, stdp, stdp_power_law, stdp_triplet, vogels};
use crate::neuron::real::Real;

/// A weight at the events of its synapse.
pub trait PairRule<R: Real>: Copy {
    /// It costs less than a jump that cannot be foreseen, and does not look at second traces.
    const CHEAP: bool = false;
    /// At a post spike: `x` is the trace of pre spikes, `z` the second trace of the post neuron just
    /// before this spike.
    fn potentiate(&self, w: R, x: R, z: R) -> R;
    /// At a pre spike: `y` is the trace of post spikes, `r` the second trace of the source just before
    /// this spike.
    fn depress(&self, w: R, y: R, r: R) -> R;
}

#[inline(always)]
fn at_most<R: Real>(w: R, most: R) -> R {
    if w < most { w } else { most }
}

#[inline(always)]
fn not_negative<R: Real>(w: R) -> R {
    if w > R::ZERO { w } else { R::ZERO }
}

/// `stdp` with both exponents 0.
#[derive(Clone, Copy, Debug)]
pub struct Additive<R> {
    plus: R,
    minus: R,
    most: R,
}

impl<R: Real> PairRule<R> for Additive<R> {
    const CHEAP: bool = true;
    #[inline(always)]
    fn potentiate(&self, w: R, x: R, _: R) -> R {
        at_most(w + self.plus * x, self.most)
    }
    #[inline(always)]
    fn depress(&self, w: R, y: R, _: R) -> R {
        not_negative(w - self.minus * y)
    }
}

/// x^mu, for x that is not negative.
#[derive(Clone, Copy, Debug)]
enum Power {
    Zero,
    One,
    Of(f64),
}

impl Power {
    fn of(mu: f64) -> Self {
        match mu {
            0.0 => Self::Zero,
            1.0 => Self::One,
            mu => Self::Of(mu),
        }
    }
    #[inline(always)]
    fn apply<R: Real>(self, x: R) -> R {
        match self {
            Self::Zero => R::of_count(1),
            Self::One => x,
            Self::Of(mu) => R::of(libm::pow(x.f64(), mu)),
        }
    }
}

/// `stdp` with any exponents.
#[derive(Clone, Copy, Debug)]
pub struct Weighted<R> {
    plus: R,
    minus: R,
    most: R,
    per_most: R,
    mu_plus: Power,
    mu_minus: Power,
}

impl<R: Real> PairRule<R> for Weighted<R> {
    #[inline(always)]
    fn potentiate(&self, w: R, x: R, _: R) -> R {
        let v = w * self.per_most;
        let room = not_negative(R::of_count(1) - v);
        at_most(w + self.plus * self.mu_plus.apply(room) * x, self.most)
    }
    #[inline(always)]
    fn depress(&self, w: R, y: R, _: R) -> R {
        let v = w * self.per_most;
        not_negative(w - self.minus * self.mu_minus.apply(v) * y)
    }
}

/// `stdp_power_law`.
#[derive(Clone, Copy, Debug)]
pub struct PowerLaw<R> {
    plus: R,
    minus: R,
    per_w0: R,
    mu: Power,
}

impl<R: Real> PairRule<R> for PowerLaw<R> {
    #[inline(always)]
    fn potentiate(&self, w: R, x: R, _: R) -> R {
        w + self.plus * self.mu.apply(w * self.per_w0) * x
    }
    #[inline(always)]
    fn depress(&self, w: R, y: R, _: R) -> R {
        not_negative(w - self.minus * w * y)
    }
}

/// `stdp_triplet`.
#[derive(Clone, Copy, Debug)]
pub struct Triplet<R> {
    plus: [R; 2],
    minus: [R; 2],
    most: R,
}

impl<R: Real> PairRule<R> for Triplet<R> {
    #[inline(always)]
    fn potentiate(&self, w: R, x: R, z: R) -> R {
        at_most(
            not_negative(w + x * (self.plus[0] + self.plus[1] * z)),
            self.most,
        )
    }
    #[inline(always)]
    fn depress(&self, w: R, y: R, r: R) -> R {
        at_most(
            not_negative(w - y * (self.minus[0] + self.minus[1] * r)),
            self.most,
        )
    }
}

/// `vogels`.
#[derive(Clone, Copy, Debug)]
pub struct Vogels<R> {
    eta: R,
    alpha: R,
    most: R,
}

impl<R: Real> PairRule<R> for Vogels<R> {
    const CHEAP: bool = true;
    #[inline(always)]
    fn potentiate(&self, w: R, x: R, _: R) -> R {
        at_most(w + self.eta * x, self.most)
    }
    #[inline(always)]
    fn depress(&self, w: R, y: R, _: R) -> R {
        at_most(not_negative(w + self.eta * (y - self.alpha)), self.most)
    }
}

/// Any of them.
#[derive(Clone, Copy, Debug)]
pub enum Pair<R> {
    Additive(Additive<R>),
    Weighted(Weighted<R>),
    PowerLaw(PowerLaw<R>),
    Triplet(Triplet<R>),
    Vogels(Vogels<R>),
}

impl<R: Real> Pair<R> {
    /// `None` for rules of another kind.
    pub fn new(spec: &RuleSpec) -> Option<Self> {
        let p = |i: usize| spec.params[i];
        let r = |v: f64| R::of(v);
        Some(match spec.rule {
            RuleKind::Stdp => {
                let most = p(stdp::W_MAX).abs();
                let plus = p(stdp::LAMBDA) * most;
                let minus = p(stdp::ALPHA) * plus;
                let (mu_plus, mu_minus) = (p(stdp::MU_PLUS), p(stdp::MU_MINUS));
                if mu_plus == 0.0 && mu_minus == 0.0 {
                    Self::Additive(Additive {
                        plus: r(plus),
                        minus: r(minus),
                        most: r(most),
                    })
                } else {
                    Self::Weighted(Weighted {
                        plus: r(plus),
                        minus: r(minus),
                        most: r(most),
                        per_most: r(1.0 / most),
                        mu_plus: Power::of(mu_plus),
                        mu_minus: Power::of(mu_minus),
                    })
                }
            }
            RuleKind::StdpPowerLaw => {
                let (lambda, w0) = (p(stdp_power_law::LAMBDA), p(stdp_power_law::W0).abs());
                Self::PowerLaw(PowerLaw {
                    plus: r(lambda * w0),
                    minus: r(lambda * p(stdp_power_law::ALPHA)),
                    per_w0: r(1.0 / w0),
                    mu: Power::of(p(stdp_power_law::MU)),
                })
            }
            RuleKind::StdpTriplet => Self::Triplet(Triplet {
                plus: [r(p(stdp_triplet::A2_PLUS)), r(p(stdp_triplet::A3_PLUS))],
                minus: [r(p(stdp_triplet::A2_MINUS)), r(p(stdp_triplet::A3_MINUS))],
                most: r(p(stdp_triplet::W_MAX).abs()),
            }),
            RuleKind::Vogels => Self::Vogels(Vogels {
                eta: r(p(vogels::ETA)),
                alpha: r(p(vogels::ALPHA)),
                most: r(p(vogels::W_MAX).abs()),
            }),
            _ => return None,
        })
    }
}
