//! Random numbers that are found by number: of synapse k of unit u, without those before it.
//!
//! The first word of every number is half a Philox block that two numbers share; many blocks are made
//! side by side as vector code. Nearly every draw needs one word; those that need more go on with a
//! SplitMix64 generator (Steele et al. 2014, OOPSLA) that begins at the mixed first word. What is drawn
//! for a number is the same alone (`Nth`), in a run, or among scattered others.

use super::philox::{Blocks, LANES, philox, philox_wide};
use super::{Domain, GOLDEN, Stream, Words, Ziggurat, key, mix, ziggurat};
use crate::simd::{Kernel, vectorized};

/// Numbers whose first words lie in one group of blocks. Runs must begin at a multiple of it.
pub const GROUP: usize = 2 * LANES;

/// Block and half in which the first word of number `k` lies: lane k mod 16 of its group.
#[inline(always)]
fn place(k: u32) -> (u32, bool) {
    let lanes = LANES as u32;
    (
        k / (2 * lanes) * lanes + k % lanes,
        (k / lanes).is_multiple_of(2),
    )
}

#[inline(always)]
fn counter(block: u32, unit: u64, tag: u32) -> [u32; 4] {
    [block, unit as u32, (unit >> 32) as u32, tag]
}

/// The numbers for which draws are wanted.
#[derive(Clone, Copy, Debug)]
pub enum Numbers<'a> {
    /// From this one on; a multiple of `GROUP`.
    From(u32),
    Each(&'a [u32]),
}

impl Numbers<'_> {
    /// The `i`-th of them.
    #[inline(always)]
    pub fn get(&self, i: usize) -> u32 {
        match self {
            Self::From(first) => first + i as u32,
            Self::Each(all) => all[i],
        }
    }
}

/// The draws of one domain of one thing, such as the weights of a connection statement.
#[derive(Clone, Copy, Debug)]
pub struct Numbered {
    key: u64,
}

impl Numbered {
    pub fn new(seed: u64, domain: Domain, of: u64) -> Self {
        Self {
            key: key(seed, domain, of, 0),
        }
    }

    /// First words of `numbers` of `unit`.
    pub fn words(&self, unit: u64, numbers: Numbers<'_>, out: &mut [u64]) {
        vectorized(Fill {
            key: self.key,
            unit,
            numbers,
            out,
        });
    }

    /// What is drawn for a number whose first word is known.
    #[inline(always)]
    pub fn nth(&self, first: u64) -> Stream<Nth> {
        Stream(Nth {
            key: self.key,
            first,
            taken: 0,
        })
    }

    /// The same from nothing.
    pub fn alone(&self, unit: u64, k: u32) -> Stream<Nth> {
        let (block, low) = place(k);
        let w = philox(counter(block, unit, 0), self.key).map(u64::from);
        self.nth(if low {
            w[0] | w[1] << 32
        } else {
            w[2] | w[3] << 32
        })
    }

    /// A stream for a whole unit.
    pub fn unit(&self, unit: u64) -> Stream<Run> {
        Stream(Run {
            key: self.key,
            unit,
            block: 0,
            words: [0; RUN],
            at: RUN,
        })
    }

    /// Standard normal draws of numbers whose first words are `words`.
    pub fn normal(&self, words: &[u64], out: &mut [f64]) {
        let z = ziggurat();
        for (out, &bits) in out.iter_mut().zip(words) {
            *out = match z.inside(bits) {
                Some(x) => x,
                None => self.outer(z, bits),
            };
        }
    }

    #[cold]
    fn outer(&self, z: &Ziggurat, bits: u64) -> f64 {
        let mut stream = self.nth(bits);
        stream.u64();
        stream.outside(z, bits).unwrap_or_else(|| stream.normal())
    }
}

/// First words of some numbers.
struct Fill<'a> {
    key: u64,
    unit: u64,
    numbers: Numbers<'a>,
    out: &'a mut [u64],
}

impl Kernel for Fill<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { key, unit, .. } = self;
        match self.numbers {
            Numbers::From(first) => {
                let mut blocks = u64::from(first / 2);
                for out in self.out.chunks_mut(GROUP) {
                    if let Ok(out) = <&mut [u64; GROUP]>::try_from(&mut *out) {
                        philox_wide(Blocks::From(blocks), unit, 0, key, out);
                    } else {
                        let mut all = [0; GROUP];
                        philox_wide(Blocks::From(blocks), unit, 0, key, &mut all);
                        out.copy_from_slice(&all[..out.len()]);
                    }
                    blocks += LANES as u64;
                }
            }
            Numbers::Each(numbers) => {
                for (out, numbers) in self.out.chunks_mut(LANES).zip(numbers.chunks(LANES)) {
                    let (mut blocks, mut all) = ([0; LANES], [0; GROUP]);
                    for (b, &k) in blocks.iter_mut().zip(numbers) {
                        *b = u64::from(place(k).0);
                    }
                    philox_wide(Blocks::Each(blocks), unit, 0, key, &mut all);
                    for (i, (out, &k)) in out.iter_mut().zip(numbers).enumerate() {
                        *out = all[if place(k).1 { i } else { LANES + i }];
                    }
                }
            }
        }
    }
}

/// The words of one number.
#[derive(Clone, Debug)]
pub struct Nth {
    key: u64,
    first: u64,
    /// Words taken so far.
    taken: u64,
}

impl Words for Nth {
    #[inline(always)]
    fn word(&mut self) -> u64 {
        let t = self.taken;
        self.taken += 1;
        if t == 0 {
            return self.first;
        }
        let start = mix(self.first ^ self.key);
        mix(start.wrapping_add(GOLDEN.wrapping_mul(t)))
    }
}

/// 32-bit words that a run holds ready.
const RUN: usize = 4 * LANES;

/// The words of a unit, one after the other.
#[derive(Clone, Debug)]
pub struct Run {
    key: u64,
    unit: u64,
    block: u32,
    words: [u32; RUN],
    /// Words used.
    at: usize,
}

struct Refill<'a>(&'a mut Run);

impl Kernel for Refill<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let run = self.0;
        let (blocks, mut pairs) = (Blocks::From(run.block.into()), [0; GROUP]);
        philox_wide(blocks, run.unit, u32::MAX, run.key, &mut pairs);
        // First words of all blocks, then their second ones, and so on.
        let quarters = run.words.chunks_exact_mut(LANES);
        for (k, quarter) in quarters.enumerate() {
            let pairs = &pairs[k / 2 * LANES..][..LANES];
            for (word, pair) in quarter.iter_mut().zip(pairs) {
                *word = (pair >> (k % 2 * 32)) as u32;
            }
        }
        run.block = run.block.wrapping_add(LANES as u32);
        run.at = 0;
    }
}

impl Run {
    #[inline(never)]
    fn refill(&mut self) {
        vectorized(Refill(self));
    }

    #[inline(always)]
    fn word32(&mut self) -> u32 {
        if self.at == RUN {
            self.refill();
        }
        self.at += 1;
        self.words[self.at - 1]
    }
}

impl Words for Run {
    #[inline]
    fn word(&mut self) -> u64 {
        u64::from(self.word32()) | u64::from(self.word32()) << 32
    }
}

/// Products of words with `n`, by halves.
struct Scale<'a> {
    words: &'a [u32],
    n: u32,
    out: &'a mut [u32],
    /// Products whose lower half is below this are refused.
    floor: u32,
}

impl Kernel for Scale<'_> {
    /// Was any refused?
    type Output = bool;
    #[inline(always)]
    fn run(self) -> bool {
        let mut refused = 0u32;
        for (out, &w) in self.out.iter_mut().zip(self.words) {
            let m = u64::from(w) * u64::from(self.n);
            *out = (m >> 32) as u32;
            refused |= u32::from((m as u32) < self.floor);
        }
        refused != 0
    }
}

impl Stream<Run> {
    /// Fills `out` with uniform whole numbers below `n` (n > 0), without bias (Lemire 2019).
    pub fn fill_below(&mut self, n: u32, mut out: &mut [u32]) {
        let floor = n.wrapping_neg() % n;
        while !out.is_empty() {
            if self.0.at == RUN {
                self.0.refill();
            }
            let at = self.0.at;
            let here = out.len().min(RUN - at);
            self.0.at += here;
            let words = &self.0.words[at..at + here];
            let (now, later) = std::mem::take(&mut out).split_at_mut(here);
            let refused = vectorized(Scale {
                words,
                n,
                out: now,
                floor,
            });
            if refused {
                // What was not refused moves up, and more is drawn for the rest.
                let mut kept = 0;
                for &w in words {
                    let m = u64::from(w) * u64::from(n);
                    now[kept] = (m >> 32) as u32;
                    kept += usize::from(m as u32 >= floor);
                }
                self.fill_below(n, &mut now[kept..]);
            }
            out = later;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered() -> Numbered {
        Numbered::new(7, Domain::Weight, 3)
    }

    #[test]
    fn a_number_has_the_same_words_alone_in_a_run_and_among_others() {
        let n = numbered();
        for unit in [0, 5, 1 << 40] {
            for first in [0u32, 64, 1 << 20] {
                for len in [1usize, 15, 16, 33, 100] {
                    let mut run = vec![0; len];
                    n.words(unit, Numbers::From(first), &mut run);
                    let mixed: Vec<u32> = (0..len as u32)
                        .map(|i| first + (i * 7) % len as u32)
                        .collect();
                    let mut each = vec![0; len];
                    n.words(unit, Numbers::Each(&mixed), &mut each);
                    for i in 0..len {
                        let alone = n.alone(unit, first + i as u32).u64();
                        assert_eq!(run[i], alone);
                        assert_eq!(each[i], n.alone(unit, mixed[i]).u64());
                    }
                }
            }
        }
    }

    #[test]
    fn no_two_words_of_a_statement_are_the_same() {
        let n = numbered();
        let mut all: Vec<u64> = Vec::new();
        for unit in 0..40 {
            for k in 0..100 {
                let mut s = n.alone(unit, k);
                all.extend((0..5).map(|_| s.u64()));
            }
        }
        all.sort_unstable();
        assert!(all.windows(2).all(|w| w[0] != w[1]));
    }

    #[test]
    fn normal_draws_side_by_side_are_those_of_single_numbers() {
        let n = numbered();
        let (mut words, mut out) = (vec![0; 20_000], vec![0.0; 20_000]);
        n.words(9, Numbers::From(0), &mut words);
        n.normal(&words, &mut out);
        for (k, x) in (0..).zip(&out) {
            assert_eq!(n.alone(9, k).normal().to_bits(), x.to_bits());
        }
    }

    #[test]
    fn normal_draws_follow_the_normal_distribution_into_the_tails() {
        let total = 1_000_000usize;
        let per = 1000;
        let (mut words, mut draws) = (vec![0; per], vec![0.0; total]);
        for (unit, out) in (0..).zip(draws.chunks_mut(per)) {
            numbered().words(unit, Numbers::From(0), &mut words);
            numbered().normal(&words, out);
        }
        draws.sort_by(f64::total_cmp);
        let cdf = |x: f64| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
        let distance = draws
            .iter()
            .enumerate()
            .map(|(i, &x)| (cdf(x) - (i as f64 + 0.5) / total as f64).abs())
            .fold(0.0, f64::max);
        // Kolmogorov-Smirnov: 1.95 / sqrt(n) is exceeded once in a thousand.
        assert!(distance < 1.95e-3, "{distance}");
        for edge in [3.0, super::super::EDGE, 4.0] {
            let beyond = draws.iter().filter(|x| x.abs() > edge).count() as f64;
            let expected = total as f64 * libm::erfc(edge / std::f64::consts::SQRT_2);
            assert!((beyond - expected).abs() < 5.0 * expected.sqrt());
        }
    }

    #[test]
    fn many_whole_numbers_at_once_are_those_drawn_one_by_one() {
        // The last ones refuse a quarter and a half of all words.
        for n in [1u32, 7, 77_169, 3 << 29, (1 << 31) + 1] {
            let (mut many, mut single) = (numbered().unit(4), numbered().unit(4));
            for len in [1usize, 3, 64, 200, 1000] {
                let mut out = vec![0; len];
                many.fill_below(n, &mut out);
                let floor = n.wrapping_neg() % n;
                for &got in &out {
                    let wanted = loop {
                        let m = u64::from(single.0.word32()) * u64::from(n);
                        if m as u32 >= floor {
                            break (m >> 32) as u32;
                        }
                    };
                    assert_eq!(got, wanted);
                    assert!(got < n);
                }
            }
        }
    }

    #[test]
    fn whole_numbers_are_evenly_spread_over_units() {
        // Chi-square over 50 values, of the first draw of 50,000 units: 49 expected, sd 9.9.
        let mut seen = [0f64; 50];
        for unit in 0..50_000 {
            let mut out = [0];
            numbered().unit(unit).fill_below(50, &mut out);
            seen[out[0] as usize] += 1.0;
        }
        let chi: f64 = seen.iter().map(|n| (n - 1000.0).powi(2) / 1000.0).sum();
        assert!((15.0..100.0).contains(&chi), "{chi}");
    }
}
