//! The first request of its kind: a pointer into the input, and what a reason quotes of it.
//!
//! A profile keeps very many of them, so it keeps texts as names; only what is told becomes a [`Sample`].

use super::action::Action;
use super::names::{Name, Names};
use super::varint::{put, put_signed, take, take_short, take_signed};
use crate::event::{Event, Slot};
use crate::finding::Evidence;
use crate::hex::{self, hex};
use crate::redact::Redactor;
use std::borrow::Cow;
use std::cmp::Ordering;

/// Bytes of a text that are kept.
const LONGEST: usize = 160;
const STAGES: [&str; 4] = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"];
/// The file of what a baseline remembers: none of this run.
const NO_FILE: u32 = u32::MAX;

/// A request as a reason tells it. Ordered by time, then auditID, then place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// Microseconds since 1970 (UTC).
    pub time: i64,
    pub audit_id: Box<str>,
    /// Lines count from 0 within the piece until the piece's place is known.
    pub evidence: Evidence,
    /// Empty where the record names none that there is.
    pub stage: &'static str,
    /// The path that was asked for, without its query, secrets taken out; or the resource and its namespace.
    pub path: Box<str>,
    pub verb: Box<str>,
    pub code: Option<u16>,
    pub address: Box<str>,
    pub agent: Box<str>,
}

/// Mostly a UUID, for which sixteen bytes do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditId {
    Uuid([u8; 16]),
    Text(Box<str>),
}

impl AuditId {
    pub fn of(text: &str) -> AuditId {
        uuid(text).map_or_else(|| AuditId::Text(short(text)), AuditId::Uuid)
    }

    pub fn text(&self) -> Box<str> {
        match self {
            AuditId::Text(text) => text.clone(),
            AuditId::Uuid(bytes) => {
                let hex = hex(bytes);
                let [a, b, c, d, e] = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
                format!("{a}-{b}-{c}-{d}-{e}").into()
            }
        }
    }
}

/// The bytes of a UUID in its one usual form.
fn uuid(text: &str) -> Option<[u8; 16]> {
    /// Where the two digits of each byte stand.
    const DIGITS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    let text: &[u8; 36] = text.as_bytes().try_into().ok()?;
    let mut is_usual = [8, 13, 18, 23].iter().all(|at| text[*at] == b'-');
    let mut value = |digit: u8| {
        let value = hex::value(digit);
        is_usual &= value < 16;
        value
    };
    let bytes = DIGITS.map(|at| value(text[at]) << 4 | value(text[at + 1]));
    is_usual.then_some(bytes)
}

/// Where a request stands. Of two the smaller one is kept, by time, then auditID, then place, so that it does not
/// matter in which order they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub time: i64,
    pub audit: AuditId,
    offset: u64,
    file: u32,
    line: u32,
    code: u16,
    stage: u8,
}

impl Spot {
    pub fn of(event: &Event<'_>, time: i64, evidence: &Evidence, redactor: Redactor) -> Spot {
        let id = event.decoded(Slot::AuditId).unwrap_or_default();
        let stage = event.raw(Slot::Stage).unwrap_or_default();
        Spot {
            time,
            audit: uuid(&id).map_or_else(|| AuditId::Text(short(&redactor.text(&id))), AuditId::Uuid),
            offset: evidence.offset,
            file: evidence.file,
            // Within one piece, which is far smaller.
            line: u32::try_from(evidence.line).unwrap_or(u32::MAX),
            code: event.code().unwrap_or(0),
            stage: STAGES.iter().position(|known| known.as_bytes() == stage).unwrap_or(STAGES.len()) as u8,
        }
    }

    /// One that a baseline remembers. It stands in no file of this run.
    pub fn remembered(time: i64, audit_id: &str) -> Spot {
        let (offset, line, code, stage) = (0, 0, 0, STAGES.len() as u8);
        Spot { time, audit: AuditId::of(audit_id), offset, file: NO_FILE, line, code, stage }
    }

    pub fn is_remembered(&self) -> bool {
        self.file == NO_FILE
    }

    /// The shorter the nearer its time is to `base`.
    fn pack(&self, base: i64, out: &mut Vec<u8>) {
        put_signed(out, self.time.wrapping_sub(base));
        match &self.audit {
            AuditId::Uuid(bytes) => {
                out.push(self.stage << 1);
                out.extend_from_slice(bytes);
            }
            AuditId::Text(text) => {
                out.push(self.stage << 1 | 1);
                put(out, text.len() as u64);
                out.extend_from_slice(text.as_bytes());
            }
        }
        let Spot { offset, file, line, code, .. } = *self;
        put(out, u64::from(file.wrapping_add(1)));
        put(out, offset);
        put(out, line.into());
        put(out, code.into());
    }

    fn unpack(base: i64, rest: &mut &[u8]) -> Option<Spot> {
        let time = take_signed(rest)?.wrapping_add(base);
        let (&head, more) = rest.split_first()?;
        *rest = more;
        let length = if head & 1 == 0 { 16 } else { take(rest)? as usize };
        let (id, more) = rest.split_at_checked(length)?;
        *rest = more;
        let audit = match head & 1 {
            0 => AuditId::Uuid(id.try_into().ok()?),
            _ => AuditId::Text(std::str::from_utf8(id).ok()?.into()),
        };
        let file = take_short(rest)?.wrapping_sub(1);
        let (offset, line, code) = (take(rest)?, take_short(rest)?, take_short(rest)? as u16);
        Some(Spot { time, audit, offset, file, line, code, stage: head >> 1 })
    }

    fn key(&self) -> (i64, &AuditId, u32, u64) {
        (self.time, &self.audit, self.file, self.offset)
    }

    fn sample(&self, verb: &str, path: String) -> Sample {
        let line = u64::from(self.line);
        Sample {
            time: self.time,
            audit_id: self.audit.text(),
            evidence: Evidence { file: self.file, offset: self.offset, line },
            stage: STAGES.get(self.stage as usize).copied().unwrap_or_default(),
            path: path.into(),
            verb: verb.into(),
            code: Some(self.code).filter(|code| *code > 0),
            address: Box::default(),
            agent: Box::default(),
        }
    }
}

impl PartialOrd for Spot {
    fn partial_cmp(&self, other: &Spot) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Spot {
    fn cmp(&self, other: &Spot) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Where somebody asks from, and with what client, as marks quote it.
#[derive(Clone, Copy, Debug)]
pub struct Whence {
    address: Name,
    agent: Name,
}

impl Whence {
    pub fn of(event: &Event<'_>, redactor: Redactor, names: &mut Names) -> Whence {
        let mut name = |text: Option<Cow<'_, str>>| {
            names.number(&text.map_or_else(Box::default, |text| short(&redactor.text(&text))))
        };
        Whence {
            address: name(event.source_ip().map(|ip| ip.decode())),
            agent: name(event.decoded(Slot::UserAgent)),
        }
    }
}

/// The first request of a kind.
#[derive(Clone, Debug)]
pub struct Mark {
    pub spot: Spot,
    pub action: Name,
    path: Name,
    address: Name,
    agent: Name,
}

impl Mark {
    pub fn of(
        event: &Event<'_>,
        time: i64,
        evidence: &Evidence,
        redactor: Redactor,
        (action, Whence { address, agent }): (Name, Whence),
        names: &mut Names,
    ) -> Mark {
        let uri = event.decoded(Slot::RequestUri).unwrap_or_default();
        let path = names.number(&short(&redactor.uri(uri.split('?').next().unwrap_or_default())));
        Mark { spot: Spot::of(event, time, evidence, redactor), action, path, address, agent }
    }

    pub fn remembered(time: i64, audit_id: &str) -> Mark {
        Mark { spot: Spot::remembered(time, audit_id), action: 0, path: 0, address: 0, agent: 0 }
    }

    pub fn pack(&self, base: i64, out: &mut Vec<u8>) {
        self.spot.pack(base, out);
        [self.action, self.path, self.address, self.agent].into_iter().for_each(|name| put(out, name.into()));
    }

    pub fn unpack(base: i64, rest: &mut &[u8]) -> Option<Mark> {
        let spot = Spot::unpack(base, rest)?;
        let mut name = || take_short(rest);
        Some(Mark { spot, action: name()?, path: name()?, address: name()?, agent: name()? })
    }

    pub fn names(&mut self) -> [&mut Name; 4] {
        [&mut self.action, &mut self.path, &mut self.address, &mut self.agent]
    }

    pub fn sample(&self, names: &Names) -> Sample {
        let verb = Action::parse(names.text(self.action)).verb;
        let sample = self.spot.sample(verb, names.text(self.path).to_owned());
        Sample { address: names.text(self.address).into(), agent: names.text(self.agent).into(), ..sample }
    }
}

/// The first request of a window that touched a sensitive counter.
#[derive(Clone, Debug)]
pub struct Noted {
    pub window: u32,
    pub spot: Spot,
    pub action: Name,
    pub namespace: Name,
}

impl Noted {
    pub fn pack(&self, base: i64, out: &mut Vec<u8>) {
        self.spot.pack(base, out);
        put(out, self.action.into());
        put(out, self.namespace.into());
    }

    pub fn unpack(window: u32, base: i64, rest: &mut &[u8]) -> Option<Noted> {
        let spot = Spot::unpack(base, rest)?;
        Some(Noted { window, spot, action: take_short(rest)?, namespace: take_short(rest)? })
    }

    pub fn sample(&self, names: &Names) -> Sample {
        let (verb, what) = names.text(self.action).split_once(' ').unwrap_or_default();
        let path = match names.text(self.namespace) {
            "" => what.to_owned(),
            namespace => format!("{what} in {namespace}"),
        };
        self.spot.sample(verb, path)
    }
}

fn short(text: &str) -> Box<str> {
    let end = (0..=LONGEST.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    text[..end.unwrap_or(0)].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audit_ids_come_back_as_they_were() {
        for id in ["3f1d1e7c-0000-4a4b-9c5d-ffffffffffff", "3F1D1E7C-0000-4A4B-9C5D-FFFFFFFFFFFF", "", "ab-c"]
        {
            assert_eq!(&*AuditId::of(id).text(), id);
        }
        assert!(matches!(AuditId::of("3f1d1e7c-0000-4a4b-9c5d-ffffffffffff"), AuditId::Uuid(_)));
    }

    #[test]
    fn only_small_digits_and_dashes_in_their_places_make_a_uuid() {
        let usual = "3f1d1e7c-0000-4a4b-9c5d-ffffffffffff";
        for (at, byte) in (0..36).flat_map(|at| (0..128_u8).map(move |byte| (at, byte))) {
            let mut text = usual.to_owned();
            text.replace_range(at..=at, &char::from(byte).to_string());
            let is_usual = match usual.as_bytes()[at] {
                b'-' => byte == b'-',
                _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            };
            assert_eq!(matches!(AuditId::of(&text), AuditId::Uuid(_)), is_usual, "{text:?}");
            assert_eq!(*AuditId::of(&text).text(), text);
        }
    }
}
