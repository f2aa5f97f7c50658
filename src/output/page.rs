//! One incident on a page: who, from where, when, what for, the evidence, and where to look next.

use super::finding::{id_cell, level};
use super::grid::{Cell, Column};
use super::{Report, advice, cells, escape, figure, overview};
use crate::finding::{Actor, Bond, Finding, Incident, Link};
use crate::rule::Meta;
use crate::time::{self, HOUR};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Actors that are named at the head, and for whom hunts are proposed.
const ACTORS: usize = 20;

const STORY: [Column; 7] = [
    Column::text("TIME", 11, 16, 0, 0),
    Column::text("TACTIC", 12, 20, 1, 0),
    Column::text("PRINCIPAL", 14, 50, 3, 3),
    Column::text("SOURCE IP", 12, 39, 5, 3),
    Column::text("REQUEST", 20, 90, 2, 2),
    Column::text("FOUND BY", 14, 60, 4, 4),
    Column::text("EVIDENCE", 16, 60, 6, 5),
];

const FINDINGS: [Column; 10] = [
    Column::text("ID", 8, 8, 0, 0),
    Column::text("TIME", 14, 19, 1, 0),
    Column::text("LEVEL", 5, 5, 4, 0),
    Column::text("RULE", 14, 40, 2, 1),
    Column::text("PRINCIPAL", 14, 50, 6, 3),
    Column::text("WHAT", 16, 44, 3, 2),
    Column::text("SOURCE IP", 12, 39, 7, 3),
    Column::number("POINTS", 6, 6, 5, 0),
    Column::text("DETAIL", 20, 60, 9, 4),
    Column::text("EVIDENCE", 16, 60, 8, 5),
];

/// `inputs` are what the user named, for commands that can be copied. `finding` is the incident, and the report holds
/// the findings that it joins.
pub fn write(
    finding: &Finding,
    report: &Report<'_>,
    inputs: &[String],
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(incident) = finding.incident.as_deref() else { return Ok(()) };
    head(finding, incident, report, out)?;
    writeln!(out)?;
    let steps: Vec<Vec<Cell<'_>>> = (0..incident.story.len()).map(|at| step(incident, at, report)).collect();
    overview::table(out, report.look, &STORY, &steps)?;
    writeln!(out)?;
    let part: Vec<(&Finding, f64)> = members(incident, report);
    let rows: Vec<Vec<Cell<'_>>> = part.iter().map(|(one, points)| row(one, *points, report)).collect();
    overview::table(out, report.look, &FINDINGS, &rows)?;
    let mut weighty = part;
    weighty.sort_by(|a, b| b.1.total_cmp(&a.1));
    let advised = weighty.iter().map(|(one, _)| (*one, &report.rules[one.rule as usize]));
    advice::write(advised, report.look, out)?;
    hunts(incident, inputs, out)
}

fn head(finding: &Finding, incident: &Incident, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let look = report.look;
    let meta = &report.rules[finding.rule as usize];
    let id = finding.id(meta, "");
    overview::line(out, look, "Incident", &format!("{id}, {}, score {:.1}", meta.level, incident.score))?;
    let length = figure::duration(incident.to.saturating_sub(incident.from));
    let when = figure::period((incident.from, incident.to), look.zone);
    overview::line(out, look, "When", &format!("{when} ({length})"))?;
    for (at, actor) in incident.actors.iter().take(ACTORS).enumerate() {
        overview::line(out, look, if at == 0 { "Who" } else { "" }, &who(actor))?;
    }
    if let Some(more) = incident.actors.len().checked_sub(ACTORS).filter(|more| *more > 0) {
        overview::line(out, look, "", &format!("and {more} more"))?;
    }
    for (at, link) in incident.links.iter().take(ACTORS).enumerate() {
        overview::line(out, look, if at == 0 { "Joined by" } else { "" }, &why(link, incident))?;
    }
    overview::line(out, look, "Tactics", &incident.tactics_text())
}

/// `jane@example.com in cluster-a from 10.1.0.4, 91.240.118.7`.
fn who(actor: &Actor) -> String {
    let from = match actor.addresses.len() {
        0 => String::new(),
        _ => format!(" from {}", actor.addresses.join(", ")),
    };
    escape::terminal(&format!("{}{from}", name(actor))).into_owned()
}

/// `jane@example.com in cluster-a`.
fn name(actor: &Actor) -> String {
    let name = if actor.name.is_empty() { "(no name)" } else { &*actor.name };
    let place = actor.cluster.as_deref().map_or(String::new(), |cluster| format!(" in {cluster}"));
    format!("{name}{place}")
}

fn why(link: &Link, incident: &Incident) -> String {
    let actor = |at: usize| incident.actors.get(at).map(name).unwrap_or_default();
    let (one, other) = (actor(link.actors.0), actor(link.actors.1));
    let text = match link.by {
        Bond::Principal => format!("the same principal: {one}, {other}"),
        Bond::Finding => format!("a finding about both: {one}, {other}"),
        Bond::Identity => format!("identity {} that was handed out: {one}, {other}", link.value),
        Bond::Network => format!("network {}: {one}, {other}", link.value),
    };
    escape::terminal(&text).into_owned()
}

fn step<'a>(incident: &'a Incident, at: usize, report: &Report<'a>) -> Vec<Cell<'a>> {
    let step = &incident.story[at];
    let actor = incident.actors.get(step.actor);
    let rules = step.rules.join(", ");
    vec![
        cells::minute(Some(step.first), report.look.zone),
        Cell::new(step.tactic.title()),
        actor.map_or(Cell::default(), |actor| cells::name(&actor.name)),
        Cell::new(step.source_ip.as_deref().unwrap_or_default()),
        Cell::new(&*step.request),
        Cell::new(format!("{} ({})", rules, figure::count(step.count, "finding"))).or(rules),
        cells::evidence(&step.evidence, report.read.file(&step.evidence)),
    ]
}

/// The findings that the incident joins, by time, with what each is worth.
fn members<'a>(incident: &Incident, report: &Report<'a>) -> Vec<(&'a Finding, f64)> {
    let mut all: Vec<(&Finding, f64)> = Vec::new();
    let worth: BTreeMap<&str, f64> =
        incident.members.iter().map(|member| (&*member.id, member.points)).collect();
    for finding in report.findings.iter().filter(|finding| finding.incident.is_none()) {
        if let Some(points) = worth.get(&*id(finding, report)) {
            all.push((finding, *points));
        }
    }
    all
}

fn id(finding: &Finding, report: &Report<'_>) -> String {
    finding.id(&report.rules[finding.rule as usize], report.read.file(&finding.seen.evidence))
}

fn row<'a>(finding: &'a Finding, points: f64, report: &Report<'a>) -> Vec<Cell<'a>> {
    let rule: &Meta = &report.rules[finding.rule as usize];
    let seen = &finding.seen;
    let what = match &finding.deviation {
        Some(deviation) => Cell::new(&*deviation.brief),
        None => cells::deed(finding),
    };
    vec![
        id_cell(id(finding, report)),
        cells::second(seen.time, report.look.zone),
        level(rule.level),
        Cell::new(&*rule.id),
        cells::who(finding),
        what,
        Cell::new(seen.source_ip.as_deref().unwrap_or_default()),
        Cell::new(format!("{points:.1}")),
        Cell::new(cells::detail(seen)),
        cells::evidence(&seen.evidence, report.read.file(&seen.evidence)),
    ]
}

/// Commands that show all that the actors did, and all that came from their addresses.
fn hunts(incident: &Incident, inputs: &[String], out: &mut dyn Write) -> io::Result<()> {
    let names: BTreeSet<&str> = incident.actors.iter().map(|actor| &*actor.name).collect();
    let addresses: BTreeSet<&str> =
        incident.actors.iter().flat_map(|actor| &actor.addresses).map(|address| &**address).collect();
    let handed = incident.links.iter().filter(|link| link.by == Bond::Identity).map(|link| &*link.value);
    let who: BTreeSet<&str> = names.into_iter().chain(handed).filter(|name| !name.is_empty()).collect();
    let around = [
        format!("--since={}", time::format(incident.from.saturating_sub(HOUR))),
        format!("--until={}", time::format(incident.to.saturating_add(HOUR))),
    ];
    writeln!(out, "\nLook around")?;
    let who = who.into_iter().map(|name| format!("--principal={name}"));
    let from = addresses.into_iter().map(|address| format!("--ip={address}"));
    for selection in who.take(ACTORS).chain(from.take(ACTORS)) {
        match command(&selection, inputs, &around) {
            Some(command) => writeln!(out, "  {command}")?,
            None => writeln!(out, "  (no command: {} cannot be typed)", escape::terminal(&selection))?,
        }
    }
    Ok(())
}

/// `None` where a name holds what a terminal would hide or obey, or a pattern that means something else.
fn command(selection: &str, inputs: &[String], around: &[String]) -> Option<String> {
    let words = ["kaudit", "hunt", selection].into_iter().chain(around.iter().map(String::as_str));
    words
        .chain(inputs.iter().map(String::as_str))
        .map(escape::shell)
        .collect::<Option<Vec<_>>>()
        .map(|w| w.join(" "))
}
