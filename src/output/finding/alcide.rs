//! Anomalies and incidents in the keys of Alcide kAudit's detections, for receivers that were made for them.
//!
//! ```json
//! {"eid":"johnD","etype":"principal","cluster":"prod","project":"","time":1588688100000,"period":300000,
//!  "category":"anomaly","confidence":"medium","direction":"write","short-doc":"Change in usage pattern",
//!  "doc":"unusual change in count of unusual URIs in write access attempts",
//!  "reasons":[{"doc":"change in count of unusual URIs in write access attempts","direction":"write",
//!              "period":300000,"values":{"medium":[6]}}],
//!  "context":{"unusual-uri":["/api/v1/namespaces/web/pods/a/exec"]}}
//! ```
//!
//! `time` and `period` are milliseconds. The product knew principals, resources and clusters: a source network is
//! told as a cluster. `project` is empty, as no audit log names one. An incident is about the principal with most
//! evidence; each step of its story is a reason, and its context names the other principals and all addresses.

use crate::finding::{Category, Deviation, Etype, Finding, Incident, Step, Why};
use crate::output::incident::direction;
use crate::output::{FindingPen, Report, escape};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// One detection a line, or one array of them.
#[derive(Debug)]
pub struct Alcide {
    pub is_array: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Detection<'a> {
    eid: &'a str,
    etype: &'static str,
    cluster: &'a str,
    project: &'static str,
    time: i64,
    period: i64,
    category: Category,
    confidence: &'static str,
    direction: &'static str,
    short_doc: &'static str,
    doc: Cow<'a, str>,
    reasons: Vec<Reason<'a>>,
    context: BTreeMap<&'static str, Vec<Cow<'a, str>>>,
}

#[derive(Debug, Serialize)]
struct Reason<'a> {
    doc: Cow<'a, str>,
    direction: &'static str,
    period: i64,
    values: BTreeMap<&'static str, Cow<'a, [u64]>>,
}

impl FindingPen for Alcide {
    fn write(&self, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
        let (begin, between, end) = if self.is_array { ("[\n", ",\n", "\n]\n") } else { ("", "\n", "") };
        out.write_all(begin.as_bytes())?;
        let mut count = 0;
        for finding in report.findings {
            let Some(detection) = detection(finding) else { continue };
            if count > 0 {
                out.write_all(between.as_bytes())?;
            }
            escape::json(out, &detection)?;
            count += 1;
        }
        out.write_all(if count > 0 && !self.is_array { b"\n" } else { end.as_bytes() })
    }
}

fn detection(finding: &Finding) -> Option<Detection<'_>> {
    match (&finding.deviation, &finding.incident) {
        (Some(deviation), _) => Some(of_deviation(finding, deviation)),
        (_, Some(incident)) => Some(of_incident(finding, incident)),
        _ => None,
    }
}

fn of_deviation<'a>(finding: &'a Finding, deviation: &'a Deviation) -> Detection<'a> {
    let texts = |texts: &'a Vec<String>| texts.iter().map(|text| Cow::from(text.as_str())).collect();
    Detection {
        eid: &deviation.eid,
        etype: match deviation.etype {
            Etype::Principal => "principal",
            Etype::Source | Etype::Cluster => "cluster",
            Etype::Resource => "resource",
        },
        cluster: finding.seen.cluster.as_deref().unwrap_or_default(),
        project: "",
        time: deviation.from / 1000,
        period: (deviation.to - deviation.from) / 1000,
        category: finding.category,
        confidence: deviation.confidence.name(),
        direction: deviation.direction(),
        short_doc: deviation.short,
        doc: (&*deviation.doc).into(),
        reasons: deviation.reasons.iter().map(reason).collect(),
        context: deviation.context.iter().map(|(key, all)| (*key, texts(all))).collect(),
    }
}

fn reason(why: &Why) -> Reason<'_> {
    Reason {
        doc: (&*why.doc).into(),
        direction: why.direction(),
        period: why.period / 1000,
        values: BTreeMap::from([(why.level.name(), (&*why.values).into())]),
    }
}

fn of_incident<'a>(finding: &'a Finding, incident: &'a Incident) -> Detection<'a> {
    let first = incident.actors.first();
    let cluster = finding.seen.cluster.as_deref().or(first.and_then(|actor| actor.cluster.as_deref()));
    let names: BTreeSet<&str> = incident.actors.iter().map(|actor| &*actor.name).collect();
    let addresses: BTreeSet<&str> =
        incident.actors.iter().flat_map(|actor| &actor.addresses).map(|a| &**a).collect();
    let texts = |texts: BTreeSet<&'a str>| texts.into_iter().map(Cow::from).collect();
    Detection {
        eid: first.map_or("", |actor| &*actor.name),
        etype: "principal",
        cluster: cluster.unwrap_or_default(),
        project: "",
        time: incident.from / 1000,
        period: (incident.to - incident.from) / 1000,
        category: finding.category,
        confidence: incident.confidence.name(),
        direction: direction(incident),
        short_doc: "Findings that belong together",
        doc: incident.doc().into(),
        reasons: incident.story.iter().map(|step| reason_of(step, incident)).collect(),
        context: BTreeMap::from([("principal", texts(names)), ("source", texts(addresses))]),
    }
}

fn reason_of<'a>(step: &'a Step, incident: &Incident) -> Reason<'a> {
    Reason {
        doc: format!("{}: {} ({})", step.tactic.title(), step.request, step.rules.join(", ")).into(),
        direction: if step.writes { "write" } else { "read" },
        period: (step.last - step.first) / 1000,
        values: BTreeMap::from([(incident.confidence.name(), vec![step.count].into())]),
    }
}
