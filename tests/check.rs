//! `kaudit check`: what a log holds, what it lacks, and whether it is still the same.

use crate::harness::{Ran, Test};
use crate::sample::{archives, event, gz, incident};
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
        (&json!(1), &json!("unknown"))
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
