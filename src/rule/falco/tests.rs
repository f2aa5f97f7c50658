//! Files of `testdata/falco`, every field and every operator.

use super::*;
use crate::envelope::Lacks;
use crate::event::Decoder;
use crate::rule::{Collection, Expr, Lists, Matcher, RuleSet, Severity, Stages, golden, load};
use serde_json::{Value, json};

#[test]
fn rules_files_are_understood_as_expected() {
    assert!(golden::files("falco").len() > 11);
    golden::hold("falco");
}

fn load(texts: &[&str]) -> Collection {
    let files = (1..).zip(texts).map(|(at, text)| (format!("rules-{at}.yaml"), text.as_bytes().to_vec()));
    load::read_texts(&files.collect::<Vec<_>>(), Lists::builtin())
}

fn rule(condition: &str) -> String {
    let rule = json!({"rule": "r", "desc": "d", "output": "o", "priority": "INFO", "source": "k8s_audit",
        "condition": condition});
    json!([rule]).to_string()
}

fn when(condition: &str) -> Expr {
    let Collection { rules, found } = load(&[&rule(condition)]);
    assert!(found.iter().all(|found| found.severity < Severity::Error), "{condition}: {found:?}");
    rules.into_iter().next().unwrap().rule.when
}

fn holds(condition: &str, event: &Value) -> bool {
    let rules = load(&[&rule(condition)]).rules.into_iter().map(|loaded| loaded.rule).collect::<Vec<_>>();
    assert_eq!(rules.len(), 1, "{condition}");
    let set = RuleSet::compile(rules, Stages::EveryRecord);
    let (record, mut decoder, mut hit) = (event.to_string(), Decoder::default(), false);
    let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
    Matcher::new(&set).matches(&event, Lacks::NOTHING, |_, _| hit = true);
    hit
}

fn lines(name: &str) -> Vec<Value> {
    let path = format!("{}/testdata/falco/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Each line has a field, its only value in the event, and the event.
#[test]
fn every_field_is_asked() {
    let lines = lines("fields.jsonl");
    let bare = json!({"level": "Metadata", "stage": "", "auditID": ""});
    for line in &lines {
        let (field, event) = (line["field"].as_str().unwrap(), &line["event"]);
        let value = line["value"].to_string();
        let mut asked = vec![
            (format!("{field} exists"), true, false),
            (format!("{field} in ({value}, zz9)"), true, false),
            (format!("{field} in (zz9)"), false, false),
            (format!("{field} intersects ({value})"), true, false),
            (format!("not {field} intersects ({value})"), false, true),
            (format!("{field} = {value}"), true, false),
            (format!("{field} != {value}"), false, false),
        ];
        // The bare event has some fields, for otherwise it were none.
        let on_bare = !["ka.auditid", "ka.stage", "json.value[/stage]"].contains(&field);
        asked.retain(|(condition, ..)| on_bare || !condition.contains("exists") && !condition.contains("!="));
        for (condition, on_event, on_bare) in asked {
            assert_eq!(holds(&condition, event), on_event, "{condition} in {event}");
            assert_eq!(holds(&condition, &bare), on_bare, "{condition} in {bare}");
        }
    }
    let asked: Vec<&str> =
        lines.iter().map(|line| line["field"].as_str().unwrap().split('[').next().unwrap()).collect();
    let constant =
        ["evt.", "jevt.obj", "jevt.rawtime", "jevt.time", "json.obj", "json.rawtime", "ka.cluster.name"];
    for name in field_names().filter(|name| !constant.iter().any(|other| name.starts_with(other))) {
        assert!(asked.contains(&name), "no test asks for {name}");
    }
}

#[test]
fn every_operator_is_asked() {
    let (lines, mut wrong) = (lines("conditions.jsonl"), Vec::new());
    for line in &lines {
        let condition = line["if"].as_str().unwrap();
        if holds(condition, &line["event"]) != line["holds"].as_bool().unwrap() {
            wrong.push(line.to_string());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (name, _) in operator::OPERATORS {
        let word = |text: &str| text.split([' ', '(']).any(|word| word == *name) || text.contains(name);
        let asked = |wanted: bool| {
            lines.iter().any(|line| word(line["if"].as_str().unwrap()) && line["holds"] == wanted)
        };
        assert!(asked(true) && asked(false), "{name} is not tried both ways");
    }
}

#[test]
fn files_add_to_each_other_in_their_order() {
    let base = "[{list: users, items: [jane]}, {macro: m, condition: ka.user.name in (users)}, \
        {rule: r, desc: d, output: o, priority: INFO, source: k8s_audit, condition: m and ka.verb=get}]";
    let local = "[{list: users, append: true, items: [joe]}, {rule: r, append: true, condition: 'and ka.stage=Panic'}]";
    let both = load(&[base, local]);
    assert!(both.found.is_empty(), "{:?}", both.found);
    assert_eq!(
        both.rules[0].rule.when,
        when("ka.user.name in (jane, joe) and ka.verb=get and ka.stage=Panic")
    );
    let wrong = load(&[local, base]);
    assert!(
        wrong.found.iter().all(|found| found.at.file == "rules-1.yaml" && found.mend.contains("--rules"))
    );
    assert_eq!(wrong.found.len(), 2);
}

#[test]
fn mistakes_of_appended_text_are_shown_where_it_stands() {
    let base = rule("ka.verb=get");
    let local = "# a comment\n- rule: r\n  append: true\n  condition: and ka.wrong=1\n";
    let found = load(&[&base, local]).found;
    let place = (found[0].at.file.as_str(), found[0].at.line, found[0].at.column);
    assert_eq!(place, ("rules-2.yaml", 4, 18), "{found:?}");
}

#[test]
fn hostile_files_do_no_harm() {
    let doubling = |name: &str, join: &str, first: &str| -> String {
        let mut text = format!("- {name}: x0\n  {first}\n");
        for at in 1..60 {
            let one = format!("x{}", at - 1);
            text += &match name {
                "list" => format!("- list: x{at}\n  items: [{one}, y{at}, {one}]\n"),
                _ => format!(
                    "- macro: x{at}\n  condition: ({one} {join} ka.user.name=u{at}) or ({one} and ka.uri=v{at})\n"
                ),
            };
        }
        text
    };
    let macros = doubling("macro", "and", "condition: ka.verb=get") + &rule_yaml("x59");
    assert!(load(&[&macros]).found.iter().any(|found| found.text.contains("too large")));
    let lists = doubling("list", "", "items: [a]") + &rule_yaml("ka.verb in (x59)");
    assert_eq!(load(&[&lists]).rules.len(), 1);
    for condition in [
        "not ".repeat(10_000),
        "(".repeat(10_000),
        "ka.verb=get and ".repeat(10_000),
        "tolower(".repeat(9_999),
    ] {
        load(&[&rule(&format!("{condition}ka.verb=get"))]);
    }
    let chain: String =
        (0..500).map(|at| format!("- macro: x{at}\n  condition: x{} and ka.verb=v{at}\n", at + 1)).collect();
    load(&[&(chain + &rule_yaml("x0"))]);
}

fn rule_yaml(condition: &str) -> String {
    format!(
        "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  source: k8s_audit\n  condition: {condition}\n"
    )
}

#[test]
fn textual_appending_binds_as_it_reads() {
    let base = "[{macro: m, condition: ka.verb=a or ka.verb=b}, {macro: m, append: true, condition: and ka.uri=c}, \
        {rule: r, desc: d, output: o, priority: INFO, source: k8s_audit, condition: m}]";
    assert_eq!(load(&[base]).rules[0].rule.when, when("ka.verb=a or (ka.verb=b and ka.uri=c)"));
}
