//! The way of a token: who had it made, and each way in which it was used.

use super::{Format, Look, Read, cells, escape, figure};
use crate::finding::{Evidence, Sighting};
use crate::time;
use crate::token::{Mark, Minted, Trail, Use};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

const TOKEN: &str = "kaudit.token.v1";
const ISSUED: &str = "kaudit.token.issued.v1";
const USED: &str = "kaudit.token.used.v1";

/// Everything that there is to report.
#[derive(Clone, Copy, Debug)]
pub struct Traced<'a> {
    pub trail: &'a Trail,
    pub read: Read<'a>,
    pub look: Look,
}

pub type TokenPen = fn(&Traced<'_>, &mut dyn Write) -> io::Result<()>;

impl Format {
    /// `None` for a format in which a token's way cannot be written.
    pub fn token_pen(self) -> Option<TokenPen> {
        match self {
            Format::Table => Some(table),
            Format::Ndjson => Some(ndjson),
            Format::Json => Some(json),
            Format::Csv | Format::Summary => None,
        }
    }
}

fn table(traced: &Traced<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Traced { trail, look, .. } = traced;
    writeln!(out, "{}\n", escape::terminal(&trail.id))?;
    if trail.minted.is_empty() {
        writeln!(out, "Issued   not in this log")?;
    }
    for minted in &trail.minted {
        let text = format!("Issued   {}", issued(minted, traced));
        figure::wrap(&text, look.columns()).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    let requests: u64 = trail.uses.iter().map(|one| one.requests).sum();
    let ways = figure::count(trail.uses.len() as u64, "way");
    let more = if trail.more { " and more" } else { "" };
    writeln!(out, "Used     {} in {ways}{more}", figure::count(requests, "request"))?;
    trail.uses.iter().try_for_each(|one| block(one, traced, out))
}

/// `2026-09-08 10:10:01 by jane from 10.0.0.1 with kubectl/v1.33 for web/api, bound to Pod api-1: audit.log:42`.
fn issued(minted: &Minted, traced: &Traced<'_>) -> String {
    let Minted { seen, bound_to, seconds } = minted;
    let part = |name: &str, text: Option<&str>| {
        text.map_or(String::new(), |text| format!(" {name} {}", escape::terminal(text)))
    };
    let account = [&seen.namespace, &seen.name].map(|text| text.as_deref().unwrap_or_default()).join("/");
    let time = seen.time.map_or("at a time unknown".to_owned(), |time| second(time, traced.look));
    format!(
        "{time}{}{}{}{}{}{}: {}",
        part("by", seen.principal.as_deref()),
        part("from", seen.source_ip.as_deref()),
        part("with", seen.user_agent.as_deref()),
        part("for", Some(&account)),
        part("bound to", bound_to.as_deref()),
        part("seconds to live", seconds.as_deref()),
        cells::place(&seen.evidence, traced.read.file(&seen.evidence))
    )
}

fn second(time: i64, look: Look) -> String {
    look.zone.show(time, "%Y-%m-%d %H:%M:%S")
}

/// One way of use: who, from where, when, for what, and what is odd about it.
fn block(one: &Use, traced: &Traced<'_>, out: &mut dyn Write) -> io::Result<()> {
    let part = |name: &str, text: &Option<String>| {
        text.as_ref().map_or(String::new(), |text| format!(" {name} {}", escape::terminal(text)))
    };
    let way = &one.way;
    let agent = way.user_agent.as_deref().map(|text| text.split(' ').next().unwrap_or_default().to_owned());
    let who = format!(
        "{}{}{}{}{}{}",
        figure::count(one.requests, "request"),
        part("by", &way.principal),
        part("from", &way.source_ip),
        part("with", &agent),
        part("as pod", &way.pod),
        part("on", &way.node)
    );
    let when = [one.first, one.last].map(|time| time.map_or(String::new(), |time| second(time, traced.look)));
    let marks: Vec<String> = one.marks.iter().map(in_words).collect();
    let places: Vec<String> = one.evidence.iter().map(|at| cells::place(at, traced.read.file(at))).collect();
    let lines = [
        (!marks.is_empty()).then(|| marks.join("; ")),
        Some(when.join(" - ")),
        Some(told(one)),
        Some(places.join(", ")),
    ];
    let width = traced.look.columns().saturating_sub(INDENT.len());
    writeln!(out)?;
    for text in [Some(who)].into_iter().chain(lines).flatten() {
        figure::wrap(&text, width).iter().try_for_each(|line| writeln!(out, "{INDENT}{line}"))?;
    }
    Ok(())
}

const INDENT: &str = "  ";

/// Verbs and resources that are told; all are in the JSON.
const DEEDS: usize = 6;

/// `4 get secrets, 1 list pods; 2 refused`.
fn told(one: &Use) -> String {
    let mut deeds: Vec<(&String, &u64)> = one.verbs.iter().collect();
    deeds.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let told: Vec<String> = deeds
        .iter()
        .take(DEEDS)
        .map(|(what, count)| format!("{} {}", figure::thousands(**count), escape::terminal(what)))
        .collect();
    let more = if deeds.len() > DEEDS { ", ..." } else { "" };
    let refused = if one.refused > 0 { format!("; {} refused", one.refused) } else { String::new() };
    format!("{}{more}{refused}", told.join(", "))
}

fn in_words(mark: &Mark) -> String {
    match mark {
        Mark::OtherClient => "ANOTHER CLIENT".to_owned(),
        Mark::OtherAddress => "ANOTHER ADDRESS".to_owned(),
        Mark::AwayFromNode(nodes) => {
            let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
            format!("AWAY FROM ITS NODE, at that of {}", nodes.join(", "))
        }
    }
}

/// One request that issued the token, or one way in which it was used:
///
/// ```json
/// {"schema":"kaudit.token.issued.v1","token":"JTI=...","time":"...","principal":"jane","sourceIP":"10.0.0.1",
///  "userAgent":"kubectl/v1.33","namespace":"web","serviceAccount":"api","boundTo":"Pod api-1","auditID":"...",
///  "evidence":[{"file":"audit.log","offset":1,"line":1}]}
/// {"schema":"kaudit.token.used.v1","token":"JTI=...","principal":"system:serviceaccount:web:api","sourceIP":"10.1.0.4",
///  "userAgent":"curl/8","node":"n1","pod":"api-1","requests":4,"refused":1,"verbs":{"get secrets":4},
///  "first":"...","last":"...","marks":["other-client","away-from-node"],"nodes":["n2"],
///  "evidence":[{"file":"audit.log","offset":811,"line":2}]}
/// ```
///
/// `marks` are `other-client`, `other-address` (than at first) and `away-from-node`; `nodes` are then those that tokens
/// used from that address are bound to. `evidence` holds the first few places.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WireIssued<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    #[serde(rename = "sourceIP", skip_serializing_if = "Option::is_none")]
    source_ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_seconds: Option<&'a str>,
    #[serde(rename = "auditID", skip_serializing_if = "Option::is_none")]
    audit_id: Option<&'a str>,
    evidence: Vec<WirePlace<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WireUse<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a str>,
    #[serde(rename = "sourceIP", skip_serializing_if = "Option::is_none")]
    source_ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod: Option<&'a str>,
    requests: u64,
    refused: u64,
    verbs: &'a BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    marks: Vec<&'static str>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    nodes: BTreeSet<&'a str>,
    evidence: Vec<WirePlace<'a>>,
}

#[derive(Debug, Serialize)]
struct WirePlace<'a> {
    file: &'a str,
    offset: u64,
    line: u64,
}

fn places<'a>(evidence: impl IntoIterator<Item = &'a Evidence>, read: &Read<'a>) -> Vec<WirePlace<'a>> {
    let place = |at: &Evidence| WirePlace { file: read.file(at), offset: at.offset, line: at.line };
    evidence.into_iter().map(place).collect()
}

impl<'a> WireIssued<'a> {
    /// `alone` on a line of its own.
    fn of(minted: &'a Minted, traced: &Traced<'a>, alone: bool) -> WireIssued<'a> {
        let Sighting { cluster, principal, source_ip, user_agent, namespace, name, audit_id, .. } =
            &minted.seen;
        WireIssued {
            schema: alone.then_some(ISSUED),
            token: alone.then_some(&traced.trail.id),
            time: minted.seen.time.map(time::format),
            cluster: cluster.as_deref(),
            principal: principal.as_deref(),
            source_ip: source_ip.as_deref(),
            user_agent: user_agent.as_deref(),
            namespace: namespace.as_deref(),
            service_account: name.as_deref(),
            bound_to: minted.bound_to.as_deref(),
            expiration_seconds: minted.seconds.as_deref(),
            audit_id: audit_id.as_deref(),
            evidence: places([&minted.seen.evidence], &traced.read),
        }
    }
}

impl<'a> WireUse<'a> {
    fn of(one: &'a Use, traced: &Traced<'a>, alone: bool) -> WireUse<'a> {
        let nodes = one.marks.iter().flat_map(|mark| match mark {
            Mark::AwayFromNode(nodes) => nodes.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        });
        WireUse {
            schema: alone.then_some(USED),
            token: alone.then_some(&traced.trail.id),
            cluster: one.way.cluster.as_deref(),
            principal: one.way.principal.as_deref(),
            source_ip: one.way.source_ip.as_deref(),
            user_agent: one.way.user_agent.as_deref(),
            node: one.way.node.as_deref(),
            pod: one.way.pod.as_deref(),
            requests: one.requests,
            refused: one.refused,
            verbs: &one.verbs,
            first: one.first.map(time::format),
            last: one.last.map(time::format),
            marks: one.marks.iter().map(Mark::name).collect(),
            nodes: nodes.collect(),
            evidence: places(&one.evidence, &traced.read),
        }
    }
}

fn ndjson(traced: &Traced<'_>, out: &mut dyn Write) -> io::Result<()> {
    for minted in &traced.trail.minted {
        escape::json(out, &WireIssued::of(minted, traced, true))?;
        writeln!(out)?;
    }
    for one in &traced.trail.uses {
        escape::json(out, &WireUse::of(one, traced, true))?;
        writeln!(out)?;
    }
    Ok(())
}

/// `{"schema":"kaudit.token.v1","token":"JTI=...","more":false,"issued":[...],"used":[...]}`; `more` where the token was
/// used in more ways than are told apart.
#[derive(Debug, Serialize)]
struct WireTrail<'a> {
    schema: &'static str,
    token: &'a str,
    more: bool,
    issued: Vec<WireIssued<'a>>,
    used: Vec<WireUse<'a>>,
}

fn json(traced: &Traced<'_>, out: &mut dyn Write) -> io::Result<()> {
    let trail = traced.trail;
    let all = WireTrail {
        schema: TOKEN,
        token: &trail.id,
        more: trail.more,
        issued: trail.minted.iter().map(|minted| WireIssued::of(minted, traced, false)).collect(),
        used: trail.uses.iter().map(|one| WireUse::of(one, traced, false)).collect(),
    };
    escape::json(out, &all)?;
    writeln!(out)
}
