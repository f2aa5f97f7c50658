//! Vector.

use super::member::{holds, is, take};
use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};

/// `message` beside `source_type`.
pub fn recognise(look: Look<'_>) -> bool {
    is(look, |object| holds(object, "message") && object.has("source_type"))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let node = object.get("host").and_then(Part::text);
    take(&mut peel.about(None, node.as_deref()), look, &["message"]);
}
