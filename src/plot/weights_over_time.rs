//! Weights over time: traces of a few synapses, and mean and quantiles of all over the snapshots.

use std::path::Path;

use super::axis::{duration, ticks};
use super::canvas::{Anchor, Area, Canvas, Style, fitted, text_width};
use super::raster::{frame, heading, pixels, text_size, time_axis};
use super::theme::{Rgb, Theme};
use super::weights::{WeightOptions, bold};
use super::{PlotError, Shown};
use crate::analysis::weights::WeightSummary;
use crate::record::{RecordedWeights, TracedWeights, Weights};

/// Traces in one panel; more would not be told apart.
const MOST: usize = 8;

/// Draws courses into a PNG file, replacing it if it exists.
pub fn draw(file: &Weights, options: &WeightOptions, path: &Path) -> Result<(), PlotError> {
    render(file, options)?.save(path)
}

/// Is there anything that changes over time?
pub fn possible(of: &RecordedWeights) -> bool {
    of.snapshots.len() > 1 || traced(of).is_some()
}

fn traced(r: &RecordedWeights) -> Option<&TracedWeights> {
    r.traces
        .as_ref()
        .filter(|t| !t.times.is_empty() && !t.synapses.is_empty())
}

enum Content<'a> {
    Traces(&'a TracedWeights),
    Snapshots(Vec<WeightSummary>),
}

struct Panel<'a> {
    of: &'a RecordedWeights,
    content: Content<'a>,
}

impl Panel<'_> {
    /// Least and largest value.
    fn range(&self) -> (f64, f64) {
        let mut values: Vec<f64> = match &self.content {
            Content::Traces(t) => {
                let n = t.synapses.len();
                let shown = |(k, w): (usize, &f64)| (k % n < MOST).then_some(*w);
                t.values.iter().enumerate().filter_map(shown).collect()
            }
            Content::Snapshots(all) => all
                .iter()
                .flat_map(|s| [s.quantiles[0], s.quantiles[4], s.mean])
                .collect(),
        };
        values.retain(|v| v.is_finite());
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if low > high {
            return (0.0, 1.0);
        }
        (low, high)
    }
}

/// A panel's place, and where times and weights are in it.
struct Frame {
    area: Area,
    from: f64,
    to: f64,
    low: f64,
    high: f64,
}

impl Frame {
    fn x(&self, t: f64) -> f64 {
        let share = (t - self.from) / (self.to - self.from);
        f64::from(self.area.left) + share * f64::from(self.area.width())
    }
    fn y(&self, w: f64) -> f64 {
        let share = (w - self.low) / (self.high - self.low);
        f64::from(self.area.bottom) - share * f64::from(self.area.height())
    }
}

fn panels<'a>(file: &'a Weights, options: &WeightOptions) -> Result<Vec<Panel<'a>>, PlotError> {
    let mut all = Vec::new();
    for of in file.select(&options.select)? {
        if let Some(t) = traced(of) {
            all.push(Panel {
                of,
                content: Content::Traces(t),
            });
        }
        if of.snapshots.len() > 1 {
            let sums = of
                .snapshots
                .iter()
                .map(|s| WeightSummary::of(file, of, s))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|e| PlotError::Nothing(e.to_string()))?;
            all.push(Panel {
                of,
                content: Content::Snapshots(sums),
            });
        }
    }
    if all.is_empty() {
        return Err(PlotError::Nothing(
            "neither traces nor several snapshots of weights were recorded".into(),
        ));
    }
    Ok(all)
}

fn render(file: &Weights, options: &WeightOptions) -> Result<Canvas, PlotError> {
    let panels = panels(file, options)?;
    let (wide, tall, scale) = options.extent(panels.len());
    let (width, height) = pixels(wide, tall, scale)?;
    let theme = options.theme;
    let em = text_size(wide, tall.min(wide), scale);
    let normal = Style::normal(em, theme);
    let small = Style::small(em, theme);
    let last = panels.iter().map(|p| match &p.content {
        Content::Traces(t) => t.times.last().copied().unwrap_or(0.0),
        Content::Snapshots(all) => all.last().map_or(0.0, |s| s.time_ms),
    });
    let last = last.fold(0.0, f64::max);
    let to = file.t_stop.filter(|_| file.completed).unwrap_or(last);
    let (from, to) = (0.0, if to > 0.0 { to } else { 1.0 });
    let mut canvas = Canvas::new(width, height, theme.background());
    let name = options.title.as_deref().unwrap_or(&file.name);
    let facts = format!("weights over {}", duration(to - from));
    heading(&mut canvas, name, &facts, theme, em);
    let legend = panels
        .iter()
        .flat_map(|p| legend(p).into_iter().chain([p.of.name.clone()]))
        .map(|l| text_width(&l, small))
        .fold(0.0, f64::max);
    let legend = (legend + 3.6 * em).min(f64::from(width) * 0.3);
    let areas = Area::stacked(panels.len(), (width, height), em, em * 1.1, legend);
    let mut lowest = None;
    for (panel, area) in panels.iter().zip(areas) {
        let (low, high) = padded(panel);
        let f = Frame {
            area,
            from,
            to,
            low,
            high,
        };
        draw_panel(&mut canvas, panel, &f, theme, scale, normal, small);
        frame(&mut canvas, area, theme, scale);
        lowest = Some(area);
    }
    if let Some(area) = lowest {
        time_axis(&mut canvas, area, (from, to), theme, normal, scale);
    }
    Ok(canvas)
}

/// The range of a panel: that of its weights, and the bounds where these are near.
fn padded(panel: &Panel<'_>) -> (f64, f64) {
    let (mut low, mut high) = panel.range();
    let span = high - low;
    for bound in [panel.of.lower, panel.of.upper].into_iter().flatten() {
        if bound < low && low - bound <= 0.6 * span {
            low = bound;
        }
        if bound > high && bound - high <= 0.6 * span {
            high = bound;
        }
    }
    if high - low < 1e-9 * high.abs().max(1e-3) {
        let half = (0.05 * high.abs()).max(1e-3);
        (low, high) = (low - half, high + half);
    }
    let span = high - low;
    (low - 0.06 * span, high + 0.06 * span)
}

/// The words of a panel's legend.
fn legend(panel: &Panel<'_>) -> Vec<String> {
    match &panel.content {
        Content::Snapshots(_) => ["mean", "median", "25–75 %", "5–95 %"]
            .map(String::from)
            .to_vec(),
        Content::Traces(t) => {
            let end = |(name, id): &(String, u32)| format!("{name}[{id}]");
            let shown = t.synapses.iter().take(MOST);
            shown
                .map(|s| format!("{} → {}", end(&s.source), end(&s.target)))
                .collect()
        }
    }
}

fn draw_panel(
    canvas: &mut Canvas,
    panel: &Panel<'_>,
    f: &Frame,
    theme: Theme,
    scale: f64,
    normal: Style,
    small: Style,
) {
    let (area, em) = (f.area, normal.size);
    let thin = scale.round().max(1.0) as i32;
    let most = (f64::from(area.height()) / (em * 2.4)).clamp(1.0, 7.0) as usize;
    let axis = ticks(f.low, f.high, most);
    for (at, label) in axis.at.iter().zip(&axis.labels) {
        let line = f.y(*at).round() as i32;
        let rule = Area {
            top: line,
            bottom: line + thin,
            ..area
        };
        canvas.fill(rule, theme.grid(), 0.8);
        let beside = f64::from(area.left) - em * 0.5;
        canvas.text(label, beside, f.y(*at), Anchor::Right, small);
    }
    let middle = f64::from(area.top + area.bottom) / 2.0;
    let text = fitted(
        &Shown(&panel.of.unit).weight(),
        normal,
        f64::from(area.height()),
    );
    canvas.text_upwards(&text, em * 1.2, middle, normal);
    for w in [panel.of.lower, panel.of.upper].into_iter().flatten() {
        if f.low < w && w < f.high {
            let y = f.y(w).round() as i32;
            let (from, to) = (f64::from(area.left), f64::from(area.right));
            canvas.dashed_across((from, to), y, area, theme, scale, em);
        }
    }
    let thickness = (1.3 * scale * (em / scale / 11.0).sqrt()).max(1.0);
    let at = f64::from(area.right) + em * 0.9;
    let room = f64::from(canvas.width) - at - em * 0.5;
    let first = f64::from(area.top) + em * 0.8;
    let name = fitted(&panel.of.name, bold(normal), room);
    canvas.text(&name, at, first, Anchor::Left, bold(normal));
    let whole = canvas.whole();
    let rows = legend(panel);
    let row = |k: usize| first + em * (1.7 + 1.5 * k as f64);
    let fits = |k: usize| row(k) + em * 0.5 <= f64::from(area.bottom);
    let label = |canvas: &mut Canvas, k: usize, text: &str| {
        let text = fitted(text, small, room - em * 1.8);
        canvas.text(&text, at + em * 1.8, row(k), Anchor::Left, small);
    };
    match &panel.content {
        Content::Traces(t) => {
            for k in (0..rows.len()).rev() {
                course(canvas, t, k, f, thickness, theme.series(k));
            }
            for (k, text) in rows.iter().enumerate().filter(|(k, _)| fits(*k)) {
                let ends = ((at, row(k)), (at + em * 1.3, row(k)));
                canvas.line(ends.0, ends.1, thickness * 1.6, theme.series(k), whole);
                label(canvas, k, text);
            }
            let hidden = t.synapses.len() - rows.len();
            if hidden > 0 && fits(rows.len()) {
                label(canvas, rows.len(), &format!("and {hidden} more"));
            }
        }
        Content::Snapshots(all) => {
            let colour = theme.series(0);
            let points = |of: &dyn Fn(&WeightSummary) -> f64| -> Vec<(f64, f64)> {
                all.iter().map(|s| (f.x(s.time_ms), f.y(of(s)))).collect()
            };
            let quantile = |k: usize| points(&|s: &WeightSummary| s.quantiles[k]);
            band(canvas, &quantile(4), &quantile(0), colour, 0.14, area);
            band(canvas, &quantile(3), &quantile(1), colour, 0.24, area);
            let mean = points(&|s: &WeightSummary| s.mean);
            let second = theme.series(1);
            line(canvas, &quantile(2), thickness * 1.2, colour, area);
            line(canvas, &mean, thickness * 1.2, second, area);
            dots(canvas, &mean, thickness * 2.6, second, area, em);
            let line = |canvas: &mut Canvas, k: usize, colour| {
                let ends = ((at, row(k)), (at + em * 1.3, row(k)));
                canvas.line(ends.0, ends.1, thickness * 1.6, colour, whole);
            };
            line(canvas, 0, second);
            line(canvas, 1, colour);
            for (k, alpha) in [(2, 0.38), (3, 0.14)] {
                let patch = Area {
                    left: at.round() as i32,
                    right: (at + em * 1.3).round() as i32,
                    top: (row(k) - em * 0.4).round() as i32,
                    bottom: (row(k) + em * 0.4).round() as i32,
                };
                canvas.fill(patch, colour, alpha);
            }
            for (k, text) in rows.iter().enumerate().filter(|(k, _)| fits(*k)) {
                label(canvas, k, text);
            }
        }
    }
}

fn line(canvas: &mut Canvas, points: &[(f64, f64)], thickness: f64, colour: Rgb, area: Area) {
    for pair in points.windows(2) {
        if let [a, b] = pair
            && a.1.is_finite()
            && b.1.is_finite()
        {
            canvas.line(*a, *b, thickness, colour, area);
        }
    }
}

/// Marks where the snapshots are, as long as they stand apart.
fn dots(canvas: &mut Canvas, points: &[(f64, f64)], size: f64, colour: Rgb, area: Area, em: f64) {
    let apart = points.windows(2).all(|w| w[1].0 - w[0].0 > 1.5 * em);
    if apart {
        for p in points.iter().filter(|p| p.1.is_finite()) {
            canvas.line(*p, *p, size, colour, area);
        }
    }
}

/// What lies between two lines over the same times, with soft edges.
fn band(
    canvas: &mut Canvas,
    upper: &[(f64, f64)],
    lower: &[(f64, f64)],
    colour: Rgb,
    alpha: f64,
    area: Area,
) {
    let mut at = 1;
    for px in area.left..area.right {
        let x = f64::from(px) + 0.5;
        while at + 1 < upper.len() && upper[at].0 < x {
            at += 1;
        }
        let (Some(a), Some(b)) = (upper.get(at - 1), upper.get(at)) else {
            return;
        };
        if x < a.0 || x > b.0 || b.0 <= a.0 {
            continue;
        }
        let share = (x - a.0) / (b.0 - a.0);
        let mid = |line: &[(f64, f64)]| line[at - 1].1 + share * (line[at].1 - line[at - 1].1);
        let (top, bottom) = (mid(upper), mid(lower));
        if !(top.is_finite() && bottom.is_finite()) {
            continue;
        }
        let first = (top.floor() as i32).max(area.top);
        let last = (bottom.ceil() as i32).min(area.bottom);
        for py in first..last {
            let (above, below) = (f64::from(py), f64::from(py) + 1.0);
            let cover = (below.min(bottom) - above.max(top)).clamp(0.0, 1.0);
            canvas.blend(px, py, colour, alpha * cover);
        }
    }
}

/// The course of a synapse; where several samples share a pixel column, their extremes make it.
fn course(
    canvas: &mut Canvas,
    t: &TracedWeights,
    synapse: usize,
    f: &Frame,
    thickness: f64,
    colour: Rgb,
) {
    let area = f.area;
    let points: Vec<(f64, f64)> = t
        .course(synapse)
        .map(|(time, w)| (f.x(time), f.y(w)))
        .collect();
    if points.len() <= 3 * area.width().max(1) as usize {
        line(canvas, &points, thickness, colour, area);
        return;
    }
    let mut from = 0;
    while from < points.len() {
        let column = points[from].0.floor();
        let same = points[from..].iter().take_while(|p| p.0.floor() == column);
        let n = same.count().max(1);
        let part = &points[from..from + n];
        let low = part.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
        let high = part.iter().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
        let mid = column + 0.5;
        canvas.line((mid, low), (mid, high), thickness, colour, area);
        if let (Some(a), Some(b)) = (part.last(), points.get(from + n)) {
            canvas.line(*a, *b, thickness, colour, area);
        }
        from += n;
    }
}
