//! Taking an inventory: every event reduced to a fact, every fact counted in the order of the input.

use super::reading::{Reading, begin};
use super::{End, Job, Looked, ReadAll, Run, Take, Work, run};
use crate::error::Result;
use crate::finding::Evidence;
use crate::input::Source;
use crate::inventory::{
    ClusterFacts, Fact, FileFacts, Inventory, Policy, Requests, Rhythm, Seen, policy, rotated,
};
use crate::redact::Redactor;
use crate::tally::{Counter, Tally};

/// Reads all sources. Fingerprints are not taken here, and [`Inventory::add_up`] is still to be called.
pub fn inventory(plan: Run<'_>, redactor: Redactor) -> Result<(Inventory, ReadAll)> {
    let names = clusters(plan.sources);
    let of_file: Vec<u32> = plan.sources.iter().map(|source| index(&names, source)).collect();
    let make = || Counting {
        reading: Reading::default(),
        of_file: &of_file,
        policies: Counter::default(),
        key: Vec::new(),
    };
    let (workers, taking) = run(plan, make, Taking::new(plan.sources, &of_file, names.len()))?;
    let mut read = taking.read;
    let mut policies = Counter::default();
    for worker in &workers {
        read.add_counts(&worker.reading.counts);
        policies += &worker.policies;
    }
    let Taking { files, requests, rhythms, .. } = taking;
    let clusters = names.into_iter().map(|name| ClusterFacts { name, ..ClusterFacts::default() }).collect();
    let mut all = Inventory { files, clusters, share: requests.share() };
    for (at, (cluster, rhythm)) in (0..).zip(all.clusters.iter_mut().zip(rhythms)) {
        let name = |file: u32| all.files.get(file as usize).map_or("", |file| &file.name);
        cluster.gaps = rhythm.gaps(|one, other| rotated(name(one), name(other)));
        cluster.unfinished = requests.unfinished(at);
        cluster.policy = Policy::of(&mut policies, at, redactor);
    }
    Ok((all, read))
}

/// The clusters that the input comes from, by name.
fn clusters(sources: &[Source]) -> Vec<Option<String>> {
    let mut names: Vec<_> =
        sources.iter().map(|source| source.cluster.as_deref().map(str::to_owned)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn index(names: &[Option<String>], source: &Source) -> u32 {
    let at = names.iter().position(|name| name.as_deref() == source.cluster.as_deref());
    at.unwrap_or_default() as u32
}

struct Counting<'f> {
    reading: Reading,
    of_file: &'f [u32],
    policies: Counter,
    key: Vec<u8>,
}

/// What came out of one piece; lines count from 0 within it.
struct Piecework {
    file: u32,
    tally: Tally,
    facts: Vec<Fact>,
}

impl Work for Counting<'_> {
    type Out = Piecework;

    fn look(&mut self, job: Job<'_>) -> Looked<Piecework> {
        let Job { file, piece, .. } = job;
        let Counting { reading, of_file, policies, key } = self;
        let cluster = of_file[file as usize];
        let mut tally = begin(file, piece);
        let mut facts = Vec::new();
        let mut records = piece.records();
        for record in &mut records {
            reading.read(job.place(record), &mut tally, |seen| {
                policy::count(policies, key, cluster, seen.event);
                facts.push(Fact::of(seen.event, &record));
            });
        }
        let lines = records.lines().max(u32::from(piece.too_long.is_some()));
        tally.lines = u64::from(lines);
        let weight = facts.capacity() * size_of::<Fact>();
        Looked { out: Piecework { file, tally, facts }, lines, weight }
    }
}

struct Taking<'s> {
    read: ReadAll,
    of_file: &'s [u32],
    files: Vec<FileFacts>,
    requests: Requests,
    /// Of each cluster.
    rhythms: Vec<Rhythm>,
}

impl<'s> Taking<'s> {
    fn new(sources: &[Source], of_file: &'s [u32], clusters: usize) -> Taking<'s> {
        let file = |(source, cluster): (&Source, &u32)| FileFacts {
            name: source.name.clone(),
            cluster: *cluster as usize,
            disk: source.size.unwrap_or_default(),
            ..FileFacts::default()
        };
        Taking {
            read: ReadAll::new(sources),
            of_file,
            files: sources.iter().zip(of_file).map(file).collect(),
            requests: Requests::default(),
            rhythms: vec![Rhythm::default(); clusters],
        }
    }

    fn add(&mut self, file: u32, fact: &Fact, place: &Evidence) {
        let cluster = self.of_file[file as usize];
        let facts = &mut self.files[file as usize];
        facts.kinds.add(fact, place);
        facts.clock.add(fact, place);
        match self.requests.add(cluster, fact, place) {
            (count, Seen::Twice) => facts.kinds.twice += count,
            (count, Seen::Reused) => facts.kinds.reused += count,
            (_, Seen::New) => {}
        }
        if let Some(written) = fact.written {
            self.rhythms[cluster as usize].add(written, file);
        }
    }
}

impl Take<Piecework> for Taking<'_> {
    fn take(&mut self, out: Piecework, first_line: u64) -> Result<()> {
        let Piecework { file, tally, facts } = out;
        self.files[file as usize].tally += tally.clone().shift(first_line);
        self.read.add(file, tally, first_line);
        for fact in &facts {
            // Lines are counted from 1 where people see them.
            let line = first_line + u64::from(fact.line) + 1;
            self.add(file, fact, &Evidence { file, offset: fact.offset, line });
        }
        Ok(())
    }

    fn end_of_file(&mut self, file: u32, end: End) -> Result<()> {
        let facts = &mut self.files[file as usize];
        facts.disk = facts.disk.max(end.consumed);
        facts.compression = end.compression;
        facts.trouble = end.trouble.clone();
        self.read.end_of_file(file, end);
        Ok(())
    }
}
