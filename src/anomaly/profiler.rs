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
use super::objects::{ObjectKey, Writer, is_watched};
use super::profile::{EMPTY, Profile, window_of};
use super::value::{DIMS, Dim, ValueKey, resource_of};
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
    /// Where the values stand that such a request shows; of those that it does not show, nowhere.
    values: [u32; DIMS],
    /// First and last window of such requests. They go to the values at the end.
    windows: (u32, u32),
    /// No earlier request shows all these values: the first request with each is kept.
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
    /// It makes or changes an object that a whole cluster hangs on.
    watched: bool,
    action: Name,
    namespace: Name,
}

/// The values that a request shows, by dimension.
type Keys = [Option<ValueKey>; DIMS];

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
        self.forget();
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
            known.windows = (known.windows.0.min(self.window), known.windows.1.max(self.window));
            self.pending.push(at);
        }
        let Known { secrets, sensitive, noted, watched, first, .. } = *known;
        if incoming.time <= first && !is_new {
            self.keep_first(at, incoming, &evidence());
        }
        if secrets || sensitive && incoming.time <= noted {
            self.keep_sensitive(at, incoming, &evidence);
        }
        if watched {
            self.watch(at, incoming, &evidence);
        }
    }

    /// Keeps who makes or changes an object that a whole cluster hangs on.
    fn watch(&mut self, at: u32, incoming: &Incoming<'_, '_>, evidence: impl Fn() -> Evidence) {
        let Profiler { profile, redactor, memo, window, .. } = self;
        let Incoming { event, time, .. } = *incoming;
        let Profile { entities, names, objects, limits, .. } = profile;
        let known = memo.get(at);
        let Some((entity, known)) =
            known.and_then(|known| Some((entities.get(known.entity as usize)?, known)))
        else {
            return;
        };
        let name = normal::cut(event.decoded(Slot::Name).unwrap_or_default().into_owned());
        if name.is_empty() {
            return;
        }
        let action = Action::parse(names.text(known.action));
        let (is_new, resource) = (action.verb == "create", action.object.to_owned());
        let EntityKey { cluster, name: principal, .. } = entity.key;
        let key = ObjectKey {
            cluster,
            namespace: known.namespace,
            resource: names.number(&resource),
            name: names.number(&name),
        };
        let Some(object) = objects.at(key, *limits) else { return };
        if is_new {
            object.created(*window);
        } else if object.changed(principal, *window, time) {
            let mark = Mark::of(event, time, &evidence(), *redactor, known.action, names);
            object.written(Writer { principal, first: *window, last: *window, mark });
        }
    }

    /// Keeps a pointer to the first request that shows a value.
    #[cold]
    fn keep_first(&mut self, at: u32, incoming: &Incoming<'_, '_>, evidence: &Evidence) {
        let Profiler { profile: Profile { entities, names, .. }, redactor, memo, .. } = self;
        let Some(known) = memo.get(at) else { return };
        if let Some(entity) = entities.get_mut(known.entity as usize) {
            let mark = Mark::of(incoming.event, incoming.time, evidence, *redactor, known.action, names);
            entity.keep_first(&known.values, mark);
            known.first = entity.latest_mark(&known.values);
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
        let action = self.action(incoming);
        let keys = self.keys(incoming, action, key.outcome);
        self.add_values(entity, &keys, action, incoming, evidence);
        if self.profile.is_too_much(entity) {
            // Places move.
            self.forget();
            self.profile.fit_entity(entity);
        }
        let known = self.known(entity, &keys, action, key.outcome);
        Some(self.memo.add(key, hash, known))
    }

    fn action(&mut self, incoming: &Incoming<'_, '_>) -> Name {
        let event = incoming.event;
        self.profile.names.number(&normal::action(event, normal::impersonates(event)))
    }

    /// The values that a request shows.
    fn keys(&mut self, incoming: &Incoming<'_, '_>, action: Name, outcome: Outcome) -> Keys {
        let names = &mut self.profile.names;
        let event = incoming.event;
        let text = |slot| event.decoded(slot).unwrap_or_default();
        let address = event.source_ip().map(|ip| ip.decode()).unwrap_or_default();
        let network = normal::network(&address);
        let wide = names.number(&normal::wider(&network));
        let resource = resource_of(names.text(action)).map(str::to_owned);
        let scope = resource.map(|resource| {
            let name = names.number(&normal::namespace(&text(Slot::Namespace)));
            ValueKey { dim: Dim::Scope, name, more: names.number(&resource) }
        });
        [
            Some(ValueKey::new(Dim::Action, action)),
            scope.map(|scope| ValueKey::new(Dim::Namespace, scope.name)),
            scope,
            Some(ValueKey::new(Dim::Network, names.number(&network))),
            Some(ValueKey::new(Dim::Agent, names.number(&normal::agent(&text(Slot::UserAgent))))),
            (outcome == Outcome::Denied).then_some(ValueKey::new(Dim::Refused, action)),
            Some(ValueKey::new(Dim::Wide, wide)),
        ]
    }

    fn add_values(
        &mut self,
        entity: u32,
        keys: &Keys,
        action: Name,
        incoming: &Incoming<'_, '_>,
        evidence: &Evidence,
    ) {
        let Profiler { profile: Profile { entities, names, .. }, redactor, window, .. } = self;
        let Some(entity) = entities.get_mut(entity as usize) else { return };
        let time = incoming.time;
        if keys.iter().flatten().any(|key| entity.is_news(*key, time)) {
            let mark = Mark::of(incoming.event, time, evidence, *redactor, action, names);
            entity.add_values(keys.iter().flatten(), *window, mark);
        }
    }

    fn known(&self, entity: u32, keys: &Keys, action: Name, outcome: Outcome) -> Known {
        let parsed = Action::parse(self.profile.names.text(action));
        let bits = parsed.counters(outcome);
        let secrets = parsed.reads_secrets() && outcome == Outcome::Done;
        let own = self.profile.entities.get(entity as usize);
        let place = |key: Option<ValueKey>| own.zip(key).and_then(|(own, key)| own.find(key));
        let values = keys.map(|key| place(key).unwrap_or(u32::MAX));
        let namespace = keys[Dim::Namespace as usize].map_or(EMPTY, |key| key.name);
        Known {
            entity,
            values,
            windows: (self.window, self.window),
            first: own.map_or(i64::MIN, |own| own.latest_mark(&values)),
            noted: i64::MAX,
            count: 0,
            bits,
            is_pending: false,
            secrets,
            sensitive: bits & action::SENSITIVE != 0 || secrets,
            watched: outcome == Outcome::Done && is_watched(&parsed, self.profile.names.text(namespace)),
            action,
            namespace,
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

    /// Brings all into the profile that the memory holds, and starts it anew.
    fn forget(&mut self) {
        self.flush();
        for known in self.memo.values() {
            let (first, last) = known.windows;
            if let Some(entity) = self.profile.entities.get_mut(known.entity as usize) {
                for at in known.values {
                    entity.values.get_mut(at as usize).into_iter().for_each(|value| value.widen(first, last));
                }
            }
        }
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
