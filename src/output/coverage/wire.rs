//! The shape of coverage in JSON. Keys are only ever added; what is not known is left out.

use super::why::why;
use super::{Answered, Basis, Coverage, Judged};
use crate::coverage::{Clash, Gap, Loss, advise};
use crate::output::{Read, escape};
use crate::rule::{Diagnostic, Severity};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Write};

pub const COVERAGE: &str = "kaudit.coverage.v1";
const RULE: &str = "kaudit.coverage.rule.v1";
const POLICY: &str = "kaudit.coverage.policy.v1";

/// One rule:
///
/// ```json
/// {"schema":"kaudit.coverage.rule.v1","rule":"privileged-pod","title":"...","level":"high","cluster":"prod",
///  "status":"partly","basis":"log","requests":{"whole":310,"part":0,"nothing":12},
///  "gaps":[{"loss":"request-body","requests":12,"verbs":["create"],"resources":["pods"],
///           "who":["service-account"]}],
///  "auditLevel":"Request","why":"...","policy":["- level: Request", "..."]}
/// ```
///
/// `status` is `observable`, `partly`, `not observable` or `unknown`; `basis` is `log` or `policy`; `requests` counts
/// those that the rule is about by how much of them it sees, and under a policy alone kinds of requests. `unseen`
/// names what the rule is about and no request was for; `auditLevel` is the least that shows all the rule asks for;
/// `policy` are lines of an audit policy that would record what is missing.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRule<'a> {
    schema: &'static str,
    rule: &'a str,
    title: &'a str,
    level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a str>,
    status: &'static str,
    basis: &'static str,
    requests: WireRequests,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gaps: Vec<WireGap<'a>>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    unseen: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_level: Option<&'static str>,
    why: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    policy: Vec<String>,
}

#[derive(Debug, Serialize)]
struct WireRequests {
    whole: u64,
    part: u64,
    nothing: u64,
}

#[derive(Debug, Serialize)]
struct WireGap<'a> {
    loss: &'static str,
    requests: u64,
    verbs: &'a BTreeSet<String>,
    resources: &'a BTreeSet<String>,
    who: &'a BTreeSet<&'static str>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    fields: &'a BTreeSet<&'static str>,
}

/// The policy: `doubts` with their places, and `rules` with what they make of the log, the last of which stands for
/// what no rule is for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WirePolicy<'a> {
    schema: &'static str,
    file: &'a str,
    doubts: Vec<WireDoubt<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<WireUse<'a>>,
}

#[derive(Debug, Serialize)]
struct WireDoubt<'a> {
    severity: &'static str,
    line: u32,
    column: u32,
    text: &'a str,
    mend: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WireUse<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    level: &'static str,
    events: u64,
    bytes: u64,
    kept_events: u64,
    kept_bytes: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clashes: Vec<WireClash<'a>>,
}

#[derive(Debug, Serialize)]
struct WireClash<'a> {
    clash: &'static str,
    events: u64,
    samples: Vec<WirePlace<'a>>,
}

#[derive(Debug, Serialize)]
struct WirePlace<'a> {
    file: &'a str,
    offset: u64,
    line: u64,
}

impl<'a> WireRule<'a> {
    fn of(answer: &Answered<'a>) -> WireRule<'a> {
        let covered = answer.covered;
        let gap = |(loss, gap): (&Loss, &'a Gap)| WireGap {
            loss: loss.name(),
            requests: gap.requests,
            verbs: &gap.verbs,
            resources: &gap.resources,
            who: &gap.who,
            fields: &gap.fields,
        };
        WireRule {
            schema: RULE,
            rule: &answer.rule.id,
            title: &answer.rule.title,
            level: answer.rule.level.name(),
            cluster: answer.cluster,
            status: covered.status.name(),
            basis: if answer.basis == Basis::Log { "log" } else { "policy" },
            requests: WireRequests { whole: covered.whole, part: covered.part, nothing: covered.nothing },
            gaps: covered.gaps.iter().map(gap).collect(),
            unseen: &covered.unseen,
            audit_level: covered.level.map(|level| level.name()),
            why: why(answer),
            policy: advise([covered]).lines,
        }
    }
}

impl<'a> WirePolicy<'a> {
    fn of(judged: &Judged<'a>, read: Option<&Read<'a>>) -> WirePolicy<'a> {
        let rules = judged.policy.rules.iter().map(|rule| (Some(rule.line), rule.level.name()));
        let rules = rules.chain([(None, "None")]);
        let used = judged.usage.map(|usage| usage.rules.iter().zip(&usage.clashes)).into_iter().flatten();
        let rules = rules.zip(used).map(|((line, level), (used, clashes))| WireUse {
            line,
            level,
            events: used.events,
            bytes: used.bytes,
            kept_events: used.kept,
            kept_bytes: used.kept_bytes,
            clashes: Clash::ALL
                .iter()
                .zip(clashes)
                .filter(|(_, reason)| !reason.is_empty())
                .map(|(clash, reason)| WireClash {
                    clash: clash.name(),
                    events: reason.count,
                    samples: reason
                        .samples()
                        .iter()
                        .filter_map(|place| Some(WirePlace::of(place, read?)))
                        .collect(),
                })
                .collect(),
        });
        WirePolicy {
            schema: POLICY,
            file: &judged.policy.file,
            doubts: judged.doubts.iter().map(WireDoubt::of).collect(),
            rules: rules.collect(),
        }
    }
}

impl<'a> WireDoubt<'a> {
    fn of(doubt: &'a Diagnostic) -> WireDoubt<'a> {
        let severity = if doubt.severity == Severity::Error { "error" } else { "warning" };
        WireDoubt {
            severity,
            line: doubt.at.line,
            column: doubt.at.column,
            text: &doubt.text,
            mend: &doubt.mend,
        }
    }
}

impl<'a> WirePlace<'a> {
    fn of(place: &crate::finding::Evidence, read: &Read<'a>) -> WirePlace<'a> {
        WirePlace { file: read.file(place), offset: place.offset, line: place.line }
    }
}

pub fn ndjson(coverage: &Coverage<'_>, out: &mut dyn Write) -> io::Result<()> {
    for answer in &coverage.answers {
        escape::json(out, &WireRule::of(answer))?;
        writeln!(out)?;
    }
    if let Some(judged) = &coverage.policy {
        escape::json(out, &WirePolicy::of(judged, coverage.read.as_ref()))?;
        writeln!(out)?;
    }
    Ok(())
}

/// `{"schema":"kaudit.coverage.v1","rules":[...],"policy":{...},"advice":[...]}`, one rule a line.
pub fn json(coverage: &Coverage<'_>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{{\"schema\":\"{COVERAGE}\",\n\"rules\":[")?;
    for (at, answer) in coverage.answers.iter().enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        escape::json(out, &WireRule::of(answer))?;
    }
    out.write_all(b"]")?;
    if let Some(judged) = &coverage.policy {
        out.write_all(b",\n\"policy\":")?;
        escape::json(out, &WirePolicy::of(judged, coverage.read.as_ref()))?;
    }
    let advice = advise(coverage.answers.iter().map(|answer| answer.covered));
    out.write_all(b",\n\"advice\":")?;
    escape::json(out, &advice.lines)?;
    out.write_all(b"}\n")
}
