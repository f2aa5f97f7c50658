//! Files of `testdata/alcide`, and every field with every operator.

use super::*;
use crate::envelope::Lacks;
use crate::event::Decoder;
use crate::rule::{Collection, Expr, Matcher, RuleSet, Severity, Stages, golden, load};
use serde_json::Value;

#[test]
fn policies_are_understood_as_expected() {
    assert!(golden::files("alcide").len() > 12);
    golden::hold("alcide");
}

fn load(text: &str) -> Collection {
    load::read_texts(&[("policy.yaml".to_owned(), text.as_bytes().to_vec())], crate::rule::Lists::builtin())
}

/// Whether a rule of one condition holds for an event.
fn holds(condition: &str, event: &Value) -> bool {
    let Collection { rules, found } = load(&format!("[{{id: 1, name: n, conditions: [{{{condition}}}]}}]"));
    assert!(found.is_empty(), "{condition}: {found:?}");
    let rules = rules.into_iter().map(|loaded| loaded.rule).collect();
    let set = RuleSet::compile(rules, Stages::EveryRecord);
    let (record, mut decoder, mut hit) = (event.to_string(), Decoder::default(), false);
    let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
    Matcher::new(&set).matches(&event, Lacks::NOTHING, |_, _| hit = true);
    hit
}

/// Each line of the file has a field, a value that the field has in the event, and the event.
#[test]
fn every_field_is_asked_with_every_operator() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/alcide/fields.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let bare = serde_json::json!({"auditID": "x", "level": "Metadata"});
    for line in &lines {
        let (field, value) = (line["field"].as_str().unwrap(), line["value"].as_str().unwrap());
        let ask = |op: &str, value: &str, event| {
            holds(&format!("field: {field}, match-op: '{op}', match-value: '{value}'"), event)
        };
        let event = &line["event"];
        let regex = format!("^{}$", regex::escape(value));
        for (op, value, on_event, on_bare) in [
            ("=", value, true, false),
            ("!=", value, false, true),
            ("~", &regex, true, false),
            ("!~", &regex, false, true),
            ("=", "", false, true),
            ("!=", "", true, false),
            ("~", "zz^", false, false),
            ("!~", "zz^", true, true),
        ] {
            assert_eq!(ask(op, value, event), on_event, "{field} {op} {value:?} in {event}");
            assert_eq!(ask(op, value, &bare), on_bare, "{field} {op} {value:?} in {bare}");
        }
    }
    for (name, means) in FIELDS {
        let told = lines.iter().any(|line| line["field"] == *name);
        assert_eq!(told, matches!(means, field::Means::Field(_)), "{name}");
    }
}

#[test]
fn what_no_log_can_tell_is_never_met() {
    let text = "[{id: 1, name: n, combine-op: or, conditions: [\
        {field: caller-ip-country, match-op: '!=', match-value: US},\
        {field: caller-ip-asn, match-op: =, match-value: ''}]}]";
    let Collection { rules, found } = load(text);
    assert!(found.is_empty());
    assert_eq!(rules[0].rule.when.constant(), Some(false));
    assert!(rules[0].warnings.iter().filter(|found| found.text.contains("cannot be known")).count() == 2);
}

#[test]
fn references_are_put_in_place_in_any_order() {
    let one = "{id: 1, name: a, combine-op: or, conditions: [{ref-id: 2}, {ref-id: 3}]}";
    let two = "{id: 2, name: b, status: false, conditions: [{field: verb, match-op: =, match-value: get}]}";
    let three =
        "{id: 3, name: c, status: false, conditions: [{field: verb, match-op: =, match-value: list}]}";
    let when = |order: [&str; 3]| -> Expr {
        let Collection { rules, found } = load(&format!("[{}]", order.join(",\n")));
        assert!(found.is_empty() && rules.len() == 1, "{found:?}");
        rules.into_iter().next().unwrap().rule.when
    };
    assert_eq!(when([one, two, three]), when([three, two, one]));
}

#[test]
fn references_do_no_harm_however_many_and_deep() {
    let double = |at: u32| {
        format!(
            "{{id: {at}, name: n{at}, combine-op: {}, conditions: [{{ref-id: {}}}, {{ref-id: {}}}, \
             {{field: verb, match-op: =, match-value: v{at}}}]}}",
            if at.is_multiple_of(2) { "and" } else { "or" },
            at + 1,
            at + 2
        )
    };
    let ends = [60, 61].map(|at| {
        format!("{{id: {at}, name: n{at}, conditions: [{{field: verb, match-op: =, match-value: get}}]}}")
    });
    let rules: Vec<String> = (1..60).map(double).chain(ends).collect();
    let found = load(&format!("[{}]", rules.join(",\n"))).found;
    assert!(found.iter().any(|found| found.text.contains("too large")), "{found:?}");
    let chain: Vec<String> = (1..200)
        .map(|at| format!("{{id: {at}, name: n{at}, conditions: [{{ref-id: {}}}]}}", at + 1))
        .collect();
    let found = load(&format!("[{}]", chain.join(",\n"))).found;
    assert!(found.iter().any(|found| found.text.contains("too deep")), "{found:?}");
}

#[test]
fn an_export_configuration_is_read_and_holds_no_rules() {
    let text = include_str!("../../../testdata/formats/92_alcide_kaudit_export_filter.yaml");
    let documents = crate::rule::yaml::read(text).0;
    let crate::rule::yaml::Content::List(items) = &documents[0].content else { panic!() };
    let (integrations, found) = read_export(Source { file: "92.yaml", text }, items);
    assert!(found.iter().all(|found| found.severity < Severity::Error), "{found:?}");
    let exclude = Some("^system:|^admin$|^cluster-autoscaler$".to_owned());
    let detections = Filter {
        etype: vec![Entity::Principal, Entity::Resource, Entity::Cluster],
        category: vec![Category::Incident, Category::Anomaly],
        confidence: vec![Confidence::High, Confidence::Medium],
        entity_no_match: exclude,
        ..Filter::default()
    };
    let selections = Filter {
        entity_no_match: Some("^system:|^admin$".to_owned()),
        rules_match: Some(["^exec|un", "safe$"].concat()),
        ..Filter::default()
    };
    let of = |stream, filter| Integration { stream, name: None, filter };
    assert_eq!(
        integrations,
        [
            of(Stream::Detections, detections),
            of(Stream::Selections, selections),
            of(Stream::Activity, Filter::default())
        ]
    );
    let warnings = found.iter().filter(|found| found.severity == Severity::Warning).count();
    assert_eq!((warnings, load(text).rules.len()), (1, 0));
}

#[test]
fn the_policy_of_the_formats_finds_what_it_says() {
    let Collection { rules, found } =
        load(include_str!("../../../testdata/formats/91_alcide_kaudit_policy.yaml"));
    assert!(found.is_empty(), "{found:?}");
    let ids: Vec<_> = rules.iter().map(|loaded| loaded.rule.meta.id.as_str()).collect();
    let expected = [
        "pod execution in production namespaces",
        "admin authentication failure",
        "pod creation without a subresource",
    ];
    assert_eq!(ids, expected);
    assert!(rules.iter().all(|loaded| loaded.warnings.is_empty()));
}
