//! From what was observed to episodes: windows that meet the condition, joined where they overlap.

use super::group::Keep;
use super::measure::{distinct, measure};
use super::notes::joined;
use super::state::State;
use super::usual::Usual;
use super::{Deed, Group, Observation};
use crate::finding::{Category, Episode, Evidence, Finding, Mark, Sighting};
use crate::rule::{Correlation, Kind, Op, Pick, RuleSet, Watch};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// Events that are named at each end of an episode.
const MARKS: usize = 5;

/// A stretch of a group's observations that meets the condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    pub seen: Range<usize>,
    pub value: f64,
}

/// An episode before it is told.
struct Met {
    group: Group,
    seen: Vec<Observation>,
    value: f64,
    at_least: bool,
}

impl State {
    /// All findings of all correlations, and for each watch whether it cannot tell. `files` are the names of
    /// the files in the order of their indices.
    pub fn findings(&mut self, rules: &RuleSet, files: &[&str]) -> (Vec<Finding>, Vec<bool>) {
        let index: HashMap<&str, u32> = files.iter().copied().zip(0..).collect();
        let (mut found, mut unsure) = (Vec::new(), Vec::new());
        let share = self.share();
        for (number, watch) in rules.watches().iter().enumerate() {
            self.settle_one(number, share);
            let history = self.before.of(&rules.meta(watch.rule).id, &watch.shape);
            let (met, cannot_tell) = self.met(number, watch, &Usual::new(self.span, history));
            unsure.push(cannot_tell);
            self.tell_others(number, watch, rules, &met);
            if !rules.is_silent(watch.rule) {
                found.extend(met.iter().map(|met| finding(met, watch, &index)));
            }
        }
        (found, unsure)
    }

    fn met(&self, number: usize, watch: &Watch, usual: &Usual<'_>) -> (Vec<Met>, bool) {
        let Some(kept) = self.kept(number) else { return (Vec::new(), false) };
        if watch.is.kind == Kind::MoreThanUsual && !usual.is_known() {
            return (Vec::new(), !kept.groups.is_empty());
        }
        let mut met = Vec::new();
        for (group, observations) in &kept.groups {
            if observations.at_most(&kept.keep).is_some_and(|most| !watch.is.condition.may_hold(most)) {
                continue;
            }
            let seen = observations.sorted();
            let stretches = match watch.is.kind {
                Kind::MoreThanUsual => usual.stretches(&watch.is, group, &seen),
                _ => stretches(&watch.is, &seen),
            };
            for stretch in stretches {
                let part = seen.get(stretch.seen).unwrap_or_default().to_vec();
                let at_least = has_more(observations, &kept.keep, &part);
                met.push(Met { group: group.clone(), seen: part, value: stretch.value, at_least });
            }
        }
        (met, false)
    }

    /// Correlations that look at this one learn when its condition was met first, and when it last held.
    fn tell_others(&mut self, number: usize, watch: &Watch, rules: &RuleSet, met: &[Met]) {
        for listener in rules.listeners(watch.rule) {
            let Some(other) = rules.watches().get(listener.watch as usize) else { continue };
            let Some(slot) = other.slots.get(listener.slot as usize) else { continue };
            let own = |pick: &Pick, met: &Met| match pick {
                Pick::Group(at) => met.group.get(*at).cloned().flatten(),
                Pick::Field(_) => None,
            };
            for met in met {
                let group = slot.group.iter().map(|pick| own(pick, met)).collect();
                let values = slot.value.iter().map(|pick| own(pick, met));
                let value = (!slot.value.is_empty()).then(|| joined(values));
                let ends = [reached(&watch.is, &met.seen), met.seen.last()];
                let ends = if other.is.kind.is_temporal() { &ends[..] } else { &ends[..1] };
                let id = format!("{number}:{}", met.seen.first().map_or("", |seen| &seen.id));
                for end in ends.iter().flatten() {
                    let seen = Observation {
                        time: end.time,
                        id: id.clone().into(),
                        slot: listener.slot,
                        value: value.clone(),
                        deed: end.deed.clone(),
                    };
                    self.observe(listener.watch as usize, &group, seen);
                }
            }
        }
    }
}

fn has_more(kept: &super::group::Observations, keep: &Keep, part: &[Observation]) -> bool {
    match (part.first(), part.last()) {
        (Some(first), Some(last)) => kept.has_more(keep, first.time, last.time),
        _ => false,
    }
}

/// The stretches of a group's observations, by time, that meet the condition. A window is as long as the
/// timespan and as full as can be: none that lies in another is looked at.
pub fn stretches(is: &Correlation, seen: &[Observation]) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let (mut start, mut end) = (0, 0);
    while end < seen.len() {
        let reach = seen[start].time.saturating_add(is.timespan);
        while seen.get(end).is_some_and(|next| next.time <= reach) {
            end += 1;
        }
        let window = &seen[start..end];
        if let Some(value) = measure(is, window).filter(|value| is.condition.holds(*value)) {
            join(&mut found, Stretch { seen: start..end, value }, &is.condition.bounds);
        }
        // The next window begins where it can hold one more.
        let Some(next) = seen.get(end) else { break };
        while seen[start].time.saturating_add(is.timespan) < next.time {
            start += 1;
        }
    }
    found
}

fn join(found: &mut Vec<Stretch>, new: Stretch, bounds: &[crate::rule::Bound]) {
    let low = bounds.iter().all(|bound| matches!(bound.op, Op::Lt | Op::Lte));
    match found.last_mut().filter(|last| new.seen.start < last.seen.end) {
        Some(last) => {
            last.seen.end = new.seen.end;
            last.value = if low { last.value.min(new.value) } else { last.value.max(new.value) };
        }
        None => found.push(new),
    }
}

/// The event with which the condition was met first.
fn reached<'s>(is: &Correlation, seen: &'s [Observation]) -> Option<&'s Observation> {
    let mut start = 0;
    for (end, last) in seen.iter().enumerate() {
        while seen[start].time.saturating_add(is.timespan) < last.time {
            start += 1;
        }
        let value = measure(is, &seen[start..=end]);
        if value.is_some_and(|value| is.condition.holds(value)) {
            return Some(last);
        }
    }
    seen.last()
}

fn finding(met: &Met, watch: &Watch, files: &HashMap<&str, u32>) -> Finding {
    let count = match watch.is.kind {
        Kind::ValueCount => distinct(&met.seen),
        _ => {
            met.seen.iter().map(|seen| (seen.time, &seen.id)).collect::<std::collections::BTreeSet<_>>().len()
        }
    };
    let names = watch.is.group_by.iter().map(|by| by.name.as_str().into());
    let marks = marks(met, watch, files);
    let first = met.seen.first().map(|seen| seen.time);
    let evidence =
        marks.first().map_or(Evidence { file: 0, offset: 0, line: 0 }, |mark| mark.evidence.clone());
    let episode = Episode {
        kind: watch.is.kind.name(),
        group: names.zip(met.group.iter().map(boxed)).collect(),
        count: count as u64,
        at_least: met.at_least,
        value: met.value,
        last: met.seen.last().map_or(0, |seen| seen.time),
        marks,
    };
    let seen = common(&met.seen, first, evidence);
    Finding { episode: Some(Box::new(episode)), ..Finding::new(watch.rule, Category::Correlation, seen) }
}

/// Findings share no texts.
fn boxed(text: &Option<Arc<str>>) -> Option<Box<str>> {
    text.as_deref().map(Box::from)
}

/// What all events have in common.
fn common(seen: &[Observation], time: Option<i64>, evidence: Evidence) -> Sighting {
    fn same<T: Clone + PartialEq>(seen: &[Observation], of: impl Fn(&Deed) -> &Option<T>) -> Option<T> {
        let first = of(&seen.first()?.deed);
        seen.iter().all(|other| of(&other.deed) == first).then(|| first.clone()).flatten()
    }
    Sighting {
        time,
        cluster: same(seen, |deed| &deed.caller.cluster),
        principal: boxed(&same(seen, |deed| &deed.caller.principal)),
        source_ip: boxed(&same(seen, |deed| &deed.caller.source_ip)),
        user_agent: boxed(&same(seen, |deed| &deed.caller.user_agent)),
        verb: boxed(&same(seen, |deed| &deed.request.verb)),
        resource: boxed(&same(seen, |deed| &deed.request.resource)),
        namespace: boxed(&same(seen, |deed| &deed.request.namespace)),
        name: boxed(&same(seen, |deed| &deed.name)),
        code: same(seen, |deed| &deed.request.code),
        ..Sighting::at(evidence)
    }
}

/// The first and the last events; of rules that must come together, those of each.
fn marks(met: &Met, watch: &Watch, files: &HashMap<&str, u32>) -> Vec<Mark> {
    let by_slot = watch.is.kind.is_temporal() || watch.is.kind == Kind::Ratio;
    let mut lanes: BTreeMap<u32, Vec<&Observation>> = BTreeMap::new();
    for seen in &met.seen {
        lanes.entry(if by_slot { seen.slot } else { 0 }).or_default().push(seen);
    }
    let most = if by_slot { 2 } else { MARKS };
    let ends = |all: Vec<&Observation>| {
        let last = all.len().saturating_sub(most).max(most);
        all.iter().take(most).chain(all.iter().skip(last)).map(|seen| (*seen).clone()).collect::<Vec<_>>()
    };
    let mut chosen: Vec<Observation> = lanes.into_values().flat_map(ends).collect();
    chosen.sort_unstable();
    chosen.dedup_by(|a, b| (a.time, &a.id, a.slot) == (b.time, &b.id, b.slot));
    chosen.into_iter().map(|seen| mark(seen, watch, files)).collect()
}

fn mark(seen: Observation, watch: &Watch, files: &HashMap<&str, u32>) -> Mark {
    let Observation { time, slot, deed, .. } = seen;
    let words = [&deed.request.verb, &deed.request.resource].map(|word| word.as_deref().unwrap_or_default());
    let file = files.get(&*deed.file).copied().unwrap_or(u32::MAX);
    Mark {
        rule: watch.slots.get(slot as usize).map_or(watch.rule, |slot| slot.rule),
        time,
        stage: boxed(&deed.request.stage),
        audit_id: boxed(&deed.audit_id),
        cluster: deed.caller.cluster.clone(),
        principal: boxed(&deed.caller.principal),
        source_ip: boxed(&deed.caller.source_ip),
        deed: words.join(" ").trim().into(),
        evidence: Evidence { file, offset: deed.offset, line: deed.line },
    }
}
