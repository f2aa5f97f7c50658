//! The first request of its kind: a pointer into the input, and what a reason quotes of it.

use crate::event::{Event, Slot};
use crate::finding::Evidence;
use crate::redact::Redactor;

/// Bytes of a path that are kept.
const LONGEST: usize = 160;

/// Ordered by time, then auditID, then place: of two samples the smaller one is kept, so that it does not
/// matter in which order they came.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// Microseconds since 1970 (UTC).
    pub time: i64,
    pub audit_id: Box<str>,
    /// Lines count from 0 within the piece until the piece's place is known.
    pub evidence: Evidence,
    /// Empty where the record names none that there is.
    pub stage: &'static str,
    /// The path that was asked for, without its query, secrets taken out.
    pub path: Box<str>,
    pub verb: Box<str>,
    pub code: Option<u16>,
    pub address: Box<str>,
    pub agent: Box<str>,
}

impl Sample {
    pub fn of(event: &Event<'_>, time: i64, evidence: Evidence, redactor: Redactor) -> Sample {
        let text = |slot| event.decoded(slot).map(|text| short(&redactor.text(&text)));
        let uri = event.decoded(Slot::RequestUri).unwrap_or_default();
        let path = redactor.uri(uri.split('?').next().unwrap_or_default()).into_owned();
        Sample {
            time,
            audit_id: text(Slot::AuditId).unwrap_or_default(),
            evidence,
            stage: stage(event),
            path: short(&path),
            verb: text(Slot::Verb).unwrap_or_default(),
            code: event.code(),
            address: event.source_ip().map(|ip| short(&redactor.text(&ip.decode()))).unwrap_or_default(),
            agent: text(Slot::UserAgent).unwrap_or_default(),
        }
    }

    /// One that a baseline remembers. It stands in no file of this run.
    pub fn remembered(time: i64, audit_id: &str) -> Sample {
        let (path, verb, address, agent) = Default::default();
        Sample {
            time,
            audit_id: short(audit_id),
            evidence: Evidence { file: u32::MAX, offset: 0, line: 0 },
            stage: "",
            path,
            verb,
            code: None,
            address,
            agent,
        }
    }

    /// Whether a request at this time, with this auditID, would be kept instead.
    pub fn yields_to(&self, time: i64, event: &Event<'_>) -> bool {
        time < self.time
            || time == self.time && event.raw(Slot::AuditId).unwrap_or_default() <= self.audit_id.as_bytes()
    }

    pub fn keep_first(&mut self, other: Sample) {
        if other < *self {
            *self = other;
        }
    }

    /// Bytes of memory, about.
    pub fn weight(&self) -> usize {
        size_of::<Sample>()
            + [&self.audit_id, &self.path, &self.verb, &self.address, &self.agent]
                .iter()
                .map(|text| text.len())
                .sum::<usize>()
    }
}

fn stage(event: &Event<'_>) -> &'static str {
    const STAGES: [&str; 4] = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"];
    let own = event.raw(Slot::Stage).unwrap_or_default();
    STAGES.into_iter().find(|stage| stage.as_bytes() == own).unwrap_or_default()
}

fn short(text: &str) -> Box<str> {
    let end = (0..=LONGEST.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    text[..end.unwrap_or(0)].into()
}
