//! `spikewheel weights`: what became of plastic weights, in figures and pictures.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use miette::miette;
use serde_json::json;

use super::output::{put, put_json};
use super::recorded::{LookArgs, refuse, size, undrawn};
use super::{Failure, Outcome};
use crate::analysis::weights::{QUANTILES, WeightSummary};
use crate::definition::describe::table;
use crate::plot::weights::WeightOptions;
use crate::plot::{weights, weights_over_time};
use crate::record::{RecordError, RecordedWeights, Snapshot, Weights};

/// Show how plastic weights are distributed and how they changed, in figures and pictures.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  \
    spikewheel weights runs/learning-001\n  \
    spikewheel weights runs/learning-001 --of input_output --at end --json\n  \
    spikewheel weights runs/learning-001 --at end --synapses --csv > edges.csv\n\n\
What to record is said in the definition: [recording] weights = [{ projection = 0, at = [\"start\", \"end\"] }].\n\
Pictures: weights.png (distributions of snapshots) and weights_over_time.png (traces, and mean and\n\
quantiles of snapshots), beside the file unless --out names another directory. Quantiles lie on the\n\
straight line between neighbours; std is over all synapses. A bound is that of the learning rule.")]
pub struct Args {
    /// File of weights (.h5) or run directory
    pub recording: PathBuf,
    /// Recording, as it is called in the definition; may be repeated [default: all]
    #[arg(long = "of", value_name = "NAME")]
    pub of: Vec<String>,
    /// Only snapshots of this time, such as start, end, 300ms or 2.5s; may be repeated
    #[arg(long = "at", value_name = "WHEN")]
    pub at: Vec<String>,
    /// Directory for the pictures [default: that of the file]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Draw no pictures; so it is with --json and --csv, unless --out is given
    #[arg(long, conflicts_with = "out")]
    pub no_plot: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print CSV, a row per snapshot
    #[arg(long)]
    pub csv: bool,
    /// A row per synapse instead; its columns are those that a list of synapses is read from
    #[arg(long, requires = "csv")]
    pub synapses: bool,
    /// Width and height [default: 1200 wide, as high as the panels need]
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub size: Option<(u32, u32)>,
    #[command(flatten)]
    pub look: LookArgs,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let (path, file) = open(&args.recording)?;
    let chosen = chosen(args, &file)?;
    if args.synapses {
        return synapses(&file, &chosen);
    }
    let sums = chosen
        .iter()
        .map(|(r, s)| WeightSummary::of(&file, r, s))
        .collect::<Result<Vec<_>, _>>()
        .map_err(refuse)?;
    let options = WeightOptions {
        select: args.of.clone(),
        size: args.size,
        scale: Some(args.look.scale),
        title: args.look.title.clone(),
        theme: args.look.theme(),
    };
    let wanted = args.out.is_some() || !(args.no_plot || args.json || args.csv);
    let drawn = if wanted {
        let directory = match &args.out {
            Some(out) => {
                std::fs::create_dir_all(out).map_err(|e| {
                    Failure::Work(miette!("cannot create `{}`: {e}", out.display()))
                })?;
                out.clone()
            }
            None => path.parent().map(Path::to_path_buf).unwrap_or_default(),
        };
        pictures(&file, &options, &directory).map_err(undrawn)?
    } else {
        Vec::new()
    };
    if args.json {
        return put_json(&to_json(&file, &chosen, &sums, &drawn));
    }
    if args.csv {
        return put(&to_csv(&sums));
    }
    let selected = file.select(&args.of).map_err(refuse)?;
    let selected: Vec<String> = selected.into_iter().map(|r| r.name.clone()).collect();
    put(&to_text(&file, &selected, &sums, &drawn))
}

/// The file of weights that is meant.
fn open(path: &Path) -> Result<(PathBuf, Weights), Failure> {
    let file = if path.is_dir() {
        path.join("weights.h5")
    } else {
        path.to_path_buf()
    };
    if path.is_dir() && !file.exists() {
        return Err(Failure::Input(vec![miette!(
            help = "state in the definition what to record: [recording] weights = [{{ projection = 0, at = [\"start\", \"end\"] }}]",
            "`{}` holds no weights (weights.h5)",
            path.display()
        )]));
    }
    let weights = Weights::open(&file).map_err(|e: RecordError| refuse(e))?;
    Ok((file, weights))
}

type Chosen<'a> = Vec<(&'a RecordedWeights, &'a Snapshot)>;

fn chosen<'a>(args: &Args, file: &'a Weights) -> Result<Chosen<'a>, Failure> {
    let recordings = file.select(&args.of).map_err(refuse)?;
    for at in &args.at {
        let known = recordings.iter().flat_map(|r| &r.snapshots);
        let mut labels: Vec<&str> = known.map(|s| s.label.as_str()).collect();
        labels.dedup();
        if !labels.contains(&at.as_str()) {
            return Err(refuse(format_args!(
                "there is no snapshot `{at}`; there are: {}",
                labels.join(", ")
            )));
        }
    }
    let wanted = |s: &Snapshot| args.at.is_empty() || args.at.contains(&s.label);
    Ok(recordings
        .into_iter()
        .flat_map(|r| r.snapshots.iter().map(move |s| (r, s)))
        .filter(|(_, s)| wanted(s))
        .collect())
}

/// Draws what there is to draw; returns what was drawn.
pub(super) fn pictures(
    file: &Weights,
    options: &WeightOptions,
    directory: &Path,
) -> Result<Vec<PathBuf>, crate::plot::PlotError> {
    let mut drawn = Vec::new();
    let selected = file.select(&options.select)?;
    if selected.iter().any(|r| !r.snapshots.is_empty()) {
        let path = directory.join("weights.png");
        weights::draw(file, options, &path)?;
        drawn.push(path);
    }
    if selected.iter().any(|r| weights_over_time::possible(r)) {
        let path = directory.join("weights_over_time.png");
        weights_over_time::draw(file, options, &path)?;
        drawn.push(path);
    }
    Ok(drawn)
}

/// With four significant digits.
fn figure(v: f64) -> String {
    if !v.is_finite() {
        return "-".into();
    }
    if v != 0.0 && !(1e-3..1e5).contains(&v.abs()) {
        return format!("{v:.3e}");
    }
    let digits = if v == 0.0 {
        0
    } else {
        3 - v.abs().log10().floor() as i32
    };
    format!("{v:.*}", digits.clamp(0, 6) as usize)
}

fn share(v: Option<f64>) -> String {
    v.map_or_else(|| "-".into(), |v| format!("{:.1} %", 100.0 * v))
}

fn to_text(
    file: &Weights,
    selected: &[String],
    sums: &[WeightSummary],
    drawn: &[PathBuf],
) -> String {
    let mut out = format!("{}\n", file.name);
    for r in &file.recordings {
        let of: Vec<&WeightSummary> = sums.iter().filter(|s| s.recording == r.name).collect();
        if of.is_empty() && (r.traces.is_none() || !selected.contains(&r.name)) {
            continue;
        }
        let bound = |b: Option<f64>, what: &str| {
            b.map_or_else(String::new, |b| format!(", {what} bound {b} {}", r.unit))
        };
        out.push_str(&format!(
            "\n{}: {}{}{}\n",
            r.name,
            if r.rule.is_empty() {
                "weights"
            } else {
                &r.rule
            },
            bound(r.lower, "lower"),
            bound(r.upper, "upper").trim_end(),
        ));
        if let Some(t) = &r.traces {
            out.push_str(&match t.synapses.len() {
                0 => "  no synapse connects the pairs that were to be followed\n".into(),
                n => format!("  courses of {n} synapses in {} samples\n", t.times.len()),
            });
        }
        if of.is_empty() {
            continue;
        }
        let heads = [
            "snapshot",
            "time (ms)",
            "synapses",
            "mean",
            "std",
            "5 %",
            "25 %",
            "50 %",
            "75 %",
            "95 %",
            "at lower",
            "at upper",
        ];
        let mut rows = vec![heads.map(String::from).to_vec()];
        rows.extend(of.iter().map(|s| {
            let mut row = vec![
                s.snapshot.clone(),
                s.time_ms.to_string(),
                s.count.to_string(),
                figure(s.mean),
                figure(s.std),
            ];
            row.extend(s.quantiles.iter().map(|q| figure(*q)));
            row.extend([share(s.at_lower), share(s.at_upper)]);
            row
        }));
        let right: Vec<usize> = (1..heads.len()).collect();
        out.push_str(&table(&rows, &right));
    }
    if !file.completed {
        out.push_str("\nThe run did not come to its end.\n");
    }
    if !drawn.is_empty() {
        out.push('\n');
    }
    for path in drawn {
        out.push_str(&format!("{}\n", path.display()));
    }
    out
}

fn to_json(
    file: &Weights,
    chosen: &Chosen<'_>,
    sums: &[WeightSummary],
    drawn: &[PathBuf],
) -> serde_json::Value {
    let of = |r: &RecordedWeights| -> Vec<serde_json::Value> {
        let own = chosen
            .iter()
            .zip(sums)
            .filter(|((c, _), _)| c.name == r.name);
        own.map(|(_, s)| {
            json!({
                "snapshot": s.snapshot,
                "time_ms": s.time_ms,
                "count": s.count,
                "mean": s.mean,
                "std": s.std,
                "min": s.min,
                "max": s.max,
                "quantiles": s.quantiles,
                "at_lower": s.at_lower,
                "at_upper": s.at_upper,
            })
        })
        .collect()
    };
    let mut names: Vec<&str> = chosen.iter().map(|(r, _)| r.name.as_str()).collect();
    names.dedup();
    let recordings: Vec<serde_json::Value> = file
        .recordings
        .iter()
        .filter(|r| names.contains(&r.name.as_str()))
        .map(|r| {
            json!({
                "name": r.name,
                "rule": r.rule,
                "unit": r.unit,
                "lower": r.lower,
                "upper": r.upper,
                "snapshots": of(r),
                "traced_synapses": r.traces.as_ref().map_or(0, |t| t.synapses.len()),
            })
        })
        .collect();
    json!({
        "name": file.name,
        "completed": file.completed,
        "quantiles_at": QUANTILES,
        "recordings": recordings,
        "files": drawn.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
    })
}

fn to_csv(sums: &[WeightSummary]) -> String {
    let mut out = String::from("recording,snapshot,time_ms,unit,count,mean,std,min,max");
    for q in QUANTILES {
        out.push_str(&format!(",q{q}"));
    }
    out.push_str(",at_lower,at_upper\n");
    let cell = |v: Option<f64>| {
        v.filter(|v| v.is_finite())
            .map_or_else(String::new, |v| v.to_string())
    };
    for s in sums {
        out.push_str(&format!(
            "{},{},{},{},{}",
            s.recording, s.snapshot, s.time_ms, s.unit, s.count
        ));
        let figures = [s.mean, s.std, s.min, s.max];
        let figures = figures.iter().chain(&s.quantiles).map(|v| Some(*v));
        for v in figures.chain([s.at_lower, s.at_upper]) {
            out.push(',');
            out.push_str(&cell(v));
        }
        out.push('\n');
    }
    out
}

/// All synapses as CSV, snapshot by snapshot.
fn synapses(file: &Weights, chosen: &Chosen<'_>) -> Outcome {
    let write = || -> Result<io::Result<()>, RecordError> {
        let mut out = BufWriter::new(io::stdout().lock());
        if let Err(e) = out.write_all(
            b"source,target,weight,delay_ms,source_population,target_population,recording,snapshot\n",
        ) {
            return Ok(Err(e));
        }
        for (r, s) in chosen {
            for one in file.synapses(s)? {
                let done = writeln!(
                    out,
                    "{},{},{:?},{},{},{},{},{}",
                    one.source.1,
                    one.target.1,
                    one.weight,
                    one.delay,
                    one.source.0,
                    one.target.0,
                    r.name,
                    s.label
                );
                if done.is_err() {
                    return Ok(done);
                }
            }
        }
        Ok(out.flush())
    };
    match write().map_err(refuse)? {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Failure::Work(miette!(
            "cannot write to standard output: {e}"
        ))),
        _ => Ok(()),
    }
}
