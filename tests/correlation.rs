//! Rules over many events, from the command line: filters, correlations, and what is said of them.

use crate::harness::Test;
use crate::sample::{event, root};
use serde_json::{Value, json};
use std::fs;

const SURGE: &str = "
title: refused
name: refused
level: low
logsource: {product: kubernetes}
detection: {it: {outcome: denied}, condition: it}
---
title: Many refusals
name: surge
level: high
correlation:
  type: event_count
  rules: [refused]
  group-by: [principal]
  timespan: 10m
  condition: {gte: 3}
";

/// A refused request of this minute.
fn refused(who: &str, minute: u32) -> String {
    let time = format!("2026-09-08T03:{minute:02}:00.000000Z");
    let change = json!({
        "user": {"username": who}, "responseStatus": {"code": 403},
        "requestReceivedTimestamp": time, "stageTimestamp": time,
    });
    event(&format!("{who}-{minute}"), change)
}

fn scan(args: &str) -> Test {
    Test::new(&format!("scan -q -o ndjson --no-builtin --rules surge.yml {args}")).file("surge.yml", SURGE)
}

#[test]
fn events_of_several_files_and_clusters_are_one_episode() {
    let ran = scan("a b")
        .file("a/audit.log", [refused("jane", 5), refused("jane", 1)].concat())
        .file("b/audit.log", [refused("jane", 9), refused("jane", 5), refused("tom", 3)].concat())
        .run();
    let found = ran.values();
    assert_eq!(found.len(), 1, "{found:#?}");
    let [finding] = &found[..] else { return };
    assert_eq!((&finding["category"], &finding["level"]), (&json!("correlation"), &json!("high")));
    let expected = json!({
        "type": "event_count", "group": {"principal": "jane"}, "count": 3, "value": 3,
        "first": "2026-09-08T03:01:00.000000Z", "last": "2026-09-08T03:09:00.000000Z",
    });
    assert_eq!(finding["correlation"], expected);
    assert_eq!(finding["auditIDs"], json!(["jane-1", "jane-5", "jane-9"]));
    let places: Vec<&Value> = finding["evidence"].as_array().unwrap().iter().collect();
    assert_eq!(
        (&places[0]["line"], &places[2]["line"], &places[2]["rule"]),
        (&json!(2), &json!(1), &json!("refused"))
    );
}

#[test]
fn a_filter_of_the_user_silences_built_in_rules_where_it_says() {
    let filter = "title: f\nname: f\nlogsource: {product: kubernetes}\n\
                  filter: {rules: [exec-into-pod], jane: {principal: jane}, condition: not jane}\n";
    let found = |rules: &str| {
        let test = Test::new(&format!("scan -q -o ndjson audit.log {rules}")).file("f.yml", filter);
        test.file("audit.log", crate::sample::exec("x", json!({}))).run().values().len()
    };
    assert_eq!((found(""), found("--rules f.yml")), (1, 0));
}

#[test]
fn a_rule_that_nobody_knows_is_refused_with_its_place_and_the_mend() {
    let text = SURGE.replace("[refused]", "[refusd]");
    for command in ["scan audit.log --rules surge.yml", "rules lint surge.yml", "rules test surge.yml"] {
        let ran = Test::new(command).file("surge.yml", text.as_str()).file("audit.log", "").status(2).run();
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(
            said.contains("surge.yml:13:11") && said.contains("did you mean `refused`"),
            "{command}: {said}"
        );
    }
}

#[test]
fn the_episode_is_told_in_every_format_and_a_level_fails_the_run() {
    let log: String = (1..5).map(|minute| refused("jane", minute)).collect();
    for (format, told) in
        [("table", "4 events"), ("csv", "principal=jane,4,4,"), ("json", "\"count\":4"), ("summary", "surge")]
    {
        let args = format!("scan -q -o {format} --no-builtin --rules surge.yml audit.log");
        let ran = Test::new(&args).file("surge.yml", SURGE).file("audit.log", log.as_str()).run();
        assert!(ran.stdout.contains(told), "{format}: {}", ran.stdout);
    }
}

/// What correlations make of recorded days does not hang on threads.
#[test]
fn built_in_correlations_say_the_same_on_any_number_of_threads() {
    let correlations = root().join("rules/correlation");
    let report = |threads: u32| {
        let args = format!("scan -q -o json --no-builtin --threads {threads} --rules");
        Test::new(&args).arg(&correlations).arg(crate::sample::incident()).run().stdout
    };
    let one = report(1);
    assert!([2, 7].into_iter().all(|threads| report(threads) == one));
}

#[test]
fn every_built_in_correlation_has_cases_of_several_events() {
    for entry in fs::read_dir(root().join("rules/correlation")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().ends_with(".misses.jsonl") {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains("\n\n"), "{} has but one case", path.display());
        }
    }
}
