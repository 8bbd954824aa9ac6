//! One statement over tables is what its pairs written out one by one are.

use std::path::Path;

use spikewheel::definition::{self, Diagnostic, Severity};
use spikewheel::network::spec::{Delay, NetworkSpec, Rule, Values, Weight};

fn parse(text: &str) -> Result<NetworkSpec, Vec<Diagnostic>> {
    definition::parse(text, Path::new("test.toml"), &[]).map(|l| l.spec)
}

#[track_caller]
fn ok(text: &str) -> NetworkSpec {
    parse(text).unwrap_or_else(|all| panic!("{text}\n{all:#?}"))
}

const NAMES: [&str; 8] = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"];

/// Eight populations with the sizes of the microcircuit divided by 100, 12 lines long.
fn head() -> String {
    let sizes = [207, 58, 219, 55, 49, 11, 144, 29];
    let mut text = String::from(
        "format = 1\n[simulation]\nduration = \"1 s\"\n[parameters]\nw = \"87.8 pA\"\n[populations]\n",
    );
    for (name, size) in NAMES.iter().zip(sizes) {
        text += &format!("{name} = {{ model = \"lif_exp\", size = {size} }}\n");
    }
    text
}

/// Connection probabilities of Potjans & Diesmann (2014), table 5: row target, column source.
const PROBABILITIES: [[&str; 8]; 8] = [
    [
        "0.1009", "0.1689", "0.0437", "0.0818", "0.0323", "0", "0.0076", "0",
    ],
    [
        "0.1346", "0.1371", "0.0316", "0.0515", "0.0755", "0", "0.0042", "0",
    ],
    [
        "0.0077", "0.0059", "0.0497", "0.135", "0.0067", "0.0003", "0.0453", "0",
    ],
    [
        "0.0691", "0.0029", "0.0794", "0.1597", "0.0033", "0", "0.1057", "0",
    ],
    [
        "0.1004", "0.0622", "0.0505", "0.0057", "0.0831", "0.3726", "0.0204", "0",
    ],
    [
        "0.0548", "0.0269", "0.0257", "0.0022", "0.06", "0.3158", "0.0086", "0",
    ],
    [
        "0.0156", "0.0066", "0.0211", "0.0166", "0.0572", "0.0197", "0.0396", "0.2252",
    ],
    [
        "0.0364", "0.001", "0.0034", "0.0005", "0.0277", "0.008", "0.0658", "0.1443",
    ],
];

fn quoted(names: &[&str]) -> String {
    let all: Vec<String> = names.iter().map(|n| format!("\"{n}\"")).collect();
    format!("[{}]", all.join(", "))
}

/// A table of the format from what stands in each cell.
fn table(cell: impl Fn(usize, usize) -> String) -> String {
    let rows: Vec<String> = (0..8)
        .map(|t| {
            let row: Vec<String> = (0..8).map(|s| cell(t, s)).collect();
            format!("[{}]", row.join(", "))
        })
        .collect();
    format!("[\n{}\n]", rows.join(",\n"))
}

fn statement(from: &str, to: &str, rule: &str, weight: &str, delay: &str) -> String {
    format!(
        "[[projections]]\nfrom = {from}\nto = {to}\nrule = {{ {rule} }}\nweight = {weight}\ndelay = {delay}\n"
    )
}

/// The table statement, and the same written out; they must be the same network.
#[track_caller]
fn same(
    rule: impl Fn(&str) -> String,
    cell: impl Fn(usize, usize) -> String,
    [weights, delays]: [&str; 2],
    weight: impl Fn(usize, usize) -> String,
    delay: impl Fn(usize, usize) -> String,
) -> NetworkSpec {
    let names = quoted(&NAMES);
    let one = head() + &statement(&names, &names, &rule(&table(&cell)), weights, delays);
    let mut many = head();
    for (t, target) in NAMES.iter().enumerate() {
        for (s, source) in NAMES.iter().enumerate() {
            if cell(t, s) != "0" {
                many += &statement(
                    &quoted(&[source]),
                    &quoted(&[target]),
                    &rule(&cell(t, s)),
                    &weight(t, s),
                    &delay(t, s),
                );
            }
        }
    }
    let (one, many) = (ok(&one), ok(&many));
    assert_eq!(format!("{one:#?}"), format!("{many:#?}"));
    one
}

fn drawn_weight(t: usize, s: usize) -> String {
    // Excitatory and inhibitory sources, and the doubled weight from L4E to L2/3E.
    match (t, s % 2) {
        (_, 1) => "{ normal = [\"-4 * w\", \"0.4 * w\"], max = \"0 pA\" }".into(),
        (0, _) if s == 2 => "{ normal = [\"2 * w\", \"0.2 * w\"], min = \"0 pA\" }".into(),
        _ => "{ normal = [\"w\", \"0.1 * w\"], min = \"0 pA\" }".into(),
    }
}

fn drawn_delay(s: usize) -> String {
    let mean = if s.is_multiple_of(2) { "1.5" } else { "0.8" };
    format!("{{ normal = [\"{mean} ms\", \"{mean} ms / 2\"], min = \"0.1 ms\" }}")
}

fn per_source(value: impl Fn(usize) -> String) -> String {
    let all: Vec<String> = (0..8).map(value).collect();
    format!("{{ per_source = [{}] }}", all.join(", "))
}

#[test]
fn the_microcircuit_in_one_statement_is_what_it_is_in_sixty_four() {
    let spec = same(
        |cell| format!("fixed_total_number = {{ probability = {cell} }}"),
        |t, s| PROBABILITIES[t][s].into(),
        [&table(drawn_weight), &per_source(drawn_delay)],
        drawn_weight,
        |_, s| drawn_delay(s),
    );
    // Nine pairs of populations are not connected.
    assert_eq!(spec.projections.len(), 55);
    let first = &spec.projections[0];
    assert_eq!((first.from[0].population, first.to[0].population), (0, 0));
    let second = &spec.projections[1];
    assert_eq!((second.from[0].population, second.to[0].population), (1, 0));
}

#[test]
fn every_rule_with_a_number_takes_a_table_and_one_value_serves_all_pairs() {
    for rule in ["fixed_indegree", "fixed_outdegree", "fixed_total_number"] {
        same(
            |cell| format!("{rule} = {cell}"),
            |t, s| match (t + s) % 3 {
                0 => "0".into(),
                1 => format!("{}", t * s + 1),
                _ => format!("\"{t} + 2 * {s}\""),
            },
            ["\"w\"", "\"1.5 ms\""],
            |_, _| "\"w\"".into(),
            |_, _| "\"1.5 ms\"".into(),
        );
    }
    let spec = same(
        |cell| format!("pairwise_bernoulli = {cell}"),
        |t, s| PROBABILITIES[t][s].into(),
        [
            &per_source(|s| format!("\"{} pA\"", s + 1)),
            &table(|t, s| format!("\"{} ms\"", 1 + t + s)),
        ],
        |_, s| format!("\"{} pA\"", s + 1),
        |t, s| format!("\"{} ms\"", 1 + t + s),
    );
    assert_eq!(spec.projections.len(), 55);
}

/// Two populations of different models, 6 lines.
fn pair(rest: &str) -> String {
    format!(
        "format = 1\nsimulation = {{ duration = \"1 s\" }}\n\
         populations.a = {{ model = \"lif_delta\", size = 10 }}\n\
         populations.b = {{ model = \"lif_exp\", size = 5 }}\n\
         [[projections]]\nfrom = [\"a\", \"b[0..4]\"]\n{rest}"
    )
}

#[test]
fn one_argument_serves_all_pairs_where_it_means_the_same_for_each() {
    let rest = |rule: &str| {
        format!(
            "to = [\"a\", \"b\"]\nrule = {rule}\ndelay = {{ per_target = [\"1 ms\", \"2 ms\"] }}\n\
             weight = [[\"1 mV\", \"2 mV\"], [\"3 pA\", \"4 pA\"]]"
        )
    };
    let spec = ok(&pair(&rest("\"all_to_all\"")));
    let told: Vec<(f64, u64, u64)> = spec
        .projections
        .iter()
        .map(|p| match (&p.weight, &p.delay) {
            (Weight::Values(Values::Constant(w)), Delay::Ticks(d)) => (*w, *d, p.sources()),
            other => panic!("{other:?}"),
        })
        .collect();
    // A row of weights is in the unit of its target.
    assert_eq!(
        told,
        [(1.0, 10, 10), (2.0, 10, 4), (3.0, 20, 10), (4.0, 20, 4)]
    );
    let spec = ok(&pair(&rest("{ pairwise_bernoulli = 0.25 }")));
    assert!(
        spec.projections
            .iter()
            .all(|p| matches!(p.rule, Rule::PairwiseBernoulli(p) if p == 0.25))
    );
    let spec = ok(&pair(&rest(
        "{ fixed_total_number = { probability = 0.5 } }",
    )));
    assert_eq!(spec.projections.len(), 4);
}

#[test]
fn the_number_of_synapses_follows_from_the_probability() {
    let total = |size: [u32; 2], p: &str, more: &str| {
        let text = format!(
            "format = 1\nsimulation = {{ duration = \"1 s\" }}\n\
             populations.a = {{ model = \"lif_delta\", size = {} }}\n\
             populations.b = {{ model = \"lif_delta\", size = {} }}\n\
             [[projections]]\nfrom = \"a\"\nto = \"b\"\nweight = \"1 mV\"\ndelay = \"1 ms\"\n\
             rule = {{ fixed_total_number = {{ probability = {p} }} }}\n{more}",
            size[0], size[1]
        );
        match ok(&text).projections[0].rule {
            Rule::FixedTotalNumber(n) => n,
            ref other => panic!("{other:?}"),
        }
    };
    // Equation 1 of Potjans & Diesmann (2014) for four of their pairs, with 50 digits.
    assert_eq!(total([20683, 20683], "0.1009", ""), 45_499_806);
    assert_eq!(total([5834, 5834], "0.3158", ""), 12_916_664);
    assert_eq!(total([5834, 20683], "0.0076", ""), 920_554);
    assert_eq!(total([14395, 14395], "\"0.57 / 100\"", ""), 1_184_510);
    // Without multapses every synapse is another pair.
    assert_eq!(total([100, 50], "0.3", "allow_multapses = false"), 1500);
    assert_eq!(total([100, 50], "1", "allow_multapses = false"), 5000);
    assert_eq!(total([1, 1], "0.5", ""), 1);
    assert_eq!(total([1, 1], "0", ""), 0);
}

/// The errors of `text`, each as (line, message and help).
fn errors(text: &str) -> Vec<(usize, String)> {
    let mut all = parse(text).expect_err(text);
    all.retain(|d| d.severity == Severity::Error);
    all.iter()
        .map(|d| {
            let help = d.help.clone().unwrap_or_default();
            (d.line().unwrap_or(0), format!("{d} {help}"))
        })
        .collect()
}

#[track_caller]
fn wrong(text: &str, line: usize, part: &str) {
    let all = errors(text);
    assert_eq!(all.len(), 1, "{text}\n{all:#?}");
    assert_eq!(all[0].0, line, "{text}\n{all:#?}");
    assert!(all[0].1.contains(part), "no `{part}` in {all:#?}");
}

#[test]
fn wrong_tables_are_told_with_their_place() {
    // `to` is line 7, the rule 8, weight 9, delay 10.
    let to_b = |rule: &str, weight: &str, delay: &str| {
        pair(&format!(
            "to = [\"b[0..2]\", \"b[2..5]\"]\nrule = {rule}\nweight = {weight}\ndelay = {delay}\n"
        ))
    };
    let (w, d) = ("\"1 pA\"", "\"1 ms\"");
    let fine = "{ fixed_indegree = [[1, 2], [3, 0]] }";
    assert_eq!(ok(&to_b(fine, w, d)).projections.len(), 3);

    let rule = |r: &str, line: usize, part: &str| wrong(&to_b(r, w, d), line, part);
    rule(
        "{ fixed_indegree = [[1, 2]] }",
        8,
        "has 1 row, but `to` names 2 populations",
    );
    rule(
        "{ fixed_indegree = [[1, 2],\n[1, 2, 3]] }",
        9,
        "row 2 (onto `b`) has 3 values, but `from` names 2 populations",
    );
    rule(
        "{ fixed_indegree = [[1, 2],\n3] }",
        9,
        "row 2 of the table must be a list",
    );
    rule("{ fixed_indegree = [1, 2] }", 8, "is a flat list");
    rule("{ fixed_indegree = [] }", 8, "has no rows");
    rule(
        "{ fixed_indegree = [[1, 2],\n[1, 2.5]] }",
        9,
        "whole number",
    );
    rule(
        "{ fixed_indegree = [[1, \"2 ms\"], [1, 2]] }",
        8,
        "must be a plain number",
    );
    rule("{ pairwise_bernoulli = [[1, 2], [0, 0]] }", 8, "not at 2");
    rule(
        "{ fixed_total_number = { probability = [[0.1, 1], [0, 0]] } }",
        8,
        "no number of synapses",
    );
    rule(
        "{ fixed_total_number = { probabilty = 0.1 } }",
        8,
        "did you mean `probability`",
    );
    rule("{ fixed_total_number = {} }", 8, "`probability` is missing");
    rule(
        "{ list = [[1, 2], [3, 4]] }",
        8,
        "must be the name of a file",
    );
    rule(
        "{ fixed_indegree = [[11, 2], [1, 1]] }\nallow_multapses = false",
        8,
        "in-degree of 11 is more than the 10 sources",
    );
    for r in ["\"one_to_one\"", "{ list = \"x.csv\" }"] {
        wrong(
            &to_b(r, "{ per_source = [\"1 pA\", \"2 pA\"] }", d),
            8,
            "values for each pair",
        );
    }
    for r in ["fixed_indegree", "fixed_outdegree", "fixed_total_number"] {
        let text = to_b(
            &format!("{{ {r} = 3 }}"),
            "{ per_source = [\"1 pA\", \"2 pA\"] }",
            d,
        );
        wrong(&text, 8, "must be a table here");
    }

    let weight = |x: &str, part: &str| wrong(&to_b(fine, x, d), 9, part);
    weight("[\"1 pA\", \"2 pA\"]", "{ per_source = [...] }");
    weight("[[\"1 pA\", \"2 pA\"]]", "weight has 1 row, but");
    weight(
        "[[\"1 pA\", \"2 pA\"], [\"1 pA\"]]",
        "row 2 (onto `b`) has 1 value, but",
    );
    weight(
        "[[\"1 pA\", \"2 mV\"], [\"1 pA\", \"2 pA\"]]",
        "must be a current",
    );
    weight(
        "[[\"1 pA\", [\"2 pA\"]], [\"1 pA\", \"2 pA\"]]",
        "cannot be a list of values",
    );
    weight(
        "{ per_source = [\"1 pA\"] }",
        "per_source has 1 value, but `from` names 2",
    );
    weight(
        "{ per_target = [\"1 pA\"] }",
        "per_target has 1 value, but `to` names 2",
    );
    weight(
        "{ per_source = [\"1 pA\", \"1 pA\"], per_target = [\"1 pA\", \"1 pA\"] }",
        "either per_source or per_target",
    );
    weight(
        "{ per_sauce = [\"1 pA\", \"1 pA\"] }",
        "exactly one of uniform",
    );
    // A wrong value that serves several pairs is told once; where there is no projection, nothing
    // is read.
    weight("{ per_source = [\"1 mV\", \"1 pA\"] }", "must be a current");
    ok(&to_b(fine, "[[\"1 pA\", \"2 pA\"], [\"1 pA\", 0]]", d));

    let delay = |x: &str, part: &str| wrong(&to_b(fine, w, x), 10, part);
    delay(
        "[[\"1 ms\", \"1 ms\"], [\"0 ms\", \"1 ms\"]]",
        "less than one tick",
    );
    delay("{ per_source = [\"1 ms\", \"1 mV\"] }", "must be a time");
    delay("{ per_target = 3 }", "must be a list");
    // A flat list without any table is no table either.
    let flat = to_b("{ fixed_indegree = 3 }", "[\"1 pA\", \"2 pA\"]", d);
    wrong(&flat, 9, "{ per_source = [...] }");
    // All of it at once.
    let all = errors(&to_b(
        "{ fixed_indegree = [[1, 2], [3, -1]] }",
        "[[\"1 pA\", \"2 pA\"], [\"1 mV\", \"1 pA\"]]",
        "\"0 ms\"",
    ));
    let lines: Vec<usize> = all.iter().map(|e| e.0).collect();
    assert_eq!(lines, [8, 9, 10], "{all:#?}");
}

#[test]
fn the_schema_knows_tables() {
    let validator = jsonschema::validator_for(&definition::schema::schema()).unwrap();
    let check = |text: &str| {
        let table: toml::Table = text.parse().unwrap();
        validator.is_valid(&serde_json::to_value(table).unwrap())
    };
    let all = |rule: &str, weight: &str| {
        pair(&format!(
            "to = [\"b\", \"b\"]\nrule = {rule}\nweight = {weight}\ndelay = {{ per_source = [\"1 ms\", {{ uniform = [\"1 ms\", \"2 ms\"] }}] }}\n"
        ))
    };
    let w = "[[\"1 pA\", { normal = [\"1 pA\", \"1 pA\"], min = \"0 pA\" }]]";
    assert!(check(&all(
        "{ fixed_total_number = { probability = [[0.1, 0]] } }",
        w
    )));
    assert!(check(&all(
        "{ fixed_total_number = { probability = 0.1 } }",
        w
    )));
    assert!(check(&all(
        "{ pairwise_bernoulli = [[0.1, \"p\"]] }",
        "\"1 pA\""
    )));
    assert!(!check(&all(
        "{ fixed_total_number = { probabilty = 0.1 } }",
        w
    )));
    assert!(!check(&all("{ pairwise_bernoulli = [[true]] }", w)));
    assert!(!check(&all("\"all_to_all\"", "{ per_sauce = [\"1 pA\"] }")));
}
