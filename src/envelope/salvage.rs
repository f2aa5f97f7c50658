//! What stands before the cut of an event is evidence too: who, what, when come first in it.

use super::parts::Part;

/// Objects whose members mean something one by one; of other values that are cut, nothing is kept.
const NESTED: [&[u8]; 5] = [b"user", b"impersonatedUser", b"objectRef", b"responseStatus", b"annotations"];

/// Makes a whole event of one that breaks off, is followed by a mark such as `[Truncated...]`, or is broken within.
/// `None` when too little stands before that.
///
/// A value that is itself cut is left out, and a cut list too: its last address or group is not there.
pub fn salvage(record: &[u8]) -> Option<Vec<u8>> {
    let start = record.iter().position(|byte| *byte == b'{')?;
    let record = Part { raw: &record[start..], at: 0, whole: false };
    let mut out = Vec::with_capacity(record.raw.len().min(4096));
    let identified = keep(record, &mut out, true);
    identified.then_some(out)
}

/// Writes the whole members of an object; answers whether one of them says which event this is.
fn keep(object: Part<'_>, out: &mut Vec<u8>, top: bool) -> bool {
    let (mut id, mut audit) = (false, false);
    out.push(b'{');
    for (key, value) in object.inside() {
        let nested = top && value.is_object() && NESTED.contains(&key);
        if !(nested || is_sound(value)) {
            continue;
        }
        if out.last() != Some(&b'{') {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(key);
        out.extend_from_slice(b"\":");
        if nested && !is_sound(value) {
            keep(value, out, false);
        } else {
            out.extend_from_slice(value.raw);
        }
        id |= matches!(key, b"auditID" | b"requestURI");
        audit |= matches!(key, b"verb" | b"stage" | b"level");
    }
    out.push(b'}');
    id && audit
}

/// Whether a value is whole and JSON.
fn is_sound(value: Part<'_>) -> bool {
    value.whole && serde_json::from_slice::<serde::de::IgnoredAny>(value.raw).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Decoder, Slot};

    const EVENT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a1","stage":"ResponseComplete","requestURI":"/api","verb":"get","user":{"username":"eve","groups":["a","b"]},"sourceIPs":["1.1.1.1","2.2.2.2"],"responseStatus":{"code":200}}"#;

    #[test]
    fn every_cut_gives_an_event_of_what_stood_before_it() {
        let whole = EVENT.find("\"requestURI").unwrap();
        for cut in whole..EVENT.len() {
            for mark in ["", "[Truncated...]"] {
                let salvaged = salvage(format!("{}{mark}", &EVENT[..cut]).as_bytes()).unwrap();
                let mut decoder = Decoder::default();
                let (event, odd) = decoder.decode(&salvaged, None).unwrap();
                assert!(odd.is_empty());
                assert_eq!(event.decoded(Slot::AuditId).unwrap(), "a1");
                assert!(event.decoded(Slot::Username).is_none_or(|name| name == "eve"));
                assert!(event.source_ip().is_none_or(|ip| ip.decode() == "2.2.2.2"));
            }
        }
    }

    #[test]
    fn too_little_is_nothing() {
        for text in ["", "{", "garbage", "{\"kind\":\"Event\"", "{\"auditID\":\"a", "[1,2", "{\"a\":1}"] {
            assert_eq!(salvage(text.as_bytes()), None, "{text}");
        }
    }
}
