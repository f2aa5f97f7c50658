//! What a log holds and what it lacks: the inventory that an investigator wants first.
//!
//! Workers reduce each event to a [`Fact`]; everything here is built from facts, in the order of the input, in
//! bounded memory. Times are those at which records were *written* (`stageTimestamp`): a watch that ended
//! after ten minutes stands in the log where it ended, and a log that was not written then lacks it.

mod clock;
mod fact;
mod gap;
mod manifest;
pub mod policy;
mod requests;
mod rhythm;
mod rotation;

#[cfg(test)]
mod tests;

pub use clock::{Clock, FAR_AHEAD, JUMP};
pub use fact::{AuditId, AuditLevel, Fact, Stage};
pub use gap::Gap;
pub use manifest::{Difference, MANIFEST, Manifest, ManifestFile, Status};
pub use policy::{Folded, Logged, Policy};
pub use requests::{Requests, Seen, Share, Unfinished};
pub use rhythm::Rhythm;
pub use rotation::rotated;

use crate::finding::Evidence;
use crate::tally::{Reason, Tally, TimeSpan};
use std::ops::AddAssign;

/// How many events of each kind, and from when to when.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    pub stages: [u64; Stage::ALL.len()],
    pub levels: [u64; AuditLevel::ALL.len()],
    /// When requests came in, as everywhere in kaudit; not when records were written.
    pub span: TimeSpan,
    /// Events whose bodies the API server left out as too large.
    pub truncated: Reason,
    /// Records that the log has already (same auditID, same stage, same time); an estimate when [`Share`] says so.
    pub twice: u64,
    /// Records of one more request that bears an auditID met before: clients may choose it.
    pub reused: u64,
}

impl Kinds {
    pub fn add(&mut self, fact: &Fact, place: &Evidence) {
        self.stages[fact.stage as usize] += 1;
        self.levels[fact.level as usize] += 1;
        fact.time().into_iter().for_each(|time| self.span.add(time));
        if fact.truncated {
            self.truncated.add(place.clone());
        }
    }
}

impl AddAssign<&Kinds> for Kinds {
    /// `other` comes later in the input.
    fn add_assign(&mut self, other: &Kinds) {
        self.stages.iter_mut().zip(other.stages).for_each(|(own, other)| *own += other);
        self.levels.iter_mut().zip(other.levels).for_each(|(own, other)| *own += other);
        self.span += other.span;
        self.truncated += other.truncated.clone();
        self.twice += other.twice;
        self.reused += other.reused;
    }
}

/// What is known of one file.
#[derive(Clone, Debug, Default)]
pub struct FileFacts {
    /// As the user named it, or as it was found below a directory.
    pub name: String,
    /// Index into [`Inventory::clusters`].
    pub cluster: usize,
    pub compression: String,
    /// Bytes as they stand on disk.
    pub disk: u64,
    /// Counts, and [`Tally::bytes`] of content after decompression.
    pub tally: Tally,
    pub kinds: Kinds,
    pub clock: Clock,
    /// Why reading ended early, if it did.
    pub trouble: Option<String>,
    /// Of the bytes on disk, in hex; none where they could not be read to the end, or come from a pipe.
    pub sha256: Option<String>,
}

impl FileFacts {
    /// What the content is. One function, so that it can ask for the envelope once there are several.
    pub fn format(&self) -> &'static str {
        match (self.tally.events, self.tally.records) {
            (1.., _) => "audit.k8s.io JSON lines",
            (0, 0) => "empty",
            _ => "unknown",
        }
    }
}

/// What is known of one cluster: of all its files together.
#[derive(Clone, Debug, Default)]
pub struct ClusterFacts {
    /// Label of the cluster, where the input gave one.
    pub name: Option<String>,
    pub files: usize,
    pub disk: u64,
    pub tally: Tally,
    pub kinds: Kinds,
    pub clock: Clock,
    /// In the order of time. `None` when there are too few events to know a rhythm.
    pub gaps: Option<Vec<Gap>>,
    pub unfinished: Unfinished,
    pub policy: Policy,
}

/// Everything that `kaudit check` knows.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// In the order of reading: [`Evidence::file`] is an index into it.
    pub files: Vec<FileFacts>,
    /// By name.
    pub clusters: Vec<ClusterFacts>,
    /// The share of requests that duplicates and unfinished requests were looked for in.
    pub share: Share,
}

impl Inventory {
    /// Whether anything that may have held evidence could not be read.
    pub fn is_partial(&self) -> bool {
        self.files.iter().any(|file| file.trouble.is_some() || file.tally.lost() > 0)
    }

    /// Adds up what the files of each cluster hold.
    pub fn add_up(&mut self) {
        for file in &self.files {
            let Some(cluster) = self.clusters.get_mut(file.cluster) else { continue };
            cluster.files += 1;
            cluster.disk += file.disk;
            cluster.tally += file.tally.clone();
            cluster.kinds += &file.kinds;
            cluster.clock += &file.clock;
        }
    }
}
