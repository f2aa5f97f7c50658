//! YAML as a tree in which every value knows where it stands.
//!
//! Built from the events of the parser below `serde-saphyr`, not through serde: a rule's mistakes are mostly
//! in *values*, and all of them are to be shown at their place, whatever the shape of the document.

use super::diagnostic::Spot;
use serde_saphyr::granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span};
use std::collections::BTreeMap;

/// What an alias may add to a document, so that a bomb of aliases does no harm.
const MAX_ALIASED: usize = 10_000;
/// Collections within collections. Rules nest four deep.
const MAX_DEPTH: usize = 32;
/// After so many syntax errors in a file nobody reads on.
const MAX_SYNTAX_ERRORS: usize = 20;

#[derive(Clone, Debug)]
pub struct Node {
    pub spot: Spot,
    pub content: Content,
}

#[derive(Clone, Debug)]
pub enum Content {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, Debug)]
pub struct Scalar {
    pub text: String,
    /// Written without quotes, so that it may be a number, a truth or null.
    pub plain: bool,
}

#[derive(Clone, Debug)]
pub struct Key {
    pub spot: Spot,
    pub text: String,
}

/// Something that is no YAML, or none that we take.
#[derive(Debug)]
pub struct Fault {
    pub spot: Spot,
    pub text: String,
    pub mend: &'static str,
}

impl Node {
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_null)
    }

    /// How people call what this is.
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::Scalar(scalar) if scalar.is_null() => "nothing",
            Content::Scalar(_) => "a single value",
            Content::List(nodes) if nodes.is_empty() => "an empty list",
            Content::List(_) => "a list",
            Content::Map(pairs) if pairs.is_empty() => "an empty map",
            Content::Map(_) => "a map",
        }
    }

    fn size(&self) -> usize {
        match &self.content {
            Content::Scalar(_) => 1,
            Content::List(nodes) => 1 + nodes.iter().map(Node::size).sum::<usize>(),
            Content::Map(pairs) => 1 + pairs.iter().map(|(_, node)| 1 + node.size()).sum::<usize>(),
        }
    }
}

impl Scalar {
    pub fn is_null(&self) -> bool {
        self.plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}

/// The documents of a file, empty ones left out, and what is wrong with the file as YAML. After a fault the
/// reading goes on with the next document.
pub fn read(text: &str) -> (Vec<Node>, Vec<Fault>) {
    let mut parser = Parser::new_from_str_with_options(text, options());
    let mut builder = Builder::default();
    while builder.faults.len() < MAX_SYNTAX_ERRORS {
        match parser.next_event() {
            None => break,
            Some(Ok((event, span))) => builder.take(event, spot(span)),
            Some(Err(error)) => {
                builder.fail(&error);
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
        }
    }
    (builder.documents, builder.faults)
}

fn options() -> Options {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options
}

fn spot(span: Span) -> Spot {
    let range = span.byte_range().unwrap_or_default();
    Spot::new(range.start, range.end)
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    faults: Vec<Fault>,
    open: Vec<Open>,
    /// What an alias may refer to, in this document.
    anchors: BTreeMap<usize, Node>,
    aliased: usize,
    /// The document has a fault, so that it is not to be judged further.
    broken: bool,
}

/// A collection that has not ended yet.
struct Open {
    spot: Spot,
    anchor: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Map(Vec<(Key, Node)>, Option<Key>),
}

impl Builder {
    /// To YAML the unquoted operators `!=` and `!~` are tags of nothing; what was written is put back.
    fn take(&mut self, event: Event<'_>, spot: Spot) {
        match event {
            Event::DocumentStart(..) => self.start(),
            Event::Scalar(text, style, anchor, tag) => {
                let forced = tag.as_ref().is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let plain = style == ScalarStyle::Plain && !forced;
                let sign = tag.filter(|tag| text.is_empty() && matches!(tag.suffix(), "=" | "~"));
                let (text, spot) = match sign {
                    Some(tag) => {
                        (format!("!{}", tag.suffix()), Spot::new(spot.start.saturating_sub(2), spot.end))
                    }
                    None => (text.into_owned(), spot),
                };
                self.add(Node { spot, content: Content::Scalar(Scalar { text, plain }) }, anchor);
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open.push(Open { spot, anchor, inside: Inside::List(Vec::new()) });
            }
            Event::MappingStart(_, anchor, _) => {
                self.open.push(Open { spot, anchor, inside: Inside::Map(Vec::new(), None) });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, spot),
            _ => {}
        }
    }

    fn start(&mut self) {
        self.open.clear();
        self.anchors.clear();
        self.aliased = 0;
        self.broken = false;
    }

    fn close(&mut self) {
        let Some(Open { spot, anchor, inside }) = self.open.pop() else { return };
        let content = match inside {
            Inside::List(nodes) => Content::List(nodes),
            Inside::Map(pairs, _) => Content::Map(pairs),
        };
        self.add(Node { spot, content }, anchor);
    }

    fn alias(&mut self, anchor: usize, spot: Spot) {
        let known = self.anchors.get(&anchor).cloned();
        self.aliased += known.as_ref().map_or(0, Node::size);
        match known {
            Some(node) if self.aliased <= MAX_ALIASED => self.add(Node { spot, ..node }, 0),
            Some(_) => self.fault(spot, "the aliases of this document make it too large", "write fewer"),
            None => self.fault(spot, "this alias refers to itself", "write the value out"),
        }
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, node: Node, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.inside) {
            Some(Inside::List(nodes)) => nodes.push(node),
            Some(Inside::Map(pairs, key)) => match key.take() {
                Some(key) => pairs.push((key, node)),
                None => self.key(node),
            },
            None if self.broken || node.is_null() => {}
            None => self.documents.push(node),
        }
    }

    fn key(&mut self, node: Node) {
        let Content::Scalar(scalar) = node.content else {
            self.hold_key(Key { spot: node.spot, text: String::new() });
            return self.fault(node.spot, "a key is to be text", "write `key: value`");
        };
        let key = Key { spot: node.spot, text: scalar.text };
        if key.text == "<<" {
            self.fault(key.spot, "merge keys (`<<`) are not supported", "write the keys out");
        } else if self.stands_twice(&key) {
            let text = format!("the key `{}` stands twice in this map", key.text);
            self.fault(key.spot, &text, "join the two: several values of one field are a list");
        }
        self.hold_key(key);
    }

    fn hold_key(&mut self, key: Key) {
        if let Some(Inside::Map(_, waiting)) = self.open.last_mut().map(|open| &mut open.inside) {
            *waiting = Some(key);
        }
    }

    fn stands_twice(&self, key: &Key) -> bool {
        match self.open.last().map(|open| &open.inside) {
            Some(Inside::Map(pairs, _)) => pairs.iter().any(|(other, _)| other.text == key.text),
            _ => false,
        }
    }

    fn fault(&mut self, spot: Spot, text: &str, mend: &'static str) {
        self.broken = true;
        self.faults.push(Fault { spot, text: text.to_owned(), mend });
    }

    fn fail(&mut self, error: &ScanError) {
        let at = error.marker().byte_offset().unwrap_or_default();
        let text = format!("this is not YAML: {}", error.kind());
        let mend = match error.kind() {
            ErrorKind::UnknownAnchor => "name the value with `&name` before its first use",
            _ if text.contains("tabs") => "indent with blanks, not with tabs",
            _ => "look at the indentation and the quotes here and just above",
        };
        self.fault(Spot::new(at, at), &text, mend);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(node: &Node) -> String {
        match &node.content {
            Content::Scalar(scalar) if scalar.plain => scalar.text.clone(),
            Content::Scalar(scalar) => format!("'{}'", scalar.text),
            Content::List(nodes) => format!("[{}]", nodes.iter().map(shown).collect::<Vec<_>>().join(" ")),
            Content::Map(pairs) => {
                let pairs = pairs.iter().map(|(key, node)| format!("{}:{}", key.text, shown(node)));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(" "))
            }
        }
    }

    fn tree(text: &str) -> (Vec<String>, Vec<String>) {
        let (documents, faults) = read(text);
        let faults = faults.iter().map(|fault| format!("{} {}", fault.spot.start, fault.text)).collect();
        (documents.iter().map(shown).collect(), faults)
    }

    #[test]
    fn documents_become_trees() {
        let (documents, faults) = tree("a: [1, '2', !!str 3]\nb:\n---\n---\n- x: &v {y: ~}\n- *v\n");
        assert_eq!(documents, ["{a:[1 '2' '3'] b:~}", "[{x:{y:~}} {y:~}]"]);
        assert!(faults.is_empty(), "{faults:?}");
    }

    #[test]
    fn a_broken_document_does_not_hide_the_next() {
        let (documents, faults) = tree("a: [1\n---\nb: 2\nb: 3\n---\nc: 4\n");
        assert_eq!(documents, ["{c:4}"]);
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[1].contains("stands twice"), "{faults:?}");
    }

    #[test]
    fn operators_that_look_like_tags_are_text() {
        assert_eq!(tree("{op: !=, a: !~ , b: !!str , c: ~}\n").0, ["{op:!= a:!~ b:'' c:~}"]);
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for at in 1..12 {
            let inner = vec![format!("*a{}", at - 1); 10].join(", ");
            bomb.push_str(&format!("a{at}: &a{at} [{inner}]\n"));
        }
        let (documents, faults) = tree(&bomb);
        assert!(documents.is_empty());
        assert!(faults[0].contains("too large"), "{faults:?}");
    }
}
