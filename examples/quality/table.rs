//! What the measurement comes to.

use crate::labels::{Labelled, Labels};
use kaudit::anomaly::{Detection, Kind, Tuning, WINDOW};
use kaudit::finding::Confidence;
use std::collections::BTreeSet;

/// False detections a cluster-day at which recall is read.
pub const RATES: [f64; 7] = [0.0, 0.1, 0.25, 0.3, 0.5, 1.0, 2.0];

/// A detection, and the scenarios that it shows.
pub struct Episode {
    pub score: f64,
    pub text: String,
    /// How often as much comes by chance.
    pub weekly: Option<f64>,
    /// What history lets the score be at most.
    pub level: Confidence,
    pub attacks: BTreeSet<(String, String)>,
    pub benign: BTreeSet<String>,
}

impl Episode {
    pub fn of(detection: &Detection, labels: &Labels) -> Episode {
        let windows = detection.from / WINDOW - 1..=detection.to / WINDOW;
        let is_own = |request: &&Labelled| {
            let same = match detection.kind {
                Kind::Source => request.user.is_empty() && of_network(detection, request),
                Kind::Cluster | Kind::Resource => {
                    detection.samples().iter().any(|sample| *sample.audit_id == *request.audit_id)
                }
                Kind::Principal => request.user == *detection.eid && of_network(detection, request),
            };
            same && request.cluster == *detection.cluster && windows.contains(&i64::from(request.window))
        };
        let own: Vec<&Labelled> = labels.requests.iter().filter(is_own).collect();
        let attack = own.iter().filter(|request| request.attack);
        let benign = own.iter().filter(|request| !request.attack);
        let why = detection.reasons.first().map_or(String::new(), |reason| reason.said());
        let at = kaudit::time::format(detection.from);
        let eid = &detection.eid;
        let whole = format!("{} {} {eid} | {why}", &at[5..16], detection.cluster);
        Episode {
            score: detection.score,
            weekly: detection.weekly,
            level: detection.confidence,
            text: whole.chars().take(260).collect(),
            attacks: attack.map(|request| (request.scenario.clone(), request.cluster.clone())).collect(),
            benign: benign.map(|request| request.scenario.clone()).collect(),
        }
    }

    /// Whether it is of a level or above, which scores reach from `from` on.
    fn is_of(&self, (level, from): (Confidence, f64)) -> bool {
        self.score >= from && self.level >= level
    }

    fn is_false(&self) -> bool {
        self.attacks.is_empty() && self.benign.is_empty()
    }

    fn is_look_alike(&self) -> bool {
        self.attacks.is_empty() && self.benign.iter().any(|id| id != "SETUP")
    }
}

/// Whoever is anonymous is told apart by the network.
fn of_network(detection: &Detection, request: &Labelled) -> bool {
    let Some(network) = &detection.network else { return true };
    let stem = network.rsplit_once('.').map_or(&**network, |(stem, _)| stem);
    request.address.starts_with(stem)
}

pub struct Outcome {
    /// The highest score first.
    pub episodes: Vec<Episode>,
    pub attacks: BTreeSet<(String, String)>,
    pub days: f64,
    tuning: Tuning,
}

impl Outcome {
    pub fn new(
        mut episodes: Vec<Episode>,
        attacks: BTreeSet<(String, String)>,
        days: f64,
        tuning: Tuning,
    ) -> Outcome {
        episodes.sort_by(|a, b| b.score.total_cmp(&a.score));
        Outcome { episodes, attacks, days, tuning }
    }

    /// Adds what was found elsewhere; the same scenario on another day counts for itself.
    pub fn join(&mut self, mut other: Outcome) {
        let suffix = format!("#{}", self.days);
        let mark = |(id, cluster): (String, String)| (id, cluster + &suffix);
        other.episodes.iter_mut().for_each(|episode| {
            episode.attacks = std::mem::take(&mut episode.attacks).into_iter().map(mark).collect();
        });
        self.attacks.extend(other.attacks.into_iter().map(mark));
        self.episodes.extend(other.episodes);
        self.episodes.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.days += other.days;
    }

    fn found(&self, level: (Confidence, f64)) -> BTreeSet<&(String, String)> {
        self.episodes.iter().filter(|episode| episode.is_of(level)).flat_map(|e| &e.attacks).collect()
    }

    fn levels(&self) -> [(Confidence, f64); 3] {
        let Tuning { low, medium, high, .. } = self.tuning;
        [(Confidence::Low, low), (Confidence::Medium, medium), (Confidence::High, high)]
    }

    /// The part of the attacks found when so many false detections a day are accepted, look-alikes among them.
    pub fn recall_at(&self, rate: f64) -> f64 {
        let allowed = (rate * self.days).floor() as usize;
        let wrong = self.episodes.iter().filter(|e| e.is_false() || e.is_look_alike()).nth(allowed);
        let above = wrong.map_or(0.0, |episode| episode.score);
        let found: BTreeSet<_> = self
            .episodes
            .iter()
            .filter(|episode| episode.score > above)
            .flat_map(|episode| &episode.attacks)
            .collect();
        found.len() as f64 / self.attacks.len().max(1) as f64
    }
}

pub fn print(outcome: &Outcome) {
    let (all, days) = (outcome.attacks.len(), outcome.days);
    println!("{all} scenarios in clusters, {days:.1} cluster-days, {} episodes", outcome.episodes.len());
    let recalls = RATES.map(|rate| format!("R@{rate} {:.2}", outcome.recall_at(rate)));
    println!("{}", recalls.join("  "));
    for level in outcome.levels() {
        let (name, from) = level;
        let above: Vec<&Episode> = outcome.episodes.iter().filter(|e| e.is_of(level)).collect();
        let wrong = above.iter().filter(|episode| episode.is_false()).count();
        let alike = above.iter().filter(|episode| episode.is_look_alike()).count();
        let kinds: BTreeSet<&String> =
            above.iter().filter(|e| e.is_look_alike()).flat_map(|episode| &episode.benign).collect();
        let found = outcome.found(level).len();
        println!(
            "{name:<7} >= {from}: {found} of {all} found ({:.2}), {wrong} false ({:.2} a cluster-day), {alike} look-alikes {kinds:?}",
            found as f64 / all.max(1) as f64,
            wrong as f64 / days,
        );
    }
    let found = outcome.found(outcome.levels()[0]);
    let missed: Vec<String> = outcome
        .attacks
        .iter()
        .filter(|attack| !found.contains(attack))
        .map(|(id, cluster)| {
            let best = outcome.episodes.iter().find(|e| e.attacks.contains(&(id.clone(), cluster.clone())));
            format!("{id} {cluster} ({:.1})", best.map_or(0.0, |episode| episode.score))
        })
        .collect();
    println!("missed at low: {}", missed.join(", "));
}

/// In short: what each level finds, falsely finds and mistakes.
pub fn levels(outcome: &Outcome) -> String {
    let of_level = |level: (Confidence, f64)| {
        let above = || outcome.episodes.iter().filter(move |episode| episode.is_of(level));
        let wrong = above().filter(|episode| episode.is_false()).count();
        let alike = above().filter(|episode| episode.is_look_alike()).count();
        format!("{}/{wrong}/{alike}", outcome.found(level).len())
    };
    outcome.levels().map(of_level).join("  ")
}

/// What anomalies of medium confidence and above and rules find together.
pub fn together(outcome: &Outcome, hits: &[String], labels: &Labels) {
    let hits: BTreeSet<&String> = hits.iter().collect();
    let by_rule: BTreeSet<(String, String)> = labels
        .requests
        .iter()
        .filter(|request| request.attack && hits.contains(&request.audit_id))
        .map(|request| (request.scenario.clone(), request.cluster.clone()))
        .collect();
    let anomalies = outcome.found(outcome.levels()[1]);
    let both = outcome.attacks.iter().filter(|a| by_rule.contains(a) || anomalies.contains(a)).count();
    let all = outcome.attacks.len();
    println!(
        "rules (medium and above): {} of {all}; with anomalies (likewise): {both} of {all}",
        by_rule.len()
    );
    let missed: Vec<String> = outcome
        .attacks
        .iter()
        .filter(|a| !by_rule.contains(a) && !anomalies.contains(a))
        .map(|(id, cluster)| format!("{id} {cluster}"))
        .collect();
    println!("missed by both: {}", missed.join(", "));
}

/// All episodes, the highest score first.
pub fn list(outcome: &Outcome) {
    for episode in &outcome.episodes {
        let attacks: Vec<&str> = episode.attacks.iter().map(|(id, _)| &**id).collect();
        let benign: Vec<&str> = episode.benign.iter().map(|id| &**id).collect();
        let mark = if episode.is_false() { "FALSE".to_owned() } else { [attacks, benign].concat().join(",") };
        let weekly = episode.weekly.map_or(String::new(), |weekly| format!("{weekly:.4}"));
        println!("{:6.2} {weekly:>6} {mark:<12} {}", episode.score, episode.text);
    }
}
