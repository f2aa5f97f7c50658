//! Decoding: every field that is no body, against serde_json into borrowed structs with the bodies ignored.
//!
//! `KAUDIT_BENCH_LOG` names a log to use instead of the small one in `testdata`.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kaudit::event::{Decoder, Slot};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::hint::black_box;

mod common;

/// Borrowed where possible: `Option<Cow<str>>` alone is always owned in serde.
#[derive(Deserialize)]
#[serde(transparent)]
#[allow(dead_code)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, non_snake_case)]
struct SerdeEvent<'a> {
    #[serde(borrow)]
    kind: Option<Text<'a>>,
    api_version: Option<Text<'a>>,
    level: Option<Text<'a>>,
    auditID: Option<Text<'a>>,
    stage: Option<Text<'a>>,
    requestURI: Option<Text<'a>>,
    verb: Option<Text<'a>>,
    user: Option<User<'a>>,
    impersonated_user: Option<User<'a>>,
    #[serde(default)]
    sourceIPs: Vec<Text<'a>>,
    user_agent: Option<Text<'a>>,
    object_ref: Option<ObjectRef<'a>>,
    response_status: Option<Status<'a>>,
    request_object: Option<IgnoredAny>,
    response_object: Option<IgnoredAny>,
    request_received_timestamp: Option<Text<'a>>,
    stage_timestamp: Option<Text<'a>>,
    annotations: Option<Map<'a, Text<'a>>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct User<'a> {
    #[serde(borrow)]
    username: Option<Text<'a>>,
    uid: Option<Text<'a>>,
    #[serde(default)]
    groups: Vec<Text<'a>>,
    extra: Option<Map<'a, Vec<Text<'a>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct ObjectRef<'a> {
    #[serde(borrow)]
    resource: Option<Text<'a>>,
    namespace: Option<Text<'a>>,
    name: Option<Text<'a>>,
    uid: Option<Text<'a>>,
    api_group: Option<Text<'a>>,
    api_version: Option<Text<'a>>,
    resource_version: Option<Text<'a>>,
    subresource: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Status<'a> {
    #[serde(borrow)]
    status: Option<Text<'a>>,
    message: Option<Text<'a>>,
    reason: Option<Text<'a>>,
    code: Option<i32>,
}

/// A map as a list, so that no hashing is paid for.
#[allow(dead_code)]
struct Map<'a, V>(Vec<(Text<'a>, V)>);

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Map<'a, V> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<V>(std::marker::PhantomData<V>);
        impl<'de, V: Deserialize<'de>> serde::de::Visitor<'de> for Pairs<V> {
            type Value = Map<'de, V>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<M: serde::de::MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Map(pairs))
            }
        }
        deserializer.deserialize_map(Pairs(std::marker::PhantomData))
    }
}

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
            let decoded = |line: &&[u8]| {
                serde_json::from_slice::<SerdeEvent<'_>>(line).is_ok_and(|event| event.verb.is_some())
            };
            lines.iter().copied().filter(decoded).count()
        });
    });
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
