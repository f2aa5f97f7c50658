//! What `aws logs filter-log-events` and `get-log-events` answer. Messages of other control plane streams are other
//! programs' lines, and long ones end in `[Truncated...]`.

use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};

/// What `aws logs filter-log-events` and `get-log-events` answer: `{"events":[{"message":"..."}]}`
pub fn recognise(look: Look<'_>) -> bool {
    let Some(events) = look.object().and_then(|object| object.get("events")) else { return false };
    let first = events.elements().next();
    events.is_array() && first.is_none_or(|event| event.get("message").is_some())
        || look
            .object()
            .is_some_and(|object| object.has("searchedLogStreams") || object.has("nextForwardToken"))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(events) = look.object().and_then(|object| object.get("events")) else {
        return peel.unknown(look);
    };
    messages(peel, events);
}

/// The event is the text of a message.
pub fn messages(peel: &mut Peel<'_, '_>, events: Part<'_>) {
    peel.objects(events, |peel, event| {
        if let Some(message) = event.get("message") {
            peel.json(message);
        }
    });
}
