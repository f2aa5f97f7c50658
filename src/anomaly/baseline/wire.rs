//! The lines of a baseline file.

use super::{Baseline, SCHEMA};
use crate::anomaly::cell::Cell;
use crate::anomaly::class::Class;
use crate::anomaly::evidence::Sample;
use crate::anomaly::normal::Outcome;
use crate::anomaly::profile::{DROPPED, Entity, EntityKey, Kind, Profile, Span};
use crate::anomaly::shape::{Detail, Shape, ShapeKey};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A file that a baseline was made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    pub sha256: String,
    pub name: String,
    pub bytes: u64,
}

/// `{"schema":"kaudit.baseline.v1","files":[...],"clusters":[{"name":"a","windows":[[5957280,5957283]]}]}`
#[derive(Debug, Serialize, Deserialize)]
pub struct Head {
    pub schema: String,
    pub files: Vec<Origin>,
    pub clusters: Vec<WireCluster>,
}

/// Runs of windows in which anything was seen.
#[derive(Debug, Serialize, Deserialize)]
pub struct WireCluster {
    name: String,
    windows: Vec<(u32, u32)>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Foot {
    pub sha256: String,
}

/// Text, time and place are those of the first request of its kind.
#[derive(Debug, Serialize, Deserialize)]
struct WireShape<'a> {
    #[serde(borrow)]
    action: Cow<'a, str>,
    #[serde(borrow)]
    namespace: Cow<'a, str>,
    #[serde(borrow)]
    network: Cow<'a, str>,
    #[serde(borrow)]
    wide: Cow<'a, str>,
    #[serde(borrow)]
    agent: Cow<'a, str>,
    outcome: u8,
    first: u32,
    last: u32,
    count: u64,
    #[serde(borrow)]
    sample: WireSample<'a>,
}

/// Time and auditID.
#[derive(Debug, Serialize, Deserialize)]
struct WireSample<'a>(i64, #[serde(borrow)] Cow<'a, str>);

/// Window, sums, hashes of distinct things, and the first request that touched a sensitive counter.
#[derive(Debug, Serialize, Deserialize)]
struct WireCell<'a>(u32, Cow<'a, [u32]>, Cow<'a, [u32]>, #[serde(borrow)] Option<WireSample<'a>>);

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireEntity<'a> {
    #[serde(borrow)]
    cluster: Cow<'a, str>,
    kind: u8,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    network: Cow<'a, str>,
    detail: u8,
    forgotten: u32,
    #[serde(borrow)]
    shapes: Vec<WireShape<'a>>,
    #[serde(borrow)]
    cells: Vec<WireCell<'a>>,
}

impl Head {
    pub fn of(baseline: &Baseline) -> Head {
        let cluster = |(name, span): &(u32, Span)| WireCluster {
            name: baseline.profile.names.text(*name).to_owned(),
            windows: runs(span.windows()),
        };
        Head {
            schema: SCHEMA.to_owned(),
            files: baseline.origins.clone(),
            clusters: baseline.profile.clusters.iter().map(cluster).collect(),
        }
    }
}

/// First and last of each run of windows without a gap.
fn runs(windows: impl Iterator<Item = u32>) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for window in windows {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(window) => *last = window,
            _ => runs.push((window, window)),
        }
    }
    runs
}

impl WireCluster {
    /// # Errors
    /// Says so when there are more windows than any profile keeps.
    pub fn add_to(&self, profile: &mut Profile) -> Result<(), String> {
        let limits = profile.limits;
        let at = profile.cluster(&self.name) as usize;
        let length = |(first, last): &(u32, u32)| u64::from(last.saturating_sub(*first)) + 1;
        if self.windows.iter().map(length).sum::<u64>() > limits.windows as u64 {
            return Err("line 1: more windows than a baseline holds".to_owned());
        }
        for (first, last) in &self.windows {
            (*first..=*last).for_each(|window| profile.clusters[at].1.add(window, limits));
        }
        Ok(())
    }
}

impl<'a> WireSample<'a> {
    fn of(sample: &'a Sample) -> WireSample<'a> {
        WireSample(sample.time, Cow::Borrowed(&sample.audit_id))
    }

    fn sample(&self) -> Sample {
        Sample::remembered(self.0, &self.1)
    }
}

impl<'a> WireEntity<'a> {
    pub fn of(entity: &'a Entity, profile: &'a Profile) -> WireEntity<'a> {
        let text = |name| Cow::Borrowed(profile.names.text(name));
        let shape = |shape: &'a Shape| WireShape {
            action: text(shape.key.action),
            namespace: text(shape.key.namespace),
            network: text(shape.key.network),
            wide: text(shape.key.wide),
            agent: text(shape.key.agent),
            outcome: shape.key.outcome as u8,
            first: shape.first,
            last: shape.last,
            count: shape.count,
            sample: WireSample::of(&shape.sample),
        };
        let cell = |cell: &'a Cell| {
            let (sums, distinct) = cell.parts();
            let sample = cell.sensitive.as_deref().map(WireSample::of);
            WireCell(cell.window, Cow::Borrowed(sums), Cow::Borrowed(distinct), sample)
        };
        WireEntity {
            cluster: text(entity.key.cluster),
            kind: entity.key.kind as u8,
            name: text(entity.key.name),
            network: text(entity.key.network),
            detail: entity.detail as u8,
            forgotten: entity.forgotten,
            shapes: entity.shapes.iter().map(shape).collect(),
            cells: entity.cells.iter().map(cell).collect(),
        }
    }

    pub fn add_to(&self, profile: &mut Profile) {
        let names = &mut profile.names;
        let key = EntityKey {
            cluster: names.number(&self.cluster),
            kind: if self.kind == Kind::Source as u8 { Kind::Source } else { Kind::Principal },
            name: names.number(&self.name),
            network: names.number(&self.network),
        };
        let Some(at) = profile.entity(key, Class::of(&self.name)) else { return };
        let detail = Detail::ALL.get(self.detail as usize).copied().unwrap_or_default();
        let shapes = self.shapes.iter().map(|shape| {
            let mut number = |text: &str| profile.names.number(text);
            let key = ShapeKey {
                action: number(&shape.action),
                namespace: number(&shape.namespace),
                network: number(&shape.network),
                wide: number(&shape.wide),
                agent: number(&shape.agent),
                outcome: Outcome::ALL.get(shape.outcome as usize).copied().unwrap_or(Outcome::Failed),
            };
            let WireShape { first, last, count, .. } = *shape;
            let (first, last) = (first.min(last), last.max(first));
            Shape { key: detail.project(key, DROPPED), first, last, count, sample: shape.sample.sample() }
        });
        let shapes: Vec<Shape> = shapes.collect();
        let cells = self.cells.iter().map(|WireCell(window, sums, distinct, sample)| {
            Cell::from_parts(*window, sums, distinct, sample.as_ref().map(WireSample::sample))
        });
        let limits = profile.limits;
        if let Some(entity) = profile.entities.get_mut(at as usize) {
            entity.remember(detail, self.forgotten, shapes, cells, limits);
        }
    }
}
