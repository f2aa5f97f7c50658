//! From an operator and its values to a test.

use super::cursor::{Cursor, Word, Wrong};
use crate::event::{Field, Kind};
use crate::rule::check::{self, Complaint};
use crate::rule::diagnostic::Spot;
use crate::rule::network::network;
use crate::rule::{Case, Compare, Expr, Number, Pattern, Place, RegexTest, Test};
use crate::time::{When, Zone};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equals,
    In,
    Compares(Compare),
    Matches,
    Holds(Place),
    Network,
    Exists,
}

impl Operator {
    /// The operator that stands here, and whether it is negated.
    pub fn read(cursor: &mut Cursor) -> Result<(Operator, bool), Wrong> {
        const WORDS: [(&str, Operator); 6] = [
            ("in", Operator::In),
            ("contains", Operator::Holds(Place::Anywhere)),
            ("startswith", Operator::Holds(Place::Start)),
            ("endswith", Operator::Holds(Place::End)),
            ("cidr", Operator::Network),
            ("exists", Operator::Exists),
        ];
        if let Some((_, operator)) = WORDS.into_iter().find(|(word, _)| cursor.take_word(word)) {
            return Ok((operator, false));
        }
        let word = cursor.peek_word();
        let (signs, spot) = cursor.take_signs();
        let known = match signs {
            "=" | "==" => (Operator::Equals, false),
            "!=" => (Operator::Equals, true),
            "~" | "=~" => (Operator::Matches, false),
            "!~" => (Operator::Matches, true),
            "<" => (Operator::Compares(Compare::Less), false),
            "<=" => (Operator::Compares(Compare::LessOrEqual), false),
            ">" => (Operator::Compares(Compare::Greater), false),
            ">=" => (Operator::Compares(Compare::GreaterOrEqual), false),
            _ => return Err(no_operator(signs, word, spot)),
        };
        Ok(known)
    }

    /// The condition that the field meets one of the values.
    pub fn test(self, field: &Field, values: &[Word], case: Case) -> Result<Expr, Wrong> {
        if self == Operator::Exists {
            return Ok(Expr::is(field, Test::Exists));
        }
        let parts = values.iter().map(|word| {
            let met = self.one(field, &word.text, case);
            met.map_err(|Complaint { text, mend }| Wrong::new(word.spot, text, mend))
        });
        Ok(Expr::any(parts.collect::<Result<_, _>>()?))
    }

    fn one(self, field: &Field, text: &str, case: Case) -> Result<Expr, Complaint> {
        match self {
            Operator::Equals | Operator::In => value(field, text, case),
            Operator::Matches => regex(field, text, case),
            Operator::Holds(place) => Ok(Expr::like(field, case, vec![Pattern::parse(text).placed(place)])),
            Operator::Network => {
                let network = network(text).ok_or_else(|| no_network(text))?;
                Ok(Expr::is(field, Test::Network(vec![network])))
            }
            Operator::Compares(compare) => ordered(field, text, compare),
            Operator::Exists => Ok(Expr::is(field, Test::Exists)),
        }
    }
}

fn no_operator(signs: &str, word: &str, spot: Spot) -> Wrong {
    const MEND: &str =
        "there are = != ~ !~ < <= > >= in contains startswith endswith cidr exists, each also behind `not`";
    match (signs, word) {
        ("", "") => Wrong::new(spot, "an operator is missing here", MEND),
        ("", word) => {
            let spot = Spot::new(spot.start, spot.start + word.len());
            Wrong::new(spot, format!("there is no operator `{word}`"), MEND)
        }
        (signs, _) => Wrong::new(spot, format!("there is no operator `{signs}`"), MEND),
    }
}

fn no_network(text: &str) -> Complaint {
    Complaint::new(format!("`{text}` is no network"), "write it as 10.0.0.0/8 or 2001:db8::/32")
}

/// The condition that a field has a value that was written so: what fits the kind of the field.
///
/// # Errors
/// The field holds numbers, and the value is none.
pub fn value(field: &Field, text: &str, case: Case) -> Result<Expr, Complaint> {
    let spec = field.spec();
    match spec.kind {
        Kind::Number if !text.is_empty() => return number(field, text, case),
        Kind::Time => {
            if let Some(at) = instant(text) {
                return Ok(Expr::is(field, Test::Time(Compare::Equal, at)));
            }
        }
        _ => {}
    }
    let holds_addresses = spec.kind == Kind::Address || matches!(spec.name, "sourceIPs" | "claimedIPs");
    match network(text).filter(|_| holds_addresses) {
        Some(network) => Ok(Expr::is(field, Test::Network(vec![network]))),
        None => Ok(Expr::like(field, case, vec![Pattern::parse(text)])),
    }
}

/// A number, `4xx`, or digits with wildcards.
fn number(field: &Field, text: &str, case: Case) -> Result<Expr, Complaint> {
    if let Some(number) = text.parse().ok().and_then(Number::new) {
        return Ok(Expr::is(field, Test::Number(Compare::Equal, number)));
    }
    let pattern = Pattern::parse(&text.replace(['x', 'X'], "?"));
    match check::pattern_complaint(field, &pattern, case) {
        None => Ok(Expr::like(field, case, vec![pattern])),
        Some(_) => Err(no_number(text)),
    }
}

fn no_number(text: &str) -> Complaint {
    Complaint::new(format!("`{text}` is no number"), "write a number such as 403, or 4xx")
}

fn ordered(field: &Field, text: &str, compare: Compare) -> Result<Expr, Complaint> {
    if field.spec().kind == Kind::Time {
        let at = instant(text).ok_or_else(|| {
            let mend = "write it as 2026-09-08T12:00:00Z or 2026-09-08; for `2h` ago use --since";
            Complaint::new(format!("`{text}` is no time"), mend)
        })?;
        return Ok(Expr::is(field, Test::Time(compare, at)));
    }
    let number = text.parse().ok().and_then(Number::new).ok_or_else(|| {
        Complaint::new(format!("`{text}` is no number"), "only numbers and times can be less or greater")
    })?;
    Ok(Expr::is(field, Test::Number(compare, number)))
}

fn instant(text: &str) -> Option<i64> {
    match When::parse(text, Zone::Utc)? {
        When::At(at) => Some(at),
        When::BeforeLast(_) => None,
    }
}

/// The condition that a regular expression is found in a field.
///
/// # Errors
/// It is none.
pub fn regex(field: &Field, pattern: &str, case: Case) -> Result<Expr, Complaint> {
    let test = RegexTest {
        pattern: pattern.to_owned(),
        ignore_case: case == Case::Ignore,
        multi_line: false,
        dot_all: false,
    };
    match check::compile(&test) {
        Ok(_) => Ok(Expr::is(field, Test::Regex(test))),
        Err(error) => {
            let text = format!("not a regular expression: {error}");
            Err(Complaint::new(text, "look-around and back-references are not supported"))
        }
    }
}
