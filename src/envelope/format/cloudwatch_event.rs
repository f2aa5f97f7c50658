//! One element of an answer of CloudWatch.

use crate::envelope::peel::{Look, Peel};

/// One element of such an answer, as `jq '.events[]'` leaves it.
pub fn recognise(look: Look<'_>) -> bool {
    look.object().is_some_and(|object| {
        object.has("message") && object.has("timestamp") && (object.has("ingestionTime") || object.has("id"))
    })
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    match look.object().and_then(|object| object.get("message")) {
        Some(message) => peel.json(message),
        None => peel.unknown(look),
    }
}
