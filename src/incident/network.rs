//! Who uses a network, since when, and who of them has findings from there.

use super::clue::{Clue, Who, is_public};
use super::tuning::Tuning;
use crate::anomaly::{Dim, Profile, Value, time_of};
use std::collections::{BTreeMap, BTreeSet};

/// A cluster and a network. A public network is the same everywhere, so that it has no cluster.
type Place = (Box<str>, Box<str>);

/// `name` is a network or an address in it.
pub fn place(cluster: &str, network: &str, name: &str) -> Place {
    let cluster = if is_public(network) { "" } else { cluster };
    (cluster.into(), name.into())
}

/// From when to when somebody was in a network.
type Stays = BTreeMap<Box<str>, (i64, i64)>;

/// The networks that findings name.
#[derive(Debug, Default)]
pub struct Networks {
    users: BTreeMap<Place, Crowd>,
    suspects: BTreeMap<Place, Crowd>,
    /// When somebody was first seen in a network.
    first: BTreeMap<(Who, Box<str>), i64>,
    /// When somebody was first seen anywhere.
    begun: BTreeMap<Who, i64>,
    /// When anybody was first seen in a network, and when the cluster's log begins.
    opened: BTreeMap<Place, i64>,
    watched: BTreeMap<Box<str>, i64>,
}

impl Networks {
    /// Only a profile knows who else uses a network; without one no network joins anybody.
    pub fn of(profile: &Profile, clues: &[Clue], tuning: &Tuning) -> Networks {
        let mut suspects: BTreeMap<Place, Stays> = BTreeMap::new();
        for clue in clues.iter().filter(|clue| clue.points >= tuning.least && clue.who.len() == 1) {
            for (who, spot) in clue.who.iter().flat_map(|who| clue.spots.iter().map(move |spot| (who, spot)))
            {
                let place = place(&who.cluster, &spot.network, &spot.network);
                stay(suspects.entry(place).or_default(), &who.name, (clue.from, clue.to));
            }
        }
        let mut all = Networks::default();
        let wanted: BTreeSet<Box<str>> = suspects.keys().map(|(_, network)| network.clone()).collect();
        all.suspects = suspects.into_iter().map(|(place, stays)| (place, Crowd::of(&stays))).collect();
        all.add_profile(profile, &wanted);
        all
    }

    fn add_profile(&mut self, profile: &Profile, wanted: &BTreeSet<Box<str>>) {
        let names = &profile.names;
        for (cluster, span) in &profile.clusters {
            if let Some((first, _)) = span.range() {
                self.watched.insert(names.text(*cluster).into(), time_of(first));
            }
        }
        let is_wanted = |name: &u32| wanted.contains(names.text(*name));
        let numbers: BTreeSet<u32> = (0..names.len() as u32).filter(is_wanted).collect();
        let mut users: BTreeMap<Place, Stays> = BTreeMap::new();
        for entity in &profile.entities {
            let cluster = names.text(entity.key.cluster);
            let own = names.text(entity.key.network);
            let who = Who::new(Some(cluster), names.text(entity.key.name), Some(own));
            let values = entity.values();
            if let Some(begun) = values.iter().map(|value| value.first).min() {
                keep_first(&mut self.begun, who.clone(), time_of(begun));
            }
            let is_wanted =
                |value: &&Value| value.key.dim == Dim::Network && numbers.contains(&value.key.name);
            for value in values.iter().filter(is_wanted) {
                let (network, first) = (names.text(value.key.name), time_of(value.first));
                let place = place(cluster, network, network);
                keep_first(&mut self.first, (who.clone(), network.into()), first);
                keep_first(&mut self.opened, place.clone(), first);
                stay(
                    users.entry(place).or_default(),
                    &who.name,
                    (first, time_of(value.last.saturating_add(1))),
                );
            }
        }
        self.users = users.into_iter().map(|(place, stays)| (place, Crowd::of(&stays))).collect();
    }

    /// Whether of those who used a network between two times enough have findings from there.
    pub fn joins(&self, place: &Place, times: (i64, i64), tuning: &Tuning) -> bool {
        let count = |of: &BTreeMap<Place, Crowd>| of.get(place).map_or(0, |crowd| crowd.between(times));
        let (suspects, users) = (count(&self.suspects), count(&self.users));
        users > 0 && suspects as f64 >= tuning.network_share * users as f64
    }

    /// Whether somebody came to a network not long before a finding, and was elsewhere before, or nobody was there
    /// when the cluster's log began.
    pub fn is_new(&self, who: &Who, network: &str, clue: &Clue, tuning: &Tuning) -> bool {
        let Some(first) = self.first.get(&(who.clone(), network.into())) else { return false };
        let is_recent = clue.from.saturating_sub(tuning.far) <= *first && *first <= clue.to;
        let came_later = self.begun.get(who).is_some_and(|begun| begun < first);
        let watched = self.watched.get(&who.cluster).copied().unwrap_or(i64::MAX);
        let opened = self.opened.get(&place(&who.cluster, network, network)).copied().unwrap_or(i64::MIN);
        is_recent && (came_later || opened >= watched.saturating_add(tuning.start))
    }
}

/// How many stay at a time.
#[derive(Debug, Default)]
struct Crowd {
    /// Sorted, each by itself.
    come: Vec<i64>,
    go: Vec<i64>,
}

impl Crowd {
    fn of(stays: &Stays) -> Crowd {
        let mut come: Vec<i64> = stays.values().map(|stay| stay.0).collect();
        let mut go: Vec<i64> = stays.values().map(|stay| stay.1).collect();
        come.sort_unstable();
        go.sort_unstable();
        Crowd { come, go }
    }

    /// Those who were there at some time between: all who came before the end, less those who went before the begin.
    fn between(&self, (from, to): (i64, i64)) -> usize {
        self.come.partition_point(|time| *time <= to) - self.go.partition_point(|time| *time < from)
    }
}

fn stay(stays: &mut Stays, name: &str, (from, to): (i64, i64)) {
    let known = stays.entry(name.into()).or_insert((from, to));
    *known = (known.0.min(from), known.1.max(to));
}

fn keep_first<K: Ord>(all: &mut BTreeMap<K, i64>, key: K, time: i64) {
    all.entry(key).and_modify(|known| *known = (*known).min(time)).or_insert(time);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_counts_those_who_stayed_at_some_time_between() {
        let mut stays = Stays::new();
        for (name, from, to) in [("a", 0, 10), ("b", 5, 6), ("c", 20, 30), ("a", 2, 12)] {
            stay(&mut stays, name, (from, to));
        }
        let crowd = Crowd::of(&stays);
        for (times, count) in
            [((0, 1), 1), ((5, 5), 2), ((11, 19), 1), ((13, 19), 0), ((0, 40), 3), ((31, 40), 0)]
        {
            assert_eq!(crowd.between(times), count, "{times:?}");
        }
    }
}
