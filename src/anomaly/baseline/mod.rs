//! What entities usually did, kept in a file: history for the scans that come.
//!
//! The file is NDJSON below zstd (`zstd -dc FILE | head` shows it): a head with the files it was made from, one
//! line for each entity, one for objects, one for each correlation that asks what is usual, and a foot with the SHA-256 of all before it.

mod wire;

use super::entity::Entity;
use super::names::Name;
use super::profile::{DAY, Profile, WINDOW};
use crate::correlation::{Counts, History};
use crate::error::{Error, Result};
use crate::hex::hex;
use sha2::{Digest, Sha256};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use wire::{Foot, Head, WireEntity, WireObjects};

pub use wire::Origin;

pub const SCHEMA: &str = "kaudit.baseline.v1";
/// What was not seen for so many days before the newest window is forgotten.
pub const MEMORY: u32 = 90;
/// Weeks that ended so many days before the newest window are sealed: of those it is kept when an entity was active and
/// how its counts were spread, but no longer which count belonged to which window.
pub const OPEN: u32 = 28;
/// More than this is no baseline, whatever it claims to be.
const MOST: u64 = 8 << 30;
/// Lines after which it is looked whether all still fits.
const LOOK_EVERY: u64 = 1 << 10;
/// Bytes of one line.
const LONGEST: u64 = 1 << 28;

#[derive(Debug, Default)]
pub struct Baseline {
    /// The files that went into it, by SHA-256.
    pub origins: Vec<Origin>,
    /// Settled.
    pub profile: Profile,
    /// What correlations counted that ask what is usual.
    pub history: History,
}

impl Baseline {
    pub fn new(mut origins: Vec<Origin>, mut profile: Profile, mut history: History) -> Baseline {
        origins.sort();
        profile.settle();
        forget(&mut profile, &mut history);
        seal(&mut profile);
        Baseline { origins, profile, history }
    }

    /// A file that went into both, which would count twice.
    pub fn shared<'b>(&'b self, others: &'b [Origin]) -> Option<&'b Origin> {
        self.origins.iter().find(|own| others.iter().any(|other| other.sha256 == own.sha256))
    }

    /// # Errors
    /// Says which file went into both.
    pub fn merge(mut self, other: Baseline) -> std::result::Result<Baseline, String> {
        if let Some(twice) = self.shared(&other.origins) {
            return Err(format!("{} went into both: its events would count twice", twice.name));
        }
        self.origins.extend(other.origins);
        self.profile.absorb(other.profile);
        self.history.merge(other.history);
        Ok(Baseline::new(self.origins, self.profile, self.history))
    }

    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut out = zstd::Encoder::new(out, 6)?;
        let mut hash = Sha256::new();
        let mut line = |text: Vec<u8>, hash: &mut Sha256| {
            hash.update(&text);
            hash.update(b"\n");
            out.write_all(&text)?;
            out.write_all(b"\n")
        };
        line(serde_json::to_vec(&Head::of(self))?, &mut hash)?;
        for entity in &self.profile.entities {
            line(serde_json::to_vec(&WireEntity::of(entity, &self.profile))?, &mut hash)?;
        }
        line(serde_json::to_vec(&WireObjects::of(&self.profile))?, &mut hash)?;
        for counts in self.history.counts() {
            line(serde_json::to_vec(counts)?, &mut hash)?;
        }
        let sum = Sha256::clone(&hash).finalize();
        line(serde_json::to_vec(&Foot { sha256: hex(&sum) })?, &mut hash)?;
        out.finish().map(|_| ())
    }

    pub fn read(path: &Path) -> Result<Baseline> {
        let file = std::fs::File::open(path).map_err(|error| Error::input(path, error))?;
        Baseline::parse(file).map_err(|why| {
            Error::usage(format!("{}: {why}: build it anew with kaudit baseline build", path.display()))
        })
    }

    /// # Errors
    /// Says in words what is wrong, with the line.
    pub fn parse(file: impl Read) -> std::result::Result<Baseline, String> {
        let decoder = zstd::Decoder::new(file).map_err(|_| "no baseline".to_owned())?;
        let mut lines = BufReader::new(decoder.take(MOST));
        let (mut hash, mut number) = (Sha256::new(), 0);
        let text = next(&mut lines, &mut number)?;
        hash_line(&mut hash, &text);
        let head: Head = serde_json::from_slice(&text).map_err(|_| "no baseline".to_owned())?;
        if head.schema != SCHEMA {
            return Err(format!("its schema is {}, this kaudit reads {SCHEMA}", head.schema));
        }
        let (mut profile, mut history) = (Profile::default(), History::default());
        head.clusters.iter().try_for_each(|cluster| cluster.add_to(&mut profile))?;
        loop {
            let text = next(&mut lines, &mut number)?;
            if let Ok(foot) = serde_json::from_slice::<Foot>(&text) {
                let sum = hash.finalize();
                return match foot.sha256 == hex(&sum) {
                    true => Ok(Baseline::new(head.files, profile, history)),
                    false => Err("its checksum is wrong: the file was damaged or changed".to_owned()),
                };
            }
            hash_line(&mut hash, &text);
            if let Ok(objects) = serde_json::from_slice::<WireObjects<'_>>(&text) {
                objects.add_to(&mut profile);
                continue;
            }
            if let Ok(counts) = serde_json::from_slice::<Counts>(&text) {
                history.add(counts);
                continue;
            }
            let entity: WireEntity<'_> =
                serde_json::from_slice(&text).map_err(|error| format!("line {number}: {error}"))?;
            entity.add_to(&mut profile);
            if number % LOOK_EVERY == 0 && profile.is_overfull() {
                profile.settle();
            }
        }
    }
}

fn hash_line(hash: &mut Sha256, text: &[u8]) {
    hash.update(text);
    hash.update(b"\n");
}

fn next(lines: &mut impl BufRead, number: &mut u64) -> std::result::Result<Vec<u8>, String> {
    *number += 1;
    let mut text = Vec::new();
    let read = lines.take(LONGEST).read_until(b'\n', &mut text);
    match read {
        Ok(0) => Err(format!("breaks off after line {}", *number - 1)),
        Ok(_) if text.pop() == Some(b'\n') => Ok(text),
        Ok(_) => Err(format!("breaks off in line {number}")),
        Err(error) => Err(format!("line {number}: {error}")),
    }
}

/// The newest window of all clusters.
fn newest(profile: &Profile) -> Option<u32> {
    profile.clusters.iter().filter_map(|(_, span)| span.range()).map(|(_, last)| last).max()
}

/// Seals what is older than [`OPEN`].
fn seal(profile: &mut Profile) {
    let Some(window) = newest(profile).and_then(|newest| newest.checked_sub(OPEN * DAY)) else { return };
    profile.entities.iter_mut().for_each(|entity| entity.cells.seal_before(window));
}

/// Drops what is older than [`MEMORY`]. What was counted at times of which no profile knows anything is no history.
fn forget(profile: &mut Profile, history: &mut History) {
    let newest = newest(profile);
    let oldest = newest.and_then(|newest| newest.checked_sub(MEMORY * DAY));
    match newest {
        None => *history = History::default(),
        Some(newest) => {
            history.keep(i64::from(oldest.unwrap_or_default()) * WINDOW, i64::from(newest) * WINDOW)
        }
    }
    let Some(oldest) = oldest else { return };
    profile.entities.iter_mut().for_each(|entity| entity.forget_before(oldest));
    profile.entities.retain(|entity| !entity.cells.is_empty());
    profile.clusters.iter_mut().for_each(|(_, span)| span.forget_before(oldest));
    profile.objects.forget_before(oldest);
    profile.settle();
}

/// What one entity is called, for people.
pub fn title(profile: &Profile, entity: &Entity) -> (String, String) {
    let text = |name: Name| profile.names.text(name);
    let (name, network) = (text(entity.key.name), text(entity.key.network));
    let who = match (name, network) {
        ("", network) => network.to_owned(),
        (name, "") => name.to_owned(),
        (name, network) => format!("{name} from {network}"),
    };
    (text(entity.key.cluster).to_owned(), who)
}
