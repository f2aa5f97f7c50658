//! The slow path: any JSON that holds an audit event is brought into the form that the fast path takes.
//!
//! serde_json reads it, so this is also the measure by which the fast path is tested. Leniency is decided
//! here: the last of repeated keys counts, as for the API server itself; a field of a wrong type counts as
//! missing; bytes that are no UTF-8 become U+FFFD. Each is noted as an [`Oddity`].

use super::fault::{Bad, Oddities, Oddity};
use hashbrown::HashMap;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// What a key of the event holds.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Integer,
    List,
    Object,
    Nested(Schema),
    Body,
    Any,
}

type Schema = fn(&str) -> Form;

fn event_form(key: &str) -> Form {
    match key {
        "kind"
        | "apiVersion"
        | "level"
        | "auditID"
        | "stage"
        | "requestURI"
        | "verb"
        | "userAgent"
        | "requestReceivedTimestamp"
        | "stageTimestamp"
        | "timestamp" => Form::Text,
        "sourceIPs" => Form::List,
        "user" | "impersonatedUser" => Form::Nested(user_form),
        "objectRef" => Form::Nested(object_form),
        "responseStatus" => Form::Nested(status_form),
        // A JSON patch is an array; some shippers put a remark in place of a large body.
        "requestObject" | "responseObject" => Form::Body,
        "annotations" | "authenticationMetadata" | "metadata" => Form::Object,
        _ => Form::Any,
    }
}

fn user_form(key: &str) -> Form {
    match key {
        "username" | "uid" => Form::Text,
        "groups" => Form::List,
        "extra" => Form::Object,
        _ => Form::Any,
    }
}

fn object_form(key: &str) -> Form {
    match key {
        "resource" | "namespace" | "name" | "uid" | "apiGroup" | "apiVersion" | "resourceVersion"
        | "subresource" => Form::Text,
        _ => Form::Any,
    }
}

fn status_form(key: &str) -> Form {
    match key {
        "status" | "message" | "reason" => Form::Text,
        "code" => Form::Integer,
        "metadata" | "details" => Form::Object,
        _ => Form::Any,
    }
}

/// Writes `record` to `out` as the fast path takes it, and says what was odd about it.
pub fn canonical(record: &[u8], out: &mut Vec<u8>) -> Result<Oddities, Bad> {
    let text = String::from_utf8_lossy(record);
    let mut odd = Oddities::default();
    if matches!(text, Cow::Owned(_)) {
        odd.add(Oddity::InvalidUtf8);
    }
    if !text.trim_start().starts_with('{') {
        return Err(Bad::NotJson);
    }
    out.clear();
    let broken = |error: serde_json::Error| if error.is_eof() { Bad::Cut } else { Bad::NotJson };
    write_object(&text, event_form, out, &mut odd).map_err(broken)?;
    Ok(odd)
}

/// The members of an object in the order of the text, repetitions included.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members<'de>, M::Error> {
                let mut members = Vec::new();
                while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// A key, borrowed where it holds no escape. (`Cow` alone is always owned in serde.)
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

fn write_object(text: &str, form: Schema, out: &mut Vec<u8>, odd: &mut Oddities) -> serde_json::Result<()> {
    let Members(members) = serde_json::from_str(text)?;
    let mut last = HashMap::<&str, usize, foldhash::fast::RandomState>::default();
    for (at, (key, _)) in members.iter().enumerate() {
        if last.insert(key, at).is_some() {
            odd.add(Oddity::DuplicateKey);
        }
    }
    out.push(b'{');
    for (at, (key, value)) in members.iter().enumerate() {
        if last.get(&**key) == Some(&at) {
            write_member(key, value.get(), form(key), out, odd)?;
        }
    }
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.push(b'}');
    Ok(())
}

/// Writes `"key":value,`, or nothing where the value is null or of a wrong type.
fn write_member(
    key: &str,
    value: &str,
    form: Form,
    out: &mut Vec<u8>,
    odd: &mut Oddities,
) -> serde_json::Result<()> {
    let value = value.trim_ascii();
    let before = out.len();
    serde_json::to_writer(&mut *out, key)?;
    out.push(b':');
    let fits = match form {
        Form::Nested(schema) if value.starts_with('{') => {
            write_object(value, schema, out, odd)?;
            true
        }
        Form::Integer => integer(value).inspect(|digits| out.extend(digits.bytes())).is_some(),
        _ => is_of(form, value) && compact(value.as_bytes(), out),
    };
    if fits {
        out.push(b',');
    } else {
        out.truncate(before);
        if value != "null" {
            odd.add(Oddity::WrongType);
        }
    }
    Ok(())
}

fn is_of(form: Form, value: &str) -> bool {
    match form {
        Form::Text => value.starts_with('"'),
        Form::List => value.starts_with('['),
        Form::Object => value.starts_with('{'),
        Form::Body => value != "null",
        Form::Any => true,
        Form::Integer | Form::Nested(_) => false,
    }
}

/// A code that some writer made a float or a text is still a code.
fn integer(value: &str) -> Option<String> {
    let number: f64 = value.trim_matches('"').parse().ok()?;
    let whole = number.trunc() == number && (0.0..1e9).contains(&number);
    whole.then(|| format!("{}", number as u64))
}

/// Copies JSON text without the white space between its tokens.
fn compact(value: &[u8], out: &mut Vec<u8>) -> bool {
    let mut in_string = false;
    let mut escaped = false;
    for &byte in value {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = byte == b'\\' && !escaped;
        } else if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            continue;
        } else {
            in_string = byte == b'"';
        }
        out.push(byte);
    }
    true
}
