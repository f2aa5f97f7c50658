//! Where events come from: files, directories, patterns, pipes, settings; and in which order.

use crate::harness::{HERE, Test};
use crate::sample::{event, event_at, gz, zst};
use serde_json::{Value, json};

fn one(id: &str) -> String {
    event(id, json!({}))
}

/// The auditIDs that a hunt for everything sees.
#[track_caller]
fn seen(test: Test) -> Vec<String> {
    test.run().audit_ids()
}

#[test]
fn files_are_read_plain_and_compressed_whatever_their_names() {
    let test = Test::new("hunt -q -o ndjson a.log b.gz c.zst d.txt e.log")
        .file("a.log", one("plain"))
        .file("b.gz", gz(one("gzip")))
        .file("c.zst", zst(one("zstd")))
        .file("d.txt", gz(one("gzip by another name")))
        .file("e.log", [gz(one("first member")), gz(one("second member"))].concat());
    let mut ids = seen(test);
    ids.sort();
    assert_eq!(ids, ["first member", "gzip", "gzip by another name", "plain", "second member", "zstd"]);
}

#[test]
fn directories_are_read_recursively() {
    let test = Test::new("hunt -q -o ndjson logs")
        .file("logs/a.log", one("top"))
        .file("logs/b/c/d.log.gz", gz(one("deep")))
        .file("logs/.git/x", one("no log"))
        .file("other.log", one("other"));
    assert_eq!(seen(test), ["top", "deep"]);
}

#[test]
fn patterns_that_the_shell_left_alone_are_understood() {
    let test = |pattern: &str| {
        Test::new("hunt -q -o ndjson")
            .arg(pattern)
            .file("logs/a-1.log", one("a1"))
            .file("logs/a-2.log", one("a2"))
            .file("logs/b-1.log", one("b1"))
            .file("logs/deep/a-3.log", one("a3"))
    };
    assert_eq!(seen(test("logs/a-*.log")), ["a1", "a2"]);
    assert_eq!(seen(test("logs/?-1.log")), ["a1", "b1"]);
    assert_eq!(seen(test("logs/**/a-*.log")), ["a1", "a2", "a3"]);
    assert_eq!(seen(test("*/{a-1,b-1}.log")), ["a1", "b1"]);
    test("logs/z*.log").status(2).says("no file matches logs/z*.log").run();
}

#[test]
fn a_file_whose_name_looks_like_a_pattern_is_taken_as_it_is() {
    let test = Test::new("hunt -q -o ndjson [a].log").file("[a].log", one("bracket")).file("a.log", one("a"));
    assert_eq!(seen(test), ["bracket"]);
}

#[test]
fn standard_input_is_read_where_a_minus_stands_or_nothing_is_named() {
    for args in ["hunt -q -o ndjson -", "hunt -q -o ndjson"] {
        let ran = Test::new(args).stdin(one("piped")).run();
        assert_eq!(ran.audit_ids(), ["piped"], "{args}");
        assert_eq!(ran.values()[0]["kaudit"]["file"], "stdin");
        assert_eq!(ran.values()[0]["kaudit"]["cluster"], Value::Null);
    }
}

#[test]
fn standard_input_may_be_compressed_or_stand_beside_files() {
    assert_eq!(seen(Test::new("hunt -q -o ndjson -").stdin(gz(one("gzip")))), ["gzip"]);
    assert_eq!(seen(Test::new("hunt -q -o ndjson").stdin(zst(one("zstd")))), ["zstd"]);
    let test = Test::new("hunt -q -o ndjson - audit.log").stdin(one("piped")).file("audit.log", one("file"));
    assert_eq!(seen(test), ["file", "piped"]);
    assert_eq!(seen(Test::new("hunt -q -o ndjson - -").stdin(one("once"))), ["once"]);
}

#[test]
fn a_file_is_standard_input_too() {
    let test = Test::new("hunt -q -o ndjson").file("audit.log", one("redirected"));
    let file = std::fs::File::open(test.path("audit.log")).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_kaudit"))
        .args(["hunt", "-q", "-o", "ndjson"])
        .current_dir(test.home())
        .stdin(file)
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(test.check(output).audit_ids(), ["redirected"]);
}

/// All the places at once; each test takes away the one that counts most.
fn places(args: &str) -> Test {
    Test::new(args)
        .file("named.log", one("named"))
        .file("variable.log", one("variable"))
        .file("here.log", one("settings here"))
        .file("kaudit.toml", "inputs = [\"here.log\"]\n")
        .stdin(one("piped"))
}

#[test]
fn what_is_named_comes_before_the_variable_before_settings_before_a_pipe() {
    let variable = |test: Test| test.env("KAUDIT_INPUT", "variable.log");
    assert_eq!(seen(variable(places("hunt -q -o ndjson named.log"))), ["named"]);
    assert_eq!(seen(variable(places("hunt -q -o ndjson"))), ["variable"]);
    assert_eq!(seen(places("hunt -q -o ndjson").env("KAUDIT_INPUT", "")), ["settings here"]);
    assert_eq!(seen(places("hunt -q -o ndjson").file("kaudit.toml", "")), ["piped"]);
}

#[test]
fn the_variable_may_name_a_directory_or_a_pattern() {
    for input in ["logs", "logs/*.log"] {
        let test = Test::new("hunt -q -o ndjson").env("KAUDIT_INPUT", input).file("logs/a.log", one("a"));
        assert_eq!(seen(test), ["a"], "{input}");
    }
}

#[test]
fn settings_are_looked_for_here_then_at_the_users_and_named_ones_count_alone() {
    let settings = "inputs = [\"log\"]\n";
    let test = |args: &str| {
        let test = Test::new(args);
        let user = test.home().join("xdg");
        test.file("../home/.config/kaudit/kaudit.toml", settings)
            .file("../home/.config/kaudit/log", one("home"))
            .file("../home/xdg/kaudit/kaudit.toml", settings)
            .file("../home/xdg/kaudit/log", one("xdg"))
            .file("other/mine.toml", settings)
            .file("other/log", one("named"))
            .env("XDG_CONFIG_HOME", user)
    };
    assert_eq!(seen(test("hunt -q -o ndjson").env("XDG_CONFIG_HOME", "relative")), ["home"]);
    assert_eq!(seen(test("hunt -q -o ndjson")), ["xdg"]);
    let here = |args: &str| test(args).file("kaudit.toml", settings).file("log", one("here"));
    assert_eq!(seen(here("hunt -q -o ndjson")), ["here"]);
    assert_eq!(seen(here("hunt -q -o ndjson --config other/mine.toml")), ["named"]);
    assert_eq!(seen(here("--config other/mine.toml hunt -q -o ndjson")), ["named"]);
}

#[test]
fn settings_bring_rules_and_clusters() {
    let ran = Test::new("scan -q -o ndjson logs --no-builtin")
        .file("kaudit.toml", "rules = [\"mine\"]\ncluster_from = \"logs/(\\\\w+)\"\n")
        .file("mine/deletion.yml", crate::sample::rule("low"))
        .file("logs/prod-7/audit.log", event("x", json!({"verb": "delete"})))
        .run();
    assert_eq!(ran.rule_ids(), ["deletion"]);
    assert_eq!(ran.values()[0]["cluster"], "prod");
}

#[test]
fn nothing_to_read_is_told_with_all_places_that_were_tried() {
    if kaudit::input::usual_places().iter().any(|place| std::path::Path::new(place).exists()) {
        eprintln!("skipped: this machine keeps audit logs");
        return;
    }
    for command in ["scan -q", "hunt -q"] {
        let mut test =
            Test::new(command).status(2).says("nothing to read").says("KAUDIT_INPUT").says("kaudit.toml");
        for place in kaudit::input::usual_places() {
            test = test.says(*place);
        }
        test.run();
    }
}

#[test]
fn the_log_of_this_directory_is_read_when_nothing_is_named() {
    let elsewhere = |place: &&&str| place.starts_with('/') && std::path::Path::new(place).exists();
    if kaudit::input::usual_places().iter().find(elsewhere).is_some() {
        eprintln!("skipped: this machine keeps audit logs");
        return;
    }
    assert_eq!(seen(Test::new("hunt -q -o ndjson").file("audit.log", one("usual"))), ["usual"]);
}

#[test]
fn a_file_given_twice_is_read_once_and_said_once() {
    let ran = Test::new("hunt -o ndjson audit.log ./audit.log logs/../audit.log")
        .file("audit.log", one("once"))
        .file("logs/x", "")
        .run();
    assert_eq!(ran.audit_ids(), ["once"]);
    assert_eq!(ran.stderr.matches("kaudit: ./audit.log: given twice").count(), 1, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("given twice").count(), 2, "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn links_to_a_file_are_that_file() {
    let test = Test::new("hunt -q -o ndjson logs").file("logs/a.log", one("once"));
    std::os::unix::fs::symlink("a.log", test.path("logs/symbolic.log")).unwrap();
    std::fs::hard_link(test.path("logs/a.log"), test.path("logs/hard.log")).unwrap();
    std::os::unix::fs::symlink("nowhere", test.path("logs/dangling.log")).unwrap();
    assert_eq!(seen(test), ["once"]);
}

#[test]
fn rotated_files_are_read_in_the_order_of_their_events_not_of_their_names() {
    let first = event_at("first", "2026-09-08T01:00:00.000000Z");
    let second = event_at("second", "2026-09-08T02:00:00.000000Z");
    let third = event_at("third", "2026-09-08T03:00:00.000000Z");
    let fourth = event_at("fourth", "2026-09-08T04:00:00.000000Z");
    let test = Test::new("hunt -q -o ndjson .")
        .file("audit.log", fourth)
        .file("audit-2026-09-08T04-00-00.000.log.gz", gz(third))
        .file("z.log.1", second)
        .file("zz/audit.log.2.zst", zst(first));
    assert_eq!(seen(test), ["first", "second", "third", "fourth"]);
}

#[test]
fn a_cluster_is_the_directory_unless_it_is_named_or_found_in_the_path() {
    let clusters = |flags: &str| {
        let test = Test::new(&format!("hunt -q -o ndjson . {flags}"))
            .file("audit.log", event_at("1", "2026-09-08T01:00:00Z"))
            .file("eu/prod/audit.log", event_at("2", "2026-09-08T02:00:00Z"));
        let values = test.run().values();
        values.iter().map(|value| value["kaudit"]["cluster"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(clusters(""), [HERE, "prod"]);
    assert_eq!(clusters("--cluster-name west"), ["west", "west"]);
    assert_eq!(clusters("--cluster-from (e.)/prod"), [HERE, "eu"]);
    assert_eq!(clusters("--cluster-from p..d"), [HERE, "prod"]);
    assert_eq!(clusters("--cluster prod"), ["prod"]);
    assert_eq!(clusters("--not-cluster prod"), [HERE]);
}

#[test]
fn findings_bear_the_label_of_the_cluster() {
    let cluster = |flags: &str| {
        let test = Test::new(&format!("scan -q -o ndjson logs {flags}"));
        let ran = test.file("logs/eu/audit.log", crate::sample::exec("x", json!({}))).run();
        ran.values()[0]["cluster"].clone()
    };
    assert_eq!(cluster(""), "eu");
    assert_eq!(cluster("--cluster west"), "west");
    assert_eq!(cluster("--cluster-from l(.)gs"), "o");
}

#[test]
fn requests_of_two_clusters_are_told_apart_by_their_time_even_under_one_id() {
    let later = json!({"requestReceivedTimestamp": "2026-09-08T03:00:00.000001Z"});
    let ran = Test::new("scan -q -o ndjson logs")
        .file("logs/a/audit.log", crate::sample::exec("x", json!({})))
        .file("logs/b/audit.log", crate::sample::exec("x", later))
        .run();
    let found = ran.values();
    assert_eq!(found.len(), 2);
    assert_ne!(found[0]["id"], found[1]["id"]);
}
