//! The ordered place: what workers found is put back into the order of the input.

use super::{End, Looked, Take};
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// File, and number of the piece in it.
pub type Key = (u32, u64);

pub enum Part<O> {
    Piece { looked: Looked<O>, torn: bool },
    End(End),
}

pub struct Order<O, T> {
    state: Mutex<State<O, T>>,
}

struct State<O, T> {
    take: T,
    held: BTreeMap<Key, Part<O>>,
    held_weight: usize,
    /// What comes next.
    next: Key,
    files: usize,
    /// Lines of the present file before the next piece.
    lines: u64,
    torn: bool,
    error: Option<Error>,
}

impl<O: Send, T: Take<O>> Order<O, T> {
    pub fn new(take: T, files: usize) -> Order<O, T> {
        let state = State {
            take,
            held: BTreeMap::new(),
            held_weight: 0,
            next: (0, 0),
            files,
            lines: 0,
            torn: false,
            error: None,
        };
        Order { state: Mutex::new(state) }
    }

    /// Takes what a worker found. False when the run has failed.
    pub fn push(&self, key: Key, part: Part<O>) -> bool {
        let mut state = self.lock();
        if state.error.is_some() {
            return false;
        }
        state.held_weight += part.weight();
        state.held.insert(key, part);
        if let Err(error) = state.drain() {
            state.error = Some(error);
        }
        state.error.is_none()
    }

    pub fn failed(&self) -> bool {
        self.lock().error.is_some()
    }

    /// The piece that comes next, when so much is held back that no other may be read.
    pub fn only_next(&self, limit: usize) -> Option<Key> {
        let state = self.lock();
        (state.held_weight > limit).then_some(state.next)
    }

    /// Gives the taker back when all is done.
    pub fn finish(self) -> Result<T> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        debug_assert!(state.error.is_some() || state.next.0 as usize == state.files);
        match state.error {
            Some(error) => Err(error),
            None => Ok(state.take),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<O, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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

impl<O, T: Take<O>> State<O, T> {
    /// Passes on everything that is next.
    fn drain(&mut self) -> Result<()> {
        while let Some(part) = self.held.remove(&self.next) {
            self.held_weight -= part.weight();
            match part {
                Part::Piece { looked, torn } => {
                    self.torn |= torn;
                    self.take.take(looked.out, self.lines)?;
                    self.lines += u64::from(looked.lines);
                    self.next.1 += 1;
                }
                Part::End(end) => self.end_file(end)?,
            }
        }
        Ok(())
    }

    fn end_file(&mut self, end: End) -> Result<()> {
        let torn = self.torn.then(|| "the file became shorter while it was read".to_owned());
        self.take.end_of_file(self.next.0, End { trouble: end.trouble.or(torn), ..end })?;
        self.next = (self.next.0 + 1, 0);
        self.lines = 0;
        self.torn = false;
        Ok(())
    }
}
