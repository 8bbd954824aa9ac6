//! NIR files on the command line: how they are read, what they are given, and spikes counted in steps.

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::Parser as _;
use miette::{Report, miette};

use super::output::refused;
use super::{Failure, recorded};
use crate::convert::nir::{self as lowered, Lowered, Plan};
use crate::definition::{Diagnostic, Loaded, OutputOptions, expression};
use crate::import::findings::{names, suggest};
use crate::import::nir::{self, Choice, Dialect, Feed, Nir, Reset, Spike, input};
use crate::network::spec::NetworkSpec;
use crate::record::Recording;
use crate::units::Dimension;

/// How the numbers of a NIR file are meant, where it does not say so.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "NIR files")]
pub struct DialectArgs {
    /// Time step behind the file, such as '0.1 ms', or a number in its own unit of time (1: it counts
    /// steps) [default: told from its numbers]
    #[arg(long, value_name = "TIME", value_parser = time_step)]
    pub nir_dt: Option<f64>,
    /// What a spike is: the value 1 held for a step (box), or a pulse of area 1 (dirac)
    #[arg(long, value_name = "KIND", value_parser = ["box", "dirac"])]
    pub nir_spike: Option<String>,
    /// What a spike does to the potential: take off the threshold (subtract), or set it to v_reset (value)
    #[arg(long, value_name = "KIND", value_parser = ["subtract", "value"])]
    pub nir_reset: Option<String>,
}

impl DialectArgs {
    pub(super) fn choice(&self) -> Choice {
        Choice {
            time_step: self.nir_dt,
            spike: self.nir_spike.as_ref().map(|s| match s.as_str() {
                "dirac" => Spike::Dirac,
                _ => Spike::Box,
            }),
            reset: self.nir_reset.as_ref().map(|r| match r.as_str() {
                "subtract" => Reset::Subtract,
                _ => Reset::ToValue,
            }),
        }
    }

    /// As they are written on a command line.
    pub(super) fn words(&self) -> Vec<String> {
        let step = self.nir_dt.map(|step| step.to_string());
        [
            ("--nir-dt", step),
            ("--nir-spike", self.nir_spike.clone()),
            ("--nir-reset", self.nir_reset.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some([name.to_string(), value?]))
        .flatten()
        .collect()
    }

    /// The way back of `words`.
    pub(super) fn of_words(words: &[String]) -> Result<Self, String> {
        #[derive(clap::Parser)]
        #[command(no_binary_name = true)]
        struct Words {
            #[command(flatten)]
            dialect: DialectArgs,
        }
        let words = Words::try_parse_from(words).map_err(|e| e.to_string())?;
        Ok(words.dialect)
    }

    fn given(&self) -> Option<&'static str> {
        [
            ("--nir-dt", self.nir_dt.is_some()),
            ("--nir-spike", self.nir_spike.is_some()),
            ("--nir-reset", self.nir_reset.is_some()),
        ]
        .into_iter()
        .find_map(|(name, given)| given.then_some(name))
    }
}

/// What a NIR network is run on.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "NIR files")]
pub struct InputArgs {
    /// Input: spikes (time_ms or step, neuron), a row of values for each step, or one row that stays;
    /// .csv, .npy, .npz or SONATA .h5. NAME=FILE if there are several inputs
    #[arg(long, value_name = "FILE")]
    pub input: Vec<String>,
    /// Columns of a table that are the input, if it has others: FIRST..END, from 0
    #[arg(long, value_name = "RANGE", value_parser = columns, requires = "input")]
    pub columns: Option<(usize, usize)>,
    /// How long to run, such as '100 ms' [default: as long as there is input]
    #[arg(long, value_name = "TIME", value_parser = recorded::time)]
    pub duration: Option<f64>,
    /// Also record the potential of this node
    #[arg(long, value_name = "NODE")]
    pub potential: Vec<String>,
    /// Steps to run, in place of --duration
    #[arg(long, value_name = "N", conflicts_with = "duration", value_parser = clap::value_parser!(u64).range(1..))]
    pub nir_steps: Option<u64>,
}

impl InputArgs {
    /// Paths that it may read: of NAME=FILE what is behind the sign, or all of it.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.input
            .iter()
            .flat_map(|given| [Some(given.as_str()), given.split_once('=').map(|p| p.1)])
            .flatten()
            .map(Path::new)
    }
}

/// A time step in seconds, or a plain number.
fn time_step(text: &str) -> Result<f64, String> {
    let read = expression::evaluate(text, &expression::Scope::default());
    let value = match read {
        Ok(q) if q.dimension == Dimension::TIME => q.value / 1e3,
        Ok(q) if q.dimension == Dimension::NONE => q.value,
        _ => f64::NAN,
    };
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err("expected a time such as '0.1 ms', or a positive number".into())
    }
}

fn columns(text: &str) -> Result<(usize, usize), String> {
    let read = || {
        let (first, end) = text.split_once("..")?;
        Some((first.trim().parse().ok()?, end.trim().parse().ok()?))
    };
    read()
        .filter(|(first, end)| first < end)
        .ok_or_else(|| "expected FIRST..END, for example 0..1".into())
}

/// Is it a NIR file, by its name?
pub(super) fn is_nir(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("nir"))
}

/// Options that a definition has no use for.
pub(super) fn refuse(dialect: &DialectArgs, input: &InputArgs) -> Result<(), Failure> {
    let own = [
        ("--input", !input.input.is_empty()),
        ("--nir-steps", input.nir_steps.is_some()),
        ("--duration", input.duration.is_some()),
        ("--potential", !input.potential.is_empty()),
    ];
    let given = own
        .into_iter()
        .find_map(|(name, given)| given.then_some(name));
    match dialect.given().or(given) {
        None => Ok(()),
        Some(name) => Err(Failure::Input(vec![miette!(
            help = "a definition says itself what goes in and for how long; \
                    `--set simulation.duration=\"1 s\"` changes a value of it",
            "{name} belongs to NIR files (.nir)"
        )])),
    }
}

/// A NIR network that is ready to run.
pub(super) struct Session {
    pub net: Nir,
    pub dialect: Dialect,
    pub low: Lowered,
}

/// Reads a file and finds out what it means.
pub(super) fn open(path: &Path, dialect: &DialectArgs) -> Result<Session, Failure> {
    let net = nir::read(path).map_err(refused)?;
    let d = Dialect::chosen(&net, &dialect.choice());
    let low = lowered::lower(&net, &d).map_err(|all| {
        let in_file = |mut e: Diagnostic| {
            e.message = format!("{}: {}", path.display(), e.message);
            e
        };
        refused(all.into_iter().map(in_file).collect())
    })?;
    Ok(Session {
        net,
        dialect: d,
        low,
    })
}

impl Session {
    /// How the file is read, in lines; the recording keeps them as its definition.
    pub fn told(&self, path: &Path) -> Vec<String> {
        let d = &self.dialect;
        let mut out = vec![
            format!("{}: NIR, written by {}", path.display(), d.producer),
            format!(
                "a step is {} ms, {} tick{}; a spike is {}; the reset {}",
                lowered::step_ms(d),
                self.low.ticks_per_step,
                if self.low.ticks_per_step == 1 {
                    ""
                } else {
                    "s"
                },
                match d.spike {
                    Spike::Box => "the value 1 for a step",
                    Spike::Dirac => "a pulse of area 1",
                },
                match d.reset {
                    Reset::ToValue => "sets v_reset",
                    Reset::Subtract => "subtracts the threshold",
                }
            ),
        ];
        out.extend(d.evidence.iter().map(|e| format!("because {e}")));
        out.extend(self.net.notes.iter().map(|n| format!("mended: {n}")));
        out.extend(self.low.notes.iter().cloned());
        out
    }

    /// What goes into each entry.
    fn feeds(&self, args: &InputArgs) -> Result<Vec<Feed>, Failure> {
        let entries = &self.low.entries;
        let shown: Vec<&str> = entries.iter().map(|e| e.name.as_str()).collect();
        let mut feeds = vec![Feed::Nothing; entries.len()];
        let mut errors: Vec<Report> = Vec::new();
        for given in &args.input {
            let named = given.split_once('=').and_then(|(name, file)| {
                let at = shown.iter().position(|n| *n == name);
                at.map(|at| (at, file))
            });
            let (at, file) = match (named, entries.len()) {
                (Some(named), _) => named,
                (None, 1) => (0, given.as_str()),
                (None, _) => {
                    let name = given.split('=').next().unwrap_or_default();
                    errors.push(miette!(
                        help = format!("write --input NAME=FILE; {}", suggest(name, &shown)),
                        "the network has {} inputs ({}), and `{given}` names none of them",
                        entries.len(),
                        names(&shown)
                    ));
                    continue;
                }
            };
            if feeds[at] != Feed::Nothing {
                errors.push(miette!("input `{}` is given twice", shown[at]));
                continue;
            }
            let wanted = input::Wanted {
                shape: &entries[at].shape,
                step_ms: lowered::step_ms(&self.dialect),
                columns: args.columns,
            };
            match input::read(Path::new(file), wanted) {
                Ok(feed) => feeds[at] = feed,
                Err(all) => errors.extend(all.into_iter().map(Report::new)),
            }
        }
        if errors.is_empty() {
            Ok(feeds)
        } else {
            Err(Failure::Input(errors))
        }
    }

    /// The specification for this input.
    pub fn spec(&self, path: &Path, args: &InputArgs) -> Result<NetworkSpec, Failure> {
        let feeds = self.feeds(args)?;
        let step_ms = lowered::step_ms(&self.dialect);
        let asked = args
            .nir_steps
            .or(args.duration.map(|ms| (ms / step_ms).round() as u64));
        let Some(steps) = asked.or(feeds.iter().filter_map(Feed::steps).max()) else {
            return Err(Failure::Input(vec![miette!(
                help = "say --duration '100 ms' or --nir-steps N",
                "how long to run is not known: {}",
                if args.input.is_empty() {
                    "there is no input (--input FILE)"
                } else {
                    "the input has no end of its own"
                }
            )]));
        };
        let mut potentials = Vec::new();
        let layers = &self.low.layers;
        for name in &args.potential {
            let found = layers
                .iter()
                .position(|l| l.name == *name || self.net.nodes[l.node].name == *name);
            match found {
                Some(layer) => potentials.push(layer),
                None => {
                    let valid: Vec<&str> = layers.iter().map(|l| l.name.as_str()).collect();
                    return Err(Failure::Input(vec![miette!(
                        help = suggest(name, &valid),
                        "there is no neuron node `{name}`"
                    )]));
                }
            }
        }
        let plan = Plan {
            name: path
                .file_stem()
                .map_or_else(String::new, |s| s.to_string_lossy().into_owned()),
            feeds,
            steps,
            potentials,
        };
        lowered::network(&self.low, &self.dialect, &plan)
            .map_err(|e| Failure::Input(vec![Report::msg(e)]))
    }

    /// Spikes of every layer in steps of the file, as a tool that computes in steps has them:
    /// node, neuron, step, in this order.
    pub fn write_steps(&self, recording: &Recording, path: &Path) -> Result<(), Failure> {
        let failed =
            |e: std::io::Error| Failure::Work(miette!("cannot write `{}`: {e}", path.display()));
        let Some(tick_ms) = recording.resolution else {
            return Ok(());
        };
        let part = path.with_extension("csv.part");
        let mut out = BufWriter::new(std::fs::File::create(&part).map_err(failed)?);
        writeln!(out, "node,neuron,step").map_err(failed)?;
        for (i, layer) in self.low.layers.iter().enumerate() {
            let Some(p) = recording.population(&layer.name) else {
                continue;
            };
            let name = &self.net.nodes[layer.node].name;
            for (time, neuron) in p.times.iter().zip(&p.ids) {
                let tick = (time / tick_ms).round() as u64;
                if let Some(step) = self.low.step_of(i, tick) {
                    writeln!(out, "{},{neuron},{step}", cell(name)).map_err(failed)?;
                }
            }
        }
        out.flush().map_err(failed)?;
        drop(out);
        std::fs::rename(&part, path).map_err(failed)
    }
}

/// A name as a cell of a table.
fn cell(name: &str) -> String {
    if name.contains([',', '"', '\n']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.into()
    }
}

/// A NIR file as what `run` takes.
pub(super) fn load(
    path: &Path,
    dialect: &DialectArgs,
    args: &InputArgs,
) -> Result<(Loaded, Session), Failure> {
    let session = open(path, dialect)?;
    let spec = session.spec(path, args)?;
    let mut text = String::new();
    for line in session.told(path) {
        let _ = writeln!(text, "{line}");
    }
    let loaded = Loaded {
        spec,
        text,
        path: PathBuf::from(path),
        warnings: session
            .low
            .notes
            .iter()
            .map(|n| Diagnostic::warning(n.as_str()))
            .collect(),
        output: OutputOptions::default(),
        files: args
            .files()
            .chain([path])
            .filter(|f| f.is_file())
            .map(PathBuf::from)
            .collect(),
    };
    Ok((loaded, session))
}
