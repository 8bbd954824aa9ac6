//! Poisson counts by inversion of the distribution at a uniform number of 53 bits, of which the
//! first 16 nearly always decide.
//!
//! A 16-bit word stands for a *cell* of the unit interval. The count is certain if no value of the
//! distribution function lies in the cell; then the rest of the number is never drawn. `Few`, `Many`
//! and `Planar` answer for the certain cells in vector code and mark all others as `RARE`; `Law` and
//! `walk` resolve those from the whole number. So every way gives the same count for the same bits.

use crate::lines::OnLine;

/// What the vector code writes for a word that does not decide alone. No count is as large.
pub(super) const RARE: u16 = u16::MAX;

/// Words that are drawn from one set of counters.
pub(super) const GROUP: usize = 128;

/// Mean below which P(N = 0) is far from underflow, so that the distribution is walked from 0.
pub(super) const WALKED: f64 = 140.0;

/// A uniform number from a 16-bit word and 37 bits that refine it.
#[inline(always)]
pub(super) fn uniform(word: u16, rest: u64) -> f64 {
    (u64::from(word) << 37 | rest >> 27) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// Where the cell of a word ends.
#[inline(always)]
fn end(word: u16) -> f64 {
    (f64::from(word) + 1.0) * (1.0 / 65_536.0)
}

/// The cell in which a value of the distribution function lies.
#[inline(always)]
fn cell(cdf: f64) -> u16 {
    (cdf * 65_536.0) as u16
}

/// The values of a Poisson distribution function that are below 1, from count `first` on.
struct Values {
    mean: f64,
    k: f64,
    p: f64,
    cdf: f64,
}

impl Values {
    /// Of a mean below `WALKED`: from 0 on.
    #[inline]
    fn walked(mean: f64) -> Self {
        let p = libm::exp(-mean);
        Self {
            mean,
            k: 0.0,
            p,
            cdf: p,
        }
    }

    /// From ten deviations below the mean on.
    fn far(mean: f64) -> Self {
        let k = (mean - 10.0 * mean.sqrt()).floor();
        let p = libm::exp(k * libm::log(mean) - mean - libm::lgamma(k + 1.0));
        Self { mean, k, p, cdf: p }
    }
}

impl Iterator for Values {
    type Item = f64;

    #[inline]
    fn next(&mut self) -> Option<f64> {
        // By rounding the sum may never be 1: it ends where the terms do.
        if self.cdf >= 1.0 || (self.k >= self.mean && self.p <= 1e-17) {
            return None;
        }
        let value = self.cdf;
        self.k += 1.0;
        self.p *= self.mean / self.k;
        self.cdf += self.p;
        Some(value)
    }
}

/// A Poisson distribution as a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Law {
    /// The smallest count that occurs.
    first: u16,
    /// P(N <= first + k); rises.
    cdf: Vec<f64>,
}

impl Law {
    pub(super) fn new(mean: f64) -> Self {
        let mut law = Self::default();
        law.set(mean);
        law
    }

    /// Makes it that of another mean. A mean that changes at every tick allocates nothing once the
    /// vector has grown.
    pub(super) fn set(&mut self, mean: f64) {
        let values = if mean < WALKED {
            Values::walked(mean)
        } else {
            Values::far(mean)
        };
        self.first = values.k as u16;
        self.cdf.clear();
        self.cdf.extend(values);
    }

    /// The count of a word: how many values its number reaches. `rest` draws the bits that refine
    /// the word, if they matter.
    pub(super) fn resolve(&self, word: u16, rest: impl FnOnce() -> u64) -> u16 {
        let reached = |u: f64| self.cdf.partition_point(|&c| c <= u);
        let mut k = reached(uniform(word, 0));
        if self.cdf.get(k).is_some_and(|&next| next < end(word)) {
            k = reached(uniform(word, rest()));
        }
        self.first + k as u16
    }
}

/// `Law::resolve` without a table, for a mean below `WALKED` of which P(N = 0) is known.
#[inline]
pub(super) fn walk(mean: f64, none: f64, word: u16, rest: impl FnOnce() -> u64) -> u16 {
    let low = uniform(word, 0);
    let (mut k, mut p, mut cdf) = (0.0, none, none);
    // Ends for every word: the sum comes nearer to 1 than the last cell is wide.
    while cdf <= low {
        k += 1.0;
        p *= mean / k;
        cdf += p;
    }
    if cdf >= end(word) {
        return k as u16;
    }
    walk_to_the_end(mean, word, rest)
}

/// `walk` for a cell in which there is a value.
#[cold]
fn walk_to_the_end(mean: f64, word: u16, rest: impl FnOnce() -> u64) -> u16 {
    let low = uniform(word, 0);
    let mut values = Values::walked(mean);
    let mut k = 0;
    let next = loop {
        match values.next() {
            Some(value) if value <= low => k += 1,
            next => break next,
        }
    };
    let Some(next) = next.filter(|&next| next < end(word)) else {
        return k;
    };
    let u = uniform(word, rest());
    if next <= u {
        k += 1 + values.take_while(|&value| value <= u).count() as u16;
    }
    k
}

/// The part of a distribution function with most of the probability.
struct Window {
    /// Index of the first value.
    from: usize,
    len: usize,
    /// What lies outside.
    outside: f64,
}

impl Window {
    /// The `len` values that leave least outside.
    fn of(cdf: &[f64], len: usize) -> Self {
        let below = |a: usize| if a == 0 { 0.0 } else { cdf[a - 1] };
        let above = |b: usize| 1.0 - cdf.get(b - 1).copied().unwrap_or(1.0);
        let (mut a, mut b) = (0, cdf.len().max(1));
        while b - a > len {
            if below(a + 1) < above(b - 1) {
                a += 1;
            } else {
                b -= 1;
            }
        }
        Self {
            from: a,
            len: b - a,
            outside: below(a) + above(b),
        }
    }
}

/// Inversion in vector code.
pub(super) trait Invert {
    /// Writes the counts of the words of group `k`; true: some are `RARE`.
    fn invert(&self, k: usize, words: &[u16; GROUP], out: &mut [u16; GROUP]) -> bool;
}

/// How one distribution is inverted for many words.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Few4(Few<4>),
    Few8(Few<8>),
    Few16(Few<16>),
    Many,
    /// Nothing is prepared: every word is resolved.
    Each,
}

impl Shape {
    /// The fastest for a law. Thresholds beyond a window are left to resolving as long as it
    /// happens so rarely that it costs less than further comparisons.
    pub(super) fn of(law: &Law) -> Self {
        let (four, eight, sixteen) = (
            Window::of(&law.cdf, 4),
            Window::of(&law.cdf, 8),
            Window::of(&law.cdf, 16),
        );
        if four.outside < 1.0 / 500.0 {
            Self::Few4(Few::new(law, &four))
        } else if eight.outside < 1.0 / 500.0 {
            Self::Few8(Few::new(law, &eight))
        } else if sixteen.outside < 1.0 / 200.0 {
            Self::Few16(Few::new(law, &sixteen))
        } else {
            Self::Many
        }
    }
}

/// Comparison with the cells of `K` values of the distribution function.
#[derive(Clone, Debug)]
pub(super) struct Few<const K: usize> {
    cells: [u16; K],
    /// Words up to this one are rare.
    low: u16,
    /// Count of the words between `low` and the first cell.
    base: u16,
}

impl<const K: usize> Few<K> {
    fn new(law: &Law, window: &Window) -> Self {
        let mut cells = [u16::MAX; K];
        let own = law.cdf.iter().skip(window.from).take(window.len);
        for (c, &cdf) in cells.iter_mut().zip(own) {
            *c = cell(cdf);
        }
        Self {
            cells,
            low: match window.from {
                0 => 0,
                from => cell(law.cdf[from - 1]),
            },
            base: law.first + window.from as u16,
        }
    }
}

impl<const K: usize> Invert for Few<K> {
    #[inline(always)]
    fn invert(&self, _: usize, words: &[u16; GROUP], out: &mut [u16; GROUP]) -> bool {
        let Self { cells, low, base } = self;
        let mut any = 0u16;
        for i in 0..GROUP {
            let w = words[i];
            let mut c = 0u16;
            // The last cell that was reached: a word that lies in it is not decided.
            let mut last = w.min(*low);
            for (k, &at) in cells.iter().enumerate() {
                let reached = w >= at;
                c = if reached { k as u16 + 1 } else { c };
                last = if reached { at } else { last };
            }
            let rare = (last == w) | (w >= cells[K - 1]);
            out[i] = if rare { RARE } else { base.wrapping_add(c) };
            any |= u16::from(rare);
        }
        any != 0
    }
}

/// Looking up the first 12 bits of a word.
#[derive(Clone, Debug)]
pub(super) struct Many {
    /// Count below the one threshold in the range (upper half), and the threshold's cell (lower);
    /// or `NONE`.
    table: Vec<u32>,
}

/// Ranges of words in a table.
const RANGES: usize = 1 << 12;

/// A range with several thresholds.
const NONE: u32 = u32::MAX;

impl Many {
    pub(super) fn new() -> Self {
        Self {
            table: vec![NONE; RANGES],
        }
    }

    pub(super) fn set(&mut self, law: &Law) {
        let mut count = u32::from(law.first);
        let mut done = 0;
        let mut thresholds = law.cdf.iter().map(|&c| cell(c)).peekable();
        while let Some(at) = thresholds.next() {
            let range = usize::from(at >> 4);
            // No word is near 65,535 but in the last range, which is all tail.
            self.table[done..range].fill(count << 16 | 0xffff);
            done = range + 1;
            self.table[range] = count << 16 | u32::from(at);
            count += 1;
            while thresholds
                .next_if(|&c| usize::from(c >> 4) == range)
                .is_some()
            {
                self.table[range] = NONE;
                count += 1;
            }
        }
        self.table[done..].fill(count << 16 | 0xffff);
        self.table[RANGES - 1] = NONE;
    }
}

impl Invert for Many {
    #[inline(always)]
    fn invert(&self, _: usize, words: &[u16; GROUP], out: &mut [u16; GROUP]) -> bool {
        let Some(table) = self.table.first_chunk::<RANGES>() else {
            return false;
        };
        let mut any = 0u16;
        for i in 0..GROUP {
            let w = words[i];
            let entry = table[usize::from(w >> 4)];
            let at = entry as u16;
            let count = ((entry >> 16) as u16).wrapping_add(u16::from(w > at));
            let count = if w == at { RARE } else { count };
            out[i] = count;
            any |= u16::from(count == RARE);
        }
        any != 0
    }
}

/// Thresholds that are compared with at a time.
const STEP: usize = 4;

/// Most thresholds per element of a `Planar`; above, each word is resolved.
const MOST: usize = 64;

/// Comparison where each of `GROUP` elements has a distribution of its own.
#[derive(Clone, Debug)]
pub(super) struct Planar {
    /// Cells: the first threshold of all elements, then the second, and so on.
    cells: Vec<[[u16; GROUP]; STEP]>,
    /// Words up to the first and from the second on are rare.
    low: [u16; GROUP],
    high: [u16; GROUP],
    base: [u16; GROUP],
}

impl Planar {
    /// For elements with these means, of which there may be fewer than `GROUP`. None: some mean is
    /// too large. `law` is scratch.
    pub(super) fn new(means: &[f64], law: &mut Law) -> Option<Self> {
        let mut planar = Self {
            cells: Vec::new(),
            low: [0; GROUP],
            high: [u16::MAX; GROUP],
            base: [0; GROUP],
        };
        for (e, &mean) in means.iter().enumerate() {
            if mean >= WALKED {
                return None;
            }
            law.set(mean);
            let window = (1..=MOST / STEP)
                .map(|steps| Window::of(&law.cdf, steps * STEP))
                .find(|window| window.outside < 1.0 / 500.0)?;
            while planar.cells.len() * STEP < window.len {
                planar.cells.push([[u16::MAX; GROUP]; STEP]);
            }
            let own = law.cdf.iter().skip(window.from).take(window.len);
            for (k, &cdf) in own.enumerate() {
                planar.cells[k / STEP][k % STEP][e] = cell(cdf);
                planar.high[e] = cell(cdf);
            }
            if window.from > 0 {
                planar.low[e] = cell(law.cdf[window.from - 1]);
            }
            planar.base[e] = window.from as u16;
        }
        Some(planar)
    }
}

impl Invert for Planar {
    #[inline(always)]
    fn invert(&self, _: usize, words: &[u16; GROUP], out: &mut [u16; GROUP]) -> bool {
        let (mut counts, mut last) = (OnLine(self.base), OnLine([0u16; GROUP]));
        let (OnLine(counts), OnLine(last)) = (&mut counts, &mut last);
        for i in 0..GROUP {
            last[i] = words[i].min(self.low[i]);
        }
        // All comparisons of a step before what hangs on them: so the loop becomes vector code.
        for [p0, p1, p2, p3] in &self.cells {
            for i in 0..GROUP {
                let w = words[i];
                let (r0, r1, r2, r3) = (w >= p0[i], w >= p1[i], w >= p2[i], w >= p3[i]);
                counts[i] = counts[i]
                    .wrapping_add(u16::from(r0))
                    .wrapping_add(u16::from(r1))
                    .wrapping_add(u16::from(r2))
                    .wrapping_add(u16::from(r3));
                let at = if r0 { p0[i] } else { last[i] };
                let at = if r1 { p1[i] } else { at };
                let at = if r2 { p2[i] } else { at };
                last[i] = if r3 { p3[i] } else { at };
            }
        }
        let mut any = 0u16;
        for i in 0..GROUP {
            let rare = (last[i] == words[i]) | (words[i] >= self.high[i]);
            out[i] = if rare { RARE } else { counts[i] };
            any |= u16::from(rare);
        }
        any != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEANS: [f64; 10] = [0.0, 0.01, 0.05, 0.5, 2.0, 7.0, 10.0, 50.0, 139.9, 5000.0];

    /// All words, group by group, through `invert`, which may be a `Few`, a `Many` or a `Planar`:
    /// what it decides is the count at both ends of the cell. Returns the share of rare words.
    fn decides(law: &Law, invert: impl Fn(&[u16; GROUP], &mut [u16; GROUP]) -> bool) -> f64 {
        let mut rare = 0.0;
        let mut out = [0; GROUP];
        for start in (0..1u32 << 16).step_by(GROUP) {
            let words = std::array::from_fn(|i| start as u16 + i as u16);
            let any = invert(&words, &mut out);
            assert_eq!(any, out.contains(&RARE));
            for (&w, &count) in words.iter().zip(&out) {
                if count == RARE {
                    rare += 1.0 / 65_536.0;
                } else {
                    assert_eq!(law.resolve(w, || 0), count, "{w}");
                    assert_eq!(law.resolve(w, || u64::MAX), count, "{w}");
                }
            }
        }
        rare
    }

    #[test]
    fn what_vector_code_decides_no_further_bit_could_change() {
        for mean in MEANS {
            let law = Law::new(mean);
            let few = |len| Window::of(&law.cdf, len);
            for rare in [
                (
                    decides(&law, |w, out| {
                        Few::<4>::new(&law, &few(4)).invert(0, w, out)
                    }),
                    4,
                ),
                (
                    decides(&law, |w, out| {
                        Few::<8>::new(&law, &few(8)).invert(0, w, out)
                    }),
                    8,
                ),
                (
                    decides(&law, |w, out| {
                        Few::<16>::new(&law, &few(16)).invert(0, w, out)
                    }),
                    16,
                ),
            ] {
                let outside = few(rare.1).outside;
                assert!(
                    rare.0 <= outside + 20.0 / 65_536.0,
                    "{mean} {rare:?} {outside}"
                );
            }
            let mut many = Many::new();
            many.set(&Law::new(3.0));
            many.set(&law);
            let rare = decides(&law, |w, out| many.invert(0, w, out));
            assert!(
                rare < 0.02 + law.cdf.len() as f64 / 20_000.0,
                "{mean} {rare}"
            );
            if let Some(planar) = Planar::new(&[mean; GROUP], &mut Law::default()) {
                let rare = decides(&law, |w, out| planar.invert(0, w, out));
                assert!(rare < 0.005, "{mean} {rare}");
            } else {
                assert!(mean > 60.0);
            }
        }
    }

    #[test]
    fn walking_and_looking_up_are_the_same_function() {
        for mean in MEANS.into_iter().filter(|&m| m < WALKED) {
            let law = Law::new(mean);
            for w in 0..=u16::MAX {
                for rest in [0, u64::MAX, 0x9e37_79b9_7f4a_7c15 ^ u64::from(w) << 40] {
                    assert_eq!(
                        law.resolve(w, || rest),
                        walk(mean, libm::exp(-mean), w, || rest)
                    );
                }
            }
        }
    }

    /// The chance of each count, from the numbers at which it changes: these are found by halving.
    #[test]
    fn counts_have_their_probability_to_the_last_bits() {
        for mean in MEANS.into_iter().filter(|&m| m > 0.0) {
            let law = Law::new(mean);
            let count = |u: u64| law.resolve((u >> 37) as u16, || u << 27);
            let (mut from, mut k) = (0u64, count(0));
            while k < count((1 << 53) - 1) {
                let (mut lo, mut hi) = (from, (1u64 << 53) - 1);
                while hi - lo > 1 {
                    let middle = (lo + hi) / 2;
                    if count(middle) > k {
                        hi = middle
                    } else {
                        lo = middle
                    }
                }
                let p = (hi - from) as f64 / (1u64 << 53) as f64;
                let n = f64::from(k);
                let log = if k == 0 {
                    -mean
                } else {
                    n * libm::log(mean) - mean - libm::lgamma(n + 1.0)
                };
                // The logarithm of a large count loses digits, here and in `Values::far`.
                let error = 1e-15 + 1e-14 * (10.0 + n) * p;
                assert!((p - libm::exp(log)).abs() < error, "{mean} {k} {p}");
                (from, k) = (hi, count(hi));
            }
        }
    }
}
