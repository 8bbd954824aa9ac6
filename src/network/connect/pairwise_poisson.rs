//! `pairwise_poisson`: each pair has a Poisson number of synapses. Unit: the target.
//!
//! The synapses of a target are the points of a Poisson process of the stated intensity along the
//! line of sources, source i being the interval [i, i + 1): numbers of points in different intervals
//! are independent and Poisson. The work goes with the synapses, not with the pairs.

use super::site::{Site, Visitor};

pub fn visit(site: &Site<'_>, mean: f64, to: &mut impl Visitor) {
    let n = f64::from(site.from.len());
    let watch = !site.spec.allow_autapses && site.overlaps();
    for t in site.own.iter().cloned().flatten() {
        to.unit(u64::from(t));
        if mean <= 0.0 {
            continue;
        }
        let mut stream = site.stream(u64::from(t));
        let mut at = 0.0;
        loop {
            at += stream.exponential() / mean;
            if at >= n {
                break;
            }
            let s = at as u32;
            if !(watch && site.autapse(s, t)) {
                to.synapse(s, t, true);
            }
        }
    }
}
