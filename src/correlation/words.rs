//! Texts of groups and values, each kept once, with secrets taken out once.

use crate::event::Text;
use crate::redact::Redactor;
use hashbrown::HashMap;
use std::borrow::Cow;
use std::sync::Arc;

/// Number of a text.
pub type Word = u32;

/// The event has none.
pub const NONE: Word = Word::MAX;

/// Texts by number. Two texts that read alike without their secrets are two words: whoever gets the redacted
/// texts sees that they are one.
#[derive(Debug, Default)]
pub struct Words {
    numbers: HashMap<Box<[u8]>, Word, foldhash::fast::RandomState>,
    redacted: Vec<Arc<str>>,
    bytes: usize,
}

impl Words {
    pub fn number(&mut self, text: Text<'_>, redactor: Redactor) -> Word {
        let bytes = match text.is_escaped() {
            true => Cow::Owned(text.decode().into_owned().into_bytes()),
            false => Cow::Borrowed(text.raw()),
        };
        if let Some(known) = self.numbers.get(&*bytes) {
            return *known;
        }
        let number = self.redacted.len() as Word;
        self.bytes += 2 * bytes.len() + size_of::<(Box<[u8]>, Word, Box<str>)>();
        self.numbers.insert(bytes.into(), number);
        self.redacted.push(redactor.text(&text.decode()).into());
        number
    }

    /// Without secrets.
    pub fn text(&self, word: Word) -> Option<&Arc<str>> {
        self.redacted.get(word as usize)
    }

    /// A text without secrets, shared with all others that are equal.
    pub fn shared(&mut self, text: Text<'_>, redactor: Redactor) -> Arc<str> {
        let word = self.number(text, redactor);
        self.text(word).cloned().unwrap_or_default()
    }

    /// Bytes of memory, about.
    pub fn weight(&self) -> usize {
        self.bytes
    }

    pub fn clear(&mut self) {
        *self = Words::default();
    }
}
