//! What each finding is worth.

use super::About;
use super::clue::{Clue, Who};
use super::tuning::Tuning;
use crate::anomaly::{Profile, time_of};
use crate::finding::Finding;
use crate::rule::Level;
use crate::time::DAY;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Gives each clue its points.
pub fn weigh(clues: &mut [Clue], findings: &[Finding], about: &About<'_>, tuning: &Tuning) {
    let habits = Habits::of(clues, findings, about);
    let points = |clue: &Clue| {
        findings.get(clue.at).map_or(0.0, |finding| points(clue, finding, &habits, about, tuning))
    };
    let all: Vec<f64> = clues.par_iter().map(points).collect();
    clues.iter_mut().zip(all).for_each(|(clue, points)| clue.points = points);
    fuse(clues, findings, about, tuning);
}

fn points(clue: &Clue, finding: &Finding, habits: &Habits<'_>, about: &About<'_>, tuning: &Tuning) -> f64 {
    if let Some(deviation) = &finding.deviation {
        return deviation.score;
    }
    let mut points = tuning.points[about.level(finding) as usize];
    if matches!(finding.seen.outcome, Some("denied" | "unauthenticated" | "failed")) {
        points *= tuning.refused;
    }
    let (first, last) = habits.span(finding.seen.cluster.as_deref());
    let length = last.saturating_sub(first);
    if length < tuning.long {
        return points;
    }
    if clue.from.saturating_sub(first) < tuning.start {
        points *= tuning.start_factor;
    }
    let days = clue.first_who().map_or(0, |who| habits.days(who, finding.rule));
    if days >= tuning.habit_days && days as f64 >= tuning.habit_part * length as f64 / DAY as f64 {
        points *= tuning.habit;
    }
    points
}

/// What is usual: on which days a rule found something about somebody, and how long that was watched.
struct Habits<'c> {
    days: BTreeMap<(&'c Who, u32), BTreeSet<i64>>,
    /// First and last event of each cluster that has a profile, and of all.
    spans: BTreeMap<Box<str>, (i64, i64)>,
    span: (i64, i64),
}

impl<'c> Habits<'c> {
    fn of(clues: &'c [Clue], findings: &[Finding], about: &About<'_>) -> Habits<'c> {
        let mut habits = Habits {
            days: BTreeMap::new(),
            spans: spans(about.profile),
            span: about.span.unwrap_or_default(),
        };
        for clue in clues {
            let (Some(finding), Some(who)) = (findings.get(clue.at), clue.first_who()) else { continue };
            // What is grave does not become harmless by being done again.
            if about.level(finding) < Level::High {
                habits.days.entry((who, finding.rule)).or_default().insert(clue.from.div_euclid(DAY));
            }
        }
        habits
    }

    fn span(&self, cluster: Option<&str>) -> (i64, i64) {
        self.spans.get(cluster.unwrap_or_default()).copied().unwrap_or(self.span)
    }

    fn days(&self, who: &Who, rule: u32) -> usize {
        self.days.get(&(who, rule)).map_or(0, BTreeSet::len)
    }
}

fn spans(profile: Option<&Profile>) -> BTreeMap<Box<str>, (i64, i64)> {
    let mut spans = BTreeMap::new();
    let Some(profile) = profile else { return spans };
    for (name, span) in &profile.clusters {
        if let Some((first, last)) = span.range() {
            spans.insert(profile.names.text(*name).into(), (time_of(first), time_of(last + 1)));
        }
    }
    spans
}

/// An anomaly that points at a request which a rule found as well is the surer for it.
fn fuse(clues: &mut [Clue], findings: &[Finding], about: &About<'_>, tuning: &Tuning) {
    let mut found: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    for clue in clues.iter() {
        let Some(finding) = findings.get(clue.at).filter(|finding| finding.deviation.is_none()) else {
            continue;
        };
        let adds = match about.level(finding) {
            _ if clue.points < tuning.least => continue,
            level if level >= Level::High => tuning.fusion[1],
            Level::Medium => tuning.fusion[0],
            _ => continue,
        };
        if let Some(request) = request(finding, finding.seen.audit_id.as_deref()) {
            let known = found.entry(request).or_insert(adds);
            *known = known.max(adds);
        }
    }
    for clue in clues {
        let Some(finding) = findings.get(clue.at) else { continue };
        let Some(deviation) = &finding.deviation else { continue };
        let requests =
            deviation.pointers.iter().filter_map(|pointer| request(finding, Some(&pointer.audit_id)));
        clue.points +=
            requests.filter_map(|request| found.get(&request)).fold(0.0, |most: f64, adds| most.max(*adds));
    }
}

fn request<'f>(finding: &'f Finding, audit_id: Option<&'f str>) -> Option<(&'f str, &'f str)> {
    let id = audit_id.filter(|id| !id.is_empty())?;
    Some((finding.seen.cluster.as_deref().unwrap_or_default(), id))
}
