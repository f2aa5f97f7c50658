//! One record in, one event out, or the reason why there is none.

use super::fault::{Bad, Oddities, Oddity};
use super::known::Known;
use super::{Event, Slot, Spans, lenient, parse};

/// Turns records into events, reusing its memory from one to the next.
#[derive(Debug, Default)]
pub struct Decoder {
    spans: Spans,
    known: Known,
    /// The record in canonical form, when it was not written so.
    canonical: Vec<u8>,
}

impl Decoder {
    /// One that numbers users, so that events of one are told from others at once. Of all decoders that one
    /// [`Alike`](super::Alike) gets its events from, only one may.
    pub fn numbering() -> Decoder {
        Decoder { known: Known::numbered(), ..Decoder::default() }
    }

    /// Reads one record. `cluster` is the label of its input.
    #[inline]
    pub fn decode<'d>(
        &'d mut self,
        record: &'d [u8],
        cluster: Option<&'d str>,
    ) -> Result<(Event<'d>, Oddities), Bad> {
        match parse::parse(record, &mut self.spans, &mut self.known) {
            Some(seen) if seen.end == record.len() => event(record, &self.spans, cluster, odd(record, seen)),
            _ => self.decode_unusual(record, cluster),
        }
    }

    /// The event that `text` begins with, and where it ends, if the API server may have written it so: in one line.
    #[inline]
    pub fn decode_first<'d>(
        &'d mut self,
        text: &'d [u8],
        cluster: Option<&'d str>,
    ) -> Option<(Event<'d>, Oddities, usize)> {
        let seen = parse::parse(text, &mut self.spans, &mut self.known)?;
        let record = text.get(..seen.end)?;
        let (event, odd) = event(record, &self.spans, cluster, odd(record, seen)).ok()?;
        Some((event, odd, seen.end))
    }

    /// The slow path alone, by which the fast one is measured.
    pub fn decode_unusual<'d>(
        &'d mut self,
        record: &[u8],
        cluster: Option<&'d str>,
    ) -> Result<(Event<'d>, Oddities), Bad> {
        let odd = lenient::canonical(record, &mut self.canonical)?;
        parse::parse_canonical(&self.canonical, &mut self.spans)
            .filter(|seen| seen.end == self.canonical.len())
            .ok_or(Bad::NotJson)?;
        event(&self.canonical, &self.spans, cluster, odd)
    }
}

#[inline]
fn odd(record: &[u8], seen: parse::Seen) -> Oddities {
    let mut odd = Oddities::default();
    if seen.high && simdutf8::basic::from_utf8(record).is_err() {
        odd.add(Oddity::InvalidUtf8);
    }
    odd
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
/// and is about something or somebody. A Kubernetes `Event` object has no verb, and entries of other audit logs
/// that have an `auditID` (Rancher's) know neither stage nor level.
fn is_audit_event(event: &Event<'_>) -> bool {
    let about = [Slot::RequestUri, Slot::ObjectRef, Slot::User, Slot::AuditId];
    let known = [Slot::Stage, Slot::Level, Slot::ApiVersion];
    event.has(Slot::Verb) && about.into_iter().any(|slot| event.has(slot))
        || event.has(Slot::AuditId) && known.into_iter().any(|slot| event.has(slot))
}
