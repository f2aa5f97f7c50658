//! An incident told: who, after what, in which order.

use super::About;
use super::clue::{Clue, Who, of_mark, requester};
use super::tactic::of_request;
use crate::event::direction_of;
use crate::finding::{Actor, Deviation, Evidence, Finding, Mark, Pointer, Sighting, Step};
use crate::rule::Tactic;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Addresses of one actor that are named.
const ADDRESSES: usize = 20;

/// One request that a finding points at.
#[derive(Clone, Debug)]
struct Moment {
    tactic: Tactic,
    time: i64,
    who: Who,
    source_ip: Option<Box<str>>,
    request: Box<str>,
    evidence: Evidence,
    stage: Option<Box<str>>,
    audit_id: Option<Box<str>>,
    writes: bool,
    /// Of the finding.
    points: f64,
    at: usize,
}

impl Moment {
    /// Of two, the one that tells more; equals by what they say, so that the order of the input does not matter.
    fn tells(&self, other: &Moment) -> Ordering {
        let by_time =
            (other.time, &other.request, &other.audit_id).cmp(&(self.time, &self.request, &self.audit_id));
        self.points.total_cmp(&other.points).then(by_time)
    }
}

/// The actors and the steps of these clues.
pub fn tell(clues: &[&Clue], findings: &[Finding], about: &About<'_>) -> (Vec<Who>, Vec<Actor>, Vec<Step>) {
    let moments: Vec<Moment> =
        clues.iter().flat_map(|clue| moments(clue, findings.get(clue.at), about)).collect();
    let order = order(clues, &moments);
    let actors = actors(&order, &moments);
    let places: BTreeMap<&Who, usize> = order.iter().zip(0..).collect();
    let mut of_step: BTreeMap<(usize, Tactic), Vec<&Moment>> = BTreeMap::new();
    for moment in &moments {
        if let Some(actor) = places.get(&moment.who) {
            of_step.entry((*actor, moment.tactic)).or_default().push(moment);
        }
    }
    let mut steps: Vec<Step> =
        of_step.into_iter().filter_map(|(key, moments)| step(key, &moments, findings, about)).collect();
    steps.sort_by_key(|step| (step.first, step.tactic, step.actor));
    (order, actors, steps)
}

/// The actors, the one with most points first.
fn order(clues: &[&Clue], moments: &[Moment]) -> Vec<Who> {
    let named: BTreeSet<&Who> = moments.iter().map(|moment| &moment.who).collect();
    let mut points: BTreeMap<&Who, f64> = named.into_iter().map(|who| (who, 0.0)).collect();
    for clue in clues {
        for who in &clue.who {
            points.entry(who).and_modify(|sum| *sum += clue.points);
        }
    }
    let mut order: Vec<(&Who, f64)> = points.into_iter().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    order.into_iter().map(|(who, _)| who.clone()).collect()
}

fn actors(order: &[Who], moments: &[Moment]) -> Vec<Actor> {
    let mut addresses: BTreeMap<&Who, BTreeSet<&str>> = BTreeMap::new();
    for moment in moments {
        addresses.entry(&moment.who).or_default().extend(moment.source_ip.as_deref());
    }
    let actor = |who: &Who| Actor {
        cluster: Some(&who.cluster).filter(|name| !name.is_empty()).cloned(),
        name: who.name.clone(),
        addresses: addresses
            .get(who)
            .into_iter()
            .flatten()
            .take(ADDRESSES)
            .map(|text| Box::from(*text))
            .collect(),
    };
    order.iter().map(actor).collect()
}

fn step(
    (actor, tactic): (usize, Tactic),
    moments: &[&Moment],
    findings: &[Finding],
    about: &About<'_>,
) -> Option<Step> {
    let best = moments.iter().max_by(|a, b| a.tells(b))?;
    let of: BTreeSet<usize> = moments.iter().map(|moment| moment.at).collect();
    let mut rules: Vec<(f64, &str)> = Vec::new();
    for moment in moments {
        let Some(finding) = findings.get(moment.at) else { continue };
        let id = &*about.meta(finding).id;
        match rules.iter_mut().find(|(_, known)| *known == id) {
            Some((points, _)) => *points = points.max(moment.points),
            None => rules.push((moment.points, id)),
        }
    }
    rules.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    Some(Step {
        tactic,
        first: moments.iter().map(|moment| moment.time).min()?,
        last: moments.iter().map(|moment| moment.time).max()?,
        actor,
        source_ip: best.source_ip.clone(),
        request: best.request.clone(),
        evidence: best.evidence.clone(),
        stage: best.stage.clone(),
        audit_id: best.audit_id.clone(),
        rules: rules.into_iter().map(|(_, id)| id.into()).collect(),
        count: of.len() as u64,
        writes: moments.iter().any(|moment| moment.writes),
    })
}

fn moments(clue: &Clue, finding: Option<&Finding>, about: &About<'_>) -> Vec<Moment> {
    let Some(finding) = finding else { return Vec::new() };
    let cluster = finding.seen.cluster.as_deref();
    match (&finding.deviation, &finding.episode) {
        (Some(deviation), _) => of_deviation(clue, finding, deviation),
        (_, Some(episode)) => {
            let tactic = about.meta(finding).tactic();
            episode.marks.iter().map(|mark| at_mark(clue, mark, tactic, cluster)).collect()
        }
        _ => vec![of_request_of(clue, finding, about)],
    }
}

fn of_request_of(clue: &Clue, finding: &Finding, about: &About<'_>) -> Moment {
    let seen = &finding.seen;
    Moment {
        tactic: about.meta(finding).tactic(),
        time: clue.from,
        who: requester(seen),
        source_ip: seen.source_ip.clone(),
        request: deed(seen).into(),
        evidence: seen.evidence.clone(),
        stage: seen.stage.clone(),
        audit_id: seen.audit_id.clone(),
        writes: seen.verb.as_deref().is_some_and(|verb| direction_of(verb) == "write"),
        points: clue.points,
        at: clue.at,
    }
}

fn at_mark(clue: &Clue, mark: &Mark, tactic: Tactic, cluster: Option<&str>) -> Moment {
    Moment {
        tactic,
        time: mark.time,
        who: of_mark(mark, cluster),
        source_ip: mark.source_ip.clone(),
        request: mark.deed.clone(),
        evidence: mark.evidence.clone(),
        stage: mark.stage.clone(),
        audit_id: mark.audit_id.clone(),
        writes: direction_of(mark.deed.split(' ').next().unwrap_or_default()) == "write",
        points: clue.points,
        at: clue.at,
    }
}

/// The requests that an anomaly points at; a detection without any is told all the same.
fn of_deviation(clue: &Clue, finding: &Finding, deviation: &Deviation) -> Vec<Moment> {
    let requests = deviation.pointers.iter().filter(|pointer| !pointer.verb.is_empty());
    let mut all: Vec<Moment> = requests.map(|pointer| at_pointer(clue, finding, pointer)).collect();
    if all.is_empty() {
        all.push(Moment {
            tactic: Tactic::Other,
            time: clue.from,
            who: clue.first_who().cloned().unwrap_or_else(|| requester(&finding.seen)),
            source_ip: finding.seen.source_ip.clone(),
            request: deviation.brief.as_str().into(),
            evidence: finding.seen.evidence.clone(),
            stage: None,
            audit_id: finding.seen.audit_id.clone(),
            writes: deviation.writes,
            points: clue.points,
            at: clue.at,
        });
    }
    all
}

fn at_pointer(clue: &Clue, finding: &Finding, pointer: &Pointer) -> Moment {
    let Pointer { verb, path, code, .. } = pointer;
    let end = code.filter(|code| *code >= 400).map_or(String::new(), |code| format!(" ({code})"));
    let own = requester(&finding.seen);
    let of_source = Who::new(finding.seen.cluster.as_deref(), "", Some(&pointer.source_ip));
    Moment {
        tactic: of_request(verb, path, *code),
        time: pointer.time,
        who: if clue.who.contains(&own) { own } else { of_source },
        source_ip: Some(pointer.source_ip.clone()).filter(|address| !address.is_empty()),
        request: format!("{verb} {path}{end}").into(),
        evidence: pointer.evidence.clone(),
        stage: Some(pointer.stage).filter(|stage| !stage.is_empty()).map(Box::from),
        audit_id: Some(pointer.audit_id.clone()).filter(|id| !id.is_empty()),
        writes: direction_of(verb) == "write",
        points: clue.points,
        at: clue.at,
    }
}

/// `create pods/exec web/frontend (denied)`.
fn deed(seen: &Sighting) -> String {
    let text = |text: &'_ Option<Box<str>>| text.as_deref().unwrap_or_default().to_owned();
    let path = seen.uri.as_deref().and_then(|uri| uri.split('?').next()).map(str::to_owned);
    let object = seen.resource.as_deref().map(str::to_owned).or(path).unwrap_or_default();
    let place = [text(&seen.namespace), text(&seen.name)];
    let place: Vec<&str> = place.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let outcome = seen.outcome.filter(|outcome| *outcome != "allowed");
    let outcome = outcome.map_or(String::new(), |outcome| format!("({outcome})"));
    let impersonated = seen.user.as_ref().and(seen.principal.as_deref());
    let as_whom = impersonated.map_or(String::new(), |name| format!("as {name}"));
    let words = [text(&seen.verb), object, place.join("/"), as_whom, outcome];
    words.iter().filter(|word| !word.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}
