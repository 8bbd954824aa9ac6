//! `image`: arrays as input. What is read here becomes a rate per element over time, a list of
//! spikes, or a current per target over time; the engine knows no images.

use std::sync::Arc;

use super::super::arrays::{self, Array};
use super::super::context::{Context, show, show_in, show_ticks};
use super::super::expression;
use super::super::syntax::{Node, Table, Value};
use super::{Known, positive_or, rate, required};
use crate::network::spec::{CurrentSpec, PS_PER_MS, Rate, SourceSpec, SpikeList};
use crate::stimulus::def::{CURVES, ENCODINGS};
use crate::units::Dimension;

/// Keys that belong to one encoding.
const OF_ENCODING: [(&str, &str); 6] = [
    ("max_rate", "rate"),
    ("curve", "latency"),
    ("span", "latency"),
    ("tau", "latency"),
    ("theta", "latency"),
    ("amplitude", "current"),
];

/// Is it an image that is encoded as a current? Known before the rest is read.
pub(super) fn is_current(table: &Table) -> bool {
    let text = |key: &str| match table.get(key).map(|n| &n.value) {
        Some(Value::Text(t)) => Some(t.as_str()),
        _ => None,
    };
    text("model") == Some("image") && text("encode") == Some("current")
}

/// Samples in the order in which they are shown, as intensities from 0 to 1.
struct Shown {
    /// Rows of one intensity per element; a sample that is shown twice is there once.
    intensity: Vec<f64>,
    elements: usize,
    /// Onset and end of each showing in ticks, and its row.
    showings: Vec<(u64, u64, u32)>,
}

impl Shown {
    fn row(&self, row: u32) -> &[f64] {
        &self.intensity[row as usize * self.elements..][..self.elements]
    }

    /// Times at which something changes, and the row that holds from then on.
    /// `stays`: the last sample is shown for the rest of the run, however long that may become.
    fn steps(&self, stays: bool) -> (Vec<u64>, Vec<Option<u32>>) {
        let (mut at, mut rows) = (Vec::new(), Vec::new());
        for (onset, end, row) in &self.showings {
            if at.last() == Some(onset) {
                at.pop();
                rows.pop();
            }
            at.extend([*onset, *end]);
            rows.extend([Some(*row), None]);
        }
        if let Some(end) = at.last_mut().filter(|_| stays) {
            *end = u64::MAX;
        }
        (at, rows)
    }
}

/// `rate` and `latency`.
pub(super) fn train(
    ctx: &mut Context,
    s: &Known<'_>,
    elements: Option<usize>,
) -> Option<SourceSpec> {
    let encode = required(ctx, s, "encode", "encode = \"rate\"")
        .and_then(|n| ctx.choice(n, "encode", &ENCODINGS));
    if let Some(encode) = encode {
        only_of(ctx, s, ENCODINGS[encode]);
    }
    let shown = read(ctx, s, elements);
    if encode? == 0 {
        let largest = required(ctx, s, "max_rate", "max_rate = \"100 Hz\"").and_then(|n| {
            let v = ctx.scalar(n, Dimension::RATE, "max_rate")?;
            let wanted = rate::wanted(ctx, "max_rate", None);
            let fine = wanted.min.allows_above(v) && wanted.max.allows_below(v);
            if !fine {
                let told = format!(
                    "max_rate must be {}, not {}",
                    wanted.range(),
                    show_in(v, Dimension::RATE)
                );
                ctx.reports.error(&n.place, told);
            }
            fine.then(|| rate::hertz(v))
        });
        let (shown, largest) = (shown?, largest?);
        let (at, row) = shown.steps(s.table.get("duration").is_none());
        return Some(SourceSpec::Poisson {
            rate: Rate::Table {
                at,
                row,
                hz: Arc::new(shown.intensity.iter().map(|x| x * largest).collect()),
                elements: u32::try_from(shown.elements).ok()?,
            },
        });
    }
    let latency = Latency::read(ctx, s);
    let (shown, latency) = (shown?, latency?);
    let tick_ms = ctx.resolution_ps? as f64 / PS_PER_MS;
    let mut events = Vec::new();
    let mut late = 0usize;
    for (onset, end, row) in &shown.showings {
        let duration = (end - onset) as f64 * tick_ms;
        for (e, x) in shown.row(*row).iter().enumerate() {
            // A spike of the sample lies after its onset and not after its end.
            let Some(ms) = latency.of(*x, duration) else {
                continue;
            };
            let ticks = (ms / tick_ms).round().max(1.0);
            if ticks <= (end - onset) as f64 {
                events.push((onset + ticks as u64, e as u32));
            } else {
                late += 1;
            }
        }
    }
    if late > 0 {
        let place = s
            .table
            .entry("span")
            .map_or(&s.entry.key_place, |e| &e.key_place);
        ctx.reports
            .warning(
                place,
                format!(
                    "{late} of {} latencies end after their sample: these spikes are left out",
                    late + events.len()
                ),
            )
            .label("left out")
            .help("show samples for longer, or make the latencies shorter");
    }
    events.sort_unstable();
    Some(SourceSpec::SpikeList(Arc::new(SpikeList { events })))
}

/// `current`.
pub(super) fn current(
    ctx: &mut Context,
    s: &Known<'_>,
    elements: Option<usize>,
) -> Option<CurrentSpec> {
    only_of(ctx, s, "current");
    let shown = read(ctx, s, elements);
    let amplitude = required(ctx, s, "amplitude", "amplitude = \"200 pA\"")
        .and_then(|n| ctx.scalar(n, Dimension::CURRENT, "amplitude"));
    let (shown, amplitude) = (shown?, amplitude?);
    let (at, row) = shown.steps(s.table.get("duration").is_none());
    Some(CurrentSpec::Table {
        at,
        row,
        amplitude: Arc::new(shown.intensity.iter().map(|x| x * amplitude).collect()),
        elements: u32::try_from(shown.elements).ok()?,
    })
}

/// Keys of the other encodings are errors: they would do nothing.
fn only_of(ctx: &mut Context, s: &Known<'_>, encode: &str) {
    for (key, of) in OF_ENCODING {
        if of != encode
            && let Some(e) = s.table.entry(key)
        {
            ctx.reports
                .error(
                    &e.key_place,
                    format!("{key} belongs to encode = \"{of}\", and this is \"{encode}\""),
                )
                .label("no meaning here");
        }
    }
}

/// Time to the first spike as a function of the intensity.
enum Latency {
    Linear { span_ms: Option<f64>, theta: f64 },
    Logarithmic { tau_ms: f64, theta: f64 },
}

impl Latency {
    fn read(ctx: &mut Context, s: &Known<'_>) -> Option<Self> {
        let logarithmic = match s.table.get("curve") {
            Some(n) => ctx.choice(n, "curve", &CURVES)? == 1,
            None => false,
        };
        let theta = positive_or(ctx, s, "theta", Dimension::NONE, 0.0);
        if let (Some(theta), Some(node)) = (theta, s.table.get("theta"))
            && theta >= 1.0
        {
            ctx.reports
                .error(
                    &node.place,
                    format!("theta must be less than 1, not {}", show(theta)),
                )
                .help("intensities go from 0 to 1: nothing would spike");
        }
        let (unused, curve) = if logarithmic {
            ("span", "linear")
        } else {
            ("tau", "logarithmic")
        };
        if let Some(e) = s.table.entry(unused) {
            ctx.reports.error(
                &e.key_place,
                format!("{unused} belongs to curve = \"{curve}\""),
            );
        }
        if logarithmic {
            required(ctx, s, "theta", "theta = 0.01");
            let tau = required(ctx, s, "tau", "tau = \"5 ms\"")
                .and_then(|n| ctx.scalar(n, Dimension::TIME, "tau"));
            if let (Some(tau), Some(n)) = (tau, s.table.get("tau"))
                && tau <= 0.0
            {
                ctx.reports.error(
                    &n.place,
                    format!("tau must be greater than 0 ms, not {} ms", show(tau)),
                );
            }
            if let (Some(theta), Some(n)) = (theta, s.table.get("theta"))
                && theta == 0.0
            {
                ctx.reports.error(
                    &n.place,
                    "theta must be greater than 0 with curve = \"logarithmic\": every latency would be 0",
                );
            }
            return Some(Self::Logarithmic {
                tau_ms: tau?,
                theta: theta?,
            });
        }
        let span_ms = match s.table.get("span") {
            Some(_) => Some(positive_or(ctx, s, "span", Dimension::TIME, 0.0)?),
            None => None,
        };
        Some(Self::Linear {
            span_ms,
            theta: theta?,
        })
    }

    /// In ms after the onset of a sample that is shown for so many ms; `None`: no spike.
    fn of(&self, x: f64, duration_ms: f64) -> Option<f64> {
        match self {
            Self::Linear { span_ms, theta } => {
                (x > *theta).then(|| (1.0 - x) * span_ms.unwrap_or(duration_ms))
            }
            Self::Logarithmic { tau_ms, theta } => {
                (x > *theta).then(|| tau_ms * libm::log(x / (x - theta)))
            }
        }
    }
}

/// The array, chosen, scaled, and laid out in time.
fn read(ctx: &mut Context, s: &Known<'_>, elements: Option<usize>) -> Option<Shown> {
    let source = source(ctx, s);
    let invert = match s.table.get("invert") {
        Some(n) => ctx.boolean(n, "invert"),
        None => Some(false),
    };
    let stated_scale = match s.table.get("scale") {
        Some(n) => Some(scale(ctx, n)?),
        None => None,
    };
    let start = match s.table.get("start") {
        Some(n) => ctx.ticks(n, "start", 0),
        None => Some(0),
    };
    let gap = match s.table.get("gap") {
        Some(n) => ctx.ticks(n, "gap", 0),
        None => Some(0),
    };
    let duration = match s.table.get("duration") {
        Some(n) => Some(ctx.ticks(n, "duration", 1)?),
        None => None,
    };
    let (source, elements) = (source?, elements?);
    let count = samples_in(ctx, &source, elements)?;
    let chosen = match s.table.get("samples") {
        Some(n) => choose(ctx, n, count)?,
        None => (0..count).collect(),
    };
    let (low, high) = match stated_scale.or_else(|| source.full().map(|full| (0.0, full))) {
        Some(scale) => scale,
        None => {
            ctx.missing(
                source.place(),
                "the scale of these numbers",
                "scale = [0, 255], the numbers that become intensity 0 and 1",
            );
            return None;
        }
    };
    let (start, gap, invert) = (start?, gap?, invert?);
    let showings = lay_out(ctx, s, &chosen, start, gap, duration)?;
    let mut rows: Vec<usize> = showings.iter().map(|(_, _, sample)| *sample).collect();
    rows.sort_unstable();
    rows.dedup();
    let mut intensity = Vec::with_capacity(rows.len() * elements);
    let (mut outside, mut worst) = (0usize, 0.5f64);
    for sample in &rows {
        for v in source.values(sample * elements..(sample + 1) * elements) {
            let x = (v - low) / (high - low);
            if !(0.0..=1.0).contains(&x) {
                outside += 1;
                if (x - 0.5).abs() > (worst - 0.5).abs() || x.is_nan() {
                    worst = x;
                }
            }
            intensity.push(if invert { 1.0 - x } else { x });
        }
    }
    if outside > 0 {
        ctx.reports
            .error(
                source.place(),
                format!(
                    "{outside} numbers lie outside the scale from {} to {}: for example {}",
                    show(low),
                    show(high),
                    show(low + worst * (high - low))
                ),
            )
            .help("state the range with scale = [low, high]");
        return None;
    }
    Some(Shown {
        intensity,
        elements,
        showings: showings
            .into_iter()
            .map(|(onset, end, sample)| (onset, end, rows.partition_point(|r| *r < sample) as u32))
            .collect(),
    })
}

/// Where the numbers come from.
enum Source<'e> {
    File(Array, &'e Node),
    /// Numbers, and how many samples they are if they were written as such.
    Inline(Vec<f64>, Option<usize>, &'e Node),
}

impl Source<'_> {
    fn place(&self) -> &super::super::source::Place {
        match self {
            Self::File(_, n) | Self::Inline(_, _, n) => &n.place,
        }
    }

    fn full(&self) -> Option<f64> {
        match self {
            Self::File(a, _) => a.full(),
            Self::Inline(..) => Some(1.0),
        }
    }

    fn values(&self, range: std::ops::Range<usize>) -> Vec<f64> {
        match self {
            Self::File(a, _) => a.values(range),
            Self::Inline(all, ..) => all[range].to_vec(),
        }
    }
}

fn source<'e>(ctx: &mut Context, s: &Known<'e>) -> Option<Source<'e>> {
    match (s.table.entry("file"), s.table.entry("values")) {
        (Some(file), None) => {
            let name = ctx.text(&file.node, "file")?;
            let array = match s.table.get("array") {
                Some(n) => Some((ctx.text(n, "array")?, n)),
                None => None,
            };
            let path = file.node.place.file.resolve(name);
            match arrays::read(&path, array.map(|a| a.0)) {
                Ok(found) => Some(Source::File(found, &file.node)),
                Err(errors) => {
                    let place = array.map_or(&file.node.place, |a| &a.1.place);
                    for e in errors {
                        ctx.reports.error(place, e);
                    }
                    None
                }
            }
        }
        (None, Some(values)) => {
            if let Some(e) = s.table.entry("array") {
                ctx.reports
                    .error(&e.key_place, "array belongs to a file, and there is none");
            }
            inline(ctx, &values.node)
        }
        (Some(_), Some(values)) => {
            ctx.reports.error(
                &values.key_place,
                "an image has either `file` or `values`, not both",
            );
            None
        }
        (None, None) => {
            ctx.missing(
                &s.entry.key_place,
                &format!("stimulus `{}`: `file` or `values`", s.entry.key),
                "file = \"digits.npy\"",
            );
            None
        }
    }
}

fn inline<'e>(ctx: &mut Context, node: &'e Node) -> Option<Source<'e>> {
    let list = ctx.list(node, "values")?;
    let nested = list.iter().any(|n| matches!(n.value, Value::List(_)));
    let (mut all, mut complete) = (Vec::new(), true);
    let mut length = None;
    for item in list {
        let row: &[Node] = match &item.value {
            Value::List(row) => row,
            _ if nested => {
                ctx.expected(item, "values", "a list of numbers for every sample");
                complete = false;
                continue;
            }
            _ => std::slice::from_ref(item),
        };
        if *length.get_or_insert(row.len()) != row.len() {
            ctx.reports.error(
                &item.place,
                format!(
                    "values: {} numbers, but the sample before has {}",
                    row.len(),
                    length?
                ),
            );
            complete = false;
        }
        for n in row {
            match ctx.scalar(n, Dimension::NONE, "values") {
                Some(v) => all.push(v),
                None => complete = false,
            }
        }
    }
    complete.then_some(Source::Inline(all, nested.then_some(list.len()), node))
}

/// How many samples of so many elements the array holds.
fn samples_in(ctx: &mut Context, source: &Source<'_>, elements: usize) -> Option<usize> {
    let (total, axis, shape) = match source {
        Source::File(a, _) => (a.len(), a.shape.first().copied(), a.shape_text()),
        Source::Inline(all, Some(n), _) => {
            (all.len(), Some(*n), format!("{n} x {}", all.len() / n))
        }
        Source::Inline(all, None, _) => (all.len(), None, all.len().to_string()),
    };
    if total == elements {
        return Some(1);
    }
    match axis {
        Some(n) if n > 0 && total > 0 && total == n * elements => Some(n),
        _ => {
            let per_sample = match axis {
                Some(n) if n > 1 && total % n == 0 && total > 0 => format!(
                    ": {total} elements for one sample, or {} for {n} samples",
                    total / n
                ),
                _ => format!(": {total} elements"),
            };
            ctx.reports
                .error(
                    source.place(),
                    format!(
                        "the shape of the array is {shape}{per_sample}, but {elements} are wanted"
                    ),
                )
                .help(
                    "size, or the number of targets, must be the number of elements of one sample",
                );
            None
        }
    }
}

/// Numbers of samples: a range as a text, or a list.
fn choose(ctx: &mut Context, node: &Node, count: usize) -> Option<Vec<usize>> {
    if let Value::Text(text) = &node.value {
        let bound = |part: &str, otherwise: usize| -> Option<usize> {
            if part.trim().is_empty() {
                return Some(otherwise);
            }
            let q = expression::evaluate(part, &ctx.scope).ok()?;
            let whole = q.value.round();
            let fine = q.dimension == Dimension::NONE
                && (q.value - whole).abs() < 1e-9
                && (0.0..1e15).contains(&whole);
            fine.then_some(whole as usize)
        };
        let range = text
            .split_once("..")
            .and_then(|(a, b)| Some(bound(a, 0)?..bound(b, count)?));
        let Some(range) = range else {
            ctx.expected(
                node,
                "samples",
                "a range such as \"0..10\" or a list of numbers",
            );
            return None;
        };
        if range.is_empty() || range.end > count {
            ctx.reports
                .error(
                    &node.place,
                    format!(
                        "samples {}..{} are out of range: there are {count}",
                        range.start, range.end
                    ),
                )
                .help("ranges are half-open: 0..10 are the first ten");
            return None;
        }
        return Some(range.collect());
    }
    let list = ctx.list(node, "samples")?;
    let most = count.saturating_sub(1) as u64;
    let all: Vec<Option<usize>> = list
        .iter()
        .map(|n| ctx.whole(n, "a sample", 0, most).map(|k| k as usize))
        .collect();
    all.into_iter().collect()
}

/// Onset, end and sample of each showing that the run reaches.
fn lay_out(
    ctx: &mut Context,
    s: &Known<'_>,
    chosen: &[usize],
    start: u64,
    gap: u64,
    duration: Option<u64>,
) -> Option<Vec<(u64, u64, usize)>> {
    let run = ctx.duration?;
    let duration = match duration {
        Some(d) => d,
        None if chosen.len() == 1 => run.saturating_sub(start).max(1),
        None => {
            ctx.missing(
                &s.entry.key_place,
                &format!("stimulus `{}`: `duration` of a sample", s.entry.key),
                "duration = \"100 ms\"",
            );
            return None;
        }
    };
    let period = duration.saturating_add(gap);
    let showings: Vec<(u64, u64, usize)> = chosen
        .iter()
        .enumerate()
        .map(|(k, sample)| {
            let onset = start.saturating_add(period.saturating_mul(k as u64));
            (onset, onset.saturating_add(duration), *sample)
        })
        .take_while(|showing| showing.0 < run)
        .collect();
    let last = showings.last().map_or(0, |s| s.1);
    if showings.len() < chosen.len() || last > run {
        let whole = showings.iter().filter(|s| s.1 <= run).count();
        let needed = start.saturating_add(period.saturating_mul(chosen.len() as u64 - 1));
        let needed = needed.saturating_add(duration);
        let resolution = ctx.resolution_ps?;
        ctx.reports
            .warning(
                &s.entry.key_place,
                format!(
                    "the run ends after {whole} of {} samples of `{}`",
                    chosen.len(),
                    s.entry.key
                ),
            )
            .help(format!(
                "all of them take until {}; the run ends at {}",
                show_ticks(needed, resolution),
                show_ticks(run, resolution)
            ));
    }
    Some(showings)
}

fn scale(ctx: &mut Context, node: &Node) -> Option<(f64, f64)> {
    let list = ctx.list(node, "scale")?;
    let [low, high] = list else {
        ctx.expected(node, "scale", "a list of two numbers, [low, high],");
        return None;
    };
    let low = ctx.scalar(low, Dimension::NONE, "scale");
    let high = ctx.scalar(high, Dimension::NONE, "scale");
    let (low, high) = (low?, high?);
    if low >= high {
        ctx.reports
            .error(
                &node.place,
                format!("scale: {} is not less than {}", show(low), show(high)),
            )
            .help("for a negative image add invert = true");
        return None;
    }
    Some((low, high))
}
