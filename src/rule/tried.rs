//! A condition held against one event, part by part.

use super::{Check, Expr, Predicate};
use crate::event::Event;

/// Values of one field that are told.
const VALUES: usize = 8;

/// One part of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// How deep it stands: the whole stands at 0.
    pub depth: usize,
    /// `verb = "create"`, `all of`, `any of`, `not`.
    pub text: String,
    pub holds: bool,
    /// What the field held.
    pub values: Vec<String>,
}

/// Every part of the condition, each before its own parts. Values are told as `shown` has them, which is the same
/// event without its secrets.
pub fn tried(when: &Expr, event: &Event<'_>, shown: &Event<'_>) -> Vec<Tried> {
    let mut all = Vec::new();
    Trying { event, shown, all: &mut all }.part(when, 0);
    all
}

struct Trying<'t, 'e> {
    event: &'t Event<'e>,
    shown: &'t Event<'e>,
    all: &'t mut Vec<Tried>,
}

impl Trying<'_, '_> {
    fn part(&mut self, when: &Expr, depth: usize) -> bool {
        let at = self.all.len();
        let (text, values) = match when {
            Expr::All(_) => ("all of".to_owned(), Vec::new()),
            Expr::Any(_) => ("any of".to_owned(), Vec::new()),
            Expr::Not(_) => ("not".to_owned(), Vec::new()),
            Expr::Is(predicate) => (predicate.to_string(), self.values(predicate)),
        };
        self.all.push(Tried { depth, text, holds: false, values });
        let holds = match when {
            // Each part is tried, also where the first has decided.
            Expr::All(parts) => self.parts(parts, depth).into_iter().all(|holds| holds),
            Expr::Any(parts) => self.parts(parts, depth).into_iter().any(|holds| holds),
            Expr::Not(inner) => !self.part(inner, depth + 1),
            Expr::Is(predicate) => Check::new(&predicate.test).holds(self.event, &predicate.field),
        };
        self.all[at].holds = holds;
        holds
    }

    fn parts(&mut self, parts: &[Expr], depth: usize) -> Vec<bool> {
        parts.iter().map(|part| self.part(part, depth + 1)).collect()
    }

    fn values(&self, predicate: &Predicate) -> Vec<String> {
        let mut values: Vec<String> = Vec::new();
        predicate.field.any(self.shown, &mut |value| {
            let text = value.to_text().map(|text| text.into_owned()).unwrap_or_default();
            if !values.contains(&text) {
                values.push(text);
            }
            values.len() >= VALUES
        });
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Decoder;
    use crate::rule::{Case, query};

    #[test]
    fn each_part_of_a_condition_is_told_with_what_the_event_held() {
        let record = br#"{"verb":"create","auditID":"x","objectRef":{"resource":"pods"},"sourceIPs":["10.0.0.1","10.0.0.2"]}"#;
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(record, None).unwrap();
        let when =
            query::parse("verb = create and (resource = secrets or not sourceIPs = 10.0.0.9)", Case::Ignore);
        let told: Vec<_> = tried(&when.unwrap(), &event, &event)
            .into_iter()
            .map(|part| (part.depth, part.text, part.holds, part.values.join(" ")))
            .collect();
        let line =
            |depth, text: &str, holds, values: &str| (depth, text.to_owned(), holds, values.to_owned());
        assert_eq!(
            told,
            [
                line(0, "all of", true, ""),
                line(1, "verb = \"create\"", true, "create"),
                line(1, "any of", true, ""),
                line(2, "resource = \"secrets\"", false, "pods"),
                line(2, "not", true, ""),
                line(3, "sourceIPs cidr (10.0.0.9/32)", false, "10.0.0.1 10.0.0.2"),
            ]
        );
    }
}
