//! Datadog's log archives.

use super::member::{is, take};
use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};

/// `attributes`, which hold the parsed event, or `message`; tags name the cluster.
pub fn recognise(look: Look<'_>) -> bool {
    is(look, |object| object.has("attributes") && object.has("service") && object.has("source"))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let node = object.get("host").and_then(Part::text);
    let tags = object.get("tags").into_iter().flat_map(Part::elements).filter_map(Part::text);
    let cluster = tags.filter_map(|tag| Some(tag.strip_prefix("kube_cluster_name:")?.to_owned())).next();
    let mut peel = peel.about(cluster.as_deref(), node.as_deref());
    let parsed = object.get("attributes").filter(|inner| inner.get("auditID").is_some());
    match parsed {
        Some(event) => peel.json(event),
        None => take(&mut peel, look, &["message"]),
    }
}
