//! Numbers from `Values`.

use super::samplers::{exponential, gamma, normal_between};
use super::spec::Values;
use crate::rng::{Domain, Stream};

impl Values {
    /// One draw. For `Array`, `index` chooses the entry.
    #[inline]
    pub fn draw(&self, stream: &mut Stream, index: usize) -> f64 {
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
            } => redraw(*min, *max, || {
                scale * libm::exp(mu + sigma * stream.normal())
            }),
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
