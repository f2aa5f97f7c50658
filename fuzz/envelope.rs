//! From records to events, whatever was wrapped round them.

use flate2::read::MultiGzDecoder;
use kaudit::envelope::{Unwrapper, What, of_path};
use kaudit::event::{Decoder, Event, Slot};
use kaudit::input::{Content, Stream};
use kaudit::lines::{Limits, Piece, Reader};
use serde_json::{Deserializer, Value};
use std::collections::BTreeSet;
use std::io::{Cursor, Read};

/// auditID and stage.
type Id = (String, String);

/// No event is lost that a slow and plain search for audit events would have found, whatever the size of the
/// pieces, which the first byte chooses.
pub fn unwrap(data: &[u8]) {
    let [block, content @ ..] = data else { return };
    if PACKED.iter().any(|magic| content.starts_with(magic)) {
        return;
    }
    let (mut wanted, mut found) = (BTreeSet::new(), BTreeSet::new());
    content.split(|byte| *byte == b'\n').for_each(|line| search(line, 0, &mut wanted));
    read(content, (usize::from(*block) + 1) * 64, &mut found);
    let lost: Vec<_> = wanted.difference(&found).collect();
    assert!(lost.is_empty(), "lost {lost:?}");
}

/// gzip, zstd, bzip2, xz, lz4: what stands in these, the search does not see.
const PACKED: [&[u8]; 5] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ", b"\x04\x22\x4d\x18"];

/// As a run does.
fn read(content: &[u8], block: usize, found: &mut BTreeSet<Id>) {
    let limits = Limits { block, ..Limits::default() };
    let stream = Stream::new(Box::new(Cursor::new(content.to_vec())), None, limits.window_log);
    let Ok(stream) = stream else { return };
    let Ok(mut reader) = Reader::framed(Content::Stream(stream), limits) else { return };
    let (mut decoder, mut unwrapper, mut piece) =
        (Decoder::default(), Unwrapper::default(), Piece::default());
    loop {
        match reader.read(&mut piece) {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => continue,
        }
        for record in piece.records() {
            if let Ok((event, _)) = decoder.decode(record.bytes, None) {
                found.extend(id(&event));
                continue;
            }
            unwrapper.unwrap(record.bytes, of_path("log"), None, &mut |inner| {
                assert!(inner.offset <= record.bytes.len());
                if let What::Event { event, .. } = inner.what {
                    found.extend(id(event));
                }
            });
        }
    }
}

fn id(event: &Event<'_>) -> Option<Id> {
    let text = |slot| event.decoded(slot).map(std::borrow::Cow::into_owned);
    Some((text(Slot::AuditId)?, text(Slot::Stage)?))
}

/// Layers that the search goes through; the reader knows a few more.
const DEPTH: usize = 4;

/// Audit events in some text: a JSON value that begins it or stands behind a prefix.
fn search(text: &[u8], depth: usize, ids: &mut BTreeSet<Id>) {
    let Some(start) = memchr::memchr2(b'{', b'[', text).filter(|_| depth < DEPTH) else { return };
    let first = Deserializer::from_slice(&text[start..]).into_iter::<Value>().next();
    if let Some(Ok(value)) = first {
        walk(&value, depth, ids);
    }
}

/// Where wrappers keep records. What stands elsewhere is somebody's payload and no record.
const KEYS: [&str; 12] = [
    "log",
    "message",
    "msg",
    "MESSAGE",
    "line",
    "body",
    "items",
    "logEvents",
    "events",
    "records",
    "_source",
    "data",
];

fn walk(value: &Value, depth: usize, ids: &mut BTreeSet<Id>) {
    match value {
        Value::Object(object) if is_event(value) => {
            let text = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
            ids.insert((text("auditID"), text("stage")));
        }
        Value::Object(object) => {
            let inner = KEYS.iter().filter_map(|key| object.get(*key));
            inner.for_each(|value| step(value, depth, ids));
        }
        Value::Array(all) => all.iter().for_each(|value| step(value, depth, ids)),
        _ => {}
    }
}

fn step(value: &Value, depth: usize, ids: &mut BTreeSet<Id>) {
    match value {
        Value::String(text) => search(text.as_bytes(), depth + 1, ids),
        _ if depth < DEPTH => walk(value, depth + 1, ids),
        _ => {}
    }
}

fn is_event(value: &Value) -> bool {
    let text = |key: &str| value[key].as_str().is_some_and(|text| !text.is_empty());
    let version = value["apiVersion"].as_str().is_some_and(|version| version.starts_with("audit.k8s.io/"));
    value["kind"] == "Event" && version && text("auditID") && text("stage") && text("verb")
}

/// What is left of compressed records that break off is read up to there.
pub fn unwrap_cut_gzip(data: &[u8]) {
    let mut content = Vec::new();
    let _ = MultiGzDecoder::new(data).read_to_end(&mut content);
    let (mut wanted, mut found) = (BTreeSet::new(), BTreeSet::new());
    content.split(|byte| *byte == b'\n').for_each(|line| search(line, 0, &mut wanted));
    read(data, 1 << 14, &mut found);
    let lost: Vec<_> = wanted.difference(&found).collect();
    assert!(lost.is_empty(), "lost {lost:?}");
}
