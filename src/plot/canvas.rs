//! A picture in memory: rectangles, blended pixels, lines and text.

use std::path::Path;

use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle, TextStyle, WHITE};

use super::PlotError;
use super::theme::{FONT, Rgb, Theme, register};

/// A rectangle of pixels; the right and lower ends are not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

impl Area {
    /// Panels below one another, `gap` apart, between a heading and an axis of time at the foot of a picture of this
    /// size in text of size `em`; so many pixels at the right are a legend's.
    pub(super) fn stacked(
        panels: usize,
        (width, height): (u32, u32),
        em: f64,
        gap: f64,
        legend: f64,
    ) -> impl Iterator<Item = Self> {
        let left = (em * 5.6).round() as i32;
        let right = (f64::from(width) - em - legend).round() as i32;
        let (head, foot) = (em * 2.9, f64::from(height) - em * 3.2);
        let each = (foot - head - gap * (panels as f64 - 1.0)) / panels as f64;
        (0..panels).map(move |i| {
            let top = head + i as f64 * (each + gap);
            let bottom = (top + each).round() as i32;
            let top = top.round() as i32;
            Self {
                left,
                top,
                right,
                bottom: bottom.max(top + 2),
            }
        })
    }

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

impl Style {
    /// Names and axes.
    pub(super) fn normal(em: f64, theme: Theme) -> Self {
        Self {
            size: em,
            colour: theme.text(),
            bold: false,
        }
    }

    /// What stands beside.
    pub(super) fn small(em: f64, theme: Theme) -> Self {
        Self {
            size: em * 0.9,
            colour: theme.faint_text(),
            bold: false,
        }
    }
}

/// Text is drawn this many times too large and averaged down: at the size of labels, letters on
/// whole pixels stand unevenly and points and commas look alike.
const FINE: i32 = 4;

/// A text in white on black, enlarged by `FINE`.
struct Mask {
    width: i32,
    height: i32,
    /// Room around the text for letters that lean out of their box.
    pad: i32,
    /// Length of the text itself.
    length: f64,
    pixels: Vec<u8>,
}

impl Mask {
    fn new(text: &str, style: Style) -> Self {
        let fine = Style {
            size: style.size * f64::from(FINE),
            ..style
        };
        let length = text_width(text, fine);
        let pad = fine.size.ceil() as i32;
        let (width, height) = (length.ceil() as i32 + 2 * pad, 2 * pad);
        let mut pixels = vec![0; 3 * (width * height) as usize];
        let look = TextStyle::from(font(fine))
            .color(&WHITE)
            .pos(Pos::new(HPos::Left, VPos::Center));
        let mut backend = BitMapBackend::with_buffer(&mut pixels, (width as u32, height as u32));
        // Drawing into memory can fail only for a missing font, and ours is part of the program.
        let _ = backend.draw_text(text, &look, (pad, height / 2));
        drop(backend);
        Self {
            width,
            height,
            pad,
            length,
            pixels,
        }
    }
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

    /// The whole picture.
    pub(super) fn whole(&self) -> Area {
        Area {
            left: 0,
            top: 0,
            right: self.width,
            bottom: self.height,
        }
    }

    /// A faint dashed line downwards.
    pub(super) fn dashed(
        &mut self,
        x: f64,
        (top, bottom): (i32, i32),
        clip: Area,
        theme: Theme,
        scale: f64,
        em: f64,
    ) {
        let mut at = f64::from(top);
        while at < f64::from(bottom) {
            let end = (at + em * 0.42).min(f64::from(bottom));
            self.line((x, at), (x, end), scale.max(1.0), theme.faint_text(), clip);
            at += em * 0.7;
        }
    }

    /// The same from left to right.
    pub(super) fn dashed_across(
        &mut self,
        (left, right): (f64, f64),
        y: i32,
        clip: Area,
        theme: Theme,
        scale: f64,
        em: f64,
    ) {
        let (mut at, y) = (left, f64::from(y));
        while at < right {
            let end = (at + em * 0.42).min(right);
            self.line((at, y), (end, y), scale.max(1.0), theme.faint_text(), clip);
            at += em * 0.7;
        }
    }

    /// Draws one line of text around its vertical middle `y`.
    pub(super) fn text(&mut self, text: &str, x: f64, y: f64, anchor: Anchor, style: Style) {
        let mask = Mask::new(text, style);
        let share = match anchor {
            Anchor::Left => 0.0,
            Anchor::Centre => 0.5,
            Anchor::Right => 1.0,
        };
        let k = f64::from(FINE);
        let left = (x * k - share * mask.length).round() as i32 - mask.pad;
        let top = (y * k).round() as i32 - mask.height / 2;
        self.stamp(&mask, style.colour, |mx, my| (left + mx, top + my));
    }

    /// The same, turned to read upwards, with its middle at (x, y).
    pub(super) fn text_upwards(&mut self, text: &str, x: f64, y: f64, style: Style) {
        let mask = Mask::new(text, style);
        let k = f64::from(FINE);
        let left = (x * k).round() as i32 - mask.height / 2;
        let bottom = (y * k + 0.5 * mask.length).round() as i32 + mask.pad;
        self.stamp(&mask, style.colour, |mx, my| (left + my, bottom - mx));
    }

    /// Adds up the fine pixels of a mask that fall on each pixel, and mixes the colour in.
    fn stamp(&mut self, mask: &Mask, colour: Rgb, place: impl Fn(i32, i32) -> (i32, i32)) {
        let corner = |x: i32, y: i32| {
            let (px, py) = place(x, y);
            (px.div_euclid(FINE), py.div_euclid(FINE))
        };
        let (a, b) = (corner(0, 0), corner(mask.width - 1, mask.height - 1));
        let (left, top) = (a.0.min(b.0), a.1.min(b.1));
        let (w, h) = ((a.0 - b.0).abs() + 1, (a.1 - b.1).abs() + 1);
        let mut cover = vec![0u32; (w * h) as usize];
        for my in 0..mask.height {
            for mx in 0..mask.width {
                let v = mask.pixels[3 * (my * mask.width + mx) as usize];
                if v > 0 {
                    let (px, py) = corner(mx, my);
                    cover[((py - top) * w + px - left) as usize] += u32::from(v);
                }
            }
        }
        let full = f64::from(255 * FINE * FINE);
        for (i, c) in cover.into_iter().enumerate().filter(|(_, c)| *c > 0) {
            let i = i as i32;
            self.blend(left + i % w, top + i / w, colour, f64::from(c) / full);
        }
    }

    /// Writes the picture as a PNG file: under another name first, so that it is never seen half-drawn, and what was
    /// there stays if it cannot be written.
    pub(super) fn save(&self, path: &Path) -> Result<(), PlotError> {
        let failed = |reason: String| PlotError::Write {
            path: path.into(),
            reason,
        };
        let png = |e: &std::ffi::OsStr| e.eq_ignore_ascii_case("png");
        if !path.extension().is_some_and(png) {
            return Err(PlotError::Name { path: path.into() });
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let partial = path.with_file_name(format!(".partial-{name}"));
        // Opened first for the system's own words on what is wrong with the place.
        std::fs::File::create(&partial).map_err(|e| failed(e.to_string()))?;
        let size = (self.width as u32, self.height as u32);
        let mut backend = BitMapBackend::new(&partial, size);
        let drawn = backend
            .blit_bitmap((0, 0), size, &self.pixels)
            .and_then(|()| backend.present())
            .map_err(|e| e.to_string());
        match drawn {
            Ok(()) => drop(backend),
            // Dropped, the backend would try again and panic.
            Err(_) => std::mem::forget(backend),
        }
        let renamed =
            drawn.and_then(|()| std::fs::rename(&partial, path).map_err(|e| e.to_string()));
        renamed.map_err(|reason| {
            let _ = std::fs::remove_file(&partial);
            failed(reason)
        })
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
    // Measured large: the library answers in whole pixels.
    let large = Style {
        size: style.size * 8.0,
        ..style
    };
    font(large)
        .layout_box(text)
        .map_or(0.0, |((x0, _), (x1, _))| f64::from(x1 - x0) / 8.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_of_the_program_have_the_letters_that_labels_need() {
        for bold in [false, true] {
            let style = Style {
                size: 20.0,
                colour: [0; 3],
                bold,
            };
            // A missing letter shows as the box that stands for all of them.
            let ink = |text: &str| Mask::new(text, style).pixels;
            let missing = ink("\u{E000}");
            for c in "Aazµτα·−×→ÄßéЖ…".chars() {
                let drawn = ink(&c.to_string());
                assert!(drawn != missing && drawn.iter().any(|v| *v > 0), "{c}");
            }
        }
    }
}
