//! Incidents: the same however the input comes, and told so that nobody is led astray.

use crate::harness::Test;
use crate::sample::{event, exec, incident, incident_files};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What does not hang on where records stand.
fn told(findings: Vec<Value>) -> Vec<Value> {
    let strip = |mut finding: Value| {
        finding.as_object_mut().unwrap().remove("evidence");
        for step in finding["story"].as_array_mut().into_iter().flatten() {
            ["file", "offset", "line"]
                .iter()
                .for_each(|key| drop(step.as_object_mut().unwrap().remove(*key)));
        }
        finding
    };
    findings.into_iter().filter(|finding| finding["category"] == "incident").map(strip).collect()
}

/// The lines of the recorded logs by cluster, without those that broke off.
fn lines() -> BTreeMap<String, Vec<String>> {
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, content) in incident_files() {
        let cluster = if name.contains("cluster-a") { "cluster-a" } else { "cluster-b" };
        let text = String::from_utf8_lossy(&content).into_owned();
        let whole = text.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok());
        lines.entry(cluster.to_owned()).or_default().extend(whole.map(str::to_owned));
    }
    lines
}

fn scan(files: &BTreeMap<String, String>, args: &str) -> Vec<Value> {
    let mut test = Test::new(&format!("scan -q -o ndjson --allow-partial {args} ."));
    for (name, text) in files {
        test = test.file(name, text);
    }
    told(test.run().values())
}

#[test]
fn any_split_order_and_number_of_threads_gives_the_same_incidents() {
    let all = lines();
    let whole: BTreeMap<String, String> = all
        .iter()
        .map(|(cluster, lines)| (format!("{cluster}/audit.log"), lines.join("\n") + "\n"))
        .collect();
    let expected = scan(&whole, "--threads 1");
    assert!(expected.len() > 2, "{expected:#?}");
    assert_eq!(scan(&whole, "--threads 8"), expected);
    for (parts, salt) in [(2, 7_u64), (5, 31)] {
        let mut split: BTreeMap<String, String> = BTreeMap::new();
        for (cluster, lines) in &all {
            let mut lines = lines.clone();
            let hash =
                |line: &String| line.bytes().fold(salt, |sum, byte| sum.wrapping_mul(salt) + u64::from(byte));
            lines.sort_by_key(hash);
            for (at, line) in lines.iter().enumerate() {
                *split.entry(format!("{cluster}/{}.log", at % parts)).or_default() += &format!("{line}\n");
            }
        }
        assert_eq!(scan(&split, "--threads 3"), expected, "{parts} files for each cluster");
    }
}

#[test]
fn an_incident_keeps_its_id_when_other_files_are_read_too() {
    let all = lines();
    let file = |cluster: &str| (format!("{cluster}/audit.log"), all[cluster].join("\n") + "\n");
    let of_wanda = |files: &BTreeMap<String, String>| {
        let found = scan(files, "");
        let own =
            found.iter().find(|one| one["principal"].as_str().is_some_and(|name| name.contains("wanda")));
        own.unwrap()["id"].clone()
    };
    let one = BTreeMap::from([file("cluster-a")]);
    assert_eq!(of_wanda(&one), of_wanda(&BTreeMap::from([file("cluster-a"), file("cluster-b")])));
}

#[test]
fn every_part_of_an_incident_is_a_finding_that_names_it() {
    let found = Test::new("scan -q -o ndjson --allow-partial").arg(incident()).run().values();
    let of = |id: &Value| found.iter().find(|finding| finding["id"] == *id).unwrap();
    let mut parts = 0;
    for one in found.iter().filter(|finding| finding["category"] == "incident") {
        for member in one["findings"].as_array().unwrap() {
            assert_eq!(of(&member["id"])["partOf"], one["id"]);
            parts += 1;
        }
        let score = one["score"].as_f64().unwrap();
        let level = if score >= 12.0 {
            "critical"
        } else if score >= 8.0 {
            "high"
        } else {
            "medium"
        };
        assert_eq!(one["level"], level);
    }
    assert_eq!(found.iter().filter(|finding| finding["partOf"].is_string()).count(), parts);
    // They come first, the worst before the others.
    let last = found.iter().rposition(|finding| finding["category"] == "incident").unwrap();
    let scores: Vec<f64> = found[..=last].iter().map(|one| one["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
}

#[test]
fn what_is_suppressed_is_part_of_no_incident() {
    let settings = "[[suppress]]\nrule = \"*\"\nprincipal = 'oidc:wanda.*'\nreason = \"a drill\"\n";
    let about = |settings: &str| {
        let test = Test::new("scan -q -o ndjson --allow-partial").file("kaudit.toml", settings);
        test.arg(incident()).run().stdout.contains("wanda")
    };
    assert!(about("") && !about(settings));
}

#[test]
fn names_in_a_story_drive_no_terminal() {
    let hostile = "jane\u{1b}[2J\u{202e}\r\n";
    let at = |minute: u32| format!("2026-09-08T03:{minute:02}:00.000000Z");
    let who = |minute| {
        json!({"user": {"username": hostile}, "userAgent": hostile, "sourceIPs": [hostile],
               "requestReceivedTimestamp": at(minute), "stageTimestamp": at(minute)})
    };
    let mut bind = who(1);
    crate::sample::merge(
        &mut bind,
        json!({"verb": "create", "requestURI": format!("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?{hostile}"),
            "objectRef": {"resource": "clusterrolebindings", "apiGroup": "rbac.authorization.k8s.io", "namespace": null,
                          "name": hostile},
            "requestObject": {"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
                              "subjects": [{"kind": "Group", "name": "system:unauthenticated"},
                                           {"kind": "User", "name": hostile}]},
            "level": "RequestResponse", "responseStatus": {"code": 201}}),
    );
    let text = event("bind", bind) + &exec("exec", who(2));
    for format in kaudit::output::Format::ALL {
        let args = format!("scan -q -o {} --expand a.log", format.name());
        let ran = Test::new(&args).file("a.log", &text).run();
        assert!(ran.stdout.contains("incident"), "{}", ran.stdout);
    }
}
