//! Tables of synapses to and from their description.

use std::sync::Arc;

use super::arrays::{Arrays, Stored};
use super::description::KernelSpec;
use crate::ann::shape;
use crate::spiking::{ConvRows, First, Kernel, Link, Lists, PoolRows, Shared, Sliding, Table};

/// Describes a kernel of so many sources; its weights go to arrays whose names begin with `name`. `before` are
/// the links of the population before this one.
pub(super) fn describe(
    kernel: &Kernel,
    before: &[Link],
    name: &str,
    sources: usize,
    arrays: &mut Arrays,
) -> KernelSpec {
    match kernel {
        Kernel::Same(weight) => KernelSpec::Same { weight: *weight },
        Kernel::Table(shared) => describe_shared(shared, before, name, sources, arrays),
        Kernel::Pool(pool) => describe_pool(pool, name, arrays),
        Kernel::Through { first, then } => {
            let (places, first) = match first {
                First::Pool(pool) => {
                    let spec = describe_pool(pool, &format!("{name}.first"), arrays);
                    (pool.to, spec)
                }
                First::Lists(lists) => {
                    let places = match &*then.table {
                        Table::Conv(c) => c.from,
                        table => [table.sources(), 1, 1],
                    };
                    let spec = describe_lists(lists, &format!("{name}.first"), sources, arrays);
                    (places, spec)
                }
            };
            let through = places.iter().product();
            let name = format!("{name}.then");
            let then = describe_shared(then, before, &name, through, arrays);
            KernelSpec::Through {
                places,
                first: Box::new(first),
                then: Box::new(then),
            }
        }
    }
}

fn describe_shared(
    shared: &Shared,
    before: &[Link],
    name: &str,
    sources: usize,
    arrays: &mut Arrays,
) -> KernelSpec {
    let same = |l: &Link| {
        let table = l.kernel.table();
        table.is_some_and(|t| Arc::ptr_eq(&t.table, &shared.table))
    };
    let table = match before.iter().position(same) {
        Some(link) => KernelSpec::TableOf { link },
        None => describe_table(&shared.table, name, sources, arrays),
    };
    match shared.factor {
        1.0 => table,
        factor => KernelSpec::Times {
            factor,
            table: Box::new(table),
        },
    }
}

fn describe_table(table: &Table, name: &str, sources: usize, arrays: &mut Arrays) -> KernelSpec {
    let part = |part: &str| format!("{name}.{part}");
    match table {
        Table::Rows { width, weight } => {
            let rows = weight.len() / (*width).max(1);
            arrays.f32(part("weight"), &[rows, *width], weight);
            KernelSpec::Rows
        }
        Table::Sparse(lists) => describe_lists(lists, name, sources, arrays),
        Table::Conv(c) => {
            let shape = conv_shape(c.from[0], c.to[0], c.groups, c.sliding.kernel);
            let mut weights = Vec::with_capacity(shape.iter().product());
            for o in 0..shape[0] {
                for i in 0..shape[1] {
                    for y in 0..shape[2] {
                        weights.extend((0..shape[3]).map(|x| c.weight(o, i, y, x)));
                    }
                }
            }
            arrays.f32(part("weight"), &shape, &weights);
            KernelSpec::Conv {
                groups: c.groups,
                kernel: c.sliding.kernel,
                stride: c.sliding.stride,
                dilation: c.sliding.dilation,
                pads: c.sliding.pads,
                transposed: c.sliding.transposed,
            }
        }
    }
}

fn describe_lists(lists: &Lists, name: &str, sources: usize, arrays: &mut Arrays) -> KernelSpec {
    let part = |part: &str| format!("{name}.{part}");
    let (mut starts, mut targets, mut weights) = (vec![0], Vec::new(), Vec::new());
    for id in 0..sources {
        lists.row(id, |to, w| {
            targets.push(to as u32);
            weights.push(w);
        });
        starts.push(targets.len() as u32);
    }
    arrays.u32(part("starts"), &[starts.len()], &starts);
    arrays.u32(part("targets"), &[targets.len()], &targets);
    arrays.f32(part("weight"), &[weights.len()], &weights);
    KernelSpec::Sparse
}

fn describe_pool(pool: &PoolRows, name: &str, arrays: &mut Arrays) -> KernelSpec {
    for (axis, shares) in pool.shares.iter().enumerate() {
        arrays.f64(format!("{name}.shares.{axis}"), &[shares.len()], shares);
    }
    KernelSpec::Pool {
        kernel: pool.sliding.kernel,
        stride: pool.sliding.stride,
        dilation: pool.sliding.dilation,
        pads: pool.sliding.pads,
    }
}

/// A geometry of which every place can be computed, if it is one.
fn checked(sliding: Sliding) -> Result<Sliding, String> {
    let small = |n: &usize| (1..1 << 16).contains(n);
    let fits = sliding.kernel.iter().all(small)
        && sliding.stride.iter().all(small)
        && sliding.dilation.iter().all(small)
        && sliding.pads.iter().all(|p| *p < 1 << 24);
    match fits {
        true => Ok(sliding),
        false => Err(IMPOSSIBLE.into()),
    }
}

fn conv_shape(inputs: usize, outputs: usize, groups: usize, [h, w]: [usize; 2]) -> [usize; 4] {
    [outputs, inputs / groups.max(1), h, w]
}

const IMPOSSIBLE: &str = "its geometry is impossible";

/// A kernel between populations of these planes, every target of which is there.
pub(super) fn restore(
    spec: KernelSpec,
    before: &[Link],
    name: &str,
    from: [usize; 3],
    to: [usize; 3],
    stored: &Stored,
) -> Result<Kernel, String> {
    let (sources, targets) = (from.iter().product::<usize>(), to.iter().product::<usize>());
    Ok(match spec {
        KernelSpec::Same { weight } => {
            if sources != targets || !weight.is_finite() {
                return Err(format!(
                    "{sources} neurons do not go to {targets} one by one"
                ));
            }
            Kernel::Same(weight)
        }
        KernelSpec::Pool { .. } => Kernel::Pool(restore_pool(&spec, name, from, to, stored)?),
        KernelSpec::Through {
            places,
            first,
            then,
        } => {
            shape::count(&places)?;
            let name = |part: &str| format!("{name}.{part}");
            let first = match *first {
                KernelSpec::Pool { .. } => {
                    First::Pool(restore_pool(&first, &name("first"), from, places, stored)?)
                }
                KernelSpec::Sparse => {
                    let all = places.iter().product();
                    First::Lists(restore_lists(&name("first"), sources, all, stored)?)
                }
                _ => return Err("only pools and lists lead to sums".into()),
            };
            let then = restore_shared(*then, before, &name("then"), places, to, stored)?;
            Kernel::Through { first, then }
        }
        table => Kernel::Table(restore_shared(table, before, name, from, to, stored)?),
    })
}

fn restore_shared(
    spec: KernelSpec,
    before: &[Link],
    name: &str,
    from: [usize; 3],
    to: [usize; 3],
    stored: &Stored,
) -> Result<Shared, String> {
    match spec {
        KernelSpec::Times { factor, table } => {
            if matches!(*table, KernelSpec::Times { .. }) || !factor.is_finite() {
                return Err("its factor is impossible".into());
            }
            let one = restore_shared(*table, before, name, from, to, stored)?;
            Ok(Shared { factor, ..one })
        }
        KernelSpec::TableOf { link } => {
            let shared = before.get(link).and_then(|l| l.kernel.table());
            let table = &shared.ok_or("it has the table of no earlier link")?.table;
            let fits = match &**table {
                Table::Conv(c) => c.from == from,
                table => table.sources() == from.iter().product::<usize>(),
            };
            match fits {
                true => Ok(Shared {
                    table: Arc::clone(table),
                    factor: 1.0,
                }),
                false => Err("the table of that link is of other sources".into()),
            }
        }
        table => Ok(restore_table(table, name, from, to, stored)?.into()),
    }
}

fn restore_table(
    spec: KernelSpec,
    name: &str,
    from: [usize; 3],
    to: [usize; 3],
    stored: &Stored,
) -> Result<Table, String> {
    let (sources, targets) = (from.iter().product::<usize>(), to.iter().product::<usize>());
    let weight = format!("{name}.weight");
    Ok(match spec {
        KernelSpec::Rows => Table::Rows {
            width: targets,
            weight: stored.f32(&weight, &[sources, targets])?,
        },
        KernelSpec::Sparse => Table::Sparse(restore_lists(name, sources, targets, stored)?),
        KernelSpec::Conv {
            groups,
            kernel,
            stride,
            dilation,
            pads,
            transposed,
        } => {
            if groups == 0 || !from[0].is_multiple_of(groups) || !to[0].is_multiple_of(groups) {
                return Err(IMPOSSIBLE.into());
            }
            let sliding = checked(Sliding {
                kernel,
                stride,
                dilation,
                pads,
                transposed,
            })?;
            let shape = conv_shape(from[0], to[0], groups, sliding.kernel);
            let weights = stored.f32(&weight, &shape)?;
            let weight = |o: usize, i: usize, y: usize, x: usize| {
                weights[((o * shape[1] + i) * shape[2] + y) * shape[3] + x]
            };
            Table::Conv(ConvRows::new(from, to, groups, sliding, weight))
        }
        _ => return Err("it has no weights of its own".into()),
    })
}

fn restore_lists(
    name: &str,
    sources: usize,
    targets: usize,
    stored: &Stored,
) -> Result<Lists, String> {
    let array = |part: &str| format!("{name}.{part}");
    let list = stored.list(&array("targets"), targets as u64)?;
    let end = list.len() as u64 + 1;
    let starts = stored.indices(&array("starts"), &[sources + 1], end)?;
    let starts: Option<Vec<u32>> = starts.into_iter().collect();
    let starts = starts
        .filter(|s| s.is_sorted() && s[0] == 0 && s[sources] as usize == list.len())
        .ok_or("its rows do not follow one another")?;
    let weights = stored.f32(&array("weight"), &[list.len()])?;
    Ok(Lists::new(starts.windows(2).map(|row| {
        let row = row[0] as usize..row[1] as usize;
        let weights = weights[row.clone()].iter().copied();
        list[row].iter().copied().zip(weights)
    })))
}

fn restore_pool(
    spec: &KernelSpec,
    name: &str,
    from: [usize; 3],
    to: [usize; 3],
    stored: &Stored,
) -> Result<PoolRows, String> {
    let KernelSpec::Pool {
        kernel,
        stride,
        dilation,
        pads,
    } = *spec
    else {
        return Err("it is no pool".into());
    };
    let sliding = checked(Sliding {
        kernel,
        stride,
        dilation,
        pads,
        transposed: false,
    })?;
    // Every place of a kernel is looked at from every source.
    if to[0] != from[0] || (0..2).any(|a| kernel[a].saturating_mul(from[a + 1]) > 1 << 28) {
        return Err(IMPOSSIBLE.into());
    }
    let shares = |axis: usize| stored.f64(&format!("{name}.shares.{axis}"), &[to[axis + 1]]);
    Ok(PoolRows::new(from, sliding, [shares(0)?, shares(1)?]))
}
