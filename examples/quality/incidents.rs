//! How well findings are joined into incidents.

use crate::labels::Labels;
use kaudit::finding::{Category, Finding};
use kaudit::incident::{self, About, Tuning};
use kaudit::scan::Found;
use std::collections::{BTreeMap, BTreeSet};

/// Ranks at which precision is read.
const RANKS: [usize; 2] = [10, 20];

/// An incident, and the scenarios that its findings belong to.
struct Judged {
    text: String,
    attacks: BTreeSet<String>,
    benign: BTreeSet<String>,
}

/// Joins the findings of a scan and says what came of it. Scenarios without a user name (failed logins only) are
/// counted among all, as a detection by source network may find them.
pub fn print(found: &Found, labels: &Labels, is_listed: bool) {
    let judged = judged(found, labels, &Tuning::default());
    println!("\n{} incidents of {} findings", judged.len(), found.findings.len());
    let all = scenarios(labels);
    for rank in RANKS {
        let (top, right, found) = first(&judged, rank);
        let missed: Vec<&str> = all.difference(&found).copied().collect();
        println!(
            "first {rank}: {right} of {top} hold an attack ({:.2}); {} of {} scenarios, without {}",
            right as f64 / top.max(1) as f64,
            found.len(),
            all.len(),
            missed.join(" ")
        );
    }
    for (rank, one) in judged.iter().enumerate().filter(|(_, one)| is_listed || one.attacks.is_empty()) {
        let names = |of: &BTreeSet<String>| of.iter().cloned().collect::<Vec<_>>().join(",");
        println!("{:3} {} | {} | {}", rank + 1, names(&one.attacks), names(&one.benign), one.text);
    }
}

/// In one line: how many there are, how many scenarios the largest holds, and for each rank how many of the first hold
/// an attack and how many scenarios they hold together.
pub fn row(name: &str, found: &Found, labels: &Labels, tuning: &Tuning) {
    let judged = judged(found, labels, tuning);
    let most = judged.iter().map(|one| one.attacks.len()).max().unwrap_or(0);
    let ranks = RANKS.map(|rank| {
        let (top, right, found) = first(&judged, rank);
        format!("{right}/{top} {}", found.len())
    });
    println!("{name:<24} {} {most}  {}", judged.len(), ranks.join("  "));
}

/// The incidents that the findings of a scan are joined into, the worst first.
fn judged(found: &Found, labels: &Labels, tuning: &Tuning) -> Vec<Judged> {
    let mut findings = found.findings.clone();
    let about = About {
        metas: &found.metas,
        files: &found.read.files,
        profile: found.profile.as_ref(),
        span: found.read.span.range,
    };
    incident::join(&mut findings, about, tuning);
    let incidents = findings.iter().filter(|one| one.category == Category::Incident);
    incidents.map(|one| judge(one, &findings, labels)).collect()
}

fn scenarios(labels: &Labels) -> BTreeSet<&str> {
    labels.requests.iter().filter(|request| request.attack).map(|request| &*request.scenario).collect()
}

/// Of the first so many: how many there are, how many of them hold an attack, and which scenarios they hold.
fn first(judged: &[Judged], rank: usize) -> (usize, usize, BTreeSet<&str>) {
    let top = &judged[..rank.min(judged.len())];
    let right = top.iter().filter(|one| !one.attacks.is_empty()).count();
    (top.len(), right, top.iter().flat_map(|one| &one.attacks).map(String::as_str).collect())
}

fn judge(finding: &Finding, findings: &[Finding], labels: &Labels) -> Judged {
    let incident = finding.incident.as_deref().unwrap();
    let ids: BTreeSet<&str> = incident.members.iter().map(|member| &*member.id).collect();
    let own = finding.incident.as_ref().unwrap();
    let part = findings.iter().filter(|one| one.part_of.as_deref().is_some_and(|id| id == id_of(finding)));
    let mut audit_ids: BTreeSet<(String, String)> = BTreeSet::new();
    for one in part {
        let cluster = one.seen.cluster.as_deref().unwrap_or_default();
        let pointers =
            one.deviation.iter().flat_map(|deviation| &deviation.pointers).map(|p| (cluster, &*p.audit_id));
        let marks =
            one.episode.iter().flat_map(|episode| &episode.marks).filter_map(|mark| {
                Some((mark.cluster.as_deref().unwrap_or(cluster), mark.audit_id.as_deref()?))
            });
        let request = one.seen.audit_id.as_deref().map(|id| (cluster, id));
        audit_ids.extend(
            request.into_iter().chain(pointers).chain(marks).map(|(a, b)| (a.to_owned(), b.to_owned())),
        );
    }
    let mut of: BTreeMap<bool, BTreeSet<String>> = BTreeMap::new();
    for request in &labels.requests {
        if audit_ids.contains(&(request.cluster.clone(), request.audit_id.clone())) {
            of.entry(request.attack).or_default().insert(request.scenario.clone());
        }
    }
    let actors: Vec<&str> = own.actors.iter().map(|actor| &*actor.name).take(4).collect();
    let at = kaudit::time::format(own.from);
    let links: Vec<String> = own
        .links
        .iter()
        .map(|link| {
            let name = |at: usize| {
                format!("{}@{}", own.actors[at].name, own.actors[at].cluster.as_deref().unwrap_or("?"))
            };
            format!("{} {} {} {}", link.by.name(), link.value, name(link.actors.0), name(link.actors.1))
        })
        .collect();
    Judged {
        text: format!(
            "{:.1} {} {} findings; {} | {} | {}",
            own.score,
            &at[5..16],
            ids.len(),
            actors.join(" "),
            own.tactics_text(),
            links.join("; ")
        ),
        attacks: of.remove(&true).unwrap_or_default(),
        benign: of.remove(&false).unwrap_or_default(),
    }
}

/// An incident is called by the id that no file decides.
fn id_of(finding: &Finding) -> String {
    let meta = &incident::detectors()[0];
    finding.id(meta, "")
}
