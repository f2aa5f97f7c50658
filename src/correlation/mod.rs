//! Rules over many events: what workers note of each ([`Notes`]), how it is kept ([`State`]), and what comes
//! of it when all is read ([`Episode`](crate::finding::Episode)s).
//!
//! Only the time that stands in the events counts, never the order in which they are read. The state is a set:
//! it can be split, written, read back and merged in any order, and the same comes of it. It is bounded, and
//! what it drops hangs on what is dropped alone:
//!
//! - Time is cut into frames as long as the correlation's timespan. In each frame of a group, only so many
//!   observations are kept as settle the question twice over; of a value or a rule that only has to *occur*,
//!   the first and the last.
//! - Of most groups nothing is kept in the end: what workers noted is written down once it is known, over all of them, that
//!   a group may meet its condition (`outline`), unless so much was noted that something may have to go.
//! - When all observations of a correlation are too many, whole groups go, chosen by a hash of their names.

mod episode;
mod group;
mod history;
mod lanes;
mod measure;
mod notes;
mod observe;
mod outline;
mod plan;
mod scribe;
mod sorted;
mod spots;
mod state;
mod usual;
mod words;

#[cfg(test)]
mod tests;

pub use history::{Counts, History};
pub use notes::Notes;
pub use observe::{Noticed, Observed};
pub use state::{Dropped, LIMIT, State};

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Values by which a group is told from others; `None` where the event has none.
pub type Group = Vec<Option<Arc<str>>>;

/// One event, as far as a correlation asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Observation {
    /// Microseconds since 1970 (UTC).
    pub time: i64,
    /// The auditID, or without one the place of the record; the stage, where each counts for itself.
    pub id: Arc<str>,
    /// Which of the correlation's rules.
    pub slot: u32,
    /// What is counted or added up.
    pub value: Option<Arc<str>>,
    pub deed: Arc<Deed>,
}

/// Who did what, for the report. Secrets are taken out. What many events share they share in memory, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Deed {
    pub request: Arc<Request>,
    pub caller: Arc<Caller>,
    pub name: Option<Arc<str>>,
    pub audit_id: Option<Arc<str>>,
    pub file: Arc<str>,
    pub offset: u64,
    /// As the worker counted it.
    pub line: u64,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Caller {
    pub cluster: Option<Arc<str>>,
    pub principal: Option<Arc<str>>,
    pub source_ip: Option<Arc<str>>,
    pub user_agent: Option<Arc<str>>,
}

/// What for, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Request {
    /// How much the record tells of the request: of two stages of one request, the greater stays.
    pub rank: u8,
    pub verb: Option<Arc<str>>,
    pub resource: Option<Arc<str>>,
    pub namespace: Option<Arc<str>>,
    pub code: Option<u16>,
    pub stage: Option<Arc<str>>,
}
