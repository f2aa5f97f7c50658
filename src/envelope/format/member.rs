//! What the formats of shippers and runtimes have in common: the line that they read is under some key.

use crate::envelope::What;
use crate::envelope::parts::{Object, Part};
use crate::envelope::peel::{Look, Peel};

/// A string or an object under this key that may hold a record.
pub fn holds(object: Object<'_>, key: &str) -> bool {
    object.get(key).is_some_and(|value| value.is_string() || value.is_object())
}

pub fn string(object: Object<'_>, key: &str) -> bool {
    object.get(key).is_some_and(Part::is_string)
}

pub fn is(look: Look<'_>, test: impl FnOnce(Object<'_>) -> bool) -> bool {
    look.object().is_some_and(test)
}

/// Gives the first of these members that holds something to the next layer.
pub fn take(peel: &mut Peel<'_, '_>, look: Look<'_>, keys: &[&str]) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    match keys.iter().find_map(|key| object.get(key).filter(|value| !is_empty(*value))) {
        Some(value) => peel.json(value),
        None => peel.say(What::Foreign, object.part.at),
    }
}

fn is_empty(value: Part<'_>) -> bool {
    matches!(value.raw, b"\"\"" | b"{}" | b"null")
}

pub fn is_enriched(object: Object<'_>) -> bool {
    ["date", "kubernetes", "@timestamp", "_p"].iter().any(|key| object.has(key))
}
