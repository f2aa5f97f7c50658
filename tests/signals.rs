//! Readers that go away, and users who have seen enough.

use crate::harness::Test;
use crate::sample::event;
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command};

/// Larger than any pipe, so that whoever has written it knows that most of it was read.
fn long_log() -> String {
    (0..20_000).map(|at| event(&format!("x{at}"), json!({}))).collect()
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_run_quietly() {
    for args in [
        "hunt audit.log -o ndjson",
        "hunt audit.log -o csv",
        "hunt audit.log -o table",
        "hunt audit.log -o json --threads 8",
        "scan audit.log -o ndjson --no-builtin --rules get.yml",
    ] {
        let rule =
            crate::sample::rule("low").replace("verb: delete", "verb: get\n    stage: ResponseComplete");
        let test = Test::new(args).file("audit.log", long_log()).file("get.yml", rule);
        let mut child = test.start();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "{args}");
        let ran = test.check(child.wait_with_output().unwrap());
        let said: Vec<&str> = ran.stderr.lines().filter(|line| !line.contains(" findings in ")).collect();
        assert_eq!(said, Vec::<&str>::new(), "{args}");
    }
}

#[test]
fn nobody_at_all_reads_and_nothing_is_said() {
    for args in ["hunt audit.log -o ndjson", "rules list", "fields", "formats", "completions bash"] {
        let test = Test::new(args).file("audit.log", long_log()).raw();
        let mut child = test.start();
        drop(child.stdout.take());
        let ran = test.check(child.wait_with_output().unwrap());
        assert_eq!(ran.stderr, "", "{args}");
    }
}

/// Reads from a pipe that stays open, is interrupted, and must go at once without a trace.
#[test]
fn an_interrupted_run_on_a_pipe_ends_with_130_and_leaves_no_file() {
    for args in
        ["hunt -q --out report", "scan -q --out report", "scan -q -o json --threads 1", "hunt -q --code 500"]
    {
        let test = Test::new(args).stdin("").status(130);
        let mut child = test.start();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(long_log().as_bytes()).unwrap();
        interrupt(&child);
        let ran = test.check(child.wait_with_output().unwrap());
        drop(pipe);
        assert_eq!(ran.names(), Vec::<String>::new(), "{args}");
        assert_eq!(ran.stderr, "", "{args}");
    }
}

#[test]
fn an_interrupted_run_on_a_named_pipe_ends_too() {
    let test = Test::new("hunt -q -o csv --out report fifo").status(130);
    let fifo = test.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let child = test.start();
    let mut pipe = File::options().write(true).open(&fifo).unwrap();
    pipe.write_all(long_log().as_bytes()).unwrap();
    interrupt(&child);
    let ran = test.check(child.wait_with_output().unwrap());
    drop(pipe);
    assert_eq!(ran.names(), ["fifo"]);
}

#[test]
fn an_interrupted_run_keeps_the_older_report() {
    let test = Test::new("scan -q --out report --force").stdin("").file("report", "old").status(130);
    let mut child = test.start();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(long_log().as_bytes()).unwrap();
    interrupt(&child);
    let ran = test.check(child.wait_with_output().unwrap());
    drop(pipe);
    assert_eq!((ran.names(), ran.file("report")), (vec!["report".to_owned()], "old".to_owned()));
}

#[test]
fn a_named_pipe_is_read_to_its_end() {
    let test = Test::new("hunt -q -o ndjson fifo");
    let fifo = test.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let child = test.start();
    let line = event("through a pipe", json!({}));
    File::options().write(true).open(&fifo).unwrap().write_all(line.as_bytes()).unwrap();
    assert_eq!(test.check(child.wait_with_output().unwrap()).audit_ids(), ["through a pipe"]);
}
