//! What was found, and where the evidence lies.

mod deviation;
mod filter;
mod incident;

pub use deviation::{Confidence, Deviation, Etype, Pointer, Why};
pub use filter::Filter;
pub use incident::{Actor, Bond, Incident, Link, Member, Step};

use crate::event::{Event, Slot};
use crate::hex::hex;
use crate::redact::Redactor;
use crate::rule::Meta;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;

/// Where a record stands: enough to cut it out of the evidence again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// Index of the file in the order of reading.
    pub file: u32,
    /// Byte at which the record begins, in the file or, if that is compressed, in its content.
    pub offset: u64,
    /// Line on which the record begins, from 1, counted likewise.
    pub line: u64,
}

/// What a report says of one event, with secrets already taken out.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// Microseconds since 1970 (UTC).
    pub time: Option<i64>,
    pub cluster: Option<Arc<str>>,
    /// The API server's machine, where a wrapper names it.
    pub node: Option<Box<str>>,
    /// The record broke off: what stood behind the cut is unknown.
    pub cut: bool,
    pub audit_id: Option<Box<str>>,
    pub stage: Option<Box<str>>,
    pub level: Option<Box<str>>,
    /// Who acted in effect.
    pub principal: Option<Box<str>>,
    /// Who was authenticated, where that is somebody else.
    pub user: Option<Box<str>>,
    /// The person behind a user name that several share, where the record names one.
    pub person: Option<Box<str>>,
    pub source_ip: Option<Box<str>>,
    pub user_agent: Option<Box<str>>,
    pub verb: Option<Box<str>>,
    /// As kubectl names it: `deployments.apps/scale`.
    pub resource: Option<Box<str>>,
    pub namespace: Option<Box<str>>,
    pub name: Option<Box<str>>,
    pub code: Option<u16>,
    pub outcome: Option<&'static str>,
    pub uri: Option<Box<str>>,
    /// Identities that the request created, bound, or had a token issued for.
    pub grants: Vec<Box<str>>,
    /// What the rule says of it, where the rule has such a message.
    pub message: Option<Box<str>>,
    /// What the rule wants to be shown besides.
    pub fields: Vec<Shown>,
    pub evidence: Evidence,
}

/// A field of the event, with all its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub field: Box<str>,
    pub values: Vec<Box<str>>,
}

/// `command: sh -c id`.
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.values.join(", "))
    }
}

/// Where an event comes from, and in which state.
#[derive(Clone, Debug, Default)]
pub struct Origin<'o> {
    pub cluster: Option<Arc<str>>,
    pub node: Option<&'o str>,
    pub cut: bool,
}

impl Sighting {
    /// Nothing but where it was seen.
    pub fn at(evidence: Evidence) -> Sighting {
        Sighting {
            time: None,
            grants: Vec::new(),
            message: None,
            fields: Vec::new(),
            cluster: None,
            node: None,
            cut: false,
            audit_id: None,
            stage: None,
            level: None,
            principal: None,
            user: None,
            person: None,
            source_ip: None,
            user_agent: None,
            verb: None,
            resource: None,
            namespace: None,
            name: None,
            code: None,
            outcome: None,
            uri: None,
            evidence,
        }
    }

    pub fn of(event: &Event<'_>, origin: Origin<'_>, evidence: Evidence, redactor: Redactor) -> Sighting {
        let text = |slot| event.decoded(slot).map(|text| redactor.text(&text).into());
        let principal: Option<Box<str>> = event.principal().map(|name| redactor.text(&name.decode()).into());
        let user: Option<Box<str>> = text(Slot::Username);
        Sighting {
            time: event.time(),
            cluster: origin.cluster,
            node: origin.node.map(|name| redactor.text(name).into()),
            cut: origin.cut,
            audit_id: text(Slot::AuditId),
            stage: text(Slot::Stage),
            level: text(Slot::Level),
            user: user.filter(|user| Some(user) != principal.as_ref()),
            principal,
            person: event.person().map(|name| redactor.text(&name).into()),
            source_ip: event.source_ip().map(|address| redactor.text(&address.decode()).into()),
            user_agent: text(Slot::UserAgent),
            verb: text(Slot::Verb),
            resource: event.resource().map(|resource| redactor.text(&resource).into()),
            namespace: text(Slot::Namespace),
            name: text(Slot::Name),
            code: event.code(),
            outcome: event.outcome(),
            uri: event.decoded(Slot::RequestUri).map(|uri| redactor.uri(&uri).into()),
            grants: event.grants().iter().map(|name| redactor.text(name).into()).collect(),
            message: None,
            fields: Vec::new(),
            evidence,
        }
    }
}

/// Which kind of detector found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// A rule matched one request.
    Rule,
    /// An entity deviated from what it and its peers do.
    Anomaly,
    /// A correlation found many requests that belong together.
    Correlation,
    /// Findings that belong together.
    Incident,
}

impl Category {
    pub const ALL: [Category; 4] =
        [Category::Rule, Category::Anomaly, Category::Correlation, Category::Incident];

    pub fn name(self) -> &'static str {
        match self {
            Category::Rule => "rule",
            Category::Anomaly => "anomaly",
            Category::Correlation => "correlation",
            Category::Incident => "incident",
        }
    }
}

/// A rule matched a request, or an entity deviated.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Index of the rule, or of the detector, among those that a report lists.
    pub rule: u32,
    pub category: Category,
    /// The rule asks for a stage, so that each stage of a request is a finding of its own.
    pub each_stage: bool,
    /// The record that tells most: the one that holds the answer, if any does.
    pub seen: Sighting,
    /// The other records (stages) of the same request that matched too, in the order of the input.
    pub also: Vec<(Option<Box<str>>, Evidence)>,
    /// Set for an anomaly; `seen` then tells of the first of its requests no more than is true of all.
    pub deviation: Option<Box<Deviation>>,
    /// Of a correlation; `seen` then holds what all its events have in common, and the time of the first.
    pub episode: Option<Box<Episode>>,
    /// Of an incident; `seen` then holds what all its findings have in common, and the time of the first.
    pub incident: Option<Box<Incident>>,
    /// The id of the incident that the finding is part of.
    pub part_of: Option<Box<str>>,
}

/// Events of one group that together met a correlation, windows that overlap joined.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// As the correlation calls it: `event_count`.
    pub kind: &'static str,
    /// What the events were grouped by, and its value; `None` where they have none.
    pub group: Vec<(Box<str>, Option<Box<str>>)>,
    /// Events, or different values where those are counted.
    pub count: u64,
    /// There were more than could be kept.
    pub at_least: bool,
    /// What was compared with the condition, where it was most extreme.
    pub value: f64,
    /// Time of the last event.
    pub last: i64,
    /// The first and the last of its events, by time.
    pub marks: Vec<Mark>,
}

impl Episode {
    /// `sourceIP=10.1.0.4 verb=get`.
    pub fn group_text(&self) -> String {
        let text = |(name, value): &(Box<str>, Option<Box<str>>)| {
            format!("{name}={}", value.as_deref().unwrap_or("(none)"))
        };
        self.group.iter().map(text).collect::<Vec<_>>().join(" ")
    }
}

/// One event of an episode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Index of the rule that held for it.
    pub rule: u32,
    pub time: i64,
    pub stage: Option<Box<str>>,
    pub audit_id: Option<Box<str>>,
    pub cluster: Option<Arc<str>>,
    pub principal: Option<Box<str>>,
    pub source_ip: Option<Box<str>>,
    pub deed: Box<str>,
    pub evidence: Evidence,
}

impl Finding {
    pub fn new(rule: u32, category: Category, seen: Sighting) -> Finding {
        Finding {
            rule,
            category,
            each_stage: false,
            seen,
            also: Vec::new(),
            deviation: None,
            episode: None,
            incident: None,
            part_of: None,
        }
    }

    /// Another record of the same request matched: the one that tells most is shown. A copy of one that is known
    /// adds nothing, unless it is whole where that was cut.
    pub fn add(&mut self, other: Sighting) {
        if other.stage == self.seen.stage {
            if self.seen.cut && !other.cut {
                self.seen = other;
            }
            return;
        }
        if self.also.iter().any(|(stage, _)| *stage == other.stage) {
            return;
        }
        let tells_more = rank(other.stage.as_deref()) > rank(self.seen.stage.as_deref());
        let less = if tells_more { std::mem::replace(&mut self.seen, other) } else { other };
        self.also.push((less.stage, less.evidence));
        self.also.sort_by(|a, b| a.1.cmp(&b.1));
    }

    /// A short name for the finding that stays the same from run to run: 16 hex digits made from the rule,
    /// the cluster, the auditID and the time (or, without an auditID, the place of the record), and the stage
    /// where each counts for itself.
    ///
    /// That of an anomaly is made from the cluster, the entity and the begin; that of an incident from its
    /// first finding that is certain, so that it stays when more is read or found.
    pub fn id(&self, rule: &Meta, file: &str) -> String {
        let mut hash = Sha256::new();
        if let Some(incident) = &self.incident {
            hash.update(format!("incident\0{}", incident.anchor));
            return short(hash);
        }
        if let Some(deviation) = &self.deviation {
            let Deviation { etype, eid, from, .. } = &**deviation;
            let network = self.seen.source_ip.as_deref().unwrap_or_default();
            let cluster = self.seen.cluster.as_deref().unwrap_or_default();
            hash.update(format!("anomaly\0{cluster}\0{}\0{eid}\0{network}\0{from}", etype.name()));
            return short(hash);
        }
        for part in [&rule.id, self.seen.cluster.as_deref().unwrap_or_default()] {
            hash.update(part);
            hash.update([0]);
        }
        match self.seen.audit_id.as_deref() {
            _ if self.episode.is_some() => hash.update(self.episode_key()),
            Some(id) if !id.is_empty() => hash.update(format!("{id}\0{:?}", self.seen.time)),
            _ => hash.update(format!("{file}\0{}", self.seen.evidence.offset)),
        }
        if self.each_stage {
            hash.update(format!("\0{}", self.seen.stage.as_deref().unwrap_or_default()));
        }
        short(hash)
    }

    /// The group and the first event of an episode: what stays when it goes on.
    fn episode_key(&self) -> String {
        let Some(episode) = &self.episode else { return String::new() };
        let group: Vec<_> = episode.group.iter().map(|(_, value)| value).collect();
        let first = episode.marks.first().map(|mark| (mark.time, &mark.audit_id));
        format!("{group:?}\0{first:?}")
    }
}

/// 16 hex digits.
fn short(hash: Sha256) -> String {
    hex(&hash.finalize()[..8])
}

/// How much a record tells about how the request ended.
pub fn rank(stage: Option<&str>) -> u8 {
    match stage {
        Some("ResponseComplete" | "Panic") => 3,
        Some("ResponseStarted") => 2,
        Some("RequestReceived") => 1,
        _ => 0,
    }
}

/// One event that a hunt selected.
#[derive(Clone, Debug)]
pub struct Hit {
    pub seen: Sighting,
    /// The event as one line of compact JSON, secrets taken out; empty where the output needs no bodies.
    pub record: Vec<u8>,
}
