//! Which groups can meet their condition at all, told before anything of them is written down: events fall into
//! thousands of groups, of which hardly any ever does.
//!
//! Groups and values are told by hashes here, which are others in each run. Groups that share one are kept where both
//! together may count; nothing else hangs on it.

use super::group::{Keep, most_met};
use super::notes::Notes;
use super::state::State;
use crate::rule::{Correlation, Kind, RuleSet};
use foldhash::quality::RandomState;
use hashbrown::HashMap;
use rayon::prelude::*;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

/// A watch, and the hash of a group.
type Key = (u32, u64);

/// Groups of like hashes, which are judged at once.
type Share = HashMap<Key, Group, RandomState>;

/// Shares of all groups, so that many threads may judge them.
const SHARES: usize = 16;

/// What is in each group.
#[derive(Clone, Debug)]
pub struct Outline<'r> {
    /// For each watch, the correlation if an outline tells anything about it.
    told: Vec<Option<&'r Correlation>>,
    hashing: RandomState,
    /// [`SHARES`] of them.
    shares: Vec<Share>,
    /// Events so far, each of which is one of its own.
    events: u64,
}

#[derive(Clone, Debug, Default)]
struct Group {
    /// Frames of time, and what was met in them: rules that must come together, values or events that are counted.
    met: Vec<(i64, u64)>,
    /// All that was seen.
    count: usize,
}

/// What is met in a lane of a group.
pub struct Met<G, V> {
    /// Observations.
    pub count: usize,
    pub watch: u32,
    pub slot: u32,
    pub frame: i64,
    /// Texts, as are the values.
    pub group: G,
    pub value: V,
}

impl<'r> Outline<'r> {
    /// What other correlations tell is not known before all is written down.
    fn new(rules: &'r RuleSet) -> Outline<'r> {
        let watches = rules.watches();
        let own = watches.iter().map(|watch| Some(&watch.is).filter(|is| Keep::of(is).is_outlined()));
        let mut told: Vec<Option<&Correlation>> = own.collect();
        for listener in watches.iter().flat_map(|watch| rules.listeners(watch.rule)) {
            told[listener.watch as usize] = None;
        }
        Outline { told, hashing: RandomState::default(), shares: vec![Share::default(); SHARES], events: 0 }
    }

    /// What is in all groups, over all workers, of those that may count.
    fn of(rules: &'r RuleSet, state: &State, workers: &[(Notes, State)]) -> Chosen<'r> {
        let empty = Outline::new(rules);
        let outlined = |worker: usize, see: &dyn Fn(&mut Outline<'r>)| {
            let mut outline = Outline { events: (worker as u64) << u32::BITS, ..empty.clone() };
            see(&mut outline);
            outline.shares
        };
        let of_worker = |(worker, (notes, own)): (usize, &(Notes, State))| {
            outlined(worker + 1, &|outline| {
                own.outline(outline);
                notes.outline(outline);
            })
        };
        let all: Vec<Vec<Share>> = workers.par_iter().enumerate().map(of_worker).collect();
        let mut shares: Vec<Vec<Share>> = (0..SHARES).map(|_| Vec::new()).collect();
        for own in all.into_iter().chain([outlined(0, &|outline| state.outline(outline))]) {
            shares.iter_mut().zip(own).for_each(|(all, own)| all.push(own));
        }
        let shares = shares.into_par_iter().map(|all| empty.chosen(joined(all))).collect();
        Chosen(Outline { shares, ..empty })
    }

    pub fn tells(&self, watch: u32) -> bool {
        self.told.get(watch as usize).is_some_and(Option::is_some)
    }

    /// A rule held in a frame of time, or a value was seen.
    pub fn add<'t, G, V>(&mut self, lane: Met<G, V>)
    where
        G: Iterator<Item = Option<&'t Arc<str>>>,
        V: Iterator<Item = Option<&'t Arc<str>>>,
    {
        let Met { count, watch, slot, frame, group, value } = lane;
        let Some(is) = self.told.get(watch as usize).copied().flatten() else { return };
        let Outline { hashing, shares, .. } = self;
        let (key, value) = ((watch, hash(hashing, group)), hash(hashing, value));
        let own = shares[share_of(key)].entry(key).or_default();
        own.count += count;
        match is.kind {
            Kind::ValueCount => own.met.push((frame, value)),
            // For however many of the second.
            Kind::Ratio if slot > 0 => {}
            Kind::EventCount | Kind::Ratio => {
                own.met.extend((self.events..).take(count).map(|event| (frame, event)));
                self.events += count as u64;
            }
            _ => own.met.push((frame, slot.into())),
        }
    }

    /// Leaves out the groups that cannot count.
    fn chosen(&self, mut groups: Share) -> Share {
        groups.retain(|(watch, _), group| {
            let is = self.told.get(*watch as usize).copied().flatten();
            is.is_none_or(|is| group.may_count(is))
        });
        groups
    }
}

fn share_of((_, hash): Key) -> usize {
    (hash >> 32) as usize % SHARES
}

/// The same share of several outlines.
fn joined(all: Vec<Share>) -> Share {
    let mut all = all.into_iter();
    let mut whole = all.next().unwrap_or_default();
    for (key, group) in all.flatten() {
        let own = whole.entry(key).or_default();
        own.met.extend(group.met);
        own.count += group.count;
    }
    whole
}

fn hash<'t>(hashing: &RandomState, texts: impl Iterator<Item = Option<&'t Arc<str>>>) -> u64 {
    let mut hasher = hashing.build_hasher();
    texts.for_each(|text| text.map(|text| &**text).hash(&mut hasher));
    hasher.finish()
}

impl Group {
    /// Whether its condition may be met, or more was seen than is kept, which is told whatever comes of it.
    fn may_count(&mut self, is: &Correlation) -> bool {
        let most = most_met(std::mem::take(&mut self.met));
        let may = is.condition.may_hold(most as f64);
        match is.kind {
            Kind::Ratio => may && most as u64 >= is.condition.minimum || self.count > Keep::of(is).each(),
            _ => may,
        }
    }
}

/// An outline of those groups alone that may count.
#[derive(Debug)]
pub struct Chosen<'r>(Outline<'r>);

impl Chosen<'_> {
    pub fn holds<'t>(&self, watch: u32, group: impl Iterator<Item = Option<&'t Arc<str>>>) -> bool {
        let Chosen(outline) = self;
        if !outline.tells(watch) {
            return true;
        }
        let key = (watch, hash(&outline.hashing, group));
        outline.shares[share_of(key)].contains_key(&key)
    }
}

impl State {
    /// Takes in what workers noted, and what each of them kept already.
    pub fn gather(&mut self, mut workers: Vec<(Notes, State)>, rules: &RuleSet) {
        for (notes, own) in &mut workers {
            notes.written().into_iter().for_each(|noted| own.add(noted));
        }
        let most =
            workers.iter().map(|(notes, own)| notes.most() + own.count()).sum::<usize>() + self.count();
        // What goes for want of room must not hang on how workers shared the events: then all is written down.
        let has_room = self.has_room(most) && workers.iter().all(|(_, own)| own.has_room(most));
        let chosen = has_room.then(|| Outline::of(rules, self, &workers));
        let write = |(mut notes, mut own): (Notes, State)| {
            chosen.iter().for_each(|chosen| notes.leave_out(chosen));
            notes.all().into_iter().for_each(|noted| own.add(noted));
            own
        };
        let states: Vec<State> = workers.into_par_iter().map(write).collect();
        states.into_iter().for_each(|own| self.merge(own));
    }
}
