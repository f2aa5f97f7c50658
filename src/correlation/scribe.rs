//! Writes down what a correlation keeps of an event. What hangs on a half of the event alone, who asks or what for, is put
//! together once for all events that are alike in it.

use super::observe::Noticed;
use super::words::{Word, Words};
use super::{Caller, Deed, Request};
use crate::event::{ByHalf, Event, Like, Slot, Text};
use crate::finding::rank;
use crate::redact::Redactor;
use std::sync::Arc;

/// Both halves of an event, written down: where the scribe finds them, until it is cleared.
#[derive(Clone, Copy, Debug)]
pub struct Halves {
    caller: u32,
    request: u32,
}

impl Caller {
    fn of(event: &Event<'_>, words: &mut Words, redactor: Redactor) -> Caller {
        let mut shared = |text: Option<Text<'_>>| text.map(|text| words.shared(text, redactor));
        Caller {
            cluster: shared(event.cluster().map(Text::plain)),
            principal: shared(event.principal()),
            source_ip: shared(event.source_ip()),
            user_agent: shared(event.text(Slot::UserAgent)),
        }
    }
}

impl Request {
    fn of(event: &Event<'_>, words: &mut Words, redactor: Redactor) -> Request {
        let mut shared = |text: Option<Text<'_>>| text.map(|text| words.shared(text, redactor));
        let stage = shared(event.text(Slot::Stage));
        Request {
            rank: rank(stage.as_deref()),
            stage,
            verb: shared(event.text(Slot::Verb)),
            resource: shared(event.resource().as_deref().map(Text::plain)),
            namespace: shared(event.text(Slot::Namespace)),
            code: event.code(),
        }
    }
}

/// What an event says beside its halves.
#[derive(Clone, Copy, Debug)]
pub struct Own<'e> {
    pub audit_id: Option<Text<'e>>,
    pub name: Option<Text<'e>>,
    pub file: &'e Arc<str>,
    pub offset: u64,
    pub line: u64,
}

impl<'e> Own<'e> {
    pub fn of(seen: &Noticed<'e>) -> Own<'e> {
        let Noticed { event, file, offset, line, .. } = *seen;
        Own { audit_id: event.text(Slot::AuditId), name: event.text(Slot::Name), file, offset, line }
    }
}

/// One half of events, each that was written down, and where the half of events that are alike stands.
#[derive(Debug)]
struct Written<T> {
    all: Vec<Arc<T>>,
    places: ByHalf<u32>,
}

impl<T> Default for Written<T> {
    fn default() -> Written<T> {
        Written { all: Vec::new(), places: ByHalf::default() }
    }
}

impl<T> Written<T> {
    /// The place of a half, which has this number if it is known what the event is like.
    #[inline]
    fn place(&mut self, known: Option<(Like, u32)>, write: impl FnOnce() -> T) -> u32 {
        let Written { all, places } = self;
        let new = || {
            all.push(Arc::new(write()));
            all.len() as u32 - 1
        };
        match known {
            Some((like, half)) => places.get_or_make(like, half, new),
            None => new(),
        }
    }

    fn get(&self, place: u32) -> Option<&Arc<T>> {
        self.all.get(place as usize)
    }

    /// Bytes of memory, about.
    fn weight(&self) -> usize {
        self.all.len() * size_of::<T>()
    }

    fn clear(&mut self) {
        self.all.clear();
        self.places.clear();
    }
}

#[derive(Debug)]
pub struct Scribe {
    words: Words,
    callers: Written<Caller>,
    requests: Written<Request>,
    redactor: Redactor,
}

impl Scribe {
    pub fn new(redactor: Redactor) -> Scribe {
        let (callers, requests) = (Written::default(), Written::default());
        Scribe { words: Words::default(), callers, requests, redactor }
    }

    pub fn number(&mut self, text: Text<'_>) -> Word {
        self.words.number(text, self.redactor)
    }

    /// Without secrets.
    pub fn text(&self, word: Word) -> Option<&Arc<str>> {
        self.words.text(word)
    }

    /// The same of several.
    pub fn texts<'s>(&'s self, words: &'s [Word]) -> impl Iterator<Item = Option<&'s Arc<str>>> {
        words.iter().map(|word| self.text(*word))
    }

    #[inline]
    pub fn halves(&mut self, seen: &Noticed<'_>) -> Halves {
        let Scribe { words, callers, requests, redactor } = self;
        let Noticed { event, like, .. } = *seen;
        let caller = like.map(|like| (like, like.caller));
        let caller = callers.place(caller, || Caller::of(event, words, *redactor));
        let request = like.map(|like| (like, like.request));
        let request = requests.place(request, || Request::of(event, words, *redactor));
        Halves { caller, request }
    }

    /// How much the record tells of the request.
    pub fn rank(&self, halves: Halves) -> u8 {
        self.requests.get(halves.request).map_or(0, |request| request.rank)
    }

    pub fn deed(&mut self, halves: Halves, own: Own<'_>) -> Deed {
        let Scribe { callers, requests, words, redactor, .. } = self;
        Deed {
            request: requests.get(halves.request).cloned().unwrap_or_default(),
            caller: callers.get(halves.caller).cloned().unwrap_or_default(),
            name: own.name.map(|name| words.shared(name, *redactor)),
            audit_id: own.audit_id.map(|id| redactor.text(&id.decode()).into()),
            file: Arc::clone(own.file),
            offset: own.offset,
            line: own.line,
        }
    }

    /// Bytes of memory, about.
    pub fn weight(&self) -> usize {
        self.words.weight() + self.callers.weight() + self.requests.weight()
    }

    pub fn clear(&mut self) {
        self.words.clear();
        self.callers.clear();
        self.requests.clear();
    }
}
