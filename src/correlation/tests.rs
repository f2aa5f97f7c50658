//! Cases are lines of events and what is to come of them, in short:
//! `minute principal verb resource/name code` gives `rule group: count value first..last`, times in minutes.

use super::*;
use crate::event::Alike;
use crate::event::Decoder;
use crate::finding::Finding;
use crate::redact::Redactor;
use crate::rule::{Matcher, RuleSet, Stages, link, render, sigma};
use crate::time::{self, MINUTE};
use proptest::prelude::*;

const BASE: &str = "
title: read
name: read
level: low
logsource: {product: kubernetes}
detection: {it: {verb: get}, condition: it}
---
title: write
name: write
level: low
logsource: {product: kubernetes}
detection: {it: {verb: [create, delete]}, condition: it}
---
title: remove
name: remove
level: low
logsource: {product: kubernetes}
detection: {it: {verb: delete}, condition: it}
";

fn rules(correlations: &[&str]) -> RuleSet {
    let named = |(at, text): (usize, &&str)| {
        format!("---\ntitle: t\nname: c{at}\nlevel: high\ncorrelation: {text}\n")
    };
    let text: String = correlations.iter().enumerate().map(named).collect();
    let (loaded, wrong) = sigma::load(&format!("{BASE}{text}"), "a.yml");
    assert!(wrong.is_empty(), "{}", render(&wrong));
    let linked = link(loaded).unwrap_or_else(|wrong| panic!("{}", render(&wrong)));
    RuleSet::of(linked, Stages::OnceARequest)
}

/// One event: an auditID of its own unless the last word is one (`=id`), and stages where it is `+stage`.
fn event(line: &str, at: usize) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [minute, who, verb, object, code, ..] = words[..] else { panic!("{line}") };
    let (resource, name) = object.split_once('/').unwrap_or((object, ""));
    let time = time::format((minute.parse::<f64>().unwrap() * MINUTE as f64) as i64);
    let find = |sign: char| words.iter().find_map(|word| word.strip_prefix(sign));
    let id = find('=').map_or_else(|| format!("id-{at}"), str::to_owned);
    let stage = find('+').unwrap_or("ResponseComplete");
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"{id}","stage":"{stage}",
        "requestURI":"/x","verb":"{verb}","user":{{"username":"{who}"}},"sourceIPs":["10.0.0.1"],
        "objectRef":{{"resource":"{resource}","name":"{name}"}},"responseStatus":{{"code":{code}}},
        "requestReceivedTimestamp":"{time}","stageTimestamp":"{time}"}}"#
    )
}

fn observe_all(rules: &RuleSet, lines: &[(usize, &str)], state: &mut State) {
    observe_by(rules, lines, state, Notes::hand_over);
}

/// `hand_over` comes after each event; what is left comes at the end.
fn observe_by(
    rules: &RuleSet,
    lines: &[(usize, &str)],
    state: &mut State,
    hand_over: impl FnMut(&mut Notes) -> Vec<Observed>,
) {
    let mut notes = noted(rules, lines, state, hand_over);
    notes.all().into_iter().for_each(|noted| state.add(noted));
}

/// The same, without what is left.
fn noted(
    rules: &RuleSet,
    lines: &[(usize, &str)],
    state: &mut State,
    mut hand_over: impl FnMut(&mut Notes) -> Vec<Observed>,
) -> Notes {
    let (mut decoder, mut alike, mut matcher) = (Decoder::default(), Alike::default(), Matcher::new(rules));
    let (mut notes, file) = (Notes::new(rules, Redactor::new(true), 1), "log".into());
    for (at, line) in lines {
        let json = event(line, *at);
        let (event, _) = decoder.decode(json.as_bytes(), None).unwrap();
        let (at, time) = (*at as u64, event.time());
        // Whether it is known what others an event is like makes no difference.
        let like = alike.of(&event).filter(|_| at % 3 > 0);
        let mut noting = notes.of(Noticed { event: &event, like, time, file: &file, offset: at, line: at });
        matcher.matches(&event, crate::envelope::Lacks::NOTHING, |rule, _| noting.add(rule));
        state.add_span(time.map(|time| (time, time)));
        hand_over(&mut notes).into_iter().for_each(|noted| state.add(noted));
    }
    notes
}

fn shown(rules: &RuleSet, finding: &Finding) -> String {
    let episode = finding.episode.as_deref().unwrap();
    let minute = |time: i64| time as f64 / MINUTE as f64;
    let group: Vec<&str> = episode.group.iter().map(|(_, value)| value.as_deref().unwrap_or("-")).collect();
    let first = minute(finding.seen.time.unwrap());
    let (id, count, more) =
        (&rules.meta(finding.rule).id, episode.count, if episode.at_least { "+" } else { "" });
    let value = (episode.value * 100.0).round() / 100.0;
    format!("{id} {}: {count}{more} {value} {first}..{}", group.join(","), minute(episode.last))
}

fn found(rules: &RuleSet, state: &mut State) -> Vec<String> {
    state.findings(rules, &["log"]).0.iter().map(|finding| shown(rules, finding)).collect()
}

#[track_caller]
fn check(correlations: &[&str], lines: &str, expected: &[&str]) {
    let rules = rules(correlations);
    let mut lines: Vec<(usize, &str)> = lines.split(';').map(str::trim).enumerate().collect();
    for reversed in [false, true] {
        let mut state = State::new(&rules);
        observe_all(&rules, &lines, &mut state);
        assert_eq!(found(&rules, &mut state), expected, "reversed: {reversed}");
        lines.reverse();
    }
}

const THREE: &str =
    "{type: event_count, rules: [read], group-by: [principal], timespan: 5m, condition: {gte: 3}}";

#[test]
fn events_are_counted_in_each_group_within_the_timespan() {
    check(&[THREE], "0 a get pods 200; 2 a get pods 200; 5 a get pods 200", &["c0 a: 3 3 0..5"]);
    check(&[THREE], "0 a get pods 200; 2 a get pods 200; 5.1 a get pods 200", &[]);
    check(&[THREE], "0 a get pods 200; 1 b get pods 200; 2 a get pods 200; 3 a create pods 200", &[]);
}

#[test]
fn windows_that_overlap_are_one_episode_and_others_are_not() {
    let burst = "0 a get x 200; 1 a get x 200; 2 a get x 200; 6 a get x 200; 7 a get x 200; \
                 30 a get x 200; 31 a get x 200; 32 a get x 200";
    check(&[THREE], burst, &["c0 a: 5 3 0..7", "c0 a: 3 3 30..32"]);
}

#[test]
fn copies_and_stages_of_a_request_count_once() {
    let copies = "0 a get x 200 =i; 0 a get x 200 =i; 1 a get x 200 =j +ResponseStarted; 1 a get x 200 =j";
    check(&[THREE], copies, &[]);
    check(&[THREE], &format!("{copies}; 2 a get x 200"), &["c0 a: 3 3 0..2"]);
    // An auditID is the client's choice: at another time it is another request.
    check(&[THREE], &format!("{copies}; 2 a get x 200 =i"), &["c0 a: 3 3 0..2"]);
}

#[test]
fn every_comparison_decides_as_it_says() {
    let four = "0 a get x 200; 1 a get x 200; 2 a get x 200; 3 a get x 200";
    for (condition, holds) in [
        ("gt: 3", true),
        ("gt: 4", false),
        ("gte: 4", true),
        ("gte: 5", false),
        ("lt: 5", true),
        ("lt: 4", false),
        ("lte: 4", true),
        ("lte: 3", false),
        ("eq: 4", true),
        ("eq: 3", false),
        ("neq: 3", true),
        ("neq: 4", false),
        ("gt: 3, lt: 5", true),
        ("gt: 4, lt: 6", false),
        ("gte: 1, lte: 3", false),
    ] {
        let text = format!("{{type: event_count, rules: [read], timespan: 5m, condition: {{{condition}}}}}");
        let expected = ["c0 : 4 4 0..3"];
        check(&[&text], four, if holds { &expected } else { &[] });
    }
}

#[test]
fn different_values_are_counted_and_repeats_are_not() {
    let values = "{type: value_count, rules: [read], group-by: [principal], timespan: 10m, \
                  condition: {field: objectRef.name, gte: 3}}";
    check(&[values], "0 a get x/1 200; 1 a get x/1 200; 2 a get x/2 200; 3 a get x/2 200", &[]);
    check(
        &[values],
        "0 a get x/1 200; 5 a get x/2 200; 9 a get x/1 200; 12 a get x/3 200",
        &["c0 a: 3 3 5..12"],
    );
    check(&[values], "0 a get x 200; 1 a get x 200; 2 a get x 200", &[]);
    let pairs = values.replace("objectRef.name", "[objectRef.resource, objectRef.name]");
    check(&[&pairs], "0 a get x/1 200; 1 a get y/1 200; 2 a get x/2 200", &["c0 a: 3 3 0..2"]);
}

#[test]
fn rules_come_together_in_any_order_or_in_theirs() {
    let any = "{type: temporal, rules: [read, remove], group-by: [principal], timespan: 5m}";
    let ordered = any.replace("temporal", "temporal_ordered");
    let (forth, back) = ("0 a get x 200; 4 a delete x 200", "0 a delete x 200; 4 a get x 200");
    check(&[any], forth, &["c0 a: 2 2 0..4"]);
    check(&[any], back, &["c0 a: 2 2 0..4"]);
    check(&[&ordered], forth, &["c0 a: 2 2 0..4"]);
    check(&[&ordered], back, &[]);
    check(&[any, &ordered], "0 a get x 200; 6 a delete x 200", &[]);
    check(&[any, &ordered], "0 a get x 200; 4 b delete x 200", &[]);
}

#[test]
fn a_sequence_is_found_among_events_that_come_too_early_and_too_late() {
    let ordered = "{type: temporal_ordered, rules: [read, write, remove], timespan: 5m}";
    let lines = "0 a delete x 200; 1 a create x 200; 2 a get x 200; 3 a create x 200; 4 a delete x 200";
    check(&[ordered], lines, &["c0 : 5 3 0..4"]);
    // `delete` is both a write and a removal; one event is not two steps.
    check(&[ordered], "0 a get x 200; 1 a delete x 200", &[]);
}

#[test]
fn some_of_the_rules_suffice_where_the_condition_says_so() {
    let two = "{type: temporal, rules: [read, write, remove], timespan: 5m, condition: {gte: 2}}";
    check(&[two], "0 a get x 200; 1 a create x 200", &["c0 : 2 2 0..1"]);
    check(&[two], "0 a get x 200; 1 a get x 200", &[]);
}

#[test]
fn values_are_added_up_averaged_and_ranked() {
    let of = |kind: &str, more: &str| {
        format!(
            "{{type: {kind}, rules: [read], timespan: 5m, \
             condition: {{field: responseStatus.code, {more}}}}}"
        )
    };
    let lines = "0 a get x 100; 1 a get x 200; 2 a get x 300; 3 a get x 400";
    check(&[&of("value_sum", "gte: 1000")], lines, &["c0 : 4 1000 0..3"]);
    check(&[&of("value_sum", "gt: 1000")], lines, &[]);
    check(&[&of("value_avg", "eq: 250")], lines, &["c0 : 4 250 0..3"]);
    check(&[&of("value_avg", "lt: 250")], lines, &[]);
    check(&[&of("value_percentile", "percentile: 50, eq: 200")], lines, &["c0 : 4 200 0..3"]);
    check(&[&of("value_percentile", "percentile: 95, gte: 400")], lines, &["c0 : 4 400 0..3"]);
    check(&[&of("value_percentile", "percentile: 0, gte: 101")], lines, &[]);
}

#[test]
fn a_ratio_needs_enough_events() {
    let ratio = "{type: ratio, rules: [read, write], timespan: 10m, condition: {gte: 3, minimum: 3}}";
    check(&[ratio], "0 a get x 4; 1 a get x 4; 2 a get x 4; 3 a create x 2", &["c0 : 4 3 0..3"]);
    check(&[ratio], "0 a get x 4; 1 a get x 4; 2 a get x 4; 3 a create x 2; 4 a create x 2", &[]);
    check(&[ratio], "0 a get x 4; 1 a get x 4", &[]);
    check(&[ratio], "0 a get x 4; 1 a get x 4; 2 a get x 4", &["c0 : 3 3 0..2"]);
}

#[test]
fn more_than_usual_is_held_against_the_same_hour_of_other_weeks() {
    let more =
        "{type: more_than_usual, rules: [read], group-by: [principal], condition: {gte: 3, minimum: 4}}";
    let week = 7 * 24 * 60;
    let at = |week_number: i32, count: i32| {
        (0..count).map(move |n| format!("{} a get x 200", week_number * week + 600 + n)).collect::<Vec<_>>()
    };
    let weeks =
        |counts: [i32; 4]| (0..).zip(counts).flat_map(|(week, count)| at(week, count)).collect::<Vec<_>>();
    let odd = weeks([2, 2, 2, 6]).join(";");
    check(&[more], &odd, &["c0 a: 6 3 30840..30845"]);
    check(&[more], &weeks([2, 2, 2, 5]).join(";"), &[]);
    check(&[more], &weeks([5, 4, 5, 5]).join(";"), &[]);
    // Two weeks are too few to tell, and that is said.
    let rules = rules(&[more]);
    let mut state = State::new(&rules);
    observe_all(&rules, &[(0, "0 a get x 200"), (1, "20000 a get x 200")], &mut state);
    assert_eq!(state.findings(&rules, &["log"]).1, [true]);
}

const MORE: &str =
    "{type: more_than_usual, rules: [read], group-by: [principal], condition: {gte: 3, minimum: 4}}";

/// Reads of one hour of these weeks: so many by `a`, and two by `b`.
fn reads(counts: &[(i64, i64)]) -> Vec<String> {
    let one = |who: &str, week: i64, number: i64| {
        format!("{} {who} get x 200", week * 7 * 24 * 60 + 600 + number * 10)
    };
    let week = |(week, count): &(i64, i64)| {
        let own: Vec<String> = (0..*count).map(|number| one("a", *week, number)).collect();
        own.into_iter().chain((0..2).map(|number| one("b", *week, number))).collect::<Vec<_>>()
    };
    counts.iter().flat_map(week).collect()
}

/// What these lines make of a state.
fn state_of(rules: &RuleSet, lines: &[(usize, &str)]) -> State {
    let mut state = State::new(rules);
    observe_all(rules, lines, &mut state);
    state
}

fn numbered(lines: &[String]) -> Vec<(usize, &str)> {
    lines.iter().map(String::as_str).enumerate().collect()
}

#[test]
fn what_is_usual_is_learned_from_history_too() {
    let rules = rules(&[MORE]);
    let before = reads(&[(0, 2), (1, 2), (2, 2), (3, 1)]);
    let history = state_of(&rules, &numbered(&before)).history(&rules);
    let with = |count: i64, history: &History| {
        let lines = reads(&[(4, count)]);
        let mut state = state_of(&rules, &numbered(&lines));
        state.before = history.clone();
        let (found, cannot_tell) = state.findings(&rules, &["log"]);
        (found.iter().map(|one| shown(&rules, one)).collect::<Vec<_>>(), cannot_tell)
    };
    assert_eq!(with(6, &history), (vec!["c0 a: 6 3 40920..40970".to_owned()], vec![false]));
    assert_eq!(with(5, &history).0, Vec::<String>::new());
    assert_eq!(with(6, &History::default()), (Vec::new(), vec![true]));
}

/// What a correlation looks at may be another one, whose episodes are known when all is read.
#[test]
fn episodes_of_other_correlations_are_counted_as_history_too() {
    let rules =
        rules(&[THREE, "{type: more_than_usual, rules: [c0], group-by: [principal], condition: {gte: 2}}"]);
    let lines = ["0 a get x 200", "1 a get x 200", "2 a get x 200", "3 b get x 200"].map(str::to_owned);
    let mut state = state_of(&rules, &numbered(&lines));
    state.findings(&rules, &["log"]);
    let history = state.history(&rules);
    let groups: Vec<&Group> = history.counts().iter().flat_map(Counts::groups).collect();
    assert_eq!(groups, [&vec![Some("a".into())]]);
}

/// Weeks between two logs of which nothing is known are no weeks without events.
#[test]
fn what_nobody_looked_at_is_not_held_to_be_empty() {
    let rules = rules(&[MORE]);
    let lines = reads(&[(0, 5), (1, 5), (2, 5), (3, 5)]);
    let history = state_of(&rules, &numbered(&lines)).history(&rules);
    let late = reads(&[(20, 6)]);
    let mut state = state_of(&rules, &numbered(&late));
    state.before = history;
    assert_eq!(found(&rules, &mut state), Vec::<String>::new());
}

#[test]
fn counts_of_a_rule_that_says_something_else_now_are_no_history() {
    let old = rules(&[MORE]);
    let lines = reads(&[(0, 2), (1, 2), (2, 2), (3, 1)]);
    let history = state_of(&old, &numbered(&lines)).history(&old);
    let strangers = |text: &str| history.strangers(&rules(&[text]));
    // The threshold is no part of what is counted.
    assert_eq!(strangers(&MORE.replace("gte: 3", "gte: 9")), Vec::<u32>::new());
    assert_eq!(strangers(&MORE.replace("[read]", "[write]")), [3]);
    assert_eq!(strangers(&MORE.replace("[principal]", "[verb]")), [3]);
    assert_eq!(strangers(THREE), Vec::<u32>::new());
}

#[test]
fn correlations_look_at_correlations() {
    let then = "{type: temporal_ordered, rules: [c0, remove], group-by: [principal], timespan: 10m}";
    let lines = "0 a get x 200; 1 a get x 200; 2 a get x 200; 3 a delete x 200";
    check(&[THREE, then], lines, &["c1 a: 2 2 2..3"]);
    check(&[THREE, then], "0 a delete x 200; 1 a get x 200; 2 a get x 200; 3 a get x 200", &[]);
    let both = then.replace("timespan", "generate: true, timespan");
    check(&[THREE, &both], lines, &["c0 a: 3 3 0..2", "c1 a: 2 2 2..3"]);
    let count = "{type: value_count, rules: [c0], timespan: 1h, condition: {field: principal, gte: 2}}";
    let two = "0 a get x 200; 1 a get x 200; 2 a get x 200; 9 b get x 200; 9 b get y 200; 9 b get z 200";
    check(&[THREE, count], two, &["c1 : 2 2 2..9"]);
}

#[test]
fn aliases_join_fields_of_different_names_and_never_what_is_missing() {
    let join = "{type: temporal, rules: [read, remove], timespan: 5m, group-by: [it], \
                aliases: {it: {read: principal, remove: objectRef.name}}}";
    check(&[join], "0 a get x/b 200; 1 b delete x/a 200", &["c0 a: 2 2 0..1"]);
    check(&[join], "0 a get x 200; 1 b delete x 200", &[]);
}

#[test]
fn what_a_window_cannot_hold_is_told_and_changes_no_verdict() {
    let lines: Vec<String> = (0..200).map(|at| format!("0.{at:03} a get x 200")).collect();
    check(&[THREE], &lines.join(";"), &["c0 a: 64+ 64 0..0.063"]);
}

fn line() -> impl Strategy<Value = String> {
    let who = prop::sample::select(vec!["a", "b", "c", "d"]);
    let verb = prop::sample::select(vec!["get", "create", "delete"]);
    let stage = prop::sample::select(vec!["ResponseComplete", "ResponseStarted", "Panic"]);
    (0..60u32, who, verb, 0..4u32, 0..6u32, stage).prop_map(|(minute, who, verb, name, id, stage)| {
        format!("{minute} {who} {verb} x/{name} {name} =i{id} +{stage}")
    })
}

/// One of each way of keeping observations.
const ALL: [&str; 8] = [
    THREE,
    MORE,
    "{type: value_count, rules: [read], timespan: 9m, condition: {field: objectRef.name, gte: 3}}",
    "{type: temporal, rules: [read, remove], group-by: [principal], timespan: 5m}",
    "{type: temporal_ordered, rules: [c0, write, remove], group-by: [principal], timespan: 20m}",
    "{type: value_count, rules: [read, write], group-by: [verb], timespan: 1h, \
      condition: {field: [principal, objectRef.name], gte: 3}}",
    "{type: value_sum, rules: [read], timespan: 5m, condition: {field: responseStatus.code, gte: 9}}",
    "{type: ratio, rules: [read, write], group-by: [principal], timespan: 10m, condition: {gte: 2}}",
];

/// Those of the events that fall to one of several parts.
fn part<'l>(all: &[(usize, &'l str)], order: &[u32], (part, parts): (usize, usize)) -> Vec<(usize, &'l str)> {
    all.iter().copied().filter(|(at, _)| order[*at] as usize % parts == part).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However the events are ordered and parted, and however the parts are merged, written and read.
    #[test]
    fn the_same_comes_of_every_order_and_partition(
        lines in prop::collection::vec(line(), 0..120),
        order in prop::collection::vec(any::<u32>(), 120),
        parts in 1..5usize,
        limit in prop::sample::select(vec![10usize, 40, 1 << 20]),
    ) {
        let rules = rules(&ALL);
        let mut all: Vec<(usize, &str)> = lines.iter().map(String::as_str).enumerate().collect();
        let mut whole = State::bounded(&rules, limit, limit / 6);
        // Written down one by one, nothing is left out beforehand.
        observe_by(&rules, &all, &mut whole, Notes::all);
        all.sort_by_key(|(at, _)| order[*at]);
        let mut merged = State::bounded(&rules, limit, limit / 6);
        for number in 0..parts {
            let own = part(&all, &order, (number, parts));
            let mut state = State::bounded(&rules, limit, limit / 6);
            observe_all(&rules, &own, &mut state);
            merged.merge(State::read(&state.write().unwrap(), &rules).unwrap());
        }
        prop_assert_eq!(found(&rules, &mut whole), found(&rules, &mut merged));
        prop_assert_eq!(whole.dropped(&rules).collect::<Vec<_>>(), merged.dropped(&rules).collect::<Vec<_>>());
        prop_assert_eq!(whole.write().unwrap(), merged.write().unwrap());
    }

    /// However workers share the events, and whatever each has handed over before the end: of what is left, groups
    /// that cannot count are left out.
    #[test]
    fn what_is_left_out_changes_nothing(
        lines in prop::collection::vec(line(), 0..120),
        order in prop::collection::vec(any::<u32>(), 120),
        workers in 1..4usize,
        early in 1..30u32,
        limit in prop::sample::select(vec![10usize, 200, 1 << 20]),
    ) {
        let rules = rules(&ALL);
        let all: Vec<(usize, &str)> = lines.iter().map(String::as_str).enumerate().collect();
        let mut whole = State::bounded(&rules, limit, limit / 6);
        observe_by(&rules, &all, &mut whole, Notes::all);
        let mut gathered = State::bounded(&rules, limit, limit / 6);
        let worker = |worker: usize| {
            let own = part(&all, &order, (worker, workers));
            let (mut state, mut seen) = (State::bounded(&rules, limit, limit / 6), 0);
            let hand_over = |notes: &mut Notes| {
                seen += 1;
                if seen % early == 0 { notes.all() } else { notes.written() }
            };
            let notes = noted(&rules, &own, &mut state, hand_over);
            (notes, state)
        };
        let shared: Vec<(Notes, State)> = (0..workers).map(worker).collect();
        shared.iter().for_each(|(_, own)| gathered.add_span(own.span));
        gathered.gather(shared, &rules);
        prop_assert_eq!(found(&rules, &mut whole), found(&rules, &mut gathered));
        prop_assert_eq!(whole.dropped(&rules).collect::<Vec<_>>(), gathered.dropped(&rules).collect::<Vec<_>>());
    }
}

#[test]
fn groups_that_cannot_count_are_not_written_down() {
    let rules = rules(&["{type: temporal, rules: [read, remove], group-by: [principal], timespan: 5m}"]);
    let lines: Vec<String> = (0..50).map(|at| format!("{at} user{at} get pods 200")).collect();
    let last = ["60 user7 delete pods 200", "3 user7 get pods 200", "61 user7 get pods 200"];
    let lines: Vec<(usize, &str)> = lines.iter().map(String::as_str).chain(last).enumerate().collect();
    let mut own = State::new(&rules);
    let notes = noted(&rules, &lines, &mut own, Notes::hand_over);
    let mut state = State::new(&rules);
    state.gather(vec![(notes, own)], &rules);
    // Two rules, and of each no more than what one user did in four frames.
    assert!((4..=16).contains(&state.count()), "{}", state.count());
    assert_eq!(found(&rules, &mut state), ["c0 user7: 2 2 60..61"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However earlier logs are parted, and in whatever order their histories are written, read and merged.
    #[test]
    fn history_stands_for_the_logs_that_it_was_made_of(
        counts in prop::collection::vec((0..6i64, 0..9i64), 1..12),
        order in prop::collection::vec(any::<u32>(), 200),
        parts in 1..5usize,
    ) {
        let rules = rules(&[MORE]);
        let (before, now) = (reads(&counts), reads(&[(6, 7)]));
        let before: Vec<(usize, &str)> = numbered(&before);
        let all: Vec<(usize, &str)> =
            before.iter().copied().chain(numbered(&now).into_iter().map(|(at, line)| (at + 1000, line))).collect();
        let mut histories: Vec<(u32, History)> = Vec::new();
        for number in 0..parts {
            let own = part(&before, &order, (number, parts));
            let mut state = state_of(&rules, &own);
            // Each part was cut from a log that reaches over all weeks.
            state.add_span(state_of(&rules, &all).span);
            let mut history = History::default();
            for counts in state.history(&rules).counts() {
                history.add(serde_json::from_str(&serde_json::to_string(counts).unwrap()).unwrap());
            }
            histories.push((order[number], history));
        }
        let merged = |histories: &[(u32, History)]| {
            let mut merged = History::default();
            histories.iter().for_each(|(_, history)| merged.merge(history.clone()));
            merged
        };
        let forth = merged(&histories);
        histories.sort_by_key(|(at, _)| *at);
        prop_assert_eq!(&forth, &merged(&histories));
        let mut whole = state_of(&rules, &all);
        let mut late = state_of(&rules, &numbered(&now));
        late.before = forth;
        let mut expected = found(&rules, &mut whole);
        expected.retain(|line| line.ends_with("..61130"));
        prop_assert_eq!(found(&rules, &mut late), expected);
    }
}

#[test]
fn a_state_of_other_rules_or_another_version_is_refused() {
    let (one, other) = (rules(&[THREE]), rules(&[THREE, THREE]));
    let text = State::new(&one).write().unwrap();
    assert!(State::read(&text, &one).is_ok());
    assert!(State::read(&text, &other).unwrap_err().contains("other rules"));
    assert!(
        State::read(&text.replace("\"version\":2", "\"version\":9"), &one).unwrap_err().contains("version 9")
    );
    assert!(State::read("{", &one).is_err());
}
