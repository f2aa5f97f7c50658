//! `kaudit coverage`: what rules could have seen, and what an audit policy lets them see.

use crate::harness::Test;
use crate::sample::{incident, root};
use serde_json::Value;
use std::path::PathBuf;

fn policy(name: &str) -> PathBuf {
    root().join("testdata/policy").join(name)
}

/// The rules and the policy of an NDJSON report.
fn parts(values: Vec<Value>) -> (Vec<Value>, Vec<Value>) {
    values.into_iter().partition(|value| value["schema"] == "kaudit.coverage.rule.v1")
}

#[track_caller]
fn rule<'v>(rules: &'v [Value], id: &str, cluster: &str) -> &'v Value {
    let is = |value: &&Value| value["rule"] == id && (cluster.is_empty() || value["cluster"] == cluster);
    rules.iter().find(is).unwrap_or_else(|| panic!("no {id} of {cluster}"))
}

#[test]
fn a_recorded_log_says_what_it_could_have_shown() {
    let (rules, _) = parts(Test::new("coverage -q -o ndjson").arg(incident()).run().values());
    for (id, cluster, status) in [
        ("privileged-pod", "cluster-a", "observable"),
        ("exec-into-pod", "cluster-a", "observable"),
        ("csr-self-approved", "cluster-a", "unknown"),
        ("sa-token-created", "cluster-a", "partly"),
    ] {
        assert_eq!(rule(&rules, id, cluster)["status"], status, "{id}: {}", rule(&rules, id, cluster));
    }
    let token = rule(&rules, "sa-token-created", "cluster-a");
    assert_eq!(token["gaps"][0]["loss"], "request-body");
    assert_eq!(token["gaps"][0]["resources"][0], "secrets");
    assert_eq!(token["auditLevel"], "Request");
}

#[test]
fn a_log_without_bodies_cannot_show_what_stands_in_them() {
    let pod = r#"{"objectRef":{"resource":"pods","namespace":"web","apiVersion":"v1"},"verb":"create","level":"Metadata"}"#;
    let log =
        crate::sample::event("00000000-0000-4000-8000-000000000001", serde_json::from_str(pod).unwrap());
    let run = |args: &str, status: i32| {
        Test::new(&format!("coverage -q -o ndjson log {args}")).file("log", &log).status(status).run()
    };
    let (rules, _) = parts(run("", 0).values());
    let found = rule(&rules, "privileged-pod", "");
    assert_eq!(found["status"], "not observable");
    assert_eq!(found["policy"][0], "- level: Request");
    run("--fail-on critical", 0);
    run("--fail-on high", 1);
}

#[test]
fn the_policies_of_recorded_clusters_agree_with_their_logs() {
    for cluster in ["cluster-a", "cluster-b"] {
        let test = Test::new("coverage -q -o ndjson --policy").arg(policy(&format!("{cluster}.yaml")));
        let (_, found) = parts(test.arg(incident().join(cluster)).run().values());
        let rules = found[0]["rules"].as_array().unwrap();
        let clashes: Vec<&Value> = rules.iter().filter(|rule| rule.get("clashes").is_some()).collect();
        assert!(clashes.is_empty(), "{cluster}: {clashes:?}");
        let events: u64 = rules.iter().map(|rule| rule["events"].as_u64().unwrap()).sum();
        assert!(events > 2000, "{cluster}: {events}");
        let kept: u64 = rules.iter().map(|rule| rule["keptEvents"].as_u64().unwrap()).sum();
        // Failed authentication is recorded whatever the policy says.
        assert!(kept <= events && kept + 50 > events, "{cluster}: {kept} of {events}");
    }
}

#[test]
fn a_log_written_under_another_policy_is_told_with_its_places() {
    let test = Test::new("coverage -q -o ndjson --policy").arg(policy("cluster-b.yaml"));
    let (_, found) = parts(test.arg(incident().join("cluster-a")).run().values());
    let rules = found[0]["rules"].as_array().unwrap();
    let clash = rules.iter().find_map(|rule| rule.get("clashes")).unwrap();
    assert!(clash[0]["samples"][0]["line"].as_u64().unwrap() > 0, "{clash}");
}

#[test]
fn a_policy_is_judged_without_a_log() {
    let test = Test::new("coverage -q -o ndjson --policy").arg(policy("doubtful.yaml"));
    let (rules, found) = parts(test.run().values());
    assert_eq!(rule(&rules, "exec-into-pod", "")["status"], "not observable");
    assert_eq!(rule(&rules, "secret-list", "")["status"], "observable");
    let doubts: Vec<String> = found[0]["doubts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|doubt| format!("{}:{} {}", doubt["line"], doubt["column"], doubt["text"].as_str().unwrap()))
        .collect();
    for text in [
        "4:1 each request is written twice",
        "4:1 what no rule is for is not recorded",
        "4:1 pods/exec leaves no trace",
        "5:10 nothing is recorded of system:serviceaccount:ci:deployer",
        "7:10 bodies of secrets are recorded",
        "10:28 requests name resources in the plural",
        "13:12 no request has the API group `core`",
        "15:10 no request comes as far as this rule: the rule on line 7",
        "21:11 no request has the verb `exec`",
        "22:3 a rule has no key `resource`",
    ] {
        assert!(doubts.iter().any(|doubt| doubt.starts_with(text)), "{text} is not in {doubts:#?}");
    }
}

#[test]
fn a_policy_with_mistakes_is_refused_with_all_of_them() {
    let text = "kind: Policy\napiVersion: audit.k8s.io/v1\nrules:\n- level: Meta\n- users: [x]\n";
    let test = Test::new("coverage --policy p.yaml").file("p.yaml", text).status(2);
    test.says("p.yaml:4:10").says("p.yaml:5:3").run();
    Test::new("coverage --policy missing.yaml").status(2).says("missing.yaml").run();
    Test::new("coverage --policy p.yaml -o csv").file("p.yaml", text).status(2).says("-o table").run();
}

#[test]
fn the_answer_is_the_same_for_any_number_of_threads() {
    let run = |threads: &str| {
        let test = Test::new("coverage -q -o json --threads").arg(threads).arg(incident());
        test.arg("--policy").arg(policy("cluster-b.yaml")).run().stdout
    };
    assert_eq!(run("1"), run("3"));
}

#[test]
fn names_of_a_log_do_no_harm_in_the_advice() {
    let name = "pods\"]\n- level: None #\u{1b}[2J";
    let change = serde_json::json!({
        "objectRef": {"resource": name, "apiVersion": "v1"}, "verb": "create", "level": "Metadata"});
    let log = crate::sample::event("00000000-0000-4000-8000-000000000001", change);
    let rule = "title: t\nname: t\nlevel: low\nlogsource: {product: kubernetes, service: audit}\n\
                detection:\n  it: {requestObject.kind: Pod}\n  condition: it\n";
    let test = Test::new("coverage -q log --no-builtin --rules r.yml").file("log", log).file("r.yml", rule);
    let text = test.run().stdout;
    assert!(text.contains("not observable") && !text.contains("\n- level: None"), "{text}");
}
