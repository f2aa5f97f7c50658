//! What files and clusters have in common in JSON.

use super::Checked;
use crate::event::{Bad, Oddity};
use crate::finding::Evidence;
use crate::inventory::{AuditLevel, Clock, Kinds, Share, Stage};
use crate::tally::{Reason, Tally};
use crate::time;
use serde::Serialize;
use std::collections::BTreeMap;

/// Whatever was counted.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    pub tally: &'a Tally,
    pub kinds: &'a Kinds,
    pub formats: &'a BTreeMap<&'static str, u64>,
    pub clock: &'a Clock,
}

/// What files and clusters have in common.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireCounts<'a> {
    content_bytes: u64,
    records: u64,
    events: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    formats: &'a BTreeMap<&'static str, u64>,
    stages: BTreeMap<&'static str, u64>,
    levels: BTreeMap<&'static str, u64>,
    truncated: WireReason<'a>,
    salvaged: WireReason<'a>,
    twice: WireEstimate,
    #[serde(rename = "reusedAuditIDs")]
    reused: WireEstimate,
    clock: WireClock<'a>,
    falco_alerts: WireReason<'a>,
    alcide_detections: WireReason<'a>,
    bad: BTreeMap<&'static str, WireReason<'a>>,
    odd: BTreeMap<&'static str, WireReason<'a>>,
}

#[derive(Debug, Serialize)]
pub struct WireReason<'a> {
    count: u64,
    samples: Vec<WirePlace<'a>>,
}

#[derive(Debug, Serialize)]
pub struct WirePlace<'a> {
    file: &'a str,
    offset: u64,
    line: u64,
}

#[derive(Debug, Serialize)]
pub struct WireEstimate {
    records: u64,
    exact: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WireClock<'a> {
    late: WireLate,
    jumps_back: WireReason<'a>,
    far_ahead: WireReason<'a>,
    before_received: WireReason<'a>,
}

#[derive(Debug, Serialize)]
struct WireLate {
    count: u64,
    longest: f64,
}

impl<'a> WireCounts<'a> {
    pub fn of(counted: Counted<'a>, checked: &Checked<'a>) -> WireCounts<'a> {
        let Counted { tally, kinds, formats, clock } = counted;
        let range = kinds.span.range;
        let reason = |reason: &'a Reason| WireReason::of(reason, checked);
        let bad = Bad::ALL
            .iter()
            .filter(|bad| !matches!(bad, Bad::FalcoAlert | Bad::AlcideDetection))
            .map(|bad| (bad.name(), &tally.bad[*bad as usize]));
        let odd = Oddity::ALL.iter().map(|odd| (odd.name(), &tally.odd[*odd as usize]));
        WireCounts {
            content_bytes: tally.bytes,
            records: tally.records,
            events: tally.events,
            first: range.map(|(first, _)| time::format(first)),
            last: range.map(|(_, last)| time::format(last)),
            formats,
            stages: some(Stage::ALL.map(Stage::name), kinds.stages),
            levels: some(AuditLevel::ALL.map(AuditLevel::name), kinds.levels),
            truncated: reason(&kinds.truncated),
            salvaged: reason(&kinds.cut),
            twice: WireEstimate::of(kinds.twice, checked.inventory.share),
            reused: WireEstimate::of(kinds.reused, checked.inventory.share),
            clock: WireClock::of(clock, checked),
            falco_alerts: reason(&tally.bad[Bad::FalcoAlert as usize]),
            alcide_detections: reason(&tally.bad[Bad::AlcideDetection as usize]),
            bad: bad.filter(|(_, bad)| !bad.is_empty()).map(|(name, bad)| (name, reason(bad))).collect(),
            odd: odd.filter(|(_, odd)| !odd.is_empty()).map(|(name, odd)| (name, reason(odd))).collect(),
        }
    }
}

/// Counts by name, without those of nothing.
fn some<const N: usize>(names: [&'static str; N], counts: [u64; N]) -> BTreeMap<&'static str, u64> {
    names.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect()
}

impl<'a> WireReason<'a> {
    fn of(reason: &'a Reason, checked: &Checked<'a>) -> WireReason<'a> {
        let samples = reason.samples().iter().map(|place| WirePlace::of(place, checked));
        WireReason { count: reason.count, samples: samples.collect() }
    }
}

impl<'a> WirePlace<'a> {
    pub fn of(place: &Evidence, checked: &Checked<'a>) -> WirePlace<'a> {
        WirePlace { file: checked.read.file(place), offset: place.offset, line: place.line }
    }
}

impl WireEstimate {
    pub fn of(records: u64, share: Share) -> WireEstimate {
        WireEstimate { records, exact: share.is_all() }
    }
}

impl<'a> WireClock<'a> {
    fn of(clock: &'a Clock, checked: &Checked<'a>) -> WireClock<'a> {
        WireClock {
            late: WireLate { count: clock.late, longest: seconds(clock.latest) },
            jumps_back: WireReason::of(&clock.jumps, checked),
            far_ahead: WireReason::of(&clock.ahead, checked),
            before_received: WireReason::of(&clock.before_received, checked),
        }
    }
}

pub fn seconds(micros: i64) -> f64 {
    micros as f64 / time::SECOND as f64
}
