//! Filebeat and Logstash.

use super::member::{holds, is, take};
use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};

/// `message` beside what Beats and Logstash add.
pub fn recognise(look: Look<'_>) -> bool {
    is(look, |object| holds(object, "message") && object.has("@timestamp") && !object.has("source_type"))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let cluster = object.find(&["orchestrator", "cluster", "name"]).and_then(Part::text);
    let node = object.find(&["host", "name"]).and_then(Part::text);
    take(&mut peel.about(cluster.as_deref(), node.as_deref()), look, &["message"]);
}
