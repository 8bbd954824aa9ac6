//! Functions of single elements, and sums and maxima of several inputs.

use super::build::Build;
use super::tensor::{Tensor, common_shape};
use super::value::{Call, Data, Value, Wrong, plain};
use crate::ann::op::{Activation, Op};

type Results = Result<Vec<Value>, Wrong>;

fn one(d: Data) -> Results {
    Ok(vec![d.into()])
}

pub fn activation(b: &mut Build, call: &Call<'_>) -> Results {
    let d = call.data(0)?;
    let a = &call.attributes;
    let mut f = match call.op {
        "Relu" => Activation::Relu,
        "LeakyRelu" => Activation::LeakyRelu(vec![a.float("alpha")?.unwrap_or(0.01)]),
        "PRelu" => Activation::LeakyRelu(slopes(b, call, &d)?),
        "HardSigmoid" => {
            let alpha = a.float("alpha")?.unwrap_or(0.2);
            let beta = a.float("beta")?.unwrap_or(0.5);
            let d = b.scale(call.name, &d, vec![alpha], vec![beta])?;
            let clip = Activation::Clip {
                low: 0.0,
                high: 1.0,
            };
            return one(b.elementwise(call.name, Op::Activation(clip), &d)?);
        }
        _ => clip(call)?,
    };
    if let Activation::LeakyRelu(s) = &mut f
        && let Some(x) = s.iter().find(|x| !x.is_finite())
    {
        return Err(format!("one of its slopes is {x}").into());
    }
    one(b.elementwise(call.name, Op::Activation(f), &d)?)
}

/// Slopes are spread over the samples from the right, as in NumPy. Before operator set 7 a list was one
/// slope for each channel, and files say so to this day where it cannot mean anything else.
fn slopes(b: &Build, call: &Call<'_>, d: &Data) -> Result<Vec<f32>, Wrong> {
    let t = call.constant(1, "slopes")?;
    let has = b.shape(d);
    let by_channel =
        t.shape.len() == 1 && t.len() == has[0] && (call.opset < 7 || has.last() != Some(&t.len()));
    if by_channel {
        let mut shape = vec![1; has.len()];
        shape[0] = t.len();
        return b.list(d, &Tensor::real(shape, t.reals()?));
    }
    b.list(d, &t)
}

/// Limits are attributes up to operator set 10, and inputs since.
fn clip(call: &Call<'_>) -> Result<Activation, Wrong> {
    let limit = |attribute: &'static str, i: usize, none: f32| -> Result<f32, Wrong> {
        let given = match call.attributes.float(attribute)? {
            Some(x) => Some(x),
            None => match call.optional(i, attribute)? {
                Some(t) => Some(t.scalar()?),
                None => None,
            },
        };
        // The largest float stands for no limit.
        Ok(given.filter(|x| x.abs() < f32::MAX).unwrap_or(none))
    };
    Ok(Activation::Clip {
        low: limit("min", 1, f32::NEG_INFINITY)?,
        high: limit("max", 2, f32::INFINITY)?,
    })
}

pub fn negate(b: &mut Build, call: &Call<'_>) -> Results {
    let d = call.data(0)?;
    one(b.scale(call.name, &d, vec![-1.0], vec![0.0])?)
}

/// |x| = max(x, -x).
pub fn absolute(b: &mut Build, call: &Call<'_>) -> Results {
    let d = call.data(0)?;
    let minus = b.scale(call.name, &d, vec![-1.0], vec![0.0])?;
    let node = b.push(call.name, Op::Max, &[d.node, minus.node])?.node;
    one(Data { node, ..d })
}

/// Add, Sub, Mul and Div.
pub fn arithmetic(b: &mut Build, call: &Call<'_>) -> Results {
    match (call.input(0), call.input(1)) {
        (Value::Data(x), Value::Data(y)) => {
            let (x, y) = (plain(x)?, plain(y)?);
            let second = match call.op {
                "Add" => 1.0,
                "Sub" => -1.0,
                _ => {
                    let what = if call.op == "Mul" {
                        "multiplies"
                    } else {
                        "divides"
                    };
                    return Err(Wrong::new(
                        format!("it {what} activations by activations"),
                        "gates, attention and squeeze-and-excitation have no spiking form here; only \
                         products with constants can be converted",
                    ));
                }
            };
            let parts = alike(b, call.name, vec![x, y])?;
            sum(b, call.name, &parts, vec![1.0, second])
        }
        (Value::Data(x), Value::Const(c)) => {
            let x = grown(b, call.name, &plain(x)?, c)?;
            let mut c = b.list(&x, c)?;
            match call.op {
                "Add" => one(b.scale(call.name, &x, vec![1.0], c)?),
                "Sub" => {
                    c.iter_mut().for_each(|v| *v = -*v);
                    one(b.scale(call.name, &x, vec![1.0], c)?)
                }
                "Mul" => one(b.scale(call.name, &x, c, vec![0.0])?),
                _ => {
                    c.iter_mut().for_each(|v| *v = (1.0 / f64::from(*v)) as f32);
                    one(b.scale(call.name, &x, c, vec![0.0])?)
                }
            }
        }
        (Value::Const(c), Value::Data(x)) => {
            let x = grown(b, call.name, &plain(x)?, c)?;
            let c = b.list(&x, c)?;
            match call.op {
                "Add" => one(b.scale(call.name, &x, vec![1.0], c)?),
                "Sub" => one(b.scale(call.name, &x, vec![-1.0], c)?),
                "Mul" => one(b.scale(call.name, &x, c, vec![0.0])?),
                _ => Err("it divides by activations".into()),
            }
        }
        _ => Err("an input is missing".into()),
    }
}

/// The activation spread to what it makes with a constant.
fn grown(b: &mut Build, name: &str, d: &Data, c: &Tensor) -> Result<Data, Wrong> {
    let has = b.shape(d);
    let skip = (c.shape.len() == has.len() + 1 && c.shape[0] == 1) as usize;
    let to = common_shape(&has, &c.shape[skip..])?;
    b.spread(name, d, &to)
}

/// Inputs spread to one shape, with their axes in one order.
fn alike(b: &mut Build, name: &str, mut parts: Vec<Data>) -> Result<Vec<Data>, Wrong> {
    let mut to = b.shape(&parts[0]);
    for p in &parts[1..] {
        let has = b.shape(p);
        if has.len() != to.len() {
            return Err(format!(
                "samples of {} and of {} do not fit together",
                crate::ann::shape::text(&to),
                crate::ann::shape::text(&has)
            )
            .into());
        }
        to = common_shape(&to, &has)?;
    }
    for p in &mut parts {
        *p = b.spread(name, p, &to)?;
    }
    if parts.iter().any(|p| p.axes != parts[0].axes) {
        for p in &mut parts {
            *p = b.in_order(name, p)?;
        }
    }
    Ok(parts)
}

fn sum(b: &mut Build, name: &str, parts: &[Data], coefficients: Vec<f32>) -> Results {
    let nodes: Vec<usize> = parts.iter().map(|p| p.node).collect();
    let node = b.push(name, Op::Sum(coefficients), &nodes)?.node;
    one(Data {
        node,
        ..parts[0].clone()
    })
}

/// Sum, Mean, Max and Min of any number of inputs.
pub fn several(b: &mut Build, call: &Call<'_>) -> Results {
    let mut parts = Vec::new();
    let mut constants = Vec::new();
    for v in &call.inputs {
        match v {
            Value::Data(d) => parts.push(plain(d)?),
            Value::Const(t) => constants.push(t.clone()),
            _ => {}
        }
    }
    if parts.is_empty() {
        return Err("it has no inputs".into());
    }
    for t in &constants {
        parts[0] = grown(b, call.name, &parts[0], t)?;
    }
    let parts = alike(b, call.name, parts)?;
    let n = parts.len();
    let minus = call.op == "Min";
    let mut out = match call.op {
        "Sum" => sum(b, call.name, &parts, vec![1.0; n])?,
        "Mean" => {
            let share = 1.0 / (n + constants.len()) as f32;
            sum(b, call.name, &parts, vec![share; n])?
        }
        _ => {
            let mut nodes = Vec::new();
            for p in &parts {
                let p = if minus && n > 1 {
                    b.scale(call.name, p, vec![-1.0], vec![0.0])?
                } else {
                    p.clone()
                };
                nodes.push(p.node);
            }
            let mut d = parts[0].clone();
            if n > 1 {
                d.node = b.push(call.name, Op::Max, &nodes)?.node;
                if minus {
                    d = b.scale(call.name, &d, vec![-1.0], vec![0.0])?;
                }
            }
            one(d)?
        }
    };
    for t in constants {
        let Some(Value::Data(d)) = out.first().cloned() else {
            break;
        };
        let list = b.list(&d, &t)?;
        out = match call.op {
            "Sum" => one(b.scale(call.name, &d, vec![1.0], list)?)?,
            "Mean" => {
                let share = 1.0 / (call.inputs.len() as f32);
                let list = list.iter().map(|x| x * share).collect();
                one(b.scale(call.name, &d, vec![1.0], list)?)?
            }
            _ => one(limited(b, call.name, &d, &list, minus)?)?,
        };
    }
    Ok(out)
}

/// max(x, c), or min(x, c). For one number a clip; else max(x, c) = relu(x - c) + c, and
/// min(x, c) = c - relu(c - x).
fn limited(b: &mut Build, name: &str, d: &Data, c: &[f32], min: bool) -> Result<Data, Wrong> {
    if let [c] = c {
        let (low, high) = if min {
            (f32::NEG_INFINITY, *c)
        } else {
            (*c, f32::INFINITY)
        };
        let clip = Op::Activation(Activation::Clip { low, high });
        return b.elementwise(name, clip, d);
    }
    let sign = if min { -1.0 } else { 1.0 };
    let minus = c.iter().map(|v| -sign * v).collect();
    let x = b.scale(name, d, vec![sign], minus)?;
    let x = b.elementwise(name, Op::Activation(Activation::Relu), &x)?;
    b.scale(name, &x, vec![sign], c.to_vec())
}
