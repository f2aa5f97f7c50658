//! One expectation through every way of reading, and what happens when an input is not what it seems.

use super::*;
use crate::input::Stream;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::fs::File;
use std::io::{Cursor, Read, Write};
use tempfile::NamedTempFile;

const BLOCKS: [usize; 5] = [1, 7, 64, 4096, BLOCK];

/// Bytes, offset and line of each record; offset and length of each refused line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    records: Vec<(Vec<u8>, u64, u64)>,
    refused: Vec<(u64, u64)>,
    lines: u64,
}

/// Says the same as the module in the plainest way.
fn reference(content: &[u8], longest: usize) -> Seen {
    let mut seen = Seen::default();
    let mut offset = 0;
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let bom = offset == 0 && text.starts_with(b"\xef\xbb\xbf");
        let body = if bom { &text[3..] } else { text };
        let body = body.strip_suffix(b"\r").unwrap_or(body);
        if text.len() > longest {
            seen.refused.push((offset, text.len() as u64));
        } else if body.iter().any(|byte| !b" \t\r\n\x0c".contains(byte)) {
            seen.records.push((body.to_vec(), offset + if bom { 3 } else { 0 }, seen.lines));
        }
        offset += line.len() as u64;
        seen.lines += 1;
    }
    seen
}

/// Reads to the end, and sees to it that the ways to the records of a piece agree.
fn read_all(reader: &mut Reader) -> (Seen, Vec<u8>, Option<String>) {
    let (mut seen, mut bytes, mut error) = (Seen::default(), Vec::new(), None);
    let mut piece = Piece::default();
    loop {
        match reader.read(&mut piece) {
            Ok(true) => {}
            Ok(false) => return (seen, bytes, error),
            Err(loss) => {
                assert_eq!(error.replace(loss.to_string()), None, "an error comes once");
                continue;
            }
        }
        assert_eq!(error, None, "nothing comes after an error");
        if let Some(length) = piece.too_long {
            assert_eq!(piece.bytes(), b"");
            seen.refused.push((piece.offset, length));
        } else {
            assert_eq!(
                piece.offset - seen.refused.iter().map(|(_, len)| len + 1).sum::<u64>(),
                bytes.len() as u64
            );
        }
        bytes.extend_from_slice(piece.bytes());
        let mut records = piece.records();
        for record in &mut records {
            seen.records.push((record.bytes.to_vec(), record.offset, seen.lines + u64::from(record.line)));
            let before = 0..(record.offset - piece.offset) as usize;
            assert_eq!(piece.line_ends(before), record.line);
        }
        assert!(piece.too_long.is_some() || records.lines() == piece.lines());
        assert_eq!(
            around(&piece),
            piece.records().map(|record| (record.bytes, record.offset)).collect::<Vec<_>>()
        );
        check_taken(&piece);
        seen.lines += u64::from(piece.lines());
    }
}

/// Whoever knows how long a line is gets the record that others get, and no other length will do.
fn check_taken(piece: &Piece) {
    let mut records = piece.records();
    for _ in 0..200 {
        let Some(ahead) = records.ahead().filter(|ahead| !ahead.is_empty()) else { return };
        let text = ahead.split(|byte| *byte == b'\n').next().unwrap();
        let mut others = records.clone();
        let place = piece.offset + (piece.bytes().len() - ahead.len()) as u64;
        // Blank lines, what stands behind a mark, and half a line end are for those who look.
        let is_unfinished = text.len() == ahead.len() && text.ends_with(b"\r");
        if let Some(record) = others.next().filter(|record| record.offset == place && !is_unfinished) {
            assert_eq!(records.take_line(record.bytes.len() - 1), None);
            assert_eq!(records.take_line(record.bytes.len()), Some(record));
        }
        records = others;
    }
}

/// The records as they are met from the middle of each line.
fn around(piece: &Piece) -> Vec<(&[u8], u64)> {
    let mut found: Vec<_> = (0..piece.bytes().len()).step_by(1 + piece.bytes().len() / 4000).collect();
    if found.len() < piece.bytes().len() {
        // Every byte would take too long here: a byte of each line will do.
        let starts = memchr::memchr_iter(b'\n', piece.bytes()).map(|end| end + 1);
        found = std::iter::once(0).chain(starts).collect();
    }
    let mut lines: Vec<_> =
        found.iter().filter_map(|at| piece.line_at(*at)).map(|line| (line.bytes, line.offset)).collect();
    lines.dedup_by_key(|(_, offset)| *offset);
    lines
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zst(content: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

const SKIPPABLE: &[u8] = b"\x5a\x2a\x4d\x18\x03\0\0\0abc";

fn two(content: &[u8], between: &[u8], encode: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let (head, tail) = content.split_at(content.len() / 3);
    [&encode(head), between, &encode(tail)].concat()
}

/// Gives a few bytes at a time, as a pipe may.
struct Dribble(Cursor<Vec<u8>>, usize);

impl Read for Dribble {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1 % 5 + 1;
        let count = self.1.min(out.len());
        self.0.read(&mut out[..count])
    }
}

fn streamed(content: Vec<u8>) -> Content {
    Content::Stream(Stream::new(Box::new(Cursor::new(content)), None, 27).unwrap())
}

fn dribbled(content: Vec<u8>) -> Content {
    Content::Stream(Stream::new(Box::new(Dribble(Cursor::new(content), 0)), None, 27).unwrap())
}

fn file(content: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

fn opened(content: &[u8]) -> Content {
    input::open(&Source::file(file(content).path()), 27).unwrap()
}

/// The same content in every form that it can come in.
fn ways(content: &[u8]) -> Vec<(&'static str, Content)> {
    vec![
        ("file", opened(content)),
        ("stream", streamed(content.to_vec())),
        ("dribble", dribbled(content.to_vec())),
        ("gzip file", opened(&gzip(content))),
        ("gzip members", streamed(two(content, b"", gzip))),
        ("gzip dribble", dribbled(two(content, b"\0\0", gzip))),
        ("gzip in gzip", streamed(gzip(&two(content, b"", gzip)))),
        ("zstd file", opened(&zst(content))),
        ("zstd frames", streamed([SKIPPABLE, &two(content, SKIPPABLE, zst), SKIPPABLE].concat())),
        ("zstd dribble", dribbled(two(content, b"", zst))),
    ]
}

#[track_caller]
fn check(content: &[u8], longest: usize) {
    let expected = reference(content, longest);
    for block in BLOCKS {
        for (name, way) in ways(content) {
            let limits = Limits { block, longest, ..Limits::default() };
            let (seen, _, error) = read_all(&mut Reader::of(way, limits));
            assert_eq!(error, None, "{name}, block {block}");
            assert_eq!(seen, expected, "{name}, block {block}");
        }
    }
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        3 => Just(b"\n".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => Just(b" ".to_vec()),
        1 => Just(b"\n\n".to_vec()),
        1 => Just(b"\xef\xbb\xbf".to_vec()),
        4 => prop::collection::vec(any::<u8>(), 0..30),
        2 => (95usize..105).prop_map(|length| vec![b'x'; length]),
        1 => (0usize..9000).prop_map(|length| vec![b'y'; length]),
    ];
    (any::<bool>(), prop::collection::vec(part, 0..30)).prop_map(|(bom, parts)| {
        let bom = if bom { vec![b"\xef\xbb\xbf".to_vec()] } else { Vec::new() };
        [bom, parts].concat().concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_way_gives_the_same_records(content in text()) {
        check(&content, 100);
        check(&content, MAX_RECORD);
    }
}

#[test]
fn contents_at_the_edge() {
    for content in [
        "",
        "\n",
        "\r\n",
        "a",
        "a\n",
        "\u{feff}",
        "\u{feff}\n",
        "\u{feff}a",
        " \u{feff}a\r\n\r\nb\r",
        "\n\n a \n",
    ] {
        check(content.as_bytes(), 100);
        check(content.as_bytes(), 1);
    }
}

#[test]
fn a_large_log_comes_whole() {
    let line = |i: usize| format!("{{\"n\":{i},\"pad\":\"{}\"}}\n", "p".repeat(i * 7919 % 3000));
    let content: String = (0..2000).map(line).collect();
    let expected = reference(content.as_bytes(), MAX_RECORD);
    for (name, way) in ways(content.as_bytes()) {
        let (seen, _, error) = read_all(&mut Reader::of(way, Limits::default()));
        assert_eq!(error, None, "{name}");
        assert!(seen == expected, "{name}");
    }
}

#[test]
fn a_line_without_end_needs_no_memory() {
    let content = [vec![b'a'; 5_000_000], b"\nnext\n".to_vec(), vec![b'b'; 3_000_000]].concat();
    let limits = Limits { block: 1000, longest: 5000, ..Limits::default() };
    for (name, way) in ways(&content) {
        let mut reader = Reader::of(way, limits);
        let mut piece = Piece::default();
        assert!(reader.read(&mut piece).unwrap());
        assert_eq!((piece.too_long, piece.offset, piece.lines()), (Some(5_000_000), 0, 1), "{name}");
        assert!(piece.own.room() <= 8192, "{name}: {}", piece.own.room());
        assert!(reader.read(&mut piece).unwrap());
        let next = Record { bytes: b"next", offset: 5_000_001, line: 0 };
        assert_eq!(piece.records().collect::<Vec<_>>(), [next], "{name}");
        assert!(reader.read(&mut piece).unwrap());
        assert_eq!((piece.too_long, piece.offset), (Some(3_000_000), 5_000_006), "{name}");
        assert!(!reader.read(&mut piece).unwrap(), "{name}");
    }
}

fn sample() -> Vec<u8> {
    events(400)
}

fn events(count: u64) -> Vec<u8> {
    (0..count)
        .flat_map(|i| format!("{{\"auditID\":\"{:x}\"}}\n", i * 2_654_435_761_u64).into_bytes())
        .collect()
}

/// Reads what is left of something compressed; what comes out must be the beginning of `content`.
#[track_caller]
fn survives(packed: &[u8], content: &[u8], block: usize) -> Option<String> {
    let mut reader = Reader::of(streamed(packed.to_vec()), Limits { block, ..Limits::default() });
    let (seen, bytes, error) = read_all(&mut reader);
    assert!(content.starts_with(&bytes));
    assert_eq!(seen, reference(&bytes, MAX_RECORD));
    error
}

#[test]
fn a_cut_copy_gives_all_that_is_in_it_and_says_so() {
    let content = sample();
    for encode in [gzip, zst] {
        let packed = two(&content, b"", encode);
        let boundary = encode(&content[..content.len() / 3]).len();
        for cut in (16..packed.len()).step_by(16).filter(|cut| *cut != boundary) {
            for block in [64, BLOCK] {
                let error = survives(&packed[..cut], &content, block);
                assert!(error.is_some_and(|error| error.contains("cut off")), "cut at {cut}");
            }
        }
        assert_eq!(survives(&packed, &content, 64), None);
    }
}

#[test]
fn bytes_before_a_fault_are_not_lost() {
    let content = sample();
    for encode in [gzip, zst] {
        let mut packed = [encode(&content), encode(&content)].concat();
        let at = packed.len() / 2 - 2;
        packed[at] ^= 1;
        let (_, bytes, error) = read_all(&mut Reader::of(streamed(packed), Limits::default()));
        assert_eq!(bytes, content, "the first part was whole but for its checksum");
        assert!(error.unwrap().contains("corrupt"));
    }
}

#[test]
fn damage_near_the_end_costs_only_what_follows() {
    let content = events(40_000);
    for encode in [gzip, zst] {
        let mut packed = encode(&content);
        let at = packed.len() * 9 / 10;
        packed[at..at + 9].fill(0xff);
        let (_, bytes, error) = read_all(&mut Reader::of(streamed(packed), Limits::default()));
        assert!(error.unwrap().contains("corrupt"));
        assert!(bytes.len() > content.len() * 4 / 5, "{} of {}", bytes.len(), content.len());
    }
}

#[test]
fn a_changed_byte_never_passes_unnoticed() {
    let content = sample();
    for (encode, header) in [(gzip as fn(&[u8]) -> Vec<u8>, 10), (zst, 0)] {
        let packed = encode(&content);
        for at in (header..packed.len()).step_by(7) {
            let mut packed = packed.clone();
            packed[at] ^= 0x10;
            let (seen, bytes, error) = read_all(&mut Reader::of(streamed(packed.clone()), Limits::default()));
            assert!(error.is_some() || bytes == content || bytes == packed, "changed at {at}");
            assert_eq!(seen, reference(&bytes, MAX_RECORD));
        }
    }
}

#[test]
fn what_follows_compressed_data_is_said() {
    let content = sample();
    for (packed, note) in [
        ([gzip(&content), vec![0; 300_000]].concat(), Some("padded with zeros at the end")),
        (
            [gzip(&content), b"rubbish".to_vec()].concat(),
            Some("data that is not gzip after member 1 was not read"),
        ),
        (
            [zst(&content), b"rubbish".to_vec()].concat(),
            Some("data that is not zstd after frame 1 was not read"),
        ),
        (gzip(&content), None),
        (zst(&content), None),
    ] {
        let mut reader = Reader::of(streamed(packed), Limits::default());
        let (_, bytes, error) = read_all(&mut reader);
        assert_eq!((bytes == content, error, reader.note().as_deref()), (true, None, note));
    }
}

#[test]
fn a_window_that_is_too_large_is_refused_with_advice() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(20).unwrap();
    encoder.write_all(&sample()).unwrap();
    let packed = encoder.finish().unwrap();
    let read = |window_log| {
        let stream = Stream::new(Box::new(Cursor::new(packed.clone())), None, window_log).unwrap();
        read_all(&mut Reader::of(Content::Stream(stream), Limits::default()))
    };
    assert!(read(19).2.unwrap().contains("zstd -d --long=31"));
    assert_eq!(read(20).2, None);
}

#[test]
fn progress_counts_bytes_on_disk() {
    let content = sample();
    for packed in [content.clone(), gzip(&content), zst(&content)] {
        let mut reader = Reader::of(opened(&packed), Limits::default());
        read_all(&mut reader);
        assert_eq!(reader.consumed(), packed.len() as u64);
    }
}

/// A log of a few pages, and a reader that has handed out a first piece of it.
fn half_read(pages: usize) -> (NamedTempFile, Reader, Piece) {
    let file = file("{\"some\":\"event\"}\n".repeat(pages * 4096 / 17).as_bytes());
    let limits = Limits { block: pages * 4096 / 2, ..Limits::default() };
    let mut reader = Reader::open(&Source::file(file.path()), limits).unwrap();
    let mut piece = Piece::default();
    assert!(reader.read(&mut piece).unwrap());
    (file, reader, piece)
}

fn shrink(file: &NamedTempFile, size: u64) {
    File::options().write(true).open(file.path()).unwrap().set_len(size).unwrap();
}

#[test]
fn a_log_emptied_under_the_reader_does_not_kill_it() {
    let (file, mut reader, piece) = half_read(64);
    shrink(&file, 0);
    assert!(!cfg!(unix) || piece.bytes().iter().all(|byte| *byte == 0));
    let (seen, _, error) = read_all(&mut reader);
    assert_eq!(seen, Seen::default());
    assert!(error.unwrap().contains("shrank"));
    if cfg!(unix) {
        assert!(piece.torn() && reader.torn());
    }
}

#[test]
fn what_is_left_of_a_log_that_shrank_is_read() {
    let (file, mut reader, piece) = half_read(64);
    let rest = 64 * 4096 * 3 / 4;
    shrink(&file, rest);
    let (_, bytes, error) = read_all_from(&mut reader, piece.bytes().len() as u64);
    assert_eq!((piece.bytes().len() + bytes.len()) as u64, rest);
    assert!(error.unwrap().contains("shrank"));
    assert_eq!(reader.torn(), cfg!(unix), "what is not mapped cannot be torn");
}

/// Reads on where a piece was read already.
fn read_all_from(reader: &mut Reader, offset: u64) -> (u64, Vec<u8>, Option<String>) {
    let (mut bytes, mut piece) = (Vec::new(), Piece::default());
    loop {
        match reader.read(&mut piece) {
            Ok(true) => bytes.extend_from_slice(piece.bytes()),
            Ok(false) => return (offset, bytes, None),
            Err(error) => return (offset, bytes, Some(error.to_string())),
        }
    }
}

#[test]
fn a_stream_that_is_shorter_than_its_file_was_says_so() {
    let stream = Stream::new(Box::new(Cursor::new(sample())), Some(1_000_000), 27).unwrap();
    let (_, bytes, error) = read_all(&mut Reader::of(Content::Stream(stream), Limits::default()));
    assert_eq!(bytes, sample());
    assert!(error.unwrap().contains("shrank"));
}

#[test]
fn a_log_rotated_before_it_is_opened_is_not_taken_for_the_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.log");
    std::fs::write(&path, sample()).unwrap();
    let inputs = input::Inputs { args: vec![path.display().to_string()], ..Default::default() };
    let source = input::gather(&inputs).unwrap().sources.remove(0);
    assert!(Reader::open(&source, Limits::default()).is_ok());
    std::fs::rename(&path, directory.path().join("audit-1.log")).unwrap();
    std::fs::write(&path, "new").unwrap();
    if cfg!(unix) {
        assert!(
            Reader::open(&source, Limits::default())
                .is_err_and(|error| error.to_string().contains("rotated"))
        );
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_as_a_file_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    for content in [sample(), gzip(&sample()), Vec::new()] {
        let expected = if content.is_empty() { Vec::new() } else { sample() };
        let target = path.clone();
        let writer = std::thread::spawn(move || std::fs::write(target, content));
        let (_, bytes, error) = read_all(&mut Reader::open(&Source::file(&path), Limits::default()).unwrap());
        writer.join().unwrap().unwrap();
        assert_eq!((bytes, error), (expected, None));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_mapped_file_is_let_go_bit_by_bit() {
    let resident = || {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let map = maps.split("kaudit-resident").nth(1).unwrap();
        let line = map.lines().find(|line| line.starts_with("Rss:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let mut file = tempfile::Builder::new().prefix("kaudit-resident").tempfile().unwrap();
    file.write_all(&b"0123456789abcde\n".repeat(2 << 20)).unwrap();
    let mut reader = Reader::open(&Source::file(file.path()), Limits::default()).unwrap();
    let (mut piece, mut most) = (Piece::default(), 0);
    while reader.read(&mut piece).unwrap() {
        assert_eq!(piece.records().count(), 65536);
        most = most.max(resident());
    }
    assert!(most < 10 << 10, "{most} KiB of 32 MiB");
}

#[test]
fn workers_may_take_turns() {
    fn is_send<T: Send>() {}
    is_send::<Reader>();
    is_send::<Piece>();
}
