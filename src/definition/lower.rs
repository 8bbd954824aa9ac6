//! From text to `NetworkSpec`: the order in which the parts are read.
//!
//! Parameters come first, since everything may use them; then the simulation, since times are
//! compared with its resolution; then whatever has a name and a size; then what refers to it.

use std::path::Path;
use std::sync::Arc;

use super::context::Context;
use super::diagnostics::{Diagnostic, Severity};
use super::names::{Names, is_name};
use super::source::{Files, Place, SourceFile};
use super::syntax::{self, Node, Table, Value};
use super::weights::Statement;
use super::{
    Loaded, Override, include, learning, modulators, overrides, parameters, population, projection,
    recording, simulation, stimulus,
};
use crate::network::impossible;
use crate::network::spec::{NetworkSpec, ProjectionSpec};

/// See `definition::parse`.
pub(super) fn lower(
    text: &str,
    path: &Path,
    given: &[Override],
    files: &Arc<Files>,
) -> Result<Loaded, Vec<Diagnostic>> {
    let file = SourceFile::among(path, text, files);
    if text.trim().is_empty() {
        let mut d = Diagnostic::error(format!("{} is empty", path.display()));
        d.help("a definition begins with format = 1 and needs [simulation] and [populations.NAME]");
        return Err(vec![d]);
    }
    let root = syntax::read(&file)?;
    let mut ctx = Context::default();
    if !include::check_top(&mut ctx, &file, &root) {
        return Err(ctx.reports.finish());
    }
    let included = include::read(&mut ctx, &file, &root);

    // Included files come first: their populations are what the file builds upon.
    let collect = |ctx: &mut Context, key: &str| {
        let mut all = Vec::new();
        for table in included.iter().chain([&root]) {
            all.extend_from_slice(include::section(ctx, table, key));
        }
        all
    };
    let mut named_values = collect(&mut ctx, "parameters");
    let populations = collect(&mut ctx, "populations");
    let plasticity = collect(&mut ctx, "plasticity");
    let mut simulation_table = Table {
        entries: include::section(&mut ctx, &root, "simulation").to_vec(),
    };
    overrides::apply(&mut ctx, given, &mut named_values, &mut simulation_table);
    parameters::evaluate(&mut ctx, &named_values);

    let top = Place::new(&file, 0, 0);
    let simulation_place = root.entry("simulation").map_or(&top, |e| &e.key_place);
    let simulation = simulation::read(&mut ctx, &simulation_table, simulation_place);

    let mut names = Names::default();
    let mut all = population::read(&mut ctx, &populations, &mut names);
    let stimuli = include::section(&mut ctx, &root, "stimuli");
    let stimuli = stimulus::read(&mut ctx, stimuli, &mut names, populations.len());
    all.extend(stimuli.sources);
    if names.all.is_empty() && !ctx.reports.has_errors() {
        ctx.reports
            .error(&top, "the definition has no populations")
            .help("add for example [populations.cells] with model = \"lif_delta\" and size = 100");
    }

    let listed = include::section(&mut ctx, &root, "modulators");
    names.modulators = modulators::names(&mut ctx, listed);
    let modulators = modulators::read(&mut ctx, listed, &names);
    learning::named(&mut ctx, &plasticity, &names);
    names.plasticity = plasticity;

    let mut projections = Vec::new();
    let mut statements: Vec<Statement> = Vec::new();
    // Statements that say how their synapses are to be held, and where they say so.
    let mut chosen = Vec::new();
    if let Some(node) = root.get("projections") {
        match &node.value {
            Value::List(list) => {
                for item in list {
                    let first = projections.len();
                    projections.extend(projection::read(&mut ctx, item, &names));
                    let name = statement_name(&mut ctx, item, &statements);
                    statements.push(Statement {
                        name,
                        range: first..projections.len(),
                    });
                    if let Some(stated) = item.table().and_then(|t| t.get("table")) {
                        chosen.push((first..projections.len(), stated.place.clone()));
                    }
                }
            }
            _ => {
                ctx.expected(
                    node,
                    "projections",
                    "a list of tables, each begun with [[projections]],",
                );
            }
        }
    }
    let recording_table = Table {
        entries: include::section(&mut ctx, &root, "recording").to_vec(),
    };
    let (recording, output) = recording::read(
        &mut ctx,
        &recording_table,
        &names,
        &statements,
        &projections,
    );
    if ctx.frozen {
        freeze(&mut projections);
    }
    let name = match root.get("name") {
        Some(node) => ctx.text(node, "name").unwrap_or_default().to_string(),
        None => path
            .file_stem()
            .map(|s| s.to_string_lossy().into_owned())
            .unwrap_or_default(),
    };
    let spec = NetworkSpec {
        name,
        seed: simulation.seed,
        resolution_ps: ctx.resolution_ps.unwrap_or(1),
        duration: ctx.duration.unwrap_or(1),
        arithmetic: simulation.arithmetic,
        populations: all,
        projections,
        drives: stimuli.drives,
        recording,
        modulators,
    };
    for (statements, place) in chosen {
        let why = statements.into_iter().find_map(|i| impossible(&spec, i));
        if let Some(why) = why {
            ctx.reports
                .error(&place, format!("these synapses cannot be held so: {why}"))
                .help("leave out the key, or write table = \"auto\"");
        }
    }
    let known = ctx.resolution_ps.is_some() && ctx.duration.is_some();
    let findings = ctx.reports.finish();
    if !known || findings.iter().any(|d| d.severity == Severity::Error) {
        return Err(findings);
    }
    Ok(Loaded {
        spec,
        text: text.to_string(),
        path: path.to_path_buf(),
        warnings: findings,
        output,
        files: files.named(),
    })
}

/// The `name` of a projection, which must be its own.
fn statement_name(ctx: &mut Context, node: &Node, before: &[Statement]) -> Option<String> {
    let n = node.table()?.get("name")?;
    let name = ctx.text(n, "the name of a projection")?;
    if !is_name(name) {
        ctx.reports
            .error(
                &n.place,
                format!("`{}` cannot be a name", name.escape_debug()),
            )
            .help("names of projections consist of letters, digits, _ and -");
        return None;
    }
    if before.iter().any(|s| s.name.as_deref() == Some(name)) {
        ctx.reports
            .error(&n.place, format!("two projections are called `{name}`"));
        return None;
    }
    Some(name.to_string())
}

/// Takes away what changes weights; short-term plasticity stays, since it leaves them alone.
fn freeze(projections: &mut [ProjectionSpec]) {
    for p in projections {
        if let Some(plastic) = &mut p.plasticity {
            plastic.learning = None;
            if plastic.short_term.is_none() {
                p.plasticity = None;
            }
        }
    }
}
