//! What a log holds and what it lacks: the inventory that an investigator wants first.
//!
//! Workers reduce each event to a [`Fact`]; everything here is built from facts, in the order of the input, in
//! bounded memory. Times are those at which records were *written* (`stageTimestamp`): a watch that ended
//! after ten minutes stands in the log where it ended, and a log that was not written then lacks it.

mod clock;
mod clusters;
mod fact;
mod file;
mod gap;
mod kept;
mod manifest;
mod origin;
pub mod policy;
mod requests;
mod rhythm;
mod rotation;

#[cfg(test)]
mod tests;

pub use clock::{Clock, FAR_AHEAD, JUMP};
pub use clusters::Clusters;
pub use fact::{AuditId, AuditLevel, Fact, Stage};
pub use file::FileFacts;
pub use gap::Gap;
pub use kept::{Kepts, Policies};
pub use manifest::{Difference, MANIFEST, Manifest, ManifestFile, Status};
pub use origin::{Amount, MOST, NATIVE, Nodes, Origin, Origins};
pub use policy::{Folded, Logged, Policy};
pub use requests::{Requests, Seen, Share, Unfinished};
pub use rhythm::Rhythm;
pub use rotation::rotated;

use crate::finding::Evidence;
use crate::tally::{Reason, Tally, TimeSpan};
use std::collections::BTreeMap;

/// How many events of each kind, and from when to when.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    pub stages: [u64; Stage::ALL.len()],
    pub levels: [u64; AuditLevel::ALL.len()],
    /// When requests came in, as everywhere in kaudit; not when records were written.
    pub span: TimeSpan,
    /// Events whose bodies the API server left out as too large.
    pub truncated: Reason,
    /// Events that are what stood before the cut in a record that broke off.
    pub cut: Reason,
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
        if fact.cut {
            self.cut.add(place.clone());
        }
    }

    /// Counts what [`Requests::add`] says of a record.
    pub fn see(&mut self, count: u64, seen: Seen) {
        match seen {
            Seen::Twice => self.twice += count,
            Seen::Reused => self.reused += count,
            Seen::New => {}
        }
    }

    pub fn events(&self) -> u64 {
        self.stages.iter().sum()
    }
}

/// What is known of one cluster.
///
/// Events count where their wrapper says that they come from. What cannot be told by event (bytes, bad records, the
/// order of records) counts with the file, and a file with the cluster that most of its events come from.
#[derive(Clone, Debug, Default)]
pub struct ClusterFacts {
    /// None where nothing tells it.
    pub name: Option<String>,
    pub files: usize,
    pub disk: u64,
    pub tally: Tally,
    pub kinds: Kinds,
    /// Events by outermost format.
    pub formats: BTreeMap<&'static str, u64>,
    pub nodes: Nodes,
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
    /// Whether wrappers named more clusters than are told apart.
    pub more_clusters: bool,
    /// The share of requests that duplicates and unfinished requests were looked for in.
    pub share: Share,
}

impl Inventory {
    /// Whether anything that may have held evidence could not be read.
    pub fn is_partial(&self) -> bool {
        self.files.iter().any(|file| file.trouble.is_some() || file.tally.lost() > 0)
    }

    /// Adds what the files hold to their clusters. A label that no log bears is none of a cluster.
    pub fn add_up(&mut self) {
        for file in self.files.iter().filter(|file| file.is_log()) {
            let found = self.clusters.binary_search_by(|cluster| cluster.name.cmp(&file.cluster));
            let Some(cluster) = found.ok().and_then(|at| self.clusters.get_mut(at)) else { continue };
            cluster.files += 1;
            cluster.disk += file.disk;
            cluster.clock += &file.clock;
            cluster.tally += file.tally.clone();
            cluster.tally.records = cluster.tally.records.saturating_sub(file.tally.events);
        }
        for cluster in &mut self.clusters {
            cluster.tally.events = cluster.kinds.events();
            cluster.tally.records += cluster.tally.events;
        }
        self.clusters.retain(|cluster| cluster.files > 0 || cluster.tally.events > 0);
    }
}
