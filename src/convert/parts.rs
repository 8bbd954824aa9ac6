//! What the elements of a node are, where they are values of populations with weights, or means of such.

use super::plan::Coded;
use crate::ann::{AvgPool, Graph, Op, spread};
use crate::spiking::{PoolRows, Sliding};

/// Elements `first..first + len` of a node (channels first): one population's values, element by element,
/// or means of its windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub population: usize,
    pub first: usize,
    pub len: usize,
    /// One factor for all, or as many as `ann::spread` deals to the elements.
    pub gains: Vec<f64>,
    /// Number of the pool's node, and the pool for this part.
    pub pool: Option<(usize, AvgPool)>,
}

impl Part {
    pub fn gain(&self, e: usize) -> f64 {
        self.gains[spread(e, self.len, self.gains.len())]
    }

    /// Is the factor the same within every plane of so many elements?
    pub fn gains_by_plane(&self, area: usize) -> bool {
        let planes = self.len / area;
        planes.is_multiple_of(self.gains.len().max(1))
    }
}

/// Graph and codes, as in `Affine`.
pub struct Parts<'a> {
    pub graph: &'a Graph,
    pub coded: &'a [Option<Coded>],
    pub planes: &'a [[usize; 3]],
}

impl Parts<'_> {
    /// The parts that node `n` is the sum of, besides a constant. `None` if it is more than that.
    pub fn of(&self, n: usize) -> Option<Vec<Part>> {
        let node = self.graph.node(n);
        let len = node.len();
        if let Some(coded) = &self.coded[n] {
            let part = |(population, gains): &(usize, Vec<f64>)| Part {
                population: *population,
                first: 0,
                len,
                gains: gains.clone(),
                pool: None,
            };
            return Some(coded.parts.iter().map(part).collect());
        }
        match &node.op {
            Op::Reshape(_) => self.of(node.inputs[0]),
            Op::Sum(coefficients) => {
                let mut all: Vec<Part> = Vec::new();
                for (input, c) in node.inputs.iter().zip(coefficients) {
                    for part in self.of(*input)? {
                        add(&mut all, scaled(part, &[f64::from(*c)]));
                    }
                }
                Some(all)
            }
            Op::Concat(0) => {
                let (mut all, mut at) = (Vec::new(), 0);
                for input in &node.inputs {
                    for mut part in self.of(*input)? {
                        part.first += at;
                        all.push(part);
                    }
                    at += self.graph.node(*input).len();
                }
                Some(all)
            }
            Op::Scale(s) => {
                let of = |part: Part| {
                    let factor =
                        |e: usize| f64::from(s.scale[spread(part.first + e, len, s.scale.len())]);
                    let factors: Vec<f64> = (0..part.len).map(factor).collect();
                    scaled(part, &factors)
                };
                Some(self.of(node.inputs[0])?.into_iter().map(of).collect())
            }
            Op::AvgPool(pool) => {
                let [_, h, w] = self.graph.node(node.inputs[0]).planes();
                let [_, oh, ow] = node.planes();
                let pooled = |part: Part| {
                    let whole = part.first.is_multiple_of(h * w)
                        && part.len.is_multiple_of(h * w)
                        && part.gains_by_plane(h * w)
                        && part.pool.is_none()
                        && self.planes[part.population] == [part.len / (h * w), h, w];
                    whole.then(|| Part {
                        first: part.first / (h * w) * (oh * ow),
                        len: part.len / (h * w) * (oh * ow),
                        pool: Some((n, *pool)),
                        ..part
                    })
                };
                self.of(node.inputs[0])?.into_iter().map(pooled).collect()
            }
            _ => None,
        }
    }

    /// The windows of a part's pool, from its population on.
    pub fn windows(&self, part: &Part) -> Option<PoolRows> {
        let (node, pool) = part.pool.as_ref()?;
        let from = self.planes[part.population];
        let [_, oh, ow] = self.graph.node(*node).planes();
        let share =
            |axis: usize, at: usize| 1.0 / pool.divisor_along(axis, at, from[axis + 1]) as f64;
        let shares = [
            (0..oh).map(|y| share(0, y)).collect(),
            (0..ow).map(|x| share(1, x)).collect(),
        ];
        Some(PoolRows::new(from, sliding(&pool.window), shares))
    }
}

/// How a window of the trained network lies over planes.
pub fn sliding(window: &crate::ann::Window) -> Sliding {
    let [top, left, ..] = window.pads;
    Sliding {
        kernel: window.kernel,
        stride: window.stride,
        dilation: window.dilation,
        pads: [top, left],
        transposed: false,
    }
}

/// A part times factors: one, or one for each element.
fn scaled(part: Part, factors: &[f64]) -> Part {
    if let [factor] = factors {
        let gains = part.gains.iter().map(|g| g * factor).collect();
        return Part { gains, ..part };
    }
    let each: Vec<f64> = (0..part.len).map(|e| part.gain(e) * factors[e]).collect();
    Part {
        gains: short(each),
        ..part
    }
}

/// As few numbers as say the same by `ann::spread`.
fn short(each: Vec<f64>) -> Vec<f64> {
    // As long as runs of the same number are, if the length is a multiple of that.
    let mut run = each.len();
    let mut begin = 0;
    for e in 1..=each.len() {
        if e == each.len() || each[e] != each[begin] {
            run = gcd(run, e - begin);
            begin = e;
        }
    }
    each.into_iter().step_by(run.max(1)).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Adds a part to a sum.
fn add(all: &mut Vec<Part>, part: Part) {
    let same = |p: &&mut Part| {
        let key = |p: &Part| (p.population, p.first, p.len, p.gains.len(), p.pool);
        key(p) == key(&part)
    };
    match all.iter_mut().find(same) {
        Some(p) => {
            for (g, more) in p.gains.iter_mut().zip(&part.gains) {
                *g += more;
            }
        }
        None => all.push(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_factors_are_as_short_as_they_can_be() {
        assert_eq!(short(vec![2.0; 6]), [2.0]);
        assert_eq!(short(vec![1.0, 1.0, 1.0, 2.0, 2.0, 2.0]), [1.0, 2.0]);
        assert_eq!(short(vec![1.0, 1.0, 2.0, 2.0, 2.0, 2.0]), [1.0, 2.0, 2.0]);
        assert_eq!(short(vec![1.0, 2.0, 2.0]), [1.0, 2.0, 2.0]);
    }
}
