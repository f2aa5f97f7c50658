//! Deviations that no rule names: what an entity does for the first time and few of its peers ever do.
//!
//! ```text
//! event -> Request (normal) -> Profile (profile) -> Scored windows (score) -> Detection (detect)
//! ```
//!
//! A [`Profile`] holds integers only and merges by sum, minimum, maximum and union, so that any split of the
//! input, any order and any number of workers give the same profile. All judgement comes afterwards, over the
//! settled profile, in a fixed order. Every number that decides anything stands in [`Tuning`].

mod account;
mod action;
pub mod baseline;
mod bins;
mod calibration;
mod cell;
mod chance;
mod cells;
mod class;
mod count;
mod cut;
mod detect;
mod entity;
mod evidence;
mod judged;
mod logins;
mod names;
mod normal;
mod novelty;
mod objects;
mod origin;
mod peers;
mod profile;
mod profiler;
mod reason;
mod refusals;
mod request;
mod score;
mod sealed;
mod shown;
mod span;
mod subject;
mod tuning;
mod value;
mod varint;
mod when;
mod windows;
mod writers;

pub use account::{Account, Line, Sum, Worth};
pub use cell::{COUNTERS, Counter};
pub use chance::Chance;
pub use class::Class;
pub use cut::{Cut, Lack};
pub use detect::{Detection, Recent, account, detect};
pub use entity::Kind;
pub use evidence::Sample;
pub use normal::network;
pub use profile::{Bytes, Limits, Profile, WINDOW, time_of, window_of};
pub use profiler::Profiler;
pub use reason::{Expected, PATTERNS, Pattern, Reason};
pub use tuning::{Terms, Tuning};
pub use value::{Dim, Value};

#[cfg(test)]
mod tests;
