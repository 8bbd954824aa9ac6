//! `population`, `population[start..end]` or `population.label`, as users write a part of a network.

use std::str::FromStr;

use super::{Population, RecordedWeights, Recording, Weights};

/// Why a part of a recording cannot be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// A name that the recording does not have, with the one that was probably meant.
    #[error("there is no population `{name}` in the recording{}", hint(nearest))]
    Population {
        name: String,
        nearest: Option<String>,
    },
    #[error(
        "population `{population}` has no neuron labelled `{label}`{}",
        hint(nearest)
    )]
    Label {
        population: String,
        label: String,
        nearest: Option<String>,
    },
    #[error("no weights called `{name}` were recorded{}", hint(nearest))]
    Weights {
        name: String,
        nearest: Option<String>,
    },
    #[error("`{text}` is not a population or a slice such as `excitatory[0..100]`")]
    Selection { text: String },
    #[error("population `{population}` has {size} elements; `{start}..{end}` is not a part of it")]
    Slice {
        population: String,
        size: u32,
        start: u32,
        end: u32,
    },
}

fn hint(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map_or_else(String::new, |n| format!("; did you mean `{n}`?"))
}

/// A population, a half-open part of one, or a labelled element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Perhaps with a label behind a dot: only the recording knows.
    pub population: String,
    pub range: Option<(u32, u32)>,
}

impl FromStr for Selection {
    type Err = SelectError;

    fn from_str(text: &str) -> Result<Self, SelectError> {
        let wrong = || SelectError::Selection { text: text.into() };
        let text = text.trim();
        let Some((name, rest)) = text.split_once('[') else {
            if text.is_empty() {
                return Err(wrong());
            }
            return Ok(Self {
                population: text.into(),
                range: None,
            });
        };
        let inside = rest.strip_suffix(']').ok_or_else(wrong)?;
        let number = |s: &str| s.trim().parse::<u32>().map_err(|_| wrong());
        let range = match inside.split_once("..") {
            Some((a, b)) => (number(a)?, number(b)?),
            None => {
                let at = number(inside)?;
                (at, at.checked_add(1).ok_or_else(wrong)?)
            }
        };
        if name.trim().is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            population: name.trim().into(),
            range: Some(range),
        })
    }
}

impl Selection {
    /// What is meant; bounds are taken as they are.
    pub(crate) fn resolve<'a>(&self, recording: &'a Recording) -> Result<Part<'a>, SelectError> {
        let part = |population: &'a Population, (start, end)| Part {
            population,
            start,
            end,
        };
        if let Some(population) = recording.population(&self.population) {
            return Ok(part(population, self.range.unwrap_or((0, population.size))));
        }
        let Some((name, label)) = self.population.split_once('.') else {
            return Err(unknown(recording, &self.population));
        };
        let population = recording
            .population(name)
            .ok_or_else(|| unknown(recording, name))?;
        match population.labelled(label) {
            Some(at) if self.range.is_none() => Ok(part(population, (at, at + 1))),
            _ => Err(SelectError::Label {
                population: name.into(),
                label: label.into(),
                nearest: nearest(label, population.labels.iter().map(String::as_str)),
            }),
        }
    }
}

/// A part of a population of a recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    pub population: &'a Population,
    pub start: u32,
    pub end: u32,
}

impl Part<'_> {
    /// The name, with the range if it is not the whole, or the label of a single element.
    pub(crate) fn label(&self) -> String {
        if (self.start, self.end) == (0, self.population.size) {
            return self.population.name.clone();
        }
        if self.end - self.start == 1 {
            return self.population.element(self.start);
        }
        format!("{}[{}..{}]", self.population.name, self.start, self.end)
    }

    /// The labels of the elements; nothing if they have none.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &str> {
        let all = self.population.labels.iter();
        all.skip(self.start as usize)
            .take((self.end - self.start) as usize)
            .map(String::as_str)
    }

    /// How many elements of the part were recorded.
    pub(crate) fn recorded(&self) -> u32 {
        let overlap = |&(a, b): &(u32, u32)| b.min(self.end).saturating_sub(a.max(self.start));
        self.population.recorded.iter().map(overlap).sum()
    }

    /// (time, element) of the spikes with `from < t <= to`.
    pub(crate) fn spikes(&self, from: f64, to: f64) -> impl Iterator<Item = (f64, u32)> {
        let span = self.population.span(from, to);
        let inside = self.start..self.end;
        let times = &self.population.times[span.clone()];
        times
            .iter()
            .copied()
            .zip(self.population.ids[span].iter().copied())
            .filter(move |(_, id)| inside.contains(id))
    }
}

/// The parts that are asked for, or what was recorded of everything.
pub(crate) fn parts<'a>(
    recording: &'a Recording,
    select: &[Selection],
) -> Result<Vec<Part<'a>>, SelectError> {
    if select.is_empty() {
        let all = recording.populations.iter().map(|population| {
            // A recording of a slice shows the slice, not the rows about which nothing is known.
            let start = population.recorded.first().map_or(0, |r| r.0);
            let end = population.recorded.last().map_or(0, |r| r.1);
            Part {
                population,
                start,
                end,
            }
        });
        return Ok(all.collect());
    }
    select
        .iter()
        .map(|s| {
            let part = s.resolve(recording)?;
            let Part {
                population,
                start,
                end,
            } = part;
            if start > end || end > population.size || (s.range.is_some() && start == end) {
                return Err(SelectError::Slice {
                    population: population.name.clone(),
                    size: population.size,
                    start,
                    end,
                });
            }
            Ok(part)
        })
        .collect()
}

/// The error for a name that no population has.
pub(crate) fn unknown(recording: &Recording, name: &str) -> SelectError {
    let spikes = recording.populations.iter().map(|p| p.name.as_str());
    let state = recording.traces.iter().map(|t| t.population.as_str());
    SelectError::Population {
        name: name.into(),
        nearest: nearest(name, spikes.chain(state)),
    }
}

impl Weights {
    /// The recordings of these names, or all of them if there are none.
    pub fn select(&self, names: &[String]) -> Result<Vec<&RecordedWeights>, SelectError> {
        if names.is_empty() {
            return Ok(self.recordings.iter().collect());
        }
        let all = || self.recordings.iter().map(|r| r.name.as_str());
        let one = |name: &String| {
            self.recording(name).ok_or_else(|| SelectError::Weights {
                name: name.clone(),
                nearest: nearest(name, all()),
            })
        };
        names.iter().map(one).collect()
    }
}

/// The most similar of the names, if any is similar at all.
pub(crate) fn nearest<'a>(name: &str, all: impl Iterator<Item = &'a str>) -> Option<String> {
    let likeness = |n: &str| strsim::jaro_winkler(&name.to_lowercase(), &n.to_lowercase());
    all.map(|n| (likeness(n), n))
        .filter(|(l, _)| *l > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, n)| n.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections_are_read_as_users_write_them() {
        let read = |t: &str| t.parse::<Selection>().ok().map(|s| (s.population, s.range));
        assert_eq!(read("exc"), Some(("exc".into(), None)));
        assert_eq!(read(" exc[3..10] "), Some(("exc".into(), Some((3, 10)))));
        assert_eq!(read("exc[7]"), Some(("exc".into(), Some((7, 8)))));
        for wrong in [
            "",
            "[1..2]",
            "a[1..",
            "a[x..2]",
            "a[-1..2]",
            "a[]",
            "a[4294967295]",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
