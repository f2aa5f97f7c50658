//! What an entity was seen with: each action, network, client, namespace and so on, when first and when last.

use super::action::Action;
use super::names::{Name, Names};

/// What a value is a value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Dim {
    Action,
    Namespace,
    /// A resource in a namespace.
    Scope,
    Network,
    Agent,
    /// An action that was denied.
    Refused,
    /// The wider network: what peers are asked for.
    Wide,
    /// Whose images were run: the registry, or the account on a shared one.
    Image,
}

pub const DIMS: usize = 8;

impl Dim {
    pub const ALL: [Dim; DIMS] = [
        Dim::Action,
        Dim::Namespace,
        Dim::Scope,
        Dim::Network,
        Dim::Agent,
        Dim::Refused,
        Dim::Wide,
        Dim::Image,
    ];
}

/// One value; `more` is the resource of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueKey {
    pub dim: Dim,
    pub name: Name,
    pub more: Name,
}

impl ValueKey {
    pub fn new(dim: Dim, name: Name) -> ValueKey {
        ValueKey { dim, name, more: super::profile::EMPTY }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Value {
    pub key: ValueKey,
    /// Windows in which it was first and last seen.
    pub first: u32,
    pub last: u32,
    /// Which of the entity's marks shows it first.
    pub mark: u32,
}

impl Value {
    pub fn widen(&mut self, first: u32, last: u32) {
        self.first = self.first.min(first);
        self.last = self.last.max(last);
    }
}

/// The resource of an action, without its subresource; nothing for a path. Beside the namespace only the resource
/// itself tells more, not what is done to it.
pub fn resource_of(action: &str) -> Option<&str> {
    let action = Action::parse(action);
    (!action.is_path()).then(|| action.object.split('/').next().unwrap_or_default())
}

/// The name of an action's resource, if anybody was seen with it.
pub fn resource_name(action: Name, names: &Names) -> Option<Name> {
    names.find(resource_of(names.text(action))?)
}
