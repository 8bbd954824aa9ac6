//! The graph as it grows, and the few ways in which translators add to it.

use super::tensor::{Tensor, gather, transposed};
use super::value::{Data, Wrong};
use crate::ann::graph::Graph;
use crate::ann::op::{Op, Scale, Select};
use crate::ann::shape;

/// Elements that one node may rearrange: each takes an index, and so a few bytes of a damaged file must
/// not call for gigabytes.
const MOST_MOVED: usize = 1 << 22;

/// The number of elements of a shape, if so many may be rearranged.
pub fn movable(to: &[usize]) -> Result<usize, Wrong> {
    let n = shape::count(to)?;
    // Beside an axis without elements any other one comes to none.
    let most = to.iter().copied().fold(n, usize::max);
    if most > MOST_MOVED {
        return Err(format!("it rearranges {most} elements; up to {MOST_MOVED} can be").into());
    }
    Ok(n)
}

pub struct Build {
    pub graph: Graph,
    /// Number of samples that the file is made for, if it is a fixed one.
    pub samples: Option<i64>,
}

impl Build {
    /// Adds a layer behind inputs whose axes are in order.
    pub fn push(&mut self, name: &str, op: Op, inputs: &[usize]) -> Result<Data, Wrong> {
        let node = self.graph.push(name, op, inputs)?;
        Ok(Data {
            node,
            axes: (0..self.graph.node(node).shape.len()).collect(),
            finish: None,
        })
    }

    /// Shape in the order of the file, without samples.
    pub fn shape(&self, d: &Data) -> Vec<usize> {
        let of = &self.graph.node(d.node).shape;
        d.axes.iter().map(|a| of[*a]).collect()
    }

    /// A function of single elements: axes stay as they are.
    pub fn elementwise(&mut self, name: &str, op: Op, d: &Data) -> Result<Data, Wrong> {
        let node = self.graph.push(name, op, &[d.node])?;
        Ok(Data {
            node,
            axes: d.axes.clone(),
            finish: None,
        })
    }

    /// The same with the elements in the order of the file.
    pub fn in_order(&mut self, name: &str, d: &Data) -> Result<Data, Wrong> {
        if d.axes.iter().enumerate().all(|(k, a)| k == *a) {
            return Ok(d.clone());
        }
        movable(&self.graph.node(d.node).shape)?;
        let (shape, from) = transposed(&self.graph.node(d.node).shape, &d.axes);
        self.select(name, d.node, shape, from.into_iter().map(Some), 0.0)
    }

    /// Elements of a node, by their numbers in it.
    pub fn select(
        &mut self,
        name: &str,
        node: usize,
        to: Vec<usize>,
        from: impl IntoIterator<Item = Option<usize>>,
        fill: f32,
    ) -> Result<Data, Wrong> {
        movable(&to)?;
        let from = from.into_iter().map(|i| i.map(|i| i as u32)).collect();
        let select = Select {
            shape: to,
            from,
            fill,
        };
        self.push(name, Op::Select(select), &[node])
    }

    /// Elements chosen along each axis of the file, by `maps` as [`gather`] takes them.
    pub fn choose(
        &mut self,
        name: &str,
        d: &Data,
        maps: &[Vec<Option<usize>>],
        fill: f32,
    ) -> Result<Data, Wrong> {
        let n = maps.len();
        let all = |(m, k): (&Vec<Option<usize>>, &usize)| {
            m.len() == *k && m.iter().enumerate().all(|(i, from)| *from == Some(i))
        };
        if maps.iter().zip(&self.shape(d)).all(all) {
            return Ok(d.clone());
        }
        // Along the node's own axes, so that no element is moved twice.
        let mut own = vec![Vec::new(); n];
        for (k, map) in maps.iter().enumerate() {
            own[d.axes[k]] = map.clone();
        }
        let to: Vec<usize> = own.iter().map(Vec::len).collect();
        movable(&to)?;
        let from = gather(&self.graph.node(d.node).shape, &own);
        let mut out = self.select(name, d.node, to, from, fill)?;
        out.axes = d.axes.clone();
        Ok(out)
    }

    /// Reshaped to what the file says, without samples.
    pub fn reshape(&mut self, name: &str, d: &Data, to: Vec<usize>) -> Result<Data, Wrong> {
        let d = self.in_order(name, d)?;
        if self.graph.node(d.node).shape == to {
            return Ok(d);
        }
        if to.is_empty() {
            return self.push(name, Op::Reshape(vec![1]), &[d.node]);
        }
        self.push(name, Op::Reshape(to), &[d.node])
    }

    /// Spread along axes of extent 1. Axes that are missing in front are added.
    pub fn spread(&mut self, name: &str, d: &Data, to: &[usize]) -> Result<Data, Wrong> {
        let has = self.shape(d);
        if has == to {
            return Ok(d.clone());
        }
        if has.len() != to.len() {
            return Err(format!(
                "samples of {} and of {} do not fit together",
                shape::text(&has),
                shape::text(to)
            )
            .into());
        }
        movable(to)?;
        let maps: Vec<Vec<Option<usize>>> = has
            .iter()
            .zip(to)
            .map(|(h, t)| (0..*t).map(|k| Some(if *h == 1 { 0 } else { k })).collect())
            .collect();
        self.choose(name, d, &maps, 0.0)
    }

    /// A constant as one number for each element of `d`, in the order of the node; the shortest list
    /// that says it.
    pub fn list(&self, d: &Data, t: &Tensor) -> Result<Vec<f32>, Wrong> {
        let per_sample = self.shape(d);
        if t.len() == 1 {
            return Ok(t.reals()?);
        }
        // The samples' axis of a constant has extent 1.
        let of = &t.shape;
        let of = match of.len().cmp(&(per_sample.len() + 1)) {
            std::cmp::Ordering::Less => of.clone(),
            std::cmp::Ordering::Equal if of[0] == 1 => of[1..].to_vec(),
            _ => {
                return Err(format!(
                    "a constant of {} does not fit samples of {}",
                    shape::text(of),
                    shape::text(&per_sample)
                )
                .into());
            }
        };
        // One number for each channel needs no spreading.
        let skip = per_sample.len() - of.len();
        let wide: Vec<usize> = (0..of.len()).filter(|a| of[*a] != 1).collect();
        if let [a] = wide[..]
            && d.axes[a + skip] == 0
            && of[a] == per_sample[a + skip]
        {
            return Ok(shorten(t.reals()?, of[a]));
        }
        movable(&per_sample)?;
        let flat = Tensor::real(of, t.reals()?);
        let full = flat.broadcast(&per_sample)?;
        let mut inverse = vec![0; d.axes.len()];
        for (k, a) in d.axes.iter().enumerate() {
            inverse[*a] = k;
        }
        let (_, from) = transposed(&per_sample, &inverse);
        let full = full.reals()?;
        let list: Vec<f32> = from.iter().map(|i| full[*i]).collect();
        Ok(shorten(list, self.graph.node(d.node).shape[0]))
    }

    /// y = scale x + shift; each may have one number or one for each element.
    pub fn scale(
        &mut self,
        name: &str,
        d: &Data,
        scale: Vec<f32>,
        shift: Vec<f32>,
    ) -> Result<Data, Wrong> {
        if let Some(bad) = scale.iter().chain(&shift).find(|x| !x.is_finite()) {
            return Err(format!("it scales by or adds {bad}").into());
        }
        self.elementwise(name, Op::Scale(Scale { scale, shift }), d)
    }
}

/// The shortest list that [`crate::ann::spread`] reads alike.
pub fn shorten(list: Vec<f32>, channels: usize) -> Vec<f32> {
    let same = |l: &[f32]| l.iter().all(|x| x.to_bits() == l[0].to_bits());
    if list.is_empty() || same(&list) {
        return list.into_iter().take(1).collect();
    }
    let per = list.len() / channels.max(1);
    if per > 1 && list.chunks_exact(per).all(same) {
        return list.into_iter().step_by(per).collect();
    }
    list
}
