//! A matrix of decisions: rows are labels, columns what was decided.
//!
//! Shades go with the share of the row, by its root, so that single errors are seen. Right decisions have
//! another colour than errors.

use std::path::Path;

use super::PlotError;
use super::axis::{grouped, number};
use super::canvas::{Anchor, Area, Canvas, Style, fitted, text_width};
use super::raster::{frame, heading, pixels, text_size};
use super::theme::Theme;

/// More classes than this have no room for numbers.
const NUMBERED: usize = 30;
/// More have none for labels beside each row.
const LABELLED: usize = 120;

/// Draws `counts[label][decided]` into a PNG file, replacing it if it exists.
pub fn draw(counts: &[Vec<u64>], title: &str, theme: Theme, path: &Path) -> Result<(), PlotError> {
    render(counts, title, theme)?.save(path)
}

fn render(counts: &[Vec<u64>], title: &str, theme: Theme) -> Result<Canvas, PlotError> {
    let n = counts.len();
    let all: u64 = counts.iter().flatten().sum();
    if n == 0 || all == 0 {
        return Err(PlotError::Nothing("no decisions".into()));
    }
    let cell = (900 / n).clamp(5, 62);
    let side = (cell * n) as u32;
    let em = text_size(side, side, 1.0).max(11.0);
    let margin = |ems: f64| (ems * em).round() as u32;
    let (wide, tall) = ((side + margin(6.7)).max(560), side + margin(6.9));
    let (width, height) = pixels(wide, tall, 1.0)?;
    let normal = Style::normal(em, theme);
    let small = Style {
        size: (em * 0.9).min(cell as f64 * 0.9),
        colour: theme.faint_text(),
        bold: false,
    };
    let mut canvas = Canvas::new(width, height, theme.background());
    let right: u64 = (0..n).map(|k| counts[k].get(k).copied().unwrap_or(0)).sum();
    let facts = format!(
        "{} of {} right, {} %",
        grouped(&right.to_string()),
        grouped(&all.to_string()),
        number(100.0 * right as f64 / all as f64, 2)
    );
    heading(&mut canvas, title, &facts, theme, em);
    let left = (em * 5.0).round() as i32;
    let top = (em * 3.2).round() as i32;
    let area = Area {
        left,
        top,
        right: left + side as i32,
        bottom: top + side as i32,
    };
    for (label, row) in counts.iter().enumerate() {
        let sum: u64 = row.iter().sum();
        let y = top + (label * cell) as i32;
        for (decided, count) in row.iter().enumerate() {
            let x = left + (decided * cell) as i32;
            let square = Area {
                left: x,
                right: x + cell as i32,
                top: y,
                bottom: y + cell as i32,
            };
            let share = *count as f64 / sum.max(1) as f64;
            let colour = theme.series(usize::from(label != decided));
            let strength = if *count == 0 {
                0.0
            } else {
                0.08 + 0.82 * share.sqrt()
            };
            canvas.fill(square, colour, strength);
            if n <= NUMBERED && *count > 0 {
                let text = grouped(&count.to_string());
                let mut style = small;
                style.colour = if strength > 0.55 {
                    theme.background()
                } else {
                    theme.text()
                };
                style.size = small
                    .size
                    .min(small.size * 0.86 * cell as f64 / text_width(&text, small));
                let (cx, cy) = (x as f64 + cell as f64 / 2.0, y as f64 + cell as f64 / 2.0);
                canvas.text(&text, cx, cy, Anchor::Centre, style);
            }
        }
    }
    let every = n
        .div_ceil(LABELLED)
        .max((small.size * 1.3 / cell as f64).ceil() as usize);
    for k in (0..n).step_by(every.max(1)) {
        let middle = (k * cell) as f64 + cell as f64 / 2.0;
        let text = k.to_string();
        let (x, y) = (f64::from(left) - em * 0.5, f64::from(top) + middle);
        canvas.text(&text, x, y, Anchor::Right, small);
        let below = f64::from(area.bottom) + em * 0.9;
        canvas.text(
            &text,
            f64::from(left) + middle,
            below,
            Anchor::Centre,
            small,
        );
    }
    frame(&mut canvas, area, theme, 1.0);
    let middle = f64::from(side) / 2.0;
    canvas.text_upwards("label", em * 1.7, f64::from(top) + middle, normal);
    let below = f64::from(area.bottom) + em * 2.3;
    let text = fitted(
        "decision of the spiking network",
        normal,
        f64::from(width) - em,
    );
    canvas.text(
        &text,
        f64::from(left) + middle,
        below,
        Anchor::Centre,
        normal,
    );
    Ok(canvas)
}
