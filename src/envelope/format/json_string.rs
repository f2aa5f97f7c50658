//! Any JSON object with the line or the event under one of the usual keys.

use super::member::is;
use super::{cloudwatch_events, datadog, docker, filebeat, fluent_bit, gelf, gke_pubsub, loki_line, native, splunk, vector};
use crate::envelope::parts::{Object, Part};
use crate::envelope::peel::{Look, Peel};

/// Any object that has a record under one of the usual keys, and that is no format of its own.
pub fn recognise(look: Look<'_>) -> bool {
    let known = [
        docker::recognise,
        fluent_bit::recognise,
        filebeat::recognise,
        vector::recognise,
        splunk::recognise,
        datadog::recognise,
        gelf::recognise,
    ];
    let apart = loki_line::recognise(look) || gke_pubsub::recognise(look) || cloudwatch_events::recognise(look);
    is(look, |object| usual(object).is_some())
        && !known.iter().any(|known| known(look))
        && !apart
        && !native::recognise(look)
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    match look.object().and_then(usual) {
        Some(value) => peel.json(value),
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
