//! What Falco said about audit events: to be compared with, not to be counted as an event.

use crate::envelope::What;
use crate::envelope::peel::{Look, Peel};

/// `{"source":"k8s_audit","output_fields":{"ka.verb":...}}`
pub fn recognise(look: Look<'_>) -> bool {
    let Some(object) = look.object() else { return false };
    object.has("output_fields") && object.has("rule") && object.has("priority")
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let ours = object.get("source").is_some_and(|source| source.says(b"k8s"))
        || object
            .get("output_fields")
            .is_some_and(|fields| fields.inside().any(|(key, _)| key.starts_with(b"ka.")));
    let what = if ours { What::FalcoAlert(object.part.raw) } else { What::Foreign };
    peel.say(what, object.part.at);
}
