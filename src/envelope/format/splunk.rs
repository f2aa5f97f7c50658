//! Splunk.

use super::member::{holds, is};
use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};

/// `result._raw` of an export, `_raw` of a search, `event` of the HTTP collector.
pub fn recognise(look: Look<'_>) -> bool {
    is(look, |object| {
        let raw = object.get("result").and_then(|result| result.get("_raw")).or_else(|| object.get("_raw"));
        raw.is_some() || holds(object, "event") && object.has("sourcetype")
    })
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let result = object.get("result");
    let field = |key| result.and_then(|result| result.get(key)).or_else(|| object.get(key));
    let node = field("host").and_then(Part::text);
    match field("_raw").or_else(|| object.get("event")) {
        Some(record) => peel.about(None, node.as_deref()).json(record),
        None => peel.unknown(look),
    }
}
