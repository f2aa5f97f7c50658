//! What other tools made of audit events: to be compared with, not to be counted as events.

use super::What;
use super::peel::{Look, Peel};

/// `{"source":"k8s_audit","output_fields":{"ka.verb":...}}`
pub fn is_falco(look: Look<'_>) -> bool {
    let Some(object) = look.object() else { return false };
    object.has("output_fields") && object.has("rule") && object.has("priority")
}

pub fn falco(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let ours = object.get("source").is_some_and(|source| source.says(b"k8s"))
        || object
            .get("output_fields")
            .is_some_and(|fields| fields.inside().any(|(key, _)| key.starts_with(b"ka.")));
    let what = if ours { What::FalcoAlert(object.part.raw) } else { What::Foreign };
    peel.say(what, object.part.at);
}

/// `{"eid":"johnD","etype":"principal",...}`
pub fn is_alcide(look: Look<'_>) -> bool {
    look.object().is_some_and(|object| object.has("eid") && object.has("etype"))
}

pub fn alcide(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let cluster = object.get("cluster").and_then(|name| name.text());
    peel.about(cluster.as_deref(), None).say(What::AlcideDetection(object.part.raw), object.part.at);
}
