//! Short-term plasticity of a source: what share of its weights each spike transmits.
//!
//! All synapses of a source share their parameters, so the state is that of the source.

use super::decay::Decayed;
use super::{RuleKind, RuleSpec, tsodyks, tsodyks2};

/// The resources of a source, as its last spike left them.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Resources {
    x: f64,
    y: f64,
    u: f64,
}

#[derive(Clone, Debug)]
pub struct ShortTerm {
    use_: f64,
    initial: Resources,
    recovery: Decayed,
    /// `None`: facilitation is gone at once.
    facilitation: Option<Decayed>,
    /// Of the rule with three states: 1 - exp(-h / tau_psc), and both time constants.
    active: Option<(Decayed, f64, f64)>,
}

impl ShortTerm {
    /// `None` for rules of another kind.
    pub fn new(spec: &RuleSpec, tick_ms: f64) -> Option<Self> {
        let p = |i: usize| spec.params[i];
        let decayed = |tau: f64| Decayed::new(1.0 / tau, tick_ms);
        let (u, y, active) = match spec.rule {
            RuleKind::Tsodyks2 => (p(tsodyks2::U), 0.0, None),
            RuleKind::Tsodyks => {
                let (psc, rec) = (p(tsodyks::TAU_PSC), p(tsodyks::TAU_REC));
                (
                    p(tsodyks::U0),
                    p(tsodyks::Y0),
                    Some((decayed(psc), psc, rec)),
                )
            }
            _ => return None,
        };
        let tau_fac = p(tsodyks2::TAU_FAC);
        Some(Self {
            use_: p(tsodyks2::U),
            initial: Resources {
                x: p(tsodyks2::X),
                y,
                u,
            },
            recovery: decayed(p(tsodyks2::TAU_REC)),
            facilitation: (tau_fac > 0.0).then(|| decayed(tau_fac)),
            active,
        })
    }

    /// What a source has before its first spike.
    pub fn initial(&self) -> Resources {
        self.initial
    }

    /// A spike, `since` ticks after the one before (`None`: the first): the share that it transmits.
    pub fn spike(&self, r: &mut Resources, since: Option<i64>) -> f64 {
        let fading = |ticks: i64| match &self.facilitation {
            Some(f) => 1.0 - f.after(ticks),
            None => 0.0,
        };
        match &self.active {
            None => {
                if let Some(since) = since {
                    // Towards 1 from what the last spike left, x (1 - u).
                    let left = r.x - r.x * r.u;
                    r.x = left + (1.0 - left) * self.recovery.after(since);
                    r.u = self.use_ + r.u * (1.0 - self.use_) * fading(since);
                }
                r.u * r.x
            }
            Some((inactivation, tau_psc, tau_rec)) => {
                if let Some(since) = since {
                    let (lost_y, lost_z) = (inactivation.after(since), self.recovery.after(since));
                    let to_x = match tau_psc == tau_rec {
                        true => 0.0,
                        false => (tau_psc * lost_y - tau_rec * lost_z) / (tau_psc - tau_rec),
                    };
                    let z = 1.0 - r.x - r.y;
                    r.u *= fading(since);
                    r.x += to_x * r.y + lost_z * z;
                    r.y *= 1.0 - lost_y;
                }
                r.u += self.use_ * (1.0 - r.u);
                let used = r.u * r.x;
                r.x -= used;
                r.y += used;
                used
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn train(rule: RuleKind, params: &[f64], n: usize) -> Vec<f64> {
        let spec = RuleSpec {
            rule,
            params: params.to_vec(),
            choices: Vec::new(),
        };
        let s = ShortTerm::new(&spec, 0.1).unwrap();
        let mut r = s.initial();
        (0..n)
            .map(|k| s.spike(&mut r, (k > 0).then_some(500)))
            .collect()
    }

    /// Golden values: a train of 20 Hz, u x at each spike.
    #[test]
    fn a_regular_train_gives_the_golden_values() {
        let depressing = [
            0.5,
            0.265146734,
            0.154834621,
            0.103020302,
            0.078682777,
            0.067251283,
        ];
        let got = train(RuleKind::Tsodyks2, &[0.5, 1.0, 800.0, 0.0], 400);
        for (a, b) in got.iter().zip(depressing) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
        // Where it ends, in closed form: x = (1 - e) / (1 - e (1 - u)).
        let end = |u: f64, e: f64| u * (1.0 - e) / (1.0 - e * (1.0 - u));
        assert!((got[399] - end(0.5, libm::exp(-50.0 / 800.0))).abs() < 1e-12);
        let facilitating = [
            0.1,
            0.174352793,
            0.221998970,
            0.250530731,
            0.267987978,
            0.279758087,
        ];
        let got = train(RuleKind::Tsodyks2, &[0.1, 1.0, 100.0, 1000.0], 2000);
        for (a, b) in got.iter().zip(facilitating) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
        let u = 0.1 / (1.0 - 0.9 * libm::exp(-50.0 / 1000.0));
        assert!((got[1999] - end(u, libm::exp(-0.5))).abs() < 1e-12);
        assert!((got[1999] - 0.3355221386).abs() < 1e-9);
    }

    /// Against its differential equations by small steps.
    #[test]
    fn three_states_follow_their_equations() {
        for (tau_psc, tau_fac) in [(3.0, 0.0), (3.0, 530.0), (17.0, 40.0)] {
            let params = [0.5, 1.0, 130.0, tau_fac, tau_psc, 0.0, 0.0];
            let got = train(RuleKind::Tsodyks, &params, 8);
            let (mut x, mut y, mut u) = (1.0f64, 0.0f64, 0.0f64);
            for value in got {
                u += 0.5 * (1.0 - u);
                let used = u * x;
                assert!((value - used).abs() < 2e-5, "{value} {used}");
                x -= used;
                y += used;
                let h = 0.0005;
                for _ in 0..100_000 {
                    let z = 1.0 - x - y;
                    x += h * z / 130.0;
                    y -= h * y / tau_psc;
                    u -= if tau_fac > 0.0 { h * u / tau_fac } else { u };
                }
            }
        }
    }
}
