//! The answer to a search of Elasticsearch.

use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};

/// The answer to a search: `hits.hits[]`.
pub fn recognise(look: Look<'_>) -> bool {
    look.object().and_then(|object| object.get("hits")?.get("hits")).is_some_and(Part::is_array)
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let hits = look.object().and_then(|object| object.get("hits")?.get("hits"));
    hits.into_iter().flat_map(Part::elements).for_each(|hit| peel.json(hit));
}
