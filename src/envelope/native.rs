//! Events as the API server writes them: alone, in the lists that its webhook sends, in arrays.

use super::What;
use super::lacks::Lacks;
use super::peel::{Look, Peel};
use crate::event::Bad;

/// As [`crate::event::Decoder`] sees it: a request has a verb, and is about something or somebody.
pub fn is_event(look: Look<'_>) -> bool {
    let Some(object) = look.object() else { return false };
    let about = ["requestURI", "objectRef", "user", "auditID"];
    let known = ["stage", "level", "apiVersion"];
    object.has("verb") && about.iter().any(|key| object.has(key))
        || object.has("auditID") && known.iter().any(|key| object.has(key))
}

pub fn event(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let part = object.part;
    let cluster = object.get("cluster").and_then(|name| name.text());
    let mut peel = peel.about(cluster.as_deref(), None);
    match part.whole {
        true => peel.event(part.raw, part.at, Lacks::NOTHING),
        false => peel.cut(part.raw, part.at, Bad::Cut),
    }
}

/// `{"kind":"EventList","items":[...]}`
pub fn is_list(look: Look<'_>) -> bool {
    let Some(object) = look.object() else { return false };
    object.get("kind").is_some_and(|kind| kind.says(b"EventList")) && object.has("items")
}

pub fn list(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let items = look.object().and_then(|object| object.get("items"));
    if let Some(items) = items.filter(|items| items.is_array()) {
        peel.records(items);
    }
}

pub fn is_array(look: Look<'_>) -> bool {
    matches!(look, Look::Array(_))
}

pub fn array(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Look::Array(part) = look else { return peel.unknown(look) };
    if peel.records(part) == 0 && part.raw[1..].trim_ascii().len() > 1 {
        peel.say(What::Foreign, part.at);
    }
}
