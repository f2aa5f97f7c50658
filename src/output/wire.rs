//! What machines read: the shape of findings and of the report in JSON.
//!
//! Within a schema version, keys are only ever added. What is absent in the record is left out; keys stand in
//! the order given here.

use super::deviation::WireDeviation;
use super::finding::{WireCount, suppressed_counts};
use super::incident::WireIncident;
use super::{Read, Report};
use crate::anomaly::Cut;
use crate::correlation::Dropped;
use crate::finding::{Category, Episode, Evidence, Finding, Mark, Pointer, Shown, Sighting, Step};
use crate::rule::Level;
use crate::tally::{Bad, Oddity, Reason};
use crate::time;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub const FINDING: &str = "kaudit.finding.v1";
pub const REPORT: &str = "kaudit.report.v1";
const INCOMPLETE: &str = "kaudit.correlation.incomplete.v1";
const CUT: &str = "kaudit.profile.incomplete.v1";

fn is_empty<T>(list: &[T]) -> bool {
    list.is_empty()
}

/// One finding, on one line:
///
/// ```json
/// {"schema":"kaudit.finding.v1","id":"0c1f5a9be2d3c4f6",
///  "rule":{"id":"exec-into-pod","title":"Command run in a pod","level":"medium",
///          "tags":["attack.execution","attack.t1609"],"techniques":["T1609"]},
///  "category":"rule","level":"medium","time":"2026-09-08T03:35:13.064064Z","cluster":"cluster-a",
///  "principal":"jane@example.com","user":"ops-proxy","sourceIP":"10.1.0.4","userAgent":"kubectl/v1.33.0",
///  "verb":"create","resource":"pods/exec","namespace":"web","name":"frontend-7d9c","code":101,
///  "outcome":"allowed","stage":"ResponseComplete","auditLevel":"Request",
///  "auditIDs":["0f6bfa2a-3c5c-4a17-9f7e-0c5a1f6d1e02"],
///  "uri":"/api/v1/namespaces/web/pods/frontend-7d9c/exec?command=sh",
///  "evidence":[{"file":"audit.log","offset":73211,"line":42,"stage":"ResponseComplete",
///               "auditID":"0f6bfa2a-3c5c-4a17-9f7e-0c5a1f6d1e02"}]}
/// ```
///
/// `message` stands only where the rule has one (`output` of Falco's rules), `fields` where it wants some of the event
/// to be shown: `"fields":{"command":["sh -c id"]}`.
/// `id` stays the same from run to run. `user` stands only where somebody acted as somebody else, `person` where one
/// is known behind a shared name, `cut` where the record broke off. The finding of a correlation has the key
/// `correlation` ([`WireEpisode`]); the other keys then stand where all its events agree, as do those of an incident
/// (`WireIncident`). A finding that is part of an incident has the key `partOf`, the incident's id. `evidence`
/// lists the records, the one that the other keys were taken from first; `offset` counts bytes and `line`
/// lines from 1 in the (decompressed) file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireFinding<'a> {
    pub schema: &'static str,
    pub id: String,
    pub rule: WireRule<'a>,
    pub category: Category,
    pub level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
    #[serde(flatten)]
    pub seen: WireSighting<'a>,
    /// Of an anomaly only.
    #[serde(flatten)]
    pub deviation: Option<WireDeviation<'a>>,
    /// Of an incident only.
    #[serde(flatten)]
    pub incident: Option<WireIncident<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<WireEpisode>,
    /// The id of the incident.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<&'a str>,
    pub evidence: Vec<WireEvidence<'a>>,
}

#[derive(Debug, Serialize)]
pub struct WireRule<'a> {
    id: &'a str,
    title: &'a str,
    level: &'static str,
    #[serde(skip_serializing_if = "is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    techniques: Vec<String>,
}

/// What is said of an event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireSighting<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<&'a str>,
    #[serde(rename = "sourceIP", skip_serializing_if = "Option::is_none")]
    source_ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verb: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_level: Option<&'a str>,
    #[serde(rename = "auditIDs", skip_serializing_if = "Vec::is_empty")]
    audit_ids: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<&'a str>,
}

/// Where a record stands.
#[derive(Debug, Serialize)]
pub struct WireEvidence<'a> {
    file: &'a str,
    offset: u64,
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
    #[serde(rename = "auditID", skip_serializing_if = "Option::is_none")]
    audit_id: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    mark: Option<WireMark<'a>>,
}

/// What an event of an episode was.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireMark<'a> {
    time: String,
    rule: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    deed: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    #[serde(rename = "sourceIP", skip_serializing_if = "Option::is_none")]
    source_ip: Option<&'a str>,
}

/// What a correlation found, under the key `correlation`:
///
/// ```json
/// {"type":"event_count","group":{"sourceIP":"10.1.0.4","cluster":null},"count":57,"value":41,
///  "first":"2026-09-08T03:35:13.064064Z","last":"2026-09-08T03:41:02.118214Z"}
/// ```
///
/// `count` is the number of events (of different values, where those are counted), `value` what was held
/// against the condition where it was most extreme. `atLeast` stands where more happened than could be kept.
/// `evidence` then lists the first and the last events, each with its own time and rule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireEpisode {
    r#type: &'static str,
    group: Map<String, Value>,
    count: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    at_least: bool,
    value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    last: String,
}

impl<'a> WireFinding<'a> {
    pub fn of(finding: &'a Finding, report: &Report<'a>) -> WireFinding<'a> {
        let rule = &report.rules[finding.rule as usize];
        let file = report.read.file(&finding.seen.evidence);
        let techniques = rule.techniques().collect();
        let level = rule.level.name();
        WireFinding {
            schema: FINDING,
            id: finding.id(rule, file),
            rule: WireRule { id: &rule.id, title: &rule.title, level, tags: &rule.tags, techniques },
            category: finding.category,
            level,
            message: finding.seen.message.as_deref(),
            fields: fields(&finding.seen),
            seen: sighting(finding),
            deviation: finding.deviation.as_deref().map(WireDeviation::of),
            incident: finding.incident.as_deref().map(|incident| WireIncident::of(incident, report.read)),
            correlation: finding.episode.as_deref().map(WireEpisode::of),
            part_of: finding.part_of.as_deref(),
            evidence: match finding.episode.as_deref() {
                Some(episode) => marks(episode, report),
                None => evidence(finding, report.read),
            },
        }
    }
}

impl<'a> WireSighting<'a> {
    fn of(seen: &'a Sighting, episode: Option<&'a Episode>) -> WireSighting<'a> {
        let marks = episode.iter().flat_map(|episode| &episode.marks);
        let mut audit_ids: Vec<&str> = marks.filter_map(|mark| mark.audit_id.as_deref()).collect();
        audit_ids.dedup();
        WireSighting {
            time: seen.time.map(time::format),
            cluster: seen.cluster.as_deref(),
            node: seen.node.as_deref(),
            cut: seen.cut,
            principal: seen.principal.as_deref(),
            user: seen.user.as_deref(),
            person: seen.person.as_deref(),
            source_ip: seen.source_ip.as_deref(),
            user_agent: seen.user_agent.as_deref(),
            verb: seen.verb.as_deref(),
            resource: seen.resource.as_deref(),
            namespace: seen.namespace.as_deref(),
            name: seen.name.as_deref(),
            code: seen.code,
            outcome: seen.outcome,
            stage: seen.stage.as_deref(),
            audit_level: seen.level.as_deref(),
            audit_ids: seen.audit_id.as_deref().into_iter().chain(audit_ids).collect(),
            uri: seen.uri.as_deref(),
        }
    }
}

fn fields(seen: &Sighting) -> Map<String, Value> {
    let values = |shown: &Shown| shown.values.iter().map(|value| Value::from(&**value)).collect();
    seen.fields.iter().map(|shown| (shown.field.to_string(), values(shown))).collect()
}

/// An anomaly and an incident are about many requests.
fn sighting(finding: &Finding) -> WireSighting<'_> {
    let mut wire = WireSighting::of(&finding.seen, finding.episode.as_deref());
    if let Some(deviation) = &finding.deviation {
        let ids = deviation.pointers.iter().map(|pointer| &*pointer.audit_id);
        wire.audit_ids = ids.filter(|id| !id.is_empty()).collect();
    }
    if let Some(incident) = &finding.incident {
        let ids = incident.story.iter().filter_map(|step| step.audit_id.as_deref());
        wire.audit_ids = ids.collect();
    }
    wire
}

impl WireEpisode {
    fn of(episode: &Episode) -> WireEpisode {
        let text = |value: &Option<Box<str>>| value.as_deref().map_or(Value::Null, Value::from);
        let whole = episode.value.fract() == 0.0 && episode.value.abs() < 1e15;
        WireEpisode {
            r#type: episode.kind,
            group: episode.group.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            count: episode.count,
            at_least: episode.at_least,
            value: if whole { Value::from(episode.value as i64) } else { Value::from(episode.value) },
            first: episode.marks.first().map(|mark| time::format(mark.time)),
            last: time::format(episode.last),
        }
    }
}

impl<'a> WireEvidence<'a> {
    fn of_step(step: &'a Step, read: Read<'a>) -> WireEvidence<'a> {
        WireEvidence {
            file: read.file(&step.evidence),
            offset: step.evidence.offset,
            line: step.evidence.line,
            stage: step.stage.as_deref(),
            audit_id: step.audit_id.as_deref(),
            mark: None,
        }
    }
}

/// The events of an episode.
fn marks<'a>(episode: &'a Episode, report: &Report<'a>) -> Vec<WireEvidence<'a>> {
    let wire = |mark: &'a Mark| WireEvidence {
        file: report.read.file(&mark.evidence),
        offset: mark.evidence.offset,
        line: mark.evidence.line,
        stage: mark.stage.as_deref(),
        audit_id: mark.audit_id.as_deref(),
        mark: Some(WireMark {
            time: time::format(mark.time),
            rule: report.rules.get(mark.rule as usize).map_or("", |rule| &rule.id),
            deed: &mark.deed,
            principal: mark.principal.as_deref(),
            source_ip: mark.source_ip.as_deref(),
        }),
    };
    episode.marks.iter().map(wire).collect()
}

/// The records of a finding. Stages of one request share their auditID.
fn evidence<'a>(finding: &'a Finding, read: Read<'a>) -> Vec<WireEvidence<'a>> {
    if let Some(deviation) = &finding.deviation {
        let wire = |pointer: &'a Pointer| WireEvidence {
            file: read.file(&pointer.evidence),
            offset: pointer.evidence.offset,
            line: pointer.evidence.line,
            stage: Some(pointer.stage).filter(|stage| !stage.is_empty()),
            audit_id: Some(&*pointer.audit_id).filter(|id| !id.is_empty()),
            mark: None,
        };
        return deviation.pointers.iter().map(wire).collect();
    }
    if let Some(incident) = &finding.incident {
        return incident.story.iter().map(|step| WireEvidence::of_step(step, read)).collect();
    }
    let seen = &finding.seen;
    let first = (&seen.stage, &seen.evidence);
    let all = std::iter::once(first).chain(finding.also.iter().map(|(stage, evidence)| (stage, evidence)));
    let wire = |(stage, evidence): (&'a Option<Box<str>>, &'a Evidence)| WireEvidence {
        file: read.file(evidence),
        offset: evidence.offset,
        line: evidence.line,
        stage: stage.as_deref(),
        audit_id: seen.audit_id.as_deref(),
        mark: None,
    };
    all.map(wire).collect()
}

/// The figures of a report.
///
/// ```json
/// {"files":[{"name":"audit.log","cluster":"cluster-a","bytes":741444177,"records":200003,"events":200003,
///            "compression":"zstd","trouble":"breaks off"}],
///  "bytes":741444177,"records":200003,"events":200003,"copies":0,
///  "first":"2026-09-01T17:56:01.000000Z","last":"2026-09-12T00:03:10.000000Z",
///  "levels":{"critical":2,"high":10,"medium":0,"low":3,"informational":0},
///  "rules":[{"id":"exec-into-pod","title":"Command run in a pod","level":"medium","findings":12,
///            "first":"2026-09-07T14:59:00.000000Z","last":"2026-09-07T15:58:00.000000Z"}],
///  "principals":{"names":113,"more":false,"top":[{"name":"system:apiserver","events":51000}]},
///  "bad":[{"reason":"cut off","count":1,"samples":[{"file":"audit.log","offset":741440000,"line":200004}]}],
///  "odd":[],
///  "cannotTell":[{"reason":"impersonation-privileged","count":3,"samples":[]}],
///  "correlations":[{"rule":"denied-burst","fullWindows":2,"groupsDropped":false,"tooShort":false}]}
/// ```
#[derive(Debug, Serialize)]
pub struct WireSummary<'a> {
    files: Vec<WireFile<'a>>,
    bytes: u64,
    records: u64,
    events: u64,
    /// Of the events, those that are copies of others.
    copies: u64,
    #[serde(rename = "copiesAreEstimate", skip_serializing_if = "std::ops::Not::not")]
    copies_are_estimate: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    levels: WireLevels,
    rules: Vec<WireRuleCount<'a>>,
    principals: WirePrincipals<'a>,
    bad: Vec<WireReason<'a>>,
    odd: Vec<WireReason<'a>>,
    /// By rule: events that, as they came, do not carry what the rule asks for.
    #[serde(rename = "cannotTell", skip_serializing_if = "Vec::is_empty")]
    cannot_tell: Vec<WireReason<'a>>,
    /// Correlations that do not know all, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    correlations: Vec<WireIncomplete<'a>>,
    /// What profiles left out for want of room, in the order in which it goes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    profiles: Vec<WireCut>,
    /// Entries of the settings that take findings out: each with what it took, and would have taken had it not ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressed: Vec<WireCount<'a>>,
}

/// A correlation that does not know all: `fullWindows` counts windows of time in which more happened than is kept, so
/// that counts there are at least so many; with `groupsDropped` there were more groups than are looked at; with
/// `tooShort` the input is too short to tell what is usual. In ndjson such lines have a `schema`, and stand last.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireIncomplete<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'static str>,
    rule: &'a str,
    full_windows: u64,
    groups_dropped: bool,
    too_short: bool,
}

impl WireIncomplete<'_> {
    /// On a line of its own.
    pub fn alone(self) -> Self {
        WireIncomplete { schema: Some(INCOMPLETE), ..self }
    }
}

/// By rule, in the order of the rules.
pub fn incomplete<'a>(report: &Report<'a>) -> Vec<WireIncomplete<'a>> {
    let mut all: BTreeMap<u32, (Dropped, bool)> = BTreeMap::new();
    report.dropped.iter().for_each(|(rule, dropped)| all.entry(*rule).or_default().0 = *dropped);
    report.too_short.iter().for_each(|rule| all.entry(*rule).or_default().1 = true);
    let wire = |(rule, (dropped, too_short)): (u32, (Dropped, bool))| {
        let rule = &report.rules.get(rule as usize)?.id;
        let Dropped { frames, groups } = dropped;
        Some(WireIncomplete { schema: None, rule, full_windows: frames, groups_dropped: groups, too_short })
    };
    all.into_iter().filter_map(wire).collect()
}

/// What profiles left out for want of room: `values` of one kind of some entities, earlier `windows` of some entities,
/// all `objects` that whole clusters hang on, or whole `entities`; the `limit` that it went over is a number, for
/// entities bytes. In ndjson such lines have a `schema`, and stand last.
#[derive(Debug, Serialize)]
pub struct WireCut {
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'static str>,
    #[serde(rename = "leftOut")]
    left_out: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entities: Option<u64>,
    limit: u64,
}

impl WireCut {
    /// On a line of its own.
    pub fn alone(self) -> Self {
        WireCut { schema: Some(CUT), ..self }
    }
}

pub fn cuts(report: &Report<'_>) -> Vec<WireCut> {
    let wire = |cut: &Cut| WireCut {
        schema: None,
        left_out: cut.what.name(),
        entities: cut.entities,
        limit: cut.limit,
    };
    report.cuts.iter().map(wire).collect()
}

#[derive(Debug, Serialize)]
struct WireFile<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    bytes: u64,
    records: u64,
    events: u64,
    compression: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct WireLevels {
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    informational: u64,
}

#[derive(Debug, Serialize)]
struct WireRuleCount<'a> {
    id: &'a str,
    title: &'a str,
    level: &'static str,
    findings: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
}

#[derive(Debug, Serialize)]
struct WirePrincipals<'a> {
    names: usize,
    /// Whether there are more names than were counted.
    more: bool,
    top: Vec<WirePrincipal<'a>>,
}

#[derive(Debug, Serialize)]
struct WirePrincipal<'a> {
    name: &'a str,
    events: u64,
}

#[derive(Debug, Serialize)]
struct WireReason<'a> {
    reason: &'a str,
    count: u64,
    samples: Vec<WireEvidence<'a>>,
}

impl<'a> WireSummary<'a> {
    pub fn of(report: &Report<'a>) -> WireSummary<'a> {
        let Read { files, tally, span, all_parsed: _ } = report.read;
        let levels = super::by_level(report);
        let reasons = Reasons(report.read);
        WireSummary {
            files: files.iter().map(WireFile::of).collect(),
            bytes: tally.bytes,
            records: tally.records,
            events: tally.events,
            copies: tally.twice.count,
            copies_are_estimate: tally.twice.is_estimate,
            first: span.range.map(|(first, _)| time::format(first)),
            last: span.range.map(|(_, last)| time::format(last)),
            levels: WireLevels::of(&levels),
            rules: super::by_rule(report).iter().map(WireRuleCount::of).collect(),
            principals: WirePrincipals::of(report),
            bad: Bad::ALL
                .iter()
                .filter_map(|bad| reasons.wire(bad.name(), &tally.bad[*bad as usize]))
                .collect(),
            odd: Oddity::ALL
                .iter()
                .filter_map(|odd| reasons.wire(odd.name(), &tally.odd[*odd as usize]))
                .collect(),
            cannot_tell: report.unsure().filter_map(|(rule, reason)| reasons.wire(rule, reason)).collect(),
            correlations: incomplete(report),
            profiles: cuts(report),
            suppressed: suppressed_counts(report.suppressed),
        }
    }
}

impl<'a> WireFile<'a> {
    fn of(file: &'a crate::tally::FileReport) -> WireFile<'a> {
        WireFile {
            name: &file.name,
            cluster: file.cluster.as_deref(),
            bytes: file.bytes,
            records: file.records,
            events: file.events,
            compression: &file.compression,
            trouble: file.trouble.as_deref(),
        }
    }
}

impl WireLevels {
    fn of(counts: &[u64; Level::ALL.len()]) -> WireLevels {
        let [informational, low, medium, high, critical] = *counts;
        WireLevels { critical, high, medium, low, informational }
    }
}

impl<'a> WireRuleCount<'a> {
    fn of(count: &super::RuleCount<'a>) -> WireRuleCount<'a> {
        WireRuleCount {
            id: &count.rule.id,
            title: &count.rule.title,
            level: count.rule.level.name(),
            findings: count.findings,
            first: count.span.range.map(|(first, _)| time::format(first)),
            last: count.span.range.map(|(_, last)| time::format(last)),
        }
    }
}

impl<'a> WirePrincipals<'a> {
    fn of(report: &Report<'a>) -> WirePrincipals<'a> {
        let top = report.principals.top.iter().map(|(name, events)| WirePrincipal { name, events: *events });
        WirePrincipals { names: report.principals.names, more: report.principals.more, top: top.collect() }
    }
}

struct Reasons<'a>(Read<'a>);

impl<'a> Reasons<'a> {
    fn wire(&self, reason: &'a str, counted: &'a Reason) -> Option<WireReason<'a>> {
        let sample = |evidence: &'a Evidence| WireEvidence {
            file: self.0.file(evidence),
            offset: evidence.offset,
            line: evidence.line,
            stage: None,
            audit_id: None,
            mark: None,
        };
        let samples = counted.samples().iter().map(sample).collect();
        (!counted.is_empty()).then_some(WireReason { reason, count: counted.count, samples })
    }
}

/// Where a hit came from: the value of the key `kaudit` that is added to its event.
///
/// ```json
/// {"cluster":"cluster-a","node":"master-0","file":"audit.log","offset":73211,"line":42}
/// ```
#[derive(Debug, Serialize)]
pub struct WireOrigin<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<&'a str>,
    /// The record broke off; what stood behind the cut is unknown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    pub file: &'a str,
    pub offset: u64,
    pub line: u64,
}
