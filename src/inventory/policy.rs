//! Which audit policy seems to have been in force, as seen from what it let through.
//!
//! A policy decides by resource, verb and user how much of a request is kept. What was kept is in the log: for
//! each resource, by people, by accounts and by the control plane, reading and writing. What nobody did shows
//! nothing, and a level of `None` leaves no trace.

use super::{AuditLevel, Stage};
use crate::event::kind_of;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Who asked, as policies tell users apart: by the groups `system:nodes` and `system:serviceaccounts`, and by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Who {
    /// Humans and the anonymous.
    People,
    /// Service accounts and nodes.
    Accounts,
    /// The control plane.
    System,
}

impl Who {
    pub const ALL: [Who; 3] = [Who::People, Who::Accounts, Who::System];

    pub fn name(self) -> &'static str {
        match self {
            Who::People => "people",
            Who::Accounts => "accounts",
            Who::System => "system",
        }
    }

    pub fn of(name: &str) -> Who {
        if name.starts_with("system:serviceaccount:") || name.starts_with("system:node:") {
            return Who::Accounts;
        }
        if matches!(kind_of(name), "human" | "anonymous") { Who::People } else { Who::System }
    }
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verbs {
    Read,
    Write,
}

/// The kinds of requests that are told apart, in the order of [`Logged::kinds`].
pub const KINDS: [(Who, Verbs); 6] = [
    (Who::People, Verbs::Read),
    (Who::People, Verbs::Write),
    (Who::Accounts, Verbs::Read),
    (Who::Accounts, Verbs::Write),
    (Who::System, Verbs::Read),
    (Who::System, Verbs::Write),
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
    pub fn add(&mut self, other: Kept) {
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
    pub kinds: [Kept; KINDS.len()],
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

impl Policy {
    /// Resources that nothing seen tells apart in one row: by level, then the rows with the most events first.
    pub fn fold(&self) -> Vec<Folded<'_>> {
        let mut parts: Vec<Part<'_>> = self.logged.iter().flat_map(Logged::parts).collect();
        parts.sort_by_key(|part| (Reverse(part.events), part.resource));
        let mut rows: Vec<(Part<'_>, Vec<&str>)> = Vec::new();
        for part in parts {
            match rows.iter_mut().find(|(row, _)| row.agrees(&part)) {
                Some((row, resources)) => {
                    row.join(&part);
                    resources.push(part.resource);
                }
                None => rows.push((part, vec![part.resource])),
            }
        }
        let folded = |(row, resources): (Part<'_>, _)| Folded {
            levels: row.levels,
            kinds: row.simplest(),
            events: row.events,
            resources,
        };
        let mut folded: Vec<_> = rows.into_iter().map(folded).collect();
        folded.sort_by_key(|row| (row.levels, Reverse(row.events)));
        folded
    }
}

/// The kinds of requests for one resource that were kept alike.
#[derive(Clone, Copy)]
struct Part<'p> {
    resource: &'p str,
    levels: u8,
    /// One bit for each of [`KINDS`].
    own: u8,
    /// `own`, and the kinds that nobody made a request of.
    room: u8,
    events: u64,
}

impl Part<'_> {
    /// Whether one rule of a policy could treat both so.
    fn agrees(&self, other: &Part<'_>) -> bool {
        self.levels == other.levels && (self.own | other.own) & !(self.room & other.room) == 0
    }

    fn join(&mut self, other: &Part<'_>) {
        self.own |= other.own;
        self.room &= other.room;
        self.events += other.events;
    }

    /// The simplest set of kinds that agrees with what was seen.
    fn simplest(&self) -> u8 {
        let fits = |set: &u8| set & self.own == self.own && set & !self.room == 0;
        SIMPLE.into_iter().find(fits).unwrap_or(self.own)
    }
}

impl Logged {
    /// For each set of levels, the kinds of requests that were kept so.
    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let sets: BTreeSet<u8> = self.kinds.iter().map(|kept| kept.levels).filter(|set| *set != 0).collect();
        sets.into_iter().map(|set| self.part(set))
    }

    fn part(&self, levels: u8) -> Part<'_> {
        let mut part = Part { resource: &self.resource, levels, own: 0, room: 0, events: 0 };
        for (at, kept) in self.kinds.iter().enumerate() {
            let own = kept.levels == levels;
            part.own |= u8::from(own) << at;
            part.room |= u8::from(own || kept.levels == 0) << at;
            part.events += if own { kept.events } else { 0 };
        }
        part
    }
}

const ALL: u8 = 0b11_11_11;
const READS: u8 = 0b01_01_01;
const PEOPLE: u8 = 0b11;
const ACCOUNTS: u8 = PEOPLE << 2;
const SYSTEM: u8 = PEOPLE << 4;

/// What a policy says most simply comes first.
const SIMPLE: [u8; 13] = [
    ALL,
    READS << 1,
    READS,
    PEOPLE,
    ACCOUNTS | SYSTEM,
    ACCOUNTS,
    SYSTEM,
    PEOPLE | SYSTEM,
    PEOPLE | ACCOUNTS,
    READS & !PEOPLE,
    READS & ACCOUNTS,
    READS & !ACCOUNTS,
    READS & PEOPLE,
];

/// How a set of kinds is called: `all`, `writes; reads by people`, `people; reads by accounts, system`.
pub fn kinds_name(set: u8) -> String {
    let list = |of: &dyn Fn(u8) -> bool| {
        let some = Who::ALL.into_iter().filter(|who| of(set >> (2 * *who as u8) & PEOPLE));
        some.map(Who::name).collect::<Vec<_>>().join(", ")
    };
    let (reads, writes) = (set & READS == READS, set & READS << 1 == READS << 1);
    let parts = match (reads, writes) {
        (true, true) => vec!["all".to_owned()],
        (true, false) => vec!["reads".to_owned(), by("writes", list(&|kinds| kinds & 0b10 != 0))],
        (false, true) => vec!["writes".to_owned(), by("reads", list(&|kinds| kinds & 0b01 != 0))],
        _ => vec![
            list(&|kinds| kinds == PEOPLE),
            by("reads", list(&|kinds| kinds == 0b01)),
            by("writes", list(&|kinds| kinds == 0b10)),
        ],
    };
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

fn by(what: &str, whom: String) -> String {
    if whom.is_empty() { whom } else { format!("{what} by {whom}") }
}
