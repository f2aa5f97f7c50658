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

/// Secrets that somebody reads, hour by hour.
const USUAL: &str = "
title: More secrets read than usual
name: secrets-usual
level: medium
correlation:
  type: more_than_usual
  rules: [secret-read]
  group-by: [principal]
  timespan: 1h
  condition: {gte: 3, minimum: 4}
---
title: Secret read
name: secret-read
level: informational
logsource: {product: kubernetes}
detection: {it: {objectRef.resource: secrets, verb: get}, condition: it}
";

/// So many secrets read at nine in the morning of this Monday of 2026, counted from the 3rd of August.
fn monday(week: u32, reads: u32) -> String {
    let (month, day) = [(8, 3), (8, 10), (8, 17), (8, 24), (8, 31), (9, 7)][week as usize];
    let read = |number: u32| {
        let time = format!("2026-{month:02}-{day:02}T09:{number:02}:00.000000Z");
        let object = json!({"resource": "secrets", "namespace": "web", "name": format!("s{number}")});
        let change = json!({
            "user": {"username": "jane"}, "verb": "get", "objectRef": object, "responseStatus": {"code": 200},
            "requestReceivedTimestamp": time, "stageTimestamp": time,
        });
        event(&format!("{week}-{number}"), change)
    };
    (0..reads).map(read).collect()
}

fn baseline(name: &str, log: String) -> Vec<u8> {
    let args = format!("baseline build -q --cluster c log --rules usual.yml --out {name}");
    let ran = Test::new(&args).file("usual.yml", USUAL).file("log", log).run();
    fs::read(ran.path(name)).unwrap()
}

#[test]
fn what_is_usual_is_learned_from_baselines() {
    let early = baseline("a.kbl", [monday(0, 2), monday(1, 2), monday(2, 2)].concat());
    let late = baseline("b.kbl", [monday(3, 2), monday(4, 2)].concat());
    let with = |command: &str| {
        let test =
            Test::new(command).file("usual.yml", USUAL).file("now", monday(5, 6)).file("a.kbl", &early);
        test.file("b.kbl", &late)
    };
    let scan = "scan -o ndjson --only rules --no-builtin --cluster c --rules usual.yml now";
    let found = |args: &str| with(&format!("{scan} {args}")).run();
    let both = found("--baseline a.kbl --baseline b.kbl").values();
    let found_by = |values: &[Value]| {
        let one = values.iter().find(|value| value["category"] == "correlation");
        one.map(|one| (one["correlation"]["value"].clone(), one["correlation"]["count"].clone()))
    };
    assert_eq!(found_by(&both), Some((json!(3), json!(6))), "{both:#?}");
    assert_eq!(found("--baseline b.kbl --baseline a.kbl").values(), both);
    // Two weeks do not suffice.
    for args in ["--baseline a.kbl", ""] {
        let ran = found(args);
        assert_eq!(found_by(&ran.values()), None);
        assert!(ran.stderr.contains("cannot tell what is usual"), "{}", ran.stderr);
    }
    let shown = with("baseline show a.kbl").run().stdout;
    assert!(
        shown.contains("Usual     secrets-usual: 2026-08-03 09:00 - 2026-08-17 10:00 UTC; 1 group\n"),
        "{shown}"
    );
}

#[test]
fn a_baseline_that_counted_something_else_is_no_history_and_that_is_said() {
    let kept = baseline("a.kbl", [monday(0, 2), monday(1, 2), monday(2, 2), monday(3, 2)].concat());
    let changed = USUAL.replace("verb: get", "verb: [get, list]");
    let test = Test::new("scan -o ndjson --no-builtin --cluster c --rules usual.yml now --baseline a.kbl");
    let test = test.file("usual.yml", changed).file("now", monday(5, 6)).file("a.kbl", kept);
    test.says("secrets-usual: the baseline was built without it, or before it was changed").run();
}
