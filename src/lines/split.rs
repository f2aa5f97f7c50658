//! A document that is too large to be held, taken apart: runs of the elements of its outermost array, each with
//! the beginning of the document before it and the brackets closed behind it, so that it looks like a small one.
//!
//! What stands behind the array is read as a document whose array is empty. The event in a large document is
//! never taken apart: an array within one is not split.

use crate::metal::value_end;
use memchr::memmem;

/// How deep the array may lie.
const DEPTH: usize = 12;

/// How to split the beginning of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Split {
    /// What stands before the elements, to be put before the next ones too.
    pub head: Vec<u8>,
    /// Where the last whole element ends.
    pub end: usize,
    /// The brackets that are open there, in the order in which they close.
    pub closers: Vec<u8>,
    /// Whether the array ends in the text, so that the document may.
    pub closed: bool,
}

/// Looks for the outermost array of which at least one element is whole. `text` begins with the document.
pub(super) fn split(text: &[u8]) -> Option<Split> {
    let (mut head, mut closers) = (Vec::new(), Vec::new());
    let (mut from, mut open) = (0, 0);
    for _ in 0..DEPTH {
        let list = match text.get(open)? {
            b'[' => true,
            b'{' => false,
            _ => return None,
        };
        closers.push(if list { b']' } else { b'}' });
        let children = Children::of(text, open + 1, list);
        if list {
            head.extend_from_slice(&text[from..=open]);
            if let Some(end) = children.whole {
                closers.reverse();
                let closed = children.closed;
                return is_wrapper(&head, text.len()).then_some(Split { head, end, closers, closed });
            }
            from = children.rest?;
        }
        open = children.rest?;
    }
    None
}

/// Whether this is what stands round events and not a part of one.
fn is_wrapper(head: &[u8], length: usize) -> bool {
    head.len() <= length / 2 && memmem::find(head, b"\"auditID\"").is_none()
}

/// What is in a container that does not end.
struct Children {
    /// Where the last whole one ends.
    whole: Option<usize>,
    /// Where the one begins that is not whole.
    rest: Option<usize>,
    /// Nothing follows but the end of the container.
    closed: bool,
}

impl Children {
    fn of(text: &[u8], from: usize, list: bool) -> Children {
        let mut children = Children { whole: None, rest: None, closed: false };
        let mut at = from;
        loop {
            if !list {
                let Some(value) = behind_key(text, at) else { return children };
                at = value;
            }
            at = skip(text, at);
            let Some(first) = text.get(at) else { return children };
            children.closed = list && *first == b']';
            // A number that ends where the text does may go on.
            match value_end(text, at).filter(|end| *end < text.len()) {
                Some(end) => {
                    children.whole = Some(end);
                    at = end;
                }
                None => {
                    children.rest = Some(at).filter(|_| !matches!(first, b'}' | b']' | b':'));
                    return children;
                }
            }
        }
    }
}

/// Where the value of the next member begins.
fn behind_key(text: &[u8], at: usize) -> Option<usize> {
    let key = skip(text, at);
    let end = text.get(key).filter(|byte| **byte == b'"').and_then(|_| value_end(text, key))?;
    let colon = skip(text, end);
    (text.get(colon) == Some(&b':')).then_some(colon + 1)
}

fn skip(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<(String, String, String)> {
        let split = split(text.as_bytes())?;
        let text_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some((text_of(&split.head), text_of(&text.as_bytes()[..split.end]), text_of(&split.closers)))
    }

    #[test]
    fn the_outermost_array_with_a_whole_element_is_split() {
        let expected = |head: &str, end: &str, closers: &str| Some((head.into(), end.into(), closers.into()));
        assert_eq!(of("[{\"long\":1},2,{\"b"), expected("[", "[{\"long\":1},2", "]"));
        assert_eq!(
            of("{\"a\":\"b\",\"e\":[{},{},{\"c\":[1,"),
            expected("{\"a\":\"b\",\"e\":[", "{\"a\":\"b\",\"e\":[{},{}", "]}")
        );
        let streams = "{\"r\":[{\"s\":{},\"v\":[[1,2],[3,4],[5,\"long";
        assert_eq!(
            of(streams),
            expected("{\"r\":[{\"s\":{},\"v\":[", "{\"r\":[{\"s\":{},\"v\":[[1,2],[3,4]", "]}]}")
        );
        for text in [
            "",
            "{",
            "[1",
            "{\"a\":\"x",
            "{\"auditID\":\"a\",\"groups\":[1,2,3",
            "[[[[[[[[[[[[[[[1,",
            "{\"a\":1,\"b\"",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
