//! From an event to what a correlation keeps of it.

use super::notes::Noticed;
use super::words::Words;
use super::{Deed, Group, Observation};
use crate::event::{Slot, Text};
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
pub fn id(deed: &Deed, each_stage: bool) -> Arc<str> {
    match deed.audit_id.as_ref().filter(|id| !id.is_empty()) {
        Some(id) if each_stage => format!("{id}/{}", deed.stage.as_deref().unwrap_or_default()).into(),
        Some(id) => Arc::clone(id),
        None => format!("{}@{}", deed.file, deed.offset).into(),
    }
}

impl Deed {
    /// Texts that repeat are shared.
    pub fn of(seen: &Noticed<'_>, words: &mut Words, redactor: Redactor) -> Deed {
        let event = seen.event;
        let resource = event.resource();
        let mut shared = |text: Option<Text<'_>>| text.map(|text| words.shared(text, redactor));
        let stage = shared(event.text(Slot::Stage));
        Deed {
            rank: rank(stage.as_deref()),
            cluster: event.cluster().map(Arc::from),
            principal: shared(event.principal()),
            source_ip: shared(event.source_ip()),
            user_agent: shared(event.text(Slot::UserAgent)),
            verb: shared(event.text(Slot::Verb)),
            resource: shared(resource.as_deref().map(Text::plain)),
            namespace: shared(event.text(Slot::Namespace)),
            name: shared(event.text(Slot::Name)),
            code: event.code(),
            stage,
            audit_id: event.decoded(Slot::AuditId).map(|id| redactor.text(&id).into()),
            file: Arc::clone(seen.file),
            offset: seen.offset,
            line: seen.line,
        }
    }
}
