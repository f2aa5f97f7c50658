//! What record after record says in the same bytes: who asks, and why that was allowed. Checked once, it is only compared
//! from then on.

use super::{Slot, Span, Spans};

/// Users that are known at once.
const USERS: usize = 256;
/// What is longer is not kept.
const LONGEST: usize = 2048;

/// Fields of a user that have slots of their own.
const FIELDS: [Slot; 4] = [Slot::Username, Slot::UserUid, Slot::UserGroups, Slot::UserExtra];

/// Texts of values that were found right, each up to its closing bracket: whatever begins with one goes no further.
#[derive(Debug, Default)]
pub struct Known {
    users: Vec<User>,
    /// Of the present record.
    at: usize,
    /// The latest number given; `None` where users get none.
    latest: Option<u32>,
}

#[derive(Clone, Debug, Default)]
struct User {
    who: Kept,
    number: Option<u32>,
    /// Where its fields stand in it.
    fields: [Option<Span>; FIELDS.len()],
    /// The annotations of its latest request.
    why: Kept,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    /// Some byte is above 0x7f.
    high: bool,
}

impl Kept {
    /// Whether `ahead` begins with it. Nothing begins with what was never set.
    #[inline]
    fn begins(&self, ahead: &[u8]) -> bool {
        !self.bytes.is_empty() && ahead.get(..self.bytes.len()) == Some(&self.bytes[..])
    }

    fn set(&mut self, text: &[u8]) {
        self.bytes.clear();
        if text.len() <= LONGEST {
            self.bytes.extend_from_slice(text);
        }
        self.high = !self.bytes.is_ascii();
    }
}

/// How far a known text reaches, and whether some byte of it is above 0x7f.
pub type Reach = (usize, bool);

impl Known {
    /// Gives each user a number of its own, and another when it comes back after it was forgotten.
    pub fn numbered() -> Known {
        Known { latest: Some(0), ..Known::default() }
    }

    /// The user that stands at `start`, if it is known: its fields are noted then.
    #[inline]
    pub fn user(&mut self, record: &[u8], start: usize, spans: &mut Spans) -> Option<Reach> {
        let ahead = record.get(start..)?;
        self.at = place(ahead);
        let User { who, fields, number, .. } = self.users.get(self.at)?;
        if !who.begins(ahead) {
            return None;
        }
        for (slot, span) in FIELDS.into_iter().zip(fields) {
            if let Some(span) = span {
                spans.set(slot, span.moved(start));
            }
        }
        spans.user = *number;
        Some((start + who.bytes.len(), who.high))
    }

    /// The user of the present record, which was found right.
    pub fn learn_user(&mut self, text: &[u8], start: usize, spans: &Spans) {
        if self.users.is_empty() {
            self.users.resize(USERS, User::default());
        }
        // Numbers are never given twice, not even when there are no more.
        self.latest = self.latest.and_then(|latest| latest.checked_add(1));
        let User { who, number, fields, why } = &mut self.users[self.at];
        who.set(text);
        *number = self.latest;
        *fields = FIELDS.map(|slot| spans.get(slot).map(|span| span.within(start)));
        why.set(&[]);
    }

    /// Likewise, annotations.
    #[inline]
    pub fn annotations(&self, ahead: &[u8]) -> Option<Reach> {
        let why = &self.users.get(self.at)?.why;
        why.begins(ahead).then_some((why.bytes.len(), why.high))
    }

    pub fn learn_annotations(&mut self, text: &[u8]) {
        self.users.get_mut(self.at).into_iter().for_each(|user| user.why.set(text));
    }
}

/// Where a user is kept: its name tells it from others, behind what all names of service accounts begin with.
#[inline]
fn place(ahead: &[u8]) -> usize {
    let Some(begin) = ahead.first_chunk::<64>() else { return 0 };
    let word = |at: usize| begin[at..].first_chunk::<8>().map_or(0, |chunk| u64::from_le_bytes(*chunk));
    let mixed = [24, 32, 40, 48, 56]
        .iter()
        .fold(0u64, |mixed, at| (mixed.rotate_left(13) ^ word(*at)).wrapping_mul(MIX));
    (mixed >> 32) as usize % USERS
}

/// Odd, with bits all over.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
