//! The manifest: what a set of files was, so that it can be shown later that it still is.

use super::{FileFacts, Inventory};
use crate::event::{Bad, Oddity};
use crate::time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const MANIFEST: &str = "kaudit.manifest.v1";

/// Files and their fingerprints. Holds nothing of the moment or the machine it was made on.
///
/// ```json
/// {"schema":"kaudit.manifest.v1","tool":"kaudit","version":"0.1.0","files":[
///  {"path":"logs/audit.log","cluster":"logs","bytes":741444177,"sha256":"9f86d081884c7d65...","compression":"none",
///   "contentBytes":741444177,"records":200004,"events":200003,
///   "first":"2026-09-01T17:56:01.000000Z","last":"2026-09-12T00:03:10.000000Z",
///   "bad":{"cut off":1},"odd":{},"trouble":"breaks off"}]}
/// ```
///
/// `bytes` and `sha256` are those of the file on disk, or of a file in an archive (`bundle.tar.gz!audit.log`) as it
/// would be if unpacked, so that it is known again there; `first` and `last` are the times of its earliest and latest
/// event. `sha256` is absent for a pipe, and for a file that could not be read to its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub schema: String,
    pub tool: String,
    pub version: String,
    pub files: Vec<ManifestFile>,
}

/// One file of a [`Manifest`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestFile {
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    pub bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    pub compression: String,
    pub content_bytes: u64,
    pub records: u64,
    pub events: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Records by the reason why they are no events.
    pub bad: BTreeMap<String, u64>,
    /// Events by what is odd about them.
    pub odd: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

impl Manifest {
    pub fn of(inventory: &Inventory) -> Manifest {
        Manifest {
            schema: MANIFEST.to_owned(),
            tool: "kaudit".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            files: inventory.files.iter().map(ManifestFile::of).collect(),
        }
    }

    /// Reads a manifest; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Manifest, String> {
        let manifest: Manifest = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match manifest.schema == MANIFEST {
            true => Ok(manifest),
            false => Err(format!("its schema is `{}`, not {MANIFEST}", manifest.schema)),
        }
    }

    /// Compares with files as they are now. Those that are listed come in the order of the manifest, others
    /// after them. A file is found by its path, else (it may have been copied) by its content, else by its name.
    pub fn compare<'m>(&'m self, present: &'m [ManifestFile]) -> Vec<Difference<'m>> {
        let mut left: Vec<&ManifestFile> = present.iter().collect();
        let mut found: Vec<Option<&ManifestFile>> = vec![None; self.files.len()];
        let ways: [fn(&ManifestFile, &ManifestFile) -> bool; 3] = [same_path, same_content, same_name];
        for way in ways {
            for (listed, found) in self.files.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
                let at = left.iter().position(|present| way(listed, present));
                *found = at.map(|at| left.remove(at));
            }
        }
        let listed = self.files.iter().zip(found).map(|(listed, found)| Difference::of(listed, found));
        let new = left.into_iter().map(|file| Difference { path: &file.path, at: None, status: Status::New });
        listed.chain(new).collect()
    }
}

fn same_path(a: &ManifestFile, b: &ManifestFile) -> bool {
    a.path == b.path
}

fn same_content(a: &ManifestFile, b: &ManifestFile) -> bool {
    a.sha256.is_some() && a.sha256 == b.sha256 && a.bytes == b.bytes
}

fn same_name(a: &ManifestFile, b: &ManifestFile) -> bool {
    let name = |path: &str| path.rsplit(['/', '\\']).next().map(str::to_owned);
    name(&a.path) == name(&b.path)
}

impl ManifestFile {
    fn of(file: &FileFacts) -> ManifestFile {
        let bad = Bad::ALL.map(|bad| (bad.name().to_owned(), file.tally.bad[bad as usize].count));
        let odd = Oddity::ALL.map(|odd| (odd.name().to_owned(), file.tally.odd[odd as usize].count));
        let range = file.kinds.span.range;
        ManifestFile {
            path: file.name.clone(),
            cluster: file.cluster.clone(),
            bytes: file.disk,
            sha256: file.sha256.clone(),
            compression: file.compression.clone(),
            content_bytes: file.tally.bytes,
            records: file.tally.records,
            events: file.tally.events,
            first: range.map(|(first, _)| time::format(first)),
            last: range.map(|(_, last)| time::format(last)),
            bad: bad.into_iter().filter(|(_, count)| *count > 0).collect(),
            odd: odd.into_iter().filter(|(_, count)| *count > 0).collect(),
            trouble: file.trouble.clone(),
        }
    }
}

/// How a file stands to the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Same,
    Changed,
    Missing,
    /// Not in the manifest.
    New,
    /// The manifest holds no fingerprint of it, or none could be taken now.
    Unknown,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Status::Same => "same",
            Status::Changed => "changed",
            Status::Missing => "missing",
            Status::New => "new",
            Status::Unknown => "unknown",
        }
    }
}

/// One line of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference<'m> {
    /// In the manifest; of a new file, its own.
    pub path: &'m str,
    /// Where it was found, if elsewhere.
    pub at: Option<&'m str>,
    pub status: Status,
}

impl<'m> Difference<'m> {
    fn of(listed: &'m ManifestFile, found: Option<&'m ManifestFile>) -> Difference<'m> {
        let status = match found.map(|found| (&listed.sha256, &found.sha256)) {
            _ if listed.sha256.is_none() => Status::Unknown,
            None => Status::Missing,
            Some((Some(then), Some(now))) if then == now => Status::Same,
            Some((Some(_), Some(_))) => Status::Changed,
            Some(_) => Status::Unknown,
        };
        let at = found.map(|found| found.path.as_str()).filter(|path| *path != listed.path);
        Difference { path: &listed.path, at, status }
    }
}
