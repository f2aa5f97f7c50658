//! The answers of a compliance pack: as table, JSON, NDJSON or JUnit.

use super::list::columns;
use super::{Look, Read, cells, escape, figure};
use crate::pack::{Answer, Pack, State};
use crate::time;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;
use std::io::{self, Write};

pub const PACK: &str = "kaudit.pack.v1";
const CHECK: &str = "kaudit.pack.check.v1";

/// Everything that there is to report.
#[derive(Clone, Debug)]
pub struct Packed<'a> {
    pub pack: Pack,
    /// The worst first.
    pub answers: &'a [Answer<'a>],
    pub read: Read<'a>,
    pub look: Look,
}

pub type PackPen = fn(&Packed<'_>, &mut dyn Write) -> io::Result<()>;

/// The formats in which a pack can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackFormat {
    Table,
    Ndjson,
    Json,
    /// XML that CI systems read, one test case for each check.
    Junit,
}

impl PackFormat {
    pub const ALL: [PackFormat; 4] =
        [PackFormat::Table, PackFormat::Ndjson, PackFormat::Json, PackFormat::Junit];

    pub fn name(self) -> &'static str {
        match self {
            PackFormat::Table => "table",
            PackFormat::Ndjson => "ndjson",
            PackFormat::Json => "json",
            PackFormat::Junit => "junit",
        }
    }

    pub fn pen(self) -> PackPen {
        match self {
            PackFormat::Table => table,
            PackFormat::Ndjson => ndjson,
            PackFormat::Json => json,
            PackFormat::Junit => junit,
        }
    }
}

fn table(packed: &Packed<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}\n", packed.pack.title())?;
    let row = |answer: &Answer<'_>| {
        let Answer { check, reference, state, .. } = answer;
        vec![
            state.name().to_owned(),
            (*reference).to_owned(),
            check.id.to_owned(),
            check.title.to_owned(),
            told(packed, answer),
        ]
    };
    let rows = packed.answers.iter().filter(|answer| answer.state != State::NotApplicable).map(row);
    let heads = ["RESULT", "CLAUSE", "CHECK", "WHAT", "EVIDENCE"];
    out.write_all(columns(&heads, rows, Some(packed.look.columns())).as_bytes())?;
    writeln!(out)?;
    closing(packed, out)
}

/// `12 on record, 2026-09-02 03:00 - 2026-09-09 12:00 UTC: audit.log:7, audit.log:9 ...`.
fn told(packed: &Packed<'_>, answer: &Answer<'_>) -> String {
    let Some(evidence) = answer.evidence else { return answer.why.clone() };
    let place = |at| cells::place(at, packed.read.file(at));
    let places: Vec<String> = evidence.found.samples().iter().map(place).collect();
    let more = if evidence.found.count > places.len() as u64 { " ..." } else { "" };
    let when = figure::when(evidence.span, packed.look.zone);
    format!("{}{when}: {}{more}", answer.why, places.join(", "))
}

/// `14 checks: 2 fail, ...; what the log shows, no more: ...`.
fn closing(packed: &Packed<'_>, out: &mut dyn Write) -> io::Result<()> {
    let count = |state| packed.answers.iter().filter(|answer| answer.state == state).count();
    let some = State::ALL.into_iter().filter(|state| count(*state) > 0);
    let parts: Vec<String> = some.map(|state| format!("{} {}", count(state), state.name())).collect();
    let read = &packed.read;
    let scope = format!(
        "{} from {}{}{}",
        figure::count(read.tally.events, "event"),
        figure::files(read),
        figure::when(read.span, packed.look.zone),
        figure::lost(read)
    );
    let checks = figure::count(packed.answers.len() as u64, "check");
    let text = format!(
        "{checks}: {}; {scope}. A log shows what it shows; whether a clause is met is for people to judge.",
        parts.join(", ")
    );
    figure::wrap(&text, packed.look.columns()).iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// One check:
///
/// ```json
/// {"schema":"kaudit.pack.check.v1","pack":"pci","check":"failed-access","title":"...","clause":"10.2.1.4",
///  "result":"pass","why":"291 on record","count":291,"first":"...","last":"...",
///  "evidence":[{"file":"audit.log","offset":73211,"line":42}]}
/// ```
///
/// `result` is `pass`, `fail`, `not observable` or `not applicable`; `evidence` holds the first few places.
#[derive(Debug, Serialize)]
struct WireCheck<'a> {
    schema: &'static str,
    pack: &'static str,
    check: &'static str,
    title: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    clause: &'static str,
    result: &'static str,
    why: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<WirePlace<'a>>,
}

#[derive(Debug, Serialize)]
struct WirePlace<'a> {
    file: &'a str,
    offset: u64,
    line: u64,
}

impl<'a> WireCheck<'a> {
    fn of(answer: &'a Answer<'a>, packed: &Packed<'a>) -> WireCheck<'a> {
        let range = answer.evidence.and_then(|evidence| evidence.span.range);
        let places = answer.evidence.map(|evidence| evidence.found.samples()).unwrap_or_default();
        let place = |at: &crate::finding::Evidence| WirePlace {
            file: packed.read.file(at),
            offset: at.offset,
            line: at.line,
        };
        WireCheck {
            schema: CHECK,
            pack: packed.pack.name(),
            check: answer.check.id,
            title: answer.check.title,
            clause: answer.reference,
            result: answer.state.name(),
            why: &answer.why,
            count: answer.evidence.map(|evidence| evidence.found.count),
            first: range.map(|(first, _)| time::format(first)),
            last: range.map(|(_, last)| time::format(last)),
            evidence: places.iter().map(place).collect(),
        }
    }
}

fn ndjson(packed: &Packed<'_>, out: &mut dyn Write) -> io::Result<()> {
    packed.answers.iter().try_for_each(|answer| {
        escape::json(out, &WireCheck::of(answer, packed))?;
        writeln!(out)
    })
}

/// `{"schema":"kaudit.pack.v1","pack":"pci","checks":[...]}`, one check a line.
fn json(packed: &Packed<'_>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{{\"schema\":\"{PACK}\",\"pack\":\"{}\",\n\"checks\":[", packed.pack.name())?;
    for (at, answer) in packed.answers.iter().enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        escape::json(out, &WireCheck::of(answer, packed))?;
    }
    out.write_all(b"]}\n")
}

/// One test case for each check; what the log cannot tell, and what is not asked for, is skipped.
fn junit(packed: &Packed<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut suite = TestSuite::new(packed.pack.title());
    for answer in packed.answers {
        let told = told(packed, answer);
        let status = match answer.state {
            State::Pass => TestCaseStatus::success(),
            State::Fail => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(told.as_str());
                status
            }
            State::NotObservable | State::NotApplicable => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(format!("{}: {told}", answer.state.name()));
                status
            }
        };
        let mut case = TestCase::new(format!("{} {}", answer.reference, answer.check.title).trim(), status);
        case.set_classname(format!("kaudit.{}.{}", packed.pack.name(), answer.check.id));
        if answer.state == State::Pass {
            case.set_system_out(told);
        }
        suite.add_test_case(case);
    }
    let mut report = Report::new("kaudit");
    report.add_test_suite(suite);
    let text = report.to_string().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}
