//! SONATA edge files (developer guide 0.1, "Representing edges"):
//!
//! ```text
//! /edges/POP/source_node_id, target_node_id     ids, from 0
//! /edges/POP/edge_group_id, edge_group_index    where the values of an edge are: group and row
//! /edges/POP/edge_type_id                       row of the table of edge types
//! /edges/POP/GROUP/syn_weight, delay            values; delay in ms
//! ```
//!
//! A value that the group lacks is that of the edge's type. Without `edge_group_id` and
//! `edge_group_index`, edge k has row k of group 0.
//!
//! Ids count within what the definition connects, except in files of weights that a run has written: their
//! groups say `ids = "population"`, and ids count within the populations that `node_population` names.
//! One snapshot of a projection between several populations is several edge populations there, which are
//! read together under its name.

use std::path::Path;

use rustc_hash::FxHashMap;

use super::super::diagnostics::suggest;
use super::super::files;
use super::super::h5::File;
use super::{EdgeRows, End, Numbering, Options, Part};

/// Values that are read.
const WEIGHT: &str = "syn_weight";
const DELAY: &str = "delay";

/// Columns of the table of edge types that say nothing about how a synapse works.
const PLAIN: [&str; 5] = [
    "edge_type_id",
    "population",
    "target_query",
    "source_query",
    "model_name",
];

/// Reads a population of an edge file.
pub(super) fn read(path: &Path, options: Options<'_>) -> Result<EdgeRows, String> {
    let file = File::open(path)?;
    let shown = path.display();
    let Some(all) = file.groups("/edges")? else {
        return Err(format!(
            "{shown} has no group /edges, so it is no SONATA edge file"
        ));
    };
    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    if let Some(wanted) = options.population
        && !names.contains(&wanted)
    {
        let parts: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| snapshot(&file, name).as_deref() == Some(wanted))
            .collect();
        if !parts.is_empty() {
            let mut all = EdgeRows::default();
            for part in parts {
                join(&mut all, population(&file, path, part, options)?);
            }
            return Ok(all);
        }
    }
    let name = match (options.population, names.as_slice()) {
        (Some(name), _) if names.contains(&name) => name,
        (Some(name), _) => {
            return Err(format!(
                "{shown} has no edge population `{name}`; {}",
                suggest(name, &names)
            ));
        }
        (None, [only]) => only,
        (None, []) => return Err(format!("{shown} has no populations in /edges")),
        (None, _) => {
            return Err(format!(
                "{shown} holds several edge populations: say which with population = \"name\" ({})",
                names.join(", ")
            ));
        }
    };
    population(&file, path, name, options)
}

/// Name and time of a snapshot of weights, if the population is one or a part of one.
fn snapshot(file: &File, name: &str) -> Option<String> {
    let group = format!("/edges/{name}");
    let text = |attribute| file.text(&group, attribute);
    Some(format!("{}.{}", text("recording")?, text("snapshot")?))
}

/// Adds the edges of another part of a snapshot. Both have weights and delays.
fn join(all: &mut EdgeRows, mut more: EdgeRows) {
    if all.source.is_empty() {
        *all = more;
        return;
    }
    all.source.append(&mut more.source);
    all.target.append(&mut more.target);
    for (column, more) in [
        (&mut all.weight, more.weight),
        (&mut all.delay_ms, more.delay_ms),
    ] {
        if let (Some(column), Some(mut more)) = (column.as_mut(), more) {
            column.append(&mut more);
        }
    }
}

/// Places, in the list of sources or targets, of ids within a population.
fn placed(ids: &mut [u32], population: &str, parts: &[Part<'_>]) -> Result<(), (usize, u32)> {
    let mut first = 0u32;
    let mut own = Vec::new();
    for p in parts {
        if p.population == population {
            own.push((p.start..p.end, first));
        }
        first = first.saturating_add(p.end - p.start);
    }
    for (k, id) in ids.iter_mut().enumerate() {
        match own.iter().find(|(range, _)| range.contains(id)) {
            Some((range, first)) => *id = first + (*id - range.start),
            None => return Err((k, *id)),
        }
    }
    Ok(())
}

/// The edges of one population.
fn population(
    file: &File,
    path: &Path,
    name: &str,
    options: Options<'_>,
) -> Result<EdgeRows, String> {
    let shown = path.display();
    let base = format!("/edges/{name}");
    let ids = |end: &str| -> Result<Vec<u32>, String> {
        file.column(&format!("{base}/{end}_node_id"))?
            .one_dimensional()?
            .wholes()
    };
    let (mut source, mut target) = (ids("source")?, ids("target")?);
    if source.len() != target.len() {
        return Err(format!(
            "{shown}: {base} has {} source_node_id but {} target_node_id",
            source.len(),
            target.len()
        ));
    }
    if file.number(&base, "complete") == Some(0) {
        return Err(format!(
            "{shown}: {base} is not whole: the run ended while it was written"
        ));
    }
    if file.text(&base, "ids").as_deref() == Some("population")
        && let Some(populations) = options.populations
    {
        let ends = [
            ("source", "from", &mut source, End::Source),
            ("target", "to", &mut target, End::Target),
        ];
        for (word, key, ids, end) in ends {
            let dataset = format!("{base}/{word}_node_id");
            let of = file.text(&dataset, "node_population").unwrap_or_default();
            placed(ids, &of, &populations[end as usize]).map_err(|(k, id)| {
                format!("{shown}: {base}: the {word} of edge {k} is {of}[{id}], which `{key}` does not name")
            })?;
        }
    }
    let edges = Edges {
        file,
        path,
        base: &base,
        count: source.len(),
    };
    let groups = edges.groups()?;
    let mut ignored = Vec::new();
    for g in &groups {
        for value in &g.values {
            if value != WEIGHT && value != DELAY {
                ignored.push(format!("{}/{value}", g.number));
            }
        }
        ignored.extend(g.nested.iter().map(|n| format!("{}/{n}", g.number)));
    }
    let types = match options.types {
        Some(path) => Some(Types::read(path, name, &mut ignored)?),
        None => None,
    };
    let rows = edges.rows(&groups)?;
    Ok(EdgeRows {
        weight: edges.values(WEIGHT, &groups, &rows, types.as_ref())?,
        delay_ms: edges.values(DELAY, &groups, &rows, types.as_ref())?,
        source,
        target,
        numbering: Numbering::new("edge"),
        shape: None,
        ignored,
    })
}

struct Edges<'a> {
    file: &'a File,
    path: &'a Path,
    base: &'a str,
    count: usize,
}

/// A group of values.
struct Group {
    number: u32,
    values: Vec<String>,
    /// Groups within, such as `dynamics_params`.
    nested: Vec<String>,
}

/// Where the values of the edges are.
enum Rows {
    /// Row k of the only group.
    Same,
    /// Group and row of each edge.
    Each(Vec<u32>, Vec<u32>),
}

impl Edges<'_> {
    fn groups(&self) -> Result<Vec<Group>, String> {
        let mut all = Vec::new();
        for name in self.file.groups(self.base)?.unwrap_or_default() {
            // Others, such as `indices`, hold no values.
            if let Ok(number) = name.parse() {
                let path = format!("{}/{name}", self.base);
                all.push(Group {
                    number,
                    values: self.file.datasets(&path)?,
                    nested: self.file.groups(&path)?.unwrap_or_default(),
                });
            }
        }
        Ok(all)
    }

    fn wrong(&self, what: &str) -> String {
        format!("{}: {}: {what}", self.path.display(), self.base)
    }

    /// A column with one entry per edge.
    fn column(&self, name: &str) -> Result<super::super::h5::Column<'_>, String> {
        let column = self
            .file
            .column(&format!("{}/{name}", self.base))?
            .one_dimensional()?;
        if column.len() != self.count as u64 {
            return Err(column.wrong(format!("{} entries for {} edges", column.len(), self.count)));
        }
        Ok(column)
    }

    fn rows(&self, groups: &[Group]) -> Result<Rows, String> {
        let path = |name: &str| format!("{}/{name}", self.base);
        let has_id = self.file.has(&path("edge_group_id"));
        let has_index = self.file.has(&path("edge_group_index"));
        match groups {
            [] => return Ok(Rows::Same),
            [only] if !has_id && !has_index => {
                return if only.number == 0 {
                    Ok(Rows::Same)
                } else {
                    Err(self.wrong("edge_group_id is missing"))
                };
            }
            _ => {}
        }
        let (id, index) = (
            self.column("edge_group_id")?,
            self.column("edge_group_index")?,
        );
        if let [only] = groups {
            let mut same = true;
            id.each_whole(|_, values| {
                same &= values.iter().all(|v| *v == only.number);
                Ok(())
            })?;
            if same {
                index.each_whole(|at, values| {
                    same &= values.iter().zip(at..).all(|(v, k)| u64::from(*v) == k);
                    Ok(())
                })?;
            }
            if same {
                return Ok(Rows::Same);
            }
        }
        Ok(Rows::Each(id.wholes()?, index.wholes()?))
    }

    /// The values of one kind for all edges; `None` if no edge has one.
    fn values(
        &self,
        name: &str,
        groups: &[Group],
        rows: &Rows,
        types: Option<&Types>,
    ) -> Result<Option<Vec<f64>>, String> {
        let mut stored: Vec<(u32, Option<Vec<f64>>)> = Vec::new();
        for g in groups {
            let values = if g.values.iter().any(|v| v == name) {
                let path = format!("{}/{}/{name}", self.base, g.number);
                Some(self.file.column(&path)?.one_dimensional()?.reals()?)
            } else {
                None
            };
            stored.push((g.number, values));
        }
        let of_types = types.is_some_and(|t| t.has(name));
        if !of_types && stored.iter().all(|(_, v)| v.is_none()) {
            return Ok(None);
        }
        if let (Rows::Same, [(number, values @ Some(_))]) = (rows, stored.as_mut_slice()) {
            let values = values.take().unwrap_or_default();
            if values.len() != self.count {
                return Err(self.wrong(&format!(
                    "{number}/{name} has {} values for {} edges",
                    values.len(),
                    self.count
                )));
            }
            return Ok(Some(values));
        }
        // Whether an edge has a value in its group differs from group to group; NaN: not yet.
        let mut all = vec![f64::NAN; self.count];
        if let Rows::Each(ids, indices) = rows {
            for (k, ((id, index), value)) in ids.iter().zip(indices).zip(&mut all).enumerate() {
                let Some((_, values)) = stored.iter().find(|(number, _)| number == id) else {
                    return Err(self.wrong(&format!("edge {k} is in group {id}, which is missing")));
                };
                if let Some(values) = values {
                    *value = *values.get(*index as usize).ok_or_else(|| {
                        self.wrong(&format!(
                            "edge {k} is row {index} of {id}/{name}, which has {} rows",
                            values.len()
                        ))
                    })?;
                }
            }
        }
        if let Some(types) = types {
            types.fill(self, name, &mut all)?;
        }
        let missing = all.iter().filter(|v| v.is_nan()).count();
        match all.iter().position(|v| v.is_nan()) {
            None => Ok(Some(all)),
            Some(first) => Err(self.wrong(&format!(
                "{missing} of {} edges have no {name}, edge {first} first",
                self.count
            ))),
        }
    }
}

/// The table of edge types: blank-separated, with a header, NULL where nothing is said.
struct Types {
    shown: String,
    weight: FxHashMap<i64, f64>,
    delay: FxHashMap<i64, f64>,
    known: FxHashMap<i64, ()>,
}

impl Types {
    fn read(path: &Path, population: &str, ignored: &mut Vec<String>) -> Result<Self, String> {
        let shown = path.display().to_string();
        let text = files::read_text(path)?;
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(b' ')
            .has_headers(true)
            .flexible(true)
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let header = reader
            .headers()
            .map_err(|e| format!("{shown}: {e}"))?
            .clone();
        let find = |name: &str| header.iter().position(|h| h == name);
        let Some(id_at) = find("edge_type_id") else {
            return Err(format!(
                "{shown} needs a blank-separated header with edge_type_id; it has {}",
                header.iter().collect::<Vec<_>>().join(", ")
            ));
        };
        let mut out = Self {
            shown,
            weight: FxHashMap::default(),
            delay: FxHashMap::default(),
            known: FxHashMap::default(),
        };
        let mut used = vec![false; header.len()];
        for record in reader.records() {
            let record = record.map_err(|e| format!("{}: {e}", out.shown))?;
            let row = record.position().map_or(0, csv::Position::line);
            let wrong = |what: String| format!("{}, row {row}: {what}", out.shown);
            let cell = |i: usize| {
                record
                    .get(i)
                    .map(str::trim)
                    .filter(|c| !c.is_empty() && *c != "NULL")
            };
            let of = find("population").and_then(cell);
            if of.is_some_and(|p| p != population) {
                continue;
            }
            let id: i64 = cell(id_at)
                .and_then(|c| c.parse().ok())
                .ok_or_else(|| wrong("edge_type_id is no whole number".into()))?;
            if out.known.insert(id, ()).is_some() {
                return Err(wrong(format!("the edge type {id} comes twice")));
            }
            for (name, to) in [(WEIGHT, &mut out.weight), (DELAY, &mut out.delay)] {
                if let Some(text) = find(name).and_then(cell) {
                    let value = files::number(Some(text))
                        .map_err(|e| format!("{}, row {row}: {name}: {e}", out.shown))?;
                    to.insert(id, value);
                }
            }
            for (i, name) in header.iter().enumerate() {
                let plain = PLAIN.contains(&name) || name == WEIGHT || name == DELAY;
                let ordinary = name == "model_template" && cell(i) == Some("static_synapse");
                if !plain && !ordinary && !name.is_empty() && cell(i).is_some() {
                    used[i] = true;
                }
            }
        }
        for (name, _) in header.iter().zip(&used).filter(|(_, used)| **used) {
            ignored.push(format!("{name} (edge types)"));
        }
        Ok(out)
    }

    fn of(&self, name: &str) -> &FxHashMap<i64, f64> {
        if name == WEIGHT {
            &self.weight
        } else {
            &self.delay
        }
    }

    fn has(&self, name: &str) -> bool {
        !self.of(name).is_empty()
    }

    /// Gives the value of its type to every edge without one.
    fn fill(&self, edges: &Edges<'_>, name: &str, all: &mut [f64]) -> Result<(), String> {
        let values = self.of(name);
        edges.column("edge_type_id")?.each_integer(|at, types| {
            let mut last: Option<(i64, f64)> = None;
            for ((value, id), k) in all.iter_mut().skip(at as usize).zip(types).zip(at..) {
                if !value.is_nan() {
                    continue;
                }
                *value = match last {
                    Some((same, v)) if same == *id => v,
                    _ if !self.known.contains_key(id) => {
                        return Err(format!(
                            "edge {k} has the type {id}, which {} does not have",
                            self.shown
                        ));
                    }
                    _ => {
                        let v = values.get(id).copied().unwrap_or(f64::NAN);
                        last = Some((*id, v));
                        v
                    }
                };
            }
            Ok(())
        })
    }
}
