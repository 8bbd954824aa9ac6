//! Which slots the targets of a statement add to, and how these are told in tables.

use super::build::ShardBuilder;
use super::class::Class;
use super::connect::site::Site;
use super::fixed::FixedPlan;
use super::learners;
use super::placing::Place;
use super::spec::Delay;
use super::statements::own_share;
use crate::engine::unit::{CountPlane, FixedPlane, PlaneWeight, Route, Unit};
use crate::neuron::real::Real;
use crate::synapse::builder::WeightKind;
use crate::synapse::learner::Held as Weights;
use crate::synapse::table::Accumulators;

impl<R: Weights> ShardBuilder<'_, R> {
    /// Blocks in which the slots of static weighted synapses are told: one, or all that there are. One where
    /// the slot hangs on the sign of a weight, which is not known while synapses are counted; where rows would fall into
    /// too many segments; and where synapses that learn add to the same sums, since all addends of a sum must have
    /// the same block.
    pub(super) fn weighted_blocks(
        &self,
        sites: &[Site<'_>],
        classes: &[Class],
        places: &[Vec<Place>],
        expected: &[f64],
    ) -> u64 {
        let blocks = self.slots.sums.blocks();
        let mut weighted = (0..sites.len())
            .filter(|&i| matches!(classes[i].kind, WeightKind::F32 | WeightKind::F64));
        let fits = weighted.all(|i| {
            let spec = &self.spec.projections[i];
            let per_row = own_share(&sites[i], expected[i]) / spec.sources().max(1) as f64;
            !classes[i].plastic
                && matches!(spec.delay, Delay::Ticks(_))
                && places[i].iter().all(|p| p.slot[0] == p.slot[1])
                && per_row >= LEAST_SEGMENT * blocks as f64
        });
        if fits { blocks as u64 } else { 1 }
    }

    /// First slot, and number of slots, of the planes in which a counted statement's targets lie: they
    /// were reserved one after the other.
    pub(super) fn span(&self, places: &[Place]) -> Option<(usize, usize)> {
        let planes = || {
            places.iter().map(|p| {
                let (unit, base) = self.slots.counts16.owner(p.slot[0]);
                (base, base + self.units[unit].len())
            })
        };
        let base = planes().map(|p| p.0).min()?;
        let end = planes().map(|p| p.1).max()?;
        Some((base, end - base))
    }

    /// Reserves the planes that a statement needs and says where its targets find them.
    pub(super) fn places(
        &mut self,
        site: &Site<'_>,
        class: &Class,
        fixed: &FixedPlan,
    ) -> Vec<Place> {
        let mut planes: Vec<Option<usize>> = vec![None; self.units.len()];
        site.own
            .iter()
            .map(|range| {
                let id = site.to.id(range.start);
                let unit = self
                    .units
                    .iter()
                    .position(|u| id >= u.first_id && id - u.first_id < u.len() as u32)
                    .unwrap_or(0);
                let Self { units, slots, .. } = self;
                let population = units[unit].population;
                // The units of a population in the shard, one a cell: their planes follow one another.
                let first = units.partition_point(|u| u.population < population);
                let all = first..units.partition_point(|u| u.population <= population);
                let u = &units[unit];
                let local = (id - u.first_id) as usize;
                let route = u.route(site.spec.receptor);
                let mut quantum = None;
                let slot = match class.kind {
                    WeightKind::Packed { group, .. } => {
                        // Weights of both signs are not packed where the sign chooses.
                        let channel = match route {
                            Route::To(channel) => channel,
                            Route::BySign => group,
                        };
                        let held = fixed.quantum(u.population, channel);
                        quantum = Some(held);
                        if u.fixed[channel].is_none() {
                            for unit in all {
                                let n = units[unit].len();
                                units[unit].fixed[channel] = Some(FixedPlane {
                                    group,
                                    base: slots.fixed[group].plane(unit, n),
                                    scale: R::of(held.weight),
                                });
                            }
                        }
                        let plane = units[unit].fixed[channel];
                        [plane.map_or(0, |p| p.base) + local; 2]
                    }
                    WeightKind::F32 | WeightKind::F64 if class.plastic => {
                        // The channel stays, whatever becomes of the weight.
                        let channel = match route {
                            Route::To(channel) => channel,
                            Route::BySign => usize::from(learners::is_negative(&site.spec)),
                        };
                        [sums(units, slots, all, channel, unit) + local; 2]
                    }
                    WeightKind::F32 | WeightKind::F64 => {
                        let mut base = |c| sums(units, slots, all.clone(), c, unit);
                        match route {
                            Route::To(channel) => [base(channel) + local; 2],
                            Route::BySign => [base(0) + local, base(1) + local],
                        }
                    }
                    kind => {
                        let wide = kind == WeightKind::Count32;
                        if planes[unit].is_none() {
                            for unit in all {
                                let n = units[unit].len();
                                let base = if wide {
                                    slots.counts32.plane(unit, n)
                                } else {
                                    slots.counts16.plane(unit, n)
                                };
                                let weight = R::of(class.weight);
                                units[unit].counts.push(CountPlane {
                                    of: (site.index as u32, 0),
                                    wide,
                                    base,
                                    weight: PlaneWeight::One {
                                        weight,
                                        channel: route.channel(weight),
                                    },
                                });
                                planes[unit] = Some(base);
                            }
                        }
                        [planes[unit].unwrap_or(0) + local; 2]
                    }
                };
                Place {
                    range: range.clone(),
                    slot,
                    quantum,
                }
            })
            .collect()
    }
}

/// First slot of the plane of a unit's channel. The units of its population in the shard get theirs at once.
fn sums<R: Real>(
    units: &mut [Unit<R>],
    slots: &mut Accumulators<R>,
    all: std::ops::Range<usize>,
    channel: usize,
    unit: usize,
) -> usize {
    if units[unit].sums[channel].is_none() {
        for unit in all {
            let n = units[unit].len();
            units[unit].sums[channel] = Some(slots.sums.plane(unit, n));
        }
    }
    units[unit].sums[channel].unwrap_or(0)
}

/// Synapses that a segment should have.
const LEAST_SEGMENT: f64 = 16.0;
