//! What workers notice, and what they hand over.

use super::{Deed, Group, Observation};
use crate::event::{Event, Like, Slot};
use std::sync::Arc;

/// An event, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Noticed<'e> {
    pub event: &'e Event<'e>,
    /// What others it is like, if that is known.
    pub like: Option<Like>,
    /// Microseconds since 1970 (UTC). An event without a time stands in no window.
    pub time: Option<i64>,
    /// Name of the file.
    pub file: &'e Arc<str>,
    pub offset: u64,
    pub line: u64,
}

impl Noticed<'_> {
    /// Records without an id are told apart by more than their time.
    pub fn is_plain(&self) -> bool {
        self.event.raw(Slot::AuditId).is_some_and(|id| !id.is_empty())
    }
}

/// What one correlation notes of one event.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Index of the watch.
    pub watch: u32,
    pub group: Group,
    pub seen: Observation,
}

/// Copies of an event have one id; so have the stages of a request, unless each is to count.
pub fn id(deed: &Deed, each_stage: bool) -> Arc<str> {
    match deed.audit_id.as_ref().filter(|id| !id.is_empty()) {
        Some(id) if each_stage => {
            format!("{id}/{}", deed.request.stage.as_deref().unwrap_or_default()).into()
        }
        Some(id) => Arc::clone(id),
        None => format!("{}@{}", deed.file, deed.offset).into(),
    }
}
