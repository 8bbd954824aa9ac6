//! Curves over a common axis, such as accuracy over time.

use std::path::Path;

use super::PlotError;
use super::axis::{Ticks, number, ticks};
use super::canvas::{Anchor, Area, Canvas, Style, fitted, text_width};
use super::raster::{frame, heading, pixels, text_size};
use super::theme::Theme;

/// A line with its name in the legend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    pub name: String,
    /// By rising x.
    pub points: Vec<(f64, f64)>,
}

/// What to draw, and how large.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    pub title: String,
    /// A few figures beside the title.
    pub facts: String,
    pub x_label: String,
    pub y_label: String,
    /// The x axis goes by powers of two; every x must be above 0.
    pub doubling: bool,
    /// The y axis does not reach beyond these, such as 0 and 100.
    pub y_bounds: Option<(f64, f64)>,
    pub curves: Vec<Curve>,
    /// A dashed line across, with its name.
    pub reference: Option<(String, f64)>,
    /// Size before `scale`; 900 by 560 unless given.
    pub size: Option<(u32, u32)>,
    pub scale: Option<f64>,
    pub theme: Theme,
}

/// Draws curves into a PNG file, replacing it if it exists.
pub fn draw(of: &Curves, path: &Path) -> Result<(), PlotError> {
    render(of)?.save(path)
}

/// Where values are in the picture.
struct Frame {
    area: Area,
    x: (f64, f64),
    y: (f64, f64),
    doubling: bool,
}

impl Frame {
    fn along(&self, x: f64) -> f64 {
        if self.doubling { x.log2() } else { x }
    }
    fn x(&self, x: f64) -> f64 {
        let (from, to) = (self.along(self.x.0), self.along(self.x.1));
        let share = (self.along(x) - from) / (to - from);
        f64::from(self.area.left) + share * f64::from(self.area.width())
    }
    fn y(&self, y: f64) -> f64 {
        let share = (y - self.y.0) / (self.y.1 - self.y.0);
        f64::from(self.area.bottom) - share * f64::from(self.area.height())
    }
}

/// Ends of a range that has an extent, with some air; not beyond `bounds`.
fn padded(low: f64, high: f64, bounds: Option<(f64, f64)>) -> (f64, f64) {
    let air = if high > low {
        0.06 * (high - low)
    } else {
        (0.05 * high.abs()).max(1e-3)
    };
    let (least, most) = bounds.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
    let (low, high) = ((low - air).max(least), (high + air).min(most));
    if high > low {
        (low, high)
    } else {
        (low, low + 1.0)
    }
}

/// The powers of two of an axis, thinned until they have room.
fn powers(from: f64, to: f64, most: usize) -> Ticks {
    let (first, last) = (from.log2().ceil() as i32, to.log2().floor() as i32);
    let every = ((last - first).max(0) / most.max(1) as i32 + 1).max(1);
    let at: Vec<f64> = (first..=last)
        .step_by(every as usize)
        .map(|k| 2f64.powi(k))
        .collect();
    let digits = |x: f64| if x < 1.0 { 3 } else { 0 };
    let labels = at.iter().map(|x| number(*x, digits(*x))).collect();
    Ticks { at, labels }
}

fn render(of: &Curves) -> Result<Canvas, PlotError> {
    let (wide, tall) = of.size.unwrap_or((900, 560));
    let scale = of.scale.unwrap_or(1.0);
    let (width, height) = pixels(wide, tall, scale)?;
    let points = || of.curves.iter().flat_map(|c| &c.points).copied();
    let usable =
        |p: &(f64, f64)| p.0.is_finite() && p.1.is_finite() && !(of.doubling && p.0 <= 0.0);
    if points().next().is_none() || !points().all(|p| usable(&p)) {
        return Err(PlotError::Nothing("no finite values".into()));
    }
    let ends = |all: &mut dyn Iterator<Item = f64>| {
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |m, v| {
            (m.0.min(v), m.1.max(v))
        })
    };
    let (from, to) = ends(&mut points().map(|p| p.0));
    let reference = of.reference.iter().map(|r| r.1);
    let (low, high) = ends(&mut points().map(|p| p.1).chain(reference));

    let theme = of.theme;
    let em = text_size(wide, tall, scale);
    let normal = Style::normal(em, theme);
    let small = Style::small(em, theme);
    let mut canvas = Canvas::new(width, height, theme.background());
    heading(&mut canvas, &of.title, &of.facts, theme, em);
    let names = of.curves.iter().map(|c| c.name.as_str());
    let names = names.chain(of.reference.iter().map(|r| r.0.as_str()));
    let legend = names.map(|n| text_width(n, small)).fold(0.0, f64::max);
    let legend = (legend + 3.6 * em).min(f64::from(width) * 0.35);
    let area = Area {
        left: (em * 5.6).round() as i32,
        top: (em * 2.9).round() as i32,
        right: (f64::from(width) - em - legend).round() as i32,
        bottom: (f64::from(height) - em * 3.4).round() as i32,
    };
    let f = Frame {
        area,
        x: if from < to {
            (from, to)
        } else {
            (from * 0.5, from * 1.5 + 1.0)
        },
        y: padded(low, high, of.y_bounds),
        doubling: of.doubling,
    };
    axes(&mut canvas, of, &f, normal, small, scale);

    let thickness = (1.6 * scale * (em / scale / 11.0).sqrt()).max(1.0);
    if let Some((_, y)) = &of.reference {
        let ends = (f64::from(area.left), f64::from(area.right));
        canvas.dashed_across(ends, f.y(*y).round() as i32, area, theme, scale * 1.4, em);
    }
    for (k, curve) in of.curves.iter().enumerate().rev() {
        let colour = theme.series(k);
        let at: Vec<(f64, f64)> = curve.points.iter().map(|p| (f.x(p.0), f.y(p.1))).collect();
        for pair in at.windows(2) {
            canvas.line(pair[0], pair[1], thickness, colour, area);
        }
        // Marks, as long as they stand apart.
        if at.windows(2).all(|w| w[1].0 - w[0].0 > 0.9 * em) {
            let whole = canvas.whole();
            for p in &at {
                canvas.line(*p, *p, thickness * 3.0, colour, whole);
            }
        }
    }
    frame(&mut canvas, area, theme, scale);
    let at = f64::from(area.right) + em * 0.9;
    let room = f64::from(canvas.width) - at - em * 0.5;
    let whole = canvas.whole();
    let row = |k: usize| f64::from(area.top) + em * (0.8 + 1.5 * k as f64);
    for (k, curve) in of.curves.iter().enumerate() {
        let ends = ((at, row(k)), (at + em * 1.3, row(k)));
        canvas.line(ends.0, ends.1, thickness * 1.6, theme.series(k), whole);
        let text = fitted(&curve.name, small, room - em * 1.8);
        canvas.text(&text, at + em * 1.8, row(k), Anchor::Left, small);
    }
    if let Some((name, _)) = &of.reference {
        let y = row(of.curves.len());
        canvas.dashed_across(
            (at, at + em * 1.3),
            y.round() as i32,
            whole,
            theme,
            scale * 1.4,
            em,
        );
        let text = fitted(name, small, room - em * 1.8);
        canvas.text(&text, at + em * 1.8, y, Anchor::Left, small);
    }
    Ok(canvas)
}

/// Rules, ticks, numbers and labels.
fn axes(canvas: &mut Canvas, of: &Curves, f: &Frame, normal: Style, small: Style, scale: f64) {
    let (area, em, theme) = (f.area, normal.size, of.theme);
    let thin = scale.round().max(1.0) as i32;
    let most = (f64::from(area.height()) / (em * 2.4)).clamp(1.0, 9.0) as usize;
    let y = ticks(f.y.0, f.y.1, most);
    for (at, label) in y.at.iter().zip(&y.labels) {
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
    let most = (f64::from(area.width()) / (em * 4.5)).clamp(1.0, 12.0) as usize;
    let x = if f.doubling {
        powers(f.x.0, f.x.1, most)
    } else {
        ticks(f.x.0, f.x.1, most)
    };
    for (at, label) in x.at.iter().zip(&x.labels) {
        let column = f.x(*at).round() as i32;
        let rule = Area {
            left: column,
            right: column + thin,
            ..area
        };
        canvas.fill(rule, theme.grid(), 0.8);
        let below = f64::from(area.bottom) + em * 0.95;
        canvas.text(label, f.x(*at), below, Anchor::Centre, small);
    }
    let middle = f64::from(area.left + area.right) / 2.0;
    let text = fitted(&of.x_label, normal, f64::from(area.width()));
    let foot = f64::from(area.bottom) + em * 2.4;
    canvas.text(&text, middle, foot, Anchor::Centre, normal);
    let middle = f64::from(area.top + area.bottom) / 2.0;
    let text = fitted(&of.y_label, normal, f64::from(area.height()));
    canvas.text_upwards(&text, em * 1.2, middle, normal);
}
