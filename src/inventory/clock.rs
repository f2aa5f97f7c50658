//! Whether the records of a file stand in the order of time, and whose clock was wrong.
//!
//! The API server writes records from many threads, so up to a few percent of lines come late, by
//! milliseconds, seldom by seconds. That is counted and is no fault. A step back by more than [`JUMP`] is
//! another thing: an unsorted export, two logs put together, a clock that was set back.

use super::Fact;
use crate::finding::Evidence;
use crate::tally::Reason;
use crate::time::{HOUR, MINUTE};
use std::ops::AddAssign;

/// Records that come late by more than this make an unsorted part.
pub const JUMP: i64 = MINUTE;

/// A record that lies ahead of both its neighbours by more than this is taken for one with a wrong time.
pub const FAR_AHEAD: i64 = HOUR;

/// What was seen of the order of time.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Records written before the record above them.
    pub late: u64,
    /// The longest step back, in microseconds.
    pub latest: i64,
    /// Steps back by more than [`JUMP`].
    pub jumps: Reason,
    /// Records far ahead of their neighbours.
    pub ahead: Reason,
    /// Records whose stage came before the request was received.
    pub before_received: Reason,
    above: Option<(i64, Evidence)>,
    second_above: Option<i64>,
}

impl Clock {
    /// Takes the records of one file, one after the other.
    pub fn add(&mut self, fact: &Fact, place: &Evidence) {
        let Some(written) = fact.written else { return };
        if fact.received.is_some_and(|received| written < received) {
            self.before_received.add(place.clone());
        }
        let above = self.above.replace((written, place.clone()));
        let Some((time, above)) = above else { return };
        if self.is_far_ahead(time, written) {
            // The record above is forgotten: it tells nothing of the order of the others.
            self.ahead.add(above);
            return;
        }
        self.second_above = Some(time);
        self.step_back(time.saturating_sub(written), place);
    }

    fn is_far_ahead(&self, above: i64, written: i64) -> bool {
        above.saturating_sub(written) > FAR_AHEAD
            && self.second_above.is_some_and(|second| written >= second.saturating_sub(JUMP))
    }

    fn step_back(&mut self, step: i64, place: &Evidence) {
        if step > 0 {
            self.late += 1;
            self.latest = self.latest.max(step);
        }
        if step > JUMP {
            self.jumps.add(place.clone());
        }
    }
}

impl AddAssign<&Clock> for Clock {
    /// `other` is another file, later in the input.
    fn add_assign(&mut self, other: &Clock) {
        self.late += other.late;
        self.latest = self.latest.max(other.latest);
        self.jumps += other.jumps.clone();
        self.ahead += other.ahead.clone();
        self.before_received += other.before_received.clone();
    }
}
