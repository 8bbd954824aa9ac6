//! What samples cost a converted network: operations of each population, and over samples.

use std::path::Path;

use super::PlotError;
use super::axis::{grouped, number};
use super::canvas::{Anchor, Area, Canvas, Style, fitted, text_width};
use super::raster::{frame, heading, pixels, text_size};
use super::theme::Theme;
use super::weights::value_axis;

/// What to draw.
#[derive(Clone, Debug, Default)]
pub struct Cost {
    pub title: String,
    /// Name, synaptic operations and spikes per sample of each population, and its neurons.
    pub populations: Vec<(String, f64, f64, usize)>,
    /// Synaptic operations of each sample.
    pub operations: Vec<f64>,
    /// Multiplications of the trained network, per sample: all, and those without a zero.
    pub macs: f64,
    pub effective_macs: f64,
    pub theme: Theme,
}

/// More populations than this are not drawn one by one.
const MOST: usize = 60;
const ROW: u32 = 26;
const HISTOGRAM: u32 = 260;

/// Draws the picture into a PNG file, replacing it if it exists.
pub fn draw(cost: &Cost, path: &Path) -> Result<(), PlotError> {
    render(cost)?.save(path)
}

fn render(cost: &Cost) -> Result<Canvas, PlotError> {
    if cost.populations.is_empty() || cost.operations.is_empty() {
        return Err(PlotError::Nothing("no samples".into()));
    }
    let shown = &cost.populations[..cost.populations.len().min(MOST)];
    let (wide, tall) = (1000, 190 + ROW * shown.len() as u32 + HISTOGRAM);
    let (width, height) = pixels(wide, tall, 1.0)?;
    let theme = cost.theme;
    let em = text_size(wide, wide, 1.0);
    let normal = Style::normal(em, theme);
    let small = Style::small(em, theme);
    let mut canvas = Canvas::new(width, height, theme.background());
    let mean = cost.operations.iter().sum::<f64>() / cost.operations.len() as f64;
    let facts = format!(
        "{} operations per sample; {} MACs, {} without a zero",
        whole(mean),
        whole(cost.macs),
        whole(cost.effective_macs)
    );
    heading(&mut canvas, &cost.title, &facts, theme, em);
    let widest = shown
        .iter()
        .map(|p| text_width(&p.0, normal))
        .fold(0.0, f64::max);
    let left = (widest + em * 2.2).min(f64::from(width) * 0.3);
    // Beside each bar stand its figures.
    let figures = |p: &(String, f64, f64, usize)| {
        let neurons = whole(p.3 as f64);
        match (p.1 > 0.0, p.2 > 0.0) {
            (true, true) => {
                format!(
                    "{}; {} spikes of {neurons} neurons",
                    decimal(p.1),
                    decimal(p.2)
                )
            }
            (true, false) => format!("{}; {neurons} neurons", decimal(p.1)),
            (false, _) => format!("{} spikes of {neurons} neurons", decimal(p.2)),
        }
    };
    let beside = shown
        .iter()
        .map(|p| text_width(&figures(p), small))
        .fold(0.0, f64::max);
    let room = f64::from(width) - left - beside - em * 2.6;
    let most = shown.iter().map(|p| p.1).fold(1e-9, f64::max);
    let head = em * 3.6;
    let text = "operations per sample, at each population's inputs";
    canvas.text(text, left, head, Anchor::Left, normal);
    let first = head + em * 1.2;
    for (k, p) in shown.iter().enumerate() {
        let y = first + (k as f64 + 0.5) * f64::from(ROW);
        let name = fitted(&p.0, normal, left - em * 1.6);
        canvas.text(&name, left - em * 0.6, y, Anchor::Right, normal);
        let half = f64::from(ROW) * 0.32;
        let bar = Area {
            left: left.round() as i32,
            right: (left + room.max(40.0) * p.1 / most).round() as i32,
            top: (y - half).round() as i32,
            bottom: (y + half).round() as i32,
        };
        canvas.fill(bar, theme.series(0), 0.85);
        let at = f64::from(bar.right) + em * 0.5;
        canvas.text(&figures(p), at, y, Anchor::Left, small);
    }
    let top = first + f64::from(ROW) * shown.len() as f64 + em * 2.6;
    let text = format!(
        "samples by their operations ({})",
        whole(cost.operations.len() as f64)
    );
    canvas.text(&text, em * 5.0, top - em * 1.0, Anchor::Left, normal);
    let area = Area {
        left: (em * 5.0).round() as i32,
        top: top.round() as i32,
        right: width as i32 - (em * 1.7).round() as i32,
        bottom: height as i32 - (em * 3.6).round() as i32,
    };
    histogram(&mut canvas, cost, mean, area, normal, small);
    Ok(canvas)
}

fn whole(x: f64) -> String {
    grouped(&format!("{x:.0}"))
}

fn decimal(x: f64) -> String {
    number(x, if x >= 100.0 || x.fract() == 0.0 { 0 } else { 1 })
}

fn histogram(canvas: &mut Canvas, cost: &Cost, mean: f64, area: Area, normal: Style, small: Style) {
    let (theme, em) = (cost.theme, normal.size);
    let ends = cost
        .operations
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |m, v| {
            (m.0.min(*v), m.1.max(*v))
        });
    let span = (ends.1 - ends.0).max(1.0);
    // The trained network's cost is drawn where it is near.
    let (low, mut high) = ((ends.0 - 0.04 * span).max(0.0), ends.1 + 0.04 * span);
    let near = |v: f64| v >= low && v <= ends.1 + span;
    if near(cost.effective_macs) {
        high = high.max(cost.effective_macs + 0.04 * span);
    }
    let bins = (cost.operations.len() as f64).sqrt().clamp(5.0, 60.0) as usize;
    let mut counts = vec![0usize; bins];
    for v in &cost.operations {
        let k = ((v - ends.0) / span * bins as f64) as usize;
        counts[k.min(bins - 1)] += 1;
    }
    let top = counts.iter().copied().max().unwrap_or(1).max(1) as f64 * 1.08;
    let x = |v: f64| f64::from(area.left) + (v - low) / (high - low) * f64::from(area.width());
    for (k, count) in counts.iter().enumerate() {
        let edge = |k: usize| x(ends.0 + span * k as f64 / bins as f64).round() as i32;
        let bar = Area {
            left: edge(k),
            right: (edge(k + 1) - 1).max(edge(k) + 1),
            top: area.bottom - (*count as f64 / top * f64::from(area.height())).round() as i32,
            bottom: area.bottom,
        };
        canvas.fill(bar, theme.series(0), 0.6);
    }
    let mut marks = vec![(mean, "mean")];
    if near(cost.effective_macs) && (cost.effective_macs - mean).abs() > 0.02 * span {
        marks.push((cost.effective_macs, "MACs without a zero, mean"));
    }
    marks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let several = marks.len() > 1;
    for (k, (v, what)) in marks.into_iter().enumerate() {
        canvas.dashed(x(v), (area.top, area.bottom), area, theme, 1.0, em);
        let room = x(v) - f64::from(area.left) - em;
        let left = if several {
            k == 0
        } else {
            v > (low + high) / 2.0
        };
        // Outwards, so that no label lies on the other line.
        let (at, anchor) = if left && text_width(what, small) < room {
            (x(v) - em * 0.5, Anchor::Right)
        } else {
            (x(v) + em * 0.5, Anchor::Left)
        };
        canvas.text(what, at, f64::from(area.top) + em * 0.9, anchor, small);
    }
    frame(canvas, area, theme, 1.0);
    let highest = top / 1.08;
    let y = |v: f64| f64::from(area.bottom) - v / top * f64::from(area.height());
    for v in [0.0, highest] {
        let beside = f64::from(area.left) - em * 0.5;
        canvas.text(&whole(v), beside, y(v), Anchor::Right, small);
    }
    let middle = f64::from(area.top + area.bottom) / 2.0;
    canvas.text_upwards("samples", em * 1.2, middle, normal);
    value_axis(
        canvas,
        area,
        (low, high),
        "synaptic operations of a sample",
        theme,
        normal,
        1.0,
    );
}
