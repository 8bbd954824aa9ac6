//! Which indices operators such as `Slice` and `Split` take along each axis, of constants and of
//! activations alike.

use super::tensor::{Tensor, axis};
use super::value::{Call, Wrong};

/// Sizes from 0 on.
pub fn sizes(list: &[i64]) -> Result<Vec<usize>, Wrong> {
    list.iter()
        .map(|i| usize::try_from(*i).map_err(|_| format!("there is a size of {i}").into()))
        .collect()
}

/// Positions of a list of indices, negative ones from the end.
pub fn indices(t: &Tensor, size: usize) -> Result<Vec<usize>, Wrong> {
    t.known()?
        .into_iter()
        .map(|i| axis(i, size).map_err(|_| format!("index {i} is taken of {size}").into()))
        .collect()
}

/// Every index of every axis.
pub fn whole_maps(shape: &[usize]) -> Vec<Vec<Option<usize>>> {
    shape.iter().map(|n| (0..*n).map(Some).collect()).collect()
}

/// The indices that a `Slice` takes along each axis.
pub fn slice_maps(call: &Call<'_>, of: &[usize]) -> Result<Vec<Vec<Option<usize>>>, Wrong> {
    let starts = call.ints("starts", 1)?.ok_or("its starts are missing")?;
    let ends = call.ints("ends", 2)?.ok_or("its ends are missing")?;
    let along = match call.ints("axes", 3)? {
        Some(list) => list,
        None => (0..starts.len() as i64).collect(),
    };
    let steps = match call.optional(4, "steps")? {
        Some(t) => t.known()?,
        None => vec![1; starts.len()],
    };
    if [ends.len(), along.len(), steps.len()] != [starts.len(); 3] {
        return Err("its starts, ends, axes and steps are not equally many".into());
    }
    let mut maps = whole_maps(of);
    for (((start, end), a), step) in starts.iter().zip(&ends).zip(&along).zip(&steps) {
        let a = axis(*a, of.len())?;
        let n = of[a] as i64;
        let from_end = |i: i64| if i < 0 { i.saturating_add(n) } else { i };
        let (start, end) = (from_end(*start), from_end(*end));
        maps[a] = match *step {
            0 => return Err("its step is 0".into()),
            s if s > 0 => (start.clamp(0, n)..end.clamp(0, n))
                .step_by(usize::try_from(s).unwrap_or(usize::MAX))
                .map(|i| Some(i as usize))
                .collect(),
            s => (end.clamp(-1, n - 1) + 1..=start.clamp(-1, n - 1))
                .rev()
                .step_by(usize::try_from(s.unsigned_abs()).unwrap_or(usize::MAX))
                .map(|i| Some(i as usize))
                .collect(),
        };
    }
    Ok(maps)
}

/// Axis and ranges of a `Split`; `hidden` axes stand before those of `of`.
pub fn split_parts(
    call: &Call<'_>,
    of: &[usize],
    hidden: usize,
) -> Result<(usize, Vec<std::ops::Range<usize>>), Wrong> {
    let a = axis(call.attributes.int("axis")?.unwrap_or(0), of.len() + hidden)?;
    let a = a.checked_sub(hidden).ok_or("it splits the samples")?;
    let n = of[a];
    call.attributes.int("num_outputs")?;
    let parts = match call.ints("split", 1)? {
        Some(list) => sizes(&list)?,
        None => {
            let each = n.div_ceil(call.outputs.max(1));
            (0..call.outputs)
                .map(|k| each.min(n.saturating_sub(k * each)))
                .collect()
        }
    };
    let sum = parts.iter().try_fold(0usize, |s, p| s.checked_add(*p));
    if parts.len() != call.outputs || sum != Some(n) {
        return Err(format!(
            "{n} cannot be split into {parts:?} for {} outputs",
            call.outputs
        )
        .into());
    }
    let mut at = 0;
    let ranges = parts.into_iter().map(|p| {
        at += p;
        at - p..at
    });
    Ok((a, ranges.collect()))
}

/// The attribute `perm`: by default axes in reverse.
pub fn permutation(call: &Call<'_>, rank: usize) -> Result<Vec<usize>, Wrong> {
    let Some(perm) = call.attributes.sizes("perm", rank)? else {
        return Ok((0..rank).rev().collect());
    };
    let mut sorted = perm.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank) {
        return Err(format!("its perm {perm:?} is no order of {rank} axes").into());
    }
    Ok(perm)
}
