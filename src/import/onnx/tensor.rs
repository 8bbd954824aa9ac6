//! Constants of a file, and the whole numbers that shapes are computed with.

use crate::ann::shape;

/// A whole number that may count in samples: `n`, or `n` times the number of samples. Files compute
/// shapes at run time; with this the computation is done at import, though the number of samples is
/// not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int {
    pub n: i64,
    pub per_sample: bool,
}

/// The number of samples.
pub const SAMPLES: Int = Int {
    n: 1,
    per_sample: true,
};

impl Int {
    pub fn known(n: i64) -> Self {
        Self {
            n,
            per_sample: false,
        }
    }

    /// The number, if it does not depend on the samples.
    pub fn get(self) -> Option<i64> {
        (!self.per_sample).then_some(self.n)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    Real(Vec<f32>),
    Whole(Vec<Int>),
}

/// A constant. Scalars have no axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub shape: Vec<usize>,
    pub numbers: Numbers,
}

impl Tensor {
    pub fn real(shape: Vec<usize>, numbers: Vec<f32>) -> Self {
        Self {
            shape,
            numbers: Numbers::Real(numbers),
        }
    }

    pub fn whole(shape: Vec<usize>, numbers: Vec<Int>) -> Self {
        Self {
            shape,
            numbers: Numbers::Whole(numbers),
        }
    }

    /// A list of whole numbers.
    pub fn ints(list: Vec<Int>) -> Self {
        Self::whole(vec![list.len()], list)
    }

    pub fn len(&self) -> usize {
        match &self.numbers {
            Numbers::Real(v) => v.len(),
            Numbers::Whole(v) => v.len(),
        }
    }

    /// All numbers as reals. None may count in samples.
    pub fn reals(&self) -> Result<Vec<f32>, String> {
        match &self.numbers {
            Numbers::Real(v) => Ok(v.clone()),
            Numbers::Whole(v) => v
                .iter()
                .map(|i| {
                    i.get()
                        .map(|n| n as f32)
                        .ok_or_else(|| "a value depends on the number of samples".to_string())
                })
                .collect(),
        }
    }

    /// All numbers as whole numbers.
    pub fn wholes(&self) -> Result<Vec<Int>, String> {
        match &self.numbers {
            Numbers::Whole(v) => Ok(v.clone()),
            Numbers::Real(v) => v
                .iter()
                .map(|x| {
                    (x.fract() == 0.0)
                        .then(|| Int::known(*x as i64))
                        .ok_or_else(|| format!("a whole number is expected, not {x}"))
                })
                .collect(),
        }
    }

    /// The same, none of them counting in samples.
    pub fn known(&self) -> Result<Vec<i64>, String> {
        self.wholes()?
            .into_iter()
            .map(|i| {
                i.get()
                    .ok_or_else(|| "a size depends on the number of samples".to_string())
            })
            .collect()
    }

    /// The only number.
    pub fn scalar(&self) -> Result<f32, String> {
        match self.reals()?.as_slice() {
            [x] => Ok(*x),
            _ => Err(format!(
                "a single number is expected, not {}",
                shape::text(&self.shape)
            )),
        }
    }

    /// Elements `from` in a new shape.
    pub fn take(&self, shape: Vec<usize>, from: &[usize]) -> Self {
        let numbers = match &self.numbers {
            Numbers::Real(v) => Numbers::Real(from.iter().map(|i| v[*i]).collect()),
            Numbers::Whole(v) => Numbers::Whole(from.iter().map(|i| v[*i]).collect()),
        };
        Self { shape, numbers }
    }

    /// Spread to a shape by the rules of NumPy.
    pub fn broadcast(&self, to: &[usize]) -> Result<Self, String> {
        if self.shape == to {
            return Ok(self.clone());
        }
        let from = broadcast_index(&self.shape, to)?;
        Ok(self.take(to.to_vec(), &from))
    }
}

/// The shape that two spread to.
pub fn common_shape(a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
    let n = a.len().max(b.len());
    let axis = |s: &[usize], i: usize| (i + s.len()).checked_sub(n).map_or(1, |k| s[k]);
    let out: Option<Vec<usize>> = (0..n)
        .map(|i| match (axis(a, i), axis(b, i)) {
            (1, y) => Some(y),
            (x, 1) => Some(x),
            (x, y) => (x == y).then_some(x),
        })
        .collect();
    let out = out.ok_or_else(|| {
        format!(
            "{} and {} do not fit together",
            shape::text(a),
            shape::text(b)
        )
    })?;
    shape::count(&out)?;
    Ok(out)
}

/// For each element of `to`, the element of `from` that is spread to it.
pub fn broadcast_index(from: &[usize], to: &[usize]) -> Result<Vec<usize>, String> {
    if common_shape(from, to)? != to {
        return Err(format!(
            "{} cannot be spread to {}",
            shape::text(from),
            shape::text(to)
        ));
    }
    let skip = to.len() - from.len();
    let maps: Vec<Vec<usize>> = (0..to.len())
        .map(|i| {
            let wide = i >= skip && from[i - skip] > 1;
            (0..to[i]).map(|k| if wide { k } else { 0 }).collect()
        })
        .collect();
    let mut aligned = vec![1; skip];
    aligned.extend_from_slice(from);
    let maps: Vec<Vec<Option<usize>>> = maps
        .into_iter()
        .map(|m| m.into_iter().map(Some).collect())
        .collect();
    Ok(gather(&aligned, &maps)
        .into_iter()
        .map(Option::unwrap_or_default)
        .collect())
}

/// Elements of a tensor of shape `of`, chosen axis by axis: `maps[a][k]` is the index along axis `a`
/// of index k of the result; where one has none, the element has none.
pub fn gather(of: &[usize], maps: &[Vec<Option<usize>>]) -> Vec<Option<usize>> {
    let mut out: Vec<Option<usize>> = vec![Some(0)];
    for (axis, map) in maps.iter().enumerate() {
        let mut next = Vec::with_capacity(out.len() * map.len());
        for base in &out {
            for k in map {
                next.push(match (base, k) {
                    (Some(base), Some(k)) => Some(base * of[axis] + k),
                    _ => None,
                });
            }
        }
        out = next;
    }
    out
}

/// For each element of a transposed tensor, the element it comes from. Axis k of the result is axis
/// `perm[k]` of the source.
pub fn transposed(shape: &[usize], perm: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let mut strides = vec![1; shape.len()];
    for a in (1..shape.len()).rev() {
        strides[a - 1] = strides[a] * shape[a];
    }
    let out: Vec<usize> = perm.iter().map(|a| shape[*a]).collect();
    let mut from = vec![0];
    for (k, a) in perm.iter().enumerate() {
        let mut next = Vec::with_capacity(from.len() * out[k]);
        for base in &from {
            for i in 0..out[k] {
                next.push(base + i * strides[*a]);
            }
        }
        from = next;
    }
    (out, from)
}

/// An axis as files count it: negative ones from the end.
pub fn axis(a: i64, rank: usize) -> Result<usize, String> {
    let i = if a < 0 { a + rank as i64 } else { a };
    usize::try_from(i)
        .ok()
        .filter(|i| *i < rank)
        .ok_or_else(|| format!("there is no axis {a} in a tensor of {rank} axes"))
}

/// Distinct axes, sorted.
pub fn axes(list: &[i64], rank: usize) -> Result<Vec<usize>, String> {
    let mut out = list
        .iter()
        .map(|a| axis(*a, rank))
        .collect::<Result<Vec<_>, _>>()?;
    out.sort_unstable();
    if out.windows(2).any(|p| p[0] == p[1]) {
        return Err("an axis is named twice".into());
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_spread_as_in_numpy() {
        assert_eq!(common_shape(&[3, 1], &[2, 1, 4]), Ok(vec![2, 3, 4]));
        assert!(common_shape(&[3], &[2]).is_err());
        assert_eq!(
            broadcast_index(&[2, 1], &[2, 3]),
            Ok(vec![0, 0, 0, 1, 1, 1])
        );
        assert_eq!(broadcast_index(&[3], &[2, 3]), Ok(vec![0, 1, 2, 0, 1, 2]));
        assert_eq!(broadcast_index(&[], &[2]), Ok(vec![0, 0]));
    }

    #[test]
    fn transposing_moves_the_last_axis_fastest() {
        // [[0, 1, 2], [3, 4, 5]] turned is [[0, 3], [1, 4], [2, 5]].
        let (shape, from) = transposed(&[2, 3], &[1, 0]);
        assert_eq!(shape, [3, 2]);
        assert_eq!(from, [0, 3, 1, 4, 2, 5]);
    }

    #[test]
    fn axes_count_from_either_end() {
        assert_eq!(axis(-1, 4), Ok(3));
        assert!(axis(4, 4).is_err() && axis(-5, 4).is_err());
        assert_eq!(axes(&[-1, 1], 4), Ok(vec![1, 3]));
        assert!(axes(&[1, -3], 4).is_err());
    }
}
