//! The spiking network to and from its description.

use super::Levels;
use super::arrays::{Arrays, Stored};
use super::description::{LinkSpec, PopulationSpec};
use super::kernels;
use crate::ann::{Graph, shape};
use crate::convert::Source;
use crate::spiking::{Kind, Link, Net, Population, Rate};

/// Describes the populations; weights and biases go to `arrays`.
pub(super) fn describe(net: &Net, sources: &[Source], arrays: &mut Arrays) -> Vec<PopulationSpec> {
    let mut all = Vec::new();
    for (i, (p, source)) in net.populations.iter().zip(sources).enumerate() {
        if !p.bias.is_empty() {
            arrays.f64(format!("snn.{i}.bias"), &[p.len()], &p.bias);
        }
        let mut links = Vec::new();
        for (k, link) in p.links.iter().enumerate() {
            let sources = net.populations[link.from].len();
            let (name, before) = (format!("snn.{i}.{k}"), &p.links[..k]);
            let kernel = kernels::describe(&link.kernel, before, &name, sources, arrays);
            links.push(LinkSpec {
                from: link.from,
                kernel,
            });
        }
        all.push(PopulationSpec {
            name: p.name.clone(),
            kind: p.kind,
            planes: p.planes,
            largest: p.largest,
            source: *source,
            opposite: p.opposite,
            links,
        });
    }
    all
}

/// Thresholds and starts of the rate code.
pub(super) fn describe_levels(rate: &Rate, arrays: &mut Arrays) {
    for (i, (thresholds, start)) in rate.thresholds.iter().zip(&rate.start).enumerate() {
        arrays.f64(
            format!("snn.{i}.threshold"),
            &[thresholds.len()],
            thresholds,
        );
        arrays.f64(format!("snn.{i}.start"), &[start.len()], start);
    }
}

/// The same, read.
pub(super) fn restore_levels(net: &Net, stored: &Stored) -> Result<Levels, String> {
    let mut levels = Levels::default();
    for (i, p) in net.populations.iter().enumerate() {
        let threshold = stored.f64(&format!("snn.{i}.threshold"), &[p.planes[0]])?;
        levels.thresholds.push(threshold);
        let start = stored.f64(&format!("snn.{i}.start"), &[p.len()])?;
        levels.start.push(start);
    }
    Ok(levels)
}

/// The net that is described, and what its populations are in the trained network.
pub(super) fn restore(
    all: Vec<PopulationSpec>,
    graph: &Graph,
    stored: &Stored,
) -> Result<(Net, Vec<Source>), String> {
    let mut net = Net::default();
    let mut sources = Vec::new();
    let last = all.len().checked_sub(1).ok_or("there are no populations")?;
    for (i, spec) in all.into_iter().enumerate() {
        let name = spec.name.clone();
        let wrong = |e: String| format!("population {i} (`{}`): {e}", name.escape_debug());
        sources.push(spec.source);
        let population = restored(spec, i, &net, graph, stored).map_err(wrong)?;
        if (population.kind == Kind::Readout) != (i == last) {
            return Err(wrong(
                "the last population, and no other, is the read-out".into(),
            ));
        }
        net.populations.push(population);
    }
    if sources[last].node != graph.output() {
        return Err("the read-out is not the output of the trained network".into());
    }
    net.find_readers();
    Ok((net, sources))
}

fn restored(
    spec: PopulationSpec,
    i: usize,
    net: &Net,
    graph: &Graph,
    stored: &Stored,
) -> Result<Population, String> {
    let len = shape::count(&spec.planes)?;
    let node = graph
        .nodes()
        .get(spec.source.node)
        .ok_or_else(|| format!("there is no layer {}", spec.source.node))?;
    if node.len() != len {
        return Err(format!(
            "it has {len} neurons, and layer {} has {} elements",
            spec.source.node,
            node.len()
        ));
    }
    let finite = spec.largest.is_finite() && spec.source.sign.is_finite();
    let cap = match spec.kind {
        Kind::Neurons { cap } => cap > 0.0,
        Kind::Input { sign } => sign.abs() == 1.0 && spec.source.node == 0 && spec.links.is_empty(),
        Kind::Largest | Kind::Readout => true,
    };
    if !(finite && spec.source.shift.is_finite() && spec.source.cap > 0.0 && cap) {
        return Err("its numbers are impossible".into());
    }
    let sums = matches!(spec.kind, Kind::Neurons { .. } | Kind::Readout);
    let bias = if sums {
        stored.f64(&format!("snn.{i}.bias"), &[len])?
    } else {
        Vec::new()
    };
    if let Some(other) = spec.opposite {
        let pair = net.populations.get(other).is_some_and(|p| {
            let neurons = [p.kind, spec.kind].map(|k| matches!(k, Kind::Neurons { .. }));
            neurons == [true; 2] && p.planes == spec.planes && p.opposite.is_none()
        });
        if !pair {
            return Err(format!("population {other} is no other half of it"));
        }
    }
    let mut links = Vec::new();
    for (k, link) in spec.links.into_iter().enumerate() {
        let from = net
            .populations
            .get(link.from)
            .filter(|p| p.kind != Kind::Readout)
            .ok_or_else(|| format!("link {k} comes from no population before it"))?;
        let name = format!("snn.{i}.{k}");
        let kernel = kernels::restore(link.kernel, &links, &name, from.planes, spec.planes, stored)
            .map_err(|e| format!("link {k}: {e}"))?;
        // Those of a pair's second half are those of the first.
        if spec.opposite.is_none() {
            links.push(Link::new(link.from, from.len(), kernel));
        }
    }
    Ok(Population {
        name: spec.name,
        kind: spec.kind,
        planes: spec.planes,
        bias,
        links,
        opposite: spec.opposite,
        largest: spec.largest,
        read: Vec::new(),
    })
}
