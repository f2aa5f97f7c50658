//! What a scalar of YAML is: text, a number, a truth or nothing (YAML 1.2 core schema).

use crate::rule::Number;
use crate::rule::yaml::Scalar;

/// Whole numbers up to here are exact in a [`Number`].
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'n> {
    Null,
    Bool(bool),
    Number {
        number: Number,
        /// As it is written.
        text: &'n str,
        /// The number could be written no otherwise, so that the text says no more than it.
        canonical: bool,
    },
    Text(&'n str),
}

impl<'n> Value<'n> {
    pub fn of(scalar: &'n Scalar) -> Value<'n> {
        let text = scalar.text.as_str();
        if !scalar.plain {
            return Value::Text(text);
        }
        match text {
            _ if scalar.is_null() => Value::Null,
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            _ => number(text).unwrap_or(Value::Text(text)),
        }
    }

    /// The value as a text to compare; null has none.
    pub fn text(self) -> Option<&'n str> {
        match self {
            Value::Null => None,
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            Value::Number { text, .. } | Value::Text(text) => Some(text),
        }
    }
}

fn number(text: &str) -> Option<Value<'_>> {
    let first = text.trim_start_matches(['+', '-']).bytes().next()?;
    if !first.is_ascii_digit() && first != b'.' {
        return None;
    }
    let value = radix(text, "0x", 16).or_else(|| radix(text, "0o", 8)).or_else(|| text.parse().ok())?;
    let whole = value.fract() == 0.0;
    // Beyond this, neighbours would be taken for each other: such ids are compared as text.
    if !value.is_finite() || (whole && value.abs() > MAX_EXACT) {
        return None;
    }
    Some(Value::Number { number: Number::new(value)?, text, canonical: value.to_string() == text })
}

fn radix(text: &str, prefix: &str, radix: u32) -> Option<f64> {
    let digits = text.strip_prefix(prefix)?;
    u32::from_str_radix(digits, radix).ok().map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value<'static> {
        let scalar = Scalar { text: text.to_owned(), plain: true };
        Value::of(Box::leak(Box::new(scalar)))
    }

    #[test]
    fn plain_scalars_have_their_type() {
        let number = |value| Number::new(value).unwrap();
        assert_eq!(value("~"), Value::Null);
        assert_eq!(value("TRUE"), Value::Bool(true));
        assert_eq!(value("403"), Value::Number { number: number(403.0), text: "403", canonical: true });
        assert_eq!(value("0x1F"), Value::Number { number: number(31.0), text: "0x1F", canonical: false });
        assert_eq!(value("007"), Value::Number { number: number(7.0), text: "007", canonical: false });
        for text in ["no", "10.0.0.1", "1s", "inf", ".nan", "-", "90071992547409930", "1_000", "v1"] {
            assert_eq!(value(text), Value::Text(Box::leak(text.to_owned().into_boxed_str())));
        }
    }
}
