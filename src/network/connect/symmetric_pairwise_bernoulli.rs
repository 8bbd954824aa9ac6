//! `symmetric_pairwise_bernoulli`: each unordered pair with probability p, in both directions. Unit:
//! the earlier neuron of the pair.
//!
//! Both sides are the same neurons, and none connects to itself. A synapse belongs to the shard of
//! its target, but a pair is drawn once: every shard draws all pairs and keeps its own synapses.

use super::site::{Site, Visitor};

pub fn visit(site: &Site<'_>, p: f64, to: &mut impl Visitor) {
    let n = u64::from(site.to.len());
    let log_q = libm::log1p(-p);
    for i in 0..site.to.len() {
        to.unit(u64::from(i));
        if p <= 0.0 {
            continue;
        }
        let own = site.owns(i);
        let mut stream = site.stream(u64::from(i));
        let mut j = u64::from(i) + 1;
        loop {
            if p < 1.0 {
                let skip = (libm::log(stream.unit_open()) / log_q).floor();
                if skip >= n as f64 {
                    break;
                }
                j += skip as u64;
            }
            if j >= n {
                break;
            }
            to.synapse(i, j as u32, site.owns(j as u32));
            to.synapse(j as u32, i, own);
            j += 1;
        }
    }
}
