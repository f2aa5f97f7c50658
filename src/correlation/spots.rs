//! Which lane an event goes into, where that hangs on nothing but who asks and the frame of time: found once for all
//! events of a caller, and not by the texts of each.

use crate::event::{ByHalf, Like};

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
    plans: Vec<ByHalf<Spot>>,
}

impl Spots {
    pub fn new(plans: u32) -> Spots {
        Spots { plans: (0..plans).map(|_| ByHalf::default()).collect() }
    }

    #[inline]
    pub fn get(&self, like: Like, plan: u32) -> Option<Spot> {
        self.plans.get(plan as usize)?.get(like, like.caller)
    }

    pub fn set(&mut self, like: Like, plan: u32, spot: Spot) {
        if let Some(spots) = self.plans.get_mut(plan as usize) {
            spots.set(like, like.caller, spot);
        }
    }

    pub fn clear(&mut self) {
        self.plans.iter_mut().for_each(ByHalf::clear);
    }
}
