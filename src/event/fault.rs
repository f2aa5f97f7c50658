//! What can be wrong with a record: so much that it is no event, or just enough to say so.

/// Why a record is not an event. Such records are counted, and a few are kept as samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Bad {
    /// Not a JSON object, or broken within.
    NotJson,
    /// JSON that breaks off: the last line of a copy, a full disk.
    Cut,
    /// Cut by who handed it on, who says so: `[Truncated...]`.
    Limited,
    /// An event that is broken within, and was read up to there.
    Damaged,
    /// Longer than any record may be.
    TooLong,
    /// JSON, but no audit event.
    Foreign,
    /// A line of text in a file without any trace of an audit event.
    Text,
    /// What Falco said about an audit event.
    FalcoAlert,
    /// What Alcide kAudit found.
    AlcideDetection,
}

impl Bad {
    pub const ALL: [Bad; 9] = [
        Bad::NotJson,
        Bad::Cut,
        Bad::Limited,
        Bad::Damaged,
        Bad::TooLong,
        Bad::Foreign,
        Bad::Text,
        Bad::FalcoAlert,
        Bad::AlcideDetection,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Bad::NotJson => "not JSON",
            Bad::Cut => "cut off",
            Bad::Limited => "cut by a limit on the way",
            Bad::Damaged => "damaged",
            Bad::TooLong => "too long",
            Bad::Foreign => "no audit event",
            Bad::Text => "plain text",
            Bad::FalcoAlert => "Falco alert",
            Bad::AlcideDetection => "Alcide detection",
        }
    }

    /// Whether evidence was lost: a record of something else is none of ours.
    pub fn is_loss(self) -> bool {
        matches!(self, Bad::NotJson | Bad::Cut | Bad::Limited | Bad::Damaged | Bad::TooLong)
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
