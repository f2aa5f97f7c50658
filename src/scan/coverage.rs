//! Counting what a log recorded of each kind of request, and what a policy makes of it.

use super::once::{Met, Once, Print, Told};
use super::reading::{Reading, Sums, begin};
use super::{End, Job, Looked, ReadAll, Run, Take, Work, run};
use crate::coverage::{Counted, Usage, Verdict};
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
    let make = || Counting { reading: Reading::once(&once), counted: Counted::default(), policy };
    let (read, usage) = (ReadAll::new(plan.sources), policy.map(Usage::new));
    let (left, taking) = run(plan, make, Taking { read, usage, told: Told::default() })?;
    let Taking { mut read, usage, .. } = taking;
    let mut counted = Counted::default();
    for (sums, own) in &left {
        read.add_sums(sums);
        counted += own;
    }
    Ok(Recorded { counted, usage, read })
}

struct Counting<'p> {
    reading: Reading<'p>,
    counted: Counted,
    policy: Option<&'p AuditPolicy>,
}

/// What came out of one piece; lines count from 0 within it.
struct Piecework {
    file: u32,
    tally: Tally,
    /// What the policy makes of each event, if there is one.
    verdicts: Vec<(Verdict, Evidence, Option<Print>)>,
    replaced: Vec<Print>,
}

impl Work for Counting<'_> {
    type Out = Piecework;
    type Left = (Sums, Counted);

    fn look(&mut self, job: Job<'_>) -> Looked<Piecework> {
        let Job { file, piece, .. } = job;
        let Counting { reading, counted, policy } = self;
        let (mut tally, mut verdicts, mut replaced) = (begin(file, piece), Vec::new(), Vec::new());
        let lines = reading.piece(job, &mut tally, |seen| {
            let Met { again, leads, print, .. } = seen.met;
            if !again {
                counted.count(seen.cluster().as_deref(), seen.event, seen.lacks);
            }
            if let Some(policy) = policy.filter(|_| leads) {
                verdicts.push((Verdict::of(policy, seen.event, seen.lacks), seen.evidence(), print));
                replaced.extend(seen.met.replaced());
            }
        });
        let weight = verdicts.capacity() * size_of::<(Verdict, Evidence, Option<Print>)>();
        Looked { out: Piecework { file, tally, verdicts, replaced }, lines, weight }
    }

    fn end(self) -> (Sums, Counted) {
        (self.reading.finish(), self.counted)
    }
}

struct Taking {
    read: ReadAll,
    usage: Option<Usage>,
    told: Told,
}

impl Take<Piecework> for Taking {
    fn take(&mut self, out: Piecework, first_line: u64) -> Result<()> {
        self.read.add(out.file, out.tally, first_line);
        let Taking { usage: Some(usage), told, .. } = self else { return Ok(()) };
        for (verdict, mut place, print) in out.verdicts {
            // Lines are counted from 1 where people see them.
            place.line += first_line + 1;
            if told.stands(print) {
                usage.add(verdict, place);
            }
        }
        told.add(out.replaced);
        Ok(())
    }

    fn end_of_file(&mut self, file: u32, end: End) -> Result<()> {
        self.read.end_of_file(file, end);
        Ok(())
    }
}
