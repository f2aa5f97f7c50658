//! Audit policies: what an API server was told to record.
//!
//! ```text
//! text -> yaml (tree with places) -> read -> AuditPolicy -> decide
//!                                                        -> lint
//! ```
//!
//! Decisions are those of kube-apiserver, by the user who was authenticated and not by one who was impersonated, as
//! impersonation comes after the audit.
//! Source: `kubernetes/staging/src/k8s.io/apiserver/pkg/audit/policy/checker.go`.

mod atom;
mod decide;
mod lint;
mod read;
#[cfg(test)]
mod tests;
mod usual;

pub use decide::{Decision, Request, Target};
pub use lint::lint;
pub use read::read;
pub use usual::{Caller, callers};

use crate::inventory::Stage;
use crate::rule::{Excerpt, Spot};

/// How much of a request is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    None,
    Metadata,
    Request,
    RequestResponse,
}

impl Level {
    pub const ALL: [Level; 4] = [Level::None, Level::Metadata, Level::Request, Level::RequestResponse];

    pub fn name(self) -> &'static str {
        match self {
            Level::None => "None",
            Level::Metadata => "Metadata",
            Level::Request => "Request",
            Level::RequestResponse => "RequestResponse",
        }
    }

    pub fn named(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// A set of stages, one bit for each of [`Stage::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StageSet(pub u8);

impl StageSet {
    /// Those that an API server knows.
    pub const KNOWN: [Stage; 4] =
        [Stage::RequestReceived, Stage::ResponseStarted, Stage::ResponseComplete, Stage::Panic];

    pub fn has(self, stage: Stage) -> bool {
        self.0 & 1 << stage as u8 != 0
    }

    pub fn add(&mut self, stage: Stage) {
        self.0 |= 1 << stage as u8;
    }

    /// What one or the other holds.
    #[must_use]
    pub fn and(self, other: StageSet) -> StageSet {
        StageSet(self.0 | other.0)
    }
}

/// A policy file.
#[derive(Clone, Debug)]
pub struct AuditPolicy {
    pub file: String,
    pub rules: Vec<PolicyRule>,
    /// Stages that no rule records.
    pub omit_stages: StageSet,
    pub omit_managed_fields: bool,
    /// Where its first key stands.
    pub at: Spot,
    text: String,
}

/// One rule of a policy. An empty list asks for nothing.
#[derive(Clone, Debug)]
pub struct PolicyRule {
    pub level: Level,
    pub users: Vec<Word>,
    pub groups: Vec<Word>,
    pub verbs: Vec<Word>,
    pub namespaces: Vec<Word>,
    pub resources: Vec<Resources>,
    pub urls: Vec<Word>,
    /// Stages that it does not record, beside those of the policy.
    pub omit_stages: StageSet,
    /// Its `level`, which each rule has.
    pub at: Spot,
    /// Line on which the rule begins, from 1.
    pub line: u32,
}

/// Resources of one API group.
#[derive(Clone, Debug)]
pub struct Resources {
    pub group: Word,
    /// `pods`, `pods/log`, `pods/*`, `*/scale` or `*`; empty means all.
    pub resources: Vec<Word>,
    pub names: Vec<Word>,
}

/// A text of the file, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub at: Spot,
}

impl AuditPolicy {
    /// The place of a spot.
    pub fn excerpt(&self, at: Spot) -> Excerpt {
        crate::rule::Source { file: &self.file, text: &self.text }.excerpt(at)
    }
}

impl PolicyRule {
    /// Whether it takes every request.
    pub fn takes_all(&self) -> bool {
        self.is_for_everybody() && self.verbs.is_empty() && self.takes_all_targets()
    }

    fn is_for_everybody(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty()
    }

    fn takes_all_targets(&self) -> bool {
        self.namespaces.is_empty() && self.resources.is_empty() && self.urls.is_empty()
    }
}
