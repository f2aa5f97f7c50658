//! The modifiers after a field's name: `userAgent|contains|all`.
//!
//! Source: Sigma Modifiers 2.1.0 (2025-08-02).

use crate::rule::{Case, Compare, Place, TimePart};

/// What a chain of modifiers asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modifiers {
    pub ask: Ask,
    pub place: Place,
    pub case: Case,
    /// All values are to be met, not one.
    pub all: bool,
    /// `neq`.
    pub negated: bool,
    pub expand: bool,
    /// What is done to the text of a value, in this order.
    pub steps: Vec<Step>,
    /// The modifiers so far, for messages.
    seen: Vec<&'static str>,
}

/// What kind of question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Text with wildcards, numbers, truths and null.
    Value,
    Regex {
        ignore_case: bool,
        multi_line: bool,
        dot_all: bool,
    },
    Number(Compare),
    TimePart(TimePart, Compare),
    Network,
    Exists,
    FieldRef,
}

/// One change to the text of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Windash,
    Base64,
    Base64Offset,
    Utf16Le,
    Utf16Be,
    /// Little-endian behind a byte order mark.
    Utf16,
}

/// What is wrong with a chain: text and mend.
pub type Wrong = (String, String);

const NAMES: &[(&str, Set)] = &[
    ("all", |all| all.all = true),
    ("base64", |all| all.steps.push(Step::Base64)),
    ("base64offset", |all| all.steps.push(Step::Base64Offset)),
    ("cased", |all| all.case = Case::Exact),
    ("cidr", |all| all.ask = Ask::Network),
    ("contains", |all| all.place = Place::Anywhere),
    ("day", |all| all.time_part(TimePart::Day)),
    ("endswith", |all| all.place = Place::End),
    ("exists", |all| all.ask = Ask::Exists),
    ("expand", |all| all.expand = true),
    ("fieldref", |all| all.ask = Ask::FieldRef),
    ("gt", |all| all.compare(Compare::Greater)),
    ("gte", |all| all.compare(Compare::GreaterOrEqual)),
    ("hour", |all| all.time_part(TimePart::Hour)),
    ("i", |all| all.flag(|ignore_case, _, _| *ignore_case = true)),
    ("lt", |all| all.compare(Compare::Less)),
    ("lte", |all| all.compare(Compare::LessOrEqual)),
    ("m", |all| all.flag(|_, multi_line, _| *multi_line = true)),
    ("minute", |all| all.time_part(TimePart::Minute)),
    ("month", |all| all.time_part(TimePart::Month)),
    ("neq", |all| all.negated = true),
    ("re", |all| all.ask = Ask::Regex { ignore_case: false, multi_line: false, dot_all: false }),
    ("s", |all| all.flag(|_, _, dot_all| *dot_all = true)),
    ("startswith", |all| all.place = Place::Start),
    ("utf16", |all| all.steps.push(Step::Utf16)),
    ("utf16be", |all| all.steps.push(Step::Utf16Be)),
    ("utf16le", |all| all.steps.push(Step::Utf16Le)),
    ("week", |all| all.time_part(TimePart::Week)),
    ("wide", |all| all.steps.push(Step::Utf16Le)),
    ("windash", |all| all.steps.push(Step::Windash)),
    ("year", |all| all.time_part(TimePart::Year)),
];

type Set = fn(&mut Modifiers);

const PLACES: &[&str] = &["contains", "startswith", "endswith"];
const COMPARES: &[&str] = &["lt", "lte", "gt", "gte"];
const PARTS: &[&str] = &["minute", "hour", "day", "week", "month", "year"];
const FLAGS: &[&str] = &["i", "m", "s"];
const ENCODINGS: &[&str] = &["base64", "base64offset", "utf16", "utf16be", "utf16le", "wide"];

impl Default for Modifiers {
    fn default() -> Modifiers {
        Modifiers {
            ask: Ask::Value,
            place: Place::Whole,
            case: Case::Ignore,
            all: false,
            negated: false,
            expand: false,
            steps: Vec::new(),
            seen: Vec::new(),
        }
    }
}

impl Modifiers {
    /// Adds the modifier `name`.
    ///
    /// # Errors
    /// There is none of that name, or it does not go with those before it.
    pub fn add(&mut self, name: &str) -> Result<(), Wrong> {
        let Some((name, set)) = NAMES.iter().find(|(known, _)| *known == name) else {
            return Err(unknown(name));
        };
        if self.seen.contains(name) {
            return Err((format!("the modifier `{name}` stands twice"), "write it once".into()));
        }
        if let Some(other) = self.seen.iter().copied().find(|seen| clash(seen, name)) {
            return Err((format!("`{name}` does not go with `{other}`"), mend_clash(other, name)));
        }
        if FLAGS.contains(name) && !self.has("re") {
            return Err((format!("`{name}` is a flag of `re`"), format!("write `re|{name}`")));
        }
        self.seen.push(name);
        set(self);
        Ok(())
    }

    pub fn has(&self, name: &str) -> bool {
        self.seen.contains(&name)
    }

    fn compare(&mut self, compare: Compare) {
        self.ask = match self.ask {
            Ask::TimePart(part, _) => Ask::TimePart(part, compare),
            _ => Ask::Number(compare),
        };
    }

    fn time_part(&mut self, part: TimePart) {
        self.ask = match self.ask {
            Ask::Number(compare) => Ask::TimePart(part, compare),
            _ => Ask::TimePart(part, Compare::Equal),
        };
    }

    fn flag(&mut self, set: fn(&mut bool, &mut bool, &mut bool)) {
        if let Ask::Regex { ignore_case, multi_line, dot_all } = &mut self.ask {
            set(ignore_case, multi_line, dot_all);
        }
    }
}

/// Whether `new` cannot follow `old`.
fn clash(old: &str, new: &str) -> bool {
    let family = |name| [PLACES, COMPARES, PARTS].iter().position(|family| family.contains(&name));
    let same_family = family(old).is_some() && family(old) == family(new);
    same_family || excludes(old, new) || excludes(new, old) || comes_too_late(old, new)
}

/// `all` changes how values are joined and goes with most; these pairs make no sense in either order.
fn excludes(one: &str, other: &str) -> bool {
    let asks = |name| {
        matches!(name, "re" | "cidr" | "exists" | "fieldref")
            || COMPARES.contains(&name)
            || PARTS.contains(&name)
    };
    let text_only = |name| PLACES.contains(&name) || ENCODINGS.contains(&name) || name == "windash";
    let times = COMPARES.contains(&one) && PARTS.contains(&other);
    match one {
        "fieldref" if PLACES.contains(&other) || other == "cased" => false,
        _ if times || (PARTS.contains(&one) && COMPARES.contains(&other)) => false,
        "exists" => other != "exists",
        "neq" => other == "all" || COMPARES.contains(&other),
        "cidr" if other == "expand" => false,
        _ => asks(one) && (asks(other) || text_only(other) || other == "cased" || other == "expand"),
    }
}

/// An encoding has no wildcards, so that the place must come after it.
fn comes_too_late(old: &str, new: &str) -> bool {
    PLACES.contains(&old) && ENCODINGS.contains(&new)
}

fn mend_clash(old: &str, new: &str) -> String {
    let pair = [old, new];
    let has = |names: &[&str]| pair.iter().any(|name| names.contains(name));
    if comes_too_late(old, new) {
        return format!("write `{new}|{old}`: what is searched for must be encoded first");
    }
    match () {
        () if has(&["exists"]) => "write `exists: true` or `exists: false` and nothing else".into(),
        () if has(&["re"]) && has(PLACES) => {
            "drop it: a regular expression matches anywhere, unless `^` and `$` bind it".into()
        }
        () if has(&["re"]) && has(&["cased"]) => {
            "drop `cased`: `re` tells cases apart, `re|i` does not".into()
        }
        () if has(&["neq"]) && has(&["all"]) => {
            "drop `all`: `neq` of a list already means that none of them is met".into()
        }
        () if has(&["neq"]) => "write the opposite comparison".into(),
        () if has(&["cidr"]) => "drop it: `cidr` compares addresses, not text".into(),
        () if has(COMPARES) || has(PARTS) => "drop one: this compares numbers, not text".into(),
        () => "drop one of the two".into(),
    }
}

fn unknown(name: &str) -> Wrong {
    let lower = name.to_ascii_lowercase().replace(['_', '-'], "");
    let close = |known: &&str| {
        lower == **known || (lower.len() > 2 && (known.starts_with(&lower) || lower.starts_with(*known)))
    };
    let names = || NAMES.iter().map(|(known, _)| *known);
    let mend = match names().filter(|known| known.len() > 1).find(|known| close(known)) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
    };
    (format!("there is no modifier `{name}`"), mend)
}

#[cfg(test)]
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(text: &str) -> Result<Modifiers, Wrong> {
        let mut modifiers = Modifiers::default();
        text.split('|').try_for_each(|name| modifiers.add(name))?;
        Ok(modifiers)
    }

    #[test]
    fn names_are_sorted() {
        assert!(NAMES.is_sorted_by_key(|(name, _)| *name));
    }

    #[test]
    fn every_modifier_stands_alone_and_flags_behind_re() {
        for (name, _) in NAMES {
            let text = if FLAGS.contains(name) { format!("re|{name}") } else { (*name).to_owned() };
            assert!(chain(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_goes_together() {
        for text in [
            "contains|all",
            "all|contains",
            "windash|contains|all",
            "contains|windash",
            "wide|base64offset|contains",
            "fieldref|endswith",
            "neq|fieldref",
            "re|i|m|s",
            "re|all",
            "hour|gte",
            "lt|minute",
            "cidr|neq",
            "contains|cased|neq",
            "expand|contains",
            "cidr|expand",
        ] {
            assert!(chain(text).is_ok(), "{text}: {:?}", chain(text));
        }
    }

    #[test]
    fn what_does_not_go_together() {
        for text in [
            "contains|cidr",
            "cidr|contains",
            "contains|startswith",
            "contains|contains",
            "contains|base64",
            "re|contains",
            "re|cased",
            "i",
            "exists|all",
            "neq|all",
            "neq|lt",
            "lt|gt",
            "lt|contains",
            "hour|minute",
            "re|base64",
            "re|expand",
            "contain",
            "",
        ] {
            assert!(chain(text).is_err(), "{text}");
        }
    }
}
