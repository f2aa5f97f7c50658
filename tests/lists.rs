//! Lists of values that rules refer to, and the lists of what kaudit knows.

use crate::harness::Test;
use crate::sample::event;
use serde_json::json;

fn rule(item: &str) -> String {
    format!(
        "title: t\nname: mine\nlevel: high\nlogsource: {{product: kubernetes, service: audit}}\n\
         detection:\n  it:\n    {item}\n  condition: it\n"
    )
}

fn log() -> String {
    let of = |id: &str, user: &str, address: &str| {
        event(id, json!({"user": {"username": user}, "sourceIPs": [address]}))
    };
    [of("a", "ana", "203.0.113.9"), of("b", "bob", "10.0.0.1"), of("c", "carl*", "2001:db8::1")].concat()
}

/// A scan with this rule alone.
fn scan(item: &str, list: &str) -> Test {
    let test = Test::new("scan -q --no-anomaly --no-builtin --rules r.yml --list who=l.txt -o ndjson a.log");
    test.file("r.yml", rule(item)).file("l.txt", list).file("a.log", log())
}

/// The auditIDs of what a scan found.
#[track_caller]
fn ids(test: Test) -> Vec<String> {
    let id = |finding: &serde_json::Value| finding["auditIDs"][0].as_str().unwrap().to_owned();
    test.run().values().iter().map(id).collect()
}

#[track_caller]
fn found(item: &str, list: &str) -> Vec<String> {
    ids(scan(item, list))
}

#[test]
fn a_placeholder_stands_for_the_values_of_a_list() {
    let by_name = "principal|expand: '%who%'";
    assert_eq!(found(by_name, "# people\nAna # the first\n\nnobody\n"), ["a"]);
    assert_eq!(found(by_name, "a*\n?ob\n"), ["a", "b"]);
    assert_eq!(found(by_name, "carl\\*\n"), ["c"]);
    assert_eq!(found("principal|contains|expand: '%who%'", "o\n"), ["b"]);
    assert_eq!(found("principal|expand: 'b%who%'", "ob\nona\n"), ["b"]);
    assert_eq!(found("principal|expand: ['bob', '%who%']", "ana\n"), ["a", "b"]);
    assert!(found(by_name, "# none\n").is_empty());
}

#[test]
fn a_list_of_networks_is_met_by_their_addresses() {
    let by_address = "sourceIP|cidr|expand: '%who%'";
    assert_eq!(found(by_address, "203.0.113.0/24\n2001:db8::1\n"), ["a", "c"]);
    assert_eq!(found(by_address, "10.0.0.0/8 # inside"), ["b"]);
}

#[test]
fn what_is_wrong_with_a_list_is_told_with_its_place_and_the_mend() {
    let wrong = |item: &str, list: &str, says: &str| scan(item, list).status(2).says(says).run();
    let ran = wrong(
        "sourceIP|cidr|expand: '%who%'",
        "10.0.0.1\nhome\n",
        "`home` is no network, at l.txt:2 (list `who`)",
    );
    assert!(
        ran.stderr.contains("r.yml:7:27") && ran.stderr.contains("write it as 10.0.0.0/8"),
        "{}",
        ran.stderr
    );
    let ran = wrong("principal|expand: '%whom%'", "ana\n", "there is no list `whom`");
    assert!(ran.stderr.contains("did you mean `%who%`?"), "{}", ran.stderr);
    wrong("principal|expand: '%a%%b%'", "ana\n", "this value names several lists");
    wrong("principal: ana", "ana\n", "--list: no rule refers to a list `who`");
    let test = Test::new("scan -q --list who a.log").file("a.log", log()).status(2);
    test.says("write NAME=FILE").run();
    let test = Test::new("scan -q --list hand-tools=none.txt a.log").file("a.log", log()).status(2);
    test.says("none.txt").run();
}

#[test]
fn the_settings_name_lists_and_the_command_line_comes_first() {
    let test = || {
        let test =
            Test::new("scan -q --no-anomaly -o ndjson --rule user-off-list a.log").file("a.log", log());
        test.file("ana.txt", "ana\n")
            .file("bob.txt", "b?b\n")
            .file("kaudit.toml", "[lists]\nallowed-users = \"ana.txt\"\n")
    };
    assert_eq!(ids(test()), ["b", "c"]);
    assert_eq!(ids(test().arg("--list=allowed-users=bob.txt")), ["a", "c"]);
    let wrong = test().file("kaudit.toml", "[lists]\nallowed-user = \"ana.txt\"\n").status(2);
    wrong.says("[lists] in kaudit.toml: no rule refers to a list `allowed-user`").run();
}

#[test]
fn lists_are_listed_with_their_rules() {
    let test = Test::new("rules lists --list allowed-users=u.txt").file("u.txt", "a\nb\nc\n");
    let listed = test.run().stdout;
    let line = |name: &str| listed.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    let words: Vec<String> = line("allowed-users").split_whitespace().map(str::to_owned).collect();
    assert_eq!(words, ["allowed-users", "3", "u.txt", "user-off-list"], "{listed}");
    assert!(line("private-networks").contains("rules/lists/private-networks.txt"), "{listed}");
    assert!(line("private-networks").contains("sa-public-address"), "{listed}");
}

#[test]
fn every_behaviour_is_listed_with_what_finds_it() {
    let table = Test::new("rules list --coverage").run().stdout;
    assert!(table.contains("88 behaviours, 88 of them found"), "{table}");
    let line = table.lines().find(|line| line.starts_with("impersonation ")).unwrap();
    assert!(line.contains("T1134") && line.contains("impersonation-privileged"), "{line}");
    let values = Test::new("rules list --coverage -o ndjson").run().values();
    assert_eq!(values.len(), 88);
    let unusual = values.iter().find(|value| value["behaviour"] == "secret-unusual").unwrap();
    assert_eq!(unusual["schema"], "kaudit.behaviour.v1");
    assert_eq!(unusual["anomalies"][0], "anomaly-sensitive-access");
    let none = Test::new("rules list --coverage --no-builtin --rules r.yml").file("r.yml", rule("verb: get"));
    assert!(none.run().stdout.contains("nothing that is loaded. Left open"));
}

#[test]
fn rules_are_listed_for_programs_too() {
    let list = |format: &str| Test::new(&format!("rules list -o {format}")).run();
    let lines = list("ndjson").values();
    let one = lines.iter().find(|rule| rule["rule"] == "token-used-elsewhere").unwrap();
    assert_eq!((&one["kind"], &one["level"]), (&json!("correlation"), &json!("high")));
    let all: serde_json::Value = serde_json::from_str(&list("json").stdout).unwrap();
    assert_eq!(all["rules"].as_array().unwrap().len(), lines.len());
    let csv = list("csv").stdout;
    assert!(csv.starts_with("level,rule,kind,attack,title,lists,source\n"));
    assert_eq!(csv.lines().count(), lines.len() + 1);
    Test::new("rules list -o summary").status(2).says("use table, ndjson, json or csv").run();
}
