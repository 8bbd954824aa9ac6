//! The obvious way: every synapse is brought up to date at every spike of its source and of its target,
//! with traces that are sums over all spikes.

use spikewheel::network::spec::RuleSpec;
use spikewheel::plasticity::RuleKind;

/// A synapse and what happens to it. Times are ticks of 0.1 ms, on the clock of the synapse: spikes are
/// there when they have passed axon or dendrite.
pub struct Synapse<'a> {
    pub rule: &'a RuleSpec,
    pub pre: Vec<i64>,
    pub post: Vec<i64>,
    /// A pre spike comes before a post spike of the same tick: there is no dendrite between.
    pub pre_first: bool,
    /// (tick, amount).
    pub rewards: &'a [(i64, f64)],
}

const TICK: f64 = 0.1;

impl Synapse<'_> {
    fn param(&self, name: &str) -> f64 {
        self.rule.params[self.rule.rule.def().param(name).expect("a parameter")]
    }

    /// Sum of exponentials of the spikes before `t`, or of the last one alone.
    fn trace(spikes: &[i64], t: i64, tau: f64, nearest: bool) -> f64 {
        let before = spikes.iter().filter(|s| **s < t);
        let decay = |s: &i64| (-((t - s) as f64) * TICK / tau).exp();
        if nearest {
            before.max().map_or(0.0, decay)
        } else {
            before.map(decay).sum()
        }
    }

    /// The weight at the end of tick `end`.
    pub fn weight(&self, w0: f64, end: i64) -> f64 {
        let mut events: Vec<(i64, bool)> = (self.pre.iter().map(|t| (*t, self.pre_first)))
            .map(|(t, first)| (t, !first))
            .collect();
        // The flag sorts: what comes first has `false`.
        let pre_flag = !self.pre_first;
        events.extend(self.post.iter().map(|t| (*t, !pre_flag)));
        events.sort_unstable();
        events.retain(|e| e.0 <= end);
        let mut w = w0;
        match self.rule.rule {
            RuleKind::StdpDopamine | RuleKind::RStdp => {
                let (mut c, mut at) = ([0.0; 2], i64::MIN / 2);
                for (t, flag) in events {
                    self.modulate(&mut w, &mut c, at, t);
                    at = t;
                    let k = usize::from(self.rule.choices[0] == 1);
                    if flag == pre_flag {
                        let y = Self::trace(&self.post, t, self.param("tau_minus"), false);
                        c[k] -= self.param("A_minus") * y;
                    } else {
                        let x = Self::trace(&self.pre, t, self.param("tau_plus"), false);
                        c[k] += self.param("A_plus") * x;
                    }
                }
                self.modulate(&mut w, &mut c, at, end);
            }
            _ => {
                for (t, flag) in events {
                    if flag == pre_flag {
                        self.depress(&mut w, t);
                    } else {
                        self.potentiate(&mut w, t);
                    }
                }
            }
        }
        w
    }

    fn potentiate(&self, w: &mut f64, t: i64) {
        let p = |name| self.param(name);
        match self.rule.rule {
            RuleKind::Stdp => {
                let last_pre = self.pre.iter().filter(|s| **s < t).max().copied();
                let last_post = self.post.iter().filter(|s| **s < t).max().copied();
                let x = match self.rule.choices[0] {
                    0 => Self::trace(&self.pre, t, p("tau_plus"), false),
                    1 => Self::trace(&self.pre, t, p("tau_plus"), true),
                    2 => {
                        let paired = last_post.is_some_and(|q| last_pre.is_some_and(|s| q > s));
                        if paired {
                            return;
                        }
                        Self::trace(&self.pre, t, p("tau_plus"), true)
                    }
                    _ => {
                        let since = last_post.unwrap_or(i64::MIN);
                        let pre: Vec<i64> =
                            self.pre.iter().filter(|s| **s >= since).copied().collect();
                        Self::trace(&pre, t, p("tau_plus"), false)
                    }
                };
                let v = *w / p("Wmax");
                let v = v + p("lambda") * (1.0 - v).powf(p("mu_plus")) * x;
                *w = v.min(1.0) * p("Wmax");
            }
            RuleKind::StdpPowerLaw => {
                let x = Self::trace(&self.pre, t, p("tau_plus"), false);
                *w += p("lambda") * p("W0") * (*w / p("W0")).powf(p("mu")) * x;
            }
            RuleKind::StdpTriplet => {
                let nearest = self.rule.choices[0] == 1;
                let r1 = Self::trace(&self.pre, t, p("tau_plus"), nearest);
                let o2 = Self::trace(&self.post, t, p("tau_y"), nearest);
                *w = (*w + r1 * (p("A2_plus") + p("A3_plus") * o2)).min(p("Wmax"));
            }
            RuleKind::Vogels => {
                let x = Self::trace(&self.pre, t, p("tau"), false);
                *w = (*w + p("eta") * x).min(p("Wmax"));
            }
            other => panic!("{other:?}"),
        }
    }

    fn depress(&self, w: &mut f64, t: i64) {
        let p = |name| self.param(name);
        match self.rule.rule {
            RuleKind::Stdp => {
                let y = match self.rule.choices[0] {
                    0 => Self::trace(&self.post, t, p("tau_minus"), false),
                    2 => {
                        let since = self.pre.iter().filter(|s| **s < t).max();
                        let since = since.copied().unwrap_or(i64::MIN);
                        // A post spike that meets this one exactly counts if it comes first.
                        let until = if self.pre_first { t - 1 } else { t };
                        if !self.post.iter().any(|q| *q > since && *q <= until) {
                            return;
                        }
                        Self::trace(&self.post, t, p("tau_minus"), true)
                    }
                    _ => Self::trace(&self.post, t, p("tau_minus"), true),
                };
                let v = *w / p("Wmax");
                let v = v - p("alpha") * p("lambda") * v.powf(p("mu_minus")) * y;
                *w = v.max(0.0) * p("Wmax");
            }
            RuleKind::StdpPowerLaw => {
                let y = Self::trace(&self.post, t, p("tau_minus"), false);
                *w = (*w - p("alpha") * p("lambda") * *w * y).max(0.0);
            }
            RuleKind::StdpTriplet => {
                let nearest = self.rule.choices[0] == 1;
                let o1 = Self::trace(&self.post, t, p("tau_minus"), nearest);
                let r2 = Self::trace(&self.pre, t, p("tau_x"), nearest);
                *w = (*w - o1 * (p("A2_minus") + p("A3_minus") * r2)).max(0.0);
            }
            RuleKind::Vogels => {
                let y = Self::trace(&self.post, t, p("tau"), false);
                *w = (*w + p("eta") * (y - p("alpha"))).clamp(0.0, p("Wmax"));
            }
            other => panic!("{other:?}"),
        }
    }

    /// Weight and eligibility from tick `from` to tick `to`. Rewards act before the spikes of their tick.
    fn modulate(&self, w: &mut f64, c: &mut [f64; 2], from: i64, to: i64) {
        if *c == [0.0; 2] {
            return;
        }
        let p = |name| self.param(name);
        let bounded = |w: f64| w.clamp(p("Wmin"), p("Wmax"));
        let mut at = from;
        let mut cuts: Vec<i64> = self.rewards.iter().map(|r| r.0).collect();
        cuts.retain(|t| *t > from && *t <= to);
        cuts.push(to);
        cuts.dedup();
        for cut in cuts {
            let h = (cut - at) as f64 * TICK;
            let tau_c = p("tau_c");
            if self.rule.rule == RuleKind::StdpDopamine {
                let n0: f64 = self
                    .rewards
                    .iter()
                    .filter(|r| r.0 <= at)
                    .map(|r| r.1 / p("tau_n") * (-((at - r.0) as f64) * TICK / p("tau_n")).exp())
                    .sum();
                let rate = |s: f64| {
                    let c = (c[0] + c[1] * s / tau_c) * (-s / tau_c).exp();
                    c * (n0 * (-s / p("tau_n")).exp() - p("b"))
                };
                // Where the weight may turn: c or n - b is zero. In between it only rises or only
                // falls, so a bound holds from where it is reached.
                let h = h.min(60.0 * tau_c);
                let mut turns = vec![
                    0.0,
                    -c[0] * tau_c / c[1],
                    p("tau_n") * (n0 / p("b")).ln(),
                    h,
                ];
                turns.retain(|s| s.is_finite() && (0.0..=h).contains(s));
                turns.sort_by(f64::total_cmp);
                for pair in turns.windows(2) {
                    *w =
                        bounded(*w + integral(rate, pair[0], pair[1], 0.1 * tau_c.min(p("tau_n"))));
                }
            }
            let decay = (-h / tau_c).exp();
            c[0] = (c[0] + c[1] * h / tau_c) * decay;
            c[1] *= decay;
            if self.rule.rule == RuleKind::RStdp {
                for r in self.rewards.iter().filter(|r| r.0 == cut && r.0 > from) {
                    *w = bounded(*w + r.1 * c[0]);
                }
            }
            at = cut;
        }
    }
}

/// Gauss and Legendre's rule of eight points on pieces of length `piece`: for products of
/// exponentials it errs by less than rounding.
fn integral(f: impl Fn(f64) -> f64, from: f64, to: f64, piece: f64) -> f64 {
    const RULE: [(f64, f64); 4] = [
        (0.183_434_642_495_649_8, 0.362_683_783_378_362),
        (0.525_532_409_916_329, 0.313_706_645_877_887_3),
        (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
        (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
    ];
    let pieces = ((to - from) / piece).ceil().max(1.0) as usize;
    let half = (to - from) / (2 * pieces) as f64;
    let of_piece = |k: usize| -> f64 {
        let middle = from + half * (2 * k + 1) as f64;
        RULE.iter()
            .map(|(x, weight)| weight * half * (f(middle - half * x) + f(middle + half * x)))
            .sum()
    };
    (0..pieces).map(of_piece).sum()
}
