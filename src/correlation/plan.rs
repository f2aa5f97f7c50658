//! What is to be taken from an event for each correlation that listens to a rule, found out once.

use super::group::Keep;
use super::observe::Noticed;
use super::scribe::Scribe;
use super::words::{NONE, Word};
use crate::event::{ByHalf, Event, Field, Text, Value};
use crate::rule::{Listener, Pick, RuleSet, Slot, Watch};

/// Groups that one event may belong to, as fields may hold several values.
const MAX_GROUPS: usize = 64;

/// What one correlation takes from the events of one rule.
#[derive(Debug)]
pub struct Plan {
    pub listener: Listener,
    pub keep: Keep,
    /// Each stage of a request counts for itself.
    pub each_stage: bool,
    pub group: Vec<Part>,
    /// Empty where nothing is counted but events.
    pub value: Vec<Part>,
    /// Group and value hang on nothing but who asks: which of the plans of that kind it is.
    pub of_caller: Option<u32>,
}

/// One field of a group.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Index into [`Plans::fields`].
    field: u32,
    /// Without it there is no group at all: nothing is not the same as nothing.
    must: bool,
}

/// All plans.
#[derive(Debug, Default)]
pub struct Plans {
    pub all: Vec<Plan>,
    /// For each rule, the plans that concern it, as indices.
    pub by_rule: Vec<Vec<u32>>,
    /// Every field that any of them asks for, once.
    pub fields: Vec<Field>,
    /// How many of them hang on nothing but who asks.
    pub of_caller: u32,
}

impl Plans {
    pub fn new(rules: &RuleSet) -> Plans {
        let mut plans = Plans::default();
        for rule in 0..rules.metas().len() as u32 {
            let mut own = Vec::new();
            for listener in rules.listeners(rule) {
                let watch = &rules.watches()[listener.watch as usize];
                own.push(plans.all.len() as u32);
                let plan = plans.plan(*listener, watch, rules.asks_stage(rule));
                plans.all.push(plan);
            }
            plans.by_rule.push(own);
        }
        plans
    }

    fn plan(&mut self, listener: Listener, watch: &Watch, each_stage: bool) -> Plan {
        let slot: &Slot = &watch.slots[listener.slot as usize];
        let must = |at: usize| watch.is.group_by[at].is_alias;
        let group = self.parts(&slot.group, must);
        let value = if watch.is.kind.has_field() { self.parts(&slot.value, |_| true) } else { Vec::new() };
        let is_of_caller = |part: &Part| {
            self.fields[part.field as usize].spec().dim.is_some_and(crate::event::Dim::is_of_caller)
        };
        let is_of_caller = group.iter().chain(&value).all(is_of_caller);
        let of_caller = is_of_caller.then_some(self.of_caller);
        self.of_caller += u32::from(is_of_caller);
        Plan { listener, keep: Keep::of(&watch.is), each_stage, group, value, of_caller }
    }

    /// Correlations are told of by correlations, and not by events.
    fn parts(&mut self, picks: &[Pick], must: impl Fn(usize) -> bool) -> Vec<Part> {
        let fields = picks.iter().enumerate().filter_map(|(at, pick)| match pick {
            Pick::Field(field) => Some((at, field)),
            Pick::Group(_) => None,
        });
        let mut part = |(at, field): (usize, &Field)| {
            let known = self.fields.iter().position(|known| known == field);
            let field = known.unwrap_or_else(|| {
                self.fields.push(field.clone());
                self.fields.len() - 1
            });
            Part { field: field as u32, must: must(at) }
        };
        fields.map(&mut part).collect()
    }
}

/// The values of fields of the present event, each looked up when it is first asked for.
#[derive(Debug, Default)]
pub struct Values {
    known: Vec<(u32, Vec<Word>)>,
    /// Of fields that hang on a half of the event alone: what all events say which are alike in it.
    alike: Vec<ByHalf<Box<[Word]>>>,
    /// Tells the values of this event from those of others.
    event: u32,
}

impl Values {
    /// Another event.
    pub fn next(&mut self, fields: usize) {
        self.event = self.event.wrapping_add(1);
        if self.event == 0 || self.known.len() != fields {
            self.event = 1;
            self.known = vec![(0, Vec::new()); fields];
            self.alike.resize_with(fields, ByHalf::default);
        }
    }

    /// Looks up what the parts ask for.
    pub fn look_up(&mut self, parts: &[Part], fields: &[Field], seen: &Noticed<'_>, scribe: &mut Scribe) {
        for part in parts {
            let at = part.field as usize;
            let (stamp, known) = &mut self.known[at];
            if *stamp != self.event {
                *stamp = self.event;
                known.clear();
                look_up(known, &fields[at], &mut self.alike[at], seen, scribe);
            }
        }
    }

    /// Forgets what words were found, as they mean something else from now on.
    pub fn clear(&mut self) {
        self.alike.iter_mut().for_each(ByHalf::clear);
    }

    /// How many combinations of the parts' values there are.
    pub fn count(&self, parts: &[Part]) -> usize {
        parts.iter().map(|part| self.several(*part).len()).fold(1, usize::saturating_mul).min(MAX_GROUPS)
    }

    /// Appends so many-th of the combinations.
    pub fn append(&self, parts: &[Part], number: usize, out: &mut Vec<Word>) {
        let begin = out.len();
        let mut rest = number;
        for part in parts.iter().rev() {
            let several = self.several(*part);
            out.push(several[rest % several.len()]);
            rest /= several.len();
        }
        out[begin..].reverse();
    }

    /// A field without a value is a value of its own, unless it must have one.
    fn several(&self, part: Part) -> &[Word] {
        match &self.known[part.field as usize].1[..] {
            [] if !part.must => &[NONE],
            some => some,
        }
    }
}

/// Finds the words of a field, in the event or among those of others that are alike.
fn look_up(
    known: &mut Vec<Word>,
    field: &Field,
    alike: &mut ByHalf<Box<[Word]>>,
    seen: &Noticed<'_>,
    scribe: &mut Scribe,
) {
    let half = seen.like.zip(field.spec().dim).map(|(like, dim)| (like, like.half(dim)));
    if let Some(words) = half.and_then(|(like, half)| alike.get_ref(like, half)) {
        known.extend_from_slice(words);
        return;
    }
    fill(known, field, seen.event, scribe);
    half.into_iter().for_each(|(like, half)| alike.set(like, half, known[..].into()));
}

fn fill(known: &mut Vec<Word>, field: &Field, event: &Event<'_>, scribe: &mut Scribe) {
    field.any(event, &mut |value| {
        let said = if matches!(value, Value::Text(_)) { None } else { value.to_text() };
        let text = match &value {
            Value::Text(text) => Some(*text),
            _ => said.as_deref().map(Text::plain),
        };
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let word = scribe.number(text);
            if !known.contains(&word) {
                known.push(word);
            }
        }
        known.len() >= MAX_GROUPS
    });
}
