//! `[[suppress]]`: findings that are accepted, counted and never dropped in silence.

use crate::harness::{Ran, Test};
use crate::sample::exec;
use serde_json::json;

const NOON: &str = "2026-09-08T12:00:00.000000Z";

/// An exec by bob on the day of the log, and one by eve.
fn log() -> String {
    let by = |id: u32, name: &str| {
        let time =
            json!({"user": {"username": name}, "requestReceivedTimestamp": NOON, "stageTimestamp": NOON});
        exec(&format!("00000000-0000-4000-8000-{id:012x}"), time)
    };
    by(1, "bob@example.com") + &by(2, "eve@example.com")
}

fn scan(args: &str, entry: &str) -> Test {
    let words = format!("scan log --cluster c {args}");
    Test::new(&words).file("log", log()).file("kaudit.toml", entry)
}

const BOB: &str =
    "[[suppress]]\nrule = \"exec-into-pod\"\nprincipal = 'bob@example\\.com'\nreason = \"bob debugs\"\n";

fn principals(ran: &Ran) -> Vec<String> {
    let found = ran.values().into_iter().filter(|value| value["rule"]["id"] == "exec-into-pod");
    found.map(|value| value["principal"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_suppressed_is_counted_in_every_report() {
    let ran = scan("-o ndjson", BOB).says("1 finding suppressed by 1 entry of kaudit.toml").run();
    assert_eq!(principals(&ran), ["eve@example.com"]);
    for format in ["table", "summary"] {
        let text = scan(&format!("-q -o {format}"), BOB).run().stdout;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("1 finding suppressed by 1 entry of kaudit.toml"), "{text}");
    }
    let report = scan("-q -o json", BOB).run().stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let entry = &report["summary"]["suppressed"][0];
    assert_eq!(
        (&entry["findings"], &entry["line"], &entry["reason"]),
        (&json!(1), &json!(1), &json!("bob debugs"))
    );
    scan("-o csv", BOB).says("1 finding suppressed").run();
}

#[test]
fn suppressed_findings_are_listed_with_their_entry() {
    let ran = scan("-q -o ndjson --explain-suppressed", BOB).run();
    let taken: Vec<_> =
        ran.values().into_iter().filter(|value| value["schema"] == "kaudit.suppressed.v1").collect();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0]["finding"]["principal"], "bob@example.com");
    assert_eq!(taken[0]["by"]["line"], 1);
    let text = scan("-q --explain-suppressed", BOB).run().stdout;
    assert!(text.contains("kaudit.toml:1") && text.contains("bob debugs"), "{text}");
    scan("--explain-suppressed -o csv", BOB).status(2).says("use table").run();
}

#[test]
fn an_entry_takes_whole_values_only_and_nothing_else() {
    for (change, kept) in [
        (r"principal = 'bob'", 2),
        (r"principal = '.*@example\.com'", 0),
        ("namespace = 'elsewhere'", 2),
        ("verb = 'create|get'", 0),
        ("impossible = 1", 9),
    ] {
        let entry = format!("[[suppress]]\nrule = \"exec-into-pod\"\n{change}\nreason = \"x\"\n");
        match kept {
            9 => drop(scan("-q -o ndjson", &entry).status(2).says("impossible").run()),
            _ => assert_eq!(principals(&scan("-q -o ndjson", &entry).run()).len(), kept, "{change}"),
        }
    }
}

#[test]
fn an_entry_that_ended_no_longer_applies_and_is_told() {
    let until = |day: &str| format!("{BOB}expires = {day}\n");
    let ran = scan("-o ndjson", &until("2026-09-08")).says("1 finding suppressed").run();
    assert_eq!(principals(&ran).len(), 1, "the last day belongs to it");
    let ran = scan("-o ndjson", &until("2026-09-07")).says("1 finding is no longer suppressed").run();
    assert_eq!(principals(&ran).len(), 2);
}

#[test]
fn suppressed_findings_do_not_fail_a_run() {
    let all = "[[suppress]]\nrule = \"*\"\nprincipal = '.*@example\\.com'\nreason = \"all known\"\n";
    scan("-q --fail-on informational", BOB).status(1).run();
    scan("-q --fail-on informational", all).run();
}

#[test]
fn mistakes_are_told_at_their_place_all_at_once() {
    let entry = "[[suppress]]\nrule = \"exec-into-pod\"\nprincipal = '('\n\n[[suppress]]\nrule = \"*\"\nreason = \" \"\n\
                 expires = \"tomorrow\"\n";
    let test = scan("", entry).status(2).says("kaudit.toml:1:1").says("gives no reason");
    let test = test.says("kaudit.toml:3:13").says("no regular expression").says("kaudit.toml:7:10");
    test.says("kaudit.toml:8:11").says("this is no date").says("suppress everything").run();
    let unknown = BOB.replace("exec-into-pod", "exec-in-pod");
    scan("", &unknown).says("no rule is called `exec-in-pod`").run();
}
