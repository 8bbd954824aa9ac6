//! Eligibility traces and the modulator that turns them into learning, integrated in closed form.
//!
//! Between two spikes of a synapse its eligibility decays; so does the level n of the modulator between
//! its events. Over h ms without an event (Izhikevich 2007; Potjans et al. 2010)
//!
//! ```text
//! integral of c (n - b) = c0 [n0 (1 - exp(-k h)) / k - b tau_c (1 - exp(-h / tau_c))],  k = 1/tau_c + 1/tau_n
//! ```
//!
//! and with c(t) = (c2 + c1 t / tau_c) exp(-t / tau_c), the alpha-shaped eligibility, the integrals of
//! t exp(-k t) besides. A weight that is bounded at both ends follows exactly only while it moves one
//! way: intervals are cut where n crosses b, and where c changes its sign.

use super::decay::{Decay, Decayed, GONE, horizon};
use super::history::NEVER;
use super::{RuleKind, RuleSpec, r_stdp, stdp_dopamine};

/// What a synapse has of eligibility: c, and for the alpha shape c2 (read) and c1 (which feeds it).
pub type Eligibility = [f64; 2];

/// The modulator as a synapse sees it: its events, with the level just after each for a continuous one.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Level {
    /// (tick, level after or amount), by rising ticks.
    events: Vec<(i64, f64)>,
}

#[derive(Clone, Debug)]
pub struct Modulated {
    pub a_plus: f64,
    pub a_minus: f64,
    pub least: f64,
    pub most: f64,
    tick_ms: f64,
    tau_c: f64,
    alpha: bool,
    c: Decay<f64>,
    /// `None`: rewards act at once.
    continuous: Option<Continuous>,
    /// Ticks after a spike when nothing of its eligibility is left.
    horizon: u64,
}

#[derive(Clone, Debug)]
struct Continuous {
    /// 1/ms
    b: f64,
    tau_n: f64,
    n: Decay<f64>,
    /// 1 - exp(-k t) and 1 - exp(-t / tau_c).
    both: Decayed,
    k: f64,
    alone: Decayed,
}

impl Continuous {
    /// When a level that decays from n0 crosses b, in ms: once at most, and only from beyond b, since it goes to 0.
    #[inline]
    fn crossing(&self, n0: f64) -> Option<f64> {
        (self.b != 0.0 && n0 / self.b > 1.0).then(|| self.tau_n * libm::log(n0 / self.b))
    }
}

impl Modulated {
    /// `None` for rules of another kind.
    pub fn new(spec: &RuleSpec, tick_ms: f64) -> Option<Self> {
        let p = |i: usize| spec.params[i];
        let (tau_plus, tau_c, a, bounds, continuous) = match spec.rule {
            RuleKind::StdpDopamine => {
                let (tau_c, tau_n) = (p(stdp_dopamine::TAU_C), p(stdp_dopamine::TAU_N));
                let k = 1.0 / tau_c + 1.0 / tau_n;
                (
                    p(stdp_dopamine::TAU_PLUS),
                    tau_c,
                    [p(stdp_dopamine::A_PLUS), p(stdp_dopamine::A_MINUS)],
                    [p(stdp_dopamine::W_MIN), p(stdp_dopamine::W_MAX)],
                    Some(Continuous {
                        b: p(stdp_dopamine::B),
                        tau_n,
                        n: Decay::new(tau_n, tick_ms),
                        both: Decayed::new(k, tick_ms),
                        k,
                        alone: Decayed::new(1.0 / tau_c, tick_ms),
                    }),
                )
            }
            RuleKind::RStdp => (
                p(r_stdp::TAU_PLUS),
                p(r_stdp::TAU_C),
                [p(r_stdp::A_PLUS), p(r_stdp::A_MINUS)],
                [p(r_stdp::W_MIN), p(r_stdp::W_MAX)],
                None,
            ),
            _ => return None,
        };
        Some(Self {
            a_plus: a[0],
            a_minus: a[1],
            least: bounds[0],
            most: bounds[1],
            tick_ms,
            tau_c,
            alpha: spec.choices.first() == Some(&1),
            c: Decay::new(tau_c, tick_ms),
            continuous,
            horizon: horizon(tau_plus, tick_ms) + horizon(tau_c, tick_ms),
        })
    }

    /// Has it the second state?
    pub fn is_alpha(&self) -> bool {
        self.alpha
    }

    pub fn horizon(&self) -> u64 {
        self.horizon
    }

    /// An event of the modulator.
    pub fn event(&self, level: &mut Level, tick: i64, amount: f64) {
        let value = match &self.continuous {
            Some(c) => {
                let (at, n) = level.events.last().copied().unwrap_or((NEVER, 0.0));
                n * c.n.after(tick - at) + amount / c.tau_n
            }
            None => amount,
        };
        level.events.push((tick, value));
    }

    /// A pair of spikes adds to the eligibility.
    #[inline]
    pub fn add(&self, c: &mut Eligibility, by: f64) {
        // The alpha shape is c1 on its way to c2.
        c[usize::from(self.alpha)] += by;
    }

    /// The first event after a tick.
    pub fn first_after(&self, level: &Level, tick: i64) -> usize {
        level.events.partition_point(|e| e.0 <= tick)
    }

    /// Weight and eligibility from tick `from` to tick `to`; `next` is the first event after `from`, and
    /// becomes the first after `to`. An event acts before the spikes of its tick.
    pub fn advance(
        &self,
        level: &Level,
        next: &mut usize,
        (mut from, to): (i64, i64),
        w: &mut f64,
        c: &mut Eligibility,
    ) {
        if *c == [0.0; 2] {
            while level.events.get(*next).is_some_and(|e| e.0 <= to) {
                *next += 1;
            }
            return;
        }
        while let Some(&(tick, amount)) = level.events.get(*next)
            && tick <= to
        {
            self.quiet(level, *next, (from, tick), w, c);
            if self.continuous.is_none() {
                *w = (*w + amount * c[0]).clamp(self.least, self.most);
            }
            from = tick;
            *next += 1;
        }
        self.quiet(level, *next, (from, to), w, c);
    }

    /// Without an event between; `next` is the first event after `from`.
    fn quiet(
        &self,
        level: &Level,
        next: usize,
        (from, to): (i64, i64),
        w: &mut f64,
        c: &mut Eligibility,
    ) {
        if to == from {
            return;
        }
        if let Some(continuous) = &self.continuous {
            let n0 = match next.checked_sub(1).and_then(|k| level.events.get(k)) {
                Some(&(at, n)) => n * continuous.n.after(from - at),
                None => 0.0,
            };
            self.learn(continuous, n0, to - from, w, c);
        }
        let kept = self.c.after(to - from);
        let t = (to - from) as f64 * self.tick_ms / self.tau_c;
        if self.alpha && kept > 0.0 {
            c[0] += c[1] * t;
        }
        c[0] *= kept;
        c[1] *= kept;
    }

    fn learn(&self, of: &Continuous, n0: f64, ticks: i64, w: &mut f64, c: &Eligibility) {
        let h = ticks as f64 * self.tick_ms;
        if !self.alpha {
            let crossing = of.crossing(n0).unwrap_or(h);
            let all = c[0]
                * (n0 * of.both.after(ticks) / of.k - of.b * self.tau_c * of.alone.after(ticks));
            if crossing >= h {
                *w = (*w + all).clamp(self.least, self.most);
                return;
            }
            let first = c[0] * self.integral(of, n0, 0.0, crossing, [1.0, 0.0]);
            *w = (*w + first).clamp(self.least, self.most);
            *w = (*w + (all - first)).clamp(self.least, self.most);
            return;
        }
        // Where n crosses b and where c changes its sign.
        let mut cuts = [0.0, h, h, h];
        if let Some(crossing) = of.crossing(n0) {
            cuts[1] = crossing.min(h);
        }
        let zero = -c[0] / c[1] * self.tau_c;
        if zero > 0.0 && zero < h {
            cuts[2] = zero;
        }
        if cuts[2] < cuts[1] {
            cuts.swap(1, 2);
        }
        for k in 0..3 {
            if cuts[k + 1] > cuts[k] {
                let by = self.integral(of, n0, cuts[k], cuts[k + 1], *c);
                *w = (*w + by).clamp(self.least, self.most);
            }
        }
    }

    /// Integral of (c2 + c1 t / tau_c) exp(-t / tau_c) (n0 exp(-t / tau_n) - b) from t = `a` to `e` ms.
    fn integral(&self, of: &Continuous, n0: f64, a: f64, e: f64, c: Eligibility) -> f64 {
        let h = e - a;
        let (c2, c1) = (c[0] + c[1] * a / self.tau_c, c[1]);
        let part = |rate: f64, factor: f64| {
            let gone = (rate * h).min(GONE);
            let lost = -libm::expm1(-gone);
            let plain = lost / rate;
            // (1 - exp(-x) (1 + x)) / rate^2
            let rising = (lost - gone * (1.0 - lost)) / (rate * rate);
            factor * libm::exp(-rate * a) * (c2 * plain + c1 / self.tau_c * rising)
        };
        part(of.k, n0) - part(1.0 / self.tau_c, of.b)
    }
}
