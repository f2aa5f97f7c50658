//! JSON text taken apart without building a tree, also where it breaks off.
//!
//! Unlike [`crate::event::json`], which ends where the text is broken, this hands out what there is of the last
//! value too, marked as not whole: of a wrapper that was cut, the event inside is still evidence.

use super::unescape::unescape_into;
use crate::event::Text;
use crate::metal::{self, value_end};
use std::borrow::Cow;

/// A value within a record.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The JSON text of the value, strings with their quotes.
    pub raw: &'a [u8],
    /// Where it begins in the record.
    pub at: usize,
    /// False when the text ends before the value does.
    pub whole: bool,
}

impl<'a> Part<'a> {
    pub fn is_object(self) -> bool {
        self.raw.first() == Some(&b'{')
    }

    pub fn is_array(self) -> bool {
        self.raw.first() == Some(&b'[')
    }

    pub fn is_string(self) -> bool {
        self.raw.first() == Some(&b'"')
    }

    /// The members of an object, the elements of an array; the latter with empty keys.
    pub fn inside(self) -> Inside<'a> {
        let keyed = self.is_object();
        let end = if keyed || self.is_array() { self.raw.len() } else { 0 };
        Inside { raw: &self.raw[..end], base: self.at, at: 1, keyed }
    }

    /// The elements of an array.
    pub fn elements(self) -> impl Iterator<Item = Part<'a>> {
        let part = if self.is_array() { self } else { Part { raw: &[], ..self } };
        part.inside().map(|(_, value)| value)
    }

    /// The member of an object with this key.
    pub fn get(self, key: &str) -> Option<Part<'a>> {
        if !self.is_object() {
            return None;
        }
        self.inside().find(|(name, _)| *name == key.as_bytes()).map(|(_, value)| value)
    }

    /// The member below nested objects.
    pub fn find(self, path: &[&str]) -> Option<Part<'a>> {
        path.iter().try_fold(self, |part, key| part.get(key))
    }

    /// What stands between the quotes of a string, which may be cut.
    pub fn between_quotes(self) -> Option<&'a [u8]> {
        let inner = self.raw.strip_prefix(b"\"")?;
        Some(if self.whole { inner.strip_suffix(b"\"").unwrap_or(inner) } else { inner })
    }

    /// What a whole string says.
    pub fn text(self) -> Option<Cow<'a, str>> {
        let inner = self.between_quotes().filter(|_| self.whole)?;
        Some(Text::new(inner, memchr::memchr(b'\\', inner).is_some()).decode())
    }

    /// The text that begins inside a string, without unescaping all of it.
    pub fn says(self, begin: &[u8]) -> bool {
        self.between_quotes().is_some_and(|inner| inner.trim_ascii_start().starts_with(begin))
    }

    /// The bytes that a string holds, unescaped into `out`; how many.
    pub fn unescape(self, out: &mut Vec<u8>) -> Option<usize> {
        Some(unescape_into(self.between_quotes()?, out))
    }
}

/// The members or elements of one container.
#[derive(Clone, Debug)]
pub struct Inside<'a> {
    raw: &'a [u8],
    base: usize,
    at: usize,
    keyed: bool,
}

impl<'a> Inside<'a> {
    /// What begins with the next element of an array, and where that is in the record.
    pub fn upcoming(&mut self) -> Option<(&'a [u8], usize)> {
        let first = self.skip(b',')?;
        let text = self.raw.get(self.at..).filter(|_| !self.keyed && !matches!(first, b'}' | b']' | b':'))?;
        Some((text, self.base + self.at))
    }

    /// Passes over so much of what is upcoming.
    pub fn pass(&mut self, length: usize) {
        self.at += length;
    }

    fn skip(&mut self, also: u8) -> Option<u8> {
        while let Some(byte) = self.raw.get(self.at) {
            if !byte.is_ascii_whitespace() && *byte != also {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn key(&mut self) -> Option<&'a [u8]> {
        if !self.keyed {
            return Some(&[]);
        }
        if self.skip(b',')? != b'"' {
            return None;
        }
        let start = self.at + 1;
        let end = metal::string_end(self.raw, start)?;
        self.at = end + 1;
        if self.skip(b' ')? != b':' {
            return None;
        }
        self.at += 1;
        Some(&self.raw[start..end])
    }
}

impl<'a> Iterator for Inside<'a> {
    type Item = (&'a [u8], Part<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.key()?;
        let first = self.skip(b',')?;
        if matches!(first, b'}' | b']' | b':') {
            return None;
        }
        let start = self.at;
        let end = value_end(self.raw, start);
        self.at = end.unwrap_or(self.raw.len());
        let raw = self.raw.get(start..self.at)?;
        // A number that nothing follows may go on behind the cut.
        let whole = end.is_some() && (self.at < self.raw.len() || matches!(first, b'"' | b'{' | b'['));
        Some((key, Part { raw, at: self.base + start, whole }))
    }
}

/// Where one member of an object stands in it, so that the memory can be used again for the next object.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    key: (u32, u32),
    value: (u32, u32),
    whole: bool,
}

impl Member {
    fn of(part: Part<'_>, key: &[u8], value: Part<'_>) -> Member {
        let place = |inner: &[u8]| {
            let start = inner.as_ptr() as usize - part.raw.as_ptr() as usize;
            (start as u32, (start + inner.len()) as u32)
        };
        Member { key: place(key), value: place(value.raw), whole: value.whole }
    }
}

/// An object whose members have been found.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    pub part: Part<'a>,
    members: &'a [Member],
}

impl<'a> Object<'a> {
    /// Finds the members of `part`, which begins a record, and keeps them in `members`.
    pub fn of(part: Part<'a>, members: &'a mut Vec<Member>) -> Object<'a> {
        members.clear();
        members.extend(part.inside().map(|(key, value)| Member::of(part, key, value)));
        Object { part, members }
    }

    /// The object that `text` begins with, if it is one and ends without doubt.
    pub fn first(text: &'a [u8], at: usize, members: &'a mut Vec<Member>) -> Option<Object<'a>> {
        let mut part = Part { raw: text, at, whole: true };
        if !part.is_object() {
            return None;
        }
        members.clear();
        let mut inside = part.inside();
        for (key, value) in &mut inside {
            // Where a scalar is none, what closes later is anybody's guess.
            let is_scalar = !matches!(value.raw.first(), Some(b'"' | b'{' | b'['));
            if is_scalar && value.raw.iter().any(|byte| matches!(byte, b'"' | b'{' | b'[')) {
                return None;
            }
            members.push(Member::of(part, key, value));
        }
        part.raw = text.get(..=inside.at).filter(|text| text.last() == Some(&b'}'))?;
        Some(Object { part, members })
    }

    pub fn get(self, key: &str) -> Option<Part<'a>> {
        let key = key.as_bytes();
        let member = self.members.iter().find(|member| self.slice(member.key) == key)?;
        Some(self.value(member))
    }

    /// The value below nested objects, without going through this one again.
    pub fn find(self, path: &[&str]) -> Option<Part<'a>> {
        let (first, rest) = path.split_first()?;
        self.get(first)?.find(rest)
    }

    pub fn has(self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub fn members(self) -> impl Iterator<Item = (&'a [u8], Part<'a>)> {
        self.members.iter().map(move |member| (self.slice(member.key), self.value(member)))
    }

    fn slice(self, (start, end): (u32, u32)) -> &'a [u8] {
        self.part.raw.get(start as usize..end as usize).unwrap_or_default()
    }

    fn value(self, member: &Member) -> Part<'a> {
        let at = self.part.at + member.value.0 as usize;
        Part { raw: self.slice(member.value), at, whole: member.whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(raw: &str) -> Part<'_> {
        Part { raw: raw.as_bytes(), at: 0, whole: true }
    }

    #[test]
    fn what_is_left_of_a_cut_value_comes_too() {
        let cut = r#"{"a":1,"b":{"c":[1,{"d":"x"#;
        let parts: Vec<_> = part(cut).inside().collect();
        assert_eq!((parts.len(), parts[0].1.whole, parts[1].1.whole), (2, true, false));
        let inner: Vec<_> = part(cut).find(&["b", "c"]).unwrap().elements().collect();
        assert_eq!(inner[1].get("d").unwrap().between_quotes(), Some(&b"x"[..]));
        assert_eq!(inner[1].get("d").unwrap().at, cut.len() - 2);
        assert_eq!(inner[1].get("d").unwrap().text(), None);
    }

    #[test]
    fn broken_text_ends_the_walk() {
        for raw in
            ["", "{", "[", "{]", "{\"a\"", "{\"a\":", "{a:1}", "[}", "[1,,2", "{\"a\":\"", "\"x", "nul"]
        {
            part(raw).inside().for_each(drop);
            part(raw).find(&["a", "b"]);
        }
        assert_eq!(part("[1 , 2]").elements().count(), 2);
        assert_eq!(part("{ \"a\" : 2 }").get("a").unwrap().raw, b"2");
    }
}
