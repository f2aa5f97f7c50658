//! What is wrong with something that a person wrote, shown at the place where it stands.
//!
//! Rule files, `--where` and the flags of a hunt are all judged in this one form, and one renderer shows it,
//! much as rustc does:
//!
//! ```text
//! error: there is no modifier `contain`
//!   --> rules/tor.yml:12:20
//!    |
//! 12 |     userAgent|contain: tor
//!    |               ^^^^^^^
//!    = help: write `contains`
//! ```

use memchr::memchr_iter;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing for who writes the rule; shown by `rules lint` alone.
    Note,
    /// The rule works, but perhaps not as its author thinks.
    Warning,
    /// The rule cannot be used.
    Error,
}

/// One thing that is wrong, where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub at: Excerpt,
    /// What is wrong, in one line.
    pub text: String,
    /// What to do about it, in one line.
    pub mend: String,
}

/// A place in a text, with the line that it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    pub file: String,
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// Characters to underline, at least 1.
    pub width: u32,
    /// The line, safe to show on a terminal.
    pub snippet: String,
}

/// A range of bytes in a [`Source`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    pub start: usize,
    pub end: usize,
}

impl Spot {
    pub fn new(start: usize, end: usize) -> Spot {
        Spot { start, end }
    }
}

/// A text that a person wrote, and the name under which they know it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'t> {
    pub file: &'t str,
    pub text: &'t str,
}

impl Source<'_> {
    /// The place of a spot. A spot beyond the end, or within a character, is moved to where there is one.
    pub fn excerpt(&self, spot: Spot) -> Excerpt {
        let start = self.boundary(spot.start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let marked = &self.text[start..self.boundary(spot.end).clamp(start, line_end)];
        Excerpt {
            file: self.file.to_owned(),
            // Each rule of a file is told its place: files of thousands must not take long.
            line: count(memchr_iter(b'\n', &self.text.as_bytes()[..line_start])) + 1,
            column: count(self.text[line_start..start].chars()) + 1,
            width: count(marked.trim_end().chars()).max(1),
            snippet: clean(self.text[line_start..line_end].trim_end()),
        }
    }

    fn boundary(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

fn count(things: impl Iterator) -> u32 {
    u32::try_from(things.count()).unwrap_or(u32::MAX)
}

/// Rule files may come from strangers: a terminal must not obey what stands in them.
/// Every character is replaced by exactly one, so that columns stay true.
fn clean(text: &str) -> String {
    text.chars().map(clean_char).collect()
}

fn clean_char(ch: char) -> char {
    match ch {
        '\t' => ' ',
        // Bidirectional controls can show a line in another order than it is read in.
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        ch if ch.is_control() => '\u{fffd}',
        ch => ch,
    }
}

/// So much of a line is shown, in characters.
const WINDOW: usize = 120;

impl Excerpt {
    /// The part of the line to show, the characters before the place in it, and how many to underline.
    fn window(&self) -> (String, usize, usize) {
        let column = self.column.saturating_sub(1) as usize;
        let skipped = if column < WINDOW - 20 { 0 } else { column - WINDOW / 2 };
        let before = if skipped == 0 { "" } else { "..." };
        let mut shown: String = self.snippet.chars().skip(skipped).take(WINDOW).collect();
        if self.snippet.chars().count() > skipped + WINDOW {
            shown.push_str("...");
        }
        let width = (self.width as usize).min((skipped + WINDOW).saturating_sub(column)).max(1);
        (format!("{before}{shown}"), column - skipped + before.len(), width)
    }
}

impl Diagnostic {
    /// Everything but the word for the severity.
    pub fn body(&self) -> String {
        let at = &self.at;
        let number = at.line.to_string();
        let gap = " ".repeat(number.len());
        let (line, indent, width) = at.window();
        let indent = " ".repeat(indent);
        let carets = "^".repeat(width);
        let mut body = format!(
            "{}\n{gap}--> {}:{}:{}\n{gap} |\n{number} | {}\n{gap} | {indent}{carets}",
            clean(&self.text),
            clean(&at.file),
            at.line,
            at.column,
            line,
        );
        if !self.mend.is_empty() {
            body.push_str(&format!("\n{gap} = help: {}", clean(&self.mend)));
        }
        body
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        write!(f, "{severity}: {}", self.body())
    }
}

/// Renders several, a blank line between each.
pub fn render(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(Diagnostic::to_string).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(text: &str, spot: Spot) -> Diagnostic {
        let at = Source { file: "a.yml", text }.excerpt(spot);
        Diagnostic { severity: Severity::Error, at, text: "wrong".into(), mend: "mend it".into() }
    }

    #[test]
    fn the_place_is_underlined_in_characters() {
        let text = "one\nzwölf: elf\n";
        let shown = diagnostic(text, Spot::new(12, 15)).to_string();
        let expected = "error: wrong\n --> a.yml:2:8\n  |\n2 | zwölf: elf\n  |        ^^^\n  = help: mend it";
        assert_eq!(shown, expected);
    }

    #[test]
    fn of_a_long_line_only_the_place_is_shown() {
        let text = format!("{}here{}", "a".repeat(500), "b".repeat(500));
        let shown = diagnostic(&text, Spot::new(500, 504)).to_string();
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[1].ends_with(":1:501") && lines.iter().all(|line| line.len() < 140), "{shown}");
        assert_eq!(lines[3].find("here"), lines[4].find("^^^^"));
    }

    #[test]
    fn escape_sequences_of_a_rule_file_do_not_reach_the_terminal() {
        let shown = diagnostic("a: \u{1b}[2J\u{202e}x", Spot::new(3, 4)).to_string();
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    }

    #[test]
    fn a_spot_outside_the_text_or_within_a_character_is_moved() {
        assert_eq!(diagnostic("ö", Spot::new(1, 9)).at.column, 1);
        assert_eq!(diagnostic("", Spot::new(7, 3)).at.line, 1);
    }
}
