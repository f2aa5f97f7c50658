//! What a report says of an anomaly: who deviated, how sure that is, and why.

use super::Evidence;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// How sure a detection is, in Alcide's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

impl Confidence {
    pub const ALL: [Confidence; 3] = [Confidence::Low, Confidence::Medium, Confidence::High];

    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Confidence {
    type Err = String;

    /// By name, or by number as Alcide's filters have it: 0 is high.
    fn from_str(text: &str) -> Result<Confidence, String> {
        match text.to_ascii_lowercase().as_str() {
            "high" | "0" => Ok(Confidence::High),
            "medium" | "1" => Ok(Confidence::Medium),
            "low" | "2" => Ok(Confidence::Low),
            _ => Err(format!("unknown confidence `{text}`: use low, medium or high")),
        }
    }
}

/// What kind of thing deviated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Etype {
    /// A user, service account, node or component; whoever is anonymous, by network.
    Principal,
    /// A network whose requests bear no user name.
    Source,
    /// A whole cluster.
    Cluster,
    /// An object of the cluster.
    Resource,
}

impl Etype {
    pub const ALL: [Etype; 4] = [Etype::Principal, Etype::Source, Etype::Cluster, Etype::Resource];

    pub fn name(self) -> &'static str {
        match self {
            Etype::Principal => "principal",
            Etype::Source => "source",
            Etype::Cluster => "cluster",
            Etype::Resource => "resource",
        }
    }
}

/// One reason for a detection.
#[derive(Clone, Debug)]
pub struct Why {
    /// What changed, in fixed words: `change in count of distinct secrets read`.
    pub doc: String,
    /// The whole of it in words: what was seen, what was expected, what peers do.
    pub said: String,
    pub level: Confidence,
    pub writes: bool,
    /// Length of the times that are counted, microseconds: five minutes, an hour or a day.
    pub period: i64,
    /// One number for each of them that contributes, in the order of time.
    pub values: Vec<u64>,
    /// -log10 of how often as much is seen by chance.
    pub strength: f64,
    /// Nine of ten of the entity's own such times lie between these.
    pub expected: (u64, u64),
    /// Own such times that this was learnt from.
    pub windows: u64,
    /// How many of how many peers were ever seen with the most telling of the new values.
    pub peers: Option<(u32, u32)>,
}

/// A request that a detection points at.
#[derive(Clone, Debug)]
pub struct Pointer {
    pub time: i64,
    pub audit_id: Box<str>,
    pub stage: &'static str,
    /// Empty where the record names none.
    pub verb: Box<str>,
    /// The path without its query.
    pub path: Box<str>,
    pub code: Option<u16>,
    pub source_ip: Box<str>,
    pub evidence: Evidence,
}

/// What is said of a detection beside what is said of any finding.
#[derive(Clone, Debug)]
pub struct Deviation {
    pub etype: Etype,
    pub eid: Box<str>,
    pub confidence: Confidence,
    pub score: f64,
    /// How many detections that reach this score one entity of its kind has in a week, about.
    pub weekly: Option<f64>,
    /// Begin and end, microseconds since 1970 (UTC).
    pub from: i64,
    pub to: i64,
    pub writes: bool,
    /// `Change in usage pattern`.
    pub short: &'static str,
    pub doc: String,
    /// What was most unusual, in a few words.
    pub brief: String,
    /// The strongest first.
    pub reasons: Vec<Why>,
    /// Examples by kind: `unusual-uri`, `new-source`, `new-client`, `new-image`, `denied-uri`, `sensitive-uri`.
    pub context: Vec<(&'static str, Vec<String>)>,
    /// By time.
    pub pointers: Vec<Pointer>,
}

impl Deviation {
    pub fn direction(&self) -> &'static str {
        direction(self.writes)
    }
}

impl Why {
    pub fn direction(&self) -> &'static str {
        direction(self.writes)
    }
}

fn direction(writes: bool) -> &'static str {
    if writes { "write" } else { "read" }
}
