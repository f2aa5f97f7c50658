//! Paths into bodies, found step by step: many rules ask for what lies below `spec.template.spec.containers`, and the
//! way there is gone once for an event, not once for each condition.

use crate::event::{Event, Field, Slot, Value, json};
use hashbrown::HashMap;

/// Number of a step.
pub type StepId = u32;

/// One key on the way of one or more paths.
#[derive(Debug)]
struct Step {
    from: From,
    key: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum From {
    Body(Slot),
    Step(StepId),
}

/// All ways that the conditions of a rule set ask for.
#[derive(Debug, Default)]
pub struct Paths {
    steps: Vec<Step>,
    known: HashMap<(From, String), StepId, foldhash::fast::RandomState>,
}

impl Paths {
    /// The way to all but the last key of a path into a body; `None` where there is nothing to share.
    pub fn add(&mut self, field: &Field) -> Option<StepId> {
        let body = match field.spec().name {
            "requestObject" => Slot::RequestObject,
            "responseObject" => Slot::ResponseObject,
            _ => return None,
        };
        let (_, way) = field.path().split_last()?;
        if field.path().iter().any(|key| json::index(key).is_some()) {
            return None;
        }
        let mut at = None;
        for key in way {
            let from = at.map_or(From::Body(body), From::Step);
            at = Some(*self.known.entry((from, key.clone())).or_insert_with(|| {
                self.steps.push(Step { from, key: key.clone() });
                self.steps.len() as StepId - 1
            }));
        }
        at
    }
}

/// What the steps lead to in the present event, as far as anybody asked.
#[derive(Debug, Default)]
pub struct Places {
    /// For each step the event, and the objects as ranges of its record.
    found: Vec<(u32, Vec<(u32, u32)>)>,
}

impl Places {
    pub fn new(paths: &Paths) -> Places {
        Places { found: paths.steps.iter().map(|_| (0, Vec::new())).collect() }
    }

    /// Whether `see` answers `true` for any value with this key behind the step. `number` tells events apart.
    pub fn any<'a>(
        &mut self,
        (paths, step): (&Paths, StepId),
        key: &[String],
        (event, number): (&Event<'a>, u32),
        see: &mut dyn FnMut(Value<'a>) -> bool,
    ) -> bool {
        self.find(paths, step, event, number);
        let objects = &self.found[step as usize].1;
        objects.iter().any(|place| json::walk(text(event, *place), key, see))
    }

    /// Goes the way to a step, unless it was gone for this event. Ways are as long as the rules make them, and not the
    /// log.
    fn find(&mut self, paths: &Paths, step: StepId, event: &Event<'_>, number: u32) {
        if self.found[step as usize].0 == number {
            return;
        }
        let Step { from, key } = &paths.steps[step as usize];
        let mut found = std::mem::take(&mut self.found[step as usize].1);
        found.clear();
        let key = std::slice::from_ref(key);
        let mut note = |value: Value<'_>| {
            if let Value::Object(raw) = value {
                found.extend(place(event, raw));
            }
            false
        };
        match from {
            From::Body(slot) => {
                event.raw(*slot).into_iter().for_each(|raw| _ = json::walk(raw, key, &mut note));
            }
            From::Step(before) => {
                self.find(paths, *before, event, number);
                for place in &self.found[*before as usize].1 {
                    json::walk(text(event, *place), key, &mut note);
                }
            }
        }
        self.found[step as usize] = (number, found);
    }
}

/// Where a part of the record stands in it.
fn place(event: &Event<'_>, part: &[u8]) -> Option<(u32, u32)> {
    let start = (part.as_ptr() as usize).checked_sub(event.record().as_ptr() as usize)?;
    Some((u32::try_from(start).ok()?, u32::try_from(start + part.len()).ok()?))
}

fn text<'a>(event: &Event<'a>, (start, end): (u32, u32)) -> &'a [u8] {
    event.record().get(start as usize..end as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Decoder;

    #[test]
    fn a_way_that_is_shared_leads_where_each_path_leads() {
        let body = r#"{"spec":{"containers":[{"image":"a","env":[{"name":"x"},{"name":"y"}]},[{"image":"b"}],7],"spec":{"image":"no"}},"spec":{"containers":{"image":"c"}},"image":"d"}"#;
        let record =
            format!(r#"{{"verb":"create","auditID":"x","requestObject":{body},"responseObject":{{}}}}"#);
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
        let names = [
            "requestObject.spec.containers.image",
            "requestObject.spec.containers.env.name",
            "requestObject.spec.containers.env",
            "requestObject.spec.image",
            "requestObject.none.image.more",
            "responseObject.spec.image",
        ];
        let mut paths = Paths::default();
        let fields = names.map(|name| Field::parse(name).unwrap());
        let steps = fields.each_ref().map(|field| paths.add(field).unwrap());
        let mut places = Places::new(&paths);
        for number in [1, 2] {
            for (field, step) in fields.iter().zip(steps) {
                let (mut one, mut other) = (Vec::new(), Vec::new());
                field.any(&event, &mut |value| {
                    one.push(format!("{value:?}"));
                    false
                });
                let key = &field.path()[field.path().len() - 1..];
                places.any((&paths, step), key, (&event, number), &mut |value| {
                    other.push(format!("{value:?}"));
                    false
                });
                assert_eq!(one, other, "{field}");
            }
        }
        assert_eq!(paths.steps.len(), 6);
    }

    #[test]
    fn only_ways_into_bodies_are_shared() {
        let mut paths = Paths::default();
        for name in ["requestObject", "requestObject.kind", "requestObject.a[0].b", "user.extra.a", "verb"] {
            assert_eq!(paths.add(&Field::parse(name).unwrap()), None, "{name}");
        }
    }
}
