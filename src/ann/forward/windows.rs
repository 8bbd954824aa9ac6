//! Layers with a moving window: convolutions as products, their transposes, and pools.

use super::number::Number;
use super::product::{Bias, Product, panel_index, panels_len};
use crate::ann::op::{AvgPool, Conv, Window};
use crate::simd::Level;

/// Extents: channels, height, width.
pub type Planes = [usize; 3];

/// Writes what each window sees as a column of panels: rows are (channel, ky, kx).
fn columns<T: Number>(x: &[T], from: Planes, to: Planes, w: &Window, panels: &mut [T]) {
    let [channels, h, width] = from;
    let [_, oh, ow] = to;
    let inner = channels * w.area();
    let mut k = 0;
    for c in 0..channels {
        let plane = &x[c * h * width..][..h * width];
        for ky in 0..w.kernel[0] {
            for kx in 0..w.kernel[1] {
                for oy in 0..oh {
                    let row = w.source(0, oy, ky, h).map(|y| &plane[y * width..][..width]);
                    for ox in 0..ow {
                        let value = row
                            .and_then(|row| Some(row[w.source(1, ox, kx, width)?]))
                            .unwrap_or_default();
                        panels[panel_index(k, oy * ow + ox, inner, T::LANES)] = value;
                    }
                }
                k += 1;
            }
        }
    }
}

/// One sample of a convolution. `scratch` holds the windows of one group.
#[allow(clippy::too_many_arguments)]
pub fn conv<T: Number>(
    level: Level,
    c: &Conv,
    weight: &[T],
    bias: &[T],
    x: &[T],
    from: Planes,
    out: &mut [T],
    to: Planes,
    scratch: &mut Vec<T>,
) {
    let [_, h, w] = from;
    let [_, oh, ow] = to;
    let (gin, gout) = (c.inputs / c.groups, c.outputs / c.groups);
    let inner = gin * c.window.area();
    scratch.clear();
    scratch.resize(panels_len(inner, oh * ow, T::LANES), T::default());
    for g in 0..c.groups {
        let x = &x[g * gin * h * w..][..gin * h * w];
        columns(x, [gin, h, w], to, &c.window, scratch);
        T::multiply(
            level,
            Product {
                a: &weight[g * gout * inner..][..gout * inner],
                panels: scratch,
                out: &mut out[g * gout * oh * ow..][..gout * oh * ow],
                rows: gout,
                inner,
                columns: oh * ow,
                bias: Bias::OfRow(&bias[g * gout..][..gout]),
            },
        );
    }
}

/// One sample of a transposed convolution: every input element adds its kernel.
pub fn conv_transpose<T: Number>(
    c: &Conv,
    weight: &[T],
    bias: &[T],
    x: &[T],
    from: Planes,
    out: &mut [T],
    to: Planes,
) {
    let [_, h, w] = from;
    let [_, oh, ow] = to;
    let (gin, gout) = (c.inputs / c.groups, c.outputs / c.groups);
    let win = &c.window;
    for (plane, b) in out.chunks_exact_mut(oh * ow).zip(bias) {
        plane.fill(*b);
    }
    for i in 0..c.inputs {
        let g = i / gin;
        for o in 0..gout {
            let kernel = &weight[(i * gout + o) * win.area()..][..win.area()];
            let plane = &mut out[(g * gout + o) * oh * ow..][..oh * ow];
            for y in 0..h {
                for ky in 0..win.kernel[0] {
                    let Some(oy) = target(win, 0, y, ky, oh) else {
                        continue;
                    };
                    for xx in 0..w {
                        let v = x[(i * h + y) * w + xx];
                        for kx in 0..win.kernel[1] {
                            if let Some(ox) = target(win, 1, xx, kx, ow) {
                                let at = &mut plane[oy * ow + ox];
                                *at = *at + v * kernel[ky * win.kernel[1] + kx];
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Where a transposed convolution puts place `k` of the kernel of input row or column `at`. Seen from
/// the output it is a window: the same arithmetic as [`Window::source`].
pub(crate) fn target(w: &Window, axis: usize, at: usize, k: usize, size: usize) -> Option<usize> {
    w.source(axis, at, k, size)
}

/// One sample of an average pool.
pub fn avg_pool<T: Number>(p: &AvgPool, x: &[T], from: Planes, out: &mut [T], to: Planes) {
    let [_, h, w] = from;
    let [_, oh, ow] = to;
    for oy in 0..oh {
        for ox in 0..ow {
            let n = T::of_f64(p.divisor(oy, ox, from) as f64);
            for c in 0..to[0] {
                let mut sum = T::default();
                each(&p.window, oy, ox, h, w, |at| sum = sum + x[c * h * w + at]);
                out[(c * oh + oy) * ow + ox] = sum / n;
            }
        }
    }
}

/// One sample of a max pool. Every window touches the input: shapes were checked.
pub fn max_pool<T: Number>(win: &Window, x: &[T], from: Planes, out: &mut [T], to: Planes) {
    let [_, h, w] = from;
    let [_, oh, ow] = to;
    for c in 0..to[0] {
        for oy in 0..oh {
            for ox in 0..ow {
                let mut best: Option<T> = None;
                each(win, oy, ox, h, w, |at| {
                    let v = x[c * h * w + at];
                    if best.is_none_or(|b| v > b) {
                        best = Some(v);
                    }
                });
                out[(c * oh + oy) * ow + ox] = best.unwrap_or_default();
            }
        }
    }
}

/// The elements of a plane that a window lies on, row by row.
#[inline]
pub(crate) fn each(
    win: &Window,
    oy: usize,
    ox: usize,
    h: usize,
    w: usize,
    mut f: impl FnMut(usize),
) {
    for ky in 0..win.kernel[0] {
        let Some(y) = win.source(0, oy, ky, h) else {
            continue;
        };
        for kx in 0..win.kernel[1] {
            if let Some(x) = win.source(1, ox, kx, w) {
                f(y * w + x);
            }
        }
    }
}
