//! Poisson trains, in two forms that are chosen when the network is built.
//!
//! *Counts*: where many events fall on a tick, each target's number of events in a tick is drawn by
//! inverting the distribution at one 32-bit word of a counter generator, keyed by (seed, stimulus,
//! element, tick). *Gaps*: where few do, a block of elements shares one stream of exponential gaps
//! at their summed rate, and each event is dealt to one of them at random; the trains that result
//! are independent Poisson processes (thinning). Blocks are fixed by the stimulus, not by the
//! shards: a shard that owns a part of a block draws all of it and keeps its own.

use super::rate::{Course, Rows};
use crate::rng::{Domain, Stream, key, philox_lanes};
use crate::simd::{Kernel, vectorized};

/// Elements per block of a gap train.
pub const BLOCK: u32 = 512;

/// Expected events per element and tick above which counts are drawn instead of gaps.
pub const COUNTS_ABOVE: f64 = 1.0 / 32.0;

/// Largest expectation per element and tick: counts have 16 bits, and a tenth of their range is
/// hundreds of standard deviations away from it.
pub const MOST_PER_TICK: f64 = 10_000.0;

/// Thresholds up to which counting comparisons beats looking up.
const SHORT: usize = 24;

/// The number of Poisson events in a tick, by inversion of 32-bit words.
#[derive(Clone, Debug)]
struct Inversion {
    /// `thresholds[k]` = P(N <= k) in units of 2^-32: the count is how many of them a word reaches.
    thresholds: Vec<u32>,
    /// How many thresholds lie below each 256th of the range.
    guide: Vec<u16>,
}

impl Inversion {
    fn new(mean: f64) -> Self {
        let mut inversion = Self {
            thresholds: Vec::new(),
            guide: Vec::new(),
        };
        inversion.set(mean);
        inversion
    }

    /// Makes it that of another mean. The vectors are kept: a rate that changes at every tick
    /// allocates nothing once they have grown.
    fn set(&mut self, mean: f64) {
        let Self { thresholds, guide } = self;
        thresholds.clear();
        guide.clear();
        // Starting at exp(-mean) would underflow for large means: begin ten deviations below.
        let first = (mean - 10.0 * mean.sqrt() - 20.0).max(0.0).floor();
        let log_p = |k: f64| k * libm::log(mean) - mean - libm::lgamma(k + 1.0);
        let mut k = first;
        let mut p = if first == 0.0 {
            libm::exp(-mean)
        } else {
            libm::exp(log_p(first))
        };
        thresholds.extend((0..first as usize).map(|_| 0u32));
        let mut cdf = p;
        loop {
            let scaled = (cdf * 4_294_967_296.0).round();
            if scaled >= 4_294_967_296.0 || (k > mean && p < 1e-13) {
                break;
            }
            thresholds.push(scaled as u32);
            k += 1.0;
            p *= mean / k;
            cdf += p;
        }
        // Short lists are compared with directly.
        if thresholds.len() > SHORT {
            guide.extend((0..256u32).map(|b| thresholds.partition_point(|&t| t <= b << 24) as u16));
        }
    }

    /// How many thresholds `word` reaches.
    #[inline(always)]
    fn count(&self, word: u32) -> u16 {
        let mut k = self.guide.get((word >> 24) as usize).copied().unwrap_or(0);
        while let Some(&t) = self.thresholds.get(usize::from(k))
            && word >= t
        {
            k += 1;
        }
        k
    }
}

/// Counts for a run of consecutive elements of a private Poisson stimulus.
#[derive(Clone, Debug)]
pub struct Counts {
    key: u64,
    /// First element (within the stimulus) and number of elements.
    first: u32,
    n: u32,
    course: Course,
    piece: usize,
    /// The mean that `inversion` was made for.
    mean: f64,
    inversion: Inversion,
    rows: Option<Rows>,
    /// Of individual rates: how to invert for each element of the run in this piece.
    individual: Vec<OneRate>,
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

/// Elements drawn from one set of 16 counters.
const GROUP: u32 = 64;

impl Counts {
    pub fn new(
        seed: u64,
        stimulus: u64,
        first: u32,
        n: u32,
        course: Course,
        rows: Option<Rows>,
    ) -> Self {
        Self {
            key: key(seed, Domain::PoissonDrive, stimulus, 0),
            first,
            n,
            piece: usize::MAX,
            mean: 0.0,
            inversion: Inversion::new(0.0),
            course,
            individual: Vec::with_capacity(if rows.is_some() { n as usize } else { 0 }),
            rows,
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
            if let Some(rows) = &self.rows {
                self.individual.clear();
                if self.course.value(self.piece) > 0.0 {
                    let (a, b) = (self.first as usize, (self.first + self.n) as usize);
                    let own = &rows.of(self.piece)[a..b];
                    self.individual
                        .extend(own.iter().map(|&mean| OneRate::new(mean)));
                }
            }
        }
        let mean = self.course.within(self.piece, t - 1, t);
        if mean <= 0.0 {
            return false;
        }
        if self.rows.is_none() && mean != self.mean {
            self.inversion.set(mean);
            self.mean = mean;
        }
        vectorized(Fill(self, t, out));
        true
    }

    /// The loop of `draw`, group by group.
    #[inline(always)]
    fn fill(&self, t: u64, out: &mut [u16]) {
        let mut words = [0u32; GROUP as usize];
        let last = self.first + self.n;
        let mut group = self.first / GROUP;
        while group * GROUP < last {
            fill_group(group, t, self.key, &mut words);
            let lo = (group * GROUP).max(self.first);
            let hi = (group * GROUP + GROUP).min(last);
            let part = (lo - group * GROUP) as usize..(hi - group * GROUP) as usize;
            let (a, b) = ((lo - self.first) as usize, (hi - self.first) as usize);
            let out = &mut out[a..b];
            if self.rows.is_some() {
                let rates = &self.individual[a..b];
                for ((o, w), rate) in out.iter_mut().zip(&words[part]).zip(rates) {
                    *o = rate.count(*w);
                }
            } else if self.inversion.thresholds.len() <= SHORT {
                let counts = count_reached(&words, &self.inversion.thresholds);
                for (o, c) in out.iter_mut().zip(&counts[part]) {
                    *o = *c as u16;
                }
            } else {
                for (o, w) in out.iter_mut().zip(&words[part]) {
                    *o = self.inversion.count(*w);
                }
            }
            group += 1;
        }
    }
}

/// 64 words for elements 64 group … 64 group + 63 at tick `t`: 16 counters side by side, so that the
/// rounds are vector code. Element 16 w + lane gets word w of counter `lane`.
#[inline(always)]
fn fill_group(group: u32, t: u64, key: u64, out: &mut [u32; GROUP as usize]) {
    const LANES: usize = 16;
    let first = std::array::from_fn(|lane| group * LANES as u32 + lane as u32);
    let words = philox_lanes(
        [
            first,
            [t as u32; LANES],
            [(t >> 32) as u32; LANES],
            [0; LANES],
        ],
        key,
    );
    for (out, words) in out.chunks_exact_mut(LANES).zip(&words) {
        out.copy_from_slice(words);
    }
}

/// counts[i] = how many thresholds words[i] reaches, without branches.
#[inline(always)]
fn count_reached(words: &[u32; GROUP as usize], thresholds: &[u32]) -> [u32; GROUP as usize] {
    let mut counts = [0u32; GROUP as usize];
    for &t in thresholds {
        for (c, &w) in counts.iter_mut().zip(words) {
            *c += u32::from(w >= t);
        }
    }
    counts
}

/// Inversion for a rate that one element has.
#[derive(Clone, Debug)]
enum OneRate {
    /// Walks up the distribution from exp(-mean): no table to keep.
    Walk {
        p0: f64,
        mean: f64,
    },
    Table(Box<Inversion>),
}

impl OneRate {
    fn new(mean: f64) -> Self {
        if mean < 30.0 {
            Self::Walk {
                p0: libm::exp(-mean),
                mean,
            }
        } else {
            Self::Table(Box::new(Inversion::new(mean)))
        }
    }

    fn count(&self, word: u32) -> u16 {
        match self {
            Self::Table(inversion) => inversion.count(word),
            Self::Walk { p0, mean } => {
                let u = (f64::from(word) + 0.5) / 4_294_967_296.0;
                let (mut k, mut p, mut cdf) = (0u16, *p0, *p0);
                // The tail beyond 2^-33 of a mean below 30 ends long before 200.
                while u >= cdf && k < 200 {
                    k += 1;
                    p *= mean / f64::from(k);
                    cdf += p;
                }
                k
            }
        }
    }
}

/// Exponential gaps at the summed rate of a block of elements.
#[derive(Clone, Debug)]
pub struct Gaps {
    stream: Stream,
    course: Course,
    piece: usize,
    elements: u32,
    /// First element of the block within the stimulus or source.
    first: u32,
    rows: Option<Rows>,
    /// Summed rates of the elements up to each in this piece, if they differ.
    cumulated: Vec<f64>,
    /// Where the process stands, in ticks: whole part and fraction.
    tick: u64,
    fraction: f64,
    /// The next event: tick and element.
    next: Option<(u64, u32)>,
}

impl Gaps {
    /// Block `block` of the stimulus or source `of`, with `total` elements in all.
    pub fn new(
        seed: u64,
        domain: Domain,
        of: u64,
        block: u32,
        total: u32,
        course: Course,
        rows: Option<Rows>,
    ) -> Self {
        let first = block * BLOCK;
        let elements = BLOCK.min(total - first);
        let mut gaps = Self {
            stream: Stream::new(seed, domain, of, u64::from(block)),
            course,
            piece: 0,
            elements,
            first,
            cumulated: Vec::with_capacity(if rows.is_some() { elements as usize } else { 0 }),
            rows,
            tick: 0,
            fraction: 0.0,
            next: None,
        };
        gaps.enter_piece();
        gaps.advance();
        gaps
    }

    /// Sums up the rates that hold in this piece.
    fn enter_piece(&mut self) {
        let Some(rows) = &self.rows else {
            return;
        };
        self.cumulated.clear();
        let (a, b) = (self.first as usize, (self.first + self.elements) as usize);
        let mut sum = 0.0;
        self.cumulated
            .extend(rows.of(self.piece)[a..b].iter().map(|r| {
                sum += r;
                sum
            }));
    }

    /// Summed rate of the block, as a multiple of the course.
    fn block_rate(&self) -> f64 {
        match &self.rows {
            None => f64::from(self.elements),
            Some(_) => self.cumulated.last().copied().unwrap_or(0.0),
        }
    }

    /// The next event, (tick, element), without taking it.
    pub fn peek(&self) -> Option<(u64, u32)> {
        self.next
    }

    /// Draws the event after the present one.
    pub fn advance(&mut self) {
        let mut budget = self.stream.exponential();
        loop {
            let block_rate = self.block_rate();
            let rate = self.course.value(self.piece) * block_rate;
            let end = self.course.end(self.piece);
            let left = (end - self.tick) as f64 - self.fraction;
            if rate > 0.0 {
                let step = budget / rate;
                if step < left {
                    let at = self.fraction + step;
                    self.tick += at.floor() as u64;
                    self.fraction = at - at.floor();
                    let element = if self.rows.is_none() {
                        self.stream.below(self.elements)
                    } else {
                        let u = self.stream.unit() * block_rate;
                        let sums = &self.cumulated;
                        (sums.partition_point(|&s| s <= u) as u32).min(self.elements - 1)
                    };
                    // An event within (k - 1, k] belongs to tick k.
                    self.next = Some((self.tick + 1, self.first + element));
                    return;
                }
                budget -= left * rate;
            }
            if end == u64::MAX {
                self.next = None;
                return;
            }
            self.tick = end;
            self.fraction = 0.0;
            self.piece += 1;
            self.enter_piece();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::spec::Rate;
    use std::sync::Arc;

    fn course(per_tick: f64) -> Course {
        Course::new(
            &Rate::Constant {
                hz: per_tick * 1e4,
                start: 0,
                stop: u64::MAX,
            },
            100_000_000,
        )
    }

    /// Chi-square of counts against the Poisson distribution; returns (chi, bins).
    fn chi(counts: &[u64], mean: f64) -> (f64, f64) {
        let n: u64 = counts.iter().sum();
        let (mut p, mut chi, mut bins) = (libm::exp(-mean), 0.0, 0.0);
        for (k, &c) in counts.iter().enumerate() {
            let e = p * n as f64;
            if e > 20.0 {
                chi += (c as f64 - e).powi(2) / e;
                bins += 1.0;
            }
            p *= mean / (k as f64 + 1.0);
        }
        (chi, bins)
    }

    #[test]
    fn counts_follow_the_poisson_distribution_by_either_way_of_inversion() {
        for mean in [0.05, 0.7, 2.0, 8.0, 40.0] {
            let mut c = Counts::new(7, 0, 0, 1000, course(mean), None);
            let mut out = vec![0u16; 1000];
            let mut hist = vec![0u64; 200];
            for t in 1..=400 {
                assert!(c.draw(t, &mut out));
                for &n in &out {
                    hist[usize::from(n)] += 1;
                }
            }
            let (x, bins) = chi(&hist, mean);
            assert!(
                x < bins + 5.0 * (2.0 * bins).sqrt(),
                "{mean}: {x} in {bins}"
            );
        }
    }

    #[test]
    fn both_ways_of_inversion_are_the_same_function() {
        for mean in [0.1, 2.0, 3.5] {
            let inv = Inversion::new(mean);
            assert!(inv.thresholds.len() <= SHORT);
            let words: [u32; 64] =
                std::array::from_fn(|i| (i as u32).wrapping_mul(0x9e37_79b9) ^ 0x1234);
            for (w, c) in words.iter().zip(count_reached(&words, &inv.thresholds)) {
                assert_eq!(u32::from(inv.count(*w)), c);
            }
        }
    }

    #[test]
    fn a_part_of_a_run_draws_what_the_whole_draws_there() {
        let mut all = vec![0u16; 300];
        let mut part = vec![0u16; 57];
        Counts::new(1, 3, 0, 300, course(2.0), None).draw(77, &mut all);
        Counts::new(1, 3, 130, 57, course(2.0), None).draw(77, &mut part);
        assert_eq!(&all[130..187], &part[..]);
    }

    #[test]
    fn gap_trains_have_the_stated_rate_and_poisson_counts() {
        let mut g = Gaps::new(5, Domain::PoissonDrive, 0, 0, 100, course(0.01), None);
        let mut per_element = vec![0u64; 100];
        let mut hist = vec![0u64; 60];
        let (mut in_tick, mut tick) = (0usize, 1u64);
        while let Some((t, e)) = g.peek() {
            if t > 200_000 {
                break;
            }
            while tick < t {
                hist[in_tick] += 1;
                in_tick = 0;
                tick += 1;
            }
            in_tick += 1;
            per_element[e as usize] += 1;
            g.advance();
        }
        let total: u64 = per_element.iter().sum();
        assert!((total as f64 / 200_000.0 - 1.0).abs() < 0.02, "{total}");
        let (x, bins) = chi(&hist, 1.0);
        assert!(x < bins + 5.0 * (2.0 * bins).sqrt(), "{x} in {bins}");
        assert!(per_element.iter().all(|&n| (1700..2300).contains(&n)));
    }

    #[test]
    fn individual_rates_are_kept_in_both_forms() {
        let rates: Vec<f64> = (0..100).map(|i| 0.002 * f64::from(i)).collect();
        let rate = Rate::PerElement {
            hz: Arc::new(rates.iter().map(|r| r * 1e4).collect()),
            start: 0,
            stop: u64::MAX,
        };
        let course = Course::new(&rate, 100_000_000);
        let rows = || course.rows(&rate, 100_000_000);
        let mut g = Gaps::new(5, Domain::PoissonDrive, 0, 0, 100, course.clone(), rows());
        let mut c = Counts::new(5, 1, 0, 100, course.clone(), rows());
        let (mut by_gap, mut by_count) = (vec![0f64; 100], vec![0f64; 100]);
        while let Some((t, e)) = g.peek().filter(|e| e.0 <= 50_000) {
            assert!(t > 0);
            by_gap[e as usize] += 1.0;
            g.advance();
        }
        let mut out = vec![0u16; 100];
        for t in 1..=50_000 {
            c.draw(t, &mut out);
            for (s, &n) in by_count.iter_mut().zip(&out) {
                *s += f64::from(n);
            }
        }
        for i in 0..100 {
            let e = rates[i] * 50_000.0;
            assert!(
                (by_gap[i] - e).abs() < 5.0 * e.sqrt() + 1.0,
                "{i} {} {e}",
                by_gap[i]
            );
            assert!(
                (by_count[i] - e).abs() < 5.0 * e.sqrt() + 1.0,
                "{i} {} {e}",
                by_count[i]
            );
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
