//! The lists that the API server's webhook sends.

use crate::envelope::peel::{Look, Peel};

/// `{"kind":"EventList","items":[...]}`
pub fn recognise(look: Look<'_>) -> bool {
    let Some(object) = look.object() else { return false };
    object.get("kind").is_some_and(|kind| kind.says(b"EventList")) && object.has("items")
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let items = look.object().and_then(|object| object.get("items"));
    if let Some(items) = items.filter(|items| items.is_array()) {
        peel.records(items);
    }
}
