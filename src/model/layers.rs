//! The trained network's layers to and from their description.

use super::arrays::{Arrays, Stored};
use super::description::{Layer, Trained};
use crate::ann::{Activation, Graph, Op, shape};
use crate::convert::Calibration;

/// The arrays of a layer: name, and the shape that the layer's parameters ask for.
fn weight_shape(op: &Op) -> Option<(Vec<usize>, usize)> {
    match op {
        Op::Dense(d) => Some((vec![d.outputs, d.inputs], d.outputs)),
        Op::Conv(c) => {
            let [h, w] = c.window.kernel;
            let inner = c.inputs.checked_div(c.groups)?;
            Some((vec![c.outputs, inner, h, w], c.outputs))
        }
        Op::ConvTranspose(c) => {
            let [h, w] = c.window.kernel;
            let inner = c.outputs.checked_div(c.groups)?;
            Some((vec![c.inputs, inner, h, w], c.outputs))
        }
        _ => None,
    }
}

/// Describes the layers; their large lists go to `arrays`.
pub(super) fn describe(
    graph: &Graph,
    seen: &Calibration,
    arrays: &mut Arrays,
) -> (Trained, Vec<Layer>) {
    let mut layers = Vec::new();
    for (i, node) in graph.nodes().iter().enumerate() {
        let name = |part: &str| format!("ann.{i}.{part}");
        match &node.op {
            Op::Dense(_) | Op::Conv(_) | Op::ConvTranspose(_) => {
                if let Some((shape, outputs)) = weight_shape(&node.op) {
                    arrays.f32(name("weight"), &shape, node.op.weights());
                    let bias = match &node.op {
                        Op::Dense(d) => &d.bias,
                        Op::Conv(c) | Op::ConvTranspose(c) => &c.bias,
                        _ => continue,
                    };
                    arrays.f32(name("bias"), &[outputs], bias);
                }
            }
            Op::Scale(s) => {
                arrays.f32(name("scale"), &[s.scale.len()], &s.scale);
                arrays.f32(name("shift"), &[s.shift.len()], &s.shift);
            }
            Op::Activation(Activation::LeakyRelu(slopes)) => {
                arrays.f32(name("slope"), &[slopes.len()], slopes);
            }
            Op::Select(s) => {
                let from = s.from.iter().map(|f| f.map_or(-1, i64::from));
                arrays.i64(name("from"), &[s.from.len()], from);
            }
            _ => {}
        }
        layers.push(Layer {
            name: node.name.clone(),
            op: node.op.clone(),
            inputs: node.inputs.clone(),
            shape: node.shape.clone(),
            folded: node.folded.clone(),
            low: seen.low[i],
            high: seen.high[i],
            active: seen.active[i],
        });
    }
    let trained = Trained {
        name: graph.name.clone(),
        output: graph.output(),
        finish: graph.finish.clone(),
        layout: graph.layout.clone(),
        notes: graph.notes.clone(),
    };
    (trained, layers)
}

/// The graph that is described, and what calibration saw of it.
pub(super) fn restore(
    trained: Trained,
    layers: Vec<Layer>,
    samples: usize,
    stored: &Stored,
) -> Result<(Graph, Calibration), String> {
    let mut all = layers.into_iter();
    let first = all
        .next()
        .filter(|l| l.op == Op::Input && l.inputs.is_empty())
        .ok_or("layer 0 is not the input")?;
    let mut graph = Graph::new(trained.name, &first.name, &first.shape)?;
    let mut seen = Calibration {
        samples,
        low: vec![first.low],
        high: vec![first.high],
        active: vec![first.active],
    };
    for (i, layer) in all.enumerate() {
        let i = i + 1;
        let wrong = |e: String| format!("layer {i} (`{}`): {e}", layer.name.escape_debug());
        let before: Vec<usize> = layer
            .inputs
            .iter()
            .map(|k| graph.nodes().get(*k).map(|n| n.len()))
            .collect::<Option<_>>()
            .ok_or_else(|| wrong("it reads a layer that is not before it".into()))?;
        let mut op = layer.op;
        fill(&mut op, i, &layer.shape, before.first().copied(), stored).map_err(wrong)?;
        let at = graph.push(&layer.name, op, &layer.inputs).map_err(wrong)?;
        if graph.node(at).shape != layer.shape {
            return Err(wrong(format!(
                "its output is {}, not {}",
                shape::text(&graph.node(at).shape),
                shape::text(&layer.shape)
            )));
        }
        graph.set_folded(at, layer.folded);
        seen.low.push(layer.low);
        seen.high.push(layer.high);
        seen.active.push(layer.active);
    }
    if trained.output >= graph.nodes().len() {
        return Err(format!(
            "layer {} is the output and not there",
            trained.output
        ));
    }
    graph.set_output(trained.output);
    let mut axes = trained.layout.clone().unwrap_or_default();
    axes.sort_unstable();
    if trained.layout.is_some() && axes != (0..graph.input().shape.len()).collect::<Vec<_>>() {
        return Err("the layout does not name each axis of the input once".into());
    }
    graph.layout = trained.layout;
    graph.finish = trained.finish;
    graph.notes = trained.notes;
    let finite = |list: &[f64]| list.iter().all(|v| v.is_finite());
    if !(finite(&seen.low) && finite(&seen.high) && finite(&seen.active)) {
        return Err("what calibration saw has a value that is no finite number".into());
    }
    Ok((graph, seen))
}

/// Brings the large lists back into a layer. `shape` is that of its output, as stated.
fn fill(
    op: &mut Op,
    i: usize,
    out: &[usize],
    before: Option<usize>,
    stored: &Stored,
) -> Result<(), String> {
    let name = |part: &str| format!("ann.{i}.{part}");
    let shapes = weight_shape(op);
    let list = |part: &str| -> Result<Vec<f32>, String> {
        let len = shape::count(out)?;
        let of = |n: usize| stored.f32(&name(part), &[n]);
        let channels = out.first().copied().unwrap_or(1);
        of(channels).or_else(|e| of(1).or_else(|_| of(len).map_err(|_| e)))
    };
    match op {
        Op::Input => return Err("only layer 0 is an input".into()),
        Op::Dense(d) => {
            let (shape, outputs) = shapes.ok_or("it has no weights")?;
            d.weight = stored.f32(&name("weight"), &shape)?;
            d.bias = stored.f32(&name("bias"), &[outputs])?;
        }
        Op::Conv(c) | Op::ConvTranspose(c) => {
            let (shape, outputs) = shapes.ok_or("it has no groups")?;
            c.weight = stored.f32(&name("weight"), &shape)?;
            c.bias = stored.f32(&name("bias"), &[outputs])?;
        }
        Op::Scale(s) => {
            s.scale = list("scale")?;
            s.shift = list("shift")?;
        }
        Op::Activation(Activation::LeakyRelu(slopes)) => *slopes = list("slope")?,
        Op::Select(s) => {
            let len = shape::count(&s.shape)?;
            let end = before.ok_or("it reads nothing")? as u64;
            s.from = stored.indices(&name("from"), &[len], end)?;
        }
        _ => {}
    }
    Ok(())
}
