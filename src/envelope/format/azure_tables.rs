//! What the query API of Log Analytics answers.

use crate::envelope::parts::Part;
use crate::envelope::peel::{Look, Peel};
use crate::envelope::write::Json;

/// What the query API answers: `{"tables":[{"columns":[...],"rows":[[...]]}]}`. Each row becomes an object.
pub fn recognise(look: Look<'_>) -> bool {
    let table = look.object().and_then(|object| object.get("tables")?.elements().next());
    table.is_some_and(|table| table.get("columns").is_some())
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let tables = look.object().and_then(|object| object.get("tables"));
    for table in tables.into_iter().flat_map(Part::elements) {
        let Some(columns) = table.get("columns") else { continue };
        let names: Vec<_> = columns
            .elements()
            .map(|column| column.get("name").and_then(Part::text).unwrap_or_default())
            .collect();
        for row in table.get("rows").into_iter().flat_map(Part::elements) {
            let mut json = Json::new(peel.buffer());
            names.iter().zip(row.elements()).for_each(|(name, cell)| {
                json.part(name, Some(cell));
            });
            let record = json.end();
            peel.decoded(&record, row.at);
            peel.give_back(record);
        }
    }
}
