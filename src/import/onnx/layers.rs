//! Layers with weights: Gemm, MatMul, Conv, ConvTranspose, BatchNormalization.

use super::build::{Build, shorten};
use super::tensor::{Tensor, transposed};
use super::value::{Call, Data, Value, Wrong};
use super::windows;
use crate::ann::op::{Conv, Dense, Op, Window};
use crate::ann::shape;

type Results = Result<Vec<Value>, Wrong>;

/// A dense layer from a matrix with a row for each input.
fn dense(inputs: usize, outputs: usize, by_input: &[f32]) -> Dense {
    let mut weight = Vec::with_capacity(by_input.len());
    for o in 0..outputs {
        weight.extend((0..inputs).map(|i| by_input[i * outputs + o]));
    }
    Dense {
        inputs,
        outputs,
        weight,
        bias: vec![0.0; outputs],
    }
}

fn finite(what: &str, list: &[f32]) -> Result<(), Wrong> {
    match list.iter().find(|x| !x.is_finite()) {
        Some(x) => Err(format!("one of its {what} is {x}").into()),
        None => Ok(()),
    }
}

/// Y = alpha A B + beta C, with activations in A.
pub fn gemm(b: &mut Build, call: &Call<'_>) -> Results {
    let d = call.data(0)?;
    let matrix = call.constant(1, "weights")?;
    let a = &call.attributes;
    let (alpha, beta) = (
        a.float("alpha")?.unwrap_or(1.0),
        a.float("beta")?.unwrap_or(1.0),
    );
    if a.flag("transA", false)? {
        return Err("it transposes its input, and with it the samples' axis".into());
    }
    let [rows, columns] = matrix.shape[..] else {
        return Err(format!("its weights are {}, no matrix", shape::text(&matrix.shape)).into());
    };
    let mut list = matrix.reals()?;
    let (inputs, outputs) = if a.flag("transB", false)? {
        let (_, from) = transposed(&matrix.shape, &[1, 0]);
        list = from.iter().map(|i| list[*i]).collect();
        (columns, rows)
    } else {
        (rows, columns)
    };
    a.int("broadcast")?;
    finite("weights", &list)?;
    let mut layer = dense(inputs, outputs, &list);
    for w in &mut layer.weight {
        *w *= alpha;
    }
    let out = affine(b, call.name, &d, layer)?;
    let Some(c) = call.given(2) else {
        return Ok(vec![out.into()]);
    };
    match c {
        Value::Const(t) => {
            let mut bias = b.list(&out, t)?;
            for x in &mut bias {
                *x *= beta;
            }
            Ok(vec![b.scale(call.name, &out, vec![1.0], bias)?.into()])
        }
        Value::Data(c) => {
            let c = b.spread(call.name, &super::value::plain(c)?, &b.shape(&out))?;
            let sum = Op::Sum(vec![1.0, beta]);
            Ok(vec![b.push(call.name, sum, &[out.node, c.node])?.into()])
        }
        _ => Ok(vec![out.into()]),
    }
}

/// Applies a dense layer to the last axis of the file.
fn affine(b: &mut Build, name: &str, d: &Data, layer: Dense) -> Result<Data, Wrong> {
    let has = b.shape(d);
    if has.last() != Some(&layer.inputs) {
        return Err(format!(
            "its weights take {} inputs, and what comes in is {}",
            layer.inputs,
            shape::text(&has)
        )
        .into());
    }
    match has.len() {
        1 => b.push(name, Op::Dense(layer), &[d.node]),
        2 | 3 => {
            // The same matrix at every place: a convolution of one pixel, channels first.
            let n = d.axes.len();
            let mut first = vec![d.axes[n - 1]];
            first.extend(&d.axes[..n - 1]);
            let moved = Data {
                axes: first,
                ..d.clone()
            };
            let moved = b.in_order(name, &moved)?;
            let conv = Conv {
                inputs: layer.inputs,
                outputs: layer.outputs,
                groups: 1,
                window: Window::new([1, 1]),
                weight: layer.weight,
                bias: layer.bias,
                output_padding: [0, 0],
            };
            let out = b.push(name, Op::Conv(conv), &[moved.node])?;
            let mut axes: Vec<usize> = (1..n).collect();
            axes.push(0);
            Ok(Data { axes, ..out })
        }
        n => Err(format!("it works on samples of {n} axes; up to three can be converted").into()),
    }
}

pub fn matmul(b: &mut Build, call: &Call<'_>) -> Results {
    if let (Value::Data(_), Value::Data(_)) = (call.input(0), call.input(1)) {
        return Err(Wrong::new(
            "it multiplies activations with activations",
            "attention has no spiking form here; only products with constant weights can be converted",
        ));
    }
    if let (Value::Const(_), Value::Data(_)) = (call.input(0), call.input(1)) {
        return Err("its weights stand on the left, where they mix samples".into());
    }
    let d = call.data(0)?;
    let matrix = call.constant(1, "weights")?;
    let rank = matrix.shape.len();
    let vector = rank == 1;
    if rank == 0
        || matrix.shape[..rank.saturating_sub(2)]
            .iter()
            .any(|n| *n != 1)
    {
        return Err(format!("its weights are {}, no matrix", shape::text(&matrix.shape)).into());
    }
    let (inputs, outputs) = if vector {
        (matrix.shape[0], 1)
    } else {
        (matrix.shape[rank - 2], matrix.shape[rank - 1])
    };
    let list = matrix.reals()?;
    finite("weights", &list)?;
    let out = affine(b, call.name, &d, dense(inputs, outputs, &list))?;
    if vector && b.shape(&out).len() > 1 {
        let mut to = b.shape(&out);
        to.pop();
        return Ok(vec![b.reshape(call.name, &out, to)?.into()]);
    }
    Ok(vec![out.into()])
}

/// `Conv` and `ConvTranspose`.
pub fn conv(b: &mut Build, call: &Call<'_>) -> Results {
    let transpose = call.op == "ConvTranspose";
    let d = b.in_order(call.name, &call.data(0)?)?;
    let weight = call.constant(1, "weights")?;
    let bias = call.optional(2, "biases")?;
    let has = b.shape(&d);
    let places = weight.shape.len().saturating_sub(2);
    if !(1..=2).contains(&places) {
        return Err(Wrong::new(
            format!("it moves over {places} axes"),
            "convolutions over one and two axes can be converted",
        ));
    }
    if has.len() != places + 1 {
        return Err(format!(
            "its weights are {}, and what comes in is {}",
            shape::text(&weight.shape),
            shape::text(&has)
        )
        .into());
    }
    let groups = call.attributes.int("group")?.unwrap_or(1);
    let groups = usize::try_from(groups).ok().filter(|g| *g > 0);
    let groups = groups.ok_or("its group must be at least 1")?;
    let list = weight.reals()?;
    finite("weights", &list)?;
    let (x, y) = (weight.shape[0], weight.shape[1].saturating_mul(groups));
    let (inputs, outputs) = if transpose { (x, y) } else { (y, x) };
    let kernel = &weight.shape[2..];
    let stated = call.attributes.sizes("kernel_shape", places)?;
    if let Some(stated) = stated
        && stated != kernel
    {
        return Err(format!(
            "its kernel_shape is {}, and its weights have {}",
            shape::text(&stated),
            shape::text(kernel)
        )
        .into());
    }
    let bias = match bias {
        None => vec![0.0; outputs],
        Some(t) => {
            let list = t.reals()?;
            finite("biases", &list)?;
            list
        }
    };
    if bias.len() != outputs {
        return Err(format!("it has {} biases for {outputs} channels", bias.len()).into());
    }
    let mut layer = Conv {
        inputs,
        outputs,
        groups,
        window: Window::new([1, 1]),
        weight: list,
        bias,
        output_padding: [0, 0],
    };
    if transpose {
        windows::transposed(call, &has[1..], kernel, &mut layer)?;
    } else {
        layer.window = windows::window(call, &has[1..], kernel)?;
    }
    let op = if transpose {
        Op::ConvTranspose(layer)
    } else {
        Op::Conv(layer)
    };
    Ok(vec![b.push(call.name, op, &[d.node])?.into()])
}

/// y = (x - mean) / sqrt(var + epsilon) scale + bias: two numbers per channel.
pub fn batch_norm(b: &mut Build, call: &Call<'_>) -> Results {
    let d = call.data(0)?;
    let a = &call.attributes;
    let epsilon = f64::from(a.float("epsilon")?.unwrap_or(1e-5));
    a.int("is_test")?;
    if a.flag("training_mode", false)? {
        return Err(Wrong::new(
            "it is in training mode, where it depends on the other samples",
            "export the network for inference (model.eval())",
        ));
    }
    let spatial = a.flag("spatial", true)?;
    let has = b.shape(&d);
    let mut parts = Vec::new();
    for (i, what) in [(1, "scales"), (2, "biases"), (3, "means"), (4, "variances")] {
        let t = call.constant(i, what)?;
        let list = t.reals()?;
        let wants = if spatial {
            has[0]
        } else {
            has.iter().product()
        };
        if list.len() != wants {
            return Err(format!("it has {} {what} for {wants} channels", list.len()).into());
        }
        parts.push(list);
    }
    let [gamma, beta, mean, var] = &parts[..] else {
        return Err("its parameters are missing".into());
    };
    let mut scale = Vec::with_capacity(gamma.len());
    let mut shift = Vec::with_capacity(gamma.len());
    for (k, (((gamma, beta), mean), var)) in gamma.iter().zip(beta).zip(mean).zip(var).enumerate() {
        let [gamma, beta, mean, var] = [gamma, beta, mean, var].map(|x| f64::from(*x));
        if var + epsilon <= 0.0 {
            return Err(format!("variance {k} is {var}").into());
        }
        let s = gamma / (var + epsilon).sqrt();
        scale.push(s as f32);
        shift.push((beta - mean * s) as f32);
    }
    let mut of = has.clone();
    if spatial {
        of[1..].fill(1);
    }
    let scale = b.list(&d, &Tensor::real(of.clone(), scale))?;
    let shift = b.list(&d, &Tensor::real(of, shift))?;
    let channels = b.graph.node(d.node).shape[0];
    let out = b.scale(
        call.name,
        &d,
        shorten(scale, channels),
        shorten(shift, channels),
    )?;
    Ok(vec![out.into()])
}
