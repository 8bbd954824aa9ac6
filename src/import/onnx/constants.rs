//! What a file computes from constants alone, or from the shape of its input: done once, at import.

use std::rc::Rc;

use super::arithmetic::{MOST_MADE, Num, arithmetic, at, binary, collected, known};
use super::pieces::{indices, permutation, sizes, slice_maps, split_parts, whole_maps};
use super::tensor::{
    Int, Numbers, Tensor, axes, axis, broadcast_index, common_shape, gather, transposed,
};
use super::value::{Call, Value, Wrong};
use crate::ann::shape;

fn room(to: &[usize]) -> Result<usize, Wrong> {
    let n = shape::count(to)?;
    if n > MOST_MADE {
        return Err(format!("a constant of {} is too large", shape::text(to)).into());
    }
    Ok(n)
}

/// The result of an operator whose inputs are all constants; `None` if it is not one of those that
/// are computed here.
pub fn fold(call: &Call<'_>) -> Result<Option<Vec<Value>>, Wrong> {
    let one = |i: usize| call.constant(i, "numbers");
    let two = |f: &dyn Fn(Num, Num) -> Result<Num, String>| -> Result<Tensor, Wrong> {
        Ok(binary(&*one(0)?, &*one(1)?, f)?)
    };
    let each = |f: &dyn Fn(f32) -> f32| -> Result<Tensor, Wrong> {
        let t = one(0)?;
        let list = t.reals()?.into_iter().map(f).collect();
        Ok(Tensor::real(t.shape.clone(), list))
    };
    let folded = match call.op {
        "Identity" => return Ok(Some(vec![call.input(0).clone()])),
        "Dropout" => {
            call.attributes.float("ratio")?;
            call.attributes.int("is_test")?;
            return Ok(Some(vec![call.input(0).clone(), Value::Absent]));
        }
        "Cast" => cast(&*one(0)?, call.attributes.int("to")?.unwrap_or(1))?,
        "Add" => two(&|a, b| arithmetic(a, b, |x, y| x + y, Int::plus))?,
        "Sub" => {
            two(&|a, b| arithmetic(a, b, |x, y| x - y, |x, y| x.plus(y.times(Int::known(-1))?)))?
        }
        "Mul" => two(&|a, b| arithmetic(a, b, |x, y| x * y, Int::times))?,
        "Div" => two(&|a, b| arithmetic(a, b, |x, y| x / y, Int::over))?,
        "Mod" => two(&|a, b| known(a, b, |x, y| x.checked_rem_euclid(y)))?,
        "Min" => two(&|a, b| arithmetic(a, b, f32::min, |x, y| x.pick(y, i64::min)))?,
        "Max" => two(&|a, b| arithmetic(a, b, f32::max, |x, y| x.pick(y, i64::max)))?,
        "Pow" => two(&|a, b| match (a.real(), b.real()) {
            (Some(x), Some(y)) => Ok(Num::Real(libm::powf(x, y))),
            _ => Err("a power depends on the number of samples".into()),
        })?,
        "Equal" => two(&|a, b| Ok(Num::truth(a.same(b))))?,
        "Greater" => two(&|a, b| known(a, b, |x, y| Some(i64::from(x > y))))?,
        "Less" => two(&|a, b| known(a, b, |x, y| Some(i64::from(x < y))))?,
        "GreaterOrEqual" => two(&|a, b| known(a, b, |x, y| Some(i64::from(x >= y))))?,
        "LessOrEqual" => two(&|a, b| known(a, b, |x, y| Some(i64::from(x <= y))))?,
        "And" => two(&|a, b| known(a, b, |x, y| Some(i64::from(x != 0 && y != 0))))?,
        "Or" => two(&|a, b| known(a, b, |x, y| Some(i64::from(x != 0 || y != 0))))?,
        "Not" => binary(&*one(0)?, &Tensor::ints(vec![Int::known(0)]), &|a, b| {
            Ok(Num::truth(a.same(b)))
        })?,
        "Neg" => binary(
            &*one(0)?,
            &Tensor::whole(vec![], vec![Int::known(-1)]),
            &|a, b| arithmetic(a, b, |x, _| -x, Int::times),
        )?,
        "Sqrt" => each(&f32::sqrt)?,
        "Reciprocal" => each(&|x| 1.0 / x)?,
        "Exp" => each(&libm::expf)?,
        "Log" => each(&libm::logf)?,
        "Abs" => each(&f32::abs)?,
        "Floor" => each(&f32::floor)?,
        "Ceil" => each(&f32::ceil)?,
        "Relu" => each(&|x| x.max(0.0))?,
        "Where" => choose(&*one(0)?, &*one(1)?, &*one(2)?)?,
        "Shape" => {
            let dims = one(0)?
                .shape
                .iter()
                .map(|d| Int::known(*d as i64))
                .collect();
            part_of_shape(call, dims)?
        }
        "Size" => Tensor::whole(vec![], vec![Int::known(one(0)?.len() as i64)]),
        "ConstantOfShape" => constant_of_shape(call)?,
        "Range" => range(&*one(0)?, &*one(1)?, &*one(2)?)?,
        "Gather" => take(
            &*one(0)?,
            &*one(1)?,
            call.attributes.int("axis")?.unwrap_or(0),
        )?,
        "Concat" => concat(call)?,
        "Slice" => {
            let t = one(0)?;
            let maps = slice_maps(call, &t.shape)?;
            choose_along(&t, &maps)?
        }
        "Split" => {
            let t = one(0)?;
            let (a, parts) = split_parts(call, &t.shape, 0)?;
            return parts
                .into_iter()
                .map(|r| {
                    let mut maps = whole_maps(&t.shape);
                    maps[a] = r.map(Some).collect();
                    Ok(choose_along(&t, &maps)?.into())
                })
                .collect::<Result<Vec<Value>, Wrong>>()
                .map(Some);
        }
        "Transpose" => {
            let t = one(0)?;
            let perm = permutation(call, t.shape.len())?;
            let (to, from) = transposed(&t.shape, &perm);
            t.take(to, &from)
        }
        "Reshape" => {
            let t = one(0)?;
            let to = call.ints("shape", 1)?.ok_or("its shape is missing")?;
            let zero_copies = !call.attributes.flag("allowzero", false)?;
            reshape(&t, &to, zero_copies)?
        }
        "Flatten" => {
            let t = one(0)?;
            let a = call.attributes.int("axis")?.unwrap_or(1);
            let k = if a == t.shape.len() as i64 {
                t.shape.len()
            } else {
                axis(a, t.shape.len())?
            };
            let rows = t.shape[..k].iter().product();
            Tensor {
                shape: vec![rows, t.shape[k..].iter().product()],
                numbers: t.numbers.clone(),
            }
        }
        "Squeeze" => {
            let t = one(0)?;
            let gone = match call.ints("axes", 1)? {
                Some(list) => axes(&list, t.shape.len())?,
                None => (0..t.shape.len()).filter(|a| t.shape[*a] == 1).collect(),
            };
            if let Some(a) = gone.iter().find(|a| t.shape[**a] != 1) {
                return Err(format!("axis {a} of {} cannot go", shape::text(&t.shape)).into());
            }
            let keep = (0..t.shape.len()).filter(|a| !gone.contains(a));
            Tensor {
                shape: keep.map(|a| t.shape[a]).collect(),
                numbers: t.numbers.clone(),
            }
        }
        "Unsqueeze" => {
            let t = one(0)?;
            let list = call.ints("axes", 1)?.ok_or("its axes are missing")?;
            let new = axes(&list, t.shape.len() + list.len())?;
            let mut rest = t.shape.iter();
            let to = (0..t.shape.len() + list.len())
                .map(|a| {
                    if new.contains(&a) {
                        1
                    } else {
                        rest.next().copied().unwrap_or(1)
                    }
                })
                .collect();
            Tensor {
                shape: to,
                numbers: t.numbers.clone(),
            }
        }
        "Expand" => {
            let t = one(0)?;
            let to = sizes(&one(1)?.known()?)?;
            let to = common_shape(&t.shape, &to)?;
            room(&to)?;
            t.broadcast(&to)?
        }
        "DequantizeLinear" => dequantize(call)?,
        _ => return Ok(None),
    };
    Ok(Some(vec![folded.into()]))
}

fn choose(condition: &Tensor, yes: &Tensor, no: &Tensor) -> Result<Tensor, Wrong> {
    let to = common_shape(&common_shape(&condition.shape, &yes.shape)?, &no.shape)?;
    room(&to)?;
    let (c, y, n) = (
        broadcast_index(&condition.shape, &to)?,
        broadcast_index(&yes.shape, &to)?,
        broadcast_index(&no.shape, &to)?,
    );
    let list = (0..c.len())
        .map(|i| match at(condition, c[i]).real() {
            Some(0.0) => at(no, n[i]),
            _ => at(yes, y[i]),
        })
        .collect();
    Ok(collected(to, list)?)
}

fn cast(t: &Tensor, to: i64) -> Result<Tensor, Wrong> {
    let numbers = match (to, &t.numbers) {
        (1 | 10 | 11 | 16, _) => Numbers::Real(t.reals()?),
        (9, _) => Numbers::Whole(
            (0..t.len())
                .map(|i| Int::known(i64::from(at(t, i).real() != Some(0.0))))
                .collect(),
        ),
        (2..=7 | 12 | 13, Numbers::Real(v)) => {
            Numbers::Whole(v.iter().map(|x| Int::known(x.trunc() as i64)).collect())
        }
        (2..=7 | 12 | 13, whole) => whole.clone(),
        _ => return Err(format!("it casts to type {to}, which is no number").into()),
    };
    Ok(Tensor {
        shape: t.shape.clone(),
        numbers,
    })
}

/// The dimensions, or those that `start` and `end` leave.
pub fn part_of_shape(call: &Call<'_>, dims: Vec<Int>) -> Result<Tensor, Wrong> {
    let n = dims.len() as i64;
    let place = |i: i64| (if i < 0 { i.saturating_add(n) } else { i }).clamp(0, n) as usize;
    let start = place(call.attributes.int("start")?.unwrap_or(0));
    let end = place(call.attributes.int("end")?.unwrap_or(n));
    Ok(Tensor::ints(dims.get(start..end).unwrap_or(&[]).to_vec()))
}

fn constant_of_shape(call: &Call<'_>) -> Result<Tensor, Wrong> {
    let wanted = call.constant(0, "sizes")?.wholes()?;
    let value = match call.attributes.tensor("value")? {
        Some(t) => super::literal::read(t, std::path::Path::new(""))?,
        None => Tensor::real(vec![1], vec![0.0]),
    };
    if value.len() != 1 {
        return Err("its value is not a single number".into());
    }
    let to = wanted
        .iter()
        .map(|i| i.get().ok_or("its shape depends on the number of samples"))
        .collect::<Result<Vec<i64>, _>>()?;
    let to = sizes(&to)?;
    let n = room(&to)?;
    Ok(value.take(to, &vec![0; n]))
}

fn range(start: &Tensor, limit: &Tensor, delta: &Tensor) -> Result<Tensor, Wrong> {
    let one = |t: &Tensor| match t.known()?.as_slice() {
        [x] => Ok(*x),
        _ => Err("it counts from, to and by single numbers".to_string()),
    };
    let (start, limit, delta) = (one(start)?, one(limit)?, one(delta)?);
    let span = limit.checked_sub(start).ok_or("it counts too far")?;
    let n = match delta {
        0 => return Err("it counts by 0".into()),
        d => (span as f64 / d as f64).ceil().max(0.0),
    };
    if n > MOST_MADE as f64 {
        return Err("it counts too far".into());
    }
    let list = (0..n as i64).map(|k| Int::known(start.wrapping_add(k.wrapping_mul(delta))));
    Ok(Tensor::ints(list.collect()))
}

fn take(t: &Tensor, of: &Tensor, a: i64) -> Result<Tensor, Wrong> {
    let a = axis(a, t.shape.len())?;
    let list = indices(of, t.shape[a])?;
    let mut maps = whole_maps(&t.shape);
    maps[a] = list.into_iter().map(Some).collect();
    let mut out = choose_along(t, &maps)?;
    out.shape.splice(a..=a, of.shape.iter().copied());
    Ok(out)
}

fn concat(call: &Call<'_>) -> Result<Tensor, Wrong> {
    let parts = (0..call.inputs.len())
        .map(|i| call.constant(i, "numbers"))
        .collect::<Result<Vec<Rc<Tensor>>, _>>()?;
    let first = parts.first().ok_or("it has no inputs")?;
    let a = axis(call.attributes.int("axis")?.unwrap_or(1), first.shape.len())?;
    let outer: usize = first.shape[..a].iter().product();
    let mut to = first.shape.clone();
    to[a] = 0;
    for p in &parts {
        let fits = p.shape.len() == to.len()
            && (0..to.len()).all(|k| k == a || p.shape[k] == first.shape[k]);
        if !fits {
            return Err(format!(
                "{} cannot stand beside {}",
                shape::text(&p.shape),
                shape::text(&first.shape)
            )
            .into());
        }
        to[a] += p.shape[a];
    }
    let mut list = Vec::new();
    for o in 0..outer {
        for p in &parts {
            let n = p.len() / outer;
            list.extend((o * n..(o + 1) * n).map(|i| at(p, i)));
        }
    }
    Ok(collected(to, list)?)
}

fn choose_along(t: &Tensor, maps: &[Vec<Option<usize>>]) -> Result<Tensor, Wrong> {
    let to: Vec<usize> = maps.iter().map(Vec::len).collect();
    let n = to.iter().product::<usize>();
    if n > t.len() {
        room(&to)?;
    }
    let from: Option<Vec<usize>> = gather(&t.shape, maps).into_iter().collect();
    Ok(t.take(to, &from.ok_or("an index is missing")?))
}

fn reshape(t: &Tensor, to: &[i64], zero_copies: bool) -> Result<Tensor, Wrong> {
    let mut dims = Vec::with_capacity(to.len());
    let mut open = None;
    for (k, d) in to.iter().enumerate() {
        dims.push(match *d {
            0 if zero_copies => *t
                .shape
                .get(k)
                .ok_or("it copies an axis that is not there")?,
            -1 if open.is_none() => {
                open = Some(k);
                1
            }
            d => sizes(&[d])?[0],
        });
    }
    let rest = shape_product(&dims);
    if let Some(k) = open
        && rest > 0
    {
        dims[k] = t.len() / rest;
    }
    if shape_product(&dims) != t.len() {
        return Err(format!("{} cannot become {to:?}", shape::text(&t.shape)).into());
    }
    Ok(Tensor {
        shape: dims,
        numbers: t.numbers.clone(),
    })
}

fn shape_product(dims: &[usize]) -> usize {
    dims.iter().fold(1usize, |a, b| a.saturating_mul(*b))
}

/// (x - zero point) scale, for one scale or one per index of an axis.
fn dequantize(call: &Call<'_>) -> Result<Tensor, Wrong> {
    let t = call.constant(0, "numbers")?;
    let scale = call.constant(1, "scales")?;
    let zero = call.optional(2, "zero points")?;
    let a = call.attributes.int("axis")?.unwrap_or(1);
    if call.attributes.int("block_size")?.is_some_and(|b| b != 0) {
        return Err("it has scales for blocks, which cannot be read".into());
    }
    let per = |t: &Tensor, of: &Tensor| -> Result<Vec<f32>, Wrong> {
        if t.len() == 1 {
            return Ok(vec![t.reals()?[0]; of.len()]);
        }
        let a = axis(a, of.shape.len())?;
        if t.len() != of.shape[a] {
            return Err(
                format!("it has {} scales along an axis of {}", t.len(), of.shape[a]).into(),
            );
        }
        let inner: usize = of.shape[a + 1..].iter().product();
        let list = t.reals()?;
        Ok((0..of.len())
            .map(|i| list[i / inner.max(1) % list.len()])
            .collect())
    };
    let scales = per(&scale, &t)?;
    let zeros = match zero {
        Some(z) => per(&z, &t)?,
        None => vec![0.0; t.len()],
    };
    let list = t
        .reals()?
        .into_iter()
        .zip(zeros)
        .zip(scales)
        .map(|((x, z), s)| (x - z) * s);
    Ok(Tensor::real(t.shape.clone(), list.collect()))
}
