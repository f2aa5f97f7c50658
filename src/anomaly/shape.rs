//! What an entity does, one entry for each kind of request.

use super::evidence::Sample;
use super::names::Name;
use super::normal::Outcome;

/// What requests of one kind share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShapeKey {
    pub action: Name,
    pub namespace: Name,
    pub network: Name,
    /// The wider network, which follows from `network`.
    pub wide: Name,
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
            key.wide = dropped;
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
    pub count: u64,
    pub sample: Sample,
}

impl Shape {
    pub fn absorb(&mut self, other: Shape) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.count = self.count.saturating_add(other.count);
        self.sample.keep_first(other.sample);
    }
}
