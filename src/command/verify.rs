//! `kaudit check --verify`: whether files are still what a manifest says.

use super::notice::Notice;
use super::{STOP, heed_ctrl_c};
use crate::error::{Error, Exit, Result};
use crate::input::{Digest, Source, digests};
use crate::inventory::{ManifestFile, Status};
use crate::output::inventory::Verified;
use crate::plan::VerifyPlan;
use std::io;
use std::sync::atomic::Ordering;

pub fn run(plan: VerifyPlan, notice: Notice) -> Result<Exit> {
    let VerifyPlan { manifest, sources, threads, pen, look, mut target } = plan;
    heed_ctrl_c([&target])?;
    let prints = digests(&sources, threads, &STOP);
    if STOP.load(Ordering::Relaxed) {
        return Err(Error::Interrupted);
    }
    let mut present = Vec::new();
    for (source, print) in sources.iter().zip(prints) {
        present.extend(file(source, print, notice)?);
    }
    let differences = manifest.compare(&present);
    let written = pen(&Verified { differences: &differences, look }, &mut target);
    written.map_err(|error| Error::output(target.path(), error))?;
    target.finish()?;
    let same = differences.iter().all(|difference| difference.status == Status::Same);
    Ok(if same { Exit::Clean } else { Exit::Findings })
}

/// A file as it is now; none where there is none.
fn file(source: &Source, print: io::Result<Option<Digest>>, notice: Notice) -> Result<Option<ManifestFile>> {
    let path = source.name.clone();
    match print {
        Ok(Some(Digest { sha256, bytes })) => {
            Ok(Some(ManifestFile { path, bytes, sha256: Some(sha256), ..ManifestFile::default() }))
        }
        Ok(None) => {
            notice.say(&format!("{path}: no sha256, as it can be read only once"));
            Ok(Some(ManifestFile { path, ..ManifestFile::default() }))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::input(path, error)),
    }
}
