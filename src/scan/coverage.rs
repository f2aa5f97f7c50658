//! Counting what a log recorded of each kind of request, and what a policy makes of it.

use super::once::Once;
use super::reading::{Reading, begin};
use super::{End, Job, Looked, ReadAll, Run, Take, Work, run};
use crate::coverage::{Clash, Counted, Usage};
use crate::error::Result;
use crate::finding::Evidence;
use crate::policy::AuditPolicy;
use crate::tally::Tally;

/// What a log recorded.
pub struct Recorded {
    pub counted: Counted,
    /// What the policy makes of it, if there is one.
    pub usage: Option<Usage>,
    pub read: ReadAll,
}

/// Reads all sources.
pub fn coverage(plan: Run<'_>, policy: Option<&AuditPolicy>) -> Result<Recorded> {
    let once = Once::new(plan.sources);
    let make = || Counting {
        reading: Reading::once(&once),
        counted: Counted::default(),
        policy: policy.map(|policy| (policy, Usage::new(policy))),
    };
    let taking = Taking { read: ReadAll::new(plan.sources), usage: policy.map(Usage::new) };
    let (workers, taking) = run(plan, make, taking)?;
    let Taking { mut read, mut usage } = taking;
    let mut counted = Counted::default();
    for worker in &workers {
        read.add_counts(&worker.reading.counts);
        counted += &worker.counted;
        if let (Some(usage), Some((_, own))) = (&mut usage, &worker.policy) {
            *usage += own;
        }
    }
    Ok(Recorded { counted, usage, read })
}

struct Counting<'p> {
    reading: Reading<'p>,
    counted: Counted,
    policy: Option<(&'p AuditPolicy, Usage)>,
}

/// What came out of one piece; lines count from 0 within it.
struct Piecework {
    file: u32,
    tally: Tally,
    clashes: Vec<((usize, Clash), Evidence)>,
}

impl Work for Counting<'_> {
    type Out = Piecework;

    fn look(&mut self, job: Job<'_>) -> Looked<Piecework> {
        let Job { file, piece, .. } = job;
        let Counting { reading, counted, policy } = self;
        let (mut tally, mut clashes) = (begin(file, piece), Vec::new());
        let lines = reading.piece(job, &mut tally, |seen| {
            if seen.again {
                return;
            }
            counted.count(seen.cluster().as_deref(), seen.event, seen.lacks);
            if let Some((policy, usage)) = policy {
                let clash = usage.add(policy, seen.event, seen.lacks);
                clashes.extend(clash.map(|clash| (clash, seen.evidence())));
            }
        });
        let weight = clashes.capacity() * size_of::<((usize, Clash), Evidence)>();
        Looked { out: Piecework { file, tally, clashes }, lines, weight }
    }
}

struct Taking {
    read: ReadAll,
    usage: Option<Usage>,
}

impl Take<Piecework> for Taking {
    fn take(&mut self, out: Piecework, first_line: u64) -> Result<()> {
        self.read.add(out.file, out.tally, first_line);
        for (clash, mut place) in out.clashes {
            // Lines are counted from 1 where people see them.
            place.line += first_line + 1;
            self.usage.iter_mut().for_each(|usage| usage.note(clash, place.clone()));
        }
        Ok(())
    }

    fn end_of_file(&mut self, file: u32, end: End) -> Result<()> {
        self.read.end_of_file(file, end);
        Ok(())
    }
}
