//! The grammar of conditions.
//!
//! ```text
//! or    = and { "or" and }
//! and   = not { "and" not }
//! not   = "not" not | "(" or ")" | check | macro
//! check = left ( "exists" | operator value | operator "(" values ")" | operator "val(" field ")" )
//! left  = field [ "[" argument "]" ] | transformer "(" left ")"
//! ```

use super::lexer::{Lexer, Word, Wrong};
use super::operator::Operator;
use std::ops::Range;

/// Parentheses, negations and transformers within each other.
const MAX_DEPTH: usize = 64;
/// Checks of one condition.
const MAX_PARTS: usize = 5_000;

/// A condition as it is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Ast {
    All(Vec<Ast>),
    Any(Vec<Ast>),
    Not(Box<Ast>),
    Macro(String, Range<usize>),
    Check(Check),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub left: Left,
    pub operator: Operator,
    pub right: Right,
    pub at: Range<usize>,
}

/// A field, and what is done to its values before they are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    pub name: String,
    pub argument: Option<String>,
    pub fold: Option<Fold>,
    pub at: Range<usize>,
}

/// `tolower()`, `toupper()`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fold {
    Lower,
    Upper,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Right {
    Nothing,
    Values(Vec<Word>),
    /// `val(field)`: the values of another field of the event.
    Field(Left),
}

/// Reads a condition.
pub fn parse(text: &str) -> Result<Ast, Wrong> {
    let mut parser = Parser { lexer: Lexer::new(text), depth: 0, parts: 0 };
    let ast = parser.or()?;
    let here = parser.lexer.here();
    match parser.lexer.rest() {
        "" => Ok(ast),
        rest if rest.starts_with(')') => Err(Wrong::new(here, "this `)` closes nothing", "drop it")),
        _ => {
            let mend = "join the two by `and` or `or`; quote a value that holds blanks";
            Err(Wrong::new(here, "the condition could end before this", mend))
        }
    }
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    depth: usize,
    parts: usize,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Ast, Wrong> {
        let mut parts = vec![self.and()?];
        while self.lexer.take_word("or") {
            parts.push(self.and()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Ast::Any(parts) })
    }

    fn and(&mut self) -> Result<Ast, Wrong> {
        let mut parts = vec![self.not()?];
        while self.lexer.take_word("and") {
            parts.push(self.not()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Ast::All(parts) })
    }

    fn not(&mut self) -> Result<Ast, Wrong> {
        let here = self.lexer.here();
        self.depth += 1;
        self.parts += 1;
        if self.depth > MAX_DEPTH || self.parts > MAX_PARTS {
            return Err(Wrong::new(
                here,
                "the condition is too long or too deep",
                "make macros of its parts",
            ));
        }
        let ast = if self.lexer.take_word("not") {
            Ast::Not(Box::new(self.not()?))
        } else if self.lexer.take_sign("(") {
            let inner = self.or()?;
            if !self.lexer.take_sign(")") {
                return Err(Wrong::new(here, "this `(` is never closed", "add a `)`"));
            }
            inner
        } else {
            self.check()?
        };
        self.depth -= 1;
        Ok(ast)
    }

    fn check(&mut self) -> Result<Ast, Wrong> {
        let name = self.lexer.peek_name();
        if name.is_empty() || ["and", "or", "not"].contains(&name) {
            let mend = "write `field = value`, or the name of a macro";
            return Err(Wrong::new(self.lexer.here(), "a check is missing here", mend));
        }
        let start = self.lexer.at();
        if !name.contains('.') && !self.is_call(name) {
            let (name, at) = self.lexer.name();
            return Ok(Ast::Macro(name.to_owned(), at));
        }
        let left = self.left()?;
        let operator = Operator::read(&mut self.lexer)?;
        let right = self.right(operator)?;
        Ok(Ast::Check(Check { left, operator, right, at: start..self.lexer.read_to() }))
    }

    fn is_call(&mut self, name: &str) -> bool {
        self.lexer.rest()[name.len()..].trim_start().starts_with('(')
    }

    fn left(&mut self) -> Result<Left, Wrong> {
        let (name, at) = self.lexer.name();
        if name.contains('.') {
            let argument = self.lexer.argument()?;
            let end = self.lexer.read_to();
            return Ok(Left { name: name.to_owned(), argument, fold: None, at: at.start..end });
        }
        let fold = match name {
            "tolower" => Fold::Lower,
            "toupper" => Fold::Upper,
            _ => {
                let text = format!("`{name}()` is not supported");
                return Err(Wrong::new(at, text, "there are tolower() and toupper()"));
            }
        };
        self.depth += 1;
        if self.depth > MAX_DEPTH || !self.lexer.take_sign("(") {
            return Err(Wrong::new(at, "a field is missing here", format!("write `{name}(ka.verb)`")));
        }
        let inner = self.left()?;
        self.depth -= 1;
        if !self.lexer.take_sign(")") {
            return Err(Wrong::new(self.lexer.here(), "a `)` is missing here", "close the parenthesis"));
        }
        Ok(Left { fold: Some(fold), at: at.start..self.lexer.read_to(), ..inner })
    }

    fn right(&mut self, operator: Operator) -> Result<Right, Wrong> {
        if operator == Operator::Exists {
            return Ok(Right::Nothing);
        }
        let name = self.lexer.peek_name();
        if ["val", "tolower", "toupper"].contains(&name) && self.is_call(name) {
            return self.other(name == "val").map(Right::Field);
        }
        let words = if operator.takes_list() { self.lexer.list()? } else { vec![self.lexer.value()?] };
        Ok(Right::Values(words))
    }

    /// `val(field)` or `tolower(field)` behind an operator.
    fn other(&mut self, plain: bool) -> Result<Left, Wrong> {
        if !plain {
            return self.left();
        }
        self.lexer.name();
        self.lexer.take_sign("(");
        let left = self.left()?;
        match self.lexer.take_sign(")") {
            true => Ok(left),
            false => Err(Wrong::new(self.lexer.here(), "a `)` is missing here", "write `val(ka.user.name)`")),
        }
    }
}
