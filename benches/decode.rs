//! Decoding: every field that is no body, against serde_json into borrowed structs with the bodies ignored.
//!
//! `KAUDIT_BENCH_LOG` names a log to use instead of the small one in `testdata`.
#![allow(clippy::unwrap_used, missing_docs)]

use common::baseline;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kaudit::event::{Decoder, Slot};
use std::hint::black_box;

mod common;

fn decode(c: &mut Criterion) {
    let log = common::log();
    let lines: Vec<&[u8]> = common::lines(&log);
    let mut group = c.benchmark_group("decode");
    group.sample_size(10).throughput(Throughput::Bytes(log.len() as u64));
    group.bench_function("newlines", |b| b.iter(|| memchr::memchr_iter(b'\n', black_box(&log)).count()));
    group.bench_function("kaudit", |b| {
        b.iter(|| {
            let mut decoder = Decoder::default();
            let decoded =
                |line: &&[u8]| decoder.decode(line, None).is_ok_and(|(event, _)| event.has(Slot::Verb));
            lines.iter().copied().filter(decoded).count()
        });
    });
    group.bench_function("serde_json", |b| {
        b.iter(|| {
            let decoded = |line: &&[u8]| baseline::has_verb(line);
            lines.iter().copied().filter(decoded).count()
        });
    });
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
