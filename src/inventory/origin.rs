//! Where events come from: which cluster and node, in which format. Wrappers tell, or the path of the file.

use crate::tally::TimeSpan;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;

/// What is said of an event as it stands in a log that nobody wrapped.
pub const NATIVE: &str = "native";

/// Clusters that only wrappers name, and nodes of one cluster, at most.
pub const MOST: usize = 1 << 10;

/// Where an event comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    pub cluster: Option<Arc<str>>,
    pub node: Option<Arc<str>>,
    /// The outermost one.
    pub format: &'static str,
}

impl Origin {
    fn is(&self, cluster: Option<&str>, node: Option<&str>, format: &str) -> bool {
        self.format == format && self.node.as_deref() == node && self.cluster.as_deref() == cluster
    }
}

/// How many events, and from when to when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    pub events: u64,
    pub span: TimeSpan,
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        self.events += other.events;
        self.span += other.span;
    }
}

/// The origins of a few events, numbered as they come.
#[derive(Debug, Default)]
pub struct Origins {
    met: Vec<(Origin, Amount)>,
    numbers: HashMap<Origin, u32, foldhash::fast::FixedState>,
    /// That of the last event, which most often is that of the next one.
    last: u32,
}

impl Origins {
    /// Counts an event and gives the number of its origin.
    pub fn add(
        &mut self,
        cluster: Option<Arc<str>>,
        node: Option<&str>,
        format: &'static str,
        time: Option<i64>,
    ) -> u32 {
        let last = self.met.get(self.last as usize);
        if !last.is_some_and(|(origin, _)| origin.is(cluster.as_deref(), node, format)) {
            self.last = self.number(Origin { cluster, node: node.map(Arc::from), format });
        }
        if let Some((_, amount)) = self.met.get_mut(self.last as usize) {
            amount.events += 1;
            time.into_iter().for_each(|time| amount.span.add(time));
        }
        self.last
    }

    fn number(&mut self, origin: Origin) -> u32 {
        let next = self.met.len() as u32;
        let number = *self.numbers.entry(origin.clone()).or_insert(next);
        if number == next {
            self.met.push((origin, Amount::default()));
        }
        number
    }

    /// In the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &(Origin, Amount)> {
        self.met.iter()
    }
}

/// Events by node.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    pub known: BTreeMap<Arc<str>, Amount>,
    /// Whether there were more nodes than are counted.
    pub more: bool,
}

impl Nodes {
    pub fn add(&mut self, node: &Arc<str>, amount: Amount) {
        if let Some(known) = self.known.get_mut(node) {
            *known += amount;
        } else if self.known.len() < MOST {
            self.known.insert(Arc::clone(node), amount);
        } else {
            self.more = true;
        }
    }
}
