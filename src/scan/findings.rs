//! Scanning: rules and profiles over all events, findings out.

use super::anomaly;
use super::correlated::{Correlated, correlate};
use super::once::{Once, Print, Told};
use super::places::Places;
use super::reading::{Reading, Seen, Sums, Window, begin};
use super::telling::Telling;
use super::{End, Job, Looked, ReadAll, Run, Take, Work, run};
use crate::anomaly::baseline::Baseline;
use crate::anomaly::{Account, Cut, Detection, Profile, Profiler, Recent, Tuning, detect};
use crate::correlation::{Notes, Noticed, State};
use crate::error::Result;
use crate::finding::{Category, Evidence, Finding, Sighting};
use crate::incident;
use crate::lines::Limits;
use crate::redact::Redactor;
use crate::rule::{Answer, Matcher, Meta, RuleSet};
use crate::tally::{Reason, Tally};
use hashbrown::HashMap;
use rayon::prelude::*;
use std::sync::Arc;

/// The result of a scan.
#[derive(Debug)]
pub struct Found {
    /// By time; findings without a time come last; equals in the order of the input.
    pub findings: Vec<Finding>,
    /// For each rule, the events of which it cannot tell whether it holds.
    pub unsure: Vec<Reason>,
    pub correlated: Correlated,
    /// What the profile left out for want of room.
    pub cuts: Vec<Cut>,
    /// The rules, and behind them the other [`detectors`]: [`Finding::rule`] is an index into it.
    pub metas: Vec<Meta>,
    pub read: ReadAll,
    /// What all entities did; `None` when anomalies were not wanted.
    pub profile: Option<Profile>,
    /// The windows that detections were wanted in, and how they were judged.
    judged: Option<(Recent, Tuning)>,
}

/// The arithmetic of an anomaly among the findings.
pub fn account(found: &Found, finding: &Finding, redactor: Redactor) -> Option<Account> {
    let (profile, (recent, tuning)) = (found.profile.as_ref()?, found.judged.as_ref()?);
    let meta = found.metas.get(finding.rule as usize)?;
    let id = finding.id(meta, "");
    let is_meant =
        |detection: &Detection| anomaly::finding(detection, finding.rule, redactor).id(meta, "") == id;
    crate::anomaly::account(profile, *recent, tuning, &is_meant)
}

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The events that findings may be about. Profiles learn from all others too.
    pub window: Window,
    pub redactor: Redactor,
    /// How to judge profiles; `None` for no anomalies.
    pub anomalies: Option<Tuning>,
}

/// Runs all rules over all sources, and profiles what every entity does.
///
/// `baseline` is history that was kept; only what the sources hold becomes a finding.
pub fn scan(plan: Run<'_>, rules: &RuleSet, wanted: Wanted, baseline: Option<Baseline>) -> Result<Found> {
    let plan = Run { limits: Limits { wide: WIDE, ..plan.limits }, ..plan };
    let once = Once::new(plan.sources);
    let names: Vec<Arc<str>> = plan.sources.iter().map(|source| Arc::from(source.name.as_str())).collect();
    let make = || Scanner::new(rules, wanted, &once, &names);
    let unsure = vec![Reason::default(); rules.metas().len()];
    let collect = Collect {
        rules,
        read: ReadAll::new(plan.sources),
        findings: Vec::new(),
        unsure,
        known: HashMap::default(),
        places: Places::default(),
        state: State::new(rules),
        told: Told::default(),
    };
    let (left, collect) = run(plan, make, collect)?;
    let Collect { mut read, mut findings, unsure, places, mut state, .. } = collect;
    let (mut profile, mut judged) = (Profile::default(), None);
    let (mut profiles, mut noted) = (Vec::new(), Vec::new());
    for Left { sums, profile, noted: own } in left {
        read.add_sums(&sums);
        profiles.extend(profile);
        noted.push(own);
    }
    let (past, history) = baseline.map(|baseline| (baseline.profile, baseline.history)).unzip();
    let deviating = || {
        let Some(tuning) = wanted.anomalies else { return Vec::new() };
        profiles.into_iter().for_each(|own| profile.absorb(own));
        let recent = recent(&profile, wanted.window, past.is_some());
        past.into_iter().for_each(|past| profile.absorb(past));
        profile.settle();
        judged = Some((recent, tuning));
        let first = rules.metas().len() as u32;
        let found = detect(&profile, recent, &tuning);
        found.par_iter().map(|one| anomaly::finding(one, first, wanted.redactor)).collect()
    };
    let spans = (wanted.window, read.span.range);
    let correlating = || {
        state.gather(noted, rules);
        correlate(state, rules, &names, spans, history)
    };
    let (deviations, (more, correlated)) = rayon::join(deviating, correlating);
    findings.extend(deviations.into_iter().chain(more).map(|finding| places.placed(finding)));
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(Found {
        findings,
        unsure,
        correlated,
        cuts: wanted.anomalies.map(|_| profile.cuts()).unwrap_or_default(),
        metas: rules.metas().iter().cloned().chain(detectors()).collect(),
        read,
        profile: wanted.anomalies.map(|_| profile),
        judged,
    })
}

/// What finds something beside rules, in the order in which reports list it behind them.
pub fn detectors() -> Vec<Meta> {
    anomaly::detectors().into_iter().chain(incident::detectors()).collect()
}

/// The windows that detections are wanted in: with a baseline those that the sources span.
fn recent(profile: &Profile, window: Window, has_baseline: bool) -> Recent {
    let mut recent = Recent::between(window.since, window.until);
    if has_baseline {
        let begins = profile.clusters.iter().filter_map(|(_, span)| span.range()).map(|(first, _)| first);
        recent.since = recent.since.max(begins.min());
    }
    recent
}

fn order(finding: &Finding) -> (bool, Option<i64>, &Evidence, u32) {
    (finding.seen.time.is_none(), finding.seen.time, &finding.seen.evidence, finding.rule)
}

/// Blocks of a large file that a worker goes through, once, before another one's begin.
const WIDE: usize = 4;

struct Scanner<'r> {
    reading: Reading<'r>,
    rules: &'r RuleSet,
    matcher: Matcher<'r>,
    telling: Telling,
    profiler: Option<Profiler>,
    /// For correlations.
    notes: Notes,
    /// What came of the notes.
    state: State,
    /// Of the files.
    names: &'r [Arc<str>],
    wanted: Wanted,
}

impl<'r> Scanner<'r> {
    fn new(rules: &'r RuleSet, wanted: Wanted, once: &'r Once, names: &'r [Arc<str>]) -> Scanner<'r> {
        Scanner {
            reading: Reading::once(once),
            rules,
            matcher: Matcher::new(rules),
            telling: Telling::default(),
            profiler: wanted.anomalies.map(|_| Profiler::new(Profile::default(), wanted.redactor)),
            notes: Notes::new(rules, wanted.redactor, rayon::current_num_threads()),
            state: State::new(rules),
            names,
            wanted,
        }
    }
}

/// What one worker gathered.
struct Left {
    sums: Sums,
    profile: Option<Profile>,
    /// What it noted for correlations, and what came of it already.
    noted: (Notes, State),
}

/// Observations that a worker keeps for itself.
const MUCH: usize = 1 << 15;

/// What came out of one piece; lines count from 0 within it.
struct Piecework {
    file: u32,
    /// Byte of the file at which the piece begins.
    offset: u64,
    tally: Tally,
    matches: Vec<(u32, Sighting)>,
    unsure: Unsure,
    replaced: Vec<Print>,
    /// What the worker kept for correlations, once that is much.
    state: Option<State>,
}

/// Events of which some rules cannot tell whether they hold.
#[derive(Default)]
struct Unsure {
    /// Where they stand, and how many of the rules belong to each.
    events: Vec<(Evidence, Option<Print>, usize)>,
    rules: Vec<u32>,
}

impl Unsure {
    fn weight(&self) -> usize {
        2 * size_of_val(&*self.events) + 2 * size_of_val(&*self.rules)
    }
}

impl Work for Scanner<'_> {
    type Out = Piecework;
    type Left = Left;

    fn look(&mut self, job: Job<'_>) -> Looked<Piecework> {
        let Job { file, piece, .. } = job;
        let Scanner { reading, rules, matcher, telling, profiler, notes, state, names, wanted, .. } = self;
        let Wanted { window, redactor, .. } = *wanted;
        let mut tally = begin(file, piece);
        let (rules, name) = (*rules, &names[file as usize]);
        let (mut matches, mut unsure, mut replaced) = (Vec::new(), Unsure::default(), Vec::new());
        let lines = reading.piece(job, &mut tally, |seen| {
            let like = seen.like;
            if let Some(profiler) = profiler {
                profiler.add(seen.event, like, seen.time, seen.met.again, || seen.evidence());
            }
            if window.holds(seen.time) {
                // Made once for all rules that hold.
                let mut shared = None;
                let mut noting = notes.of(noticed(&seen, name));
                let before = unsure.rules.len();
                matcher.matches_like(seen.event, like, seen.lacks, |rule, answer| match answer {
                    Answer::Holds => {
                        noting.add(rule);
                        if !rules.is_silent(rule) {
                            let sighting = shared.get_or_insert_with(|| {
                                telling.begin();
                                seen.sighting(redactor)
                            });
                            let told = telling.of(rules.meta(rule), seen.event, sighting, redactor);
                            matches.push((rule, told));
                        }
                    }
                    Answer::CannotTell if !seen.met.leads => {}
                    Answer::CannotTell => unsure.rules.push(rule),
                });
                let count = unsure.rules.len() - before;
                if count > 0 {
                    unsure.events.push((seen.evidence(), seen.met.print, count));
                }
                replaced.extend(seen.met.replaced());
            }
        });
        notes.hand_over().into_iter().for_each(|noted| state.add(noted));
        let given = (state.count() > MUCH).then(|| std::mem::replace(state, State::new(rules)));
        let weight = matches.len() * 2 * size_of::<Sighting>()
            + unsure.weight()
            + given.as_ref().map_or(0, State::weight);
        let out = Piecework { file, offset: piece.offset, tally, matches, unsure, replaced, state: given };
        Looked { out, lines, weight }
    }

    fn end(self) -> Left {
        let Scanner { reading, profiler, notes, state, .. } = self;
        Left { sums: reading.finish(), profile: profiler.map(Profiler::finish), noted: (notes, state) }
    }
}

/// Its line is made one of the file when all is read, as notes outlive their piece.
fn noticed<'e>(seen: &Seen<'e>, file: &'e Arc<str>) -> Noticed<'e> {
    let Evidence { offset, line, .. } = seen.evidence();
    Noticed { event: seen.event, like: seen.like, time: seen.time, file, offset, line }
}

/// Requests that a rule has matched already: rule, auditID, and the time, as clients may choose the auditID: all
/// stages of a request bear the same, and an attacker's next request with the same id does not. The stage belongs to
/// it where a rule asks for one. Not so the cluster: that of a copy is called after another directory.
type Known = HashMap<(u32, Box<str>, Option<i64>, Option<Box<str>>), usize, foldhash::fast::RandomState>;

struct Collect<'r> {
    rules: &'r RuleSet,
    read: ReadAll,
    findings: Vec<Finding>,
    unsure: Vec<Reason>,
    known: Known,
    places: Places,
    state: State,
    told: Told,
}

impl Take<Piecework> for Collect<'_> {
    fn take(&mut self, out: Piecework, first_line: u64) -> Result<()> {
        self.read.add(out.file, out.tally, first_line);
        self.places.add(out.file, out.offset, first_line);
        for (rule, mut seen) in out.matches {
            // Lines are counted from 1 where people see them.
            seen.evidence.line += first_line + 1;
            self.add(rule, seen);
        }
        let mut rules = out.unsure.rules.into_iter();
        for (mut place, print, count) in out.unsure.events {
            place.line += first_line + 1;
            let stands = self.told.stands(print);
            for rule in rules.by_ref().take(count).filter(|_| stands) {
                self.unsure[rule as usize].add(place.clone());
            }
        }
        self.told.add(out.replaced);
        out.state.into_iter().for_each(|state| self.state.merge(state));
        Ok(())
    }

    fn end_of_file(&mut self, file: u32, end: End) -> Result<()> {
        self.read.end_of_file(file, end);
        Ok(())
    }
}

impl Collect<'_> {
    /// Stages of one request are one finding, unless the rule asks for a stage.
    fn add(&mut self, rule: u32, seen: Sighting) {
        let each_stage = self.rules.asks_stage(rule);
        let new = |seen| Finding { each_stage, ..Finding::new(rule, Category::Rule, seen) };
        let Some(request) = seen.audit_id.clone().filter(|id| !id.is_empty()) else {
            self.findings.push(new(seen));
            return;
        };
        let stage = seen.stage.clone().filter(|_| each_stage);
        let request = (rule, request, seen.time, stage);
        let at = *self.known.entry(request).or_insert(self.findings.len());
        match self.findings.get_mut(at) {
            Some(finding) => finding.add(seen),
            None => self.findings.push(new(seen)),
        }
    }
}
