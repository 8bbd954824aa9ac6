//! Tables as text for people, and as CSV for programs.

use std::fmt::Write as _;

/// Rows of cells under heads.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(heads: &[&str]) -> Self {
        Self {
            rows: vec![heads.iter().map(|h| (*h).to_owned()).collect()],
        }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Columns as wide as they must be; the first to the left, the others to the right.
    pub(super) fn text(&self) -> String {
        let mut widths = vec![0; self.rows[0].len()];
        for row in &self.rows {
            for (w, cell) in widths.iter_mut().zip(row) {
                *w = cell.chars().count().max(*w);
            }
        }
        let mut out = String::new();
        for row in &self.rows {
            for (k, (cell, w)) in row.iter().zip(&widths).enumerate() {
                let _ = match k {
                    0 => write!(out, "{cell:w$}"),
                    _ => write!(out, "  {cell:>w$}"),
                };
            }
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
        out
    }

    pub(super) fn csv(&self) -> String {
        let mut out = csv::Writer::from_writer(Vec::new());
        for row in &self.rows {
            // Writing to memory does not fail, and all rows have the same length.
            let _ = out.write_record(row);
        }
        let bytes = out.into_inner().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// With so many decimals, or `-` for nothing.
pub(super) fn decimals(v: Option<f64>, places: usize) -> String {
    v.map_or_else(|| "-".into(), |v| format!("{v:.places$}"))
}

/// With three significant digits at least, or `-` for nothing.
pub(super) fn significant(v: Option<f64>) -> String {
    match v {
        None => "-".into(),
        Some(0.0) => "0".into(),
        Some(v) if (0.001..1e6).contains(&v.abs()) => {
            let places = (2.0 - v.abs().log10().floor()).clamp(0.0, 5.0);
            format!("{v:.*}", places as usize)
        }
        Some(v) => format!("{v:.2e}"),
    }
}

/// All digits, or an empty cell for nothing.
pub(super) fn full(v: Option<f64>) -> String {
    v.map_or_else(String::new, |v| v.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_csv_is_quoted() {
        let mut t = Table::new(&["name", "v"]);
        t.row(vec!["a, b".into(), "10".into()]);
        t.row(vec!["c".into(), "-".into()]);
        assert_eq!(t.text(), "name   v\na, b  10\nc      -\n");
        assert_eq!(t.csv(), "name,v\n\"a, b\",10\nc,-\n");
    }

    #[test]
    fn numbers_keep_their_digits() {
        let s = |v| significant(Some(v));
        assert_eq!(
            [s(0.012345), s(-1.5), s(123456.0), s(2e-5), s(0.0)],
            ["0.0123", "-1.50", "123456", "2.00e-5", "0"]
        );
        assert_eq!(
            (significant(None), full(None), decimals(None, 2)),
            ("-".into(), String::new(), "-".into())
        );
    }
}
