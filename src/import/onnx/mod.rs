//! ONNX files (operator sets 8 to 21 and later ones that keep the meaning) to layer graphs.
//!
//! `proto` is what is in the file, `translate` walks over its nodes, and `ops` says which function
//! translates which operator. What depends on constants and shapes alone is computed at import
//! (`constants`); transpositions rename axes and move nothing until a layer asks for an order
//! (`value::Data`). Everything that cannot be translated is told at once.

mod arithmetic;
mod attributes;
mod build;
mod constants;
mod elementwise;
mod ending;
mod functions;
mod layers;
mod layout;
mod literal;
mod moves;
mod ops;
mod pieces;
mod proto;
mod reduce;
mod resize;
mod tensor;
mod translate;
mod value;
mod windows;

use std::path::Path;

use prost::Message;
use rustc_hash::FxHashMap;

use self::build::Build;
use self::proto::{Model, TensorProto, ValueInfo};
use self::translate::Translation;
use self::value::{Data, Value};
use super::Options;
use super::findings::{error, error_with, names, suggest};
use crate::ann::Graph;
use crate::ann::graph;
use crate::ann::passes;
use crate::definition::Diagnostic;

/// What exporters call a graph that nobody has named: the file's name says more.
const NAMELESS: [&str; 5] = ["", "main_graph", "torch_jit", "torch-jit-export", "tf2onnx"];

/// Reads a model from the bytes of a file; external data is looked for beside `path`.
pub fn read(path: &Path, bytes: Vec<u8>, options: &Options) -> Result<Graph, Vec<Diagnostic>> {
    let fail = |message: &dyn std::fmt::Display| vec![error(path, message)];
    let model = Model::decode(bytes::Bytes::from(bytes))
        .map_err(|e| fail(&format!("no readable ONNX file: {e}")))?;
    let graph = model
        .graph
        .ok_or_else(|| fail(&"no ONNX file: it has no graph"))?;
    let opset = model
        .opset_import
        .iter()
        .find(|o| matches!(o.domain.as_str(), "" | "ai.onnx"))
        .map_or(1, |o| o.version);
    if !graph.sparse_initializer.is_empty() {
        return Err(vec![error_with(
            path,
            "it holds constants in sparse form, which cannot be read",
            "export it with dense constants; zeros in them cost nothing after the conversion",
        )]);
    }
    let nodes = functions::inline(&graph.node, &model.functions).map_err(|e| fail(&e))?;
    let initializers: FxHashMap<&str, &TensorProto> = graph
        .initializer
        .iter()
        .map(|t| (t.name.as_str(), t))
        .collect();
    let output = choose_output(path, &graph.output, options)?;
    // Old files list their constants among the inputs.
    let inputs: Vec<&ValueInfo> = graph
        .input
        .iter()
        .filter(|i| !initializers.contains_key(i.name.as_str()))
        .collect();
    let input = match inputs[..] {
        [one] => one,
        [] => return Err(fail(&"it has no input")),
        _ => {
            let all: Vec<&str> = inputs.iter().map(|i| i.name.as_str()).collect();
            return Err(vec![error_with(
                path,
                format!("it has several inputs: {}", names(&all)),
                "networks with one input can be converted",
            )]);
        }
    };
    let (samples, shape) = input_shape(path, input, options)?;
    let layout = layout::behind_input(&nodes, &input.name, shape.len());
    // Axis k of the file is axis `axes[k]` of the graph.
    let mut axes: Vec<usize> = (0..shape.len()).collect();
    let mut own = shape.clone();
    if let Some(perm) = &layout {
        for (canonical, file) in perm.iter().enumerate() {
            axes[*file] = canonical;
            own[canonical] = shape[*file];
        }
    }
    let title = if NAMELESS.contains(&graph.name.as_str()) {
        path.file_stem()
            .map(|s| s.to_string_lossy().into_owned())
            .unwrap_or_default()
    } else {
        graph.name.clone()
    };
    let mut start = graph::Graph::new(title, &input.name, &own).map_err(|e| fail(&e))?;
    if layout.is_some() {
        start.layout = Some(axes.clone());
        start
            .notes
            .push("samples come with their channels last and are turned when they are read".into());
    }
    let mut values = FxHashMap::default();
    values.insert(
        input.name.as_str(),
        Value::Data(Data {
            node: 0,
            axes,
            finish: None,
        }),
    );
    let mut translation = Translation {
        path,
        nodes: &nodes,
        initializers,
        opset,
        build: Build {
            graph: start,
            samples,
        },
        values,
        findings: Vec::new(),
    };
    let result = translation.run(output);
    let Some(result) = result else {
        return Err(translation.findings);
    };
    let Translation { mut build, .. } = translation;
    let finish = result.finish.clone();
    let bare = Data {
        finish: None,
        ..result
    };
    let last = build
        .in_order("output order", &bare)
        .map_err(|w| fail(&w.message))?;
    let mut graph = build.graph;
    graph.set_output(last.node);
    if let Some((finish, name)) = finish {
        graph.notes.push(format!(
            "{} at the end (`{name}`) is left out: it changes no decision",
            finish.name()
        ));
        graph.finish = Some(finish);
    }
    passes::simplify(graph).map_err(|e| fail(&e))
}

fn choose_output<'m>(
    path: &Path,
    outputs: &'m [ValueInfo],
    options: &Options,
) -> Result<&'m str, Vec<Diagnostic>> {
    let all: Vec<&str> = outputs.iter().map(|o| o.name.as_str()).collect();
    match (&options.output, &all[..]) {
        (Some(wanted), _) => all.iter().copied().find(|n| n == wanted).ok_or_else(|| {
            vec![error_with(
                path,
                format!("it has no output {}", names(&[wanted])),
                &suggest(wanted, &all),
            )]
        }),
        (None, [one]) => Ok(one),
        (None, []) => Err(vec![error(path, "it has no output")]),
        (None, _) => Err(vec![error_with(
            path,
            format!("it has several outputs: {}", names(&all)),
            "say which one with --output NAME",
        )]),
    }
}

/// The fixed number of samples, if there is one, and the shape of a sample.
fn input_shape(
    path: &Path,
    input: &ValueInfo,
    options: &Options,
) -> Result<(Option<i64>, Vec<usize>), Vec<Diagnostic>> {
    const HELP: &str = "say the shape of one sample with --input-shape, such as 3x32x32";
    let fail = |message: String, help: &str| vec![error_with(path, message, help)];
    let name = names(&[&input.name]);
    let dims = input
        .r#type
        .as_ref()
        .and_then(|t| t.tensor_type.as_ref())
        .and_then(|t| t.shape.as_ref())
        .map(|s| s.dim.as_slice());
    let samples = dims
        .and_then(|d| d.first())
        .and_then(|d| d.dim_value)
        .filter(|n| *n > 0);
    let Some(dims) = dims else {
        return match &options.input_shape {
            Some(shape) => Ok((samples, shape.clone())),
            None => Err(fail(format!("its input {name} has no shape"), HELP)),
        };
    };
    if dims.len() < 2 {
        return Err(fail(
            format!(
                "its input {name} has {} axes; the first must be that of the samples, and the values \
                 of a sample come after it",
                dims.len()
            ),
            "export the network for batches of samples",
        ));
    }
    let given = options.input_shape.as_deref();
    if let Some(g) = given
        && g.len() != dims.len() - 1
    {
        return Err(fail(
            format!(
                "its input {name} has {} axes for a sample, and {} were said",
                dims.len() - 1,
                g.len()
            ),
            "",
        ));
    }
    let mut shape = Vec::new();
    for (k, d) in dims[1..].iter().enumerate() {
        let said = given.map(|g| g[k]);
        let fixed = d.dim_value.and_then(|n| usize::try_from(n).ok());
        let fixed = fixed.filter(|n| *n > 0);
        match (fixed, said) {
            (Some(n), Some(s)) if n != s => {
                return Err(fail(
                    format!(
                        "axis {} of its input {name} is {n}, and {s} was said",
                        k + 1
                    ),
                    "",
                ));
            }
            (Some(n), _) | (None, Some(n)) => shape.push(n),
            (None, None) => {
                let called = d.dim_param.as_deref().unwrap_or("?");
                return Err(fail(
                    format!(
                        "axis {} of its input {name} is open (`{}`)",
                        k + 1,
                        called.escape_debug()
                    ),
                    HELP,
                ));
            }
        }
    }
    Ok((samples, shape))
}
