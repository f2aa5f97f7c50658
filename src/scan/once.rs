//! Events that stand in the input more than once: two copies of a file, exports that overlap, a log and a
//! webhook that tell the same. Each counts once.

use crate::event::{Event, Slot};
use crate::finding::Sighting;
use crate::input::Source;
use crate::tally::Twice;
use crate::time::MINUTE;
use hashbrown::{HashMap, HashSet, HashTable};
use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Mutex, PoisonError};

/// Events that are remembered, at most: 16 to 40 bytes each.
const LIMIT: u64 = 1 << 23;
const SHARDS: usize = 64;
/// So many of them share the events of one time.
const SPREAD: usize = 8;
/// Bytes of an event on disk, plain and compressed; rather too few.
const PLAIN: u64 = 512;
const COMPRESSED: u64 = 64;
const ENDINGS: [&str; 8] = [".gz", ".tgz", ".zst", ".zstd", ".bz2", ".xz", ".lz4", ".zip"];

/// Fingerprints, and the cluster that each was first met in.
type Prints = HashTable<(u64, u32)>;

/// Fingerprints by time. Copies bear the same time, and a log tells one thing after the other: the table that is needed is
/// small, and at hand.
#[derive(Default)]
struct Shard {
    /// By when, in units of [`SPAN`].
    spans: HashMap<i64, Prints, foldhash::fast::RandomState>,
    /// Bytes of memory, about.
    weight: u64,
}

/// What a table takes by itself, and with each fingerprint, in bytes.
const TABLE: u64 = 128;
const PRINT: u64 = 30;
/// So long is the time that shares a table, in microseconds.
const SPAN: i64 = 5 * MINUTE;

/// The fingerprints of all events met so far, shared by all workers. Which of two copies comes first hangs on the
/// workers; copies are alike in all that goes into the fingerprint, so it does not matter.
///
/// Of an input that may hold more events than are remembered, only a share is followed, chosen by auditID:
/// the number of copies is then an estimate.
pub struct Once {
    seed: foldhash::quality::RandomState,
    shards: Box<[Mutex<Shard>]>,
    /// One in `2^halvings` events is followed.
    halvings: u32,
}

/// Whether an event was met before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Met {
    /// For how many events that were met before this one stands.
    pub twice: Option<Twice>,
    /// In the same cluster, too: copies of a file in two directories are two clusters until somebody says otherwise.
    pub in_cluster: bool,
}

impl Once {
    pub fn new(sources: &[Source]) -> Once {
        let events: u64 = sources.iter().map(events_at_most).sum();
        let shares = events.div_ceil(LIMIT).max(1);
        Once {
            // Nobody can choose an auditID that hides another event behind it.
            seed: foldhash::quality::RandomState::default(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            halvings: shares.next_power_of_two().trailing_zeros(),
        }
    }

    /// Whether the event was met before.
    #[inline]
    pub fn met(&self, event: &Event<'_>, time: Option<i64>) -> Met {
        let Some(print) = self.print(event) else { return Met::default() };
        if !self.follows(event) {
            return Met::default();
        }
        let cluster = self.seed.hash_one(event.cluster()) as u32;
        let span = time.map_or(i64::MIN, |time| time.div_euclid(SPAN));
        let Some(first) = self.add(span, print, cluster) else { return Met::default() };
        // In each cluster the first copy is the one that counts there, whichever came first of all.
        let in_cluster =
            first == cluster || self.add(span, self.seed.hash_one((print, cluster)), cluster).is_some();
        Met { twice: Some(Twice { count: 1 << self.halvings, is_estimate: self.halvings > 0 }), in_cluster }
    }

    /// Whether the event belongs to the share that is followed: the same one in every run, other than fingerprints.
    #[inline]
    fn follows(&self, event: &Event<'_>) -> bool {
        let fixed = || foldhash::quality::FixedState::default().hash_one(event.raw(Slot::AuditId));
        self.halvings == 0 || fixed().trailing_zeros() >= self.halvings
    }

    /// Of an event that has no auditID, nobody knows whether it is another's copy.
    #[inline]
    fn print(&self, event: &Event<'_>) -> Option<u64> {
        const WHICH: [Slot; 8] = [
            Slot::AuditId,
            Slot::Stage,
            Slot::Received,
            Slot::StageTime,
            Slot::Verb,
            Slot::RequestUri,
            Slot::Username,
            Slot::Code,
        ];
        event.raw(Slot::AuditId).filter(|id| !id.is_empty())?;
        let mut hasher = self.seed.build_hasher();
        for slot in WHICH {
            let text = event.raw(slot);
            // Tells where one text ends and the next begins, and an empty one from none.
            hasher.write_u32(text.map_or(0, |text| text.len() as u32 + 1));
            hasher.write(text.unwrap_or_default());
        }
        Some(hasher.finish())
    }

    /// The cluster that the fingerprint was met in, if it was.
    #[inline]
    fn add(&self, span: i64, print: u64, cluster: u32) -> Option<u32> {
        // Events of one time lie in several shards, so that workers seldom wait for each other.
        let shard =
            &self.shards[((span as usize).wrapping_mul(SPREAD) % SHARDS) ^ ((print >> 58) as usize % SPREAD)];
        let Shard { spans, weight } = &mut *shard.lock().unwrap_or_else(PoisonError::into_inner);
        // Hostile input may hold far more events than its size lets expect.
        let is_full = *weight * (SHARDS as u64) >= 4 * LIMIT * PRINT;
        let known = match spans.get_mut(&span) {
            Some(known) => known,
            None if is_full => return None,
            None => {
                *weight += TABLE;
                spans.entry(span).or_default()
            }
        };
        if let Some((_, first)) = known.find(print, |(other, _)| *other == print) {
            return Some(*first);
        }
        if !is_full {
            *weight += PRINT;
            known.insert_unique(print, (print, cluster), |(print, _)| *print);
        }
        None
    }
}

fn events_at_most(source: &Source) -> u64 {
    let compressed = ENDINGS.iter().any(|ending| source.name.ends_with(ending));
    source.size.unwrap_or_default() / if compressed { COMPRESSED } else { PLAIN }
}

/// The hits of a hunt, of which the latest million are remembered.
#[derive(Default)]
pub struct Recent {
    seed: foldhash::quality::RandomState,
    known: HashSet<u64, foldhash::fast::RandomState>,
    order: VecDeque<u64>,
}

const RECENT: usize = 1 << 20;

impl Recent {
    /// Whether the same record was not met before.
    pub fn is_new(&mut self, seen: &Sighting) -> bool {
        let Some(id) = seen.audit_id.as_deref().filter(|id| !id.is_empty()) else { return true };
        let who = (&seen.principal, &seen.user, &seen.source_ip);
        let what = (&seen.stage, seen.time, &seen.verb, &seen.uri, seen.code);
        let print = self.seed.hash_one((id, who, what));
        if !self.known.insert(print) {
            return false;
        }
        self.order.push_back(print);
        if self.order.len() > RECENT
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Decoder;

    #[test]
    fn the_same_share_is_followed_in_every_run() {
        let counted = || {
            let once = Once { halvings: 2, ..Once::new(&[]) };
            let mut decoder = Decoder::default();
            let met = |at: usize| {
                let record = format!(r#"{{"verb":"get","auditID":"{}","stage":"Panic"}}"#, at % 500);
                let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
                once.met(&event, event.time()).twice.map_or(0, |twice| twice.count)
            };
            (0..1000).map(met).collect::<Vec<_>>()
        };
        let first = counted();
        assert_eq!(first, counted());
        assert!(first[..500].iter().all(|count| *count == 0));
        assert!((250..750).contains(&first.iter().sum::<u64>()));
    }
}
