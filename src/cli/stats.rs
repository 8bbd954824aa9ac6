//! `spikewheel stats`: figures of a recording, and its distance from another.

use std::path::PathBuf;

use miette::miette;
use serde::Serialize;

use super::output::put;
use super::recorded::{open, refuse, time};
use super::{Failure, Outcome};
use crate::analysis::compare::Comparison;
use crate::analysis::counts::MOST_BINS;
use crate::analysis::report::{BinWidths, Options, Report};
use crate::record::{Recording, Selection};

const EXAMPLES: &str = "Examples:\n  \
    spikewheel stats runs/brunel-001 --from '200 ms'\n  \
    spikewheel stats runs/brunel-001 --of 'excitatory[0..100]' --per-neuron --csv > neurons.csv\n  \
    spikewheel stats runs/brunel-001 --spectrum --segment '500 ms'\n  \
    spikewheel stats spikes.h5 --from '1 s' --against nest.h5 --json";

// Lines of at most 96 characters: clap wraps at 100.
const DEFINITIONS: &str =
    "Figures (variances over n; `-`, null or an empty cell where there is none):
  rate         spikes per recorded neuron and second
  CV           std / mean of the intervals I between the spikes of a neuron with 3 spikes or more
  CV2          mean of 2 |I' - I| / (I' + I) over successive I, I'
               (Holt et al. 1996, J Neurophysiol 75:1806)
  LV           3 mean of ((I - I') / (I + I'))²
               (Shinomoto et al. 2003, Neural Comput 15:2823)
  LvR          3 mean of (1 - 4 I I' / (I + I')²) (1 + 4 R / (I + I')), R = 5 ms; not in the table
               (Shinomoto et al. 2009, PLoS Comput Biol 5:e1000433)
  Fano         variance / mean of the spikes of a neuron in bins (Fano 1947, Phys Rev 72:26)
  correlation  Pearson's, of the spikes of two neurons in bins: mean over all pairs of neurons whose
               count varies, and quartiles over all pairs of --pairs of them, evenly spaced;
               of a neuron: mean with all others (van Albada et al. 2018, Front Neurosci 12:291)
  chi          sqrt(variance of the mean count of all neurons / mean variance of single neurons)
               (Golomb and Rinzel 1993, Phys Rev E 48:4810; 1994, Physica D 72:259) with counts for
               their potentials, so that it depends on the bin
  synchrony    variance / mean of the spikes of all neurons in bins
               (Potjans and Diesmann 2014, Cereb Cortex 24:785)
  spectrum     one-sided power density of the population rate (spikes / neurons / bin), in Hz²/Hz:
               Hann window, half overlapping segments, mean of each taken off (Welch 1967, IEEE
               Trans Audio Electroacoust 15:70); 2 rate / neurons for independent Poisson neurons
  KS distance  greatest difference of two cumulative distributions; p: exact for small samples,
               else after Stephens (1970, J R Stat Soc B 32:115)
Populations have the mean over their neurons that have the figure. Spikes with from < t <= to
count; bins are whole, begin at --from, and contain their end. A bin that is no multiple of the
resolution holds now more, now fewer ticks: choose multiples.";

/// Show rates, irregularity, correlation, synchrony and spectra per population or neuron.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES, after_long_help = format!("{DEFINITIONS}\n\n{EXAMPLES}"))]
pub struct Args {
    /// Recording (.h5) or run directory
    pub recording: PathBuf,
    /// Leave out what happens until this time, such as '200 ms'
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<f64>,
    /// Leave out what happens after this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub to: Option<f64>,
    /// Population, slice or labelled neuron, such as excitatory[0..100] or command.AVAL; may be repeated
    #[arg(long = "of", value_name = "POPULATION")]
    pub of: Vec<Selection>,
    /// Bin of everything that is counted in bins [default: 2 ms for correlation and chi, 3 ms for
    /// synchrony, 100 ms for Fano, 1 ms for the spectrum]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub bin: Option<f64>,
    /// Number of neurons per population whose pairs give the distribution of correlations
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub pairs: u32,
    /// Figures of each neuron
    #[arg(long)]
    pub per_neuron: bool,
    /// Power spectrum of the population rates
    #[arg(long)]
    pub spectrum: bool,
    /// Length of the segments of the spectrum: frequencies are 1/TIME apart [default: 8 segments]
    #[arg(long, value_name = "TIME", value_parser = time, requires = "spectrum")]
    pub segment: Option<f64>,
    /// Kolmogorov-Smirnov distances of rates, CVs and correlations from those of another recording
    #[arg(long, value_name = "OTHER", conflicts_with_all = ["per_neuron", "spectrum"])]
    pub against: Option<PathBuf>,
    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print CSV: a row per population, neuron, or frequency
    #[arg(long)]
    pub csv: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    if args.csv && args.per_neuron && args.spectrum {
        return Err(refuse(
            "--csv prints one table: choose --per-neuron or --spectrum",
        ));
    }
    let (_, recording) = open(&args.recording)?;
    let other = args.against.as_deref().map(open).transpose()?;
    let other = other.map(|(_, r)| r);
    let options = options(args, &recording, other.as_ref())?;
    match other {
        Some(other) => {
            let c = Comparison::of(&recording, &other, &options).map_err(refuse)?;
            show(args, &c, Comparison::text, Comparison::csv)
        }
        None => {
            let r = Report::of(&recording, &options).map_err(refuse)?;
            show(args, &r, Report::text, Report::csv)
        }
    }
}

fn show<T: Serialize>(
    args: &Args,
    what: &T,
    text: fn(&T) -> String,
    csv: fn(&T) -> String,
) -> Outcome {
    if args.json {
        put(&serde_json::to_string_pretty(what).map_err(|e| Failure::Work(miette!(e)))?)
    } else if args.csv {
        put(&csv(what))
    } else {
        put(&text(what))
    }
}

fn options(
    args: &Args,
    recording: &Recording,
    other: Option<&Recording>,
) -> Result<Options, Failure> {
    let all = || std::iter::once(recording).chain(other);
    let from = args.from.unwrap_or(0.0);
    let end = all().map(Recording::end).fold(f64::INFINITY, f64::min);
    let to = args.to.unwrap_or(end);
    if from >= to {
        return Err(refuse(format_args!(
            "the time range from {from} ms to {to} ms is empty"
        )));
    }
    // A rate over time that was not simulated would be wrong. Files of others do not tell their end.
    if let Some(reached) = all().filter_map(Recording::reached).find(|r| to > r + 1e-6) {
        return Err(refuse(format_args!(
            "the recording ends at {reached} ms, before --to {to} ms"
        )));
    }
    let resolution = all()
        .filter_map(|r| r.resolution)
        .max_by(|a, b| a.total_cmp(b));
    let bins = match args.bin {
        Some(bin) => checked_bin(bin, to - from, resolution)?,
        None => BinWidths::customary(resolution),
    };
    if let Some(segment) = args.segment
        && !(8.0 * bins.spectrum..=to - from).contains(&segment)
    {
        return Err(refuse(format_args!(
            "a segment has at least 8 bins of {} ms and is no longer than the time range of {} ms; {segment} ms is not",
            bins.spectrum,
            to - from
        )));
    }
    Ok(Options {
        from,
        to,
        select: args.of.clone(),
        bins,
        pairs: args.pairs as usize,
        spectrum: args.spectrum,
        segment: args.segment,
        per_neuron: args.per_neuron,
    })
}

fn checked_bin(bin: f64, range: f64, resolution: Option<f64>) -> Result<BinWidths, Failure> {
    if let Some(tick) = resolution.filter(|tick| bin < tick * (1.0 - 1e-9)) {
        return Err(refuse(format_args!(
            "a bin of {bin} ms is shorter than a tick of the recording, {tick} ms"
        )));
    }
    if bin <= 0.0 || 2.0 * bin > range * (1.0 + 1e-9) || range / bin > MOST_BINS {
        return Err(refuse(format_args!(
            "2 to {MOST_BINS:e} bins are possible; {bin} ms does not give so many in the time range of {range} ms"
        )));
    }
    Ok(BinWidths::all(bin))
}
