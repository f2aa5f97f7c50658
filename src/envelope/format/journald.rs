//! The journal of systemd.

use super::member::is;
use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};

/// `MESSAGE` as text or, where it holds bytes that do not print, as an array of numbers.
pub fn recognise(look: Look<'_>) -> bool {
    is(look, |object| object.has("MESSAGE") && object.members().any(|(key, _)| key.starts_with(b"_")))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let Some(message) = object.get("MESSAGE") else { return peel.unknown(look) };
    let node = object.get("_HOSTNAME").and_then(Part::text);
    let mut peel = peel.about(None, node.as_deref());
    if !message.is_array() {
        return peel.json(message);
    }
    let bytes: Vec<u8> =
        message.elements().map_while(|part| std::str::from_utf8(part.raw).ok()?.parse().ok()).collect();
    peel.decoded(&bytes, message.at);
}
