//! The condition of a rule: how its selections are joined.
//!
//! ```text
//! or    = and { "or" and }
//! and   = not { "and" not }
//! not   = "not" not | "(" or ")" | ("1" | "any" | "all") "of" ("them" | pattern) | selection
//! ```

use crate::rule::diagnostic::Spot;
use crate::rule::report::Report;
use crate::rule::yaml::Node;
use crate::rule::{Case, Expr, Pattern};

/// Parentheses and negations within each other.
const MAX_DEPTH: usize = 64;
/// Parts of a condition. Each may be a large selection, which is copied.
const MAX_PARTS: usize = 500;

/// A named part of a detection.
pub struct Selection {
    pub name: String,
    pub spot: Spot,
    pub expr: Expr,
    /// Some condition names it.
    pub used: bool,
}

/// Reads a condition. Mistakes go to the report; what stands for them is false.
pub fn read(node: &Node, selections: &mut [Selection], report: &mut Report) -> Expr {
    let Some(scalar) = node.scalar().filter(|scalar| !scalar.is_null()) else {
        let text = format!("the condition is to be text, and this is {}", node.kind());
        report.error(node.spot, text, "write `condition: selection`");
        return Expr::FALSE;
    };
    let mut parser =
        Parser { text: &scalar.text, spot: node.spot, at: 0, depth: 0, parts: 0, selections, report };
    match parser.whole() {
        Ok(expr) => expr,
        Err(Wrong) => Expr::FALSE,
    }
}

/// A mistake that is in the report already.
struct Wrong;

struct Parser<'a, 't> {
    text: &'a str,
    spot: Spot,
    at: usize,
    depth: usize,
    parts: usize,
    selections: &'a mut [Selection],
    report: &'a mut Report<'t>,
}

/// A word, a parenthesis or a bar, and where it stands in the condition.
#[derive(Clone, Copy, PartialEq)]
struct Token<'a> {
    text: &'a str,
    start: usize,
}

impl Token<'_> {
    fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }
}

impl<'a> Parser<'a, '_> {
    fn whole(&mut self) -> Result<Expr, Wrong> {
        let expr = self.or()?;
        match self.next() {
            None => Ok(expr),
            Some(bar) if bar.is("|") => self.fail(
                bar,
                "aggregations in a condition (`| count()`) are not supported",
                "Sigma has replaced them by correlations",
            ),
            Some(close) if close.is(")") => self.fail(close, "this `)` closes nothing", "drop it"),
            Some(token) => {
                let text = format!("`{}` stands where the condition could end", token.text);
                self.fail(token, text, "join the two by `and` or `or`")
            }
        }
    }

    fn or(&mut self) -> Result<Expr, Wrong> {
        let mut parts = vec![self.and()?];
        while self.take("or") {
            parts.push(self.and()?);
        }
        Ok(Expr::any(parts))
    }

    fn and(&mut self) -> Result<Expr, Wrong> {
        let mut parts = vec![self.not()?];
        while self.take("and") {
            parts.push(self.not()?);
        }
        Ok(Expr::all(parts))
    }

    fn not(&mut self) -> Result<Expr, Wrong> {
        let Some(token) = self.next() else {
            let end = Token { text: "", start: self.text.trim_end().len() };
            return self.fail(end, "the condition ends too early", "name a selection here");
        };
        self.depth += 1;
        self.parts += 1;
        if self.depth > MAX_DEPTH || self.parts > MAX_PARTS {
            return self.fail(token, "the condition is too long or too deep", "make selections of its parts");
        }
        let expr = match token.text {
            _ if token.is("not") => self.not()?.negate(),
            "(" => self.parenthesis(token)?,
            ")" | "|" => return self.fail(token, "a selection is missing here", "name one"),
            _ if token.is("and") || token.is("or") => {
                return self.fail(token, "a selection is missing here", "name one");
            }
            _ if self.peek().is_some_and(|next| next.is("of")) => self.some_of(token)?,
            _ => self.selection(token)?,
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn parenthesis(&mut self, open: Token<'a>) -> Result<Expr, Wrong> {
        let expr = self.or()?;
        if self.take(")") { Ok(expr) } else { self.fail(open, "this `(` is never closed", "add a `)`") }
    }

    fn some_of(&mut self, quantity: Token<'a>) -> Result<Expr, Wrong> {
        let all = quantity.is("all");
        if !all && !quantity.is("1") && !quantity.is("any") {
            let text = format!("`{} of` is not supported", quantity.text);
            return self.fail(quantity, text, "write `1 of`, `any of` or `all of`");
        }
        let of = self.next().unwrap_or(quantity);
        let Some(names) = self.next() else {
            return self.fail(of, "`of` what?", "write `of them`, or `of selection_*`");
        };
        let parts = self.matching(names);
        if parts.is_empty() {
            let text = format!("no selection is called like `{}`", names.text);
            return self.fail(names, text, self.known());
        }
        Ok(if all { Expr::all(parts) } else { Expr::any(parts) })
    }

    /// The selections that are meant by `them` or a pattern. Names that begin with `_` are meant only by a
    /// pattern that begins so.
    fn matching(&mut self, names: Token<'a>) -> Vec<Expr> {
        let them = names.is("them");
        let pattern = Pattern::parse(names.text);
        let meant = |name: &str| match name.starts_with('_') && !names.text.starts_with('_') {
            true => false,
            false => them || pattern.is_like(name, Case::Exact),
        };
        let found = self.selections.iter_mut().filter(|selection| meant(&selection.name));
        found.map(Selection::take).collect()
    }

    fn selection(&mut self, token: Token<'a>) -> Result<Expr, Wrong> {
        match self.selections.iter_mut().find(|selection| selection.name == token.text) {
            Some(selection) => Ok(selection.take()),
            None => {
                let text = format!("there is no selection `{}`", token.text);
                self.fail(token, text, self.known())
            }
        }
    }

    fn known(&self) -> String {
        let names: Vec<_> = self.selections.iter().map(|selection| selection.name.as_str()).collect();
        if names.is_empty() {
            "the detection has none".into()
        } else {
            format!("the detection has: {}", names.join(", "))
        }
    }

    fn fail<T>(&mut self, at: Token, text: impl Into<String>, mend: impl Into<String>) -> Result<T, Wrong> {
        let spot = self.report.within(self.spot, self.text, at.start..at.start + at.text.len());
        self.report.error(spot, text, mend);
        Err(Wrong)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is(word));
        if found {
            self.next();
        }
        found
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek()?;
        self.at = token.start + token.text.len();
        Some(token)
    }

    fn peek(&self) -> Option<Token<'a>> {
        let rest = &self.text[self.at..];
        let start = self.at + (rest.len() - rest.trim_start().len());
        let rest = &self.text[start..];
        let sign = |ch: char| matches!(ch, '(' | ')' | '|');
        let len = match rest.chars().next()? {
            first if sign(first) => first.len_utf8(),
            _ => rest.find(|ch: char| ch.is_whitespace() || sign(ch)).unwrap_or(rest.len()),
        };
        Some(Token { text: &rest[..len], start })
    }
}

impl Selection {
    fn take(&mut self) -> Expr {
        self.used = true;
        self.expr.clone()
    }
}
