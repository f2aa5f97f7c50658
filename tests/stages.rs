//! One request, several records.

use crate::harness::Test;
use crate::sample::{event, exec, rule};
use serde_json::{Value, json};

/// The records of one exec: asked, begun, over.
fn three_stages() -> String {
    let received = exec("one-exec", json!({"stage": "RequestReceived", "responseStatus": null}));
    let started = exec("one-exec", json!({"stage": "ResponseStarted"}));
    format!("{received}{started}{}", exec("one-exec", json!({})))
}

fn stages(finding: &Value) -> Vec<&str> {
    finding["evidence"].as_array().unwrap().iter().map(|place| place["stage"].as_str().unwrap()).collect()
}

fn exec_findings(log: &str) -> Vec<Value> {
    let found = Test::new("scan -q -o ndjson audit.log").file("audit.log", log).run().values();
    found.into_iter().filter(|finding| finding["rule"]["id"] == "exec-into-pod").collect()
}

#[test]
fn the_stages_of_a_request_are_one_finding_that_shows_the_last() {
    let found = exec_findings(&three_stages());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["stage"], "ResponseComplete");
    let mut stages = stages(&found[0]);
    assert_eq!(stages[0], "ResponseComplete");
    stages.sort_unstable();
    assert!(
        stages.contains(&"ResponseStarted") && stages.windows(2).all(|pair| pair[0] != pair[1]),
        "{stages:?}"
    );
}

#[test]
fn the_order_of_the_records_does_not_matter() {
    let log = three_stages();
    let reversed: Vec<&str> = log.lines().rev().collect();
    let (found, back) = (exec_findings(&log), exec_findings(&format!("{}\n", reversed.join("\n"))));
    assert_eq!(found[0]["id"], back[0]["id"]);
    assert_eq!((back.len(), &back[0]["stage"]), (1, &json!("ResponseComplete")));
}

#[test]
fn stages_far_apart_and_in_different_files_are_one_finding() {
    let log = three_stages();
    let lines: Vec<&str> = log.lines().collect();
    let ran = Test::new("scan -q -o ndjson a.log b.log")
        .file("a.log", format!("{}\n", lines[1]))
        .file("b.log", format!("{}\n", lines[2]))
        .run();
    let found = ran.values();
    let found: Vec<_> = found.iter().filter(|finding| finding["rule"]["id"] == "exec-into-pod").collect();
    assert_eq!(found.len(), 1);
    let files: Vec<_> = found[0]["evidence"].as_array().unwrap().iter().map(|place| &place["file"]).collect();
    assert_eq!(files, ["b.log", "a.log"]);
}

#[test]
fn requests_of_different_ids_are_different_findings() {
    let log = format!("{}{}", exec("one", json!({})), exec("two", json!({})));
    assert_eq!(exec_findings(&log).len(), 2);
    let nameless = exec("", json!({})).repeat(2);
    assert_eq!(exec_findings(&nameless).len(), 2, "without an id nothing says that it is one request");
}

/// The API server takes the auditID from a header, if the client sends one.
#[test]
fn who_sends_one_audit_id_again_and_again_hides_nothing() {
    let at = |minute: u32, name: &str| {
        let time = format!("2026-09-08T03:0{minute}:00.000000Z");
        exec("mine", json!({"requestReceivedTimestamp": time, "objectRef": {"name": name}}))
    };
    let found = exec_findings(&format!("{}{}{}", at(1, "frontend"), at(2, "database"), at(2, "database")));
    let names: Vec<_> = found.iter().map(|finding| finding["name"].clone()).collect();
    assert_eq!(names, ["frontend", "database"]);
    assert_ne!(found[0]["id"], found[1]["id"]);
}

#[test]
fn a_request_whose_end_is_not_in_the_log_is_found_all_the_same() {
    let started = exec("one", json!({"stage": "ResponseStarted"}));
    let found = exec_findings(&started);
    assert_eq!((found.len(), &found[0]["stage"]), (1, &json!("ResponseStarted")));
}

#[test]
fn a_rule_that_asks_for_a_stage_sees_each() {
    let log: String = ["RequestReceived", "ResponseStarted", "ResponseComplete"]
        .iter()
        .map(|stage| event("one", json!({"verb": "delete", "stage": stage})))
        .collect();
    let scan = |rule: String| {
        let test = Test::new("scan -q -o ndjson audit.log --no-builtin --rules rule.yml");
        test.file("rule.yml", rule).file("audit.log", &log).run().values()
    };
    assert_eq!(scan(rule("low")).len(), 1);
    let asks = rule("low").replace(
        "verb: delete",
        "verb: delete\n    stage:\n      - RequestReceived\n      - ResponseComplete",
    );
    let found = scan(asks);
    let seen: Vec<_> = found.iter().map(|finding| finding["stage"].clone()).collect();
    assert_eq!(seen, ["RequestReceived", "ResponseComplete"]);
}

#[test]
fn a_hunt_shows_every_record() {
    let hunt = |flags: &str| {
        Test::new(&format!("hunt -q -o ndjson audit.log {flags}"))
            .file("audit.log", three_stages())
            .run()
            .values()
            .len()
    };
    assert_eq!(hunt("--resource pods/exec"), 3);
    assert_eq!(hunt("--stage ResponseStarted"), 1);
    assert_eq!(hunt("--not-stage ResponseStarted"), 2);
    assert_eq!(hunt("--audit-id one-exec --code 101"), 2);
}

/// The API server logs a 401 at ResponseStarted only, with an empty user, and never again.
#[test]
fn a_failed_authentication_is_seen_though_it_has_one_early_stage_and_no_user() {
    let change = json!({
        "stage": "ResponseStarted",
        "user": null,
        "annotations": null,
        "responseStatus": {"status": "Failure", "message": "Unauthorized", "reason": "Unauthorized", "code": 401},
    });
    let mut failed: Value = serde_json::from_str(&event("failed", change)).unwrap();
    failed["user"] = json!({});
    let test = |args: &str| {
        Test::new(&format!("{args} -q -o ndjson audit.log")).file("audit.log", format!("{failed}\n"))
    };
    assert_eq!(test("hunt --code 401").run().audit_ids(), ["failed"]);
    assert_eq!(test("hunt --where outcome=unauthenticated").run().audit_ids(), ["failed"]);
    assert_eq!(test("hunt --where principal.kind=anonymous").run().audit_ids(), ["failed"]);
    test("scan").run();
}
