//! What rules could have seen, and what is doubtful about an audit policy.

mod table;
mod why;
mod wire;

pub use wire::COVERAGE;

use super::{Format, Look, Read};
use crate::coverage::{Covered, Status, Usage};
use crate::policy::AuditPolicy;
use crate::rule::{Diagnostic, Meta};
use std::io::{self, Write};

/// What an answer is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    Log,
    Policy,
}

/// The answer for one rule, of one cluster where there are several.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    pub rule: &'a Meta,
    pub cluster: Option<&'a str>,
    pub covered: &'a Covered,
    pub basis: Basis,
}

/// A policy, and what it makes of the log.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    pub policy: &'a AuditPolicy,
    pub doubts: &'a [Diagnostic],
    pub usage: Option<&'a Usage>,
}

/// Everything that there is to report.
#[derive(Clone, Debug)]
pub struct Coverage<'a> {
    /// The worst first.
    pub answers: Vec<Answered<'a>>,
    pub policy: Option<Judged<'a>>,
    /// What was read; `None` without a log.
    pub read: Option<Read<'a>>,
    /// Whether the log holds more kinds of requests than are counted.
    pub more: bool,
    pub look: Look,
}

impl Coverage<'_> {
    /// How many answers are of each status, in the order of [`Status::ALL`].
    fn counts(&self) -> [usize; Status::ALL.len()] {
        Status::ALL.map(|status| self.answers.iter().filter(|one| one.covered.status == status).count())
    }
}

pub type CoveragePen = fn(&Coverage<'_>, &mut dyn Write) -> io::Result<()>;

impl Format {
    /// `None` for a format in which coverage cannot be written.
    pub fn coverage_pen(self) -> Option<CoveragePen> {
        match self {
            Format::Table => Some(table::table),
            Format::Summary => Some(table::summary),
            Format::Ndjson => Some(wire::ndjson),
            Format::Json => Some(wire::json),
            Format::Csv => None,
        }
    }
}
