//! One record in, one event out, or the reason why there is none.

use super::{Event, Slot, Spans, lenient, parse};

/// Why a record is not an event. Such records are counted, and a few are kept as samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Bad {
    /// Not a JSON object, or broken within.
    NotJson,
    /// JSON that breaks off: the last line of a copy, a full disk.
    Cut,
    /// Longer than any record may be.
    TooLong,
    /// JSON, but no audit event.
    Foreign,
}

impl Bad {
    pub const ALL: [Bad; 4] = [Bad::NotJson, Bad::Cut, Bad::TooLong, Bad::Foreign];

    pub fn name(self) -> &'static str {
        match self {
            Bad::NotJson => "not JSON",
            Bad::Cut => "cut off",
            Bad::TooLong => "too long",
            Bad::Foreign => "no audit event",
        }
    }

    /// Whether evidence was lost: a record of something else is none of ours.
    pub fn is_loss(self) -> bool {
        self != Bad::Foreign
    }
}

/// What was odd about a record that was read as an event all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Oddity {
    /// Bytes that are no UTF-8; shown as U+FFFD.
    InvalidUtf8,
    /// A key of the event stands twice; the last one counts, as for the API server itself.
    DuplicateKey,
    /// A field holds something else than it should, and counts as missing.
    WrongType,
    /// No time stamp that can be read.
    NoTime,
}

impl Oddity {
    pub const ALL: [Oddity; 4] =
        [Oddity::InvalidUtf8, Oddity::DuplicateKey, Oddity::WrongType, Oddity::NoTime];

    pub fn name(self) -> &'static str {
        match self {
            Oddity::InvalidUtf8 => "invalid UTF-8",
            Oddity::DuplicateKey => "duplicate key",
            Oddity::WrongType => "wrong type",
            Oddity::NoTime => "no time",
        }
    }
}

/// A set of oddities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities(u8);

impl Oddities {
    pub fn add(&mut self, oddity: Oddity) {
        self.0 |= 1 << oddity as u8;
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Oddity> {
        Oddity::ALL.into_iter().filter(move |oddity| self.0 & (1 << *oddity as u8) != 0)
    }
}

/// Turns records into events, reusing its memory from one to the next.
#[derive(Debug, Default)]
pub struct Decoder {
    spans: Spans,
    /// The record in canonical form, when it was not written so.
    canonical: Vec<u8>,
}

impl Decoder {
    /// Reads one record. `cluster` is the label of its input.
    #[inline]
    pub fn decode<'d>(
        &'d mut self,
        record: &'d [u8],
        cluster: Option<&'d str>,
    ) -> Result<(Event<'d>, Oddities), Bad> {
        match parse::parse(record, &mut self.spans) {
            Some(seen) => {
                let mut odd = Oddities::default();
                if seen.high && simdutf8::basic::from_utf8(record).is_err() {
                    odd.add(Oddity::InvalidUtf8);
                }
                event(record, &self.spans, cluster, odd)
            }
            None => self.decode_unusual(record, cluster),
        }
    }

    /// The slow path alone, by which the fast one is measured.
    pub fn decode_unusual<'d>(
        &'d mut self,
        record: &[u8],
        cluster: Option<&'d str>,
    ) -> Result<(Event<'d>, Oddities), Bad> {
        let odd = lenient::canonical(record, &mut self.canonical)?;
        parse::parse_canonical(&self.canonical, &mut self.spans).ok_or(Bad::NotJson)?;
        event(&self.canonical, &self.spans, cluster, odd)
    }
}

#[inline]
fn event<'d>(
    record: &'d [u8],
    spans: &'d Spans,
    cluster: Option<&'d str>,
    odd: Oddities,
) -> Result<(Event<'d>, Oddities), Bad> {
    let event = Event::new(record, spans, cluster);
    if is_audit_event(&event) { Ok((event, odd)) } else { Err(Bad::Foreign) }
}

/// Public examples leave out nearly everything, also `apiVersion` and `auditID`; but a request has a verb,
/// and is about something or somebody. A Kubernetes `Event` object has no verb.
fn is_audit_event(event: &Event<'_>) -> bool {
    let about = [Slot::RequestUri, Slot::ObjectRef, Slot::User, Slot::AuditId];
    event.has(Slot::Verb) && about.into_iter().any(|slot| event.has(slot))
        || event.has(Slot::AuditId) && event.has(Slot::RequestUri)
}
