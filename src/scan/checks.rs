//! Counting for which requests each of some conditions holds, with the places of the first few.

use super::once::Once;
use super::reading::{Reading, begin};
use super::{End, Job, Looked, ReadAll, Run, Take, Work, run};
use crate::coverage::Counted;
use crate::error::Result;
use crate::finding::Evidence;
use crate::pack::Tallied;
use crate::rule::{Answer, Matcher, RuleSet};
use crate::tally::Tally;

/// Reads all sources; also gives what was recorded of each kind of request.
pub fn checks(plan: Run<'_>, rules: &RuleSet) -> Result<(Vec<Tallied>, Counted)> {
    let once = Once::new(plan.sources);
    let make = || Checking {
        reading: Reading::once(&once),
        matcher: Matcher::new(rules),
        counted: Counted::default(),
    };
    let tallied = vec![Tallied::default(); rules.metas().len()];
    let (workers, taking) = run(plan, make, Taking { tallied, read: ReadAll::new(plan.sources) })?;
    let mut counted = Counted::default();
    workers.iter().for_each(|worker| counted += &worker.counted);
    Ok((taking.tallied, counted))
}

struct Checking<'r> {
    reading: Reading<'r>,
    matcher: Matcher<'r>,
    counted: Counted,
}

/// What holds, or may hold, for one event.
struct Found {
    rule: u32,
    is_sure: bool,
    time: Option<i64>,
    place: Evidence,
}

/// What came out of one piece; lines count from 0 within it.
struct Piecework {
    file: u32,
    tally: Tally,
    found: Vec<Found>,
}

impl Work for Checking<'_> {
    type Out = Piecework;

    fn look(&mut self, job: Job<'_>) -> Looked<Piecework> {
        let Job { file, piece, .. } = job;
        let Checking { reading, matcher, counted } = self;
        let (mut tally, mut found) = (begin(file, piece), Vec::new());
        let lines = reading.piece(job, &mut tally, |seen| {
            if seen.again {
                return;
            }
            counted.count(seen.cluster().as_deref(), seen.event, seen.lacks);
            matcher.matches(seen.event, seen.lacks, |rule, answer| {
                let is_sure = answer == Answer::Holds;
                found.push(Found { rule, is_sure, time: seen.time, place: seen.evidence() });
            });
        });
        let weight = found.capacity() * size_of::<Found>();
        Looked { out: Piecework { file, tally, found }, lines, weight }
    }
}

struct Taking {
    tallied: Vec<Tallied>,
    read: ReadAll,
}

impl Take<Piecework> for Taking {
    fn take(&mut self, out: Piecework, first_line: u64) -> Result<()> {
        self.read.add(out.file, out.tally, first_line);
        for Found { rule, is_sure, time, mut place } in out.found {
            let Some(tallied) = self.tallied.get_mut(rule as usize) else { continue };
            if !is_sure {
                tallied.unsure += 1;
                continue;
            }
            // Lines are counted from 1 where people see them.
            place.line += first_line + 1;
            tallied.found.add(place);
            time.into_iter().for_each(|time| tallied.span.add(time));
        }
        Ok(())
    }

    fn end_of_file(&mut self, file: u32, end: End) -> Result<()> {
        self.read.end_of_file(file, end);
        Ok(())
    }
}
