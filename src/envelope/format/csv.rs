//! CSV with the event in a column.

use crate::envelope::peel::{Look, Peel};

/// Rows of CSV in which a field holds JSON, its quotes doubled, and the line that names the columns.
pub fn recognise(look: Look<'_>) -> bool {
    look.text().is_some_and(|text| is_header(text.bytes) || field(text.bytes).is_some())
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(text) = look.text() else { return peel.unknown(look) };
    let Some(start) = field(text.bytes) else { return };
    let mut record = peel.buffer();
    record.clear();
    let mut rest = &text.bytes[start..];
    while let Some(quote) = memchr::memchr(b'"', rest) {
        record.extend_from_slice(&rest[..quote]);
        rest = &rest[quote + 1..];
        let Some(more) = rest.strip_prefix(b"\"") else {
            rest = &[];
            break;
        };
        record.push(b'"');
        rest = more;
    }
    record.extend_from_slice(rest);
    peel.decoded(&record, start);
    peel.give_back(record);
}

fn is_header(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    line.starts_with(b"@timestamp") || line.starts_with(b"@message") || line.starts_with(b"TimeGenerated")
}

/// Where the JSON begins, behind the opening quote.
fn field(line: &[u8]) -> Option<usize> {
    memchr::memmem::find(line, b"\"{\"\"").map(|at| at + 1)
}
