//! `small_world`: a ring in which every neuron is linked to its k nearest, and each link is moved
//! with probability p (Watts & Strogatz 1998, Nature 393:440).
//!
//! Undirected, as published: going round the ring once for the nearest neighbours, once for the
//! second nearest and so on, the far end of each link is moved with probability p to a neuron drawn
//! from all that are neither the near one nor linked to it; each link is a synapse in both
//! directions. A move depends on all before it, so the graph is built as a whole.
//!
//! Directed: every neuron gets input from its k nearest, and each of its k sources is replaced with
//! probability p by one drawn from all that are neither itself nor its sources; so every in-degree
//! stays k. Each target stands alone. Unit: the target.

use super::graph::Graph;
use super::sample::Chosen;
use super::site::{Site, Visitor};
use crate::rng::Stream;

/// The undirected graph: each neuron has made k / 2 links.
pub fn grow(stream: &mut Stream, n: u32, k: u32, p: f64) -> Graph {
    let half = k / 2;
    let per = half as usize;
    let ring = |i: u32, step: u32| ((u64::from(i) + u64::from(step)) % u64::from(n)) as u32;
    let mut far = Vec::with_capacity(n as usize * per);
    for i in 0..n {
        far.extend((1..=half).map(|step| ring(i, step)));
    }
    let mut degree = vec![2 * half; n as usize];
    if p > 0.0 {
        for lap in 0..per {
            for i in 0..n {
                if stream.unit() >= p || degree[i as usize] >= n - 1 {
                    continue;
                }
                let made = |far: &[u32], by: u32, other: u32| {
                    far[by as usize * per..][..per].contains(&other)
                };
                let new = loop {
                    let c = stream.below(n);
                    if c != i && !made(&far, i, c) && !made(&far, c, i) {
                        break c;
                    }
                };
                let old = std::mem::replace(&mut far[i as usize * per + lap], new);
                degree[old as usize] -= 1;
                degree[new as usize] += 1;
            }
        }
    }
    Graph {
        first: 0,
        per: half,
        far,
    }
}

pub fn visit_directed(site: &Site<'_>, k: u32, p: f64, to: &mut impl Visitor) {
    let n = site.to.len();
    let half = k / 2;
    let mut chosen = Chosen::new(n);
    for t in site.own.iter().cloned().flatten() {
        to.unit(u64::from(t));
        let mut stream = site.stream(u64::from(t));
        let near = |step: u32| {
            let (t, step, n) = (u64::from(t), u64::from(step), u64::from(n));
            // Alternately before and behind.
            let at = if step.is_multiple_of(2) {
                t + n - step / 2 - 1
            } else {
                t + step / 2 + 1
            };
            (at % n) as u32
        };
        chosen.clear();
        chosen.insert(t);
        for step in 0..2 * half {
            chosen.insert(near(step));
        }
        for step in 0..2 * half {
            let old = near(step);
            let mut source = old;
            // The neuron that is left may be drawn again for a later link, as in the undirected
            // graph; it cannot be drawn for its own.
            if p > 0.0 && stream.unit() < p && 2 * half + 1 < n {
                source = stream.below(n);
                while !chosen.insert(source) {
                    source = stream.below(n);
                }
                chosen.remove(old);
            }
            to.synapse(source, t, true);
        }
    }
}
