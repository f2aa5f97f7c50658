//! Fills a profile, event by event. Each worker has one of its own.
//!
//! What an event means for the profile hangs on a few texts which repeat, in two halves (who asks, and what for):
//! the work of taking a half apart is done once, and an event that is like an earlier one costs a look-up of each
//! half, one of both together, and one addition. What was added up goes into the profile when another window begins.

use super::entity::EntityKey;
use super::evidence::{Mark, Noted, Spot, Whence};
use super::names::Name;
use super::normal::{self, Share};
use super::objects::{ObjectKey, Writer};
use super::origin;
use super::profile::{Profile, window_of};
use super::request::{Caller, Deed, Keys, keys};
use super::value::{DIMS, Dim, ValueKey, resource_of};
use crate::event::memo::Memo;
use crate::event::{ByHalf, Event, Like, Slot};
use crate::finding::Evidence;
use crate::redact::Redactor;
use hashbrown::HashMap;
use std::hash::{BuildHasher, Hasher};

/// New kinds of requests after which the total size is looked at.
const LOOK_EVERY: usize = 1 << 15;
/// Callers and deeds remembered, and bytes of their texts. Beyond that the memory starts anew.
const HALVES: usize = 1 << 16;
const HALVES_BYTES: usize = 16 << 20;
/// Kinds of requests remembered. Beyond that the memory starts anew.
const MOST: usize = 1 << 17;

#[derive(Debug)]
pub struct Profiler {
    profile: Profile,
    redactor: Redactor,
    callers: Memo<Caller, 3>,
    deeds: Memo<Deed, 6>,
    alike: ByHalf<Alike>,
    /// Caller and deed together.
    kinds: HashMap<(u32, u32), u32, foldhash::fast::RandomState>,
    known: Vec<Known>,
    /// What each of `known` means.
    meanings: Vec<Meaning>,
    /// The window of all that has not gone into the profile yet, and what that is.
    window: u32,
    pending: Vec<u32>,
    last_cluster: Option<(Box<str>, u32)>,
    /// New kinds since the total size was looked at.
    learned: usize,
}

/// What is known of events that are alike.
#[derive(Clone, Copy, Debug)]
enum Alike {
    /// A later stage of the same request tells more.
    Nothing,
    /// One of `known`. That an impersonation was refused shows in the message alone: of what is refused, those are not
    /// meant.
    Known { at: u32, share: Share, is_refused: bool },
}

impl Alike {
    /// Whether an event that is alike in both halves may be another kind of request all the same.
    #[inline]
    fn may_differ(self, event: &Event<'_>) -> bool {
        matches!(self, Alike::Known { is_refused: true, .. }) && normal::impersonates(event)
    }
}

/// What is counted of a kind of request: all that most events touch, so that much of it fits into the caches.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// No earlier request shows all its values: the first request with each is kept.
    first: i64,
    /// Time of the first sensitive request in this window.
    noted: i64,
    entity: u32,
    cluster: u32,
    /// Requests in this window that count.
    count: u32,
    /// First and last window of such requests. They go to the values at the end.
    windows: (u32, u32),
    /// Counters that go up.
    bits: u16,
    is_pending: bool,
    /// More is kept of such requests than their number.
    is_telling: bool,
}

/// What a kind of request means.
#[derive(Clone, Copy, Debug)]
struct Meaning {
    deed: Deed,
    /// Of whoever asks.
    from: Whence,
    /// Where the values stand that such a request shows; of those that it does not show, nowhere.
    values: [u32; DIMS],
}

impl Meaning {
    /// What marks quote that hangs on the kind of request.
    fn told(&self) -> (Name, Whence) {
        (self.deed.action, self.from)
    }
}

/// One event on its way into the profile.
struct Incoming<'e, 'a> {
    event: &'e Event<'a>,
    time: i64,
    counts: bool,
}

impl Profiler {
    pub fn new(profile: Profile, redactor: Redactor) -> Profiler {
        Profiler {
            profile,
            redactor,
            callers: Memo::default(),
            deeds: Memo::default(),
            alike: ByHalf::default(),
            kinds: HashMap::default(),
            known: Vec::new(),
            meanings: Vec::new(),
            window: 0,
            pending: Vec::new(),
            last_cluster: None,
            learned: 0,
        }
    }

    pub fn finish(mut self) -> Profile {
        self.forget();
        self.profile
    }

    /// Adds an event. Without a time there is no window that it could belong to.
    #[inline]
    pub fn add(
        &mut self,
        event: &Event<'_>,
        like: Option<Like>,
        time: Option<i64>,
        again: bool,
        evidence: impl Fn() -> Evidence,
    ) {
        let Some((time, window)) = time.and_then(|time| Some((time, window_of(time)?))) else { return };
        let alike = like.and_then(|like| self.alike.get(like, like.both));
        match alike.filter(|alike| !alike.may_differ(event)) {
            None => self.add_other(event, like, (time, window), again, evidence),
            Some(Alike::Nothing) => {}
            Some(Alike::Known { at, share, .. }) => {
                self.turn_to(window);
                let counts = share == Share::Counts && !again;
                self.count((at, false), &Incoming { event, time, counts }, evidence);
            }
        }
    }

    /// The same of an event that is like none that was met lately.
    #[inline(never)]
    fn add_other(
        &mut self,
        event: &Event<'_>,
        like: Option<Like>,
        (time, window): (i64, u32),
        again: bool,
        evidence: impl Fn() -> Evidence,
    ) {
        let Some(share) = normal::share(event) else {
            return like.into_iter().for_each(|like| self.alike.set(like, like.both, Alike::Nothing));
        };
        self.turn_to(window);
        if self.learned >= LOOK_EVERY || self.is_full() {
            self.make_room();
        }
        let cluster = self.cluster(event.cluster().unwrap_or_default());
        self.profile.clusters[cluster as usize].1.add(window, self.profile.limits);
        let incoming = Incoming { event, time, counts: share == Share::Counts && !again };
        let Some((at, is_new)) = self.find(&incoming, cluster, &evidence) else { return };
        let alike = Alike::Known { at, share, is_refused: normal::is_refused(event) };
        if let Some(like) = like.filter(|_| !alike.may_differ(event)) {
            self.alike.set(like, like.both, alike);
        }
        self.count((at, is_new), &incoming, evidence);
    }

    /// All that comes next belongs to this window.
    #[inline]
    fn turn_to(&mut self, window: u32) {
        if self.window != window {
            self.flush();
            self.window = window;
        }
    }

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

    /// Counts an event among those known, of which it may be the first.
    #[inline]
    fn count(
        &mut self,
        (at, is_new): (u32, bool),
        incoming: &Incoming<'_, '_>,
        evidence: impl Fn() -> Evidence,
    ) {
        let Some(known) = self.known.get_mut(at as usize) else { return };
        known.count = known.count.saturating_add(u32::from(incoming.counts));
        if !known.is_pending {
            known.is_pending = true;
            known.windows = (known.windows.0.min(self.window), known.windows.1.max(self.window));
            self.pending.push(at);
            self.profile.clusters[known.cluster as usize].1.add(self.window, self.profile.limits);
        }
        let Known { first, is_telling, .. } = *known;
        if incoming.time <= first && !is_new {
            self.keep_first(at, incoming, &evidence());
        }
        if is_telling {
            self.keep(at, incoming, &evidence);
        }
    }

    /// Keeps what more is kept of some requests.
    #[inline(never)]
    fn keep(&mut self, at: u32, incoming: &Incoming<'_, '_>, evidence: impl Fn() -> Evidence) {
        let Some(Meaning { deed, .. }) = self.meanings.get(at as usize) else { return };
        let Deed { sensitive, watched, images, .. } = *deed;
        if sensitive {
            self.keep_sensitive(at, incoming, &evidence);
        }
        if watched {
            self.watch(at, incoming, &evidence);
        }
        if images {
            self.run(at, incoming, &evidence);
        }
    }

    /// Which of those known it is, and whether it is the first of its kind.
    fn find(
        &mut self,
        incoming: &Incoming<'_, '_>,
        cluster: u32,
        evidence: impl Fn() -> Evidence,
    ) -> Option<(u32, bool)> {
        let (caller, deed) = (self.caller(incoming.event, cluster)?, self.deed(incoming.event));
        match self.kinds.get(&(caller, deed)) {
            Some(at) => Some((*at, false)),
            None => Some((self.learn(incoming, cluster, (caller, deed), &evidence())?, true)),
        }
    }

    /// The place of who asks; `None` where the entity is left out.
    fn caller(&mut self, event: &Event<'_>, cluster: u32) -> Option<u32> {
        let key = Caller::key(event, cluster);
        let caller = match self.callers.find(&key) {
            (_, Some(at)) => at,
            (hash, None) => {
                let caller = self.learn_caller(event, cluster);
                self.callers.add(&key, hash, caller)
            }
        };
        self.callers.get(caller)?.entity?;
        Some(caller)
    }

    fn deed(&mut self, event: &Event<'_>) -> u32 {
        let key = Deed::key(event);
        match self.deeds.find(&key) {
            (_, Some(at)) => at,
            (hash, None) => {
                self.learned += 1;
                let deed = Deed::of(event, &mut self.profile.names);
                self.deeds.add(&key, hash, deed)
            }
        }
    }

    #[cold]
    fn learn_caller(&mut self, event: &Event<'_>, cluster: u32) -> Caller {
        self.learned += 1;
        let cluster = self.profile.clusters[cluster as usize].0;
        let mut caller = Caller::of(event, cluster, self.redactor, &mut self.profile.names);
        caller.entity = self.profile.entity(caller.key, caller.class);
        caller
    }

    #[cold]
    fn learn(
        &mut self,
        incoming: &Incoming<'_, '_>,
        cluster: u32,
        (caller, deed): (u32, u32),
        evidence: &Evidence,
    ) -> Option<u32> {
        self.learned += 1;
        let (who, what) = (*self.callers.get(caller)?, *self.deeds.get(deed)?);
        let (entity, keys) = (who.entity?, keys(&who, &what));
        self.add_values(entity, &keys, (what.action, who.from), incoming, evidence);
        if self.profile.is_too_much(entity) {
            // Places move. What is known of the halves stays.
            self.forget_kinds();
            self.profile.fit_entity(entity);
        }
        let own = self.profile.entities.get(entity as usize)?;
        let values = keys.map(|key| key.and_then(|key| own.find(key)).unwrap_or(u32::MAX));
        let Deed { bits, sensitive, watched, images, .. } = what;
        let at = self.known.len() as u32;
        self.known.push(Known {
            first: own.latest_mark(&values),
            noted: i64::MAX,
            entity,
            cluster,
            count: 0,
            windows: (self.window, self.window),
            bits,
            is_pending: false,
            is_telling: sensitive || watched || images,
        });
        self.meanings.push(Meaning { deed: what, from: who.from, values });
        self.kinds.insert((caller, deed), at);
        Some(at)
    }

    fn add_values(
        &mut self,
        entity: u32,
        keys: &Keys,
        told: (Name, Whence),
        incoming: &Incoming<'_, '_>,
        evidence: &Evidence,
    ) {
        let Profiler { profile: Profile { entities, names, .. }, redactor, window, .. } = self;
        let Some(entity) = entities.get_mut(entity as usize) else { return };
        entity.open();
        let time = incoming.time;
        if keys.iter().flatten().any(|key| entity.is_news(*key, time)) {
            let mark = Mark::of(incoming.event, time, evidence, *redactor, told, names);
            entity.add_values(keys.iter().flatten(), *window, mark);
        }
    }

    /// Keeps a pointer to the first request that shows a value.
    #[cold]
    fn keep_first(&mut self, at: u32, incoming: &Incoming<'_, '_>, evidence: &Evidence) {
        let Profiler { profile: Profile { entities, names, .. }, redactor, known, meanings, .. } = self;
        let at = at as usize;
        let (Some(known), Some(meaning)) = (known.get_mut(at), meanings.get(at)) else { return };
        if let Some(entity) = entities.get_mut(known.entity as usize) {
            let mark = Mark::of(incoming.event, incoming.time, evidence, *redactor, meaning.told(), names);
            entity.keep_first(&meaning.values, mark);
            known.first = entity.latest_mark(&meaning.values);
        }
    }

    /// Keeps what is kept of each sensitive request.
    fn keep_sensitive(&mut self, at: u32, incoming: &Incoming<'_, '_>, evidence: impl Fn() -> Evidence) {
        let Profiler { profile, redactor, known, meanings, window, .. } = self;
        let at = at as usize;
        let (Some(known), Some(Meaning { deed, .. })) = (known.get_mut(at), meanings.get(at)) else {
            return;
        };
        let Some(entity) = profile.entities.get_mut(known.entity as usize) else { return };
        let Incoming { event, time, .. } = *incoming;
        if deed.secrets {
            entity.cells.at(*window).add_secret(secret(event));
        }
        if time <= known.noted && time <= entity.noted_at(*window, profile.limits) {
            let (action, namespace) = (deed.action, deed.namespace());
            let spot = Spot::of(event, time, &evidence(), *redactor);
            entity.note(Noted { window: *window, spot, action, namespace }, profile.limits);
        }
        known.noted = known.noted.min(time);
    }

    /// Keeps who makes or changes an object that a whole cluster hangs on.
    fn watch(&mut self, at: u32, incoming: &Incoming<'_, '_>, evidence: impl Fn() -> Evidence) {
        let Profiler { profile, redactor, known, meanings, window, .. } = self;
        let Profile { entities, names, objects, limits, .. } = profile;
        let at = at as usize;
        let (Some(known), Some(meaning)) = (known.get(at), meanings.get(at)) else { return };
        let Some(entity) = entities.get(known.entity as usize) else { return };
        let deed = &meaning.deed;
        let Incoming { event, time, .. } = *incoming;
        let name = normal::cut(event.decoded(Slot::Name).unwrap_or_default().into_owned());
        let (verb, object) = names.text(deed.action).split_once(' ').unwrap_or_default();
        let (is_new, resource) = (verb.ends_with("create"), object.to_owned());
        if name.is_empty() || resource_of(names.text(deed.action)).is_none() {
            return;
        }
        let EntityKey { cluster, name: principal, .. } = entity.key;
        let (resource, name) = (names.number(&resource), names.number(&name));
        let key = ObjectKey { cluster, namespace: deed.namespace(), resource, name };
        let Some(object) = objects.at(key, *limits) else { return };
        if is_new {
            object.created(*window);
        } else if object.changed(principal, *window, time) {
            let mark = Mark::of(event, time, &evidence(), *redactor, meaning.told(), names);
            object.written(Writer { principal, first: *window, last: *window, mark });
        }
    }

    /// Keeps whose images somebody runs. Whoever reacts runs what others asked for.
    fn run(&mut self, at: u32, incoming: &Incoming<'_, '_>, evidence: impl Fn() -> Evidence) {
        let Profiler { profile, redactor, known, meanings, window, .. } = self;
        let at = at as usize;
        let (Some(known), Some(meaning)) = (known.get(at), meanings.get(at)) else { return };
        let place = known.entity;
        let Profile { entities, names, .. } = profile;
        let Some(entity) = entities.get_mut(place as usize).filter(|entity| !entity.class.reacts()) else {
            return;
        };
        let Incoming { event, time, .. } = *incoming;
        for origin in origin::of(event) {
            let key = ValueKey::new(Dim::Image, names.number(&origin));
            if entity.is_news(key, time) {
                let mark = Mark::of(event, time, &evidence(), *redactor, meaning.told(), names);
                entity.add_values([key].iter(), *window, mark);
            } else {
                entity.widen(key, *window);
            }
        }
        if profile.is_too_much(place) {
            self.forget_kinds();
            self.profile.fit_entity(place);
        }
    }

    /// Brings what was added up into the profile.
    #[inline(never)]
    fn flush(&mut self) {
        for at in self.pending.drain(..) {
            let Some(known) = self.known.get_mut(at as usize) else { continue };
            if let Some(entity) = self.profile.entities.get_mut(known.entity as usize) {
                entity.cells.at(self.window).add(known.bits, known.count);
            }
            (known.is_pending, known.count, known.noted) = (false, 0, i64::MAX);
        }
    }

    /// Brings all into the profile that is known of kinds of requests, and starts anew.
    fn forget_kinds(&mut self) {
        self.flush();
        for (known, meaning) in self.known.drain(..).zip(self.meanings.drain(..)) {
            if let Some(entity) = self.profile.entities.get_mut(known.entity as usize) {
                entity.widen_at(&meaning.values, known.windows);
            }
        }
        self.kinds.clear();
        self.alike.clear();
    }

    fn forget(&mut self) {
        self.forget_kinds();
        self.callers.clear();
        self.deeds.clear();
    }

    fn is_full(&self) -> bool {
        self.callers.is_full(HALVES, HALVES_BYTES) || self.deeds.is_full(HALVES, HALVES_BYTES)
    }

    #[cold]
    fn make_room(&mut self) {
        self.learned = 0;
        if self.known.len() >= MOST || self.is_full() {
            self.forget();
        }
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
