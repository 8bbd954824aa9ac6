//! A table of numbers as coloured cells with the numbers in them.

use std::path::Path;

use super::PlotError;
use super::canvas::{Anchor, Area, Canvas, Style, text_width};
use super::raster::{frame, heading, pixels, text_size};
use super::theme::{Rgb, Theme};

/// What is drawn: `values[row][column]`, the first row at the bottom.
#[derive(Clone, Debug, Default)]
pub struct Heatmap {
    pub title: String,
    pub facts: String,
    pub x: String,
    pub y: String,
    pub columns: Vec<String>,
    pub rows: Vec<String>,
    pub values: Vec<Vec<f64>>,
    /// What stands in the cells.
    pub texts: Vec<Vec<String>>,
    /// Values that have the first and the last colour.
    pub range: (f64, f64),
}

/// From dark to light, equally far apart to the eye and in grey (after the map "viridis" of matplotlib, by
/// Smith and van der Walt, CC0).
const COLOURS: [Rgb; 9] = [
    [68, 1, 84],
    [71, 44, 122],
    [59, 81, 139],
    [44, 113, 142],
    [33, 144, 141],
    [39, 173, 129],
    [92, 200, 99],
    [170, 220, 50],
    [253, 231, 37],
];

/// The colour at a share of the map.
fn colour(share: f64) -> Rgb {
    let at = share.clamp(0.0, 1.0) * (COLOURS.len() - 1) as f64;
    let low = (at.floor() as usize).min(COLOURS.len() - 2);
    let rest = at - low as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * rest).round() as u8;
    let (a, b) = (COLOURS[low], COLOURS[low + 1]);
    [mix(a[0], b[0]), mix(a[1], b[1]), mix(a[2], b[2])]
}

/// Draws the table into a PNG file, replacing it if it exists.
pub fn draw(map: &Heatmap, theme: Theme, scale: f64, path: &Path) -> Result<(), PlotError> {
    render(map, theme, scale)?.save(path)
}

fn render(map: &Heatmap, theme: Theme, scale: f64) -> Result<Canvas, PlotError> {
    if map.values.iter().all(Vec::is_empty) {
        return Err(PlotError::Nothing("the table is empty".into()));
    }
    let em = text_size(760, 420, scale);
    let normal = Style::normal(em, theme);
    let widest = |all: &mut dyn Iterator<Item = &String>| {
        all.map(|t| text_width(t, normal)).fold(0.0, f64::max)
    };
    let cell_w =
        (widest(&mut map.texts.iter().flatten().chain(&map.columns)) + 1.2 * em).max(4.0 * em);
    let cell_h = 2.3 * em;
    let names = widest(&mut map.rows.iter());
    let left = names + 3.6 * em;
    let (head, foot) = (3.0 * em, 4.0 * em);
    let (columns, rows) = (map.columns.len() as f64, map.rows.len() as f64);
    let wide = (left + columns * cell_w + 1.4 * em).max(34.0 * em);
    let tall = head + rows * cell_h + foot;
    let (width, height) = pixels(
        (wide / scale).ceil() as u32,
        (tall / scale).ceil() as u32,
        scale,
    )?;
    let mut canvas = Canvas::new(width, height, theme.background());
    heading(&mut canvas, &map.title, &map.facts, theme, em);
    let (low, high) = map.range;
    for (r, row) in map.values.iter().enumerate() {
        let top = head + (rows - 1.0 - r as f64) * cell_h;
        for (c, value) in row.iter().enumerate() {
            let x = left + c as f64 * cell_w;
            let share = if high > low {
                (value - low) / (high - low)
            } else {
                1.0
            };
            let back = colour(share);
            let cell = Area {
                left: x.round() as i32,
                top: top.round() as i32,
                right: (x + cell_w).round() as i32,
                bottom: (top + cell_h).round() as i32,
            };
            canvas.fill(cell, back, 1.0);
            let light =
                0.3 * f64::from(back[0]) + 0.59 * f64::from(back[1]) + 0.11 * f64::from(back[2]);
            let ink = Style {
                colour: if light > 135.0 {
                    [20, 22, 28]
                } else {
                    [245, 246, 248]
                },
                ..normal
            };
            let text = map.texts.get(r).and_then(|t| t.get(c));
            if let Some(text) = text {
                canvas.text(
                    text,
                    x + cell_w / 2.0,
                    top + cell_h / 2.0,
                    Anchor::Centre,
                    ink,
                );
            }
        }
        let middle = top + cell_h / 2.0;
        if let Some(name) = map.rows.get(r) {
            canvas.text(name, left - 0.6 * em, middle, Anchor::Right, normal);
        }
    }
    let bottom = head + rows * cell_h;
    for (c, name) in map.columns.iter().enumerate() {
        let x = left + (c as f64 + 0.5) * cell_w;
        canvas.text(name, x, bottom + 1.1 * em, Anchor::Centre, normal);
    }
    let whole = Area {
        left: left.round() as i32,
        top: head.round() as i32,
        right: (left + columns * cell_w).round() as i32,
        bottom: bottom.round() as i32,
    };
    frame(&mut canvas, whole, theme, scale);
    let middle = left + columns * cell_w / 2.0;
    canvas.text(&map.x, middle, bottom + 2.7 * em, Anchor::Centre, normal);
    canvas.text_upwards(&map.y, 1.4 * em, head + rows * cell_h / 2.0, normal);
    Ok(canvas)
}
