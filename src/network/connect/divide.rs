//! Deals a number of synapses to a range of elements by halving it again and again: how many of them
//! fall to the left half is drawn, with a stream of its own for each range. So a shard goes down only
//! where its targets are, and finds there what every other shard would find.

use super::binomial::binomial;
use super::hypergeometric::hypergeometric;
use crate::rng::Stream;

/// A range of elements, and where the streams of its halving come from.
pub struct Dealing<'a> {
    /// Places for synapses that the elements before this one have: how likely an element is to get
    /// one. Rises.
    pub before: &'a dyn Fn(u32) -> u64,
    /// May a place take several synapses?
    pub multapses: bool,
    /// The stream of a range, by its number; ranges are numbered like a binary heap from 1.
    pub stream: &'a dyn Fn(u64) -> Stream,
    /// Is there anything in this range that matters here?
    pub wanted: &'a dyn Fn(u32, u32) -> bool,
    /// Ranges with at most so many synapses are not halved.
    pub few: u64,
}

/// A range that is not halved further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub lo: u32,
    pub hi: u32,
    pub count: u64,
    /// Number of the range.
    pub node: u64,
}

impl Dealing<'_> {
    /// Deals `count` synapses to elements `lo .. hi`.
    pub fn deal(&self, lo: u32, hi: u32, count: u64, f: &mut dyn FnMut(Share)) {
        self.divide(
            Share {
                lo,
                hi,
                count,
                node: 1,
            },
            f,
        );
    }

    fn divide(&self, range: Share, f: &mut dyn FnMut(Share)) {
        let Share {
            lo,
            hi,
            count,
            node,
        } = range;
        if count == 0 || lo >= hi || !(self.wanted)(lo, hi) {
            return;
        }
        if hi - lo == 1 || count <= self.few {
            return f(range);
        }
        let mid = lo + (hi - lo) / 2;
        let (left, right) = (
            (self.before)(mid) - (self.before)(lo),
            (self.before)(hi) - (self.before)(mid),
        );
        let mut stream = (self.stream)(node);
        let left = if self.multapses {
            binomial(&mut stream, count, left as f64 / (left + right) as f64)
        } else {
            hypergeometric(&mut stream, left, right, count)
        };
        let half = |lo, hi, count, node| Share {
            lo,
            hi,
            count,
            node,
        };
        self.divide(half(lo, mid, left, 2 * node), f);
        self.divide(half(mid, hi, count - left, 2 * node + 1), f);
    }
}
