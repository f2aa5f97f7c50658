//! What AKS sends to an event hub.

use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};

/// `{"records":[...]}` of an event hub.
pub fn recognise(look: Look<'_>) -> bool {
    look.object().and_then(|object| object.get("records")).is_some_and(Part::is_array)
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let records = look.object().and_then(|object| object.get("records"));
    records.into_iter().flat_map(Part::elements).for_each(|record| peel.json(record));
}
