//! Events that stand in the input more than once: two copies of a file, exports that overlap, a log and a
//! webhook that tell the same. Each counts once.

use crate::envelope::Lacks;
use crate::event::{ByHalf, Event, Like, Slot};
use crate::finding::Sighting;
use crate::input::Source;
use crate::tally::Twice;
use crate::time::MINUTE;
use hashbrown::{HashMap, HashSet, HashTable};
use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Events that are remembered, at most: 16 to 40 bytes each.
const LIMIT: u64 = 1 << 23;
const SHARDS: usize = 64;
/// So many of them share the events of one time.
const SPREAD: usize = 8;
/// Bytes of an event on disk, plain and compressed; rather too few.
const PLAIN: u64 = 512;
const COMPRESSED: u64 = 64;
const ENDINGS: [&str; 8] = [".gz", ".tgz", ".zst", ".zstd", ".bz2", ".xz", ".lz4", ".zip"];

/// An event that was met.
struct Known {
    print: u64,
    /// How it was told when it was first met.
    way: u32,
    /// The piece that holds the earliest copy met so far, by number in [`Once::pieces`].
    piece: u32,
}

type Table = HashTable<Known>;

/// Fingerprints by time. Copies bear the same time, and a log tells one thing after the other: the table that is needed is
/// small, and at hand.
#[derive(Default)]
struct Shard {
    /// By when, in units of [`SPAN`].
    spans: HashMap<i64, Table, foldhash::fast::RandomState>,
    /// Bytes of memory, about.
    weight: u64,
}

/// What a table takes by itself, and with each fingerprint, in bytes.
const TABLE: u64 = 128;
const PRINT: u64 = 30;
/// So long is the time that shares a table, in microseconds.
const SPAN: i64 = 30 * MINUTE;

/// The fingerprints of all events met so far, shared by all workers. Which of two copies is met first hangs on the
/// workers, and must not show in what comes out:
///
/// - Of copies that are told the same way the first one met counts, in whatever is counted; that hangs on what tells
///   ways apart alone. An event that is told in several ways counts once in each.
/// - Whatever else is said of an event is said of the copy that comes first in the input. A copy that is met late but
///   stands earlier is told of too, and takes the place of the other in the order of the input, by its fingerprint.
///
/// Of an input that may hold more events than are remembered, only a share is followed, chosen by auditID:
/// the number of copies is then an estimate.
pub struct Once {
    seed: foldhash::quality::RandomState,
    shards: Box<[Mutex<Shard>]>,
    /// All pieces that were begun: file, and offset in it.
    pieces: Mutex<Vec<(u32, u64)>>,
    /// One in `2^halvings` events is followed.
    halvings: u32,
}

/// Whether an event was met before.
#[derive(Clone, Copy, Debug)]
pub struct Met {
    /// For how many events that were met before this one stands.
    pub twice: Option<Twice>,
    /// Told the same way, too: in the same cluster, with the same fields. Copies of a file in two directories are two
    /// clusters until somebody says otherwise.
    pub again: bool,
    /// Of all such copies met so far this is the first in the input.
    pub leads: bool,
    /// The same for all copies that are told the same way; none for an event that is not followed.
    pub print: Option<Print>,
}

/// Of an event, told in one way.
pub type Print = u64;

impl Met {
    /// An event of which no copy is known.
    pub const ALONE: Met = Met { twice: None, again: false, leads: true, print: None };

    /// The fingerprint of copies that were met before, and are now to be left out where they come in the input.
    pub fn replaced(self) -> Option<Print> {
        self.print.filter(|_| self.again && self.leads)
    }
}

impl Once {
    pub fn new(sources: &[Source]) -> Once {
        let events: u64 = sources.iter().map(events_at_most).sum();
        let shares = events.div_ceil(LIMIT).max(1);
        Once {
            // Nobody can choose an auditID that hides another event behind it.
            seed: foldhash::quality::RandomState::default(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            pieces: Mutex::default(),
            halvings: shares.next_power_of_two().trailing_zeros(),
        }
    }

    /// The number of a piece that a worker begins to read.
    fn begin(&self, file: u32, offset: u64) -> u32 {
        let mut pieces = self.pieces();
        pieces.push((file, offset));
        pieces.len() as u32 - 1
    }

    /// Whether the event belongs to the share that is followed: the same one in every run, other than fingerprints.
    #[inline]
    fn follows(&self, id: &[u8]) -> bool {
        let fixed = || foldhash::quality::FixedState::default().hash_one(Some(id));
        self.halvings == 0 || fixed().trailing_zeros() >= self.halvings
    }

    /// How the event was first met, if it was.
    #[inline]
    fn add(&self, span: i64, new: Known) -> Option<First> {
        let Known { print, piece, .. } = new;
        // Events of one time lie in several shards, so that workers seldom wait for each other.
        let shard =
            &self.shards[((span as usize).wrapping_mul(SPREAD) % SHARDS) ^ ((print >> 58) as usize % SPREAD)];
        let Shard { spans, weight } = &mut *shard.lock().unwrap_or_else(PoisonError::into_inner);
        // Hostile input may hold far more events than its size lets expect.
        let is_full = *weight * (SHARDS as u64) >= 4 * LIMIT * PRINT;
        let all = match spans.get_mut(&span) {
            Some(all) => all,
            None if is_full => return None,
            None => {
                *weight += TABLE;
                spans.entry(span).or_default()
            }
        };
        if let Some(known) = all.find_mut(print, |known| known.print == print) {
            let leads = known.piece != piece && self.is_before(piece, known.piece);
            if leads {
                known.piece = piece;
            }
            return Some(First { way: known.way, leads });
        }
        if !is_full {
            *weight += PRINT;
            all.insert_unique(print, new, |known| known.print);
        }
        None
    }

    /// Whether a piece stands before another in the input.
    fn is_before(&self, one: u32, other: u32) -> bool {
        let pieces = self.pieces();
        pieces.get(one as usize) < pieces.get(other as usize)
    }

    #[inline]
    fn hash<const N: usize, const T: usize>(&self, numbers: [u64; N], texts: [Option<&[u8]>; T]) -> u64 {
        let mut hasher = self.seed.build_hasher();
        numbers.into_iter().for_each(|number| hasher.write_u64(number));
        for text in texts {
            // Tells where one text ends and the next begins, and an empty one from none.
            hasher.write_u32(text.map_or(0, |text| text.len() as u32 + 1));
            hasher.write(text.unwrap_or_default());
        }
        hasher.finish()
    }

    /// In which way an event is told, by what it shares with those that are alike, and what not.
    fn way(&self, kind: u64, lacks: Lacks, has_message: bool) -> u32 {
        self.hash([kind, lacks.named(), has_message.into()], []) as u32
    }

    fn pieces(&self) -> MutexGuard<'_, Vec<(u32, u64)>> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Told in the order of the input: the fingerprints of events of which all that comes later is left out.
#[derive(Default)]
pub struct Told(HashSet<Print, foldhash::fast::RandomState>);

impl Told {
    /// Whether something that is said of an event is to stand.
    #[inline]
    pub fn stands(&self, print: Option<Print>) -> bool {
        self.0.is_empty() || print.is_none_or(|print| !self.0.contains(&print))
    }

    /// What the events of a piece [replace](Met::replaced), when all is taken that is said of them.
    pub fn add(&mut self, prints: Vec<Print>) {
        self.0.extend(prints);
    }
}

/// Looks events up among all that were met. Each worker has one of its own.
pub struct Copies<'o> {
    once: &'o Once,
    /// Of the piece that is read.
    piece: u32,
    /// Of events that are alike.
    kinds: ByHalf<Prints>,
}

/// Of all that events share which are alike: of what belongs to their fingerprints, and of what tells ways apart.
#[derive(Clone, Copy)]
struct Prints {
    print: u64,
    way: u64,
    /// The whole way of those that lack nothing, without a message and with one: that of nearly all.
    usual: [u32; 2],
}

impl<'o> Copies<'o> {
    pub fn new(once: &'o Once) -> Copies<'o> {
        Copies { once, piece: 0, kinds: ByHalf::default() }
    }

    /// What comes next stands in the piece that begins here.
    pub fn begin(&mut self, file: u32, offset: u64) {
        self.piece = self.once.begin(file, offset);
    }

    /// Whether an event was met before.
    #[inline]
    pub fn met(&mut self, event: &Event<'_>, like: Option<Like>, lacks: Lacks, time: Option<i64>) -> Met {
        let Copies { once, piece, .. } = *self;
        // Of an event that has no auditID, nobody knows whether it is another's copy.
        let Some(id) = event.raw(Slot::AuditId).filter(|id| !id.is_empty()) else { return Met::ALONE };
        if !once.follows(id) {
            return Met::ALONE;
        }
        let kind = match like {
            Some(like) => self.kinds.get_or_make(like, like.both, || Prints::of(once, event)),
            None => Prints::of(once, event),
        };
        let own =
            [Some(id), event.raw(Slot::Received), event.raw(Slot::StageTime), event.raw(Slot::RequestUri)];
        let print = once.hash([kind.print], own);
        let has_message = event.has(Slot::Message);
        let way = match lacks.is_empty() {
            true => kind.usual[usize::from(has_message)],
            false => once.way(kind.way, lacks, has_message),
        };
        let span = time.map_or(i64::MIN, |time| time.div_euclid(SPAN));
        let Some(first) = once.add(span, Known { print, way, piece }) else {
            return Met { print: Some(print), ..Met::ALONE };
        };
        self.met_before(first, (span, way), print)
    }

    /// The same for one that was met, perhaps told in another way.
    #[cold]
    fn met_before(&self, first: First, (span, way): (i64, u32), print: Print) -> Met {
        let Copies { once, piece, .. } = *self;
        let twice = Some(Twice { count: 1 << once.halvings, is_estimate: once.halvings > 0 });
        if first.way == way {
            return Met { twice, again: true, leads: first.leads, print: Some(print) };
        }
        let print = once.hash([print, way.into()], []);
        let own = once.add(span, Known { print, way, piece });
        Met { twice, again: own.is_some(), leads: own.is_none_or(|first| first.leads), print: Some(print) }
    }
}

impl Prints {
    fn of(once: &Once, event: &Event<'_>) -> Prints {
        const WHAT: [Slot; 5] =
            [Slot::Username, Slot::ImpersonatedUsername, Slot::Verb, Slot::Stage, Slot::Code];
        const HOW: [Slot; 5] =
            [Slot::Level, Slot::ApiGroup, Slot::Resource, Slot::Subresource, Slot::Namespace];
        let from = [event.cluster().map(str::as_bytes), event.source_ip().map(|address| address.raw())];
        let print = once.hash([], WHAT.map(|slot| event.raw(slot)));
        let way = once.hash([once.hash([], from)], HOW.map(|slot| event.raw(slot)));
        let usual = [false, true].map(|has_message| once.way(way, Lacks::NOTHING, has_message));
        Prints { print, way, usual }
    }
}

/// How an event was met first.
struct First {
    way: u32,
    /// The one that is met now stands before all others.
    leads: bool,
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
            let (mut decoder, mut copies) = (Decoder::default(), Copies::new(&once));
            let mut met = |at: usize| {
                let record = format!(r#"{{"verb":"get","auditID":"{}","stage":"Panic"}}"#, at % 500);
                let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
                copies.met(&event, None, Lacks::NOTHING, event.time()).twice.map_or(0, |twice| twice.count)
            };
            (0..1000).map(&mut met).collect::<Vec<_>>()
        };
        let first = counted();
        assert_eq!(first, counted());
        assert!(first[..500].iter().all(|count| *count == 0));
        assert!((250..750).contains(&first.iter().sum::<u64>()));
    }
}
