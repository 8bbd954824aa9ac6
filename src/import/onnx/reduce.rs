//! Means, sums and largest elements along axes, as pools.

use super::build::Build;
use super::tensor::axes;
use super::value::{Call, Data, Value, Wrong};
use crate::ann::op::{AvgPool, Op, Window};

/// `ReduceMean`, `ReduceSum`, `ReduceMax`.
pub fn reduce(b: &mut Build, call: &Call<'_>) -> Result<Vec<Value>, Wrong> {
    let d = call.data(0)?;
    let has = b.shape(&d);
    let keep = call.attributes.flag("keepdims", true)?;
    let nothing = call.attributes.flag("noop_with_empty_axes", false)?;
    let list = call.ints("axes", 1)?.unwrap_or_default();
    if list.is_empty() && nothing {
        return Ok(vec![d.into()]);
    }
    let reduced: Vec<usize> = axes(&list, has.len() + 1)?
        .into_iter()
        .map(|a| a.checked_sub(1))
        .collect::<Option<_>>()
        .filter(|r: &Vec<usize>| !r.is_empty())
        .ok_or_else(|| {
            Wrong::new(
                "it works on the samples' axis (axis 0)",
                "samples must be independent of each other",
            )
        })?;
    let n: usize = reduced.iter().map(|a| has[*a]).product();
    let pooled = pool(b, call, &d, &reduced)?;
    let to: Vec<usize> = if keep {
        let one = |a| if reduced.contains(&a) { 1 } else { has[a] };
        (0..has.len()).map(one).collect()
    } else {
        let kept = (0..has.len()).filter(|a| !reduced.contains(a));
        kept.map(|a| has[a]).collect()
    };
    let mut out = b.reshape(call.name, &pooled, to)?;
    if call.op == "ReduceSum" {
        out = b.scale(call.name, &out, vec![n as f32], vec![0.0])?;
    }
    Ok(vec![out.into()])
}

/// The kept axes in the order of the file, then axes of extent 1.
fn pool(b: &mut Build, call: &Call<'_>, d: &Data, reduced: &[usize]) -> Result<Data, Wrong> {
    let whole = |kernel| {
        let window = Window::new(kernel);
        if call.op == "ReduceMax" {
            Op::MaxPool(window)
        } else {
            Op::AvgPool(AvgPool {
                window,
                include_pad: true,
            })
        }
    };
    // The places of an image: a pool as it is.
    let mut own: Vec<usize> = reduced.iter().map(|a| d.axes[*a]).collect();
    own.sort_unstable();
    let rank = d.axes.len();
    if own.iter().copied().eq(1..rank) && rank <= 3 {
        let [_, h, w] = b.graph.node(d.node).planes();
        return b.push(call.name, whole([h, w]), &[d.node]);
    }
    // Anything else: the axes that go are brought to the end and pooled as a line.
    let has = b.shape(d);
    let kept: Vec<usize> = (0..rank).filter(|a| !reduced.contains(a)).collect();
    let order = kept.iter().chain(reduced).map(|a| d.axes[*a]).collect();
    let moved = Data {
        axes: order,
        ..d.clone()
    };
    let lines = kept.iter().map(|a| has[*a]).product::<usize>();
    let length = reduced.iter().map(|a| has[*a]).product();
    let moved = b.reshape(call.name, &moved, vec![lines, length])?;
    b.push(call.name, whole([1, length]), &[moved.node])
}
