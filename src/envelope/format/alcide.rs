//! What Alcide kAudit found: to be compared with, not to be counted as an event.

use crate::envelope::What;
use crate::envelope::peel::{Look, Peel};

/// `{"eid":"johnD","etype":"principal",...}`
pub fn recognise(look: Look<'_>) -> bool {
    look.object().is_some_and(|object| object.has("eid") && object.has("etype"))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let cluster = object.get("cluster").and_then(|name| name.text());
    peel.about(cluster.as_deref(), None).say(What::AlcideDetection(object.part.raw), object.part.at);
}
