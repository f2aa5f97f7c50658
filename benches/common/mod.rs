//! The log that all benches run on, and the rules.
#![allow(dead_code, clippy::unwrap_used, missing_docs)]

use kaudit::event::{Decoder, Event};
use kaudit::rule::{Loaded, Rule, RuleSet, Stages, builtin, sigma};

pub mod baseline;
pub mod engine;
pub mod foreign;
pub mod wrap;

/// `KAUDIT_BENCH_LOG`, or the small set of recorded events, repeated to 64 MiB.
pub fn log() -> Vec<u8> {
    match std::env::var_os("KAUDIT_BENCH_LOG") {
        Some(path) => std::fs::read(path).unwrap(),
        None => {
            let events =
                std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/events.jsonl")).unwrap();
            events.repeat((size() / events.len()).max(1))
        }
    }
}

/// 64 MiB; when the benches are only tried (`--test`), enough for several pieces.
fn size() -> usize {
    let measured =
        std::env::args().any(|arg| arg == "--bench") && !std::env::args().any(|arg| arg == "--test");
    if measured { 64 << 20 } else { 4 << 20 }
}

pub fn lines(log: &[u8]) -> Vec<&[u8]> {
    log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect()
}

/// Decodes each line into a decoder of its own, so that all events are there at once.
pub fn events<'d>(decoders: &'d mut Vec<Decoder>, lines: &[&'d [u8]]) -> Vec<Event<'d>> {
    decoders.resize_with(lines.len(), Decoder::default);
    let decoded = decoders.iter_mut().zip(lines).map(|(decoder, line)| decoder.decode(line, None));
    decoded.filter_map(|event| Some(event.ok()?.0)).collect()
}

/// The built-in rules, and so many more about resources that no log holds.
pub fn rules(more: usize) -> RuleSet {
    let (extra, wrong) = sigma::load(&extra_rules(more), "extra.yml");
    assert!(wrong.is_empty(), "{wrong:?}");
    let all = builtin::load().unwrap().into_iter().chain(extra);
    let rules: Vec<Rule> = all.map(|Loaded { rule, .. }| rule).collect();
    RuleSet::compile(rules, Stages::OnceARequest)
}

/// Sigma rules in the manner of those that operators of many custom resources write: no two alike, half of
/// them with a question about names or bodies behind the cheap ones. `benches/compare` writes the same.
fn extra_rules(count: usize) -> String {
    (0..count).map(extra_rule).collect::<Vec<_>>().join("---\n")
}

fn extra_rule(number: usize) -> String {
    let detail = match number % 4 {
        0 => "    outcome: allowed\n".to_owned(),
        1 => format!("    user.username|startswith: 'system:serviceaccount:tenant-{number}:'\n"),
        2 => format!("    objectRef.name|contains: prod-{number}\n"),
        _ => format!("    requestObject.spec.mode: unsafe-{number}\n"),
    };
    format!(
        "title: Extra rule {number}\nname: extra-{number}\nstatus: test\nlevel: low\n\
         logsource: {{product: kubernetes, service: audit}}\n\
         detection:\n  selection:\n    objectRef.resource: widgets{number}\n\
         \x20   objectRef.apiGroup: group{}.example.com\n    verb: [create, update, delete]\n{detail}\
         \x20 condition: selection\n",
        number % 100
    )
}
