//! A search hit of Elasticsearch.

use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};

/// A search hit, as elasticdump writes them one by one.
pub fn recognise(look: Look<'_>) -> bool {
    look.object().is_some_and(|object| object.get("_source").is_some_and(Part::is_object))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    match look.object().and_then(|object| object.get("_source")) {
        Some(source) => peel.json(source),
        None => peel.unknown(look),
    }
}
