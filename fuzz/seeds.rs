//! Each fuzz target on its seeds, as an ordinary test, for those who cannot fuzz.
//!
//! Seeds are made from what the repository holds; `fuzz/found` holds what once made a target fail. With
//! `KAUDIT_SEEDS=write` the seeds are also written to `fuzz/corpus`, from where cargo-fuzz goes on.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

#[path = "lib.rs"]
mod kaudit_fuzz;

type Seeds = Vec<Vec<u8>>;

/// Runs a target on its seeds. What fails is named, and said again by the panic itself.
fn hold(name: &str, target: fn(&[u8]), seeds: Seeds) {
    assert!(seeds.len() > 10, "{name} has hardly any seeds");
    if std::env::var_os("KAUDIT_SEEDS").is_some() {
        write(name, &seeds);
    }
    for seed in seeds.iter().chain(&found(name)) {
        let run = std::panic::catch_unwind(|| target(seed));
        assert!(run.is_ok(), "{name} does not hold for {}", seed.escape_ascii());
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn write(name: &str, seeds: &Seeds) {
    let directory = root().join("fuzz/corpus").join(name);
    fs::create_dir_all(&directory).unwrap();
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(directory.join(format!("seed-{number:04}")), seed).unwrap();
    }
}

fn found(name: &str) -> Seeds {
    files(&format!("fuzz/found/{name}"), |_| true)
}

/// The content of all files below a directory, in the order of their paths.
fn files(directory: &str, wanted: fn(&Path) -> bool) -> Seeds {
    let entries = WalkDir::new(root().join(directory)).sort_by_file_name().into_iter().flatten();
    let paths: Vec<PathBuf> = entries.map(walkdir::DirEntry::into_path).collect();
    paths.iter().filter(|path| path.is_file() && wanted(path)).map(|path| fs::read(path).unwrap()).collect()
}

/// Recorded events, those that a target can go through quickly.
fn events() -> Seeds {
    let all = fs::read(root().join("testdata/events.jsonl")).unwrap();
    all.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty() && line.len() < 4096)
        .map(Vec::from)
        .collect()
}

/// Forms that no API server writes.
fn hostile() -> Seeds {
    [
        &br#"{"verb":"get","verb":"list","auditID":"x"}"#[..],
        br#"{"verb":"list","user":{"username":"a","username":"b"}}"#,
        br#" { "verb" : "list" , "user" : null , "auditID" : "x" } "#,
        br#"{"\u0076erb":"list","responseStatus":{"code":200.0},"auditID":"\ud800"}"#,
        b"{\"verb\":\"list\",\"auditID\":\"\xff\"}",
        br#"{"verb":"list","auditID":"x","requestObject":{"a":[1,2"#,
        br#"{"verb":"list","auditID":"x","requestObject":{"a":{]},"stage":"x"}"#,
        br#"{"verb":"list","auditID":"x","annotations":{"a":[[[[1e5,-0.1,true,null]]]]}}"#,
        br#"{"a":[{"b":1},{"b":[2,[3]]},7],"c":{},"d":null,"spec":{"containers":[{"image":"x"}]}}"#,
    ]
    .map(Vec::from)
    .to_vec()
}

fn records() -> Seeds {
    [events(), hostile()].concat()
}

fn rules() -> Seeds {
    let is_rule = |path: &Path| path.extension().is_some_and(|end| end == "yml");
    [files("rules", is_rule), files("testdata/sigma", is_rule)].concat()
}

#[test]
fn decode_agrees() {
    hold("decode_agrees", kaudit_fuzz::decode_agrees, records());
}

#[test]
fn redact_record() {
    let bodies =
        [r#""x""#, "[]", r#"{"kind":"ConfigMap"}"#, r#"{"name":"x","value":"y"}"#, r#"["--password","x"]"#];
    hold("redact_record", kaudit_fuzz::redact_record, [records(), bodies.map(Vec::from).to_vec()].concat());
}

#[test]
fn json_walk() {
    hold("json_walk", kaudit_fuzz::json_walk, records());
}

#[test]
fn lines() {
    let texts = [
        &b"a\nb\r\n\n \t\nc"[..],
        b"\xef\xbb\xbf{}\n{}\n",
        b"\n\n\n",
        b"a line that is longer than most\nx\n",
        b"\xef\xbb\xbf\r\n\xef\xbb\xbfx",
    ];
    let sizes = [[0u8, 0], [0, 255], [6, 1], [63, 9], [255, 255]];
    let with = |size: [u8; 2]| texts.map(|text| [&size[..], text].concat());
    hold("lines", kaudit_fuzz::lines, sizes.iter().flat_map(|size| with(*size)).collect());
}

#[test]
fn unpack() {
    let plain = b"{\"verb\":\"get\"}\n".repeat(50);
    let packed = zstd::encode_all(&plain[..], 3).unwrap();
    let frames = [&packed[..], &packed[..]].concat();
    let skippable = [b"\x50\x2a\x4d\x18\x04\0\0\0abcd", &packed[..]].concat();
    let mut all = vec![plain, packed.clone(), frames, skippable, zstd::encode_all(&packed[..], 3).unwrap()];
    for cut in [1, 5, packed.len() / 2, packed.len() - 1] {
        all.push(packed[..cut].to_vec());
    }
    let is_gzip = |path: &Path| path.extension().is_some_and(|end| end == "gz");
    for mut file in files("testdata/incident", is_gzip) {
        file.truncate(8192);
        all.push(file);
    }
    hold("unpack", kaudit_fuzz::unpack, all);
}

#[test]
fn sigma_load() {
    hold("sigma_load", kaudit_fuzz::sigma_load, rules());
}

/// Rules files, and what stands in the lines of files beside them under a key.
fn foreign(directory: &str, lines: &[(&str, &str)]) -> Seeds {
    let is_rule = |path: &Path| path.extension().is_some_and(|end| end == "yaml");
    let mut seeds = files(directory, is_rule);
    for (name, key) in lines {
        let text = fs::read_to_string(root().join(directory).join(name)).unwrap();
        let values = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        seeds.extend(values.filter_map(|value| Some(value[*key].as_str()?.as_bytes().to_vec())));
    }
    seeds
}

#[test]
fn alcide_load() {
    let mut seeds = foreign("testdata/alcide", &[("fields.jsonl", "value")]);
    let regexes = ["^(?!a)", r"a++|\Qx\E", "[a&&[^b]]", "(", r"\1", "(?i:ä)*?", "a{1,9}{1,9}{1,9}", ".*x"];
    seeds.extend(regexes.map(|regex| regex.as_bytes().to_vec()));
    hold("alcide_load", kaudit_fuzz::alcide_load, seeds);
}

#[test]
fn falco_load() {
    let mut seeds = foreign("testdata/falco", &[("conditions.jsonl", "if"), ("fields.jsonl", "field")]);
    let outputs = [
        "%ka.user.name%",
        "%jevt.value[/a~1b/0]",
        "100%% %x.y",
        "*%ka.sourceips %evt.num",
        "é%ka.uri.param[é]",
    ];
    seeds.extend(outputs.map(|output| output.as_bytes().to_vec()));
    hold("falco_load", kaudit_fuzz::falco_load, seeds);
}

#[test]
fn where_expr() {
    let conditions = fs::read_to_string(root().join("fuzz/conditions.txt")).unwrap();
    hold("where_expr", kaudit_fuzz::where_expr, conditions.lines().map(Vec::from).collect());
}

/// Each example of a format, whole and cut at every 64th byte; several, one behind the other; some damaged.
fn wrapped() -> Seeds {
    let examples = files("testdata/formats", |path| path.extension().is_none_or(|kind| kind != "tsv"));
    let mut seeds = Vec::new();
    for (number, example) in examples.iter().enumerate() {
        let cuts = (64..example.len()).step_by(64).map(|cut| &example[..cut]);
        seeds.extend(cuts.chain([&example[..]]).map(|part| [&[number as u8], part].concat()));
        let other = &examples[(number * 7 + 3) % examples.len()];
        seeds.push([&[255][..], example, b"\n", other].concat());
        let flip = |at: usize| [&[9], &example[..at], &[example[at] ^ 0x20], &example[at + 1..]].concat();
        seeds.extend((17..example.len()).step_by(101).map(flip));
    }
    seeds
}

#[test]
fn unwrap() {
    hold("unwrap", kaudit_fuzz::unwrap, wrapped());
}

#[test]
fn unwrap_cut_gzip() {
    let packed = files("testdata/formats", |path| path.extension().is_some_and(|kind| kind == "gz"));
    let cuts =
        |file: &Vec<u8>| (20..file.len()).step_by(7).map(|cut| file[..cut].to_vec()).collect::<Vec<_>>();
    hold("unwrap_cut_gzip", kaudit_fuzz::unwrap_cut_gzip, packed.iter().flat_map(cuts).collect());
}

/// Policies, whole and cut at every 16th byte.
fn policies() -> Seeds {
    let mut seeds = Vec::new();
    for policy in files("testdata/policy", |_| true) {
        seeds.extend((16..policy.len()).step_by(16).map(|cut| policy[..cut].to_vec()));
        seeds.push(policy);
    }
    seeds
}

#[test]
fn audit_policy() {
    hold("audit_policy", kaudit_fuzz::audit_policy, policies());
}
