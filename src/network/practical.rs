//! How far drawn values practically reach.

use super::spec::Values;

impl Values {
    /// The interval that drawn values practically stay in: six standard deviations, the same chance for
    /// other distributions, or the limits.
    pub fn practical(&self) -> (f64, f64) {
        // exp(-21) is the chance of a normal draw beyond six standard deviations.
        self.reach(6.0, 21.0)
    }

    /// The same for `far` standard deviations, beyond which a normal draw has the chance exp(-`tail`).
    pub(super) fn reach(&self, far: f64, tail: f64) -> (f64, f64) {
        let positive = |sign: f64, low: f64, high: f64, min: f64, max: f64| {
            let (low, high) = if sign > 0.0 {
                (low, high)
            } else {
                (-high, -low)
            };
            (low.max(min), high.min(max))
        };
        match self {
            Self::Constant(v) => (*v, *v),
            Self::Uniform { low, high } => (*low, *high),
            Self::Normal {
                mean,
                std,
                min,
                max,
            } => ((mean - far * std).max(*min), (mean + far * std).min(*max)),
            // The limits may lie far out: from there the tail falls even faster.
            Self::TruncatedNormal {
                mean,
                std,
                min,
                max,
            } => {
                let nearest = mean.clamp(*min, *max);
                (
                    (nearest - far * std).max(*min),
                    (nearest + far * std).min(*max),
                )
            }
            Self::Lognormal {
                mu,
                sigma,
                scale,
                min,
                max,
            } => {
                let a = scale * libm::exp(mu - far * sigma);
                let b = scale * libm::exp(mu + far * sigma);
                (a.min(b).max(*min), a.max(b).min(*max))
            }
            Self::Exponential { mean, min, max } => {
                // Under a lower limit the distribution begins there and is the same.
                let start = if *mean > 0.0 {
                    min.max(0.0)
                } else {
                    (-max).max(0.0)
                };
                positive(*mean, start, start + tail * mean.abs(), *min, *max)
            }
            Self::Gamma {
                shape,
                scale,
                min,
                max,
            } => {
                let sd = libm::sqrt(*shape);
                let low = (shape - far * sd).max(0.0) * scale.abs();
                let high = (shape + far * sd + tail) * scale.abs();
                positive(*scale, low, high, *min, *max)
            }
            Self::Array(all) => all
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
                    (l.min(*v), h.max(*v))
                }),
        }
    }
}
