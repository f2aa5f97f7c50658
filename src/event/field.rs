//! Naming a field and asking an event for its values.

use super::{Event, FIELDS, Slot, Value};
use std::fmt;

/// What a field holds; used by `kaudit fields` and to tell rules that cannot match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Time,
    Address,
    /// An array of strings.
    List,
    /// An object of which any path can be asked.
    Object,
    /// An object of strings or lists of strings, asked by key (`annotations."key"`).
    Map,
}

/// What a field's values are a function of. Fields that hang on few distinct inputs are looked at once for
/// each distinct input, not once for each event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Dim {
    Verb,
    Resource,
    Subresource,
    ApiGroup,
    Namespace,
    Level,
    Stage,
    Code,
    Username,
    /// `impersonatedUser.username`.
    Impersonated,
    /// The impersonated user name if there is one, else the user name.
    Principal,
    UserAgent,
    /// The last of `sourceIPs`.
    Address,
    /// The code of the answer, or without one the authorization decision.
    Outcome,
    /// The label of the input, or what a wrapper names.
    Cluster,
    /// `user.extra`, whole.
    UserExtra,
}

impl Dim {
    pub const ALL: [Dim; 16] = [
        Dim::Verb,
        Dim::Resource,
        Dim::Subresource,
        Dim::ApiGroup,
        Dim::Namespace,
        Dim::Level,
        Dim::Stage,
        Dim::Code,
        Dim::Username,
        Dim::Impersonated,
        Dim::Principal,
        Dim::UserAgent,
        Dim::Address,
        Dim::Outcome,
        Dim::Cluster,
        Dim::UserExtra,
    ];

    /// The bytes in the record that the values hang on. Equal bytes mean equal values.
    #[inline]
    pub fn key<'a>(self, event: &Event<'a>) -> Option<&'a [u8]> {
        let slot = match self {
            Dim::Verb => Slot::Verb,
            Dim::Resource => Slot::Resource,
            Dim::Subresource => Slot::Subresource,
            Dim::ApiGroup => Slot::ApiGroup,
            Dim::Namespace => Slot::Namespace,
            Dim::Level => Slot::Level,
            Dim::Stage => Slot::Stage,
            Dim::Code => Slot::Code,
            Dim::Username => Slot::Username,
            Dim::Impersonated => Slot::ImpersonatedUsername,
            Dim::UserAgent => Slot::UserAgent,
            Dim::UserExtra => Slot::UserExtra,
            Dim::Principal => return event.principal().map(|name| name.raw()),
            Dim::Address => return event.source_ip().map(|address| address.raw()),
            Dim::Cluster => return event.cluster().map(str::as_bytes),
            Dim::Outcome => return event.raw(Slot::Code).or_else(|| event.raw(Slot::Annotations)),
        };
        event.raw(slot)
    }
}

/// The values of one field, given to `see` one after the other until it answers `true`.
/// Answers whether `see` did.
pub type Get = for<'a> fn(&Event<'a>, &[String], &mut dyn FnMut(Value<'a>) -> bool) -> bool;

/// One row of the field table.
#[derive(Debug)]
pub struct Spec {
    pub name: &'static str,
    pub kind: Kind,
    pub doc: &'static str,
    /// The only values that the field can hold, where that is known.
    pub values: &'static [&'static str],
    /// Set when the values depend on nothing but this.
    pub dim: Option<Dim>,
    /// Where the values come from: unknown, and not absent, where a format does not carry this.
    pub needs: &'static [Slot],
    /// Unknown until the request was answered: missing in a `RequestReceived` record.
    pub answer: bool,
    /// No secret but what its own text shows to be one: the name in a request for a certificate, which as a whole is
    /// secret, or what a client calls itself.
    pub public: bool,
    /// Costs a walk through a body or the whole record.
    pub costly: bool,
    pub get: Get,
}

/// A field: a row of the table, and for objects and maps the path below it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Field {
    row: u8,
    path: Vec<String>,
}

/// A name that is not in the field table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownField {
    pub name: String,
    /// A field that was perhaps meant.
    pub nearest: Option<&'static str>,
}

impl Field {
    /// Reads a dotted name: `objectRef.resource`, `annotations."authorization.k8s.io/decision"`,
    /// `requestObject.spec.containers.image`. Keys of maps need no quotes, as all that follows is the key.
    /// Names are told apart by case, except when only one field is meant.
    pub fn parse(name: &str) -> Result<Field, UnknownField> {
        if let Some(row) = row_of(name) {
            return Ok(Field { row, path: Vec::new() });
        }
        let cut = |at: usize| Some((row_of(&name[..at])?, &name[at + 1..]));
        let found = name.match_indices('.').rev().find_map(|(at, _)| cut(at));
        let unknown = || UnknownField { name: name.to_owned(), nearest: nearest(name) };
        let (row, rest) = found.ok_or_else(unknown)?;
        let path = match FIELDS[row as usize].kind {
            Kind::Map => vec![unquote(rest).to_owned()],
            Kind::Object => split_path(rest),
            _ => return Err(unknown()),
        };
        if path.iter().any(String::is_empty) { Err(unknown()) } else { Ok(Field { row, path }) }
    }

    /// The same row of the table with this path below it; of a map the path is its key.
    pub fn below(&self, path: Vec<String>) -> Field {
        Field { row: self.row, path }
    }

    pub fn spec(&self) -> &'static Spec {
        &FIELDS[self.row as usize]
    }

    /// Where the values come from; see `Spec::needs`.
    pub fn needs(&self) -> &'static [super::Slot] {
        if self.spec().name == "json" { super::body::json_needs(&self.path) } else { self.spec().needs }
    }

    /// Whether the values hang on what is in a body.
    pub fn reads(&self, body: super::Slot) -> bool {
        let needs = self.needs();
        needs.is_empty() || needs.contains(&body) || self.spec().name == "record"
    }

    /// Whether looking for its values goes through all of a body, or of the record.
    pub fn is_gone_through(&self) -> bool {
        self.spec().costly && self.path.is_empty()
    }

    /// Whether the values are unknown until the request was answered.
    pub fn is_answer(&self) -> bool {
        let below =
            self.path.first().is_some_and(|key| matches!(key.as_str(), "responseObject" | "annotations"));
        self.spec().answer || self.spec().name == "json" && below
    }

    /// The path below the table's field; empty when the field itself is meant.
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// Whether `see` answers `true` for any value of this field.
    pub fn any<'a>(&self, event: &Event<'a>, see: &mut dyn FnMut(Value<'a>) -> bool) -> bool {
        (self.spec().get)(event, &self.path, see)
    }

    /// The first value as text, for output.
    pub fn first<'a>(&self, event: &Event<'a>) -> Option<std::borrow::Cow<'a, str>> {
        let mut first = None;
        self.any(event, &mut |value| {
            first = value.to_text();
            first.is_some()
        });
        first
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.spec().name)?;
        for key in &self.path {
            if super::json::index(key).is_some() {
                write!(f, "{key}")?
            } else if key.contains(['.', '"', ' ']) {
                write!(f, ".\"{key}\"")?
            } else {
                write!(f, ".{key}")?
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn row_of(name: &str) -> Option<u8> {
    let exact = FIELDS.iter().position(|spec| spec.name == name);
    let row = exact.or_else(|| FIELDS.iter().position(|spec| spec.name.eq_ignore_ascii_case(name)))?;
    u8::try_from(row).ok()
}

/// Splits at dots that do not stand in quotes; `[0]` becomes a key of its own, `[]` and `[*]` say "any
/// element", which is so anyway.
fn split_path(path: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut quoted = false;
    for ch in path.chars() {
        match ch {
            '"' => quoted = !quoted,
            '.' if !quoted => keys.push(String::new()),
            _ => keys.last_mut().into_iter().for_each(|key| key.push(ch)),
        }
    }
    keys.iter().flat_map(|key| with_index(key.trim_end_matches("[*]").trim_end_matches("[]"))).collect()
}

/// `a[0]` is the key and the element: `a`, `[0]`.
fn with_index(key: &str) -> Vec<String> {
    let cut = key.rfind('[').filter(|at| super::json::index(&key[*at..]).is_some());
    match cut {
        Some(0) | None => vec![key.to_owned()],
        Some(at) => vec![key[..at].to_owned(), key[at..].to_owned()],
    }
}

fn unquote(key: &str) -> &str {
    key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key)
}

/// The field whose name (or last part) is closest to what was written.
fn nearest(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let tail = lower.rsplit('.').next().unwrap_or(&lower);
    let by_tail = FIELDS.iter().find(|spec| {
        let theirs = spec.name.rsplit('.').next().unwrap_or(spec.name);
        theirs.eq_ignore_ascii_case(tail)
    });
    let close = || {
        let rated =
            FIELDS.iter().map(|spec| (strsim::levenshtein(&lower, &spec.name.to_ascii_lowercase()), spec));
        rated.min_by_key(|(d, _)| *d).filter(|(d, _)| *d <= 3).map(|(_, spec)| spec)
    };
    by_tail.or_else(close).map(|spec| spec.name)
}
