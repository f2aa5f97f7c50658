//! Docker's json-file driver.

use super::member::{is, is_enriched, string, take};
use crate::envelope::peel::{Look, Peel};

/// `{"log":"...\n","stream":"stdout","time":"..."}`
pub fn recognise(look: Look<'_>) -> bool {
    is(look, |object| string(object, "log") && string(object, "stream") && !is_enriched(object))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    take(peel, look, &["log"]);
}
