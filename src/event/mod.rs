//! One audit event, borrowed from the record it was read from.
//!
//! The parser notes where each field stands; nothing is decoded until somebody asks. Rules, filters,
//! group-by and output all ask through the one field table in `field`.

#[doc(hidden)]
pub mod agree;
mod alike;
mod body;
mod certificate;
mod decode;
mod derived;
mod fault;
mod field;
mod grant;
pub mod json;
mod known;
mod lenient;
pub mod memo;
mod parse;
mod reason;
mod table;
mod text;
mod uri;

pub use alike::{Alike, ByHalf, Like};
pub use body::POD_KEYS;
pub use decode::Decoder;
pub use derived::{direction_of, kind_of};
pub use fault::{Bad, Oddities, Oddity};
pub use field::{Dim, Field, Kind, Spec, UnknownField};
pub use table::FIELDS;
pub use text::Text;

use std::borrow::Cow;

macro_rules! slots {
    ($($(#[doc = $doc:literal])? $slot:ident,)+) => {
        /// The native fields that the parser looks for. What is not here is skipped.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Slot {
            $($(#[doc = $doc])? $slot,)+
        }

        impl Slot {
            pub const ALL: &[Slot] = &[$(Slot::$slot),+];
            pub const COUNT: usize = Slot::ALL.len();
        }
    };
}

slots! {
    Kind,
    ApiVersion,
    Level,
    AuditId,
    Stage,
    RequestUri,
    Verb,
    UserAgent,
    Received,
    StageTime,
    /// `timestamp` of v1alpha1 and v1beta1.
    Timestamp,
    User,
    Username,
    UserUid,
    UserGroups,
    UserExtra,
    Impersonated,
    ImpersonatedUsername,
    ImpersonatedUid,
    ImpersonatedGroups,
    ImpersonatedExtra,
    SourceIps,
    ObjectRef,
    Resource,
    Namespace,
    Name,
    ObjectUid,
    ApiGroup,
    ObjectApiVersion,
    ResourceVersion,
    Subresource,
    ResponseStatus,
    Status,
    Message,
    Reason,
    Code,
    Details,
    StatusMetadata,
    RequestObject,
    ResponseObject,
    Annotations,
    AuthenticationMetadata,
    /// `metadata` of v1beta1.
    Metadata,
}

/// What was sent and what was answered.
pub const BODIES: [Slot; 2] = [Slot::RequestObject, Slot::ResponseObject];

impl Slot {
    /// The object that holds it, where that is not the event itself.
    pub fn parent(self) -> Option<Slot> {
        use Slot::*;
        match self {
            Username | UserUid | UserGroups | UserExtra => Some(User),
            ImpersonatedUsername | ImpersonatedUid | ImpersonatedGroups | ImpersonatedExtra => {
                Some(Impersonated)
            }
            Resource | Namespace | Name | ObjectUid | ApiGroup | ObjectApiVersion | ResourceVersion
            | Subresource => Some(ObjectRef),
            Status | Message | Reason | Code | Details | StatusMetadata => Some(ResponseStatus),
            _ => None,
        }
    }
}

/// Where a value stands in its record: strings without their quotes, everything else whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    /// The end; the top bit tells that the string holds a backslash.
    end: u32,
}

const ESCAPED: u32 = 1 << 31;

impl Span {
    pub const fn new(start: usize, end: usize, escaped: bool) -> Span {
        // Records are at most `lines::MAX_RECORD` bytes, far below the top bit.
        Span { start: start as u32, end: end as u32 | if escaped { ESCAPED } else { 0 } }
    }

    pub fn start(self) -> usize {
        self.start as usize
    }

    pub fn end(self) -> usize {
        (self.end & !ESCAPED) as usize
    }

    pub fn is_escaped(self) -> bool {
        self.end & ESCAPED != 0
    }

    /// The same in a text in which another begins at `start`, of a place in that.
    fn moved(self, start: usize) -> Span {
        Span { start: self.start + start as u32, end: self.end + start as u32 }
    }

    /// The other way round.
    fn within(self, start: usize) -> Span {
        Span { start: self.start - start as u32, end: self.end - start as u32 }
    }
}

/// Where each field of a record stands. One is reused for all records of a worker.
#[derive(Clone, Debug)]
pub struct Spans {
    present: u64,
    spans: [Span; Slot::COUNT],
    /// The number of the user, if it was met before.
    user: Option<u32>,
}

impl Default for Spans {
    fn default() -> Spans {
        Spans { present: 0, spans: [Span::default(); Slot::COUNT], user: None }
    }
}

impl Spans {
    pub fn clear(&mut self) {
        self.present = 0;
        self.user = None;
    }

    pub fn set(&mut self, slot: Slot, span: Span) {
        self.present |= 1 << slot as u8;
        self.spans[slot as usize] = span;
    }

    pub fn has(&self, slot: Slot) -> bool {
        self.present & (1 << slot as u8) != 0
    }

    pub fn get(&self, slot: Slot) -> Option<Span> {
        self.has(slot).then(|| self.spans[slot as usize])
    }
}

/// One audit event. Cheap to copy; every field may be missing.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    record: &'a [u8],
    spans: &'a Spans,
    cluster: Option<&'a str>,
}

impl<'a> Event<'a> {
    /// `cluster` is the label that the input gave, as no audit event names its cluster.
    pub fn new(record: &'a [u8], spans: &'a Spans, cluster: Option<&'a str>) -> Event<'a> {
        Event { record, spans, cluster }
    }

    /// The JSON text of the whole event.
    pub fn record(&self) -> &'a [u8] {
        self.record
    }

    /// Appends that text, with `{}` in place of what these slots hold.
    pub fn push_without(&self, slots: &[Slot], out: &mut Vec<u8>) {
        let mut gaps: Vec<Span> = slots.iter().filter_map(|slot| self.span(*slot)).collect();
        gaps.sort_unstable_by_key(|gap| gap.start());
        let mut at = 0;
        for gap in gaps {
            out.extend_from_slice(self.record.get(at..gap.start()).unwrap_or_default());
            out.extend_from_slice(b"{}");
            at = gap.end();
        }
        out.extend_from_slice(self.record.get(at..).unwrap_or_default());
    }

    pub fn cluster(&self) -> Option<&'a str> {
        self.cluster
    }

    pub fn has(&self, slot: Slot) -> bool {
        self.spans.has(slot)
    }

    fn span(&self, slot: Slot) -> Option<Span> {
        self.spans.get(slot)
    }

    /// The number of the user among those of a [numbering](Decoder::numbering) decoder, and the bytes that it takes: equal
    /// numbers mean equal bytes. `None` where it was not met before, or lately.
    #[inline]
    fn known_user(&self) -> Option<(u32, usize)> {
        let span = self.span(Slot::User)?;
        Some((self.spans.user?, span.end() - span.start()))
    }

    /// Whether nothing stands behind the value of this slot.
    pub fn is_last(&self, slot: Slot) -> bool {
        self.spans.get(slot).is_some_and(|span| span.end() + 1 >= self.record.len())
    }

    /// The string in a slot that holds strings.
    pub fn text(&self, slot: Slot) -> Option<Text<'a>> {
        let span = self.spans.get(slot)?;
        Some(Text::new(self.record.get(span.start()..span.end())?, span.is_escaped()))
    }

    /// The JSON text of a slot that holds an object, an array or a number.
    pub fn raw(&self, slot: Slot) -> Option<&'a [u8]> {
        let span = self.spans.get(slot)?;
        self.record.get(span.start()..span.end())
    }

    /// The string in a slot, decoded.
    pub fn decoded(&self, slot: Slot) -> Option<Cow<'a, str>> {
        Some(self.text(slot)?.decode())
    }
}

/// One value of a field.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// A string of the record.
    Text(Text<'a>),
    /// A text that we derived.
    Said(Cow<'a, str>),
    /// The digits of a JSON number.
    Number(&'a [u8]),
    Bool(bool),
    Null,
    /// The JSON text of an object (`{...}`); arrays are crossed, never given.
    Object(&'a [u8]),
}

impl<'a> Value<'a> {
    /// The value as text; objects and null have none.
    pub fn to_text(&self) -> Option<Cow<'a, str>> {
        match self {
            Value::Text(text) => Some(text.decode()),
            Value::Said(text) => Some(text.clone()),
            Value::Number(digits) => Some(String::from_utf8_lossy(digits)),
            Value::Bool(true) => Some(Cow::Borrowed("true")),
            Value::Bool(false) => Some(Cow::Borrowed("false")),
            Value::Null | Value::Object(_) => None,
        }
    }

    /// The value as a number; text that reads as a number counts.
    pub fn to_number(&self) -> Option<f64> {
        match self {
            Value::Number(digits) => std::str::from_utf8(digits).ok()?.parse().ok(),
            Value::Text(_) | Value::Said(_) => self.to_text()?.trim().parse().ok(),
            _ => None,
        }
    }
}
