//! Curves over numbers: panels with lines and marks, linear or logarithmic axes.

use std::path::Path;

use super::PlotError;
use super::axis::{Ticks, number, ticks};
use super::canvas::{Anchor, Area, Canvas, Style, fitted, text_width};
use super::raster::{frame, heading, pixels, text_size};
use super::theme::{Rgb, Theme};

/// A line through points; points that are no finite numbers are left out.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    pub name: String,
    pub points: Vec<(f64, f64)>,
    /// Half the length of a bar at each point; empty if there are none.
    pub spread: Vec<f64>,
    /// Dashed and without marks, for what is compared with.
    pub dashed: bool,
    /// Number of its colour; curves that belong together may share one.
    pub colour: usize,
}

/// Axes with curves.
#[derive(Clone, Debug, Default)]
pub struct Panel {
    pub title: String,
    pub x: String,
    pub y: String,
    /// Powers of ten are equally far apart.
    pub log_x: bool,
    pub log_y: bool,
    pub curves: Vec<Curve>,
}

/// How the picture looks.
#[derive(Clone, Debug)]
pub struct PanelOptions {
    pub title: String,
    pub facts: String,
    /// Panels side by side.
    pub columns: usize,
    /// Of one panel, before scaling.
    pub width: u32,
    pub height: u32,
    pub scale: f64,
    pub theme: Theme,
}

impl Default for PanelOptions {
    fn default() -> Self {
        Self {
            title: String::new(),
            facts: String::new(),
            columns: 2,
            width: 620,
            height: 400,
            scale: 2.0,
            theme: Theme::Light,
        }
    }
}

/// Draws panels into a PNG file, replacing it if it exists.
pub fn draw(panels: &[Panel], options: &PanelOptions, path: &Path) -> Result<(), PlotError> {
    render(panels, options)?.save(path)
}

/// One axis: which numbers it spans, where its ticks are.
struct Scale {
    low: f64,
    high: f64,
    log: bool,
    ticks: Ticks,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>, log: bool, most: usize) -> Self {
        let mut range = (f64::INFINITY, f64::NEG_INFINITY);
        for v in values.filter(|v| v.is_finite() && (!log || *v > 0.0)) {
            range = (range.0.min(v), range.1.max(v));
        }
        let (low, high) = if range.0 > range.1 { (0.0, 1.0) } else { range };
        if log && low > 0.0 {
            return Self::powers(low, high);
        }
        let span = if high > low {
            high - low
        } else {
            (0.1 * high.abs()).max(1e-3)
        };
        let (low, high) = (low - 0.04 * span, high + 0.06 * span);
        Self {
            low,
            high,
            log: false,
            ticks: ticks(low, high, most),
        }
    }

    fn powers(low: f64, high: f64) -> Self {
        let (low, high) = (low / 1.15, high * 1.15);
        let decades = high.log10() - low.log10();
        // 1, 2, 5 within few decades, else powers of ten alone.
        let steps: &[f64] = if decades < 2.2 {
            &[1.0, 2.0, 5.0]
        } else {
            &[1.0]
        };
        let mut at = Vec::new();
        for power in low.log10().floor() as i32..=high.log10().ceil() as i32 {
            for m in steps {
                let t = m * 10f64.powi(power);
                if (low..=high).contains(&t) {
                    at.push(t);
                }
            }
        }
        let labels = at.iter().map(|t| number(*t, digits(*t))).collect();
        Self {
            low: low.log10(),
            high: high.log10(),
            log: true,
            ticks: Ticks { at, labels },
        }
    }

    /// Share of the axis at which a number lies.
    fn share(&self, v: f64) -> Option<f64> {
        let v = if self.log { v.log10() } else { v };
        v.is_finite()
            .then(|| (v - self.low) / (self.high - self.low))
    }
}

/// Decimals that a power of ten needs.
fn digits(x: f64) -> usize {
    (-(x.log10() + 1e-9).floor()).clamp(0.0, 9.0) as usize
}

fn render(panels: &[Panel], options: &PanelOptions) -> Result<Canvas, PlotError> {
    if panels.iter().all(|p| p.curves.is_empty()) {
        return Err(PlotError::Nothing("there are no curves".into()));
    }
    let columns = options.columns.clamp(1, panels.len().max(1));
    let rows = panels.len().div_ceil(columns);
    let wide = options.width * columns as u32;
    let em = text_size(options.width, options.height, options.scale);
    // The heading stands above all panels.
    let tall = options.height * rows as u32 + (2.6 * em / options.scale).round() as u32;
    let (width, height) = pixels(wide, tall, options.scale)?;
    let theme = options.theme;
    let mut canvas = Canvas::new(width, height, theme.background());
    heading(&mut canvas, &options.title, &options.facts, theme, em);
    let head = 2.6 * em;
    let (each_w, each_h) = (
        f64::from(width) / columns as f64,
        (f64::from(height) - head) / rows as f64,
    );
    for (i, panel) in panels.iter().enumerate() {
        let left = (i % columns) as f64 * each_w;
        let top = head + (i / columns) as f64 * each_h;
        let area = Area {
            left: (left + 4.4 * em).round() as i32,
            top: (top + if panel.title.is_empty() { 0.8 } else { 2.2 } * em).round() as i32,
            right: (left + each_w - 1.2 * em).round() as i32,
            bottom: (top + each_h - 3.6 * em).round() as i32,
        };
        draw_panel(&mut canvas, panel, area, theme, options.scale, em);
    }
    Ok(canvas)
}

fn draw_panel(canvas: &mut Canvas, panel: &Panel, area: Area, theme: Theme, scale: f64, em: f64) {
    let normal = Style::normal(em, theme);
    let small = Style {
        size: 0.9 * em,
        ..normal
    };
    let points = || panel.curves.iter().flat_map(|c| &c.points);
    let (most_x, most_y) = (
        (f64::from(area.width()) / (6.0 * em)).clamp(2.0, 10.0) as usize,
        (f64::from(area.height()) / (2.6 * em)).clamp(2.0, 8.0) as usize,
    );
    let x = Scale::of(points().map(|p| p.0), panel.log_x, most_x);
    let ends = panel.curves.iter().flat_map(|c| {
        let bars = c.points.iter().zip(&c.spread);
        bars.flat_map(|(p, half)| [p.1 - half, p.1 + half])
    });
    let heights = points().map(|p| p.1).chain(ends);
    let y = Scale::of(heights, panel.log_y, most_y);
    let at_x = |v: f64| {
        x.share(v)
            .map(|s| f64::from(area.left) + s * f64::from(area.width()))
    };
    let at_y = |v: f64| {
        y.share(v)
            .map(|s| f64::from(area.bottom) - s * f64::from(area.height()))
    };
    let thin = scale.max(1.0);
    for (t, label) in x.ticks.at.iter().zip(&x.ticks.labels) {
        if let Some(px) = at_x(*t) {
            let (top, bottom) = (f64::from(area.top), f64::from(area.bottom));
            canvas.line((px, top), (px, bottom), thin, theme.grid(), area);
            canvas.text(label, px, bottom + 1.0 * em, Anchor::Centre, small);
        }
    }
    for (t, label) in y.ticks.at.iter().zip(&y.ticks.labels) {
        if let Some(py) = at_y(*t) {
            let (left, right) = (f64::from(area.left), f64::from(area.right));
            canvas.line((left, py), (right, py), thin, theme.grid(), area);
            canvas.text(label, left - 0.5 * em, py, Anchor::Right, small);
        }
    }
    frame(canvas, area, theme, scale);
    let middle = f64::from(area.left + area.right) / 2.0;
    let below = f64::from(area.bottom) + 2.4 * em;
    let room = f64::from(area.width()) + 3.0 * em;
    canvas.text(
        &fitted(&panel.x, normal, room),
        middle,
        below,
        Anchor::Centre,
        normal,
    );
    let upright = f64::from(area.top + area.bottom) / 2.0;
    let beside = f64::from(area.left) - 3.3 * em;
    canvas.text_upwards(&panel.y, beside, upright, normal);
    if !panel.title.is_empty() {
        let bold = Style {
            bold: true,
            ..normal
        };
        let above = f64::from(area.top) - 1.1 * em;
        canvas.text(
            &panel.title,
            f64::from(area.left),
            above,
            Anchor::Left,
            bold,
        );
    }
    let room = Area {
        left: area.left - (0.5 * em) as i32,
        top: area.top - (0.5 * em) as i32,
        right: area.right + (0.5 * em) as i32,
        bottom: area.bottom + (0.5 * em) as i32,
    };
    let mut marks = Vec::new();
    for curve in &panel.curves {
        let colour = theme.series(curve.colour);
        let mut before: Option<(f64, f64)> = None;
        for (k, (vx, vy)) in curve.points.iter().enumerate() {
            let (Some(px), Some(py)) = (at_x(*vx), at_y(*vy)) else {
                continue;
            };
            if let Some(from) = before {
                line(
                    canvas,
                    from,
                    (px, py),
                    curve.dashed,
                    colour,
                    room,
                    scale,
                    em,
                );
            }
            before = Some((px, py));
            marks.push((px, py));
            if !curve.dashed {
                dot(canvas, (px, py), 0.26 * em, colour, room);
                let half = curve.spread.get(k).copied().unwrap_or(0.0);
                if let (true, Some(a), Some(b)) = (half > 0.0, at_y(vy - half), at_y(vy + half)) {
                    canvas.line((px, a), (px, b), 1.2 * scale, colour, area);
                    marks.extend([(px, a), (px, b)]);
                }
            }
        }
    }
    legend(canvas, panel, area, &marks, theme, scale, em);
}

#[allow(clippy::too_many_arguments)]
fn line(
    canvas: &mut Canvas,
    from: (f64, f64),
    to: (f64, f64),
    dashed: bool,
    colour: Rgb,
    clip: Area,
    scale: f64,
    em: f64,
) {
    if !dashed {
        canvas.line(from, to, 1.6 * scale, colour, clip);
        return;
    }
    let length = (to.0 - from.0).hypot(to.1 - from.1);
    let at = |s: f64| {
        let share = (s / length).min(1.0);
        (
            from.0 + share * (to.0 - from.0),
            from.1 + share * (to.1 - from.1),
        )
    };
    let mut s = 0.0;
    while s < length {
        canvas.line(at(s), at(s + 0.45 * em), 1.4 * scale, colour, clip);
        s += 1.1 * em;
    }
}

/// A filled circle.
fn dot(canvas: &mut Canvas, at: (f64, f64), radius: f64, colour: Rgb, clip: Area) {
    canvas.line(at, at, 2.0 * radius, colour, clip);
}

/// Names of the curves, in the corner where they hide least.
fn legend(
    canvas: &mut Canvas,
    panel: &Panel,
    area: Area,
    marks: &[(f64, f64)],
    theme: Theme,
    scale: f64,
    em: f64,
) {
    if panel.curves.len() < 2 {
        return;
    }
    let style = Style {
        size: 0.9 * em,
        ..Style::normal(em, theme)
    };
    let widest = panel.curves.iter().map(|c| text_width(&c.name, style));
    let width = widest.fold(0.0, f64::max) + 3.4 * em;
    let height = panel.curves.len() as f64 * 1.35 * em + 0.5 * em;
    let gap = 0.6 * em;
    let (left, right) = (
        f64::from(area.left) + gap,
        f64::from(area.right) - gap - width,
    );
    let (top, bottom) = (
        f64::from(area.top) + gap,
        f64::from(area.bottom) - gap - height,
    );
    let corners = [(right, bottom), (left, bottom), (right, top), (left, top)];
    let hidden = |(x, y): (f64, f64)| {
        let inside = |m: &&(f64, f64)| {
            (x - gap..x + width + gap).contains(&m.0) && (y - gap..y + height + gap).contains(&m.1)
        };
        marks.iter().filter(inside).count()
    };
    let (x, y) = corners
        .into_iter()
        .min_by_key(|c| hidden(*c))
        .unwrap_or((right, bottom));
    let back = Area {
        left: x.round() as i32,
        top: y.round() as i32,
        right: (x + width).round() as i32,
        bottom: (y + height).round() as i32,
    };
    canvas.fill(back, theme.background(), 0.82);
    for (i, curve) in panel.curves.iter().enumerate() {
        let colour = theme.series(curve.colour);
        let middle = y + (i as f64 + 0.5) * 1.35 * em + 0.25 * em;
        let (a, b) = ((x + 0.5 * em, middle), (x + 2.2 * em, middle));
        line(canvas, a, b, curve.dashed, colour, back, scale, em);
        if !curve.dashed {
            dot(canvas, (x + 1.35 * em, middle), 0.26 * em, colour, back);
        }
        canvas.text(&curve.name, x + 2.8 * em, middle, Anchor::Left, style);
    }
}
