//! The integration tests, in one binary. Each runs the program itself; see [`harness`].

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod harness;
mod sample;

mod anomaly;
mod check;
mod copies;
mod correlation;
mod coverage;
mod determinism;
mod dialects;
mod evidence;
mod exit;
mod hostile;
mod hunt;
mod incident;
mod input;
mod layering;
mod lists;
mod man;
mod oracle;
mod readme;
mod recorded;
mod report;
mod rules;
#[cfg(unix)]
mod signals;
mod stages;
mod suppress;
mod target;
mod token;
