//! From an event that a rule holds for to what correlations note of it.

use super::{Deed, Group, Observation};
use crate::event::{Event, Field};
use crate::finding::Sighting;
use crate::redact::Redactor;
use crate::rule::{Pick, RuleSet, Slot};
use std::sync::Arc;

/// Groups that one event may belong to, as fields may hold several values.
const MAX_GROUPS: usize = 64;

/// What one correlation notes of one event.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Index of the watch.
    pub watch: u32,
    pub group: Group,
    pub seen: Observation,
    /// Index of the file that the event stands in.
    pub file: u32,
}

impl Observed {
    /// Bytes of memory, about.
    pub const WEIGHT: usize = 2 * size_of::<Observed>();
}

/// Everything that the correlations that listen to `rule` note of this event. An event without a time stands
/// in no window.
pub fn observe(
    rules: &RuleSet,
    rule: u32,
    event: &Event<'_>,
    seen: &Sighting,
    redactor: Redactor,
    note: &mut Vec<Observed>,
) {
    let Some(time) = seen.time else { return };
    let file = seen.evidence.file;
    for listener in rules.listeners(rule) {
        let watch = &rules.watches()[listener.watch as usize];
        let slot = &watch.slots[listener.slot as usize];
        let is_alias = |at: usize| watch.is.group_by[at].is_alias;
        let groups = combinations(&slot.group, event, redactor, &is_alias);
        let values = values(slot, watch.is.kind.has_field(), event, redactor);
        for group in groups {
            for value in &values {
                let seen = Observation {
                    time,
                    id: id(seen, rules.asks_stage(rule)),
                    slot: listener.slot,
                    value: value.clone(),
                    deed: Deed::of(seen),
                };
                note.push(Observed { watch: listener.watch, group: group.clone(), seen, file });
            }
        }
    }
}

/// Copies of an event have one id; so have the stages of a request, unless each is to count.
fn id(seen: &Sighting, each_stage: bool) -> Box<str> {
    match seen.audit_id.as_deref().filter(|id| !id.is_empty()) {
        Some(id) if each_stage => format!("{id}/{}", seen.stage.as_deref().unwrap_or_default()).into(),
        Some(id) => id.into(),
        // The name of the file is added where it is known.
        None => format!("@{}", seen.evidence.offset).into(),
    }
}

/// Each value that is counted: every one of a single field, one of several fields together.
fn values(slot: &Slot, wanted: bool, event: &Event<'_>, redactor: Redactor) -> Vec<Option<Box<str>>> {
    if !wanted {
        return vec![None];
    }
    let joined = |group: Group| {
        let parts: Vec<&str> = group.iter().map(|part| part.as_deref().unwrap_or_default()).collect();
        Some(parts.join("\0").into())
    };
    combinations(&slot.value, event, redactor, &|_| true).into_iter().map(joined).collect()
}

/// Every combination of the fields' values. A field without a value is a value of its own, but where it `must`
/// have one there is no combination at all: nothing is not the same as nothing.
fn combinations(
    picks: &[Pick],
    event: &Event<'_>,
    redactor: Redactor,
    must: &dyn Fn(usize) -> bool,
) -> Vec<Group> {
    let mut groups: Vec<Group> = vec![Vec::with_capacity(picks.len())];
    for (at, pick) in picks.iter().enumerate() {
        let Pick::Field(field) = pick else { continue };
        let mut texts = texts(field, event, redactor);
        if texts.is_empty() && !must(at) {
            texts.push(None);
        }
        let longer = |group: &Group| {
            texts.iter().map(|text| [&group[..], std::slice::from_ref(text)].concat()).collect::<Vec<_>>()
        };
        groups = groups.iter().flat_map(longer).take(MAX_GROUPS).collect();
    }
    groups
}

fn texts(field: &Field, event: &Event<'_>, redactor: Redactor) -> Group {
    let mut found: Group = Vec::new();
    field.any(event, &mut |value| {
        if let Some(text) = value.to_text().filter(|text| !text.is_empty()) {
            let text = Some(redactor.text(&text).into());
            if !found.contains(&text) {
                found.push(text);
            }
        }
        found.len() >= MAX_GROUPS
    });
    found
}

impl Deed {
    fn of(seen: &Sighting) -> Deed {
        Deed {
            rank: crate::finding::rank(seen),
            cluster: seen.cluster.clone(),
            principal: seen.principal.clone(),
            source_ip: seen.source_ip.clone(),
            user_agent: seen.user_agent.clone(),
            verb: seen.verb.clone(),
            resource: seen.resource.clone(),
            namespace: seen.namespace.clone(),
            name: seen.name.clone(),
            code: seen.code,
            stage: seen.stage.clone(),
            audit_id: seen.audit_id.clone(),
            file: Arc::from(""),
            offset: seen.evidence.offset,
            line: seen.evidence.line,
        }
    }
}

impl Observed {
    /// The event stands in this file, so many lines behind where it was counted from.
    pub fn place(mut self, file: &Arc<str>, lines: u64) -> Observed {
        self.seen.deed.file = Arc::clone(file);
        self.seen.deed.line += lines;
        if self.seen.id.starts_with('@') {
            self.seen.id = format!("{file}{}", self.seen.id).into();
        }
        self
    }
}
