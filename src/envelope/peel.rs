//! Takes off one layer after the other.

use super::format::{FORMATS, Format};
use super::lacks::Lacks;
use super::parts::{Member, Object, Part};
use super::salvage::salvage;
use super::{Inner, What};
use crate::event::{Bad, Decoder};
use crate::metal;
use memchr::memmem;
use serde::de::IgnoredAny;

/// Wrappers within wrappers: more than the field has seen, few enough that nobody can exhaust the stack.
pub const DEPTH: usize = 8;

/// The format of each layer, outermost first. Formats that are expected are tried first, which saves the search.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Layers([Option<&'static Format>; DEPTH]);

impl Layers {
    pub fn outermost(&self) -> Option<&'static Format> {
        self.0[0]
    }
}

/// Memory that is used again, and what is remembered from record to record.
#[derive(Default)]
pub struct State {
    buffers: Vec<Vec<u8>>,
    members: Vec<Vec<Member>>,
    decoder: Decoder,
    /// The formats that are expected.
    pub expected: Layers,
    /// The format that each layer had in the last record.
    pub last: Layers,
    /// Formats that took the same record for theirs.
    #[cfg(test)]
    pub ambiguous: Vec<&'static str>,
}

impl State {
    #[cfg(test)]
    fn check(&mut self, look: Look<'_>) {
        let took: Vec<_> =
            FORMATS.iter().filter(|format| (format.recognise)(look)).map(|format| format.name).collect();
        if took.len() > 1 {
            self.ambiguous.extend(took);
        }
    }
}

/// A record as the formats look at it.
#[derive(Clone, Copy)]
pub enum Look<'a> {
    Object(Object<'a>),
    Array(Part<'a>),
    Text(Text<'a>),
}

/// A line that is not JSON, though JSON may stand in it.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    pub bytes: &'a [u8],
    pub path: &'a str,
    /// Whether this is the line of a file, and not something inside a wrapper.
    pub outermost: bool,
}

impl<'a> Look<'a> {
    pub fn object(self) -> Option<Object<'a>> {
        if let Look::Object(object) = self { Some(object) } else { None }
    }

    pub fn text(self) -> Option<Text<'a>> {
        if let Look::Text(text) = self { Some(text) } else { None }
    }
}

/// One layer of a record, and where what is in it goes to.
pub struct Peel<'p, 'e> {
    state: &'p mut State,
    each: &'p mut (dyn FnMut(Inner<'_>) + 'e),
    forced: Option<&'static Format>,
    path: &'p str,
    /// The outermost format.
    format: Option<&'static Format>,
    cluster: Option<&'p str>,
    node: Option<&'p str>,
    /// Where this layer begins in the record.
    at: usize,
    /// Whether places in this layer are places in the record; not so in an unescaped string.
    exact: bool,
    depth: usize,
}

impl<'p, 'e> Peel<'p, 'e> {
    pub fn new(
        state: &'p mut State,
        path: &'p str,
        forced: Option<&'static Format>,
        each: &'p mut (dyn FnMut(Inner<'_>) + 'e),
    ) -> Peel<'p, 'e> {
        let (cluster, node, format) = (None, None, None);
        Peel { state, each, forced, path, format, cluster, node, at: 0, exact: true, depth: 0 }
    }

    fn again<'q>(&'q mut self) -> Peel<'q, 'e> {
        Peel {
            state: &mut *self.state,
            each: &mut *self.each,
            forced: self.forced,
            path: self.path,
            format: self.format,
            cluster: self.cluster,
            node: self.node,
            at: self.at,
            exact: self.exact,
            depth: self.depth,
        }
    }

    /// The same layer, of which cluster and node are known.
    pub fn about<'q>(&'q mut self, cluster: Option<&'q str>, node: Option<&'q str>) -> Peel<'q, 'e> {
        let known = |text: &&str| !text.is_empty();
        let (cluster, node) = (cluster.filter(known), node.filter(known));
        let again = self.again();
        Peel { cluster: cluster.or(again.cluster), node: node.or(again.node), ..again }
    }

    /// The elements of an array, each of which is or holds a record; how many.
    pub fn records(&mut self, list: Part<'_>) -> usize {
        let mut elements = list.inside();
        let mut count = 0;
        while let Some((text, at)) = elements.upcoming() {
            if let Some(length) = self.native(text, at) {
                elements.pass(length);
                count += 1;
            } else if let Some((_, value)) = elements.next() {
                if value.is_string() || value.is_object() || value.is_array() {
                    self.json(value);
                    count += 1;
                }
            } else {
                break;
            }
        }
        count
    }

    /// The elements of an array, as objects.
    pub fn objects(&mut self, list: Part<'_>, mut each: impl FnMut(&mut Self, Object<'_>)) {
        let mut members = self.state.members.pop().unwrap_or_default();
        let mut elements = list.inside();
        while let Some((text, at)) = elements.upcoming() {
            if let Some(object) = Object::first(text, at, &mut members) {
                each(self, object);
                elements.pass(object.part.raw.len());
            } else if let Some((_, value)) = elements.next() {
                each(self, Object::of(value, &mut members));
            } else {
                break;
            }
        }
        self.state.members.push(members);
    }

    /// A nested value that is or holds a record.
    pub fn json(&mut self, part: Part<'_>) {
        match part.raw.first() {
            Some(b'"') => self.string(part),
            Some(b'{' | b'[') => self.inside(part.raw, part.at, self.exact),
            _ => self.say(What::Foreign, part.at),
        }
    }

    /// A string that holds a record.
    pub fn string(&mut self, part: Part<'_>) {
        let mut buffer = self.state.buffers.pop().unwrap_or_default();
        match part.unescape(&mut buffer) {
            Some(len) => self.inside(&buffer[..len], part.at, false),
            None => self.say(What::Foreign, part.at),
        }
        self.state.buffers.push(buffer);
    }

    /// A record that was decoded from what stands at `at`.
    pub fn decoded(&mut self, record: &[u8], at: usize) {
        self.inside(record, at, false);
    }

    /// A record that is a part of this layer as it stands.
    pub fn rest(&mut self, record: &[u8], at: usize) {
        self.inside(record, at, self.exact);
    }

    fn inside(&mut self, record: &[u8], at: usize, exact: bool) {
        let at = self.place(at);
        if self.depth + 1 >= DEPTH {
            return self.say(What::Foreign, at);
        }
        let depth = self.depth + 1;
        Peel { at, exact, depth, ..self.again() }.record(record, 0);
    }

    /// Memory to write an event into; to be given back.
    pub fn buffer(&mut self) -> Vec<u8> {
        self.state.buffers.pop().unwrap_or_default()
    }

    pub fn give_back(&mut self, buffer: Vec<u8>) {
        self.state.buffers.push(buffer);
    }

    /// An audit event in its native form.
    pub fn event(&mut self, json: &[u8], at: usize, lacks: Lacks) {
        self.decode(json, at, lacks, None);
    }

    /// What is left of an event that was cut.
    pub fn piece(&mut self, json: &[u8], at: usize, why: Bad) {
        self.decode(json, at, Lacks::REST, Some(why));
    }

    fn decode(&mut self, json: &[u8], at: usize, lacks: Lacks, cut: Option<Bad>) {
        let offset = self.place(at);
        let (cluster, node, format) = (self.cluster, self.node, self.format);
        match self.state.decoder.decode(json, cluster) {
            Ok((ref event, odd)) => {
                let what = What::Event { event, odd, lacks, cut };
                (self.each)(Inner { what, offset, cluster, node, format });
            }
            Err(Bad::NotJson) if cut.is_none() => self.cut(json, at, Bad::NotJson),
            Err(bad) => self.say(What::Bad(bad), at),
        }
    }

    /// Reads the event that `text` begins with if that stands there as the API server writes it, which saves all
    /// looking for its end; how long it is.
    fn native(&mut self, text: &[u8], at: usize) -> Option<usize> {
        if !is_native(text) {
            return None;
        }
        let offset = self.place(at);
        let (cluster, node, format) = (self.cluster, self.node, self.format);
        let (ref event, odd, length) = self.state.decoder.decode_first(text, cluster)?;
        let what = What::Event { event, odd, lacks: Lacks::NOTHING, cut: None };
        (self.each)(Inner { what, offset, cluster, node, format });
        Some(length)
    }

    /// An event that was written for the record at `at`.
    pub fn written(&mut self, json: Vec<u8>, at: usize, lacks: Lacks) {
        self.event(&json, at, lacks);
        self.give_back(json);
    }

    pub fn say(&mut self, what: What<'_>, at: usize) {
        let offset = self.place(at);
        let (cluster, node, format) = (self.cluster, self.node, self.format);
        (self.each)(Inner { what, offset, cluster, node, format });
    }

    /// What stands before the cut.
    pub fn cut(&mut self, json: &[u8], at: usize, otherwise: Bad) {
        match salvage(json) {
            Some(event) => self.piece(&event, at, why_cut(json)),
            None => self.say(What::Bad(otherwise), at),
        }
    }

    fn place(&self, at: usize) -> usize {
        if self.exact { self.at + at } else { self.at }
    }

    /// The records in some text: one mostly, several if nothing stands between them.
    pub fn record(&mut self, bytes: &[u8], from: usize) {
        let mut at = from;
        while let Some(start) = first_of(bytes, at) {
            let rest = &bytes[start..];
            if !matches!(rest[0], b'{' | b'[') {
                // Behind a record only another one counts.
                if at == from {
                    self.text(rest.trim_ascii_end(), start);
                }
                return;
            }
            let length = self.native(rest, start).unwrap_or_else(|| self.container(rest, start));
            at = start + length;
        }
    }

    /// The container that `rest` begins with; how long it is.
    fn container(&mut self, rest: &[u8], at: usize) -> usize {
        let mut members = self.state.members.pop().unwrap_or_default();
        let whole = Object::first(rest, at, &mut members);
        let length = match whole.filter(|object| !swallows(object.part.raw)) {
            Some(object) => {
                self.look(Look::Object(object));
                object.part.raw.len()
            }
            None => self.damaged(rest, at, &mut members),
        };
        self.state.members.push(members);
        length
    }

    /// An array, or an object of which it is not so clear where it ends.
    fn damaged(&mut self, rest: &[u8], at: usize, members: &mut Vec<Member>) -> usize {
        let end = metal::container_end(rest, 0).filter(|end| !swallows(&rest[..*end]));
        let length = end.or_else(|| next_line(rest)).unwrap_or(rest.len());
        let part = Part { raw: &rest[..length], at, whole: end.is_some() };
        match part.is_array() {
            true => self.look(Look::Array(part)),
            false => self.look(Look::Object(Object::of(part, members))),
        }
        length
    }

    fn text(&mut self, bytes: &[u8], at: usize) {
        let path = self.path;
        let text = Text { bytes, path, outermost: self.depth == 0 };
        let at = self.place(at);
        Peel { at, ..self.again() }.look(Look::Text(text));
    }

    fn look(&mut self, look: Look<'_>) {
        #[cfg(test)]
        self.state.check(look);
        let forced = self.forced.filter(|_| self.depth == 0);
        let expected = self.state.expected.0[self.depth].filter(|format| (format.recognise)(look));
        let search = || FORMATS.iter().find(|format| (format.recognise)(look));
        let Some(format) = forced.or(expected).or_else(search) else { return self.unknown(look) };
        self.state.last.0[self.depth] = Some(format);
        // That records stand in an array says little about where they come from.
        let outer = self.format.filter(|outer| !outer.is_array()).or(Some(format));
        (format.unwrap)(&mut Peel { format: outer, ..self.again() }, look);
    }

    /// What no format takes.
    pub fn unknown(&mut self, look: Look<'_>) {
        match look {
            Look::Text(text) if text.outermost && is_noise(text) => self.say(What::Bad(Bad::Foreign), 0),
            Look::Text(text) if text.outermost => {
                self.cut(text.bytes, 0, if is_prose(text.bytes) { Bad::Text } else { Bad::NotJson });
            }
            Look::Text(_) => self.say(What::Foreign, 0),
            Look::Array(part) => self.say(What::Foreign, part.at),
            Look::Object(object) => self.unknown_object(object.part),
        }
    }

    fn unknown_object(&mut self, part: Part<'_>) {
        if part.whole && is_json(part.raw) {
            if !self.search(part) {
                self.say(What::Foreign, part.at);
            }
            return;
        }
        let bad = if part.whole { Bad::NotJson } else { Bad::Cut };
        if let Some(event) = salvage(part.raw) {
            return self.piece(&event, part.at, why_cut(part.raw));
        }
        // What is inside a cut wrapper says by itself that it was cut.
        if !self.search(part) || part.whole {
            self.say(What::Bad(bad), part.at);
        }
    }

    /// Events in a wrapper that no format knows, or that is damaged; whether there may be any.
    fn search(&mut self, part: Part<'_>) -> bool {
        let may_hold_one = |part: Part<'_>| memmem::find(part.raw, b"auditID").is_some();
        let mut found = false;
        for (_, value) in part.inside().filter(|(_, value)| may_hold_one(*value)) {
            found = true;
            self.json(value);
        }
        found
    }
}

/// Where the next record begins, behind what may stand between two.
fn first_of(bytes: &[u8], from: usize) -> Option<usize> {
    let between = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | 0x1e | 0);
    let rest = bytes.get(from..)?;
    Some(from + rest.iter().position(|byte| !between(byte))?)
}

/// Where a line after the first begins with a record. Within one record that hardly happens.
fn next_line(bytes: &[u8]) -> Option<usize> {
    let first = memchr::memchr(b'\n', bytes)?;
    memmem::find(&bytes[first..], b"\n{").map(|at| first + at + 1)
}

/// Whether brackets of a broken record close only behind other records.
fn swallows(record: &[u8]) -> bool {
    next_line(record).is_some() && !is_json(record)
}

/// Why only the beginning of an event can be read.
fn why_cut(record: &[u8]) -> Bad {
    let start = memchr::memchr(b'{', record).unwrap_or(record.len());
    let end = record.len().saturating_sub(MARK.len() + 8);
    match metal::container_end(record, start) {
        _ if memmem::find(&record[end..], MARK).is_some() => Bad::Limited,
        Some(_) => Bad::Damaged,
        None => Bad::Cut,
    }
}

/// How CloudWatch ends messages that were too long for it.
const MARK: &[u8] = b"[Truncated";

/// Whether this is an event as the API server writes it, which then needs no closer look.
fn is_native(raw: &[u8]) -> bool {
    raw.starts_with(b"{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v")
}

pub fn is_json(raw: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(raw).is_ok()
}

/// Lines of other programs that are known to stand among events.
fn is_noise(text: Text<'_>) -> bool {
    is_klog(text.bytes) || text.path.ends_with("aws-logs-write-test")
}

/// Text without a trace of JSON, or with one but without a trace of an audit event, as in a manual or in YAML.
fn is_prose(line: &[u8]) -> bool {
    let trace = |pair: &[u8]| matches!(pair, b"\":" | b",\"" | b"\"}" | b"}}" | b"{\"" | b"]}");
    let control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    let json = line.windows(2).any(trace) && SIGNS.iter().any(|sign| memmem::find(line, sign).is_some());
    !json && !line.iter().any(control) && simdutf8::basic::from_utf8(line).is_ok()
}

/// Names that stand in any larger part of an audit event.
const SIGNS: [&[u8]; 8] = [
    b"auditID",
    b"audit.k8s.io",
    b"authorization.k8s.io",
    b"objectRef",
    b"requestURI",
    b"imestamp\"",
    b"sourceIPs",
    b"userAgent",
];

/// `I0505 14:16:10.000000       1 httplog.go:132] ...`
fn is_klog(line: &[u8]) -> bool {
    let [level, date @ ..] = line else { return false };
    let digits = date.iter().take_while(|byte| byte.is_ascii_digit()).count();
    matches!(level, b'I' | b'W' | b'E' | b'F') && digits == 4 && date.get(4) == Some(&b' ')
}
