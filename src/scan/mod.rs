//! The engine: workers take pieces of the input, look at them, and hand what they found to one ordered place.
//!
//! Workers hold no shared state while they look. What needs the order of the input (line numbers, stages of
//! one request, output) happens in `order`, piece after piece, whatever the number of workers: the result
//! is the same for 1, 2 or 64 of them. Memory is bounded: a worker that is far ahead of the order waits when
//! what is held back grows too large.

mod anomaly;
mod checks;
mod correlated;
mod coverage;
mod feed;
mod findings;
mod hits;
mod inventory;
mod once;
mod order;
mod places;
mod reading;
mod telling;
mod total;

pub use checks::{Checked, checks};
pub use correlated::Correlated;
pub use coverage::{Recorded, coverage};
pub use findings::detectors;
pub use findings::{Found, Wanted, account, scan};
pub use hits::{Hunted, TakeHit, hunt, last_event};
pub use inventory::inventory;
pub use reading::Window;
pub use total::ReadAll;

use crate::envelope::{self, Format, of_path};
use crate::error::{Error, Result};
use crate::input::Source;
use crate::lines::{Limits, Piece, Record};
use feed::{Feed, Taken};
use order::{Order, Part};
use reading::{Expect, Place};
use std::sync::atomic::{AtomicBool, AtomicU64};

/// How a run is to go, whatever it looks for. It goes on all threads of the pool that it is called in.
#[derive(Clone, Copy, Debug)]
pub struct Run<'r> {
    pub sources: &'r [Source],
    pub limits: Limits,
    /// What all records are, if the user says so.
    pub format: Option<&'static Format>,
    /// Becomes true when the user wants to stop.
    pub stop: &'r AtomicBool,
    /// Bytes on disk that were taken so far, for a progress bar.
    pub progress: &'r AtomicU64,
}

/// What a worker does with a piece. Each worker has its own.
trait Work: Send {
    type Out: Send;
    /// What it has gathered over all its pieces, in any order.
    type Left: Send;

    /// Line numbers in the result count from 0 within the piece.
    fn look(&mut self, job: Job<'_>) -> Looked<Self::Out>;

    /// No piece is left for it. All that nobody needs any more is given back here, as the others are still at work.
    fn end(self) -> Self::Left;
}

/// A piece, and where it comes from.
#[derive(Clone, Copy)]
struct Job<'j> {
    source: &'j Source,
    /// Index of the source.
    file: u32,
    expect: Expect,
    /// What the path of the file tells.
    told: envelope::Place<'j>,
    piece: &'j Piece,
}

impl<'j> Job<'j> {
    fn place(&self, record: Record<'j>) -> Place<'j> {
        let Job { source, file, expect, told, .. } = *self;
        Place { source, file, expect, told, record }
    }
}

/// What came out of a piece.
struct Looked<O> {
    out: O,
    /// Lines of the piece.
    lines: u32,
    /// Bytes of memory that `out` takes, about.
    weight: usize,
}

/// The ordered place: takes what came out of each piece, in the order of the input.
trait Take<O>: Send {
    /// `first_line` is the number of lines of the file before the piece.
    fn take(&mut self, out: O, first_line: u64) -> Result<()>;

    fn end_of_file(&mut self, file: u32, end: End) -> Result<()>;
}

/// The end of a file.
#[derive(Debug, Default)]
struct End {
    /// Why it came too early.
    trouble: Option<String>,
    /// What should be said though nothing was lost.
    note: Option<String>,
    /// As [`Reader::compression`](crate::lines::Reader::compression) says; empty when the file was not opened.
    compression: String,
    /// Bytes on disk that were taken.
    consumed: u64,
}

impl End {
    fn trouble(text: String) -> End {
        End { trouble: Some(text), ..End::default() }
    }
}

/// Runs workers over all sources. Gives back what each of them left.
fn run<W: Work, T: Take<W::Out>>(
    run: Run<'_>,
    make: impl Fn() -> W + Sync,
    take: T,
) -> Result<(Vec<W::Left>, T)> {
    let feed = Feed::new(run);
    let order = Order::new(take, run.sources.len());
    let left = rayon::broadcast(|_| {
        let mut worker = make();
        work(&mut worker, &feed, &order);
        worker.end()
    });
    if run.stop.load(std::sync::atomic::Ordering::Relaxed) {
        return Err(Error::Interrupted);
    }
    Ok((left, order.finish()?))
}

/// One worker's life.
fn work<W: Work, T: Take<W::Out>>(worker: &mut W, feed: &Feed<'_>, order: &Order<W::Out, T>) {
    let mut piece = Piece::default();
    while let Some(taken) = feed.next(&mut piece, order) {
        let part = match taken.end {
            None => {
                let source = &feed.sources()[taken.file as usize];
                let Taken { file, expect, .. } = taken;
                let looked =
                    worker.look(Job { source, file, expect, told: of_path(&source.name), piece: &piece });
                Part::Piece { looked, torn: piece.torn() }
            }
            Some(end) => Part::End(end),
        };
        // Gives mapped pages back here, and not under the lock under which the next piece is cut.
        piece.clear();
        if !order.push((taken.file, taken.number), part) {
            break;
        }
        feed.wake();
    }
    feed.wake();
}
