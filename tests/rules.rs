//! The rules that the program brings along.

use crate::harness::Test;
use crate::sample::{content, root, walk};
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
    let mut test = Test::new("rules test").arg(root().join("rules"));
    for path in walk(&root().join("testdata/lists")) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        test = test.arg(format!("--list={name}={}", path.display()));
    }
    let ran = test.run();
    let closing = format!("{} rules passed, 0 failed, 0 without events\n", rule_files().len());
    assert_eq!(ran.stdout, closing);
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
