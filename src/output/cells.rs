//! Cells that several tables have.

use super::escape;
use super::grid::Cell;
use super::{Report, figure};
use crate::finding::{Evidence, Finding, Incident, Shown, Sighting};
use crate::rule::Level;
use crate::time::Zone;

/// Who acted; where somebody acted as somebody else, both; and the person behind a shared name.
pub fn principal(seen: &Sighting) -> Cell<'_> {
    let name = seen.principal.as_deref().unwrap_or_default();
    let name = if name.is_empty() { "(none)" } else { name };
    let cell = match (seen.person.as_deref(), seen.user.as_deref()) {
        (Some(person), Some(user)) => Cell::new(format!("{name} (by {user}, {person})")).or(person),
        (Some(person), None) => Cell::new(format!("{name} ({person})")).or(person),
        (None, Some(user)) => Cell::new(format!("{name} (by {user})")).or(name),
        (None, None) => Cell::new(name),
    };
    match name.strip_prefix("system:serviceaccount:") {
        Some(account) => cell.or(format!("sa:{account}")).keep_end(),
        None => cell,
    }
}

/// A principal's name, that of a service account without what all have in common.
pub fn name(name: &str) -> Cell<'_> {
    match name.strip_prefix("system:serviceaccount:") {
        _ if name.is_empty() => Cell::new("(none)"),
        Some(account) => Cell::new(name).or(format!("sa:{account}")).keep_end(),
        None => Cell::new(name),
    }
}

/// Who acted; of an episode without a common principal, what its events were grouped by; of an incident, whoever
/// did most.
pub fn who(finding: &Finding) -> Cell<'_> {
    if let Some(incident) = &finding.incident {
        return actors(incident);
    }
    match &finding.episode {
        Some(episode) if finding.seen.principal.is_none() => Cell::new(episode.group_text()),
        _ => principal(&finding.seen),
    }
}

/// `jane@example.com and 2 more`.
fn actors(incident: &Incident) -> Cell<'_> {
    let mut names: Vec<&str> = Vec::new();
    for actor in &incident.actors {
        if !names.contains(&&*actor.name) {
            names.push(&actor.name);
        }
    }
    let first = names.first().copied().unwrap_or_default();
    let short =
        first.strip_prefix("system:serviceaccount:").map_or(first.to_owned(), |name| format!("sa:{name}"));
    let first = if first.is_empty() { "(none)" } else { first };
    match names.len() {
        0 | 1 => Cell::new(first).or(if short.is_empty() { "(none)".to_owned() } else { short }),
        many => {
            Cell::new(format!("{first} and {} more", many - 1)).or(format!("{short} +{}", many - 1)).or(short)
        }
    }
}

/// `discovery, credential access, impact`, or in short `discovery +2`.
pub fn tactics(incident: &Incident) -> Cell<'_> {
    let titles: Vec<&str> = incident.tactics().iter().map(|tactic| tactic.title()).collect();
    let some = (1..titles.len())
        .rev()
        .map(|count| format!("{} +{}", titles[..count].join(", "), titles.len() - count));
    some.fold(Cell::new(titles.join(", ")), |cell, shorter| cell.or(shorter))
}

/// What was done; of an episode how often, or how many different values there were.
pub fn deed(finding: &Finding) -> Cell<'_> {
    let Some(episode) = finding.episode.as_deref() else { return what(&finding.seen) };
    let noun = if episode.kind == "value_count" { "value" } else { "event" };
    let count = match episode.at_least {
        true => format!("{}+ {noun}s", figure::thousands(episode.count)),
        false => figure::count(episode.count, noun),
    };
    let [verb, resource] = [&finding.seen.verb, &finding.seen.resource].map(|word| word.as_deref());
    match [verb, resource].into_iter().flatten().collect::<Vec<_>>().join(" ") {
        common if common.is_empty() => Cell::new(count),
        common => Cell::new(format!("{count}: {common}")).or(count),
    }
}

/// What was done, and how it ended where it was not allowed: `delete pods (denied)`. The API group goes first
/// when there is no room, then the outcome becomes its code.
pub fn what(seen: &Sighting) -> Cell<'_> {
    let verb = seen.verb.as_deref().unwrap_or_default();
    let path = || seen.uri.as_deref().map(|uri| uri.split('?').next().unwrap_or_default());
    let object = seen.resource.as_deref().or_else(path).unwrap_or_default();
    let deed = |object: &str| format!("{verb} {object}").trim().to_owned();
    let (long, short) = (deed(object), deed(&without_group(object)));
    match (seen.outcome, seen.code) {
        (None | Some("allowed"), _) => Cell::new(long).or(short),
        (Some(outcome), code) => {
            let code = code.map_or(String::new(), |code| format!(" {code}"));
            let cell = Cell::new(format!("{long} ({outcome})")).or(format!("{short} ({outcome})"));
            cell.or(format!("{short}{code}")).or(short)
        }
    }
}

/// What the rule shows besides, fields by the last part of their names: `command: sh -c id; image: nginx`.
pub fn detail(seen: &Sighting) -> String {
    let short = |shown: &Shown| {
        let name = shown.field.rsplit('.').next().unwrap_or_default();
        format!("{name}: {}", shown.values.join(", "))
    };
    seen.fields.iter().map(short).collect::<Vec<_>>().join("; ")
}

/// `deployments.apps/scale` as `deployments/scale`; paths stay as they are.
fn without_group(resource: &str) -> String {
    let (name, sub) = resource.split_once('/').map_or((resource, None), |(name, sub)| (name, Some(sub)));
    match (name.split_once('.'), sub) {
        (Some((plain, _)), Some(sub)) if !plain.is_empty() => format!("{plain}/{sub}"),
        (Some((plain, _)), None) => plain.to_owned(),
        _ => resource.to_owned(),
    }
}

/// A time to the minute.
pub fn minute(time: Option<i64>, zone: Zone) -> Cell<'static> {
    let Some(time) = time else { return Cell::new("") };
    Cell::new(zone.show(time, "%Y-%m-%d %H:%M")).or(zone.show(time, "%m-%d %H:%M"))
}

/// A time to the second.
pub fn second(time: Option<i64>, zone: Zone) -> Cell<'static> {
    let Some(time) = time else { return Cell::new("") };
    Cell::new(zone.show(time, "%Y-%m-%d %H:%M:%S")).or(zone.show(time, "%m-%d %H:%M:%S"))
}

/// `logs/audit.log:42`, or in short `audit:42`.
pub fn evidence(evidence: &Evidence, file: &str) -> Cell<'static> {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = name.split('.').next().unwrap_or(name);
    let at = |name: &str| format!("{name}:{}", evidence.line);
    Cell::new(at(file)).or(at(name)).or(at(stem)).keep_end()
}

/// As text: `logs/audit.log:42`.
pub fn place(evidence: &Evidence, file: &str) -> String {
    format!("{}:{}", escape::terminal(file), evidence.line)
}

/// `2 critical, 10 high`: the levels that occur, the worst first.
pub fn levels(report: &Report<'_>) -> String {
    let counts = super::by_level(report);
    let some = Level::ALL.iter().zip(counts).rev().filter(|(_, count)| *count > 0);
    let parts: Vec<String> =
        some.map(|(level, count)| format!("{} {level}", figure::thousands(count))).collect();
    parts.join(", ")
}
