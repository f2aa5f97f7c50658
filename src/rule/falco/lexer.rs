//! The tokens of a condition.

use std::ops::Range;

/// A mistake in a condition.
#[derive(Debug)]
pub struct Wrong {
    pub at: Range<usize>,
    pub text: String,
    pub mend: String,
}

impl Wrong {
    pub fn new(at: Range<usize>, text: impl Into<String>, mend: impl Into<String>) -> Wrong {
        Wrong { at, text: text.into(), mend: mend.into() }
    }
}

/// A value, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub text: String,
    /// Written in quotes, so that it is no name of a list.
    pub quoted: bool,
    pub at: Range<usize>,
}

pub struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str) -> Lexer<'t> {
        Lexer { text, at: 0 }
    }

    /// What is left, blanks skipped.
    pub fn rest(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    /// The next character; at the end, the place after the last one that is no blank.
    pub fn here(&mut self) -> Range<usize> {
        match self.rest().chars().next() {
            Some(ch) => self.at..self.at + ch.len_utf8(),
            None => self.text.trim_end().len()..self.text.trim_end().len(),
        }
    }

    /// The end of what was read last.
    pub fn read_to(&self) -> usize {
        self.at
    }

    pub fn at(&mut self) -> usize {
        self.rest();
        self.at
    }

    fn advance(&mut self, len: usize) -> Range<usize> {
        let start = self.at;
        self.at += len;
        start..self.at
    }

    pub fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// Takes a word, if it stands here as a whole word.
    pub fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek_name() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    /// Letters, digits, `_` and `.`: a field, a macro, an operator.
    pub fn peek_name(&mut self) -> &'t str {
        let rest = self.rest();
        let end = |ch: char| !ch.is_ascii_alphanumeric() && ch != '_' && ch != '.';
        &rest[..rest.find(end).unwrap_or(rest.len())]
    }

    pub fn name(&mut self) -> (&'t str, Range<usize>) {
        let name = self.peek_name();
        (name, self.advance(name.len()))
    }

    /// The argument of a field: `[0]`, `[/a/b]`, `["x y"]`.
    pub fn argument(&mut self) -> Result<Option<String>, Wrong> {
        if !self.text[self.at..].starts_with('[') {
            return Ok(None);
        }
        let open = self.advance(1);
        let rest = &self.text[self.at..];
        let argument = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?.text,
            _ => {
                let end = rest.find([']', '[', '"', '\'']).unwrap_or(rest.len());
                let text = rest[..end].trim().to_owned();
                self.advance(end);
                text
            }
        };
        if argument.is_empty() || !self.text[self.at..].starts_with(']') {
            return Err(Wrong::new(
                open,
                "this `[` is never closed, or closed at once",
                "write `[0]` or `[/a/b]`",
            ));
        }
        self.advance(1);
        Ok(Some(argument))
    }

    /// A value, bare or quoted.
    pub fn value(&mut self) -> Result<Word, Wrong> {
        let rest = self.rest();
        match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            _ => {
                let sign = |ch: char| ch.is_whitespace() || matches!(ch, '(' | ')' | ',' | '=' | '"' | '\'');
                let text = &rest[..rest.find(sign).unwrap_or(rest.len())];
                if text.is_empty() {
                    let mend = "write one, in quotes if it holds blanks or parentheses";
                    return Err(Wrong::new(self.here(), "a value is missing here", mend));
                }
                Ok(Word { text: text.to_owned(), quoted: false, at: self.advance(text.len()) })
            }
        }
    }

    /// A text up to the same sign. A backslash makes the next character an ordinary one.
    fn quoted(&mut self, quote: char) -> Result<Word, Wrong> {
        let rest = &self.text[self.at..];
        let mut text = String::new();
        let mut chars = rest.char_indices().skip(1);
        while let Some((at, ch)) = chars.next() {
            match ch {
                _ if ch == quote => {
                    let at = self.advance(at + ch.len_utf8());
                    return Ok(Word { text, quoted: true, at });
                }
                '\\' => match chars.next() {
                    Some((_, next)) => unescape(&mut text, next),
                    None => break,
                },
                _ => text.push(ch),
            }
        }
        let start = self.at;
        let text = format!("this {quote} is never closed");
        Err(Wrong::new(start..start + 1, text, format!("add a {quote} behind the text")))
    }

    /// `(a, b)`, also `()`, or the bare name of a list.
    pub fn list(&mut self) -> Result<Vec<Word>, Wrong> {
        let open = self.here();
        if !self.take_sign("(") {
            return Ok(vec![self.value()?]);
        }
        let mut words = Vec::new();
        while !self.take_sign(")") {
            if !words.is_empty() && !self.take_sign(",") {
                let mend = "quote a value that holds blanks";
                return Err(match self.rest() {
                    "" => Wrong::new(open, "this `(` is never closed", "add a `)`"),
                    _ => Wrong::new(self.here(), "a comma or `)` is missing here", mend),
                });
            }
            words.push(self.value()?);
        }
        Ok(words)
    }
}

fn unescape(text: &mut String, next: char) {
    match next {
        'n' => text.push('\n'),
        't' => text.push('\t'),
        'r' => text.push('\r'),
        'b' => text.push('\u{8}'),
        '\\' | '"' | '\'' | '/' | ' ' => text.push(next),
        _ => {
            text.push('\\');
            text.push(next);
        }
    }
}
