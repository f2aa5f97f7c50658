//! Coverage for reading: the rules, the worst first, then the lines of a policy that would show more, then what is
//! to be said of the policy.

use super::why::why;
use super::{Answered, Coverage, Judged};
use crate::coverage::{Clash, RuleUse, Status, advise};
use crate::output::list::columns;
use crate::output::{Read, escape, figure};
use crate::rule::render;
use std::io::{self, Write};

pub fn table(coverage: &Coverage<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows = folded(coverage);
    let has_clusters = coverage.answers.windows(2).any(|pair| pair[0].cluster != pair[1].cluster);
    let heads: &[&str] = if has_clusters {
        &["STATUS", "LEVEL", "RULE", "CLUSTER", "WHY"]
    } else {
        &["STATUS", "LEVEL", "RULE", "WHY"]
    };
    let cells = rows.iter().map(|row| {
        let Row { answer, clusters, why } = row;
        let mut cells = vec![
            answer.covered.status.name().to_owned(),
            answer.rule.level.to_string(),
            answer.rule.id.clone(),
        ];
        cells.extend(has_clusters.then(|| clusters.join(", ")));
        cells.push(why.clone());
        cells
    });
    if !rows.is_empty() {
        out.write_all(columns(heads, cells, Some(coverage.look.columns())).as_bytes())?;
        writeln!(out)?;
    }
    advice(coverage, out)?;
    coverage.policy.map_or(Ok(()), |judged| policy(&judged, coverage, out))?;
    closing(coverage, out)
}

/// The same answer of several clusters is one row.
struct Row<'a> {
    answer: Answered<'a>,
    clusters: Vec<&'a str>,
    why: String,
}

fn folded<'a>(coverage: &Coverage<'a>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for answer in &coverage.answers {
        let (why, cluster) = (why(answer), answer.cluster.unwrap_or_default());
        let same = |last: &&mut Row<'_>| {
            let status = |answer: &Answered<'_>| answer.covered.status;
            last.answer.rule.id == answer.rule.id && status(&last.answer) == status(answer) && last.why == why
        };
        match rows.last_mut().filter(same) {
            Some(last) => last.clusters.push(cluster),
            None => rows.push(Row { answer: *answer, clusters: vec![cluster], why }),
        }
    }
    rows
}

/// The figures alone.
pub fn summary(coverage: &Coverage<'_>, out: &mut dyn Write) -> io::Result<()> {
    closing(coverage, out)
}

fn advice(coverage: &Coverage<'_>, out: &mut dyn Write) -> io::Result<()> {
    let advice = advise(coverage.answers.iter().map(|answer| answer.covered));
    if advice.lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "These lines above all other rules of the audit policy would record what is missing:\n")?;
    advice.lines.iter().try_for_each(|line| writeln!(out, "{}", escape::terminal(line)))?;
    writeln!(out)
}

fn policy(judged: &Judged<'_>, coverage: &Coverage<'_>, out: &mut dyn Write) -> io::Result<()> {
    if let Some(usage) = judged.usage {
        let policy = judged.policy;
        let places = policy.rules.iter().map(|rule| (rule.line.to_string(), rule.level.name()));
        let places = places.chain([("(none)".to_owned(), "None")]);
        let rows = places.zip(&usage.rules).map(|((line, level), used)| use_row(line, level, used));
        let heads = ["RULE ON LINE", "LEVEL", "EVENTS", "BYTES", "KEPT", "BYTES KEPT"];
        out.write_all(columns(&heads, rows, Some(coverage.look.columns())).as_bytes())?;
        writeln!(out)?;
        clashes(judged, coverage, out)?;
    }
    if !judged.doubts.is_empty() {
        writeln!(out, "{}\n", render(judged.doubts))?;
    }
    Ok(())
}

fn use_row(line: String, level: &str, used: &RuleUse) -> Vec<String> {
    let counts = [figure::thousands(used.events), figure::bytes(used.bytes)];
    let kept = [figure::thousands(used.kept), figure::bytes(used.kept_bytes)];
    [line, level.to_owned()].into_iter().chain(counts).chain(kept).collect()
}

/// Where the log says that another policy was in force.
fn clashes(judged: &Judged<'_>, coverage: &Coverage<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (Some(usage), Some(read)) = (judged.usage, &coverage.read) else { return Ok(()) };
    let mut any = false;
    for (at, reasons) in usage.clashes.iter().enumerate() {
        let rule = judged.policy.rules.get(at);
        let rule = rule.map_or("no rule".to_owned(), |rule| format!("the rule on line {}", rule.line));
        for (clash, reason) in Clash::ALL.iter().zip(reasons).filter(|(_, reason)| !reason.is_empty()) {
            let places: Vec<String> = reason.samples().iter().map(|place| at_place(read, place)).collect();
            let events = figure::count(reason.count, "event");
            writeln!(out, "{rule}: {events} {}: {}", clash.name(), places.join(", "))?;
            any = true;
        }
    }
    if any { writeln!(out, "The log was written under another policy, or under several.\n") } else { Ok(()) }
}

fn at_place(read: &Read<'_>, place: &crate::finding::Evidence) -> String {
    format!("{}:{}", escape::terminal(read.file(place)), place.line)
}

/// `79 rules: 4 not observable, 12 partly ...; 1,234 events from 3 files`.
fn closing(coverage: &Coverage<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counts = Status::ALL.into_iter().zip(coverage.counts()).filter(|(_, count)| *count > 0);
    let parts: Vec<String> = counts.map(|(status, count)| format!("{count} {}", status.name())).collect();
    let rules = figure::count(coverage.answers.len() as u64, "answer");
    let mut text = format!("{rules}: {}", parts.join(", "));
    if let Some(read) = &coverage.read {
        let (files, lost) = (figure::files(read), figure::lost(read));
        let when = figure::when(read.span, coverage.look.zone);
        text.push_str(&format!("; {} from {files}{when}{lost}", figure::count(read.tally.events, "event")));
    }
    if let Some(judged) = &coverage.policy {
        let doubts = figure::count(judged.doubts.len() as u64, "doubt");
        text.push_str(&format!("; {doubts} about {}", escape::terminal(&judged.policy.file)));
    }
    if coverage.answers.iter().any(|answer| answer.covered.status == Status::Unknown) {
        text.push_str(
            ". Unknown: nobody made such a request, or the policy records none; a log cannot tell which",
        );
    }
    if coverage.more {
        text.push_str("; there were more kinds of requests than are counted");
    }
    figure::wrap(&text, coverage.look.columns()).iter().try_for_each(|line| writeln!(out, "{line}"))
}
