//! Requests followed over their records: which stand twice, which were never answered.
//!
//! That needs to know every request met so far, so memory bounds it: beyond [`LIMIT`] requests, only every
//! second one is followed, then every fourth, and so on, chosen by a hash of the auditID. A request that is
//! followed at the end was followed from the start, so what is said of it is exact whatever the order of the
//! input; the totals are then estimates, and [`Share`] says so.

use super::{AuditId, Fact, Stage};
use crate::finding::Evidence;
use hashbrown::HashMap;
use std::hash::{BuildHasher, Hasher};

/// Requests followed at once, at most: about 64 MB.
pub const LIMIT: usize = 1 << 19;

/// Unfinished requests that are named.
const SAMPLES: usize = 5;

/// One in `2^halvings` requests was followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub halvings: u32,
}

impl Share {
    pub fn is_all(self) -> bool {
        self.halvings == 0
    }

    /// One in so many.
    pub fn one_in(self) -> u64 {
        1 << self.halvings.min(63)
    }

    fn holds(self, id: AuditId) -> bool {
        self.is_all() || hash(id) >> (64 - self.halvings.min(63)) == 0
    }
}

/// Requests that were received, and of which no end is in the log.
#[derive(Clone, Debug, Default)]
pub struct Unfinished {
    pub count: u64,
    /// Of these, the ones whose answer had begun: a watch, an exec, a log that is followed.
    pub begun: u64,
    /// When the last one came in.
    pub last: Option<i64>,
    /// The first few of those that were never answered, else of the others; in the order of the input.
    pub samples: Vec<(Option<String>, Evidence)>,
}

/// What a record adds to what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    New,
    /// The same record as one met before.
    Twice,
    /// Another request under the auditID of an earlier one.
    Reused,
}

#[derive(Clone, Debug)]
struct Known {
    /// One bit for each stage met.
    stages: u8,
    received: Option<i64>,
    /// The first record.
    place: Evidence,
}

impl Known {
    fn has(&self, stage: Stage) -> bool {
        self.stages & bit(stage) != 0
    }

    fn is_unfinished(&self) -> bool {
        self.has(Stage::RequestReceived) && !self.has(Stage::ResponseComplete) && !self.has(Stage::Panic)
    }
}

fn bit(stage: Stage) -> u8 {
    1 << stage as u8
}

/// All requests of all clusters.
#[derive(Debug)]
pub struct Requests {
    known: HashMap<(u32, AuditId), Known, foldhash::fast::FixedState>,
    share: Share,
    limit: usize,
}

impl Default for Requests {
    fn default() -> Requests {
        Requests::with_limit(LIMIT)
    }
}

impl Requests {
    pub fn with_limit(limit: usize) -> Requests {
        Requests { known: HashMap::default(), share: Share::default(), limit: limit.max(1) }
    }

    pub fn share(&self) -> Share {
        self.share
    }

    /// Takes a record; answers for how many records it stands, and whether these are new.
    pub fn add(&mut self, cluster: u32, fact: &Fact, place: &Evidence) -> (u64, Seen) {
        let Some(id) = fact.id.filter(|id| self.share.holds(*id)) else { return (0, Seen::New) };
        let weight = self.share.one_in();
        if let Some(known) = self.known.get_mut(&(cluster, id)) {
            let is_new = !known.has(fact.stage);
            known.stages |= bit(fact.stage);
            let other = known.received.zip(fact.received).is_some_and(|(first, second)| first != second);
            return (
                weight,
                if is_new {
                    Seen::New
                } else if other {
                    Seen::Reused
                } else {
                    Seen::Twice
                },
            );
        }
        let known = Known { stages: bit(fact.stage), received: fact.received, place: place.clone() };
        self.known.insert((cluster, id), known);
        if self.known.len() > self.limit {
            self.halve();
        }
        (weight, Seen::New)
    }

    fn halve(&mut self) {
        // A client that chooses its auditIDs may choose those that are kept, so this may take several rounds.
        while self.known.len() > self.limit && self.share.halvings < 63 {
            self.share.halvings += 1;
            let share = self.share;
            self.known.retain(|(_, id), _| share.holds(*id));
        }
    }

    /// Requests of a cluster without an end.
    pub fn unfinished(&self, cluster: u32) -> Unfinished {
        let of_cluster = self.known.iter().filter(|((of, _), known)| *of == cluster && known.is_unfinished());
        let mut open: Vec<(&Evidence, AuditId, &Known)> =
            of_cluster.map(|((_, id), known)| (&known.place, *id, known)).collect();
        open.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        let begun = open.iter().filter(|(_, _, known)| known.has(Stage::ResponseStarted)).count() as u64;
        let never = begun < open.len() as u64;
        let named = open.iter().filter(|(_, _, known)| known.has(Stage::ResponseStarted) != never);
        Unfinished {
            count: open.len() as u64 * self.share.one_in(),
            begun: begun * self.share.one_in(),
            last: open.iter().filter_map(|(_, _, known)| known.received).max(),
            samples: named.take(SAMPLES).map(|(place, id, _)| (id.text(), (*place).clone())).collect(),
        }
    }
}

/// Spreads auditIDs that clients chose, too; the same in every run.
fn hash(id: AuditId) -> u64 {
    let mut hasher = foldhash::quality::FixedState::default().build_hasher();
    hasher.write_u128(id.value());
    hasher.finish()
}
