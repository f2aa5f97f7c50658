//! Which literals an event must hold for a condition to be true: what is searched for in the raw bytes, at
//! the speed of memory, before anything is parsed.

use super::{Expr, Part, Pattern, Predicate, Test, TextTest, must};
use crate::event::{Field, Kind};
use crate::metal::{self, Needle};

/// Shorter literals stand in nearly every record.
const MIN_LEN: usize = 3;
/// More literals than this cost more to search for than they save: in all of a log, of which hardly anything else is looked
/// at, and in a record that is else gone through text by text.
const MAX_NEEDLES: usize = 4;
const MAX_IN_RECORD: usize = 16;

/// A filter that lets every record pass that can match, and few others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefilter {
    /// Lower case ASCII; a matching record holds one of them, in any case of its letters.
    needles: Vec<Needle>,
}

impl Prefilter {
    /// `None` when no literal must stand in the record for the condition to hold.
    pub fn of(expr: &Expr) -> Option<Prefilter> {
        Prefilter::new(&required(expr)?, MAX_NEEDLES)
    }

    /// The same for one test, if that goes through all of a record.
    pub fn of_whole(predicate: &Predicate) -> Option<Prefilter> {
        let needles = if predicate.field.is_gone_through() { required_by(predicate)? } else { return None };
        Prefilter::new(&needles, MAX_IN_RECORD)
    }

    fn new(needles: &[String], most: usize) -> Option<Prefilter> {
        let needles: Vec<Needle> = needles.iter().filter_map(|needle| Needle::new(needle)).collect();
        (!needles.is_empty() && needles.len() <= most).then_some(Prefilter { needles })
    }

    /// Whether the record may match.
    pub fn lets_pass(&self, record: &[u8]) -> bool {
        self.search(record).next(0).is_some()
    }

    pub fn search<'p>(&'p self, bytes: &'p [u8]) -> Search<'p> {
        Search { bytes, needles: &self.needles, next: vec![Next::Unknown; self.needles.len() + 1] }
    }
}

/// A search through one piece of input.
#[derive(Debug)]
pub struct Search<'p> {
    bytes: &'p [u8],
    needles: &'p [Needle],
    /// The next place of each needle, and last of a suspicious escape.
    next: Vec<Next>,
}

#[derive(Clone, Copy, Debug)]
enum Next {
    Unknown,
    At(usize),
    None,
}

impl Search<'_> {
    /// The next place at or after `at` that makes its record worth reading.
    pub fn next(&mut self, at: usize) -> Option<usize> {
        let Search { bytes, needles, next } = self;
        let place = |index: usize, next: &mut Next| {
            let due = match *next {
                Next::Unknown => true,
                Next::At(place) => place < at,
                Next::None => false,
            };
            if due {
                let found = match needles.get(index) {
                    Some(needle) => metal::find_folded(bytes, at, needle),
                    None => find_suspicious_escape(bytes, at),
                };
                *next = found.map_or(Next::None, Next::At);
            }
            if let Next::At(place) = *next { Some(place) } else { None }
        };
        next.iter_mut().enumerate().filter_map(|(index, next)| place(index, next)).min()
    }
}

/// A `\u00XX` for a character that needs none. No API server writes such a thing; who tampers with a log may,
/// to hide a name from a search.
fn find_suspicious_escape(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        at += memchr::memmem::find(bytes.get(at..)?, b"\\u00")?;
        let digits = bytes.get(at + 4..at + 6).and_then(|digits| std::str::from_utf8(digits).ok());
        if digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).is_some_and(is_plain) {
            return Some(at);
        }
        at += 4;
    }
}

/// Characters that stand in JSON text as themselves, whoever writes it.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b'_' | b'-' | b':' | b'@')
}

/// One of these literals must stand in the record; `None` when there is no such set.
fn required(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::All(parts) => parts
            .iter()
            .filter_map(required)
            .min_by_key(|needles| (needles.len(), std::cmp::Reverse(needles.iter().map(String::len).min()))),
        Expr::Any(parts) => {
            let needles = parts.iter().map(required).collect::<Option<Vec<_>>>()?;
            let mut needles = needles.concat();
            needles.sort();
            needles.dedup();
            Some(needles)
        }
        Expr::Not(_) => None,
        Expr::Is(predicate) => required_by(predicate),
    }
}

fn required_by(Predicate { field, test }: &Predicate) -> Option<Vec<String>> {
    let stays = kept_in(field)?;
    match test {
        Test::Text(TextTest { patterns, .. }) => {
            patterns.iter().map(|pattern| longest(pattern, stays)).collect()
        }
        Test::Regex(regex) => {
            must::texts(regex, stays).filter(|texts| texts.iter().all(|text| text.len() >= MIN_LEN))
        }
        _ => None,
    }
}

/// Which characters of this field's values stand in the record just as they are; `None` for fields whose
/// values do not stand there at all.
fn kept_in(field: &Field) -> Option<fn(u8) -> bool> {
    let spec = field.spec();
    match spec.name {
        // Put together from several fields, with signs of our own between the parts.
        "resource" => Some(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
        // `namespace/name` of a service account has a sign of our own too, but that is none of the plain ones.
        "identity" | "principal" | "sourceIP" | "claimedIPs" | "userAgent.family" | "record" => {
            Some(is_plain)
        }
        "principal.kind" | "direction" | "outcome" | "command" | "uri.path" | "uri.template"
        | "certificate.name" | "certificate.groups" | "uri.param" | "uri.unusual" | "exec.container"
        | "exec.tty" | "exec.stdin" | "exec.stdout" | "log.container" | "unauthorized" | "pod" | "json"
        | "latency" | "time" | "cluster" => None,
        _ if matches!(spec.kind, Kind::Number | Kind::Time) => None,
        _ => Some(is_plain),
    }
}

/// The longest run of kept characters, in lower case.
fn longest(pattern: &Pattern, stays: fn(u8) -> bool) -> Option<String> {
    let literals = pattern.0.iter().filter_map(|part| match part {
        Part::Literal(text) => Some(text.as_bytes()),
        Part::Many | Part::One => None,
    });
    let runs = literals.flat_map(|text| text.split(|byte| !stays(*byte)));
    let run = runs.max_by_key(|run| run.len()).filter(|run| run.len() >= MIN_LEN)?;
    Some(String::from_utf8_lossy(run).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Decoder;
    use crate::rule::{Case, Check, query};
    use proptest::prelude::*;

    /// What a test of the whole record may ask for.
    fn asked() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            r#"record ~ "BEGIN (RSA )?PRIVATE KEY""#,
            r#"record ~ "(?i)secret[=:]""#,
            r#"record ~ "\"key\" *:""#,
            r#"record ~ "abc|a.c|$""#,
            r#"record == "*private key*""#,
            r#"record == "*a/b c*""#,
        ])
    }

    /// Texts as some writer puts them into JSON.
    fn text() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "BEGIN ",
            "RSA ",
            "PRIVATE KEY",
            "private",
            " ",
            "key",
            "\\\"",
            ":",
            "secret=",
            "\\u0073ecret",
            "=",
            "\\n",
            "PRIVATE\\u0020KEY",
            "a",
            "\\/",
            "/",
            "b c",
            "abc",
            "\u{212a}ey",
            "\\u212a",
        ]);
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn every_record_that_passes_a_test_of_all_its_texts_is_let_pass(
            asked in asked(),
            texts in prop::collection::vec(text(), 1..6),
        ) {
            let Expr::Is(predicate) = query::parse(asked, Case::Ignore).unwrap() else { panic!("{asked}") };
            let check = Check::new(&predicate.test);
            for text in texts {
                let record = format!(r#"{{"verb":"get","auditID":"x","requestObject":{{"data":"{text}"}}}}"#);
                let mut decoder = Decoder::default();
                let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
                let may = Prefilter::of_whole(&predicate).is_none_or(|one| one.lets_pass(event.record()));
                prop_assert!(may || !check.holds(&event, &predicate.field), "{} in {}", asked, record);
            }
        }
    }
}
