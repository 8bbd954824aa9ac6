//! What is wrong with a definition, where, and what would be right.

use std::fmt;

use miette::{LabeledSpan, SourceCode};

use super::source::Place;

/// Does it stop the run?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// One finding. It can be drawn by miette with the lines of the file it speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub message: String,
    /// Where it is; findings about the file as a whole have none.
    pub place: Option<Place>,
    /// What stands at the place, drawn below it.
    pub label: String,
    /// A second place in the same file, with what is there.
    pub also: Option<(Place, String)>,
    pub help: Option<String>,
}

impl Diagnostic {
    fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self {
            severity,
            message: message.into(),
            place: None,
            label: "here".into(),
            also: None,
            help: None,
        }
    }

    /// An error about the file as a whole.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message)
    }

    /// A warning about the file as a whole.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    /// The same, pointing at `place`.
    pub fn at(mut self, place: &Place) -> Self {
        self.place = Some(place.clone());
        self
    }

    /// What is drawn below the place.
    pub fn label(&mut self, text: impl Into<String>) -> &mut Self {
        self.label = text.into();
        self
    }

    /// What to do about it.
    pub fn help(&mut self, text: impl Into<String>) -> &mut Self {
        self.help = Some(text.into());
        self
    }

    /// A second place. In another file it cannot be drawn beside the first: it is named instead.
    pub fn also(&mut self, place: &Place, text: &str) -> &mut Self {
        if self.place.as_ref().is_some_and(|p| p.file == place.file) {
            self.also = Some((place.clone(), text.into()));
        } else {
            self.help = Some(format!("{text} at {}", place.short()));
        }
        self
    }

    /// Line in its file, counted from 1.
    pub fn line(&self) -> Option<usize> {
        self.place.as_ref().map(|p| p.line_column().0)
    }

    /// Column in its line, counted from 1 in characters.
    pub fn column(&self) -> Option<usize> {
        self.place.as_ref().map(|p| p.line_column().1)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Diagnostic {}

impl miette::Diagnostic for Diagnostic {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place
            .as_ref()
            .map(|p| p.file.as_ref() as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let first = self.place.as_ref()?;
        let first = LabeledSpan::new(
            Some(self.label.clone()),
            first.start,
            first.end - first.start,
        );
        let second = self
            .also
            .as_ref()
            .map(|(p, text)| LabeledSpan::new(Some(text.clone()), p.start, p.end - p.start));
        Some(Box::new(std::iter::once(first).chain(second)))
    }
}

/// Collects the findings of one file, so that all of them can be told at once.
#[derive(Debug, Default)]
pub(super) struct Reports {
    list: Vec<Diagnostic>,
}

impl Reports {
    /// Adds a finding and returns it for a label or help.
    fn add(&mut self, finding: Diagnostic) -> &mut Diagnostic {
        self.list.push(finding);
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    pub fn error(&mut self, place: &Place, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Diagnostic::error(message).at(place))
    }

    pub fn warning(&mut self, place: &Place, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Diagnostic::warning(message).at(place))
    }

    pub fn general_error(&mut self, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Diagnostic::error(message))
    }

    pub fn extend(&mut self, findings: impl IntoIterator<Item = Diagnostic>) {
        self.list.extend(findings);
    }

    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }

    /// Everything found, in the order of the files, each finding once. What `like` inherits is
    /// checked again in every heir, so the same finding at the same place may have come up twice.
    pub fn finish(self) -> Vec<Diagnostic> {
        let mut files: Vec<std::sync::Arc<super::source::SourceFile>> = Vec::new();
        let mut all: Vec<Diagnostic> = Vec::with_capacity(self.list.len());
        let mut keyed = Vec::with_capacity(self.list.len());
        for d in self.list {
            let key = match &d.place {
                None => (0, 0),
                Some(p) => {
                    let rank = files.iter().position(|f| *f == p.file).unwrap_or_else(|| {
                        files.push(std::sync::Arc::clone(&p.file));
                        files.len() - 1
                    });
                    (rank + 1, p.start)
                }
            };
            keyed.push((key, d));
        }
        keyed.sort_by_key(|(key, _)| *key);
        for (_, d) in keyed {
            let repeated = all
                .iter()
                .rev()
                .take_while(|e| {
                    e.place.as_ref().map(|p| p.start) == d.place.as_ref().map(|p| p.start)
                })
                .any(|e| e.message == d.message && e.place == d.place);
            if !repeated {
                all.push(d);
            }
        }
        all
    }
}

/// The name among `valid` that was probably meant, if one is near enough.
pub fn nearest<'a>(name: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    valid
        .into_iter()
        .map(|v| {
            let other = v.to_lowercase();
            let distance = strsim::damerau_levenshtein(&lower, &other);
            (distance, v)
        })
        .filter(|(distance, v)| {
            let length = name.chars().count().max(v.chars().count());
            *distance <= (length / 3).max(1) && *distance < length
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, v)| v)
}

/// Help for an unknown name: the nearest one, and all that there are.
pub fn suggest(name: &str, valid: &[&str]) -> String {
    let mut text = String::new();
    if let Some(near) = nearest(name, valid.iter().copied()) {
        text.push_str(&format!("did you mean `{near}`? "));
    }
    const MOST: usize = 40;
    if valid.is_empty() {
        text.push_str("there are none");
    } else {
        let shown: Vec<&str> = valid.iter().copied().take(MOST).collect();
        text.push_str(&format!("valid: {}", shown.join(", ")));
        if valid.len() > MOST {
            text.push_str(&format!(" and {} more", valid.len() - MOST));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("tau_n", ["tau_m", "V_th"]), Some("tau_m"));
        assert_eq!(nearest("v_TH", ["tau_m", "V_th"]), Some("V_th"));
        assert_eq!(nearest("zebra", ["tau_m", "V_th"]), None);
        assert_eq!(nearest("", ["a"]), None);
    }
}
