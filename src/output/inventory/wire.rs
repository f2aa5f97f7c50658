//! What machines read: the shapes of an inventory in JSON.
//!
//! Within a schema version, keys are only ever added. What is absent is left out; keys stand in the order given
//! here. Times are RFC 3339 in UTC, lengths of time are seconds. Places are those of the first few records.

use super::Checked;
use super::counts::{Counted, WireCounts, WirePlace, seconds};
use crate::finding::Evidence;
use crate::inventory::policy::{KINDS, Kept, Verbs, Who, levels, stages};
use crate::inventory::{Amount, AuditLevel, ClusterFacts, FileFacts, Gap, Logged, Stage, Unfinished};
use crate::time;
use serde::Serialize;

pub const CHECK: &str = "kaudit.check.v1";
pub const FILE: &str = "kaudit.check.file.v1";
pub const CLUSTER: &str = "kaudit.check.cluster.v1";
pub const VERIFY: &str = "kaudit.verify.v1";

/// One file.
///
/// ```json
/// {"schema":"kaudit.check.file.v1","name":"logs/audit.log.gz","cluster":"logs","format":"docker",
///  "compression":"gzip","bytes":52000,"sha256":"9f86d081884c7d65...","contentBytes":741444,"records":201,
///  "events":200,"first":"2026-09-01T17:56:01.000000Z","last":"2026-09-12T00:03:10.000000Z","formats":{"docker":200},
///  "stages":{"ResponseComplete":190,"ResponseStarted":10},"levels":{"Metadata":200},
///  "truncated":{"count":1,"samples":[{"file":"logs/audit.log.gz","offset":73211,"line":42}]},
///  "salvaged":{"count":1,"samples":[...]},
///  "twice":{"records":12,"exact":true},"reusedAuditIDs":{"records":0,"exact":true},
///  "clock":{"late":{"count":3,"longest":0.31},"jumpsBack":{"count":0,"samples":[]},
///           "farAhead":{"count":0,"samples":[]},"beforeReceived":{"count":0,"samples":[]}},
///  "falcoAlerts":{"count":0,"samples":[]},"alcideDetections":{"count":0,"samples":[]},
///  "bad":{"cut off":{"count":1,"samples":[...]}},"odd":{},"trouble":"breaks off"}
/// ```
///
/// `bytes` and `sha256` are those of the file on disk, or of a file in an archive as it would be if unpacked. `format` is
/// the outermost one (see `kaudit formats`), with the numbers of events where several mix; of a file without events it
/// is `empty`, `text`, `falco`, `alcide`, `other` (nothing of it is an audit log) or `unknown` (something was lost).
/// `cluster` is that of most events; `clusters` counts them where there are several. `truncated` are events that the
/// API server itself left bodies out of, `salvaged` those that were made of what stands before the cut in a record
/// that broke off (and that `bad` counts as `cut off`). Where `exact` is false, more requests were met than are followed
/// at once, and the number is an estimate.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireFile<'a> {
    schema: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clusters: Vec<WireShare<'a>>,
    format: String,
    compression: &'a str,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<&'a str>,
    #[serde(flatten)]
    counts: WireCounts<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'a str>,
}

/// Events of one file that come from one cluster.
#[derive(Debug, Serialize)]
struct WireShare<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    events: u64,
}

/// One cluster.
///
/// ```json
/// {"schema":"kaudit.check.cluster.v1","name":"logs","files":12,"bytes":52000,
///  "contentBytes":741444,"...":"as of a file",
///  "nodes":[{"name":"master-0","events":200,"first":"2026-09-01T17:56:01.000000Z","last":"2026-09-12T00:03:10.000000Z"}],
///  "nodesComplete":true,
///  "gaps":[{"from":"2026-09-08T02:10:00.000000Z","to":"2026-09-08T03:40:00.000000Z","seconds":5400.0,
///           "expectedEvents":1200,"between":["logs/a.log","logs/b.log"],"memberMissing":true}],
///  "unfinished":{"requests":4,"exact":true,"begun":1,"last":"2026-09-12T00:03:10.000000Z",
///                "samples":[{"auditID":"0f6bfa2a-3c5c-4a17-9f7e-0c5a1f6d1e02","file":"logs/b.log","offset":73211,"line":42}]},
///  "policy":[{"resource":"secrets","who":"people","verbs":"read","levels":["Metadata"],
///             "stages":["ResponseComplete"],"events":20}],"policyComplete":true}
/// ```
///
/// Events belong to the cluster that their wrapper names, else to that of their file; `files`, `bytes`, `clock` and `bad`
/// are those of the files that come mostly from this cluster. `nodes` are those that wrappers and paths name.
/// `gaps` is absent when there are too few events to know a rhythm. `between` names the files when the gap lies
/// between two, `memberMissing` tells that these are members of one rotated set. Of unfinished requests, `begun`
/// counts those whose answer had begun. In `policy`, an empty resource stands for paths that are none; `who` is
/// `people`, `accounts` (service accounts and nodes) or `system` (the control plane).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireCluster<'a> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    files: usize,
    bytes: u64,
    #[serde(flatten)]
    counts: WireCounts<'a>,
    nodes: Vec<WireNode<'a>>,
    nodes_complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    gaps: Option<Vec<WireGap<'a>>>,
    unfinished: WireUnfinished<'a>,
    policy: Vec<WireLogged<'a>>,
    policy_complete: bool,
}

#[derive(Debug, Serialize)]
struct WireNode<'a> {
    name: &'a str,
    events: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WireGap<'a> {
    from: String,
    to: String,
    seconds: f64,
    expected_events: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    between: Option<[&'a str; 2]>,
    member_missing: bool,
}

#[derive(Debug, Serialize)]
struct WireUnfinished<'a> {
    requests: u64,
    exact: bool,
    begun: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    samples: Vec<WireRequest<'a>>,
}

#[derive(Debug, Serialize)]
struct WireRequest<'a> {
    #[serde(rename = "auditID", skip_serializing_if = "Option::is_none")]
    audit_id: Option<&'a str>,
    #[serde(flatten)]
    place: WirePlace<'a>,
}

#[derive(Debug, Serialize)]
struct WireLogged<'a> {
    resource: &'a str,
    who: &'static str,
    verbs: &'static str,
    levels: Vec<&'static str>,
    stages: Vec<&'static str>,
    events: u64,
}

impl<'a> WireFile<'a> {
    pub fn of(file: &'a FileFacts, checked: &Checked<'a>) -> WireFile<'a> {
        let FileFacts { tally, kinds, formats, clock, .. } = file;
        let share =
            |(name, events): (&'a Option<String>, &u64)| WireShare { name: name.as_deref(), events: *events };
        let shares = file.clusters.iter().filter(|_| file.clusters.len() > 1);
        WireFile {
            schema: FILE,
            name: &file.name,
            cluster: file.cluster.as_deref(),
            clusters: shares.map(share).collect(),
            format: file.format(),
            compression: &file.compression,
            bytes: file.disk,
            sha256: file.sha256.as_deref(),
            counts: WireCounts::of(Counted { tally, kinds, formats, clock }, checked),
            trouble: file.trouble.as_deref(),
        }
    }
}

impl<'a> WireCluster<'a> {
    pub fn of(cluster: &'a ClusterFacts, checked: &Checked<'a>) -> WireCluster<'a> {
        let ClusterFacts { tally, kinds, formats, clock, nodes, .. } = cluster;
        let gaps = cluster.gaps.as_ref();
        WireCluster {
            schema: CLUSTER,
            name: cluster.name.as_deref(),
            files: cluster.files,
            bytes: cluster.disk,
            counts: WireCounts::of(Counted { tally, kinds, formats, clock }, checked),
            nodes: nodes.known.iter().map(|(name, amount)| WireNode::of(name, *amount)).collect(),
            nodes_complete: !nodes.more,
            gaps: gaps.map(|gaps| gaps.iter().map(|gap| WireGap::of(gap, checked)).collect()),
            unfinished: WireUnfinished::of(&cluster.unfinished, checked),
            policy: cluster.policy.logged.iter().flat_map(WireLogged::all).collect(),
            policy_complete: !cluster.policy.more,
        }
    }
}

impl<'a> WireNode<'a> {
    fn of(name: &'a str, Amount { events, span }: Amount) -> WireNode<'a> {
        let (first, last) = span.range.unzip();
        WireNode { name, events, first: first.map(time::format), last: last.map(time::format) }
    }
}

impl<'a> WireGap<'a> {
    fn of(gap: &Gap, checked: &Checked<'a>) -> WireGap<'a> {
        let name = |file: u32| checked.read.files.get(file as usize).map_or("?", |file| &file.name);
        let (before, after) = gap.files;
        WireGap {
            from: time::format(gap.from),
            to: time::format(gap.to),
            seconds: seconds(gap.to - gap.from),
            expected_events: gap.expected,
            between: (before != after).then(|| [name(before), name(after)]),
            member_missing: gap.rotated,
        }
    }
}

impl<'a> WireUnfinished<'a> {
    fn of(unfinished: &'a Unfinished, checked: &Checked<'a>) -> WireUnfinished<'a> {
        let request = |(id, place): &'a (Option<String>, Evidence)| WireRequest {
            audit_id: id.as_deref(),
            place: WirePlace::of(place, checked),
        };
        WireUnfinished {
            requests: unfinished.count,
            exact: checked.inventory.share.is_all(),
            begun: unfinished.begun,
            last: unfinished.last.map(time::format),
            samples: unfinished.samples.iter().map(request).collect(),
        }
    }
}

impl<'a> WireLogged<'a> {
    fn all(logged: &'a Logged) -> impl Iterator<Item = WireLogged<'a>> {
        let kept = KINDS.into_iter().zip(logged.kinds).filter(|(_, kept)| kept.events > 0);
        kept.map(|(kind, kept)| WireLogged::of(&logged.resource, kind, kept))
    }

    fn of(resource: &'a str, (who, verbs): (Who, Verbs), kept: Kept) -> WireLogged<'a> {
        WireLogged {
            resource,
            who: who.name(),
            verbs: if verbs == Verbs::Read { "read" } else { "write" },
            levels: levels(kept.levels).map(AuditLevel::name).collect(),
            stages: stages(kept.stages).map(Stage::name).collect(),
            events: kept.events,
        }
    }
}
