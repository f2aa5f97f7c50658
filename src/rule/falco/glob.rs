//! Globs: of whole values (`glob`, as fnmatch reads them) and of the beginnings of paths (`pmatch`).

use crate::event::Field;
use crate::rule::{Case, Expr, Part, Pattern, Place, RegexTest, Test, TextTest};

/// The condition that a value is like a glob. `*` and `?` stand also for slashes, `[ab]` and `[!ab]` for one
/// character, and a backslash makes the next character an ordinary one.
pub fn expr(field: &Field, glob: &str, case: Case) -> Expr {
    match pattern(glob) {
        Some(pattern) if pattern.is_anything() => Expr::is(field, Test::Exists),
        Some(pattern) => Expr::is(field, Test::Text(TextTest { case, patterns: vec![pattern] })),
        None => matches(field, &format!("^{}$", regex(glob, ".")), case),
    }
}

/// The glob as a pattern, where it holds no `[...]`.
fn pattern(glob: &str) -> Option<Pattern> {
    let mut parts: Vec<Part> = Vec::new();
    let mut chars = glob.chars();
    while let Some(ch) = chars.next() {
        match ch {
            '[' if chars.clone().any(|ch| ch == ']') => return None,
            '*' if parts.last() == Some(&Part::Many) => {}
            '*' => parts.push(Part::Many),
            '?' => parts.push(Part::One),
            _ => {
                let ch = if ch == '\\' { chars.next().unwrap_or(ch) } else { ch };
                match parts.last_mut() {
                    Some(Part::Literal(text)) => text.push(ch),
                    _ => parts.push(Part::Literal(ch.to_string())),
                }
            }
        }
    }
    Some(Pattern(parts))
}

/// The glob as a regular expression; `any` is what a wildcard stands for.
fn regex(glob: &str, any: &str) -> String {
    let mut out = String::from("(?s:");
    let mut rest = glob.chars();
    while let Some(ch) = rest.next() {
        match ch {
            '*' => out.push_str(&format!("{any}*")),
            '?' => out.push_str(any),
            '[' => match class(rest.as_str()) {
                Some((class, used)) => {
                    out.push_str(&class);
                    rest = rest.as_str()[used..].chars();
                }
                None => out.push_str("\\["),
            },
            '\\' => out.push_str(&regex::escape(&rest.next().unwrap_or('\\').to_string())),
            _ => out.push_str(&regex::escape(&ch.to_string())),
        }
    }
    out + ")"
}

/// What stands behind a `[`: as a class, and how many bytes it took.
fn class(text: &str) -> Option<(String, usize)> {
    let negated = text.starts_with(['!', '^']);
    let start = usize::from(negated);
    // A bracket that comes first is one of the characters.
    let first = text[start..].chars().next()?.len_utf8();
    let end = start + first + text[start + first..].find(']')?;
    let mut class = String::from(if negated { "[^" } else { "[" });
    for ch in text[start..end].chars() {
        if matches!(ch, '[' | ']' | '\\' | '^' | '&' | '~') {
            class.push('\\');
        }
        class.push(ch);
    }
    Some((class + "]", end + 1))
}

/// The condition that a path is one of these, or lies below it. In a glob of paths a wildcard stands for no
/// slash.
pub fn path_prefix(field: &Field, prefix: &str) -> Expr {
    let prefix = prefix.trim_end_matches('/');
    if prefix.contains(['*', '?', '[']) {
        return matches(field, &format!("^{}(?:/(?s:.*))?$", regex(prefix, "[^/]")), Case::Exact);
    }
    let below = Pattern::literal(&format!("{prefix}/")).placed(Place::Start);
    let mut patterns = vec![below];
    if !prefix.is_empty() {
        patterns.insert(0, Pattern::literal(prefix));
    }
    Expr::is(field, Test::Text(TextTest { case: Case::Exact, patterns }))
}

fn matches(field: &Field, pattern: &str, case: Case) -> Expr {
    let ignore_case = case == Case::Ignore;
    let test = RegexTest { pattern: pattern.to_owned(), ignore_case, multi_line: false, dot_all: false };
    match crate::rule::check::compile(&test) {
        Ok(_) => Expr::is(field, Test::Regex(test)),
        // A class such as `[z-a]`, which no character is in.
        Err(_) => Expr::FALSE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_become_patterns_or_regular_expressions() {
        assert_eq!(pattern("a**b?"), Some(Pattern::parse("a*b?")));
        assert_eq!(pattern(r"a\*"), Some(Pattern::literal("a*")));
        assert_eq!(pattern("a[").map(|pattern| pattern.plain().map(str::to_owned)), Some(Some("a[".into())));
        assert_eq!(pattern("[ab]"), None);
        assert_eq!(regex("[!a-c]x.*", "."), r"(?s:[^a-c]x\..*)");
        assert_eq!(regex("[]a]", "."), r"(?s:[\]a])");
        assert_eq!(regex("/var/*/x", "[^/]"), "(?s:/var/[^/]*/x)");
    }
}
