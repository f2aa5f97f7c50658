//! The log that all benches run on.
#![allow(dead_code, clippy::unwrap_used, missing_docs)]

/// `KAUDIT_BENCH_LOG`, or the small set of recorded events, repeated to 64 MiB.
pub fn log() -> Vec<u8> {
    match std::env::var_os("KAUDIT_BENCH_LOG") {
        Some(path) => std::fs::read(path).unwrap(),
        None => {
            let events =
                std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/events.jsonl")).unwrap();
            events.repeat((64 << 20) / events.len())
        }
    }
}

pub fn lines(log: &[u8]) -> Vec<&[u8]> {
    log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect()
}
