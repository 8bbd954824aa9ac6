//! How far the distributions of two recordings are apart, population by population.
//!
//! Rates, CVs and correlations of single neurons are what models of cortex are compared by: S. J. van
//! Albada et al. (2018), Front. Neurosci. 12:291. The distance is that of Kolmogorov and Smirnov: see
//! [`ks`](super::ks).

use serde::Serialize;

use super::counts::Bins;
use super::distribution::mean;
use super::intervals::cv;
use super::ks::{KolmogorovSmirnov, two_sample};
use super::report::{Options, pair_correlations};
use super::table::{Table, full, significant};
use super::trains::Trains;
use crate::record::{Part, Recording, SelectError, parts, unknown};

/// Distances of two recordings.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    pub from_ms: f64,
    pub to_ms: f64,
    /// Bin of the correlations.
    pub bin_ms: f64,
    pub populations: Vec<PopulationComparison>,
}

/// Distances of a population.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct PopulationComparison {
    pub name: String,
    /// Rates of all neurons, silent ones included.
    pub rate_hz: Distance,
    /// CVs of the neurons with at least three spikes.
    pub cv: Distance,
    /// Correlations of all pairs of a subset of neurons.
    pub correlation: Distance,
}

/// Two samples and their distance.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq)]
pub struct Distance {
    /// `None` if one of the samples is empty.
    #[serde(flatten)]
    pub ks: Option<KolmogorovSmirnov>,
    pub number: usize,
    pub other_number: usize,
    pub mean: Option<f64>,
    pub other_mean: Option<f64>,
}

impl Distance {
    /// Distance of two samples.
    pub fn of(one: &[f64], other: &[f64]) -> Self {
        Self {
            ks: two_sample(one, other),
            number: one.len(),
            other_number: other.len(),
            mean: mean(one.iter().copied()),
            other_mean: mean(other.iter().copied()),
        }
    }
}

impl PopulationComparison {
    fn of(one: &Trains, other: &Trains, options: &Options) -> Self {
        let cvs = |t: &Trains| t.iter().filter_map(cv).collect::<Vec<_>>();
        let correlations = |t: &Trains| {
            Bins::new(t.from, t.to, options.bins.correlation)
                .map(|b| pair_correlations(t, &b, options.pairs))
                .unwrap_or_default()
        };
        Self {
            name: one.label.clone(),
            rate_hz: Distance::of(&one.rates(), &other.rates()),
            cv: Distance::of(&cvs(one), &cvs(other)),
            correlation: Distance::of(&correlations(one), &correlations(other)),
        }
    }
}

impl Comparison {
    /// Compares the chosen parts of `one` with those of the same names of `other`.
    pub fn of(one: &Recording, other: &Recording, options: &Options) -> Result<Self, SelectError> {
        let ours = parts(one, &options.select)?;
        let theirs = if options.select.is_empty() {
            let all = parts(other, &[])?;
            ours.iter()
                .map(|p| {
                    let same = |q: &&Part| q.population.name == p.population.name;
                    let found = all.iter().find(same).copied();
                    found.ok_or_else(|| unknown(other, &p.population.name))
                })
                .collect::<Result<Vec<Part>, _>>()?
        } else {
            parts(other, &options.select)?
        };
        Ok(Self {
            from_ms: options.from,
            to_ms: options.to,
            bin_ms: options.bins.correlation,
            populations: Trains::each(&ours, options)
                .zip(Trains::each(&theirs, options))
                .map(|(a, b)| PopulationComparison::of(&a, &b, options))
                .collect(),
        })
    }

    fn table(&self, heads: &[&str], cell: &dyn Fn(Option<f64>) -> String) -> Table {
        let mut table = Table::new(heads);
        for p in &self.populations {
            for (measure, d) in [
                ("rate_hz", p.rate_hz),
                ("cv", p.cv),
                ("correlation", p.correlation),
            ] {
                table.row(vec![
                    p.name.clone(),
                    measure.into(),
                    cell(d.ks.map(|k| k.statistic)),
                    cell(d.ks.map(|k| k.p_value)),
                    d.number.to_string(),
                    d.other_number.to_string(),
                    cell(d.mean),
                    cell(d.other_mean),
                ]);
            }
        }
        table
    }

    /// A table for people.
    pub fn text(&self) -> String {
        let heads = [
            "population",
            "measure",
            "KS distance",
            "p",
            "number",
            "other",
            "mean",
            "other",
        ];
        format!(
            "{}{} ms to {} ms; rates of all neurons, CV of those with at least 3 spikes, correlations of pairs in bins \
             of {} ms (pairs share neurons: their p is too small)\n",
            self.table(&heads, &significant).text(),
            self.from_ms,
            self.to_ms,
            self.bin_ms
        )
    }

    /// CSV: one row per population and measure.
    pub fn csv(&self) -> String {
        let heads = [
            "population",
            "measure",
            "ks",
            "p_value",
            "number",
            "other_number",
            "mean",
            "other_mean",
        ];
        self.table(&heads, &full).csv()
    }
}
