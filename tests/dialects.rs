//! Rules that were written for other tools.

use crate::harness::Test;
use crate::sample::{event, exec, incident, incident_files, root};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const POLICY: &str = "\
- id: 1
  name: shell in production
  documentation: Somebody runs a command where it matters.
  conditions:
    - {ref-id: 2}
    - {field: resource-namespace, match-op: ~, match-value: production}
- id: 2
  name: pod execution
  status: false
  conditions:
    - {field: resource-type, match-op: =, match-value: pods}
    - {field: subresource, match-op: =, match-value: exec}
";

const FALCO: &str = "\
- list: people
  items: [jane]
- rule: Command in a pod
  desc: Somebody runs a command in a pod.
  condition: ka.target.subresource=exec and ka.user.name in (people) and ka.stage=ResponseComplete
  output: command in pod (user=%ka.user.name groups=%ka.user.groups pod=%ka.target.name command=%ka.uri.param[command])
  priority: ERROR
  source: k8s_audit
  tags: [T1609]
- rule: Shell in a container
  desc: For another tool.
  condition: spawned_process and proc.name=sh
  output: x
  priority: DEBUG
";

fn testdata(path: &str) -> std::path::PathBuf {
    root().join("testdata").join(path)
}

#[test]
fn a_policy_of_alcide_finds_what_its_rules_report() {
    let log = [
        exec("a", json!({"objectRef": {"namespace": "production-eu"}})),
        exec("b", json!({"objectRef": {"namespace": "test"}})),
        event("c", json!({"objectRef": {"namespace": "production-eu"}})),
    ];
    let ran = Test::new("scan -q --no-builtin --rules policy.yaml -o ndjson audit.log")
        .file("policy.yaml", POLICY)
        .file("audit.log", log.concat())
        .run();
    let found = ran.values();
    assert_eq!(found.len(), 1, "building blocks report nothing");
    assert_eq!(
        (&found[0]["rule"]["id"], &found[0]["auditIDs"]),
        (&json!("shell in production"), &json!(["a"]))
    );
    assert_eq!(found[0]["level"], "medium");
    assert!(found[0].get("message").is_none());
}

#[test]
fn a_finding_of_falco_carries_its_message_without_secrets() {
    let uri = "/api/v1/namespaces/web/pods/frontend/exec?command=mysql&command=-phunter2&stdin=true";
    let log = exec("a", json!({"requestURI": uri, "user": {"groups": ["dev", "ops"]}}));
    let test = |flags: &str| {
        Test::new(&format!("scan --no-builtin --rules rules.yaml -o ndjson audit.log {flags}"))
            .file("rules.yaml", FALCO)
            .file("audit.log", &log)
            .says("1 rule is for other events (syscall), and left out")
            .run()
            .values()
            .remove(0)
    };
    let found = test("");
    assert_eq!(found["message"], "command in pod (user=jane groups=(dev,ops) pod=frontend command=mysql)");
    assert_eq!((&found["level"], &found["rule"]["techniques"]), (&json!("high"), &json!(["T1609"])));
    assert!(!found.to_string().contains("hunter2"));
    assert!(test("--no-redact")["uri"].as_str().unwrap().contains("hunter2"));
}

#[test]
fn messages_of_hostile_events_do_no_harm_in_any_form() {
    let evil = "\u{1b}[2J\u{202e}=cmd|'/c calc'!A1\n<script>";
    let log = exec("a", json!({"objectRef": {"name": evil}}));
    for format in kaudit::output::Format::ALL {
        let ran =
            Test::new(&format!("scan -q --no-builtin --rules rules.yaml audit.log -o {}", format.name()))
                .file("rules.yaml", FALCO)
                .file("audit.log", &log)
                .run();
        assert!(!ran.stdout.contains("\n<script>"), "{}", format.name());
    }
}

#[test]
fn an_export_configuration_is_told_for_what_it_is() {
    let file = testdata("formats/92_alcide_kaudit_export_filter.yaml");
    let ran = Test::new("scan audit.log -o ndjson --rules")
        .arg(&file)
        .file("audit.log", event("a", json!({})))
        .says("it holds no rules, and changes nothing here")
        .run();
    assert_eq!(ran.stderr.matches("warning").count(), 1, "{}", ran.stderr);
    let lint = Test::new("rules lint").arg(&file).run().stdout;
    for command in [
        "kaudit scan -o ndjson | jq -c",
        "kaudit scan --only rules --no-builtin --rules POLICY -o ndjson | jq -c",
        "kaudit hunt -o ndjson",
    ] {
        assert!(lint.contains(command), "{lint}");
    }
    assert!(lint.ends_with("0 rules, 0 errors, 1 warnings, 3 notes\n"), "{lint}");
}

#[test]
fn rules_of_all_dialects_are_listed_shown_and_judged() {
    let test = |words: &str| {
        Test::new(words)
            .file("r/policy.yaml", POLICY)
            .file("r/falco.yaml", FALCO)
            .file("r/s.yml", crate::sample::rule("low"))
    };
    let list = test("rules list --no-builtin --rules r").run().stdout;
    for id in ["shell in production", "Command in a pod", "deletion", "3 rules"] {
        assert!(list.contains(id), "{list}");
    }
    let shown = test("rules show --no-builtin --rules r").arg("command IN a pod").run().stdout;
    assert!(shown.contains("Falco") && shown.contains("objectRef.subresource cased = \"exec\""), "{shown}");
    let lint = test("rules lint r").run().stdout;
    assert!(lint.contains("left out") && lint.contains("the rule has no description"), "{lint}");
    assert!(!lint.contains("falsepositives:` is") && lint.contains("3 rules, 0 errors"), "{lint}");
}

#[test]
fn a_foreign_rule_that_is_called_like_one_of_ours_is_told_apart() {
    let rules = FALCO.replace("Command in a pod", "exec-into-pod");
    let ids = Test::new("scan -q -o ndjson --rules rules.yaml audit.log")
        .file("rules.yaml", rules)
        .file("audit.log", exec("a", json!({})))
        .run()
        .rule_ids();
    assert!(
        ids.contains(&"exec-into-pod".to_owned()) && ids.contains(&"falco/exec-into-pod".to_owned()),
        "{ids:?}"
    );
}

#[test]
fn events_beside_a_file_of_many_rules_are_for_some_rule_or_for_the_one_they_name() {
    let second = "- rule: Reading\n  desc: d\n  condition: ka.verb=list\n  output: o\n  priority: INFO\n  source: k8s_audit\n";
    let rules = format!("{FALCO}{second}");
    let list = event("b", json!({"verb": "list"}));
    let test =
        |name: &str, events: &str| Test::new("rules test r.yaml").file("r.yaml", &rules).file(name, events);
    let hits = exec("a", json!({})) + &list;
    let passed = test("r.hits.jsonl", &hits).run().stdout;
    assert_eq!(passed, "2 rules passed, 0 failed, 2 without events\n");
    let named = test("r.reading.hits.jsonl", &list).run().stdout;
    assert_eq!(named, "2 rules passed, 0 failed, 1 without events\n");
    let wrong = test("r.reading.hits.jsonl", &exec("a", json!({}))).status(1).run().stdout;
    assert!(wrong.contains("r.reading.hits.jsonl:1: rule Reading: does not match"), "{wrong}");
    let wrong = test("r.misses.jsonl", &list).status(1).run().stdout;
    assert!(wrong.contains("rule Reading: matches"), "{wrong}");
}

#[test]
fn errors_of_foreign_rules_point_at_their_place() {
    for (name, text, place) in [
        ("policy.yaml", POLICY.replace("match-op: ~", "match-op: like"), "policy.yaml:6:45"),
        ("falco.yaml", FALCO.replace("ka.stage=", "ka.stages="), "falco.yaml:5:74"),
    ] {
        let ran = Test::new("scan audit.log --rules").arg(name).file(name, text).file("audit.log", "");
        let ran = ran.status(2).run();
        assert!(ran.stderr.contains(place) && ran.stderr.contains("help"), "{}", ran.stderr);
    }
}

/// What converted rules find in the recorded logs is what the rules find.
#[test]
fn converted_rules_find_the_same() {
    let files = [testdata("falco/detections.yaml"), testdata("formats/91_alcide_kaudit_policy.yaml")];
    let convert = Test::new("rules convert --to sigma").args(&files);
    let converted = convert.status(3).says("cannot be said in Sigma: it asks that all values").run().stdout;
    let found = |rules: Vec<std::path::PathBuf>, text: Option<&str>| {
        let mut test = Test::new("scan --no-builtin -o ndjson").arg(incident());
        for path in rules {
            test = test.arg("--rules").arg(path);
        }
        if let Some(text) = text {
            test = test.file("converted.yml", text).args(["--rules", "converted.yml"]);
        }
        let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for finding in test.run().values() {
            let title = finding["rule"]["title"].as_str().unwrap().to_owned();
            found.entry(title).or_default().push(finding["evidence"].clone());
        }
        found
    };
    let (sigma, own) = (found(Vec::new(), Some(&converted)), found(files.to_vec(), None));
    assert!(sigma.len() > 4, "{:?}", sigma.keys());
    for (title, findings) in own.iter().filter(|(title, _)| converted.contains(&format!("title: {title}\n")))
    {
        assert_eq!(Some(findings), sigma.get(title), "{title}");
    }
}

/// Correlations name rules, and are written with them.
#[test]
fn built_in_rules_and_correlations_find_the_same_once_they_are_written_as_sigma() {
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let convert = Test::new("rules convert --to sigma").arg(&rules).status(3).run();
    assert!(convert.stdout.matches("\ncorrelation:\n").count() > 20, "{}", convert.stderr);
    let found = |test: Test| {
        let mut found = test.args(["--only", "rules", "-o", "ndjson"]).arg(incident()).run().values();
        // Where the rule stands.
        found.iter_mut().for_each(|finding| _ = finding.as_object_mut().unwrap().remove("rule"));
        found
    };
    let own = found(Test::new("scan"));
    let again = found(Test::new("scan --no-builtin --rules c.yml").file("c.yml", &convert.stdout));
    assert!(own.len() > 50 && own == again, "{} and {} findings", own.len(), again.len());
}

#[test]
fn a_correlation_whose_rule_cannot_be_written_is_told() {
    let rules = "
title: Bad
name: bad
level: low
logsource: {product: kubernetes, service: audit}
detection: {bad: {sourceIP|cidr|expand: '%malicious-addresses%'}, condition: bad}
---
title: Many
name: many
level: low
correlation: {type: event_count, rules: bad, timespan: 5m, condition: {gte: 5}}
";
    let ran = Test::new("rules convert --to sigma r.yml").file("r.yml", rules).status(3).run();
    assert!(ran.stdout.contains("type: event_count") && !ran.stdout.contains("detection:"), "{}", ran.stdout);
    assert!(ran.stderr.contains("`many` names `bad`, which is not written"), "{}", ran.stderr);
}

/// A second reading of a rule.
type Plain = (&'static str, fn(&Value) -> bool);

fn text(event: &Value, path: &str) -> String {
    event.pointer(path).and_then(Value::as_str).unwrap_or("").to_owned()
}

fn is(event: &Value, path: &str, one_of: &[&str]) -> bool {
    one_of.contains(&text(event, path).as_str())
}

fn done(event: &Value) -> bool {
    is(event, "/stage", &["ResponseComplete"])
}

fn code(event: &Value) -> i64 {
    event["responseStatus"]["code"].as_i64().unwrap_or(0)
}

fn person(event: &Value) -> bool {
    let machines = ["", "kubelet", "kube-apiserver-kubelet-client", "aksService"];
    !is(event, "/user/username", &machines) && !text(event, "/user/username").starts_with("system:")
}

fn privileged(event: &Value) -> bool {
    let containers = event["requestObject"]["spec"]["containers"].as_array();
    containers.is_some_and(|list| list.iter().any(|one| one["securityContext"]["privileged"] == json!(true)))
}

const PLAIN: [Plain; 6] = [
    ("Command run in a pod", |event| {
        is(event, "/stage", &["ResponseStarted"])
            && is(event, "/objectRef/resource", &["pods"])
            && is(event, "/objectRef/subresource", &["exec", "attach"])
            && is(event, "/verb", &["get", "create"])
    }),
    ("Privileged container requested", |event| {
        done(event)
            && is(event, "/verb", &["create"])
            && is(event, "/objectRef/resource", &["pods"])
            && event["objectRef"].get("subresource").is_none()
            && privileged(event)
    }),
    ("Secret read by a person", |event| {
        done(event)
            && person(event)
            && is(event, "/objectRef/resource", &["secrets"])
            && is(event, "/verb", &["get", "list"])
            && (200..300).contains(&code(event))
    }),
    ("Secret refused", |event| {
        done(event)
            && is(event, "/objectRef/resource", &["secrets"])
            && code(event) == 403
            && is(event, "/verb", &["get", "list", "watch"])
    }),
    ("Acting as somebody else", |event| {
        let (user, other) = (text(event, "/user/username"), text(event, "/impersonatedUser/username"));
        done(event) && !other.is_empty() && user != other
    }),
    ("pod creation without a subresource", |event| {
        is(event, "/verb", &["create"])
            && is(event, "/objectRef/resource", &["pods"])
            && is(event, "/objectRef/subresource", &[""])
    }),
];

/// The counts of some rules, made again with nothing but serde_json.
#[test]
fn foreign_rules_find_what_a_plain_reading_finds() {
    let mut wanted: BTreeMap<&str, usize> = BTreeMap::new();
    for bytes in incident_files().values() {
        for line in bytes.split(|byte| *byte == b'\n') {
            let Ok(event) = serde_json::from_slice::<Value>(line) else { continue };
            for (name, is) in PLAIN {
                *wanted.entry(name).or_default() += usize::from(is(&event));
            }
        }
    }
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let ran = Test::new("scan -q --no-builtin -o ndjson")
        .arg(incident())
        .arg("--rules")
        .arg(testdata("falco/detections.yaml"))
        .arg("--rules")
        .arg(testdata("formats/91_alcide_kaudit_policy.yaml"));
    for finding in ran.run().values() {
        let records = finding["evidence"].as_array().unwrap().len();
        *found.entry(finding["rule"]["id"].as_str().unwrap().to_owned()).or_default() += records;
    }
    for (name, count) in wanted {
        assert!(count > 0, "{name}");
        assert_eq!(found.get(name).copied().unwrap_or(0), count, "{name}");
    }
}
