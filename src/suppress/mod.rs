//! Findings that somebody has looked at and accepts, entry by entry in `kaudit.toml`, each with its reason.
//!
//! Nothing is dropped in silence: what an entry takes is kept and counted, and every report says how much. An entry
//! may end: it holds for requests up to that day (UTC), by the time of the request and not by the clock, so that a
//! log gives the same report on any day.

mod read;

pub use read::{Raw, read};

use crate::finding::{Finding, Sighting};
use crate::rule::Meta;
use regex::Regex;

/// One `[[suppress]]` of the settings.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Id of the rule; `None` for any.
    pub rule: Option<String>,
    /// All must hold for the whole of the value.
    tests: Vec<(Key, Regex)>,
    pub reason: String,
    /// As written, and the first microsecond after it.
    pub expires: Option<(String, i64)>,
    pub file: String,
    /// Line on which the entry stands, from 1.
    pub line: u32,
}

/// What an entry can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Cluster,
    Principal,
    User,
    Namespace,
    Name,
    Resource,
    Verb,
    SourceIp,
    UserAgent,
}

impl Key {
    fn of(self, seen: &Sighting) -> Option<&str> {
        match self {
            Key::Cluster => seen.cluster.as_deref(),
            Key::Principal => seen.principal.as_deref(),
            // Who was authenticated is the principal, unless somebody acted as somebody else.
            Key::User => seen.user.as_deref().or(seen.principal.as_deref()),
            Key::Namespace => seen.namespace.as_deref(),
            Key::Name => seen.name.as_deref(),
            Key::Resource => seen.resource.as_deref(),
            Key::Verb => seen.verb.as_deref(),
            Key::SourceIp => seen.source_ip.as_deref(),
            Key::UserAgent => seen.user_agent.as_deref(),
        }
    }
}

impl Entry {
    fn is_for(&self, rule: &Meta, seen: &Sighting) -> bool {
        self.rule.as_ref().is_none_or(|id| *id == rule.id)
            && self.tests.iter().all(|(key, regex)| key.of(seen).is_some_and(|text| regex.is_match(text)))
    }

    /// What has no time is never before the end.
    fn holds_at(&self, time: Option<i64>) -> bool {
        match (&self.expires, time) {
            (None, _) => true,
            (Some((_, end)), Some(time)) => time < *end,
            (Some(_), None) => false,
        }
    }
}

/// What entries took out of a report.
#[derive(Clone, Debug, Default)]
pub struct Suppressed {
    pub entries: Vec<Entry>,
    /// The findings, with the index of the entry that took each, in the order of the report.
    pub findings: Vec<(usize, Finding)>,
    /// For each entry, the findings that it would have taken before it ended.
    pub expired: Vec<u64>,
}

impl Suppressed {
    /// Takes out of the findings what the entries are for. The first that holds takes it.
    pub fn take(entries: Vec<Entry>, findings: &mut Vec<Finding>, rules: &[Meta]) -> Suppressed {
        let mut taken = Suppressed { expired: vec![0; entries.len()], entries, findings: Vec::new() };
        if taken.entries.is_empty() {
            return taken;
        }
        let mut kept = Vec::with_capacity(findings.len());
        for finding in findings.drain(..) {
            match taken.entry_for(&finding, rules) {
                Some(at) => taken.findings.push((at, finding)),
                None => kept.push(finding),
            }
        }
        *findings = kept;
        taken
    }

    fn entry_for(&mut self, finding: &Finding, rules: &[Meta]) -> Option<usize> {
        let rule = rules.get(finding.rule as usize)?;
        let mut all =
            (0..).zip(&self.entries).filter(|(_, entry)| entry.is_for(rule, &finding.seen)).peekable();
        let first = all.peek().map(|(at, _)| *at);
        let found = all.find(|(_, entry)| entry.holds_at(finding.seen.time)).map(|(at, _)| at);
        if let (None, Some(ended)) = (found, first.and_then(|at: usize| self.expired.get_mut(at))) {
            *ended += 1;
        }
        found
    }

    /// How many findings each entry took.
    pub fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.entries.len()];
        for (at, _) in &self.findings {
            counts.get_mut(*at).into_iter().for_each(|count| *count += 1);
        }
        counts
    }

    /// Findings that entries would have taken before they ended.
    pub fn ended(&self) -> u64 {
        self.expired.iter().sum()
    }
}
