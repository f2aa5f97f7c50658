//! What a policy would make of a log, rule by rule, and where the log says that another policy was in force.

use crate::envelope::Lacks;
use crate::event::{Event, Slot, Value};
use crate::finding::Evidence;
use crate::inventory::Stage;
use crate::policy::{AuditPolicy, Decision, Level, Request, Target};
use crate::tally::Reason;
use std::ops::AddAssign;

/// What one rule of a policy makes of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleUse {
    /// Records of requests that it decides.
    pub events: u64,
    /// Their bytes, as JSON, as they stand in the log.
    pub bytes: u64,
    /// Of these, the records that it would keep.
    pub kept: u64,
    /// Bytes that it would keep: bodies and stages that it does not record are taken off. What it records and the
    /// log does not hold cannot be weighed, so that this is the least.
    pub kept_bytes: u64,
}

impl AddAssign for RuleUse {
    fn add_assign(&mut self, other: RuleUse) {
        self.events += other.events;
        self.bytes += other.bytes;
        self.kept += other.kept;
        self.kept_bytes += other.kept_bytes;
    }
}

/// How a record and a policy disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clash {
    /// Recorded, though the policy records nothing of it.
    Recorded,
    /// The level is above that of the policy.
    Above,
    /// The level is below that of the policy.
    Below,
    /// The policy omits the stage.
    Stage,
}

impl Clash {
    pub const ALL: [Clash; 4] = [Clash::Recorded, Clash::Above, Clash::Below, Clash::Stage];

    pub fn name(self) -> &'static str {
        match self {
            Clash::Recorded => "recorded though the policy records nothing of it",
            Clash::Above => "recorded at a higher level than the policy says",
            Clash::Below => "recorded at a lower level than the policy says",
            Clash::Stage => "of a stage that the policy omits",
        }
    }
}

/// One for each rule of the policy, and one for what no rule takes.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    pub rules: Vec<RuleUse>,
    /// For each rule as above, the records that say that another policy was in force.
    pub clashes: Vec<[Reason; Clash::ALL.len()]>,
}

/// What a policy makes of one record.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// The rule that decides it; behind the last one what no rule takes.
    rule: usize,
    counts: RuleUse,
    /// How it disagrees with the policy.
    clash: Option<Clash>,
}

impl Verdict {
    pub fn of(policy: &AuditPolicy, event: &Event<'_>, lacks: Lacks) -> Verdict {
        let decision = decide(policy, event);
        let bytes = event.record().len() as u64;
        let omitted = stage(event).is_some_and(|stage| decision.omitted.has(stage));
        let kept = decision.level > Level::None && !omitted;
        let counts = RuleUse {
            events: 1,
            bytes,
            kept: u64::from(kept),
            kept_bytes: if kept { bytes.saturating_sub(bodies(event, decision.level)) } else { 0 },
        };
        let clash = clash(event, decision, omitted, lacks);
        Verdict { rule: decision.rule.unwrap_or(policy.rules.len()), counts, clash }
    }
}

impl Usage {
    pub fn new(policy: &AuditPolicy) -> Usage {
        let size = policy.rules.len() + 1;
        Usage { rules: vec![RuleUse::default(); size], clashes: vec![Default::default(); size] }
    }

    /// Adds a record; they come in the order of the input.
    pub fn add(&mut self, Verdict { rule, counts, clash }: Verdict, place: Evidence) {
        let (Some(known), Some(reasons)) = (self.rules.get_mut(rule), self.clashes.get_mut(rule)) else {
            return;
        };
        *known += counts;
        if let Some(reason) = clash.and_then(|clash| reasons.get_mut(clash as usize)) {
            reason.add(place);
        }
    }
}

fn decide(policy: &AuditPolicy, event: &Event<'_>) -> Decision {
    let text = |slot| event.decoded(slot).unwrap_or_default();
    let mut groups: Vec<String> = Vec::new();
    if let Some(raw) = event.raw(Slot::UserGroups) {
        crate::event::json::walk(raw, &[], &mut |value: Value<'_>| {
            groups.extend(value.to_text().map(String::from));
            false
        });
    }
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let (user, verb, uri) = (text(Slot::Username), text(Slot::Verb), text(Slot::RequestUri));
    let parts = [Slot::ApiGroup, Slot::Resource, Slot::Subresource, Slot::Namespace, Slot::Name].map(text);
    let [group, resource, subresource, namespace, name] = &parts;
    let target = match event.has(Slot::Resource) {
        true => Target::Resource { group, resource, subresource, namespace, name },
        false => Target::Path(uri.split('?').next().unwrap_or_default()),
    };
    policy.decide(&Request { user: &user, groups: &groups, verb: &verb, target })
}

fn stage(event: &Event<'_>) -> Option<Stage> {
    Some(Stage::of(event)).filter(|stage| *stage != Stage::Other)
}

/// Bytes of the bodies that a level does not record, with their keys.
fn bodies(event: &Event<'_>, level: Level) -> u64 {
    let size = |slot, key: &str| event.raw(slot).map_or(0, |raw| raw.len() + key.len() + 4);
    let request = if level < Level::Request { size(Slot::RequestObject, "requestObject") } else { 0 };
    let response =
        if level < Level::RequestResponse { size(Slot::ResponseObject, "responseObject") } else { 0 };
    (request + response) as u64
}

/// Failed authentication is recorded at one level, whatever the policy says.
fn clash(event: &Event<'_>, decision: Decision, omitted: bool, lacks: Lacks) -> Option<Clash> {
    let level = Level::named(&event.decoded(Slot::Level)?)?;
    if event.code() == Some(401) || lacks.lacks(Slot::Level, event) {
        return None;
    }
    match decision.level {
        Level::None => Some(Clash::Recorded),
        _ if omitted => Some(Clash::Stage),
        wanted if level > wanted => Some(Clash::Above),
        wanted if level < wanted => Some(Clash::Below),
        _ => None,
    }
}
