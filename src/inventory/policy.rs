//! Which audit policy seems to have been in force, as seen from what it let through.
//!
//! A policy decides by resource, verb and user how much of a request is kept. What was kept is in the log: for
//! each resource, by people and by machines, reading and writing. What nobody did shows nothing, and a level of
//! `None` leaves no trace.

use super::{AuditLevel, Stage};
use crate::event::{Event, Slot, direction_of, kind_of};
use crate::redact::Redactor;
use crate::tally::Counter;

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Who {
    /// Humans and the anonymous.
    People,
    /// Nodes, the control plane, service accounts.
    Machines,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verbs {
    Read,
    Write,
}

/// The four kinds of requests that are told apart, in the order of [`Logged::kinds`].
pub const KINDS: [(Who, Verbs); 4] = [
    (Who::People, Verbs::Read),
    (Who::People, Verbs::Write),
    (Who::Machines, Verbs::Read),
    (Who::Machines, Verbs::Write),
];

/// What was kept of one kind of request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub events: u64,
    /// One bit for each of [`AuditLevel::ALL`].
    pub levels: u8,
    /// One bit for each of [`Stage::ALL`].
    pub stages: u8,
}

impl Kept {
    fn add(&mut self, other: Kept) {
        self.events += other.events;
        self.levels |= other.levels;
        self.stages |= other.stages;
    }
}

/// What was kept of the requests for one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// As kubectl names it, `deployments.apps/scale`; empty for paths that are no resources.
    pub resource: String,
    pub kinds: [Kept; 4],
}

/// What was kept of all requests.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// By resource.
    pub logged: Vec<Logged>,
    /// Whether there were more resources than were counted.
    pub more: bool,
}

/// Resources that are treated alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded<'p> {
    /// One bit for each of [`AuditLevel::ALL`].
    pub levels: u8,
    /// One bit for each of [`KINDS`].
    pub kinds: u8,
    pub events: u64,
    /// The most frequent first.
    pub resources: Vec<&'p str>,
}

/// The levels of a set, the lowest first.
pub fn levels(set: u8) -> impl Iterator<Item = AuditLevel> {
    AuditLevel::ALL.into_iter().filter(move |level| set & 1 << *level as u8 != 0)
}

/// The stages of a set, in the order of a request.
pub fn stages(set: u8) -> impl Iterator<Item = Stage> {
    Stage::ALL.into_iter().filter(move |stage| set & 1 << *stage as u8 != 0)
}

/// Counts an event under what a policy decides by. Failed authentication is left out, as it is logged by a
/// policy for nobody: at one level, whatever was asked for.
pub fn count(counter: &mut Counter, key: &mut Vec<u8>, cluster: u32, event: &Event<'_>) {
    if event.code() == Some(401) {
        return;
    }
    let (level, stage) = (AuditLevel::of(event) as u8, Stage::of(event) as u8);
    key.clear();
    key.extend_from_slice(&cluster.to_be_bytes());
    key.extend_from_slice(&[level, stage, kind(event)]);
    for (sign, slot) in [("", Slot::Resource), (".", Slot::ApiGroup), ("/", Slot::Subresource)] {
        if let Some(part) = event.decoded(slot).filter(|part| !part.is_empty()) {
            key.extend_from_slice(sign.as_bytes());
            key.extend_from_slice(part.as_bytes());
        }
    }
    counter.add(key, 1);
}

/// Index into [`KINDS`].
fn kind(event: &Event<'_>) -> u8 {
    let person =
        event.principal().is_none_or(|name| matches!(kind_of(&name.decode()), "human" | "anonymous"));
    let read = event.text(Slot::Verb).is_some_and(|verb| direction_of(&verb.decode()) == "read");
    2 * u8::from(!person) + u8::from(!read)
}

impl Policy {
    /// What was counted for one cluster.
    pub fn of(counter: &mut Counter, cluster: u32, redactor: Redactor) -> Policy {
        let (_, more) = counter.len();
        let mut logged: Vec<Logged> = Vec::new();
        let mut counts: Vec<(&[u8], u64)> = counter.iter().collect();
        counts.sort_unstable_by_key(|(key, _)| key.get(7..));
        for (key, events) in counts {
            let [a, b, c, d, level, stage, kind, resource @ ..] = key else { continue };
            if u32::from_be_bytes([*a, *b, *c, *d]) == cluster {
                let kept = Kept { events, levels: 1 << level, stages: 1 << stage };
                let resource = String::from_utf8_lossy(resource);
                add(&mut logged, &redactor.text(&resource), *kind, kept);
            }
        }
        Policy { logged, more }
    }

    /// Resources that are treated alike in one row, the rows with the most events first.
    pub fn fold(&self) -> Vec<Folded<'_>> {
        let mut parts: Vec<(u8, u8, u64, &str)> = self.logged.iter().flat_map(Logged::parts).collect();
        parts.sort_unstable_by_key(|(levels, kinds, events, name)| {
            (*levels, *kinds, u64::MAX - events, *name)
        });
        let mut rows: Vec<Folded<'_>> = Vec::new();
        for (levels, kinds, events, resource) in parts {
            match rows.last_mut().filter(|row| (row.levels, row.kinds) == (levels, kinds)) {
                Some(row) => {
                    row.events += events;
                    row.resources.push(resource);
                }
                None => rows.push(Folded { levels, kinds, events, resources: vec![resource] }),
            }
        }
        rows.sort_by_key(|row| (row.levels, u64::MAX - row.events));
        rows
    }
}

fn add(logged: &mut Vec<Logged>, resource: &str, kind: u8, kept: Kept) {
    if logged.last().is_none_or(|last| last.resource != resource) {
        logged.push(Logged { resource: resource.to_owned(), kinds: Default::default() });
    }
    if let Some(known) = logged.last_mut().and_then(|last| last.kinds.get_mut(usize::from(kind))) {
        known.add(kept);
    }
}

impl Logged {
    /// For each set of levels, the kinds of requests that were kept so, widened by those that nobody made.
    fn parts(&self) -> Vec<(u8, u8, u64, &str)> {
        let mut sets: Vec<u8> = self.kinds.iter().map(|kept| kept.levels).filter(|set| *set != 0).collect();
        sets.sort_unstable();
        sets.dedup();
        let part = |set: u8| {
            let (mut own, mut open, mut events) = (0, 0, 0);
            for (at, kept) in self.kinds.iter().enumerate() {
                own |= u8::from(kept.levels == set) << at;
                open |= u8::from(kept.levels == 0) << at;
                events += if kept.levels == set { kept.events } else { 0 };
            }
            (set, widen(own, own | open), events, self.resource.as_str())
        };
        sets.into_iter().map(part).collect()
    }
}

/// All kinds; people, machines; reads, writes: what a policy says most simply comes first.
const SIMPLE: [u8; 5] = [0b1111, 0b0011, 0b1100, 0b0101, 0b1010];

/// The simplest set of kinds that holds all of `own` and nothing outside of `room`.
fn widen(own: u8, room: u8) -> u8 {
    SIMPLE.into_iter().find(|set| set & own == own && set & !room == 0).unwrap_or(own)
}

/// How a set of kinds is called.
pub fn kinds_name(set: u8) -> String {
    let name = |set: u8| match set {
        0b1111 => Some("all"),
        0b0011 => Some("people"),
        0b1100 => Some("machines"),
        0b0101 => Some("reads"),
        0b1010 => Some("writes"),
        0b0001 => Some("people's reads"),
        0b0010 => Some("people's writes"),
        0b0100 => Some("machines' reads"),
        0b1000 => Some("machines' writes"),
        0b1101 => Some("all but people's writes"),
        0b1110 => Some("all but people's reads"),
        0b0111 => Some("all but machines' writes"),
        0b1011 => Some("all but machines' reads"),
        _ => None,
    };
    let each = || (0..4).map(|at| 1 << at).filter(|bit| set & bit != 0).filter_map(name);
    name(set).map_or_else(|| each().collect::<Vec<_>>().join(", "), str::to_owned)
}
