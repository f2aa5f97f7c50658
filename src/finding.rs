//! What was found, and where the evidence lies.

mod deviation;
mod filter;

pub use deviation::{Confidence, Deviation, Etype, Pointer, Why};
pub use filter::Filter;

use crate::event::{Event, Slot};
use crate::redact::Redactor;
use crate::rule::Meta;
use serde::Serialize;
use sha2::{Digest, Sha256};
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
    pub evidence: Evidence,
}

/// Where an event comes from, and in which state.
#[derive(Clone, Debug, Default)]
pub struct Origin<'o> {
    pub cluster: Option<Arc<str>>,
    pub node: Option<&'o str>,
    pub cut: bool,
}

impl Sighting {
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
}

impl Category {
    pub const ALL: [Category; 2] = [Category::Rule, Category::Anomaly];

    pub fn name(self) -> &'static str {
        match self {
            Category::Rule => "rule",
            Category::Anomaly => "anomaly",
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
}

impl Finding {
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
        let tells_more = rank(&other) > rank(&self.seen);
        let less = if tells_more { std::mem::replace(&mut self.seen, other) } else { other };
        self.also.push((less.stage, less.evidence));
        self.also.sort_by(|a, b| a.1.cmp(&b.1));
    }

    /// A short name for the finding that stays the same from run to run: 16 hex digits made from the rule,
    /// the cluster, the auditID and the time (or, without an auditID, the place of the record), and the stage
    /// where each counts for itself.
    ///
    /// That of an anomaly is made from the cluster, the entity and the begin.
    pub fn id(&self, rule: &Meta, file: &str) -> String {
        let mut hash = Sha256::new();
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
            Some(id) if !id.is_empty() => hash.update(format!("{id}\0{:?}", self.seen.time)),
            _ => hash.update(format!("{file}\0{}", self.seen.evidence.offset)),
        }
        if self.each_stage {
            hash.update(format!("\0{}", self.seen.stage.as_deref().unwrap_or_default()));
        }
        short(hash)
    }
}

/// 16 hex digits.
fn short(hash: Sha256) -> String {
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// How much a record tells about how the request ended.
fn rank(seen: &Sighting) -> u8 {
    match seen.stage.as_deref() {
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
