//! `symmetric_pairwise_bernoulli`: each unordered pair with probability p, in both directions. Unit:
//! the earlier neuron of the pair, and a range of later ones.
//!
//! Both sides are the same neurons, and none connects to itself. A synapse belongs to the shard of
//! its target, but a pair is drawn once. The later neurons come in ranges of a fixed length, each with
//! a binomial number and draws of its own; a shard draws those in which it has a target.

use super::batch::{Gather, Visitor};
use super::binomial::binomial;
use super::sample::Distinct;
use super::site::Site;

/// Pairs of a neuron and a range, as many as are worth a look at the range.
const FEW: f64 = 64.0;

pub fn visit(site: &Site<'_>, p: f64, to: &mut impl Visitor) {
    let n = site.to.len();
    if p <= 0.0 || site.own.is_empty() {
        return;
    }
    let length = (FEW / p).ceil().clamp(1.0, f64::from(u32::MAX / 2)) as u32;
    let mut distinct = Distinct::new(length.min(n));
    let mut gather = Gather::default();
    for i in 0..n {
        let own = site.owns(i);
        let mut lo = i + 1;
        while lo < n {
            let hi = (lo / length + 1).saturating_mul(length).min(n);
            if own || site.owns_any(lo, hi) {
                let unit = u64::from(i) << 32 | u64::from(lo / length);
                let mut numbers = site.stream(unit);
                let k = binomial(&mut numbers, u64::from(hi - lo), p) as u32;
                let mut stream = site.run(unit);
                let later = distinct.draw(&mut stream, hi - lo, k, None);
                gather.unit(unit, to);
                for j in later.iter().map(|j| lo + j) {
                    gather.synapse(i, j, site.owns(j), to);
                    gather.synapse(j, i, own, to);
                }
            }
            lo = hi;
        }
    }
    gather.flush(to);
}
