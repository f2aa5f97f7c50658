//! Rewriting one event as one line of compact JSON, in a single pass over its text.
//!
//! No tree is built and nothing recurses, as size and depth are the writer's choice. What needs no change is
//! copied in long stretches: the pass only moves on until something must be left out or replaced.

use super::key::{self, Key};
use super::scan::{self, Piece};
use super::{quote, text, uri};
use crate::event::{Text, json};
use std::borrow::Cow;

/// What is to be taken out.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// Whether anything is.
    pub redact: bool,
    /// Whether the event is about Secrets, so that any `data` in its bodies is secret.
    pub about_secrets: bool,
}

/// Appends the event that `raw` is the JSON text of.
pub fn rewrite(raw: &[u8], mode: Mode, out: &mut Vec<u8>) {
    out.reserve(raw.len());
    let start = Mark { at: 0, copied: 0, len: out.len() };
    let look_ahead = LOOK_AHEAD * raw.len();
    let open = Vec::with_capacity(16);
    let mut pass = Pass { raw, mode, out, at: 0, copied: 0, open, whole: start, value: None, look_ahead };
    pass.event();
}

/// How often, on average, each byte of a record may be looked at ahead of the pass.
const LOOK_AHEAD: usize = 8;

/// An object or array that the pass is in.
#[derive(Clone, Copy)]
struct Frame {
    start: usize,
    is_array: bool,
    is_empty: bool,
    /// The key under which it stands.
    key: Key,
    /// Set when every text and number below is a secret of this kind.
    sealed: Option<&'static str>,
    /// In an array of arguments: whether the last one was `--password` or the like.
    flagged: bool,
}

/// A state of the pass to which it can go back.
#[derive(Clone, Copy)]
struct Mark {
    at: usize,
    copied: usize,
    len: usize,
}

struct Pass<'a, 'o> {
    raw: &'a [u8],
    mode: Mode,
    out: &'o mut Vec<u8>,
    at: usize,
    /// All before this was copied or left out.
    copied: usize,
    open: Vec<Frame>,
    /// After the last whole member of the event.
    whole: Mark,
    /// Before the value of the event's member that the pass is in.
    value: Option<Mark>,
    /// Bytes that may still be looked at ahead of the pass.
    look_ahead: usize,
}

/// What is to become of a value.
#[derive(Clone, Copy)]
enum Fate {
    Keep,
    Text,
    Uri,
    Seal(&'static str),
}

impl Pass<'_, '_> {
    fn event(&mut self) {
        if self.skip_space() != Some(b'{') {
            self.out.push(b'{');
            self.whole = self.mark();
            return self.give_up();
        }
        self.enter(Key::Plain, None);
        self.whole = self.mark();
        while !self.open.is_empty() {
            if self.step().is_none() && self.mend().is_none() {
                return self.give_up();
            }
            if self.open.len() == 1 {
                self.value = None;
                self.whole = self.mark();
            }
        }
        self.flush(self.at);
    }

    /// Moves over one member or element, or the end of a container. `None`: the text is broken.
    fn step(&mut self) -> Option<()> {
        let byte = self.skip_space()?;
        let frame = self.open.last_mut()?;
        if byte == if frame.is_array { b']' } else { b'}' } {
            self.at += 1;
            self.open.pop();
            return Some(());
        }
        if !std::mem::replace(&mut frame.is_empty, false) {
            self.token(b',')?;
        }
        if self.open.last()?.is_array { self.scalar_or_enter(Key::Plain) } else { self.member() }
    }

    fn member(&mut self) -> Option<()> {
        self.skip_space()?;
        let name = scan::string(self.raw, self.at)?;
        let key = if self.mode.redact { Key::of(&self.decoded_bytes(name)) } else { Key::Plain };
        self.text(name);
        self.token(b':')?;
        self.skip_space()?;
        if self.open.len() == 1 {
            self.value = Some(self.mark());
        }
        self.scalar_or_enter(key)
    }

    fn scalar_or_enter(&mut self, key: Key) -> Option<()> {
        let byte = self.skip_space()?;
        let fate = self.fate(key, byte);
        match byte {
            b'"' => {
                let piece = scan::string(self.raw, self.at)?;
                self.string(piece, fate);
            }
            b'{' | b'[' => self.enter(key, self.seal_inside(key, byte, fate)),
            _ => self.scalar(scan::scalar_end(self.raw, self.at)?, fate),
        }
        Some(())
    }

    fn enter(&mut self, key: Key, sealed: Option<&'static str>) {
        let is_array = self.raw[self.at] == b'[';
        self.open.push(Frame { start: self.at, is_array, is_empty: true, key, sealed, flagged: false });
        self.at += 1;
    }

    fn scalar(&mut self, end: usize, fate: Fate) {
        let is_number = matches!(self.raw[self.at], b'-' | b'0'..=b'9');
        match fate {
            Fate::Seal(kind) if is_number => self.replace(end, |out| push_seal(out, kind)),
            _ => self.at = end,
        }
    }

    fn string(&mut self, piece: Piece, fate: Fate) {
        match fate {
            Fate::Seal(kind) if piece.start < piece.end => {
                self.replace(piece.end + 1, |out| push_seal(out, kind));
            }
            Fate::Uri => {
                let plain = self.decoded(piece);
                self.settle(piece, &plain, &uri::redact(&plain));
            }
            _ => self.text(piece),
        }
    }

    /// Moves over a string, with what is hidden in it escaped and secrets taken out.
    fn text(&mut self, piece: Piece) {
        let care = scan::UNTIDY | if self.mode.redact { scan::SUSPECT } else { 0 };
        if piece.marks & care == 0 || !self.mode.redact && self.is_tidy(piece) {
            self.at = piece.end + 1;
            return;
        }
        let plain = self.decoded(piece);
        let clean = if self.mode.redact { text::redact(&plain) } else { Cow::Borrowed(&*plain) };
        self.settle(piece, &plain, &clean);
    }

    /// Copies a string that says `plain`, if that is also what it is to say.
    fn settle(&mut self, piece: Piece, plain: &str, clean: &str) {
        if clean == plain && self.is_tidy(piece) {
            self.at = piece.end + 1;
        } else {
            self.replace(piece.end + 1, |out| quote::push(out, clean));
        }
    }

    /// Whether a string can be copied as it stands.
    fn is_tidy(&self, piece: Piece) -> bool {
        let content = &self.raw[piece.start..piece.end];
        let plain = || std::str::from_utf8(content).is_ok_and(|text| !text.contains(quote::is_hidden));
        piece.marks & scan::CONTROL == 0
            && (piece.marks & scan::HIGH == 0 || plain())
            && (piece.marks & scan::BACKSLASH == 0 || scan::escapes_are_sound(content))
    }
}

/// What is secret, by the place where it stands.
impl<'a> Pass<'a, '_> {
    fn fate(&mut self, key: Key, first: u8) -> Fate {
        let Some(frame) = self.open.last().copied().filter(|_| self.mode.redact) else { return Fate::Keep };
        if let Some(kind) = frame.sealed {
            return Fate::Seal(kind);
        }
        match key {
            Key::Secret(kind) => Fate::Seal(kind),
            Key::Data if self.is_in_secret() => Fate::Seal("secret"),
            Key::Value if self.mode.about_secrets || self.is_named_secret() => Fate::Seal("value"),
            Key::Request if frame.key == Key::Spec => Fate::Seal("signing request"),
            Key::Certificate if frame.key == Key::Status => Fate::Seal("certificate"),
            Key::RequestUri => Fate::Uri,
            _ if frame.is_array && first == b'"' => self.argument_fate(frame),
            _ => Fate::Text,
        }
    }

    /// The fate of a string in an array, which may be the argument after `--password`.
    fn argument_fate(&mut self, frame: Frame) -> Fate {
        let Some(piece) = scan::string(self.raw, self.at) else { return Fate::Text };
        let is_flag = self.raw.get(piece.start) == Some(&b'-');
        let flagged = is_flag && key::is_secret_flag(&self.decoded(piece));
        self.open.last_mut().into_iter().for_each(|frame| frame.flagged = flagged);
        if frame.flagged && !is_flag { Fate::Seal("argument") } else { Fate::Text }
    }

    /// The seal of a container: a key such as `secret` says nothing of an object, which has keys of its own.
    fn seal_inside(&self, key: Key, bracket: u8, fate: Fate) -> Option<&'static str> {
        let inherits = self.open.last().is_some_and(|frame| frame.sealed.is_some());
        match fate {
            Fate::Seal(kind) if inherits || bracket == b'[' || !matches!(key, Key::Secret(_)) => Some(kind),
            _ => None,
        }
    }

    /// Whether the object at hand is a Secret, or an item of a list of them.
    fn is_in_secret(&mut self) -> bool {
        if self.mode.about_secrets {
            return true;
        }
        let objects = self.open.iter().rev().filter(|frame| !frame.is_array).map(|frame| frame.start);
        let nearest: Vec<usize> = objects.take(2).collect();
        for start in nearest {
            let kinds = self.siblings(start, &["kind"]);
            if !kinds.is_empty() {
                return kinds.iter().any(|kind| kind == "Secret" || kind == "SecretList");
            }
        }
        false
    }

    /// Whether the `name` (or `key`, or `path` of a patch) beside a `value` says that it is secret.
    fn is_named_secret(&mut self) -> bool {
        let Some(frame) = self.open.last() else { return false };
        let names = self.siblings(frame.start, &["name", "key", "path"]);
        names.iter().any(|name| key::is_secret_variable(name.rsplit('/').next().unwrap_or_default()))
    }

    /// The texts of some members of the object that begins at `start`. When a record makes us look ahead too
    /// often, the answer is what leads to redaction.
    fn siblings(&mut self, start: usize, names: &[&str]) -> Vec<Cow<'a, str>> {
        let mut found = Vec::new();
        for (name, value) in json::members(&self.raw[start..]) {
            let length = name.raw().len() + value.len() + 4;
            let Some(rest) = self.look_ahead.checked_sub(length) else {
                return vec![Cow::Borrowed("Secret")];
            };
            self.look_ahead = rest;
            if names.contains(&&*name.decode()) {
                found.extend(json::string(value).map(|text| text.decode()));
            }
        }
        found
    }
}

/// Reading and copying.
impl<'a> Pass<'a, '_> {
    /// Leaves out white space and tells the byte after it.
    fn skip_space(&mut self) -> Option<u8> {
        let byte = *self.raw.get(self.at)?;
        if byte > b' ' {
            return Some(byte);
        }
        let space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let count = self.raw[self.at..].iter().take_while(space).count();
        self.flush(self.at);
        self.at += count;
        self.copied = self.at;
        self.raw.get(self.at).copied()
    }

    fn token(&mut self, byte: u8) -> Option<()> {
        (self.skip_space()? == byte).then(|| self.at += 1)
    }

    fn decoded(&self, piece: Piece) -> Cow<'a, str> {
        let content = &self.raw[piece.start..piece.end];
        let escaped = piece.marks & scan::BACKSLASH != 0;
        match std::str::from_utf8(content) {
            Ok(text) if !escaped => Cow::Borrowed(text),
            _ => Text::new(content, escaped).decode(),
        }
    }

    fn decoded_bytes(&self, piece: Piece) -> Cow<'a, [u8]> {
        if piece.marks & scan::BACKSLASH == 0 {
            return Cow::Borrowed(&self.raw[piece.start..piece.end]);
        }
        Cow::Owned(self.decoded(piece).into_owned().into_bytes())
    }

    fn flush(&mut self, end: usize) {
        self.out.extend_from_slice(&self.raw[self.copied..end]);
        self.copied = end;
    }

    /// Puts something else in the place of what stands from here to `end`.
    fn replace(&mut self, end: usize, write: impl FnOnce(&mut Vec<u8>)) {
        self.flush(self.at);
        write(self.out);
        self.at = end;
        self.copied = end;
    }

    fn mark(&self) -> Mark {
        Mark { at: self.at, copied: self.copied, len: self.out.len() }
    }

    fn go_back(&mut self, mark: Mark) {
        self.at = mark.at;
        self.copied = mark.copied;
        self.out.truncate(mark.len);
    }

    /// Replaces the value of the event's member at hand, which is no JSON.
    fn mend(&mut self) -> Option<()> {
        let mark = self.value.take()?;
        let end = json::value_end(self.raw, mark.at)?;
        self.go_back(mark);
        self.open.truncate(1);
        let note = format!("\"[unreadable: {} bytes that are no JSON]\"", end - self.at);
        self.replace(end, |out| out.extend_from_slice(note.as_bytes()));
        Some(())
    }

    /// Ends the event after its last whole member.
    fn give_up(&mut self) {
        self.go_back(self.whole);
        self.flush(self.at);
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
        let note = format!("\"kaudit.unreadable\":\"broken from byte {} on\"}}", self.at);
        self.out.extend_from_slice(note.as_bytes());
    }
}

fn push_seal(out: &mut Vec<u8>, kind: &str) {
    for part in ["\"[redacted ", kind, "]\""] {
        out.extend_from_slice(part.as_bytes());
    }
}
