//! The fast path: one pass over one record in the form that Go writes, noting where each field stands.
//!
//! It takes compact JSON with plain keys, each at most once, in any order. Everything else (white space
//! between tokens, escaped keys, repetitions, wrong types, broken text) it refuses, and [`super::lenient`]
//! decides. Bodies are stepped over without looking inside: they may hold anything that closes its brackets in the
//! same line. So whoever holds several lines need not look for the end of the first one: it is here, or refused.

use super::known::Known;
use super::{Slot, Span, Spans};
use crate::metal::{self, Scanner, Task};

/// What the fast path found out beside the spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Where the event ends in the text that begins with it.
    pub end: usize,
    /// Some byte is above 0x7f: the record must be checked for UTF-8.
    pub high: bool,
}

/// Notes where the fields of the event stand that the text begins with. `None` when that is not in the form that Go
/// writes, which holds no line end.
#[inline]
pub fn parse(record: &[u8], spans: &mut Spans, known: &mut Known) -> Option<Seen> {
    metal::best(Parse { record, spans, known: Some(known) })
}

/// The same for a record in canonical form, in which a key that holds an escape is none that we know.
pub fn parse_canonical(record: &[u8], spans: &mut Spans) -> Option<Seen> {
    metal::best(Parse { record, spans, known: None })
}

struct Parse<'r, 's> {
    record: &'r [u8],
    spans: &'s mut Spans,
    /// What was found right in other records, unless this one is in canonical form.
    known: Option<&'s mut Known>,
}

impl Task for Parse<'_, '_> {
    type Out = Option<Seen>;

    #[inline(always)]
    fn run<S: Scanner>(self, scanner: S) -> Option<Seen> {
        self.spans.clear();
        let Parse { record, spans, known } = self;
        // Stepping over bodies has fetched what lies ahead of them, and this is the gap that is left.
        scanner.fetch(record, BESIDE_BODIES);
        let mut parser = Parser { scanner, record, spans, known, at: 0, high: 0 };
        parser.event()?;
        Some(Seen { end: parser.at, high: parser.high != 0 })
    }
}

/// What a known key holds.
#[derive(Clone, Copy)]
enum Form {
    Text(Slot),
    Integer(Slot),
    /// A small container that begins with this bracket.
    Small(Slot, u8),
    Body(Slot),
    Nested(Slot, Schema),
    Unknown,
}

/// The objects whose members have slots of their own.
#[derive(Clone, Copy)]
enum Schema {
    Event,
    User,
    Impersonated,
    Object,
    Status,
}

impl Schema {
    /// In the order in which Go writes them.
    #[inline(always)]
    fn keys(self) -> &'static [Key] {
        match self {
            Schema::Event => &EVENT,
            Schema::User => &USER,
            Schema::Impersonated => &IMPERSONATED,
            Schema::Object => &OBJECT,
            Schema::Status => &STATUS,
        }
    }

    #[inline(always)]
    fn form(self, name: &[u8]) -> Form {
        self.keys().iter().find(|key| key.name == name).map_or(Form::Unknown, |key| key.form)
    }
}

/// A key of a member, and what it holds.
struct Key {
    name: &'static [u8],
    /// The key as it is written, with the colon, and how long that is.
    written: [u8; 32],
    length: usize,
    form: Form,
}

const fn key(name: &'static [u8], form: Form) -> Key {
    let mut written = [0; 32];
    written[0] = b'"';
    let mut at = 0;
    while at < name.len() {
        written[at + 1] = name[at];
        at += 1;
    }
    written[at + 1] = b'"';
    written[at + 2] = b':';
    Key { name, written, length: at + 3, form }
}

static EVENT: [Key; 21] = [
    key(b"kind", Form::Text(Slot::Kind)),
    key(b"apiVersion", Form::Text(Slot::ApiVersion)),
    key(b"level", Form::Text(Slot::Level)),
    key(b"auditID", Form::Text(Slot::AuditId)),
    key(b"stage", Form::Text(Slot::Stage)),
    key(b"requestURI", Form::Text(Slot::RequestUri)),
    key(b"verb", Form::Text(Slot::Verb)),
    key(b"user", Form::Nested(Slot::User, Schema::User)),
    key(b"impersonatedUser", Form::Nested(Slot::Impersonated, Schema::Impersonated)),
    key(b"authenticationMetadata", Form::Small(Slot::AuthenticationMetadata, b'{')),
    key(b"sourceIPs", Form::Small(Slot::SourceIps, b'[')),
    key(b"userAgent", Form::Text(Slot::UserAgent)),
    key(b"objectRef", Form::Nested(Slot::ObjectRef, Schema::Object)),
    key(b"responseStatus", Form::Nested(Slot::ResponseStatus, Schema::Status)),
    key(b"requestObject", Form::Body(Slot::RequestObject)),
    key(b"responseObject", Form::Body(Slot::ResponseObject)),
    key(b"requestReceivedTimestamp", Form::Text(Slot::Received)),
    key(b"stageTimestamp", Form::Text(Slot::StageTime)),
    key(b"annotations", Form::Small(Slot::Annotations, b'{')),
    // Of v1beta1 and before.
    key(b"timestamp", Form::Text(Slot::Timestamp)),
    key(b"metadata", Form::Small(Slot::Metadata, b'{')),
];

static USER: [Key; 4] = [
    key(b"username", Form::Text(Slot::Username)),
    key(b"uid", Form::Text(Slot::UserUid)),
    key(b"groups", Form::Small(Slot::UserGroups, b'[')),
    key(b"extra", Form::Small(Slot::UserExtra, b'{')),
];

static IMPERSONATED: [Key; 4] = [
    key(b"username", Form::Text(Slot::ImpersonatedUsername)),
    key(b"uid", Form::Text(Slot::ImpersonatedUid)),
    key(b"groups", Form::Small(Slot::ImpersonatedGroups, b'[')),
    key(b"extra", Form::Small(Slot::ImpersonatedExtra, b'{')),
];

static OBJECT: [Key; 8] = [
    key(b"resource", Form::Text(Slot::Resource)),
    key(b"namespace", Form::Text(Slot::Namespace)),
    key(b"name", Form::Text(Slot::Name)),
    key(b"uid", Form::Text(Slot::ObjectUid)),
    key(b"apiGroup", Form::Text(Slot::ApiGroup)),
    key(b"apiVersion", Form::Text(Slot::ObjectApiVersion)),
    key(b"resourceVersion", Form::Text(Slot::ResourceVersion)),
    key(b"subresource", Form::Text(Slot::Subresource)),
];

static STATUS: [Key; 6] = [
    key(b"metadata", Form::Small(Slot::StatusMetadata, b'{')),
    key(b"status", Form::Text(Slot::Status)),
    key(b"message", Form::Text(Slot::Message)),
    key(b"reason", Form::Text(Slot::Reason)),
    key(b"details", Form::Small(Slot::Details, b'{')),
    key(b"code", Form::Integer(Slot::Code)),
];

/// So many bytes an event takes beside its bodies, about.
const BESIDE_BODIES: usize = 1024;

/// How Go begins an event of the version in use; where kind and version stand in it.
const HEAD: &[u8] = br#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","#;
const HEAD_KIND: Span = Span::new(9, 14, false);
const HEAD_VERSION: Span = Span::new(30, 45, false);
/// How the answer begins that says no more than its code; where its metadata stand in it.
const BARE_STATUS: &[u8] = br#"{"metadata":{},"code":"#;
const BARE_METADATA: Span = Span::new(12, 14, false);

/// So many keys are looked for where one is expected: the rest are left out more seldom.
const EXPECTED: usize = 5;

/// Everything below is inlined into one function, so that it is compiled for the scanner's instructions;
/// that is why it loops where one would rather call.
struct Parser<'r, 's, S> {
    scanner: S,
    record: &'r [u8],
    spans: &'s mut Spans,
    known: Option<&'s mut Known>,
    at: usize,
    high: u64,
}

/// Small containers that nest deeper than this are refused.
const MAX_DEPTH: u32 = 32;

impl<S: Scanner> Parser<'_, '_, S> {
    /// The event, with the objects inside it that have slots of their own.
    #[inline(always)]
    fn event(&mut self) -> Option<()> {
        let mut schema = Schema::Event;
        let mut nested = None;
        // The keys that are expected next, of the event and of the object in it.
        let (mut next, mut outer) = (self.head()?, 0);
        let mut more = next > 0 || self.peek()? != b'}';
        loop {
            if more {
                let form = match self.expected(schema.keys(), &mut next) {
                    Some(form) => form,
                    None => schema.form(self.key()?),
                };
                match form {
                    Form::Nested(Slot::User, _) if self.recall_user()? => {}
                    Form::Nested(Slot::ResponseStatus, _) if self.bare_status()? => {}
                    Form::Nested(slot, inner) => {
                        nested = Some((slot, self.at));
                        schema = inner;
                        (outer, next) = (next, 0);
                        self.expect(b'{')?;
                        more = self.peek()? != b'}';
                        continue;
                    }
                    form => self.member(form)?,
                }
            }
            more = self.next()? == b',';
            if !more {
                let Some((slot, start)) = nested.take() else { return Some(()) };
                self.note(slot, Span::new(start, self.at, false))?;
                if slot == Slot::User {
                    self.learn_user(start);
                }
                schema = Schema::Event;
                next = outer;
                more = match self.next()? {
                    b',' => true,
                    _ => return Some(()),
                };
            }
        }
    }

    /// `,` or `}`.
    #[inline(always)]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        matches!(byte, b',' | b'}').then_some(byte)
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.record.get(self.at).copied()
    }

    #[inline(always)]
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// What one of the next keys in Go's order holds, if that stands here: nearly always it does.
    #[inline(always)]
    fn expected(&mut self, keys: &'static [Key], next: &mut usize) -> Option<Form> {
        let ahead = self.record.get(self.at..)?;
        let few = keys.get(*next..)?.iter().take(EXPECTED);
        let (skipped, key) =
            few.enumerate().find(|(_, key)| self.scanner.begins(ahead, &key.written, key.length))?;
        *next += skipped + 1;
        self.at += key.length;
        Some(key.form)
    }

    /// `"key":`, without escapes unless the record is known to be canonical.
    #[inline(always)]
    fn key(&mut self) -> Option<&[u8]> {
        let key = self.string()?;
        self.expect(b':')?;
        if key.is_escaped() && self.known.is_some() { None } else { self.record.get(key.start()..key.end()) }
    }

    #[inline(always)]
    fn member(&mut self, form: Form) -> Option<()> {
        let start = self.at;
        match form {
            Form::Text(slot) => {
                let span = self.string()?;
                return self.note(slot, span);
            }
            Form::Integer(_) => self.integer()?,
            Form::Body(_) if matches!(self.peek()?, b'{' | b'[') => {
                self.at = self.scanner.container_end(self.record, start, true, &mut self.high)?;
            }
            Form::Small(_, open) if self.peek()? != open => return None,
            Form::Small(Slot::Annotations, _) => self.annotations()?,
            Form::Body(_) if self.peek()? == b'n' => return None,
            Form::Small(..) | Form::Unknown | Form::Body(_) => self.value()?,
            Form::Nested(..) => return None,
        }
        match form {
            Form::Integer(slot) | Form::Body(slot) | Form::Small(slot, _) => {
                self.note(slot, Span::new(start, self.at, false))
            }
            _ => Some(()),
        }
    }

    /// What nearly all events begin with: how many of their keys stand there.
    #[inline(always)]
    fn head(&mut self) -> Option<usize> {
        if !self.record.starts_with(HEAD) {
            self.expect(b'{')?;
            return Some(0);
        }
        self.note(Slot::Kind, HEAD_KIND)?;
        self.note(Slot::ApiVersion, HEAD_VERSION)?;
        self.at = HEAD.len();
        Some(2)
    }

    /// Whether what begins here says no more than with which code the request ended: it is noted and stepped over then.
    #[inline(always)]
    fn bare_status(&mut self) -> Option<bool> {
        let start = self.at;
        let code = start + BARE_STATUS.len();
        let rest = self.record.get(start..)?.strip_prefix(BARE_STATUS);
        if !matches!(rest, Some([b'1'..=b'9', b'0'..=b'9', b'0'..=b'9', b'}', ..])) {
            return Some(false);
        }
        self.note(Slot::StatusMetadata, BARE_METADATA.moved(start))?;
        self.note(Slot::Code, Span::new(code, code + 3, false))?;
        self.at = code + 4;
        self.note(Slot::ResponseStatus, Span::new(start, self.at, false))?;
        Some(true)
    }

    /// Whether the user that begins here is known from other records: it is noted and stepped over then.
    #[inline(always)]
    fn recall_user(&mut self) -> Option<bool> {
        let Some(known) = &mut self.known else { return Some(false) };
        let start = self.at;
        if self.spans.has(Slot::User) {
            return None;
        }
        let Some((end, high)) = known.user(self.record, start, self.spans) else { return Some(false) };
        self.high |= u64::from(high);
        self.at = end;
        self.note(Slot::User, Span::new(start, end, false))?;
        Some(true)
    }

    #[inline(always)]
    fn learn_user(&mut self, start: usize) {
        if let (Some(known), Some(text)) = (&mut self.known, self.record.get(start..self.at)) {
            known.learn_user(text, start, self.spans);
        }
    }

    #[inline(always)]
    fn annotations(&mut self) -> Option<()> {
        let start = self.at;
        let ahead = self.record.get(start..)?;
        if let Some((length, high)) = self.known.as_ref().and_then(|known| known.annotations(ahead)) {
            self.high |= u64::from(high);
            self.at += length;
            return Some(());
        }
        self.value()?;
        if let (Some(known), Some(text)) = (&mut self.known, self.record.get(start..self.at)) {
            known.learn_annotations(text);
        }
        Some(())
    }

    /// Notes a slot; a slot that is already there is a repetition, and refused.
    #[inline(always)]
    fn note(&mut self, slot: Slot, span: Span) -> Option<()> {
        (!self.spans.has(slot)).then(|| self.spans.set(slot, span))
    }

    #[inline(always)]
    fn integer(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek()?.is_ascii_digit() {
            self.at += 1;
        }
        let len = self.at - start;
        (len == 1 || len > 1 && len < 10 && self.record[start] != b'0').then_some(())
    }

    /// The span of a string without its quotes, its escapes checked.
    #[inline(always)]
    fn string(&mut self) -> Option<Span> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at = self.scanner.string_stop(self.record, self.at, &mut self.high)?;
            match self.record[self.at] {
                b'"' => break,
                b'\\' => self.at += escape_len(self.record.get(self.at + 1..)?)?,
                _ => return None,
            }
            escaped = true;
        }
        self.at += 1;
        Some(Span::new(start, self.at - 1, escaped))
    }

    /// Any compact JSON value, checked to the last byte.
    #[inline(always)]
    fn value(&mut self) -> Option<()> {
        let mut open = Open::default();
        loop {
            let byte = self.peek()?;
            if matches!(byte, b'{' | b'[') {
                self.at += 1;
                open.push(byte == b'{')?;
                if self.peek()? != byte + 2 {
                    if byte == b'{' {
                        self.member_key()?;
                    }
                    continue;
                }
            } else if byte == b'"' {
                self.string()?;
            } else {
                self.scalar()?;
            }
            if self.close(&mut open)? {
                return Some(());
            }
        }
    }

    /// After a value: closes what ends here; answers whether all is closed, else the next value follows.
    #[inline(always)]
    fn close(&mut self, open: &mut Open) -> Option<bool> {
        while let Some(is_object) = open.top() {
            let byte = self.peek()?;
            if byte == b',' {
                self.at += 1;
                if is_object {
                    self.member_key()?;
                }
                return Some(false);
            }
            if byte != if is_object { b'}' } else { b']' } {
                return None;
            }
            self.at += 1;
            open.pop();
        }
        Some(true)
    }

    #[inline(always)]
    fn member_key(&mut self) -> Option<()> {
        self.string()?;
        self.expect(b':')
    }

    #[inline(always)]
    fn scalar(&mut self) -> Option<()> {
        let rest = &self.record[self.at..];
        let len = rest.iter().position(|byte| matches!(byte, b',' | b'}' | b']' | b'\n'))?;
        self.at += len;
        is_scalar(&rest[..len]).then_some(())
    }
}

/// The containers that are open, as bits: one for an object, none for an array.
#[derive(Clone, Copy, Default)]
struct Open {
    bits: u32,
    depth: u32,
}

impl Open {
    #[inline(always)]
    fn push(&mut self, is_object: bool) -> Option<()> {
        self.bits = self.bits << 1 | u32::from(is_object);
        self.depth += 1;
        (self.depth <= MAX_DEPTH).then_some(())
    }

    #[inline(always)]
    fn top(self) -> Option<bool> {
        (self.depth > 0).then_some(self.bits & 1 == 1)
    }

    #[inline(always)]
    fn pop(&mut self) {
        self.bits >>= 1;
        self.depth -= 1;
    }
}

/// How many bytes an escape takes, the backslash included, given what follows the backslash.
fn escape_len(after: &[u8]) -> Option<usize> {
    match after.first()? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => after.get(1..5)?.iter().all(u8::is_ascii_hexdigit).then_some(6),
        _ => None,
    }
}

/// Whether this is `true`, `false`, `null` or a JSON number.
fn is_scalar(text: &[u8]) -> bool {
    match text {
        b"true" | b"false" | b"null" => true,
        _ => is_number(text.strip_prefix(b"-").unwrap_or(text)),
    }
}

fn is_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text[0] == b'0') {
        return false;
    }
    let mut rest = &text[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let len = digits(fraction);
        if len == 0 {
            return false;
        }
        rest = &fraction[len..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = exponent.strip_prefix(b"+").or(exponent.strip_prefix(b"-")).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}
