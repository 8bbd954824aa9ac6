//! The file of weights as the HDF5 library sees it.
//!
//! Snapshots are SONATA edge populations, which have to lie in `/edges` side by side. Columns grow
//! while a snapshot is written, and its group says `complete = 1` only when it is whole.

use std::io::Write;
use std::path::{Path, PathBuf};

use hdf5::{AttrValue, File, FileAccessProperties, FileBuilder, SyncPolicy};

use super::error::RecordError;
use super::hdf5_file::{
    Attribute, Attributes, Packing, column, column_of, create, patient, unfinished,
};

/// A file of weights being written.
pub(super) struct WeightOutput {
    file: File,
    path: PathBuf,
}

/// Columns of an edge population that is being written.
pub(super) struct Edges {
    group: String,
    source: hdf5::Dataset,
    target: hdf5::Dataset,
    kind: hdf5::Dataset,
    group_id: hdf5::Dataset,
    group_index: hdf5::Dataset,
    weight: hdf5::Dataset,
    delay: hdf5::Dataset,
    written: u64,
}

/// What goes to the columns of an edge population.
#[derive(Default)]
pub(super) struct Rows {
    pub source: Vec<u64>,
    pub target: Vec<u64>,
    pub weight: Vec<f64>,
    /// ms
    pub delay: Vec<f64>,
}

impl Rows {
    pub(super) fn clear(&mut self) {
        self.source.clear();
        self.target.clear();
        self.weight.clear();
        self.delay.clear();
    }
}

/// The synapses whose weights are traced, in columns.
pub(super) struct Traced {
    pub rows: Rows,
    pub source_population: Vec<String>,
    pub target_population: Vec<String>,
}

/// Columns of traces.
pub(super) struct Traces {
    times: hdf5::Dataset,
    values: hdf5::Dataset,
}

impl WeightOutput {
    /// Writes a file without weights, which anybody can open from here on, under the name of what is
    /// `unfinished`.
    pub(super) fn create(path: &Path, root: &Attributes) -> Result<Self, RecordError> {
        let new = |source: std::io::Error| RecordError::Create {
            path: path.into(),
            source,
        };
        let fail = |e: hdf5::Error| RecordError::Write {
            path: path.into(),
            reason: e.to_string(),
        };
        let unnamed = &unfinished(path);
        let mut handle = create(unnamed, true).map_err(new)?;
        let mut skeleton = FileBuilder::new();
        for (name, value) in root {
            skeleton.set_attr(name, value.value());
        }
        for name in ["edges", "traces"] {
            let group = skeleton.create_group(name);
            skeleton.add_group(group.finish());
        }
        let bytes = skeleton.finish().map_err(fail)?;
        handle.write_all(&bytes).map_err(new)?;
        drop(handle);
        let options = || FileAccessProperties::new().with_sync_policy(SyncPolicy::OnClose);
        let file = patient(|| File::open_rw_with_options(unnamed, options())).map_err(fail)?;
        Ok(Self {
            file,
            path: path.into(),
        })
    }

    fn fail(&self, e: hdf5::Error) -> RecordError {
        RecordError::Write {
            path: self.path.clone(),
            reason: e.to_string(),
        }
    }

    /// What has been appended is on the disk when this returns.
    pub(super) fn sync(&self) -> Result<(), RecordError> {
        self.file.sync().map_err(|e| self.fail(e))
    }

    /// Begins the edge population `name` between these two, of at most `most` edges.
    pub(super) fn begin(
        &self,
        name: &str,
        most: u64,
        attributes: &Attributes,
        [from, to]: [&str; 2],
        unit: &str,
    ) -> Result<Edges, RecordError> {
        let base = format!("edges/{name}");
        let made = (|| {
            let group = self.file.root().create_group(&base)?;
            for (name, value) in attributes {
                group.set_attr(name, value.value())?;
            }
            group.set_attr("complete", AttrValue::U32(0))?;
            group.create_group("0")?;
            self.file.commit()?;
            let group = self.file.group(&base)?;
            for (end, population) in [("source", from), ("target", to)] {
                group.create_dataset(&format!("{end}_node_id"), |d| {
                    column_of(d.with_u64_data(&[]), Packing::Bits, most).set_attr(
                        "node_population",
                        AttrValue::VarLenString(population.into()),
                    );
                })?;
            }
            for name in ["edge_type_id", "edge_group_id", "edge_group_index"] {
                group.create_dataset(name, |d| {
                    column_of(d.with_u64_data(&[]), Packing::Bits, most);
                })?;
            }
            let values = self.file.group(&format!("{base}/0"))?;
            for (name, unit) in [("syn_weight", unit), ("delay", "ms")] {
                values.create_dataset(name, |d| {
                    column_of(d.with_f64_data(&[]), Packing::None, most)
                        .set_attr("units", AttrValue::VarLenString(unit.into()));
                })?;
            }
            self.file.commit()?;
            let dataset = |name: &str| self.file.dataset(&format!("{base}/{name}"));
            Ok(Edges {
                source: dataset("source_node_id")?,
                target: dataset("target_node_id")?,
                kind: dataset("edge_type_id")?,
                group_id: dataset("edge_group_id")?,
                group_index: dataset("edge_group_index")?,
                weight: dataset("0/syn_weight")?,
                delay: dataset("0/delay")?,
                group: base,
                written: 0,
            })
        })();
        made.map_err(|e| self.fail(e))
    }

    /// Appends rows.
    pub(super) fn append(&self, to: &mut Edges, rows: &Rows) -> Result<(), RecordError> {
        let n = rows.source.len() as u64;
        if n == 0 {
            return Ok(());
        }
        let zeros = vec![0u64; rows.source.len()];
        let index: Vec<u64> = (to.written..to.written + n).collect();
        let done = (|| {
            to.source.append(&rows.source)?;
            to.target.append(&rows.target)?;
            to.kind.append(&zeros)?;
            to.group_id.append(&zeros)?;
            to.group_index.append(&index)?;
            to.weight.append(&rows.weight)?;
            to.delay.append(&rows.delay)
        })();
        to.written += n;
        done.map_err(|e| self.fail(e))
    }

    /// Marks a population as whole.
    pub(super) fn end(&self, edges: Edges) -> Result<(), RecordError> {
        let path = edges.group.clone();
        drop(edges);
        let done = (|| {
            self.file
                .group(&path)?
                .set_attr("complete", AttrValue::U32(1))?;
            self.file.commit()
        })();
        done.map_err(|e| self.fail(e))
    }

    /// Begins the traces `name` of these synapses.
    pub(super) fn begin_traces(
        &self,
        name: &str,
        attributes: &Attributes,
        of: &Traced,
        unit: &str,
    ) -> Result<Traces, RecordError> {
        let base = format!("traces/{name}");
        let made = (|| {
            let group = self.file.root().create_group(&base)?;
            for (name, value) in attributes {
                group.set_attr(name, value.value())?;
            }
            self.file.commit()?;
            let group = self.file.group(&base)?;
            for (end, ids, populations) in [
                ("source", &of.rows.source, &of.source_population),
                ("target", &of.rows.target, &of.target_population),
            ] {
                group.create_dataset(&format!("{end}_node_id"), |d| {
                    d.with_u64_data(ids);
                })?;
                let populations: Vec<&str> = populations.iter().map(String::as_str).collect();
                group.create_dataset(&format!("{end}_population"), |d| {
                    d.with_vlen_strings(&populations);
                })?;
            }
            group.create_dataset("delay", |d| {
                d.with_f64_data(&of.rows.delay)
                    .set_attr("units", AttrValue::VarLenString("ms".into()));
            })?;
            for (name, unit) in [("times", "ms"), ("values", unit)] {
                group.create_dataset(name, |d| {
                    column(d.with_f64_data(&[]), Packing::Deflate)
                        .set_attr("units", AttrValue::VarLenString(unit.into()));
                })?;
            }
            self.file.commit()?;
            Ok(Traces {
                times: self.file.dataset(&format!("{base}/times"))?,
                values: self.file.dataset(&format!("{base}/values"))?,
            })
        })();
        made.map_err(|e| self.fail(e))
    }

    /// Appends samples: `values` has one value per traced synapse for each of `times`.
    pub(super) fn samples(
        &self,
        to: &mut Traces,
        times: &[f64],
        values: &[f64],
    ) -> Result<(), RecordError> {
        if times.is_empty() {
            return Ok(());
        }
        let done = to
            .values
            .append(values)
            .and_then(|()| to.times.append(times));
        done.map_err(|e| self.fail(e))
    }

    /// Closes the file with what is known at the end.
    pub(super) fn finish(self, last: &[(&str, Attribute)]) -> Result<(), RecordError> {
        let done = (|| {
            let root = self.file.root();
            for (name, value) in last {
                root.set_attr(name, value.value())?;
            }
            self.file.commit()
        })();
        done.map_err(|e| self.fail(e))?;
        let path = self.path;
        self.file.close().map_err(|e| RecordError::Write {
            path,
            reason: e.to_string(),
        })
    }
}
