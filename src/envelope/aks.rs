//! Azure: what AKS sends to event hubs, storage and Log Analytics.
//!
//! The event is a string in `properties.log` or in the column `log_s`, or its fields are columns of the tables
//! AKSAudit, AKSAuditAdmin and ArcK8sAudit. The cluster is the last part of the resource id.

use super::What;
use super::lacks::Lacks;
use super::parts::{Object, Part};
use super::peel::{Look, Peel};
use super::place::resource_id;
use super::write::Json;
use crate::event::{Bad, Slot};
use std::borrow::Cow;

/// `{"records":[...]}` of an event hub.
pub fn is_records(look: Look<'_>) -> bool {
    look.object().and_then(|object| object.get("records")).is_some_and(Part::is_array)
}

pub fn records(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let records = look.object().and_then(|object| object.get("records"));
    records.into_iter().flat_map(Part::elements).for_each(|record| peel.json(record));
}

/// `{"category":"kube-audit","resourceId":"...","properties":{"log":"..."}}`; storage has one in each line.
pub fn is_diagnostic(look: Look<'_>) -> bool {
    look.object().is_some_and(|object| object.has("category") && object.has("properties"))
}

pub fn diagnostic(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let id = object.get("resourceId").and_then(Part::text);
    let mut peel = peel.about(id.as_deref().and_then(resource_id), None);
    let ours = object.get("category").is_some_and(|category| category.says(b"kube-audit"));
    match object.get("properties").and_then(|properties| properties.get("log")).filter(|_| ours) {
        Some(log) => peel.json(log),
        None if object.part.whole => peel.say(What::Foreign, object.part.at),
        None => peel.say(What::Bad(Bad::Cut), object.part.at),
    }
}

/// A row of AzureDiagnostics, with the event in `log_s`.
pub fn is_row(look: Look<'_>) -> bool {
    look.object().is_some_and(|object| object.has("log_s"))
}

pub fn row(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let Some(log) = object.get("log_s") else { return peel.unknown(look) };
    let cluster = cluster_of(object);
    peel.about(cluster.as_deref(), None).json(log);
}

fn cluster_of(object: Object<'_>) -> Option<Cow<'_, str>> {
    let ids = ["_ResourceId", "ResourceId", "resourceId"].iter().filter_map(|key| object.get(key)?.text());
    let named = ids.filter_map(|id| resource_id(&id).map(|name| Cow::Owned(name.to_owned()))).next();
    named.or_else(|| object.get("Resource")?.text())
}

/// A row of AKSAudit: the fields of the event are columns.
pub fn is_audit(look: Look<'_>) -> bool {
    look.object()
        .is_some_and(|object| object.has("AuditId") && (object.has("RequestUri") || object.has("Verb")))
}

pub fn audit(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let cluster = cluster_of(object);
    let mut peel = peel.about(cluster.as_deref(), None);
    let mut lacks = Lacks::of(&[Slot::Impersonated, Slot::ImpersonatedUsername]);
    let event = mapped(object, peel.buffer(), &mut lacks);
    if object.part.whole {
        return peel.written(event, object.part.at, lacks);
    }
    peel.piece(&event, object.part.at);
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
    let sound = matches!(json.first(), Some(b'{' | b'[')) && super::peel::is_json(json);
    sound.then_some(json)
}

/// What the query API answers: `{"tables":[{"columns":[...],"rows":[[...]]}]}`. Each row becomes an object.
pub fn is_tables(look: Look<'_>) -> bool {
    let table = look.object().and_then(|object| object.get("tables")?.elements().next());
    table.is_some_and(|table| table.get("columns").is_some())
}

pub fn tables(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let tables = look.object().and_then(|object| object.get("tables"));
    for table in tables.into_iter().flat_map(Part::elements) {
        let Some(columns) = table.get("columns") else { continue };
        let names: Vec<_> = columns
            .elements()
            .map(|column| column.get("name").and_then(Part::text).unwrap_or_default())
            .collect();
        for row in table.get("rows").into_iter().flat_map(Part::elements) {
            let mut json = Json::new(peel.buffer());
            names.iter().zip(row.elements()).for_each(|(name, cell)| {
                json.part(name, Some(cell));
            });
            let record = json.end();
            peel.decoded(&record, row.at);
            peel.give_back(record);
        }
    }
}
