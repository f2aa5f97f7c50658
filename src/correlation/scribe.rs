//! Writes down what a correlation keeps of an event. What hangs on a half of the event alone, who asks or what for, is put
//! together once for all events that are alike in it.

use super::notes::Noticed;
use super::words::{Word, Words};
use super::{Caller, Deed, Request};
use crate::event::{ByHalf, Event, Slot, Text};
use crate::finding::rank;
use crate::redact::Redactor;
use std::sync::Arc;

/// Both halves of an event, written down: where the scribe finds them, until it is cleared.
#[derive(Clone, Copy, Debug)]
pub struct Halves {
    caller: u32,
    request: u32,
    /// How much the record tells of the request.
    pub rank: u8,
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

#[derive(Debug)]
pub struct Scribe {
    words: Words,
    callers: Vec<Arc<Caller>>,
    requests: Vec<Arc<Request>>,
    /// Their places, for events that are alike.
    caller_of: ByHalf<u32>,
    request_of: ByHalf<u32>,
    redactor: Redactor,
}

impl Scribe {
    pub fn new(redactor: Redactor) -> Scribe {
        Scribe {
            words: Words::default(),
            callers: Vec::new(),
            requests: Vec::new(),
            caller_of: ByHalf::default(),
            request_of: ByHalf::default(),
            redactor,
        }
    }

    pub fn number(&mut self, text: Text<'_>) -> Word {
        self.words.number(text, self.redactor)
    }

    /// Without secrets.
    pub fn text(&self, word: Word) -> Option<&Arc<str>> {
        self.words.text(word)
    }

    #[inline]
    pub fn halves(&mut self, seen: &Noticed<'_>) -> Halves {
        let Scribe { words, callers, requests, caller_of, request_of, redactor } = self;
        let (event, redactor) = (seen.event, *redactor);
        let mut caller = || {
            callers.push(Arc::new(Caller::of(event, words, redactor)));
            callers.len() as u32 - 1
        };
        let caller = match seen.like {
            Some(like) => caller_of.get_or_make(like, like.caller, caller),
            None => caller(),
        };
        let mut request = || {
            requests.push(Arc::new(Request::of(event, words, redactor)));
            requests.len() as u32 - 1
        };
        let request = match seen.like {
            Some(like) => request_of.get_or_make(like, like.request, request),
            None => request(),
        };
        let rank = requests.get(request as usize).map_or(0, |request| request.rank);
        Halves { caller, request, rank }
    }

    pub fn deed(&mut self, halves: Halves, own: Own<'_>) -> Deed {
        let Scribe { callers, requests, words, redactor, .. } = self;
        Deed {
            request: requests.get(halves.request as usize).cloned().unwrap_or_default(),
            caller: callers.get(halves.caller as usize).cloned().unwrap_or_default(),
            name: own.name.map(|name| words.shared(name, *redactor)),
            audit_id: own.audit_id.map(|id| redactor.text(&id.decode()).into()),
            file: Arc::clone(own.file),
            offset: own.offset,
            line: own.line,
        }
    }

    /// Bytes of memory, about.
    pub fn weight(&self) -> usize {
        let halves = self.callers.len() * size_of::<Caller>() + self.requests.len() * size_of::<Request>();
        self.words.weight() + halves
    }

    pub fn clear(&mut self) {
        self.words.clear();
        self.callers.clear();
        self.requests.clear();
        self.caller_of.clear();
        self.request_of.clear();
    }
}
