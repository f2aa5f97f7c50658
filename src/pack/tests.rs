use super::*;
use crate::rule::{Case, complaints, query};

#[test]
fn checks_are_named_once_and_their_conditions_can_be_met() {
    for (at, check) in CHECKS.iter().enumerate() {
        assert!(CHECKS[..at].iter().all(|other| other.id != check.id), "{}", check.id);
        assert!(check.references.iter().any(Option::is_some), "{}", check.id);
        for text in check.ask.queries() {
            let expr =
                query::parse(text, Case::Exact).unwrap_or_else(|error| panic!("{}: {error}", check.id));
            assert!(complaints(&expr).is_empty(), "{}: {:?}", check.id, complaints(&expr));
        }
    }
}

#[test]
fn no_check_says_that_anything_complies() {
    for check in CHECKS {
        assert!(!check.title.to_lowercase().contains("complian"), "{}", check.title);
    }
}
