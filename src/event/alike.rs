//! Events that are alike. Nearly all that an event says was said before, in two halves which repeat by themselves:
//! who asks (the user with all that belongs to him, from where and with what), and what for. What hangs on a half
//! alone is found out once for all events that share it, and costs each of them a look into a table.

use super::memo::{Key, Memo};
use super::{Dim, Event, Slot};
use hashbrown::HashMap;

/// Longer halves than this, in bytes, are looked at each time.
const LONGEST: usize = 8 << 10;
/// So many of each are remembered, and so many bytes of their texts. Beyond that the memory starts anew.
const MOST: usize = 1 << 14;
const MOST_BYTES: usize = 4 << 20;
/// So many pairs of them, likewise.
const MOST_PAIRS: usize = 1 << 16;
/// Halves that do not come so often, on average, are not worth remembering.
const VAIN: usize = 2;

/// The halves of an event, by number. Equal numbers mean equal bytes of all that belongs to the half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Like {
    /// Cluster, user, impersonated user, source addresses and user agent.
    pub caller: u32,
    /// Verb, resource (or path), namespace, level, stage and how it ended.
    pub request: u32,
    /// Both together.
    pub both: u32,
    /// Numbers mean something else when this is another.
    pub since: u32,
}

impl Like {
    /// The half that a dimension belongs to.
    pub fn half(self, dim: Dim) -> u32 {
        if dim.is_of_caller() { self.caller } else { self.request }
    }
}

/// Callers that are found by the numbers of their users.
const NEAR: usize = 1024;

#[derive(Clone, Debug, Default)]
struct Near {
    /// The user's number, since when, and the head of the caller's key. No user has the number 0.
    ids: (u32, u32, u32),
    cluster: Vec<u8>,
    /// What the key's text says behind the user.
    rest: Vec<u8>,
    caller: u32,
}

impl Near {
    #[cold]
    fn keep(&mut self, ids: (u32, u32, u32), rest: &[u8], cluster: &[u8], caller: u32) {
        (self.ids, self.caller) = (ids, caller);
        for (kept, new) in [(&mut self.rest, rest), (&mut self.cluster, cluster)] {
            kept.clear();
            kept.extend_from_slice(new);
        }
    }
}

/// Tells halves that were met before from others. Each worker has one of its own.
#[derive(Debug, Default)]
pub struct Alike {
    callers: Memo<(), 5>,
    /// Callers of users that have a number.
    near: Vec<Near>,
    requests: Memo<(), 6>,
    pairs: HashMap<(u32, u32), u32, foldhash::fast::RandomState>,
    since: u32,
    /// Events since then.
    events: usize,
    /// Hardly anything repeats in this log.
    is_vain: bool,
}

impl Alike {
    /// `None` when the event says more than is worth remembering.
    #[inline]
    pub fn of(&mut self, event: &Event<'_>) -> Option<Like> {
        if self.is_vain {
            return None;
        }
        if self.callers.is_full(MOST, MOST_BYTES)
            || self.requests.is_full(MOST, MOST_BYTES)
            || self.pairs.len() >= MOST_PAIRS
        {
            self.forget();
        }
        self.events += 1;
        let (caller, request) = (caller(event), request(event)?);
        if caller.bytes() + request.bytes() > LONGEST {
            return None;
        }
        let (caller, request) = (self.caller(event, &caller), self.requests.place(&request));
        let both = match self.pairs.get(&(caller, request)) {
            Some(both) => *both,
            None => self.pair(caller, request),
        };
        Some(Like { caller, request, both, since: self.since })
    }

    #[cold]
    fn pair(&mut self, caller: u32, request: u32) -> u32 {
        let both = self.pairs.len() as u32;
        self.pairs.insert((caller, request), both);
        both
    }

    /// The number of a caller. Of a user that has a number itself, only the rest is compared.
    #[inline]
    fn caller(&mut self, event: &Event<'_>, key: &Key<'_, 5>) -> u32 {
        let Some((user, length)) = event.known_user().filter(|_| begins_with_user(key.head)) else {
            return self.any_caller(key);
        };
        let [cluster, text, ..] = key.texts;
        let rest = text.get(length..).unwrap_or_default();
        if self.near.is_empty() {
            self.near.resize(NEAR, Near::default());
        }
        let place = (user as usize).wrapping_mul(31).wrapping_add(rest.len()) % NEAR;
        let near = &self.near[place];
        let ids = (user, self.since, key.head);
        if near.ids != ids || near.rest != rest || near.cluster != cluster {
            let caller = self.any_caller(key);
            self.near[place].keep(ids, rest, cluster, caller);
            return caller;
        }
        near.caller
    }

    #[inline(never)]
    fn any_caller(&mut self, key: &Key<'_, 5>) -> u32 {
        self.callers.place(key)
    }

    #[cold]
    fn forget(&mut self) {
        self.is_vain = self.events < VAIN * (self.callers.count() + self.requests.count());
        self.callers.clear();
        self.requests.clear();
        self.pairs.clear();
        (self.since, self.events) = (self.since.wrapping_add(1), 0);
    }
}

#[inline]
fn caller<'e>(event: &Event<'e>) -> Key<'e, 5> {
    const WHO: [Slot; 4] = [Slot::User, Slot::Impersonated, Slot::SourceIps, Slot::UserAgent];
    let cluster = event.cluster().unwrap_or_default().as_bytes();
    let bits = u32::from(event.cluster().is_some());
    match stretch(event, WHO) {
        Some((which, text)) => Key { head: bits | which << 1, texts: [cluster, text, &[], &[], &[]] },
        None => apart(event, WHO, cluster, bits),
    }
}

/// The key of a caller whose slots stand apart from each other.
#[cold]
fn apart<'e>(event: &Event<'e>, who: [Slot; 4], cluster: &'e [u8], bits: u32) -> Key<'e, 5> {
    let [user, other, addresses, agent] = who.map(|slot| event.raw(slot).unwrap_or_default());
    let missing = who.iter().fold(0, |bits, slot| bits << 1 | u32::from(!event.has(*slot)));
    Key { head: bits | missing << 1 | APART, texts: [cluster, user, other, addresses, agent] }
}

#[inline]
fn request<'e>(event: &Event<'e>) -> Option<Key<'e, 6>> {
    let text = |slot| event.raw(slot).unwrap_or_default();
    let is_there = |slot, at: u32| u32::from(event.has(slot)) << at;
    let resource = text(Slot::Resource);
    let (path, has_path) = if resource.is_empty() { path(event) } else { (&[][..], 0) };
    let there = is_there(Slot::Verb, 0)
        | is_there(Slot::Resource, 1)
        | is_there(Slot::Namespace, 2)
        | is_there(Slot::ApiGroup, 3)
        | is_there(Slot::Subresource, 4)
        | has_path << 5;
    let head = there | level(event)? << 6 | stage(event)? << 9 | code(event)? << 12;
    let (group, sub) = (text(Slot::ApiGroup), text(Slot::Subresource));
    Some(Key { head, texts: [text(Slot::Verb), resource, text(Slot::Namespace), group, sub, path] })
}

/// The path of a request that is for no resource, and 1 if there is one.
#[cold]
fn path<'e>(event: &Event<'e>) -> (&'e [u8], u32) {
    let uri = event.raw(Slot::RequestUri);
    let path = uri.and_then(|uri| uri.split(|byte| *byte == b'?').next());
    (path.unwrap_or_default(), uri.is_some().into())
}

#[inline]
fn level(event: &Event<'_>) -> Option<u32> {
    match event.raw(Slot::Level) {
        None => Some(0),
        Some(b"Metadata") => Some(1),
        Some(b"Request") => Some(2),
        Some(b"RequestResponse") => Some(3),
        Some(_) => None,
    }
}

#[inline]
fn stage(event: &Event<'_>) -> Option<u32> {
    match event.raw(Slot::Stage) {
        None => Some(0),
        Some(b"ResponseComplete") => Some(1),
        Some(b"ResponseStarted") => Some(2),
        Some(b"RequestReceived") => Some(3),
        Some(b"Panic") => Some(4),
        Some(_) => None,
    }
}

/// Without a code it may be annotations that tell how it ended.
#[inline]
fn code(event: &Event<'_>) -> Option<u32> {
    match event.has(Slot::Code) {
        true => Some(u32::from(event.code()?) + 1),
        false => (!event.has(Slot::Annotations)).then_some(0),
    }
}

/// The slots stand apart from each other.
const APART: u32 = 1 << 31;
/// So many bytes may stand between slots that are taken as one text: their keys, in the order in which Go writes them.
const BETWEEN: usize = 48;

/// Whether the text of a caller's key is one, and begins with the user: which slots there are, and which is the first.
#[inline]
fn begins_with_user(head: u32) -> bool {
    head & APART == 0 && head >> 1 & 1 == 1 && head >> 5 == 0
}

/// The text from the first to the last of some slots, if hardly anything else stands between them. It says what each of
/// them holds, together with the number: which there are, and which comes first.
#[inline]
fn stretch<'e>(event: &Event<'e>, slots: [Slot; 4]) -> Option<(u32, &'e [u8])> {
    let (mut start, mut end, mut inside, mut which, mut first) = (usize::MAX, 0, 0, 0, 0);
    for (at, slot) in slots.into_iter().enumerate() {
        let Some(span) = event.span(slot) else { continue };
        which |= 1 << at;
        inside += span.end() - span.start();
        end = end.max(span.end());
        if span.start() < start {
            (start, first) = (span.start(), at as u32);
        }
    }
    if which == 0 {
        return Some((0, &[]));
    }
    let is_one = end - start <= inside + BETWEEN;
    Some((which | first << slots.len(), event.record().get(start..end).filter(|_| is_one)?))
}

/// What is known of halves, or of both together, by their numbers.
#[derive(Debug)]
pub struct ByHalf<T> {
    since: u32,
    known: Vec<Option<T>>,
}

impl<T> Default for ByHalf<T> {
    fn default() -> ByHalf<T> {
        ByHalf { since: 0, known: Vec::new() }
    }
}

impl<T: Copy> ByHalf<T> {
    /// What is known of a half, which is `half` of the event that `like` tells of.
    #[inline]
    pub fn get(&self, like: Like, half: u32) -> Option<T> {
        self.get_ref(like, half).copied()
    }
}

impl<T> ByHalf<T> {
    /// As [`get`](ByHalf::get), for what is not copied.
    #[inline]
    pub fn get_ref(&self, like: Like, half: u32) -> Option<&T> {
        if self.since == like.since { self.known.get(half as usize)?.as_ref() } else { None }
    }

    /// What is known of a half, or is made and known from now on.
    #[inline]
    pub fn get_or_make(&mut self, like: Like, half: u32, make: impl FnOnce() -> T) -> T
    where
        T: Clone,
    {
        match self.get_ref(like, half) {
            Some(known) => known.clone(),
            None => self.make(like, half, make),
        }
    }

    #[cold]
    fn make(&mut self, like: Like, half: u32, make: impl FnOnce() -> T) -> T
    where
        T: Clone,
    {
        let new = make();
        self.set(like, half, new.clone());
        new
    }

    pub fn set(&mut self, like: Like, half: u32, known: T) {
        if self.since != like.since {
            self.clear();
            self.since = like.since;
        }
        if self.known.len() <= half as usize {
            self.known.resize_with(half as usize + 1, || None);
        }
        self.known[half as usize] = Some(known);
    }

    pub fn clear(&mut self) {
        self.known.clear();
    }
}

impl Dim {
    /// Whether it belongs to who asks, and not to what for.
    pub fn is_of_caller(self) -> bool {
        match self {
            Dim::Cluster
            | Dim::Username
            | Dim::Impersonated
            | Dim::Principal
            | Dim::UserAgent
            | Dim::Address
            | Dim::UserExtra => true,
            Dim::Verb
            | Dim::Resource
            | Dim::Subresource
            | Dim::ApiGroup
            | Dim::Namespace
            | Dim::Level
            | Dim::Stage
            | Dim::Code
            | Dim::Outcome => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Decoder;
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// Members of an event in any order, each with few values, so that halves repeat.
    fn record() -> impl Strategy<Value = String> {
        let one = |key: &'static str, values: &'static [&'static str]| {
            prop::option::weighted(0.8, prop::sample::select(values.to_vec()))
                .prop_map(move |value| value.map(|value| format!(r#""{key}":{value}"#)))
        };
        let members = (
            one("user", &["{}", r#"{"username":"a"}"#, r#"{"username":"a","extra":{"k":["v"]}}"#]),
            one("impersonatedUser", &[r#"{"username":"a"}"#, r#"{"username":"b"}"#]),
            one("sourceIPs", &["[]", r#"["10.0.0.1"]"#]),
            one("userAgent", &[r#""""#, r#""{""#, r#""k\",\"user\":{}""#]),
            one(
                "objectRef",
                &[
                    r#"{"resource":"pods"}"#,
                    r#"{"resource":"pods","subresource":"exec"}"#,
                    r#"{"namespace":"pods"}"#,
                    r#"{"resource":"","namespace":"pods","apiGroup":"apps"}"#,
                ],
            ),
            one("requestURI", &[r#""/a?b""#, r#""/c""#]),
            one("responseStatus", &[r#"{"code":200}"#, r#"{"code":403}"#]),
            one("annotations", &[r#"{"authorization.k8s.io/decision":"forbid"}"#, r#"{"a":"b"}"#]),
            one("level", &[r#""Metadata""#, r#""Request""#, r#""Other""#]),
            one("stage", &[r#""ResponseComplete""#, r#""RequestReceived""#]),
        );
        let all = members.prop_map(|(a, b, c, d, e, f, g, h, i, j)| {
            [a, b, c, d, e, f, g, h, i, j].into_iter().flatten().collect::<Vec<_>>()
        });
        all.prop_shuffle().prop_map(|members| {
            format!(
                r#"{{"verb":"get","auditID":"x",{}{}"k":0}}"#,
                members.join(","),
                if members.is_empty() { "" } else { "," }
            )
        })
    }

    proptest! {
        #[test]
        fn equal_halves_say_the_same_in_every_dimension(records in prop::collection::vec(record(), 1..200)) {
            let (mut alike, mut decoder) = (Alike::default(), Decoder::numbering());
            let mut known = HashMap::new();
            for record in records {
                let (event, _) = decoder.decode(record.as_bytes(), Some("c")).unwrap();
                let Some(like) = alike.of(&event) else { continue };
                for dim in Dim::ALL {
                    let half = like.half(dim);
                    let value = dim.key(&event).map(<[u8]>::to_vec);
                    let first = known.entry((dim, half)).or_insert_with(|| value.clone());
                    prop_assert_eq!(&*first, &value, "{:?} of {}", dim, record);
                }
            }
        }
    }

    #[test]
    fn a_log_in_which_nothing_repeats_is_not_remembered() {
        let (mut alike, mut decoder) = (Alike::default(), Decoder::default());
        let mut of = |at: usize| {
            let record = format!(r#"{{"verb":"get","auditID":"x","userAgent":"{at}"}}"#);
            let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
            alike.of(&event).is_some()
        };
        assert!(of(0));
        assert!((0..100_000).any(|at| !of(at)));
        assert!(!of(0));
    }

    #[test]
    fn what_is_known_of_halves_is_forgotten_with_them() {
        let like = |since| Like { caller: 3, request: 0, both: 0, since };
        let mut known = ByHalf::default();
        assert_eq!(known.get(like(0), 3), None);
        known.set(like(0), 3, 7);
        assert_eq!(
            (known.get(like(0), 3), known.get(like(0), 2), known.get(like(1), 3)),
            (Some(7), None, None)
        );
        known.set(like(1), 2, 8);
        assert_eq!((known.get(like(1), 2), known.get(like(1), 3)), (Some(8), None));
    }

    #[test]
    fn long_halves_are_not_kept() {
        let long = format!(r#"{{"verb":"get","auditID":"x","userAgent":"{}"}}"#, "a".repeat(LONGEST));
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(long.as_bytes(), None).unwrap();
        assert_eq!(Alike::default().of(&event), None);
    }
}
