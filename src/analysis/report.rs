//! Every figure of a recording, as `spikewheel stats` shows them.

use serde::Serialize;

use super::correlation::{Correlation, pairs, subset};
use super::counts::{self, Bins};
use super::distribution::{Distribution, Quantiles, mean};
use super::intervals::Irregularity;
use super::spectrum::Spectrum;
use super::table::{Table, decimals, full, significant};
use super::trains::Trains;
use crate::record::{Recording, SelectError, Selection, parts};

/// What is computed.
#[derive(Clone, Debug)]
pub struct Options {
    /// ms; spikes with `from < t <= to` count.
    pub from: f64,
    /// ms
    pub to: f64,
    /// The parts; all populations if empty.
    pub select: Vec<Selection>,
    pub bins: BinWidths,
    /// Number of neurons whose pairs give the distribution of correlations.
    pub pairs: usize,
    pub spectrum: bool,
    /// Length of the segments of spectra in ms; without it there are eight.
    pub segment: Option<f64>,
    pub per_neuron: bool,
}

/// Widths of the bins in ms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BinWidths {
    pub correlation: f64,
    pub chi: f64,
    pub synchrony: f64,
    pub fano: f64,
    pub spectrum: f64,
}

impl BinWidths {
    /// The widths that are customary for each figure, but no shorter than a tick.
    pub fn customary(resolution: Option<f64>) -> Self {
        let w = |ms: f64| resolution.map_or(ms, |r| r.max(ms));
        Self {
            correlation: w(2.0),
            chi: w(2.0),
            synchrony: w(3.0),
            fano: w(100.0),
            spectrum: w(1.0),
        }
    }

    /// One width for all.
    pub fn all(width: f64) -> Self {
        Self {
            correlation: width,
            chi: width,
            synchrony: width,
            fano: width,
            spectrum: width,
        }
    }
}

/// Figures of a recording.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub name: String,
    pub from_ms: f64,
    pub to_ms: f64,
    pub spikes: u64,
    pub bin_ms: BinWidths,
    pub populations: Vec<PopulationReport>,
}

/// Figures of a population, or of a part of one.
#[derive(Clone, Debug, Serialize)]
pub struct PopulationReport {
    pub name: String,
    /// Recorded neurons.
    pub neurons: u32,
    pub spikes: u64,
    pub rate_hz: Option<f64>,
    pub rate_quantiles_hz: Option<Quantiles>,
    /// Share of neurons without a spike.
    pub silent: Option<f64>,
    /// Means over the neurons that have the measure: those with at least three spikes.
    pub cv: Option<f64>,
    pub cv2: Option<f64>,
    pub lv: Option<f64>,
    pub lvr: Option<f64>,
    /// Number of neurons that `cv` is the mean of.
    pub cv_neurons: u32,
    /// Mean over the neurons with a spike in a whole bin.
    pub fano: Option<f64>,
    pub fano_neurons: u32,
    /// Mean over all pairs of neurons whose count varies.
    pub correlation: Option<f64>,
    pub correlation_neurons: u32,
    /// Of the pairs of a subset.
    pub correlation_distribution: Option<Distribution>,
    pub chi: Option<f64>,
    pub synchrony: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spectrum: Option<Spectrum>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub per_neuron: Vec<NeuronReport>,
}

/// Figures of a neuron.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct NeuronReport {
    pub neuron: u32,
    pub spikes: u64,
    pub rate_hz: Option<f64>,
    pub cv: Option<f64>,
    pub cv2: Option<f64>,
    pub lv: Option<f64>,
    pub lvr: Option<f64>,
    pub fano: Option<f64>,
    /// Mean correlation with all others of the population or part.
    pub correlation: Option<f64>,
}

impl Report {
    /// Computes everything, one population after the other.
    pub fn of(recording: &Recording, options: &Options) -> Result<Self, SelectError> {
        let parts = parts(recording, &options.select)?;
        let populations: Vec<_> = Trains::each(&parts, options)
            .map(|trains| PopulationReport::of(&trains, options))
            .collect();
        Ok(Self {
            name: recording.name.clone(),
            from_ms: options.from,
            to_ms: options.to,
            spikes: populations.iter().map(|p| p.spikes).sum(),
            bin_ms: options.bins,
            populations,
        })
    }

    /// Tables for people.
    pub fn text(&self) -> String {
        let mut out = if self.populations.iter().any(|p| !p.per_neuron.is_empty()) {
            let cell = |v| significant(v);
            self.neuron_table(&cell).text()
        } else {
            self.population_text()
        };
        if self.populations.iter().any(|p| p.spectrum.is_some()) {
            out.push('\n');
            out.push_str(&self.spectrum_text());
        }
        out
    }

    /// CSV: one row per frequency if there are spectra, else per neuron if there are neurons, else per
    /// population.
    pub fn csv(&self) -> String {
        if self.populations.iter().any(|p| p.spectrum.is_some()) {
            return self.spectrum_csv();
        }
        if self.populations.iter().any(|p| !p.per_neuron.is_empty()) {
            let cell = |v| full(v);
            return self.neuron_table(&cell).csv();
        }
        self.population_csv()
    }

    /// Two tables, so that each fits a terminal: what single neurons do, and what is counted in bins.
    fn population_text(&self) -> String {
        let quartiles = |q: Option<Quantiles>, f: fn(f64) -> String| {
            let three = |q: Quantiles| [q.q25, q.median, q.q75].map(f).join(" ");
            q.map_or_else(|| "-".into(), three)
        };
        let mut single = Table::new(&[
            "population",
            "neurons",
            "spikes",
            "rate (Hz)",
            "quartiles",
            "silent",
            "CV",
            "CV2",
            "LV",
        ]);
        let b = self.bin_ms;
        let mut binned = Table::new(&[
            "population",
            &format!("Fano ({} ms)", b.fano),
            &format!("correlation ({} ms)", b.correlation),
            "quartiles",
            &format!("chi ({} ms)", b.chi),
            &format!("synchrony ({} ms)", b.synchrony),
        ]);
        for p in &self.populations {
            let silent = p.silent.map(|s| format!("{:.1} %", 100.0 * s));
            single.row(vec![
                p.name.clone(),
                p.neurons.to_string(),
                p.spikes.to_string(),
                decimals(p.rate_hz, 3),
                quartiles(p.rate_quantiles_hz, |v| format!("{v:.2}")),
                silent.unwrap_or_else(|| "-".into()),
                decimals(p.cv, 3),
                decimals(p.cv2, 3),
                decimals(p.lv, 3),
            ]);
            let pairs = p.correlation_distribution.map(|d| d.quantiles);
            binned.row(vec![
                p.name.clone(),
                decimals(p.fano, 3),
                significant(p.correlation),
                quartiles(pairs, |v| format!("{v:.4}")),
                decimals(p.chi, 3),
                significant(p.synchrony),
            ]);
        }
        format!(
            "{}\n{}\n{} spikes in {} ms to {} ms; `stats --help` defines the figures\n",
            single.text(),
            binned.text(),
            self.spikes,
            self.from_ms,
            self.to_ms
        )
    }

    fn population_csv(&self) -> String {
        let mut table = Table::new(&[
            "population",
            "neurons",
            "spikes",
            "rate_hz",
            "rate_min_hz",
            "rate_q25_hz",
            "rate_median_hz",
            "rate_q75_hz",
            "rate_max_hz",
            "silent",
            "cv",
            "cv2",
            "lv",
            "lvr",
            "cv_neurons",
            "fano",
            "fano_neurons",
            "correlation",
            "correlation_neurons",
            "correlation_pairs",
            "correlation_sd",
            "correlation_q25",
            "correlation_median",
            "correlation_q75",
            "chi",
            "synchrony",
        ]);
        for p in &self.populations {
            let q = p.rate_quantiles_hz;
            let d = p.correlation_distribution;
            table.row(vec![
                p.name.clone(),
                p.neurons.to_string(),
                p.spikes.to_string(),
                full(p.rate_hz),
                full(q.map(|q| q.min)),
                full(q.map(|q| q.q25)),
                full(q.map(|q| q.median)),
                full(q.map(|q| q.q75)),
                full(q.map(|q| q.max)),
                full(p.silent),
                full(p.cv),
                full(p.cv2),
                full(p.lv),
                full(p.lvr),
                p.cv_neurons.to_string(),
                full(p.fano),
                p.fano_neurons.to_string(),
                full(p.correlation),
                p.correlation_neurons.to_string(),
                d.map_or(0, |d| d.number).to_string(),
                full(d.map(|d| d.sd)),
                full(d.map(|d| d.quantiles.q25)),
                full(d.map(|d| d.quantiles.median)),
                full(d.map(|d| d.quantiles.q75)),
                full(p.chi),
                full(p.synchrony),
            ]);
        }
        table.csv()
    }

    fn neuron_table(&self, cell: &dyn Fn(Option<f64>) -> String) -> Table {
        let mut table = Table::new(&[
            "population",
            "neuron",
            "spikes",
            "rate_hz",
            "cv",
            "cv2",
            "lv",
            "lvr",
            "fano",
            "correlation",
        ]);
        for p in &self.populations {
            for n in &p.per_neuron {
                let mut row = vec![p.name.clone(), n.neuron.to_string(), n.spikes.to_string()];
                let figures = [n.rate_hz, n.cv, n.cv2, n.lv, n.lvr, n.fano, n.correlation];
                row.extend(figures.map(cell));
                table.row(row);
            }
        }
        table
    }

    /// Peaks, and the spectra in at most so many bands.
    fn spectrum_text(&self) -> String {
        const BANDS: usize = 40;
        let mut peaks = Table::new(&[
            "population",
            "peak (Hz)",
            "power (Hz²/Hz)",
            "over Poisson",
            "step (Hz)",
            "segments",
        ]);
        let spectra: Vec<_> = self
            .populations
            .iter()
            .filter_map(|p| Some((&p.name, p.spectrum.as_ref()?)))
            .collect();
        for (name, s) in &spectra {
            peaks.row(vec![
                (*name).clone(),
                format!("{:.2}", s.peak_hz),
                significant(Some(s.peak_hz2_per_hz)),
                significant(Some(s.peak_hz2_per_hz / s.poisson_hz2_per_hz)),
                significant(Some(s.step_hz)),
                format!("{} of {} ms", s.segments, s.segment_ms),
            ]);
        }
        // All spectra have the same bins and segments, so the same frequencies.
        let points = spectra[0].1.power_hz2_per_hz.len() - 1;
        let step = spectra[0].1.step_hz;
        let wide = points.div_ceil(BANDS);
        let mut heads = vec!["Hz"];
        heads.extend(spectra.iter().map(|(name, _)| name.as_str()));
        let mut bands = Table::new(&heads);
        for band in 0..points.div_ceil(wide) {
            let (first, last) = (1 + band * wide, (band + 1) * wide);
            let range = first..=last.min(points);
            let mut row = vec![if range.end() == range.start() {
                format!("{:.2}", first as f64 * step)
            } else {
                let to = *range.end() as f64 * step;
                format!("{:.1} to {to:.1}", first as f64 * step)
            }];
            for (_, s) in &spectra {
                row.push(significant(mean(
                    s.power_hz2_per_hz[range.clone()].iter().copied(),
                )));
            }
            bands.row(row);
        }
        format!(
            "{}\nmean power (Hz²/Hz) of the population rate per band; --csv and --json give every frequency\n{}",
            peaks.text(),
            bands.text()
        )
    }

    fn spectrum_csv(&self) -> String {
        let mut table = Table::new(&["population", "frequency_hz", "power_hz2_per_hz"]);
        for p in &self.populations {
            for (f, power) in p.spectrum.iter().flat_map(Spectrum::points) {
                table.row(vec![p.name.clone(), f.to_string(), power.to_string()]);
            }
        }
        table.csv()
    }
}

impl PopulationReport {
    /// Figures of the trains.
    pub fn of(trains: &Trains, options: &Options) -> Self {
        let bins = |width| Bins::new(trains.from, trains.to, width);
        let (for_fano, for_pairs) = (bins(options.bins.fano), bins(options.bins.correlation));
        let irregularity: Vec<_> = trains.iter().map(Irregularity::of).collect();
        let fano: Vec<_> = trains
            .iter()
            .map(|t| for_fano.and_then(|b| b.moments(t).fano()))
            .collect();
        let correlation =
            for_pairs.map_or_else(Correlation::default, |b| Correlation::of(trains, &b));
        let seconds = trains.seconds();
        let per_neuron = if options.per_neuron {
            (0..trains.len())
                .map(|row| {
                    let spikes = trains.train(row).len() as u64;
                    let i = irregularity[row];
                    NeuronReport {
                        neuron: trains.neurons[row],
                        spikes,
                        rate_hz: (seconds > 0.0).then(|| spikes as f64 / seconds),
                        cv: i.cv,
                        cv2: i.cv2,
                        lv: i.lv,
                        lvr: i.lvr,
                        fano: fano[row],
                        correlation: correlation.of_neuron.get(row).copied().flatten(),
                    }
                })
                .collect()
        } else {
            Vec::new()
        };
        let of = |f: fn(&Irregularity) -> Option<f64>| mean(irregularity.iter().filter_map(f));
        let rates = trains.rates();
        let silent = trains.iter().filter(|t| t.is_empty()).count();
        Self {
            name: trains.label.clone(),
            neurons: trains.len() as u32,
            spikes: trains.spikes() as u64,
            rate_hz: trains.rate(),
            rate_quantiles_hz: (!rates.is_empty()).then(|| Quantiles::of(rates)),
            silent: (!trains.is_empty()).then(|| silent as f64 / trains.len() as f64),
            cv: of(|i| i.cv),
            cv2: of(|i| i.cv2),
            lv: of(|i| i.lv),
            lvr: of(|i| i.lvr),
            cv_neurons: irregularity.iter().filter(|i| i.cv.is_some()).count() as u32,
            fano: mean(fano.iter().copied().flatten()),
            fano_neurons: fano.iter().flatten().count() as u32,
            correlation: correlation.mean,
            correlation_neurons: correlation.neurons as u32,
            correlation_distribution: for_pairs
                .and_then(|b| Distribution::of(pair_correlations(trains, &b, options.pairs))),
            chi: bins(options.bins.chi).and_then(|b| counts::chi(trains, &b)),
            synchrony: bins(options.bins.synchrony).and_then(|b| counts::synchrony(trains, &b)),
            spectrum: (options.spectrum)
                .then(|| bins(options.bins.spectrum))
                .flatten()
                .and_then(|b| Spectrum::of(trains, &b, options.segment)),
            per_neuron,
        }
    }
}

/// Correlations of all pairs of at most `most` neurons.
pub(super) fn pair_correlations(trains: &Trains, bins: &Bins, most: usize) -> Vec<f64> {
    pairs(trains, bins, &subset(trains, bins, most))
}
