//! Unwrapping: a log as shippers, runtimes and clouds would have wrapped it. `unwrap` takes records apart and decodes
//! what is inside; `scan_wrapped` is a whole scan of a file, also of a compressed one. Rates are of the events' own
//! bytes, so each divided by `native` is the ratio that counts.
//!
//! `KAUDIT_BENCH_LOG` names a log to use instead of the small one in `testdata`.
#![allow(clippy::unwrap_used, missing_docs)]

use common::wrap::WRAPPERS;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::write::GzEncoder;
use kaudit::envelope::{Unwrapper, What, of_path};
use kaudit::event::Decoder;
use kaudit::input::Source;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::Path;

mod common;

fn events(log: &[u8]) -> Vec<&str> {
    common::lines(log).into_iter().filter_map(|line| str::from_utf8(line).ok()).collect()
}

fn unwrap(c: &mut Criterion) {
    let log = common::log();
    let events = events(&log);
    let mut group = c.benchmark_group("unwrap");
    group.sample_size(10).throughput(Throughput::Bytes(log.len() as u64));
    group.bench_function("decoded only", |b| {
        let mut decoder = Decoder::default();
        b.iter(|| {
            events.iter().filter(|line| decoder.decode(black_box(line.as_bytes()), None).is_ok()).count()
        });
    });
    for wrapper in WRAPPERS {
        let records: Vec<String> = events.iter().map(|event| wrapper.record(event)).collect();
        group.bench_function(wrapper.name, |b| b.iter(|| count(black_box(&records))));
    }
    group.finish();
}

fn count(records: &[String]) -> usize {
    let mut unwrapper = Unwrapper::default();
    let mut events = 0;
    for record in records {
        unwrapper.unwrap(record.as_bytes(), of_path("log"), None, &mut |inner| {
            events += usize::from(matches!(inner.what, What::Event { .. }));
        });
        unwrapper.expect(unwrapper.layers());
    }
    events
}

fn scan_wrapped(c: &mut Criterion) {
    let log = common::log();
    let (events, rules) = (events(&log), common::rules(0));
    let directory = tempfile::tempdir().unwrap();
    let mut group = c.benchmark_group("scan_wrapped");
    group.sample_size(10).throughput(Throughput::Bytes(log.len() as u64));
    let mut scan = |name: &str, write: &dyn Fn(&Path) -> io::Result<()>| {
        let path = directory.path().join("log");
        write(&path).unwrap();
        let sources = [Source::file(&path)];
        let pool = common::engine::pool(1);
        group.bench_function(name, |b| {
            b.iter(|| pool.install(|| common::engine::scan(&sources, &rules, false)))
        });
    };
    for wrapper in WRAPPERS {
        scan(wrapper.name, &|path| std::fs::write(path, wrapper.file(&events)));
    }
    scan("gzip", &|path| {
        let mut out = GzEncoder::new(File::create(path)?, flate2::Compression::default());
        out.write_all(&log)?;
        out.finish().map(drop)
    });
    scan("zstd", &|path| zstd::stream::copy_encode(&log[..], File::create(path)?, 3));
    group.finish();
}

criterion_group!(benches, unwrap, scan_wrapped);
criterion_main!(benches);
