//! Findings that belong together, joined into incidents.
//!
//! ```text
//! findings -> clues (clue) -> points (weigh) -> groups (link) -> incidents (story)
//! ```
//!
//! A finding is a clue: about somebody, at a time, from some networks, worth some points. Clues are joined by
//! principal, by an identity that one handed to the other, and by a source network that is new to one of them.
//! A group that is worth enough becomes an incident, told tactic by tactic. Every number that decides anything
//! stands in [`Tuning`]. The order in which findings came does not matter, nor does the number of workers.

mod clue;
mod link;
mod network;
mod story;
mod tactic;
mod tuning;
mod weigh;

pub use tuning::Tuning;

use crate::anomaly::Profile;
use crate::finding::{Category, Confidence, Evidence, Finding, Incident, Link, Member, Sighting};
use crate::rule::{Level, Meta, Tactic};
use crate::tally::FileReport;
use crate::time::DAY;
use clue::{Clue, Who};
use link::Group;
use network::Networks;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The id by which reports call the detector.
pub const ID: &str = "incident";

const LEVELS: [Level; 3] = [Level::Medium, Level::High, Level::Critical];

/// The detectors as reports list them, one for each level, behind all others.
pub fn detectors() -> Vec<Meta> {
    LEVELS.map(detector).into()
}

fn detector(level: Level) -> Meta {
    let description =
        "Findings about one principal, an identity that it made, or a network that is new to it.";
    Meta::of_detector(ID, "Findings that belong together", level, description)
}

/// What is known beside the findings.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// [`Finding::rule`] is an index into it; [`detectors`] stand last.
    pub metas: &'a [Meta],
    /// Evidence points into them.
    pub files: &'a [FileReport],
    /// Tells who uses which networks; without one no network joins anybody.
    pub profile: Option<&'a Profile>,
    /// Of all events.
    pub span: Option<(i64, i64)>,
}

impl About<'_> {
    fn meta(&self, finding: &Finding) -> &Meta {
        &self.metas[finding.rule as usize]
    }

    fn level(&self, finding: &Finding) -> Level {
        self.meta(finding).level
    }

    fn id(&self, finding: &Finding) -> Box<str> {
        let file = self.files.get(finding.seen.evidence.file as usize).map_or("?", |file| &file.name);
        finding.id(self.meta(finding), file).into()
    }
}

/// Puts incidents, the worst first, before the findings, which then say what they are part of.
pub fn join(findings: &mut Vec<Finding>, about: About<'_>, tuning: &Tuning) {
    let clue = |(at, one)| Clue::of(at, about.id(one), one);
    let mut clues: Vec<Clue> = findings.par_iter().enumerate().filter_map(clue).collect();
    weigh::weigh(&mut clues, findings, &about, tuning);
    let networks = about.profile.map(|profile| Networks::of(profile, &clues, tuning)).unwrap_or_default();
    let groups = link::link(&clues, &networks, tuning);
    let joiner = Joiner { clues: &clues, findings, about, tuning };
    let mut formed: Vec<Formed> = groups.into_par_iter().filter_map(|group| joiner.form(group)).collect();
    joiner.add_weak(&mut formed);
    let mut incidents: Vec<(Finding, Vec<usize>)> =
        formed.into_par_iter().filter_map(|formed| joiner.tell(formed)).collect();
    let score = |finding: &Finding| finding.incident.as_ref().map_or(0.0, |incident| incident.score);
    incidents
        .sort_by(|a, b| score(&b.0).total_cmp(&score(&a.0)).then_with(|| a.0.seen.time.cmp(&b.0.seen.time)));
    for (incident, members) in &incidents {
        let id = about.id(incident);
        for at in members {
            findings[*at].part_of = Some(id.clone());
        }
    }
    findings.splice(0..0, incidents.into_iter().map(|(incident, _)| incident));
}

/// A group that is worth telling.
struct Formed {
    score: f64,
    /// Indices of the clues that decided.
    strong: Vec<usize>,
    /// Those that fall into it, by whoever they are about.
    weak: Vec<usize>,
    links: BTreeSet<link::Why>,
}

struct Joiner<'j> {
    clues: &'j [Clue],
    findings: &'j [Finding],
    about: About<'j>,
    tuning: &'j Tuning,
}

impl Joiner<'_> {
    fn form(&self, group: Group) -> Option<Formed> {
        let Group { clues: strong, links } = group;
        let score = self.score(&strong);
        if score < self.tuning.levels[0] || strong.len() < 2 {
            return None;
        }
        let most = strong.iter().map(|at| self.clues[*at].points).fold(0.0, f64::max);
        let tells = most >= self.tuning.alone || self.lasts(&strong) || !self.is_alone(&strong);
        tells.then_some(Formed { score, strong, weak: Vec::new(), links })
    }

    /// The points of each rule about each actor, the strongest in full, each further one for less.
    fn score(&self, clues: &[usize]) -> f64 {
        let mut best: BTreeMap<(u32, Option<&Who>), f64> = BTreeMap::new();
        for at in clues {
            let clue = &self.clues[*at];
            let key = (self.findings[clue.at].rule, clue.first_who());
            best.entry(key).and_modify(|known| *known = known.max(clue.points)).or_insert(clue.points);
        }
        let mut points: Vec<f64> = best.into_values().collect();
        points.sort_by(|a, b| b.total_cmp(a));
        points.iter().rev().fold(0.0, |sum, points| points + self.tuning.fade * sum)
    }

    /// Whether it goes on for days, however little shows of it at a time.
    fn lasts(&self, clues: &[usize]) -> bool {
        let days: BTreeSet<i64> = clues.iter().map(|at| self.clues[*at].from.div_euclid(DAY)).collect();
        days.len() >= self.tuning.lasting
    }

    /// Whether it is one thing that one actor did.
    fn is_alone(&self, clues: &[usize]) -> bool {
        let who: BTreeSet<&Who> = clues.iter().flat_map(|at| &self.clues[*at].who).collect();
        let some: Vec<&Clue> = clues.iter().map(|at| &self.clues[*at]).collect();
        let (_, _, story) = story::tell(&some, self.findings, &self.about);
        let tactics: BTreeSet<Tactic> = story.iter().map(|step| step.tactic).collect();
        who.len() < 2 && tactics.len() < 2
    }

    /// Adds to each what its actors did at the time, though it is worth little by itself or tells of others too.
    fn add_weak(&self, formed: &mut [Formed]) {
        let mut spans: BTreeMap<Who, Vec<(i64, i64, usize)>> = BTreeMap::new();
        for (place, one) in formed.iter().enumerate() {
            let mut own: BTreeMap<&Who, (i64, i64)> = BTreeMap::new();
            for clue in one.strong.iter().map(|at| &self.clues[*at]) {
                for who in &clue.who {
                    let span = own.entry(who).or_insert((clue.from, clue.to));
                    *span = (span.0.min(clue.from), span.1.max(clue.to));
                }
            }
            for (who, (from, to)) in own {
                let around = self.tuning.around;
                spans.entry(who.clone()).or_default().push((from - around, to.saturating_add(around), place));
            }
        }
        let taken: BTreeSet<usize> = formed.iter().flat_map(|one| &one.strong).copied().collect();
        for (at, clue) in self.clues.iter().enumerate().filter(|(at, _)| !taken.contains(at)) {
            let falls = |span: &&(i64, i64, usize)| span.0 <= clue.from && clue.to <= span.1;
            let own = clue.who.iter().filter_map(|who| spans.get(who)?.iter().find(falls));
            if let Some((_, _, place)) = own.min_by_key(|span| span.2) {
                formed[*place].weak.push(at);
            }
        }
    }

    fn tell(&self, formed: Formed) -> Option<(Finding, Vec<usize>)> {
        let Formed { score, strong, weak, links } = formed;
        let mut all: Vec<&Clue> = strong.iter().chain(&weak).map(|at| &self.clues[*at]).collect();
        all.sort_by(|a, b| a.order().cmp(&b.order()));
        let (order, actors, story) = story::tell(&all, self.findings, &self.about);
        let members: Vec<Member> = all.iter().map(|clue| self.member(clue)).collect();
        let strong: Vec<&Clue> = strong.iter().map(|at| &self.clues[*at]).collect();
        let is_certain = |clue: &Clue| self.findings[clue.at].category == Category::Rule;
        let first = strong.iter().min_by_key(|clue| (!is_certain(clue), clue.order()))?;
        let [_, high, _] = self.tuning.levels;
        let incident = Incident {
            confidence: if score >= high { Confidence::High } else { Confidence::Medium },
            score,
            from: strong.iter().map(|clue| clue.from).min()?,
            to: strong.iter().map(|clue| clue.to).max()?,
            actors,
            story,
            links: links_of(links, &order),
            members,
            anchor: first.id.clone(),
        };
        let level = self.level(score, &strong);
        let rule = (self.about.metas.len() - LEVELS.len() + level) as u32;
        let seen = common(&incident, incident.story.first()?.evidence.clone());
        let finding =
            Finding { incident: Some(Box::new(incident)), ..Finding::new(rule, Category::Incident, seen) };
        Some((finding, all.iter().map(|clue| clue.at).collect()))
    }

    /// An index into [`LEVELS`]. However many findings there are, a high incident holds a grave one, and a critical
    /// incident several kinds of them, or a critical one.
    fn level(&self, score: f64, strong: &[&Clue]) -> usize {
        let by_score = self.tuning.levels.iter().rposition(|from| score >= *from).unwrap_or(0);
        let rules: BTreeSet<u32> = strong.iter().map(|clue| self.findings[clue.at].rule).collect();
        let levels = || rules.iter().map(|rule| self.about.metas[*rule as usize].level);
        let grave = levels().filter(|level| *level >= Level::High).count();
        let backed = match grave {
            _ if levels().any(|level| level == Level::Critical) => 2,
            grave if grave >= self.tuning.grave => 2,
            0 => 0,
            _ => 1,
        };
        by_score.min(backed)
    }

    fn member(&self, clue: &Clue) -> Member {
        let finding = &self.findings[clue.at];
        Member { id: clue.id.clone(), rule: finding.rule, time: finding.seen.time, points: clue.points }
    }
}

/// By the places of the actors; each pair once for each bond.
fn links_of(links: BTreeSet<link::Why>, order: &[Who]) -> Vec<Link> {
    let places: BTreeMap<&Who, usize> = order.iter().zip(0..).collect();
    let links: BTreeSet<Link> = links
        .iter()
        .filter_map(|(by, value, one, other)| {
            let (one, other) = (*places.get(one)?, *places.get(other)?);
            Some(Link { by: *by, value: value.clone(), actors: (one.min(other), one.max(other)) })
        })
        .collect();
    links.into_iter().collect()
}

/// What all actors have in common.
fn common(incident: &Incident, evidence: Evidence) -> Sighting {
    fn same<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }
    let addresses = incident.actors.iter().flat_map(|actor| &actor.addresses);
    Sighting {
        time: Some(incident.from),
        cluster: same(incident.actors.iter().map(|actor| actor.cluster.as_deref())).flatten().map(Arc::from),
        principal: same(incident.actors.iter().map(|actor| &actor.name)).cloned(),
        source_ip: same(addresses).cloned(),
        ..Sighting::at(evidence)
    }
}

#[cfg(test)]
mod tests;
