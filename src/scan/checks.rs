//! What a compliance pack asks, in one pass: an inventory, what was recorded of each kind of request, and for which
//! requests each of some conditions holds, with the places of the first few.

use super::inventory::{self, Noted};
use super::once::{Met, Once, Print, Told};
use super::reading::{Reading, Sums, begin};
use super::{End, Job, Looked, ReadAll, Run, Take, Work, run};
use crate::coverage::Counted;
use crate::error::Result;
use crate::finding::Evidence;
use crate::inventory::{Inventory, Kepts};
use crate::pack::Tallied;
use crate::redact::Redactor;
use crate::rule::{Answer, Matcher, RuleSet};

/// What there is to answer checks from.
pub struct Checked {
    /// [`Inventory::add_up`] is still to be called.
    pub inventory: Inventory,
    pub counted: Counted,
    /// For each condition.
    pub tallied: Vec<Tallied>,
    pub read: ReadAll,
}

/// Reads all sources.
pub fn checks(plan: Run<'_>, rules: &RuleSet, redactor: Redactor) -> Result<Checked> {
    let once = Once::new(plan.sources);
    let make = || Checking {
        reading: Reading::once(&once),
        matcher: Matcher::new(rules),
        counted: Counted::default(),
        kepts: Kepts::default(),
    };
    let tallied = vec![Tallied::default(); rules.metas().len()];
    let inventory = inventory::Taking::new(plan.sources);
    let taking = Taking { tallied, inventory, told: Told::default() };
    let (left, Taking { tallied, mut inventory, .. }) = run(plan, make, taking)?;
    let (mut counted, mut kepts) = (Counted::default(), Kepts::default());
    for (sums, own, kept) in &left {
        inventory.read.add_sums(sums);
        counted += own;
        kepts += kept;
    }
    let (inventory, read) = inventory.finish(kepts, redactor);
    Ok(Checked { inventory, counted, tallied, read })
}

struct Checking<'r> {
    reading: Reading<'r>,
    matcher: Matcher<'r>,
    counted: Counted,
    kepts: Kepts,
}

/// What holds, or may hold, for one event.
struct Found {
    rule: u32,
    is_sure: bool,
    time: Option<i64>,
    place: Evidence,
    print: Option<Print>,
}

/// What came out of one piece; lines count from 0 within it.
struct Piecework {
    inventory: inventory::Piecework,
    found: Vec<Found>,
    replaced: Vec<Print>,
}

impl Work for Checking<'_> {
    type Out = Piecework;
    type Left = (Sums, Counted, Kepts);

    fn look(&mut self, job: Job<'_>) -> Looked<Piecework> {
        let Job { file, piece, .. } = job;
        let Checking { reading, matcher, counted, kepts } = self;
        let (mut tally, mut noted) = (begin(file, piece), Noted::default());
        let (mut found, mut replaced) = (Vec::new(), Vec::new());
        let lines = reading.piece(job, &mut tally, |seen| {
            // An inventory counts copies for itself.
            noted.add(&seen, kepts);
            let Met { again, leads, print, .. } = seen.met;
            if !again {
                counted.count(seen.cluster().as_deref(), seen.event, seen.lacks);
            }
            if leads {
                matcher.matches(seen.event, seen.lacks, |rule, answer| {
                    let is_sure = answer == Answer::Holds;
                    found.push(Found { rule, is_sure, time: seen.time, place: seen.evidence(), print });
                });
                replaced.extend(seen.met.replaced());
            }
        });
        let weight = noted.weight() + found.capacity() * size_of::<Found>();
        let inventory = inventory::Piecework { file, tally, noted };
        Looked { out: Piecework { inventory, found, replaced }, lines, weight }
    }

    fn end(self) -> (Sums, Counted, Kepts) {
        (self.reading.finish(), self.counted, self.kepts)
    }
}

struct Taking {
    tallied: Vec<Tallied>,
    inventory: inventory::Taking,
    told: Told,
}

impl Take<Piecework> for Taking {
    fn take(&mut self, out: Piecework, first_line: u64) -> Result<()> {
        self.inventory.take(out.inventory, first_line)?;
        let Taking { tallied, told, .. } = self;
        for Found { rule, is_sure, time, mut place, print } in out.found {
            let Some(tallied) = tallied.get_mut(rule as usize).filter(|_| told.stands(print)) else {
                continue;
            };
            if !is_sure {
                tallied.unsure += 1;
                continue;
            }
            // Lines are counted from 1 where people see them.
            place.line += first_line + 1;
            tallied.found.add(place);
            time.into_iter().for_each(|time| tallied.span.add(time));
        }
        told.add(out.replaced);
        Ok(())
    }

    fn end_of_file(&mut self, file: u32, end: End) -> Result<()> {
        self.inventory.end_of_file(file, end)
    }
}
