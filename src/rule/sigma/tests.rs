//! Each `testdata/sigma/*.yml` is loaded, and what comes of it compared with the file `.expected` beside it:
//! every rule as it was understood, and every diagnostic. `BLESS=1 cargo test sigma` writes those files anew;
//! read the difference before you commit it.

use super::*;
use crate::rule::{Expr, Kind, Level, Role, Targets, render};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn cases() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/sigma");
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "yml")).collect();
    paths.sort();
    paths
}

fn shown(text: &str, file: &str) -> String {
    let (rules, wrong) = load(text, file);
    let mut shown = String::new();
    for loaded in &rules {
        let meta = &loaded.rule.meta;
        let (what, when) = match &loaded.role {
            Role::Detection => ("", loaded.rule.when.to_string()),
            Role::Correlation(correlation) => ("", correlation.to_string()),
            Role::Filter(targets) => ("filter of ", format!("{} {}", names(targets), loaded.rule.when)),
        };
        writeln!(shown, "{what}{} ({}, line {}): {when}", meta.id, meta.level, meta.line).unwrap();
        loaded.warnings.iter().for_each(|warning| writeln!(shown, "\n{warning}").unwrap());
    }
    if !wrong.is_empty() {
        let gap = if rules.is_empty() { "" } else { "\n" };
        writeln!(shown, "{gap}{}", render(&wrong)).unwrap();
    }
    shown
}

fn names(targets: &Targets) -> String {
    match targets {
        Targets::Any => "any:".to_owned(),
        Targets::Named(named) => named.iter().map(|rule| format!("{}: ", rule.name)).collect(),
    }
}

#[test]
fn files_are_understood_as_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    let cases = cases();
    assert!(cases.len() > 50, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for path in cases {
        let name = path.file_name().unwrap().to_str().unwrap();
        let shown = shown(&std::fs::read_to_string(&path).unwrap(), name);
        let beside = path.with_extension("expected");
        if bless {
            std::fs::write(beside, shown).unwrap();
        } else if std::fs::read_to_string(beside).unwrap_or_default() != shown {
            wrong.push(format!("== {name}\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "not as expected:\n{}", wrong.join("\n"));
}

/// Names say what is to come of a file: `error-*` gives no rule, everything else gives only rules.
#[test]
fn only_files_named_so_are_refused() {
    for path in cases() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let (rules, wrong) = load(&std::fs::read_to_string(&path).unwrap(), name);
        let refused = name.starts_with("error-");
        assert_eq!(!wrong.is_empty(), refused, "{name}: {wrong:?}");
        assert_eq!(rules.is_empty(), refused && !name.contains("one-of"), "{name}");
    }
}

fn rule(detection: &str) -> String {
    format!("title: t\nname: n\nlevel: low\nlogsource:\n  product: kubernetes\ndetection:\n{detection}")
}

#[test]
fn what_a_rule_says_of_itself_is_kept() {
    let text = "\
title: Somebody ran a command in a pod
name: exec-into-pod
id: 0b8f1f4e-0000-4000-8000-000000000001
status: stable
description: |
  Two
  lines
author: us
references: [https://kubernetes.io]
falsepositives:
  - Debugging
tags: [attack.execution, attack.t1609]
next:
  - Look at the command
level: critical
custom: {anything: goes}
logsource: {product: kubernetes, service: audit}
detection:
  it: {verb: get}
  condition: it
";
    let (rules, wrong) = load(text, "a.yml");
    assert!(wrong.is_empty() && rules[0].warnings.is_empty(), "{rules:?} {wrong:?}");
    let meta = &rules[0].rule.meta;
    assert_eq!((meta.id.as_str(), meta.source.as_str(), meta.line), ("exec-into-pod", "a.yml", 1));
    assert_eq!((meta.level, meta.status.name(), meta.author.as_str()), (Level::Critical, "stable", "us"));
    assert_eq!((meta.description.as_str(), meta.next.len()), ("Two\nlines", 1));
    assert_eq!(meta.false_positives, ["Debugging"]);
    assert_eq!(meta.techniques().collect::<Vec<_>>(), ["T1609"]);
    assert_eq!(rules[0].names.len(), 2);
}

#[test]
fn deep_and_long_conditions_do_no_harm() {
    let detections = ["not ".repeat(10_000), "(".repeat(10_000), "it and ".repeat(10_000)];
    for condition in detections {
        load(&rule(&format!("  it: {{verb: get}}\n  condition: {condition}it\n")), "a.yml");
    }
    load(&rule(&format!("  it: {}", "[".repeat(100_000))), "a.yml");
    load(&rule(&format!("  it:\n    verb: '{}a'\n  condition: it\n", "*a".repeat(5_000))), "a.yml");
}

#[test]
fn equal_detections_give_equal_conditions() {
    let one = rule("  a: {verb: get}\n  b: {level: Request}\n  condition: a and b\n");
    let other = rule("  a: {verb: get, level: Request}\n  condition: a\n");
    let when = |text: &str| -> Expr { load(text, "a.yml").0.remove(0).rule.when };
    assert_eq!(when(&one), when(&other));
}

fn all_cases() -> String {
    let texts = cases().into_iter().map(|path| std::fs::read_to_string(path).unwrap());
    texts.collect::<Vec<_>>().join("---\n")
}

#[test]
fn every_modifier_and_every_kind_of_correlation_has_a_case() {
    let is_meant = |path: &&PathBuf| !path.file_name().unwrap().to_str().unwrap().starts_with("error-");
    let texts: String =
        cases().iter().filter(is_meant).map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let has = |word: &str, after: char| {
        texts
            .split(after)
            .skip(1)
            .any(|text| text.trim_start().split(['|', ':', ',', '\n', '}']).next() == Some(word))
    };
    for name in modifier::names() {
        assert!(has(name, '|'), "no case has the modifier {name}");
    }
    for kind in Kind::ALL {
        assert!(has(kind.name(), ':'), "no case is of the kind {}", kind.name());
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,200}") {
        load(&text, "a.yml");
        load(&rule(&format!("  it: {text}\n  condition: it")), "a.yml");
        load(&rule(&format!("  it: {{verb: get}}\n  condition: '{text}'")), "a.yml");
        load(&rule(&format!("  it:\n    ? {text:?}\n    : {text:?}\n  condition: it")), "a.yml");
    }

    /// Valid rules with some characters replaced, doubled or cut out.
    #[test]
    fn mutated_rules_never_panic(
        start in 0.0..1.0,
        edits in prop::collection::vec((0..400usize, "[-|*?\\\\%:'\"\\[\\]{}&!> \\n\\ta0ö]{0,3}", 0..4usize), 1..6),
    ) {
        static ALL: std::sync::LazyLock<Vec<char>> = std::sync::LazyLock::new(|| all_cases().chars().collect());
        // A window, as the whole would take long.
        let from = (start * ALL.len() as f64) as usize;
        let mut text: Vec<char> = ALL[from..].iter().take(600).copied().collect();
        for (at, put, cut) in edits {
            let at = at.min(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, put.chars());
        }
        load(&text.into_iter().collect::<String>(), "a.yml");
    }
}
