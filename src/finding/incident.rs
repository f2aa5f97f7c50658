//! What a report says of an incident: findings that belong together, told as a story.

use super::{Confidence, Evidence};
use crate::rule::Tactic;
use std::collections::BTreeSet;

/// Findings that belong together.
#[derive(Clone, Debug)]
pub struct Incident {
    pub confidence: Confidence,
    pub score: f64,
    /// Begin of the first and end of the last finding, microseconds since 1970 (UTC).
    pub from: i64,
    pub to: i64,
    /// Who took part, the one with most evidence first.
    pub actors: Vec<Actor>,
    /// One step for each tactic of each actor, in the order in which they began.
    pub story: Vec<Step>,
    /// What makes one incident of findings about several actors.
    pub links: Vec<Link>,
    /// By time.
    pub members: Vec<Member>,
    /// Id of the finding that the incident is known by.
    pub anchor: Box<str>,
}

/// Somebody who took part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub cluster: Option<Box<str>>,
    /// Empty for whoever has no name.
    pub name: Box<str>,
    /// Where the requests of its findings came from.
    pub addresses: Vec<Box<str>>,
}

/// What one actor did in pursuit of one tactic.
#[derive(Clone, Debug)]
pub struct Step {
    pub tactic: Tactic,
    /// Of the first and the last request that a finding points at.
    pub first: i64,
    pub last: i64,
    /// Index of the actor.
    pub actor: usize,
    pub source_ip: Option<Box<str>>,
    /// The first request of the strongest finding, in a few words.
    pub request: Box<str>,
    /// Where that stands.
    pub evidence: Evidence,
    pub stage: Option<Box<str>>,
    pub audit_id: Option<Box<str>>,
    /// Ids of the rules and detectors, the strongest first.
    pub rules: Vec<Box<str>>,
    /// Findings.
    pub count: u64,
    pub writes: bool,
}

/// Why two actors are told of together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    pub by: Bond,
    /// The network, or the identity that one gave to the other.
    pub value: Box<str>,
    /// Indices of the actors.
    pub actors: (usize, usize),
}

/// What joins two actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bond {
    /// The same name in two clusters.
    Principal,
    /// One finding is about both.
    Finding,
    /// One created, bound, or had a token issued for the other.
    Identity,
    /// A source network that is new to one of them.
    Network,
}

impl Bond {
    pub fn name(self) -> &'static str {
        match self {
            Bond::Principal => "principal",
            Bond::Finding => "finding",
            Bond::Identity => "identity",
            Bond::Network => "network",
        }
    }
}

/// A finding of an incident.
#[derive(Clone, Debug)]
pub struct Member {
    /// As [`Finding::id`](super::Finding::id) says.
    pub id: Box<str>,
    /// Index of the rule or detector.
    pub rule: u32,
    pub time: Option<i64>,
    pub points: f64,
}

impl Incident {
    pub fn writes(&self) -> bool {
        self.story.iter().any(|step| step.writes)
    }

    /// The tactics, each once, in the order in which they began.
    pub fn tactics(&self) -> Vec<Tactic> {
        let mut tactics: Vec<Tactic> = Vec::new();
        for step in &self.story {
            if !tactics.contains(&step.tactic) {
                tactics.push(step.tactic);
            }
        }
        tactics
    }

    /// `initial access, discovery, credential access`.
    pub fn tactics_text(&self) -> String {
        self.tactics().iter().map(|tactic| tactic.title()).collect::<Vec<_>>().join(", ")
    }

    /// `discovery, credential access by 2 principals: 12 findings`.
    pub fn doc(&self) -> String {
        let names: BTreeSet<&str> = self.actors.iter().map(|actor| &*actor.name).collect();
        let many = |count: usize| if count == 1 { "" } else { "s" };
        let (actors, members) = (names.len(), self.members.len());
        format!(
            "{} by {actors} principal{}: {members} finding{}",
            self.tactics_text(),
            many(actors),
            many(members)
        )
    }
}
