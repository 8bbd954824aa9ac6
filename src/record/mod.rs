//! Recorders: what a run produced, as files, and the way back.
//!
//! One run gives one HDF5 file. Spikes have the SONATA spike-report layout, state variables the
//! SONATA frame-report layout, so that other programs of the field open them as they are:
//!
//! ```text
//! /                             magic, version, and the run: definition, name, seed, ...
//! /spikes/POP/timestamps        f64  ms
//! /spikes/POP/node_ids          u32  index in the population, from 0
//! /spikes/POP/ticks             u64  the exact time; timestamps = ticks * resolution
//! /report/NAME/values           f64  frame after frame, grows during the run
//! /report/NAME/data             f32  (frames, neurons): written when the run ends
//! /report/NAME/mapping/...           which column is which neuron, and the time axis
//! ```
//!
//! `NAME` is the population if one state recording is made of it, else `POP.VARIABLE`; the
//! attributes `population` and `variable` of the group say it in any case. Other programs insist
//! on `f32` frames, which hold a potential of -70 mV to 4 µV only; `values` has every bit.
//!
//! Weights of plastic projections go to a file of their own, `weights.h5`. Its snapshots are SONATA
//! edge populations:
//!
//! ```text
//! /edges/NAME.WHEN/source_node_id, target_node_id   within the populations that node_population names
//! /edges/NAME.WHEN/edge_type_id, edge_group_id, edge_group_index
//! /edges/NAME.WHEN/0/syn_weight, delay              f64, the unit of the targets' input, and ms
//! /traces/NAME/source_node_id, source_population, target_node_id, target_population, delay
//! /traces/NAME/times, values                        values: sample after sample, one per synapse
//! ```
//!
//! `WHEN` is `start`, `end`, or a time such as `300ms`, `2.5s`. A projection between several populations
//! has an edge population for each pair, `NAME.A_to_B.WHEN`. A snapshot is whole if its group says
//! `complete = 1`.
//!
//! A file says `completed = 1` only after everything was written. Until then it is a valid file
//! that holds what was flushed so far, with columns of perhaps unequal length: the shortest counts.

mod csv;
mod earlier;
mod error;
mod hdf5_file;
mod layout;
mod recorder;
mod recording;
mod select;
mod weight_writer;
mod weights;
mod weights_hdf5;

pub use error::RecordError;
pub use recorder::{Earlier, RecordOptions, Recorder, Summary};
pub use recording::{Attribute, Population, Recording, StateTrace};
pub(crate) use select::{Part, parts, unknown};
pub use select::{SelectError, Selection};
pub use weights::{RecordedWeights, SavedSynapse, Snapshot, TracedWeights, Weights};
