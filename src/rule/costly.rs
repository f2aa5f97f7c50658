//! Regular expressions that take more time or memory than what they ask for needs.

use super::check::Complaint;
use super::{Expr, Predicate, RegexTest, Test};
use regex::RegexBuilder;

/// A regular expression is costly above this size, compiled. Ten times that is refused.
const LARGE: usize = 1 << 20;

/// What could be asked for less, in the order of the condition.
pub fn costly(expr: &Expr) -> Vec<Complaint> {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().flat_map(costly).collect(),
        Expr::Not(part) => costly(part),
        Expr::Is(Predicate { test: Test::Regex(regex), .. }) => complaint(regex).into_iter().collect(),
        Expr::Is(_) => Vec::new(),
    }
}

fn complaint(test: &RegexTest) -> Option<Complaint> {
    let RegexTest { pattern, ignore_case, multi_line, dot_all } = test;
    let bare = pattern.strip_prefix('^').unwrap_or(pattern);
    if bare.starts_with(".*") && !bare.starts_with(".*?") {
        let text = format!("{test} begins with `.*`, which finds no more and takes time");
        return Some(Complaint::new(text, "drop it: an expression is found anywhere in the text"));
    }
    let small = RegexBuilder::new(pattern)
        .case_insensitive(*ignore_case)
        .multi_line(*multi_line)
        .dot_matches_new_line(*dot_all)
        .size_limit(LARGE)
        .build();
    matches!(small, Err(regex::Error::CompiledTooBig(_))).then(|| {
        let text = format!("{test} takes more than {} KiB of memory", LARGE / 1024);
        Complaint::new(text, "repeat less (`{1,20}` instead of `{1,1000}`), or ask for ASCII: `(?-u:\\w)`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Case, query};

    fn costs(pattern: &str) -> bool {
        !costly(&query::parse(&format!("not name ~ \"{pattern}\""), Case::Exact).unwrap()).is_empty()
    }

    #[test]
    fn useless_beginnings_and_large_repetitions_are_told() {
        for pattern in [".*exec", "^.*exec$", r"\w{1,100}"] {
            assert!(costs(pattern), "{pattern}");
        }
        for pattern in ["exec", "^exec.*x$", "a.*b", r"^\d{1,3}$", "^(?:.*exec)$"] {
            assert!(!costs(pattern), "{pattern}");
        }
    }
}
