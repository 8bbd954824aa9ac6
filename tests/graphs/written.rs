//! Graph rules as they are written, and what is said about wrong ones.

use std::path::Path;

use spikewheel::definition::{self, Severity};
use spikewheel::network::spec::Rule;

/// Two populations (a: 10, b: 5) and a statement from `a` to `to` on line 5, its rule on line 6.
fn text(to: &str, rule: &str, more: &str) -> String {
    format!(
        "format = 1\nsimulation = {{ duration = \"1 s\" }}\n\
         populations.a = {{ model = \"lif_delta\", size = 10 }}\n\
         populations.b = {{ model = \"lif_delta\", size = 5 }}\n\
         [[projections]]\n\
         rule = {rule}\nfrom = [\"a[0..6]\", \"b\"]\nto = {to}\nweight = \"1 mV\"\ndelay = \"1 ms\"\n{more}"
    )
}

const SAME: &str = "[\"a[0..6]\", \"b\"]";

#[track_caller]
fn rule(rule: &str, more: &str) -> Rule {
    let text = text(SAME, rule, more);
    match definition::parse(&text, Path::new("t.toml"), &[]) {
        Ok(l) => l.spec.projections[0].rule.clone(),
        Err(all) => panic!("{text}\n{all:#?}"),
    }
}

#[track_caller]
fn wrong(to: &str, rule: &str, more: &str, part: &str) {
    let text = text(to, rule, more);
    let mut all = definition::parse(&text, Path::new("t.toml"), &[]).expect_err(&text);
    all.retain(|d| d.severity == Severity::Error);
    assert_eq!(all.len(), 1, "{text}\n{all:#?}");
    let told = format!("{} {}", all[0], all[0].help.clone().unwrap_or_default());
    assert!(told.contains(part), "no `{part}` in {told}");
    assert_eq!(all[0].line(), Some(6), "{told}");
}

#[test]
fn graphs_are_written_with_their_keys() {
    let no = "allow_autapses = false";
    assert!(
        matches!(rule("{ pairwise_poisson = 0.25 }", ""), Rule::PairwisePoisson(m) if m == 0.25)
    );
    assert!(matches!(
        rule("{ symmetric_pairwise_bernoulli = \"1 / 4\" }", no),
        Rule::SymmetricPairwiseBernoulli(p) if p == 0.25
    ));
    assert!(matches!(
        rule("{ random_graph = { m = 20 } }", ""),
        Rule::RandomGraph {
            edges: 20,
            directed: true
        }
    ));
    assert!(matches!(
        rule(
            "{ random_graph = { m = \"2 * 10\", directed = false } }",
            ""
        ),
        Rule::RandomGraph {
            edges: 20,
            directed: false
        }
    ));
    assert!(matches!(
        rule("{ small_world = { k = 4, p = 0.1 } }", no),
        Rule::SmallWorld { k: 4, p, directed: false } if p == 0.1
    ));
    assert!(matches!(
        rule("{ small_world = { k = 10, p = 1, directed = true } }", ""),
        Rule::SmallWorld {
            k: 10,
            directed: true,
            ..
        }
    ));
    assert!(matches!(
        rule("{ scale_free = { m = 3 } }", ""),
        Rule::ScaleFree {
            m: 3,
            directed: false
        }
    ));
    assert!(matches!(
        rule("{ scale_free = { m = 10, directed = true } }", ""),
        Rule::ScaleFree {
            m: 10,
            directed: true
        }
    ));
}

#[test]
fn wrong_graphs_are_told() {
    let same = |r: &str, part: &str| wrong(SAME, r, "", part);
    same("{ random_graph = 20 }", "a table such as { m = 10 }");
    same("{ random_graph = { m = 5, n = 20 } }", "unknown key `n`");
    same(
        "{ random_graph = { m = 111 } }",
        "more than the 110 pairs of 11 neurons",
    );
    same(
        "{ random_graph = { m = 56, directed = false } }",
        "more than the 55 unordered pairs",
    );
    same(
        "{ random_graph = { m = 20, directed = 1 } }",
        "must be true or false",
    );
    same("{ small_world = 3 }", "{ k = 10, p = 0.1 }");
    same("{ small_world = { k = 4 } }", "`p` is missing");
    same("{ small_world = { p = 0.5 } }", "`k` is missing");
    same(
        "{ small_world = { k = 3, p = 0.5 } }",
        "must be even, not 3",
    );
    same(
        "{ small_world = { k = 12, p = 0.5 } }",
        "less than the number of neurons, which is 11",
    );
    same("{ small_world = { k = 4, p = 1.5 } }", "not at 1.5");
    same(
        "{ small_world = { k = 4, p = 0.5, q = 1 } }",
        "unknown key `q`",
    );
    same("{ scale_free = { m = 0 } }", "from 1");
    same(
        "{ scale_free = { m = 11 } }",
        "less than the number of neurons",
    );
    same(
        "{ symmetric_pairwise_bernoulli = 0.5 }",
        "add allow_autapses = false",
    );
    same("{ pairwise_poisson = -1 }", "between 0 and 1e9, not at -1");
    wrong(
        SAME,
        "{ pairwise_poisson = 1 }",
        "allow_multapses = false",
        "makes multapses",
    );
    for r in [
        "{ random_graph = { m = 3 } }",
        "{ small_world = { k = 2, p = 0.5 } }",
        "{ scale_free = { m = 2 } }",
        "{ symmetric_pairwise_bernoulli = 0.5 }",
    ] {
        wrong(
            "\"a\"",
            r,
            "allow_autapses = false",
            "`from` and `to` must be the same",
        );
        wrong(
            "[\"b\", \"a[0..6]\"]",
            r,
            "allow_autapses = false",
            "`from` and `to` must be the same",
        );
    }
}

#[test]
fn the_schema_and_the_pages_know_graphs() {
    let validator = jsonschema::validator_for(&definition::schema::schema()).unwrap();
    let check = |rule: &str| {
        let table: toml::Table = text(SAME, rule, "").parse().unwrap();
        validator.is_valid(&serde_json::to_value(table).unwrap())
    };
    for fine in [
        "{ pairwise_poisson = 0.25 }",
        "{ symmetric_pairwise_bernoulli = 0.25 }",
        "{ random_graph = { m = 20, directed = false } }",
        "{ small_world = { k = 4, p = \"q\" } }",
        "{ scale_free = { m = 3 } }",
    ] {
        assert!(check(fine), "{fine}");
    }
    for wrong in [
        "{ small_world = { k = 4 } }",
        "{ small_world = 4 }",
        "{ scale_free = { n = 3 } }",
        "{ symmetric_pairwise_bernoulli = [[0.25]] }",
    ] {
        assert!(!check(wrong), "{wrong}");
    }
    for name in ["random_graph", "small_world", "scale_free"] {
        let page = definition::describe::find(name).unwrap().text();
        assert!(
            page.contains("directed") && page.contains("neuron"),
            "{page}"
        );
    }
}
