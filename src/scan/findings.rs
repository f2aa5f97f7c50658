//! Scanning: rules over all events, findings out.

use super::message::Messages;
use super::reading::{Place, ReadAll, Reading, Window, begin};
use super::{End, Looked, Run, Take, Work, run};
use crate::error::Result;
use crate::finding::{Category, Evidence, Finding, Sighting};
use crate::input::Source;
use crate::lines::Piece;
use crate::redact::Redactor;
use crate::rule::{Matcher, RuleSet};
use crate::tally::Tally;
use hashbrown::HashMap;
use std::sync::Arc;

/// The result of a scan.
#[derive(Debug)]
pub struct Found {
    /// By time; findings without a time come last; equals in the order of the input.
    pub findings: Vec<Finding>,
    pub read: ReadAll,
}

/// Runs all rules over all sources.
pub fn scan(plan: Run<'_>, rules: &RuleSet, window: Window, redactor: Redactor) -> Result<Found> {
    let make = || Scanner {
        reading: Reading::default(),
        rules,
        matcher: Matcher::new(rules),
        messages: Messages::default(),
        window,
        redactor,
    };
    let collect =
        Collect { rules, read: ReadAll::new(plan.sources), findings: Vec::new(), known: HashMap::default() };
    let (scanners, collect) = run(plan, make, collect)?;
    let Collect { mut read, mut findings, .. } = collect;
    scanners.iter().for_each(|scanner| read.add_counts(&scanner.reading.counts));
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(Found { findings, read })
}

fn order(finding: &Finding) -> (bool, Option<i64>, &Evidence, u32) {
    (finding.seen.time.is_none(), finding.seen.time, &finding.seen.evidence, finding.rule)
}

struct Scanner<'r> {
    reading: Reading,
    rules: &'r RuleSet,
    matcher: Matcher<'r>,
    messages: Messages,
    window: Window,
    redactor: Redactor,
}

/// What came out of one piece; lines count from 0 within it.
struct Piecework {
    file: u32,
    tally: Tally,
    matches: Vec<(u32, Sighting)>,
}

impl Work for Scanner<'_> {
    type Out = Piecework;

    fn look(&mut self, source: &Source, file: u32, piece: &Piece) -> Looked<Piecework> {
        let Scanner { reading, rules, matcher, messages, window, redactor } = self;
        let mut tally = begin(file, piece);
        let mut matches = Vec::new();
        let mut records = piece.records();
        for record in &mut records {
            let place = Place { source, file, record };
            reading.read(place, &mut tally, |event, time| {
                if window.holds(time) {
                    matcher.matches(event, |rule| {
                        let mut seen = Sighting::of(event, place.cluster(event), place.evidence(), *redactor);
                        seen.message = messages.of(rules.meta(rule), event, *redactor);
                        matches.push((rule, seen));
                    });
                }
            });
        }
        let lines = records.lines().max(u32::from(piece.too_long.is_some()));
        tally.lines = u64::from(lines);
        let weight = matches.len() * 2 * size_of::<Sighting>();
        Looked { out: Piecework { file, tally, matches }, lines, weight }
    }
}

/// Requests that a rule has matched already: rule, cluster, auditID, and the time, as clients may choose the
/// auditID: all stages of a request bear the same, and an attacker's next request with the same id does not.
type Known = HashMap<(u32, Option<Arc<str>>, Box<str>, Option<i64>), usize, foldhash::fast::RandomState>;

struct Collect<'r> {
    rules: &'r RuleSet,
    read: ReadAll,
    findings: Vec<Finding>,
    known: Known,
}

impl Take<Piecework> for Collect<'_> {
    fn take(&mut self, out: Piecework, first_line: u64) -> Result<()> {
        self.read.add(out.file, out.tally, first_line);
        for (rule, mut seen) in out.matches {
            // Lines are counted from 1 where people see them.
            seen.evidence.line += first_line + 1;
            self.add(rule, seen);
        }
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
        let new = |seen| Finding { rule, category: Category::Rule, each_stage, seen, also: Vec::new() };
        let Some(request) = seen.audit_id.clone().filter(|id| !id.is_empty() && !each_stage) else {
            self.findings.push(new(seen));
            return;
        };
        let request = (rule, seen.cluster.clone(), request, seen.time);
        let at = *self.known.entry(request).or_insert(self.findings.len());
        match self.findings.get_mut(at) {
            Some(finding) => finding.add_stage(seen),
            None => self.findings.push(new(seen)),
        }
    }
}
