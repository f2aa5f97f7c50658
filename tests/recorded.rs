//! What is found in recorded attacks, and what is not found in quiet days.

use crate::harness::Test;
use crate::sample::{incident, root};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Recorded logs that are too large for the repository, where they lie beside the checkout (or beside the
/// checkout that a work tree belongs to).
fn shared(path: &str) -> Option<PathBuf> {
    let places = ["../shared", "../../shared"].map(|place| root().join(place).join(path));
    let found = places.into_iter().find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: no recorded logs beside the checkout");
    }
    found
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or("")
}

fn serious(finding: &Value) -> bool {
    ["high", "critical"].contains(&text(finding, "level"))
}

/// The auditIDs of a scenario's requests in any of these clusters, for each scenario of one kind.
fn scenarios(labels: &Path, kind: &str, clusters: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let labels: Value = serde_json::from_slice(&fs::read(labels).unwrap()).unwrap();
    let list = labels.as_array().or(labels["scenarios"].as_array()).unwrap();
    let ids = |scenario: &Value| {
        let of = |cluster: &&str| scenario["audit_ids"][*cluster].as_array().cloned().unwrap_or_default();
        let ids = clusters.iter().flat_map(of).map(|id| id.as_str().unwrap().to_owned());
        (text(scenario, "id").to_owned(), ids.collect())
    };
    list.iter().filter(|scenario| scenario["kind"] == kind).map(ids).collect()
}

/// One scan, and what is known of the logs.
struct Known<'k> {
    logs: PathBuf,
    labels: PathBuf,
    clusters: &'k [&'k str],
    /// Scenarios that one event gives away for sure.
    serious: &'k [&'k str],
    /// Scenarios that one event makes worth a look.
    any: &'k [&'k str],
}

impl Known<'_> {
    #[track_caller]
    fn check(&self) {
        let found = Test::new("scan -q -o ndjson").arg(&self.logs).run().values();
        let attacks = scenarios(&self.labels, "attack", self.clusters);
        let is_of = |ids: &BTreeSet<String>, finding: &Value| {
            let own = finding["auditIDs"].as_array().unwrap();
            own.iter().any(|id| ids.contains(id.as_str().unwrap()))
        };
        for (wanted, least) in [(self.serious, true), (self.any, false)] {
            for id in wanted {
                let seen =
                    found.iter().any(|finding| is_of(&attacks[*id], finding) && (serious(finding) || !least));
                assert!(seen, "{id} is not found in {}", self.logs.display());
            }
        }
        let benign: BTreeSet<String> = scenarios(&self.labels, "benign", self.clusters)
            .into_iter()
            .filter(|(id, _)| id != "SETUP")
            .flat_map(|(_, ids)| ids)
            .collect();
        let quiet = |finding: &&Value| ("2026-09-02".."2026-09-07").contains(&text(finding, "time"));
        // What somebody does for the first time may be unusual and benign.
        let is_rule = |finding: &Value| ["rule", "correlation"].contains(&text(finding, "category"));
        let alarms: Vec<_> = found
            .iter()
            .filter(|finding| {
                serious(finding) && (quiet(finding) || is_rule(finding) && is_of(&benign, finding))
            })
            .collect();
        assert!(alarms.is_empty(), "false alarms: {alarms:#?}");
        let mut medium: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for finding in found.iter().filter(quiet).filter(|finding| text(finding, "level") == "medium") {
            *medium.entry((&text(finding, "time")[..10], text(finding, "cluster"))).or_default() += 1;
        }
        assert!(medium.values().all(|count| *count <= 5), "too much to look at: {medium:?}");
    }
}

#[test]
fn the_attacks_of_the_incident_are_found_and_its_quiet_hours_stay_quiet() {
    let known = Known {
        logs: incident(),
        labels: root().join("testdata/incident-labels.json"),
        clusters: &["cluster-a", "cluster-b"],
        serious: &["A08", "A15", "A16"],
        any: &["A28"],
    };
    known.check();
}

#[test]
fn the_attacks_of_ten_recorded_days_are_found_and_the_quiet_days_stay_quiet() {
    let Some(dev) = shared("logs/dev") else { return };
    let known = Known {
        logs: dev.join("cluster-a"),
        labels: dev.join("labels.json"),
        clusters: &["cluster-a"],
        serious: &[
            "A04", "A05", "A07", "A08", "A09", "A10", "A11", "A12", "A13", "A14", "A15", "A17", "A18", "A19",
            "A21", "A22", "A29", "A30",
        ],
        any: &["A01", "A03", "A06", "A20", "A24", "A25", "A31"],
    };
    known.check();
    let logs = dev.join("cluster-b");
    let serious = &["A02", "A09", "A15", "A16", "A19", "A27"];
    Known { logs, clusters: &["cluster-b"], serious, any: &["A24"], ..known }.check();
}

#[test]
fn rotated_files_of_a_real_server_are_read_in_order() {
    let Some(samples) = shared("formats/09_rotated") else { return };
    let mut test = Test::new("hunt -q -o ndjson .");
    for entry in fs::read_dir(samples).unwrap() {
        let entry = entry.unwrap();
        test = test.file(entry.file_name(), fs::read(entry.path()).unwrap());
    }
    let ran = test.run();
    let values = ran.values();
    let files: Vec<_> =
        values.iter().map(|hit| text(&hit["kaudit"], "file").rsplit('/').next().unwrap()).collect();
    let mut order = files.clone();
    order.dedup();
    assert_eq!(
        order,
        ["audit-2026-05-05T14-17-00.000.log.gz", "audit-2026-05-05T14-18-30.000.log", "audit.log"]
    );
    assert!(values.is_sorted_by_key(|hit| text(hit, "stageTimestamp").to_owned()));
}

#[test]
fn hostile_samples_act_in_no_format() {
    let Some(sample) = shared("formats/95_hostile_strings.jsonl") else { return };
    for format in kaudit::output::Format::ALL {
        for command in ["scan", "hunt"] {
            let ran = Test::new(&format!("{command} -q -o {}", format.name())).arg(&sample).run();
            for secret in ["hunter2", "eyJhbGciOiJSUzI1NiJ9"] {
                assert!(!ran.stdout.contains(secret), "{command} {}: {secret}", format.name());
            }
        }
    }
}
