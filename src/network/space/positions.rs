//! Positions of the elements of a population, and distances between them.
//!
//! A position is stated as a layout and computed element by element, so a specification costs the
//! same for any size; `Positions::all` is what a network is built from.
//!
//! On a torus the distance along an axis of period L is min(|Δ|, L - |Δ|), with |Δ| taken modulo L.

use std::sync::Arc;

use crate::network::spec::Slice;
use crate::rng::{Domain, Stream};

/// Coordinates in micrometres.
pub type Point = [f64; 3];

/// The period of an axis that does not close upon itself.
pub const OPEN: f64 = f64::INFINITY;

/// Where the elements of a population are.
#[derive(Clone, Debug, PartialEq)]
pub struct Positions {
    /// 1, 2 or 3.
    pub dimensions: usize,
    pub layout: Layout,
    /// Period of each axis; `OPEN` where space does not close upon itself.
    pub period: Point,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Layout {
    /// Cell centres of a regular grid; the last axis runs fastest. Unused axes have one cell.
    Grid {
        shape: [u32; 3],
        extent: Point,
        corner: Point,
    },
    /// Evenly distributed in a box, every element with a stream of its own.
    Random { extent: Point, corner: Point },
    /// One point per element.
    Listed(Arc<Vec<Point>>),
}

impl Positions {
    /// Position of element `i` of population `population`.
    pub fn at(&self, seed: u64, population: usize, i: u32) -> Point {
        match &self.layout {
            Layout::Grid {
                shape,
                extent,
                corner,
            } => {
                let [_, ny, nz] = *shape;
                let cell = [i / (ny * nz), i / nz % ny, i % nz];
                std::array::from_fn(|k| {
                    let n = f64::from(shape[k]);
                    corner[k] + extent[k] * (2.0 * f64::from(cell[k]) + 1.0) / (2.0 * n)
                })
            }
            Layout::Random { extent, corner } => {
                let mut s = Stream::new(seed, Domain::Position, population as u64, u64::from(i));
                std::array::from_fn(|k| {
                    if k < self.dimensions {
                        corner[k] + extent[k] * s.unit()
                    } else {
                        0.0
                    }
                })
            }
            Layout::Listed(points) => points.get(i as usize).copied().unwrap_or_default(),
        }
    }

    /// Positions of all elements of a population of this size.
    pub fn all(&self, seed: u64, population: usize, size: u32) -> Vec<Point> {
        (0..size).map(|i| self.at(seed, population, i)).collect()
    }

    /// Corners of a box that holds every element.
    pub fn bounds(&self) -> (Point, Point) {
        match &self.layout {
            Layout::Grid { extent, corner, .. } | Layout::Random { extent, corner } => {
                (*corner, std::array::from_fn(|k| corner[k] + extent[k]))
            }
            Layout::Listed(points) => points.iter().fold(
                ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]),
                |(low, high), p| {
                    (
                        std::array::from_fn(|k| low[k].min(p[k])),
                        std::array::from_fn(|k| high[k].max(p[k])),
                    )
                },
            ),
        }
    }

    /// Can distances be taken between these and those?
    pub fn fits(&self, other: &Self) -> bool {
        self.dimensions == other.dimensions && self.period == other.period
    }
}

/// Distance of two points.
#[inline]
pub fn distance(a: &Point, b: &Point, period: &Point) -> f64 {
    let mut sum = 0.0;
    for k in 0..3 {
        let mut gap = (a[k] - b[k]).abs();
        if gap >= period[k] {
            gap %= period[k];
        }
        let gap = gap.min(period[k] - gap);
        sum += gap * gap;
    }
    sum.sqrt()
}

/// The points of a side of a connection statement.
#[derive(Clone, Debug)]
pub struct Points<'a> {
    /// Index of the first within the side, and the points.
    parts: Vec<(u32, &'a [Point])>,
    len: u32,
}

impl<'a> Points<'a> {
    /// `of` holds the points of each population. `None`: one of the populations has none.
    pub fn new(slices: &[Slice], of: &'a [Option<Vec<Point>>]) -> Option<Self> {
        let mut len = 0;
        let mut parts = Vec::with_capacity(slices.len());
        for s in slices {
            let all = of.get(s.population)?.as_ref()?;
            parts.push((len, all.get(s.start as usize..s.end as usize)?));
            len += s.len();
        }
        Some(Self { parts, len })
    }

    pub fn len(&self) -> u32 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub fn at(&self, i: u32) -> &Point {
        let (first, points) = match self.parts[..] {
            [only] => only,
            _ => self.parts[self.parts.partition_point(|p| p.0 <= i) - 1],
        };
        &points[(i - first) as usize]
    }
}

/// Both sides of a connection statement in one space.
#[derive(Clone, Debug)]
pub struct Space<'a> {
    pub from: Points<'a>,
    pub to: Points<'a>,
    pub period: Point,
}

impl Space<'_> {
    #[inline]
    pub fn distance(&self, source: u32, target: u32) -> f64 {
        distance(self.from.at(source), self.to.at(target), &self.period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(shape: [u32; 3], extent: Point) -> Positions {
        Positions {
            dimensions: 3,
            layout: Layout::Grid {
                shape,
                extent,
                corner: extent.map(|e| -e / 2.0),
            },
            period: [OPEN; 3],
        }
    }

    #[test]
    fn a_grid_has_its_elements_at_cell_centres_and_its_last_axis_runs_fastest() {
        let all = grid([3, 2, 1], [3.0, 2.0, 0.0]).all(1, 0, 6);
        let want = [
            [-1.0, -0.5, 0.0],
            [-1.0, 0.5, 0.0],
            [0.0, -0.5, 0.0],
            [0.0, 0.5, 0.0],
            [1.0, -0.5, 0.0],
            [1.0, 0.5, 0.0],
        ];
        assert_eq!(all, want);
    }

    #[test]
    fn on_a_torus_the_shorter_way_counts() {
        let p = [100.0, OPEN, OPEN];
        assert_eq!(distance(&[-49.0, 0.0, 0.0], &[49.0, 0.0, 0.0], &p), 2.0);
        assert_eq!(distance(&[10.0, 0.0, 0.0], &[60.0, 0.0, 0.0], &p), 50.0);
        // Points beyond the extent are the same points, some turns further.
        assert_eq!(distance(&[310.0, 3.0, 0.0], &[6.0, 0.0, 0.0], &p), 5.0);
        let open = [OPEN; 3];
        assert_eq!(
            distance(&[0.0, 3.0, 0.0], &[300.0, 3.0, 400.0], &open),
            500.0
        );
    }

    #[test]
    fn random_positions_fill_their_box_evenly() {
        let p = Positions {
            dimensions: 2,
            layout: Layout::Random {
                extent: [400.0, 100.0, 0.0],
                corner: [-100.0, 50.0, 0.0],
            },
            period: [OPEN; 3],
        };
        // 8 x 8 bins, 625 expected in each: 63 degrees of freedom, standard deviation 11.2.
        let mut bins = [0.0f64; 64];
        for x in p.all(7, 3, 40_000) {
            assert_eq!(x[2], 0.0);
            let (a, b) = ((x[0] + 100.0) / 50.0, (x[1] - 50.0) / 12.5);
            bins[a as usize * 8 + b as usize] += 1.0;
        }
        let chi: f64 = bins.iter().map(|n| (n - 625.0).powi(2) / 625.0).sum();
        assert!((25.0..115.0).contains(&chi), "{chi}");
        assert_ne!(p.at(7, 3, 0), p.at(7, 2, 0));
        assert_ne!(p.at(7, 3, 0), p.at(8, 3, 0));
    }
}
