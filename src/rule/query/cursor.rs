//! Reading an expression piece by piece. What a piece is hangs on where it stands: `/a/` is a path behind
//! `=` and a regular expression behind `~`.

use crate::rule::diagnostic::Spot;

/// A mistake in an expression.
#[derive(Debug)]
pub struct Wrong {
    pub spot: Spot,
    pub text: String,
    pub mend: String,
}

impl Wrong {
    pub fn new(spot: Spot, text: impl Into<String>, mend: impl Into<String>) -> Wrong {
        Wrong { spot, text: text.into(), mend: mend.into() }
    }
}

/// A value, and where it stands.
#[derive(Clone, Debug)]
pub struct Word {
    pub text: String,
    pub spot: Spot,
}

pub struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub fn new(text: &'t str) -> Cursor<'t> {
        Cursor { text, at: 0 }
    }

    /// What is left, blanks skipped.
    pub fn rest(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    /// The next character.
    pub fn here(&mut self) -> Spot {
        let len = self.rest().chars().next().map_or(0, char::len_utf8);
        Spot::new(self.at, self.at + len)
    }

    pub fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    /// Takes a word in any case, if it stands here as a whole word.
    pub fn take_word(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let found = word_of(rest).eq_ignore_ascii_case(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// The letters that stand here.
    pub fn peek_word(&mut self) -> &'t str {
        word_of(self.rest())
    }

    /// Takes the signs of an operator.
    pub fn take_signs(&mut self) -> (&'t str, Spot) {
        let rest = self.rest();
        let len = rest.find(|ch| !matches!(ch, '=' | '!' | '<' | '>' | '~')).unwrap_or(rest.len());
        (&rest[..len], self.advance(len))
    }

    fn advance(&mut self, len: usize) -> Spot {
        let start = self.at;
        self.at += len;
        Spot::new(start, self.at)
    }

    /// A field's name; parts of it may stand in double quotes.
    pub fn field(&mut self) -> Result<(&'t str, Spot), Wrong> {
        let rest = self.rest();
        let mut quoted = false;
        let end = |ch: char| {
            quoted ^= ch == '"';
            !quoted && ch != '"' && !is_of_field(ch)
        };
        let len = rest.find(end).unwrap_or(rest.len());
        if len == 0 || is_joint(&rest[..len]) {
            let spot = self.here();
            return Err(Wrong::new(spot, "the name of a field is missing here", "write `field = value`"));
        }
        Ok((&rest[..len], self.advance(len)))
    }

    /// A value, bare or quoted.
    pub fn value(&mut self) -> Result<Word, Wrong> {
        let rest = self.rest();
        match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            _ => self.bare(),
        }
    }

    fn bare(&mut self) -> Result<Word, Wrong> {
        let rest = self.rest();
        let sign = |ch: char| ch.is_whitespace() || matches!(ch, '(' | ')' | ',' | '"' | '\'');
        let end = rest.find(sign).unwrap_or(rest.len());
        let joint = ["&&", "||"].iter().filter_map(|joint| rest[..end].find(joint)).min();
        let text = &rest[..joint.unwrap_or(end)];
        if text.is_empty() || is_joint(text) {
            let mend = match text {
                "" => "write one; the empty value is `\"\"`".to_owned(),
                word => format!("write one; if `{word}` is meant, put it in quotes"),
            };
            return Err(Wrong::new(self.here(), "a value is missing here", mend));
        }
        Ok(Word { text: text.to_owned(), spot: self.advance(text.len()) })
    }

    /// A text up to the same sign, which a backslash makes an ordinary character. Other backslashes stay, as
    /// wildcards and regular expressions have their own use for them.
    fn quoted(&mut self, quote: char) -> Result<Word, Wrong> {
        let rest = self.rest();
        let mut text = String::new();
        let mut chars = rest.char_indices().skip(1).peekable();
        while let Some((at, ch)) = chars.next() {
            if ch == quote {
                return Ok(Word { text, spot: self.advance(at + ch.len_utf8()) });
            }
            text.push(ch);
            if ch == '\\'
                && let Some((_, next)) = chars.next()
            {
                if next == quote {
                    text.pop();
                }
                text.push(next);
            }
        }
        let spot = self.here();
        Err(Wrong::new(
            spot,
            format!("this {quote} is never closed"),
            format!("add a {quote} behind the text"),
        ))
    }

    /// `/regex/`, or a value that is taken as one.
    pub fn regex(&mut self) -> Result<Word, Wrong> {
        if self.rest().starts_with('/') { self.quoted('/') } else { self.value() }
    }

    /// `(a, b)`.
    pub fn list(&mut self) -> Result<Vec<Word>, Wrong> {
        let open = self.here();
        if !self.take_sign("(") {
            return Err(Wrong::new(open, "a list is missing here", "write `in (one, another)`"));
        }
        let mut words = vec![self.value()?];
        while self.take_sign(",") {
            words.push(self.value()?);
        }
        if self.take_sign(")") {
            return Ok(words);
        }
        match self.rest() {
            "" => Err(Wrong::new(open, "this `(` is never closed", "add a `)`")),
            _ => Err(Wrong::new(
                self.here(),
                "a comma or `)` is missing here",
                "quote a value that holds blanks",
            )),
        }
    }
}

fn is_of_field(ch: char) -> bool {
    ch.is_alphanumeric() || matches!(ch, '.' | '_' | '-' | '/' | '[' | ']' | '*')
}

/// Words that join, and are no names.
fn is_joint(word: &str) -> bool {
    ["and", "or", "not"].iter().any(|joint| joint.eq_ignore_ascii_case(word))
}

fn word_of(text: &str) -> &str {
    let end = |ch: char| !is_of_field(ch) && ch != '"';
    &text[..text.find(end).unwrap_or(text.len())]
}
