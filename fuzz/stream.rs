//! From bytes to lines.

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use kaudit::input::{Content, Source, Stream, open};
use kaudit::lines::{Limits, Piece, Reader};
use std::io::{self, Cursor, Read, Write};

/// Content of a record, its offset and its line; offset and length of a line that is too long.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    records: Vec<(Vec<u8>, u64, u64)>,
    refused: Vec<(u64, u64)>,
    lines: u64,
}

/// Whatever the size of the pieces, streamed or mapped: the lines are those that a plain loop finds. The first
/// two bytes choose the sizes.
pub fn lines(data: &[u8]) {
    let [block, longest, content @ ..] = data else { return };
    if is_compressed(content) {
        return;
    }
    let limits = Limits {
        block: usize::from(*block) + 1,
        longest: usize::from(*longest) * 4 + 1,
        ..Limits::default()
    };
    let expected = plainly(content, limits.longest);
    let stream = Stream::new(Box::new(Cursor::new(content.to_vec())), None, limits.window_log).unwrap();
    assert_eq!(read(Reader::of(Content::Stream(stream), limits)), expected, "streamed");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    let mapped = open(&Source::file(file.path()), limits.window_log).unwrap();
    assert_eq!(read(Reader::of(mapped, limits)), expected, "mapped");
}

fn is_compressed(content: &[u8]) -> bool {
    content.starts_with(b"\x1f\x8b\x08")
        || content.starts_with(b"\x28\xb5\x2f\xfd")
        || content.get(1..4) == Some(b"\x2a\x4d\x18")
}

fn plainly(content: &[u8], longest: usize) -> Seen {
    let (mut seen, mut offset) = (Seen::default(), 0);
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let body = text.strip_suffix(b"\r").unwrap_or(text);
        let mark = if offset == 0 && body.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        if text.len() > longest {
            seen.refused.push((offset, text.len() as u64));
        } else if !body[mark..].trim_ascii().is_empty() {
            seen.records.push((body[mark..].to_vec(), offset + mark as u64, seen.lines));
        }
        offset += line.len() as u64;
        seen.lines += 1;
    }
    seen
}

fn read(mut reader: Reader) -> Seen {
    let (mut seen, mut piece) = (Seen::default(), Piece::default());
    while reader.read(&mut piece).unwrap() {
        seen.refused.extend(piece.too_long.map(|length| (piece.offset, length)));
        let mut records = piece.records();
        for record in &mut records {
            let at = (record.offset - piece.offset) as usize;
            let line = piece.line_at(at).unwrap();
            assert_eq!((line.bytes, line.offset), (record.bytes, record.offset));
            assert_eq!(piece.line_ends(0..at), record.line);
            seen.records.push((record.bytes.to_vec(), record.offset, seen.lines + u64::from(record.line)));
        }
        assert_eq!(records.lines().max(u32::from(piece.too_long.is_some())), piece.lines());
        seen.lines += u64::from(piece.lines());
    }
    seen
}

/// More than this is not unpacked: a small input may hold very much.
const MOST: u64 = 4 << 20;

/// What other decoders unpack whole, we unpack to the same; what is packed comes back; nothing else harms.
pub fn unpack(data: &[u8]) {
    let own = unpacked(data);
    if let Some(theirs) = theirs(data) {
        assert_eq!(own.expect("others can unpack it"), theirs);
    }
    if !is_compressed(data) {
        for packed in [gzip(data), zstd::encode_all(data, 1).unwrap()] {
            assert_eq!(unpacked(&packed).unwrap(), data);
            let cut = unpacked(&packed[..packed.len() - 1]);
            assert!(cut.is_err(), "a missing byte is noticed");
        }
    }
}

fn unpacked(data: &[u8]) -> io::Result<Vec<u8>> {
    let stream = Stream::new(Box::new(Cursor::new(data.to_vec())), Some(data.len() as u64), 20)?;
    let mut out = Vec::new();
    stream.take(MOST).read_to_end(&mut out)?;
    Ok(out)
}

/// One layer, unpacked to its end by those who wrote the formats down; `None` where they object or it is long.
fn theirs(data: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    if data.starts_with(b"\x1f\x8b\x08") {
        MultiGzDecoder::new(data).take(MOST).read_to_end(&mut out).ok()?;
    } else if data.starts_with(b"\x28\xb5\x2f\xfd") {
        let mut decoder = zstd::Decoder::new(data).ok()?;
        decoder.window_log_max(20).ok()?;
        decoder.take(MOST).read_to_end(&mut out).ok()?;
    } else {
        return None;
    }
    let whole = (out.len() as u64) < MOST && !is_compressed(&out);
    whole.then_some(out)
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let (head, tail) = data.split_at(data.len() / 2);
    let member = |part: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(part).unwrap();
        encoder.finish().unwrap()
    };
    [member(head), member(tail)].concat()
}
