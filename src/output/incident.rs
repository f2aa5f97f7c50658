//! What machines read of an incident, beside what they read of any finding.

use super::Read;
use crate::finding::{Confidence, Incident, Link, Step};
use crate::time;
use serde::Serialize;

/// ```json
/// {"confidence":"high","score":13.1,"until":"2026-09-08T03:40:00.000000Z","direction":"write",
///  "doc":"discovery, credential access by 1 principal: 12 findings",
///  "tactics":["discovery","credential-access"],
///  "actors":[{"cluster":"cluster-a","principal":"jane@example.com","addresses":["10.1.0.4"]}],
///  "story":[{"tactic":"discovery","time":"2026-09-08T03:35:13.064064Z","until":"2026-09-08T03:36:00.000000Z",
///            "actor":0,"sourceIP":"10.1.0.4","request":"create selfsubjectaccessreviews.authorization.k8s.io",
///            "rules":["permission-check"],"findings":4,"file":"audit.log","offset":73211,"line":42}],
///  "links":[{"by":"network","value":"91.240.118.0/24","actors":[0,1]}],
///  "findings":[{"id":"0c1f5a9be2d3c4f6","points":5.0}]}
/// ```
///
/// Somebody without a name has no `principal`. `actor` and `actors` of links are places in `actors`. A link is by
/// `principal` (the same in two clusters), `finding` (about both), `identity` (that one made, bound, or had a token
/// issued for) or `network`. `score` is the sum of the points, the strongest in full and each further one for less.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireIncident<'a> {
    confidence: Confidence,
    score: f64,
    until: String,
    direction: &'static str,
    doc: String,
    tactics: Vec<&'static str>,
    actors: Vec<WireActor<'a>>,
    story: Vec<WireStep<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<WireLink<'a>>,
    findings: Vec<WireMember<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WireActor<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    principal: &'a str,
    addresses: &'a [Box<str>],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WireStep<'a> {
    tactic: &'static str,
    time: String,
    until: String,
    actor: usize,
    #[serde(rename = "sourceIP", skip_serializing_if = "Option::is_none")]
    source_ip: Option<&'a str>,
    request: &'a str,
    rules: &'a [Box<str>],
    findings: u64,
    file: &'a str,
    offset: u64,
    line: u64,
}

#[derive(Debug, Serialize)]
struct WireLink<'a> {
    by: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    value: &'a str,
    actors: (usize, usize),
}

#[derive(Debug, Serialize)]
struct WireMember<'a> {
    id: &'a str,
    points: f64,
}

/// Two digits behind the point.
fn round(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

pub fn direction(incident: &Incident) -> &'static str {
    if incident.writes() { "write" } else { "read" }
}

impl<'a> WireIncident<'a> {
    pub fn of(incident: &'a Incident, read: Read<'a>) -> WireIncident<'a> {
        let members = incident.members.iter();
        WireIncident {
            confidence: incident.confidence,
            score: round(incident.score),
            until: time::format(incident.to),
            direction: direction(incident),
            doc: incident.doc(),
            tactics: incident.tactics().iter().map(|tactic| tactic.name()).collect(),
            actors: incident.actors.iter().map(WireActor::of).collect(),
            story: incident.story.iter().map(|step| WireStep::of(step, read)).collect(),
            links: incident.links.iter().map(WireLink::of).collect(),
            findings: members.map(|one| WireMember { id: &one.id, points: round(one.points) }).collect(),
        }
    }
}

impl<'a> WireActor<'a> {
    fn of(actor: &'a crate::finding::Actor) -> WireActor<'a> {
        WireActor { cluster: actor.cluster.as_deref(), principal: &actor.name, addresses: &actor.addresses }
    }
}

impl<'a> WireStep<'a> {
    fn of(step: &'a Step, read: Read<'a>) -> WireStep<'a> {
        WireStep {
            tactic: step.tactic.name(),
            time: time::format(step.first),
            until: time::format(step.last),
            actor: step.actor,
            source_ip: step.source_ip.as_deref(),
            request: &step.request,
            rules: &step.rules,
            findings: step.count,
            file: read.file(&step.evidence),
            offset: step.evidence.offset,
            line: step.evidence.line,
        }
    }
}

impl<'a> WireLink<'a> {
    fn of(link: &'a Link) -> WireLink<'a> {
        WireLink { by: link.by.name(), value: &link.value, actors: link.actors }
    }
}
