//! A message of Google Cloud Pub/Sub with a `LogEntry`.

use crate::envelope::What;
use crate::envelope::packed;
use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};
use crate::event::Bad;

/// A message of Pub/Sub: `{"message":{"data":"<base64>"}}`
pub fn recognise(look: Look<'_>) -> bool {
    look.object().and_then(|object| object.get("message")?.get("data")).is_some_and(Part::is_string)
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let data = look.object().and_then(|object| object.get("message")?.get("data"));
    let Some(data) = data else { return peel.unknown(look) };
    match data.between_quotes().and_then(packed::decode_and_inflate) {
        Some(record) => peel.decoded(&record, data.at),
        None => peel.say(What::Bad(Bad::NotJson), data.at),
    }
}
