//! Log Analytics, the tables AKSAudit, AKSAuditAdmin and ArcK8sAudit.

use super::azure::cluster_of;
use crate::envelope::lacks::Lacks;
use crate::envelope::parts::{Object, Part};
use crate::envelope::peel::{Look, Peel};
use crate::envelope::write::Json;
use crate::event::{Bad, Slot};

/// A row of AKSAudit: the fields of the event are columns.
pub fn recognise(look: Look<'_>) -> bool {
    look.object()
        .is_some_and(|object| object.has("AuditId") && (object.has("RequestUri") || object.has("Verb")))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let cluster = cluster_of(object);
    let mut peel = peel.about(cluster.as_deref(), None);
    let mut lacks = Lacks::of(&[Slot::Impersonated, Slot::ImpersonatedUsername]);
    let event = mapped(object, peel.buffer(), &mut lacks);
    if object.part.whole {
        return peel.written(event, object.part.at, lacks);
    }
    peel.piece(&event, object.part.at, Bad::Cut);
    peel.give_back(event);
}

/// Columns that hold texts.
const TEXTS: [(&str, &str); 6] = [
    ("Level", "level"),
    ("AuditId", "auditID"),
    ("Stage", "stage"),
    ("RequestUri", "requestURI"),
    ("Verb", "verb"),
    ("UserAgent", "userAgent"),
];

/// Columns that hold JSON, as it is or as a text.
const DYNAMIC: [(&str, &str, Option<Slot>); 7] = [
    ("User", "user", None),
    ("SourceIps", "sourceIPs", None),
    ("ObjectRef", "objectRef", None),
    ("ResponseStatus", "responseStatus", None),
    ("RequestObject", "requestObject", Some(Slot::RequestObject)),
    ("ResponseObject", "responseObject", Some(Slot::ResponseObject)),
    ("Annotations", "annotations", None),
];

fn mapped(object: Object<'_>, buffer: Vec<u8>, lacks: &mut Lacks) -> Vec<u8> {
    let mut json = Json::event(buffer);
    for (column, key) in TEXTS {
        json.some(key, object.get(column).and_then(Part::text).as_deref());
    }
    let mut scratch = Vec::new();
    for (column, key, body) in DYNAMIC {
        match object.get(column).and_then(|value| dynamic(value, &mut scratch)) {
            Some(value) if value != b"{}" => {
                json.raw(key, value);
            }
            Some(_) => {}
            // Bodies that are too large are replaced by a remark.
            None => body.into_iter().filter(|_| object.has(column)).for_each(|slot| lacks.add(slot)),
        }
    }
    json.some("requestReceivedTimestamp", object.get("RequestReceivedTime").and_then(Part::text).as_deref());
    let stage_time = ["StageReceivedTime", "TimeGenerated"].iter().find_map(|key| object.get(key)?.text());
    json.some("stageTimestamp", stage_time.as_deref());
    json.end()
}

/// The object or array that a value is or, as a text, holds.
fn dynamic<'a>(value: Part<'a>, scratch: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    let json = match value.is_string() {
        true => {
            let len = value.unescape(scratch)?;
            &scratch[..len]
        }
        false => value.raw,
    };
    let json = json.trim_ascii();
    let sound = matches!(json.first(), Some(b'{' | b'[')) && crate::envelope::peel::is_json(json);
    sound.then_some(json)
}
