//! Deviations that no rule names: what an entity does for the first time and few of its peers ever do.
//!
//! ```text
//! event -> Request (normal) -> Profile (profile) -> Scored windows (score) -> Detection (detect)
//! ```
//!
//! A [`Profile`] holds integers only and merges by sum, minimum, maximum and union, so that any split of the
//! input, any order and any number of workers give the same profile. All judgement comes afterwards, over the
//! settled profile, in a fixed order. Every number that decides anything stands in [`Tuning`].

mod action;
pub mod baseline;
mod bins;
mod calibration;
mod cell;
mod cells;
mod class;
mod count;
mod detect;
mod entity;
mod evidence;
mod logins;
mod memo;
mod names;
mod normal;
mod novelty;
mod objects;
mod peers;
mod profile;
mod profiler;
mod reason;
mod request;
mod score;
mod span;
mod subject;
mod tuning;
mod value;
mod when;
mod windows;
mod writers;

pub use cell::{COUNTERS, Counter};
pub use class::Class;
pub use detect::{Detection, Recent, detect};
pub use entity::Kind;
pub use evidence::Sample;
pub use profile::{Bytes, Limits, Profile, WINDOW, window_of};
pub use profiler::Profiler;
pub use reason::{Expected, PATTERNS, Pattern, Reason};
pub use tuning::{Terms, Tuning};
pub use value::Dim;

#[cfg(test)]
mod tests;
