//! In- and out-degrees of listed synapses.

use super::spec::{EdgeList, ProjectionSpec, Rule};

/// Synapses per neuron of one side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Degrees {
    pub min: u32,
    pub mean: f64,
    pub max: u32,
}

impl Degrees {
    fn of(ids: &[u32], size: u64) -> Self {
        let mut counts = vec![0u32; size as usize];
        for id in ids {
            if let Some(n) = counts.get_mut(*id as usize) {
                *n += 1;
            }
        }
        Self {
            min: counts.iter().copied().min().unwrap_or(0),
            mean: ids.len() as f64 / size.max(1) as f64,
            max: counts.iter().copied().max().unwrap_or(0),
        }
    }
}

/// In-degrees of all targets and out-degrees of all sources of a list; `None` for other rules.
pub fn of_list(p: &ProjectionSpec) -> Option<(Degrees, Degrees)> {
    let Rule::List(edges) = &p.rule else {
        return None;
    };
    let EdgeList { source, target, .. } = edges.as_ref();
    Some((
        Degrees::of(target, p.targets()),
        Degrees::of(source, p.sources()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neurons_without_synapses_count() {
        let degrees = Degrees::of(&[0, 3, 3, 3], 5);
        assert_eq!((degrees.min, degrees.mean, degrees.max), (0, 0.8, 3));
    }
}
