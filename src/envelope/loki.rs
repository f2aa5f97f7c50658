//! Loki: lines with labels, as logcli and Grafana write them and as the query API answers.

use super::parts::Part;
use super::peel::{Look, Peel};
use std::borrow::Cow;

/// `{"labels":{...},"line":"..."}` of logcli, `{"line":"...","fields":{...}}` of Grafana.
pub fn is_line(look: Look<'_>) -> bool {
    let Some(object) = look.object() else { return false };
    object.get("line").is_some_and(Part::is_string) && object.has("timestamp")
}

pub fn line(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let labels = object.get("labels").or_else(|| object.get("fields"));
    let (cluster, node) = named(labels);
    match object.get("line") {
        Some(line) => peel.about(cluster.as_deref(), node.as_deref()).string(line),
        None => peel.unknown(look),
    }
}

/// What labels say about cluster and node.
fn named(labels: Option<Part<'_>>) -> (Option<Cow<'_, str>>, Option<Cow<'_, str>>) {
    let label = |keys: &[&str]| keys.iter().find_map(|key| labels?.get(key)?.text());
    (
        label(&["cluster", "cluster_name", "k8s_cluster_name"]),
        label(&["node", "node_name", "instance", "host"]),
    )
}

/// `{"status":"success","data":{"resultType":"streams","result":[...]}}`, or streams to be pushed.
pub fn is_query(look: Look<'_>) -> bool {
    let Some(object) = look.object() else { return false };
    let result = object.get("data").and_then(|data| data.get("result"));
    result.is_some_and(Part::is_array) || object.get("streams").is_some_and(Part::is_array)
}

pub fn query(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let result = object.get("data").and_then(|data| data.get("result")).or_else(|| object.get("streams"));
    for stream in result.into_iter().flat_map(Part::elements) {
        let (cluster, node) = named(stream.get("stream"));
        let mut peel = peel.about(cluster.as_deref(), node.as_deref());
        let values = stream.get("values").into_iter().flat_map(Part::elements);
        values.filter_map(|pair| pair.elements().nth(1)).for_each(|line| peel.json(line));
    }
}
