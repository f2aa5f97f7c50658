//! What the flags of a hunt mean.

use crate::harness::Test;
use crate::sample::{event, event_at};
use serde_json::{Value, json};

/// The auditIDs that a hunt through this log selects.
#[track_caller]
fn hunt(flags: &str, log: &str) -> Vec<String> {
    let test = Test::new(&format!("hunt -q -o ndjson audit.log {flags}")).file("audit.log", log);
    test.run().audit_ids()
}

#[track_caller]
fn finds_none(flags: &str, log: &str) {
    Test::new(&format!("hunt -q -o ndjson audit.log {flags}")).file("audit.log", log).status(1).run();
}

fn user(id: &str, name: &str) -> String {
    event(id, json!({"user": {"username": name}}))
}

#[test]
fn a_principal_is_found_whatever_the_case() {
    let log = [user("a", "johnD"), user("b", "JohnD"), user("c", "johnd2"), user("d", "jane")].concat();
    for name in ["johnD", "JOHND", "johnd"] {
        assert_eq!(hunt(&format!("--principal {name}"), &log), ["a", "b"], "{name}");
    }
    assert_eq!(hunt("--principal johnD --exact", &log), ["a"]);
    finds_none("--principal JOHND --exact", &log);
}

#[test]
fn wildcards_and_expressions_are_understood_and_otherwise_the_whole_name_counts() {
    let log = [user("a", "john"), user("b", "johnny"), user("c", "ajohn"), user("d", "jo*n")].concat();
    assert_eq!(hunt("--principal john", &log), ["a"]);
    assert_eq!(hunt("--principal john*", &log), ["a", "b"]);
    assert_eq!(hunt("--principal *john", &log), ["a", "c"]);
    assert_eq!(hunt("--principal jo?n", &log), ["a", "d"]);
    assert_eq!(hunt("--principal jo\\*n", &log), ["d"]);
    assert_eq!(hunt("--principal /^JOHN/", &log), ["a", "b"]);
    assert_eq!(hunt("--principal /hn{2}y$/", &log), ["b"]);
    finds_none("--principal /^JOHN/ --exact", &log);
}

#[test]
fn a_person_is_found_behind_a_shared_identity() {
    let extra = |id: &str, key: &str, value: &str| {
        event(id, json!({"user": {"username": "kubernetes-admin", "extra": {key: [value]}}}))
    };
    let impersonated = event("impersonated", json!({"impersonatedUser": {"username": "johnD"}}));
    let log = [
        extra("session", "sessionName", "johnD"),
        extra("aws session", "authentication.kubernetes.io/sessionName", "johnD"),
        extra("arn", "arn", "arn:aws:sts::111122223333:assumed-role/Admin/johnD"),
        extra("canonical arn", "canonicalArn", "arn:aws:iam::111122223333:user/johnD"),
        extra("other key", "colour", "johnD"),
        extra("other value", "sessionName", "jane"),
        impersonated,
    ];
    let expected = ["session", "aws session", "arn", "canonical arn", "impersonated"];
    assert_eq!(hunt("--principal johnD", &log.concat()), expected);
    assert_eq!(hunt("--principal johnd --not-principal nobody", &log.concat()), expected);
}

#[test]
fn who_impersonates_is_found_as_well_as_whom() {
    let log = event("x", json!({"user": {"username": "admin"}, "impersonatedUser": {"username": "victim"}}));
    for name in ["admin", "victim"] {
        assert_eq!(hunt(&format!("--principal {name}"), &log), ["x"], "{name}");
    }
    assert_eq!(hunt("--where principal=victim", &log), ["x"]);
    finds_none("--where principal=admin", &log);
}

#[test]
fn a_service_account_is_found_by_its_short_name() {
    let log = [
        user("a", "system:serviceaccount:web:frontend"),
        user("b", "system:serviceaccount:db:frontend"),
        user("c", "web/frontend-2"),
    ];
    for name in ["web/frontend", "system:serviceaccount:web:frontend", "WEB/Frontend"] {
        assert_eq!(hunt(&format!("--principal {name}"), &log.concat()), ["a"], "{name}");
    }
    assert_eq!(hunt("--principal */frontend", &log.concat()), ["a", "b"]);
}

#[test]
fn addresses_are_found_by_network_and_as_text() {
    let ip = |id: &str, ips: &[&str]| event(id, json!({"sourceIPs": ips}));
    let log = [
        ip("a", &["10.50.1.6"]),
        ip("b", &["192.168.0.1"]),
        ip("c", &["2001:db8::7"]),
        ip("claimed", &["10.50.9.9", "172.16.0.1"]),
        ip("mapped", &["::ffff:10.50.1.7"]),
        ip("no address", &["localhost"]),
    ]
    .concat();
    assert_eq!(hunt("--ip 10.50.1.6", &log), ["a"]);
    assert_eq!(hunt("--ip 10.50.0.0/16 --not-ip ::ffff:10.50.1.7", &log), ["a", "claimed"]);
    assert_eq!(hunt("--ip 2001:db8::/32", &log), ["c"]);
    assert_eq!(hunt("--ip 2001:0db8:0:0::7", &log), ["c"], "however the address is written");
    assert_eq!(hunt("--ip 192.168.*", &log), ["b"]);
    assert_eq!(hunt("--ip 192.168.0.0/16 --ip 172.16.0.0/12", &log), ["b", "claimed"]);
    assert_eq!(hunt("--where sourceIP=172.16.0.0/12", &log), ["claimed"]);
    finds_none("--where sourceIP=10.50.9.9", &log);
    assert_eq!(hunt("--where claimedIPs=10.50.9.9", &log), ["claimed"]);
}

#[test]
fn an_address_matches_whole_and_not_as_a_prefix() {
    let log = event("a", json!({"sourceIPs": ["10.50.1.60"]}));
    finds_none("--ip 10.50.1.6", &log);
}

#[test]
fn codes_are_found_by_number_class_and_range() {
    let code = |code: u16| event(&code.to_string(), json!({"responseStatus": {"code": code}}));
    let log = [200, 201, 400, 403, 404, 409, 500].map(code).concat();
    assert_eq!(hunt("--code 403", &log), ["403"]);
    assert_eq!(hunt("--code 4xx", &log), ["400", "403", "404", "409"]);
    assert_eq!(hunt("--code 40*", &log), ["400", "403", "404", "409"]);
    assert_eq!(hunt("--code 401-404", &log), ["403", "404"]);
    assert_eq!(hunt("--code 200 --code 5XX", &log), ["200", "500"]);
    assert_eq!(hunt("--not-code 2xx --not-code 4xx", &log), ["500"]);
}

#[test]
fn resources_are_named_as_kubectl_names_them() {
    let resource = |id: &str, reference: Value| event(id, json!({"objectRef": reference}));
    let log = [
        resource("pod", json!({})),
        resource("exec", json!({"subresource": "exec"})),
        resource("log", json!({"subresource": "log"})),
        resource("deployment", json!({"resource": "deployments", "apiGroup": "apps"})),
        resource("scale", json!({"resource": "deployments", "apiGroup": "apps", "subresource": "scale"})),
        resource("old deployment", json!({"resource": "deployments", "apiGroup": "extensions"})),
        event("no resource", json!({"objectRef": null, "requestURI": "/healthz"})),
    ]
    .concat();
    assert_eq!(hunt("--resource pods/exec", &log), ["exec"]);
    assert_eq!(hunt("--resource pods", &log), ["pod", "exec", "log"]);
    for name in ["po/exec", "pod/exec", "Pod/exec", "PODS/EXEC"] {
        assert_eq!(hunt(&format!("--resource {name}"), &log), ["exec"], "{name}");
    }
    assert_eq!(hunt("--resource deployments.apps", &log), ["deployment", "scale"]);
    assert_eq!(hunt("--resource deployment.apps/scale", &log), ["scale"]);
    assert_eq!(hunt("--resource deployments/scale", &log), ["scale"]);
    assert_eq!(hunt("--resource deploy", &log), ["deployment", "scale", "old deployment"]);
    assert_eq!(hunt("--resource */exec --resource */log", &log), ["exec", "log"]);
    assert_eq!(hunt("--not-resource *", &log), ["no resource"]);
}

#[test]
fn user_agents_are_found_whole_or_by_their_program() {
    let agent = |id: &str, agent: &str| event(id, json!({"userAgent": agent}));
    let log =
        [agent("a", "kubectl/v1.33.0 (linux/amd64)"), agent("b", "curl/8.5.0"), agent("c", "kubectl-evil/1")];
    assert_eq!(hunt("--user-agent kubectl", &log.concat()), ["a"]);
    assert_eq!(hunt("--user-agent kubectl*", &log.concat()), ["a", "c"]);
    assert_eq!(hunt("--user-agent curl/8.5.0", &log.concat()), ["b"]);
    assert_eq!(hunt("--not-user-agent kubectl", &log.concat()), ["b", "c"]);
}

#[test]
fn values_are_alternatives_flags_add_up_and_not_takes_away() {
    let make = |id: &str, verb: &str, namespace: &str| {
        event(id, json!({"verb": verb, "objectRef": {"namespace": namespace}}))
    };
    let log = [
        make("a", "get", "web"),
        make("b", "list", "web"),
        make("c", "delete", "web"),
        make("d", "get", "web-test"),
        make("e", "get", "db"),
    ]
    .concat();
    assert_eq!(hunt("--verb get --verb list --namespace web", &log), ["a", "b"]);
    assert_eq!(hunt("--namespace web*", &log), ["a", "b", "c", "d"]);
    assert_eq!(hunt("--namespace web* --not-namespace *-test --not-verb delete", &log), ["a", "b"]);
    assert_eq!(hunt("--not-verb get --not-verb list", &log), ["c"]);
    assert_eq!(hunt("--verb get --where ns=web --where code=200", &log), ["a"], "all expressions must hold");
}

#[test]
fn not_is_true_of_events_that_lack_the_field() {
    let log = [event("a", json!({})), event("b", json!({"objectRef": null}))].concat();
    assert_eq!(hunt("--not-namespace web", &log), ["b"]);
    assert_eq!(hunt("--not-name frontend", &log), ["b"]);
    assert_eq!(hunt("--where ns!=web", &log), ["b"]);
}

#[test]
fn every_selection_has_its_flag() {
    let log = event("x", json!({}));
    for (flag, value) in [
        ("principal", "jane"),
        ("user-agent", "kubectl"),
        ("ip", "10.50.1.6"),
        ("verb", "get"),
        ("resource", "pods"),
        ("namespace", "web"),
        ("name", "frontend"),
        ("code", "200"),
        ("cluster", "here"),
        ("audit-id", "x"),
        ("level", "Metadata"),
        ("stage", "ResponseComplete"),
    ] {
        assert_eq!(hunt(&format!("--{flag} {value}"), &log), ["x"], "{flag}");
        finds_none(&format!("--not-{flag} {value}"), &log);
    }
}

/// Runs one `--where` expression.
#[track_caller]
fn selects(expression: &str, log: &str) -> bool {
    let test = Test::new("hunt -q -o ndjson audit.log --where").arg(expression).file("audit.log", log);
    let child = test.start().wait_with_output().unwrap();
    let code = child.status.code();
    assert!(matches!(code, Some(0 | 1)), "{expression}: {}", String::from_utf8_lossy(&child.stderr));
    code == Some(0)
}

#[test]
fn expressions_reach_every_part_of_an_event() {
    let log = event(
        "x",
        json!({
            "verb": "create",
            "level": "Request",
            "user": {"extra": {"authentication.kubernetes.io/pod-name": ["frontend-1"]}},
            "requestURI": "/api/v1/namespaces/web/pods?dryRun=All&command=cat&command=%2Fetc%2Fshadow",
            "requestObject": {"spec": {"replicas": 3, "containers": [
                {"name": "side", "image": "busybox"},
                {"name": "app", "securityContext": {"privileged": true}},
            ]}},
            "stageTimestamp": "2026-09-08T03:00:02.500000Z",
        }),
    );
    for expression in [
        "verb=create and not verb=delete",
        "verb in (get, create) && code == 200",
        "user=jane or user=nobody",
        "requestObject.spec.containers.securityContext.privileged=true",
        "requestObject.spec.containers.image = busybox",
        "requestObject.spec.replicas > 2",
        "request.spec.replicas <= 3",
        "annotations.authorization.k8s.io/decision = allow",
        "decision=ALLOW",
        "annotations.\"authorization.k8s.io/decision\" exists",
        "user.extra.authentication.kubernetes.io/pod-name startswith frontend",
        "requestObject.spec.containers.securityContext exists",
        "not requestObject.spec.hostPID exists",
        "requestURI contains dryRun",
        "uri ~ /pods\\?dryrun=/",
        "uri !~ /secrets/",
        "command = 'cat /etc/shadow'",
        "time >= 2026-09-08 and time < 2026-09-09",
        "latency >= 2.5 and latency < 2.6",
        "principal.kind = human and direction = write and outcome = allowed",
        "uri.template = '/api/v1/namespaces/{namespace}/pods'",
        "record contains busybox",
        "((verb=create))",
        "verb=create and (name=other or (ns=web and not (code>=400)))",
        "userAgent.family = kubectl",
        "groups = system:authenticated",
        "ip cidr 10.50.0.0/16",
    ] {
        assert!(selects(expression, &log), "{expression}");
        let negated = format!("not ({expression})");
        assert!(!selects(&negated, &log), "{negated}");
    }
}

const DAY: &[(&str, &str)] = &[
    ("1", "2026-09-07T23:59:59.999999Z"),
    ("2", "2026-09-08T00:00:00.000000Z"),
    ("3", "2026-09-08T10:00:00.000000Z"),
    ("4", "2026-09-08T11:59:59.999999Z"),
    ("5", "2026-09-08T12:00:00.000000Z"),
];

fn day() -> String {
    DAY.iter().map(|(id, time)| event_at(id, time)).collect()
}

#[test]
fn since_is_included_and_until_is_not() {
    assert_eq!(hunt("--since 2026-09-08T10:00:00Z --until 2026-09-08T12:00:00Z", &day()), ["3", "4"]);
    assert_eq!(hunt("--since 2026-09-08T12:00:00+02:00 --until 2026-09-08T11:00:00Z", &day()), ["3"]);
    assert_eq!(hunt("--since 2026-09-08", &day()), ["2", "3", "4", "5"]);
    assert_eq!(hunt("--until 2026-09-08", &day()), ["1"]);
    finds_none("--since 2026-09-09", &day());
}

#[test]
fn a_date_is_midnight_in_the_zone_of_the_user() {
    assert_eq!(hunt("--until 2026-09-09 --since 2026-09-08 --tz +01:00", &day()), ["1", "2", "3", "4", "5"]);
    assert_eq!(hunt("--since 2026-09-08 --tz -10:00", &day()), ["3", "4", "5"]);
    assert_eq!(hunt("--since 2026-09-08 --tz Pacific/Honolulu", &day()), ["3", "4", "5"]);
}

#[test]
fn a_span_counts_back_from_the_last_event_of_all_files_wherever_it_stands() {
    assert_eq!(hunt("--since 2h", &day()), ["3", "4", "5"]);
    assert_eq!(hunt("--since 7199s", &day()), ["4", "5"]);
    assert_eq!(hunt("--until 2h", &day()), ["1", "2"]);
    assert_eq!(hunt("--since 1d --until 12h", &day()), ["1"]);
    let late = event_at("late", "2026-09-08T13:00:00.000000Z");
    let test = Test::new("hunt -q -o ndjson --since 2h --verb get .")
        .file("a.log", format!("{late}{}", day()))
        .file("b.log", event_at("b", "2026-09-08T10:59:00.000000Z"));
    assert_eq!(test.run().audit_ids(), ["late", "4", "5"]);
    let scan = Test::new("scan -q -o ndjson --since 1h audit.log");
    let exec = |id: &str, time: &str| crate::sample::exec(id, json!({"requestReceivedTimestamp": time}));
    let log = exec("old", "2026-09-08T01:00:00.000000Z") + &exec("new", "2026-09-08T02:30:00.000000Z");
    let found = scan.file("audit.log", log).run().values();
    assert!(!found.is_empty() && found.iter().all(|finding| finding["auditIDs"][0] == "new"));
}

#[test]
fn a_span_before_the_last_event_of_a_pipe_is_refused() {
    for args in ["hunt -q --since 2h", "scan -q --until 7d -", "hunt -q --since 2h - audit.log"] {
        let test = Test::new(args).stdin(day()).file("audit.log", day()).status(2);
        test.says("a pipe does not show in advance").says("give a point in time").run();
    }
    assert_eq!(
        Test::new("hunt -q -o ndjson --since 2026-09-08T12:00:00Z").stdin(day()).run().audit_ids(),
        ["5"]
    );
}

#[test]
fn an_event_without_a_time_is_in_no_window() {
    let timeless = event("x", json!({"requestReceivedTimestamp": null, "stageTimestamp": null}));
    let log = day() + &timeless;
    assert_eq!(hunt("--since 2026-09-08T12:00:00Z", &log), ["5"]);
    assert_eq!(hunt("--audit-id x", &log), ["x"]);
}

/// What stands in the record may be written with escapes; the search before parsing must not miss it.
#[test]
fn names_are_found_however_their_letters_are_written() {
    let written = |id: &str, name: &str| user(id, "NAME").replace("NAME", name);
    let log = [
        written("plain", "johnD"),
        written("one escape", "\\u006aohnD"),
        written("all escaped", "\\u006A\\u006F\\u0068\\u006e\\u0044"),
        written("upper", "JOHND"),
        written("escaped upper", "\\u004aohn\\u0064"),
        written("other", "john\\u0045"),
        user("key", "johnD").replace("username", "user\\u006eame"),
        user("blanks", "johnD").replace("\":", "\" : "),
    ];
    let expected = ["plain", "one escape", "all escaped", "upper", "escaped upper", "key", "blanks"];
    assert_eq!(hunt("--principal johnD", &log.concat()), expected);
    assert_eq!(hunt("--principal *ohnd", &log.concat()), expected);
    let exact = ["plain", "one escape", "all escaped", "key", "blanks"];
    assert_eq!(hunt("--principal johnD --exact", &log.concat()), exact);
    let slash = event("slash", json!({})).replace("/api/v1/", "\\/api\\/v1\\/");
    assert_eq!(hunt("--where uri=/api/v1/*", &slash), ["slash"]);
}

#[test]
fn letters_beyond_ascii_are_found_whatever_their_case_and_spelling() {
    let log = [
        user("plain", "jörg"),
        user("upper", "JÖRG"),
        user("escaped", "NAME").replace("NAME", "j\\u00f6rg"),
        user("pair", "NAME").replace("NAME", "\\ud83d\\ude00"),
    ]
    .concat();
    assert_eq!(hunt("--principal jörg", &log), ["plain", "upper", "escaped"]);
    assert_eq!(hunt("--principal 😀", &log), ["pair"]);
}
