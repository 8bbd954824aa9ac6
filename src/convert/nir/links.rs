//! What a node of a NIR graph without state does, as weighted links from its inputs to its outputs.

use crate::import::nir::{Kind, Node};
use crate::network::estimate::{available_memory, show_bytes, show_count};

/// A link: target, weight and, with delays, their sum.
const BYTES_PER_LINK: f64 = 20.0;

/// A linear map, row by row: links `start[s] .. start[s + 1]` are those of source `s`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Links {
    pub sources: usize,
    pub targets: usize,
    pub start: Vec<usize>,
    pub to: Vec<u32>,
    pub weight: Vec<f64>,
    /// In the file's unit of time; empty if nothing is delayed.
    pub delay: Vec<f64>,
}

/// Refuses what this machine cannot hold, before it is asked for.
fn affordable(links: f64) -> Result<(), String> {
    let needed = links * BYTES_PER_LINK;
    match available_memory() {
        Some(available) if needed > available as f64 => Err(format!(
            "its {} links take {}, and {} of memory are available",
            show_count(links),
            show_bytes(needed),
            show_bytes(available as f64)
        )),
        _ => Ok(()),
    }
}

impl Links {
    pub fn len(&self) -> usize {
        self.to.len()
    }

    pub fn is_empty(&self) -> bool {
        self.to.is_empty()
    }

    /// (target, weight, delay) of the links of a source.
    pub fn row(&self, source: usize) -> impl Iterator<Item = (u32, f64, f64)> + '_ {
        (self.start[source]..self.start[source + 1]).map(|k| {
            let delay = self.delay.get(k).copied().unwrap_or(0.0);
            (self.to[k], self.weight[k], delay)
        })
    }

    /// Every source to the target of its number.
    pub fn identity(n: usize) -> Self {
        Self::diagonal(n, |_| 1.0)
    }

    fn diagonal(n: usize, weight: impl Fn(usize) -> f64) -> Self {
        Self {
            sources: n,
            targets: n,
            start: (0..=n).collect(),
            to: (0..n as u32).collect(),
            weight: (0..n).map(weight).collect(),
            delay: Vec::new(),
        }
    }

    /// From links that are made in the order of targets: `each` calls back with (source, target,
    /// weight), and does so twice. Weights of 0 do nothing and are left out.
    fn gathered(
        sources: usize,
        targets: usize,
        each: impl Fn(&mut dyn FnMut(usize, usize, f64)),
    ) -> Self {
        let mut start = vec![0usize; sources + 1];
        each(&mut |s, _, w| start[s + 1] += usize::from(w != 0.0));
        for s in 0..sources {
            start[s + 1] += start[s];
        }
        let mut next = start.clone();
        let mut to = vec![0u32; start[sources]];
        let mut weight = vec![0.0; start[sources]];
        each(&mut |s, t, w| {
            if w != 0.0 {
                to[next[s]] = t as u32;
                weight[next[s]] = w;
                next[s] += 1;
            }
        });
        Self {
            sources,
            targets,
            start,
            to,
            weight,
            delay: Vec::new(),
        }
    }

    /// The links of a node without state.
    pub fn of(node: &Node) -> Result<Self, String> {
        let (n, m) = (node.input.iter().product(), node.len());
        let same = |n: usize| {
            if n == m {
                Ok(n)
            } else {
                Err(format!("{n} elements come in and {m} go out"))
            }
        };
        Ok(match node.kind {
            Kind::Affine | Kind::Linear => dense(node, n, m)?,
            Kind::Scale => {
                let scale = node.get("scale");
                Self::diagonal(same(n)?, |i| scale[i])
            }
            Kind::Delay => {
                let delay = node.get("delay").to_vec();
                if let Some(d) = delay.iter().find(|d| !d.is_finite() || **d < 0.0) {
                    return Err(format!("a delay is {d}"));
                }
                Self {
                    delay,
                    ..Self::identity(same(n)?)
                }
            }
            Kind::Conv1d | Kind::Conv2d => window(node, n, m)?,
            Kind::SumPool2d | Kind::AvgPool2d => pool(node, n, m)?,
            _ => Self::identity(same(n)?),
        })
    }

    /// This, and then `next`.
    pub fn then(&self, next: &Self) -> Result<Self, String> {
        let fan = |s: usize| next.start[s + 1] - next.start[s];
        let most: f64 = self.to.iter().map(|t| fan(*t as usize) as f64).sum();
        affordable(most.min(self.sources as f64 * next.targets as f64))?;
        let delayed = !self.delay.is_empty() || !next.delay.is_empty();
        let mut out = Self {
            sources: self.sources,
            targets: next.targets,
            start: vec![0],
            ..Self::default()
        };
        // Links of a source that end at one target are one link, unless their delays may differ.
        let mut sum = vec![0.0; next.targets];
        let mut seen = vec![false; next.targets];
        let mut touched: Vec<u32> = Vec::new();
        for s in 0..self.sources {
            for (middle, w, d) in self.row(s) {
                for (t, v, e) in next.row(middle as usize) {
                    if delayed {
                        out.to.push(t);
                        out.weight.push(w * v);
                        out.delay.push(d + e);
                        continue;
                    }
                    if !std::mem::replace(&mut seen[t as usize], true) {
                        touched.push(t);
                    }
                    sum[t as usize] += w * v;
                }
            }
            touched.sort_unstable();
            for t in touched.drain(..) {
                let w = std::mem::take(&mut sum[t as usize]);
                seen[t as usize] = false;
                if w != 0.0 {
                    out.to.push(t);
                    out.weight.push(w);
                }
            }
            out.start.push(out.to.len());
        }
        Ok(out)
    }

    /// The links of both, between the same ends.
    pub fn and(self, other: &Self) -> Self {
        let delayed = !self.delay.is_empty() || !other.delay.is_empty();
        let mut out = Self {
            sources: self.sources,
            targets: self.targets,
            start: vec![0],
            ..Self::default()
        };
        for s in 0..self.sources {
            for (t, w, d) in self.row(s).chain(other.row(s)) {
                out.to.push(t);
                out.weight.push(w);
                if delayed {
                    out.delay.push(d);
                }
            }
            out.start.push(out.to.len());
        }
        out
    }

    /// What comes out for constant values.
    pub fn apply(&self, values: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.targets];
        for (s, x) in values.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            for (t, w, _) in self.row(s) {
                out[t as usize] += w * x;
            }
        }
        out
    }
}

/// A matrix (targets, sources), or a pile of them side by side.
fn dense(node: &Node, n: usize, m: usize) -> Result<Links, String> {
    let weight = node.array("weight").ok_or("it has no weight")?;
    let [.., rows, columns] = weight.shape[..] else {
        return Err("its weight is no matrix".into());
    };
    let piles = weight.values.len() / (rows * columns).max(1);
    if piles * rows != m || piles * columns != n {
        return Err(format!("its weight does not lead from {n} to {m} elements"));
    }
    affordable(weight.values.len() as f64)?;
    Ok(Links::gathered(n, m, |take| {
        for (k, w) in weight.values.iter().enumerate() {
            let (pile, inside) = (k / (rows * columns), k % (rows * columns));
            let (row, column) = (inside / columns, inside % columns);
            take(pile * columns + column, pile * rows + row, *w);
        }
    }))
}

/// Height and width; a line has the height 1.
fn plane(shape: &[usize]) -> Result<[usize; 3], String> {
    match *shape {
        [c, l] => Ok([c, 1, l]),
        [c, h, w] => Ok([c, h, w]),
        _ => Err(format!("{} axes come in or go out", shape.len())),
    }
}

/// Geometry of windows over an image.
struct Windows {
    image: [usize; 2],
    out: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    before: [usize; 2],
    dilation: [usize; 2],
}

impl Windows {
    fn new(node: &Node, kernel: [usize; 2], line: bool) -> Result<([usize; 2], Self), String> {
        let ([c, h, w], [k, oh, ow]) = (plane(&node.input)?, plane(&node.output)?);
        // Of a line only the width has numbers of its own. An even kernel with `same` has one place
        // less before than after.
        let both = |name: &str, missing: usize| -> [usize; 2] {
            let list = node.get(name);
            let [y, x] = match *list {
                [] => [missing as f64; 2],
                [x] => [x; 2],
                [y, x, ..] => [y, x],
            };
            if line {
                [missing, x as usize]
            } else {
                [y as usize, x as usize]
            }
        };
        Ok((
            [c, k],
            Self {
                image: [h, w],
                out: [oh, ow],
                kernel,
                stride: both("stride", 1),
                before: both("padding", 0),
                dilation: both("dilation", 1),
            },
        ))
    }

    fn places(&self) -> usize {
        self.out[0] * self.out[1]
    }

    /// Calls back with (place in the image, place in the output, place in the kernel).
    fn each(&self, mut take: impl FnMut(usize, usize, usize)) {
        let at = |axis: usize, o: usize, k: usize| {
            let i = o * self.stride[axis] + k * self.dilation[axis];
            i.checked_sub(self.before[axis])
                .filter(|i| *i < self.image[axis])
        };
        for oy in 0..self.out[0] {
            for ky in 0..self.kernel[0] {
                let Some(y) = at(0, oy, ky) else { continue };
                for ox in 0..self.out[1] {
                    for kx in 0..self.kernel[1] {
                        if let Some(x) = at(1, ox, kx) {
                            take(
                                y * self.image[1] + x,
                                oy * self.out[1] + ox,
                                ky * self.kernel[1] + kx,
                            );
                        }
                    }
                }
            }
        }
    }
}

fn window(node: &Node, n: usize, m: usize) -> Result<Links, String> {
    let weight = node.array("weight").ok_or("it has no weight")?;
    let line = node.kind == Kind::Conv1d;
    let (per_group, kernel) = match weight.shape[..] {
        [_, i, k] if line => (i, [1, k]),
        [_, i, y, x] if !line => (i, [y, x]),
        _ => return Err("its weight does not fit".into()),
    };
    let ([c, out_c], win) = Windows::new(node, kernel, line)?;
    let groups = node.get("groups").first().map_or(1, |g| *g as usize);
    if groups == 0 || per_group * groups != c || !out_c.is_multiple_of(groups) {
        return Err(format!("{c} channels do not fit {groups} groups"));
    }
    let size = kernel[0] * kernel[1];
    affordable(win.places() as f64 * size as f64 * out_c as f64 * per_group as f64)?;
    let (image, places) = (win.image[0] * win.image[1], win.places());
    Ok(Links::gathered(n, m, |take| {
        for o in 0..out_c {
            let group = o / (out_c / groups);
            for i in 0..per_group {
                let source = (group * per_group + i) * image;
                let kernel = &weight.values[(o * per_group + i) * size..][..size];
                win.each(|from, to, k| take(source + from, o * places + to, kernel[k]));
            }
        }
    }))
}

fn pool(node: &Node, n: usize, m: usize) -> Result<Links, String> {
    let kernel = node.pair("kernel_size");
    let ([c, _], win) = Windows::new(node, kernel, false)?;
    let size = kernel[0] as f64 * kernel[1] as f64;
    affordable(win.places() as f64 * size * c as f64)?;
    let weight = match node.kind {
        Kind::AvgPool2d => 1.0 / size,
        _ => 1.0,
    };
    let (image, places) = (win.image[0] * win.image[1], win.places());
    Ok(Links::gathered(n, m, |take| {
        for c in 0..c {
            win.each(|from, to, _| take(c * image + from, c * places + to, weight));
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::nir::Array;

    fn node(kind: Kind, shape: [&[usize]; 2], own: Vec<(&'static str, Array)>) -> Node {
        Node {
            name: "n".into(),
            kind,
            parameters: own,
            input: shape[0].to_vec(),
            output: shape[1].to_vec(),
            metadata: Vec::new(),
        }
    }

    fn list(v: &[f64]) -> Array {
        Array::list(v.to_vec())
    }

    #[test]
    fn an_even_kernel_of_same_size_looks_further_after_than_before() {
        let weight = Array::new(vec![1, 1, 4], vec![1.0, 10.0, 100.0, 1000.0]);
        let own = vec![
            ("weight", weight),
            ("stride", list(&[1.0])),
            ("padding", list(&[1.5])),
            ("dilation", list(&[1.0])),
            ("groups", list(&[1.0])),
        ];
        let links = Links::of(&node(Kind::Conv1d, [&[1, 3], &[1, 3]], own)).unwrap();
        // y[o] = sum_k w[k] x[o + k - 1].
        assert_eq!(links.apply(&[1.0, 2.0, 3.0]), [3210.0, 321.0, 32.0]);
    }

    #[test]
    fn groups_and_strides_of_a_convolution() {
        let weight = Array::new(vec![2, 1, 2, 1], vec![1.0, 2.0, 3.0, 4.0]);
        let own = vec![
            ("weight", weight),
            ("stride", list(&[1.0, 2.0])),
            ("padding", list(&[0.0, 0.0])),
            ("dilation", list(&[1.0, 1.0])),
            ("groups", list(&[2.0])),
        ];
        let links = Links::of(&node(Kind::Conv2d, [&[2, 2, 3], &[2, 1, 2]], own)).unwrap();
        let x: Vec<f64> = (1..=12).map(f64::from).collect();
        // Channel 0: 1 x[0, c] + 2 x[1, c] at columns 0 and 2; channel 1 likewise with 3 and 4.
        assert_eq!(links.apply(&x), [9.0, 15.0, 61.0, 75.0]);
    }

    #[test]
    fn maps_one_after_the_other_are_one_map() {
        let pooled = vec![
            ("kernel_size", list(&[2.0, 2.0])),
            ("stride", list(&[2.0, 2.0])),
            ("padding", list(&[0.0, 0.0])),
        ];
        let pool = Links::of(&node(Kind::AvgPool2d, [&[1, 2, 4], &[1, 1, 2]], pooled)).unwrap();
        let weight = Array::new(vec![2, 2], vec![1.0, 2.0, 0.0, -4.0]);
        let dense = Links::of(&node(Kind::Linear, [&[2], &[2]], vec![("weight", weight)])).unwrap();
        let both = pool.then(&dense).unwrap();
        let x: Vec<f64> = (1..=8).map(f64::from).collect();
        assert_eq!(both.apply(&x), dense.apply(&pool.apply(&x)));
        // The weight 0 is no link.
        assert_eq!(both.len(), 12);
        assert_eq!(pool.clone().and(&pool).apply(&x), [7.0, 11.0]);
    }

    #[test]
    fn delays_add_up_and_keep_links_apart() {
        let late = |d: &[f64]| {
            let n = d.len();
            Links::of(&node(Kind::Delay, [&[n], &[n]], vec![("delay", list(d))])).unwrap()
        };
        let both = late(&[1.0, 2.0]).then(&late(&[0.5, 0.25])).unwrap();
        assert_eq!(both.delay, [1.5, 2.25]);
        let own = vec![("delay", list(&[-1.0]))];
        assert!(Links::of(&node(Kind::Delay, [&[1], &[1]], own)).is_err());
    }
}
