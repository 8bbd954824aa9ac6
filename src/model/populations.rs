//! The spiking network to and from its description.

use super::Levels;
use super::arrays::{Arrays, Stored};
use super::description::{KernelSpec, LinkSpec, PopulationSpec};
use crate::ann::{Graph, shape};
use crate::convert::Source;
use crate::spiking::{ConvRows, Kernel, Kind, Link, Lists, Net, Population, Rate};

/// Describes the populations; weights and biases go to `arrays`.
pub(super) fn describe(net: &Net, sources: &[Source], arrays: &mut Arrays) -> Vec<PopulationSpec> {
    let mut all = Vec::new();
    for (i, (p, source)) in net.populations.iter().zip(sources).enumerate() {
        if !p.bias.is_empty() {
            arrays.f64(format!("snn.{i}.bias"), &[p.len()], &p.bias);
        }
        let mut links = Vec::new();
        for (k, link) in p.links.iter().enumerate() {
            let name = |part: &str| format!("snn.{i}.{k}.{part}");
            let kernel = match &link.kernel {
                Kernel::Same(weight) => KernelSpec::Same { weight: *weight },
                Kernel::Rows { width, weight } => {
                    let rows = weight.len() / (*width).max(1);
                    arrays.f32(name("weight"), &[rows, *width], weight);
                    KernelSpec::Rows
                }
                Kernel::Sparse(lists) => {
                    let (mut starts, mut targets, mut weights) = (vec![0], Vec::new(), Vec::new());
                    for id in 0..net.populations[link.from].len() {
                        lists.row(id, |to, w| {
                            targets.push(to as u32);
                            weights.push(w);
                        });
                        starts.push(targets.len() as u32);
                    }
                    arrays.u32(name("starts"), &[starts.len()], &starts);
                    arrays.u32(name("targets"), &[targets.len()], &targets);
                    arrays.f32(name("weight"), &[weights.len()], &weights);
                    KernelSpec::Sparse
                }
                Kernel::Conv(c) => {
                    let shape = conv_shape(c.from[0], c.to[0], c.groups, c.kernel);
                    let mut weights = Vec::with_capacity(shape.iter().product());
                    for o in 0..shape[0] {
                        for i in 0..shape[1] {
                            for y in 0..shape[2] {
                                weights.extend((0..shape[3]).map(|x| c.weight(o, i, y, x)));
                            }
                        }
                    }
                    arrays.f32(name("weight"), &shape, &weights);
                    KernelSpec::Conv {
                        groups: c.groups,
                        kernel: c.kernel,
                        stride: c.stride,
                        pads: c.pads,
                    }
                }
            };
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

fn conv_shape(inputs: usize, outputs: usize, groups: usize, [h, w]: [usize; 2]) -> [usize; 4] {
    [outputs, inputs / groups.max(1), h, w]
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
        let kernel = restored_kernel(
            link.kernel,
            &format!("snn.{i}.{k}"),
            from,
            spec.planes,
            stored,
        )
        .map_err(|e| format!("link {k}: {e}"))?;
        links.push(Link {
            from: link.from,
            fan_out: (0..from.len()).map(|id| kernel.fan_out(id)).collect(),
            kernel,
        });
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

/// A table whose every target is there.
fn restored_kernel(
    spec: KernelSpec,
    name: &str,
    from: &Population,
    to: [usize; 3],
    stored: &Stored,
) -> Result<Kernel, String> {
    let (sources, targets) = (from.len(), to.iter().product::<usize>());
    let array = |part: &str| format!("{name}.{part}");
    Ok(match spec {
        KernelSpec::Same { weight } => {
            if sources != targets || !weight.is_finite() {
                return Err(format!(
                    "{sources} neurons do not go to {targets} one by one"
                ));
            }
            Kernel::Same(weight)
        }
        KernelSpec::Rows => Kernel::Rows {
            width: targets,
            weight: stored.f32(&array("weight"), &[sources, targets])?,
        },
        KernelSpec::Sparse => {
            let list = stored.list(&array("targets"), targets as u64)?;
            let end = list.len() as u64 + 1;
            let starts = stored.indices(&array("starts"), &[sources + 1], end)?;
            let starts: Option<Vec<u32>> = starts.into_iter().collect();
            let starts = starts
                .filter(|s| s.is_sorted() && s[0] == 0 && s[sources] as usize == list.len())
                .ok_or("its rows do not follow one another")?;
            let weights = stored.f32(&array("weight"), &[list.len()])?;
            let rows = starts.windows(2).map(|row| {
                let row = row[0] as usize..row[1] as usize;
                let weights = weights[row.clone()].iter().copied();
                list[row].iter().copied().zip(weights)
            });
            Kernel::Sparse(Lists::new(rows))
        }
        KernelSpec::Conv {
            groups,
            kernel,
            stride,
            pads,
        } => {
            let fits = groups > 0
                && from.planes[0].is_multiple_of(groups)
                && to[0].is_multiple_of(groups)
                && !kernel.contains(&0)
                && stride.iter().all(|s| (1..1 << 16).contains(s))
                && pads.iter().all(|p| *p < 1 << 24);
            if !fits {
                return Err("its geometry is impossible".into());
            }
            let shape = conv_shape(from.planes[0], to[0], groups, kernel);
            let weights = stored.f32(&array("weight"), &shape)?;
            let weight = |o: usize, i: usize, y: usize, x: usize| {
                weights[((o * shape[1] + i) * shape[2] + y) * shape[3] + x]
            };
            Kernel::Conv(ConvRows::new(
                from.planes,
                to,
                groups,
                kernel,
                stride,
                pads,
                weight,
            ))
        }
    })
}
