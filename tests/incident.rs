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
    let found = Test::new("scan -q -o ndjson a.log").file("a.log", &text).run().values();
    for finding in &found {
        for command in ["explain", "incident"] {
            if command == "explain" || finding["category"] == "incident" {
                let args = format!("{command} -q {} a.log", finding["id"].as_str().unwrap());
                let page = Test::new(&args).file("a.log", &text).run().stdout;
                assert!(page.contains("\\u{1b}[2J"), "{page}");
            }
        }
    }
}

fn listed() -> Vec<Value> {
    Test::new("incident -q -o ndjson").arg(incident()).run().values()
}

fn id_of(found: &[Value], is_it: impl Fn(&Value) -> bool) -> String {
    found.iter().find(|one| is_it(one)).unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_page_tells_an_incident_with_its_findings_evidence_and_what_to_do_next() {
    let found = listed();
    assert!(found.len() > 2 && found.iter().all(|one| one["category"] == "incident"));
    let id = id_of(&found, |one| one["principal"].as_str().is_some_and(|name| name.contains("wanda")));
    let page = |threads: &str| {
        let args = format!("incident -q --width 200 --threads {threads} {}", &id[..6]);
        Test::new(&args).arg(incident()).run().stdout
    };
    let text = page("1");
    assert_eq!(page("8"), text);
    for part in [
        &*format!("Incident  {id}, high"),
        "oidc:wanda.kowal@corp.example in cluster-a from 10.50.4.65",
        "privilege escalation",
        "exec-host-escape",
        "What to check next\n  - ",
        "kaudit hunt --principal=oidc:wanda.kowal@corp.example --since=2026-09-10T09:47:31.874496Z",
        "kaudit hunt --ip=10.50.4.65",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let parts = Test::new(&format!("incident -q -o ndjson {id}")).arg(incident()).run().values();
    assert_eq!(parts[0]["id"], *id);
    assert_eq!(parts.len() - 1, parts[0]["findings"].as_array().unwrap().len());
    assert!(parts[1..].iter().all(|part| part["partOf"] == *id));
}

#[test]
fn the_commands_of_a_page_find_what_they_should() {
    let found = listed();
    let id = id_of(&found, |one| one["principal"].as_str().is_some_and(|name| name.contains("wanda")));
    let text = Test::new(&format!("incident -q {id}")).arg(incident()).run().stdout;
    let command = text.lines().find(|line| line.contains("kaudit hunt --principal=")).unwrap();
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    let hits = Test::new("").args(words).args(["-q", "-o", "ndjson"]).run().values();
    assert!(
        hits.len() > 10 && hits.iter().all(|hit| hit["user"]["username"] == "oidc:wanda.kowal@corp.example")
    );
}

#[test]
fn a_wrong_id_is_told_with_a_way_out() {
    Test::new("incident -q 0123").arg(incident()).status(2).says("`kaudit incident INPUT` lists them").run();
    Test::new("explain -q 0123")
        .arg(incident())
        .status(2)
        .says("`kaudit scan -o ndjson INPUT` lists them")
        .run();
    Test::new("explain -q nonsense").arg(incident()).status(2).says("`nonsense` is no id").run();
    let both = Test::new("incident -q 0123 --entity x").arg(incident()).status(2);
    both.says("filters are for the list of incidents").run();
    Test::new("incident -q none.log").status(2).says("none.log").run();
}

#[test]
fn the_list_of_incidents_heeds_filters() {
    let about =
        |args: &str| Test::new(&format!("incident -q -o ndjson {args}")).arg(incident()).run().values().len();
    assert_eq!((about("--entity wanda"), about("--rule ^miner"), about("--min-confidence high")), (1, 0, 3));
}

fn explained(args: &str) -> String {
    Test::new(&format!("explain -q --width 200 {args}")).arg(incident()).run().stdout
}

#[test]
fn a_rules_finding_is_explained_by_its_condition_and_what_the_event_held() {
    let found = Test::new("scan -q -o ndjson").arg(incident()).run().values();
    let id = id_of(&found, |one| one["rule"]["id"] == "exec-host-escape");
    let text = explained(&id);
    for part in [
        &*format!("Finding   {id}, high rule"),
        "+ all of",
        "+ objectRef.subresource = \"exec\"  [exec]",
        "[chroot [redacted] [redacted]]",
        "- command ~ /\\bnsenter\\b/i",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(explained(&format!("--no-redact {id}")).contains("[chroot /host"));
}

#[test]
fn an_anomaly_is_explained_by_its_arithmetic() {
    let found = Test::new("scan -q -o ndjson").arg(incident()).run().values();
    let one = found.iter().find(|one| one["category"] == "anomaly").unwrap();
    let text = explained(one["id"].as_str().unwrap());
    let score = format!("Score     {:.2}, the highest total", one["score"].as_f64().unwrap());
    for part in [&*score, "P(AS MUCH)", "score: (", "of 12", "Levels    low from"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(explained(&format!("--threads 1 {}", one["id"].as_str().unwrap())), text);
}

#[test]
fn a_correlation_is_explained_by_its_events_and_an_incident_by_its_page() {
    let minute = |at: u32| format!("2026-09-08T03:{at:02}:00.000000Z");
    let denied = |at: u32| {
        event(
            &format!("d{at}"),
            json!({"verb": "list", "objectRef": {"resource": "secrets", "namespace": format!("ns{at}")},
            "responseStatus": {"code": 403}, "requestReceivedTimestamp": minute(at), "stageTimestamp": minute(at),
            "annotations": {"authorization.k8s.io/decision": "forbid"}}),
        )
    };
    let log: String = (0..40).map(denied).collect();
    let found = Test::new("scan -q -o ndjson a.log").file("a.log", &log).run().values();
    let one = found.iter().find(|one| one["category"] == "correlation").unwrap();
    let args = format!("explain -q --width 200 {} a.log", one["id"].as_str().unwrap());
    let text = Test::new(&args).file("a.log", &log).run().stdout;
    for part in ["Group     ", "The first and the last of its events:", "list secrets"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let id = id_of(&listed(), |_| true);
    assert!(explained(&id).contains(&format!("Incident  {id}")));
}

#[test]
fn what_is_suppressed_can_be_explained() {
    let settings = "[[suppress]]\nrule = \"exec-into-pod\"\nreason = \"a drill\"\n";
    let log = exec("x", json!({}));
    let with = |args: &str| Test::new(args).file("kaudit.toml", settings).file("a.log", &log).run();
    let taken = with("scan -q -o ndjson --explain-suppressed a.log").values();
    let id = taken.iter().find_map(|one| one["finding"]["id"].as_str()).unwrap().to_owned();
    assert!(with(&format!("explain -q {id} a.log")).stdout.contains("exec-into-pod"));
}
