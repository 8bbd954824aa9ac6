//! `random_graph`: the Erdős–Rényi graph G(n, m), m different connections out of all that are
//! possible, all choices being equally likely (Erdős & Rényi 1959, Publ. Math. 6:290).
//!
//! Directed: m ordered pairs; unit: the target. Undirected: m unordered pairs, each in both
//! directions; unit: the earlier neuron and a range of later ones. How many of the m lie in which row
//! of the matrix, and in which part of a row, is found by halving (`divide.rs`): the share of a half
//! is hypergeometric. So no shard lists the graph, and none looks for duplicates.

use super::batch::{Gather, Visitor};
use super::divide::Dealing;
use super::sample::Distinct;
use super::site::Site;

/// Streams of the halving of rows lie beyond those of the halving of a row.
const ROWS: u64 = 1 << 63;
/// Parts of a row with at most so many pairs are not halved.
const FEW: u64 = 64;

pub fn visit(site: &Site<'_>, edges: u64, directed: bool, to: &mut impl Visitor) {
    if directed {
        one_way(site, edges, to);
    } else {
        both_ways(site, edges, to);
    }
}

fn one_way(site: &Site<'_>, edges: u64, to: &mut impl Visitor) {
    let n = site.to.len();
    let mut distinct = Distinct::new(n);
    let rows = Dealing {
        before: &|row| u64::from(row) * u64::from(n).saturating_sub(1),
        multapses: false,
        stream: &|node| site.stream(ROWS | node),
        wanted: &|lo, hi| site.owns_any(lo, hi),
        few: 0,
    };
    rows.deal(0, n, edges, &mut |row| {
        let t = row.lo;
        let mut stream = site.run(u64::from(t));
        // No row has more pairs than there are neurons.
        let count = row.count as u32;
        let sources = distinct.draw(&mut stream, n, count, Some(t));
        to.target(u64::from(t), t, sources);
    });
}

fn both_ways(site: &Site<'_>, edges: u64, to: &mut impl Visitor) {
    let n = site.to.len();
    if site.own.is_empty() {
        return;
    }
    let (mut distinct, mut gather) = (Distinct::new(n), Gather::default());
    // Row i holds the pairs of i with all later ones.
    let rows = Dealing {
        before: &|row| {
            let i = u64::from(row);
            i * u64::from(n).saturating_sub(1) - i * i.saturating_sub(1) / 2
        },
        multapses: false,
        stream: &|node| site.stream(ROWS | node),
        wanted: &|_, _| true,
        few: 0,
    };
    rows.deal(0, n, edges, &mut |row| {
        let i = row.lo;
        let own = site.owns(i);
        let unit = |node: u64| u64::from(i) << 32 | node;
        let parts = Dealing {
            before: &|j| u64::from(j),
            multapses: false,
            stream: &|node| site.stream(unit(node)),
            wanted: &|lo, hi| own || site.owns_any(lo, hi),
            few: FEW,
        };
        parts.deal(i + 1, n, row.count, &mut |part| {
            let (lo, hi, unit) = (part.lo, part.hi, unit(part.node));
            let mut stream = site.run(unit);
            let later = distinct.draw(&mut stream, hi - lo, part.count as u32, None);
            gather.unit(unit, to);
            for j in later.iter().map(|j| lo + j) {
                gather.synapse(i, j, site.owns(j), to);
                gather.synapse(j, i, own, to);
            }
        });
    });
    gather.flush(to);
}
