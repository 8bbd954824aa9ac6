//! What a checkpoint says of its run: the definition with its files, and when it is written.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::miette;

use super::job::CheckpointPlan;
use super::nir::{DialectArgs, Session};
use super::output::refused;
use super::recorded::refuse;
use super::{Failure, nir};
use crate::convert::nir as lowered;
use crate::definition::{self, Loaded, Override};
use crate::network::spec::PS_PER_MS;
use crate::snapshot::{About, NirFile, Snapshot};

/// Names as a definition has them, and contents.
pub(super) type Files = Vec<(String, Arc<Vec<u8>>)>;

/// Ms of simulated and of wall time from one checkpoint to the next.
#[derive(Clone, Copy)]
pub(super) struct Every {
    pub simulated: Option<f64>,
    pub wall: Option<f64>,
}

fn read(path: &Path) -> Result<Arc<Vec<u8>>, Failure> {
    let bytes = std::fs::read(path).map_err(|e| {
        Failure::Work(miette!(
            "cannot read `{}` for the checkpoint: {e}",
            path.display()
        ))
    })?;
    Ok(Arc::new(bytes))
}

/// The files that a definition names.
pub(super) fn files(loaded: &Loaded) -> Result<Files, Failure> {
    let named = loaded.files.iter();
    named
        .map(|path| Ok((path.to_string_lossy().into_owned(), read(path)?)))
        .collect()
}

/// Those that a checkpoint has.
pub(super) fn files_in(snapshot: &Snapshot) -> Result<Files, Failure> {
    let named = snapshot.about.files.iter().enumerate();
    named
        .map(|(k, name)| Ok((name.clone(), Arc::new(snapshot.file(k).map_err(refuse)?))))
        .collect()
}

/// A definition whose files are not where it says.
pub(super) fn definition_among(
    text: &str,
    path: &Path,
    set: &[Override],
    files: &Files,
) -> Result<Loaded, Failure> {
    let directory = tempfile::tempdir().map_err(not_unpacked)?;
    let mut instead = HashMap::new();
    for (k, (name, bytes)) in files.iter().enumerate() {
        let path = PathBuf::from(name);
        let own = directory.path().join(k.to_string());
        std::fs::create_dir(&own).map_err(not_unpacked)?;
        // The ending of a name says how to read the file.
        let place = own.join(path.file_name().unwrap_or("file".as_ref()));
        std::fs::write(&place, &**bytes).map_err(not_unpacked)?;
        instead.insert(path, place);
    }
    definition::parse_among(text, path, set, instead).map_err(refused)
}

fn not_unpacked(e: std::io::Error) -> Failure {
    Failure::Work(miette!("cannot unpack the checkpoint: {e}"))
}

/// Checkpoints of a run.
pub(super) fn plan(
    loaded: &Loaded,
    set: &[Override],
    files: Files,
    every: Every,
) -> CheckpointPlan {
    let ticks = |ms: f64| {
        let ticks = (ms * PS_PER_MS / loaded.spec.resolution_ps as f64).round();
        (ticks as u64).max(1)
    };
    let (names, files) = files.into_iter().unzip();
    CheckpointPlan {
        about: About {
            program: env!("CARGO_PKG_VERSION").into(),
            path: loaded.path.to_string_lossy().into_owned(),
            text: loaded.text.clone(),
            overrides: set
                .iter()
                .map(|o| (o.name.clone(), o.value.clone()))
                .collect(),
            files: names,
            every: every.simulated.map(ticks),
            every_wall: every.wall.map(|ms| ms / 1000.0),
            ..About::default()
        },
        files,
        keep_first: false,
    }
}

/// Checkpoints of a run of a NIR file: it becomes the run of the definition that `spikewheel convert` would write. The
/// file goes along, since spikes are told in its steps, too.
pub(super) fn plan_nir(
    loaded: &Loaded,
    session: &Session,
    dialect: &DialectArgs,
    every: Every,
) -> Result<(Loaded, CheckpointPlan), Failure> {
    let written = lowered::written(&loaded.spec, &session.told(&loaded.path));
    let mut files: Files = written
        .files
        .into_iter()
        .map(|(name, text)| (name, Arc::new(text.into_bytes())))
        .collect();
    let path = loaded.path.file_name().unwrap_or_default();
    let path = Path::new(path).with_extension("toml");
    let mut definition = definition_among(&written.definition, &path, &[], &files)?;
    definition.warnings.clone_from(&loaded.warnings);
    let kept = NirFile {
        number: files.len(),
        options: dialect.words(),
    };
    files.push(("network.nir".into(), read(&loaded.path)?));
    let mut plan = plan(&definition, &[], files, every);
    plan.about.nir = Some(kept);
    Ok((definition, plan))
}

/// The NIR file that a checkpoint was of.
pub(super) fn session(snapshot: &Snapshot) -> Result<Option<Session>, Failure> {
    let Some(kept) = &snapshot.about.nir else {
        return Ok(None);
    };
    let directory = tempfile::tempdir().map_err(not_unpacked)?;
    let path = directory.path().join("network.nir");
    std::fs::write(&path, snapshot.file(kept.number).map_err(refuse)?).map_err(not_unpacked)?;
    let dialect = DialectArgs::of_words(&kept.options).map_err(refuse)?;
    nir::open(&path, &dialect).map(Some)
}
