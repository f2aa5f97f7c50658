//! Exit codes, and what is said of mistakes.

use crate::harness::Test;
use crate::sample::{event, exec, gz, rule};
use kaudit::envelope::FORMATS;
use serde_json::json;

fn deletion() -> String {
    event("a-deletion", json!({"verb": "delete"}))
}

/// A scan for deletions in `audit.log`, with a rule of this level.
fn scan(flags: &str, level: &str, log: impl AsRef<[u8]>) -> Test {
    Test::new(&format!("scan -q audit.log --no-builtin --rules deletion.yml -o ndjson {flags}"))
        .file("deletion.yml", rule(level))
        .file("audit.log", log)
}

/// The log, and the first half of one more line.
fn cut(log: &str) -> String {
    let more = event("cut", json!({}));
    format!("{log}{}", &more[..more.len() / 2])
}

#[test]
fn a_scan_exits_with_0_whether_or_not_it_finds_something() {
    assert_eq!(scan("", "high", deletion()).run().rule_ids(), ["deletion"]);
    assert_eq!(scan("", "high", event("a-get", json!({}))).run().stdout, "");
}

#[test]
fn fail_on_turns_findings_of_that_level_and_above_into_1() {
    for (level, fail_on, status) in [
        ("high", "medium", 1),
        ("high", "high", 1),
        ("high", "critical", 0),
        ("informational", "informational", 1),
        ("low", "medium", 0),
    ] {
        scan(&format!("--fail-on {fail_on}"), level, deletion()).status(status).run();
    }
    scan("--fail-on informational", "high", event("a-get", json!({}))).run();
}

#[test]
fn fail_on_refuses_levels_that_do_not_exist() {
    scan("--fail-on terrible", "high", deletion()).status(2).says("terrible").run();
}

#[test]
fn lost_input_exits_with_3_unless_that_is_allowed() {
    let log = cut(&deletion());
    let ran = scan("", "high", &log).status(3).run();
    assert_eq!(ran.rule_ids(), ["deletion"], "what could be read is reported");
    scan("--allow-partial", "high", &log).run();
}

#[test]
fn a_finding_counts_for_more_than_lost_input() {
    scan("--fail-on high", "high", cut(&deletion())).status(1).run();
    scan("--fail-on high --allow-partial", "high", cut(&deletion())).status(1).run();
    scan("--fail-on high", "low", cut(&deletion())).status(3).run();
}

#[test]
fn a_gzip_file_that_breaks_off_is_lost_input() {
    let log: String = (0..2000).map(|at| event(&format!("id-{at}"), json!({"verb": "delete"}))).collect();
    let whole = gz(log);
    let ran = scan("", "high", &whole[..whole.len() / 2]).status(3).run();
    let found = ran.rule_ids().len();
    assert!((100..2000).contains(&found), "{found}");
    scan("--allow-partial", "high", &whole[..whole.len() / 2]).run();
    assert_eq!(scan("", "high", &whole).run().rule_ids().len(), 2000);
}

#[test]
fn lost_input_is_told_with_its_place() {
    let test = Test::new("scan audit.log").file("audit.log", cut(&deletion())).status(3);
    test.says("1 record could not be read (cut off): audit.log:2").says("--allow-partial").run();
}

#[test]
fn records_of_something_else_are_no_loss() {
    let log = format!("{}{{\"message\":\"hello\"}}\n", deletion());
    scan("", "high", log).run();
}

#[test]
fn hunt_answers_like_grep() {
    let hunt = |flags: &str| {
        Test::new(&format!("hunt -q audit.log -o ndjson {flags}")).file("audit.log", deletion())
    };
    assert_eq!(hunt("--verb delete").run().audit_ids(), ["a-deletion"]);
    assert_eq!(hunt("--verb create").status(1).run().stdout, "");
    hunt("--verb create missing.log").status(2).says("missing.log").run();
    hunt("--code none").status(2).says("--code").run();
}

#[test]
fn a_hunt_that_found_nothing_in_half_a_log_does_not_say_that_there_is_nothing() {
    let hunt = |flags: &str| {
        Test::new(&format!("hunt -q audit.log -o ndjson {flags}")).file("audit.log", cut(&deletion()))
    };
    // Both with a condition whose text is searched for before parsing, and with one that has none.
    for none in ["--principal nobody", "--code 599"] {
        hunt(none).status(2).says("part of the input could not be read").run();
    }
    for all in ["--principal jane", "--code 200"] {
        // What stands before the cut is read as an event too.
        let ids = hunt(all).run().audit_ids();
        assert_eq!(ids.first().map(String::as_str), Some("a-deletion"), "{ids:?}");
    }
    Test::new("hunt -v audit.log --principal nobody")
        .file("audit.log", cut(&deletion()))
        .status(2)
        .says("1 record could not be read (cut off): audit.log:2")
        .run();
}

#[test]
fn a_last_line_without_end_is_whole_and_found_once() {
    for flags in ["--principal jane", "--code 200"] {
        let log = event("first", json!({})) + &deletion();
        let test =
            Test::new(&format!("hunt -q audit.log -o ndjson {flags}")).file("audit.log", log.trim_end());
        let ran = test.run();
        assert_eq!(ran.audit_ids(), ["first", "a-deletion"]);
        assert_eq!(ran.values()[1]["kaudit"]["line"], 2);
    }
    let none = Test::new("hunt -q audit.log --principal nobody").file("audit.log", deletion().trim_end());
    none.status(1).run();
}

#[test]
fn search_is_another_word_for_hunt() {
    Test::new("search -q audit.log --verb delete").file("audit.log", deletion()).run();
}

#[test]
fn wrong_usage_gives_one_clear_error() {
    for (args, says) in [
        ("scan --colour", "--colour"),
        ("scan -o yaml audit.log", "yaml"),
        ("frobnicate", "frobnicate"),
        ("scan --threads 0 audit.log", "--threads: at least 1"),
        ("scan --threads many audit.log", "many"),
        ("scan --tz Nowhere/Land audit.log", "--tz: `Nowhere/Land` is no time zone"),
        ("scan --since yesterday audit.log", "--since: `yesterday` is no time"),
        ("scan --until 25h:00 audit.log", "--until: `25h:00` is no time"),
        ("scan --cluster-from ( audit.log", "--cluster-from: "),
        ("scan --cluster a --cluster-from b audit.log", "--cluster-from"),
        ("scan --no-builtin audit.log", "no rules: --no-builtin leaves none"),
        ("scan --force audit.log", "--out"),
        ("scan -q -v audit.log", "--verbose"),
        ("scan --width 3 audit.log", "--width"),
        ("hunt --stage Done audit.log", "--stage: "),
        ("hunt --ip 10.0.0.0/99 audit.log", "10.0.0.0/99"),
        ("hunt --where verb==", "--where:1:"),
        ("rules show nothing-like-this", "no rule is called `nothing-like-this`"),
        ("rules lint missing.yml", "missing.yml"),
        ("rules", "Usage"),
        ("completions tcsh", "tcsh"),
    ] {
        let test = Test::new(args).file("audit.log", deletion()).status(2).says(says);
        assert_eq!(test.run().stdout, "", "kaudit {args}");
    }
}

#[test]
fn an_unknown_field_is_shown_where_it_stands() {
    let test = Test::new("hunt -q audit.log --where")
        .arg("verb=get and usr.name=jane")
        .file("audit.log", deletion());
    let ran = test.status(2).says("usr.name").run();
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let shown = lines.iter().position(|line| line.contains("verb=get and usr.name=jane")).unwrap();
    let column = lines[shown].find("usr.name").unwrap();
    assert_eq!(lines[shown + 1].find('^'), Some(column), "{}", ran.stderr);
    assert_eq!(lines[shown + 1].matches('^').count(), "usr.name".len(), "{}", ran.stderr);
}

#[test]
fn input_that_does_not_exist_is_named() {
    for args in ["scan -q missing.log", "hunt -q missing.log", "scan -q missing/", "scan -q logs/*.log"] {
        let name = args.split(' ').nth(2).unwrap();
        Test::new(args).status(2).says(name).run();
    }
    Test::new("scan -q audit.log/below")
        .file("audit.log", deletion())
        .status(2)
        .says("audit.log/below")
        .run();
}

#[test]
fn one_missing_input_stops_the_run_before_it_begins() {
    let test = Test::new("scan -q audit.log missing.log").file("audit.log", deletion());
    assert_eq!(test.status(2).says("missing.log").run().stdout, "");
}

#[test]
fn a_directory_without_files_is_a_mistake() {
    let test = Test::new("scan -q logs");
    std::fs::create_dir(test.path("logs")).unwrap();
    test.status(2).says("the directory logs holds no files").run();
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let test = Test::new("scan -q audit.log").file("audit.log", deletion());
    let path = test.path("audit.log");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).unwrap();
    if std::fs::File::open(&path).is_ok() {
        eprintln!("skipped: root may read everything");
        return;
    }
    test.status(2).says("audit.log").says("permission denied").run();
}

#[test]
fn a_bad_rule_file_is_shown_with_line_and_column() {
    let bad = rule("high").replace("verb: delete", "verb|begins: delete");
    let test =
        Test::new("scan -q audit.log --rules bad.yml").file("audit.log", deletion()).file("bad.yml", bad);
    let ran = test.status(2).says("bad.yml:9:").says("verb|begins: delete").says("^").run();
    assert_eq!(ran.stdout, "");
}

#[test]
fn all_bad_rules_of_a_directory_are_shown_at_once() {
    let bad = rule("high").replace("verb: delete", "verb|begins: delete");
    let test = Test::new("scan -q audit.log --rules rules").file("audit.log", deletion());
    let test = test.file("rules/one.yml", &bad).file("rules/deep/two.yml", &bad);
    test.status(2).says("one.yml:9:").says("two.yml:9:").run();
}

#[test]
fn rules_of_one_name_are_refused() {
    let test = Test::new("scan -q audit.log --rules one.yml --rules two.yml").file("audit.log", deletion());
    let test = test.file("one.yml", rule("high")).file("two.yml", rule("low"));
    test.status(2).says("deletion").run();
}

#[test]
fn settings_with_a_typo_are_shown_with_their_line() {
    let test = Test::new("scan -q audit.log").file("audit.log", deletion());
    test.file("kaudit.toml", "rules = []\ninput = [\"logs\"]\n")
        .status(2)
        .says("kaudit.toml")
        .says("input")
        .run();
    let test = Test::new("scan -q audit.log --config missing.toml").file("audit.log", deletion());
    test.status(2).says("missing.toml").run();
}

#[test]
fn rules_test_and_lint_exit_as_a_build_needs_them() {
    let hit = deletion();
    let miss = event("a-get", json!({}));
    let test = |hits: &str, misses: &str| {
        Test::new("rules test rules")
            .file("rules/deletion.yml", rule("high"))
            .file("rules/deletion.hits.jsonl", hits)
            .file("rules/deletion.misses.jsonl", misses)
    };
    test(&hit, &miss).run();
    let ran = test(&miss, &miss).status(1).run();
    assert!(ran.stdout.contains("deletion.hits.jsonl:1: rule deletion: does not match"), "{}", ran.stdout);
    let ran = test(&hit, &hit).status(1).run();
    assert!(ran.stdout.contains("deletion.misses.jsonl:1: rule deletion: matches"), "{}", ran.stdout);
    test("{\"verb\":", &miss).status(1).run();

    let bad = rule("high").replace("verb: delete", "verb|begins: delete");
    Test::new("rules lint rules").file("rules/deletion.yml", rule("high")).run();
    let ran = Test::new("rules lint rules").file("rules/bad.yml", bad).status(2).run();
    assert!(ran.stdout.contains("bad.yml:9:"), "{}", ran.stdout);
}

#[test]
fn fields_answers_like_grep_too() {
    assert!(Test::new("fields sourceIP").run().stdout.contains("claimedIPs"));
    Test::new("fields no-such-field").status(1).run();
}

#[test]
fn formats_lists_all_that_is_read_and_answers_like_grep_too() {
    let all = Test::new("formats").run().stdout;
    let lists: Vec<&str> = all.split("\n\n").collect();
    assert_eq!(lists.len(), 3);
    assert_eq!(lists[0].lines().count(), 1 + FORMATS.len());
    for format in FORMATS {
        let line = lists[0].lines().find(|line| line.split_whitespace().next() == Some(format.name)).unwrap();
        assert!(line.contains(format.about) && line.contains(format.example), "{line}");
    }
    let names = |list: &str| -> Vec<String> {
        list.lines().skip(1).filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
    };
    assert_eq!(names(lists[1]), ["bzip2", "gzip", "lz4", "xz", "zstd"]);
    assert_eq!(names(lists[2]), ["tar", "zip"]);
    assert!(Test::new("formats cloudwatch").run().stdout.contains("cloudwatch-export"));
    assert_eq!(Test::new("formats xz").run().stdout.lines().next(), Some("COMPRESSION  MEANING"));
    Test::new("formats no-such-format").status(1).run();
}

#[test]
fn help_and_version_are_asked_for_and_no_error() {
    assert!(Test::new("--version").run().stdout.starts_with("kaudit "));
    assert!(Test::new("--help").run().stdout.contains("Exit codes"));
    assert!(Test::new("hunt --help").run().stdout.contains("--not-principal"));
}

#[test]
fn exec_is_found_as_the_verb_of_old_and_of_new_clients() {
    for verb in ["get", "create"] {
        let test = Test::new("scan -q audit.log -o ndjson")
            .file("audit.log", exec("an-exec", json!({"verb": verb})));
        assert!(test.run().rule_ids().contains(&"exec-into-pod".to_owned()), "{verb}");
    }
}
