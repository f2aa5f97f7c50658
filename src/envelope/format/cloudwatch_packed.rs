//! What a subscription of CloudWatch sends, as Lambda and Kinesis hand it on.

use crate::envelope::What;
use crate::envelope::packed;
use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};
use crate::event::Bad;

/// What Lambda and Kinesis hand on: `{"awslogs":{"data":"<base64 of gzip>"}}`, `{"Records":[{"kinesis":{"data":...}}]}`
pub fn recognise(look: Look<'_>) -> bool {
    let Some(object) = look.object() else { return false };
    object.get("awslogs").is_some_and(|logs| logs.get("data").is_some())
        || object.get("Records").is_some_and(Part::is_array)
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    if let Some(data) = object.get("awslogs").and_then(|logs| logs.get("data")) {
        return unpack(peel, data);
    }
    for record in object.get("Records").into_iter().flat_map(Part::elements) {
        let data = record.find(&["kinesis", "data"]).or_else(|| record.get("data"));
        if let Some(data) = data {
            unpack(peel, data);
        }
    }
}

fn unpack(peel: &mut Peel<'_, '_>, data: Part<'_>) {
    match data.between_quotes().and_then(packed::decode_and_inflate) {
        Some(record) => peel.decoded(&record, data.at),
        None => peel.say(What::Bad(Bad::NotJson), data.at),
    }
}
