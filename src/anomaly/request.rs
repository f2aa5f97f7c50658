//! A request in two halves that repeat by themselves: who asks, from where and with what; and what for.

use super::action::{self, Action};
use super::class::Class;
use super::entity::{EntityKey, Kind};
use super::evidence::Whence;
use super::names::{Name, Names};
use super::normal::{self, Outcome};
use super::objects::is_watched;
use super::origin;
use super::profile::EMPTY;
use super::value::{DIMS, Dim, ValueKey, resource_of};
use crate::event::memo::Key;
use crate::event::{Event, Slot};
use crate::redact::Redactor;

/// Who asks, from where and with what.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub key: EntityKey,
    pub class: Class,
    /// Where the entity stands in the profile, unless it was left out.
    pub entity: Option<u32>,
    /// For marks.
    pub from: Whence,
    network: Name,
    wide: Name,
    agent: Name,
}

/// What is asked for, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Deed {
    pub action: Name,
    /// Namespace and resource, unless it is a path.
    scope: Option<(Name, Name)>,
    outcome: Outcome,
    /// Counters that go up.
    pub bits: u16,
    /// It reads secrets.
    pub secrets: bool,
    /// It is one to point at, as is any that reads secrets.
    pub sensitive: bool,
    /// It makes or changes an object that a whole cluster hangs on.
    pub watched: bool,
    /// It may say which images are to run.
    pub images: bool,
}

/// The values that a request shows, by dimension.
pub type Keys = [Option<ValueKey>; DIMS];

impl Caller {
    #[inline]
    pub fn key<'e>(event: &Event<'e>, cluster: u32) -> Key<'e, 3> {
        let text = |slot| event.raw(slot).unwrap_or_default();
        let address = event.source_ip().map_or(&[][..], |address| address.raw());
        Key { head: cluster, texts: [text(Slot::Username), address, text(Slot::UserAgent)] }
    }

    pub fn of(event: &Event<'_>, cluster: Name, redactor: Redactor, names: &mut Names) -> Caller {
        let user = normal::cut(event.decoded(Slot::Username).unwrap_or_default().into_owned());
        let class = Class::of(&user);
        let near = normal::network(&event.source_ip().map(|ip| ip.decode()).unwrap_or_default());
        let network = names.number(&near);
        let kind = if user.is_empty() { Kind::Source } else { Kind::Principal };
        let own = if class == Class::Anonymous { network } else { EMPTY };
        Caller {
            key: EntityKey { cluster, kind, name: names.number(&user), network: own },
            class,
            entity: None,
            from: Whence::of(event, redactor, names),
            network,
            wide: names.number(&normal::wider(&near)),
            agent: names.number(&normal::agent(&event.decoded(Slot::UserAgent).unwrap_or_default())),
        }
    }
}

impl Deed {
    #[inline]
    pub fn key<'e>(event: &Event<'e>) -> Key<'e, 6> {
        let text = |slot| event.raw(slot).unwrap_or_default();
        let resource = text(Slot::Resource);
        let outcome = Outcome::of(event.code());
        let impersonates = normal::impersonates(event);
        Key {
            head: (outcome as u32) << 1 | u32::from(impersonates),
            texts: [
                text(Slot::Verb),
                resource,
                text(Slot::Namespace),
                text(Slot::ApiGroup),
                text(Slot::Subresource),
                if resource.is_empty() { path(text(Slot::RequestUri)) } else { &[] },
            ],
        }
    }

    pub fn of(event: &Event<'_>, names: &mut Names) -> Deed {
        let outcome = Outcome::of(event.code());
        let text = normal::action(event, normal::impersonates(event));
        let parsed = Action::parse(&text);
        let namespace = normal::namespace(&event.decoded(Slot::Namespace).unwrap_or_default());
        let bits = parsed.counters(outcome);
        let is_done = outcome == Outcome::Done;
        let secrets = is_done && parsed.reads_secrets();
        Deed {
            action: names.number(&text),
            scope: resource_of(&text).map(|resource| (names.number(&namespace), names.number(resource))),
            outcome,
            bits,
            secrets,
            sensitive: secrets || bits & action::SENSITIVE != 0,
            watched: is_done && is_watched(&parsed, &namespace),
            images: is_done && origin::is_told(&parsed),
        }
    }

    pub fn namespace(&self) -> Name {
        self.scope.map_or(EMPTY, |(namespace, _)| namespace)
    }
}

/// All values that a request shows, but for those of its body.
pub fn keys(caller: &Caller, deed: &Deed) -> Keys {
    let Deed { action, scope, outcome, .. } = *deed;
    [
        Some(ValueKey::new(Dim::Action, action)),
        scope.map(|(namespace, _)| ValueKey::new(Dim::Namespace, namespace)),
        scope.map(|(name, more)| ValueKey { dim: Dim::Scope, name, more }),
        Some(ValueKey::new(Dim::Network, caller.network)),
        Some(ValueKey::new(Dim::Agent, caller.agent)),
        (outcome == Outcome::Denied).then_some(ValueKey::new(Dim::Refused, action)),
        Some(ValueKey::new(Dim::Wide, caller.wide)),
        // Hangs on the body, which differs from request to request.
        None,
    ]
}

fn path(uri: &[u8]) -> &[u8] {
    uri.split(|&byte| byte == b'?').next().unwrap_or_default()
}
