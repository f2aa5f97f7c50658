//! What the inventory keeps of one event: small enough to hand over for every one of them.

use crate::event::{Event, Slot, Text};
use crate::finding::Evidence;
use crate::time;
use sha2::{Digest, Sha256};

/// The part of a request that a record tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    RequestReceived,
    ResponseStarted,
    ResponseComplete,
    Panic,
    /// None, or one that Kubernetes does not know.
    Other,
}

impl Stage {
    pub const ALL: [Stage; 5] =
        [Stage::RequestReceived, Stage::ResponseStarted, Stage::ResponseComplete, Stage::Panic, Stage::Other];

    pub fn name(self) -> &'static str {
        match self {
            Stage::RequestReceived => "RequestReceived",
            Stage::ResponseStarted => "ResponseStarted",
            Stage::ResponseComplete => "ResponseComplete",
            Stage::Panic => "Panic",
            Stage::Other => "unknown",
        }
    }

    /// Of an event; escaped names are none of Kubernetes' own.
    pub fn of(event: &Event<'_>) -> Stage {
        let name = event.text(Slot::Stage);
        name.and_then(|name| Stage::ALL.into_iter().find(|stage| stage.name().as_bytes() == name.raw()))
            .unwrap_or(Stage::Other)
    }
}

/// How much a record tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AuditLevel {
    Metadata,
    Request,
    RequestResponse,
    /// None, or one that Kubernetes does not know.
    Other,
}

impl AuditLevel {
    pub const ALL: [AuditLevel; 4] =
        [AuditLevel::Metadata, AuditLevel::Request, AuditLevel::RequestResponse, AuditLevel::Other];

    pub fn name(self) -> &'static str {
        match self {
            AuditLevel::Metadata => "Metadata",
            AuditLevel::Request => "Request",
            AuditLevel::RequestResponse => "RequestResponse",
            AuditLevel::Other => "unknown",
        }
    }

    pub fn of(event: &Event<'_>) -> AuditLevel {
        let name = event.text(Slot::Level);
        name.and_then(|name| AuditLevel::ALL.into_iter().find(|level| level.name().as_bytes() == name.raw()))
            .unwrap_or(AuditLevel::Other)
    }
}

/// An auditID in 16 bytes: the value of a UUID, or, where a client chose another text, a hash of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuditId {
    value: u128,
    is_uuid: bool,
}

impl AuditId {
    pub fn of(text: Text<'_>) -> AuditId {
        if let Some(value) = uuid(text.raw()) {
            return AuditId { value, is_uuid: true };
        }
        let hash = Sha256::digest(text.decode().as_bytes());
        let value = hash.iter().take(16).fold(0, |value, byte| value << 8 | u128::from(*byte));
        AuditId { value, is_uuid: false }
    }

    pub fn value(self) -> u128 {
        self.value
    }

    /// The text, where it can be told from the value.
    pub fn text(self) -> Option<String> {
        let hex = format!("{:032x}", self.value);
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &hex[part]);
        self.is_uuid.then(|| parts.join("-"))
    }
}

/// The value of `0f6bfa2a-3c5c-4a17-9f7e-0c5a1f6d1e02`, in lower case as the API server writes it.
fn uuid(text: &[u8]) -> Option<u128> {
    let (mut value, mut digits) = (0, 0);
    for (at, byte) in text.iter().enumerate() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'-' if matches!(at, 8 | 13 | 18 | 23) => continue,
            _ => return None,
        };
        value = value << 4 | u128::from(digit);
        digits += 1;
    }
    (text.len() == 36 && digits == 32).then_some(value)
}

/// One event.
#[derive(Clone, Debug)]
pub struct Fact {
    /// When the record was written, in microseconds since 1970 (UTC).
    pub written: Option<i64>,
    /// When the request came in.
    pub received: Option<i64>,
    pub id: Option<AuditId>,
    pub stage: Stage,
    pub level: AuditLevel,
    pub truncated: bool,
    /// The record broke off; this is what stood before the cut.
    pub cut: bool,
    /// Number of its [`Origin`](super::Origin) among those of its piece.
    pub origin: u32,
    /// Byte at which the record begins in its file.
    pub offset: u64,
    /// Line of the record, from 0 within its piece.
    pub line: u32,
}

impl Fact {
    /// `place` counts lines from 0 within the piece.
    pub fn of(event: &Event<'_>, origin: u32, cut: bool, place: &Evidence) -> Fact {
        let at = |slot| time::parse(event.text(slot)?.raw());
        let received = at(Slot::Received);
        Fact {
            written: at(Slot::StageTime).or(received).or_else(|| at(Slot::Timestamp)),
            received,
            id: event.text(Slot::AuditId).filter(|id| !id.is_empty()).map(AuditId::of),
            stage: Stage::of(event),
            level: AuditLevel::of(event),
            truncated: event.annotation("audit.k8s.io/truncated").is_some_and(|said| said == "true"),
            cut,
            origin,
            offset: place.offset,
            line: u32::try_from(place.line).unwrap_or(u32::MAX),
        }
    }

    /// When it happened, as everywhere in kaudit.
    pub fn time(&self) -> Option<i64> {
        self.received.or(self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audit_ids_are_kept_as_values() {
        let id = |text: &'static str| AuditId::of(Text::plain(text));
        let uuid = "0f6bfa2a-3c5c-4a17-9f7e-0c5a1f6d1e02";
        assert_eq!(id(uuid).text().as_deref(), Some(uuid));
        for text in ["", "x", "0F6bfa2a-3c5c-4a17-9f7e-0c5a1f6d1e02", "0f6bfa2a3c5c4a179f7e0c5a1f6d1e02"] {
            assert_eq!(id(text).text(), None, "{text}");
        }
        assert_ne!(id("a"), id("b"));
    }
}
