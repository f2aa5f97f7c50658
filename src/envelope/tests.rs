//! Every example file gives what `expected.tsv` says, through every way of cutting it.

use super::*;
use crate::event::{Decoder, Slot};
use crate::input::{Content, Source, Stream};
use crate::lines::{BLOCK, Limits, Piece, Reader};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// The smallest splits documents, and cuts between the parts of a record.
const BLOCKS: [usize; 3] = [1 << 10, 5000, BLOCK];

/// What a file holds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    events: usize,
    ids: BTreeSet<(String, String)>,
    cut: usize,
    foreign: usize,
    falco: usize,
    alcide: usize,
    clusters: BTreeSet<String>,
    nodes: BTreeSet<String>,
    formats: BTreeSet<&'static str>,
}

impl Seen {
    fn figures(&self) -> [usize; 6] {
        [self.events, self.ids.len(), self.cut, self.foreign, self.falco, self.alcide]
    }

    fn event(&mut self, event: &crate::event::Event<'_>) {
        self.events += 1;
        let id = event.decoded(Slot::AuditId).map(|id| id.into_owned());
        let stage = event.decoded(Slot::Stage).unwrap_or_default().into_owned();
        self.ids.extend(id.map(|id| (id, stage)));
    }

    fn inner(&mut self, inner: Inner<'_>) {
        self.clusters.extend(inner.cluster.map(str::to_owned));
        self.nodes.extend(inner.node.map(str::to_owned));
        self.formats.extend(inner.format.map(|format| format.name));
        match inner.what {
            What::Event { cut: Some(_), .. } => self.cut += 1,
            What::Event { event, .. } => self.event(event),
            What::Bad(Bad::Cut | Bad::Limited | Bad::Damaged) => self.cut += 1,
            What::Foreign | What::Bad(_) => self.foreign += 1,
            What::FalcoAlert(_) => self.falco += 1,
            What::AlcideDetection(_) => self.alcide += 1,
        }
    }

    fn record(&mut self, bytes: &[u8], path: &str, decoder: &mut Decoder, unwrapper: &mut Unwrapper) {
        match decoder.decode(bytes, None) {
            Ok((event, _)) => self.event(&event),
            Err(_) => unwrapper.unwrap(bytes, of_path(path), None, &mut |inner| {
                assert!(inner.offset <= bytes.len());
                self.inner(inner);
            }),
        }
    }
}

/// Reads a file as a run does.
fn read(path: &Path, limits: Limits) -> Seen {
    let mut reader = Reader::open(&Source::file(path), limits).unwrap();
    let (mut seen, mut piece) = (Seen::default(), Piece::default());
    let (mut decoder, mut unwrapper) = (Decoder::default(), Unwrapper::default());
    let name = path.to_str().unwrap();
    while reader.read(&mut piece).unwrap() {
        piece.records().for_each(|record| seen.record(record.bytes, name, &mut decoder, &mut unwrapper));
    }
    seen
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/formats")
}

/// Each file and its figures.
fn expected() -> Vec<(PathBuf, [usize; 6])> {
    let table = std::fs::read_to_string(examples().join("expected.tsv")).unwrap();
    let row = |line: &str| {
        let mut cells = line.split('\t');
        let path = examples().join(cells.next().unwrap());
        let figures: Vec<usize> = cells.map(|cell| cell.parse().unwrap()).collect();
        (path, figures.try_into().unwrap())
    };
    table.lines().skip(1).map(row).collect()
}

/// The one row that is read otherwise: the reference decoder counts the line of an API server before 1.9 and does not
/// look into it, while its `id` is an auditID like any other, by which requests are joined and duplicates known.
const DEVIATION: (&str, [usize; 6]) = ("03_legacy_text_audit.log", [1, 1, 0, 0, 0, 0]);

fn corrected(path: &Path, figures: [usize; 6]) -> [usize; 6] {
    if !path.ends_with(DEVIATION.0) {
        return figures;
    }
    assert_eq!(figures, [1, 0, 0, 0, 0, 0], "the table was mended: nothing is left to correct");
    DEVIATION.1
}

#[test]
fn every_example_holds_what_is_expected() {
    let mut wrong = Vec::new();
    for (path, figures) in expected() {
        let figures = corrected(&path, figures);
        for block in BLOCKS {
            let seen = read(&path, Limits { block, ..Limits::default() });
            if seen.figures() != figures {
                wrong.push(format!(
                    "{} in blocks of {block}\n  expected {figures:?}\n  {seen:?}",
                    path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_is_sorted_and_documented() {
    assert!(FORMATS.is_sorted_by(|a, b| a.name < b.name));
    for format in FORMATS {
        assert!(!format.about.is_empty() && !format.about.contains('\n'), "{format:?}");
        assert!(examples().join(format.example).exists(), "{format:?}: {}", format.example);
        assert_eq!(Format::named(format.name), Some(format));
    }
}

#[test]
fn no_two_formats_take_the_same_record() {
    for (path, _) in expected() {
        let mut reader = Reader::open(&Source::file(&path), Limits::default()).unwrap();
        let (mut piece, mut unwrapper) = (Piece::default(), Unwrapper::default());
        while reader.read(&mut piece).unwrap() {
            piece.records().for_each(|record| unwrapper.unwrap(record.bytes, of_path(""), None, &mut |_| ()));
        }
        assert_eq!(unwrapper.state.ambiguous, Vec::<&str>::new(), "{}", path.display());
    }
}

#[test]
fn wrappers_name_cluster_and_node() {
    let cluster_of = |prefix: &str| {
        let (path, _) =
            expected().into_iter().find(|(path, _)| path.to_str().unwrap().contains(prefix)).unwrap();
        let seen = read(&path, Limits::default());
        (
            seen.clusters.into_iter().collect::<Vec<_>>().join(" "),
            seen.nodes.into_iter().collect::<Vec<_>>().join(" "),
        )
    };
    for (file, cluster, node) in [
        ("/23_", "prod-eu", ""),
        ("/24_", "prod-eu", ""),
        ("/25_", "prod-eu", ""),
        ("/30_", "prod-gke", ""),
        ("/32_", "prod-gke", ""),
        ("/40_", "aks-prod", ""),
        ("/41_", "aks-prod", ""),
        ("/42_", "aks-prod", ""),
        ("/43_", "aks-prod", ""),
        ("/44_", "aks-prod", ""),
        ("/53_", "", "cp1"),
        ("/54_", "", "cp1"),
        ("/57_", "", "cp1"),
        ("/58_", "", "cp1"),
        ("/59_", "prod", ""),
        ("/60_", "prod", ""),
        ("/61_", "prod", ""),
        ("/62_", "prod", ""),
        ("/70_", "", "ci-ln-prod-master-0 ci-ln-prod-master-1"),
        ("/72_", "c-m-abcd1234", ""),
        ("/73_", "", "172.20.0.2 172.20.0.3"),
        ("/80_", "prod", ""),
        ("/81_", "prod", ""),
        ("/82_", "prod", ""),
        ("/84_", "", "cp1"),
    ] {
        assert_eq!(cluster_of(file), (cluster.to_owned(), node.to_owned()), "{file}");
    }
}

fn stream(content: &[u8]) -> Content {
    Content::Stream(Stream::new(Box::new(Cursor::new(content.to_vec())), None, 27).unwrap())
}

/// Reads bytes as they may come; what is lost on the way is not the question here.
fn read_bytes(content: &[u8], block: usize) -> Seen {
    let mut reader = Reader::framed(stream(content), Limits { block, ..Limits::default() }).unwrap();
    let (mut seen, mut piece) = (Seen::default(), Piece::default());
    let (mut decoder, mut unwrapper) = (Decoder::default(), Unwrapper::default());
    loop {
        match reader.read(&mut piece) {
            Ok(true) => {}
            Ok(false) => return seen,
            Err(_) => continue,
        }
        piece.records().for_each(|record| seen.record(record.bytes, "x", &mut decoder, &mut unwrapper));
    }
}

fn contents() -> Vec<Vec<u8>> {
    expected().iter().map(|(path, _)| std::fs::read(path).unwrap()).collect()
}

#[test]
fn every_example_may_break_off_anywhere() {
    for (content, (path, figures)) in contents().iter().zip(expected()) {
        for cut in (0..content.len()).step_by(64) {
            let seen = read_bytes(&content[..cut], 1 << 10);
            assert!(seen.events <= figures[0], "{} cut at {cut}: {seen:?}", path.display());
        }
    }
}

#[test]
fn the_name_of_a_file_does_not_matter() {
    let directory = tempfile::tempdir().unwrap();
    for (path, figures) in expected().into_iter().filter(|(path, _)| path.is_file()) {
        let figures = corrected(&path, figures);
        for ending in ["gz", "zst", "log", "json", "yaml", "exe"] {
            let copy = directory.path().join(format!("copy.{ending}"));
            std::fs::copy(&path, &copy).unwrap();
            assert_eq!(read(&copy, Limits::default()).figures(), figures, "{} as {ending}", path.display());
        }
    }
}

fn native(id: usize) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"native-{id}","stage":"ResponseComplete","requestURI":"/","verb":"get"}}"#
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn flipped_bytes_do_no_harm(
        example in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        block in 64usize..5000,
    ) {
        let mut content = example.get(&contents()[..]).clone();
        for (at, byte) in flips {
            let at = at.index(content.len());
            content[at] = byte;
        }
        read_bytes(&content, block);
    }

    #[test]
    fn native_events_between_anything_are_found(
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
        block in 1000usize..50_000,
    ) {
        let plain: Vec<_> = contents().into_iter().filter(|content| content.is_ascii()).collect();
        let mut all = Vec::new();
        for (id, example) in order.iter().enumerate() {
            all.extend_from_slice(&plain[example.index(plain.len())]);
            all.extend_from_slice(format!("\n{}\n", native(id)).as_bytes());
        }
        let seen = read_bytes(&all, block);
        for id in 0..order.len() {
            let found = seen.ids.contains(&(format!("native-{id}"), "ResponseComplete".to_owned()));
            prop_assert!(found, "{id} of {order:?}");
        }
    }
}

#[test]
fn deep_and_endless_wrappers_end() {
    let mut text = native(1);
    for _ in 0..20 {
        text = serde_json::json!({ "log": text, "stream": "stdout", "time": "" }).to_string();
        if text.len() > 1 << 20 {
            break;
        }
        read_bytes(text.as_bytes(), BLOCK);
    }
    for open in ["[", "{\"a\":", "{\"items\":[", "{\"kubernetes\":{\"audit\":"] {
        read_bytes(open.repeat(100_000).as_bytes(), BLOCK);
        let seen = read_bytes(format!("{}\n{}\n", open.repeat(50_000), native(7)).as_bytes(), BLOCK);
        assert_eq!(seen.events, 1, "{open}");
    }
}

#[test]
fn cuts_are_told_apart_by_their_cause() {
    let event = native(1);
    let cut = &event[..event.len() - 8];
    let in_message =
        serde_json::json!({ "events": [{ "message": format!("{cut}[Truncated...]") }] }).to_string();
    let damaged = event.replace("\"verb\":\"get\"", "\"verb\":\"get\",\"level\":Metadata");
    for (record, why) in [
        (cut.to_owned(), Bad::Cut),
        (format!("2026-05-05T14:16:10Z stdout F {cut}"), Bad::Cut),
        (format!("{cut}[Truncated...]"), Bad::Limited),
        (in_message, Bad::Limited),
        (damaged.clone(), Bad::Damaged),
        (format!("172.20.0.2: {damaged}"), Bad::Damaged),
    ] {
        let mut seen = Vec::new();
        Unwrapper::default().unwrap(record.as_bytes(), of_path(""), None, &mut |inner| match inner.what {
            What::Event { event, cut, .. } => {
                assert_eq!(event.decoded(Slot::AuditId).as_deref(), Some("native-1"), "{record}");
                seen.push(cut);
            }
            _ => seen.push(None),
        });
        assert_eq!(seen, [Some(why)], "{record}");
    }
}
