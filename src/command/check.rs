//! `kaudit check`: what a log holds and what it lacks.

use super::notice::Notice;
use super::progress::Progress;
use super::{STOP, announce, engine_run, heed_ctrl_c, verify};
use crate::cli::{self, Global};
use crate::error::{Error, Exit, Result};
use crate::input::{Digest, Place, Source, digests};
use crate::inventory::{Inventory, Manifest};
use crate::output::inventory::Checked;
use crate::output::{Read, Target, escape};
use crate::plan::{self, CheckPlan, Common};
use crate::scan::{self, ReadAll};
use std::io::{self, Write};

pub fn run(global: &Global, mut args: cli::Check, notice: Notice) -> Result<Exit> {
    if let Some(manifest) = args.verify.take() {
        return verify::run(plan::verify(global, args, &manifest)?, notice);
    }
    let CheckPlan { common, pen, manifest, allow_partial } = plan::check(global, args)?;
    heed_ctrl_c(std::iter::once(&common.target).chain(&manifest))?;
    announce(&common, notice);
    let (inventory, read) = look(&common, notice)?;
    notice.losses(&read);
    if inventory.more_clusters {
        notice
            .say("more clusters than can be told apart: events of the others count as those of their file's");
    }
    let partial = inventory.is_partial() && !allow_partial;
    let all = Read { files: &read.files, tally: &read.tally, span: read.span, all_parsed: true };
    let mut target = common.target;
    let written = pen.write(&Checked { inventory: &inventory, read: all, look: common.look }, &mut target);
    written.map_err(|error| Error::output(target.path(), error))?;
    target.finish()?;
    manifest.map_or(Ok(()), |target| write_manifest(&Manifest::of(&inventory), target))?;
    if partial {
        notice.say("part of the input was lost: exit code 3 (--allow-partial accepts that)");
    }
    Ok(if partial { Exit::Partial } else { Exit::Clean })
}

/// Reads all files twice at the same time: for what is in them, and for their fingerprints.
fn look(common: &Common, notice: Notice) -> Result<(Inventory, ReadAll)> {
    let sources = &common.gathered.sources;
    let progress = Progress::start(sources, notice);
    let plan = engine_run(sources, common.engine, &progress);
    let (taken, prints) = std::thread::scope(|scope| {
        let prints = scope.spawn(|| digests(sources, common.engine.threads, &STOP));
        (scan::inventory(plan, common.redactor), prints.join())
    });
    drop(progress);
    let (mut inventory, read) = taken?;
    let prints = prints.unwrap_or_default();
    for (at, (source, print)) in sources.iter().zip(prints).enumerate() {
        add_print(&mut inventory, at, source, print, notice);
    }
    inventory.add_up();
    Ok((inventory, read))
}

fn add_print(
    inventory: &mut Inventory,
    at: usize,
    source: &Source,
    print: io::Result<Option<Digest>>,
    notice: Notice,
) {
    let name = &source.name;
    let Some(file) = inventory.files.get_mut(at) else { return };
    match print {
        Ok(Some(Digest { sha256, bytes })) => {
            let is_file = matches!(source.place, Place::File(_));
            if is_file && source.size.is_some_and(|size| size != bytes) {
                notice
                    .say(&format!("{name}: its size changed while it was read; sha256 is of {bytes} bytes"));
            }
            (file.sha256, file.disk) = (Some(sha256), bytes);
        }
        Ok(None) => notice.say(&format!("{name}: no sha256, as it can be read only once")),
        Err(error) => notice.say(&format!("{name}: no sha256: {error}")),
    }
}

fn write_manifest(manifest: &Manifest, mut target: Target) -> Result<()> {
    let mut text = Vec::new();
    let formed = escape::json(&mut text, manifest);
    let written = formed.and_then(|()| target.write_all(&text)).and_then(|()| target.write_all(b"\n"));
    written.map_err(|error| Error::output(target.path(), error))?;
    target.finish()
}
