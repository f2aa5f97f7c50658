//! Following a token.

use crate::harness::Test;
use crate::sample::event;
use serde_json::{Value, json};

const ID: &str = "JTI=0b5e0d3c-52ab-4f6a-8a60-4d6b5a2f7a11";

/// The request that issues the token.
fn issue(id: &str) -> String {
    event(
        id,
        json!({
            "verb": "create", "user": {"username": "jane"}, "sourceIPs": ["10.0.0.7"],
            "objectRef": {"resource": "serviceaccounts", "subresource": "token", "namespace": "web", "name": "api"},
            "requestObject": {"spec": {"boundObjectRef": {"kind": "Pod", "name": "api-1"}, "expirationSeconds": 3607}},
            "annotations": {"authentication.kubernetes.io/issued-credential-id": ID},
        }),
    )
}

/// A request made with a token of the pod on this node.
fn used(id: &str, token: &str, node: &str, address: &str, agent: &str) -> String {
    event(
        id,
        json!({
            "verb": "get", "sourceIPs": [address], "userAgent": agent,
            "user": {"username": "system:serviceaccount:web:api", "extra": {
                "authentication.kubernetes.io/credential-id": [token],
                "authentication.kubernetes.io/node-name": [node],
                "authentication.kubernetes.io/pod-name": ["api-1"],
            }},
            "objectRef": {"resource": "secrets", "namespace": "web", "name": "s"},
        }),
    )
}

fn log() -> String {
    [
        issue("mint"),
        used("home", ID, "n1", "10.1.0.4", "api/v1.0"),
        used("again", ID, "n1", "10.1.0.4", "api/v1.0"),
        used("away", ID, "n1", "10.2.0.9", "curl/8.5.0"),
        used("neighbour", "JTI=other", "n2", "10.2.0.9", "shop/v2"),
        used("stranger", "JTI=other", "n2", "10.2.0.10", "shop/v2"),
    ]
    .concat()
}

#[track_caller]
fn traced(id: &str) -> Vec<Value> {
    Test::new("token -q -o ndjson").arg(id).arg("audit.log").file("audit.log", log()).run().values()
}

#[test]
fn a_token_is_followed_from_who_made_it_to_each_who_used_it() {
    let lines = traced(ID);
    assert_eq!(lines.len(), 3, "{lines:#?}");
    let minted = &lines[0];
    assert_eq!(minted["schema"], "kaudit.token.issued.v1");
    assert_eq!(
        [&minted["principal"], &minted["sourceIP"], &minted["namespace"], &minted["serviceAccount"]],
        ["jane", "10.0.0.7", "web", "api"]
    );
    assert_eq!([&minted["boundTo"], &minted["expirationSeconds"]], ["Pod api-1", "3607"]);
    assert_eq!(minted["evidence"], json!([{"file": "audit.log", "offset": 0, "line": 1}]));
    let (home, away) = (&lines[1], &lines[2]);
    assert_eq!((&home["requests"], &home["marks"]), (&json!(2), &json!([])));
    assert_eq!(home["verbs"], json!({"get secrets": 2}));
    assert_eq!(away["marks"], json!(["other-client", "other-address", "away-from-node"]));
    assert_eq!((&away["nodes"], &away["node"]), (&json!(["n2"]), &json!("n1")));
    assert_eq!(away["evidence"][0]["line"], 4);
}

#[test]
fn a_token_is_named_by_its_id_without_prefix_or_by_the_request_that_issued_it() {
    assert_eq!(traced(&ID["JTI=".len()..]), traced(ID));
    assert_eq!(traced("mint"), traced(ID));
}

#[test]
fn stages_of_a_request_count_once() {
    let first = used("x", ID, "n1", "10.1.0.4", "api/v1.0").replace("ResponseComplete", "ResponseStarted");
    let both = [first, used("x", ID, "n1", "10.1.0.4", "api/v1.0")].concat();
    let lines =
        Test::new("token -q -o ndjson").arg(ID).arg("audit.log").file("audit.log", both).run().values();
    assert_eq!((lines.len(), &lines[0]["requests"]), (1, &json!(1)));
}

#[test]
fn a_token_that_nobody_knows_is_said_and_is_exit_1() {
    let test = Test::new("token JTI=none audit.log").file("audit.log", log()).status(1);
    test.says("no request was made with `JTI=none`").run();
    Test::new("token -q nobody audit.log").file("audit.log", log()).status(1).run();
}

#[test]
fn a_pipe_is_read_once_and_what_that_costs_is_said() {
    let says = "uses away from their node are not marked";
    let test = Test::new("token").args([ID, "-", "-o", "ndjson"]).stdin(log()).says(says);
    assert_eq!(test.run().values()[2]["marks"], json!(["other-client", "other-address"]));
    let test = Test::new("token mint -").stdin(log()).status(2);
    test.says("standard input can be read once").run();
}

#[test]
fn the_table_tells_it_in_words() {
    let ran = Test::new("token").args([ID, "audit.log"]).file("audit.log", log()).run();
    for text in [
        "by jane from 10.0.0.7",
        "for web/api bound to Pod api-1",
        "3 requests in 2 ways",
        "2 requests by system:serviceaccount:web:api from 10.1.0.4 with api/v1.0 as pod api-1 on n1",
        "ANOTHER CLIENT; ANOTHER ADDRESS; AWAY FROM ITS NODE, at that of n2",
        "2 get secrets",
        "audit.log:2, audit.log:3",
    ] {
        assert!(ran.stdout.contains(text), "{text}: {}", ran.stdout);
    }
    let csv = Test::new("token").args([ID, "audit.log", "-o", "csv"]).file("audit.log", log());
    csv.status(2).says("use -o table").run();
}
