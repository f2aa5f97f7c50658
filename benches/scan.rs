//! A whole scan, from a file to a report that nobody reads, with one worker and with two.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

mod common;

fn scan(c: &mut Criterion) {
    let log = common::log();
    let (_file, sources) = common::engine::file(&log);
    let rules = common::rules(0);
    let mut group = c.benchmark_group("scan");
    group.sample_size(10).throughput(Throughput::Bytes(log.len() as u64));
    for (name, threads, anomalies) in
        [("1 thread", 1, true), ("2 threads", 2, true), ("1 thread, rules only", 1, false)]
    {
        let scan = || common::engine::scan(&sources, &rules, anomalies);
        let pool = common::engine::pool(threads);
        group.bench_function(name, |b| b.iter(|| pool.install(scan)));
    }
    group.finish();
}

criterion_group!(benches, scan);
criterion_main!(benches);
