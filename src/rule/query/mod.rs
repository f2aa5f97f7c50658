//! The language of `--where`.
//!
//! ```text
//! verb=delete and resource in (secrets, configmaps) and not (user ~ /^system:/ or code >= 400)
//! ```
//!
//! A comparison is a field, an operator and a value, joined by `and` (`&&`), `or` (`||`), `not` (`!`) and
//! parentheses.
//!
//! | operator | what it asks |
//! |---|---|
//! | `=` `==` `!=` | text with `*` and `?`, a number, a time, an address or network |
//! | `in (a, b)` `not in (a, b)` | one, none of these |
//! | `contains` `startswith` `endswith` | text within text |
//! | `~` `!~` | a regular expression, found anywhere: `~ /^system:/`, `~ "a b"` |
//! | `<` `<=` `>` `>=` | numbers; for times RFC 3339 or a date (UTC) |
//! | `cidr` | the address lies in a network |
//! | `exists` | the field is there: `annotations."k8s.io/deprecated" exists` |
//!
//! Every word among these can be preceded by `not`. A value stands bare, or in single or double quotes if
//! it holds blanks, commas or parentheses. Wildcards work in quotes too; `\*` is a plain asterisk. Case is
//! ignored unless the hunt is exact.
//!
//! A field that is missing is met by no operator but `!=`, `!~` and `not`, as they are plain negations. The
//! empty value (`namespace = ""`) is met by a missing field too.

mod cursor;
mod test;

use super::diagnostic::{Diagnostic, Severity, Source, Spot};
use super::{Case, Complaint, Expr, naming};
use crate::error::{self, Error};
use crate::event::Field;
use cursor::{Cursor, Wrong};
use test::Operator;
pub use test::{regex, value as equals};

/// Short names of fields, taken before the names of the field table. Sorted.
pub const ALIASES: &[(&str, &str)] = &[
    ("apigroup", "objectRef.apiGroup"),
    ("code", "responseStatus.code"),
    ("decision", "annotations.authorization.k8s.io/decision"),
    ("groups", "user.groups"),
    ("id", "auditID"),
    ("ip", "sourceIP"),
    ("ips", "sourceIPs"),
    ("message", "responseStatus.message"),
    ("name", "objectRef.name"),
    ("namespace", "objectRef.namespace"),
    ("ns", "objectRef.namespace"),
    ("reason", "responseStatus.reason"),
    ("request", "requestObject"),
    ("response", "responseObject"),
    ("subresource", "objectRef.subresource"),
    ("ua", "userAgent"),
    ("uri", "requestURI"),
    ("user", "user.username"),
    ("username", "user.username"),
    ("who", "identity"),
];

/// The name under which mistakes are shown.
const FILE: &str = "--where";
/// Parentheses and negations within each other.
const MAX_DEPTH: usize = 64;

/// Reads an expression.
///
/// # Errors
/// [`Error::Usage`] with the place and how to mend it.
pub fn parse(text: &str, case: Case) -> error::Result<Expr> {
    let mut parser = Parser { cursor: Cursor::new(text), case, depth: 0 };
    parser.whole().map_err(|Wrong { spot, text: wrong, mend }| {
        let at = Source { file: FILE, text }.excerpt(spot);
        Error::usage(Diagnostic { severity: Severity::Error, at, text: wrong, mend }.body())
    })
}

/// The field of a name or alias, also `alias.path` for aliases of objects.
fn field(name: &str, spot: Spot) -> Result<Field, Wrong> {
    let (head, rest) = name.split_at(name.find('.').unwrap_or(name.len()));
    let long = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(head)).map(|(_, long)| *long);
    let long = long.filter(|long| rest.is_empty() || Field::parse(name).is_err() && !long.contains('.'));
    let full = long.map_or(name.to_owned(), |long| format!("{long}{rest}"));
    naming::field(&full).map_err(|Complaint { text, mend }| Wrong::new(spot, text, mend))
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    case: Case,
    depth: usize,
}

impl Parser<'_> {
    fn whole(&mut self) -> Result<Expr, Wrong> {
        let expr = self.or()?;
        let spot = self.cursor.here();
        match self.cursor.rest() {
            "" => Ok(expr),
            rest if rest.starts_with(')') => Err(Wrong::new(spot, "this `)` closes nothing", "drop it")),
            _ => Err(Wrong::new(
                spot,
                "the expression could end before this",
                "join the two by `and` or `or`; quote a value that holds blanks",
            )),
        }
    }

    fn or(&mut self) -> Result<Expr, Wrong> {
        let mut parts = vec![self.and()?];
        while self.cursor.take_word("or") || self.cursor.take_sign("||") {
            parts.push(self.and()?);
        }
        Ok(Expr::any(parts))
    }

    fn and(&mut self) -> Result<Expr, Wrong> {
        let mut parts = vec![self.not()?];
        while self.cursor.take_word("and") || self.cursor.take_sign("&&") {
            parts.push(self.not()?);
        }
        Ok(Expr::all(parts))
    }

    fn not(&mut self) -> Result<Expr, Wrong> {
        let spot = self.cursor.here();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Wrong::new(spot, "the expression is nested too deeply", "use several --where"));
        }
        let expr = if self.cursor.take_word("not") || self.cursor.take_sign("!") {
            self.not()?.negate()
        } else if self.cursor.take_sign("(") {
            let inner = self.or()?;
            if !self.cursor.take_sign(")") {
                return Err(Wrong::new(spot, "this `(` is never closed", "add a `)`"));
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn comparison(&mut self) -> Result<Expr, Wrong> {
        let (name, spot) = self.cursor.field()?;
        let field = field(name, spot)?;
        let negated = self.cursor.take_word("not");
        let (operator, no) = Operator::read(&mut self.cursor)?;
        let values = match operator {
            Operator::Exists => Vec::new(),
            Operator::Matches => vec![self.cursor.regex()?],
            Operator::In => self.cursor.list()?,
            _ if self.cursor.rest().starts_with('(') => self.cursor.list()?,
            _ => vec![self.cursor.value()?],
        };
        let met = operator.test(&field, &values, self.case)?;
        Ok(if negated != no { met.negate() } else { met })
    }
}

#[cfg(test)]
mod tests;
