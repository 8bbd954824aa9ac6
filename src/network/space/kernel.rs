//! Kernels: values that depend on the distance between two elements.
//!
//! | name | value at distance d |
//! | --- | --- |
//! | gaussian = σ | offset + peak exp(-d² / (2 σ²)) |
//! | exponential = β | offset + peak exp(-d / β) |
//! | linear = L | offset + peak (1 - d / L), and offset beyond L |
//! | boxcar = R | offset + peak up to the distance R (inclusive), and offset beyond it |
//! | speed = v | offset + d / v (delays only) |
//!
//! Names and formulas are those of NEST's spatial distributions and masks, except that `linear` is
//! stated by the distance at which it reaches zero.
//!
//! All of them change with distance in one direction only, so their extremes over a range of
//! distances are at its ends: what `Kernel::range` and the sampling in `cells.rs` rest upon.

use crate::network::spec::Values;
use crate::rng::{Stream, Words};

/// How a kernel falls with distance, as a factor of its peak. Lengths in micrometres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    Gaussian {
        sigma: f64,
    },
    Exponential {
        beta: f64,
    },
    Linear {
        reach: f64,
    },
    Boxcar {
        radius: f64,
    },
    /// d / speed, in ms: rises instead of falling. um/ms.
    Travel {
        speed: f64,
    },
}

/// A distance is within a radius if it is not larger by more than rounding errors: neighbours on a
/// grid whose spacing is the radius are within it.
const TOLERANCE: f64 = 1e-9;

#[inline]
fn within(d: f64, radius: f64) -> bool {
    d <= radius * (1.0 + TOLERANCE)
}

impl Shape {
    #[inline]
    pub fn at(&self, d: f64) -> f64 {
        match *self {
            Self::Gaussian { sigma } => {
                let z = d / sigma;
                libm::exp(-0.5 * z * z)
            }
            Self::Exponential { beta } => libm::exp(-d / beta),
            Self::Linear { reach } => (1.0 - d / reach).max(0.0),
            Self::Boxcar { radius } => f64::from(within(d, radius)),
            Self::Travel { speed } => d / speed,
        }
    }

    /// What no distance exceeds: the distance itself is not bounded for delays.
    fn most(&self, farthest: f64) -> f64 {
        match self {
            Self::Travel { .. } => self.at(farthest),
            _ => 1.0,
        }
    }
}

/// A probability by distance: offset + peak shape(d), and zero beyond `within`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kernel {
    pub shape: Shape,
    pub peak: f64,
    pub offset: f64,
    /// Mask radius in micrometres; infinite without a mask.
    pub within: f64,
}

impl Kernel {
    #[inline]
    pub fn at(&self, d: f64) -> f64 {
        if within(d, self.within) {
            self.offset + self.peak * self.shape.at(d)
        } else {
            0.0
        }
    }

    /// Least and largest value for distances from `near` to `far`.
    pub fn range(&self, near: f64, far: f64) -> (f64, f64) {
        if !within(near, self.within) {
            return (0.0, 0.0);
        }
        let masked = !within(far, self.within);
        let a = self.at(near);
        let b = self.offset + self.peak * self.shape.at(far.min(self.within));
        (if masked { 0.0 } else { a.min(b) }, a.max(b))
    }

    /// Is it a constant over all distances for which `range` gives one number?
    pub fn has_steps(&self) -> bool {
        matches!(self.shape, Shape::Boxcar { .. })
    }
}

/// A weight or delay by distance: offset + peak shape(d). Peak and offset may be drawn for each
/// synapse: a drawn peak is multiplicative jitter, a drawn offset an additive one.
#[derive(Clone, Debug, PartialEq)]
pub struct ByDistance {
    pub shape: Shape,
    pub peak: Values,
    pub offset: Values,
}

impl ByDistance {
    /// The value at distance `d`; peak and offset are drawn in this order.
    #[inline]
    pub fn draw<G: Words>(&self, d: f64, stream: &mut Stream<G>) -> f64 {
        let peak = self.peak.draw(stream, 0);
        let offset = self.offset.draw(stream, 0);
        offset + peak * self.shape.at(d)
    }

    /// Least and largest value up to the distance `farthest`, given the limits of what is drawn.
    pub fn range(&self, farthest: f64, limits: impl Fn(&Values) -> (f64, f64)) -> (f64, f64) {
        let ((p, q), (low, high)) = (limits(&self.peak), limits(&self.offset));
        let nearest = self.shape.at(0.0);
        let (a, b) = (
            nearest.min(self.shape.at(farthest)),
            self.shape.most(farthest),
        );
        (low + (p * a).min(p * b), high + (q * a).max(q * b))
    }
}

/// A kernel as users see it.
#[derive(Debug)]
pub struct KernelDef {
    pub name: &'static str,
    /// The value at distance d.
    pub formula: &'static str,
    pub doc: &'static str,
    /// Makes the shape from the length behind the name.
    pub shape: fn(f64) -> Shape,
}

/// Every kernel, in the order users see.
pub static KERNELS: [KernelDef; 4] = [
    KernelDef {
        name: "gaussian",
        formula: "offset + peak exp(-d^2 / (2 sigma^2))",
        doc: "falls like a Gaussian; the length is its standard deviation sigma",
        shape: |sigma| Shape::Gaussian { sigma },
    },
    KernelDef {
        name: "exponential",
        formula: "offset + peak exp(-d / beta)",
        doc: "falls exponentially; the length is the decay constant beta",
        shape: |beta| Shape::Exponential { beta },
    },
    KernelDef {
        name: "linear",
        formula: "offset + peak max(0, 1 - d / L)",
        doc: "falls on a straight line that reaches zero at the length L",
        shape: |reach| Shape::Linear { reach },
    },
    KernelDef {
        name: "boxcar",
        formula: "offset + peak if d <= R, else offset",
        doc: "constant up to the length R (inclusive), and nothing beyond it",
        shape: |radius| Shape::Boxcar { radius },
    },
];

/// The kernel that only delays have.
pub static SPEED: KernelDef = KernelDef {
    name: "speed",
    formula: "offset + d / speed",
    doc: "delays only: the time that a spike takes at this speed, such as \"0.3 m/s\"",
    shape: |speed| Shape::Travel { speed },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_have_their_values() {
        let k = |shape| Kernel {
            shape,
            peak: 0.8,
            offset: 0.1,
            within: 250.0,
        };
        let near = |a: f64, b: f64| (a - b).abs() < 1e-15;
        let g = k(Shape::Gaussian { sigma: 100.0 });
        assert!(near(g.at(100.0), 0.1 + 0.8 * (-0.5f64).exp()));
        assert_eq!((g.at(250.0) > 0.1, g.at(250.1)), (true, 0.0));
        assert!(near(
            k(Shape::Exponential { beta: 50.0 }).at(100.0),
            0.1 + 0.8 * (-2.0f64).exp()
        ));
        let l = k(Shape::Linear { reach: 200.0 });
        assert!(near(l.at(50.0), 0.1 + 0.8 * 0.75) && near(l.at(240.0), 0.1));
        let b = k(Shape::Boxcar { radius: 30.0 });
        // 0.1 + 0.2 is not 0.3: still a neighbour at that distance.
        assert!(near(b.at(100.0 * (0.1 + 0.2)), 0.9) && near(b.at(30.001), 0.1));
    }

    #[test]
    fn the_range_of_a_kernel_holds_all_its_values() {
        for def in &KERNELS {
            for (peak, offset) in [(0.6, 0.0), (-0.3, 0.4), (0.5, 0.25)] {
                let k = Kernel {
                    shape: (def.shape)(90.0),
                    peak,
                    offset,
                    within: 200.0,
                };
                for (near, far) in [(0.0, 10.0), (50.0, 120.0), (150.0, 260.0), (210.0, 220.0)] {
                    let (low, high) = k.range(near, far);
                    for i in 0..=100 {
                        let v = k.at(near + (far - near) * f64::from(i) / 100.0);
                        assert!(low <= v && v <= high, "{} {near} {far} {v}", def.name);
                    }
                }
            }
        }
    }
}
