//! A second opinion: what a hunt selects is decided again here, event by event, in the plainest way there is,
//! and both must agree on every record of the recorded logs. That also proves that the search before parsing
//! passes over nothing.

use crate::harness::Test;
use crate::sample::{event, incident_files};
use regex::{Regex, RegexBuilder};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The text at a path of keys, empty where there is none.
fn text<'v>(event: &'v Value, path: &[&str]) -> &'v str {
    path.iter().fold(event, |value, key| &value[*key]).as_str().unwrap_or("")
}

/// Text with `*` and `?`, whatever the case.
fn like(text: &str, pattern: &str) -> bool {
    let pattern = regex::escape(pattern).replace(r"\*", ".*").replace(r"\?", ".");
    found(text, &format!("^(?:{pattern})$"))
}

fn found(text: &str, pattern: &str) -> bool {
    thread_local!(static KNOWN: RefCell<HashMap<String, Regex>> = RefCell::default());
    let build =
        || RegexBuilder::new(pattern).case_insensitive(true).dot_matches_new_line(true).build().unwrap();
    KNOWN.with_borrow_mut(|known| known.entry(pattern.to_owned()).or_insert_with(build).is_match(text))
}

/// Every name that somebody goes by.
fn names(event: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for who in ["user", "impersonatedUser"] {
        if let Some(name) = event[who]["username"].as_str() {
            names.push(name.to_owned());
            let account = name.strip_prefix("system:serviceaccount:").and_then(|name| name.split_once(':'));
            names.extend(account.map(|(namespace, name)| format!("{namespace}/{name}")));
        }
        for (key, values) in event[who]["extra"].as_object().into_iter().flatten() {
            let key = key.to_lowercase();
            if found(&key, "(^|[./])(arn|canonicalarn|email|principalid|sessionname|upn|username)$") {
                for value in values.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    names.push(value.to_owned());
                    names.extend(value.rsplit(['/', ':']).next().map(str::to_owned));
                }
            }
        }
    }
    names
}

fn any_name(event: &Value, pattern: &str) -> bool {
    names(event).iter().any(|name| like(name, pattern))
}

fn code(event: &Value) -> i64 {
    event["responseStatus"]["code"].as_i64().unwrap_or(-1)
}

fn verb(event: &Value, verbs: &[&str]) -> bool {
    verbs.contains(&text(event, &["verb"]))
}

fn resource(event: &Value) -> (&str, &str, &str) {
    let part = |key| text(event, &["objectRef", key]);
    (part("resource"), part("apiGroup"), part("subresource"))
}

fn addresses(event: &Value) -> impl Iterator<Item = &str> {
    event["sourceIPs"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn time(event: &Value) -> &str {
    text(event, &["requestReceivedTimestamp"])
}

/// All values below a path of keys; arrays are crossed.
fn all<'v>(value: &'v Value, path: &[&str]) -> Vec<&'v Value> {
    match (value, path) {
        (Value::Array(items), _) => items.iter().flat_map(|item| all(item, path)).collect(),
        (value, []) => vec![value],
        (value, [key, rest @ ..]) => value.get(key).map_or(Vec::new(), |value| all(value, rest)),
    }
}

/// Whether any text or number in the event holds this text.
fn anywhere(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text.to_lowercase().contains(wanted),
        Value::Number(number) => number.to_string().contains(wanted),
        Value::Array(items) => items.iter().any(|item| anywhere(item, wanted)),
        Value::Object(members) => members.values().any(|member| anywhere(member, wanted)),
        _ => false,
    }
}

/// An expression begins with `?` and is one argument; other flags are words.
type Hunt = (&'static str, fn(&Value) -> bool);

const HUNTS: &[Hunt] = &[
    ("", |_| true),
    ("--verb delete", |e| verb(e, &["delete"])),
    ("--verb del*", |e| verb(e, &["delete", "deletecollection"])),
    ("--verb get --verb list --resource secrets", |e| {
        verb(e, &["get", "list"]) && resource(e).0 == "secrets"
    }),
    ("--resource pods/exec", |e| (resource(e).0, resource(e).2) == ("pods", "exec")),
    ("--resource pods", |e| resource(e).0 == "pods"),
    ("--resource deploy.apps", |e| (resource(e).0, resource(e).1) == ("deployments", "apps")),
    ("--resource *bindings.rbac.authorization.k8s.io", |e| {
        resource(e).0.ends_with("bindings") && resource(e).1 == "rbac.authorization.k8s.io"
    }),
    ("--principal johnd", |e| any_name(e, "johnD")),
    ("--principal oidc:*@corp.example --verb create", |e| {
        any_name(e, "oidc:*@corp.example") && verb(e, &["create"])
    }),
    ("--principal kube-system/replicaset-controller", |e| any_name(e, "kube-system/replicaset-controller")),
    ("--principal /^oidc:[a-m]/", |e| names(e).iter().any(|name| found(name, "^oidc:[a-m]"))),
    ("--not-principal system:* --not-principal /^oidc:/", |e| {
        !any_name(e, "system:*") && !names(e).iter().any(|name| found(name, "^oidc:"))
    }),
    ("--ip 10.50.0.0/16", |e| addresses(e).any(|address| address.starts_with("10.50."))),
    ("--ip 10.50.4.0/23", |e| {
        addresses(e).any(|address| address.starts_with("10.50.4.") || address.starts_with("10.50.5."))
    }),
    ("--not-ip 10.*", |e| !addresses(e).any(|address| address.starts_with("10."))),
    ("--ip ::1", |e| addresses(e).any(|address| address == "::1")),
    ("--code 4xx", |e| (400..500).contains(&code(e))),
    ("--code 403-404 --code 5xx", |e| (403..405).contains(&code(e)) || (500..600).contains(&code(e))),
    ("--not-code 2xx", |e| !(200..300).contains(&code(e))),
    ("--user-agent kubectl", |e| found(text(e, &["userAgent"]), "^kubectl([/ (]|$)")),
    ("--user-agent *curl*", |e| found(text(e, &["userAgent"]), "curl")),
    ("--namespace kube-*", |e| text(e, &["objectRef", "namespace"]).starts_with("kube-")),
    ("--not-namespace kube-* --name *-0", |e| {
        !text(e, &["objectRef", "namespace"]).starts_with("kube-")
            && text(e, &["objectRef", "name"]).ends_with("-0")
    }),
    ("--level request", |e| text(e, &["level"]) == "Request"),
    ("--stage ResponseStarted --stage RequestReceived", |e| text(e, &["stage"]) != "ResponseComplete"),
    ("--since 2026-09-10T11:00:00Z", |e| time(e) >= "2026-09-10T11:00:00.000000Z"),
    ("--until 2026-09-10 --verb patch", |e| time(e) < "2026-09-10" && verb(e, &["patch"])),
    ("--audit-id f*", |e| text(e, &["auditID"]).starts_with('f')),
    ("?requestObject.spec.containers.securityContext.privileged=true", |e| {
        all(&e["requestObject"], &["spec", "containers", "securityContext", "privileged"])
            .contains(&&json!(true))
    }),
    ("?code>=400 and not user ~ /^system:/", |e| {
        code(e) >= 400 && !text(e, &["user", "username"]).starts_with("system:")
    }),
    ("?decision=forbid or message contains forbidden", |e| {
        e["annotations"]["authorization.k8s.io/decision"] == "forbid"
            || found(text(e, &["responseStatus", "message"]), "forbidden")
    }),
    ("?namespace = '' and verb = create", |e| {
        text(e, &["objectRef", "namespace"]).is_empty() && verb(e, &["create"])
    }),
    ("?record contains busybox", |e| anywhere(e, "busybox")),
    ("?impersonatedUser exists", |e| !e["impersonatedUser"].is_null()),
    ("?verb in (create, patch, update) and resource in (roles, clusterroles, rolebindings)", |e| {
        verb(e, &["create", "patch", "update"])
            && ["roles", "clusterroles", "rolebindings"].contains(&resource(e).0)
    }),
    ("?subresource != '' and not subresource in (status, scale)", |e| {
        !["", "status", "scale"].contains(&resource(e).2)
    }),
    ("?uri endswith limit=500", |e| text(e, &["requestURI"]).ends_with("limit=500")),
    ("?responseStatus.details.name exists and code=404", |e| {
        code(e) == 404 && !e["responseStatus"]["details"]["name"].is_null()
    }),
];

/// The recorded logs, and a few events that are written in unusual ways.
fn logs() -> BTreeMap<String, Vec<u8>> {
    let mut logs = incident_files();
    let john = event("unusual", json!({"user": {"username": "johnD"}, "verb": "delete", "level": "Request"}));
    let unusual = [
        john.replace("johnD", "\\u006aohn\\u0044"),
        john.replace("johnD", "\\u004A\\u004f\\u0048\\u004e\\u0044"),
        john.replace("username", "u\\u0073ername"),
        john.replace("\":", "\" :\t"),
        john.replace("delete", "d\\u0065lete"),
        john.replace("/api", "\\/api").replace("200}", "4.04e2}").replace("4.04e2", "404"),
        john.replace("\"verb\":", "\"verb\":\"get\",\"verb\":"),
        event(
            "unusual",
            json!({"user": {"username": "x", "extra": {"arn": ["arn:aws:sts::1:assumed-role/A/JohnD"]}}}),
        ),
        event("unusual", json!({"requestObject": {"spec": {"containers": [{"image": "BusyBox:1"}]}}}))
            .replace("BusyBox", "Busy\\u0042ox"),
        event("unusual", json!({"sourceIPs": ["1.2.3.4", "10.50.4.255"], "objectRef": {"namespace": null}})),
    ];
    let other_id = |(at, line): (usize, &String)| line.replace("unusual", &format!("unusual-{at}"));
    let unusual: String = unusual.iter().enumerate().map(other_id).collect();
    logs.insert("unusual.log".to_owned(), unusual.into_bytes());
    logs
}

/// File and line of every record that is wanted.
fn wanted(events: &[(String, u64, Value)], is: fn(&Value) -> bool) -> BTreeSet<(String, u64)> {
    events.iter().filter(|(_, _, event)| is(event)).map(|(file, line, _)| (file.clone(), *line)).collect()
}

fn events(logs: &BTreeMap<String, Vec<u8>>) -> Vec<(String, u64, Value)> {
    let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let parse = |line: Vec<u8>| serde_json::from_slice::<Value>(&line).ok();
    logs.iter()
        .flat_map(|(name, bytes)| {
            (1..).zip(lines(bytes)).filter_map(|(line, bytes)| Some((name.clone(), line, parse(bytes)?)))
        })
        .collect()
}

#[test]
fn hunts_select_what_a_plain_reading_selects() {
    let logs = logs();
    let events = events(&logs);
    let mut told = 0;
    for (flags, is) in HUNTS {
        let wanted = wanted(&events, *is);
        let test = match flags.strip_prefix('?') {
            Some(expression) => Test::new("hunt -q -o ndjson --where").arg(expression),
            None => Test::new(&format!("hunt -q -o ndjson {flags}")),
        };
        let test =
            test.args(incident_files().keys()).arg("unusual.log").file("unusual.log", &logs["unusual.log"]);
        let ran = test.status(i32::from(wanted.is_empty())).run();
        let place = |hit: &Value| {
            (text(hit, &["kaudit", "file"]).to_owned(), hit["kaudit"]["line"].as_u64().unwrap())
        };
        let hits = ran.values();
        let selected: BTreeSet<_> = hits.iter().map(place).collect();
        assert_eq!(selected.len(), hits.len(), "{flags}: a record stands twice");
        let missed: Vec<_> = wanted.difference(&selected).take(3).collect();
        let wrong: Vec<_> = selected.difference(&wanted).take(3).collect();
        assert!(missed.is_empty() && wrong.is_empty(), "hunt {flags}\nmissed: {missed:?}\nwrong: {wrong:?}");
        told += usize::from(!wanted.is_empty());
    }
    assert!(told > HUNTS.len() - 3, "only {told} hunts find anything");
}
