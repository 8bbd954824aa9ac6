//! `include`: parameters, populations and named rules of plasticity of other files.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::context::Context;
use super::files;
use super::source::{Place, SourceFile};
use super::syntax::{self, Entry, Node, Table};

/// Keys that may stand at the top of a file.
pub(super) const KEYS: [&str; 11] = [
    "format",
    "name",
    "include",
    "simulation",
    "parameters",
    "populations",
    "stimuli",
    "plasticity",
    "modulators",
    "projections",
    "recording",
];

/// The named tables of a section, in order.
pub(super) fn section<'t>(ctx: &mut Context, root: &'t Table, key: &str) -> &'t [Entry] {
    match root.get(key) {
        None => &[],
        Some(node) => match node.table() {
            Some(table) => &table.entries,
            None => {
                ctx.expected(node, key, "a table");
                &[]
            }
        },
    }
}

/// Files that a definition includes, directly or through others. Each is read once, however often
/// it is named; a circle therefore ends by itself.
pub(super) fn read(ctx: &mut Context, main: &Arc<SourceFile>, root: &Table) -> Vec<Table> {
    let identity = |path: PathBuf| path.canonicalize().unwrap_or(path);
    let mut seen: HashSet<PathBuf> = HashSet::from([identity(main.path.clone())]);
    let mut waiting: Vec<Node> = listed(ctx, root);
    let mut tables = Vec::new();
    let mut at = 0;
    while let Some(node) = waiting.get(at).cloned() {
        at += 1;
        let Some(name) = ctx.text(&node, "include") else {
            continue;
        };
        let path = node.place.file.beside(name);
        if !seen.insert(identity(path.clone())) {
            continue;
        }
        let files = &node.place.file.files;
        let text = match files::read_text(&files.place(path.clone())) {
            Ok(text) => text,
            Err(e) => {
                ctx.reports.error(&node.place, format!("include: {e}"));
                continue;
            }
        };
        let file = SourceFile::among(&path, &text, files);
        match syntax::read(&file) {
            Ok(table) => {
                check_top(ctx, &file, &table);
                for section in [
                    "simulation",
                    "stimuli",
                    "modulators",
                    "projections",
                    "recording",
                ] {
                    if let Some(e) = table.entry(section) {
                        ctx.reports
                            .warning(
                                &e.key_place,
                                format!("`{section}` of an included file is not used"),
                            )
                            .help("only parameters, populations and plasticity are included");
                    }
                }
                waiting.extend(listed(ctx, &table));
                tables.push(table);
            }
            Err(errors) => ctx.reports.extend(errors),
        }
    }
    tables
}

fn listed(ctx: &mut Context, root: &Table) -> Vec<Node> {
    match root.get("include") {
        None => Vec::new(),
        Some(node) => ctx.list(node, "include").unwrap_or_default().to_vec(),
    }
}

/// The format number and the keys at the top. Says whether the rest can be understood at all.
pub(super) fn check_top(ctx: &mut Context, file: &Arc<SourceFile>, root: &Table) -> bool {
    let top = Place::new(file, 0, 0);
    let known = match root.get("format") {
        None => {
            ctx.reports
                .error(&top, "the format number is missing")
                .label("expected here")
                .help("begin the file with format = 1");
            true
        }
        Some(node) => match node.value {
            syntax::Value::Integer(1) => true,
            syntax::Value::Integer(n) => {
                ctx.reports
                    .error(
                        &node.place,
                        format!("format {n} is not known to this version"),
                    )
                    .help("it reads format = 1");
                false
            }
            _ => {
                ctx.expected(node, "format", "the number 1");
                true
            }
        },
    };
    if known {
        root.only(&KEYS, "the definition", &mut ctx.reports);
    }
    known
}
