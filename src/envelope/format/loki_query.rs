//! What the query API of Loki answers.

use super::loki_line::named;
use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};

/// `{"status":"success","data":{"resultType":"streams","result":[...]}}`, or streams to be pushed.
pub fn recognise(look: Look<'_>) -> bool {
    let Some(object) = look.object() else { return false };
    let result = object.get("data").and_then(|data| data.get("result"));
    result.is_some_and(Part::is_array) || object.get("streams").is_some_and(Part::is_array)
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let result = object.get("data").and_then(|data| data.get("result")).or_else(|| object.get("streams"));
    for stream in result.into_iter().flat_map(Part::elements) {
        let (cluster, node) = named(stream.get("stream"));
        let mut peel = peel.about(cluster.as_deref(), node.as_deref());
        let values = stream.get("values").into_iter().flat_map(Part::elements);
        values.filter_map(|pair| pair.elements().nth(1)).for_each(|line| peel.json(line));
    }
}
