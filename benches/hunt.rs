//! Hunts: what holds a literal is searched for before anything is parsed; what holds none reads every event.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kaudit::rule::{Hunt, Wanted};

mod common;

fn hunt(c: &mut Criterion) {
    let log = common::log();
    let (_file, sources) = common::engine::file(&log);
    let mut group = c.benchmark_group("hunt");
    group.sample_size(10).throughput(Throughput::Bytes(log.len() as u64));
    let principal = |name: &str| Wanted { is: vec![name.to_owned()], not: Vec::new() };
    let hunts = [
        ("nobody", Hunt { principal: principal("mallory@corp.example"), ..Hunt::default() }),
        ("somebody", Hunt { principal: principal("oidc:alice.moreau@corp.example"), ..Hunt::default() }),
        ("no literal", Hunt { where_: vec!["code>=400".to_owned()], ..Hunt::default() }),
    ];
    for (name, hunt) in hunts {
        let pool = common::engine::pool(1);
        group.bench_function(name, |b| b.iter(|| pool.install(|| common::engine::hunt(&sources, &hunt))));
    }
    group.finish();
}

criterion_group!(benches, hunt);
criterion_main!(benches);
