//! What machines read of an anomaly, beside what they read of any finding.

use crate::finding::{Confidence, Deviation, Etype, Why};
use crate::time;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// ```json
/// {"etype":"principal","eid":"jane@example.com","confidence":"medium","score":6.31,"weekly":0.0042,"until":"2026-09-08T03:40:00.000000Z",
///  "direction":"write","shortDoc":"Change in usage pattern",
///  "doc":"unusual change in count of unusual URIs in write access attempts",
///  "reasons":[{"doc":"change in count of unusual URIs in write access attempts","direction":"write","period":300000,
///              "values":{"medium":[2,1]},"strength":3.12,"expected":[0,0],"windows":211,"peers":[0,27],
///              "said":"change in count of ...: 2, 1 seen, 0 expected in 211 own windows; 0 of 27 other users: create pods/exec"}],
///  "context":{"unusual-uri":["create /api/v1/namespaces/web/pods/a/exec"]}}
/// ```
///
/// `weekly`: how many detections that reach this score one entity of its kind has in a week, about; measured on the
/// log itself, and not known of clusters and objects. `time` of the finding is the begin. `period` is the length of the times that are counted, in milliseconds: five minutes, an
/// hour or a day; `values` has one number for each of them that contributes, `windows` is how many of them the entity was active in.
/// `strength` is -log10 of how often as much is seen by chance. `peers`: how many of how many others of the same
/// kind were ever seen with the most telling of the new values.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireDeviation<'a> {
    etype: Etype,
    eid: &'a str,
    confidence: Confidence,
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    weekly: Option<f64>,
    until: String,
    direction: &'static str,
    short_doc: &'static str,
    doc: &'a str,
    reasons: Vec<WireWhy<'a>>,
    context: WireContext<'a>,
}

#[derive(Debug, Serialize)]
struct WireWhy<'a> {
    doc: &'a str,
    direction: &'static str,
    period: i64,
    values: WireValues<'a>,
    strength: f64,
    expected: (u64, u64),
    windows: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    peers: Option<(u32, u32)>,
    said: &'a str,
}

/// `{"medium":[2,1]}`.
#[derive(Debug)]
struct WireValues<'a>(Confidence, &'a [u64]);

impl Serialize for WireValues<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(1))?;
        map.serialize_entry(self.0.name(), self.1)?;
        map.end()
    }
}

#[derive(Debug)]
struct WireContext<'a>(&'a [(&'static str, Vec<String>)]);

impl Serialize for WireContext<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(key, texts)| (key, texts)))
    }
}

/// Two digits that tell something.
fn two_digits(number: f64) -> f64 {
    format!("{number:.1e}").parse().unwrap_or(number)
}

/// Two digits behind the point.
fn round(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

impl<'a> WireDeviation<'a> {
    pub fn of(deviation: &'a Deviation) -> WireDeviation<'a> {
        WireDeviation {
            etype: deviation.etype,
            eid: &deviation.eid,
            confidence: deviation.confidence,
            score: round(deviation.score),
            weekly: deviation.weekly.map(two_digits),
            until: time::format(deviation.to),
            direction: deviation.direction(),
            short_doc: deviation.short,
            doc: &deviation.doc,
            reasons: deviation.reasons.iter().map(WireWhy::of).collect(),
            context: WireContext(&deviation.context),
        }
    }
}

impl<'a> WireWhy<'a> {
    fn of(why: &'a Why) -> WireWhy<'a> {
        WireWhy {
            doc: &why.doc,
            direction: why.direction(),
            period: why.period / 1000,
            values: WireValues(why.level, &why.values),
            strength: round(why.strength),
            expected: why.expected,
            windows: why.windows,
            peers: why.peers,
            said: &why.said,
        }
    }
}
