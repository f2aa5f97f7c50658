//! Fluent Bit.

use super::member::{is, is_enriched, string, take};
use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};

/// `log` as text or, with its parser on, as an object; Kubernetes metadata beside it.
pub fn recognise(look: Look<'_>) -> bool {
    is(look, |object| {
        let log = object.get("log");
        string(object, "log") && (is_enriched(object) || !object.has("stream"))
            || log.is_some_and(|log| log.is_object() && log.get("auditID").is_some())
    })
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let kubernetes = object.get("kubernetes");
    let cluster = object.get("cluster").or_else(|| object.get("cluster_name")).and_then(Part::text);
    let labelled = kubernetes.and_then(|meta| meta.find(&["labels", "cluster"])).and_then(Part::text);
    let cluster = cluster.or(labelled);
    let node = kubernetes.and_then(|meta| meta.get("host")).and_then(Part::text);
    take(&mut peel.about(cluster.as_deref(), node.as_deref()), look, &["log"]);
}
