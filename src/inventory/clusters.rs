//! Events by cluster, as they come.

use super::{Amount, ClusterFacts, Fact, MOST, Origin, Policies, Requests, Rhythm, Seen};
use crate::finding::Evidence;
use hashbrown::HashMap;
use std::sync::Arc;

/// All clusters met so far, by number.
#[derive(Debug, Default)]
pub struct Clusters {
    met: Vec<Met>,
    numbers: HashMap<Option<Arc<str>>, u32, foldhash::fast::FixedState>,
    /// Those that files were labelled with.
    labels: usize,
    more: bool,
}

#[derive(Debug, Default)]
struct Met {
    facts: ClusterFacts,
    rhythm: Rhythm,
}

impl Clusters {
    /// The number of a label that a file has.
    pub fn label(&mut self, name: Option<&Arc<str>>) -> u32 {
        let number = self.number(name.cloned());
        self.labels = self.met.len();
        number
    }

    /// The number of the cluster that an event of a file with this label comes from. Memory bounds how many are told
    /// apart: others count as that of the file.
    pub fn of(&mut self, origin: &Origin, label: u32) -> u32 {
        if let Some(known) = self.numbers.get(&origin.cluster) {
            return *known;
        }
        if self.met.len() >= self.labels + MOST {
            self.more = true;
            return label;
        }
        self.number(origin.cluster.clone())
    }

    fn number(&mut self, name: Option<Arc<str>>) -> u32 {
        let next = self.met.len() as u32;
        let number = *self.numbers.entry(name.clone()).or_insert(next);
        if number == next {
            let facts = ClusterFacts { name: name.as_deref().map(str::to_owned), ..ClusterFacts::default() };
            self.met.push(Met { facts, rhythm: Rhythm::default() });
        }
        number
    }

    /// Counts the events of one origin.
    pub fn add_origin(&mut self, cluster: u32, origin: &Origin, amount: Amount) {
        let facts = &mut self.met[cluster as usize].facts;
        *facts.formats.entry(origin.format).or_default() += amount.events;
        origin.node.iter().for_each(|node| facts.nodes.add(node, amount));
    }

    /// Counts one event, of which the requests know already what it adds.
    pub fn add(&mut self, cluster: u32, fact: &Fact, place: &Evidence, (count, seen): (u64, Seen)) {
        let Met { facts, rhythm } = &mut self.met[cluster as usize];
        facts.kinds.add(fact, place);
        facts.kinds.see(count, seen);
        fact.written.into_iter().for_each(|written| rhythm.add(written, place.file));
    }

    pub fn name(&self, cluster: u32) -> Option<&str> {
        self.met.get(cluster as usize)?.facts.name.as_deref()
    }

    /// What is known of each, by name, and whether there were more. `rotated` tells whether two files are members of
    /// one rotated set.
    pub fn finish(
        self,
        requests: &Requests,
        policies: &mut Policies,
        rotated: impl Fn(u32, u32) -> bool,
    ) -> (Vec<ClusterFacts>, bool) {
        let finish = |(number, Met { mut facts, rhythm })| {
            facts.gaps = rhythm.gaps(&rotated);
            facts.unfinished = requests.unfinished(number);
            facts.policy = policies.take(facts.name.as_deref());
            facts
        };
        let mut all: Vec<ClusterFacts> = (0..).zip(self.met).map(finish).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        (all, self.more)
    }
}
