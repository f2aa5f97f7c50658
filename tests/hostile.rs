//! Input that nobody would write who means well. It is counted, never fatal, and never acts.
//!
//! That no control character reaches standard output or error is checked in every run; see the harness.

use crate::harness::{Ran, Test};
use crate::sample::{event, exec, gz, zst};
use kaudit::output::Format;
use serde_json::{Value, json};

fn good() -> String {
    exec("good", json!({}))
}

/// Scans and hunts through a log that has one good event among others; both must find it.
#[track_caller]
fn survives(log: impl AsRef<[u8]>, lost: bool) -> Ran {
    let log = log.as_ref();
    let hunt = Test::new("hunt -q -o ndjson --audit-id good log").file("log", log).run();
    assert_eq!(hunt.audit_ids(), ["good"]);
    // A condition that no search before parsing can help with, so that every record is looked at.
    let hunt = Test::new("hunt -o ndjson --where code>900 log").file("log", log);
    let hunt = hunt.status(if lost { 2 } else { 1 });
    hunt.says(if lost { "part of the input could not be read" } else { "no event found" }).run();
    let scan = Test::new("scan -v -o ndjson log").file("log", log).status(if lost { 3 } else { 0 }).run();
    assert!(scan.values().iter().any(|finding| finding["auditIDs"][0] == "good"));
    Test::new("scan -q log --allow-partial").file("log", log).run();
    scan
}

#[test]
fn lines_that_are_no_json_are_counted() {
    for garbage in [
        "garbage",
        "\"text\"",
        "null",
        "{}}",
        "{\"verb\":\"get\",}",
        "{\"verb\" \"get\"}",
        "{\"kind\":\"Event\"",
        "}{",
        "{\u{0}}",
    ] {
        let ran = survives(format!("{}{garbage}\n{}", event("x", json!({})), good()), true);
        assert!(ran.stderr.contains("log:2"), "{garbage}: {}", ran.stderr);
    }
}

#[test]
fn binary_data_is_counted() {
    // A generator with a fixed seed, so that each run sees the same bytes.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
    .take(300_000)
    .collect();
    survives([good().as_bytes(), &noise, b"\n"].concat(), true);
    Test::new("scan -q noise").file("noise", &noise).status(3).run();
    Test::new("hunt -q noise").file("noise", &noise).status(2).says("could not be read").run();
}

#[test]
fn files_of_nothing_hold_nothing() {
    for log in ["", "\n", "\n\n\r\n  \t\n", "\u{feff}", "\u{feff}\r\n"] {
        for bytes in [log.as_bytes().to_vec(), gz(log), zst(log)] {
            Test::new("scan -q log").file("log", &bytes).run();
            let ran = Test::new("hunt -q -o ndjson log").file("log", &bytes).status(1).run();
            assert_eq!(ran.stdout, "");
        }
    }
    Test::new("scan -q").stdin("").run();
}

#[test]
fn line_ends_byte_order_marks_and_blank_lines_are_no_loss() {
    let log = format!("\u{feff}{}\n\n   \n{}\n", good(), event("x", json!({}))).replace('\n', "\r\n");
    survives(log, false);
}

#[test]
fn a_cut_last_line_is_told_and_the_others_are_read() {
    let cut = event("cut", json!({}));
    for length in [1, 10, 100, cut.len() - 2] {
        survives(format!("{}{}", good(), &cut[..length]), true);
    }
    survives(good().trim_end(), false);
}

#[test]
fn compressed_data_that_breaks_off_or_is_damaged_gives_what_could_be_read() {
    let log = format!(
        "{}{}",
        good(),
        event("x", json!({"requestObject": {"data": "y".repeat(1000)}})).repeat(3000)
    );
    for mut bytes in [gz(&log), zst(&log)] {
        bytes.truncate(bytes.len() - 9);
        let ran = Test::new("scan log -o ndjson").file("log", &bytes).status(3).says("log: ").run();
        assert!(!ran.stdout.is_empty() && ran.stderr.contains("what could be read of it is in the report"));
    }
    let mut damaged = gz(&log);
    let last = damaged.len() - 6;
    damaged[last] ^= 0xff;
    Test::new("scan -q log").file("log", &damaged).status(3).run();
    // Only the first bytes of a format, then something else.
    for head in
        [&b"\x1f\x8b"[..], b"\x1f\x8b\x08\x00garbage", b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfdgarbage"]
    {
        Test::new("scan -q log").file("log", head).status(3).run();
    }
}

#[test]
fn one_damaged_file_does_not_hide_the_others() {
    let whole = gz(event("x", json!({})).repeat(1000));
    let ran = Test::new("scan -o ndjson .")
        .file("a.gz", &whole[..whole.len() / 2])
        .file("b.log", good())
        .file("c.bin", b"\x00\x01\x02")
        .status(3)
        .run();
    assert!(ran.rule_ids().contains(&"exec-into-pod".to_owned()));
    assert!(ran.stderr.contains("a.gz: ") && ran.stderr.contains("c.bin:1"), "{}", ran.stderr);
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts_as_for_the_api_server() {
    let twice = event("twice", json!({"verb": "delete"})).replace("\"verb\":", "\"verb\":\"get\",\"verb\":");
    let hunt = |verb: &str| Test::new(&format!("hunt -v -o ndjson --verb {verb} log")).file("log", &twice);
    let ran = hunt("delete").run();
    assert_eq!(ran.audit_ids(), ["twice"]);
    assert!(ran.stderr.contains("duplicate key"), "{}", ran.stderr);
    hunt("get").status(1).run();
    survives(format!("{twice}{}", good()), false);
}

#[test]
fn deep_nesting_is_no_recursion() {
    for depth in [200, 100_000] {
        let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        for body in [deep("[", "]"), deep("{\"a\":", "}")] {
            let text = event("deep", json!({"requestObject": "BODY"})).replace("\"BODY\"", &body);
            Test::new("hunt -q -o json --audit-id deep log").file("log", &text).run();
            let log = format!("{text}{}", good());
            Test::new("hunt -q -o csv --where requestObject.a.a.a=1 --audit-id good log")
                .file("log", &log)
                .status(1)
                .run();
            Test::new("hunt -q -o ndjson --where")
                .arg("record contains zzz")
                .arg("log")
                .file("log", &log)
                .status(1)
                .run();
            survives(&log, false);
        }
        let unclosed = format!("{}\n{}", "{\"a\":".repeat(depth), good());
        survives(unclosed, true);
    }
}

#[test]
fn bytes_that_are_no_utf8_are_read_and_noted() {
    let odd = event("odd", json!({"user": {"username": "NAME"}}));
    let odd = [
        odd.split("NAME").next().unwrap().as_bytes(),
        b"j\xff\xfe",
        odd.split("NAME").nth(1).unwrap().as_bytes(),
    ];
    let log = [&odd.concat(), good().as_bytes()].concat();
    let ran = survives(&log, false);
    assert!(ran.stderr.contains("invalid UTF-8"), "{}", ran.stderr);
    let hunt = Test::new("hunt -q -o ndjson --principal j??").file("log", &log).arg("log").run();
    assert_eq!(hunt.values()[0]["user"]["username"], "j\u{fffd}\u{fffd}");
}

#[test]
fn nul_bytes_are_no_end() {
    let escaped = event("escaped", json!({"user": {"username": "a\u{0}b"}}));
    let log = format!("{}{}", escaped, good());
    survives(&log, false);
    let hunt = Test::new("hunt -q -o ndjson --principal a?b log").file("log", &log).run();
    assert_eq!(hunt.values()[0]["user"]["username"], "a\u{0}b");
    survives(format!("\u{0}\u{0}\u{0}\n{}", good()), true);
}

#[test]
fn fields_of_a_wrong_type_count_as_missing() {
    for change in [
        json!({"user": "jane"}),
        json!({"user": []}),
        json!({"verb": 7}),
        json!({"sourceIPs": "10.0.0.1"}),
        json!({"sourceIPs": [1, [], {}]}),
        json!({"objectRef": [1]}),
        json!({"responseStatus": "ok"}),
        json!({"responseStatus": {"code": "many"}}),
        json!({"responseStatus": {"code": 1e300}}),
        json!({"responseStatus": {"code": -1}}),
        json!({"annotations": "none"}),
        json!({"annotations": {"authorization.k8s.io/decision": {"a": 1}}}),
        json!({"requestReceivedTimestamp": 12, "stageTimestamp": "yesterday"}),
        json!({"requestReceivedTimestamp": "9999-99-99T99:99:99.999999Z", "stageTimestamp": "+300000-01-01T00:00:00Z"}),
    ] {
        survives(format!("{}{}", event("odd", change), good()), false);
    }
}

/// Attacks on whoever reads the report, one in each place that a client fills.
const ATTACK: &str =
    "\u{1b}]0;pwned\u{7}\u{1b}[2J\u{1b}[1;31mOK\r\n=1+1\t\u{202e}\u{9b}31m<script>\u{0}\u{7f}";

fn attacks() -> String {
    let everywhere = exec(
        ATTACK,
        json!({
            "user": {"username": format!("={ATTACK}"), "groups": [ATTACK], "extra": {"sessionName": [ATTACK], ATTACK: [ATTACK]}},
            "impersonatedUser": {"username": format!("@{ATTACK}")},
            "userAgent": ATTACK,
            "sourceIPs": [ATTACK],
            "requestURI": format!("/api/v1/x?command={ATTACK}"),
            "objectRef": {"name": ATTACK, "namespace": ATTACK, "apiVersion": ATTACK},
            "responseStatus": {"message": ATTACK, "reason": ATTACK},
            "annotations": {ATTACK: ATTACK},
            "requestObject": {ATTACK: [ATTACK, {ATTACK: ATTACK}]},
        }),
    );
    let secret = event(
        "s",
        json!({"verb": "list", "objectRef": {"resource": "secrets", "namespace": ATTACK, "name": null}}),
    );
    format!("{everywhere}{secret}{}", event("v", json!({"verb": ATTACK, "stage": ATTACK, "level": ATTACK})))
}

#[test]
fn hostile_names_act_in_no_format() {
    for format in Format::ALL {
        for flags in ["", "--no-redact", "--color always", "--width 60"] {
            for command in ["scan", "hunt"] {
                let args = format!("{command} -q log -o {} {flags}", format.name());
                let test = Test::new(&args).file("log", attacks());
                // Colours are escape sequences too, but our own.
                let test = if flags.contains("color") { test.raw() } else { test };
                let ran = test.run();
                assert!(!ran.stdout.is_empty(), "{args}");
                assert!(!ran.stdout.contains("\u{1b}]0") && !ran.stdout.contains("\u{1b}[2J"), "{args}");
            }
        }
    }
}

#[test]
fn every_line_is_json_whatever_the_names_hold() {
    for args in ["scan -q log -o ndjson", "hunt -q log -o ndjson", "hunt -q log -o ndjson --no-redact"] {
        let ran = Test::new(args).file("log", attacks()).run();
        assert!(ran.values().len() >= 2, "{args}");
    }
    for args in ["scan -q log -o json", "hunt -q log -o json", "scan -q log -o json --no-redact"] {
        let ran = Test::new(args).file("log", attacks()).run();
        serde_json::from_str::<Value>(&ran.stdout).unwrap();
    }
    let ran = Test::new("hunt -q log -o ndjson --no-redact").file("log", attacks()).run();
    assert_eq!(ran.values()[0]["userAgent"], ATTACK, "nothing is lost on the way");
}

#[test]
fn no_cell_of_a_table_for_spreadsheets_is_a_formula() {
    for command in ["scan", "hunt"] {
        let ran = Test::new(&format!("{command} -q log -o csv")).file("log", attacks()).run();
        for line in ran.stdout.lines() {
            let starts = |sign: char| {
                line.starts_with(sign)
                    || line.contains(&format!(",{sign}"))
                    || line.contains(&format!(",\"{sign}"))
            };
            assert!(!['=', '+', '@'].into_iter().any(starts), "{line}");
        }
    }
}

#[cfg(unix)]
#[test]
fn hostile_file_names_and_clusters_act_neither() {
    let name = "logs\u{1b}[2J/a\u{1b}]0;x\u{7}\r.log";
    for format in Format::ALL {
        for command in ["scan", "hunt"] {
            let args = format!("{command} -v . --cluster-from .+ -o {}", format.name());
            let args = if command == "scan" { format!("{args} --allow-partial") } else { args };
            Test::new(&args).file(name, format!("{}garbage\n", good())).run();
        }
    }
    let twice = Test::new("scan").arg(name).arg(format!("./{name}")).file(name, good());
    twice.says("given twice").run();
    Test::new("scan").arg(name).status(2).says("no file matches").run();
    Test::new("scan").arg("a\u{1b}]0;x\u{7}").status(2).says("no such file").run();
    Test::new("scan log --rules").arg(name).file("log", good()).file(name, "title: [").status(2).run();
    Test::new("scan log --config").arg(name).file("log", good()).file(name, "a = \u{1b}[2J").status(2).run();
    Test::new("scan log --out")
        .arg(name)
        .file("log", good())
        .file(name, "old")
        .status(2)
        .says("--force")
        .run();
}

#[test]
fn hostile_rules_act_neither() {
    let hostile = crate::sample::rule("high")
        .replace("Something was deleted", "\"\\e[2JSomething\"")
        .replace("id: deletion", "id: \"del\\e[31m\"\ndescription: \"\\e]0;x\\a\"");
    let test = |args: &str| {
        Test::new(args).file("r.yml", &hostile).file("log", event("x", json!({"verb": "delete"})))
    };
    for format in Format::ALL {
        test(&format!("scan log --no-builtin --rules r.yml -o {}", format.name())).run();
    }
    test("rules list --no-builtin --rules r.yml").run();
    test("rules lint r.yml").run();
    let test = test("rules show --no-builtin --rules r.yml");
    test.arg("del\u{1b}[31m").run();
}

/// A line without end, longer than any record may be. The writer keeps the pipe open, so that the run can be
/// looked at when it has read all of it.
#[cfg(target_os = "linux")]
#[test]
fn a_line_without_end_is_one_bad_record_and_takes_bounded_memory() {
    use std::io::Write;
    const CHUNK: usize = 1 << 20;
    const CHUNKS: usize = 300;
    let test = Test::new("scan -o ndjson --threads 2")
        .stdin("")
        .status(3)
        .says("1 record could not be read (too long): stdin:2");
    let mut child = test.start();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(good().as_bytes()).unwrap();
    pipe.write_all(b"{\"verb\":\"").unwrap();
    for _ in 0..CHUNKS {
        pipe.write_all(&[b'x'; CHUNK]).unwrap();
    }
    pipe.write_all(b"\"}\n").unwrap();
    // More than a pipe holds, so that the long line has been read.
    pipe.write_all(" \n".repeat(CHUNK).as_bytes()).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: usize = peak.trim().trim_end_matches("kB").trim().parse().unwrap();
    drop(pipe);
    let ran = test.check(child.wait_with_output().unwrap());
    assert!(ran.rule_ids().contains(&"exec-into-pod".to_owned()));
    // The line is held until it is too long, and the built-in rules and some pieces beside it.
    let bound = kaudit::lines::MAX_RECORD / 1024 + 48 * 1024;
    assert!(peak < bound, "peak of {peak} kB");
}

#[test]
fn a_line_that_is_too_long_is_passed_over_in_files_too() {
    let long = format!("{{\"verb\":\"{}\"}}\n", "x".repeat(kaudit::lines::MAX_RECORD));
    let log = [good(), long, exec("after", json!({}))].concat();
    for bytes in [log.clone().into_bytes(), zst(&log)] {
        let ran =
            Test::new("scan -o ndjson log").file("log", bytes).status(3).says("(too long): log:2").run();
        let found = ran.values();
        let after = found.iter().find(|finding| finding["auditIDs"][0] == "after").unwrap();
        assert_eq!(after["evidence"][0]["line"], 3);
    }
}

const JWT: &str =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQifQ.c2lnbmF0dXJlLW9mLXRva2Vu";

fn secrets() -> String {
    let in_uri = exec(
        "uri",
        json!({"requestURI": format!("/api/v1/namespaces/web/pods/x/exec?token={JWT}&command=mysql&command=--password%3Dhunter2")}),
    );
    let in_agent = exec("agent", json!({"userAgent": format!("curl Authorization: Bearer {JWT}")}));
    let body =
        json!({"kind": "Secret", "data": {"password": "aHVudGVyMg=="}, "stringData": {"p": "hunter2"}});
    let in_body = event(
        "body",
        json!({
            "verb": "create",
            "level": "RequestResponse",
            "objectRef": {"resource": "secrets", "name": "s"},
            "requestObject": body,
            "responseObject": {"status": {"token": JWT}},
            "annotations": {"note": format!("password=hunter2 {JWT}")},
        }),
    );
    format!("{in_uri}{in_agent}{in_body}")
}

#[test]
fn secrets_are_in_no_report_unless_asked_for() {
    for format in Format::ALL {
        for command in ["scan", "hunt"] {
            let args = format!("{command} -q log --width 2000 -o {}", format.name());
            let ran = Test::new(&args).file("log", secrets()).run();
            for secret in [JWT, "c2lnbmF0dXJlLW9mLXRva2Vu", "hunter2", "aHVudGVyMg"] {
                assert!(!ran.stdout.contains(secret), "{args} shows {secret}:\n{}", ran.stdout);
            }
        }
    }
    let ran = Test::new("hunt -q log -o ndjson --no-redact").file("log", secrets()).run();
    for secret in [JWT, "hunter2", "aHVudGVyMg=="] {
        assert!(ran.stdout.contains(secret), "{secret}");
    }
}

#[test]
fn what_is_redacted_can_be_hunted_for() {
    let ran = Test::new("hunt -q -o ndjson log --where")
        .arg("record contains hunter2")
        .file("log", secrets())
        .run();
    assert_eq!(ran.audit_ids(), ["uri", "body"]);
    assert!(!ran.stdout.contains("hunter2"));
}

#[test]
fn text_in_front_of_a_terminal_is_not_coloured_for_a_pipe() {
    let table = |test: Test| test.file("log", good()).raw().run().stdout.contains('\u{1b}');
    let scan = |flags: &str| Test::new(&format!("scan -q log {flags}"));
    assert!(!table(scan("")));
    assert!(table(scan("--color always")));
    assert!(table(scan("").env("CLICOLOR_FORCE", "1")));
    assert!(!table(scan("").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")));
    assert!(!table(scan("--color never").env("CLICOLOR_FORCE", "1")));
    assert!(!table(scan("--color always -o csv")));
    assert!(!table(scan("--color always -o ndjson")));
}
