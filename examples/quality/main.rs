//! How well anomalies are told from everyday life, measured on labelled logs.
//!
//! ```text
//! cargo run --release --example quality -- [--ablate] [--sweep] [--each-day [--history]] [--list] [--try=NAME=VALUE,...] [--join=NAME=VALUE,...] LABELS LOG...
//! ```
//!
//! `LABELS` is a JSON file as that of the recorded logs: `scenarios`, each with `id`, `kind` (`attack` or
//! `benign`) and `audit_ids` by cluster. A scenario is found in a cluster when a detection of one of its
//! principals overlaps one of its requests, give or take one window. A detection that overlaps no labelled
//! request is false; one that overlaps only benign requests is a look-alike, and counts as false where recall
//! is read at a rate of false detections. `SETUP` counts as neither. `--sweep` makes each constant smaller and larger
//! by a quarter: found/false/look-alikes at low, medium and high; of incidents (`--join` tries other constants there)
//! their number, the most scenarios in one, and of the first ten and twenty how many hold an attack and how many
//! scenarios.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::expect_used, clippy::panic, missing_docs)]

mod incidents;
mod labels;
mod sweep;
mod table;

use kaudit::anomaly::{Profile, Recent, Terms, Tuning, detect};
use kaudit::finding::{Category, Finding};
use kaudit::input::{self, Inputs, Source};
use kaudit::lines::Limits;
use kaudit::redact::Redactor;
use kaudit::rule::{self, Level, RuleSet, Stages};
use kaudit::scan::{self, Found, Run, Wanted, Window};
use labels::Labels;
use std::collections::BTreeMap;
use std::slice::from_ref;
use std::sync::atomic::{AtomicBool, AtomicU64};
use table::{Episode, Outcome};

static STOP: AtomicBool = AtomicBool::new(false);
static PROGRESS: AtomicU64 = AtomicU64::new(0);

/// Detections below every level are needed to read recall at high rates of false ones.
const LOWEST: f64 = 1.0;

fn run(sources: &[Source]) -> Run<'_> {
    Run { sources, limits: Limits::default(), format: None, stop: &STOP, progress: &PROGRESS }
}

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let mut flag = |name: &str| {
        let before = args.len();
        args.retain(|arg| arg != name);
        args.len() < before
    };
    let (ablate, each_day, list) = (flag("--ablate"), flag("--each-day"), flag("--list"));
    let history = flag("--history");
    let sweep = flag("--sweep");
    let tries = taken(&mut args, "--try=");
    let joins = taken(&mut args, "--join=");
    assert!(
        args.len() >= 2,
        "usage: quality [--ablate] [--sweep] [--each-day [--history]] [--list] LABELS LOG..."
    );
    let labels = std::fs::read(&args[0]).expect("labels");
    let inputs = Inputs { args: args[1..].to_vec(), ..Inputs::default() };
    let sources = input::gather(&inputs).expect("logs").sources;
    let labels = Labels::read(&labels, run(&sources));
    let linked = rule::link(rule::builtin::load().expect("rules")).expect("rules that fit together");
    let rules = RuleSet::of(linked, Stages::OnceARequest);
    if each_day {
        let days: Vec<Profile> =
            sources.iter().filter_map(|one| look(from_ref(one), &rules).profile).collect();
        let days = Days::of(days, history);
        let outcome = days.judge(&labels, Tuning::default());
        if list {
            table::list(&outcome);
        }
        table::print(&outcome);
        tries.iter().for_each(|text| row(text, &days.judge(&labels, sweep::tuning(text))));
        if sweep {
            swept(|tuning| days.judge(&labels, tuning));
        }
        return;
    }
    let found = look(&sources, &rules);
    let profile = found.profile.as_ref().unwrap();
    let outcome = judge(profile, &labels, Tuning::default());
    if list {
        table::list(&outcome);
    }
    table::print(&outcome);
    table::together(&outcome, &rule_hits(&found), &labels);
    incidents::print(&found, &labels, list);
    let (count, bytes) = (profile.entities.len(), profile.bytes());
    println!("profile: {count} entities, {} bytes each: {bytes:?}", bytes.total() / count.max(1));
    for text in &tries {
        row(text, &judge(profile, &labels, sweep::tuning(text)));
    }
    joins.iter().for_each(|text| incidents::row(text, &found, &labels, &sweep::joining(text)));
    if ablate {
        ablation(profile, &labels);
    }
    if sweep {
        swept(|tuning| judge(profile, &labels, tuning));
        println!();
        let variants = sweep::joining_variants();
        variants.iter().for_each(|(name, tuning)| incidents::row(name, &found, &labels, tuning));
    }
}

/// Takes off what begins with a prefix.
fn taken(args: &mut Vec<String>, prefix: &str) -> Vec<String> {
    let taken = args.iter().filter_map(|arg| arg.strip_prefix(prefix)).map(str::to_owned).collect();
    args.retain(|arg| !arg.starts_with(prefix));
    taken
}

fn swept(judge: impl Fn(Tuning) -> Outcome) {
    println!();
    row("-", &judge(Tuning::default()));
    sweep::variants().into_iter().for_each(|(name, tuning)| row(&name, &judge(tuning)));
}

fn look(sources: &[Source], rules: &RuleSet) -> Found {
    let anomalies = Some(Tuning::default());
    let wanted = Wanted { window: Window::default(), redactor: Redactor::new(true), anomalies };
    scan::scan(run(sources), rules, wanted, None).expect("scan")
}

fn judge(profile: &Profile, labels: &Labels, tuning: Tuning) -> Outcome {
    judge_since(profile, None, labels, tuning)
}

/// Of what lies before a window only what is usual is learnt.
fn judge_since(profile: &Profile, since: Option<u32>, labels: &Labels, tuning: Tuning) -> Outcome {
    let lowest = Tuning { low: LOWEST, short_low: LOWEST, ..tuning };
    let detections = detect(profile, Recent { since, until: None }, &lowest);
    let episodes = detections.iter().map(|detection| Episode::of(detection, labels)).collect();
    let spans = profile.clusters.iter().filter_map(|(_, span)| span.range());
    let windows: u32 = spans.map(|(from, to)| to - from.max(since.unwrap_or(0)) + 1).sum();
    Outcome::new(episodes, labels.attacks(profile, since), f64::from(windows) / 288.0, tuning)
}

/// The auditIDs of what rules and correlations of medium level and above have found.
fn rule_hits(found: &Found) -> Vec<String> {
    let is_medium = |finding: &&Finding| found.metas[finding.rule as usize].level >= Level::Medium;
    let is_of_rule = |finding: &&Finding| matches!(finding.category, Category::Rule | Category::Correlation);
    let ids = |finding: &Finding| -> Vec<String> {
        let marks = finding.episode.iter().flat_map(|episode| &episode.marks);
        let marks = marks.filter_map(|mark| mark.audit_id.as_deref());
        finding.seen.audit_id.as_deref().into_iter().chain(marks).map(str::to_owned).collect()
    };
    found.findings.iter().filter(is_of_rule).filter(is_medium).flat_map(ids).collect()
}

/// Each file by itself, or with those of the same cluster that came before it.
struct Days {
    profiles: Vec<(Profile, Option<u32>)>,
    has_history: bool,
}

impl Days {
    fn of(days: Vec<Profile>, has_history: bool) -> Days {
        let mut profiles: Vec<(Profile, Option<u32>)> = Vec::new();
        let mut history: BTreeMap<Option<String>, Profile> = BTreeMap::new();
        for day in days {
            let cluster = day.clusters.first().map(|(name, _)| day.names.text(*name).to_owned());
            let before = history.entry(cluster).or_default();
            if !has_history {
                *before = Profile::default();
            }
            let since = day.clusters.first().and_then(|(_, span)| span.range()).map(|(first, _)| first);
            before.absorb(day);
            before.settle();
            profiles.push((before.clone(), since));
        }
        Days { profiles, has_history }
    }

    fn judge(&self, labels: &Labels, tuning: Tuning) -> Outcome {
        let Tuning { short_low, short_medium, short_high, .. } = tuning;
        let short = Tuning { low: short_low, medium: short_medium, high: short_high, ..tuning };
        let levels = if self.has_history { tuning } else { short };
        let mut all = Outcome::new(Vec::new(), std::collections::BTreeSet::new(), 0.0, levels);
        let judged =
            self.profiles.iter().map(|(profile, since)| judge_since(profile, *since, labels, tuning));
        judged.filter(|outcome| !outcome.attacks.is_empty()).for_each(|outcome| all.join(outcome));
        all
    }
}

fn ablation(profile: &Profile, labels: &Labels) {
    println!("\nwithout      R@0   R@.1  R@.25 R@.3  R@.5  R@1   R@2");
    let all = Terms::default();
    let without = [
        ("-", all),
        ("peers", Terms { peers: false, ..all }),
        ("novelty", Terms { novelty: false, ..all }),
        ("counters", Terms { counters: false, ..all }),
        ("sum", Terms { sum: false, ..all }),
        ("discount", Terms { discount: false, ..all }),
        ("young", Terms { young: false, ..all }),
        ("sensitivity", Terms { sensitivity: false, ..all }),
        ("time", Terms { time: false, ..all }),
        ("objects", Terms { objects: false, ..all }),
        ("longer", Terms { longer: false, ..all }),
        ("promise", Terms { promise: false, ..all }),
        ("images", Terms { images: false, ..all }),
    ];
    for (name, terms) in without {
        let outcome = judge(profile, labels, Tuning { terms, ..Tuning::default() });
        row(name, &outcome);
    }
}

fn row(name: &str, outcome: &Outcome) {
    let recalls = table::RATES.map(|rate| format!("{:.2}", outcome.recall_at(rate)));
    println!("{name:<24} {}  {}", recalls.join("  "), table::levels(outcome));
}
