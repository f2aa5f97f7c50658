//! What people write: rules and conditions.

use kaudit::correlation::{Notes, Noticed, Observed, State};
use kaudit::envelope::Lacks;
use kaudit::event::{Decoder, Event};
use kaudit::redact::Redactor;
use kaudit::rule::query;
use kaudit::rule::{Case, Expr, Level, Matcher, Meta, Prefilter, Rule, RuleSet, Stages, Status};
use kaudit::rule::{
    Collection, Diagnostic, Lists, Loaded, complaints, convert, link, lint, read_texts, render, sigma,
};
use serde_json::json;
use std::sync::Arc;

/// Recorded events, various; one in so many is enough.
const EVENTS: &str = include_str!("../testdata/events.jsonl");
const STEP: usize = 9;

/// Any text is rules, or is said to be none; and rules can be used.
pub fn sigma_load(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (loaded, wrong) = sigma::load(text, "rules.yml");
    usable(loaded, &wrong);
}

/// Any text is a policy of Alcide, or is said to be none; any text can be a value in one.
pub fn alcide_load(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    foreign(text);
    let condition = |op: &str| json!({"field": "principal", "match-op": op, "match-value": text});
    foreign(&json!([{"id": 1, "name": text, "conditions": [condition("~"), condition("!=")]}]).to_string());
}

/// Any text is a rules file of Falco, or is said to be none; any text can be a condition or an output in one.
pub fn falco_load(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    foreign(text);
    let rule = |condition: &str, output: &str| {
        json!([{"rule": "r", "source": "k8s_audit", "condition": condition, "output": output}]).to_string()
    };
    foreign(&rule(text, "o"));
    foreign(&rule("ka.verb exists", text));
}

fn foreign(text: &str) {
    let Collection { rules, found } =
        read_texts(&[("rules.yaml".to_owned(), text.as_bytes().to_vec())], Lists::builtin());
    usable(rules, &found);
}

/// Whatever was loaded can be judged, shown, converted and run.
fn usable(loaded: Vec<Loaded>, wrong: &[Diagnostic]) {
    render(wrong);
    render(&lint(&loaded));
    for loaded in &loaded {
        render(&loaded.warnings);
        let converted = convert::sigma(loaded).ok();
        each_event(|event| drop(loaded.rule.meta.output.as_ref().map(|output| output.render(event))));
        converted.into_iter().for_each(|text| matches_the_same(&loaded.rule, &text));
    }
    correlations_hold_in_any_order(&loaded);
    let rules: Vec<Rule> = loaded.into_iter().map(|loaded| loaded.rule).collect();
    for rule in &rules {
        prefilter_is_sound(&rule.when);
    }
    memory_changes_nothing(rules);
}

/// A converted rule matches what the rule matches.
fn matches_the_same(rule: &Rule, text: &str) {
    let (mut back, _) = sigma::load(text, "converted.yml");
    let back = back.pop().expect("a rule that was written").rule;
    let set = RuleSet::compile(vec![rule.clone(), back], Stages::EveryRecord);
    let mut matcher = Matcher::new(&set);
    each_event(|event| {
        let mut hits = 0;
        matcher.matches(event, Lacks::NOTHING, |_, _| hits += 1);
        assert!(hits != 1, "{} and what it was converted to differ:\n{text}", rule.when);
    });
}

/// What documents say of each other can be followed, or is refused; and what comes of the events does not hang
/// on their order.
fn correlations_hold_in_any_order(loaded: &[Loaded]) {
    let linked = match link(loaded.to_vec()) {
        Ok(linked) => linked,
        Err(wrong) => return assert!(!render(&wrong).is_empty()),
    };
    let set = RuleSet::of(linked, Stages::OnceARequest);
    let (mut notes, file) = (Notes::new(&set, Redactor::new(true), 1), Arc::from("log"));
    let mut matcher = Matcher::new(&set);
    each_event(|event| {
        let mut noting =
            notes.of(Noticed { event, like: None, time: event.time(), file: &file, offset: 0, line: 0 });
        matcher.matches(event, Lacks::NOTHING, |rule, _| noting.add(rule));
    });
    let noted = notes.all();
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
        dialect: kaudit::rule::Dialect::Sigma,
        output: None,
        fields: Vec::new(),
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
