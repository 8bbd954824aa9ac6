//! `spikewheel study`: what becomes of a converted network when something about it is changed.

mod precision;
mod robustness;
mod sparsity;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use clap::Subcommand;
use miette::miette;
use serde_json::{Value, json};

use super::data_args::{DataArgs, ThreadArgs};
use super::interrupt::stop_on_ctrl_c;
use super::output::{put_json, refused, spares, writable};
use super::progress::counted;
use super::recorded::{refuse, undrawn};
use super::{Failure, Outcome};
use crate::convert::rate;
use crate::import::{self, DataSet};
use crate::model::{self, CodeSpec, Model};
use crate::parallel::Progress;
use crate::plot::PlotError;
use crate::plot::panels::{self, Panel, PanelOptions};
use crate::spiking::Network;
use crate::study::{Code, Set, Shown, Subject};

/// Study a converted network: coarser times and weights, noise, fewer weights
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  spikewheel study precision runs/digits.snn --data networks/models/digits.npz --divide-by 16 --plot runs/precision.png
  spikewheel study robustness runs/digits.snn --data networks/models/digits.npz --divide-by 16
  spikewheel study sparsity runs/digits.snn --data networks/models/digits.npz --calibrate networks/models/digits.npz --divide-by 16")]
pub struct Args {
    #[command(subcommand)]
    pub study: Study,
}

#[derive(Subcommand, Debug)]
pub enum Study {
    Precision(precision::Args),
    Robustness(robustness::Args),
    Sparsity(sparsity::Args),
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    match &args.study {
        Study::Precision(args) => precision::run(args),
        Study::Robustness(args) => robustness::run(args),
        Study::Sparsity(args) => sparsity::run(args),
    }
}

/// Samples that are shown unless --limit says another number.
const LIMIT: usize = 2_000;

/// What all studies are told.
#[derive(clap::Args, Debug)]
pub struct Common {
    /// Directory of the converted network
    pub model: PathBuf,
    /// Samples: .npz, .npy or .csv, by default the first 2,000
    #[arg(short, long, value_name = "FILE")]
    pub data: PathBuf,
    #[command(flatten)]
    pub samples: DataArgs,
    /// Take the samples as they are, though their range is not that of calibration
    #[arg(long)]
    pub any_range: bool,
    /// Draw a picture (.png)
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// Replace an existing picture
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub threads: ThreadArgs,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What a study works on.
struct Work {
    model: Model,
    data: DataSet,
    code: Code,
    threads: usize,
    progress: Arc<Progress>,
}

impl Work {
    fn new(common: &Common) -> Result<Self, Failure> {
        let model = model::read(&common.model).map_err(refused)?;
        let code = code(&model);
        let mut options = common.samples.options();
        options.limit = Some(options.limit.unwrap_or(LIMIT));
        let data = import::data(&common.data, &model.graph, &options).map_err(refused)?;
        let (file, any) = (&common.data, common.any_range);
        super::evaluate::fits(file, &common.samples, any, &model, &data)?;
        if let Some(file) = &common.plot {
            spares(file, &[&common.model, &common.data])?;
            writable(file, common.force)?;
        }
        let progress = Arc::new(Progress::default());
        let ask = Arc::clone(&progress);
        stop_on_ctrl_c(move || ask.stop.swap(true, Ordering::Relaxed))?;
        Ok(Self {
            model,
            data,
            code,
            threads: common.threads.count(),
            progress,
        })
    }

    /// The samples with what the trained network makes of them.
    fn set(&self) -> Result<Set<'_>, Failure> {
        let (values, labels) = (&self.data.values, self.data.labels.as_deref());
        let (graph, progress) = (&self.model.graph, &self.progress);
        counted(progress, self.data.count, "computing", || {
            Set::new_while(graph, values, labels, self.threads, progress)
        })
        .ok_or_else(stopped)
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            graph: &self.model.graph,
            seen: &self.model.seen,
            network: &self.model.network,
            sources: &self.model.sources,
            code: self.code,
        }
    }

    /// Calls `study`, which shows all samples `times` times.
    fn watched<T>(
        &self,
        times: usize,
        study: impl FnOnce(&Progress) -> Result<Option<T>, String>,
    ) -> Result<T, Failure> {
        let all = self.data.count * times;
        counted(&self.progress, all, "showing", || study(&self.progress))
            .map_err(refuse)?
            .ok_or_else(stopped)
    }

    /// What scores are of, with `unit` behind it.
    fn score(&self, unit: &str) -> String {
        let what = match self.data.labels {
            Some(_) => "accuracy",
            None => "agreement with the trained network",
        };
        format!("{what}{unit}")
    }

    /// For below the title of a picture: the code, the samples, and what else is to be said.
    fn facts(&self, more: &str) -> String {
        let code = match &self.model.network {
            Network::Exact(_) => "exact code".to_string(),
            Network::Rate(rate) => format!("rate code, {} steps", rate.settings.steps),
        };
        format!("{code}, {} samples{more}", self.data.count)
    }

    /// The same for panels of curves.
    fn draw_panels(&self, common: &Common, panels: &[Panel], facts: String) -> Outcome {
        let look = PanelOptions {
            title: self.model.graph.name.clone(),
            facts,
            columns: panels.len().min(2),
            ..PanelOptions::default()
        };
        self.draw(common, |path| panels::draw(panels, &look, path))
    }

    /// Draws the picture that was asked for.
    fn draw(&self, common: &Common, draw: impl FnOnce(&Path) -> Result<(), PlotError>) -> Outcome {
        match &common.plot {
            Some(file) => draw_whole(file, draw),
            None => Ok(()),
        }
    }

    /// Prints what all studies say as JSON, and `more`.
    fn put_json(&self, common: &Common, more: Value) -> Outcome {
        let mut all = json!({
            "model": common.model.display().to_string(),
            "network": self.model.graph.name,
            "code": self.model.network.code(),
            "data": common.data.display().to_string(),
            "samples": self.data.count,
            "plot": common.plot,
        });
        if let (Value::Object(all), Value::Object(more)) = (&mut all, more) {
            all.extend(more);
        }
        put_json(&all)
    }

    /// The first line of a report.
    fn head(&self, common: &Common) -> String {
        let labels = if self.data.labels.is_some() {
            ""
        } else {
            ", without labels: shares of decisions equal to the trained network's stand for accuracies"
        };
        format!(
            "{}: {}, {} samples of {}{labels}\n",
            common.model.display(),
            self.model.graph.name,
            self.data.count,
            common.data.display()
        )
    }
}

fn stopped() -> Failure {
    Failure::Work(miette!("stopped; nothing was written"))
}

/// How the network was converted, for others that are converted in the same way.
fn code(model: &Model) -> Code {
    match (&model.code, &model.network) {
        (
            CodeSpec::Rate {
                settings,
                threshold,
                per_channel,
                ..
            },
            Network::Rate(rate),
        ) => Code::Rate(rate::Options {
            settings: *settings,
            threshold: *threshold,
            per_channel: *per_channel,
            start: rate.start_share(),
        }),
        (
            CodeSpec::Exact {
                window, headroom, ..
            },
            _,
        ) => Code::Exact {
            window: *window,
            headroom: *headroom,
        },
        // A model has the code that it says.
        (CodeSpec::Rate { .. }, Network::Exact(ramp)) => Code::Exact {
            window: ramp.window,
            headroom: 1.0,
        },
    }
}

/// Draws a picture, in a directory that is made if it is not there.
fn draw_whole(path: &Path, draw: impl FnOnce(&Path) -> Result<(), PlotError>) -> Outcome {
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent)
            .map_err(|e| Failure::Work(miette!("cannot create `{}`: {e}", parent.display())))?;
    }
    draw(path).map_err(undrawn)
}

/// Numbers with commas between them.
fn strengths(text: &str) -> Result<f64, String> {
    text.trim()
        .parse::<f64>()
        .ok()
        .filter(|s| s.is_finite() && *s >= 0.0)
        .ok_or_else(|| format!("`{text}` is no number from 0 on"))
}

/// Share of right decisions, or of those as the trained network's, in per cent.
fn score(shown: &Shown) -> f64 {
    100.0 * shown.accuracy.unwrap_or(shown.agreement)
}

/// `98.65`, of a share.
fn hundredths(share: f64) -> String {
    format!("{:.2}", 100.0 * share)
}
