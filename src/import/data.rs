//! Data sets that a network is shown: .npz, .npy and .csv, brought into the shape of its input.

use std::path::Path;

use super::findings::{error, error_with, names, suggest};
use crate::ann::graph::Graph;
use crate::ann::shape;
use crate::definition::Diagnostic;
use crate::definition::arrays::{self, Array};

/// What a file may leave open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataOptions {
    /// Name of the array of samples in a .npz file.
    pub samples: Option<String>,
    /// Name of the array of labels.
    pub labels: Option<String>,
    /// What values are divided by, such as 255 for pixels.
    pub divide_by: Option<f64>,
    /// At most so many samples, from the first on.
    pub limit: Option<usize>,
    /// Where names leave it open, take what is for training, not what is for testing.
    pub training: bool,
}

/// Samples as a network takes them.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSet {
    /// One sample after the other, each in the order of the network's input.
    pub values: Vec<f32>,
    pub count: usize,
    /// The right class of each sample, if the file has it.
    pub labels: Option<Vec<u32>>,
    /// Names of the arrays that were taken, and what was done to them.
    pub notes: Vec<String>,
}

/// Usual names of samples and of labels, the likeliest first; case does not matter. What is for
/// testing comes before what is for training.
const SAMPLES: [&str; 13] = [
    "x_test",
    "test_x",
    "test_images",
    "x",
    "images",
    "data",
    "inputs",
    "input",
    "features",
    "samples",
    "x_train",
    "train_x",
    "train_images",
];
const LABELS: [&str; 13] = [
    "y_test",
    "test_y",
    "test_labels",
    "y",
    "labels",
    "label",
    "targets",
    "target",
    "classes",
    "class",
    "y_train",
    "train_y",
    "train_labels",
];

/// Reads the samples for a network.
pub fn data(path: &Path, graph: &Graph, options: &DataOptions) -> Result<DataSet, Vec<Diagnostic>> {
    let tell = |e: Vec<String>| e.into_iter().map(Diagnostic::error).collect::<Vec<_>>();
    let ending = path
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let mut notes = Vec::new();
    let (samples, labels) = match ending.as_str() {
        "npz" => {
            let all = arrays::names(path).map_err(|e| tell(vec![e]))?;
            let (x, y) = choose(path, &all, options)?;
            let samples = arrays::read(path, Some(&x)).map_err(tell)?;
            let labels = match &y {
                Some(y) => Some(arrays::read(path, Some(y)).map_err(tell)?),
                None => None,
            };
            notes.push(match &y {
                Some(y) => format!("samples from `{x}`, labels from `{y}`"),
                None => format!("samples from `{x}`, no labels"),
            });
            (samples, labels)
        }
        _ => (arrays::read(path, None).map_err(tell)?, None),
    };
    let table = matches!(ending.as_str(), "csv" | "txt");
    let set = if table {
        from_table(path, graph, &samples, options, notes)?
    } else {
        from_array(path, graph, &samples, options, notes)?
    };
    let mut set = set;
    if let Some(labels) = labels {
        let entries = labels.shape.first().copied().unwrap_or(1);
        let count = samples.len() / graph.input().len();
        // Labels that nobody named may belong to other samples of the file.
        if options.labels.is_none() && entries != count {
            set.notes.push(format!(
                "the labels are left out: there are {entries} of them for {count} samples"
            ));
        } else {
            match read_labels(path, &labels, &set, count) {
                Ok(labels) => set.labels = Some(labels),
                // What only has the name of labels may be something else.
                Err(_) if options.labels.is_none() => {
                    set.notes
                        .push("the labels are left out: they are no classes".into());
                }
                Err(e) => return Err(e),
            }
        }
    }
    if set.count == 0 {
        return Err(vec![error(path, "it has no samples")]);
    }
    Ok(set)
}

fn choose(
    path: &Path,
    all: &[String],
    options: &DataOptions,
) -> Result<(String, Option<String>), Vec<Diagnostic>> {
    let shown: Vec<&str> = all.iter().map(String::as_str).collect();
    let named = |wanted: &str| {
        all.iter().find(|n| *n == wanted).cloned().ok_or_else(|| {
            let message = format!("it has no array {}", names(&[wanted]));
            vec![error_with(path, message, &suggest(wanted, &shown))]
        })
    };
    let usual = |list: &[&str]| {
        let of = |u: &&str| all.iter().find(|n| n.eq_ignore_ascii_case(u));
        list.iter().find_map(of).cloned()
    };
    let mut likely = SAMPLES;
    if options.training {
        likely.sort_by_key(|n| !n.contains("train"));
    }
    let x = match (&options.samples, usual(&likely), all) {
        (Some(name), _, _) => named(name)?,
        (None, Some(x), _) => x,
        (None, None, [only]) => only.clone(),
        (None, None, _) => {
            return Err(vec![error_with(
                path,
                format!(
                    "none of its arrays has a usual name for samples: {}",
                    names(all)
                ),
                "say which one with --samples NAME, and the labels with --labels NAME",
            )]);
        }
    };
    let y = match &options.labels {
        Some(name) => Some(named(name)?),
        // The partner of `x_train` is `y_train`, not `y_test`.
        None => {
            let place = SAMPLES.iter().position(|u| u.eq_ignore_ascii_case(&x));
            let split = |n: &str| {
                let n = n.to_lowercase();
                (n.contains("test"), n.contains("train"))
            };
            let partners: Vec<&str> = LABELS
                .iter()
                .copied()
                .filter(|l| place.is_none() || split(l) == split(&x))
                .collect();
            usual(&partners).filter(|y| *y != x)
        }
    };
    Ok((x, y))
}

/// Samples along the first axis.
fn from_array(
    path: &Path,
    graph: &Graph,
    a: &Array,
    options: &DataOptions,
    mut notes: Vec<String>,
) -> Result<DataSet, Vec<Diagnostic>> {
    let Some((count, sample)) = a.shape.split_first() else {
        return Err(vec![error(path, "it holds a single number, not samples")]);
    };
    // One sample alone, without an axis for it.
    let alone = squeezed(&a.shape);
    let is_sample = alone == squeezed(&graph.input().shape) || alone == squeezed(&of_file(graph));
    let (count, sample) = if is_sample && a.shape.len() > 1 {
        (1, &a.shape[..])
    } else {
        (*count, sample)
    };
    let order = order(path, graph, sample, &mut notes)?;
    let count = options.limit.map_or(count, |l| l.min(count));
    let len = graph.input().len();
    let values = a.values(0..count * len);
    let values = ranged(path, values, a.is_whole(), options)?;
    Ok(DataSet {
        values: turned(values, order.as_deref()),
        count,
        labels: None,
        notes,
    })
}

/// A shape without axes of extent 1.
fn squeezed(of: &[usize]) -> Vec<usize> {
    of.iter().copied().filter(|n| *n != 1).collect()
}

/// The shape of a sample as the file of the network has it: its axis k is axis `layout[k]` of the input.
fn of_file(graph: &Graph) -> Vec<usize> {
    let input = &graph.input().shape;
    match &graph.layout {
        Some(l) => l.iter().map(|a| input[*a]).collect(),
        None => input.clone(),
    }
}

/// For each element of the input, the element of the sample; `None` if they lie in one order.
fn order(
    path: &Path,
    graph: &Graph,
    sample: &[usize],
    notes: &mut Vec<String>,
) -> Result<Option<Vec<usize>>, Vec<Diagnostic>> {
    let input = &graph.input().shape;
    let of_file = of_file(graph);
    let flat = sample.len() == 1 && sample[0] == graph.input().len();
    let last: Vec<usize> = (1..input.len()).chain([0]).collect();
    let turned: Vec<usize> = last.iter().map(|a| input[*a]).collect();
    let axes = if let Some(l) = graph
        .layout
        .as_ref()
        .filter(|_| flat || squeezed(sample) == squeezed(&of_file))
    {
        l.clone()
    } else if flat || squeezed(sample) == squeezed(input) {
        return Ok(None);
    } else if squeezed(sample) == squeezed(&turned) {
        notes.push("samples have their channels last and were turned".into());
        last
    } else {
        return Err(vec![error_with(
            path,
            format!(
                "its samples are {}, and the network takes {}",
                shape::text(sample),
                shape::text(&of_file)
            ),
            "the first axis counts samples; channels may come first or last",
        )]);
    };
    // Element (i0, i1, ...) of the input lies where the axes of the sample put it.
    let dims: Vec<usize> = axes.iter().map(|a| input[*a]).collect();
    let mut stride = vec![0; input.len()];
    let mut step = 1;
    for (k, a) in axes.iter().enumerate().rev() {
        stride[*a] = step;
        step *= dims[k];
    }
    let from = (0..graph.input().len()).map(|mut i| {
        let mut at = 0;
        for a in (0..input.len()).rev() {
            at += i % input[a] * stride[a];
            i /= input[a];
        }
        at
    });
    Ok(Some(from.collect()))
}

fn turned(values: Vec<f32>, order: Option<&[usize]>) -> Vec<f32> {
    let Some(order) = order else { return values };
    let mut out = Vec::with_capacity(values.len());
    for sample in values.chunks_exact(order.len()) {
        out.extend(order.iter().map(|i| sample[*i]));
    }
    out
}

/// Divides, and refuses what has plainly not been brought to the range of a network.
fn ranged(
    path: &Path,
    values: Vec<f64>,
    whole: bool,
    options: &DataOptions,
) -> Result<Vec<f32>, Vec<Diagnostic>> {
    if let Some(i) = values.iter().position(|v| !v.is_finite()) {
        return Err(vec![error(
            path,
            format!(
                "value {i} of its samples is no finite number: {}",
                values[i]
            ),
        )]);
    }
    let by = match options.divide_by {
        Some(by) if by.is_finite() && by != 0.0 => by,
        Some(by) => {
            return Err(vec![error(
                path,
                format!("values cannot be divided by {by}"),
            )]);
        }
        None => {
            let most = values.iter().copied().fold(0.0, f64::max);
            if most > 1.0 && (whole || values.iter().all(|v| v.fract() == 0.0)) {
                let low = values.iter().copied().fold(0.0, f64::min);
                return Err(vec![error_with(
                    path,
                    format!(
                        "its samples are whole numbers from {low} to {most}, and networks are \
                         usually trained on 0 to 1"
                    ),
                    &format!(
                        "say --divide-by {most} if this one was (255 for 8-bit pixels), or \
                         --divide-by 1 if it takes the numbers as they are"
                    ),
                )]);
            }
            1.0
        }
    };
    // The quotient of single-precision numbers is what networks were trained on.
    Ok(values.iter().map(|v| *v as f32 / by as f32).collect())
}

/// A row for each sample; a label may stand in a column of its own.
fn from_table(
    path: &Path,
    graph: &Graph,
    a: &Array,
    options: &DataOptions,
    mut notes: Vec<String>,
) -> Result<DataSet, Vec<Diagnostic>> {
    let len = graph.input().len();
    let [rows, columns] = a.shape[..] else {
        return Err(vec![error(path, "it is no table")]);
    };
    let count = options.limit.map_or(rows, |l| l.min(rows));
    let by_name = a.header.as_ref().and_then(|h| match &options.labels {
        Some(name) => h.iter().position(|c| c == name),
        None => h
            .iter()
            .position(|c| LABELS.iter().any(|l| l.eq_ignore_ascii_case(c.trim()))),
    });
    if let (Some(name), None) = (&options.labels, by_name) {
        let header = a.header.clone().unwrap_or_default();
        let valid: Vec<&str> = header.iter().map(String::as_str).collect();
        let message = format!("it has no column {}", names(&[name]));
        return Err(vec![error_with(path, message, &suggest(name, &valid))]);
    }
    let all = a.values(0..count * columns);
    let classes = graph.node(graph.output()).len() as f64;
    let is_label = |c: usize| {
        all.iter()
            .skip(c)
            .step_by(columns)
            .all(|v| v.fract() == 0.0 && (0.0..classes).contains(v))
    };
    // Tables of images usually begin with the label; others end with it.
    let label = match by_name {
        Some(c) => Some(c),
        None if columns == len + 1 && is_label(0) => Some(0),
        None if columns == len + 1 && is_label(columns - 1) => Some(columns - 1),
        None => None,
    };
    if columns - usize::from(label.is_some()) != len {
        return Err(vec![error_with(
            path,
            format!(
                "its rows have {columns} columns, and the network takes {} = {len} values",
                shape::text(&graph.input().shape)
            ),
            "one more column may hold the label (named label, class, target or y)",
        )]);
    }
    let mut values = Vec::with_capacity(count * len);
    let mut labels = Vec::new();
    for row in all.chunks_exact(columns.max(1)) {
        for (c, v) in row.iter().enumerate() {
            if Some(c) == label {
                labels.push(*v);
            } else {
                values.push(*v);
            }
        }
    }
    let order = order(path, graph, &[len], &mut notes)?;
    let values = ranged(path, values, false, options)?;
    let mut set = DataSet {
        values: turned(values, order.as_deref()),
        count,
        labels: None,
        notes,
    };
    if let Some(c) = label {
        set.notes.push(format!("labels from column {}", c + 1));
        set.labels = Some(as_labels(path, &labels)?);
    }
    Ok(set)
}

fn as_labels(path: &Path, values: &[f64]) -> Result<Vec<u32>, Vec<Diagnostic>> {
    let label = |(i, v): (usize, &f64)| {
        if v.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(v) {
            Ok(*v as u32)
        } else {
            Err(vec![error(
                path,
                format!("label {i} is {v}, no class from 0 on"),
            )])
        }
    };
    values.iter().enumerate().map(label).collect()
}

/// One class for each sample, or a row of zeros with a one at the class.
fn read_labels(
    path: &Path,
    a: &Array,
    set: &DataSet,
    samples: usize,
) -> Result<Vec<u32>, Vec<Diagnostic>> {
    let shape = squeezed(&a.shape);
    let one_hot = shape.len() == 2 && a.shape.first() == Some(&samples);
    if !(shape == squeezed(&[samples]) || one_hot) {
        return Err(vec![error(
            path,
            format!(
                "its labels are {}, and there are {samples} samples",
                a.shape_text()
            ),
        )]);
    }
    if one_hot {
        let width = shape[1];
        let rows = a.values(0..set.count * width);
        return Ok(rows
            .chunks_exact(width)
            .map(|row| crate::ann::largest_of(row) as u32)
            .collect());
    }
    as_labels(path, &a.values(0..set.count))
}

/// Values that the outputs of the first `count` samples should have: array `name` of a file, with `width`
/// values for each sample.
pub fn targets(
    path: &Path,
    name: &str,
    count: usize,
    width: usize,
) -> Result<Vec<f64>, Vec<Diagnostic>> {
    let tell = |e: Vec<String>| e.into_iter().map(Diagnostic::error).collect::<Vec<_>>();
    let a = arrays::read(path, Some(name)).map_err(tell)?;
    let rows = a.shape.first().copied().unwrap_or(0);
    if rows < count || a.len() != rows * width {
        return Err(vec![error(
            path,
            format!(
                "its targets are {}, and the network gives {width} values for {count} samples",
                a.shape_text()
            ),
        )]);
    }
    let values = a.values(0..count * width);
    match values.iter().find(|v| !v.is_finite()) {
        Some(bad) => Err(vec![error(
            path,
            format!("its targets have the value {bad}"),
        )]),
        None => Ok(values),
    }
}

/// Values that a network should give, one row for each sample (for comparing).
pub fn expected(path: &Path) -> Result<(Vec<usize>, Vec<f64>), Vec<Diagnostic>> {
    let tell = |e: Vec<String>| e.into_iter().map(Diagnostic::error).collect::<Vec<_>>();
    let a = arrays::read(path, None).map_err(tell)?;
    let values = a.values(0..a.len());
    Ok((a.shape, values))
}
