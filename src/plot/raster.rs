//! Rasters: one mark per spike, populations in bands, and their rates below.
//!
//! Spikes are counted per pixel and the counts become opacity. The opacity of the mean occupied
//! pixel goes from nearly full where few pixels are occupied (crisp marks) to a half where nearly
//! all are (shading whose variation can be seen), so that neither a single spike vanishes nor ten
//! million of them make a black block.

use std::path::Path;

use super::axis::{duration, grouped, rate, round_up, ticks, time_unit};
use super::canvas::{Anchor, Area, Canvas, Style, fitted, text_width};
use super::theme::{Rgb, Theme};
use super::{PlotError, Selection};
use crate::record::{Part, Recording, parts};

/// What to draw, and how large.
#[derive(Clone, Debug)]
pub struct RasterOptions {
    /// ms; the start of the run unless given.
    pub from: Option<f64>,
    /// ms; the end of the run unless given.
    pub to: Option<f64>,
    /// Populations, slices or labelled neurons from top to bottom; everything unless given.
    pub select: Vec<Selection>,
    /// Size before `scale`.
    pub width: u32,
    pub height: u32,
    /// Enlarges everything alike, for dense screens and print.
    pub scale: f64,
    /// Bin of the rate histogram in ms; chosen from the time range unless given.
    pub bin: Option<f64>,
    /// The name of the run unless given.
    pub title: Option<String>,
    pub theme: Theme,
}

impl Default for RasterOptions {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            select: Vec::new(),
            width: 1200,
            height: 800,
            scale: 1.0,
            bin: None,
            title: None,
            theme: Theme::Light,
        }
    }
}

/// Draws a raster into a PNG file, replacing it if it exists.
pub fn draw(recording: &Recording, options: &RasterOptions, path: &Path) -> Result<(), PlotError> {
    render(recording, options)?.save(path)
}

/// Size in pixels after scaling, if such a picture can be drawn.
pub(super) fn pixels(width: u32, height: u32, scale: f64) -> Result<(u32, u32), PlotError> {
    let scaled = |n: u32| (f64::from(n) * scale).round();
    let (w, h) = (scaled(width), scaled(height));
    let possible = (160.0..=16000.0).contains(&w) && (120.0..=16000.0).contains(&h);
    if !possible || !(0.1..=20.0).contains(&scale) {
        return Err(PlotError::Size {
            width: w.clamp(0.0, 4e9) as u32,
            height: h.clamp(0.0, 4e9) as u32,
        });
    }
    Ok((w as u32, h as u32))
}

/// The time range in ms.
pub(super) fn time_range(
    recording: &Recording,
    from: Option<f64>,
    to: Option<f64>,
) -> Result<(f64, f64), PlotError> {
    let start = from.unwrap_or(0.0);
    let end = match to {
        Some(t) => t,
        None => match recording.end() {
            // An empty recording still has an extent if somebody planned one.
            t if t > 0.0 => t,
            _ => recording.t_stop.filter(|t| *t > 0.0).unwrap_or(1.0),
        },
    };
    if !(start < end && start.is_finite() && end.is_finite()) {
        return Err(PlotError::Range {
            from: start,
            to: end,
        });
    }
    Ok((start, end))
}

/// Size of ordinary text for a picture of this size: it grows more slowly than the picture.
pub(super) fn text_size(options_width: u32, options_height: u32, scale: f64) -> f64 {
    let side = (f64::from(options_width) * f64::from(options_height)).sqrt();
    (9.5 + (side - 392.0) * 0.0088).clamp(8.5, 28.0) * scale
}

struct Band<'a> {
    part: Part<'a>,
    colour: Rgb,
    area: Area,
    spikes: usize,
    hz: f64,
}

fn render(recording: &Recording, options: &RasterOptions) -> Result<Canvas, PlotError> {
    let (width, height) = pixels(options.width, options.height, options.scale)?;
    let (from, to) = time_range(recording, options.from, options.to)?;
    if options.bin.is_some_and(|b| !(b.is_finite() && b > 0.0)) {
        return Err(PlotError::Bin(options.bin.unwrap_or_default()));
    }
    let parts: Vec<Part> = parts(recording, &options.select)?
        .into_iter()
        .filter(|p| p.start < p.end)
        .collect();
    if parts.is_empty() {
        return Err(PlotError::Nothing("no spikes were recorded".into()));
    }
    let theme = options.theme;
    let em = text_size(options.width, options.height, options.scale);
    let normal = Style::normal(em, theme);
    let faint = Style {
        colour: theme.faint_text(),
        ..normal
    };
    let small = Style {
        size: em * 0.88,
        ..faint
    };
    let mut canvas = Canvas::new(width, height, theme.background());

    // What is written decides the margins, so the words come first.
    let mut bands: Vec<Band> = parts
        .into_iter()
        .enumerate()
        .map(|(i, part)| {
            let spikes = part.spikes(from, to).count();
            let n = f64::from(part.recorded().max(1));
            Band {
                part,
                colour: theme.series(i),
                area: Area {
                    left: 0,
                    top: 0,
                    right: 0,
                    bottom: 0,
                },
                spikes,
                hz: spikes as f64 / n / (to - from) * 1e3,
            }
        })
        .collect();
    let histogram = height as f64 >= 17.0 * em;
    let bold = |colour| Style {
        bold: true,
        colour,
        ..normal
    };
    let widest = bands
        .iter()
        .flat_map(|b| {
            [
                text_width(&b.part.label(), bold(b.colour)),
                text_width(&figures(b), small),
            ]
        })
        .fold(text_width("1000", small) + 2.6 * em, f64::max);
    let pad = (em * 0.9).round();
    // More rows than pixels are not labelled, however the bands come to lie.
    let names = bands
        .iter()
        .filter(|b| b.part.end - b.part.start <= height)
        .flat_map(|b| b.part.labels())
        .map(|l| text_width(l, small))
        .fold(0.0, f64::max);
    // Whether there is room for labels is known once the bands have their places.
    let names = (names + 0.4 * em).min(f64::from(width) * 0.12);
    let plain = (pad * 2.0 + widest).min(f64::from(width) * 0.24);
    let right = width as i32 - (em * 1.7).round() as i32;
    let head = (em * 2.9).round() as i32;
    let foot = height as i32 - (em * 3.2).round() as i32;
    let gap = (em * 1.1).round() as i32;
    let rates_height = if histogram {
        (f64::from(foot - head) * 0.24).round() as i32
    } else {
        0
    };
    let mut raster = Area {
        left: plain.round() as i32,
        top: head,
        right,
        bottom: foot - rates_height - if histogram { gap } else { 0 },
    };
    place(&mut bands, raster, em);
    let labelled = bands.iter().any(|b| b.label_size(em).is_some());
    if labelled {
        raster.left = (plain + names).round() as i32;
        place(&mut bands, raster, em);
    }
    let left = if labelled {
        plain
    } else {
        f64::from(raster.left)
    };

    title(&mut canvas, recording, options, &bands, (from, to), em);
    // One size for all bands: a larger mark would look like more spikes.
    let mark = bands
        .iter()
        .filter(|b| b.spikes > 0)
        .map(|b| mark_width(b, options.scale))
        .min()
        .unwrap_or(1);
    for (i, band) in bands.iter().enumerate() {
        canvas.fill(band.area, band.colour, 0.035);
        marks(&mut canvas, band, from, to, mark);
        if i > 0 {
            let line = Area {
                bottom: band.area.top,
                top: band.area.top - options.scale.round().max(1.0) as i32,
                ..raster
            };
            canvas.fill(line, theme.frame(), 0.55);
        }
        if let Some(size) = band.label_size(em) {
            labels(&mut canvas, band, Style { size, ..small });
        }
        let room = left - 1.6 * pad;
        let middle = f64::from(band.area.top + band.area.bottom) / 2.0;
        let x = left - pad * 0.7;
        let (name, under) = (band.part.label(), figures(band));
        let tall = f64::from(band.area.height());
        if tall >= 2.6 * em {
            let name = fitted(&name, bold(band.colour), room);
            canvas.text(
                &name,
                x,
                middle - 0.62 * em,
                Anchor::Right,
                bold(band.colour),
            );
            let under = fitted(&under, small, room);
            canvas.text(&under, x, middle + 0.62 * em, Anchor::Right, small);
        } else if tall >= 0.8 * em {
            let size = (tall * 0.95).min(em);
            let style = Style {
                size,
                ..bold(band.colour)
            };
            let name = fitted(&name, style, room);
            canvas.text(&name, x, middle, Anchor::Right, style);
        }
    }
    frame(&mut canvas, raster, theme, options.scale);
    let mut lowest = raster;
    if histogram {
        let area = Area {
            top: foot - rates_height,
            bottom: foot,
            ..raster
        };
        rates(
            &mut canvas,
            &bands,
            area,
            (from, to),
            options,
            small,
            recording,
        );
        frame(&mut canvas, area, theme, options.scale);
        lowest = area;
    }
    time_axis(
        &mut canvas,
        lowest,
        (from, to),
        theme,
        normal,
        options.scale,
    );
    Ok(canvas)
}

impl Band<'_> {
    /// Size of the labels beside the rows, if there are labels and each can be read.
    fn label_size(&self, em: f64) -> Option<f64> {
        let rows = f64::from(self.part.end - self.part.start);
        let row = f64::from(self.area.height()) / rows;
        // A band of one row is named by its label already.
        let wanted = rows > 1.0 && self.part.labels().next().is_some();
        (wanted && row >= 0.56 * em).then_some((row * 0.98).min(em * 0.8))
    }
}

/// The label of each row, at the left edge of the band.
fn labels(canvas: &mut Canvas, band: &Band, style: Style) {
    let row = f64::from(band.area.height()) / f64::from(band.part.end - band.part.start);
    let x = f64::from(band.area.left) - style.size * 0.4;
    for (k, label) in band.part.labels().enumerate() {
        let y = f64::from(band.area.top) + (k as f64 + 0.5) * row;
        canvas.text(label, x, y, Anchor::Right, style);
    }
}

fn figures(band: &Band) -> String {
    let n = grouped(&(band.part.end - band.part.start).to_string());
    format!("{n} · {}", rate(band.hz))
}

/// Heights in proportion to size, but never below a line of text while there is room for it.
fn place(bands: &mut [Band], area: Area, em: f64) {
    let whole = f64::from(area.height());
    let n = bands.len() as f64;
    let least = (em * 1.45).min(whole * 0.7 / n);
    let sizes: Vec<f64> = bands
        .iter()
        .map(|b| f64::from(b.part.end - b.part.start))
        .collect();
    // Bands below the least height get it, the others share the rest; repeated, because sharing
    // less may bring further ones below.
    let mut raised = vec![false; bands.len()];
    let mut heights = vec![0.0; bands.len()];
    loop {
        let rest = whole - least * raised.iter().filter(|r| **r).count() as f64;
        let shared: f64 = (0..sizes.len())
            .filter(|i| !raised[*i])
            .map(|i| sizes[i])
            .sum();
        let mut again = false;
        for i in 0..sizes.len() {
            heights[i] = if raised[i] {
                least
            } else {
                rest * sizes[i] / shared
            };
            if heights[i] < least {
                raised[i] = true;
                again = true;
            }
        }
        if !again {
            break;
        }
    }
    let mut at = f64::from(area.top);
    for (band, height) in bands.iter_mut().zip(heights) {
        band.area = Area {
            top: at.round() as i32,
            bottom: (at + height).round() as i32,
            ..area
        };
        at += height;
    }
}

/// How wide marks may be: they grow while they would still cover little of the band.
fn mark_width(band: &Band, scale: f64) -> usize {
    let (w, h) = (
        f64::from(band.area.width().max(1)),
        f64::from(band.area.height().max(1)),
    );
    let row = h / f64::from(band.part.end - band.part.start).max(1.0);
    let room = w * h / band.spikes.max(1) as f64;
    let most = (2.0 * scale).round().max(1.0) as usize + usize::from(row >= 8.0);
    (1..=most)
        .rev()
        .find(|m| (*m as f64) * row.max(*m as f64).min(h) * 12.0 <= room)
        .unwrap_or(1)
}

/// The spikes of a band: counts per pixel, then opacity.
fn marks(canvas: &mut Canvas, band: &Band, from: f64, to: f64, mark_width: usize) {
    let (w, h) = (band.area.width(), band.area.height());
    if w <= 0 || h <= 0 || band.spikes == 0 {
        return;
    }
    let (w, h) = (w as usize, h as usize);
    let n = u64::from(band.part.end - band.part.start);
    let row = h as f64 / n as f64;
    let extent = |id: u32| {
        let at = u64::from(id - band.part.start) as f64 * row;
        if row >= mark_width as f64 {
            // A gap between neurons as soon as there is room for one.
            let gap = if row >= 3.0 {
                (row * 0.22).max(1.0)
            } else {
                0.0
            };
            let top = (at + gap / 2.0).round() as usize;
            let bottom = ((at + row - gap / 2.0).round() as usize).max(top + 1);
            (top, bottom.min(h))
        } else {
            let top = (at as usize).min(h - 1);
            (
                top.min(h.saturating_sub(mark_width)),
                (top + mark_width).min(h),
            )
        }
    };
    let mut counts = vec![0u32; w * h];
    let per_ms = w as f64 / (to - from);
    for (t, id) in band.part.spikes(from, to) {
        let x = (((t - from) * per_ms) as usize).min(w - 1);
        let x = x
            .saturating_sub((mark_width - 1) / 2)
            .min(w.saturating_sub(mark_width));
        let (top, bottom) = extent(id);
        for y in top..bottom {
            for c in &mut counts[y * w + x..y * w + (x + mark_width).min(w)] {
                *c += 1;
            }
        }
    }
    let occupied = counts.iter().filter(|c| **c > 0).count().max(1) as f64;
    let mean = counts.iter().map(|c| f64::from(*c)).sum::<f64>() / occupied;
    let share = occupied / (w * h) as f64;
    let target: f64 = 0.94 - 0.42 * share;
    let k = -(1.0 - target).ln() / mean;
    for y in 0..h {
        for x in 0..w {
            let c = counts[y * w + x];
            if c > 0 {
                let alpha = 1.0 - (-k * f64::from(c)).exp();
                let (px, py) = (band.area.left + x as i32, band.area.top + y as i32);
                canvas.blend(px, py, band.colour, alpha);
            }
        }
    }
}

/// Mean rate of each band over time, as steps.
fn rates(
    canvas: &mut Canvas,
    bands: &[Band],
    area: Area,
    (from, to): (f64, f64),
    options: &RasterOptions,
    style: Style,
    recording: &Recording,
) {
    let bin = options
        .bin
        .unwrap_or_else(|| automatic_bin(to - from, area, recording.resolution, options.scale));
    // The bins are not finer than what can be seen, nor than memory allows.
    let bins = ((to - from) / bin - 1e-9).ceil().clamp(1.0, 1e6) as usize;
    let bin = bin.max((to - from) / 1e6);
    let series: Vec<Vec<f64>> = bands
        .iter()
        .map(|band| {
            let mut counts = vec![0.0; bins];
            for (t, _) in band.part.spikes(from, to) {
                // A spike on the edge belongs to the bin that it ends.
                let at = ((t - from) / bin - 1e-9).max(0.0) as usize;
                counts[at.min(bins - 1)] += 1.0;
            }
            let n = f64::from(band.part.recorded().max(1));
            for (i, c) in counts.iter_mut().enumerate() {
                let length = (to - (from + i as f64 * bin)).min(bin).max(bin * 1e-3);
                *c *= 1e3 / n / length;
            }
            counts
        })
        .collect();
    let highest = series.iter().flatten().copied().fold(0.0, f64::max);
    let most = (f64::from(area.height()) / (style.size * 2.2)).clamp(1.0, 5.0) as usize;
    let top = if highest > 0.0 { highest * 1.06 } else { 1.0 };
    let axis = ticks(0.0, top, most);
    let y = |hz: f64| f64::from(area.bottom) - hz / top * f64::from(area.height());
    let theme = options.theme;
    let mut widest = 0.0f64;
    for (at, label) in axis.at.iter().zip(&axis.labels) {
        let line = y(*at).round() as i32;
        if *at > 0.0 {
            let rule = Area {
                top: line,
                bottom: line + options.scale.round().max(1.0) as i32,
                ..area
            };
            canvas.fill(rule, theme.grid(), 0.8);
        }
        let x = f64::from(area.left) - style.size * 0.6;
        canvas.text(label, x, y(*at), Anchor::Right, style);
        widest = widest.max(text_width(label, style));
    }
    let x = f64::from(area.left) - style.size * 1.75 - widest;
    let middle = f64::from(area.top + area.bottom) / 2.0;
    canvas.text_upwards("rate (Hz)", x, middle, style);
    let across = f64::from(area.width()) / (to - from);
    let thickness = (1.25 * options.scale * (style.size / options.scale / 10.0).sqrt()).max(1.0);
    for (band, values) in bands.iter().zip(&series).rev() {
        let edge = |i: usize| f64::from(area.left) + ((i as f64 * bin).min(to - from)) * across;
        // Equal neighbours become one line: the soft ends of lines would show where they meet.
        let level = |i: usize| y(values[i]).min(f64::from(area.bottom) - thickness / 2.0);
        let mut start = 0;
        for i in 1..=bins {
            if i < bins && level(i) == level(start) {
                continue;
            }
            let (a, b, here) = (edge(start), edge(i), level(start));
            canvas.line((a, here), (b, here), thickness, band.colour, area);
            if i < bins {
                canvas.line((b, here), (b, level(i)), thickness, band.colour, area);
            }
            start = i;
        }
    }
}

/// A round bin that gives some two hundred of them, a multiple of the tick if that is known.
fn automatic_bin(span: f64, area: Area, resolution: Option<f64>, scale: f64) -> f64 {
    let columns = (f64::from(area.width()) / scale / 4.0).clamp(20.0, 250.0);
    let bin = round_up(span / columns);
    match resolution.filter(|r| *r > 0.0) {
        Some(r) => (bin / r).round().max(1.0) * r,
        None => bin,
    }
}

fn title(
    canvas: &mut Canvas,
    recording: &Recording,
    options: &RasterOptions,
    bands: &[Band],
    (from, to): (f64, f64),
    em: f64,
) {
    let spikes: usize = bands.iter().map(|b| b.spikes).sum();
    let what = if spikes == 1 { "spike" } else { "spikes" };
    let facts = format!(
        "{} {what} in {}",
        grouped(&spikes.to_string()),
        duration(to - from)
    );
    heading(
        canvas,
        options.title.as_deref().unwrap_or(&recording.name),
        &facts,
        options.theme,
        em,
    );
}

/// The line above a picture: what it is on the left, figures on the right.
pub(super) fn heading(canvas: &mut Canvas, title: &str, facts: &str, theme: Theme, em: f64) {
    let style = Style {
        size: em * 1.22,
        colour: theme.text(),
        bold: true,
    };
    let faint = Style {
        size: em * 0.95,
        colour: theme.faint_text(),
        bold: false,
    };
    let (left, right) = (em * 1.1, f64::from(canvas.width) - em * 1.7);
    let y = em * 1.6;
    let used = text_width(facts, faint);
    // A title needs its place more than the figures do.
    let both = text_width(title, style) + used + 2.0 * em <= right - left;
    let room = if both || title.is_empty() {
        canvas.text(facts, right, y, Anchor::Right, faint);
        right - left - used - 2.0 * em
    } else {
        right - left
    };
    canvas.text(&fitted(title, style, room), left, y, Anchor::Left, style);
}

pub(super) fn frame(canvas: &mut Canvas, area: Area, theme: Theme, scale: f64) {
    let t = scale.round().max(1.0) as i32;
    let colour = theme.frame();
    let outer = Area {
        left: area.left - t,
        top: area.top - t,
        right: area.right + t,
        bottom: area.bottom + t,
    };
    let sides = [
        Area {
            bottom: area.top,
            ..outer
        },
        Area {
            top: area.bottom,
            ..outer
        },
        Area {
            right: area.left,
            ..outer
        },
        Area {
            left: area.right,
            ..outer
        },
    ];
    for (i, side) in sides.into_iter().enumerate() {
        // The corners belong to the horizontal sides.
        let side = if i < 2 {
            side
        } else {
            Area {
                top: area.top,
                bottom: area.bottom,
                ..side
            }
        };
        canvas.fill(side, colour, 1.0);
    }
}

/// Ticks, labels and the unit under `area`.
pub(super) fn time_axis(
    canvas: &mut Canvas,
    area: Area,
    (from, to): (f64, f64),
    theme: Theme,
    style: Style,
    scale: f64,
) {
    let (unit, length) = time_unit(from, to);
    let widest = {
        let trial = ticks(from / length, to / length, 4);
        let width = |l: &String| text_width(l, style);
        trial
            .labels
            .iter()
            .map(width)
            .fold(2.0 * style.size, f64::max)
    };
    let most = (f64::from(area.width()) / (widest + 2.4 * style.size)).clamp(1.0, 12.0) as usize;
    let axis = ticks(from / length, to / length, most);
    let thick = scale.round().max(1.0) as i32;
    let below = f64::from(area.bottom) + style.size * 1.15;
    for (at, label) in axis.at.iter().zip(&axis.labels) {
        let share = (at * length - from) / (to - from);
        let x = f64::from(area.left) + share * f64::from(area.width());
        let tick = Area {
            left: x.round() as i32 - thick / 2,
            right: x.round() as i32 - thick / 2 + thick,
            top: area.bottom,
            bottom: area.bottom + (style.size * 0.4).round() as i32,
        };
        canvas.fill(tick, theme.frame(), 1.0);
        let half = text_width(label, style) / 2.0;
        let x = x.min(f64::from(canvas.width) - half - 2.0);
        canvas.text(label, x, below, Anchor::Centre, style);
    }
    let middle = f64::from(area.left + area.right) / 2.0;
    let text = format!("time ({unit})");
    canvas.text(
        &text,
        middle,
        below + style.size * 1.25,
        Anchor::Centre,
        style,
    );
}
