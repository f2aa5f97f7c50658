//! `--out`: a report appears whole or not at all.

use crate::harness::Test;
use crate::sample::{event, rule};
use serde_json::{Value, json};

fn test(args: &str) -> Test {
    Test::new(args).file("audit.log", event("a-get", json!({})))
}

#[test]
fn a_report_goes_to_the_file_and_nowhere_else() {
    for args in ["scan -q audit.log -o json --out report", "hunt -q audit.log -o json --out report"] {
        let ran = test(args).run();
        assert_eq!(ran.stdout, "");
        assert_eq!(ran.names(), ["audit.log", "report"]);
        serde_json::from_str::<Value>(&ran.file("report")).unwrap();
    }
}

#[test]
fn the_file_holds_what_standard_output_would() {
    for args in ["scan -q audit.log -o csv", "hunt -q audit.log -o ndjson", "hunt -q audit.log -o table"] {
        let plain = test(args).run().stdout;
        assert_eq!(test(&format!("{args} --out report")).run().file("report"), plain);
    }
}

#[test]
fn a_file_that_exists_is_kept_unless_forced() {
    for command in ["scan", "hunt"] {
        let args = format!("{command} -q audit.log -o json --out report");
        let ran =
            test(&args).file("report", "old").status(2).says("report exists already").says("--force").run();
        assert_eq!(ran.file("report"), "old");
        let ran = test(&format!("{args} --force")).file("report", "old").run();
        assert_ne!(ran.file("report"), "old");
        assert_eq!(ran.names(), ["audit.log", "report"]);
    }
}

#[test]
fn a_place_that_cannot_be_written_is_known_at_once() {
    test("scan -q audit.log --out missing/report").status(2).says("missing/report").run();
    test("scan -q audit.log --out .").status(2).says("directory").run();
}

#[test]
fn a_run_that_fails_leaves_nothing_behind() {
    let bad_rule = rule("high").replace("verb: delete", "verb|begins: delete");
    for (args, says) in [
        ("scan -q missing.log --out report", "missing.log"),
        ("hunt -q missing.log --out report", "missing.log"),
        ("scan -q audit.log --rules bad.yml --out report", "bad.yml"),
        ("hunt -q audit.log --where nothing=1 --out report", "nothing"),
        ("scan -q audit.log --since 2h --until soon --out report", "soon"),
        ("hunt -q empty.log --since 2h --out report", "last event"),
    ] {
        let ran = test(args).file("bad.yml", &bad_rule).file("empty.log", "").status(2).says(says).run();
        assert_eq!(ran.names(), ["audit.log", "bad.yml", "empty.log"], "{args}");
    }
}

#[test]
fn a_run_that_fails_keeps_the_older_report() {
    let ran =
        test("hunt -q empty.log --since 2h --out report --force").file("empty.log", "").file("report", "old");
    assert_eq!(ran.status(2).says("last event").run().file("report"), "old");
}

#[test]
fn a_report_of_nothing_is_a_report() {
    let ran = test("scan -q audit.log -o json --out report").run();
    let report: Value = serde_json::from_str(&ran.file("report")).unwrap();
    assert_eq!(report["findings"], json!([]));
    let ran = test("hunt -q audit.log --verb delete -o ndjson --out report").status(1).run();
    assert_eq!(ran.file("report"), "");
}

#[cfg(unix)]
#[test]
fn a_report_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let test = test("scan -q audit.log --out report");
    let path = test.path("report");
    let ran = test.run();
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o077, 0);
    drop(ran);
}

#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    for flags in ["", " --force"] {
        let ran = test(&format!("hunt -q audit.log -o ndjson --out pipe{flags}"));
        let pipe = ran.path("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read_to_string(pipe).unwrap()
        });
        let _ran = ran.run();
        assert!(pipe.metadata().unwrap().file_type().is_fifo());
        assert!(reader.join().unwrap().contains("a-get"));
    }
}
