//! Repeats folded into rows, as the same program doing the same thing a thousand times is one thing to read.

use crate::finding::{Finding, Sighting};
use crate::output::Report;
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
}

/// What rows are told apart by. Each anomaly has a row of its own.
type Key<'a> = (u32, [Option<&'a str>; 6], Option<usize>);

fn key(at: usize, finding: &Finding) -> Key<'_> {
    let own = finding.deviation.as_ref().map(|_| at);
    let seen = &finding.seen;
    let texts = [&seen.principal, &seen.verb, &seen.resource, &seen.namespace].map(|text| text.as_deref());
    let [principal, verb, resource, namespace] = texts;
    (finding.rule, [seen.cluster.as_deref(), principal, verb, resource, namespace, seen.outcome], own)
}

/// The rows, the worst first, then the earliest.
pub fn rows<'a>(report: &Report<'a>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    let mut places: HashMap<Key<'a>, usize, foldhash::quality::RandomState> = HashMap::default();
    for (at, finding) in report.findings.iter().enumerate() {
        let place = *places.entry(key(at, finding)).or_insert_with(|| {
            rows.push(Row::new(&report.rules[finding.rule as usize], finding));
            rows.len() - 1
        });
        rows[place].add(&finding.seen);
    }
    rows.sort_by_key(|row| (Reverse(row.rule.level), row.first.unwrap_or(i64::MAX)));
    rows
}

impl<'a> Row<'a> {
    fn new(rule: &'a Meta, finding: &'a Finding) -> Row<'a> {
        let (names, addresses, codes) = Default::default();
        Row { rule, finding, count: 0, first: None, names, addresses, codes }
    }

    fn add(&mut self, seen: &'a Sighting) {
        self.count += 1;
        self.first = self.first.into_iter().chain(seen.time).min();
        self.names.extend(seen.name.as_deref());
        self.addresses.extend(seen.source_ip.as_deref());
        self.codes.extend(seen.code);
    }
}
