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

use super::batch::Visitor;
use super::graph::Graph;
use super::sample::Chosen;
use super::site::Site;
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
        let mut linked = Linked::new(n, per, &far);
        for lap in 0..per {
            for i in 0..n {
                if stream.unit() >= p || degree[i as usize] >= n - 1 {
                    continue;
                }
                let free = |c: u32| c != i && !linked.has(&far, i, c);
                // Where nearly all are linked, drawing again would take for ever: then one of the few
                // that are left is chosen.
                let drawn = (0..TRIES).map(|_| stream.below(n)).find(|&c| free(c));
                let new = drawn.unwrap_or_else(|| {
                    let left: Vec<u32> = (0..n).filter(|&c| free(c)).collect();
                    left[stream.below(left.len() as u32) as usize]
                });
                linked.move_link(i, far[i as usize * per + lap], new);
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

/// Draws before the neurons that are left are listed.
const TRIES: u32 = 64;

/// Who is linked to whom. A dense graph keeps a bit per pair, less than its synapses take.
struct Linked {
    n: usize,
    per: usize,
    bits: Vec<u64>,
}

impl Linked {
    fn new(n: u32, per: usize, far: &[u32]) -> Self {
        let n = n as usize;
        let mut linked = Self {
            n,
            per,
            bits: Vec::new(),
        };
        if per * 16 >= n {
            linked.bits = vec![0; (n * n).div_ceil(64)];
            for (k, &other) in far.iter().enumerate() {
                linked.set((k / per) as u32, other, true);
            }
        }
        linked
    }

    fn set(&mut self, a: u32, b: u32, on: bool) {
        for (a, b) in [(a, b), (b, a)] {
            let at = a as usize * self.n + b as usize;
            let bit = 1u64 << (at % 64);
            if on {
                self.bits[at / 64] |= bit;
            } else {
                self.bits[at / 64] &= !bit;
            }
        }
    }

    fn has(&self, far: &[u32], a: u32, b: u32) -> bool {
        if self.bits.is_empty() {
            let made =
                |by: u32, other: u32| far[by as usize * self.per..][..self.per].contains(&other);
            return made(a, b) || made(b, a);
        }
        let at = a as usize * self.n + b as usize;
        self.bits[at / 64] & (1u64 << (at % 64)) != 0
    }

    fn move_link(&mut self, by: u32, from: u32, to: u32) {
        if !self.bits.is_empty() {
            self.set(by, from, false);
            self.set(by, to, true);
        }
    }
}

pub fn visit_directed(site: &Site<'_>, k: u32, p: f64, to: &mut impl Visitor) {
    let n = site.to.len();
    let half = k / 2;
    let mut chosen = Chosen::new(n);
    let mut sources = Vec::new();
    for t in site.own.iter().cloned().flatten() {
        sources.clear();
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
                let drawn = (0..TRIES)
                    .map(|_| stream.below(n))
                    .find(|&c| !chosen.contains(c));
                source = drawn.unwrap_or_else(|| {
                    let left: Vec<u32> = (0..n).filter(|&c| !chosen.contains(c)).collect();
                    left[stream.below(left.len() as u32) as usize]
                });
                chosen.insert(source);
                chosen.remove(old);
            }
            sources.push(source);
        }
        to.target(u64::from(t), t, &sources);
    }
}
