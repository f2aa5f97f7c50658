//! Counting what was kept of requests, by cluster and by what an audit policy decides by.

use super::policy::{Kept, Logged, Policy, Who};
use super::{AuditLevel, Stage};
use crate::envelope::Lacks;
use crate::event::{Event, Slot, direction_of};
use crate::redact::Redactor;
use crate::tally::Counter;
use std::collections::BTreeMap;
use std::ops::AddAssign;

/// What was kept, counted by cluster and by what a policy decides by. Each worker has its own.
#[derive(Debug, Default)]
pub struct Kepts {
    counter: Counter,
    key: Vec<u8>,
}

impl Kepts {
    /// Counts an event. Failed authentication is left out, as it is logged by a policy for nobody: at one level,
    /// whatever was asked for; and so is what came in a format that does not carry the level.
    pub fn count(&mut self, cluster: Option<&str>, event: &Event<'_>, lacks: Lacks) {
        if event.code() == Some(401) || lacks.lacks(Slot::Level, event) {
            return;
        }
        let Kepts { counter, key } = self;
        key.clear();
        let name = cluster.map_or(NO_NAME, |name| name.len() as u32);
        key.extend_from_slice(&name.to_be_bytes());
        key.extend_from_slice(cluster.unwrap_or_default().as_bytes());
        key.extend_from_slice(&[AuditLevel::of(event) as u8, Stage::of(event) as u8, kind(event)]);
        for (sign, slot) in [("", Slot::Resource), (".", Slot::ApiGroup), ("/", Slot::Subresource)] {
            if let Some(part) = event.decoded(slot).filter(|part| !part.is_empty()) {
                key.extend_from_slice(sign.as_bytes());
                key.extend_from_slice(part.as_bytes());
            }
        }
        counter.add(key, 1);
    }
}

impl AddAssign<&Kepts> for Kepts {
    fn add_assign(&mut self, other: &Kepts) {
        self.counter += &other.counter;
    }
}

/// Length of the name of a cluster that has none.
const NO_NAME: u32 = u32::MAX;

/// Cuts the name of the cluster off a key.
fn split(key: &[u8]) -> Option<(Option<String>, &[u8])> {
    let (length, rest) = key.split_first_chunk()?;
    match u32::from_be_bytes(*length) {
        NO_NAME => Some((None, rest)),
        length => {
            let (name, rest) = rest.split_at_checked(length as usize)?;
            Some((Some(String::from_utf8_lossy(name).into_owned()), rest))
        }
    }
}

/// The policies of all clusters.
#[derive(Debug, Default)]
pub struct Policies {
    known: BTreeMap<Option<String>, Policy>,
    more: bool,
}

impl Policies {
    pub fn of(kepts: &mut Kepts, redactor: Redactor) -> Policies {
        let (_, more) = kepts.counter.len();
        let mut known = BTreeMap::<_, Policy>::new();
        let keys = kepts.counter.iter().filter_map(|(key, events)| Some((split(key)?, events)));
        let mut keys: Vec<_> = keys.collect();
        keys.sort_unstable_by(|((a, x), _), ((b, y), _)| (a, x.get(3..), x).cmp(&(b, y.get(3..), y)));
        for ((cluster, rest), events) in keys {
            let [level, stage, kind, resource @ ..] = rest else { continue };
            let kept = Kept { events, levels: 1 << level, stages: 1 << stage };
            let resource = String::from_utf8_lossy(resource);
            add(&mut known.entry(cluster).or_default().logged, &redactor.text(&resource), *kind, kept);
        }
        Policies { known, more }
    }

    /// That of one cluster.
    pub fn take(&mut self, cluster: Option<&str>) -> Policy {
        let policy = self.known.remove(&cluster.map(str::to_owned)).unwrap_or_default();
        Policy { more: self.more, ..policy }
    }
}

/// Index into [`KINDS`](super::policy::KINDS).
fn kind(event: &Event<'_>) -> u8 {
    let who = event.principal().map_or(Who::People, |name| Who::of(&name.decode()));
    let read = event.text(Slot::Verb).is_some_and(|verb| direction_of(&verb.decode()) == "read");
    2 * who as u8 + u8::from(!read)
}

/// Resources come in their order.
fn add(logged: &mut Vec<Logged>, resource: &str, kind: u8, kept: Kept) {
    if logged.last().is_none_or(|last| last.resource != resource) {
        logged.push(Logged { resource: resource.to_owned(), kinds: Default::default() });
    }
    if let Some(known) = logged.last_mut().and_then(|last| last.kinds.get_mut(usize::from(kind))) {
        known.add(kept);
    }
}
