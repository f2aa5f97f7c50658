use super::*;
use crate::event::FIELDS;
use crate::rule::complaints;
use proptest::prelude::*;

fn understood(text: &str) -> String {
    parse(text, Case::Ignore).unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
}

fn refused(text: &str) -> String {
    match parse(text, Case::Ignore) {
        Ok(expr) => panic!("{text} is taken as {expr}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn expressions_are_understood() {
    let cases = [
        (
            "verb=delete and objectRef.resource in (secrets, configmaps) and not (user.username ~ /^system:/ or code>=400)",
            "(verb = \"delete\" and objectRef.resource in (\"secrets\", \"configmaps\") \
             and not (user.username ~ /^system:/i or responseStatus.code >= 400))",
        ),
        ("verb == get", r#"verb = "get""#),
        ("verb != get", r#"not verb = "get""#),
        ("verb not in (get,list)", r#"not verb in ("get", "list")"#),
        (
            "NOT verb IN (get) AND ns=a OR ns=b",
            r#"((not verb = "get" and objectRef.namespace = "a") or objectRef.namespace = "b")"#,
        ),
        ("!verb=get&&(ns=a||ns=b)", r#"(not verb = "get" and objectRef.namespace in ("a", "b"))"#),
        ("user=system:serviceaccount:*:web-?", r#"user.username = "system:serviceaccount:*:web-?""#),
        (
            r#"name="a b" and name='say "hi"'"#,
            r#"(objectRef.name = "a b" and objectRef.name = "say \"hi\"")"#,
        ),
        (r#"name="say \"hi\"" or name = a\*b"#, r#"objectRef.name in ("say \"hi\"", "a\*b")"#),
        ("uri=/api/v1/pods", r#"requestURI = "/api/v1/pods""#),
        ("uri ~ /^\\/api\\/v1/", "requestURI ~ /^/api/v1/i"),
        ("uri ~ '^/api'", "requestURI ~ /^/api/i"),
        ("user !~ ^system:", "not user.username ~ /^system:/i"),
        ("ua contains kubectl", r#"userAgent = "*kubectl*""#),
        ("ua startswith (curl, wget)", r#"userAgent in ("curl*", "wget*")"#),
        ("uri not endswith /exec", r#"not requestURI = "*/exec""#),
        ("code=403", "responseStatus.code = 403"),
        ("code=4xx", r#"responseStatus.code = "4??""#),
        ("code in (401, 40?)", r#"(responseStatus.code = 401 or responseStatus.code = "40?")"#),
        ("latency > 1.5", "latency > 1.5"),
        ("request.spec.replicas <= 3", "requestObject.spec.replicas <= 3"),
        ("time >= 2026-09-08T12:00:00+02:00", "time >= 2026-09-08T10:00:00.000000Z"),
        ("time < 2026-09-09", "time < 2026-09-09T00:00:00.000000Z"),
        ("ip cidr 10.0.0.0/8", "sourceIP cidr (10.0.0.0/8)"),
        ("ips in (10.1.2.3/8, ::1)", "sourceIPs cidr (10.0.0.0/8, ::1/128)"),
        ("ip=10.*", r#"sourceIP = "10.*""#),
        (r#"annotations."k8s.io/deprecated" exists"#, r#"annotations."k8s.io/deprecated" exists"#),
        (
            "annotations.authorization.k8s.io/decision=allow",
            r#"annotations."authorization.k8s.io/decision" = "allow""#,
        ),
        ("ns not exists", "not objectRef.namespace exists"),
        ("not not ns exists", "objectRef.namespace exists"),
        ("ns=''", r#"(objectRef.namespace = "" or not objectRef.namespace exists)"#),
        ("name=*", "objectRef.name exists"),
        ("name='and'", r#"objectRef.name = "and""#),
        ("user.groups = system:masters", r#"user.groups = "system:masters""#),
        ("USER = a and Code = 1", r#"(user.username = "a" and responseStatus.code = 1)"#),
    ];
    for (text, expected) in cases {
        assert_eq!(understood(text), expected, "{text}");
    }
}

#[test]
fn an_exact_hunt_tells_cases_apart() {
    let expr = parse("verb=Get or ua ~ Curl or ua contains X", Case::Exact).unwrap();
    assert_eq!(expr.to_string(), r#"(verb cased = "Get" or userAgent ~ /Curl/ or userAgent cased = "*X*")"#);
}

#[test]
fn mistakes_are_shown_at_their_place() {
    let shown = "\
a value is missing here
 --> --where:1:7
  |
1 | verb= and code>400
  |       ^
  = help: write one; if `and` is meant, put it in quotes";
    assert_eq!(refused("verb= and code>400"), shown);
}

#[test]
fn mistakes_say_what_they_are() {
    let cases = [
        ("", "name of a field is missing"),
        ("   ", "name of a field is missing"),
        ("verb", "an operator is missing"),
        ("verb get", "there is no operator `get`"),
        ("verb => 3", "there is no operator `=>`"),
        ("verb=", "a value is missing"),
        ("verb in get", "a list is missing"),
        ("verb in (get", "this `(` is never closed"),
        ("verb in (get list)", "a comma or `)` is missing"),
        ("verb in ()", "a value is missing"),
        ("(verb=get", "this `(` is never closed"),
        ("verb=get)", "this `)` closes nothing"),
        ("verb=get code=3", "could end before this"),
        ("verb=get and", "name of a field is missing"),
        ("and verb=get", "name of a field is missing"),
        ("name=\"a", "this \" is never closed"),
        ("ua ~ /a", "this / is never closed"),
        ("ua ~ '('", "not a regular expression: unclosed group"),
        ("vrb=get", "no field `vrb`"),
        ("objectRef.kind=Pod", "`objectRef` holds resource"),
        ("code=denied", "`denied` is no number"),
        ("code>many", "`many` is no number"),
        ("time>2h", "use --since"),
        ("ip cidr 10.0.0.0/40", "is no network"),
    ];
    for (text, expected) in cases {
        let error = refused(text);
        assert!(error.contains(expected) && error.contains("= help: "), "{text}: {error}");
    }
    refused(&format!("{}verb=get", "not ".repeat(1_000)));
    refused(&"(".repeat(100_000));
}

#[test]
fn values_that_no_event_has_are_told() {
    let told = |text| complaints(&parse(text, Case::Ignore).unwrap()).len();
    assert_eq!(told("verb=replace and resource=pod and not stage=done"), 3);
    assert_eq!(told("verb in (get, replace)"), 1);
    assert_eq!(told("verb=get and code=403 and ip=10.0.0.1"), 0);
}

#[test]
fn aliases_are_sorted_and_lead_to_fields() {
    assert!(ALIASES.is_sorted_by_key(|(alias, _)| *alias));
    for (alias, name) in ALIASES {
        assert!(Field::parse(name).is_ok(), "{alias}");
        assert_eq!(understood(&format!("{alias} exists")), format!("{} exists", Field::parse(name).unwrap()));
    }
}

/// Only these aliases take a name away from the field table.
#[test]
fn aliases_hide_no_fields_but_user() {
    let hidden =
        ALIASES.iter().filter(|(alias, _)| FIELDS.iter().any(|spec| spec.name.eq_ignore_ascii_case(alias)));
    assert_eq!(hidden.map(|(alias, _)| *alias).collect::<Vec<_>>(), ["user"]);
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,100}") {
        _ = parse(&text, Case::Ignore);
        _ = parse(&format!("verb={text}"), Case::Exact);
    }

    #[test]
    fn arbitrary_pieces_never_panic(pieces in prop::collection::vec(piece(), 0..20)) {
        _ = parse(&pieces.concat(), Case::Ignore);
    }

    /// What is quoted comes out as it went in.
    #[test]
    fn any_text_can_be_quoted(text in "\\PC{0,20}") {
        let pattern = crate::rule::Pattern::literal(&text);
        let expr = parse(&format!("name = {pattern}"), Case::Ignore).unwrap();
        let name = Field::parse("objectRef.name").unwrap();
        prop_assert_eq!(expr, Expr::like(&name, Case::Ignore, vec![pattern]));
    }
}

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "verb",
        "code",
        "time",
        "annotations.",
        "\"",
        "'",
        "/",
        "\\",
        " ",
        "=",
        "!",
        "~",
        "<",
        "in",
        "(",
        ")",
        ",",
        "and",
        "or",
        "not",
        "exists",
        "cidr",
        "10.0.0.0/8",
        "4xx",
        "*",
        "ö",
        "&&",
        "||",
        "contains",
        "2026-01-01",
    ])
}
