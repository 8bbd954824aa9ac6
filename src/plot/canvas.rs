//! A picture in memory: rectangles, blended pixels, lines and text.

use std::path::Path;

use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, TextStyle};

use super::PlotError;
use super::theme::{FONT, Rgb, register};

/// A rectangle of pixels; the right and lower ends are not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

impl Area {
    pub(super) fn width(self) -> i32 {
        self.right - self.left
    }
    pub(super) fn height(self) -> i32 {
        self.bottom - self.top
    }
}

/// Which point of a text its position names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Left,
    Centre,
    Right,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub size: f64,
    pub colour: Rgb,
    pub bold: bool,
}

pub(super) struct Canvas {
    pub width: i32,
    pub height: i32,
    pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32, background: Rgb) -> Self {
        register();
        Self {
            width: width as i32,
            height: height as i32,
            pixels: background.repeat(width as usize * height as usize),
        }
    }

    /// Mixes `colour` into a pixel; `alpha` 1 replaces it. Outside of the picture nothing happens.
    pub(super) fn blend(&mut self, x: i32, y: i32, colour: Rgb, alpha: f64) {
        if x < 0 || y < 0 || x >= self.width || y >= self.height {
            return;
        }
        let at = 3 * (y as usize * self.width as usize + x as usize);
        for (p, c) in self.pixels[at..at + 3].iter_mut().zip(colour) {
            *p = (f64::from(*p) + (f64::from(c) - f64::from(*p)) * alpha).round() as u8;
        }
    }

    pub(super) fn fill(&mut self, area: Area, colour: Rgb, alpha: f64) {
        for y in area.top.max(0)..area.bottom.min(self.height) {
            for x in area.left.max(0)..area.right.min(self.width) {
                self.blend(x, y, colour, alpha);
            }
        }
    }

    /// A straight line with soft edges, kept inside `clip`.
    pub(super) fn line(
        &mut self,
        from: (f64, f64),
        to: (f64, f64),
        thickness: f64,
        colour: Rgb,
        clip: Area,
    ) {
        let half = thickness / 2.0;
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let squared = dx * dx + dy * dy;
        let top = ((from.1.min(to.1) - half - 1.0).floor() as i32).max(clip.top);
        let bottom = ((from.1.max(to.1) + half + 1.0).ceil() as i32).min(clip.bottom);
        let left = ((from.0.min(to.0) - half - 1.0).floor() as i32).max(clip.left);
        let right = ((from.0.max(to.0) + half + 1.0).ceil() as i32).min(clip.right);
        for y in top..bottom {
            for x in left..right {
                let (px, py) = (f64::from(x) + 0.5 - from.0, f64::from(y) + 0.5 - from.1);
                let along = if squared > 0.0 {
                    ((px * dx + py * dy) / squared).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let distance = (px - along * dx).hypot(py - along * dy);
                let cover = (half + 0.5 - distance).clamp(0.0, 1.0);
                if cover > 0.0 {
                    self.blend(x, y, colour, cover);
                }
            }
        }
    }

    /// Draws one line of text around its vertical middle `y`.
    pub(super) fn text(&mut self, text: &str, x: f64, y: f64, anchor: Anchor, style: Style) {
        self.turned(text, x, y, anchor, style, FontTransform::None);
    }

    /// The same, turned to read upwards, centred at `y`.
    pub(super) fn text_upwards(&mut self, text: &str, x: f64, y: f64, style: Style) {
        self.turned(text, x, y, Anchor::Centre, style, FontTransform::Rotate270);
    }

    fn turned(
        &mut self,
        text: &str,
        x: f64,
        y: f64,
        anchor: Anchor,
        style: Style,
        turn: FontTransform,
    ) {
        if text.is_empty() {
            return;
        }
        let h = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Centre => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        let [r, g, b] = style.colour;
        let colour = RGBColor(r, g, b);
        let look = TextStyle::from(font(style).transform(turn))
            .color(&colour)
            .pos(Pos::new(h, VPos::Center));
        let size = (self.width as u32, self.height as u32);
        let mut backend = BitMapBackend::with_buffer(&mut self.pixels, size);
        // Drawing into memory can fail only for a missing font, and ours is part of the program.
        let _ = backend.draw_text(text, &look, (x.round() as i32, y.round() as i32));
    }

    /// Writes the picture as a PNG file.
    pub(super) fn save(&self, path: &Path) -> Result<(), PlotError> {
        let failed = |reason: String| PlotError::Write {
            path: path.into(),
            reason,
        };
        if !path.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")) {
            return Err(failed("the name of a picture ends in .png".into()));
        }
        // Opened first for the system's own words on what is wrong with the place.
        std::fs::File::create(path).map_err(|e| failed(e.to_string()))?;
        let size = (self.width as u32, self.height as u32);
        let mut backend = BitMapBackend::new(path, size);
        let done = backend
            .blit_bitmap((0, 0), size, &self.pixels)
            .and_then(|()| backend.present());
        if let Err(e) = done {
            // Dropped, the backend would try again and panic.
            std::mem::forget(backend);
            return Err(failed(e.to_string()));
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn pixel(&self, x: i32, y: i32) -> Rgb {
        let at = 3 * (y as usize * self.width as usize + x as usize);
        [self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]]
    }
}

fn font(style: Style) -> FontDesc<'static> {
    let weight = if style.bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    FontDesc::new(FontFamily::Name(FONT), style.size, weight)
}

/// Width of a text in pixels.
pub(super) fn text_width(text: &str, style: Style) -> f64 {
    register();
    font(style)
        .layout_box(text)
        .map_or(0.0, |((x0, _), (x1, _))| f64::from(x1 - x0))
}

/// The text, cut with an ellipsis where it is wider than `width`.
pub(super) fn fitted(text: &str, style: Style, width: f64) -> String {
    if text_width(text, style) <= width {
        return text.to_owned();
    }
    let mut chars: Vec<char> = text.chars().collect();
    while chars.pop().is_some() {
        let cut = format!("{}…", chars.iter().collect::<String>().trim_end());
        if text_width(&cut, style) <= width {
            return cut;
        }
    }
    String::new()
}
