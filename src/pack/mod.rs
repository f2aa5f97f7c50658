//! Compliance packs: what a log shows of the checks that auditors ask for.
//!
//! A check is answered from the log (and an audit policy, where one is given) and from nothing else. It says what was seen
//! and where; whether that is enough is for people to judge.

mod judge;
mod table;
#[cfg(test)]
mod tests;

pub use judge::{Facts, judge};
pub use table::CHECKS;

use crate::tally::{Reason, TimeSpan};

/// A set of checks, by the standard that asks for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Pack {
    Cis,
    Nsa,
    Pci,
    Soc2,
    Hipaa,
    Iso27001,
}

impl Pack {
    pub const ALL: [Pack; 6] = [Pack::Cis, Pack::Nsa, Pack::Pci, Pack::Soc2, Pack::Hipaa, Pack::Iso27001];

    pub fn name(self) -> &'static str {
        ["cis", "nsa", "pci", "soc2", "hipaa", "iso27001"][self as usize]
    }

    pub fn title(self) -> &'static str {
        [
            "CIS Kubernetes Benchmark 1.10 to 1.12",
            "NSA/CISA Kubernetes Hardening Guide",
            "PCI DSS 4",
            "SOC 2 Trust Services Criteria",
            "HIPAA Security Rule",
            "ISO/IEC 27001:2022",
        ][self as usize]
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub enum Ask {
    /// Whether requests for what matters are recorded.
    Covered,
    /// Whether such requests are on record, by this condition.
    Recorded(&'static str),
    /// Whether there are none that the first condition holds for, among those of the second.
    Absent(&'static str, &'static str),
    /// Whether the log reaches over so many days, for each pack.
    Span([Option<u32>; Pack::ALL.len()]),
    /// Whether the log has gaps.
    Gaps,
    /// Whether the clock was right.
    Clock,
}

/// One check.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    pub id: &'static str,
    pub title: &'static str,
    pub ask: Ask,
    /// Where each pack asks for it; `None` where it does not.
    pub references: [Option<&'static str>; Pack::ALL.len()],
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Fail,
    /// The log cannot tell.
    NotObservable,
    Pass,
    /// The standard does not ask for it, or there is nothing that it could be asked of.
    NotApplicable,
}

impl State {
    pub const ALL: [State; 4] = [State::Fail, State::NotObservable, State::Pass, State::NotApplicable];

    pub fn name(self) -> &'static str {
        match self {
            State::Fail => "fail",
            State::NotObservable => "not observable",
            State::Pass => "pass",
            State::NotApplicable => "not applicable",
        }
    }
}

/// What one condition found.
#[derive(Clone, Debug, Default)]
pub struct Tallied {
    pub found: Reason,
    pub span: TimeSpan,
    /// Requests of which it could not tell, as the format does not carry what it asks for.
    pub unsure: u64,
}

/// The answer to one check, with its evidence.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    pub check: &'static Check,
    pub reference: &'static str,
    pub state: State,
    pub why: String,
    pub evidence: Option<&'a Tallied>,
}
