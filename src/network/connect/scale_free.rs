//! `scale_free`: growth with preferential attachment (Barabási & Albert 1999, Science 286:509).
//!
//! The first m neurons are without links; each further one is linked to m different earlier ones,
//! drawn with probabilities in proportion to the links that they have (the first of these, which
//! finds none, to all m). That is (n - m) m links, a mean degree of 2 m (n - m) / n, and degrees
//! with a tail of k^-3. The hubs are among the first neurons.
//!
//! Undirected: each link is a synapse in both directions. Directed: only from the later neuron to
//! the earlier, so that every out-degree is m (0 for the first m) and the hubs gather input. Unit:
//! the later neuron.

use super::graph::Graph;
use crate::rng::Stream;

/// The graph: neuron m and each later one have made m links.
///
/// The ends of all links in a row are a list in which every neuron stands as often as it has links;
/// an entry drawn evenly from it is drawn as wanted (Batagelj & Brandes 2005, Phys. Rev. E
/// 71:036113). The near ends follow from the place in the list and are not held.
pub fn grow(stream: &mut Stream, n: u32, m: u32) -> Graph {
    let per = m as usize;
    let mut far: Vec<u32> = Vec::with_capacity((n as usize).saturating_sub(per) * per);
    if n > m {
        far.extend(0..m);
    }
    for _ in m + 1..n {
        let start = far.len();
        let ends = 2 * start as u64;
        while far.len() < start + per {
            let end = stream.below_u64(ends);
            let link = (end / 2) as usize;
            let node = if end.is_multiple_of(2) {
                m + (link / per) as u32
            } else {
                far[link]
            };
            if !far[start..].contains(&node) {
                far.push(node);
            }
        }
    }
    Graph {
        first: m,
        per: m,
        far,
    }
}
