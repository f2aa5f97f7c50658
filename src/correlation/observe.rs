//! From an event to what a correlation keeps of it.

use super::notes::Noticed;
use super::{Deed, Group, Observation};
use crate::event::{Event, Slot};
use crate::finding::rank;
use crate::redact::Redactor;
use std::sync::Arc;

/// What one correlation notes of one event.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Index of the watch.
    pub watch: u32,
    pub group: Group,
    pub seen: Observation,
}

impl Observed {
    /// Bytes of memory, about.
    pub const WEIGHT: usize = 2 * size_of::<Observed>() + size_of::<Deed>();
}

/// Copies of an event have one id; so have the stages of a request, unless each is to count.
pub fn id(deed: &Deed, each_stage: bool) -> Box<str> {
    match deed.audit_id.as_deref().filter(|id| !id.is_empty()) {
        Some(id) if each_stage => format!("{id}/{}", deed.stage.as_deref().unwrap_or_default()).into(),
        Some(id) => id.into(),
        None => format!("{}@{}", deed.file, deed.offset).into(),
    }
}

impl Deed {
    pub fn of(seen: &Noticed<'_>, redactor: Redactor) -> Deed {
        let event: &Event<'_> = seen.event;
        let clean = |text: &str| -> Box<str> { redactor.text(text).into() };
        let text = |slot| event.decoded(slot).map(|text| clean(&text));
        let stage = text(Slot::Stage);
        Deed {
            rank: rank(stage.as_deref()),
            cluster: event.cluster().map(Arc::from),
            principal: event.principal().map(|name| clean(&name.decode())),
            source_ip: event.source_ip().map(|address| clean(&address.decode())),
            user_agent: text(Slot::UserAgent),
            verb: text(Slot::Verb),
            resource: event.resource().map(|resource| clean(&resource)),
            namespace: text(Slot::Namespace),
            name: text(Slot::Name),
            code: event.code(),
            stage,
            audit_id: text(Slot::AuditId),
            file: Arc::clone(seen.file),
            offset: seen.offset,
            line: seen.line,
        }
    }
}
