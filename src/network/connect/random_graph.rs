//! `random_graph`: the Erdős–Rényi graph G(n, m), m different connections out of all that are
//! possible, all choices being equally likely (Erdős & Rényi 1959, Publ. Math. 6:290).
//!
//! Directed: m ordered pairs; unit: the target. Undirected: m unordered pairs, each in both
//! directions; unit: the earlier neuron. How many of the m lie in which row of the matrix is found
//! by halving the rows again and again: the share of a half is hypergeometric, and each range of
//! rows has a stream of its own. So no shard lists the graph, and none looks for duplicates.

use super::hypergeometric::hypergeometric;
use super::sample::{Chosen, distinct};
use super::site::{Site, Visitor};

pub fn visit(site: &Site<'_>, edges: u64, directed: bool, to: &mut impl Visitor) {
    let n = site.to.len();
    let mut chosen = Chosen::new(n);
    let n64 = u64::from(n);
    if directed {
        let rows = Rows {
            site,
            before: &|row| u64::from(row) * n64.saturating_sub(1),
            wanted: &|lo, hi| site.own.iter().any(|r| r.start < hi && lo < r.end),
        };
        rows.divide(0, n, edges, 1, &mut |t, count| {
            to.unit(u64::from(t));
            let mut stream = site.stream(u64::from(t));
            distinct(&mut stream, &mut chosen, n, count, Some(t), |s| {
                to.synapse(s, t, true);
            });
        });
    } else {
        // Row i holds the pairs of i with all later ones.
        let rows = Rows {
            site,
            before: &|row| {
                let i = u64::from(row);
                i * (n64.saturating_sub(1)) - i * i.saturating_sub(1) / 2
            },
            wanted: &|_, _| true,
        };
        rows.divide(0, n, edges, 1, &mut |i, count| {
            to.unit(u64::from(i));
            let mut stream = site.stream(u64::from(i));
            let own = site.owns(i);
            distinct(&mut stream, &mut chosen, n - 1 - i, count, None, |k| {
                let j = i + 1 + k;
                to.synapse(i, j, site.owns(j));
                to.synapse(j, i, own);
            });
        });
    }
}

/// Streams of the halving lie beyond those of the rows.
const HALVING: u64 = 1 << 32;

/// The rows of the matrix of pairs.
struct Rows<'a> {
    site: &'a Site<'a>,
    /// Pairs in the rows before this one.
    before: &'a dyn Fn(u32) -> u64,
    /// Does any of these rows matter to this shard?
    wanted: &'a dyn Fn(u32, u32) -> bool,
}

impl Rows<'_> {
    /// Deals `count` pairs to rows `lo .. hi`; `node` numbers the ranges like a binary heap.
    fn divide(&self, lo: u32, hi: u32, count: u64, node: u64, f: &mut dyn FnMut(u32, u32)) {
        if count == 0 || !(self.wanted)(lo, hi) {
            return;
        }
        if hi - lo == 1 {
            // No row has more pairs than there are neurons.
            f(lo, count as u32);
            return;
        }
        let mid = lo + (hi - lo) / 2;
        let at = self.before;
        let left = hypergeometric(
            &mut self.site.stream(HALVING + node),
            at(mid) - at(lo),
            at(hi) - at(mid),
            count,
        );
        self.divide(lo, mid, left, 2 * node, f);
        self.divide(mid, hi, count - left, 2 * node + 1, f);
    }
}
