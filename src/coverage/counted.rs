//! What a log recorded, counted by cluster and kind of request. Each worker has its own.

use super::row::{Row, Shape, Target};
use crate::envelope::Lacks;
use crate::event::{Event, Slot, kind_of};
use crate::inventory::{AuditLevel, Stage};
use crate::policy::{Level, StageSet};
use crate::redact::Redactor;
use crate::tally::Counter;
use std::collections::BTreeMap;
use std::ops::AddAssign;

const KINDS: [&str; 5] = ["human", "service-account", "node", "control-plane", "anonymous"];

/// Bits of the second byte of a key.
const IMPERSONATED: u8 = 1;
const UNAUTHENTICATED: u8 = 2;
const TRUNCATED: u8 = 4;
const NO_LEVEL: u8 = 8;
const NO_CLUSTER: u8 = 16;
const NO_RESOURCE: u8 = 32;

#[derive(Debug, Default)]
pub struct Counted {
    counter: Counter,
    key: Vec<u8>,
}

impl Counted {
    pub fn count(&mut self, cluster: Option<&str>, event: &Event<'_>, lacks: Lacks) {
        let Counted { counter, key } = self;
        let truncated = event.annotation("audit.k8s.io/truncated").is_some_and(|said| said == "true");
        let bits = [
            (event.has(Slot::ImpersonatedUsername), IMPERSONATED),
            (event.code() == Some(401), UNAUTHENTICATED),
            (truncated, TRUNCATED),
            (!event.has(Slot::Level), NO_LEVEL),
            (cluster.is_none(), NO_CLUSTER),
            (!event.has(Slot::Resource), NO_RESOURCE),
        ];
        let flags = bits.into_iter().filter(|(is, _)| *is).fold(0, |all, (_, bit)| all | bit);
        let who = event.principal().map_or("anonymous", |name| kind_of(&name.decode()));
        let who = KINDS.iter().position(|kind| *kind == who).unwrap_or_default() as u8;
        key.clear();
        key.extend_from_slice(&[who, flags, AuditLevel::of(event) as u8, Stage::of(event) as u8]);
        key.extend_from_slice(&lacks.named().to_be_bytes());
        push(key, cluster.unwrap_or_default());
        for slot in [Slot::Verb, Slot::ApiGroup, Slot::Resource, Slot::Subresource] {
            push(key, &event.decoded(slot).unwrap_or_default());
        }
        counter.add(key, 1);
    }

    /// The rows of each cluster, and whether there was more than could be counted.
    pub fn rows(&mut self, redactor: Redactor) -> (BTreeMap<Option<String>, Vec<Row>>, bool) {
        let (_, more) = self.counter.len();
        let mut all: Vec<(Option<String>, Row)> =
            self.counter.iter().filter_map(|(key, count)| read(key, count, redactor)).collect();
        all.sort_by(|(a, x), (b, y)| (a, order(x)).cmp(&(b, order(y))));
        let mut clusters: BTreeMap<Option<String>, Vec<Row>> = BTreeMap::new();
        for (cluster, row) in all {
            clusters.entry(cluster).or_default().push(row);
        }
        clusters.values_mut().for_each(join_stages);
        (clusters, more)
    }
}

impl AddAssign<&Counted> for Counted {
    fn add_assign(&mut self, other: &Counted) {
        self.counter += &other.counter;
    }
}

/// Texts are told apart by a byte that none of them holds.
fn push(key: &mut Vec<u8>, text: &str) {
    key.extend(text.bytes().map(|byte| if byte == 0 { b'?' } else { byte }));
    key.push(0);
}

fn order(row: &Row) -> (&Shape, Option<Level>, u64, bool, u8) {
    (&row.shape, row.level, row.lacks, row.truncated, row.stages.0)
}

fn read(key: &[u8], count: u64, redactor: Redactor) -> Option<(Option<String>, Row)> {
    let ([who, flags, level, stage], rest) = key.split_first_chunk()?;
    let (lacks, rest) = rest.split_first_chunk()?;
    let mut texts = rest.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
    let (cluster, verb) = (texts.next()?, texts.next()?);
    let [group, resource, sub] =
        [texts.next()?, texts.next()?, texts.next()?].map(|text| redactor.text(&text).into_owned());
    let has = |bit: u8| flags & bit != 0;
    let target =
        if has(NO_RESOURCE) { Target::Path(None) } else { Target::resource(&group, &resource, &sub) };
    let shape = Shape {
        verb: redactor.text(&verb).into_owned(),
        target,
        who: KINDS.get(usize::from(*who))?,
        impersonated: Some(has(IMPERSONATED)),
        unauthenticated: has(UNAUTHENTICATED),
    };
    let level = AuditLevel::ALL.get(usize::from(*level)).and_then(|level| Level::named(level.name()));
    let row = Row {
        shape,
        level: level.filter(|_| !has(NO_LEVEL)),
        stages: StageSet(1 << stage),
        lacks: u64::from_be_bytes(*lacks),
        truncated: has(TRUNCATED),
        requests: count,
    };
    Some(((!has(NO_CLUSTER)).then_some(cluster), row))
}

/// Records of several stages tell of the same requests: the stage with the most records counts them, and whatever
/// one stage shows is known of them. Rows come sorted.
fn join_stages(rows: &mut Vec<Row>) {
    let mut joined: Vec<Row> = Vec::new();
    for row in rows.drain(..) {
        let same = |last: &&mut Row| {
            let key = |row: &Row| (row.level, row.lacks, row.truncated);
            last.shape == row.shape && key(last) == key(&row)
        };
        match joined.last_mut().filter(same) {
            Some(last) => {
                last.requests = last.requests.max(row.requests);
                last.stages = last.stages.and(row.stages);
            }
            None => joined.push(row),
        }
    }
    *rows = joined;
}
