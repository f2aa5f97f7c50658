//! The same input gives the same bytes, however the work was shared out.

use crate::harness::Test;
use crate::sample::{event_at, exec, incident, incident_files};
use kaudit::output::Format;
use serde_json::json;

#[test]
fn a_report_is_the_same_for_any_number_of_threads() {
    for format in Format::ALL {
        for command in ["scan", "hunt --verb create --not-principal system:*"] {
            let report = |threads: u32| {
                let args = format!("{command} -q -o {} --threads {threads}", format.name());
                Test::new(&args).arg(incident()).run().stdout
            };
            let one = report(1);
            assert!(one.len() > 100, "{command} {}: {one}", format.name());
            for threads in [2, 8] {
                assert!(report(threads) == one, "{command} -o {} --threads {threads}", format.name());
            }
        }
    }
}

#[test]
fn a_pipe_tells_what_the_file_tells() {
    let (name, bytes) = incident_files().into_iter().find(|(name, _)| name.ends_with("audit.log")).unwrap();
    for format in ["ndjson", "json", "csv"] {
        for command in ["scan --cluster c", "hunt --cluster-name c --verb create"] {
            let args = format!("{command} -q -o {format}");
            let file = Test::new(&args).arg(&name).run().stdout;
            let pipe = Test::new(&args).stdin(bytes.clone()).run().stdout;
            assert!(file.contains(&name) && pipe.contains("stdin"));
            assert!(pipe == file.replace(&name, "stdin"), "{args}");
        }
    }
}

#[test]
fn the_order_in_which_files_are_named_does_not_matter() {
    let files: Vec<String> = incident_files().into_keys().collect();
    let report = |files: Vec<&String>| Test::new("scan -q -o csv").args(files).run().stdout;
    assert!(report(files.iter().collect()) == report(files.iter().rev().collect()));
}

#[test]
fn findings_stand_in_the_order_of_time_across_files() {
    let late = exec("late", json!({"requestReceivedTimestamp": "2026-09-08T05:00:00.000000Z"}));
    let early = exec("early", json!({"requestReceivedTimestamp": "2026-09-08T04:00:00.000000Z"}));
    let before = event_at("before", "2026-09-08T01:00:00Z");
    let ran = Test::new("scan -q -o ndjson a b").file("a", format!("{before}{late}")).file("b", early).run();
    let ids: Vec<_> = ran.values().iter().map(|finding| finding["auditIDs"][0].clone()).collect();
    assert_eq!(ids, ["early", "late"]);
}

#[test]
fn a_finding_keeps_its_id_from_run_to_run_and_wherever_its_file_lies() {
    let id = |name: &str| {
        let ran = Test::new("scan -q -o ndjson --cluster c").arg(name).file(name, exec("x", json!({}))).run();
        ran.values()[0]["id"].clone()
    };
    assert_eq!(id("a.log"), id("b/c.log"));
}
