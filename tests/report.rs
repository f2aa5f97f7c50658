//! `kaudit report`: what a log shows of the checks of a compliance pack.

use crate::harness::{Ran, Test};
use crate::sample::{event, incident, root};
use serde_json::{Value, json};

#[track_caller]
fn result(values: &[Value], check: &str) -> String {
    let found = values.iter().find(|value| value["check"] == check).unwrap_or_else(|| panic!("no {check}"));
    found["result"].as_str().unwrap().to_owned()
}

fn pack(pack: &str) -> Ran {
    Test::new(&format!("report -q -o ndjson --pack {pack}")).arg(incident()).run()
}

#[test]
fn a_recorded_log_answers_each_check_with_its_evidence() {
    let values = pack("pci").values();
    for (check, expected) in [
        ("no-secret-bodies", "pass"),
        ("failed-access", "pass"),
        ("credential-changes", "pass"),
        ("no-gaps", "fail"),
        ("retention", "not observable"),
    ] {
        assert_eq!(result(&values, check), expected, "{check}: {values:#?}");
    }
    let failed = values.iter().find(|value| value["check"] == "failed-access").unwrap();
    assert!(failed["count"].as_u64().unwrap() > 10 && failed["evidence"][0]["line"].as_u64().unwrap() > 0);
    assert_eq!(failed["clause"], "10.2.1.4");
}

#[test]
fn every_pack_answers_and_none_says_that_anything_complies() {
    for name in ["cis", "nsa", "pci", "soc2", "hipaa", "iso27001"] {
        let text = Test::new(&format!("report -q --pack {name}")).arg(incident()).run().stdout;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("14 checks:") && !text.to_lowercase().contains("complian"), "{text}");
    }
    assert_eq!(result(&pack("cis").values(), "clock"), "not applicable");
}

#[test]
fn bodies_of_secrets_fail_a_run_that_asks_for_it() {
    let change = json!({"objectRef": {"resource": "secrets", "namespace": "web", "name": "db", "apiVersion": "v1"},
                        "verb": "get", "level": "RequestResponse", "responseObject": {"kind": "Secret"}});
    let log = event("00000000-0000-4000-8000-000000000001", change);
    let run = |args: &str, status: i32| {
        Test::new(&format!("report -q -o ndjson --pack cis log {args}"))
            .file("log", &log)
            .status(status)
            .run()
    };
    assert_eq!(result(&run("", 0).values(), "no-secret-bodies"), "fail");
    run("--fail-on fail", 1);
    run("--fail-on not-observable", 1);
}

#[test]
fn a_policy_tells_what_a_log_alone_cannot() {
    let log = event("00000000-0000-4000-8000-000000000001", json!({"verb": "get"}));
    let run = |policy: Option<&str>| {
        let test = Test::new("report -q -o ndjson --pack soc2 log").file("log", &log);
        let path = |name| root().join("testdata/policy").join(name);
        let args = policy.into_iter().flat_map(|name| ["--policy".into(), path(name).into_os_string()]);
        result(&test.args(args).run().values(), "audit-coverage")
    };
    assert_eq!(run(None), "not observable");
    assert_eq!(run(Some("cluster-a.yaml")), "pass");
    assert_eq!(run(Some("doubtful.yaml")), "fail");
}

#[test]
fn junit_has_a_case_for_each_check() {
    let text = Test::new("report -q -o junit --pack pci").arg(incident()).run().stdout;
    assert_eq!(text.matches("<testcase ").count(), 14, "{text}");
    assert!(
        text.contains("<failure") && text.contains("<skipped") && text.contains("tests=\"14\""),
        "{text}"
    );
    assert!(
        !text.contains("timestamp=") && !text.contains("time="),
        "the same input gives the same bytes: {text}"
    );
}

/// What comes through a pipe can be read but once.
#[test]
fn a_piped_log_gets_the_same_answers_as_a_file() {
    let log = std::fs::read(root().join("testdata/incident/cluster-b/audit.log")).unwrap();
    let answers = |ran: Ran| -> Vec<(Value, Value, Value)> {
        let values = ran.values();
        assert_eq!(values.len(), 14, "{values:#?}");
        values.iter().map(|v| (v["check"].clone(), v["result"].clone(), v["count"].clone())).collect()
    };
    let piped = Test::new("report -q -o ndjson --pack pci -").stdin(log.clone()).run();
    let file = Test::new("report -q -o ndjson --pack pci log").file("log", log).run();
    assert_eq!(answers(piped), answers(file));
}
