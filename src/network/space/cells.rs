//! Sources sorted into nested cells, so that those near a target are found without looking at all.
//!
//! For a target and a kernel, `Cells::cover` divides the sources into groups, each with a bound
//! that the kernel exceeds for none of them. A rule then draws candidates from a group as if all
//! had the bound for probability (their gaps are geometric numbers), and takes each with
//! probability kernel / bound: every pair is connected with exactly its own probability, nothing is
//! cut off, and the work goes with the number of synapses. A group is as large as it can be without
//! too many candidates in vain: it is split while it expects more than one candidate and the kernel
//! falls by more than a half in it.
//!
//! The groups follow from the positions and the kernel alone, never from shards. The tree halves a
//! cell at the median of its longest side (Bentley 1975, Commun. ACM 18:509).

use super::kernel::Kernel;
use super::positions::{Point, Points, distance};

/// Sources in the smallest cells.
const LEAF: usize = 8;

/// Sources of a statement in an order in which neighbours lie close together.
#[derive(Debug)]
pub struct Cells {
    /// Source indices, in the order of the tree, and the points as stated.
    order: Vec<u32>,
    points: Vec<Point>,
    nodes: Vec<Node>,
    period: Point,
    /// Rounding errors of coordinates are below this.
    slack: f64,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    start: u32,
    end: u32,
    /// The box around the sources; on closed axes around their places within one period.
    low: Point,
    high: Point,
    /// The second half; the first is the next node. 0: not divided.
    second: u32,
}

/// A group of sources: for none of them does the kernel exceed `bound`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cover {
    /// Places in the order of the cells.
    pub start: u32,
    pub end: u32,
    pub bound: f64,
    /// The kernel equals `bound` for all of them.
    pub flat: bool,
}

/// The same place within [0, period).
fn folded(p: &Point, period: &Point) -> Point {
    std::array::from_fn(|k| {
        if period[k].is_finite() {
            p[k].rem_euclid(period[k])
        } else {
            p[k]
        }
    })
}

impl Cells {
    pub fn new(from: &Points<'_>, period: Point) -> Self {
        let all: Vec<Point> = (0..from.len()).map(|i| *from.at(i)).collect();
        let places: Vec<Point> = all.iter().map(|p| folded(p, &period)).collect();
        let mut order: Vec<u32> = (0..from.len()).collect();
        let mut nodes = Vec::with_capacity(all.len() / LEAF * 4 + 1);
        if !order.is_empty() {
            divide(&places, &mut order, 0, &mut nodes);
        }
        let points: Vec<Point> = order.iter().map(|&i| all[i as usize]).collect();
        let largest = all
            .iter()
            .flatten()
            .chain(period.iter().filter(|p| p.is_finite()))
            .fold(0.0f64, |m, x| m.max(x.abs()));
        Self {
            order,
            points,
            nodes,
            period,
            slack: largest * 1e-12,
        }
    }

    /// Source at a place of the order.
    #[inline]
    pub fn source(&self, place: u32) -> u32 {
        self.order[place as usize]
    }

    /// Distance of the source at a place of the order.
    #[inline]
    pub fn distance(&self, place: u32, target: &Point) -> f64 {
        distance(&self.points[place as usize], target, &self.period)
    }

    /// Divides the sources into groups for `target`; those that the kernel cannot reach are left
    /// out. `fine`: the number of expected candidates above which a group may be split.
    pub fn cover(&self, target: &Point, kernel: &Kernel, fine: f64, mut f: impl FnMut(Cover)) {
        let place = folded(target, &self.period);
        // Rounding of the target's own coordinates counts too.
        let slack = self.slack + place.iter().fold(0.0f64, |m, x| m.max(x.abs())) * 1e-12;
        let mut pending = [0u32; 64];
        let mut waiting = usize::from(!self.nodes.is_empty());
        while waiting > 0 {
            waiting -= 1;
            let at = pending[waiting];
            let node = &self.nodes[at as usize];
            let (near, far) = node.distances(&place, &self.period);
            let (near, far) = ((near - slack).max(0.0), far + slack);
            let (low, high) = kernel.range(near, far);
            if high <= 0.0 {
                continue;
            }
            let flat = kernel.has_steps() && low == high;
            // The margin covers functions that are monotone only up to their last bits.
            let bound = if flat {
                high
            } else {
                (high * (1.0 + 1e-9)).min(1.0)
            };
            let n = f64::from(node.end - node.start);
            if node.second == 0 || n * bound <= fine || low >= 0.5 * high {
                f(Cover {
                    start: node.start,
                    end: node.end,
                    bound,
                    flat,
                });
                continue;
            }
            // A stack as deep as the tree, which halves: far below 64.
            pending[waiting] = node.second;
            pending[waiting + 1] = at + 1;
            waiting += 2;
        }
    }

    /// How many sources the kernel reaches from `target`, counted up to `enough`.
    pub fn reached(&self, target: &Point, kernel: &Kernel, enough: u32) -> u32 {
        let place = folded(target, &self.period);
        let mut pending: Vec<usize> = (0..self.nodes.len().min(1)).collect();
        let mut found = 0;
        while found < enough
            && let Some(at) = pending.pop()
        {
            let node = &self.nodes[at];
            let (near, far) = node.distances(&place, &self.period);
            let (low, high) = kernel.range((near - self.slack).max(0.0), far + self.slack);
            if high <= 0.0 {
                continue;
            }
            if low > 0.0 {
                found += node.end - node.start;
            } else if node.second == 0 {
                for i in node.start..node.end {
                    found += u32::from(kernel.at(self.distance(i, target)) > 0.0);
                }
            } else {
                pending.extend([node.second as usize, at + 1]);
            }
        }
        found
    }

    /// The sum of the kernel over all sources; where it changes by no more than the part `coarse`
    /// in a cell, the middle stands for all.
    pub fn sum(&self, target: &Point, kernel: &Kernel, coarse: f64) -> f64 {
        let place = folded(target, &self.period);
        let mut pending: Vec<usize> = (0..self.nodes.len().min(1)).collect();
        let mut sum = 0.0;
        while let Some(at) = pending.pop() {
            let node = &self.nodes[at];
            let (near, far) = node.distances(&place, &self.period);
            let (low, high) = kernel.range(near, far);
            let n = f64::from(node.end - node.start);
            if high - low <= coarse * high {
                sum += n * 0.5 * (low + high);
            } else if node.second == 0 {
                sum += (node.start..node.end)
                    .map(|i| kernel.at(self.distance(i, target)))
                    .sum::<f64>();
            } else {
                pending.extend([node.second as usize, at + 1]);
            }
        }
        sum
    }
}

/// Divides `order` (which begins at place `start` of the whole) and adds its nodes.
fn divide(places: &[Point], order: &mut [u32], start: u32, nodes: &mut Vec<Node>) {
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for &i in order.iter() {
        for k in 0..3 {
            low[k] = low[k].min(places[i as usize][k]);
            high[k] = high[k].max(places[i as usize][k]);
        }
    }
    let at = nodes.len();
    nodes.push(Node {
        start,
        end: start + order.len() as u32,
        low,
        high,
        second: 0,
    });
    let side = |k: usize| high[k] - low[k];
    let longest = (0..3).fold(0, |best, k| if side(k) > side(best) { k } else { best });
    if order.len() <= LEAF || side(longest) <= 0.0 {
        // How the halves came to be ordered is a matter of the sorting algorithm; this is not.
        order.sort_unstable();
        return;
    }
    let middle = order.len() / 2;
    // Equal coordinates are told apart by index, so that both halves are definite sets.
    order.select_nth_unstable_by(middle, |&a, &b| {
        let x = |i: u32| places[i as usize][longest];
        x(a).total_cmp(&x(b)).then(a.cmp(&b))
    });
    let (first, second) = order.split_at_mut(middle);
    divide(places, first, start, nodes);
    nodes[at].second = nodes.len() as u32;
    divide(places, second, start + middle as u32, nodes);
}

impl Node {
    /// Distances to the nearest and the farthest point of the box.
    fn distances(&self, target: &Point, period: &Point) -> (f64, f64) {
        let (mut near, mut far) = (0.0, 0.0);
        for k in 0..3 {
            let (x, low, high) = (target[k], self.low[k], self.high[k]);
            let to = |edge: f64| {
                let gap = (x - edge).abs();
                gap.min((period[k] - gap).abs())
            };
            let (a, b) = (to(low), to(high));
            let n = if (low..=high).contains(&x) {
                0.0
            } else {
                a.min(b)
            };
            // The point opposite on the circle is the farthest of all.
            let half = 0.5 * period[k];
            let opposite = if x < half { x + half } else { x - half };
            let f = if period[k].is_finite() && (low..=high).contains(&opposite) {
                half
            } else {
                a.max(b)
            };
            near += n * n;
            far += f * f;
        }
        (near.sqrt(), far.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::space::{KERNELS, Layout, OPEN, Positions};
    use crate::network::spec::Slice;

    fn points(dimensions: usize, n: u32, period: Point) -> Vec<Option<Vec<Point>>> {
        let p = Positions {
            dimensions,
            layout: Layout::Random {
                extent: [1000.0, 700.0, 300.0],
                corner: [-2300.0, 10.0, 0.0],
            },
            period,
        };
        vec![Some(p.all(3, 0, n))]
    }

    #[test]
    fn groups_hold_every_source_in_reach_once_and_their_bounds_hold() {
        for dimensions in 1..=3 {
            for period in [[OPEN; 3], [1000.0, 700.0, 300.0]] {
                let period: Point =
                    std::array::from_fn(|k| if k < dimensions { period[k] } else { OPEN });
                let all = points(dimensions, 900, period);
                let whole = [Slice {
                    population: 0,
                    start: 0,
                    end: 900,
                }];
                let from = Points::new(&whole, &all).unwrap();
                let cells = Cells::new(&from, period);
                for def in &KERNELS {
                    for within in [OPEN, 140.0] {
                        let kernel = Kernel {
                            shape: (def.shape)(120.0),
                            peak: 0.9,
                            offset: 0.0,
                            within,
                        };
                        for t in (0..900).step_by(90) {
                            check(&cells, &from, from.at(t), &kernel, &period);
                        }
                        check(&cells, &from, &[-9e3, 2e3, 0.0], &kernel, &period);
                    }
                }
            }
        }
    }

    fn check(cells: &Cells, from: &Points<'_>, x: &Point, kernel: &Kernel, period: &Point) {
        let mut seen = vec![false; from.len() as usize];
        cells.cover(x, kernel, 1.0, |c| {
            for place in c.start..c.end {
                let s = cells.source(place);
                let d = distance(from.at(s), x, period);
                assert_eq!(d, cells.distance(place, x));
                assert!(!std::mem::replace(&mut seen[s as usize], true));
                assert!(kernel.at(d) <= c.bound && c.bound <= 1.0);
                assert!(!c.flat || kernel.at(d) == c.bound);
            }
        });
        for (s, seen) in seen.iter().enumerate() {
            assert!(*seen || kernel.at(distance(from.at(s as u32), x, period)) == 0.0);
        }
    }

    #[test]
    fn the_work_goes_with_the_synapses_and_not_with_the_pairs() {
        // The same density on a larger and larger area: candidates and groups of one target stay.
        let work = |side: u32| {
            let p = Positions {
                dimensions: 2,
                layout: Layout::Grid {
                    shape: [side, side, 1],
                    extent: [10.0 * f64::from(side), 10.0 * f64::from(side), 0.0],
                    corner: [0.0; 3],
                },
                period: [OPEN; 3],
            };
            let all = vec![Some(p.all(1, 0, side * side))];
            let from = Points::new(
                &[Slice {
                    population: 0,
                    start: 0,
                    end: side * side,
                }],
                &all,
            )
            .unwrap();
            let cells = Cells::new(&from, [OPEN; 3]);
            let kernel = Kernel {
                shape: crate::network::space::Shape::Gaussian { sigma: 50.0 },
                peak: 0.5,
                offset: 0.0,
                within: OPEN,
            };
            let (mut groups, mut candidates, mut synapses) = (0, 0.0, 0.0);
            let x = *from.at(side * (side / 2) + side / 2);
            cells.cover(&x, &kernel, 1.0, |c| {
                groups += 1;
                candidates += f64::from(c.end - c.start) * c.bound;
                for place in c.start..c.end {
                    synapses += kernel.at(cells.distance(place, &x));
                }
            });
            (groups, candidates, synapses)
        };
        let (groups, candidates, synapses) = work(50);
        assert!(
            candidates < 2.0 * synapses && f64::from(groups) < 2.0 * synapses,
            "{groups} {candidates} {synapses}"
        );
        let (more, farther, _) = work(800);
        assert!(
            more < groups + 40 && farther < candidates + 20.0,
            "{more} {farther}"
        );
    }
}
