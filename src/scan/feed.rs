//! Shares the input out: workers take pieces of the first file that nobody is reading from right now.
//!
//! Cutting a mapped file is cheap, so all workers live on one. Decompressing is not: while one worker holds
//! the reader of a file, the others go on to the next files, at most one for each worker.

use super::order::{Key, Order};
use super::reading::Expect;
use super::{End, Run};
use crate::input::Source;
use crate::lines::{Piece, Reader};
use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What is held back for the order may take so much memory, in bytes, before workers wait for it.
const MAX_HELD: usize = 16 << 20;

pub struct Feed<'r> {
    run: Run<'r>,
    threads: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    open: Vec<Open>,
    /// Index of the next source to open.
    next: usize,
}

/// A file that is being read.
struct Open {
    file: u32,
    /// Away while a worker reads from it.
    reader: Option<Box<Reader>>,
    pieces: u64,
    expect: Expect,
}

/// A piece to look at, or the end of a file.
pub struct Taken {
    pub file: u32,
    /// Number of the piece in its file.
    pub number: u64,
    pub expect: Expect,
    pub end: Option<End>,
}

/// The piece that is to be read next.
#[derive(Clone, Copy)]
struct Next {
    file: u32,
    number: u64,
    expect: Expect,
}

enum Step {
    Read(Box<Reader>, Next),
    OpenFile(u32),
    Wait,
    Done,
}

impl<'r> Feed<'r> {
    pub fn new(run: Run<'r>) -> Feed<'r> {
        Feed { run, threads: rayon::current_num_threads(), state: Mutex::default(), changed: Condvar::new() }
    }

    pub fn sources(&self) -> &'r [Source] {
        self.run.sources
    }

    /// Something changed for those that wait.
    pub fn wake(&self) {
        // The lock makes sure that no worker is between looking and waiting.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Fills the piece with the next work. `None` when there is none left, or the run is to stop.
    pub fn next<O: Send, T: super::Take<O>>(&self, piece: &mut Piece, order: &Order<O, T>) -> Option<Taken> {
        let mut state = self.lock();
        loop {
            if self.run.stop.load(Ordering::Relaxed) || order.failed() {
                return None;
            }
            match state.step(self.run.sources, self.threads, order.only_next(MAX_HELD)) {
                Step::Done => return None,
                Step::Wait => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Step::Read(reader, next) => {
                    drop(state);
                    return Some(self.read(reader, next, piece));
                }
                Step::OpenFile(file) => {
                    drop(state);
                    let next = Next { file, number: 0, expect: Expect::default() };
                    return Some(match Reader::open(&self.run.sources[file as usize], self.run.limits) {
                        Ok(reader) => self.read(Box::new(reader), next, piece),
                        Err(error) => self.ended(next, End::trouble(error.to_string())),
                    });
                }
            }
        }
    }

    fn read(&self, mut reader: Box<Reader>, next: Next, piece: &mut Piece) -> Taken {
        let Next { file, number, mut expect } = next;
        let before = reader.consumed();
        let result = reader.read(piece);
        self.run.progress.fetch_add(reader.consumed().saturating_sub(before), Ordering::Relaxed);
        let trouble = match result {
            Ok(true) => {
                if number == 0 {
                    expect = Expect::of(piece, &self.run.sources[file as usize], self.run.format);
                }
                self.give_back(file, reader, expect);
                return Taken { file, number, expect, end: None };
            }
            Ok(false) => None,
            Err(error) => Some(error.to_string()),
        };
        let (compression, consumed, note) =
            (reader.compression().to_owned(), reader.consumed(), reader.note());
        // Leaves the rest of an archive to the next member before anybody may open that.
        drop(reader);
        self.ended(next, End { trouble, note, compression, consumed })
    }

    fn give_back(&self, file: u32, reader: Box<Reader>, expect: Expect) {
        let mut state = self.lock();
        if let Some(open) = state.open.iter_mut().find(|open| open.file == file) {
            open.reader = Some(reader);
            open.pieces += 1;
            open.expect = expect;
        }
        drop(state);
        self.changed.notify_all();
    }

    fn ended(&self, Next { file, number, expect }: Next, end: End) -> Taken {
        self.lock().open.retain(|open| open.file != file);
        self.changed.notify_all();
        Taken { file, number, expect, end: Some(end) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What a worker should do. `only` is the piece that alone may be read when too much is held back.
    fn step(&mut self, sources: &[Source], threads: usize, only: Option<Key>) -> Step {
        let allowed = |key: Key| only.is_none_or(|only| only == key);
        for open in &mut self.open {
            if allowed((open.file, open.pieces))
                && let Some(reader) = open.reader.take()
            {
                let Open { file, pieces, expect, .. } = *open;
                return Step::Read(reader, Next { file, number: pieces, expect });
            }
        }
        if self.open.len() < threads
            && allowed((self.next as u32, 0))
            && let Some(source) = sources.get(self.next)
            && !self.open.iter().any(|open| sources[open.file as usize].excludes(source))
        {
            let file = self.next as u32;
            self.next += 1;
            self.open.push(Open { file, reader: None, pieces: 0, expect: Expect::default() });
            return Step::OpenFile(file);
        }
        if self.open.is_empty() && self.next >= sources.len() { Step::Done } else { Step::Wait }
    }
}
