//! Events to try things on: made up, and recorded.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// One line: an ordinary event with this auditID, but for what `change` says. `null` takes a key out.
pub fn event(id: &str, change: Value) -> String {
    let mut event = json!({
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": id,
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/web/pods/frontend",
        "verb": "get",
        "user": {"username": "jane", "groups": ["system:authenticated"]},
        "sourceIPs": ["10.50.1.6"],
        "userAgent": "kubectl/v1.33.0 (linux/amd64) kubernetes/32cc146",
        "objectRef": {"resource": "pods", "namespace": "web", "name": "frontend", "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": "2026-09-08T03:00:00.000000Z",
        "stageTimestamp": "2026-09-08T03:00:00.002000Z",
        "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""},
    });
    merge(&mut event, change);
    format!("{event}\n")
}

/// An event at this time.
pub fn event_at(id: &str, time: &str) -> String {
    event(id, json!({"requestReceivedTimestamp": time, "stageTimestamp": time}))
}

/// A command run in a pod, which the built-in rules find.
pub fn exec(id: &str, change: Value) -> String {
    let mut exec = json!({
        "requestURI": "/api/v1/namespaces/web/pods/frontend/exec?command=sh&stdin=true",
        "objectRef": {"subresource": "exec"},
        "responseStatus": {"code": 101},
    });
    merge(&mut exec, change);
    event(id, exec)
}

pub fn merge(into: &mut Value, change: Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (key, value) in change {
                if value.is_null() {
                    into.remove(&key);
                } else {
                    merge(into.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (into, change) => *into = change,
    }
}

/// A rule of this level that every deletion meets.
pub fn rule(level: &str) -> String {
    format!(
        "title: Something was deleted\nid: deletion\nlevel: {level}\nlogsource:\n  product: kubernetes\n  \
         service: audit\ndetection:\n  selection:\n    verb: delete\n  condition: selection\n"
    )
}

pub fn gz(content: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// The same files in archives of each kind.
pub fn archives(members: &[(&str, &[u8])]) -> [(&'static str, Vec<u8>); 3] {
    let mut tar = tar::Builder::new(Vec::new());
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *content).unwrap();
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    let tar = tar.into_inner().unwrap();
    [("a.tgz", gz(&tar)), ("a.tar", tar), ("a.zip", zip.finish().unwrap().into_inner())]
}

pub fn zst(content: impl AsRef<[u8]>) -> Vec<u8> {
    zstd::encode_all(content.as_ref(), 1).unwrap()
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Recorded logs of two clusters, in quiet and in attacked hours: plain, gzip and zstd.
pub fn incident() -> PathBuf {
    root().join("testdata/incident")
}

/// The recorded logs by the name that the program gives them, decompressed.
pub fn incident_files() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for path in walk(&incident()) {
        files.insert(path.display().to_string(), content(&path));
    }
    files
}

/// The file, decompressed as its name says.
pub fn content(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    let mut out = Vec::new();
    match path.extension().and_then(|end| end.to_str()) {
        Some("gz") => drop(flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut out).unwrap()),
        Some("zst") => out = zstd::decode_all(&bytes[..]).unwrap(),
        _ => out = bytes,
    }
    out
}

/// All files below a directory, sorted.
pub fn walk(directory: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(directory).sort_by_file_name().into_iter();
    let skipped = |name: &str| matches!(name, "target" | ".git" | "corpus" | "artifacts");
    let entries = entries
        .filter_entry(move |entry| entry.depth() == 0 || !skipped(&entry.file_name().to_string_lossy()));
    let files = entries.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).collect()
}
