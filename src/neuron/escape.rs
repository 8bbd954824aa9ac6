//! Escape noise: a threshold that is passed by chance.
//!
//! ```text
//! rho(V) = rate exp((V - threshold) / width)          hazard
//! P(spike at a tick) = 1 - exp(-rho(V) h)             h: length of a tick, V after the tick's input
//! ```
//!
//! The rate is the hazard at the threshold. With the width going to 0 this is the sharp threshold.
//! Gerstner & Kistler (2002) *Spiking Neuron Models*, section 5.3; NEST's `pp_psc_delta` decides in
//! the same way.
//!
//! The random number of a neuron at a tick is had from its global id and the tick alone, whatever
//! has been drawn before and wherever the neuron lives.

use super::real::Real;
use crate::network::spec::EscapeNoise;
use crate::rng::philox::{Blocks, LANES, philox, philox_wide};
use crate::rng::{Domain, key};
use crate::simd::{Kernel, vectorized};

/// Escape noise of the neurons of a shard's part of a population.
#[derive(Clone, Copy, Debug)]
pub struct Escape {
    /// Expected spikes per tick at the threshold.
    per_tick: f64,
    width: f64,
    /// (V - threshold) / width below which no random number is small enough for a spike.
    least: f64,
    key: u64,
    first_id: u32,
}

/// The smallest random number: half a step of 2^-53.
const SMALLEST: f64 = 1.0 / (1u64 << 54) as f64;

impl Escape {
    pub fn new(noise: EscapeNoise, tick_ms: f64, seed: u64, first_id: u32) -> Self {
        let per_tick = noise.rate * tick_ms / 1000.0;
        Self {
            per_tick,
            width: noise.width,
            // A little lower than where the chance is `SMALLEST`: this only saves work.
            least: libm::log(0.5 * SMALLEST / per_tick),
            key: key(seed, Domain::Escape, 0, 0),
            first_id,
        }
    }

    /// Chance of a spike at a tick with V by `above` over the threshold: rises with it, from 0 to 1.
    pub fn chance(&self, above: f64) -> f64 {
        -libm::expm1(-self.per_tick * libm::exp(above / self.width))
    }

    /// Does neuron `i` of the shard's part fire at tick `t`?
    #[inline]
    pub fn fires(&self, above: f64, i: u32, t: u64) -> bool {
        let x = above / self.width;
        if x < self.least {
            return false;
        }
        let u = self.uniform(i, t);
        // exp(-y) <= 1 / (1 + y + y^2/2 + y^3/6), and the chance is less than the expected number:
        // most neurons are done here.
        if x < 0.0 {
            let y = -x;
            let least = 1.0 + y * (1.0 + y * (0.5 + y / 6.0));
            if u * least > self.per_tick * (1.0 + 1e-9) {
                return false;
            }
        }
        u < self.chance(above)
    }

    /// Marks the neurons from `lo` on that fire at tick `t`, as `fires` says: any? `threshold`: one, or one per
    /// neuron. Those that are refractory do not.
    pub fn mark<R: Real>(
        &self,
        t: u64,
        lo: u32,
        v: &[R],
        threshold: &[R],
        ref_until: &[u64],
        marks: &mut [u8],
    ) -> bool {
        let may = vectorized(May {
            escape: self,
            t,
            lo,
            v,
            threshold,
            ref_until,
            marks: &mut *marks,
        });
        if !may {
            return false;
        }
        let mut any = false;
        for (k, mark) in marks.iter_mut().enumerate().filter(|(_, mark)| **mark != 0) {
            let threshold = threshold[if threshold.len() > 1 { k } else { 0 }];
            let fires = self.fires((v[k] - threshold).f64(), lo + k as u32, t);
            *mark = u8::from(fires);
            any |= fires;
        }
        any
    }

    /// Uniform in (0, 1), 53 bits. One block of the generator serves two neurons.
    #[inline]
    fn uniform(&self, i: u32, t: u64) -> f64 {
        let id = self.first_id + i;
        let words = philox([id >> 1, t as u32, (t >> 32) as u32, 0], self.key);
        let [a, b] = if id & 1 == 0 {
            [words[0], words[1]]
        } else {
            [words[2], words[3]]
        };
        unit(u64::from(a) | u64::from(b) << 32)
    }
}

/// The number that two words of a block are, the lower one first.
#[inline(always)]
fn unit(words: u64) -> f64 {
    ((words.rotate_left(32) >> 11) as f64 + 0.5) * (1.0 / (1u64 << 53) as f64)
}

/// Marks the neurons for which the short cuts of `Escape::fires` do not say that they do not: any?
struct May<'a, R> {
    escape: &'a Escape,
    t: u64,
    lo: u32,
    v: &'a [R],
    threshold: &'a [R],
    ref_until: &'a [u64],
    marks: &'a mut [u8],
}

/// Neurons whose numbers come from blocks side by side.
const GROUP: usize = 2 * LANES;

impl<R: Real> Kernel for May<'_, R> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Escape {
            per_tick,
            width,
            least,
            key,
            first_id,
        } = *self.escape;
        let n = self.v.len();
        let each = self.threshold.len() == n;
        let (ref_until, marks) = (&self.ref_until[..n], &mut self.marks[..n]);
        let (mut at, mut any) = (0, 0);
        while at < n {
            // Groups are counted from id 0; the first may begin within.
            let id = (first_id + self.lo) as usize + at;
            let skipped = id % GROUP;
            let len = (GROUP - skipped).min(n - at);
            let mut words = [0; GROUP];
            let first = Blocks::From((id - skipped) as u64 / 2);
            philox_wide(first, self.t, 0, key, &mut words);
            let mut units = [0.0; GROUP];
            for i in 0..LANES {
                units[2 * i] = unit(words[i]);
                units[2 * i + 1] = unit(words[LANES + i]);
            }
            let units = &units[skipped..skipped + len];
            let span = at..at + len;
            let own = self.v[span.clone()].iter().zip(&ref_until[span.clone()]);
            let threshold = &self.threshold[if each { span.clone() } else { 0..1 }];
            for (i, (v, until)) in own.enumerate() {
                let x = (*v - threshold[if each { i } else { 0 }]).f64() / width;
                let y = -x;
                let under = 1.0 + y * (1.0 + y * (0.5 + y / 6.0));
                let never =
                    (x < least) | ((x < 0.0) & (units[i] * under > per_tick * (1.0 + 1e-9)));
                let mark = u8::from((self.t > *until) & !never);
                marks[at + i] = mark;
                any |= mark;
            }
            at += len;
        }
        any != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(rate: f64, width: f64) -> Escape {
        Escape::new(EscapeNoise { rate, width }, 0.1, 1, 0)
    }

    #[test]
    fn the_chance_rises_from_nothing_to_certainty() {
        let e = noise(100.0, 2.0);
        assert!((e.chance(0.0) - (1.0 - (-0.01f64).exp())).abs() < 1e-15);
        assert!((e.chance(2.0) - (1.0 - (-0.01 * 1f64.exp()).exp())).abs() < 1e-15);
        assert_eq!(e.chance(f64::NEG_INFINITY), 0.0);
        assert_eq!(e.chance(f64::INFINITY), 1.0);
        let mut last = 0.0;
        for k in -20_000..20_000 {
            let p = e.chance(f64::from(k) * 0.01);
            assert!(p >= last && p <= 1.0, "{k}");
            last = p;
        }
        assert_eq!(last, 1.0);
    }

    #[test]
    fn the_short_cuts_decide_as_the_chance_itself_does() {
        for (rate, width) in [
            (100.0, 2.0),
            (1e4, 0.5),
            (0.01, 10.0),
            (1e7, 1.0),
            (1e-30, 1.0),
        ] {
            let e = noise(rate, width);
            let mut fired = 0;
            for t in 1..400 {
                for i in 0..50u32 {
                    // From where nothing can happen to where it must.
                    let above = width * (f64::from(i) - 25.0) * 2.0;
                    let plain = e.uniform(i, t) < e.chance(above);
                    assert_eq!(e.fires(above, i, t), plain, "{rate} {width} {t} {i}");
                    fired += u32::from(plain);
                }
            }
            assert!(fired > 0 || rate < 1e-20);
        }
    }

    #[test]
    fn numbers_belong_to_the_global_id_and_are_even_and_independent() {
        let (whole, part) = (
            noise(1.0, 1.0),
            Escape {
                first_id: 7,
                ..noise(1.0, 1.0)
            },
        );
        let mut mean = 0.0;
        let mut product = 0.0;
        let n = 20_000;
        for t in 0..n {
            let u: Vec<f64> = (0..10).map(|i| whole.uniform(i, t)).collect();
            assert_eq!(u[9], part.uniform(2, t));
            mean += u.iter().sum::<f64>() / 10.0;
            // Neighbours of one block, and of two.
            product += (u[0] - 0.5) * (u[1] - 0.5) + (u[1] - 0.5) * (u[2] - 0.5);
        }
        assert!((mean / n as f64 - 0.5).abs() < 0.005);
        assert!((product / n as f64).abs() < 0.005);
    }
}
