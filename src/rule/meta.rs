//! What a rule says about itself.

use super::template::Template;
use crate::event::Field;
use std::fmt;
use std::str::FromStr;

/// How much a finding matters, in Sigma's words. `High` and `Critical` are what wakes a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

impl Level {
    pub const ALL: [Level; 5] =
        [Level::Informational, Level::Low, Level::Medium, Level::High, Level::Critical];

    pub fn name(self) -> &'static str {
        match self {
            Level::Informational => "informational",
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::Critical => "critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Level, String> {
        let lower = text.to_ascii_lowercase();
        Level::ALL
            .into_iter()
            .find(|level| level.name() == lower || (lower == "info" && *level == Level::Informational))
            .ok_or_else(|| {
                format!("unknown level `{text}`: use informational, low, medium, high or critical")
            })
    }
}

/// How far the author of a rule trusts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Status {
    Stable,
    #[default]
    Test,
    Experimental,
    Deprecated,
    Unsupported,
}

impl Status {
    pub const ALL: [Status; 5] =
        [Status::Stable, Status::Test, Status::Experimental, Status::Deprecated, Status::Unsupported];

    pub fn name(self) -> &'static str {
        match self {
            Status::Stable => "stable",
            Status::Test => "test",
            Status::Experimental => "experimental",
            Status::Deprecated => "deprecated",
            Status::Unsupported => "unsupported",
        }
    }
}

/// The language that a rule was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Dialect {
    #[default]
    Sigma,
    /// A policy of Alcide kAudit.
    Alcide,
    /// A rules file of Falco for the source `k8s_audit`.
    Falco,
}

impl Dialect {
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Sigma => "Sigma",
            Dialect::Alcide => "Alcide kAudit policy",
            Dialect::Falco => "Falco",
        }
    }
}

/// The standards that tags name clauses of, in the words of the packs.
const STANDARDS: [&str; 6] = ["cis", "nsa", "pci", "soc2", "hipaa", "iso27001"];

/// Everything about a rule except its condition.
#[derive(Clone, Debug)]
pub struct Meta {
    /// The name by which people call the rule: our own slug (`exec-into-pod`), or the id of a foreign rule.
    pub id: String,
    pub title: String,
    pub level: Level,
    pub status: Status,
    pub description: String,
    /// What an investigator should look at next (`next` in our own rules); empty when the author did not say.
    pub next: Vec<String>,
    pub false_positives: Vec<String>,
    pub references: Vec<String>,
    pub author: String,
    /// As written: `attack.execution`, `attack.t1609`, ...
    pub tags: Vec<String>,
    /// The file the rule came from, as the user named it; `builtin` for our own.
    pub source: String,
    /// Line of the rule's document in that file, from 1.
    pub line: u32,
    pub dialect: Dialect,
    /// The message that a finding carries, with fields of the event in it.
    pub output: Option<Template>,
    /// What else of the event a finding shows.
    pub fields: Vec<Field>,
}

impl Meta {
    /// Of a detector that stands in no file of rules.
    pub fn of_detector(id: &str, title: &str, level: Level, description: &str) -> Meta {
        Meta {
            id: id.to_owned(),
            title: title.to_owned(),
            level,
            status: Status::Stable,
            description: description.to_owned(),
            next: Vec::new(),
            false_positives: Vec::new(),
            references: Vec::new(),
            author: String::new(),
            tags: Vec::new(),
            source: "builtin".to_owned(),
            line: 1,
            dialect: Dialect::Sigma,
            output: None,
            fields: Vec::new(),
        }
    }

    /// Tags that name a clause of a standard that asks to watch for this: `cis.5.2.2`; and all others.
    pub fn compliance(&self) -> (Vec<&str>, Vec<&str>) {
        let standard = |tag: &&str| tag.split_once('.').is_some_and(|(name, _)| STANDARDS.contains(&name));
        self.tags.iter().map(String::as_str).partition(standard)
    }

    /// ATT&CK technique ids among the tags, upper case: `T1609`, `T1552.007`.
    pub fn techniques(&self) -> impl Iterator<Item = String> + '_ {
        self.tags.iter().filter_map(|tag| {
            let id = tag.strip_prefix("attack.")?;
            let digit = id.strip_prefix(['t', 'T'])?.starts_with(|c: char| c.is_ascii_digit());
            digit.then(|| id.to_ascii_uppercase())
        })
    }
}
