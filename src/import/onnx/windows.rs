//! Kernel, stride, dilation and padding as files state them, and the pools.

use super::build::Build;
use super::value::{Call, Value, Wrong};
use crate::ann::op::{AvgPool, Conv, Op, Window};
use crate::ann::shape;

type Results = Result<Vec<Value>, Wrong>;

/// One or two numbers as height and width.
fn two(list: &[usize], missing: usize) -> [usize; 2] {
    match list {
        [x] => [missing, *x],
        [y, x] => [*y, *x],
        _ => [missing; 2],
    }
}

/// The window of a layer over places of that extent. Paddings of `SAME` are computed.
pub fn window(call: &Call<'_>, places: &[usize], kernel: &[usize]) -> Result<Window, Wrong> {
    let n = places.len();
    let a = &call.attributes;
    let strides = a.sizes("strides", n)?.unwrap_or(vec![1; n]);
    let dilations = a.sizes("dilations", n)?.unwrap_or(vec![1; n]);
    let all = kernel.iter().chain(&strides).chain(&dilations);
    if all.clone().any(|x| *x == 0 || *x > shape::MOST_ELEMENTS) {
        return Err("its kernel, strides and dilations must be at least 1".into());
    }
    let mut w = Window {
        kernel: two(kernel, 1),
        stride: two(&strides, 1),
        dilation: two(&dilations, 1),
        pads: [0; 4],
        ceil: false,
    };
    let auto = a.string("auto_pad")?.unwrap_or("NOTSET".into());
    let pads = a.sizes("pads", 2 * n)?;
    match auto.as_str() {
        "NOTSET" | "" => {
            if let Some(p) = pads {
                w.pads = match p[..] {
                    [left, right] => [0, left, 0, right],
                    [top, left, bottom, right] => [top, left, bottom, right],
                    _ => [0; 4],
                };
            }
        }
        "VALID" => {}
        "SAME_UPPER" | "SAME_LOWER" => {
            for (k, size) in places.iter().enumerate() {
                let axis = k + 2 - n;
                let out = size.div_ceil(w.stride[axis]);
                let total = ((out.max(1) - 1) * w.stride[axis])
                    .saturating_add(w.extent(axis))
                    .saturating_sub(*size);
                let small = total / 2;
                let (before, after) = if auto == "SAME_UPPER" {
                    (small, total - small)
                } else {
                    (total - small, small)
                };
                w.pads[axis] = before;
                w.pads[axis + 2] = after;
            }
        }
        other => {
            let valid = ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"];
            return Err(Wrong::new(
                format!("its auto_pad is `{}`", other.escape_debug()),
                super::super::findings::suggest(other, &valid),
            ));
        }
    }
    Ok(w)
}

/// Window and output padding of a transposed convolution. `output_shape` overrides pads, as the format
/// has it.
pub fn transposed(
    call: &Call<'_>,
    places: &[usize],
    kernel: &[usize],
    layer: &mut Conv,
) -> Result<(), Wrong> {
    let n = places.len();
    let a = &call.attributes;
    let auto = a.string("auto_pad")?.unwrap_or("NOTSET".into());
    layer.window = if auto.starts_with("SAME") {
        let mut w = Window::new(two(kernel, 1));
        w.stride = two(&a.sizes("strides", n)?.unwrap_or(vec![1; n]), 1);
        w.dilation = two(&a.sizes("dilations", n)?.unwrap_or(vec![1; n]), 1);
        a.sizes("pads", 2 * n)?;
        w
    } else {
        window(call, places, kernel)?
    };
    let w = &mut layer.window;
    if w.kernel.contains(&0) || w.stride.contains(&0) || w.dilation.contains(&0) {
        return Err("its kernel, strides and dilations must be at least 1".into());
    }
    layer.output_padding = two(&a.sizes("output_padding", n)?.unwrap_or(vec![0; n]), 0);
    let wanted = match a.ints("output_shape")? {
        Some(list) => {
            let own = list
                .len()
                .checked_sub(n)
                .ok_or("its output_shape is short")?;
            Some(super::pieces::sizes(&list[own..])?)
        }
        None if auto.starts_with("SAME") => Some(
            places
                .iter()
                .enumerate()
                .map(|(k, size)| size * w.stride[k + 2 - n])
                .collect(),
        ),
        None => None,
    };
    for (k, out) in wanted.unwrap_or_default().into_iter().enumerate() {
        let axis = k + 2 - n;
        let full = (places[k].max(1) - 1)
            .saturating_mul(w.stride[axis])
            .saturating_add(w.extent(axis))
            .saturating_add(layer.output_padding[axis]);
        match full.checked_sub(out) {
            Some(total) => {
                let small = total / 2;
                let (before, after) = if auto == "SAME_UPPER" {
                    (small, total - small)
                } else {
                    (total - small, small)
                };
                w.pads[axis] = before;
                w.pads[axis + 2] = after;
            }
            None => {
                w.pads[axis] = 0;
                w.pads[axis + 2] = 0;
                layer.output_padding[axis] += out - full;
            }
        }
    }
    Ok(())
}

/// `AveragePool` and `MaxPool`.
pub fn pool(b: &mut Build, call: &Call<'_>) -> Results {
    let d = b.in_order(call.name, &call.data(0)?)?;
    let has = b.shape(&d);
    let n = has.len().saturating_sub(1);
    if !(1..=2).contains(&n) {
        return Err(Wrong::new(
            format!("it pools over {n} axes"),
            "pools over one and two axes can be converted",
        ));
    }
    let a = &call.attributes;
    let kernel = a.sizes("kernel_shape", n)?;
    let kernel = kernel.ok_or("its kernel_shape is missing")?;
    let mut w = window(call, &has[1..], &kernel)?;
    w.ceil = a.flag("ceil_mode", false)?;
    let op = if call.op == "MaxPool" {
        a.int("storage_order")?;
        if call.outputs > 1 {
            return Err("its second output, the places of the maxima, cannot be converted".into());
        }
        Op::MaxPool(w)
    } else {
        Op::AvgPool(AvgPool {
            window: w,
            include_pad: a.flag("count_include_pad", false)?,
        })
    };
    Ok(vec![b.push(call.name, op, &[d.node])?.into()])
}

/// `GlobalAveragePool` and `GlobalMaxPool`.
pub fn global_pool(b: &mut Build, call: &Call<'_>) -> Results {
    let d = b.in_order(call.name, &call.data(0)?)?;
    let node = b.graph.node(d.node);
    if node.shape.len() < 2 {
        return Err("it pools over nothing".into());
    }
    let [_, h, w] = node.planes();
    let window = Window::new([h, w]);
    let op = if call.op == "GlobalMaxPool" {
        Op::MaxPool(window)
    } else {
        Op::AvgPool(AvgPool {
            window,
            include_pad: true,
        })
    };
    Ok(vec![b.push(call.name, op, &[d.node])?.into()])
}
