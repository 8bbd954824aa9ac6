//! A gain per target by which its plastic input is multiplied: homeostasis without a sweep.
//!
//! ```text
//! normalise:  g = sum / (sum of the weights onto the neuron), taken anew at every multiple of `every`
//! scale:      dg/dt = eta g (rate - r), r the neuron's own rate as a trace: tau dr/dt = -r, + 1/tau at spikes
//! ```
//!
//! The weights that are summed are those that learning has brought up to date: what waits for the next
//! spike of a source is not in them yet. Bounds of weights are those before the gain.

use crate::neuron::real::Real;
use crate::plasticity::decay::Decayed;

#[derive(Clone, Debug)]
pub struct Gains {
    kind: Kind,
    gains: Vec<f64>,
    /// Normalise: sums of magnitudes. Scale: rates in Hz, just after the last spike.
    state: Vec<f64>,
    /// Scale: when gain and state were brought up to date.
    at: Vec<i64>,
    /// Sums before learning, of the segment at hand.
    old: Vec<f64>,
}

#[derive(Clone, Debug)]
enum Kind {
    Normalise {
        sum: f64,
        every: i64,
        next: i64,
    },
    Scale {
        rate: f64,
        eta: f64,
        tau_ms: f64,
        tick_ms: f64,
        lost: Decayed,
    },
}

impl Gains {
    /// Weights of each neuron sum to `sum` at every `every` ticks. `state` are the sums at the beginning.
    pub fn normalise(sum: f64, every: u64, state: Vec<f64>) -> Self {
        let mut all = Self {
            kind: Kind::Normalise {
                sum: sum.abs(),
                every: every.max(1) as i64,
                next: every.max(1) as i64,
            },
            gains: vec![1.0; state.len()],
            at: Vec::new(),
            old: Vec::new(),
            state,
        };
        all.take_sums();
        all
    }

    /// Rates go to `rate` Hz with step `eta` in 1 / (Hz ms).
    pub fn scale(n: usize, rate: f64, tau_ms: f64, eta: f64, tick_ms: f64) -> Self {
        Self {
            kind: Kind::Scale {
                rate,
                eta,
                tau_ms,
                tick_ms,
                lost: Decayed::new(1.0 / tau_ms, tick_ms),
            },
            gains: vec![1.0; n],
            state: vec![0.0; n],
            at: vec![0; n],
            old: Vec::new(),
        }
    }

    fn take_sums(&mut self) {
        if let Kind::Normalise { sum, .. } = self.kind {
            for (gain, &now) in self.gains.iter_mut().zip(&self.state) {
                *gain = if now > 0.0 { sum / now } else { 1.0 };
            }
        }
    }

    /// Before anything arrives at tick `now`.
    #[inline]
    pub fn reach(&mut self, now: i64) {
        if let Kind::Normalise { every, next, .. } = &mut self.kind
            && now >= *next
        {
            *next = (now / *every + 1) * *every;
            self.take_sums();
        }
    }

    /// Does it follow the weights?
    pub fn sums(&self) -> bool {
        matches!(self.kind, Kind::Normalise { .. })
    }

    pub fn keep<R: Real>(&mut self, weights: &[R]) {
        self.old.clear();
        self.old.extend(weights.iter().map(|w| w.f64()));
    }

    pub fn follow<R: Real>(&mut self, target: impl Fn(usize) -> usize, weights: &[R]) {
        for (k, (new, old)) in weights.iter().zip(&self.old).enumerate() {
            self.state[target(k)] += new.f64() - old;
        }
    }

    /// Gain and rate of a neuron some ticks after they were brought up to date.
    fn later(&self, i: usize, now: i64) -> (f64, f64) {
        let Kind::Scale {
            rate,
            eta,
            tau_ms,
            tick_ms,
            lost,
        } = &self.kind
        else {
            return (self.gains[i], 0.0);
        };
        let ticks = now - self.at[i];
        let (h, lost) = (ticks as f64 * tick_ms, lost.after(ticks));
        let exponent = eta * (rate * h - self.state[i] * tau_ms * lost);
        (
            self.gains[i] * libm::exp(exponent),
            self.state[i] * (1.0 - lost),
        )
    }

    /// Neuron `i` spikes.
    pub fn spike(&mut self, i: usize, tick: i64) {
        let (gain, rate) = self.later(i, tick);
        if let Kind::Scale { tau_ms, .. } = self.kind {
            self.gains[i] = gain;
            self.state[i] = rate + 1000.0 / tau_ms;
            self.at[i] = tick;
        }
    }

    /// Gain, state and its tick of a neuron.
    pub fn kept(&self, i: usize) -> (f64, f64, i64) {
        let at = self.at.get(i).copied().unwrap_or(0);
        (self.gains[i], self.state[i], at)
    }

    /// The way back of `kept`.
    pub fn put_back(&mut self, i: usize, (gain, state, at): (f64, f64, i64)) {
        (self.gains[i], self.state[i]) = (gain, state);
        if let Some(to) = self.at.get_mut(i) {
            *to = at;
        }
    }

    /// Goes on after tick `t`: sums are taken next at the next multiple, and have been at all before.
    pub fn pass(&mut self, t: i64) {
        if let Kind::Normalise { every, next, .. } = &mut self.kind {
            *next = (t / *every + 1) * *every;
        }
    }

    /// The gain of a neuron at a tick.
    #[inline]
    pub fn of(&self, i: usize, now: i64) -> f64 {
        match self.kind {
            Kind::Normalise { .. } => self.gains[i],
            Kind::Scale { .. } => self.later(i, now).0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the differential equations in small steps.
    #[test]
    fn scaling_follows_its_equations_between_spikes() {
        let (rate, tau, eta, tick) = (5.0, 300.0, 1e-4, 0.1);
        let mut gains = Gains::scale(1, rate, tau, eta, tick);
        let (mut g, mut r, mut at) = (1.0f64, 0.0f64, 0i64);
        for spike in [500, 700, 2_000, 9_000, 9_001, 30_000] {
            let h = tick / 20.0;
            for _ in 0..(spike - at) * 20 {
                g += h * eta * g * (rate - r);
                r -= h * r / tau;
            }
            let got = gains.of(0, spike);
            assert!((got / g - 1.0).abs() < 1e-4, "{spike}: {got} {g}");
            gains.spike(0, spike);
            r += 1000.0 / tau;
            at = spike;
        }
    }

    #[test]
    fn normalised_weights_times_their_gain_sum_to_what_is_asked_at_each_multiple() {
        let mut gains = Gains::normalise(6.0, 100, vec![2.0, 0.0, 3.0]);
        assert_eq!([0, 1, 2].map(|i| gains.of(i, 1)), [3.0, 1.0, 2.0]);
        let mut weights = [1.0, 1.0, 3.0];
        let target = |k: usize| [0, 0, 2][k];
        gains.keep(&weights);
        weights = [1.5, 1.5, 1.0];
        gains.follow(target, &weights);
        gains.reach(99);
        assert_eq!(gains.of(0, 99), 3.0);
        gains.reach(100);
        assert_eq!([0, 2].map(|i| gains.of(i, 100)), [2.0, 6.0]);
    }
}
