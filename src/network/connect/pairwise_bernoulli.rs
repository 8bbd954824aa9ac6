//! `pairwise_bernoulli`: each pair with probability p. Unit: the target.
//!
//! The number of sources of a target is binomial, and given the number all choices are equally
//! likely: the work goes with the synapses, not with the pairs.

use super::batch::Visitor;
use super::binomial::binomial;
use super::sample::Distinct;
use super::site::Site;

pub fn visit(site: &Site<'_>, p: f64, to: &mut impl Visitor) {
    let n = site.from.len();
    let watch = !site.spec.allow_autapses && site.overlaps();
    let mut distinct = Distinct::new(n);
    for t in site.own.iter().cloned().flatten() {
        let unit = u64::from(t);
        let k = binomial(&mut site.stream(unit), u64::from(n), p) as u32;
        if k > 0 {
            let mut stream = site.run(unit);
            let sources = distinct.draw(&mut stream, n, k, None);
            if watch && site.as_source(t).is_some() {
                sources.retain(|&s| !site.autapse(s, t));
            }
            to.target(unit, t, sources);
        }
    }
}
