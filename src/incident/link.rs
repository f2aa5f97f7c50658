//! Which clues belong together.

use super::clue::{Clue, Who};
use super::network::{self, Networks};
use super::tuning::Tuning;
use crate::finding::Bond;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Why two actors are one incident.
pub type Why = (Bond, Box<str>, Who, Who);

/// Clues that belong together.
#[derive(Debug, Default)]
pub struct Group {
    /// Indices of the clues, by time.
    pub clues: Vec<usize>,
    pub links: BTreeSet<Why>,
}

/// All groups, each clue in one of them; clues of few points are in none.
pub fn link(clues: &[Clue], networks: &Networks, tuning: &Tuning) -> Vec<Group> {
    let mut joined = Joined { parents: (0..clues.len()).collect(), links: Vec::new() };
    let mut strong: Vec<usize> = (0..clues.len()).filter(|at| clues[*at].points >= tuning.least).collect();
    strong.sort_by(|a, b| clues[*a].order().cmp(&clues[*b].order()));
    let linker = Linker { clues, strong: &strong, of_who: by_who(clues, &strong, tuning), tuning };
    linker.by_principal(&mut joined);
    linker.by_name(&mut joined);
    linker.by_grant(&mut joined);
    linker.by_network(networks, &mut joined);
    joined.groups(&strong, clues)
}

/// The strong clues about each actor, by time.
fn by_who<'c>(clues: &'c [Clue], strong: &[usize], tuning: &Tuning) -> BTreeMap<&'c Who, Vec<usize>> {
    let mut all: BTreeMap<&Who, Vec<usize>> = BTreeMap::new();
    for &at in strong {
        for who in clues[at].joins(tuning.actors) {
            all.entry(who).or_default().push(at);
        }
    }
    all
}

struct Linker<'c> {
    clues: &'c [Clue],
    /// Indices of the clues that join, by time.
    strong: &'c [usize],
    of_who: BTreeMap<&'c Who, Vec<usize>>,
    tuning: &'c Tuning,
}

impl Linker<'_> {
    /// Findings about one principal, one soon after the other, and all principals that one finding is about.
    fn by_principal(&self, joined: &mut Joined) {
        for own in self.of_who.values() {
            self.chain(own, |before, next| joined.join(before, next));
        }
        for own in self.of_whole().values() {
            self.chain(own, |before, next| joined.join(before, next));
        }
        for &at in self.strong {
            let pairs = self.clues[at].joins(self.tuning.actors).windows(2);
            let pairs = pairs.map(|pair| (pair[0].clone(), pair[1].clone()));
            joined.links.extend(pairs.map(|(a, b)| (at, (Bond::Finding, Box::default(), a, b))));
        }
    }

    /// Those that are about a whole cluster, by time.
    fn of_whole(&self) -> BTreeMap<(&str, u32), Vec<usize>> {
        let mut all: BTreeMap<(&str, u32), Vec<usize>> = BTreeMap::new();
        for &at in self.strong {
            let clue = &self.clues[at];
            if let (Some(rule), Some(who)) = (clue.whole, clue.first_who()) {
                all.entry((&who.cluster, rule)).or_default().push(at);
            }
        }
        all
    }

    /// Calls `join` with each clue and one that ended no longer before it, or amid what it adds up.
    fn chain(&self, own: &[usize], mut join: impl FnMut(usize, usize)) {
        let gap = self.tuning.gap;
        let near =
            |before: usize, next: usize| self.clues[next].since <= self.clues[before].to.saturating_add(gap);
        let mut latest: Option<usize> = None;
        for &next in own {
            if let Some(before) = latest.filter(|before| near(*before, next)) {
                join(before, next);
            }
            if latest.is_none_or(|before| self.clues[before].to <= self.clues[next].to) {
                latest = Some(next);
            }
        }
    }

    /// `next` began no earlier than `before`.
    fn is_near(&self, before: usize, next: usize, gap: i64) -> bool {
        self.clues[next].from <= self.clues[before].to.saturating_add(gap)
    }

    /// The same person in two clusters. Programs bear the same names in all clusters.
    fn by_name(&self, joined: &mut Joined) {
        let mut of_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (who, own) in &self.of_who {
            if !who.name.is_empty() && !who.name.starts_with("system:") {
                of_name.entry(&who.name).or_default().extend(own);
            }
        }
        for (name, mut own) in of_name {
            own.sort_by(|a, b| self.clues[*a].order().cmp(&self.clues[*b].order()));
            let mut latest: BTreeMap<&str, usize> = BTreeMap::new();
            for next in own {
                let Some(who) = self.clues[next].who.iter().find(|who| *who.name == *name) else { continue };
                for (cluster, before) in &latest {
                    if **cluster != *who.cluster && self.is_near(*before, next, self.tuning.far) {
                        let other = Who { cluster: (*cluster).into(), ..who.clone() };
                        joined.link(*before, next, (Bond::Principal, name.into(), other, who.clone()));
                    }
                }
                self.keep_latest(&mut latest, &who.cluster, next);
            }
        }
    }

    fn keep_latest<'k>(&self, latest: &mut BTreeMap<&'k str, usize>, key: &'k str, next: usize) {
        let known = latest.entry(key).or_insert(next);
        if self.clues[*known].to <= self.clues[next].to {
            *known = next;
        }
    }

    /// Somebody, and the identity that he made, bound to a role, or had a token issued for.
    fn by_grant(&self, joined: &mut Joined) {
        for &at in self.strong {
            let clue = &self.clues[at];
            let Some(giver) = clue.first_who() else { continue };
            for taker in self.takers(clue).take(self.tuning.takers) {
                let Some(own) = self.of_who.get(taker) else { continue };
                let from = own.partition_point(|other| self.clues[*other].from < clue.from);
                let after = own[from..].iter().take_while(|next| self.is_near(at, **next, self.tuning.far));
                for next in after.filter(|_| taker != giver).take(self.tuning.takers) {
                    let name = if taker.name.is_empty() { "system:anonymous" } else { &taker.name };
                    joined.link(at, *next, (Bond::Identity, name.into(), giver.clone(), taker.clone()));
                }
            }
        }
    }

    /// Whoever acts as one of the identities that a finding handed out; of the anonymous, those of all networks.
    fn takers<'t>(&'t self, clue: &'t Clue) -> impl Iterator<Item = &'t Who> {
        let same = |granted: &Who, who: &Who| granted.name == who.name && granted.cluster == who.cluster;
        let matching = move |granted: &'t Who| {
            let least = Who { network: Box::default(), ..granted.clone() };
            let from = (Bound::Included(&least), Bound::Unbounded);
            let own = self.of_who.range::<Who, _>(from).map(|(who, _)| *who);
            own.take_while(move |who| same(granted, who))
        };
        clue.grants.iter().flat_map(matching)
    }

    /// Actors who come from one network that is new to one of them.
    fn by_network(&self, networks: &Networks, joined: &mut Joined) {
        let mut of_place: BTreeMap<_, Vec<Visit<'_>>> = BTreeMap::new();
        for &at in self.strong {
            let clue = &self.clues[at];
            let [who] = clue.who.as_slice() else { continue };
            for spot in &clue.spots {
                let is_new = networks.is_new(who, &spot.network, clue, self.tuning);
                let place = network::place(&who.cluster, &spot.network, &spot.key);
                of_place.entry(place).or_default().push(Visit { at, who, network: &spot.network, is_new });
            }
        }
        of_place.values().for_each(|visits| self.by_place(visits, networks, joined));
    }

    fn by_place(&self, visits: &[Visit<'_>], networks: &Networks, joined: &mut Joined) {
        let (mut last, mut last_new): (Option<&Visit<'_>>, Option<&Visit<'_>>) = (None, None);
        for next in visits {
            let before = if next.is_new { last } else { last_new };
            let before = before.filter(|before| before.who != next.who && self.meet(before, next, networks));
            if let Some(before) = before {
                let why = (Bond::Network, next.network.into(), before.who.clone(), next.who.clone());
                joined.link(before.at, next.at, why);
            }
            last = Some(next);
            if next.is_new {
                last_new = last;
            }
        }
    }

    fn meet(&self, before: &Visit<'_>, next: &Visit<'_>, networks: &Networks) -> bool {
        let place = network::place(&next.who.cluster, next.network, next.network);
        let times = (self.clues[before.at].from, self.clues[next.at].to);
        self.is_near(before.at, next.at, self.tuning.met) && networks.joins(&place, times, self.tuning)
    }
}

/// Somebody in a place.
struct Visit<'c> {
    at: usize,
    who: &'c Who,
    network: &'c str,
    /// Whether he never was there before.
    is_new: bool,
}

/// Clues joined so far; each points to an earlier one of its group, or to itself.
struct Joined {
    parents: Vec<usize>,
    /// With a clue of the group that each is about.
    links: Vec<(usize, Why)>,
}

impl Joined {
    fn root(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.parents[one.max(other)] = one.min(other);
    }

    fn link(&mut self, one: usize, other: usize, why: Why) {
        self.join(one, other);
        self.links.push((one, why));
    }

    fn groups(mut self, strong: &[usize], clues: &[Clue]) -> Vec<Group> {
        let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
        for &at in strong {
            groups.entry(self.root(at)).or_default().clues.push(at);
        }
        for (at, why) in std::mem::take(&mut self.links) {
            if let Some(group) = groups.get_mut(&self.root(at)) {
                group.links.insert(why);
            }
        }
        let mut groups: Vec<Group> = groups.into_values().collect();
        let first = |group: &Group| group.clues.first().map(|at| clues[*at].order());
        groups.sort_by(|a, b| first(a).cmp(&first(b)));
        groups
    }
}
