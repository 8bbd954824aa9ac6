//! Maxima of counts: a neuron fires when the largest count of its inputs grows.

use super::Layer;
use crate::spiking::net::{Link, Net};

/// Inputs of each neuron, as (link, source), for maxima that may fall.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Inputs {
    starts: Vec<u32>,
    all: Vec<(u32, u32)>,
}

impl Inputs {
    pub fn of(net: &Net, population: usize) -> Self {
        let p = &net.populations[population];
        let mut lists: Vec<Vec<(u32, u32)>> = vec![Vec::new(); p.len()];
        for (l, link) in p.links.iter().enumerate() {
            for id in 0..net.populations[link.from].len() {
                link.kernel
                    .row(id, |to, _| lists[to].push((l as u32, id as u32)));
            }
        }
        let mut inputs = Self {
            starts: vec![0],
            all: Vec::new(),
        };
        for list in lists {
            inputs.all.extend(list);
            inputs.starts.push(inputs.all.len() as u32);
        }
        inputs
    }

    fn largest(&self, to: usize, seen: &[Vec<i32>]) -> u32 {
        let range = self.starts[to] as usize..self.starts[to + 1] as usize;
        let counts = self.all[range]
            .iter()
            .map(|(l, id)| seen[*l as usize][*id as usize]);
        counts.max().map_or(0, |most| most.max(0) as u32)
    }
}

/// One step where counts only grow. All inputs were at most at `count` before, and each spike raises one by 1:
/// whoever passes the maximum first fires.
#[inline(always)]
pub(super) fn grow(
    link: &Link,
    spikes: &[u32],
    seen: &mut [i32],
    count: &mut [u32],
    out: &mut Vec<u32>,
) -> u64 {
    let mut operations = 0;
    for spike in spikes {
        let id = (spike >> 1) as usize;
        operations += u64::from(link.fan_out[id]);
        seen[id] += 1;
        let own = seen[id] as u32;
        link.kernel.row(id, |to, _| {
            if own > count[to] {
                count[to] = own;
                out.push((to as u32) << 1);
            }
        });
    }
    operations
}

/// One step where counts may also fall: the maxima of all neurons that something came in for. A maximum
/// changes by at most 1, unless spikes were lost or moved to other steps.
pub(super) fn follow(
    inputs: &Inputs,
    links: &[Link],
    before: &[Layer],
    t: u32,
    (seen, touched): (&mut [Vec<i32>], &mut Vec<u32>),
    count: &mut [u32],
    out: &mut Vec<u32>,
) -> u64 {
    let mut operations = 0;
    for (l, link) in links.iter().enumerate() {
        for spike in before[link.from].train.step(t) {
            let id = (spike >> 1) as usize;
            operations += u64::from(link.fan_out[id]);
            if spike & 1 == 0 {
                seen[l][id] += 1;
            } else {
                seen[l][id] -= 1;
            }
            link.kernel.row(id, |to, _| touched.push(to as u32));
        }
    }
    touched.sort_unstable();
    touched.dedup();
    for to in touched.drain(..) {
        let largest = inputs.largest(to as usize, seen);
        let own = &mut count[to as usize];
        for _ in 0..largest.abs_diff(*own) {
            out.push(to << 1 | u32::from(largest < *own));
        }
        *own = largest;
    }
    operations
}
