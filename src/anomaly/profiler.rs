//! Fills a profile, event by event. Each worker has one of its own.
//!
//! What an event means for the profile hangs on a few texts which repeat: the work of taking them apart is
//! done once for each combination, and an event that is like an earlier one costs one look-up and one addition.
//! What was added up goes into the profile when another window begins.

use super::action::{self, Action};
use super::class::Class;
use super::entity::{EntityKey, Kind};
use super::evidence::{Mark, Noted, Spot};
use super::memo::{Key, Memo};
use super::names::Name;
use super::normal::{self, Outcome, Share};
use super::profile::{DROPPED, EMPTY, Profile, window_of};
use super::shape::{Shape, ShapeKey};
use crate::event::{Event, Slot};
use crate::finding::Evidence;
use crate::redact::Redactor;
use std::hash::{BuildHasher, Hasher};

/// New combinations after which the total size is looked at.
const LOOK_EVERY: usize = 1 << 15;

#[derive(Debug)]
pub struct Profiler {
    profile: Profile,
    redactor: Redactor,
    memo: Memo<Known>,
    /// The window of all that has not gone into the profile yet, and what that is.
    window: u32,
    pending: Vec<u32>,
    last_cluster: Option<(Box<str>, u32)>,
    /// New combinations since the total size was looked at.
    learned: usize,
}

/// What is known of a combination of texts.
#[derive(Clone, Copy, Debug)]
struct Known {
    entity: u32,
    shape: u32,
    /// Time of the first request of this kind: of two the earlier is kept.
    first: i64,
    /// Time of the first sensitive request in this window.
    noted: i64,
    /// Requests in this window that count.
    count: u32,
    /// Counters that go up.
    bits: u16,
    is_pending: bool,
    secrets: bool,
    sensitive: bool,
    action: Name,
    namespace: Name,
}

/// One event on its way into the profile.
struct Incoming<'e, 'a> {
    event: &'e Event<'a>,
    time: i64,
    counts: bool,
    cluster: u32,
}

impl Profiler {
    pub fn new(profile: Profile, redactor: Redactor) -> Profiler {
        Profiler {
            profile,
            redactor,
            memo: Memo::default(),
            window: 0,
            pending: Vec::new(),
            last_cluster: None,
            learned: 0,
        }
    }

    pub fn finish(mut self) -> Profile {
        self.flush();
        self.profile
    }

    /// Adds an event. Without a time there is no window that it could belong to.
    #[inline]
    pub fn add(
        &mut self,
        event: &Event<'_>,
        time: Option<i64>,
        again: bool,
        evidence: impl Fn() -> Evidence,
    ) {
        let Some(share) = normal::share(event) else { return };
        let Some((time, window)) = time.and_then(|time| Some((time, window_of(time)?))) else { return };
        if self.window != window {
            self.flush();
            self.window = window;
        }
        if self.learned >= LOOK_EVERY {
            self.make_room();
        }
        let cluster = self.cluster(event.cluster().unwrap_or_default());
        let limits = self.profile.limits;
        self.profile.clusters[cluster as usize].1.add(window, limits);
        let counts = share == Share::Counts && !again;
        self.take(&Incoming { event, time, counts, cluster }, evidence);
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
    fn take(&mut self, incoming: &Incoming<'_, '_>, evidence: impl Fn() -> Evidence) {
        let key = Key::of(incoming.event, incoming.cluster);
        let (at, is_new) = match self.memo.find(&key) {
            (_, Some(at)) => (at, false),
            (hash, None) => match self.learn(incoming, &key, hash, &evidence()) {
                Some(at) => (at, true),
                None => return,
            },
        };
        let Some(known) = self.memo.get(at) else { return };
        known.count = known.count.saturating_add(u32::from(incoming.counts));
        if !known.is_pending {
            known.is_pending = true;
            self.pending.push(at);
        }
        if incoming.time <= known.first && !is_new {
            self.keep_first(at, incoming, &evidence());
        } else if known.secrets || known.sensitive && incoming.time <= known.noted {
            self.keep_sensitive(at, incoming, evidence);
        }
    }

    /// Keeps a pointer to the first request of its kind.
    #[cold]
    fn keep_first(&mut self, at: u32, incoming: &Incoming<'_, '_>, evidence: &Evidence) {
        let Profiler { profile, redactor, memo, .. } = self;
        let Some(known) = memo.get(at) else { return };
        let Profile { entities, names, .. } = profile;
        let entity = entities.get_mut(known.entity as usize);
        if let Some(shape) = entity.and_then(|entity| entity.shapes.get_mut(known.shape as usize)) {
            shape.mark.keep_first(Mark::of(incoming.event, incoming.time, evidence, *redactor, names));
            known.first = shape.mark.spot.time;
        }
        if known.sensitive {
            self.keep_sensitive(at, incoming, || evidence.clone());
        }
    }

    /// Keeps what is kept of each sensitive request.
    fn keep_sensitive(&mut self, at: u32, incoming: &Incoming<'_, '_>, evidence: impl Fn() -> Evidence) {
        let Profiler { profile, redactor, memo, window, .. } = self;
        let Some(known) = memo.get(at) else { return };
        let Some(entity) = profile.entities.get_mut(known.entity as usize) else { return };
        let Incoming { event, time, .. } = *incoming;
        if known.secrets {
            entity.cells.at(*window).add_secret(secret(event));
        }
        if time <= known.noted && time <= entity.noted_at(*window, profile.limits) {
            let Known { action, namespace, .. } = *known;
            let spot = Spot::of(event, time, &evidence(), *redactor);
            entity.note(Noted { window: *window, spot, action, namespace }, profile.limits);
        }
        known.noted = known.noted.min(time);
    }

    /// Brings what was added up into the profile.
    fn flush(&mut self) {
        for at in self.pending.drain(..) {
            let Some(known) = self.memo.get(at) else { continue };
            if let Some(entity) = self.profile.entities.get_mut(known.entity as usize) {
                entity.cells.at(self.window).add(known.bits, known.count);
                if let Some(shape) = entity.shapes.get_mut(known.shape as usize) {
                    shape.add(self.window, known.count);
                }
            }
            (known.is_pending, known.count, known.noted) = (false, 0, i64::MAX);
        }
    }

    #[cold]
    fn learn(
        &mut self,
        incoming: &Incoming<'_, '_>,
        key: &Key<'_>,
        hash: u64,
        evidence: &Evidence,
    ) -> Option<u32> {
        self.learned += 1;
        if self.memo.is_full() {
            self.forget();
        }
        let entity = self.entity(incoming)?;
        let kind = self.kind(incoming, key.outcome);
        let mut shape = self.shape(entity, kind, incoming, evidence);
        if self.profile.is_too_much(entity) {
            // Places move.
            self.forget();
            self.profile.fit_entity(entity);
            shape = self.shape(entity, kind, incoming, evidence);
        }
        let action = Action::parse(self.profile.names.text(kind.action));
        let bits = action.counters(kind.outcome);
        let secrets = action.reads_secrets() && kind.outcome == Outcome::Done;
        let known = Known {
            entity,
            shape,
            first: incoming.time,
            noted: i64::MAX,
            count: 0,
            bits,
            is_pending: false,
            secrets,
            sensitive: bits & action::SENSITIVE != 0 || secrets,
            action: kind.action,
            namespace: kind.namespace,
        };
        Some(self.memo.add(key, hash, known))
    }

    fn kind(&mut self, incoming: &Incoming<'_, '_>, outcome: Outcome) -> ShapeKey {
        let names = &mut self.profile.names;
        let event = incoming.event;
        let text = |slot| event.decoded(slot).unwrap_or_default();
        let address = event.source_ip().map(|ip| ip.decode()).unwrap_or_default();
        ShapeKey {
            action: names.number(&normal::action(event, normal::impersonates(event))),
            namespace: names.number(&normal::namespace(&text(Slot::Namespace))),
            network: names.number(&normal::network(&address)),
            agent: names.number(&normal::agent(&text(Slot::UserAgent))),
            outcome,
        }
    }

    /// The place of a kind of request, of which this is one.
    fn shape(&mut self, entity: u32, key: ShapeKey, incoming: &Incoming<'_, '_>, evidence: &Evidence) -> u32 {
        let Profiler { profile: Profile { entities, names, .. }, redactor, window, .. } = self;
        let Some(entity) = entities.get_mut(entity as usize) else { return u32::MAX };
        let key = entity.detail.project(key, DROPPED);
        let known = entity.find(key);
        if let Some(at) = known.filter(|at| entity.shapes[*at as usize].mark.spot.time < incoming.time) {
            return at;
        }
        let mark = Mark::of(incoming.event, incoming.time, evidence, *redactor, names);
        entity.add_shape(Shape { key, first: *window, last: *window, count: 0, mark })
    }

    fn entity(&mut self, incoming: &Incoming<'_, '_>) -> Option<u32> {
        let event = incoming.event;
        let user = normal::cut(event.decoded(Slot::Username).unwrap_or_default().into_owned());
        let class = Class::of(&user);
        let names = &mut self.profile.names;
        let network = match class {
            Class::Anonymous => {
                let address = event.source_ip().map(|ip| ip.decode()).unwrap_or_default();
                names.number(&normal::network(&address))
            }
            _ => EMPTY,
        };
        let key = EntityKey {
            cluster: self.profile.clusters[incoming.cluster as usize].0,
            kind: if user.is_empty() { Kind::Source } else { Kind::Principal },
            name: names.number(&user),
            network,
        };
        self.profile.entity(key, class)
    }

    fn forget(&mut self) {
        self.flush();
        self.memo.clear();
    }

    #[cold]
    fn make_room(&mut self) {
        self.learned = 0;
        if self.profile.is_overfull() {
            // All places and names move.
            self.forget();
            self.profile.settle();
            self.last_cluster = None;
        }
    }
}

/// Which secrets were read: one by name, or all of a namespace. The same in every run.
fn secret(event: &Event<'_>) -> u32 {
    let mut hasher = foldhash::quality::FixedState::default().build_hasher();
    for slot in [Slot::Namespace, Slot::Name] {
        hasher.write(event.raw(slot).unwrap_or_default());
        hasher.write_u8(0);
    }
    (hasher.finish() >> 32) as u32
}
