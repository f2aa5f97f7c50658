//! What workers hand over.

use super::{Deed, Group, Observation};
use std::sync::Arc;

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
