//! What a checkpoint says of its run: the definition with its files, and when it is written.

use std::sync::Arc;

use miette::miette;

use super::Failure;
use super::job::CheckpointPlan;
use crate::definition::{Loaded, Override};
use crate::network::spec::PS_PER_MS;
use crate::snapshot::About;

/// Checkpoints every so many ms of simulated and of wall time.
pub(super) fn plan(
    loaded: &Loaded,
    set: &[Override],
    every: Option<f64>,
    wall: Option<f64>,
) -> Result<CheckpointPlan, Failure> {
    let mut files = Vec::new();
    for path in &loaded.files {
        let bytes = std::fs::read(path).map_err(|e| {
            Failure::Work(miette!(
                "cannot read `{}` for the checkpoint: {e}",
                path.display()
            ))
        })?;
        files.push(Arc::new(bytes));
    }
    let ticks = |ms: f64| {
        let ticks = (ms * PS_PER_MS / loaded.spec.resolution_ps as f64).round();
        (ticks as u64).max(1)
    };
    Ok(CheckpointPlan {
        about: About {
            program: env!("CARGO_PKG_VERSION").into(),
            path: loaded.path.to_string_lossy().into_owned(),
            text: loaded.text.clone(),
            overrides: set
                .iter()
                .map(|o| (o.name.clone(), o.value.clone()))
                .collect(),
            files: loaded
                .files
                .iter()
                .map(|f| f.to_string_lossy().into_owned())
                .collect(),
            every: every.map(ticks),
            every_wall: wall.map(|ms| ms / 1000.0),
            ..About::default()
        },
        files,
        keep_first: false,
    })
}
