//! An event as the API server writes it.

use crate::envelope::lacks::Lacks;
use crate::envelope::peel::{Look, Peel};
use crate::event::Bad;

/// As [`crate::event::Decoder`] sees it: a request has a verb, and is about something or somebody.
pub fn recognise(look: Look<'_>) -> bool {
    let Some(object) = look.object() else { return false };
    let about = ["requestURI", "objectRef", "user", "auditID"];
    let known = ["stage", "level", "apiVersion"];
    object.has("verb") && about.iter().any(|key| object.has(key))
        || object.has("auditID") && known.iter().any(|key| object.has(key))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let part = object.part;
    let cluster = object.get("cluster").and_then(|name| name.text());
    let mut peel = peel.about(cluster.as_deref(), None);
    match part.whole {
        true => peel.event(part.raw, part.at, Lacks::NOTHING),
        false => peel.cut(part.raw, part.at, Bad::Cut),
    }
}
