//! Taking an inventory: every event reduced to a fact, every fact counted in the order of the input.

use super::reading::{Reading, Seen, Sums, begin};
use super::{End, Job, Looked, ReadAll, Run, Take, Work, run};
use crate::error::Result;
use crate::finding::Evidence;
use crate::input::Source;
use crate::inventory::{
    Clusters, Fact, FileFacts, Inventory, Kepts, NATIVE, Origins, Policies, Requests, rotated,
};
use crate::redact::Redactor;
use crate::tally::Tally;

/// Reads all sources. Fingerprints are not taken here, and [`Inventory::add_up`] is still to be called.
pub fn inventory(plan: Run<'_>, redactor: Redactor) -> Result<(Inventory, ReadAll)> {
    let (left, mut taking) = run(plan, Counting::default, Taking::new(plan.sources))?;
    let mut kepts = Kepts::default();
    for (sums, kept) in &left {
        taking.read.add_sums(sums);
        kepts += kept;
    }
    Ok(taking.finish(kepts, redactor))
}

#[derive(Default)]
struct Counting {
    reading: Reading<'static>,
    kepts: Kepts,
}

/// What is noted of the events of one piece; lines count from 0 within it.
#[derive(Default)]
pub(super) struct Noted {
    origins: Origins,
    facts: Vec<Fact>,
}

impl Noted {
    pub(super) fn add(&mut self, seen: &Seen<'_>, kepts: &mut Kepts) {
        let cluster = seen.cluster();
        kepts.count(cluster.as_deref(), seen.event, seen.lacks);
        let format = seen.format.map_or(NATIVE, |format| format.name);
        let origin = self.origins.add(cluster, seen.node, format, seen.time);
        self.facts.push(Fact::of(seen.event, origin, seen.cut, &seen.evidence()));
    }

    pub(super) fn weight(&self) -> usize {
        self.facts.capacity() * size_of::<Fact>()
    }
}

/// What came out of one piece.
pub(super) struct Piecework {
    pub file: u32,
    pub tally: Tally,
    pub noted: Noted,
}

impl Work for Counting {
    type Out = Piecework;
    type Left = (Sums, Kepts);

    fn look(&mut self, job: Job<'_>) -> Looked<Piecework> {
        let Job { file, piece, .. } = job;
        let Counting { reading, kepts } = self;
        let (mut tally, mut noted) = (begin(file, piece), Noted::default());
        let lines = reading.piece(job, &mut tally, |seen| noted.add(&seen, kepts));
        Looked { weight: noted.weight(), out: Piecework { file, tally, noted }, lines }
    }

    fn end(self) -> (Sums, Kepts) {
        (self.reading.finish(), self.kepts)
    }
}

pub(super) struct Taking {
    pub read: ReadAll,
    files: Vec<FileFacts>,
    /// Number of the cluster that each file is labelled with.
    labels: Vec<u32>,
    clusters: Clusters,
    requests: Requests,
}

impl Taking {
    pub fn new(sources: &[Source]) -> Taking {
        let mut clusters = Clusters::default();
        let labels = sources.iter().map(|source| clusters.label(source.cluster.as_ref())).collect();
        let file = |source: &Source| FileFacts {
            name: source.name.clone(),
            cluster: source.cluster.as_deref().map(str::to_owned),
            disk: source.size.unwrap_or_default(),
            ..FileFacts::default()
        };
        let (read, files) = (ReadAll::new(sources), sources.iter().map(file).collect());
        Taking { read, files, labels, clusters, requests: Requests::default() }
    }

    /// When all is read.
    pub fn finish(self, mut kepts: Kepts, redactor: Redactor) -> (Inventory, ReadAll) {
        let Taking { read, files, requests, clusters, .. } = self;
        let name = |file: u32| files.get(file as usize).map_or("", |file| &file.name);
        let is_rotated = |one, other| rotated(name(one), name(other));
        let mut policies = Policies::of(&mut kepts, redactor);
        let (clusters, more_clusters) = clusters.finish(&requests, &mut policies, is_rotated);
        (Inventory { clusters, more_clusters, share: requests.share(), files }, read)
    }

    /// Counts where events come from; gives the number of the cluster of each origin.
    fn origins(&mut self, file: u32, origins: &Origins) -> Vec<u32> {
        let Taking { files, labels, clusters, .. } = self;
        let (facts, label) = (&mut files[file as usize], labels[file as usize]);
        let of_origin = origins.iter().map(|(origin, amount)| {
            let cluster = clusters.of(origin, label);
            clusters.add_origin(cluster, origin, *amount);
            let name = clusters.name(cluster).map(str::to_owned);
            *facts.clusters.entry(name).or_default() += amount.events;
            *facts.formats.entry(origin.format).or_default() += amount.events;
            cluster
        });
        of_origin.collect()
    }

    fn add(&mut self, cluster: u32, fact: &Fact, place: &Evidence) {
        let seen = self.requests.add(cluster, fact, place);
        let facts = &mut self.files[place.file as usize];
        facts.kinds.add(fact, place);
        facts.kinds.see(seen.0, seen.1);
        facts.clock.add(fact, place);
        self.clusters.add(cluster, fact, place, seen);
    }
}

impl Take<Piecework> for Taking {
    fn take(&mut self, out: Piecework, first_line: u64) -> Result<()> {
        let Piecework { file, tally, noted: Noted { origins, facts } } = out;
        self.files[file as usize].tally += tally.clone().shift(first_line);
        self.read.add(file, tally, first_line);
        let clusters = self.origins(file, &origins);
        for fact in &facts {
            // Lines are counted from 1 where people see them.
            let line = first_line + u64::from(fact.line) + 1;
            let place = Evidence { file, offset: fact.offset, line };
            self.add(clusters[fact.origin as usize], fact, &place);
        }
        Ok(())
    }

    fn end_of_file(&mut self, file: u32, end: End) -> Result<()> {
        let facts = &mut self.files[file as usize];
        facts.disk = facts.disk.max(end.consumed);
        facts.compression = end.compression.clone();
        facts.trouble = end.trouble.clone();
        facts.settle();
        self.read.end_of_file(file, end);
        Ok(())
    }
}
