//! Text from logs, made fit for the place where it is read.
//!
//! Names and addresses in an audit log are what a client sent. Put on a terminal as they are, they could
//! clear the screen, forge lines or read backwards; put into a spreadsheet, they could be formulas.

use crate::redact::quote;
use serde::Serialize;
use serde_json::ser::Formatter;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};
use unicode_width::UnicodeWidthChar;

/// Text for a terminal: what a terminal would obey or hide stands as `\n`, `\r`, `\t` or `\u{1b}`.
pub fn terminal(text: &str) -> Cow<'_, str> {
    if !text.contains(quote::is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for ch in text.chars() {
        match ch {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if quote::is_hidden(ch) => drop(write!(out, "\\u{{{:x}}}", u32::from(ch))),
            _ => out.push(ch),
        }
    }
    Cow::Owned(out)
}

/// As [`terminal`], for text of several lines: line ends stay.
pub fn lines(text: &str) -> String {
    text.split('\n').map(terminal).collect::<Vec<_>>().join("\n")
}

/// Columns of a terminal that a text takes.
pub fn width(text: &str) -> usize {
    // Sums what each character takes alone, as terminals differ in how they join characters.
    if text.is_ascii() { text.len() } else { text.chars().map(char_width).sum() }
}

fn char_width(ch: char) -> usize {
    ch.width().unwrap_or(0)
}

/// A text in at most so many columns: the end gives way to `…`.
pub fn cut_end(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let kept = prefix_len(text.chars(), columns.saturating_sub(1));
    let ellipsis = if columns == 0 { "" } else { "…" };
    Cow::Owned(format!("{}{ellipsis}", &text[..kept]))
}

/// A text in at most so many columns: the start gives way to `…`.
pub fn cut_start(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let kept = prefix_len(text.chars().rev(), columns.saturating_sub(1));
    let ellipsis = if columns == 0 { "" } else { "…" };
    Cow::Owned(format!("{ellipsis}{}", &text[text.len() - kept..]))
}

/// Bytes of the first characters that fit into so many columns.
fn prefix_len(chars: impl Iterator<Item = char>, columns: usize) -> usize {
    let widths = chars.scan(0, |used, ch| {
        *used += char_width(ch);
        (*used <= columns).then(|| ch.len_utf8())
    });
    widths.sum()
}

/// One cell of CSV (RFC 4180), on one line. Spreadsheets take a cell that begins with `=`, `+`, `-` or `@` for
/// a formula: a `'` before it keeps it text.
pub fn csv(text: &str) -> Cow<'_, str> {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let plain = terminal(text);
    if !formula && !plain.contains(['"', ',', ';', '\n']) && plain.trim().len() == plain.len() {
        return plain;
    }
    let sign = if formula { "'" } else { "" };
    Cow::Owned(format!("\"{sign}{}\"", plain.replace('"', "\"\"")))
}

/// One word of a command for a POSIX shell, in quotes where need be; `None` where it holds what a terminal would
/// obey or hide, so that it could not be copied.
pub fn shell(text: &str) -> Option<Cow<'_, str>> {
    if text.contains(quote::is_hidden) {
        return None;
    }
    let is_plain = |ch: char| ch.is_ascii_alphanumeric() || "@%+=:,./_-".contains(ch);
    if !text.is_empty() && text.chars().all(is_plain) {
        return Some(Cow::Borrowed(text));
    }
    Some(Cow::Owned(format!("'{}'", text.replace('\'', "'\\''"))))
}

/// Writes a value as compact JSON in which hidden characters stand as `\uXXXX`.
pub fn json<T: Serialize + ?Sized>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    let mut text = Vec::with_capacity(1024);
    let mut writer = serde_json::Serializer::with_formatter(&mut text, Visible);
    value.serialize(&mut writer).map_err(io::Error::from)?;
    out.write_all(&text)
}

struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, hidden) in text.match_indices(quote::is_hidden) {
            out.write_all(&text.as_bytes()[plain..at])?;
            let mut escape = Vec::new();
            hidden.chars().for_each(|ch| quote::push_escape(&mut escape, ch));
            out.write_all(&escape)?;
            plain = at + hidden.len();
        }
        out.write_all(&text.as_bytes()[plain..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn terminals_obey_nothing_that_a_log_says() {
        assert_eq!(
            terminal("curl/8\u{1b}]0;pwned\u{7}\r\n\tx\u{9b}2J"),
            "curl/8\\u{1b}]0;pwned\\u{7}\\r\\n\\tx\\u{9b}2J"
        );
        assert_eq!(
            terminal("a\u{202e}b\u{2066}\u{200b}\u{2028}\u{feff}\u{e0041}"),
            "a\\u{202e}b\\u{2066}\\u{200b}\\u{2028}\\u{feff}\\u{e0041}"
        );
        assert!(matches!(terminal("jürgen 東京"), Cow::Borrowed(_)));
    }

    #[test]
    fn wide_characters_count_twice_when_text_is_cut() {
        assert_eq!(width("東京"), 4);
        assert_eq!(cut_end("東京都", 5), "東京…");
        assert_eq!(cut_end("東京都", 4), "東…");
        assert_eq!(cut_start("kube-system:東京", 6), "…:東京");
        assert_eq!(cut_start("東京", 2), "…");
        assert_eq!(
            (cut_end("ab", 0), cut_end("ab", 1), cut_end("ab", 2)),
            ("".into(), "…".into(), "ab".into())
        );
    }

    #[test]
    fn a_name_in_a_command_stays_one_word_of_it() {
        for (text, word) in [
            ("--principal=oidc:jane@example.com", Some("--principal=oidc:jane@example.com")),
            ("--principal=x'; rm -rf ~; echo '", Some("'--principal=x'\\''; rm -rf ~; echo '\\'''")),
            ("$(reboot)", Some("'$(reboot)'")),
            ("", Some("''")),
            ("a\nb", None),
            ("\u{1b}[2J", None),
        ] {
            assert_eq!(shell(text).as_deref(), word, "{text}");
        }
    }

    #[test]
    fn spreadsheets_calculate_nothing_that_a_log_says() {
        for (text, cell) in [
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
            ("@x", "\"'@x\""),
            ("-1", "\"'-1\""),
            ("+1", "\"'+1\""),
            ("\t=1", "\"'\\t=1\""),
            ("\r=1", "\"'\\r=1\""),
            ("a,b", "\"a,b\""),
            ("a\nb", "a\\nb"),
            (" a", "\" a\""),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(csv(text), cell);
        }
    }

    proptest! {
        #[test]
        fn cut_text_fits_and_json_reads_back(text: String, columns in 0..30usize) {
            let safe = terminal(&text);
            prop_assert!(!safe.contains(quote::is_hidden));
            prop_assert!(width(&cut_end(&safe, columns)) <= columns);
            prop_assert!(width(&cut_start(&safe, columns)) <= columns);
            let mut out = Vec::new();
            json(&mut out, &text).unwrap();
            let out = String::from_utf8(out).unwrap();
            prop_assert!(!out.contains(quote::is_hidden));
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
    }
}
