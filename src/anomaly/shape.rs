//! What an entity does, one entry for each kind of request.

use super::evidence::Mark;
use super::names::Name;
use super::normal::Outcome;

/// What requests of one kind share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShapeKey {
    pub action: Name,
    pub namespace: Name,
    pub network: Name,
    pub agent: Name,
    pub outcome: Outcome,
}

/// Detail that an entity with too many shapes loses, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Detail {
    #[default]
    All,
    NoNamespace,
    NoNetwork,
    NoAction,
}

impl Detail {
    pub const ALL: [Detail; 4] = [Detail::All, Detail::NoNamespace, Detail::NoNetwork, Detail::NoAction];

    pub fn less(self) -> Option<Detail> {
        Detail::ALL.get(self as usize + 1).copied()
    }

    /// The key with this much detail; `dropped` stands in for what is gone.
    pub fn project(self, mut key: ShapeKey, dropped: Name) -> ShapeKey {
        if self >= Detail::NoNamespace {
            key.namespace = dropped;
        }
        if self >= Detail::NoNetwork {
            key.network = dropped;
        }
        if self >= Detail::NoAction {
            key.action = dropped;
            key.agent = dropped;
        }
        key
    }
}

#[derive(Clone, Debug)]
pub struct Shape {
    pub key: ShapeKey,
    /// Window in which it was first seen.
    pub first: u32,
    /// Window in which it was last seen.
    pub last: u32,
    pub count: u32,
    pub mark: Mark,
}

impl Shape {
    pub fn absorb(&mut self, other: Shape) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.count = self.count.saturating_add(other.count);
        self.mark.keep_first(other.mark);
    }

    /// So many more in a window.
    pub fn add(&mut self, window: u32, count: u32) {
        self.first = self.first.min(window);
        self.last = self.last.max(window);
        self.count = self.count.saturating_add(count);
    }

    pub fn names(&mut self) -> impl Iterator<Item = &mut Name> {
        let ShapeKey { action, namespace, network, agent, .. } = &mut self.key;
        [action, namespace, network, agent].into_iter().chain(self.mark.names())
    }
}
