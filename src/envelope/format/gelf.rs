//! GELF.

use super::member::{is, string};
use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};

/// GELF, as Graylog and OVH's Logs Data Platform have it.
pub fn recognise(look: Look<'_>) -> bool {
    is(look, |object| string(object, "short_message"))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let full = object.get("full_message").filter(|full| full.says(b"{"));
    let node = object.get("host").and_then(Part::text);
    let mut peel = peel.about(None, node.as_deref());
    match full.or_else(|| object.get("short_message")) {
        Some(message) => peel.json(message),
        None => peel.unknown(look),
    }
}
