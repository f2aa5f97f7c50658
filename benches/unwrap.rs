//! Unwrapping: the recorded log as shippers, runtimes and clouds would have wrapped it, unwrapped and decoded;
//! `native` is the log itself, decoded only. Rates are of the events' own bytes, so they can be compared.
//!
//! `KAUDIT_BENCH_LOG` names a log to use instead of the small one in `testdata`.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kaudit::envelope::{Unwrapper, What};
use kaudit::event::Decoder;
use std::hint::black_box;

mod common;

type Wrap = fn(&str) -> String;

fn quoted(event: &str) -> String {
    serde_json::to_string(event).unwrap()
}

const WRAPS: [(&str, Wrap); 9] = [
    ("unwrapped", str::to_owned),
    ("cri", |event| format!("2026-05-05T14:16:10.002100345Z stdout F {event}")),
    ("syslog", |event| format!("<134>May  5 14:16:10 cp1 kube-apiserver[1234]: {event}")),
    ("talos", |event| format!("172.20.0.2: {event}")),
    ("docker", |event| {
        let log = quoted(&format!("{event}\n"));
        format!("{{\"log\":{log},\"stream\":\"stdout\",\"time\":\"2026-05-05T14:16:10.002100345Z\"}}")
    }),
    ("filebeat", |event| {
        format!(
            "{{\"@timestamp\":\"2026-05-05T14:16:11.000Z\",\"message\":{},\"log\":{{\"offset\":1}}}}",
            quoted(event)
        )
    }),
    ("loki", |event| {
        format!(
            "{{\"labels\":{{\"cluster\":\"prod\"}},\"line\":{},\"timestamp\":\"2026-05-05T14:16:10Z\"}}",
            quoted(event)
        )
    }),
    ("event-list", |event| format!("{{\"kind\":\"EventList\",\"items\":[{event}]}}")),
    ("elastic", |event| format!("{{\"@timestamp\":\"x\",\"kubernetes\":{{\"audit\":{event}}}}}")),
];

fn unwrap(c: &mut Criterion) {
    let log = common::log();
    let lines: Vec<&str> =
        common::lines(&log).into_iter().filter_map(|line| str::from_utf8(line).ok()).collect();
    let mut group = c.benchmark_group("unwrap");
    group.sample_size(10).throughput(Throughput::Bytes(log.len() as u64));
    group.bench_function("native", |b| {
        let mut decoder = Decoder::default();
        b.iter(|| {
            lines.iter().filter(|line| decoder.decode(black_box(line.as_bytes()), None).is_ok()).count()
        });
    });
    for (name, wrap) in WRAPS {
        let wrapped: Vec<String> = lines.iter().map(|line| wrap(line)).collect();
        group.bench_function(name, |b| b.iter(|| count(black_box(&wrapped))));
    }
    group.finish();
}

fn count(records: &[String]) -> usize {
    let (mut unwrapper, mut decoder) = (Unwrapper::default(), Decoder::default());
    let mut events = 0;
    for record in records {
        unwrapper.unwrap(record.as_bytes(), "log", None, &mut |inner| {
            if let What::Event { json, .. } = inner.what {
                events += usize::from(decoder.decode(json, None).is_ok());
            }
        });
    }
    events
}

criterion_group!(benches, unwrap);
criterion_main!(benches);
