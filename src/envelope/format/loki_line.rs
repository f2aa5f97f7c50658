//! A line of Loki with its labels, as logcli and Grafana write it.

use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};
use std::borrow::Cow;

/// `{"labels":{...},"line":"..."}` of logcli, `{"line":"...","fields":{...}}` of Grafana.
pub fn recognise(look: Look<'_>) -> bool {
    let Some(object) = look.object() else { return false };
    object.get("line").is_some_and(Part::is_string) && object.has("timestamp")
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let labels = object.get("labels").or_else(|| object.get("fields"));
    let (cluster, node) = named(labels);
    match object.get("line") {
        Some(line) => peel.about(cluster.as_deref(), node.as_deref()).string(line),
        None => peel.unknown(look),
    }
}

/// What labels say about cluster and node.
pub fn named(labels: Option<Part<'_>>) -> (Option<Cow<'_, str>>, Option<Cow<'_, str>>) {
    let label = |keys: &[&str]| keys.iter().find_map(|key| labels?.get(key)?.text());
    (
        label(&["cluster", "cluster_name", "k8s_cluster_name"]),
        label(&["node", "node_name", "instance", "host"]),
    )
}
