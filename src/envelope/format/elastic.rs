//! Elastic's Kubernetes integration: the event under `kubernetes.audit`, with some of it changed.
//!
//! The pipeline (elastic/integrations, `kubernetes/data_stream/audit_logs`) writes `_` for `.` in the keys of
//! annotations, and removes `metadata` from both bodies. The first is undone here; the second is lost.

use crate::envelope::lacks::Lacks;
use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};
use crate::envelope::write::Json;
use crate::event::{Bad, Text};

/// A document: `{"@timestamp":...,"kubernetes":{"audit":{...}}}`
pub fn recognise(look: Look<'_>) -> bool {
    look.object().and_then(|object| object.get("kubernetes")?.get("audit")).is_some_and(Part::is_object)
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let Some(audit) = object.get("kubernetes").and_then(|inner| inner.get("audit")) else {
        return peel.unknown(look);
    };
    let cluster = object.get("orchestrator").and_then(|inner| inner.find(&["cluster", "name"])?.text());
    let node = object.get("host").and_then(|host| host.get("name")?.text());
    let mut peel = peel.about(cluster.as_deref(), node.as_deref());
    if !audit.whole {
        return peel.cut(audit.raw, audit.at, Bad::Cut);
    }
    match audit.get("annotations").filter(|part| part.is_object() && memchr::memchr(b'_', part.raw).is_some())
    {
        None => peel.event(audit.raw, audit.at, Lacks::NOTHING),
        Some(annotations) => {
            let json = restored(audit, annotations, peel.buffer());
            peel.written(json, audit.at, Lacks::NOTHING);
        }
    }
}

/// The event with the keys of its annotations as they were.
fn restored(audit: Part<'_>, annotations: Part<'_>, buffer: Vec<u8>) -> Vec<u8> {
    let mut json = Json::new(buffer);
    for (key, value) in audit.inside() {
        let key = Text::new(key, true).decode();
        if value.at != annotations.at {
            json.part(&key, Some(value));
            continue;
        }
        json.open(&key);
        for (name, value) in annotations.inside() {
            json.part(&dotted(&Text::new(name, true).decode()), Some(value));
        }
        json.close();
    }
    json.end()
}

/// `authorization_k8s_io/decision` -> `authorization.k8s.io/decision`. Domains hold no underscores.
fn dotted(key: &str) -> String {
    match key.split_once('/') {
        Some((domain, name)) => format!("{}/{name}", domain.replace('_', ".")),
        None => key.to_owned(),
    }
}
