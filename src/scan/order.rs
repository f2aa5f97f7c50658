//! The ordered place: what workers found is put back into the order of the input.

use super::{End, Looked, Take};
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// File, and number of the piece in it.
pub type Key = (u32, u64);

pub enum Part<O> {
    Piece { looked: Looked<O>, torn: bool },
    End(End),
}

/// Workers leave what they found and go on: whoever finds nobody at it passes on what is next.
pub struct Order<O, T> {
    queue: Mutex<Queue<O>>,
    passing: Mutex<Passing<T>>,
}

struct Queue<O> {
    held: BTreeMap<Key, Part<O>>,
    held_weight: usize,
    /// What comes next.
    next: Key,
    error: Option<Error>,
}

struct Passing<T> {
    take: T,
    /// The file that is passed on, or comes next.
    file: u32,
    files: usize,
    /// Lines of the file before the next piece.
    lines: u64,
    torn: bool,
}

impl<O: Send, T: Take<O>> Order<O, T> {
    pub fn new(take: T, files: usize) -> Order<O, T> {
        let queue = Queue { held: BTreeMap::new(), held_weight: 0, next: (0, 0), error: None };
        let passing = Passing { take, file: 0, files, lines: 0, torn: false };
        Order { queue: Mutex::new(queue), passing: Mutex::new(passing) }
    }

    /// Takes what a worker found. False when the run has failed.
    pub fn push(&self, key: Key, part: Part<O>) -> bool {
        self.queue().hold(key, part);
        self.drain();
        !self.failed()
    }

    pub fn failed(&self) -> bool {
        self.queue().error.is_some()
    }

    /// The piece that comes next, when so much is held back that no other may be read.
    pub fn only_next(&self, limit: usize) -> Option<Key> {
        let queue = self.queue();
        (queue.held_weight > limit).then_some(queue.next)
    }

    /// Gives the taker back when all is done.
    pub fn finish(self) -> Result<T> {
        let queue = self.queue.into_inner().unwrap_or_else(PoisonError::into_inner);
        let passing = self.passing.into_inner().unwrap_or_else(PoisonError::into_inner);
        debug_assert!(queue.error.is_some() || passing.file as usize == passing.files);
        match queue.error {
            Some(error) => Err(error),
            None => Ok(passing.take),
        }
    }

    /// Passes on everything that is next, unless somebody is at it: he looks again before he goes.
    fn drain(&self) {
        while self.queue().is_next_there() {
            let mut passing = match self.passing.try_lock() {
                Ok(passing) => passing,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            loop {
                // The queue is not locked while a part is passed on.
                let Some(part) = self.queue().pop() else { break };
                if let Err(error) = passing.pass(part) {
                    self.queue().error = Some(error);
                }
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue<O>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<O> Queue<O> {
    fn hold(&mut self, key: Key, part: Part<O>) {
        self.held_weight += part.weight();
        self.held.insert(key, part);
    }

    fn is_next_there(&self) -> bool {
        self.error.is_none() && self.held.contains_key(&self.next)
    }

    fn pop(&mut self) -> Option<Part<O>> {
        if self.error.is_some() {
            return None;
        }
        let part = self.held.remove(&self.next)?;
        self.held_weight -= part.weight();
        self.next = match part {
            Part::Piece { .. } => (self.next.0, self.next.1 + 1),
            Part::End(_) => (self.next.0 + 1, 0),
        };
        Some(part)
    }
}

impl<O> Part<O> {
    fn weight(&self) -> usize {
        match self {
            Part::Piece { looked, .. } => looked.weight + size_of::<Self>(),
            Part::End(_) => size_of::<Self>(),
        }
    }
}

impl<T> Passing<T> {
    fn pass<O>(&mut self, part: Part<O>) -> Result<()>
    where
        T: Take<O>,
    {
        match part {
            Part::Piece { looked, torn } => {
                self.torn |= torn;
                self.take.take(looked.out, self.lines)?;
                self.lines += u64::from(looked.lines);
                Ok(())
            }
            Part::End(end) => self.end_file(end),
        }
    }

    fn end_file<O>(&mut self, end: End) -> Result<()>
    where
        T: Take<O>,
    {
        let torn = self.torn.then(|| "the file became shorter while it was read".to_owned());
        self.take.end_of_file(self.file, End { trouble: end.trouble.or(torn), ..end })?;
        self.file += 1;
        self.lines = 0;
        self.torn = false;
        Ok(())
    }
}
