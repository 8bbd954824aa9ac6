//! `pairwise_bernoulli`: each pair with probability p. Unit: the target.
//!
//! The sources that are skipped until the next synapse are a geometric number: the work goes with
//! the synapses, not with the pairs.

use super::site::{Site, Visitor};

pub fn visit(site: &Site<'_>, p: f64, to: &mut impl Visitor) {
    let n = u64::from(site.from.len());
    let watch = !site.spec.allow_autapses && site.overlaps();
    let log_q = libm::log1p(-p);
    for t in site.own.iter().cloned().flatten() {
        to.unit(u64::from(t));
        let mut stream = site.stream(u64::from(t));
        let mut s = 0u64;
        if p <= 0.0 {
            continue;
        }
        loop {
            if p < 1.0 {
                let skip = (libm::log(stream.unit_open()) / log_q).floor();
                if skip >= n as f64 {
                    break;
                }
                s += skip as u64;
            }
            if s >= n {
                break;
            }
            if !(watch && site.autapse(s as u32, t)) {
                to.synapse(s as u32, t, true);
            }
            s += 1;
        }
    }
}
