//! Does the file take samples with the channels last?
//!
//! Keras works that way, and its exporter puts a transposition behind the input. If every way from the
//! input leads through the same transposition, the network proper begins after it, and samples are
//! turned when they are read.

use rustc_hash::FxHashMap;

use super::proto::NodeProto;

/// The transposition (of axes without samples) behind the input, if all its readers agree.
pub fn behind_input(nodes: &[NodeProto], input: &str, rank: usize) -> Option<Vec<usize>> {
    let mut readers: FxHashMap<&str, Vec<&NodeProto>> = FxHashMap::default();
    for node in nodes {
        for name in &node.input {
            readers.entry(name).or_default().push(node);
        }
    }
    let mut found: Option<Vec<usize>> = None;
    let mut open = vec![input];
    let mut seen = 0;
    while let Some(name) = open.pop() {
        seen += 1;
        let here = readers.get(name)?;
        if seen > nodes.len() + 1 {
            return None;
        }
        for node in here {
            match node.op_type.as_str() {
                "Transpose" => {
                    let perm = &node.attribute.iter().find(|a| a.name == "perm")?.ints;
                    if perm.len() != rank + 1 || perm[0] != 0 {
                        return None;
                    }
                    let own: Vec<usize> = perm[1..]
                        .iter()
                        .map(|p| usize::try_from(p - 1).ok().filter(|p| *p < rank))
                        .collect::<Option<_>>()?;
                    if found.as_ref().is_some_and(|f| *f != own) {
                        return None;
                    }
                    found = Some(own);
                }
                // Normalisation of the input may stand before it.
                "Identity" | "Cast" | "Add" | "Sub" | "Mul" | "Div" => {
                    open.push(node.output.first()?);
                }
                _ => return None,
            }
        }
    }
    let found = found?;
    let mut sorted = found.clone();
    sorted.sort_unstable();
    (sorted.into_iter().eq(0..rank) && !found.iter().copied().eq(0..rank)).then_some(found)
}
