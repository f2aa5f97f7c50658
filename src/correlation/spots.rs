//! Which lane an event goes into, where that hangs on nothing but who asks and the frame of time: found once for all
//! events of a caller, and not by the texts of each.

use crate::event::Like;

/// Where an event goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Into no lane, whenever it was.
    Nowhere,
    /// Into the lane at this place, if that is one of its time.
    Lane(u32),
}

/// The latest spot of each caller, for each plan that hangs on nothing else.
#[derive(Debug)]
pub struct Spots {
    plans: usize,
    since: u32,
    /// Those of one caller side by side, as most of its events ask for several.
    known: Vec<Option<Spot>>,
}

impl Spots {
    pub fn new(plans: u32) -> Spots {
        Spots { plans: plans as usize, since: 0, known: Vec::new() }
    }

    #[inline]
    pub fn get(&self, like: Like, plan: u32) -> Option<Spot> {
        if self.since == like.since { *self.known.get(self.place(like.caller, plan))? } else { None }
    }

    pub fn set(&mut self, like: Like, plan: u32, spot: Spot) {
        if self.since != like.since {
            self.clear();
            self.since = like.since;
        }
        let place = self.place(like.caller, plan);
        if self.known.len() <= place {
            self.known.resize(self.place(like.caller + 1, 0), None);
        }
        self.known[place] = Some(spot);
    }

    #[inline]
    fn place(&self, caller: u32, plan: u32) -> usize {
        caller as usize * self.plans + plan as usize
    }

    pub fn clear(&mut self) {
        self.known.clear();
    }
}
