//! Operators that move elements of activations: none of them computes.

use super::build::Build;
use super::pieces::{indices, permutation, slice_maps, split_parts, whole_maps};
use super::tensor::{Int, SAMPLES, Tensor, axes, axis, common_shape};
use super::value::{Call, Data, Value, Wrong, plain};
use crate::ann::op::Op;
use crate::ann::shape;

type Results = Result<Vec<Value>, Wrong>;

fn one(d: Data) -> Results {
    Ok(vec![d.into()])
}

/// Shape with the samples' axis, as the file sees it.
fn full_shape(b: &Build, d: &Data) -> Vec<Int> {
    let mut dims = vec![SAMPLES];
    dims.extend(b.shape(d).iter().map(|n| Int::known(*n as i64)));
    dims
}

/// Axes of the file without the samples' axis, from axes with it.
fn own_axes(list: &[i64], rank: usize) -> Result<Vec<usize>, Wrong> {
    axes(list, rank + 1)?
        .into_iter()
        .map(|a| a.checked_sub(1).ok_or_else(samples))
        .collect()
}

fn samples() -> Wrong {
    Wrong::new(
        "it works on the samples' axis (axis 0)",
        "samples must be independent of each other",
    )
}

/// `Identity`, `Cast` to a float, `Dropout` at inference: a last step stays a last step.
pub fn same(_: &mut Build, call: &Call<'_>) -> Results {
    if call.op == "Cast" {
        let to = call.attributes.int("to")?.unwrap_or(1);
        call.attributes.int("saturate")?;
        let finished = matches!(call.input(0), Value::Data(d) if d.finish.is_some());
        if !matches!(to, 1 | 10 | 11 | 16) && !finished {
            return Err(Wrong::new(
                format!("it casts activations to type {to}, which has no fractions"),
                "quantised networks cannot be converted; export the network in floats",
            ));
        }
    }
    if call.op == "Dropout" {
        call.attributes.float("ratio")?;
        call.attributes.int("is_test")?;
    }
    let mut out = vec![call.input(0).clone()];
    out.resize(call.outputs.max(1), Value::Absent);
    Ok(out)
}

pub fn shape_of(b: &mut Build, call: &Call<'_>) -> Results {
    let Value::Data(d) = call.input(0) else {
        return Err("it has no input".into());
    };
    let dims = full_shape(b, d);
    if call.op == "Size" {
        let n = dims.into_iter().try_fold(Int::known(1), Int::times)?;
        return Ok(vec![Tensor::whole(vec![], vec![n]).into()]);
    }
    Ok(vec![super::constants::part_of_shape(call, dims)?.into()])
}

pub fn transpose(_: &mut Build, call: &Call<'_>) -> Results {
    let d = call.data(0)?;
    let perm = permutation(call, d.axes.len() + 1)?;
    if perm[0] != 0 {
        return Err(samples());
    }
    let axes = perm[1..].iter().map(|a| d.axes[a - 1]).collect();
    one(Data { axes, ..d })
}

/// The shape without samples that a `Reshape` asks for.
fn target(b: &Build, d: &Data, to: &[Int], zero_copies: bool) -> Result<Vec<usize>, Wrong> {
    let has = full_shape(b, d);
    let n = b.graph.node(d.node).len() as i64;
    let mut dims = Vec::with_capacity(to.len());
    for (k, i) in to.iter().enumerate() {
        dims.push(if i.get() == Some(0) && zero_copies {
            *has.get(k).ok_or("it copies an axis that is not there")?
        } else {
            *i
        });
    }
    let cannot = || {
        let show = |i: &Int| match (i.per_sample, i.n) {
            (false, n) => n.to_string(),
            (true, 1) => "samples".into(),
            (true, n) => format!("{n} samples"),
        };
        let to: Vec<String> = to.iter().map(show).collect();
        Wrong::new(
            format!(
                "samples of {} cannot become {}",
                shape::text(&b.shape(d)),
                to.join(" x ")
            ),
            "the first axis must stay that of the samples",
        )
    };
    let (first, rest) = dims.split_first().ok_or_else(cannot)?;
    let rest: Vec<i64> = rest
        .iter()
        .map(|i| i.get())
        .collect::<Option<_>>()
        .ok_or_else(cannot)?;
    let open = rest.iter().filter(|r| **r == -1).count();
    let product = rest
        .iter()
        .filter(|r| **r != -1)
        .try_fold(1i64, |p, r| p.checked_mul(*r).filter(|p| *p > 0))
        .ok_or_else(cannot)?;
    // Files made for one sample, or for a fixed number of them, write the number itself.
    let is_samples = *first == SAMPLES
        || first.get() == Some(-1) && open == 0
        || first.get().is_some_and(|f| f == b.samples.unwrap_or(1));
    let inferred = n / product;
    if !is_samples || open > 1 || inferred * product != n || (open == 0 && product != n) {
        return Err(cannot());
    }
    rest.iter()
        .map(|r| usize::try_from(if *r == -1 { inferred } else { *r }).map_err(|_| cannot()))
        .collect()
}

pub fn reshape(b: &mut Build, call: &Call<'_>) -> Results {
    let (d, finish) = finished(call)?;
    let to = match call.attributes.ints("shape")? {
        Some(list) => list.into_iter().map(Int::known).collect(),
        None => call.constant(1, "sizes")?.wholes()?,
    };
    let zero_copies = !call.attributes.flag("allowzero", false)?;
    let to = target(b, &d, &to, zero_copies)?;
    reshaped(b, call, &d, to, finish)
}

/// The input, and whether its result is finished: shapes may still change then.
fn finished(call: &Call<'_>) -> Result<(Data, Option<(crate::ann::Finish, String)>), Wrong> {
    match call.input(0) {
        Value::Data(d) if d.finish.is_some() => {
            let finish = d.finish.clone();
            Ok((
                Data {
                    finish: None,
                    ..d.clone()
                },
                finish,
            ))
        }
        _ => Ok((call.data(0)?, None)),
    }
}

fn reshaped(
    b: &mut Build,
    call: &Call<'_>,
    d: &Data,
    to: Vec<usize>,
    finish: Option<(crate::ann::Finish, String)>,
) -> Results {
    if finish.is_some() {
        // The last step keeps what it was applied to.
        return one(Data {
            finish,
            ..d.clone()
        });
    }
    one(b.reshape(call.name, d, to)?)
}

pub fn flatten(b: &mut Build, call: &Call<'_>) -> Results {
    let (d, finish) = finished(call)?;
    let rank = d.axes.len() + 1;
    let a = call.attributes.int("axis")?.unwrap_or(1);
    let a = if a == rank as i64 {
        rank
    } else {
        axis(a, rank)?
    };
    let has = b.shape(&d);
    // Axes of extent 1 may stand with the samples.
    if a == 0 || has[..a - 1].iter().any(|n| *n != 1) {
        return Err(samples());
    }
    let n = has.iter().product();
    reshaped(b, call, &d, vec![n], finish)
}

pub fn squeeze(b: &mut Build, call: &Call<'_>) -> Results {
    let (d, finish) = finished(call)?;
    let has = b.shape(&d);
    let gone = match call.ints("axes", 1)? {
        Some(list) => own_axes(&list, has.len())?,
        None => (0..has.len()).filter(|a| has[*a] == 1).collect(),
    };
    if let Some(a) = gone.iter().find(|a| has[**a] != 1) {
        return Err(format!("axis {} has extent {} and cannot go", a + 1, has[*a]).into());
    }
    let to = (0..has.len())
        .filter(|a| !gone.contains(a))
        .map(|a| has[a])
        .collect();
    reshaped(b, call, &d, to, finish)
}

pub fn unsqueeze(b: &mut Build, call: &Call<'_>) -> Results {
    let (d, finish) = finished(call)?;
    let has = b.shape(&d);
    let list = call.ints("axes", 1)?.ok_or("its axes are missing")?;
    let rank = has.len() + list.len();
    let new = own_axes(&list, rank)?;
    let mut rest = has.into_iter();
    let to = (0..rank)
        .map(|a| {
            if new.contains(&a) {
                1
            } else {
                rest.next().unwrap_or(1)
            }
        })
        .collect();
    reshaped(b, call, &d, to, finish)
}

pub fn gather(b: &mut Build, call: &Call<'_>) -> Results {
    let d = call.data(0)?;
    let of = call.constant(1, "indices")?;
    let has = b.shape(&d);
    let a = axis(call.attributes.int("axis")?.unwrap_or(0), has.len() + 1)?;
    let a = a.checked_sub(1).ok_or_else(samples)?;
    let mut maps = whole_maps(&has);
    maps[a] = indices(&of, has[a])?.into_iter().map(Some).collect();
    let out = b.choose(call.name, &d, &maps, 0.0)?;
    if of.shape.len() == 1 {
        return one(out);
    }
    let mut to = b.shape(&out);
    to.splice(a..=a, of.shape.iter().copied());
    one(b.reshape(call.name, &out, to)?)
}

pub fn slice(b: &mut Build, call: &Call<'_>) -> Results {
    let d = call.data(0)?;
    // A stand-in for the samples: it must be taken as a whole, whatever their number.
    const MANY: usize = 1 << 12;
    let mut has = vec![MANY];
    has.extend(b.shape(&d));
    let maps = slice_maps(call, &has)?;
    if maps[0] != whole_maps(&has[..1])[0] {
        return Err(samples());
    }
    one(b.choose(call.name, &d, &maps[1..], 0.0)?)
}

pub fn split(b: &mut Build, call: &Call<'_>) -> Results {
    let d = call.data(0)?;
    let has = b.shape(&d);
    let (a, parts) = split_parts(call, &has, 1)?;
    parts
        .into_iter()
        .map(|part| {
            let mut maps = whole_maps(&has);
            maps[a] = part.map(Some).collect();
            Ok(b.choose(call.name, &d, &maps, 0.0)?.into())
        })
        .collect()
}

pub fn concat(b: &mut Build, call: &Call<'_>) -> Results {
    let parts: Vec<Data> = call
        .inputs
        .iter()
        .map(|v| match v {
            Value::Data(d) => plain(d),
            _ => Err(Wrong::new(
                "it joins a constant to activations",
                "only activations can be joined",
            )),
        })
        .collect::<Result<_, _>>()?;
    let first = parts.first().ok_or("it has no inputs")?;
    let rank = first.axes.len();
    let a = axis(call.attributes.int("axis")?.unwrap_or(1), rank + 1)?;
    let a = a.checked_sub(1).ok_or_else(samples)?;
    let alike = parts.iter().all(|p| p.axes == first.axes);
    let mut nodes = Vec::with_capacity(parts.len());
    for p in &parts {
        nodes.push(if alike {
            p.node
        } else {
            b.in_order(call.name, p)?.node
        });
    }
    let own = if alike { first.axes[a] } else { a };
    let axes = if alike {
        first.axes.clone()
    } else {
        (0..rank).collect()
    };
    let out = b.push(call.name, Op::Concat(own), &nodes)?;
    one(Data { axes, ..out })
}

pub fn expand(b: &mut Build, call: &Call<'_>) -> Results {
    let d = call.data(0)?;
    let to = call.constant(1, "sizes")?.wholes()?;
    let has = b.shape(&d);
    let own: Vec<usize> = match to.len().cmp(&(has.len() + 1)) {
        std::cmp::Ordering::Greater => return Err("it adds axes in front of the samples".into()),
        std::cmp::Ordering::Equal => {
            let first = to[0];
            let samples_stay =
                first == SAMPLES || first.get().is_some_and(|n| n == 1 || Some(n) == b.samples);
            if !samples_stay {
                return Err(samples());
            }
            known(&to[1..])?
        }
        std::cmp::Ordering::Less => known(&to)?,
    };
    let to = common_shape(&has, &own)?;
    one(b.spread(call.name, &d, &to)?)
}

/// `Tile`: every axis several times over.
pub fn tile(b: &mut Build, call: &Call<'_>) -> Results {
    let d = call.data(0)?;
    let has = b.shape(&d);
    let times = super::pieces::sizes(&call.constant(1, "repeats")?.known()?)?;
    if times.len() != has.len() + 1 {
        return Err(format!("it has {} repeats for {} axes", times.len(), has.len() + 1).into());
    }
    if times[0] != 1 {
        return Err(samples());
    }
    let mut maps = Vec::with_capacity(has.len());
    for (n, times) in has.iter().zip(&times[1..]) {
        let length = n.saturating_mul(*times);
        super::build::movable(&[length])?;
        maps.push((0..length).map(|i| Some(i % n)).collect());
    }
    one(b.choose(call.name, &d, &maps, 0.0)?)
}

fn known(list: &[Int]) -> Result<Vec<usize>, Wrong> {
    list.iter()
        .map(|i| {
            i.get()
                .and_then(|n| usize::try_from(n).ok())
                .ok_or_else(|| "a size depends on the number of samples".into())
        })
        .collect()
}

/// `Pad`: constants around, or elements mirrored or repeated at the edges.
pub fn pad(b: &mut Build, call: &Call<'_>) -> Results {
    let d = call.data(0)?;
    let has = b.shape(&d);
    let pads = match call.attributes.ints("paddings")? {
        Some(list) => list,
        None => call.ints("pads", 1)?.ok_or("its pads are missing")?,
    };
    let value = match call.attributes.float("value")? {
        Some(v) => v,
        None => match call.optional(2, "value")? {
            Some(t) => t.scalar()?,
            None => 0.0,
        },
    };
    let mode = call.attributes.string("mode")?.unwrap_or("constant".into());
    let rank = has.len() + 1;
    let along = match call.optional(3, "axes")? {
        Some(t) => t.known()?,
        None => (0..rank as i64).collect(),
    };
    if pads.len() != 2 * along.len() {
        return Err(format!("it has {} pads for {} axes", pads.len(), along.len()).into());
    }
    let mut both = vec![(0i64, 0i64); rank];
    for (k, a) in along.iter().enumerate() {
        both[axis(*a, rank)?] = (pads[k], pads[k + along.len()]);
    }
    if both[0] != (0, 0) {
        return Err(samples());
    }
    // Zeros around the two last axes of the node have a layer of their own.
    let n = d.axes.len();
    let mut own = vec![(0i64, 0i64); n];
    for (k, a) in d.axes.iter().enumerate() {
        own[*a] = both[k + 1];
    }
    let edges = n >= 2
        && own.iter().all(|(l, h)| *l >= 0 && *h >= 0)
        && own[..n.saturating_sub(2).max(1)]
            .iter()
            .all(|p| *p == (0, 0));
    if mode == "constant" && value == 0.0 && edges {
        let size = |i: i64| usize::try_from(i).unwrap_or(usize::MAX);
        let (top, bottom) = if n > 2 { own[n - 2] } else { (0, 0) };
        let (left, right) = own[n - 1];
        let op = Op::Pad([size(top), size(left), size(bottom), size(right)]);
        return one(b.elementwise(call.name, op, &d)?);
    }
    if !value.is_finite() {
        return Err(format!("it pads with {value}").into());
    }
    let mut maps = Vec::with_capacity(has.len());
    for (n, (low, high)) in has.iter().zip(&both[1..]) {
        let n = *n as i64;
        let length = n.saturating_add(*low).saturating_add(*high);
        super::build::movable(&[usize::try_from(length).unwrap_or(0)])?;
        let at = |i: i64| -> Result<Option<usize>, Wrong> {
            let inside = (0..n).contains(&i);
            let k = match mode.as_str() {
                "constant" if inside => Some(i),
                "constant" => None,
                "edge" => Some(i.clamp(0, n - 1)),
                "wrap" => Some(i.rem_euclid(n)),
                "reflect" => {
                    let period = (2 * (n - 1)).max(1);
                    let r = i.rem_euclid(period);
                    Some(if r < n { r } else { period - r })
                }
                _ => {
                    return Err(Wrong::new(
                        format!("its mode is `{}`", mode.escape_debug()),
                        super::super::findings::suggest(
                            &mode,
                            &["constant", "reflect", "edge", "wrap"],
                        ),
                    ));
                }
            };
            Ok(k.map(|k| k as usize))
        };
        maps.push((0..length).map(|i| at(i - low)).collect::<Result<_, _>>()?);
    }
    one(b.choose(call.name, &d, &maps, value)?)
}

/// `DepthToSpace` and `SpaceToDepth`: blocks of channels become blocks of the plane and back.
pub fn blocks(b: &mut Build, call: &Call<'_>) -> Results {
    let d = b.in_order(call.name, &call.data(0)?)?;
    let s = call.attributes.int("blocksize")?.unwrap_or(0);
    let s = usize::try_from(s).ok().filter(|s| *s > 0 && *s < 1 << 12);
    let s = s.ok_or("its blocksize must be at least 1")?;
    let mode = call.attributes.string("mode")?.unwrap_or("DCR".into());
    let [c, h, w] = b.graph.node(d.node).shape[..] else {
        return Err("it works on images".into());
    };
    let to_space = call.op == "DepthToSpace";
    let (fine_c, fine_h, fine_w) = if to_space {
        (c / (s * s), h * s, w * s)
    } else {
        (c, h, w)
    };
    let fits = if to_space {
        c.is_multiple_of(s * s)
    } else {
        h.is_multiple_of(s) && w.is_multiple_of(s)
    };
    if !fits {
        return Err(format!("{c} x {h} x {w} has no blocks of {s}").into());
    }
    let (low_h, low_w) = (fine_h / s, fine_w / s);
    // Where the element at (channel, y, x) of the fine side lies on the coarse side.
    let coarse = |ch: usize, y: usize, x: usize| {
        let deep = if to_space && mode == "CRD" {
            (ch * s + y % s) * s + x % s
        } else {
            (y % s * s + x % s) * fine_c + ch
        };
        (deep * low_h + y / s) * low_w + x / s
    };
    let n = super::build::movable(&[c, h, w])?;
    let mut from = vec![None; n];
    for i in 0..n {
        let (ch, y, x) = (i / (fine_h * fine_w), i / fine_w % fine_h, i % fine_w);
        if to_space {
            from[i] = Some(coarse(ch, y, x));
        } else {
            from[coarse(ch, y, x)] = Some(i);
        }
    }
    let to = if to_space {
        vec![fine_c, fine_h, fine_w]
    } else {
        vec![c * s * s, low_h, low_w]
    };
    one(b.select(call.name, d.node, to, from, 0.0)?)
}
