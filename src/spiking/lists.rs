//! Rows of single synapses: what is left of a pruned layer, pools, multiplied-out layers.
//!
//! Such rows are short. A loop along each would be left after a number of steps that no processor can
//! guess, and that costs as much as a dozen synapses. So rows lie in pieces of four, and spikes are
//! first written out as a list of pieces, eight at a time however many a row has; along that list is
//! one long loop.

use super::table::share;

/// Synapses of a piece.
const FOUR: usize = 4;
/// Pieces that are written at once, and that are gone along at once.
const ROW: usize = 8;
const LIST: usize = 64;

/// Targets and weights of each source. Synapses of weight 0 are not held.
#[derive(Clone, Debug, PartialEq)]
pub struct Lists {
    /// The row of source i is the pieces `starts[i]..starts[i + 1]`.
    starts: Vec<u32>,
    pieces: Pieces,
    synapses: usize,
}

/// Two bytes for a target where that is enough.
#[derive(Clone, Debug, PartialEq)]
enum Pieces {
    Narrow(Vec<Piece<u16>>),
    Wide(Vec<Piece<u32>>),
}

/// Rows are filled up with targets that get weight 0.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece<T> {
    weights: [f32; FOUR],
    targets: [T; FOUR],
}

trait Target: Copy {
    fn at(self) -> usize;
}

impl Target for u16 {
    #[inline(always)]
    fn at(self) -> usize {
        self.into()
    }
}

impl Target for u32 {
    #[inline(always)]
    fn at(self) -> usize {
        self as usize
    }
}

impl Lists {
    /// One list for each source; the targets of a list are all different.
    pub fn new(rows: impl IntoIterator<Item = impl IntoIterator<Item = (u32, f32)>>) -> Self {
        let (mut starts, mut pieces, mut synapses) = (vec![0], Vec::new(), 0);
        for row in rows {
            let mut row: Vec<(u32, f32)> = row.into_iter().filter(|(_, w)| *w != 0.0).collect();
            synapses += row.len();
            if let Some((last, _)) = row.last() {
                // Any target does that is not far off.
                row.resize(row.len().next_multiple_of(FOUR), (*last, 0.0));
            }
            pieces.extend(row.chunks_exact(FOUR).map(|four| Piece {
                weights: std::array::from_fn(|k| four[k].1),
                targets: std::array::from_fn(|k| four[k].0),
            }));
            starts.push(pieces.len() as u32);
        }
        let narrow = |p: &Piece<u32>| {
            let targets = p.targets.map(|t| t as u16);
            let fits = targets
                .iter()
                .zip(&p.targets)
                .all(|(n, t)| n.at() == t.at());
            let weights = p.weights;
            fits.then_some(Piece { weights, targets })
        };
        let narrow: Option<Vec<Piece<u16>>> = pieces.iter().map(narrow).collect();
        Self {
            starts,
            pieces: narrow.map_or(Pieces::Wide(pieces), Pieces::Narrow),
            synapses,
        }
    }

    /// As `Kernel::deliver_all`.
    #[inline(always)]
    pub fn deliver<S>(
        &self,
        spikes: &[S],
        of: impl Fn(&S) -> (usize, f64),
        rounder: f64,
        v: &mut [f64],
    ) {
        match &self.pieces {
            Pieces::Narrow(p) => deliver(&self.starts, p, spikes, of, rounder, v),
            Pieces::Wide(p) => deliver(&self.starts, p, spikes, of, rounder, v),
        }
    }

    /// The synapses of a source one by one.
    #[inline(always)]
    pub fn row(&self, id: usize, mut take: impl FnMut(usize, f32)) {
        let row = self.starts[id] as usize..self.starts[id + 1] as usize;
        match &self.pieces {
            Pieces::Narrow(p) => p[row].iter().for_each(|p| each(p, &mut take)),
            Pieces::Wide(p) => p[row].iter().for_each(|p| each(p, &mut take)),
        }
    }

    /// Sources, those without synapses too.
    pub fn sources(&self) -> usize {
        self.starts.len() - 1
    }

    /// Synapses.
    pub fn len(&self) -> usize {
        self.synapses
    }

    pub fn is_empty(&self) -> bool {
        self.synapses == 0
    }

    pub fn bytes(&self) -> usize {
        let pieces = match &self.pieces {
            Pieces::Narrow(p) => std::mem::size_of_val(&p[..]),
            Pieces::Wide(p) => std::mem::size_of_val(&p[..]),
        };
        pieces + 4 * self.starts.len()
    }
}

#[inline(always)]
fn each<T: Target>(piece: &Piece<T>, take: &mut impl FnMut(usize, f32)) {
    for (to, w) in piece.targets.iter().zip(&piece.weights) {
        if *w != 0.0 {
            take(to.at(), *w);
        }
    }
}

#[inline(always)]
fn deliver<S, T: Target>(
    starts: &[u32],
    pieces: &[Piece<T>],
    spikes: &[S],
    of: impl Fn(&S) -> (usize, f64),
    rounder: f64,
    v: &mut [f64],
) {
    let mut at = [0u32; LIST + ROW];
    let mut by = [0.0f64; LIST + ROW];
    let mut n = 0;
    for s in spikes {
        let (id, x) = of(s);
        let (mut from, to) = (starts[id], starts[id + 1]);
        loop {
            if n >= LIST {
                along(pieces, &at[..LIST], &by[..LIST], rounder, v);
                n -= LIST;
                for k in 0..ROW {
                    (at[k], by[k]) = (at[LIST + k], by[LIST + k]);
                }
            }
            for k in 0..ROW {
                at[n + k] = from + k as u32;
                by[n + k] = x;
            }
            n += ((to - from) as usize).min(ROW);
            from += ROW as u32;
            if from >= to {
                break;
            }
        }
    }
    along(pieces, &at[..n], &by[..n], rounder, v);
}

#[inline(always)]
fn along<T: Target>(pieces: &[Piece<T>], at: &[u32], by: &[f64], rounder: f64, v: &mut [f64]) {
    for (at, x) in at.iter().zip(by) {
        let piece = &pieces[*at as usize];
        let more = piece.weights.map(|w| share(f64::from(w) * x, rounder));
        for (to, more) in piece.targets.iter().zip(more) {
            v[to.at()] += more;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_along_a_list_give_the_same_bits() {
        // Rows of none to 70 synapses, of which some have weight 0.
        let rows = |far: u32| {
            Lists::new((0..71u32).map(|id| {
                (0..id).map(move |k| {
                    let weight = ((id * 37 + k * 11) % 13) as f32 - 6.0;
                    (far + (k * 29 + id) % 97, weight / 7.0)
                })
            }))
        };
        let spikes: Vec<(usize, f64)> = (0..71).rev().map(|id| (id, 0.1 + id as f64)).collect();
        let sums = |lists: &Lists, n: usize, from: usize| {
            let mut v = vec![0.0; n];
            lists.deliver(&spikes, |s| *s, 0.0, &mut v);
            assert!(v[..from].iter().chain(&v[from + 97..]).all(|x| *x == 0.0));
            v[from..from + 97]
                .iter()
                .map(|x| x.to_bits())
                .collect::<Vec<_>>()
        };
        let narrow = rows(0);
        let mut one_by_one = vec![0.0; 97];
        for (id, x) in &spikes {
            narrow.row(*id, |to, w| one_by_one[to] += f64::from(w) * x);
        }
        let expected: Vec<u64> = one_by_one.iter().map(|x| x.to_bits()).collect();
        assert!(one_by_one.iter().all(|x| *x != 0.0));
        assert_eq!(sums(&narrow, 97, 0), expected);
        let wide = rows(1 << 16);
        assert!(matches!(wide.pieces, Pieces::Wide(_)));
        assert_eq!(sums(&wide, (1 << 16) + 97, 1 << 16), expected);
    }
}
