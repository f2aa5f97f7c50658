//! Matching: all built-in rules over events that are decoded already, and the same with 1000 more rules about
//! other resources, which should cost next to nothing (at most 1.15 times as much), and with 1000 rules of three
//! dialects about the resources that every log holds.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kaudit::envelope::Lacks;
use kaudit::event::Event;
use kaudit::rule::{Matcher, RuleSet};

mod common;

fn hits(events: &[Event<'_>], rules: &RuleSet) -> usize {
    let mut matcher = Matcher::new(rules);
    let mut hits = 0;
    events.iter().for_each(|event| matcher.matches(event, Lacks::NOTHING, |_, _| hits += 1));
    hits
}

fn matching(c: &mut Criterion) {
    let log = common::log();
    let lines = common::lines(&log);
    let mut decoders = Vec::new();
    let events = common::events(&mut decoders, &lines);
    let mut group = c.benchmark_group("match");
    group.sample_size(10).throughput(Throughput::Bytes(log.len() as u64));
    let sets = [
        ("builtin", common::rules(0)),
        ("1000 more", common::rules(1000)),
        ("1000 foreign", common::foreign::rules(1000)),
    ];
    for (name, rules) in sets {
        group.bench_function(name, |b| b.iter(|| hits(&events, &rules)));
    }
    group.finish();
}

criterion_group!(benches, matching);
criterion_main!(benches);
