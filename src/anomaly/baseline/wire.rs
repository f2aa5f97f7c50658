//! The lines of a baseline file.

use super::{Baseline, SCHEMA};
use crate::anomaly::cell::{Cell, SUMS};
use crate::anomaly::cells::Cells;
use crate::anomaly::class::Class;
use crate::anomaly::entity::{Entity, EntityKey, Kind};
use crate::anomaly::evidence::{Mark, Spot};
use crate::anomaly::normal::Outcome;
use crate::anomaly::profile::{DROPPED, Profile};
use crate::anomaly::shape::{Detail, Shape, ShapeKey};
use crate::anomaly::span::Span;
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
    agent: Cow<'a, str>,
    outcome: u8,
    first: u32,
    last: u32,
    count: u32,
    #[serde(borrow)]
    sample: WireSample<'a>,
}

/// Time and auditID.
#[derive(Debug, Serialize, Deserialize)]
struct WireSample<'a>(i64, #[serde(borrow)] Cow<'a, str>);

/// Window, sums, and hashes of distinct secrets.
#[derive(Debug, Serialize, Deserialize)]
struct WireCell(u32, [u32; SUMS], Vec<u32>);

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
    cells: Vec<WireCell>,
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
    fn of(spot: &Spot) -> WireSample<'a> {
        WireSample(spot.time, Cow::Owned(spot.audit.text().into()))
    }
}

impl WireCell {
    fn of(cell: Cell) -> WireCell {
        WireCell(cell.window, cell.sums, cell.secrets().to_vec())
    }
}

impl<'a> WireEntity<'a> {
    pub fn of(entity: &'a Entity, profile: &'a Profile) -> WireEntity<'a> {
        let text = |name| Cow::Borrowed(profile.names.text(name));
        let shape = |shape: &'a Shape| WireShape {
            action: text(shape.key.action),
            namespace: text(shape.key.namespace),
            network: text(shape.key.network),
            agent: text(shape.key.agent),
            outcome: shape.key.outcome as u8,
            first: shape.first,
            last: shape.last,
            count: shape.count,
            sample: WireSample::of(&shape.mark.spot),
        };
        WireEntity {
            cluster: text(entity.key.cluster),
            kind: entity.key.kind as u8,
            name: text(entity.key.name),
            network: text(entity.key.network),
            detail: entity.detail as u8,
            forgotten: entity.forgotten,
            shapes: entity.shapes.iter().map(shape).collect(),
            cells: entity.cells.iter().map(WireCell::of).collect(),
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
        let class = Class::of(&self.name);
        let Some(at) = profile.entity(key, class) else { return };
        let mut entity = Entity::new(key, class);
        entity.detail = Detail::ALL.get(self.detail as usize).copied().unwrap_or_default();
        entity.forgotten = self.forgotten;
        entity.cells = self.cells();
        for shape in &self.shapes {
            let shape = shape.shape(entity.detail, profile);
            entity.add_shape(shape);
        }
        let limits = profile.limits;
        if let Some(own) = profile.entities.get_mut(at as usize) {
            own.absorb(entity, limits);
        }
    }

    /// From a file that may hold anything, in any order.
    fn cells(&self) -> Cells {
        let mut cells = Cells::default();
        let mut ordered: Vec<&WireCell> = self.cells.iter().collect();
        ordered.sort_by_key(|cell| cell.0);
        for WireCell(window, sums, secrets) in ordered {
            let cell = cells.at(*window);
            cell.sums.iter_mut().zip(sums).for_each(|(own, sum)| *own = own.saturating_add(*sum));
            secrets.iter().for_each(|hash| cell.add_secret(*hash));
        }
        cells
    }
}

impl WireShape<'_> {
    fn shape(&self, detail: Detail, profile: &mut Profile) -> Shape {
        let mut number = |text: &str| profile.names.number(text);
        let key = ShapeKey {
            action: number(&self.action),
            namespace: number(&self.namespace),
            network: number(&self.network),
            agent: number(&self.agent),
            outcome: Outcome::ALL.get(self.outcome as usize).copied().unwrap_or(Outcome::Failed),
        };
        Shape {
            key: detail.project(key, DROPPED),
            first: self.first.min(self.last),
            last: self.last.max(self.first),
            count: self.count,
            mark: Mark::remembered(self.sample.0, &self.sample.1),
        }
    }
}
