//! Hunting: the events themselves, selected by one condition, passed on as they come.

use super::once::Recent;
use super::reading::{Place, Reading, Sums, begin};
use super::{End, Job, Looked, ReadAll, Run, Take, Work, run};
use crate::error::Result;
use crate::event::Decoder;
use crate::finding::Hit;
use crate::input::Source;
use crate::lines::{Line, Piece, Record};
use crate::redact::Redactor;
use crate::rule::{Answer, Matcher, Prefilter, RuleSet};
use crate::tally::{Reason, Tally, TimeSpan};

/// Where hits go, in the order of the input.
pub trait TakeHit: Send {
    /// `file` is the name of the file that the hit's evidence points into.
    fn hit(&mut self, hit: Hit, file: &str) -> Result<()>;
}

/// The result of a hunt.
#[derive(Debug)]
pub struct Hunted<T> {
    pub take: T,
    pub hits: u64,
    /// From the first hit to the last.
    pub span: TimeSpan,
    pub read: ReadAll,
}

/// Selects events with the one rule of `rules`. Records that `prefilter` rejects are not even parsed.
pub fn hunt<T: TakeHit>(
    plan: Run<'_>,
    rules: &RuleSet,
    prefilter: Option<&Prefilter>,
    redactor: Redactor,
    with_record: bool,
    take: T,
) -> Result<Hunted<T>> {
    let make = || {
        let look = Look { matcher: Matcher::new(rules), redactor, with_record };
        Hunter { reading: Reading::default(), prefilter, look }
    };
    let pass = Pass {
        take,
        sources: plan.sources,
        hits: 0,
        span: TimeSpan::default(),
        read: ReadAll::new(plan.sources),
        recent: Recent::default(),
    };
    let (_, pass) = run(plan, make, pass)?;
    Ok(Hunted { take: pass.take, hits: pass.hits, span: pass.span, read: pass.read })
}

/// The time of the last event of all sources, which is what `--since 2h` counts back from.
pub fn last_event(plan: Run<'_>) -> Result<Option<i64>> {
    let (left, _) = run(plan, Timer::default, Nothing)?;
    let mut span = TimeSpan::default();
    left.iter().for_each(|sums| span += sums.span);
    Ok(span.range.map(|(_, last)| last))
}

struct Hunter<'r> {
    reading: Reading<'r>,
    prefilter: Option<&'r Prefilter>,
    look: Look<'r>,
}

struct Look<'r> {
    matcher: Matcher<'r>,
    redactor: Redactor,
    with_record: bool,
}

/// What came out of one piece; lines count from 0 within it.
struct Piecework {
    file: u32,
    tally: Tally,
    hits: Vec<Hit>,
}

impl Work for Hunter<'_> {
    type Out = Piecework;
    type Left = ();

    fn look(&mut self, job: Job<'_>) -> Looked<Piecework> {
        let Job { file, piece, .. } = job;
        let Hunter { reading, prefilter, look } = self;
        let mut out = Piecework { file, tally: begin(file, piece), hits: Vec::new() };
        let mut read = |record: Record<'_>| look.record(reading, job.place(record), &mut out);
        let lines = match prefilter {
            Some(prefilter) if job.expect.is_native() && begins_native(piece) => {
                search(piece, prefilter, &mut read)
            }
            _ => {
                let mut records = piece.records();
                records.by_ref().for_each(&mut read);
                records.lines().max(u32::from(piece.too_long.is_some()))
            }
        };
        out.tally.lines = u64::from(lines);
        let weight = out.hits.iter().map(|hit: &Hit| 2 * size_of::<Hit>() + hit.record.len()).sum();
        Looked { out, lines, weight }
    }

    fn end(self) {}
}

/// Whether the piece begins with an audit event as it stands. A wrapper may encode it (base64, bytes as numbers),
/// so that a name does not stand there as itself.
fn begins_native(piece: &Piece) -> bool {
    piece.records().next().is_none_or(|record| Decoder::default().decode(record.bytes, None).is_ok())
}

/// Reads the records that may match; answers the number of lines in the piece. A last line without a line end is
/// read in any case: it may be cut, and what was searched for lost with the rest of it.
fn search(piece: &Piece, prefilter: &Prefilter, read: &mut impl FnMut(Record<'_>)) -> u32 {
    let bytes = piece.bytes();
    let mut search = prefilter.search(bytes);
    let (mut from, mut line, mut counted) = (0, 0, 0);
    while let Some(at) = search.next(from) {
        let Some(Line { bytes: record, offset, next }) = piece.line_at(at) else {
            from = at + 1;
            continue;
        };
        line += piece.line_ends(counted..at);
        counted = at;
        read(Record { bytes: record, offset, line });
        from = next;
    }
    line += piece.line_ends(counted..bytes.len());
    let unfinished = bytes.last().is_some_and(|last| *last != b'\n');
    if unfinished
        && from < bytes.len()
        && let Some(Line { bytes: record, offset, .. }) = piece.line_at(bytes.len() - 1)
    {
        read(Record { bytes: record, offset, line });
    }
    line + u32::from(unfinished || piece.too_long.is_some())
}

impl Look<'_> {
    fn record(&mut self, reading: &mut Reading<'_>, place: Place<'_>, out: &mut Piecework) {
        let Look { matcher, redactor, with_record } = self;
        let Piecework { tally, hits, .. } = out;
        let mut unsure = Reason::default();
        reading.read(place, tally, |seen| {
            matcher.matches(seen.event, seen.lacks, |_, answer| {
                if answer == Answer::CannotTell {
                    unsure.add(seen.evidence());
                    return;
                }
                let mut record = Vec::new();
                if *with_record {
                    redactor.record(seen.event, &mut record);
                }
                hits.push(Hit { seen: seen.sighting(*redactor), record });
            });
        });
        tally.unsure += unsure;
    }
}

struct Pass<'s, T> {
    take: T,
    sources: &'s [Source],
    hits: u64,
    span: TimeSpan,
    read: ReadAll,
    recent: Recent,
}

impl<T: TakeHit> Take<Piecework> for Pass<'_, T> {
    fn take(&mut self, out: Piecework, first_line: u64) -> Result<()> {
        self.read.add(out.file, out.tally, first_line);
        for mut hit in out.hits {
            if !self.recent.is_new(&hit.seen) {
                self.read.tally.twice.count += 1;
                continue;
            }
            self.hits += 1;
            hit.seen.time.into_iter().for_each(|time| self.span.add(time));
            // Lines are counted from 1 where people see them.
            hit.seen.evidence.line += first_line + 1;
            self.take.hit(hit, &self.sources[out.file as usize].name)?;
        }
        Ok(())
    }

    fn end_of_file(&mut self, file: u32, end: End) -> Result<()> {
        self.read.end_of_file(file, end);
        Ok(())
    }
}

#[derive(Default)]
struct Timer(Reading<'static>);

impl Work for Timer {
    type Out = ();
    type Left = Sums;

    fn look(&mut self, job: Job<'_>) -> Looked<()> {
        let mut tally = Tally::default();
        job.piece.records().for_each(|record| self.0.read(job.place(record), &mut tally, |_| {}));
        Looked { out: (), lines: 0, weight: 0 }
    }

    fn end(self) -> Sums {
        self.0.finish()
    }
}

struct Nothing;

impl Take<()> for Nothing {
    fn take(&mut self, _: (), _: u64) -> Result<()> {
        Ok(())
    }

    fn end_of_file(&mut self, _: u32, _: End) -> Result<()> {
        Ok(())
    }
}
