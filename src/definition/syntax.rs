//! TOML as a tree in which everything knows its place.
//!
//! Tables keep the order of the file: populations count in the order in which they are written.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::diagnostics::{Diagnostic, Reports, suggest};
use super::source::{Place, SourceFile};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub value: Value,
    pub place: Place,
}

/// What a value may be. Dates parse, and are refused wherever they stand.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Integer(i128),
    Float(f64),
    Boolean(bool),
    Date,
    List(Vec<Node>),
    Table(Table),
}

/// Entries in the order of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub key: String,
    pub key_place: Place,
    pub node: Node,
}

impl Node {
    /// What it is, in a message: "a text", "a table".
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Text(_) => "a text",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Boolean(_) => "true or false",
            Value::Date => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// The place of some bytes of a text; all of it if it is written with escapes, where bytes of
    /// the value are not bytes of the file.
    pub fn inside(&self, at: std::ops::Range<usize>) -> Place {
        let Value::Text(text) = &self.value else {
            return self.place.clone();
        };
        let whole = &self.place;
        for quotes in [1, 3, 0] {
            let (Some(start), Some(end)) = (
                whole.start.checked_add(quotes),
                whole.end.checked_sub(quotes),
            ) else {
                continue;
            };
            if whole.file.text.get(start..end) == Some(text.as_str()) {
                return Place::new(&whole.file, start + at.start, start + at.end);
            }
        }
        whole.clone()
    }

    pub fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(t) => Some(t),
            _ => None,
        }
    }
}

impl Table {
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.node)
    }

    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.key == key)
    }

    /// Reports every key that is not in `valid`.
    pub fn only(&self, valid: &[&str], of: &str, reports: &mut Reports) {
        for entry in &self.entries {
            if !valid.contains(&entry.key.as_str()) {
                reports
                    .error(
                        &entry.key_place,
                        format!("unknown key `{}` in {of}", entry.key.escape_debug()),
                    )
                    .label("unknown")
                    .help(suggest(&entry.key, valid));
            }
        }
    }
}

/// Reads TOML. Errors of syntax are told all at once, and nothing else is read then.
pub(super) fn read(file: &Arc<SourceFile>) -> Result<Table, Vec<Diagnostic>> {
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    if errors.is_empty() {
        return Ok(convert_table(table.get_ref(), file));
    }
    Err(errors
        .into_iter()
        .map(|e| {
            let d = Diagnostic::error(format!("not valid TOML: {}", e.message()));
            match e.span() {
                Some(span) => d.at(&Place::new(file, span.start, span.end)),
                None => d.at(&Place::new(file, 0, 0)),
            }
        })
        .collect())
}

fn convert_table(table: &DeTable<'_>, file: &Arc<SourceFile>) -> Table {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| {
            let span = key.span();
            let key_place = Place::new(file, span.start, span.end);
            Entry {
                key: key.get_ref().to_string(),
                node: convert(value.get_ref(), value.span(), file),
                key_place,
            }
        })
        .collect();
    entries.sort_by_key(|e| e.key_place.start);
    Table { entries }
}

fn convert(value: &DeValue<'_>, span: std::ops::Range<usize>, file: &Arc<SourceFile>) -> Node {
    let converted = match value {
        DeValue::String(s) => Value::Text(s.to_string()),
        DeValue::Integer(i) => match i128::from_str_radix(i.as_str(), i.radix()) {
            Ok(i) => Value::Integer(i),
            // More digits than any integer here may have: as a float it fails the checks of range.
            Err(_) => Value::Float(i.as_str().parse().unwrap_or(f64::INFINITY)),
        },
        DeValue::Float(x) => Value::Float(x.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(b) => Value::Boolean(*b),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(a) => Value::List(
            a.iter()
                .map(|v| convert(v.get_ref(), v.span(), file))
                .collect(),
        ),
        DeValue::Table(t) => Value::Table(convert_table(t, file)),
    };
    Node {
        value: converted,
        place: Place::new(file, span.start, span.end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn tables_keep_the_order_of_the_file() {
        let file = SourceFile::new(Path::new("a.toml"), "[z]\n[m]\n[a]\n");
        let table = read(&file).unwrap_or_default();
        let keys: Vec<&str> = table.entries.iter().map(|e| e.key.as_str()).collect();
        assert_eq!(keys, ["z", "m", "a"]);
    }

    #[test]
    fn a_place_inside_a_text_is_exact_unless_it_has_escapes() {
        let file = SourceFile::new(Path::new("a.toml"), "a = \"1 mx\"\nb = \"1\\u0020mx\"");
        let table = read(&file).unwrap_or_default();
        let column = |key: &str| table.get(key).map(|n| n.inside(2..4).line_column().1);
        assert_eq!(column("a"), Some(8));
        assert_eq!(column("b"), Some(5));
    }
}
