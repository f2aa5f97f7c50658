//! Shippers and runtimes that put the line they read into a JSON string: Fluent Bit, Filebeat, Vector, Docker,
//! journald, Splunk, Datadog, Graylog. Each says where the string is; what is in it is the next layer.

use super::parts::{Object, Part};
use super::peel::{Look, Peel};
use super::{What, native};

/// A string or an object under this key that may hold a record.
fn holds(object: Object<'_>, key: &str) -> bool {
    object.get(key).is_some_and(|value| value.is_string() || value.is_object())
}

fn string(object: Object<'_>, key: &str) -> bool {
    object.get(key).is_some_and(Part::is_string)
}

fn is(look: Look<'_>, test: impl FnOnce(Object<'_>) -> bool) -> bool {
    look.object().is_some_and(test)
}

/// Gives the first of these members that holds something to the next layer.
fn take(peel: &mut Peel<'_, '_>, look: Look<'_>, keys: &[&str]) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    match keys.iter().find_map(|key| object.get(key).filter(|value| !is_empty(*value))) {
        Some(value) => peel.json(value),
        None => peel.say(What::Foreign, object.part.at),
    }
}

fn is_empty(value: Part<'_>) -> bool {
    matches!(value.raw, b"\"\"" | b"{}" | b"null")
}

/// `{"log":"...\n","stream":"stdout","time":"..."}`
pub fn is_docker(look: Look<'_>) -> bool {
    is(look, |object| string(object, "log") && string(object, "stream") && !is_enriched(object))
}

pub fn docker(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    take(peel, look, &["log"]);
}

fn is_enriched(object: Object<'_>) -> bool {
    ["date", "kubernetes", "@timestamp", "_p"].iter().any(|key| object.has(key))
}

/// `log` as text or, with its parser on, as an object; Kubernetes metadata beside it.
pub fn is_fluent_bit(look: Look<'_>) -> bool {
    is(look, |object| {
        let log = object.get("log");
        string(object, "log") && (is_enriched(object) || !object.has("stream"))
            || log.is_some_and(|log| log.is_object() && log.get("auditID").is_some())
    })
}

pub fn fluent_bit(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let kubernetes = object.get("kubernetes");
    let cluster = object.get("cluster").or_else(|| object.get("cluster_name")).and_then(Part::text);
    let labelled = kubernetes.and_then(|meta| meta.find(&["labels", "cluster"])).and_then(Part::text);
    let cluster = cluster.or(labelled);
    let node = kubernetes.and_then(|meta| meta.get("host")).and_then(Part::text);
    take(&mut peel.about(cluster.as_deref(), node.as_deref()), look, &["log"]);
}

/// `message` beside what Beats and Logstash add.
pub fn is_filebeat(look: Look<'_>) -> bool {
    is(look, |object| holds(object, "message") && object.has("@timestamp") && !object.has("source_type"))
}

pub fn filebeat(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let cluster = object.find(&["orchestrator", "cluster", "name"]).and_then(Part::text);
    let node = object.find(&["host", "name"]).and_then(Part::text);
    take(&mut peel.about(cluster.as_deref(), node.as_deref()), look, &["message"]);
}

/// `message` beside `source_type`.
pub fn is_vector(look: Look<'_>) -> bool {
    is(look, |object| holds(object, "message") && object.has("source_type"))
}

pub fn vector(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let node = object.get("host").and_then(Part::text);
    take(&mut peel.about(None, node.as_deref()), look, &["message"]);
}

/// `MESSAGE` as text or, where it holds bytes that do not print, as an array of numbers.
pub fn is_journald(look: Look<'_>) -> bool {
    is(look, |object| object.has("MESSAGE") && object.members().any(|(key, _)| key.starts_with(b"_")))
}

pub fn journald(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let Some(message) = object.get("MESSAGE") else { return peel.unknown(look) };
    let node = object.get("_HOSTNAME").and_then(Part::text);
    let mut peel = peel.about(None, node.as_deref());
    if !message.is_array() {
        return peel.json(message);
    }
    let bytes: Vec<u8> =
        message.elements().map_while(|part| std::str::from_utf8(part.raw).ok()?.parse().ok()).collect();
    peel.decoded(&bytes, message.at);
}

/// `result._raw` of an export, `_raw` of a search, `event` of the HTTP collector.
pub fn is_splunk(look: Look<'_>) -> bool {
    is(look, |object| {
        let raw = object.get("result").and_then(|result| result.get("_raw")).or_else(|| object.get("_raw"));
        raw.is_some() || holds(object, "event") && object.has("sourcetype")
    })
}

pub fn splunk(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let result = object.get("result");
    let field = |key| result.and_then(|result| result.get(key)).or_else(|| object.get(key));
    let node = field("host").and_then(Part::text);
    match field("_raw").or_else(|| object.get("event")) {
        Some(record) => peel.about(None, node.as_deref()).json(record),
        None => peel.unknown(look),
    }
}

/// `attributes`, which hold the parsed event, or `message`; tags name the cluster.
pub fn is_datadog(look: Look<'_>) -> bool {
    is(look, |object| object.has("attributes") && object.has("service") && object.has("source"))
}

pub fn datadog(peel: &mut Peel<'_, '_>, look: Look<'_>) {
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

/// GELF, as Graylog and OVH's Logs Data Platform have it.
pub fn is_gelf(look: Look<'_>) -> bool {
    is(look, |object| string(object, "short_message"))
}

pub fn gelf(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let full = object.get("full_message").filter(|full| full.says(b"{"));
    let node = object.get("host").and_then(Part::text);
    let mut peel = peel.about(None, node.as_deref());
    match full.or_else(|| object.get("short_message")) {
        Some(message) => peel.json(message),
        None => peel.unknown(look),
    }
}

/// Keys under which tools that we do not know keep the line they read.
const USUAL: [&str; 8] = ["message", "msg", "line", "body", "log", "event", "audit", "data"];

fn usual(object: Object<'_>) -> Option<Part<'_>> {
    USUAL.iter().filter_map(|key| object.get(key)).find(|value| {
        value.says(b"{") || value.is_object() && value.get("auditID").is_some() && value.get("verb").is_some()
    })
}

/// Any object that has a record under one of the usual keys, and that is no format of its own.
pub fn is_other(look: Look<'_>) -> bool {
    let known = [is_docker, is_fluent_bit, is_filebeat, is_vector, is_splunk, is_datadog, is_gelf];
    let apart = super::loki::is_line(look) || super::gke::is_push(look) || super::cloudwatch::is_events(look);
    is(look, |object| usual(object).is_some())
        && !known.iter().any(|known| known(look))
        && !apart
        && !native::is_event(look)
}

pub fn other(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    match look.object().and_then(usual) {
        Some(value) => peel.json(value),
        None => peel.unknown(look),
    }
}
