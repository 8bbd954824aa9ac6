//! Distributions of weights: one panel per projection, in it a histogram for each of a few snapshots.
//!
//! Heights go with the root of the share: learning piles weights up at the bounds, and what lies between
//! has to be seen beside it.

use std::path::Path;

use super::axis::{duration, grouped, number, ticks};
use super::canvas::{Anchor, Area, Canvas, Style, fitted, text_width};
use super::raster::{frame, heading, pixels, text_size};
use super::theme::{Rgb, Theme};
use super::{PlotError, Shown};
use crate::record::{RecordedWeights, Snapshot, Weights};

/// What to draw, and how large.
#[derive(Clone, Debug, Default)]
pub struct WeightOptions {
    /// Names of recordings; all unless given.
    pub select: Vec<String>,
    /// Size before `scale`; the height follows from the panels unless given.
    pub size: Option<(u32, u32)>,
    /// Enlarges everything alike; 1 unless given.
    pub scale: Option<f64>,
    /// The name of the run unless given.
    pub title: Option<String>,
    pub theme: Theme,
}

/// Snapshots in one panel; more would not be told apart.
const MOST: usize = 6;
/// Height of a panel if nobody says.
const PANEL: u32 = 330;
const HEAD_AND_FOOT: u32 = 120;

impl WeightOptions {
    /// Size of the picture, and the scale.
    pub(super) fn extent(&self, panels: usize) -> (u32, u32, f64) {
        let tall = PANEL.saturating_mul(panels as u32) + HEAD_AND_FOOT;
        let (width, height) = self.size.unwrap_or((1200, tall.min(4000)));
        (width, height, self.scale.unwrap_or(1.0))
    }
}

/// Draws distributions into a PNG file, replacing it if it exists.
pub fn draw(file: &Weights, options: &WeightOptions, path: &Path) -> Result<(), PlotError> {
    render(file, options)?.save(path)
}

/// A histogram.
struct Bars {
    label: String,
    /// Share of the synapses in each bin.
    shares: Vec<f64>,
    count: usize,
}

struct Panel<'a> {
    of: &'a RecordedWeights,
    low: f64,
    high: f64,
    /// In order of time.
    bars: Vec<Bars>,
}

fn render(file: &Weights, options: &WeightOptions) -> Result<Canvas, PlotError> {
    let selected = file.select(&options.select)?;
    let with: Vec<&RecordedWeights> = selected
        .into_iter()
        .filter(|r| !r.snapshots.is_empty())
        .collect();
    if with.is_empty() {
        return Err(PlotError::Nothing(
            "no snapshots of weights were recorded".into(),
        ));
    }
    let (wide, tall, scale) = options.extent(with.len());
    let (width, height) = pixels(wide, tall, scale)?;
    let theme = options.theme;
    let em = text_size(wide, tall.min(wide), scale);
    let normal = Style::normal(em, theme);
    let small = Style::small(em, theme);
    let bins = (f64::from(width) / scale / 14.0).clamp(12.0, 80.0) as usize;
    let panels = with
        .iter()
        .map(|r| panel(file, r, bins))
        .collect::<Result<Vec<_>, _>>()?;
    let mut canvas = Canvas::new(width, height, theme.background());
    let synapses: usize = panels
        .iter()
        .filter_map(|p| p.bars.last())
        .map(|b| b.count)
        .sum();
    let name = options.title.as_deref().unwrap_or(&file.name);
    let facts = format!("weights of {} synapses", grouped(&synapses.to_string()));
    heading(&mut canvas, name, &facts, theme, em);
    let labels = panels.iter().flat_map(|p| &p.bars).map(|b| &b.label);
    let widest = labels
        .map(|l| text_width(l, small))
        .chain(panels.iter().map(|p| text_width(&p.of.name, normal)))
        .fold(0.0, f64::max);
    let legend = (widest + 3.4 * em).min(f64::from(width) * 0.3);
    let left = (em * 5.2).round() as i32;
    let right = (f64::from(width) - em - legend).round() as i32;
    let (head, foot) = (em * 2.9, f64::from(height) - em * 0.6);
    let each = (foot - head) / panels.len() as f64;
    for (i, p) in panels.iter().enumerate() {
        let top = head + i as f64 * each;
        let area = Area {
            left,
            top: top.round() as i32,
            right,
            bottom: ((top + each - em * 3.6).round() as i32).max(top.round() as i32 + 2),
        };
        draw_panel(&mut canvas, p, area, theme, scale, normal, small);
    }
    Ok(canvas)
}

/// The first, the last, and some between them, evenly spaced.
fn few(all: &[Snapshot]) -> Vec<&Snapshot> {
    if all.len() <= MOST {
        return all.iter().collect();
    }
    (0..MOST)
        .map(|k| &all[k * (all.len() - 1) / (MOST - 1)])
        .collect()
}

fn panel<'a>(file: &Weights, of: &'a RecordedWeights, bins: usize) -> Result<Panel<'a>, PlotError> {
    let chosen = few(&of.snapshots);
    let read = |s: &Snapshot| {
        file.weights(s)
            .map_err(|e| PlotError::Nothing(e.to_string()))
    };
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for bound in [of.lower, of.upper].into_iter().flatten() {
        low = low.min(bound);
        high = high.max(bound);
    }
    if of.lower.is_none() || of.upper.is_none() {
        for s in &chosen {
            for w in read(s)? {
                low = low.min(w);
                high = high.max(w);
            }
        }
    }
    if low > high {
        (low, high) = (0.0, 1.0);
    }
    if high - low <= 1e-9 * high.abs().max(low.abs()) {
        let half = (0.05 * high.abs()).max(1e-3);
        (low, high) = (low - half, high + half);
    }
    let mut bars = Vec::new();
    for s in chosen {
        let all = read(s)?;
        let mut counts = vec![0u64; bins];
        for w in &all {
            let at = (w - low) / (high - low) * bins as f64;
            // The upper end belongs to the last bin.
            counts[(at.max(0.0) as usize).min(bins - 1)] += 1;
        }
        let n = all.len().max(1) as f64;
        bars.push(Bars {
            label: when(s),
            shares: counts.iter().map(|c| *c as f64 / n).collect(),
            count: all.len(),
        });
    }
    Ok(Panel {
        of,
        low,
        high,
        bars,
    })
}

/// A snapshot in a legend.
pub(super) fn when(s: &Snapshot) -> String {
    match s.label.as_str() {
        "start" => "start".into(),
        "end" => format!("end, {}", duration(s.time)),
        _ => duration(s.time),
    }
}

/// The colour of snapshot `k` of `of`, in order of time: from amber over rose to blue.
fn shade(theme: Theme, k: usize, of: usize) -> Rgb {
    let stops: [Rgb; 4] = match theme {
        Theme::Light => [
            [232, 168, 40],
            [216, 92, 92],
            [142, 62, 140],
            theme.series(0),
        ],
        Theme::Dark => [
            [250, 205, 95],
            [245, 130, 110],
            [200, 120, 205],
            theme.series(0),
        ],
    };
    let at = if of > 1 {
        3.0 * k as f64 / (of - 1) as f64
    } else {
        3.0
    };
    let first = (at.floor() as usize).min(2);
    let share = at - first as f64;
    std::array::from_fn(|i| {
        let (a, b) = (f64::from(stops[first][i]), f64::from(stops[first + 1][i]));
        (a + (b - a) * share).round() as u8
    })
}

/// Ticks of a root axis up to `top` (%), at least `apart` pixels from each other on `height`.
fn root_ticks(top: f64, height: f64, apart: f64) -> Vec<(f64, String)> {
    let y = |percent: f64| height * (percent / top).sqrt();
    let mut all: Vec<(f64, String)> = vec![(0.0, "0".into())];
    let mut last = f64::INFINITY;
    for power in (-3..=2).rev() {
        for factor in [5.0, 2.0, 1.0] {
            let percent = factor * 10f64.powi(power);
            let at = y(percent);
            if percent <= top.min(100.0) && last - at >= apart && at >= apart {
                last = at;
                all.push((percent, number(percent, (-power).max(0) as usize)));
            }
        }
    }
    all
}

fn draw_panel(
    canvas: &mut Canvas,
    panel: &Panel<'_>,
    area: Area,
    theme: Theme,
    scale: f64,
    normal: Style,
    small: Style,
) {
    let em = normal.size;
    let highest = panel.bars.iter().flat_map(|b| &b.shares).copied();
    let top = 1.08 * highest.fold(1e-9, f64::max);
    // Room beside the bounds, so that what piles up there is seen.
    let span = panel.high - panel.low;
    let (low, high) = (panel.low - 0.02 * span, panel.high + 0.02 * span);
    let x = |w: f64| f64::from(area.left) + (w - low) / (high - low) * f64::from(area.width());
    let y = |s: f64| f64::from(area.bottom) - (s / top).sqrt() * f64::from(area.height());
    let thin = scale.round().max(1.0) as i32;
    let axis = root_ticks(100.0 * top, f64::from(area.height()), em * 1.9);
    for (at, label) in &axis {
        let line = y(at / 100.0).round() as i32;
        if *at > 0.0 {
            let rule = Area {
                top: line,
                bottom: line + thin,
                ..area
            };
            canvas.fill(rule, theme.grid(), 0.8);
        }
        let beside = f64::from(area.left) - em * 0.5;
        canvas.text(label, beside, f64::from(line), Anchor::Right, small);
    }
    let middle = f64::from(area.top + area.bottom) / 2.0;
    let text = fitted("synapses (%)", normal, f64::from(area.height()));
    canvas.text_upwards(&text, em * 1.2, middle, normal);
    let bounds = [panel.of.lower, panel.of.upper];
    for w in bounds.into_iter().flatten() {
        canvas.dashed(x(w), (area.top, area.bottom), area, theme, scale, em);
    }
    let thickness = (1.5 * scale * (em / scale / 11.0).sqrt()).max(1.0);
    let bins = panel.bars.first().map_or(1, |b| b.shares.len());
    let edge = |k: usize| x(panel.low + span * k as f64 / bins as f64);
    let n = panel.bars.len();
    for (k, bars) in panel.bars.iter().enumerate() {
        let colour = shade(theme, k, n);
        if k + 1 == n {
            for (b, share) in bars.shares.iter().enumerate() {
                let filled = Area {
                    left: edge(b).round() as i32,
                    right: edge(b + 1).round() as i32,
                    top: y(*share).round() as i32,
                    bottom: area.bottom,
                };
                canvas.fill(filled, colour, 0.16);
            }
        }
        steps(canvas, &bars.shares, edge, y, thickness, colour, area);
    }
    frame(canvas, area, theme, scale);
    value_axis(
        canvas,
        area,
        (low, high),
        &Shown(&panel.of.unit).weight(),
        theme,
        normal,
        scale,
    );
    let at = f64::from(area.right) + em * 0.9;
    let room = f64::from(canvas.width) - at - em * 0.5;
    let name = fitted(&panel.of.name, bold(normal), room);
    let first = f64::from(area.top) + em * 0.8;
    canvas.text(&name, at, first, Anchor::Left, bold(normal));
    if !panel.of.rule.is_empty() {
        let rule = fitted(&panel.of.rule, small, room);
        canvas.text(&rule, at, first + em * 1.4, Anchor::Left, small);
    }
    let whole = canvas.whole();
    for (k, bars) in panel.bars.iter().enumerate() {
        let row = first + em * (3.1 + 1.5 * k as f64);
        if row > f64::from(area.bottom) {
            break;
        }
        let colour = shade(theme, k, n);
        canvas.line(
            (at, row),
            (at + em * 1.3, row),
            thickness * 1.6,
            colour,
            whole,
        );
        let label = fitted(&bars.label, small, room - em * 1.8);
        canvas.text(&label, at + em * 1.8, row, Anchor::Left, small);
    }
}

pub(super) fn bold(style: Style) -> Style {
    Style {
        bold: true,
        ..style
    }
}

/// The outline of a histogram; where nothing is, there is no line.
fn steps(
    canvas: &mut Canvas,
    shares: &[f64],
    edge: impl Fn(usize) -> f64,
    y: impl Fn(f64) -> f64,
    thickness: f64,
    colour: Rgb,
    area: Area,
) {
    let level = |share: f64| y(share).min(f64::from(area.bottom) - thickness / 2.0);
    let mut last = 0.0;
    for (b, share) in shares.iter().chain([&0.0]).enumerate() {
        if *share != last {
            let (from, to) = ((edge(b), level(last)), (edge(b), level(*share)));
            canvas.line(from, to, thickness, colour, area);
        }
        if *share > 0.0 {
            let (from, to) = ((edge(b), level(*share)), (edge(b + 1), level(*share)));
            canvas.line(from, to, thickness, colour, area);
        }
        last = *share;
    }
}

/// Ticks, labels and the quantity under `area`.
pub(super) fn value_axis(
    canvas: &mut Canvas,
    area: Area,
    (low, high): (f64, f64),
    what: &str,
    theme: Theme,
    style: Style,
    scale: f64,
) {
    let most = (f64::from(area.width()) / (style.size * 6.0)).clamp(1.0, 10.0) as usize;
    let axis = ticks(low, high, most);
    let thick = scale.round().max(1.0) as i32;
    let below = f64::from(area.bottom) + style.size * 1.15;
    for (at, label) in axis.at.iter().zip(&axis.labels) {
        let x = f64::from(area.left) + (at - low) / (high - low) * f64::from(area.width());
        let tick = Area {
            left: x.round() as i32 - thick / 2,
            right: x.round() as i32 - thick / 2 + thick,
            top: area.bottom,
            bottom: area.bottom + (style.size * 0.4).round() as i32,
        };
        canvas.fill(tick, theme.frame(), 1.0);
        canvas.text(label, x, below, Anchor::Centre, style);
    }
    let middle = f64::from(area.left + area.right) / 2.0;
    canvas.text(
        what,
        middle,
        below + style.size * 1.25,
        Anchor::Centre,
        style,
    );
}
