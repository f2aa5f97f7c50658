//! What Logs Insights answers.

use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};

/// What Logs Insights answers: `{"results":[[{"field":"@message","value":"..."}]]}`
pub fn recognise(look: Look<'_>) -> bool {
    let Some(results) = look.object().and_then(|object| object.get("results")) else { return false };
    let cell = results.elements().next().and_then(|row| row.elements().next());
    match cell {
        Some(cell) => cell.get("field").is_some(),
        None => look.object().is_some_and(|object| object.has("statistics")),
    }
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let results = look.object().and_then(|object| object.get("results"));
    for cell in results.into_iter().flat_map(Part::elements).flat_map(Part::elements) {
        let is_message = cell.get("field").is_some_and(|field| field.says(b"@message"));
        if let Some(message) = cell.get("value").filter(|_| is_message) {
            peel.json(message);
        }
    }
}
