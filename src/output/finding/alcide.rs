//! Anomalies in the keys of Alcide kAudit's detections, for receivers that were made for them.
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
//! told as a cluster. `project` is empty, as no audit log names one.

use crate::anomaly::WINDOW;
use crate::finding::{Category, Deviation, Etype, Finding, Why};
use crate::output::deviation::{WireContext, WireValues};
use crate::output::{FindingPen, Report, escape};
use serde::Serialize;
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
    doc: &'a str,
    reasons: Vec<Reason<'a>>,
    context: WireContext<'a>,
}

#[derive(Debug, Serialize)]
struct Reason<'a> {
    doc: &'a str,
    direction: &'static str,
    period: i64,
    values: WireValues<'a>,
}

impl FindingPen for Alcide {
    fn write(&self, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
        let (begin, between, end) = if self.is_array { ("[\n", ",\n", "\n]\n") } else { ("", "\n", "") };
        out.write_all(begin.as_bytes())?;
        let mut count = 0;
        for finding in report.findings {
            let Some(deviation) = &finding.deviation else { continue };
            if count > 0 {
                out.write_all(between.as_bytes())?;
            }
            escape::json(out, &detection(finding, deviation))?;
            count += 1;
        }
        out.write_all(if count > 0 && !self.is_array { b"\n" } else { end.as_bytes() })
    }
}

fn detection<'a>(finding: &'a Finding, deviation: &'a Deviation) -> Detection<'a> {
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
        doc: &deviation.doc,
        reasons: deviation.reasons.iter().map(reason).collect(),
        context: WireContext(&deviation.context),
    }
}

fn reason(why: &Why) -> Reason<'_> {
    Reason {
        doc: &why.doc,
        direction: why.direction(),
        period: WINDOW / 1000,
        values: WireValues(why.level, &why.values),
    }
}
