//! Numbers from `Values`.

use super::samplers::{exponential, gamma, normal_between};
use super::spec::Values;
use crate::neuron::exponential::exp;
use crate::rng::numbered::{Numbered, Numbers};
use crate::rng::{Domain, Stream, Words};
use crate::simd::{Kernel, each_mark, vectorized};

impl Values {
    /// One draw. For `Array`, `index` chooses the entry.
    #[inline]
    pub fn draw<G: Words>(&self, stream: &mut Stream<G>, index: usize) -> f64 {
        match self {
            Self::Constant(v) => *v,
            Self::Uniform { low, high } => low + (high - low) * stream.unit(),
            Self::Normal {
                mean,
                std,
                min,
                max,
            } => redraw(*min, *max, || mean + std * stream.normal()),
            Self::Lognormal {
                mu,
                sigma,
                scale,
                min,
                max,
            } => redraw(*min, *max, || scale * exp(mu + sigma * stream.normal())),
            Self::Exponential { mean, min, max } => exponential(stream, *mean, *min, *max),
            Self::Gamma {
                shape,
                scale,
                min,
                max,
            } => redraw(*min, *max, || scale * gamma(stream, *shape)),
            Self::TruncatedNormal {
                mean,
                std,
                min,
                max,
            } => {
                let z = normal_between(stream, (min - mean) / std, (max - mean) / std);
                // Rounding may lead out of the limits again.
                (mean + std * z).clamp(*min, *max)
            }
            Self::Array(all) => all.get(index).copied().unwrap_or(f64::NAN),
        }
    }

    /// The value of element `index` of `of`: a stream of its own for each element.
    pub fn element(&self, seed: u64, domain: Domain, of: u64, index: usize) -> f64 {
        match self {
            Self::Constant(v) => *v,
            Self::Array(all) => all.get(index).copied().unwrap_or(f64::NAN),
            _ => self.draw(&mut Stream::new(seed, domain, of, index as u64), index),
        }
    }

    /// Draws for `numbers` of a unit, each as `draw` gives it for that number alone. `words`: scratch.
    pub fn fill(
        &self,
        from: &Numbered,
        unit: u64,
        numbers: Numbers<'_>,
        words: &mut Vec<u64>,
        out: &mut [f64],
    ) {
        words.resize(out.len(), 0);
        from.words(unit, numbers, words);
        let (min, max) = match self {
            Self::Uniform { low, high } => {
                for (v, &w) in out.iter_mut().zip(&*words) {
                    *v = low + (high - low) * from.nth(w).unit();
                }
                return;
            }
            Self::Normal {
                mean,
                std,
                min,
                max,
            } => {
                from.normal(words, out);
                vectorized(Affine {
                    offset: *mean,
                    factor: *std,
                    values: out,
                });
                (min, max)
            }
            Self::Lognormal {
                mu,
                sigma,
                scale,
                min,
                max,
            } => {
                from.normal(words, out);
                vectorized(Powers {
                    mu: *mu,
                    sigma: *sigma,
                    scale: *scale,
                    values: out,
                });
                (min, max)
            }
            _ => {
                for (v, &w) in out.iter_mut().zip(&*words) {
                    *v = self.draw(&mut from.nth(w), 0);
                }
                return;
            }
        };
        if *min > f64::NEG_INFINITY || *max < f64::INFINITY {
            // First which, then those again from the start.
            let mut marks = [0; 512];
            for (values, words) in out.chunks_mut(512).zip(words.chunks(512)) {
                let marks = &mut marks[..values.len()];
                let (min, max) = (*min, *max);
                if vectorized(Outside {
                    values,
                    min,
                    max,
                    marks,
                }) {
                    each_mark(marks, |i| {
                        values[i] = self.draw(&mut from.nth(words[i]), 0);
                    });
                }
            }
        }
    }

    /// The mean without regard to limits, roughly that of a truncated normal: for estimates.
    pub fn typical(&self) -> f64 {
        match self {
            Self::Constant(v) => *v,
            Self::Uniform { low, high } => 0.5 * (low + high),
            Self::Normal { mean, .. } => *mean,
            Self::Lognormal {
                mu, sigma, scale, ..
            } => scale * libm::exp(mu + 0.5 * sigma * sigma),
            Self::Exponential { mean, .. } => *mean,
            Self::Gamma { shape, scale, .. } => shape * scale,
            Self::TruncatedNormal { mean, min, max, .. } => mean.clamp(*min, *max),
            Self::Array(all) => all.iter().sum::<f64>() / all.len().max(1) as f64,
        }
    }
}

/// values = offset + factor * values.
struct Affine<'a> {
    offset: f64,
    factor: f64,
    values: &'a mut [f64],
}

impl Kernel for Affine<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for v in self.values {
            *v = self.offset + self.factor * *v;
        }
    }
}

/// values = scale * exp(mu + sigma * values).
struct Powers<'a> {
    mu: f64,
    sigma: f64,
    scale: f64,
    values: &'a mut [f64],
}

impl Kernel for Powers<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for v in self.values {
            *v = self.scale * exp(self.mu + self.sigma * *v);
        }
    }
}

/// Marks with 1 what lies outside of [min, max]: anything?
struct Outside<'a> {
    values: &'a [f64],
    min: f64,
    max: f64,
    marks: &'a mut [u8],
}

impl Kernel for Outside<'_> {
    type Output = bool;
    #[inline(always)]
    fn run(self) -> bool {
        let mut any = 0;
        for (mark, v) in self.marks.iter_mut().zip(self.values) {
            *mark = u8::from(!((self.min <= *v) & (*v <= self.max)));
            any |= *mark;
        }
        any != 0
    }
}

/// Draws until the value lies in [min, max]; after many vain tries, the nearest bound.
fn redraw(min: f64, max: f64, mut draw: impl FnMut() -> f64) -> f64 {
    let mut v = draw();
    for _ in 0..1000 {
        if (min..=max).contains(&v) {
            return v;
        }
        v = draw();
    }
    v.clamp(min, max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    /// Every distribution: many draws at once are those of single numbers, bit for bit.
    #[test]
    fn draws_side_by_side_are_those_of_single_numbers() {
        let normal = |mean, std, min, max| Values::Normal {
            mean,
            std,
            min,
            max,
        };
        let lognormal = |min, max| Values::Lognormal {
            mu: 0.4,
            sigma: 0.7,
            scale: -2.0,
            min,
            max,
        };
        for values in [
            Values::Constant(3.0),
            Values::Uniform {
                low: -1.0,
                high: 4.0,
            },
            normal(15.0, 7.5, -INF, INF),
            normal(1.0, 3.0, 0.0, INF),
            normal(1.0, 3.0, 0.9, 1.1),
            lognormal(-INF, INF),
            lognormal(-3.0, -1.0),
            Values::Exponential {
                mean: 2.0,
                min: 1.0,
                max: INF,
            },
            Values::Gamma {
                shape: 0.5,
                scale: 2.0,
                min: 0.0,
                max: 6.0,
            },
            Values::TruncatedNormal {
                mean: 0.0,
                std: 1.0,
                min: 2.0,
                max: 3.0,
            },
        ] {
            let from = Numbered::new(5, Domain::Weight, 2);
            let (mut words, mut out) = (Vec::new(), vec![0.0; 3000]);
            values.fill(&from, 8, Numbers::From(32), &mut words, &mut out);
            let scattered: Vec<u32> = (0..500).map(|i| (i * 7919) % 3000 + 32).collect();
            let mut picked = vec![0.0; 500];
            values.fill(&from, 8, Numbers::Each(&scattered), &mut words, &mut picked);
            for (k, v) in (32..).zip(&out) {
                let alone = values.draw(&mut from.alone(8, k), k as usize);
                assert_eq!(alone.to_bits(), v.to_bits(), "{values:?}");
            }
            for (&k, v) in scattered.iter().zip(&picked) {
                assert_eq!(out[k as usize - 32].to_bits(), v.to_bits(), "{values:?}");
            }
        }
    }
}
