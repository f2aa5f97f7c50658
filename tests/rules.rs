//! The rules that the program brings along.

use crate::harness::Test;
use crate::sample::{content, root, walk};
use serde_json::Value;
use std::path::PathBuf;

/// Each rule file below `rules/`, without its extension.
fn rule_files() -> Vec<PathBuf> {
    let files = walk(&root().join("rules")).into_iter();
    files
        .filter(|path| path.extension().is_some_and(|end| end == "yml"))
        .map(|path| path.with_extension(""))
        .collect()
}

#[test]
fn every_rule_has_events_that_it_is_for_and_events_that_it_leaves_alone() {
    let files = rule_files();
    assert!(files.len() > 50, "{}", files.len());
    for file in files {
        for ending in ["hits.jsonl", "misses.jsonl"] {
            let events = content(&file.with_extension(ending));
            assert!(!events.trim_ascii().is_empty(), "{}", file.display());
        }
    }
}

#[test]
fn no_events_lie_beside_a_rule_that_is_gone() {
    for path in walk(&root().join("rules")) {
        let text = path.display().to_string();
        if let Some(stem) = text.strip_suffix(".hits.jsonl").or(text.strip_suffix(".misses.jsonl")) {
            assert!(PathBuf::from(format!("{stem}.yml")).exists(), "{text}");
        }
    }
}

#[test]
fn every_rule_passes_its_own_test() {
    let ran = Test::new("rules test").arg(root().join("rules")).run();
    let closing = format!("{} rules passed, 0 failed, 0 without events\n", rule_files().len());
    assert_eq!(ran.stdout, closing);
}

/// Without the lists that its examples are made for, a rule fails, and is told why.
#[test]
fn a_rule_that_waits_for_a_list_says_which_when_its_examples_fail() {
    let of = |ending: &str| content(&root().join("rules/workload/image-off-list").with_extension(ending));
    let test = || {
        let test = Test::new("rules test mine.yml").file("mine.yml", of("yml"));
        test.file("mine.hits.jsonl", of("hits.jsonl")).file("all.txt", "*\n")
    };
    let ran = test().status(1).run();
    assert!(
        ran.stdout.contains("which decide what matches: allowed-registries (--list NAME=FILE)"),
        "{}",
        ran.stdout
    );
    test().file("mine.allowed-registries.txt", of("allowed-registries.txt")).run();
    // What the user names counts for more.
    let named = test().file("mine.allowed-registries.txt", of("allowed-registries.txt"));
    named.arg("--list=allowed-registries=all.txt").status(1).run();
}

/// A file that is empty may be the wrong one: silence would look like a scan with its rules.
#[test]
fn a_file_without_rules_is_told() {
    for command in [
        "rules lint empty.yml",
        "scan --rules empty.yml audit.log",
        "baseline build --out b.kbl --rules empty.yml audit.log",
    ] {
        let ran = Test::new(command).file("empty.yml", "# nothing yet\n").file("audit.log", "").run();
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("empty.yml:1:1") && said.contains("holds no rules"), "{command}: {said}");
    }
}

#[test]
fn no_rule_gives_cause_for_doubt() {
    let ran = Test::new("rules lint").arg(root().join("rules")).run();
    assert!(ran.stdout.ends_with("0 errors, 0 warnings\n"), "{}", ran.stdout);
}

/// The rules of a list: how bad, the worst being 0, and id.
fn listed(list: &str) -> Vec<(usize, String)> {
    let level = |word: &str| {
        ["critical", "high", "medium", "low", "informational"].iter().position(|name| *name == word)
    };
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        Some((level(words.next()?)?, words.next()?.to_owned()))
    };
    list.lines().filter_map(row).collect()
}

#[test]
fn the_list_names_every_rule_with_its_level_the_worst_first() {
    let ran = Test::new("rules list").run();
    let rules = listed(&ran.stdout);
    assert!(ran.stdout.contains(&format!("{} rules", rule_files().len())), "{}", ran.stdout);
    assert_eq!(rules.len(), rule_files().len());
    assert!(rules.is_sorted_by_key(|(level, _)| *level), "{}", ran.stdout);
    assert!(ran.stdout.lines().any(|line| line.contains("exec-into-pod") && line.contains("T1609")));
}

#[test]
fn every_listed_rule_can_be_shown_and_says_what_to_check_next() {
    for (_, id) in listed(&Test::new("rules list").run().stdout) {
        let shown = Test::new(&format!("rules show {id}")).run().stdout;
        assert!(shown.contains(&id) && shown.contains("What to check next"), "{id}");
    }
}

#[test]
fn rules_of_the_user_are_listed_beside_the_built_in_ones_or_alone() {
    let ids = |flags: &str| {
        let test =
            Test::new(&format!("rules list {flags}")).file("rules/mine.yml", crate::sample::rule("high"));
        let ids = listed(&test.run().stdout).into_iter().map(|(_, id)| id);
        ids.collect::<Vec<_>>()
    };
    let both = ids("--rules rules");
    assert!(both.contains(&"deletion".to_owned()) && both.contains(&"exec-into-pod".to_owned()));
    assert_eq!(ids("--rules rules --no-builtin"), ["deletion"]);
    let shown =
        Test::new("rules show deletion --rules mine.yml").file("mine.yml", crate::sample::rule("high")).run();
    assert!(shown.stdout.contains("mine.yml:1"), "{}", shown.stdout);
}

/// Everything that a rule says of itself reaches machines too.
#[test]
fn findings_name_the_techniques_and_show_the_fields_of_their_rule() {
    let ran = Test::new("scan -q -o ndjson audit.log")
        .file("audit.log", crate::sample::exec("x", serde_json::json!({})))
        .run();
    let found = ran.values();
    let exec = found.iter().find(|finding| finding["rule"]["id"] == "exec-into-pod").unwrap();
    assert_eq!(exec["rule"]["techniques"], serde_json::json!(["T1609"]));
    assert_eq!(exec["level"], exec["rule"]["level"]);
    assert_eq!(exec["fields"], serde_json::json!({"command": ["sh"]}));
}

/// What an auditor asks for, and what an investigator wants to see of the event at a glance.
#[test]
fn every_rule_names_clauses_of_standards_and_what_its_findings_show() {
    let (mut shown, mut correlations) = (0, 0);
    for (_, id) in listed(&Test::new("rules list").run().stdout) {
        let text = Test::new(&format!("rules show {id}")).run().stdout;
        let has = |row: &str| text.lines().any(|line| line.starts_with(row));
        assert!(has("compliance "), "{text}");
        shown += usize::from(has("shows "));
        correlations += usize::from(has("correlates "));
    }
    // The secrets in a ConfigMap are the one thing that no finding should show.
    assert_eq!(shown + correlations + 1, rule_files().len());
}

/// What a rule must say of itself, so that somebody who is woken by it knows what to do.
#[test]
fn every_rule_says_why_it_matters_what_else_it_may_be_and_what_to_do_next() {
    let list: Value = serde_json::from_str(&Test::new("rules list -o json").run().stdout).unwrap();
    let rules = list["rules"].as_array().unwrap();
    assert_eq!(rules.len(), rule_files().len());
    for file in rule_files() {
        let text = String::from_utf8(content(&file.with_extension("yml"))).unwrap();
        let text = text.split("\n---\n").next().unwrap();
        let has = |key: &str| text.lines().any(|line| line.starts_with(key));
        for key in ["title:", "id:", "name:", "status:", "falsepositives:", "level:", "next:", "  - attack.t"]
        {
            assert!(has(key), "{}: {key}", file.display());
        }
        // What happened, and why that matters.
        let said: String =
            text.split("description: >-").nth(1).unwrap().split("\nauthor:").next().unwrap().into();
        let sentences = said.split_whitespace().filter(|word| word.ends_with(['.', ':', ';']));
        assert!(sentences.count() > 1, "{}: {said}", file.display());
    }
}
