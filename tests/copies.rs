//! The same event twice counts once, and of events that came incomplete rules say so.

use crate::harness::Test;
use crate::sample::{event, exec, gz};
use serde_json::{Value, json};

fn docker(line: &str) -> String {
    json!({"log": line, "stream": "stdout", "time": "2026-05-05T14:16:10Z"}).to_string() + "\n"
}

/// Three records, of which one stands twice in the file itself.
fn log() -> String {
    [event("a", json!({})), exec("b", json!({})), exec("b", json!({})), event("c", json!({}))].concat()
}

#[test]
fn a_copy_of_a_file_adds_nothing_whatever_it_is_called_and_wrapped_in() {
    let wrapped: String = log().lines().map(docker).collect();
    let once = Test::new("scan -o json one").file("one/audit.log", log()).run();
    for threads in [1, 4] {
        let test = Test::new(&format!("scan -o json --threads {threads} logs"));
        let test = test.file("logs/one/audit.log", log()).file("logs/two/copy.gz", gz(log()));
        let all = test.file("logs/three/docker.log", &wrapped).run();
        let [once, all] = [&once, &all].map(|ran| serde_json::from_str::<Value>(&ran.stdout).unwrap());
        assert_eq!(once["findings"].as_array().unwrap().len(), 1);
        assert_eq!(all["findings"].as_array().unwrap().len(), 1);
        assert_eq!(all["findings"][0]["evidence"].as_array().unwrap().len(), 1);
        assert_eq!(once["summary"]["copies"], 1);
        assert_eq!(all["summary"]["copies"], 9);
        assert_eq!(once["summary"]["principals"], all["summary"]["principals"]);
    }
}

#[test]
fn a_hunt_shows_a_copy_once_and_says_so() {
    let test =
        Test::new("hunt -o ndjson --resource pods/exec one two").says("2 records are copies of others");
    let ran =
        test.file("one/audit.log", exec("b", json!({})) + &exec("c", json!({}))).file("two/audit.log", log());
    assert_eq!(ran.run().audit_ids(), ["b", "c"]);
}

#[test]
fn another_request_under_the_same_id_is_no_copy() {
    let later = json!({"requestReceivedTimestamp": "2026-05-05T15:00:00.000000Z"});
    let log = [exec("b", json!({})), exec("b", later)].concat();
    let found = Test::new("scan -q -o ndjson log").file("log", log).run().values();
    assert_eq!(found.iter().map(|finding| &finding["auditIDs"][0]).collect::<Vec<_>>(), ["b", "b"]);
}

/// Two files tell the same, of which the second is met first: the first holds much else before.
#[test]
fn which_of_two_copies_is_met_first_does_not_show() {
    let cut = |id: usize| {
        let change = json!({
            "level": "RequestResponse",
            "verb": "create",
            "objectRef": {"resource": "roles", "apiGroup": "rbac.authorization.k8s.io"},
            "annotations": {"audit.k8s.io/truncated": "true"},
        });
        event(&format!("copied-{id}"), change)
    };
    let copied: String =
        (0..9).map(cut).chain((0..9).map(|id| exec(&format!("exec-{id}"), json!({})))).collect();
    let before: String = (0..1200).map(|id| event(&format!("before-{id}"), json!({}))).collect();
    let policy = std::fs::read(crate::sample::root().join("testdata/policy/cluster-a.yaml")).unwrap();
    for args in ["scan", "coverage", "coverage --policy policy.yaml", "report --pack nsa"] {
        let report = |threads: usize| {
            let test =
                Test::new(&format!("{args} -q -o json --threads {threads} c")).file("policy.yaml", &policy);
            let test = test.file("c/a.log", before.clone() + &copied);
            test.file("c/b.log", copied.lines().map(docker).collect::<String>()).run().stdout
        };
        let one = report(1);
        assert!(one.len() > 1000 && (0..4).all(|_| report(8) == one), "{args}");
    }
}

/// A rule that asks for a group.
const RULE: &str = "title: Somebody acts as a member of a privileged group
id: 0d2f9f0e-3a53-4ac5-a4a8-0c4b7f0b9d11
status: test
level: high
logsource: {product: kubernetes, service: audit}
detection:
  admin:
    user.groups: system:masters
  where: {verb: delete}
  condition: admin and where
";

const GKE: &str = r#"{"insertId":"i1","protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","authenticationInfo":{"principalEmail":"jane@example.com"},"methodName":"io.k8s.core.v1.pods.VERB","resourceName":"core/v1/namespaces/web/pods/frontend","serviceName":"k8s.io"},"resource":{"labels":{"cluster_name":"prod"},"type":"k8s_cluster"},"timestamp":"2026-05-05T14:16:10Z"}"#;

#[test]
fn what_a_format_does_not_carry_is_unknown_and_not_absent() {
    let gke = [GKE.replace("VERB", "delete"), GKE.replace("VERB", "get")].join("\n");
    let native = event("n", json!({"verb": "delete", "user": {"username": "jane", "groups": ["a"]}}));
    let test =
        Test::new("scan -o json --no-builtin --rules rule.yml gke.log native.log").file("rule.yml", RULE);
    let test = test.file("gke.log", gke).file("native.log", native);
    let ran = test.says("cannot tell: 0d2f9f0e-3a53-4ac5-a4a8-0c4b7f0b9d11 (1 event)").run();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["findings"].as_array().unwrap().len(), 0);
    assert_eq!(report["summary"]["cannotTell"][0]["count"], 1);
    assert_eq!(report["summary"]["cannotTell"][0]["samples"][0]["file"], "gke.log");
}

#[test]
fn what_stood_behind_a_cut_is_unknown_and_what_stood_before_it_counts() {
    let whole = exec("b", json!({"user": {"username": "jane", "groups": ["system:masters"]}}));
    let find = |text: &str| whole.find(text).unwrap();
    let hunt = |cut| Test::new("hunt -o ndjson --principal jane log").file("log", &whole[..find(cut)]);
    // The user is known, and the answer was cut off.
    let ran = hunt("\"responseStatus\"").says("could not be read (cut off)").run();
    assert_eq!(ran.values()[0]["kaudit"]["cut"], true);
    // The user was cut off.
    hunt("\"user\"").status(2).says("1 record may match").run();
}

#[test]
fn copies_of_the_incident_change_no_finding_whatever_the_threads() {
    let files = crate::sample::incident_files();
    let scan = |threads: usize, directories: &[&str]| {
        let mut test =
            Test::new(&format!("scan -q -o ndjson --cluster-from cluster-. --threads {threads} logs"));
        for directory in directories {
            for (path, content) in &files {
                let name = path.replace(['/', '\\'], "_");
                let cluster = if path.contains("cluster-b") { "cluster-b" } else { "cluster-a" };
                test = test.file(format!("logs/{directory}/{cluster}/{name}"), content);
            }
        }
        test.run().stdout
    };
    let once = scan(2, &["a"]);
    let twice = scan(1, &["a", "b"]);
    assert!(once.lines().count() > 20);
    assert_eq!(once, twice);
    for threads in [2, 8] {
        assert_eq!(scan(threads, &["a", "b"]), twice, "{threads} threads");
    }
}
