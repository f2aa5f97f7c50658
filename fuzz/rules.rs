//! What people write: rules and conditions.

use kaudit::correlation::{Observed, State, observe};
use kaudit::envelope::Lacks;
use kaudit::event::{Decoder, Event};
use kaudit::finding::{Evidence, Origin, Sighting};
use kaudit::redact::Redactor;
use kaudit::rule::query;
use kaudit::rule::{Case, Expr, Level, Loaded, Matcher, Meta, Prefilter, Rule, RuleSet, Stages, Status};
use kaudit::rule::{complaints, link, lint, render, sigma};

/// Recorded events, various; one in so many is enough.
const EVENTS: &str = include_str!("../testdata/events.jsonl");
const STEP: usize = 9;

/// Any text is rules, or is said to be none; and rules can be used.
pub fn sigma_load(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (loaded, wrong) = sigma::load(text, "rules.yml");
    render(&wrong);
    render(&lint(&loaded));
    for rule in &loaded {
        render(&rule.warnings);
    }
    correlations_hold_in_any_order(&loaded);
    let rules: Vec<Rule> = loaded.into_iter().map(|loaded| loaded.rule).collect();
    for rule in &rules {
        prefilter_is_sound(&rule.when);
    }
    memory_changes_nothing(rules);
}

/// What documents say of each other can be followed, or is refused; and what comes of the events does not hang
/// on their order.
fn correlations_hold_in_any_order(loaded: &[Loaded]) {
    let linked = match link(loaded.to_vec()) {
        Ok(linked) => linked,
        Err(wrong) => return assert!(!render(&wrong).is_empty()),
    };
    let set = RuleSet::of(linked, Stages::OnceARequest);
    let redactor = Redactor::new(true);
    let mut noted = Vec::new();
    let mut matcher = Matcher::new(&set);
    each_event(|event| {
        let evidence = Evidence { file: 0, offset: 0, line: 0 };
        let seen = Sighting::of(event, Origin::default(), evidence, redactor);
        matcher.matches(event, Lacks::NOTHING, |rule, _| {
            observe(&set, rule, event, &seen, redactor, &mut noted);
        });
    });
    let written = |noted: &mut dyn Iterator<Item = &Observed>| {
        let mut state = State::new(&set);
        noted.for_each(|noted| state.add(noted.clone()));
        state.findings(&set, &[]);
        state.write().expect("a state is JSON")
    };
    let forth = written(&mut noted.iter());
    assert_eq!(forth, written(&mut noted.iter().rev()));
    State::read(&forth, &set).expect("what was written can be read");
}

/// Any text is a condition, or is said to be none; and a condition finds what it should.
pub fn where_expr(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for case in [Case::Ignore, Case::Exact] {
        let Ok(expr) = query::parse(text, case) else { continue };
        complaints(&expr);
        let _ = expr.to_string();
        prefilter_is_sound(&expr);
        memory_changes_nothing(vec![rule(expr)]);
    }
}

fn rule(when: Expr) -> Rule {
    let meta = Meta {
        id: "fuzz".to_owned(),
        title: String::new(),
        level: Level::Low,
        status: Status::Test,
        description: String::new(),
        next: Vec::new(),
        false_positives: Vec::new(),
        references: Vec::new(),
        author: String::new(),
        tags: Vec::new(),
        source: String::new(),
        line: 1,
    };
    Rule { meta, when }
}

fn each_event(mut see: impl FnMut(&Event<'_>)) {
    let mut decoder = Decoder::default();
    for record in EVENTS.lines().step_by(STEP) {
        let (event, _) = decoder.decode(record.as_bytes(), Some("cluster")).expect("a recorded event");
        see(&event);
    }
}

/// Every record that matches holds what is searched for before parsing.
fn prefilter_is_sound(when: &Expr) {
    let Some(prefilter) = Prefilter::of(when) else { return };
    let set = RuleSet::compile(vec![rule(when.clone())], Stages::EveryRecord);
    let mut matcher = Matcher::new(&set);
    each_event(|event| {
        let passes = prefilter.search(event.record()).next(0).is_some();
        matcher.matches(event, Lacks::NOTHING, |_, _| {
            assert!(passes, "{when} matches, but {prefilter:?} does not let it pass")
        });
    });
}

/// A matcher that has seen other events says the same as a new one.
fn memory_changes_nothing(rules: Vec<Rule>) {
    let set = RuleSet::compile(rules, Stages::OnceARequest);
    let mut old = Matcher::new(&set);
    for _ in 0..2 {
        each_event(|event| {
            let (mut by_old, mut by_new) = (Vec::new(), Vec::new());
            old.matches(event, Lacks::NOTHING, |rule, _| by_old.push(rule));
            Matcher::new(&set).matches(event, Lacks::NOTHING, |rule, _| by_new.push(rule));
            assert_eq!(by_old, by_new);
        });
    }
}
