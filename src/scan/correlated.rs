//! What correlations make of all that was noted, once all is read.

use super::reading::Window;
use crate::correlation::{Dropped, History, State};
use crate::finding::Finding;
use crate::rule::RuleSet;
use std::sync::Arc;

/// Rules are told by their indices.
#[derive(Debug, Default)]
pub struct Correlated {
    /// Those that could not keep all that they saw.
    pub dropped: Vec<(u32, Dropped)>,
    /// Those for which the input is too short.
    pub too_short: Vec<u32>,
    /// Those that ask what is usual, and of which the baseline knows nothing.
    pub unlearned: Vec<u32>,
    /// What those counted that ask what is usual.
    pub history: History,
    /// All that was observed: thousands of small pieces, which take longer to free than correlating takes.
    pub state: State,
}

/// `span` is that of all events, of which those in the window were noted. `before` is what a baseline knows.
pub fn correlate(
    mut state: State,
    rules: &RuleSet,
    names: &[Arc<str>],
    (window, span): (Window, Option<(i64, i64)>),
    before: Option<History>,
) -> (Vec<Finding>, Correlated) {
    state.add_span(span.and_then(|span| window.part(span)));
    let unlearned = before.as_ref().map(|before| before.strangers(rules)).unwrap_or_default();
    state.before = before.unwrap_or_default();
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    let (findings, too_short) = state.findings(rules, &names);
    let by_rule = || rules.watches().iter().map(|watch| watch.rule);
    let dropped = by_rule().zip(state.dropped(rules)).filter(|(_, dropped)| dropped.any()).collect();
    let too_short = by_rule().zip(too_short).filter(|(_, short)| *short).map(|(rule, _)| rule).collect();
    let history = state.history(rules);
    (findings, Correlated { dropped, too_short, unlearned, history, state })
}
