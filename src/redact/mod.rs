//! Taking secrets out of what is shown, and rewriting events so that nothing in them can act.
//!
//! Audit logs hold secrets: bodies of Secrets and token requests, arguments of commands run in pods, copies of
//! all that in annotations. A report travels further than a log, so they are taken out unless somebody asks
//! for them. It errs on the side of taking out too much: the evidence itself is never touched, and each
//! finding says where it lies.
//!
//! What is taken out leaves `[redacted]` behind, where possible with a word on its kind: `[redacted jwt]`.
//! Redacting twice is the same as redacting once.

mod key;
pub mod quote;
mod record;
mod scan;
mod text;
mod uri;

use crate::event::{Event, Slot};
use std::borrow::Cow;

/// Takes secrets out of text, URIs and records; or, switched off, nothing.
#[derive(Clone, Copy, Debug)]
pub struct Redactor {
    on: bool,
}

impl Redactor {
    pub fn new(on: bool) -> Redactor {
        Redactor { on }
    }

    /// Takes secrets out of any text from a log: JSON web tokens, private keys, `Bearer ...`, `password=...`.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.on { text::redact(text) } else { Cow::Borrowed(text) }
    }

    /// Takes secrets out of a request URI. Of a command run in a pod only the name of the program is left.
    pub fn uri<'t>(&self, uri: &'t str) -> Cow<'t, str> {
        if self.on { uri::redact(uri) } else { Cow::Borrowed(uri) }
    }

    /// Appends an event as one line of compact JSON, without a line end.
    ///
    /// What is appended is always one JSON object in UTF-8. Characters that a terminal would obey or hide
    /// stand as `\uXXXX`; bytes that are no UTF-8 as U+FFFD. The value of a top-level key that is no JSON is
    /// replaced by a string that says so; where the event itself breaks off, a last key
    /// `kaudit.unreadable` tells it. Switched off, all else is what the event says, with its keys in order.
    pub fn record(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        let about_secrets = event.text(Slot::Resource).is_some_and(|resource| resource.decode() == "secrets");
        let mode = record::Mode { redact: self.on, about_secrets };
        record::rewrite(event.record(), mode, out);
    }
}

#[cfg(test)]
mod tests;
