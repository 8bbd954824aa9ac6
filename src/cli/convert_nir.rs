//! Between NIR files and definitions: the part of `spikewheel convert` for spiking networks.

use std::path::{Path, PathBuf};

use miette::{Report, miette};
use serde_json::json;

use super::nir::{DialectArgs, InputArgs, Session, is_nir, open};
use super::output::{put, put_json, refused, spares, writable};
use super::{Failure, Outcome};
use crate::convert::nir as lowered;
use crate::definition;
use crate::import::nir;
use crate::network::afford::refuse_if_too_large;
use crate::network::{BuildOptions, build, estimate};

/// What is asked for.
pub(super) struct Asked<'a> {
    pub model: &'a Path,
    /// A NIR file, by its ending, or the directory of a definition.
    pub out: &'a Path,
    pub dialect: &'a DialectArgs,
    pub input: &'a InputArgs,
    pub force: bool,
    pub json: bool,
}

/// Is this what `run` has to do with, and not a network of artificial neurons?
pub(super) fn concerns(model: &Path) -> bool {
    let definition = model
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("toml"));
    is_nir(model) || definition
}

/// Runs this part of the command.
pub(super) fn run(asked: &Asked<'_>) -> Outcome {
    match (is_nir(asked.model), is_nir(asked.out)) {
        (true, _) => from_nir(asked),
        (false, true) => to_nir(asked),
        (false, false) => Err(Failure::Input(vec![miette!(
            help = "`spikewheel convert network.toml -o network.nir` writes a definition as NIR",
            "`{}` is a definition already",
            asked.model.display()
        )])),
    }
}

/// From a NIR file to a definition that `run` takes, or to a NIR file that every reader takes.
fn from_nir(asked: &Asked<'_>) -> Outcome {
    let session = open(asked.model, asked.dialect)?;
    let done = if is_nir(asked.out) {
        may_write(asked)?;
        write_nir(&session.net, asked.out)?;
        asked.out.into()
    } else {
        write_definition(&session, asked)?
    };
    tell(asked, &session.told(asked.model), &done)
}

/// From a definition to a NIR file.
fn to_nir(asked: &Asked<'_>) -> Outcome {
    may_write(asked)?;
    super::nir::refuse(asked.dialect, asked.input)?;
    let loaded = definition::load(asked.model, &[]).map_err(refused)?;
    let needed = estimate::estimate(&loaded.spec);
    refuse_if_too_large(&loaded.spec, &needed)
        .map_err(|told| Failure::Input(vec![Report::msg(told)]))?;
    let network =
        build(&loaded.spec, &BuildOptions::default()).map_err(|e| Failure::Work(miette!("{e}")))?;
    let net = lowered::export(&loaded.spec, &network.synapses()).map_err(|all| {
        let in_file = |e| Report::msg(format!("{}: {e}", asked.model.display()));
        Failure::Input(all.into_iter().map(in_file).collect())
    })?;
    write_nir(&net, asked.out)?;
    tell(asked, &net.notes, asked.out)
}

fn tell(asked: &Asked<'_>, notes: &[String], file: &Path) -> Outcome {
    let file = file.display().to_string();
    if asked.json {
        return put_json(&json!({
            "model": asked.model.display().to_string(),
            "notes": notes,
            "file": file,
        }));
    }
    let mut lines = notes.to_vec();
    lines.push(format!("wrote {file}"));
    put(&lines.join("\n"))
}

fn may_write(asked: &Asked<'_>) -> Outcome {
    spares(asked.out, &[asked.model])?;
    writable(asked.out, asked.force)
}

fn write_nir(net: &nir::Nir, file: &Path) -> Outcome {
    let failed = |e: String| Failure::Work(miette!("{e}"));
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let told = |e: std::io::Error| format!("cannot write `{}`: {e}", file.display());
    let written = nir::write(net, &part, false);
    let written = written.and_then(|()| std::fs::rename(&part, file).map_err(told));
    written.map_err(|e| {
        let _ = std::fs::remove_file(&part);
        failed(e)
    })
}

/// The definition and its files, in a directory that appears whole.
fn write_definition(session: &Session, asked: &Asked<'_>) -> Result<PathBuf, Failure> {
    let out = asked.out;
    if out.exists() && !(out.is_dir() && asked.force) {
        return Err(Failure::Input(vec![miette!(
            help = "give another directory, or --force to replace what is in it",
            "`{}` exists already",
            out.display()
        )]));
    }
    let spec = session.spec(asked.model, asked.input)?;
    let inputs: Vec<&Path> = asked.input.files().chain([asked.model]).collect();
    let mut notes = session.told(asked.model);
    notes.push(
        "Potentials are those of the file, as mV. A spike takes a tick from layer to layer.".into(),
    );
    let written = lowered::written(&spec, &notes);
    let names = written.files.iter().map(|(name, _)| name.as_str());
    for name in names.chain(["network.toml"]) {
        spares(&out.join(name), &inputs)?;
    }
    let failed =
        |e: std::io::Error| Failure::Work(miette!("cannot write `{}`: {e}", out.display()));
    let mut part = out.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let _ = std::fs::remove_dir_all(&part);
    std::fs::create_dir_all(&part).map_err(failed)?;
    for (name, text) in &written.files {
        std::fs::write(part.join(name), text).map_err(failed)?;
    }
    std::fs::write(part.join("network.toml"), &written.definition).map_err(failed)?;
    if out.is_dir() {
        // Only what the new one replaces: a directory may hold other things.
        for entry in std::fs::read_dir(&part).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            std::fs::rename(entry.path(), out.join(entry.file_name())).map_err(failed)?;
        }
        std::fs::remove_dir(&part).map_err(failed)?;
    } else {
        std::fs::rename(&part, out).map_err(failed)?;
    }
    Ok(out.join("network.toml"))
}
