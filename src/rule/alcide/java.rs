//! Regular expressions of Java, which is what policies were written for: telling what ours do not have.

use std::ops::Range;

/// A construct that is not supported: where it stands, what it is, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    pub range: Range<usize>,
    pub text: &'static str,
    pub mend: &'static str,
}

const GROUPS: &[(&str, &str, &str)] = &[
    ("(?<=", "look-behind is not supported", "match what stands before it too"),
    ("(?<!", "look-behind is not supported", "exclude it with a condition of its own: `!~`"),
    ("(?=", "look-ahead is not supported", "match what follows too"),
    ("(?!", "look-ahead is not supported", "exclude it with a condition of its own: `!~`"),
    ("(?>", "atomic groups are not supported", "write `(?:`: no expression is slow here"),
];

/// The first construct of Java that a pattern holds and that we do not have.
pub fn foreign(pattern: &str) -> Option<Foreign> {
    let mut scan = Scan { pattern, at: 0, class: 0, repeated: false };
    while scan.at < pattern.len() {
        if let Some(found) = scan.step() {
            return Some(found);
        }
    }
    None
}

struct Scan<'p> {
    pattern: &'p str,
    at: usize,
    /// Brackets that are open.
    class: usize,
    /// What stands before is a repetition (`*`, `+`, `?` or `}`).
    repeated: bool,
}

impl Scan<'_> {
    fn step(&mut self) -> Option<Foreign> {
        let rest = &self.pattern[self.at..];
        let ch = rest.chars().next()?;
        let before = std::mem::take(&mut self.repeated);
        match ch {
            '\\' => return self.escape(rest),
            '[' => self.class += 1,
            ']' => self.class = self.class.saturating_sub(1),
            _ if self.class > 0 => {}
            '(' => {
                let group = GROUPS.iter().find(|(sign, ..)| rest.starts_with(sign));
                if let Some((sign, text, mend)) = group {
                    return Some(self.found(sign.len(), text, mend));
                }
                if rest.starts_with("(?") {
                    // The `?` of a group repeats nothing.
                    self.at += 1;
                }
            }
            '+' if before => {
                let mend = "drop the second `+`: no expression is slow here";
                return Some(self.found(1, "possessive repetition is not supported", mend));
            }
            '*' | '+' | '?' | '}' => self.repeated = !before || ch != '?',
            _ => {}
        }
        self.at += ch.len_utf8();
        None
    }

    fn escape(&mut self, rest: &str) -> Option<Foreign> {
        let next = rest[1..].chars().next();
        let (text, mend) = match next {
            Some('1'..='9' | 'k') if self.class == 0 => {
                ("back-references are not supported", "write out what may stand there")
            }
            Some('Q' | 'E') => {
                ("quoting with `\\Q...\\E` is not supported", "put a backslash before each sign")
            }
            Some('G') => ("`\\G` is not supported", "drop it"),
            Some('Z') => ("`\\Z` is not supported", "write `$`"),
            Some('h') => ("`\\h` is not supported", "write `[ \\t]`"),
            Some('R') => ("`\\R` is not supported", "write `(?:\\r\\n|\\n|\\r)`"),
            Some('X') => ("`\\X` is not supported", "write `.`"),
            Some('e') => ("`\\e` is not supported", "write `\\x1b`"),
            Some('c') => ("control characters (`\\c`) are not supported", "write `\\x01` to `\\x1f`"),
            _ => {
                self.at += 1 + next.map_or(0, char::len_utf8);
                return None;
            }
        };
        Some(self.found(2, text, mend))
    }

    fn found(&self, len: usize, text: &'static str, mend: &'static str) -> Foreign {
        Foreign { range: self.at..self.at + len, text, mend }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_java_has_and_we_have_not_is_found_where_it_stands() {
        for (pattern, at) in [
            ("a(?=b)", 1),
            ("(?!b)", 0),
            ("x(?<=a)", 1),
            ("(?<!a)", 0),
            ("(?>a)", 0),
            (r"(a)\1", 3),
            (r"(?<n>a)\k<n>", 7),
            ("a*+", 2),
            ("a{1,2}+b", 6),
            (r"\Qa.b\E", 0),
            (r"a\Z", 1),
            (r"\h", 0),
        ] {
            assert_eq!(foreign(pattern).map(|found| found.range.start), Some(at), "{pattern}");
        }
    }

    #[test]
    fn what_both_have_is_left_alone() {
        for pattern in [
            "^system:|^admin$",
            r"\d+\.\w{2,3}?",
            "(?i)a(?:b)(?<n>c)",
            "[*+?(=]+",
            r"[a&&[^b]]\[\]",
            r"a\\+",
            "a+?",
            "ä+",
            r"\",
            "[\\1]",
        ] {
            assert_eq!(foreign(pattern), None, "{pattern}");
        }
    }
}
