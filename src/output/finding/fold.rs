//! Repeats folded into rows, as the same program doing the same thing a thousand times is one thing to read.

use crate::finding::Finding;
use crate::output::{Report, cells};
use crate::rule::Meta;
use hashbrown::HashMap;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Findings of one rule that tell the same of the same principal.
pub struct Row<'a> {
    pub rule: &'a Meta,
    /// The first one.
    pub finding: &'a Finding,
    pub count: u64,
    /// Microseconds since 1970 (UTC).
    pub first: Option<i64>,
    pub names: BTreeSet<&'a str>,
    pub addresses: BTreeSet<&'a str>,
    pub codes: BTreeSet<u16>,
    pub details: BTreeSet<String>,
}

/// What a correlation grouped by.
type Group<'a> = &'a [(Box<str>, Option<Box<str>>)];
/// What rows are told apart by. Each anomaly and each incident has a row of its own.
type Key<'a> = (u32, [Option<&'a str>; 6], Option<usize>, Option<Group<'a>>);

fn key(at: usize, finding: &Finding) -> Key<'_> {
    let is_single = finding.deviation.is_some() || finding.incident.is_some();
    let own = is_single.then_some(at);
    let seen = &finding.seen;
    let texts = [&seen.principal, &seen.verb, &seen.resource, &seen.namespace].map(|text| text.as_deref());
    let [principal, verb, resource, namespace] = texts;
    let group = finding.episode.as_deref().map(|episode| &*episode.group);
    (finding.rule, [seen.cluster.as_deref(), principal, verb, resource, namespace, seen.outcome], own, group)
}

/// The findings that stand in a row of their own, and how many an incident tells of.
fn told<'a>(report: &Report<'a>) -> (Vec<&'a Finding>, u64) {
    let meta = |finding: &Finding| &report.rules[finding.rule as usize];
    let incidents = report.findings.iter().filter(|finding| finding.incident.is_some());
    let ids: BTreeSet<String> = incidents.map(|finding| finding.id(meta(finding), "")).collect();
    let joined = |finding: &&Finding| finding.part_of.as_deref().is_some_and(|id| ids.contains(id));
    let count = report.findings.iter().filter(joined).count();
    let own = report.findings.iter().filter(|finding| report.expand || !joined(finding));
    (own.collect(), count as u64)
}

/// The incidents as they come, then the other rows, the worst first, then the earliest; and how many findings
/// incidents tell of.
pub fn rows<'a>(report: &Report<'a>) -> (Vec<Row<'a>>, u64) {
    let mut rows: Vec<Row<'a>> = Vec::new();
    let (told, joined) = told(report);
    let mut places: HashMap<Key<'a>, usize, foldhash::quality::RandomState> = HashMap::default();
    for (at, finding) in told.into_iter().enumerate() {
        let place = *places.entry(key(at, finding)).or_insert_with(|| {
            rows.push(Row::new(&report.rules[finding.rule as usize], finding));
            rows.len() - 1
        });
        rows[place].add(finding);
    }
    rows.sort_by_key(|row| match &row.finding.incident {
        Some(_) => (None, i64::MIN),
        None => (Some(Reverse(row.rule.level)), row.first.unwrap_or(i64::MAX)),
    });
    (rows, joined)
}

impl<'a> Row<'a> {
    fn new(rule: &'a Meta, finding: &'a Finding) -> Row<'a> {
        let (names, addresses, codes, details) = Default::default();
        Row { rule, finding, count: 0, first: None, names, addresses, codes, details }
    }

    fn add(&mut self, finding: &'a Finding) {
        let seen = &finding.seen;
        self.count += finding.incident.as_ref().map_or(1, |incident| incident.members.len() as u64);
        let actors = finding.incident.iter().flat_map(|incident| &incident.actors);
        self.addresses.extend(actors.flat_map(|actor| &actor.addresses).map(|address| &**address));
        self.first = self.first.into_iter().chain(seen.time).min();
        self.names.extend(seen.name.as_deref());
        self.addresses.extend(seen.source_ip.as_deref());
        self.codes.extend(seen.code);
        self.details.extend(Some(cells::detail(seen)).filter(|detail| !detail.is_empty()));
    }
}
