//! `kaudit check`: what a log holds, what it lacks, and whether it is still the same.

use crate::harness::{Ran, Test};
use crate::sample::{archives, event, gz, incident, root};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// An event written so many seconds after a moment.
fn at(id: u32, second: u32, change: Value) -> String {
    let time = format!("2026-09-08T{:02}:{:02}:{:02}.000000Z", second / 3600, second / 60 % 60, second % 60);
    let mut made = json!({"requestReceivedTimestamp": time, "stageTimestamp": time});
    crate::sample::merge(&mut made, change);
    event(&format!("00000000-0000-4000-8000-{id:012x}"), made)
}

/// One event a second, from one second to another.
fn steady(from: u32, to: u32) -> String {
    (from..to).map(|second| at(second, second, json!({}))).collect()
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files and the clusters of an NDJSON report.
fn parts(ran: &Ran) -> (Vec<Value>, Vec<Value>) {
    ran.values().into_iter().partition(|value| value["schema"] == "kaudit.check.file.v1")
}

fn cluster(test: Test) -> Value {
    let (_, mut clusters) = parts(&test.run());
    assert_eq!(clusters.len(), 1);
    clusters.remove(0)
}

#[test]
fn recorded_logs_are_what_they_are() {
    let (files, clusters) = parts(&Test::new("check -q -o ndjson").arg(incident()).run());
    assert_eq!(files.len(), 6);
    let compressions: Vec<&Value> = files.iter().map(|file| &file["compression"]).collect();
    assert_eq!(compressions, ["zstd", "gzip", "gzip", "zstd", "zstd", "none"]);
    let [a, b] = &clusters[..] else { panic!("{clusters:?}") };
    assert_eq!(a["stages"], json!({"ResponseComplete": 3520, "ResponseStarted": 112}));
    assert_eq!(b["levels"], json!({"Metadata": 1369, "RequestResponse": 718}));
    assert_eq!((&b["truncated"]["count"], &b["unfinished"]["requests"]), (&json!(3), &json!(0)));
    assert_eq!((&a["twice"]["records"], &a["clock"]["late"]["count"]), (&json!(0), &json!(0)));
    // A week between the files of each cluster, and three hours in one.
    let seconds = |cluster: &Value| {
        let gaps = cluster["gaps"].as_array().unwrap().iter();
        gaps.map(|gap| gap["seconds"].as_f64().unwrap() as u64 / 3600).collect::<Vec<_>>()
    };
    assert_eq!((seconds(a), seconds(b)), (vec![167], vec![167, 3]));
}

#[test]
fn levels_are_told_by_resource_and_by_who_asked() {
    let (_, clusters) = parts(&Test::new("check -q -o ndjson").arg(incident()).run());
    let levels = |cluster: usize, resource: &str, who: &str, verbs: &str| {
        let rows = clusters[cluster]["policy"].as_array().unwrap();
        let is = |row: &&Value| row["resource"] == resource && row["who"] == who && row["verbs"] == verbs;
        rows.iter().find(is).unwrap_or_else(|| panic!("{resource} {who} {verbs}"))["levels"].clone()
    };
    assert_eq!(levels(0, "secrets", "people", "read"), json!(["Metadata"]));
    assert_eq!(levels(0, "leases.coordination.k8s.io", "accounts", "write"), json!(["Metadata"]));
    assert_eq!(levels(0, "pods", "accounts", "read"), json!(["Request"]));
    assert_eq!(levels(0, "pods", "people", "read"), json!(["Request", "RequestResponse"]));
    assert_eq!(levels(0, "pods/exec", "people", "write"), json!(["RequestResponse"]));
    assert_eq!(levels(1, "pods", "accounts", "read"), json!(["Metadata"]));
}

#[test]
fn a_silence_is_told_with_what_it_lacks() {
    let log = steady(0, 3000) + &steady(4800, 8000);
    let found = cluster(Test::new("check -q -o ndjson a").file("a", &log));
    let gap = &found["gaps"][0];
    assert_eq!(
        (gap["from"].as_str(), gap["seconds"].as_f64()),
        (Some("2026-09-08T00:49:59.000000Z"), Some(1801.0))
    );
    assert_eq!((gap["expectedEvents"].as_u64(), gap["memberMissing"].as_bool()), (Some(1801), Some(false)));
    let table = Test::new("check -q a").file("a", &log).run().stdout;
    let told = "no events 2026-09-08 00:49 - 01:20 (30 min 1 s); about 1,800 were to be expected";
    assert!(table.contains(told), "{table}");
    assert_eq!(cluster(Test::new("check -q -o ndjson a").file("a", steady(0, 8000)))["gaps"], json!([]));
}

#[test]
fn a_missing_member_of_a_rotated_set_is_told() {
    let (first, last) = ("audit-2026-09-08T00-30-00.000.log.gz", "audit.log");
    let test = |args: &str| {
        Test::new(args)
            .file(format!("k/{first}"), gz(steady(0, 1800)))
            .file(format!("k/{last}"), steady(3600, 5400))
    };
    let found = cluster(test("check -q -o ndjson k"));
    assert_eq!(found["gaps"][0]["memberMissing"], true);
    assert_eq!(found["gaps"][0]["between"], json!([format!("k/{first}"), format!("k/{last}")]));
    assert!(test("check -q k").run().stdout.contains("is a file missing between"));
}

#[test]
fn the_same_events_under_two_names_count_as_twice() {
    let log = steady(0, 100);
    let (files, clusters) =
        parts(&Test::new("check -q -o ndjson a b").file("a", &log).file("b", gz(&log)).run());
    assert_eq!((&files[0]["twice"]["records"], &files[1]["twice"]["records"]), (&json!(0), &json!(100)));
    assert_eq!(clusters[0]["twice"], json!({"records": 100, "exact": true}));
}

#[test]
fn requests_without_an_end_are_named() {
    let received = |id| at(id, id, json!({"stage": "RequestReceived", "responseStatus": null}));
    let log = format!("{}{}{}", received(1), received(2), at(1, 1, json!({})));
    let found = cluster(Test::new("check -q -o ndjson a").file("a", log));
    assert_eq!(found["unfinished"]["requests"], 1);
    assert_eq!(found["unfinished"]["samples"][0]["auditID"], "00000000-0000-4000-8000-000000000002");
    assert_eq!(found["unfinished"]["samples"][0]["line"], 2);
}

#[test]
fn clocks_that_were_wrong_are_told_with_their_places() {
    let early = json!({"stageTimestamp": "2026-09-08T00:00:01.000000Z"});
    let log =
        steady(0, 50) + &at(900, 80_000, json!({})) + &steady(50, 90) + &at(901, 91, early) + &steady(20, 40);
    let found = cluster(Test::new("check -q -o ndjson a").file("a", log));
    let lines = |what: &str| {
        let samples = found["clock"][what]["samples"].as_array().unwrap().iter();
        samples.map(|sample| sample["line"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(
        (lines("farAhead"), lines("jumpsBack"), lines("beforeReceived")),
        (vec![51], vec![92], vec![92])
    );
}

/// The example files, as they stand in the repository.
fn examples() -> Vec<Value> {
    let ran = Test::new("check -q --allow-partial -o ndjson").arg(root().join("testdata/formats")).run();
    parts(&ran).0
}

#[test]
fn example_files_hold_what_their_table_says() {
    let files = examples();
    let table = std::fs::read_to_string(root().join("testdata/formats/expected.tsv")).unwrap();
    // The table leaves the heads of CSV columns out; here each record counts as something.
    let heads = |path: &str| u64::from(path.ends_with(".csv"));
    let count = |file: &Value, path: &str| file.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    for row in table.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [path, events, _ids, cut, foreign, falco, alcide] = cells[..] else { panic!("{row}") };
        let is = |file: &&Value| file["name"].as_str().unwrap().ends_with(&format!("formats/{path}"));
        let file = files.iter().find(is).unwrap_or_else(|| panic!("{path} is not checked"));
        let cuts = ["cut off", "cut by a limit on the way", "damaged"];
        let cut_off: u64 = cuts.iter().map(|bad| count(file, &format!("/bad/{bad}/count"))).sum();
        let other: u64 = ["no audit event", "not JSON", "plain text"]
            .iter()
            .map(|bad| count(file, &format!("/bad/{bad}/count")))
            .sum();
        let found = [
            count(file, "/events") - count(file, "/salvaged/count"),
            cut_off,
            other - heads(path),
            count(file, "/falcoAlerts/count"),
            count(file, "/alcideDetections/count"),
        ];
        assert_eq!(found.map(|count| count.to_string()), [events, cut, foreign, falco, alcide], "{path}");
        let of_formats = file["formats"].as_object().unwrap().values().filter_map(Value::as_u64).sum::<u64>();
        assert_eq!(of_formats, count(file, "/events"), "{path}");
    }
}

#[test]
fn formats_are_told_by_file() {
    let files = examples();
    let format = |name: &str| {
        let is = |file: &&Value| file["name"].as_str().unwrap().contains(name);
        files.iter().find(is).unwrap()["format"].clone()
    };
    for (name, expected) in [
        ("/01_", "native"),
        ("/04_", "event-list"),
        ("/06_", "native"),
        ("/20_", "cloudwatch-events"),
        ("/26_eks_export_task/aws-logs-write-test", "other"),
        ("/30_", "gke"),
        ("/31_", "gke"),
        ("/55_", "docker"),
        ("/85_", "falco"),
        ("/90_", "alcide"),
        ("/91_", "text"),
        ("/92_", "text"),
        ("/README.md", "text"),
        ("/expected.tsv", "text"),
    ] {
        assert_eq!(format(name), expected, "{name}");
    }
}

/// An event as Docker keeps it.
fn in_docker(event: &str) -> String {
    format!("{}\n", json!({"log": event, "stream": "stdout", "time": "2026-09-08T00:00:00Z"}))
}

/// An event as Loki hands it out, with the labels of its stream.
fn in_loki(event: &str, cluster: &str, node: &str) -> String {
    let labels = json!({"cluster": cluster, "node": node, "job": "audit"});
    format!("{}\n", json!({"labels": labels, "line": event.trim_end(), "timestamp": "2026-09-08T00:00:00Z"}))
}

#[test]
fn formats_that_mix_are_counted() {
    let events: Vec<String> = (0..5).map(|id| at(id, id, json!({}))).collect();
    let log = events[..2].concat() + &events[2..].iter().map(|event| in_docker(event)).collect::<String>();
    let (files, clusters) = parts(&Test::new("check -q -o ndjson a").file("a", log).run());
    assert_eq!(files[0]["format"], "docker 3, native 2");
    assert_eq!(files[0]["formats"], json!({"docker": 3, "native": 2}));
    assert_eq!(clusters[0]["formats"], files[0]["formats"]);
}

#[test]
fn events_belong_to_the_cluster_and_node_that_their_wrapper_names() {
    let event = |id: u32, change| at(id, id, change);
    let received = json!({"stage": "RequestReceived", "responseStatus": null});
    let log = [
        in_loki(&event(1, json!({})), "east", "cp1"),
        in_loki(&event(1, json!({})), "west", "cp1"),
        in_loki(&event(2, received.clone()), "west", "cp2"),
        in_loki(&event(3, json!({})), "west", "cp2"),
        in_loki(&event(3, json!({})), "west", "cp2"),
    ];
    let test = || Test::new("check -q -o ndjson dump").file("dump", log.concat());
    let (files, clusters) = parts(&test().run());
    assert_eq!((&files[0]["cluster"], &files[0]["events"]), (&json!("west"), &json!(5)));
    assert_eq!(files[0]["clusters"], json!([{"name": "east", "events": 1}, {"name": "west", "events": 4}]));
    let [east, west] = &clusters[..] else { panic!("{clusters:?}") };
    assert_eq!((&east["name"], &west["name"]), (&json!("east"), &json!("west")));
    assert_eq!((&east["events"], &west["events"]), (&json!(1), &json!(4)));
    // The same auditID in two clusters is no duplicate.
    assert_eq!((&east["twice"]["records"], &west["twice"]["records"]), (&json!(0), &json!(1)));
    assert_eq!((&east["unfinished"]["requests"], &west["unfinished"]["requests"]), (&json!(0), &json!(1)));
    let nodes = |cluster: &Value| {
        let nodes = cluster["nodes"].as_array().unwrap().iter();
        nodes.map(|node| format!("{} {}", node["name"].as_str().unwrap(), node["events"])).collect::<Vec<_>>()
    };
    assert_eq!(
        (nodes(east), nodes(west)),
        (vec!["cp1 1".to_owned()], vec!["cp1 1".to_owned(), "cp2 3".to_owned()])
    );
    let levels = |cluster: &Value| {
        cluster["policy"].as_array().unwrap().iter().map(|row| row["events"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((levels(east), levels(west)), (1, 4));
    let table = Test::new("check -q dump").file("dump", log.concat()).run().stdout;
    assert!(table.contains("Nodes     cp2 3, cp1 1"), "{table}");
}

#[test]
fn what_stands_before_a_cut_is_counted_apart() {
    let log = steady(0, 3) + &steady(3, 4)[..400];
    let ran = Test::new("check -q --allow-partial -o ndjson a").file("a", &log).run();
    let (files, clusters) = parts(&ran);
    for counts in [&files[0], &clusters[0]] {
        assert_eq!((&counts["events"], &counts["records"]), (&json!(4), &json!(4)));
        assert_eq!(
            (&counts["salvaged"]["count"], &counts["salvaged"]["samples"][0]["line"]),
            (&json!(1), &json!(4))
        );
        assert_eq!(counts["bad"]["cut off"]["count"], 1);
    }
}

#[test]
fn files_beside_the_logs_are_no_clusters_and_no_losses() {
    let alert = std::fs::read_to_string(root().join("testdata/formats/85_falco_alerts.jsonl")).unwrap();
    let ran = Test::new("check -q -o ndjson .")
        .file("logs/audit.log", steady(0, 50))
        .file("logs/README.md", "# Logs\n\nOf the cluster `east`; `{\"a\":1}` is no event.\n")
        .file("docs/policy.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n")
        .file("alerts/falco.json", alert)
        .run();
    let (files, clusters) = parts(&ran);
    let formats: Vec<&Value> = files.iter().map(|file| &file["format"]).collect();
    assert_eq!(formats, ["native", "falco", "text", "text"]);
    assert_eq!(clusters.len(), 1);
    assert_eq!((&clusters[0]["name"], &clusters[0]["files"]), (&json!("logs"), &json!(1)));
    let table =
        Test::new("check -q .").file("audit.log", steady(0, 50)).file("README.md", "Read me.\n").run().stdout;
    assert!(table.contains("No log    1 file of text: README.md"), "{table}");
}

#[test]
fn losses_are_counted_for_each_file_and_make_the_exit_code() {
    let log = steady(0, 5);
    let cut = &log[..log.len() - 20];
    let test = |args: &str| Test::new(args).file("a", cut).file("b", "{\"other\":1}\n");
    let (files, _) = parts(&test("check -o ndjson a b").status(3).says("part of the input was lost").run());
    // What stands before the cut is an event too.
    assert_eq!((&files[0]["bad"]["cut off"]["count"], &files[0]["events"]), (&json!(1), &json!(5)));
    assert_eq!(
        (&files[1]["bad"]["no audit event"]["count"], &files[1]["format"]),
        (&json!(1), &json!("other"))
    );
    test("check -q --allow-partial a b").run();
    let broken = gz(steady(0, 5000));
    let (files, _) =
        parts(&Test::new("check -q -o ndjson a").file("a", &broken[..broken.len() / 2]).status(3).run());
    assert!(files[0]["trouble"].as_str().unwrap().contains("cut off"));
    assert_eq!(files[0]["bytes"], broken.len() / 2);
}

const NO_WORD_OF: [&str; 2] = ["generated", "host"];

#[test]
fn a_manifest_tells_whether_files_are_still_the_same() {
    let log = steady(0, 5);
    let made = Test::new("check -q a sub --manifest m.json").file("a", &log).file("sub/b", "").run();
    let manifest = made.file("m.json");
    let value: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!((&value["schema"], &value["files"][0]["path"]), (&json!("kaudit.manifest.v1"), &json!("a")));
    assert_eq!(value["files"][0]["first"], "2026-09-08T00:00:00.000000Z");
    assert_eq!(
        value["files"][1]["sha256"],
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert!(NO_WORD_OF.iter().all(|word| !manifest.contains(word)));

    let verify = |args: &str| Test::new(args).file("m.json", &manifest).file("sub/b", "");
    let status = |ran: &Ran| ran.values().iter().map(|file| file["status"].clone()).collect::<Vec<_>>();
    let ran = verify("check -q --verify m.json -o ndjson").file("a", &log).run();
    assert_eq!(status(&ran), ["same", "same"]);
    let mut changed = log.clone().into_bytes();
    changed[100] ^= 1;
    let ran = verify("check -q --verify m.json -o ndjson").file("a", changed).status(1).run();
    assert_eq!(status(&ran), ["changed", "same"]);
    let ran = verify("check -q --verify m.json").status(1).run();
    assert!(ran.stdout.starts_with("STATUS   FILE\nmissing  a\nsame     sub/b\n"), "{}", ran.stdout);
    let ran = verify("check -q --verify m.json -o ndjson copy sub new")
        .file("copy", &log)
        .file("new", "x")
        .status(1)
        .run();
    assert_eq!(status(&ran), ["same", "same", "new"]);
    assert_eq!(ran.values()[0]["at"], "copy");
}

#[test]
fn a_manifest_knows_files_in_archives_and_knows_them_again_unpacked() {
    let (plain, packed) = (steady(0, 500), gz(steady(500, 600)));
    let members: [(&str, &[u8]); 3] =
        [("log/b.log", plain.as_bytes()), ("log/a.gz", &packed), ("log/none", b"")];
    for (archive, bytes) in archives(&members) {
        let made = Test::new(&format!("check -q {archive} --manifest m.json")).file(archive, &bytes).run();
        let manifest = made.file("m.json");
        let value: Value = serde_json::from_str(&manifest).unwrap();
        for (name, content) in members {
            let path = format!("{archive}!{name}");
            let file = value["files"].as_array().unwrap().iter().find(|file| file["path"] == path).unwrap();
            assert_eq!(
                (&file["bytes"], &file["sha256"]),
                (&json!(content.len()), &json!(sha256(content))),
                "{path}"
            );
        }
        let verify = |args: &str| {
            Test::new(&format!("check -q --verify m.json -o ndjson {args}")).file("m.json", &manifest)
        };
        let status = |ran: &Ran| ran.values().iter().map(|file| file["status"].clone()).collect::<Vec<_>>();
        assert_eq!(status(&verify("").file(archive, &bytes).run()), ["same", "same", "same"], "{archive}");
        let unpacked =
            members.iter().fold(verify("log"), |test, (name, content)| test.file(name, content)).run();
        assert_eq!(status(&unpacked), ["same", "same", "same"], "{archive}");
        assert!(unpacked.values().iter().all(|file| file["at"].as_str().unwrap().starts_with("log/")));
        assert_eq!(status(&verify("").status(1).run()), ["missing", "missing", "missing"], "{archive}");

        let changed = steady(1, 501);
        let other = [("log/b.log", changed.as_bytes()), members[1]];
        let (_, other) = archives(&other).into_iter().find(|(name, _)| *name == archive).unwrap();
        let ran = verify("").file(archive, other).status(1).run();
        let by_path: Vec<(String, Value)> = ran
            .values()
            .iter()
            .map(|file| {
                (
                    file["path"].as_str().unwrap().replace(&format!("{archive}!log/"), ""),
                    file["status"].clone(),
                )
            })
            .collect();
        for (name, status) in [("b.log", "changed"), ("a.gz", "same"), ("none", "missing")] {
            assert!(by_path.contains(&(name.to_owned(), json!(status))), "{archive}: {by_path:?}");
        }
    }
}

#[test]
fn what_cannot_be_a_manifest_or_be_written_is_told_at_once() {
    for (args, says) in [
        ("check --verify missing.json", "missing.json"),
        ("check --verify a", "no manifest"),
        ("check --verify other.json", "kaudit.manifest.v1"),
        ("check a --manifest a", "exists already"),
        ("check a --manifest no/m.json", "no/m.json"),
        ("check a -o csv", "use -o table, json or ndjson"),
        ("check a -o summary", "use -o table, json or ndjson"),
        ("check a --since 2h", "unexpected argument"),
    ] {
        let other = r#"{"schema":"x","tool":"y","version":"z","files":[]}"#;
        let ran =
            Test::new(args).file("a", steady(0, 5)).file("other.json", other).status(2).says(says).run();
        assert_eq!(ran.names(), ["a", "other.json"], "{args}");
    }
}

#[test]
fn a_pipe_is_checked_without_a_fingerprint() {
    let ran = Test::new("check -o ndjson -").stdin(gz(steady(0, 50))).says("no sha256").run();
    let (files, _) = parts(&ran);
    assert_eq!((&files[0]["compression"], &files[0]["events"]), (&json!("gzip"), &json!(50)));
    assert!(files[0]["sha256"].is_null() && files[0]["bytes"].as_u64() > Some(100));
}

#[test]
fn one_document_holds_what_the_lines_hold() {
    let lines = Test::new("check -q -o ndjson").arg(incident()).run().values();
    let document: Value =
        serde_json::from_str(&Test::new("check -q -o json").arg(incident()).run().stdout).unwrap();
    let list = |key: &str| document[key].as_array().unwrap().clone();
    assert_eq!([list("files"), list("clusters")].concat(), lines);
    assert_eq!(document["schema"], "kaudit.check.v1");
}

#[test]
fn a_check_is_the_same_for_any_number_of_threads() {
    for format in ["json", "table"] {
        let report = |threads: u32| {
            let args = format!("check -q -o {format} --threads {threads}");
            Test::new(&args).arg(incident()).run().stdout
        };
        let one = report(1);
        assert!([2, 8].into_iter().all(|threads| report(threads) == one));
    }
}

#[test]
fn tables_fit() {
    for width in [40, 80, 100, 200] {
        let table = Test::new(&format!("check -q --width {width}")).arg(incident()).run().stdout;
        let widest = table.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width, "{widest} of {width}");
    }
}

#[test]
fn names_in_a_log_drive_no_terminal() {
    let hostile =
        json!({"objectRef": {"resource": "pods\u{1b}[2J\nCluster   forged", "subresource": "\u{202e}x"}});
    let log: String = (0..50).map(|id| at(id, id, hostile.clone())).collect();
    for format in ["table", "json", "ndjson"] {
        let ran = Test::new(&format!("check -q -o {format} a")).file("a", &log).run();
        assert!(!ran.stdout.contains("\nCluster   forged"));
    }
}
