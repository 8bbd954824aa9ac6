//! Shapes of all nodes: stated, from parameters, or from what comes before.
//!
//! Stored shapes are not trusted where they can be computed, and what files in use get wrong in known
//! ways is mended and noted: parameters of one element for a whole layer, samples' axes left in, new
//! shapes that do not fit but have as many elements.

use super::graph::{Array, Node};
use super::nested::Raw;
use super::primitives::Kind;
use crate::ann::shape::{MOST_ELEMENTS, text};

type Shape = Vec<usize>;

fn whole(a: &Array) -> Result<Shape, String> {
    a.values
        .iter()
        .map(|v| {
            (v.fract() == 0.0 && (0.0..=MOST_ELEMENTS as f64).contains(v))
                .then_some(*v as usize)
                .ok_or_else(|| format!("a size is {v}"))
        })
        .collect()
}

fn array<'r>(raw: &'r Raw, name: &str) -> Option<&'r Array> {
    raw.parameters
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, a)| a)
}

fn count(shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1usize, |n, d| n.checked_mul(*d))
        .filter(|n| *n <= MOST_ELEMENTS)
}

/// One or two sizes as height and width.
fn pair(raw: &Raw, name: &str, missing: usize) -> Result<[usize; 2], String> {
    match array(raw, name).map(whole).transpose()?.as_deref() {
        None => Ok([missing; 2]),
        Some([x]) => Ok([*x; 2]),
        Some([y, x]) => Ok([*y, *x]),
        Some(other) => Err(format!("its {name} has {} entries", other.len())),
    }
}

/// Output places of a window along an axis.
fn places(
    n: usize,
    pad: usize,
    dilation: usize,
    kernel: usize,
    stride: usize,
) -> Result<usize, String> {
    let extent = (kernel.max(1) - 1)
        .checked_mul(dilation)
        .and_then(|e| e.checked_add(1));
    let padded = pad.checked_mul(2).and_then(|p| p.checked_add(n));
    match (extent, padded) {
        (Some(e), Some(p)) if stride > 0 && dilation > 0 && kernel > 0 && p >= e => {
            Ok((p - e) / stride + 1)
        }
        _ => Err(format!(
            "a kernel of {kernel}, dilation {dilation} and stride {stride} does not fit {n} with \
             padding {pad}"
        )),
    }
}

/// Input and output of a node, as far as they follow from itself and from what comes in.
pub fn of(raw: &Raw, before: Option<&Shape>) -> Result<(Option<Shape>, Option<Shape>), String> {
    let kind = raw.primitive.kind;
    match kind {
        Kind::Input | Kind::Output => {
            let stated = array(raw, "shape").map(whole).transpose()?;
            Ok((stated.clone(), stated))
        }
        Kind::Affine | Kind::Linear => {
            let w = &array(raw, "weight").ok_or("it has no weight")?.shape;
            let [outer @ .., m, n] = &w[..] else {
                return Err(format!("its weight is {}, no matrix", text(w)));
            };
            let with = |last: usize| outer.iter().copied().chain([last]).collect::<Shape>();
            if let Some(b) = array(raw, "bias")
                && b.values.len() != count(&with(*m)).unwrap_or(0)
            {
                return Err(format!("it has {} biases for {m} outputs", b.values.len()));
            }
            Ok((Some(with(*n)), Some(with(*m))))
        }
        Kind::Conv1d | Kind::Conv2d => conv(raw, before, kind == Kind::Conv1d),
        Kind::SumPool2d | Kind::AvgPool2d => {
            let (k, s, p) = (
                pair(raw, "kernel_size", 1)?,
                pair(raw, "stride", 1)?,
                pair(raw, "padding", 0)?,
            );
            let Some(before) = before else {
                return Ok((None, None));
            };
            let [c, h, w] = before[..] else {
                return Err(format!(
                    "it pools images, and what comes in is {}",
                    text(before)
                ));
            };
            let out = vec![
                c,
                places(h, p[0], 1, k[0], s[0])?,
                places(w, p[1], 1, k[1], s[1])?,
            ];
            Ok((Some(before.clone()), Some(out)))
        }
        Kind::Flatten => {
            let stated = array(raw, "input_type").map(whole).transpose()?;
            // A samples' axis left in, or zeros for what was not known.
            let stated = stated.filter(|s| !s.contains(&0));
            let Some(from) = before.cloned().or(stated) else {
                return Ok((None, None));
            };
            let rank = from.len() as i64;
            let dim = |name: &str, missing: i64| {
                let d = array(raw, name).and_then(|a| a.values.first().copied());
                let d = d.map_or(missing, |d| d as i64);
                if d < 0 { d.saturating_add(rank) } else { d }
            };
            let (start, end) = (dim("start_dim", 1), dim("end_dim", -1));
            let n = count(&from).ok_or("it is too large")?;
            if start < 0 || end >= rank || start > end {
                return Ok((Some(from), Some(vec![n])));
            }
            let (start, end) = (start as usize, end as usize);
            let mut out = from[..start].to_vec();
            out.push(from[start..=end].iter().product());
            out.extend(&from[end + 1..]);
            Ok((Some(from), Some(out)))
        }
        _ => {
            let largest = kind
                .per_element()
                .iter()
                .filter_map(|p| array(raw, p))
                .max_by_key(|a| a.values.len());
            let own = largest
                .filter(|a| a.values.len() > 1)
                .map(|a| a.shape.clone());
            // A parameter of one element says nothing if something comes in.
            let one = || {
                largest.map(|a| {
                    if a.shape.is_empty() {
                        vec![1]
                    } else {
                        a.shape.clone()
                    }
                })
            };
            let shape = match (own, before) {
                (Some(own), Some(b)) if count(&own) == count(b) => Some(b.clone()),
                (Some(own), _) => Some(own),
                (None, Some(b)) => Some(b.clone()),
                (None, None) => one(),
            };
            Ok((shape.clone(), shape))
        }
    }
}

fn conv(
    raw: &Raw,
    before: Option<&Shape>,
    line: bool,
) -> Result<(Option<Shape>, Option<Shape>), String> {
    let w = &array(raw, "weight").ok_or("it has no weight")?.shape;
    let (s, d) = (pair(raw, "stride", 1)?, pair(raw, "dilation", 1)?);
    let groups = pair(raw, "groups", 1)?[0];
    let (out_c, in_c, kernel) = match w[..] {
        [o, i, k] if line => (o, i, [1, k]),
        [o, i, y, x] if !line => (o, i, [y, x]),
        _ => return Err(format!("its weight is {}", text(w))),
    };
    if groups == 0 || !out_c.is_multiple_of(groups) {
        return Err(format!(
            "{out_c} channels cannot be dealt to {groups} groups"
        ));
    }
    if let Some(b) = array(raw, "bias")
        && b.values.len() != out_c
    {
        return Err(format!(
            "it has {} biases for {out_c} channels",
            b.values.len()
        ));
    }
    let in_c = in_c.checked_mul(groups).ok_or("it is too large")?;
    let stated = array(raw, "input_shape").map(whole).transpose()?;
    let stated = stated.filter(|s| s.len() == if line { 1 } else { 2 } && !s.contains(&0));
    let from = before
        .cloned()
        .or(stated.map(|s| std::iter::once(in_c).chain(s).collect()));
    let Some(from) = from else {
        return Ok((None, None));
    };
    let (h, width) = match from[..] {
        [c, l] if line && c == in_c => (1, l),
        [c, h, w] if !line && c == in_c => (h, w),
        _ => {
            return Err(format!(
                "its weight {} does not fit what comes in, {}",
                text(w),
                text(&from)
            ));
        }
    };
    let out = match raw.padding.as_deref() {
        Some("same") => [h, width],
        other => {
            if let Some(word) = other.filter(|w| *w != "valid") {
                return Err(format!(
                    "its padding is `{}`; `same`, `valid` or numbers are expected",
                    word.escape_debug()
                ));
            }
            let p = pair(raw, "padding", 0)?;
            [
                if line {
                    1
                } else {
                    places(h, p[0], d[0], kernel[0], s[0])?
                },
                places(width, p[1], d[1], kernel[1], s[1])?,
            ]
        }
    };
    let out = if line {
        vec![out_c, out[1]]
    } else {
        vec![out_c, out[0], out[1]]
    };
    Ok((Some(from), Some(out)))
}

/// Parameters with one number for each element of the layer, and those left out with their defaults.
pub fn completed(raw: Raw, input: Shape, output: Shape, name: String) -> Result<Node, String> {
    let kind = raw.primitive.kind;
    let n = count(&output).ok_or_else(|| format!("{} is too large", text(&output)))?;
    count(&input).ok_or_else(|| format!("{} is too large", text(&input)))?;
    let mut parameters = raw.parameters;
    for p in kind.per_element() {
        let default = match *p {
            "v_reset" => 0.0,
            "w_in" => 1.0,
            _ => f64::NAN,
        };
        if !parameters.iter().any(|(q, _)| q == p) && !default.is_nan() {
            parameters.push((p, Array::list(vec![default])));
        }
        let Some((_, a)) = parameters.iter_mut().find(|(q, _)| q == p) else {
            continue;
        };
        if a.values.len() == 1 {
            a.values = vec![a.values[0]; n];
        } else if a.values.len() != n {
            return Err(format!(
                "`{p}` has {} numbers for a layer of {}",
                a.values.len(),
                text(&output)
            ));
        }
        a.shape = output.clone();
    }
    if matches!(kind, Kind::Affine | Kind::Conv1d | Kind::Conv2d)
        && !parameters.iter().any(|(p, _)| *p == "bias")
    {
        let n = if kind == Kind::Affine { n } else { output[0] };
        parameters.push(("bias", Array::list(vec![0.0; n])));
    }
    if let Some(word) = &raw.padding {
        let zero = word == "valid";
        parameters.push(("padding", Array::list(same_padding(&parameters, zero))));
    }
    Ok(Node {
        name,
        kind,
        parameters,
        input,
        output,
        metadata: raw.metadata,
    })
}

/// `same` as numbers. For an even extent they end in a half: one row less before than after.
fn same_padding(parameters: &[(&'static str, Array)], zero: bool) -> Vec<f64> {
    let get = |name: &str| parameters.iter().find(|(p, _)| *p == name).map(|(_, a)| a);
    let kernel = get("weight").map_or(&[][..], |a| &a.shape[2.min(a.shape.len())..]);
    let dilation = get("dilation").map_or(vec![1.0], |a| a.values.clone());
    kernel
        .iter()
        .enumerate()
        .map(|(i, k)| {
            let d = dilation.get(i).or(dilation.first()).copied().unwrap_or(1.0);
            if zero {
                0.0
            } else {
                (k.max(&1) - 1) as f64 * d / 2.0
            }
        })
        .collect()
}
