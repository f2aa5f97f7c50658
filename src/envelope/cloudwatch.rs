//! EKS writes its audit log to CloudWatch, and there are many ways out of there. The event is the text of a
//! message; the log group is `/aws/eks/<cluster>/cluster`. Messages of other control plane streams are other
//! programs' lines, and long ones end in `[Truncated...]`.

use super::What;
use super::base64;
use super::parts::Part;
use super::peel::{Look, Peel};
use super::place::log_group;

/// What `aws logs filter-log-events` and `get-log-events` answer: `{"events":[{"message":"..."}]}`
pub fn is_events(look: Look<'_>) -> bool {
    let Some(events) = look.object().and_then(|object| object.get("events")) else { return false };
    let first = events.elements().next();
    events.is_array() && first.is_none_or(|event| event.get("message").is_some())
        || look
            .object()
            .is_some_and(|object| object.has("searchedLogStreams") || object.has("nextForwardToken"))
}

pub fn events(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(events) = look.object().and_then(|object| object.get("events")) else {
        return peel.unknown(look);
    };
    messages(peel, events);
}

/// One element of such an answer, as `jq '.events[]'` leaves it.
pub fn is_event(look: Look<'_>) -> bool {
    look.object().is_some_and(|object| {
        object.has("message") && object.has("timestamp") && (object.has("ingestionTime") || object.has("id"))
    })
}

pub fn event(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    match look.object().and_then(|object| object.get("message")) {
        Some(message) => peel.json(message),
        None => peel.unknown(look),
    }
}

fn messages(peel: &mut Peel<'_, '_>, events: Part<'_>) {
    peel.objects(events, |peel, event| {
        if let Some(message) = event.get("message") {
            peel.json(message);
        }
    });
}

/// What a subscription sends: `{"messageType":"DATA_MESSAGE","logGroup":"...","logEvents":[...]}`
pub fn is_subscription(look: Look<'_>) -> bool {
    look.object().is_some_and(|object| object.has("messageType") && object.has("logEvents"))
}

pub fn subscription(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    if object.get("messageType").is_some_and(|kind| kind.says(b"CONTROL_MESSAGE")) {
        return peel.say(What::Foreign, object.part.at);
    }
    let group = object.get("logGroup").and_then(Part::text);
    let mut peel = peel.about(group.as_deref().and_then(log_group), None);
    if let Some(events) = object.get("logEvents") {
        messages(&mut peel, events);
    }
}

/// What Lambda and Kinesis hand on: `{"awslogs":{"data":"<base64 of gzip>"}}`, `{"Records":[{"kinesis":{"data":...}}]}`
pub fn is_packed(look: Look<'_>) -> bool {
    let Some(object) = look.object() else { return false };
    object.get("awslogs").is_some_and(|logs| logs.get("data").is_some())
        || object.get("Records").is_some_and(Part::is_array)
}

pub fn packed(peel: &mut Peel<'_, '_>, look: Look<'_>) {
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
    match data.between_quotes().and_then(base64::decode_and_inflate) {
        Some(record) => peel.decoded(&record, data.at),
        None => peel.say(What::Bad(crate::event::Bad::NotJson), data.at),
    }
}

/// What Logs Insights answers: `{"results":[[{"field":"@message","value":"..."}]]}`
pub fn is_insights(look: Look<'_>) -> bool {
    let Some(results) = look.object().and_then(|object| object.get("results")) else { return false };
    let cell = results.elements().next().and_then(|row| row.elements().next());
    match cell {
        Some(cell) => cell.get("field").is_some(),
        None => look.object().is_some_and(|object| object.has("statistics")),
    }
}

pub fn insights(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let results = look.object().and_then(|object| object.get("results"));
    for cell in results.into_iter().flat_map(Part::elements).flat_map(Part::elements) {
        let is_message = cell.get("field").is_some_and(|field| field.says(b"@message"));
        if let Some(message) = cell.get("value").filter(|_| is_message) {
            peel.json(message);
        }
    }
}

/// Rows of CSV in which a field holds JSON, its quotes doubled, and the line that names the columns.
pub fn is_csv(look: Look<'_>) -> bool {
    look.text().is_some_and(|text| is_header(text.bytes) || field(text.bytes).is_some())
}

fn is_header(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    line.starts_with(b"@timestamp") || line.starts_with(b"@message") || line.starts_with(b"TimeGenerated")
}

/// Where the JSON begins, behind the opening quote.
fn field(line: &[u8]) -> Option<usize> {
    memchr::memmem::find(line, b"\"{\"\"").map(|at| at + 1)
}

pub fn csv(peel: &mut Peel<'_, '_>, look: Look<'_>) {
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
