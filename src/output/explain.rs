//! Why a finding is one, on a page: the condition and what the event held, the events of a correlation, or the whole
//! arithmetic of an anomaly.

use super::grid::{Cell, Column, Side};
use super::{Look, Report, advice, cells, escape, figure, overview};
use crate::anomaly::{Account, Line, Sum, Worth};
use crate::finding::{Episode, Finding, Mark};
use crate::rule::Tried;
use crate::time::{DAY, Zone};
use std::io::{self, Write};

const fn left(title: &'static str, min: usize, max: usize, rank: u8, turn: u8) -> Column {
    Column { title, min, max, side: Side::Left, rank, turn }
}

const fn right(title: &'static str, min: usize, rank: u8) -> Column {
    Column { title, min, max: 12, side: Side::Right, rank, turn: 0 }
}

/// What the page says beside the finding itself.
#[derive(Clone, Debug)]
pub enum Reasons {
    /// Part by part; nothing where the record could not be read again.
    Condition(Vec<Tried>),
    Events,
    Arithmetic(Box<Account>),
}

pub fn write(
    finding: &Finding,
    reasons: &Reasons,
    report: &Report<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    head(finding, report, out)?;
    match reasons {
        Reasons::Condition(tried) => condition(tried, report.look, out)?,
        Reasons::Events => events(finding.episode.as_deref(), report, out)?,
        Reasons::Arithmetic(account) => arithmetic(account, report.look, out)?,
    }
    advice::write([(finding, &report.rules[finding.rule as usize])], report.look, out)
}

fn head(finding: &Finding, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (look, seen) = (report.look, &finding.seen);
    let rule = &report.rules[finding.rule as usize];
    let file = report.read.file(&seen.evidence);
    let mut say = |label: &str, text: &str| match text.is_empty() {
        true => Ok(()),
        false => overview::line(out, look, label, &escape::terminal(text)),
    };
    say("Finding", &format!("{}, {} {}", finding.id(rule, file), rule.level, finding.category.name()))?;
    say("Rule", &format!("{}: {}", rule.id, rule.title))?;
    say("Meaning", &rule.description)?;
    let end = finding.deviation.as_ref().map(|deviation| deviation.to);
    let end = end.or(finding.episode.as_ref().map(|episode| episode.last));
    let show = |time| look.zone.show(time, "%Y-%m-%d %H:%M:%S");
    let until = end.map_or(String::new(), |end| format!(" - {}", show(end)));
    say("When", &seen.time.map_or(String::new(), |time| format!("{}{until}", show(time))))?;
    let text = |text: &Option<Box<str>>| text.as_deref().unwrap_or_default().to_owned();
    say("Cluster", seen.cluster.as_deref().unwrap_or_default())?;
    say("Principal", &text(&seen.principal))?;
    say("User", &text(&seen.user))?;
    say("Person", &text(&seen.person))?;
    say("Source IP", &text(&seen.source_ip))?;
    say("Client", &text(&seen.user_agent))?;
    say("Request", &request(finding))?;
    say("Message", &text(&seen.message))?;
    for shown in &seen.fields {
        say("Shows", &shown.to_string())?;
    }
    say("Part of", &finding.part_of.as_deref().map_or(String::new(), |id| format!("incident {id}")))?;
    say("Evidence", &format!("{file}:{} (byte {})", seen.evidence.line, seen.evidence.offset))?;
    say("auditID", &text(&seen.audit_id))
}

fn request(finding: &Finding) -> String {
    let seen = &finding.seen;
    let parts =
        [&seen.verb, &seen.resource, &seen.namespace, &seen.name].map(|part| part.as_deref().unwrap_or(""));
    let words: Vec<&str> = parts.into_iter().filter(|word| !word.is_empty()).collect();
    let code = seen.code.map_or(String::new(), |code| format!(" ({code})"));
    format!("{}{code}", words.join(" "))
}

/// One line for each part, `+` where it holds.
fn condition(tried: &[Tried], look: Look, out: &mut dyn Write) -> io::Result<()> {
    if tried.is_empty() {
        return writeln!(
            out,
            "\nThe record could not be found again, so that the condition cannot be tried on it."
        );
    }
    writeln!(out, "\nThe condition (+ holds, - does not) and what the event held:")?;
    for part in tried {
        let indent = 2 * part.depth;
        let sign = if part.holds { '+' } else { '-' };
        let is_field = !matches!(part.text.as_str(), "all of" | "any of" | "not");
        let held = match part.values.as_slice() {
            [] if is_field => "  [nothing]".to_owned(),
            [] => String::new(),
            values => format!("  [{}]", values.join(", ")),
        };
        let text = escape::terminal(&format!("{}{held}", part.text)).into_owned();
        let lines = figure::wrap(&text, look.columns().saturating_sub(indent + 4).max(20));
        for (at, line) in lines.iter().enumerate() {
            let sign = if at == 0 { sign } else { ' ' };
            writeln!(out, "  {:indent$}{sign} {line}", "")?;
        }
    }
    Ok(())
}

const EVENTS: [Column; 6] = [
    left("TIME", 14, 19, 0, 0),
    left("RULE", 14, 50, 2, 1),
    left("PRINCIPAL", 14, 60, 3, 2),
    left("SOURCE IP", 12, 39, 4, 3),
    left("REQUEST", 14, 60, 1, 1),
    left("EVIDENCE", 16, 60, 5, 4),
];

fn events(episode: Option<&Episode>, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(episode) = episode else { return Ok(()) };
    let least = if episode.at_least { "at least " } else { "" };
    let noun = if episode.kind == "value_count" { "value" } else { "event" };
    let mut say = |label: &str, text: &str| overview::line(out, report.look, label, &escape::terminal(text));
    say("Kind", episode.kind)?;
    say("Group", &episode.group_text())?;
    say("Counted", &format!("{least}{}; measured {}", figure::count(episode.count, noun), episode.value))?;
    writeln!(out, "\nThe first and the last of its events:")?;
    let row = |mark: &'_ Mark| -> Vec<Cell<'static>> {
        let rule = report.rules.get(mark.rule as usize).map_or(String::new(), |rule| rule.id.clone());
        let text = |text: &Option<Box<str>>| text.as_deref().unwrap_or_default().to_owned();
        vec![
            cells::second(Some(mark.time), report.look.zone),
            Cell::new(rule),
            Cell::new(text(&mark.principal)),
            Cell::new(text(&mark.source_ip)),
            Cell::new(mark.deed.to_string()),
            cells::evidence(&mark.evidence, report.read.file(&mark.evidence)),
        ]
    };
    let rows: Vec<Vec<Cell<'_>>> = episode.marks.iter().map(row).collect();
    overview::table(out, report.look, &EVENTS, &rows)
}

const ACCOUNT: [Column; 9] = [
    left("WINDOW", 11, 16, 0, 0),
    left("TERM", 24, 90, 1, 1),
    left("PEERS", 7, 14, 8, 0),
    right("AMOUNT", 6, 7),
    right("P(ANY)", 7, 5),
    right("P(AS MUCH)", 10, 6),
    right("EVIDENCE", 8, 3),
    right("COUNTS", 6, 4),
    right("ADDS", 5, 2),
];

fn arithmetic(account: &Account, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let (own, all) = account.history;
    let short = if account.is_short { " (limited history: levels are higher)" } else { "" };
    let [low, medium, high] = account.levels;
    overview::line(
        out,
        look,
        "History",
        &format!("active in {own} of {all} windows of five minutes{short}"),
    )?;
    overview::line(out, look, "Levels", &format!("low from {low}, medium from {medium}, high from {high}"))?;
    overview::line(out, look, "Score", &format!("{:.2}, the highest total of its windows", account.score))?;
    writeln!(out)?;
    let rows: Vec<Vec<Cell<'_>>> = account.windows.iter().flat_map(|sum| window(sum, look.zone)).collect();
    overview::table(out, look, &ACCOUNT, &rows)?;
    writeln!(out)?;
    let [half_life, offset, from, cap] = account.sum;
    for text in [
        "P(ANY) is how likely a window of this entity shows anything of the kind, by its own history and that of its \
         peers; P(AS MUCH) how likely it then shows as much. Evidence of news is -log10 of their product, less than one \
         whole value in part; evidence of a count is the same less an offset for what happens every day."
            .to_owned(),
        "COUNTS is the evidence with its cap; of two kinds of denials the lesser counts in part. ADDS is what the score \
         of the window takes of it: of sensitive counters, and of the others, the one that tells most."
            .to_owned(),
        format!(
            "The total adds what windows before have left: halved every {half_life:.0} h, less {offset} for each window, \
             at most {cap}, in windows of {from} and more."
        ),
    ] {
        figure::wrap(&text, look.columns()).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

fn number(number: f64) -> Cell<'static> {
    Cell::new(format!("{number:.2}"))
}

fn chance(number: f64) -> Cell<'static> {
    Cell::new(format!("{number:.5}"))
}

fn window(sum: &Sum, zone: Zone) -> Vec<Vec<Cell<'static>>> {
    let mut rows: Vec<Vec<Cell<'static>>> = Vec::new();
    for line in &sum.lines {
        rows.push(term(line));
        rows.extend(line.values.iter().map(value));
    }
    let (identity, deeds) = sum.parts();
    let hour = if sum.when > 0.0 { format!(" + {:.2} for the hour", sum.when) } else { String::new() };
    let text = format!("score: ({identity:.2} + {deeds:.2} x {:.2}{hour}) x {:.2}", sum.reaction, sum.start);
    rows.push(result(text, sum.own));
    if sum.offset > 0.0 {
        let time = if sum.period < DAY { "an hour" } else { "a day" };
        rows.push(result(format!("total over {time}, less {:.1}", sum.offset), sum.total));
    } else if let Some(since) = sum.since {
        let since = zone.show(since, "%m-%d %H:%M");
        rows.push(result(format!("total with windows since {since}"), sum.total));
    }
    if let Some(first) = rows.first_mut() {
        first[0] = cells::minute(Some(sum.time), zone);
    }
    rows
}

fn term(line: &Line) -> Vec<Cell<'static>> {
    let of = |text: fn(&crate::anomaly::Chance) -> Cell<'static>| {
        line.chance.as_ref().map_or(Cell::default(), text)
    };
    vec![
        Cell::default(),
        Cell::new(line.name),
        Cell::default(),
        of(|one| number(one.amount)),
        of(|one| chance(one.any)),
        of(|one| chance(one.tail)),
        number(line.evidence),
        number(line.counts),
        number(line.counts * line.weight),
    ]
}

fn value(worth: &Worth) -> Vec<Cell<'static>> {
    let mut row = vec![Cell::default(); ACCOUNT.len()];
    row[1] = Cell::new(format!("  {}", worth.text));
    row[2] = Cell::new(format!("{} of {}", worth.peers.seen, worth.peers.others));
    row[3] = number(worth.weight);
    row
}

fn result(text: String, total: f64) -> Vec<Cell<'static>> {
    let mut row = vec![Cell::default(); ACCOUNT.len()];
    row[1] = Cell::new(text);
    row[ACCOUNT.len() - 1] = number(total);
    row
}
