//! One answer for each check of a pack.

use super::{Answer, Ask, CHECKS, Check, Pack, State, Tallied};
use crate::coverage::{Row, Target};
use crate::inventory::Inventory;
use crate::policy::Level;
use crate::time::DAY;
use std::collections::BTreeSet;

/// What is known of the log.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub inventory: &'a Inventory,
    /// What was recorded of each kind of request, of all clusters.
    pub rows: &'a [Row],
    /// What a policy records of the requests of any cluster, if there is one.
    pub policy: Option<&'a [Row]>,
    /// For each of [`queries`](Ask::queries) of all checks, in their order.
    pub tallied: &'a [Tallied],
}

impl Ask {
    /// The conditions that are to be counted.
    pub fn queries(self) -> Vec<&'static str> {
        match self {
            Ask::Recorded(query) => vec![query],
            Ask::Absent(query, among) => vec![query, among],
            _ => Vec::new(),
        }
    }
}

/// All checks, the worst first.
pub fn judge<'a>(pack: Pack, facts: &Facts<'a>) -> Vec<Answer<'a>> {
    let mut at = 0;
    let mut answers = Vec::new();
    for check in CHECKS {
        let size = check.ask.queries().len();
        let own = facts.tallied.get(at..at + size).unwrap_or_default();
        at += size;
        let reference = check.references[pack as usize];
        let (state, why) = match reference {
            Some(_) => answer(pack, check, own, facts),
            None => (State::NotApplicable, format!("{} does not ask for it", pack.title())),
        };
        let evidence = own.first().filter(|found| !found.found.is_empty() && reference.is_some());
        answers.push(Answer { check, reference: reference.unwrap_or_default(), state, why, evidence });
    }
    answers.sort_by_key(|answer| answer.state);
    answers
}

fn answer(pack: Pack, check: &Check, own: &[Tallied], facts: &Facts<'_>) -> (State, String) {
    match (check.ask, own) {
        (Ask::Covered, _) => covered(facts),
        (Ask::Recorded(_), [found]) => recorded(found),
        (Ask::Absent(..), [found, among]) => absent(found, among),
        (Ask::Span(days), _) => span(days[pack as usize], facts.inventory),
        (Ask::Gaps, _) => gaps(facts.inventory),
        (Ask::Clock, _) => clock(facts.inventory),
        _ => (State::NotObservable, "it was not counted".to_owned()),
    }
}

fn recorded(found: &Tallied) -> (State, String) {
    match found.found.count {
        0 if found.unsure > 0 => {
            (State::NotObservable, format!("{} records do not carry what tells it", found.unsure))
        }
        0 => (
            State::NotObservable,
            "the log holds none: there was none, or the audit policy records none".to_owned(),
        ),
        count => (State::Pass, format!("{count} on record")),
    }
}

fn absent(found: &Tallied, among: &Tallied) -> (State, String) {
    match (found.found.count, found.unsure, among.found.count) {
        (0, 0, 0) => (State::NotObservable, "the log holds no such request".to_owned()),
        (0, 0, among) => (State::Pass, format!("none of {among}")),
        (0, unsure, _) => (State::NotObservable, format!("{unsure} records do not carry what tells it")),
        (count, _, among) => (State::Fail, format!("{count} of {among}")),
    }
}

/// Requests of people that are to be recorded: verbs, one of which is enough, and the resource.
const WANTED: &[(&[&str], &str, &str, &str)] = &[
    (&["get", "list", "watch"], "", "secrets", ""),
    (&["create", "get"], "", "pods", "exec"),
    (&["create"], "", "pods", ""),
    (&["create", "update", "patch", "delete"], "rbac.authorization.k8s.io", "rolebindings", ""),
    (&["create", "update", "patch", "delete"], "rbac.authorization.k8s.io", "clusterrolebindings", ""),
];

fn covered(facts: &Facts<'_>) -> (State, String) {
    let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
    if let Some(rows) = facts.policy {
        let lost = wanted(|is| {
            rows.iter().any(|row| is(row) && row.shape.who == "human" && row.level == Some(Level::None))
        });
        return match lost.is_empty() {
            true => (State::Pass, "the audit policy records all of it".to_owned()),
            false => (State::Fail, format!("the audit policy does not record all of {}", list(lost))),
        };
    }
    let unseen = wanted(|is| !facts.rows.iter().any(is));
    match unseen.is_empty() {
        true => (State::Pass, "each was seen".to_owned()),
        false => (
            State::NotObservable,
            format!("no request for {}: --policy with the audit policy tells", list(unseen)),
        ),
    }
}

/// The resources of which this is said.
fn wanted(said: impl Fn(&dyn Fn(&Row) -> bool) -> bool) -> BTreeSet<String> {
    let targets =
        WANTED.iter().map(|(verbs, group, resource, sub)| (verbs, Target::resource(group, resource, sub)));
    let is = |(verbs, target): &(&&[&str], Target)| {
        said(&|row: &Row| row.shape.target == *target && verbs.contains(&row.shape.verb.as_str()))
    };
    targets.filter(is).map(|(_, target)| target.name()).collect()
}

fn span(days: Option<u32>, inventory: &Inventory) -> (State, String) {
    let ranges = || inventory.clusters.iter().filter_map(|cluster| cluster.kinds.span.range);
    let Some(days) = days else { return (State::NotApplicable, "no time is asked for".to_owned()) };
    // The cluster with the shortest log decides.
    match ranges().map(|(first, last)| last.saturating_sub(first) / DAY).min() {
        None => (State::NotObservable, "the log holds no time".to_owned()),
        Some(own) if own >= i64::from(days) => (State::Pass, format!("{own} days of {days}")),
        Some(own) => (
            State::NotObservable,
            format!("{own} days of {days} are in what was read; older logs may be elsewhere"),
        ),
    }
}

fn gaps(inventory: &Inventory) -> (State, String) {
    let known = || inventory.clusters.iter().filter_map(|cluster| cluster.gaps.as_ref());
    match (known().count(), known().map(Vec::len).sum::<usize>()) {
        (0, _) => (State::NotObservable, "there are too few events to know a rhythm".to_owned()),
        (_, 0) => (State::Pass, "none".to_owned()),
        (_, gaps) => (State::Fail, format!("{gaps}: `kaudit check` tells them")),
    }
}

fn clock(inventory: &Inventory) -> (State, String) {
    let counts = inventory.clusters.iter().map(|cluster| {
        let clock = &cluster.clock;
        clock.jumps.count + clock.ahead.count + clock.before_received.count
    });
    match (inventory.clusters.iter().map(|cluster| cluster.kinds.events()).sum(), counts.sum()) {
        (0_u64, _) => (State::NotObservable, "the log holds no event".to_owned()),
        (events, 0_u64) => (State::Pass, format!("{events} records in order")),
        (_, wrong) => (State::Fail, format!("{wrong} records with a wrong time: `kaudit check` tells them")),
    }
}
