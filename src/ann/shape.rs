//! Shapes of outputs, and what must hold between a layer and its inputs.

use super::op::{Activation, Conv, Op, Window, planes};

/// More elements than this in one tensor of one sample is no network but a damaged file.
pub const MOST_ELEMENTS: usize = 1 << 24;

/// `3 x 32 x 32`.
pub fn text(shape: &[usize]) -> String {
    if shape.is_empty() {
        return "a single number".into();
    }
    let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
    axes.join(" x ")
}

/// Number of elements, if it is one that can be held.
pub fn count(shape: &[usize]) -> Result<usize, String> {
    shape
        .iter()
        .try_fold(1usize, |n, axis| n.checked_mul(*axis))
        .filter(|n| *n <= MOST_ELEMENTS)
        .ok_or_else(|| format!("a tensor of {} is too large", text(shape)))
}

/// The shape of what `op` makes of inputs of those shapes.
pub fn infer(op: &Op, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
    let arity = match op {
        Op::Input => 0..=0,
        Op::Sum(c) => c.len()..=c.len(),
        Op::Max | Op::Concat(_) => 1..=usize::MAX,
        _ => 1..=1,
    };
    if !arity.contains(&inputs.len()) || matches!(op, Op::Sum(c) if c.is_empty()) {
        return Err(format!("it has {} inputs", inputs.len()));
    }
    let first = inputs.first().copied().unwrap_or(&[]);
    let shape = match op {
        Op::Input => return Err("its shape is not inferred".into()),
        Op::Dense(d) => {
            must("weights", d.weight.len(), product(&[d.inputs, d.outputs]))?;
            must("biases", d.bias.len(), d.outputs)?;
            if first != [d.inputs] {
                return Err(format!(
                    "its weights take {} inputs, and what comes in is {}",
                    d.inputs,
                    text(first)
                ));
            }
            vec![d.outputs]
        }
        Op::Conv(c) => conv(c, first, false)?,
        Op::ConvTranspose(c) => conv(c, first, true)?,
        Op::AvgPool(p) => pool(&p.window, first)?,
        Op::MaxPool(w) => pool(w, first)?,
        Op::Scale(s) => {
            listed("factors", s.scale.len(), first)?;
            listed("offsets", s.shift.len(), first)?;
            first.to_vec()
        }
        Op::Activation(Activation::LeakyRelu(s)) => {
            listed("slopes", s.len(), first)?;
            first.to_vec()
        }
        Op::Activation(Activation::Clip { low, high }) => {
            if low > high || low.is_nan() || high.is_nan() {
                return Err(format!("it clips to {low} .. {high}, which is empty"));
            }
            first.to_vec()
        }
        Op::Activation(Activation::Relu) => first.to_vec(),
        Op::Sum(_) | Op::Max => {
            if let Some(other) = inputs.iter().find(|s| **s != first) {
                return Err(format!(
                    "its inputs have different shapes: {} and {}",
                    text(first),
                    text(other)
                ));
            }
            first.to_vec()
        }
        Op::Concat(axis) => concat(*axis, inputs)?,
        Op::Reshape(to) => {
            if count(to)? != count(first)? {
                return Err(format!("{} cannot become {}", text(first), text(to)));
            }
            to.clone()
        }
        Op::Select(s) => {
            must("elements", s.from.len(), count(&s.shape)?)?;
            let most = count(first)?;
            if let Some(i) = s.from.iter().flatten().find(|i| **i as usize >= most) {
                return Err(format!("element {i} is taken of {most}"));
            }
            s.shape.clone()
        }
        Op::Pad([top, left, bottom, right]) => {
            let mut shape = first.to_vec();
            let n = shape.len();
            let high = top.saturating_add(*bottom);
            if n < 2 || (n == 2 && high > 0) {
                return Err(format!("{} has no such edges to pad", text(first)));
            }
            if n > 2 {
                shape[n - 2] = shape[n - 2].saturating_add(high);
            }
            shape[n - 1] = shape[n - 1].saturating_add(left.saturating_add(*right));
            shape
        }
    };
    if count(&shape)? == 0 {
        return Err(format!("nothing is left: its output is {}", text(&shape)));
    }
    Ok(shape)
}

fn product(of: &[usize]) -> usize {
    of.iter().fold(1usize, |a, b| a.saturating_mul(*b))
}

fn must(what: &str, has: usize, needs: usize) -> Result<(), String> {
    if has == needs {
        return Ok(());
    }
    Err(format!(
        "it has {has} {what}, and its shape asks for {needs}"
    ))
}

fn listed(what: &str, n: usize, shape: &[usize]) -> Result<(), String> {
    let channels = shape.first().copied().unwrap_or(1);
    if n == 1 || n == channels || n == count(shape)? {
        return Ok(());
    }
    Err(format!("it has {n} {what} for inputs of {}", text(shape)))
}

/// Rank 2 and 3 have windows; the answer has the rank of the question.
fn spatial(input: &[usize], channels: usize, height: usize, width: usize) -> Vec<usize> {
    if input.len() == 2 {
        vec![channels, width]
    } else {
        vec![channels, height, width]
    }
}

fn check_window(w: &Window, input: &[usize]) -> Result<[usize; 3], String> {
    if !(2..=3).contains(&input.len()) {
        return Err(format!(
            "windows move over one or two axes behind the channels, and what comes in is {}",
            text(input)
        ));
    }
    if w.kernel.contains(&0) || w.stride.contains(&0) || w.dilation.contains(&0) {
        return Err("its kernel, stride and dilation must be at least 1".into());
    }
    if input.len() == 2 && (w.kernel[0] != 1 || w.pads[0] != 0 || w.pads[2] != 0) {
        return Err(format!(
            "its kernel has two axes, and what comes in is {}",
            text(input)
        ));
    }
    Ok(planes(input))
}

/// Number of places of a window along an axis.
fn places(w: &Window, axis: usize, size: usize) -> Result<usize, String> {
    let before = w.pads[axis];
    let padded = size.saturating_add(before).saturating_add(w.pads[axis + 2]);
    let extent = w.extent(axis);
    let Some(rest) = padded.checked_sub(extent) else {
        return Err(format!(
            "its kernel spans {extent}, and the padded input only {padded}"
        ));
    };
    if padded > MOST_ELEMENTS {
        return Err(format!("an axis padded to {padded} is too large"));
    }
    let stride = w.stride[axis];
    let mut n = rest / stride + 1;
    // A window over the edge counts if it begins on the input or the padding before it.
    if w.ceil && rest % stride > 0 && n * stride < size + before {
        n += 1;
    }
    Ok(n)
}

fn pool(w: &Window, input: &[usize]) -> Result<Vec<usize>, String> {
    let [c, h, width] = check_window(w, input)?;
    for axis in 0..2 {
        if w.pads[axis].max(w.pads[axis + 2]) >= w.extent(axis) {
            return Err(
                "its padding is as large as its kernel: a window could lie on nothing".into(),
            );
        }
    }
    Ok(spatial(input, c, places(w, 0, h)?, places(w, 1, width)?))
}

fn conv(c: &Conv, input: &[usize], transposed: bool) -> Result<Vec<usize>, String> {
    let [channels, h, w] = check_window(&c.window, input)?;
    let g = c.groups;
    if g == 0 || !c.inputs.is_multiple_of(g) || !c.outputs.is_multiple_of(g) {
        return Err(format!(
            "{} input and {} output channels cannot be dealt to {g} groups",
            c.inputs, c.outputs
        ));
    }
    let inner = if transposed {
        [c.inputs, c.outputs / g, c.window.area()]
    } else {
        [c.outputs, c.inputs / g, c.window.area()]
    };
    must("weights", c.weight.len(), product(&inner))?;
    must("biases", c.bias.len(), c.outputs)?;
    if channels != c.inputs {
        return Err(format!(
            "its weights take {} channels, and what comes in is {}",
            c.inputs,
            text(input)
        ));
    }
    let mut out = [0; 2];
    for (axis, size) in [(0, h), (1, w)] {
        out[axis] = if transposed {
            (size.max(1) - 1)
                .saturating_mul(c.window.stride[axis])
                .saturating_add(c.window.extent(axis))
                .saturating_add(c.output_padding[axis])
                .checked_sub(c.window.pads[axis].saturating_add(c.window.pads[axis + 2]))
                .filter(|n| *n > 0)
                .ok_or("its padding takes away the whole output")?
        } else {
            places(&c.window, axis, size)?
        };
    }
    Ok(spatial(input, c.outputs, out[0], out[1]))
}

fn concat(axis: usize, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
    let mut shape = inputs[0].to_vec();
    if axis >= shape.len() {
        return Err(format!("{} has no axis {axis}", text(&shape)));
    }
    for other in &inputs[1..] {
        let fits = other.len() == shape.len()
            && (0..shape.len()).all(|a| a == axis || other[a] == shape[a]);
        if !fits {
            return Err(format!(
                "{} cannot stand beside {} along axis {axis}",
                text(other),
                text(inputs[0])
            ));
        }
        shape[axis] = shape[axis].saturating_add(other[axis]);
    }
    Ok(shape)
}
