//! Objects that a whole cluster hangs on, and who changed them: those of `kube-system`, and those outside all
//! namespaces. Few ever change one of them by hand, so that somebody new who does is worth a look.

use super::action::Action;
use super::evidence::Mark;
use super::names::Name;
use super::profile::Limits;
use hashbrown::HashMap;

/// What comes and goes by itself, or is written all the time.
const FLEETING: &[&str] = &[
    "bindings",
    "certificatesigningrequests",
    "componentstatuses",
    "endpoints",
    "endpointslices",
    "events",
    "leases",
    "nodes",
    "pods",
];
/// Writers of one object beyond which one more is no news.
const WRITERS: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    pub cluster: Name,
    /// Empty for an object outside all namespaces.
    pub namespace: Name,
    /// With its group.
    pub resource: Name,
    pub name: Name,
}

#[derive(Clone, Debug)]
pub struct Object {
    pub key: ObjectKey,
    /// The first window in which it was made, if that was seen.
    pub created: Option<u32>,
    /// In no order until the profile is settled.
    pub writers: Vec<Writer>,
    /// It had too many writers to keep any.
    pub is_crowded: bool,
}

/// Somebody who changed an object, in which windows first and last, and the first time that it was so.
#[derive(Clone, Debug)]
pub struct Writer {
    pub principal: Name,
    pub first: u32,
    pub last: u32,
    pub mark: Mark,
}

#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// In no order until the profile is settled.
    pub all: Vec<Object>,
    at: HashMap<ObjectKey, u32, foldhash::fast::RandomState>,
    /// There were too many to keep any.
    pub is_saturated: bool,
}

/// Whether requests of this kind, if they succeed, make or change an object that is worth watching.
pub fn is_watched(action: &Action<'_>, namespace: &str) -> bool {
    let is_change = matches!(action.verb, "create" | "update" | "patch" | "delete") && action.is_write();
    is_change
        && matches!(namespace, "" | "kube-system")
        && !action.is_path()
        && action.subresource.is_empty()
        && !FLEETING.contains(&action.resource)
}

impl Objects {
    /// The object with this key, made if it was not met before; `None` where there are too many.
    pub fn at(&mut self, key: ObjectKey, limits: Limits) -> Option<&mut Object> {
        if self.is_saturated {
            return None;
        }
        let new = self.all.len() as u32;
        let at = *self.at.entry(key).or_insert(new);
        if at == new {
            self.all.push(Object { key, created: None, writers: Vec::new(), is_crowded: false });
            if self.all.len() > limits.objects {
                self.saturate();
                return None;
            }
        }
        self.all.get_mut(at as usize)
    }

    /// Leaves all of them out. That commutes with merging, as the number of distinct objects never falls.
    pub fn saturate(&mut self) {
        *self = Objects { is_saturated: true, ..Objects::default() };
    }

    /// Takes in others under the same names.
    pub fn absorb(&mut self, other: Objects, limits: Limits) {
        if other.is_saturated {
            self.saturate();
        }
        for object in other.all {
            let Some(own) = self.at(object.key, limits) else { return };
            own.absorb(object);
        }
    }

    /// Brings objects and their writers into the order of their names.
    pub fn sort(&mut self) {
        self.all.shrink_to_fit();
        self.all.sort_unstable_by_key(|object| object.key);
        self.all.iter_mut().for_each(|object| object.writers.sort_unstable_by_key(|writer| writer.principal));
        self.at = (0..).zip(&self.all).map(|(at, object)| (object.key, at)).collect();
    }

    /// Drops writers that wrote last before a window.
    pub fn forget_before(&mut self, window: u32) {
        for object in &mut self.all {
            object.created = object.created.filter(|created| *created >= window);
            object.writers.retain(|writer| writer.last >= window);
        }
        self.all.retain(|object| object.created.is_some() || object.is_crowded || !object.writers.is_empty());
        self.sort();
    }

    pub fn names(&mut self) -> impl Iterator<Item = &mut Name> {
        self.all.iter_mut().flat_map(|object| {
            let ObjectKey { cluster, namespace, resource, name } = &mut object.key;
            let writers = object.writers.iter_mut();
            let writers = writers.flat_map(|w| std::iter::once(&mut w.principal).chain(w.mark.names()));
            [cluster, namespace, resource, name].into_iter().chain(writers)
        })
    }

    /// Bytes of memory, about.
    pub fn weight(&self) -> usize {
        let writers: usize = self.all.iter().map(|object| object.writers.capacity()).sum();
        self.all.capacity() * (size_of::<Object>() + 24) + writers * size_of::<Writer>()
    }
}

impl Object {
    pub fn created(&mut self, window: u32) {
        self.created = Some(self.created.map_or(window, |own| own.min(window)));
    }

    /// Notes a change; says whether it may be the first one of this principal, which [`Object::written`] wants.
    pub fn changed(&mut self, principal: Name, window: u32, time: i64) -> bool {
        let known = self.writers.iter_mut().find(|writer| writer.principal == principal);
        known.map_or(!self.is_crowded, |own| {
            (own.first, own.last) = (own.first.min(window), own.last.max(window));
            time <= own.mark.spot.time
        })
    }

    pub fn written(&mut self, new: Writer) {
        if self.is_crowded {
            return;
        }
        match self.writers.iter_mut().find(|writer| writer.principal == new.principal) {
            Some(own) => {
                (own.first, own.last) = (own.first.min(new.first), own.last.max(new.last));
                if new.mark.spot < own.mark.spot {
                    own.mark = new.mark;
                }
            }
            None => self.writers.push(new),
        }
        if self.writers.len() > WRITERS {
            (self.writers, self.is_crowded) = (Vec::new(), true);
        }
    }

    fn absorb(&mut self, other: Object) {
        other.created.into_iter().for_each(|window| self.created(window));
        if other.is_crowded {
            (self.writers, self.is_crowded) = (Vec::new(), true);
        }
        other.writers.into_iter().for_each(|writer| self.written(writer));
    }
}
