//! JSON text that somebody else wrote.

use kaudit::event::{Decoder, Value, json};
use kaudit::redact::Redactor;
use serde_json::Value as Tree;

const SECRET: &str = "pl4nted-s3cr3t";

/// A record comes out as one line of JSON, redacted once and for all, and without what was hidden in it.
pub fn redact_record(data: &[u8]) {
    for redactor in [Redactor::new(true), Redactor::new(false)] {
        if let Some(once) = redacted(redactor, data) {
            is_one_line_of_json(&once);
            let again = redacted(redactor, &once).expect("an event is still an event");
            assert_eq!(text(&again), text(&once), "redacting twice changes something");
        }
    }
    if serde_json::from_slice::<Tree>(data).is_ok() {
        planted(data);
    }
}

/// The value beside secrets, in places where they are always taken out.
fn planted(value: &[u8]) {
    let value = text(value);
    for body in [
        format!(r#"{{"kind":"Secret","metadata":{value},"data":{{"key":"{SECRET}"}}}}"#),
        format!(r#"{{"data":{{"a":{value},"key":["{SECRET}"]}},"metadata":{value},"kind":"Secret"}}"#),
        format!(
            r#"{{"spec":{{"containers":[{value},{{"env":[{value},{{"x":{value},"name":"DB_PASSWORD","value":"{SECRET}"}}]}}]}}}}"#
        ),
        format!(r#"{{"users":[{value},{{"user":{{"client-key-data":"{SECRET}"}}}}],"x":{value}}}"#),
    ] {
        let record =
            format!(r#"{{"verb":"get","auditID":"x","user":{{}},"requestObject":{body},"stage":"x"}}"#);
        let clean = redacted(Redactor::new(true), record.as_bytes()).expect("an event");
        is_one_line_of_json(&clean);
        let before = record.matches(SECRET).count();
        let after = text(&clean).matches(SECRET).count();
        assert!(after == 0 || value.contains(SECRET), "{before} planted, {after} left: {}", text(&clean));
    }
}

fn redacted(redactor: Redactor, record: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = Decoder::default();
    let (event, _) = decoder.decode(record, None).ok()?;
    let mut out = Vec::new();
    redactor.record(&event, &mut out);
    Some(out)
}

fn is_one_line_of_json(record: &[u8]) {
    let text = std::str::from_utf8(record).expect("UTF-8");
    assert!(text.starts_with('{') && text.ends_with('}') && !text.contains(char::is_control), "{text}");
    // serde_json gives up at a depth that we take.
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        assert!(error.to_string().contains("recursion limit"), "{error}: {text}");
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

const PATHS: [&[&str]; 4] = [&[], &["a"], &["a", "b"], &["spec", "containers", "image"]];

/// A walk over JSON sees what serde_json sees; over anything else it ends.
pub fn json_walk(data: &[u8]) {
    let path = |path: &[&str]| path.iter().map(|key| (*key).to_owned()).collect::<Vec<String>>();
    for keys in PATHS {
        json::walk(data, &path(keys), &mut |_| false);
    }
    json::scalars(data, &mut |value| value.to_number().is_some_and(f64::is_nan));
    let Ok(tree @ (Tree::Object(_) | Tree::Array(_))) = serde_json::from_slice(data) else { return };
    // As serde_json writes it no key stands twice.
    for written in [serde_json::to_string(&tree), serde_json::to_string_pretty(&tree)] {
        let written = written.unwrap();
        let mut expected = Vec::new();
        every_scalar(&tree, &mut expected);
        assert_eq!(all(|see| json::scalars(written.as_bytes(), see)), expected);
        for keys in PATHS {
            let mut expected = Vec::new();
            at_path(&tree, keys, &mut expected);
            assert_eq!(all(|see| json::walk(written.as_bytes(), &path(keys), see)), expected, "{keys:?}");
        }
    }
}

fn all(walk: impl FnOnce(&mut dyn FnMut(Value<'_>) -> bool) -> bool) -> Vec<String> {
    let mut all = Vec::new();
    walk(&mut |value| {
        all.push(value.to_text().map_or_else(|| "-".to_owned(), std::borrow::Cow::into_owned));
        false
    });
    all
}

fn every_scalar(tree: &Tree, all: &mut Vec<String>) {
    match tree {
        Tree::Array(elements) => elements.iter().for_each(|element| every_scalar(element, all)),
        Tree::Object(members) => members.values().for_each(|member| every_scalar(member, all)),
        scalar => all.push(said(scalar)),
    }
}

fn at_path(tree: &Tree, path: &[&str], all: &mut Vec<String>) {
    match (tree, path.split_first()) {
        (Tree::Array(elements), _) => elements.iter().for_each(|element| at_path(element, path, all)),
        (Tree::Object(members), Some((key, rest))) => {
            members.get(*key).into_iter().for_each(|member| at_path(member, rest, all));
        }
        (value, None) => all.push(said(value)),
        _ => {}
    }
}

fn said(value: &Tree) -> String {
    match value {
        Tree::String(text) => text.clone(),
        Tree::Null | Tree::Object(_) | Tree::Array(_) => "-".to_owned(),
        other => other.to_string(),
    }
}
