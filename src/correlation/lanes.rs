//! What counts of each frame of a group, the first and the last event so far or all of them, as copies of what they say.
//!
//! Nearly every request of a cluster belongs to some group, nearly none is the first or the last in the end, and
//! hardly any group counts. So a worker copies the few fields that a report shows, over and over into the same
//! memory, and writes down what is left only when it hands its notes over.

use super::Deed;
use super::observe::Noticed;
use super::scribe::{Halves, Own, Scribe};
use super::words::Word;
use crate::event::{Event, Slot, Span, Text};
use crate::finding::rank;
use hashbrown::HashMap;
use std::cmp::Ordering;
use std::sync::Arc;

/// A copy of what an event says, and where it stands.
#[derive(Debug, Default)]
pub struct Copied {
    /// `None` before it was first filled, as is the file.
    halves: Option<Halves>,
    /// The auditID, and behind it the name of the object.
    texts: Vec<u8>,
    /// Where each of them stands.
    audit_id: Option<Span>,
    name: Option<Span>,
    file: Option<Arc<str>>,
    offset: u64,
    line: u64,
    /// What is written down of it, once it is.
    deed: Option<Arc<Deed>>,
}

/// An event of a lane.
#[derive(Clone, Copy, Debug)]
struct One {
    time: i64,
    copy: u32,
}

#[derive(Debug)]
struct Place {
    /// When the lane's frame of time begins.
    begin: i64,
    held: Held,
}

#[derive(Debug)]
enum Held {
    /// The first and the last.
    Ends([One; 2]),
    All(Vec<One>),
}

/// A plan, a frame of time, a group and a value, in numbers.
pub type Lane = Box<[Word]>;

/// What counts of each lane.
#[derive(Debug, Default)]
pub struct Lanes {
    /// Where a lane stands in `places`.
    numbers: HashMap<Lane, u32, foldhash::fast::RandomState>,
    places: Vec<Place>,
    copies: Vec<Copied>,
    /// How many lanes hold each of them. Nothing else is looked at of a copy that gives way to another, which nearly every
    /// event makes some do.
    uses: Vec<u32>,
    free: Vec<u32>,
    bytes: usize,
}

/// What becomes of an event in a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is kept, or does not count.
    Settled,
    /// Its time is that of the first or the last, and only whole observations can be told apart.
    Unsettled,
}

impl Lanes {
    /// Adds an event to a lane, whose frame begins then and of which only the ends count, or all. `copy` is its copy,
    /// once there is one. Answers the lane's place, too, which it keeps until all are drained.
    pub fn add(
        &mut self,
        lane: &[Word],
        (begin, only_ends): (i64, bool),
        seen: &Noticed<'_>,
        (time, copy): (i64, &mut Option<u32>),
        scribe: &mut Scribe,
    ) -> (Fate, u32) {
        if let Some(&place) = self.numbers.get(lane) {
            return (self.add_at(place, seen, (time, copy), scribe), place);
        }
        let one = self.one(seen, (time, copy), scribe);
        let held = if only_ends { Held::Ends([one; 2]) } else { Held::All(vec![one]) };
        self.uses[one.copy as usize] += if only_ends { 2 } else { 1 };
        let place = self.places.len() as u32;
        self.numbers.insert(lane.into(), place);
        self.places.push(Place { begin, held });
        (Fate::Settled, place)
    }

    /// When the frame of time begins that a lane belongs to.
    #[inline]
    pub fn begin(&self, place: u32) -> i64 {
        self.places[place as usize].begin
    }

    /// The same for a lane that is there.
    #[inline]
    pub fn add_at(
        &mut self,
        place: u32,
        seen: &Noticed<'_>,
        (time, copy): (i64, &mut Option<u32>),
        scribe: &mut Scribe,
    ) -> Fate {
        let Held::Ends([first, last]) = self.places[place as usize].held else {
            self.add_one(place, seen, (time, copy), scribe);
            return Fate::Settled;
        };
        if first.time < time && time < last.time {
            return Fate::Settled;
        }
        if time == first.time || time == last.time {
            let known = if time == first.time { first } else { last };
            match self.compare(known, seen, scribe) {
                Some(Ordering::Less) => return Fate::Settled,
                Some(Ordering::Greater) => {}
                Some(Ordering::Equal) | None => return Fate::Unsettled,
            }
        }
        let new = self.one(seen, (time, copy), scribe);
        let (is_first, is_last) = (time <= first.time, last.time <= time);
        if is_first {
            self.replace(first, new);
        }
        if is_last {
            self.replace(last, new);
        }
        let ends = [if is_first { new } else { first }, if is_last { new } else { last }];
        self.places[place as usize].held = Held::Ends(ends);
        Fate::Settled
    }

    /// Adds to a lane of which all count.
    fn add_one(
        &mut self,
        place: u32,
        seen: &Noticed<'_>,
        when: (i64, &mut Option<u32>),
        scribe: &mut Scribe,
    ) {
        let one = self.one(seen, when, scribe);
        self.uses[one.copy as usize] += 1;
        self.bytes += size_of::<One>();
        if let Held::All(all) = &mut self.places[place as usize].held {
            all.push(one);
        }
    }

    /// Which of two records of one request tells more; `None` when they are not known to be of one.
    fn compare(&self, end: One, seen: &Noticed<'_>, scribe: &Scribe) -> Option<Ordering> {
        let known = &self.copies[end.copy as usize];
        let is_same = seen.event.raw(Slot::AuditId) == known.text(known.audit_id).map(|id| id.raw());
        is_same.then(|| rank_of(seen.event).cmp(&known.halves.map_or(0, |halves| scribe.rank(halves))))
    }

    fn replace(&mut self, old: One, new: One) {
        self.uses[new.copy as usize] += 1;
        self.release(old.copy);
    }

    fn one(
        &mut self,
        seen: &Noticed<'_>,
        (time, known): (i64, &mut Option<u32>),
        scribe: &mut Scribe,
    ) -> One {
        let copy = *known.get_or_insert_with(|| {
            let at = self.free.pop().unwrap_or_else(|| {
                self.copies.push(Copied::default());
                self.uses.push(0);
                self.bytes += size_of::<Copied>();
                self.copies.len() as u32 - 1
            });
            let copied = &mut self.copies[at as usize];
            let room = copied.texts.capacity();
            copied.fill(seen, scribe);
            self.bytes += copied.texts.capacity() - room;
            at
        });
        One { time, copy }
    }

    fn release(&mut self, at: u32) {
        let uses = &mut self.uses[at as usize];
        *uses -= 1;
        if *uses == 0 {
            self.free.push(at);
        }
    }

    /// Bytes of memory, about.
    pub fn weight(&self) -> usize {
        self.bytes + self.places.len() * 2 * size_of::<(Lane, u32, Place)>()
    }

    /// Events of all lanes, or where only the ends count as many as there may be.
    pub fn most(&self) -> usize {
        let most = |place: &Place| match &place.held {
            Held::Ends(ends) => ends.len(),
            Held::All(all) => all.len(),
        };
        self.places.iter().map(most).sum()
    }

    /// In no order, each with how many events it holds.
    pub fn all(&self) -> impl Iterator<Item = (&[Word], usize)> {
        self.numbers.iter().map(|(lane, place)| (&**lane, self.places[*place as usize].held.all().len()))
    }

    /// Leaves the other lanes out. Nothing can be added before the rest is drained.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&[Word]) -> bool) {
        self.numbers.retain(|lane, _| is_kept(lane));
    }

    /// Gives away all lanes, in no order, each with the events that it holds.
    pub fn drain(&mut self, mut take: impl FnMut(&[Word], i64, &mut Copied)) {
        for (lane, place) in self.numbers.drain() {
            for One { time, copy } in self.places[place as usize].held.all() {
                take(&lane, *time, &mut self.copies[*copy as usize]);
            }
        }
        *self = Lanes::default();
    }
}

impl Held {
    fn all(&self) -> &[One] {
        match self {
            Held::Ends(ends) if ends[0].copy == ends[1].copy => &ends[..1],
            Held::Ends(ends) => ends,
            Held::All(all) => all,
        }
    }
}

/// Bytes that nearly every copy's texts take at most: it is filled over and over, and is not to grow each time.
const ROOM: usize = 96;

impl Copied {
    fn fill(&mut self, seen: &Noticed<'_>, scribe: &mut Scribe) {
        self.halves = Some(scribe.halves(seen));
        let (id, name) = (seen.event.text(Slot::AuditId), seen.event.text(Slot::Name));
        self.texts.clear();
        let length = [id, name].iter().flatten().map(|text| text.raw().len()).sum::<usize>();
        self.texts.reserve(length.max(ROOM));
        (self.audit_id, self.name) = (self.keep(id), self.keep(name));
        if !self.file.as_ref().is_some_and(|file| Arc::ptr_eq(file, seen.file)) {
            self.file = Some(Arc::clone(seen.file));
        }
        (self.offset, self.line) = (seen.offset, seen.line);
        self.deed = None;
    }

    fn keep(&mut self, text: Option<Text<'_>>) -> Option<Span> {
        let (text, start) = (text?, self.texts.len());
        self.texts.extend_from_slice(text.raw());
        Some(Span::new(start, self.texts.len(), text.is_escaped()))
    }

    fn text(&self, kept: Option<Span>) -> Option<Text<'_>> {
        let kept = kept?;
        Some(Text::new(self.texts.get(kept.start()..kept.end())?, kept.is_escaped()))
    }

    /// What is written down of it.
    pub fn deed(&mut self, scribe: &mut Scribe) -> Option<Arc<Deed>> {
        if let Some(deed) = &self.deed {
            return Some(Arc::clone(deed));
        }
        let own = Own {
            audit_id: self.text(self.audit_id),
            name: self.text(self.name),
            file: self.file.as_ref()?,
            offset: self.offset,
            line: self.line,
        };
        let deed = Arc::new(scribe.deed(self.halves?, own));
        self.deed = Some(Arc::clone(&deed));
        Some(deed)
    }
}

fn rank_of(event: &Event<'_>) -> u8 {
    rank(event.decoded(Slot::Stage).as_deref())
}
