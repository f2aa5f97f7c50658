use super::*;
use crate::event::{Span, Spans};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The event, rewritten. Only the resource is told to the redactor by the parser of events.
fn rewritten(redactor: Redactor, raw: &[u8]) -> String {
    let mut spans = Spans::default();
    let name = b"\"resource\":\"";
    if let Some(at) = memchr::memmem::find(raw, name) {
        let start = at + name.len();
        let end = start + memchr::memchr(b'"', &raw[start..]).unwrap();
        spans.set(Slot::Resource, Span::new(start, end, false));
    }
    let mut out = b"before".to_vec();
    redactor.record(&Event::new(raw, &spans, None), &mut out);
    String::from_utf8(out).unwrap().strip_prefix("before").unwrap().to_owned()
}

const ON: Redactor = Redactor { on: true };
const OFF: Redactor = Redactor { on: false };

const HUNTER: &str = "hunter2-s3cr3t";

/// Asserts that the secret is gone, that what is left is JSON, and that redacting again changes nothing.
#[track_caller]
fn assert_gone(event: &Value, secret: &str) {
    let raw = event.to_string();
    assert!(raw.contains(secret), "the secret was never there: {raw}");
    let clean = rewritten(ON, raw.as_bytes());
    assert!(!clean.contains(secret), "{clean}");
    serde_json::from_str::<Value>(&clean).unwrap();
    assert_eq!(rewritten(ON, clean.as_bytes()), clean);
    let kept: Value = serde_json::from_str(&rewritten(OFF, raw.as_bytes())).unwrap();
    assert_eq!(&kept, event);
}

#[test]
fn secrets_in_bodies_are_taken_out() {
    let secret = || HUNTER;
    for body in [
        json!({"kind": "Secret", "data": {"password": secret()}}),
        json!({"data": {"x": secret()}, "stringData": {"y": [secret(), {"z": secret()}]}, "kind": "Secret"}),
        json!({"kind": "SecretList", "items": [{"metadata": {}, "data": {"x": secret()}}]}),
        json!({"kind": "List", "items": [{"kind": "ConfigMap"}, {"data": {"x": secret()}, "kind": "Secret"}]}),
        json!({"kind": "TokenRequest", "status": {"token": secret()}}),
        json!({"kind": "TokenReview", "spec": {"token": secret()}}),
        json!({"kind": "CertificateSigningRequest", "spec": {"request": secret()}}),
        json!({"kind": "CertificateSigningRequest", "status": {"certificate": secret()}}),
        json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": secret()}}}),
        json!({"env": [{"name": "DB_PASSWORD", "value": secret()}]}),
        json!({"env": [{"value": secret(), "name": "sessionKey"}]}),
        json!({"httpHeaders": [{"name": "Authorization", "value": secret()}]}),
        json!([{"op": "replace", "path": "/data/api-token", "value": secret()}]),
        json!({"args": ["--user", "x", "--password", secret()]}),
        json!({"args": [format!("--token={HUNTER}")]}),
        json!({"spec": {"kubeconfig": secret(), "apiKey": [secret()], "pwd": secret()}}),
        json!({"users": [{"user": {"client-key-data": secret()}}]}),
        json!({"note": format!("login with password: {HUNTER} failed")}),
        json!({"config": format!("{{\"token\": \"{HUNTER}\"}}")}),
        json!({"config": format!("users:\n- token: {HUNTER}\n")}),
        json!({"config": format!("Authorization: Digest {HUNTER}")}),
        json!({"repo": format!("https://me:{HUNTER}@git.example/x")}),
        json!({"curl": format!("curl -H 'Authorization: Bearer {HUNTER}' https://x")}),
        json!({format!("token={HUNTER}"): 1}),
    ] {
        assert_gone(&json!({"kind": "Event", "requestObject": body, "stage": "x"}), HUNTER);
    }
}

#[test]
fn bodies_of_events_about_secrets_need_no_kind() {
    for body in [
        json!({"data": {"x": HUNTER}}),
        json!([{"op": "add", "path": "/data", "value": {"x": HUNTER}}]),
        json!({"rows": [{"object": {"data": {"x": HUNTER}}}]}),
    ] {
        assert_gone(&json!({"objectRef": {"resource": "secrets"}, "requestObject": body}), HUNTER);
    }
}

#[test]
fn numbers_that_are_secrets_are_taken_out() {
    assert_gone(&json!({"requestObject": {"password": 31337000}}), "31337000");
}

#[test]
fn config_maps_and_names_of_secrets_are_kept() {
    let event = json!({"responseObject": {
        "kind": "ConfigMap", "data": {"color": "blue"}, "automountServiceAccountToken": true, "key": "x",
        "volumes": [{"secret": {"secretName": "db"}}], "message": "secret \"db\" not found, no token given",
        "reason": "error getting secret: not found", "spec": {"tokenExpirationSeconds": 3607},
        "env": [{"name": "COLOR", "value": "blue"}, {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db"}}}],
        "webhook": {"caBundle": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUI="}, "args": ["--password", "--x", "y"],
        "continue": "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6NX0"}});
    let raw = event.to_string();
    assert_eq!(rewritten(ON, raw.as_bytes()), raw);
}

#[test]
fn texts_lose_their_secrets_and_nothing_else() {
    let jwt = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln";
    for (text, clean) in [
        (&*format!("got {jwt}, bye"), "got [redacted jwt], bye"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nx",
            "[redacted private key]\nx",
        ),
        ("a -----BEGIN PRIVATE KEY-----\nMII", "a [redacted private key]"),
        ("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----", ""),
        ("x LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSQ== y", "x [redacted private key] y"),
        ("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUI=", ""),
        ("Bearer abc123def", "Bearer [redacted]"),
        ("the Bearer token of basic authentication", ""),
        ("Authorization: Basic dXNlcjpwdw==\nHost: x", "Authorization: [redacted]\nHost: x"),
        ("authorization=Bearer abc", "authorization=[redacted]"),
        ("id AKIAIOSFODNN7EXAMPLE.", "id [redacted aws key]."),
        ("ghp_0123456789abcdefghij", "[redacted token]"),
        (
            "psql postgres://app:pw@db:5432/x?sslmode=off",
            "psql postgres://app:[redacted]@db:5432/x?sslmode=off",
        ),
        ("DB_PASSWORD=x&y=1", "DB_PASSWORD=[redacted]&y=1"),
        ("--password%3Dhunter2", "--password%3D[redacted]"),
        ("run --client-secret 'a b' -v", "run --client-secret '[redacted]' -v"),
        (r#"{\"token\":\"x\"}"#, r#"{\"token\":\"[redacted]\"}"#),
        ("{\"auth\":1,\"password\" : \"a b\"}", "{\"auth\":1,\"password\" : \"[redacted]\"}"),
        ("{\"auths\":\"eyJhdXRocyI6e30\"}", "{\"auths\":\"[redacted docker config]\"}"),
        ("secrets is forbidden: User \"x\" cannot list resource \"secrets\"", ""),
        ("couldn't get secret: not found", ""),
        ("password=", ""),
        ("ünïcödé token=ü", "ünïcödé token=[redacted]"),
    ] {
        let expected = if clean.is_empty() { text } else { clean };
        assert_eq!(ON.text(text), expected);
        assert_eq!(ON.text(expected), expected, "redacting twice");
        assert_eq!(OFF.text(text), text);
    }
}

#[test]
fn uris_keep_the_program_and_lose_its_arguments() {
    for (uri, clean) in [
        (
            "/exec?command=sh&command=-c&command=mysql+-px&tty=true",
            "/exec?command=sh&command=[redacted]&command=[redacted]&tty=true",
        ),
        ("/exec?command=%2Fbin%2Fbash", ""),
        ("/exec?command=--password%3Dhunter2", "/exec?command=[redacted]"),
        ("/exec?command=--password%253Dhunter2", "/exec?command=[redacted]"),
        ("/exec?%63ommand=sh&c%6fmmand=pw", "/exec?%63ommand=sh&c%6fmmand=[redacted]"),
        ("/exec?command=sh%20-c%20x", "/exec?command=[redacted]"),
        (
            "/x?token=a&access_token=b&Password=c&x=d",
            "/x?token=[redacted]&access_token=[redacted]&Password=[redacted]&x=d",
        ),
        ("/x?a=eyJhbGciOiJSUzI1NiJ9%2Ee30%2Ec2ln&b=%20", "/x?a=[redacted+jwt]&b=%20"),
        ("/proxy/eyJhbGciOiJSUzI1NiJ9.e30.c2ln/x", "/proxy/[redacted+jwt]/x"),
        ("/x?q=password%3Dhunter2%26y&z", "/x?q=password=[redacted]%26y&z"),
        ("/api/v1/pods?labelSelector=a%3Db%2Cc&limit=500", ""),
        ("?", ""),
        ("", ""),
    ] {
        let expected = if clean.is_empty() { uri } else { clean };
        assert_eq!(ON.uri(uri), expected);
        assert_eq!(ON.uri(expected), expected, "redacting twice");
        assert_eq!(OFF.uri(uri), uri);
    }
}

#[test]
fn the_hostile_event_is_harmless_and_without_secrets() {
    let raw = include_str!("../../testdata/output/hostile.json").trim_end();
    let clean = rewritten(ON, raw.as_bytes());
    assert!(!clean.contains("hunter2") && !clean.contains("eyJhb"), "{clean}");
    for line in [clean, rewritten(OFF, raw.as_bytes())] {
        assert!(!line.contains(quote::is_hidden), "{line}");
    }
}

#[test]
fn hidden_characters_and_bytes_that_are_no_text_are_escaped() {
    let raw = b"{ \"a\\ud800\" :\t\"\x1b[2J\x7f\xc2\x9b\xe2\x80\xae\xff\", \"b\":\"\\u001b\\u202e \\q\" , \"c\" : [ 1 , { } ] } \n";
    let line = rewritten(OFF, raw);
    assert_eq!(
        line,
        "{\"a\u{fffd}\":\"\\u001b[2J\\u007f\\u009b\\u202e\u{fffd}\",\"b\":\"\\u001b\\u202e \u{fffd}q\",\"c\":[1,{}]}"
    );
    serde_json::from_str::<Value>(&line).unwrap();
}

#[test]
fn a_body_that_is_no_json_does_not_break_the_line() {
    for (body, whole) in [
        ("{\"a\" 1}", true),
        ("{a:1}", true),
        ("[1,,2]", true),
        ("[1,]", true),
        ("{\"a\":1,}", true),
        ("nope", true),
        ("01", true),
        ("1.e5", true),
        ("-", true),
        ("{\"a\":{\"b\":[tru]}}", true),
        ("[1}", true),
        ("{\"a\":\"x", false),
        ("[", false),
        ("", false),
        ("1 2", false),
    ] {
        for redactor in [ON, OFF] {
            let raw = format!("{{\"a\": 1, \"requestObject\": {body}, \"z\": 2}}");
            let line: Value = serde_json::from_str(&rewritten(redactor, raw.as_bytes())).expect(&raw);
            assert_eq!(line["a"], 1, "{raw}");
            if whole {
                assert!(line["requestObject"].as_str().unwrap().contains("unreadable"), "{raw}");
                assert_eq!(line["z"], 2, "{raw}");
            } else {
                assert!(line["kaudit.unreadable"].is_string(), "{raw}: {line}");
            }
        }
    }
}

#[test]
fn whatever_the_record_the_line_is_an_object() {
    let raw = "{\"a\":[1,{\"b\":\"x\\n\"}],\"c\":-1.5e+3,\"d\":null}";
    let cuts = (0..raw.len()).map(|at| &raw[..at]);
    for broken in cuts.chain(["", " ", "[]", "null", "\"x\"", "{]", "{,}", "{\"a\":1]"]) {
        let line: Value = serde_json::from_str(&rewritten(ON, broken.as_bytes())).expect(broken);
        assert!(line["kaudit.unreadable"].is_string(), "{broken}: {line}");
    }
    assert_eq!(rewritten(ON, raw.as_bytes()), raw);
}

#[test]
fn deep_or_repetitive_records_cost_no_more_than_others() {
    let deep = "{\"data\":".repeat(100_000) + "1" + &"}".repeat(100_000);
    let tokens = format!("{{\"a\":\"{}\"}}", "eyJ".repeat(300_000));
    let keys = format!("{{\"a\":\"{}\"}}", "LS0tLS1CRUdJTi".repeat(60_000));
    let yaml = format!("{{\"a\":\"{}\"}}", "token: ".repeat(100_000));
    let start = std::time::Instant::now();
    for raw in [deep, tokens, keys, yaml] {
        rewritten(ON, raw.as_bytes());
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

/// Any JSON, with keys and texts that the redactor looks at among them.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        Just("Secret".to_owned()),
        Just("--password".to_owned()),
        "[a-z=:\"\\\\ &?%]{0,20}",
        "(token|password|secret|Bearer|eyJ|://|basic)[ =:.\"@a-zA-Z0-9]{0,12}",
    ];
    let key = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "kind",
            "data",
            "stringData",
            "value",
            "name",
            "spec",
            "status",
            "request",
            "token",
            "password",
            "requestURI",
            "env",
            "path",
            "secret",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_comes_out_is_json_the_same_when_off_and_stable_when_on(body in any_json(), pretty: bool) {
        let event = json!({"kind": "Event", "requestObject": body});
        let raw = if pretty { serde_json::to_string_pretty(&event) } else { serde_json::to_string(&event) }.unwrap();
        let kept = rewritten(OFF, raw.as_bytes());
        prop_assert_eq!(&serde_json::from_str::<Value>(&kept).unwrap(), &event);
        prop_assert!(!kept.contains(quote::is_hidden));
        let clean = rewritten(ON, raw.as_bytes());
        serde_json::from_str::<Value>(&clean).unwrap();
        prop_assert!(!clean.contains(quote::is_hidden));
        prop_assert_eq!(rewritten(ON, clean.as_bytes()), clean);
    }

    #[test]
    fn any_bytes_at_all_give_a_line_of_json(raw in prop::collection::vec(any::<u8>(), 0..60), cut in 0..200usize) {
        let mut event = b"{\"requestObject\":{\"a\":\"b\",\"data\":[1,null]},\"x\":".to_vec();
        event.truncate(cut);
        event.extend(raw);
        let line = rewritten(ON, &event);
        prop_assert!(serde_json::from_str::<serde_json::Map<String, Value>>(&line).is_ok(), "{}", line);
    }

    #[test]
    fn planted_secrets_never_come_out(body in any_json(), place in 0..4usize) {
        let secret = "S3CR3Tplanted0123";
        let planted = match place {
            0 => json!({"kind": "Secret", "data": {"x": secret, "y": body}}),
            1 => json!({"a": body, "password": secret}),
            2 => json!({"a": [body, format!("x token={secret} y")]}),
            _ => json!({"env": [{"name": "A_TOKEN", "value": secret}], "b": body}),
        };
        let raw = json!({"requestObject": planted}).to_string();
        prop_assert!(!rewritten(ON, raw.as_bytes()).contains(secret));
    }
}
