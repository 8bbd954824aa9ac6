//! State variables over time: one panel per variable and unit, all above one time axis.

use std::path::Path;

use super::axis::{duration, ticks};
use super::canvas::{Anchor, Area, Canvas, Style, fitted, text_width};
use super::raster::{frame, heading, pixels, text_size, time_axis, time_range};
use super::theme::{Rgb, Theme};
use super::{PlotError, Selection};
use crate::record::{Recording, SelectError, StateTrace, unknown};

/// What to draw, and how large.
#[derive(Clone, Debug)]
pub struct TraceOptions {
    /// ms; the start of the run unless given.
    pub from: Option<f64>,
    /// ms; the end of the run unless given.
    pub to: Option<f64>,
    /// Populations or slices; everything that was recorded unless given.
    pub select: Vec<Selection>,
    /// Only these variables; all unless given.
    pub variables: Vec<String>,
    /// Neurons per panel; more would not be told apart.
    pub most: usize,
    /// Size before `scale`.
    pub width: u32,
    pub height: u32,
    pub scale: f64,
    /// The name of the run unless given.
    pub title: Option<String>,
    pub theme: Theme,
}

impl Default for TraceOptions {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            select: Vec::new(),
            variables: Vec::new(),
            most: 4,
            width: 1200,
            height: 600,
            scale: 1.0,
            title: None,
            theme: Theme::Light,
        }
    }
}

struct Line<'a> {
    trace: &'a StateTrace,
    column: usize,
    colour: Rgb,
    label: String,
}

struct Panel<'a> {
    variable: &'a str,
    unit: &'a str,
    lines: Vec<Line<'a>>,
    hidden: usize,
}

impl Panel<'_> {
    /// What the legend says of neurons that are not drawn.
    fn more(&self) -> Option<String> {
        (self.hidden > 0).then(|| format!("and {} more", self.hidden))
    }
}

/// Draws state traces into a PNG file, replacing it if it exists.
pub fn draw(recording: &Recording, options: &TraceOptions, path: &Path) -> Result<(), PlotError> {
    render(recording, options)?.save(path)
}

fn render(recording: &Recording, options: &TraceOptions) -> Result<Canvas, PlotError> {
    let (width, height) = pixels(options.width, options.height, options.scale)?;
    let (from, to) = time_range(recording, options.from, options.to)?;
    let panels = panels(recording, options)?;
    let theme = options.theme;
    let em = text_size(options.width, options.height, options.scale);
    let normal = Style::normal(em, theme);
    let small = Style::small(em, theme);
    let mut canvas = Canvas::new(width, height, theme.background());
    let name = options.title.as_deref().unwrap_or(&recording.name);
    heading(&mut canvas, name, &duration(to - from), theme, em);
    let more = panels.iter().filter_map(Panel::more);
    let labels = panels.iter().flat_map(|p| &p.lines).map(|l| &*l.label);
    let legend = labels
        .map(|label| text_width(label, small))
        .chain(more.map(|more| text_width(&more, small)))
        .map(|text| text + 3.2 * em)
        .fold(0.0, f64::max)
        .min(f64::from(width) * 0.25);
    let areas = Area::stacked(panels.len(), (width, height), em, em * 0.9, legend);
    let mut lowest = None;
    for (panel, area) in panels.iter().zip(areas) {
        draw_panel(
            &mut canvas,
            recording,
            panel,
            area,
            (from, to),
            options,
            normal,
            small,
        );
        frame(&mut canvas, area, theme, options.scale);
        lowest = Some(area);
    }
    if let Some(area) = lowest {
        time_axis(&mut canvas, area, (from, to), theme, normal, options.scale);
    }
    Ok(canvas)
}

fn panels<'a>(
    recording: &'a Recording,
    options: &TraceOptions,
) -> Result<Vec<Panel<'a>>, PlotError> {
    let mut select = options.select.clone();
    for s in &mut select {
        if recording
            .traces
            .iter()
            .any(|t| t.population == s.population)
        {
            continue;
        }
        // Labels are kept with the spikes of a population.
        match s.resolve(recording) {
            Ok(part) if s.population.contains('.') => {
                s.population.clone_from(&part.population.name);
                s.range = Some((part.start, part.end));
            }
            Err(e @ SelectError::Label { .. }) => return Err(e.into()),
            _ => return Err(unknown(recording, &s.population).into()),
        }
    }
    let mut all: Vec<Panel> = Vec::new();
    let mut neurons: Vec<(&str, u32)> = Vec::new();
    for trace in recording.traces.iter().filter(|t| t.frames() > 0) {
        if !options.variables.is_empty() && !options.variables.contains(&trace.variable) {
            continue;
        }
        for (column, id) in trace.ids.iter().enumerate() {
            let wanted = |s: &Selection| {
                s.population == trace.population && s.range.is_none_or(|(a, b)| (a..b).contains(id))
            };
            if !select.is_empty() && !select.iter().any(wanted) {
                continue;
            }
            let same = |p: &Panel| p.variable == trace.variable && p.unit == trace.unit;
            let at = all.iter().position(same).unwrap_or_else(|| {
                all.push(Panel {
                    variable: &trace.variable,
                    unit: &trace.unit,
                    lines: Vec::new(),
                    hidden: 0,
                });
                all.len() - 1
            });
            if all[at].lines.len() >= options.most.max(1) {
                all[at].hidden += 1;
                continue;
            }
            // A neuron keeps its colour in every panel.
            let key = (trace.population.as_str(), *id);
            let place = neurons.iter().position(|n| *n == key).unwrap_or_else(|| {
                neurons.push(key);
                neurons.len() - 1
            });
            all[at].lines.push(Line {
                trace,
                column,
                colour: options.theme.series(place),
                label: recording
                    .population(&trace.population)
                    .map_or_else(|| format!("{}[{id}]", trace.population), |p| p.element(*id)),
            });
        }
    }
    if all.is_empty() {
        let what = if options.select.is_empty() && options.variables.is_empty() {
            "no state variable was recorded"
        } else {
            "no state variable of these neurons was recorded"
        };
        return Err(PlotError::Nothing(what.into()));
    }
    Ok(all)
}

#[allow(clippy::too_many_arguments)]
fn draw_panel(
    canvas: &mut Canvas,
    recording: &Recording,
    panel: &Panel,
    area: Area,
    (from, to): (f64, f64),
    options: &TraceOptions,
    normal: Style,
    small: Style,
) {
    let theme = options.theme;
    let em = normal.size;
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for line in &panel.lines {
        for frame in frames(line.trace, from, to) {
            let v = line.trace.value(frame, line.column);
            if v.is_finite() {
                low = low.min(v);
                high = high.max(v);
            }
        }
        if let Some(v) = line.trace.threshold {
            low = low.min(v);
            high = high.max(v);
        }
    }
    if low > high {
        (low, high) = (0.0, 1.0);
    }
    if high - low < 1e-9 * high.abs().max(1e-3) {
        (low, high) = (low - 0.5, high + 0.5);
    }
    let has_spikes = panel.lines.iter().any(|l| l.trace.threshold.is_some());
    let span = high - low;
    let (low, high) = (
        low - 0.06 * span,
        high + if has_spikes { 0.22 } else { 0.08 } * span,
    );
    let y = |v: f64| f64::from(area.bottom) - (v - low) / (high - low) * f64::from(area.height());
    let x = |t: f64| f64::from(area.left) + (t - from) / (to - from) * f64::from(area.width());
    let most = (f64::from(area.height()) / (em * 2.4)).clamp(1.0, 7.0) as usize;
    let axis = ticks(low, high, most);
    let thin = options.scale.round().max(1.0) as i32;
    for (at, label) in axis.at.iter().zip(&axis.labels) {
        let line = y(*at).round() as i32;
        let rule = Area {
            top: line,
            bottom: line + thin,
            ..area
        };
        canvas.fill(rule, theme.grid(), 0.8);
        let beside = f64::from(area.left) - em * 0.5;
        canvas.text(label, beside, y(*at), Anchor::Right, small);
    }
    let text = if panel.unit.is_empty() {
        panel.variable.to_owned()
    } else {
        format!("{} ({})", panel.variable, panel.unit)
    };
    let middle = f64::from(area.top + area.bottom) / 2.0;
    let text = fitted(&text, normal, f64::from(area.height()));
    canvas.text_upwards(&text, em * 1.2, middle, normal);

    let mut thresholds: Vec<f64> = panel
        .lines
        .iter()
        .filter_map(|l| l.trace.threshold)
        .collect();
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    for v in thresholds {
        let (dash, mut at) = (em * 0.7, f64::from(area.left));
        while at < f64::from(area.right) {
            let end = (at + dash * 0.6).min(f64::from(area.right));
            let t = options.scale.max(1.0);
            canvas.line((at, y(v)), (end, y(v)), t, theme.faint_text(), area);
            at += dash;
        }
    }
    let thickness = (1.3 * options.scale * (em / options.scale / 11.0).sqrt()).max(1.0);
    for line in panel.lines.iter().rev() {
        curve(canvas, line, area, (from, to), x, y, thickness);
        if let (Some(v), Some(p)) = (
            line.trace.threshold,
            recording.population(&line.trace.population),
        ) {
            let id = line.trace.ids[line.column];
            let span = p.span(from, to);
            for (t, _) in p.times[span.clone()]
                .iter()
                .zip(&p.ids[span])
                .filter(|(_, i)| **i == id)
            {
                let base = y(v);
                let top = f64::from(area.top) + 0.02 * f64::from(area.height());
                canvas.line((x(*t), base), (x(*t), top), thickness, line.colour, area);
            }
        }
    }
    let at = f64::from(area.right) + em * 0.8;
    let rows = (f64::from(area.height()) / (em * 1.5)).floor() as usize;
    for (i, line) in panel.lines.iter().take(rows).enumerate() {
        let row = f64::from(area.top) + em * (0.8 + 1.5 * i as f64);
        let all = Area {
            left: 0,
            top: 0,
            right: canvas.width,
            bottom: canvas.height,
        };
        canvas.line(
            (at, row),
            (at + em * 1.3, row),
            thickness * 1.6,
            line.colour,
            all,
        );
        let room = f64::from(canvas.width) - at - em * 2.2;
        let label = fitted(&line.label, small, room);
        canvas.text(&label, at + em * 1.8, row, Anchor::Left, small);
    }
    if let Some(more) = panel.more().filter(|_| panel.lines.len() < rows) {
        let row = f64::from(area.top) + em * (0.8 + 1.5 * panel.lines.len() as f64);
        canvas.text(&more, at + em * 1.8, row, Anchor::Left, small);
    }
}

/// The frames within the time range, and one more on each side so that lines reach the edges.
fn frames(trace: &StateTrace, from: f64, to: f64) -> std::ops::Range<usize> {
    let at = |t: f64| ((t - trace.start) / trace.step).clamp(-1.0, trace.frames() as f64);
    let first = at(from).floor().max(0.0) as usize;
    let last = (at(to).ceil() + 1.0).max(0.0) as usize;
    first.min(trace.frames())..last.min(trace.frames())
}

/// A curve; where several frames share a pixel column, their extremes make it.
fn curve(
    canvas: &mut Canvas,
    line: &Line,
    area: Area,
    (from, to): (f64, f64),
    x: impl Fn(f64) -> f64,
    y: impl Fn(f64) -> f64,
    thickness: f64,
) {
    let trace = line.trace;
    let range = frames(trace, from, to);
    let crowded = range.len() > 3 * area.width().max(1) as usize;
    let mut last: Option<(f64, f64)> = None;
    let mut column: Option<(i64, f64, f64, f64)> = None;
    for frame in range {
        let value = trace.value(frame, line.column);
        if !value.is_finite() {
            last = None;
            continue;
        }
        let (px, py) = (x(trace.time(frame)), y(value));
        if !crowded {
            if let Some(before) = last {
                canvas.line(before, (px, py), thickness, line.colour, area);
            }
            last = Some((px, py));
            continue;
        }
        let at = px.floor() as i64;
        match &mut column {
            Some((c, low, high, end)) if *c == at => {
                *low = low.min(py);
                *high = high.max(py);
                *end = py;
            }
            _ => {
                if let Some((c, low, high, end)) = column {
                    let mid = c as f64 + 0.5;
                    canvas.line((mid, low), (mid, high), thickness, line.colour, area);
                    canvas.line((mid, end), (px, py), thickness, line.colour, area);
                }
                column = Some((at, py, py, py));
            }
        }
    }
    if let Some((c, low, high, _)) = column {
        let mid = c as f64 + 0.5;
        canvas.line((mid, low), (mid, high), thickness, line.colour, area);
    }
}
