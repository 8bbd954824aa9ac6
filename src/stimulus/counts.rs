//! Private Poisson input drawn tick by tick: how many events each element gets in a tick, by
//! inverting the distribution (`inversion.rs`) at numbers of a counter generator that is keyed by
//! (seed, stimulus, element, tick).
//!
//! 16 counters give 16 bits for each of 128 elements; what refines them comes from a counter of the
//! element's own.

use super::inversion::{GROUP, Invert, Law, Many, Planar, RARE, Shape, WALKED, walk};
use super::rate::{Course, Rows};
use crate::lines::OnLine;
use crate::rng::philox::{Blocks, LANES, philox, philox_wide};
use crate::rng::{Domain, key};
use crate::simd::{Kernel, vectorized};

/// Ticks of a piece from which on it pays to prepare the distributions of single elements.
const WORTH_PREPARING: u64 = 8;

/// Draws per tick from which on it pays to fill a table for one tick.
const WORTH_A_TABLE: u32 = 1024;

/// Counts that are looked through for rare ones at a time.
const PART: usize = 16;

/// Counts for a run of consecutive elements of a private Poisson stimulus.
#[derive(Clone, Debug)]
pub struct Counts {
    key: u64,
    /// First element (within the stimulus) and number of elements.
    first: u32,
    n: u32,
    course: Course,
    piece: usize,
    /// The mean that `law` and `shape` were made for.
    mean: f64,
    law: Law,
    shape: Shape,
    many: Option<Many>,
    rows: Option<Rows>,
    /// Of individual rates: how to invert for each group of elements of the run in this piece.
    /// Empty: by walking.
    groups: Vec<Own>,
    /// P(N = 0) of each element of the run, where walking is all that is done.
    none: Vec<f64>,
}

/// Inversion for a group of elements with rates of their own.
#[derive(Clone, Debug)]
enum Own {
    Planar(Box<Planar>),
    Laws(Vec<Law>),
}

impl Counts {
    pub fn new(
        seed: u64,
        stimulus: u64,
        first: u32,
        n: u32,
        course: Course,
        rows: Option<Rows>,
    ) -> Self {
        let law = Law::new(0.0);
        Self {
            key: key(seed, Domain::PoissonDrive, stimulus, 0),
            first,
            n,
            course,
            piece: usize::MAX,
            mean: 0.0,
            shape: Shape::of(&law),
            law,
            many: None,
            rows,
            groups: Vec::new(),
            none: Vec::new(),
        }
    }

    /// Is anything expected at tick `t` or later?
    pub fn active_from(&self, t: u64) -> Option<u64> {
        self.course.next_active(t)
    }

    /// Writes the counts of tick `t` to `out` (one entry per element of the run). False: all zero,
    /// and `out` is left as it is.
    pub fn draw(&mut self, t: u64, out: &mut [u16]) -> bool {
        if self.piece == usize::MAX || t > self.course.end(self.piece) {
            self.piece = self.course.piece(t);
            self.enter_piece(t);
        }
        let mean = self.course.within(self.piece, t - 1, t);
        if mean <= 0.0 {
            return false;
        }
        if self.rows.is_none() && mean != self.mean {
            self.set_mean(mean);
        }
        vectorized(Fill(self, t, out));
        true
    }

    /// Prepares to go on after tick `t`, as if it had drawn up to there: a piece is prepared for by its
    /// length from where it begins.
    pub fn pass(&mut self, t: u64) {
        if t > 0 {
            self.piece = self.course.piece(t);
            self.enter_piece(self.course.start(self.piece) + 1);
        }
    }

    fn set_mean(&mut self, mean: f64) {
        self.mean = mean;
        self.law.set(mean);
        self.shape = Shape::of(&self.law);
        if matches!(self.shape, Shape::Many) {
            let stays = self.course.is_flat();
            if stays || self.n >= WORTH_A_TABLE {
                self.many.get_or_insert_with(Many::new).set(&self.law);
            } else {
                self.shape = Shape::Each;
            }
        }
    }

    /// Prepares individual rates, if they hold long enough; very large ones must be.
    fn enter_piece(&mut self, t: u64) {
        let Some(rows) = &self.rows else {
            return;
        };
        self.groups.clear();
        self.none.clear();
        if self.course.value(self.piece) <= 0.0 {
            return;
        }
        let means = &rows.of(self.piece)[self.first as usize..(self.first + self.n) as usize];
        let long = self.course.end(self.piece) - t >= WORTH_PREPARING;
        if !long && means.iter().all(|&mean| mean < WALKED) {
            // All at once: between draws, exponentials would wait for one another.
            self.none.extend(means.iter().map(|&mean| libm::exp(-mean)));
            return;
        }
        let mut rest = means;
        let mut at = self.first as usize;
        while !rest.is_empty() {
            // Groups are counted from the first element of the stimulus; the run may begin within.
            let (skipped, len) = (at % GROUP, (GROUP - at % GROUP).min(rest.len()));
            let mut own = vec![0.0; skipped];
            own.extend(&rest[..len]);
            self.groups.push(match Planar::new(&own, &mut self.law) {
                Some(planar) => Own::Planar(Box::new(planar)),
                None => Own::Laws(own.iter().map(|&mean| Law::new(mean)).collect()),
            });
            rest = &rest[len..];
            at += len;
        }
    }

    /// The loop of `draw`.
    #[inline(always)]
    fn fill(&self, t: u64, out: &mut [u16]) {
        match (&self.rows, &self.shape, &self.many) {
            (None, Shape::Few4(few), _) => self.each_group(few, t, out),
            (None, Shape::Few8(few), _) => self.each_group(few, t, out),
            (None, Shape::Few16(few), _) => self.each_group(few, t, out),
            (None, Shape::Many, Some(many)) => self.each_group(many, t, out),
            _ => self.each_group(&Groups(&self.groups), t, out),
        }
    }

    /// Draws the words of each group of the run and inverts them: most by vector code, the rare ones
    /// afterwards.
    #[inline(always)]
    fn each_group(&self, invert: &impl Invert, t: u64, out: &mut [u16]) {
        let mut rest = out;
        let mut at = self.first as usize;
        let mut k = 0;
        while !rest.is_empty() {
            let OnLine(words) = &draw_words((at / GROUP) as u32, t, self.key);
            let skipped = at % GROUP;
            let len = (GROUP - skipped).min(rest.len());
            let (own, behind) = std::mem::take(&mut rest).split_at_mut(len);
            let rare = match <&mut [u16; GROUP]>::try_from(&mut *own) {
                Ok(own) => invert.invert(k, words, own),
                Err(_) => {
                    let mut all = [0; GROUP];
                    let rare = invert.invert(k, words, &mut all);
                    own.copy_from_slice(&all[skipped..skipped + len]);
                    rare
                }
            };
            if rare {
                self.resolve(at, t, &words[skipped..], own);
            }
            rest = behind;
            at += len;
            k += 1;
        }
    }

    /// Replaces what is `RARE` among the counts of the elements from `first` on.
    #[cold]
    #[inline(never)]
    fn resolve(&self, first: usize, t: u64, words: &[u16], counts: &mut [u16]) {
        let means = self.rows.as_ref().map(|rows| rows.of(self.piece));
        let group = first / GROUP - self.first as usize / GROUP;
        for (part, counts) in counts.chunks_mut(PART).enumerate() {
            if !counts.contains(&RARE) {
                continue;
            }
            for (i, count) in counts.iter_mut().enumerate() {
                if *count != RARE {
                    continue;
                }
                let word = words[PART * part + i];
                let element = first + PART * part + i;
                let rest = || self.refine(element, t);
                *count = match (means, self.groups.get(group)) {
                    (None, _) => self.law.resolve(word, rest),
                    (Some(_), Some(Own::Laws(laws))) => laws[element % GROUP].resolve(word, rest),
                    (Some(means), _) => {
                        let mean = means[element];
                        let none = self.none.get(element - self.first as usize);
                        let none = none.copied().unwrap_or_else(|| libm::exp(-mean));
                        walk(mean, none, word, rest)
                    }
                };
            }
        }
    }

    /// Further bits of an element's number at a tick.
    #[cold]
    fn refine(&self, element: usize, t: u64) -> u64 {
        let [a, b, ..] = philox([element as u32, t as u32, (t >> 32) as u32, 1], self.key);
        u64::from(a) << 32 | u64::from(b)
    }
}

/// The loop of `Counts::draw`.
struct Fill<'a>(&'a Counts, u64, &'a mut [u16]);

impl Kernel for Fill<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.0.fill(self.1, self.2);
    }
}

/// Individual inversion; where nothing is prepared, all is left to resolving.
struct Groups<'a>(&'a [Own]);

impl Invert for Groups<'_> {
    #[inline(always)]
    fn invert(&self, k: usize, words: &[u16; GROUP], out: &mut [u16; GROUP]) -> bool {
        match self.0.get(k) {
            Some(Own::Planar(planar)) => planar.invert(k, words, out),
            _ => {
                *out = [RARE; GROUP];
                true
            }
        }
    }
}

/// 16 bits for each of the elements 128 group … 128 group + 127 at tick `t`: 16 counters side by side.
#[inline(always)]
fn draw_words(group: u32, t: u64, key: u64) -> OnLine<[u16; GROUP]> {
    const { assert!(GROUP == 8 * LANES) };
    const LOW: u64 = 0xffff_ffff;
    let blocks = Blocks::From(u64::from(group) * LANES as u64);
    let mut pairs = OnLine([0; 2 * LANES]);
    philox_wide(blocks, t, 0, key, &mut pairs.0);
    // A word of a counter and the same of the one eight further make four elements.
    let mut fours = OnLine([0; 2 * LANES]);
    let halves = pairs.0.chunks_exact(LANES);
    for (pairs, fours) in halves.zip(fours.0.chunks_exact_mut(LANES)) {
        for i in 0..LANES / 2 {
            let (near, far) = (pairs[i], pairs[LANES / 2 + i]);
            fours[i] = near & LOW | far << 32;
            fours[LANES / 2 + i] = near >> 32 | far & !LOW;
        }
    }
    let mut out = OnLine([0; GROUP]);
    for (out, four) in out.0.as_chunks_mut::<4>().0.iter_mut().zip(fours.0) {
        *out = [0, 16, 32, 48].map(|shift| (four >> shift) as u16);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::spec::Rate;
    use crate::simd::{Level, vectorized_for};
    use std::sync::Arc;

    const N: usize = 1280;
    const MEANS: [f64; 9] = [0.05, 0.5, 1.6, 2.0, 5.0, 10.0, 50.0, 139.0, 900.0];

    fn constant(per_tick: f64) -> Course {
        Course::new(
            &Rate::Constant {
                hz: per_tick * 1e4,
                start: 0,
                stop: u64::MAX,
            },
            100_000_000,
        )
    }

    /// A rate that changes at every tick, but stays what it is.
    fn ramp(per_tick: f64) -> Course {
        let hz = per_tick * 1e4;
        let rate = Rate::Linear {
            at: vec![0, 1 << 20],
            hz: vec![hz, hz * 1.001],
        };
        Course::new(&rate, 100_000_000)
    }

    /// Rates of single elements that hold for `ticks` ticks, then again.
    fn own(means: &[f64], ticks: u64) -> (Course, Rows) {
        let rate = Rate::Table {
            at: (0..1000).map(|k| k * ticks).collect(),
            row: vec![Some(0); 1000],
            hz: Arc::new(means.iter().map(|m| m * 1e4).collect()),
            elements: means.len() as u32,
        };
        let course = Course::new(&rate, 100_000_000);
        let rows = course.rows(&rate, 100_000_000).unwrap();
        (course, rows)
    }

    /// Draws `ticks` ticks and looks at mean, variance, every bin, and correlations between
    /// neighbours and ticks; each is within 4.5 deviations, or one of 150,000 tests would fail.
    fn looks_poisson(counts: &mut Counts, mean: f64, ticks: u64) {
        let total = N as f64 * ticks as f64;
        let (mut sum, mut squares) = (0.0, 0.0);
        let mut bins = vec![0f64; 2000];
        // Lags in elements (lanes, words, groups) at one tick, and in ticks at one element.
        let lags = [1usize, 2, 3, 4, 8, 16, 31, 32, 64, 128, 512];
        let mut across = [0.0; 11];
        let mut along = [0.0; 3];
        let mut past: Vec<Vec<f64>> = vec![];
        let mut out = vec![0u16; N];
        for t in 1..=ticks {
            assert!(counts.draw(t, &mut out));
            let x: Vec<f64> = out.iter().map(|&n| f64::from(n) - mean).collect();
            for (&n, x) in out.iter().zip(&x) {
                bins[usize::from(n)] += 1.0;
                sum += x;
                squares += x * x;
            }
            let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            for (r, lag) in across.iter_mut().zip(lags) {
                *r += product(&x[lag..], &x);
            }
            for (r, old) in along.iter_mut().zip(past.iter().rev()) {
                *r += product(&x, old);
            }
            if past.len() == 3 {
                past.remove(0);
            }
            past.push(x);
        }
        let within = |what: &str, value: f64, deviation: f64| {
            assert!(
                value.abs() < 4.5 * deviation,
                "{mean} {what}: {value} {deviation}"
            );
        };
        within("mean", sum / total, (mean / total).sqrt());
        let spread = (2.0 * mean * mean + mean) / total;
        within("variance", squares / total - mean, spread.sqrt());
        for (r, lag) in across.iter().zip(lags) {
            let pairs = (N - lag) as f64 * ticks as f64;
            within("neighbours", r / pairs, mean / pairs.sqrt());
        }
        for r in along {
            within("ticks", r / total, mean / total.sqrt());
        }
        let (mut chi, mut free, mut tail, mut observed) = (0.0, 0.0, 1.0, total);
        for (k, n) in bins.iter().enumerate() {
            let k = k as f64;
            let p = libm::exp(k * libm::log(mean) - mean - libm::lgamma(k + 1.0));
            if p * total < 10.0 {
                continue;
            }
            within("bin", n - p * total, (p * (1.0 - p) * total).sqrt() + 1.0);
            chi += (n - p * total).powi(2) / (p * total);
            free += 1.0;
            tail -= p;
            observed -= n;
        }
        within(
            "tails",
            observed - tail * total,
            (tail.abs() * total).sqrt() + 2.0,
        );
        within("chi-square", chi - free, f64::sqrt(2.0 * free) + 1.0);
    }

    #[test]
    fn constant_rates_give_poisson_counts() {
        for mean in MEANS {
            looks_poisson(
                &mut Counts::new(7, 0, 0, N as u32, constant(mean), None),
                mean,
                1500,
            );
        }
    }

    #[test]
    fn rates_that_change_at_every_tick_give_poisson_counts() {
        for mean in [0.05, 2.0, 20.0] {
            looks_poisson(
                &mut Counts::new(8, 0, 0, N as u32, ramp(mean), None),
                mean,
                500,
            );
        }
    }

    #[test]
    fn individual_rates_give_poisson_counts_prepared_or_not() {
        for mean in [0.05, 2.0, 20.0, 130.0, 300.0] {
            for ticks in [WORTH_PREPARING + 1, 2] {
                let (course, rows) = own(&[mean; N], ticks);
                let mut counts = Counts::new(9, 0, 0, N as u32, course, Some(rows));
                looks_poisson(&mut counts, mean, 300);
            }
        }
    }

    /// All ways to draw the same thing; also the same rate as one of its own per element.
    #[test]
    fn every_way_gives_the_same_counts() {
        for mean in MEANS {
            let draw = |mut counts: Counts| {
                let mut all: Vec<u16> = Vec::new();
                for t in 1..=40 {
                    let mut out = vec![0u16; counts.n as usize];
                    counts.draw(t, &mut out);
                    all.extend(&out[..300]);
                }
                all
            };
            let expected = draw(Counts::new(1, 2, 0, 300, constant(mean), None));
            for ticks in [1000, 2] {
                let (course, rows) = own(&[mean; 300], ticks);
                let individual = draw(Counts::new(1, 2, 0, 300, course, Some(rows)));
                assert_eq!(expected, individual, "{mean} {ticks}");
            }
            // A mean of its own for each tick, far below what a double would notice in the cells.
            let changing = |n| {
                let rate = Rate::Linear {
                    at: vec![0, 1 << 50],
                    hz: vec![mean * 1e4, mean * 1e4 * (1.0 + 1e-12)],
                };
                Counts::new(1, 2, 0, n, Course::new(&rate, 100_000_000), None)
            };
            assert_eq!(expected, draw(changing(300)), "{mean}");
            assert_eq!(expected, draw(changing(WORTH_A_TABLE)), "{mean}");
        }
    }

    #[test]
    fn every_level_gives_the_same_counts() {
        for mean in MEANS {
            let (course, rows) = own(&[mean; 300], 100);
            let individual = Counts::new(1, 2, 0, 300, course, Some(rows));
            for mut counts in [Counts::new(1, 2, 0, 300, constant(mean), None), individual] {
                counts.draw(5, &mut [0; 300]);
                let [portable, avx2, avx512] =
                    [Level::Portable, Level::Avx2, Level::Avx512].map(|l| {
                        let mut out = vec![0; 300];
                        vectorized_for(l, Fill(&counts, 6, &mut out));
                        out
                    });
                assert_eq!(portable, avx2);
                assert_eq!(portable, avx512);
            }
        }
    }

    #[test]
    fn a_part_of_a_run_draws_what_the_whole_draws_there() {
        let means: Vec<f64> = (0..500).map(|i| 0.01 * f64::from(i)).collect();
        for individual in [false, true] {
            let draw = |first: u32, n: u32| {
                let (course, rows) = match individual {
                    false => (constant(2.0), None),
                    true => {
                        let (course, rows) = own(&means, 100);
                        (course, Some(rows))
                    }
                };
                let mut out = vec![0u16; n as usize];
                Counts::new(1, 3, first, n, course, rows).draw(77, &mut out);
                out
            };
            let all = draw(0, 500);
            for (first, n) in [(130, 57), (0, 128), (100, 200), (256, 244), (499, 1)] {
                assert_eq!(all[first..first + n], draw(first as u32, n as u32));
            }
        }
    }

    #[test]
    fn individual_rates_are_kept() {
        let rates: Vec<f64> = (0..200).map(|i| 0.1 * f64::from(i)).collect();
        let (course, rows) = own(&rates, 100);
        let mut counts = Counts::new(5, 1, 0, 200, course, Some(rows));
        let (mut sums, mut out) = (vec![0f64; 200], vec![0u16; 200]);
        for t in 1..=20_000 {
            counts.draw(t, &mut out);
            for (s, &n) in sums.iter_mut().zip(&out) {
                *s += f64::from(n);
            }
        }
        for (sum, rate) in sums.iter().zip(rates) {
            let e = rate * 20_000.0;
            assert!((sum - e).abs() <= 4.5 * e.sqrt(), "{rate}: {sum} {e}");
        }
    }

    #[test]
    fn a_stimulus_that_is_off_draws_nothing() {
        let c = Course::new(
            &Rate::Constant {
                hz: 1e4,
                start: 10,
                stop: 20,
            },
            100_000_000,
        );
        let mut counts = Counts::new(1, 0, 0, 64, c, None);
        let mut out = vec![0u16; 64];
        assert!(!counts.draw(10, &mut out));
        assert!(counts.draw(11, &mut out));
        assert!(!counts.draw(21, &mut out));
        assert_eq!(counts.active_from(1), Some(11));
        assert_eq!(counts.active_from(21), None);
    }
}
