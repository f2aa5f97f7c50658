//! Fills a profile, event by event. Each worker has one of its own.
//!
//! What an event means for the profile hangs on a few texts which repeat: the work of taking them apart is
//! done once for each combination, and an event that is like an earlier one costs one look-up.

use super::action::{self, Action};
use super::cell::Counter;
use super::class::Class;
use super::evidence::Sample;
use super::normal::{self, Outcome, Share};
use super::profile::{DROPPED, EMPTY, EntityKey, Kind, Profile, window_of};
use super::shape::{Detail, Shape, ShapeKey};
use crate::event::{Event, Slot};
use crate::finding::Evidence;
use crate::redact::Redactor;
use hashbrown::HashMap;
use std::hash::{BuildHasher, Hasher};

type Hashing = foldhash::fast::RandomState;

/// Combinations remembered. Beyond that the memory starts anew.
const MAX_KNOWN: usize = 1 << 16;
/// Combinations longer than this are taken apart each time.
const MAX_KEY: usize = 1024;
/// New combinations after which the total size is looked at.
const LOOK_EVERY: usize = 1 << 15;

/// The texts that decide what an event means.
const TEXTS: [Slot; 9] = [
    Slot::Username,
    Slot::ImpersonatedUsername,
    Slot::UserAgent,
    Slot::Verb,
    Slot::Resource,
    Slot::Subresource,
    Slot::ApiGroup,
    Slot::Namespace,
    Slot::Code,
];

#[derive(Debug)]
pub struct Profiler {
    profile: Profile,
    redactor: Redactor,
    known: HashMap<Box<[u8]>, Known, Hashing>,
    key: Vec<u8>,
    /// The cell that each entity was last seen in.
    last_cells: Vec<u32>,
    last_cluster: Option<(Box<str>, u32)>,
    /// New combinations since the total size was looked at.
    learned: usize,
}

/// What is known of a combination of texts.
#[derive(Clone, Copy, Debug)]
struct Known {
    entity: u32,
    shape: u32,
    /// Counters that go up.
    bits: u16,
    secrets: bool,
    sensitive: bool,
    /// Hashes of the namespace and the action, the same in every run.
    namespace: u32,
    action: u32,
}

/// One event on its way into the profile.
struct Incoming<'e, 'a> {
    event: &'e Event<'a>,
    time: i64,
    window: u32,
    evidence: Evidence,
    counts: bool,
    cluster: u32,
}

impl Profiler {
    pub fn new(profile: Profile, redactor: Redactor) -> Profiler {
        Profiler {
            profile,
            redactor,
            known: HashMap::default(),
            key: Vec::new(),
            last_cells: Vec::new(),
            last_cluster: None,
            learned: 0,
        }
    }

    pub fn finish(self) -> Profile {
        self.profile
    }

    /// Adds an event. Without a time there is no window that it could belong to.
    #[inline]
    pub fn add(
        &mut self,
        event: &Event<'_>,
        time: Option<i64>,
        again: bool,
        evidence: impl FnOnce() -> Evidence,
    ) {
        let Some(share) = normal::share(event) else { return };
        let Some((time, window)) = time.and_then(|time| Some((time, window_of(time)?))) else { return };
        if self.learned >= LOOK_EVERY {
            self.make_room();
        }
        let cluster = self.cluster(event.cluster().unwrap_or_default());
        let limits = self.profile.limits;
        self.profile.clusters[cluster as usize].1.add(window, limits);
        let counts = share == Share::Counts && !again;
        self.take(Incoming { event, time, window, evidence: evidence(), counts, cluster });
    }

    #[inline]
    fn cluster(&mut self, name: &str) -> u32 {
        match &self.last_cluster {
            Some((last, place)) if **last == *name => *place,
            _ => {
                let place = self.profile.cluster(name);
                self.last_cluster = Some((name.into(), place));
                place
            }
        }
    }

    #[inline]
    fn take(&mut self, incoming: Incoming<'_, '_>) {
        self.write_key(&incoming);
        let known = match self.known.get(self.key.as_slice()) {
            Some(known) => *known,
            None => match self.learn(&incoming) {
                Some(known) => known,
                None => return,
            },
        };
        self.count(known, incoming);
    }

    fn write_key(&mut self, incoming: &Incoming<'_, '_>) {
        let key = &mut self.key;
        key.clear();
        key.extend(incoming.cluster.to_le_bytes());
        for slot in TEXTS {
            let text = incoming.event.raw(slot).unwrap_or_default();
            key.extend((text.len() as u32).to_le_bytes());
            key.extend(text);
        }
        let address = incoming.event.source_ip().map(|address| address.raw()).unwrap_or_default();
        key.extend((address.len() as u32).to_le_bytes());
        key.extend(address);
        if !incoming.event.has(Slot::Resource) {
            let uri = incoming.event.raw(Slot::RequestUri).unwrap_or_default();
            key.extend(uri.split(|&byte| byte == b'?').next().unwrap_or_default());
        } else if incoming.event.raw(Slot::Code) == Some(b"403") {
            key.push(u8::from(normal::impersonates(incoming.event)));
        }
    }

    #[cold]
    fn learn(&mut self, incoming: &Incoming<'_, '_>) -> Option<Known> {
        self.learned += 1;
        let entity = self.entity(incoming)?;
        let names = &mut self.profile.names;
        let event = incoming.event;
        let text = |slot| event.decoded(slot).unwrap_or_default();
        let action = normal::action(event, normal::impersonates(event));
        let namespace = normal::namespace(&text(Slot::Namespace));
        let address = event.source_ip().map(|ip| ip.decode()).unwrap_or_default();
        let (near, wide) = normal::networks(&address);
        let key = ShapeKey {
            action: names.number(&action),
            namespace: names.number(&namespace),
            network: names.number(&near),
            wide: names.number(&wide),
            agent: names.number(&normal::agent(&text(Slot::UserAgent))),
            outcome: Outcome::of(event.code()),
        };
        let mut shape = self.shape(entity, key, incoming);
        if self.profile.fit_entity(entity) {
            // Places have moved.
            self.known.clear();
            shape = self.shape(entity, key, incoming);
        }
        let parsed = Action::parse(&action);
        let bits = parsed.counters(key.outcome);
        let secrets = parsed.reads_secrets() && key.outcome == Outcome::Done;
        let known = Known {
            entity,
            shape,
            bits,
            secrets,
            sensitive: bits & action::SENSITIVE != 0 || secrets,
            namespace: (stable(&[namespace.as_bytes()]) >> 32) as u32,
            action: (stable(&[action.as_bytes()]) >> 32) as u32,
        };
        self.remember(known);
        Some(known)
    }

    fn remember(&mut self, known: Known) {
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        if self.key.len() <= MAX_KEY {
            self.known.insert(self.key.as_slice().into(), known);
        }
    }

    fn entity(&mut self, incoming: &Incoming<'_, '_>) -> Option<u32> {
        let event = incoming.event;
        let user = normal::cut(event.decoded(Slot::Username).unwrap_or_default().into_owned());
        let class = Class::of(&user);
        let names = &mut self.profile.names;
        let network = match class {
            Class::Anonymous => {
                let address = event.source_ip().map(|ip| ip.decode()).unwrap_or_default();
                names.number(&normal::networks(&address).0)
            }
            _ => EMPTY,
        };
        let key = EntityKey {
            cluster: self.profile.clusters[incoming.cluster as usize].0,
            kind: if user.is_empty() { Kind::Source } else { Kind::Principal },
            name: names.number(&user),
            network,
        };
        let place = self.profile.entity(key, class)?;
        if self.last_cells.len() <= place as usize {
            self.last_cells.resize(place as usize + 1, u32::MAX);
        }
        Some(place)
    }

    #[cold]
    fn make_room(&mut self) {
        self.learned = 0;
        if !self.profile.is_overfull() {
            return;
        }
        // All places move.
        self.profile.settle();
        self.known.clear();
        self.last_cells.clear();
        self.last_cells.resize(self.profile.entities.len(), u32::MAX);
        self.last_cluster = None;
    }

    fn shape(&mut self, entity: u32, key: ShapeKey, incoming: &Incoming<'_, '_>) -> u32 {
        let redactor = self.redactor;
        let entity = &mut self.profile.entities[entity as usize];
        let key = entity.detail.project(key, DROPPED);
        entity.shape(key, || Shape {
            key,
            first: incoming.window,
            last: incoming.window,
            count: 0,
            sample: Sample::of(incoming.event, incoming.time, incoming.evidence.clone(), redactor),
        })
    }

    #[inline]
    fn count(&mut self, known: Known, incoming: Incoming<'_, '_>) {
        let Incoming { event, time, window, evidence, counts, .. } = incoming;
        let limits = self.profile.limits;
        let entity = &mut self.profile.entities[known.entity as usize];
        let Some(last) = self.last_cells.get_mut(known.entity as usize) else { return };
        let is_whole = entity.detail == Detail::All;
        let Some(shape) = entity.shapes.get_mut(known.shape as usize) else { return };
        // Whatever one shape stands for has been noted already if it was met in this window.
        let is_noted = is_whole && shape.last == window && shape.count > 0;
        shape.first = shape.first.min(window);
        shape.last = shape.last.max(window);
        shape.count += u64::from(counts);
        if shape.sample.yields_to(time, event) {
            shape.sample.keep_first(Sample::of(event, time, evidence.clone(), self.redactor));
        }
        let Some(cell) = entity.cell(window, last) else { return };
        if !is_noted {
            cell.add_distinct(Counter::Namespaces, u64::from(known.namespace) << 32);
            cell.add_distinct(Counter::Actions, u64::from(known.action) << 32);
        }
        if counts {
            cell.add(known.bits);
        }
        if known.secrets {
            cell.add_distinct(Counter::Secrets, secret(event));
        }
        if known.sensitive && cell.sensitive.as_ref().is_none_or(|sample| sample.yields_to(time, event)) {
            cell.keep_first(Sample::of(event, time, evidence, self.redactor));
        }
        if entity.cells.len() > 2 * limits.windows {
            entity.forget(limits);
            *last = u32::MAX;
        }
    }
}

/// Which secrets were read: one by name, or all of a namespace.
fn secret(event: &Event<'_>) -> u64 {
    let part = |slot| event.raw(slot).unwrap_or_default();
    stable(&[part(Slot::Namespace), part(Slot::Name)])
}

/// A hash that is the same in every run.
fn stable(parts: &[&[u8]]) -> u64 {
    let mut hasher = foldhash::quality::FixedState::default().build_hasher();
    for part in parts {
        hasher.write(part);
        hasher.write_u8(0);
    }
    hasher.finish()
}
