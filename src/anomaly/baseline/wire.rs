//! The lines of a baseline file.

use super::{Baseline, SCHEMA};
use crate::anomaly::cell::{Cell, SUMS};
use crate::anomaly::cells::Cells;
use crate::anomaly::class::Class;
use crate::anomaly::entity::{Entity, EntityKey, Kind};
use crate::anomaly::evidence::Mark;
use crate::anomaly::names::Name;
use crate::anomaly::objects::{Object, ObjectKey, Writer};
use crate::anomaly::profile::Profile;
use crate::anomaly::sealed::{WEEK, Week, runs};
use crate::anomaly::span::Span;
use crate::anomaly::value::{Dim, Value, ValueKey};
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

/// Dimension, text, a scope's resource, first and last window, and which of the entity's marks shows it first.
#[derive(Debug, Serialize, Deserialize)]
struct WireValue<'a>(u8, #[serde(borrow)] Cow<'a, str>, #[serde(borrow)] Cow<'a, str>, u32, u32, u32);

/// Time and auditID of a request.
#[derive(Debug, Serialize, Deserialize)]
struct WireMark<'a>(i64, #[serde(borrow)] Cow<'a, str>);

/// Window, sums, and hashes of distinct secrets.
#[derive(Debug, Serialize, Deserialize)]
struct WireCell(u32, [u32; SUMS], Vec<u32>);

/// Weeks since 1970, runs of windows in which it was active, and how often each counter came to each amount.
#[derive(Debug, Serialize, Deserialize)]
struct WireWeek(u32, Vec<(u32, u32)>, Vec<(u8, u32, u32)>);

impl WireWeek {
    fn of(week: &Week) -> WireWeek {
        let counts = week.counts.iter().map(|((counter, count), times)| (*counter, *count, *times));
        WireWeek(week.number, runs(week.windows.iter().copied()), counts.collect())
    }

    /// From a file that may hold anything.
    fn week(&self) -> Option<Week> {
        let WireWeek(number, runs, counts) = self;
        let from = number.checked_mul(WEEK)?;
        let to = from.checked_add(WEEK)?;
        let mut week = Week::new(*number);
        for (first, last) in runs {
            week.windows.extend((*first).max(from)..(*last).saturating_add(1).min(to));
        }
        counts.iter().for_each(|(counter, count, times)| week.note(*counter, *count, (*times).min(WEEK)));
        week.is_sound().then_some(week)
    }
}

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
    /// One bit for each dimension of which there were too many values to keep any.
    saturated: u8,
    forgotten: u32,
    #[serde(borrow)]
    values: Vec<WireValue<'a>>,
    #[serde(borrow)]
    marks: Vec<WireMark<'a>>,
    cells: Vec<WireCell>,
    /// Weeks long past.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sealed: Vec<WireWeek>,
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

impl WireMark<'_> {
    fn of(mark: &Mark) -> WireMark<'static> {
        WireMark(mark.spot.time, Cow::Owned(mark.spot.audit.text().into()))
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
        let shown = entity.shown();
        let value = |value: &Value| {
            let Value { key: ValueKey { dim, name, more }, first, last, mark } = *value;
            WireValue(dim as u8, text(name), text(more), first, last, mark)
        };
        WireEntity {
            cluster: text(entity.key.cluster),
            kind: entity.key.kind as u8,
            name: text(entity.key.name),
            network: text(entity.key.network),
            saturated: entity.saturated(),
            forgotten: entity.forgotten,
            values: shown.values.iter().map(value).collect(),
            marks: shown.marks.iter().map(WireMark::of).collect(),
            cells: entity.cells.packed().map(WireCell::of).collect(),
            sealed: entity.cells.weeks().map(|week| WireWeek::of(&week)).collect(),
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
        entity.forgotten = self.forgotten;
        entity.cells = self.cells();
        entity.saturate(self.saturated);
        entity.remember(self.marks.iter().map(|WireMark(time, id)| Mark::remembered(*time, id)));
        self.values.iter().filter_map(|value| value.value(profile)).for_each(|value| entity.add_value(value));
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
        self.sealed.iter().filter_map(WireWeek::week).for_each(|week| cells.add_week(week));
        cells
    }
}

impl WireValue<'_> {
    fn value(&self, profile: &mut Profile) -> Option<Value> {
        let WireValue(dim, name, more, first, last, mark) = self;
        let mut number = |text: &str| profile.names.number(text);
        let key = ValueKey { dim: *Dim::ALL.get(*dim as usize)?, name: number(name), more: number(more) };
        Some(Value { key, first: *first.min(last), last: *last.max(first), mark: *mark })
    }
}

/// The objects that a whole cluster hangs on, and who changed them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireObjects<'a> {
    #[serde(borrow)]
    objects: Vec<WireObject<'a>>,
    saturated: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireObject<'a> {
    #[serde(borrow)]
    cluster: Cow<'a, str>,
    #[serde(borrow)]
    namespace: Cow<'a, str>,
    #[serde(borrow)]
    resource: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    created: Option<u32>,
    crowded: bool,
    #[serde(borrow)]
    writers: Vec<WireWriter<'a>>,
}

/// Principal, first and last window, and the first change.
#[derive(Debug, Serialize, Deserialize)]
struct WireWriter<'a>(#[serde(borrow)] Cow<'a, str>, u32, u32, #[serde(borrow)] WireMark<'a>);

impl<'a> WireObjects<'a> {
    pub fn of(profile: &'a Profile) -> WireObjects<'a> {
        let text = |name: Name| Cow::Borrowed(profile.names.text(name));
        let writer = |writer: &Writer| {
            WireWriter(text(writer.principal), writer.first, writer.last, WireMark::of(&writer.mark))
        };
        let object = |object: &Object| WireObject {
            cluster: text(object.key.cluster),
            namespace: text(object.key.namespace),
            resource: text(object.key.resource),
            name: text(object.key.name),
            created: object.created,
            crowded: object.is_crowded,
            writers: object.writers.iter().map(writer).collect(),
        };
        let objects = profile.objects.all.iter().map(object).collect();
        WireObjects { objects, saturated: profile.objects.is_saturated }
    }

    pub fn add_to(&self, profile: &mut Profile) {
        for object in &self.objects {
            object.add_to(profile);
        }
        if self.saturated {
            profile.objects.saturate();
        }
    }
}

impl WireObject<'_> {
    fn add_to(&self, profile: &mut Profile) {
        let Profile { names, objects, limits, .. } = profile;
        let key = ObjectKey {
            cluster: names.number(&self.cluster),
            namespace: names.number(&self.namespace),
            resource: names.number(&self.resource),
            name: names.number(&self.name),
        };
        let Some(object) = objects.at(key, *limits) else { return };
        self.created.into_iter().for_each(|window| object.created(window));
        object.is_crowded |= self.crowded;
        for WireWriter(principal, first, last, WireMark(time, id)) in &self.writers {
            object.written(Writer {
                principal: names.number(principal),
                first: *first.min(last),
                last: *last.max(first),
                mark: Mark::remembered(*time, id),
            });
        }
    }
}
