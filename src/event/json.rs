//! Walking JSON text without building a tree.
//!
//! Bodies are looked into only for a rule that has matched on everything cheaper, and then only along the
//! path that it asks for. The walk trusts nothing: where the text is broken it ends.

use super::{Text, Value};
pub use crate::metal::value_end;

/// Gives every value at `path` below `raw` to `see` until it answers `true`; answers whether it did.
///
/// Arrays are crossed: a path into an array means any of its elements, also nested ones, unless the key
/// `[0]` names one of them. A key that stands twice is seen twice, so that nothing can hide behind a
/// repetition.
///
/// Arrays nested deeper than any API object has them are not entered.
pub fn walk<'a>(raw: &'a [u8], path: &[String], see: &mut dyn FnMut(Value<'a>) -> bool) -> bool {
    walk_within(MAX_DEPTH, raw, path, see)
}

const MAX_DEPTH: u32 = 64;

fn walk_within<'a>(
    depth: u32,
    raw: &'a [u8],
    path: &[String],
    see: &mut dyn FnMut(Value<'a>) -> bool,
) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match (raw.first(), path.split_first()) {
        (Some(b'['), Some((key, rest))) if key.starts_with('[') => {
            let element = index(key).and_then(|index| elements(raw).nth(index));
            element.is_some_and(|element| walk_within(depth, element, rest, see))
        }
        (Some(b'['), _) => elements(raw).any(|element| walk_within(depth, element, path, see)),
        (Some(b'{'), Some((key, rest))) => {
            members(raw).any(|(name, value)| is_key(name, key) && walk_within(depth, value, rest, see))
        }
        (Some(_), None) => see(value(raw)),
        _ => false,
    }
}

/// The element that a key such as `[0]` names.
pub fn index(key: &str) -> Option<usize> {
    key.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// Gives every text, number and boolean anywhere in `raw` to `see`, keys left out, in one pass. What is broken is left
/// out with the container that it stands in.
pub fn scalars<'a>(raw: &'a [u8], see: &mut dyn FnMut(Value<'a>) -> bool) -> bool {
    // An explicit stack, as the depth is the writer's choice: where containers begin.
    let mut open = Vec::new();
    let mut walk = Walk { raw, at: 0, keyed: false };
    loop {
        match walk.step() {
            Some(Step::Opens) => {
                open.push(walk.at);
                walk.at += 1;
            }
            Some(Step::Scalar(scalar)) => {
                if see(value(scalar)) {
                    return true;
                }
            }
            Some(Step::Closes) => {
                open.pop();
                walk.at += 1;
            }
            None => match open.pop().and_then(|start| value_end(raw, start)) {
                Some(end) => walk.at = end,
                None => return false,
            },
        }
        match open.last() {
            Some(start) => walk.keyed = raw.get(*start) == Some(&b'{'),
            None => return false,
        }
    }
}

/// The members of an object, in the order of the text.
pub fn members(raw: &[u8]) -> impl Iterator<Item = (Text<'_>, &[u8])> {
    let walk = if raw.first() == Some(&b'{') { Walk::over(raw) } else { Walk::over(&[]) };
    walk.filter_map(|(key, value)| Some((key?, value)))
}

/// The member of an object; the first, should it stand twice.
pub fn member<'a>(raw: &'a [u8], key: &str) -> Option<&'a [u8]> {
    members(raw).find(|(name, _)| is_key(*name, key)).map(|(_, value)| value)
}

/// The elements of an array, in the order of the text.
pub fn elements(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let walk = if raw.first() == Some(&b'[') { Walk::over(raw) } else { Walk::over(&[]) };
    walk.map(|(_, value)| value)
}

/// The texts of an array of strings; other elements are left out.
pub fn texts(raw: &[u8]) -> impl Iterator<Item = Text<'_>> {
    elements(raw).filter_map(string)
}

/// The text of an array that plainly holds just one: `["10.0.0.1"]`, as nearly all `sourceIPs` are.
pub fn only_text(raw: &[u8]) -> Option<Text<'_>> {
    let inner = raw.strip_prefix(b"[\"")?.strip_suffix(b"\"]")?;
    let plain = !inner.iter().any(|byte| matches!(byte, b'"' | b'\\'));
    plain.then(|| Text::new(inner, false))
}

/// The value that `raw` says, `raw` being one whole JSON value.
pub fn value(raw: &[u8]) -> Value<'_> {
    match raw.first() {
        Some(b'"') => string(raw).map_or(Value::Null, Value::Text),
        Some(b'{' | b'[') => Value::Object(raw),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'-' | b'0'..=b'9') => Value::Number(raw),
        _ => Value::Null,
    }
}

/// The string that `raw` is, if it is one.
pub fn string(raw: &[u8]) -> Option<Text<'_>> {
    let inner = raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    Some(Text::new(inner, memchr::memchr(b'\\', inner).is_some()))
}

fn is_key(name: Text<'_>, key: &str) -> bool {
    if name.is_escaped() { name.decode() == key } else { name.raw() == key.as_bytes() }
}

/// Steps over the members or elements of one container.
#[derive(Debug)]
struct Walk<'a> {
    raw: &'a [u8],
    at: usize,
    keyed: bool,
}

impl<'a> Walk<'a> {
    fn over(raw: &'a [u8]) -> Walk<'a> {
        Walk { raw, at: 1, keyed: raw.first() == Some(&b'{') }
    }

    fn skip_space(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r' | b',') = self.raw.get(self.at) {
            self.at += 1;
        }
        self.raw.get(self.at).copied()
    }

    fn key(&mut self) -> Option<Text<'a>> {
        let end = value_end(self.raw, self.at)?;
        let key = string(&self.raw[self.at..end])?;
        self.at = end;
        self.skip_space().filter(|byte| *byte == b':')?;
        self.at += 1;
        Some(key)
    }
}

/// What comes next in a container.
enum Step<'a> {
    Opens,
    Closes,
    Scalar(&'a [u8]),
}

impl<'a> Walk<'a> {
    /// Goes to the next value or the end of the container, and over it if it is a scalar. `None` where the text is
    /// broken.
    fn step(&mut self) -> Option<Step<'a>> {
        if matches!(self.skip_space()?, b'}' | b']') {
            return Some(Step::Closes);
        }
        if self.keyed {
            self.key()?;
        }
        if matches!(self.skip_space()?, b'{' | b'[') {
            return Some(Step::Opens);
        }
        let end = value_end(self.raw, self.at)?;
        let scalar = &self.raw[self.at..end];
        self.at = end;
        Some(Step::Scalar(scalar))
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = (Option<Text<'a>>, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_space()?;
        let key = if self.keyed { Some(self.key()?) } else { None };
        self.skip_space()?;
        let end = value_end(self.raw, self.at)?;
        let value = &self.raw[self.at..end];
        self.at = end;
        Some((key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(raw: &str, path: &[&str]) -> Vec<String> {
        let path: Vec<String> = path.iter().map(|key| key.to_string()).collect();
        let mut found = Vec::new();
        walk(raw.as_bytes(), &path, &mut |value| {
            found.push(value.to_text().map_or("{}".to_owned(), |text| text.into_owned()));
            false
        });
        found
    }

    #[test]
    fn paths_cross_arrays_and_see_every_repetition() {
        let raw = r#"{"a":[{"b":1},{"b":[2,[3]]},7],"a":{"b":"x\u0026"},"c":{},"d":null}"#;
        assert_eq!(found(raw, &["a", "b"]), ["1", "2", "3", "x&"]);
        assert_eq!(found(raw, &["c"]), ["{}"]);
        assert_eq!(found(raw, &["a", "b", "c"]), Vec::<String>::new());
    }

    #[test]
    fn white_space_and_brackets_in_strings_are_no_structure() {
        let raw = "{ \"a\" : [ \"}]\" , \"\\\"\" , { \"b\" : true } ] }";
        assert_eq!(found(raw, &["a"]), ["}]", "\"", "{}"]);
        assert_eq!(found(raw, &["a", "b"]), ["true"]);
    }

    #[test]
    fn every_scalar_is_seen_once_and_no_key() {
        let all = |raw: &str| {
            let mut found = Vec::new();
            scalars(raw.as_bytes(), &mut |value| {
                found.push(value.to_text().map_or("null".to_owned(), |text| text.into_owned()));
                false
            });
            found.join(",")
        };
        assert_eq!(
            all(r#"{"a":[1,{"b":"x","c":[]},{}],"d":{"e":null,"f":[true,"]"]},"g":2}"#),
            "1,x,null,true,],2"
        );
        assert_eq!(all(r#" [ "a" , [ "b" ] , { "k" : "c" } ] "#), "a,b,c");
        assert_eq!(all(r#"{"a":{"b":1,7,"c":2},"d":3}"#), "1,3", "the rest of a broken object is left out");
        assert_eq!(all(r#"{"a":{"b":1,"#), "1");
        assert_eq!(all(r#""only""#), "only");
    }

    #[test]
    fn the_only_text_is_what_the_walk_finds() {
        for raw in [
            r#"["10.0.0.1"]"#,
            r#"[""]"#,
            "[]",
            r#"["a","b"]"#,
            r#"["a\"]"#,
            r#"["a\""]"#,
            r#"["]"#,
            r#"[7]"#,
        ] {
            let all: Vec<&[u8]> = texts(raw.as_bytes()).map(|text| text.raw()).collect();
            if let Some(only) = only_text(raw.as_bytes()) {
                assert_eq!(all, [only.raw()], "{raw}");
            }
        }
        assert_eq!(only_text(br#"["10.0.0.1"]"#).map(|text| text.raw()), Some(&b"10.0.0.1"[..]));
    }

    #[test]
    fn broken_text_ends_the_walk() {
        for raw in
            ["", "{", "[", "{\"a\"", "{\"a\":", "{\"a\":\"", "[1,", "[}", "{]}", "{\"a\":{\"b\":1}", "nul"]
        {
            found(raw, &["a", "b"]);
            scalars(raw.as_bytes(), &mut |_| false);
        }
    }

    #[test]
    fn deep_nesting_does_not_exhaust_the_stack() {
        let deep = "[".repeat(200_000);
        scalars(deep.as_bytes(), &mut |_| false);
        let closed = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        walk(closed.as_bytes(), &[], &mut |_| false);
    }
}
