//! Anomalies: told the same however the input comes, measured against history that was kept, and sifted.

use crate::harness::Test;
use crate::sample::{event, incident, root};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

const USERS: [&str; 4] = ["jane", "joe", "system:serviceaccount:web:default", "system:serviceaccount:ci:bot"];

/// Some days of everyday life: four principals that read pods and update leases, every half hour.
fn life(days: std::ops::Range<u32>) -> String {
    let mut out = String::new();
    for day in days {
        for half in 0..48 {
            let time = format!("2026-09-{:02}T{:02}:{:02}:07.000000Z", day + 1, half / 2, half % 2 * 30);
            for (at, user) in USERS.iter().enumerate() {
                let change = json!({
                    "user": {"username": user},
                    "sourceIPs": [format!("10.50.{at}.6")],
                    "requestReceivedTimestamp": time,
                    "stageTimestamp": time,
                });
                out += &event(&format!("{day}-{half}-{at}"), change);
            }
        }
    }
    out
}

/// Jane comes from elsewhere, with another program, and takes what she never took.
fn theft(day: u32) -> String {
    let request = |at: usize, (verb, resource, subresource): &(&str, &str, &str)| {
        let time = format!("2026-09-{:02}T03:{:02}:00.000000Z", day + 1, at);
        event(
            &format!("theft-{day}-{at}"),
            json!({
                "verb": verb,
                "sourceIPs": ["185.220.101.7"],
                "userAgent": "curl/8.5.0",
                "requestURI": format!("/api/v1/namespaces/ns{at}/{resource}/x"),
                "objectRef": {"resource": resource, "subresource": subresource, "namespace": format!("ns{at}")},
                "requestReceivedTimestamp": time,
                "stageTimestamp": time,
            }),
        )
    };
    let deeds = [
        ("list", "secrets", ""),
        ("get", "secrets", ""),
        ("create", "pods", "exec"),
        ("create", "clusterrolebindings", ""),
        ("create", "serviceaccounts", "token"),
    ];
    deeds.iter().enumerate().map(|(at, deed)| request(at, deed)).collect()
}

fn scan(text: &str) -> Vec<Value> {
    Test::new("scan -q -o ndjson --only anomaly --cluster c a.log").file("a.log", text).run().values()
}

/// What does not hang on where records stand.
fn told(findings: &[Value]) -> Vec<Value> {
    let strip = |finding: &Value| {
        let mut finding = finding.clone();
        finding.as_object_mut().unwrap().remove("evidence");
        finding
    };
    findings.iter().map(strip).collect()
}

#[test]
fn a_stolen_token_stands_out_of_everyday_life() {
    let found = scan(&(life(0..6) + &theft(5)));
    assert_eq!(found.len(), 1, "{found:#?}");
    let theft = &found[0];
    assert_eq!((&theft["category"], &theft["etype"]), (&json!("anomaly"), &json!("principal")));
    assert_eq!(
        (&theft["eid"], &theft["confidence"], &theft["direction"]),
        (&json!("jane"), &json!("high"), &json!("write"))
    );
    assert_eq!(theft["time"], "2026-09-06T03:00:00.000000Z");
    let ids: BTreeSet<&str> =
        theft["auditIDs"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(ids, BTreeSet::from(["theft-5-0", "theft-5-1", "theft-5-2", "theft-5-3", "theft-5-4"]));
    assert_eq!(theft["context"]["new-source"], json!(["185.220.101.0/24"]));
    assert_eq!(theft["context"]["new-client"], json!(["curl"]));
    let said: Vec<&str> =
        theft["reasons"].as_array().unwrap().iter().map(|why| why["said"].as_str().unwrap()).collect();
    assert!(said.iter().any(|said| said.contains("0 of 1 other users: 185.220.101.0/24")), "{said:?}");
}

#[test]
fn everyday_life_is_no_news() {
    assert_eq!(scan(&life(0..6)), Vec::<Value>::new());
}

#[test]
fn shuffled_lines_and_split_files_give_the_same_detections() {
    let text = life(0..6) + &theft(5);
    let whole = told(&scan(&text));
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_by_key(|line| line.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte)));
    assert_eq!(told(&scan(&(lines.join("\n") + "\n"))), whole);
    let mut test = Test::new("scan -q -o ndjson --only anomaly --cluster c .");
    for part in 0..7 {
        let own: Vec<&str> = lines.iter().skip(part).step_by(7).copied().collect();
        test = test.file(format!("{part}.log"), own.join("\n") + "\n");
    }
    assert_eq!(told(&test.run().values()), whole);
}

#[test]
fn history_tells_what_one_day_cannot() {
    let build = Test::new("baseline build --cluster c old.log --out b.kbl").file("old.log", life(0..5));
    let ran = build.says("4 profiles of 1 cluster in b.kbl").run();
    let kept = fs::read(ran.path("b.kbl")).unwrap();
    let day = life(5..6) + &theft(5);
    let with = |args: &str| {
        let args = format!("scan -q -o ndjson --only anomaly --cluster c day.log {args}");
        Test::new(&args).file("day.log", &day).file("b.kbl", &kept).run().values()
    };
    let found = with("--baseline b.kbl");
    assert_eq!((found.len(), &found[0]["confidence"]), (1, &json!("high")), "{found:#?}");
    let whole = scan(&(life(0..6) + &theft(5)));
    assert_eq!(found[0]["reasons"], whole[0]["reasons"]);
    assert!(with("").iter().all(|finding| finding["reasons"] != found[0]["reasons"]));
    // What the history itself held is not told again.
    let quiet = Test::new("scan -o ndjson --only anomaly --cluster c quiet.log --baseline b.kbl");
    let kept = Test::new("baseline build -q --cluster c old.log --out b.kbl")
        .file("old.log", life(0..5) + &theft(4))
        .run();
    let kept = fs::read(kept.path("b.kbl")).unwrap();
    assert_eq!(quiet.file("quiet.log", life(5..6)).file("b.kbl", kept).run().values(), Vec::<Value>::new());
}

#[test]
fn baselines_are_shown_compared_and_never_merged_twice() {
    let ran = Test::new("baseline build -q --cluster c a.log --out a.kbl").file("a.log", life(0..1)).run();
    let a = fs::read(ran.path("a.kbl")).unwrap();
    let ran = Test::new("baseline build -q --cluster c b.log --out b.kbl")
        .file("b.log", life(1..2) + &theft(1))
        .run();
    let b = fs::read(ran.path("b.kbl")).unwrap();
    let both = |args: &str| Test::new(args).file("a.kbl", &a).file("b.kbl", &b);
    let shown = both("baseline show a.kbl").run().stdout;
    assert!(shown.contains("File      a.log") && shown.contains("Profiles  2 users, "), "{shown}");
    let differs = both("baseline diff a.kbl b.kbl").status(1).run().stdout;
    assert!(
        differs.contains("+ c: jane: create pods/exec\n+ c: jane: create serviceaccounts/token\n"),
        "{differs}"
    );
    assert!(!differs.contains("joe") && !differs.contains("- "), "{differs}");
    both("baseline diff a.kbl a.kbl").run();
    both("baseline merge a.kbl b.kbl a.kbl --out c.kbl").status(2).says("a.kbl: a.log went into both").run();
    let ran = both("baseline merge a.kbl b.kbl --out c.kbl").says("4 profiles of 1 cluster").run();
    assert!(ran.path("c.kbl").exists());
    both("baseline merge a.kbl b.kbl --out a.kbl").status(2).says("a.kbl").run();
    let again = both("scan --only anomaly --cluster c a.log --baseline a.kbl").file("a.log", life(0..1));
    again.says("a.log: went into the baseline already").run();
}

#[test]
fn what_is_no_baseline_is_refused_with_a_way_out() {
    for (content, why) in [("nothing of the kind", "line 1"), ("", "line 1")] {
        let test = Test::new("scan a.log --baseline b.kbl").file("a.log", life(0..1)).file("b.kbl", content);
        test.status(2).says(why).says("build it anew with kaudit baseline build").run();
    }
    Test::new("baseline show none.kbl").status(2).says("none.kbl").run();
}

#[test]
fn filters_sift_findings_and_say_how_many() {
    let found = |args: &str| {
        let ran = Test::new(&format!("scan --allow-partial -o ndjson {args}")).arg(incident()).run();
        (ran.values(), ran.stderr)
    };
    let (all, _) = found("");
    let is = |finding: &Value, key: &str, text: &str| finding[key] == text;
    let count = |keep: &dyn Fn(&Value) -> bool| all.iter().filter(|finding| keep(finding)).count();
    let anomalies = count(&|finding| is(finding, "category", "anomaly"));
    let incidents: Vec<&Value> = all.iter().filter(|finding| is(finding, "category", "incident")).collect();
    assert!(anomalies > 0 && anomalies < all.len() && incidents.len() == 3, "{incidents:#?}");
    for (args, expected) in [
        ("--category anomaly", anomalies),
        ("--category rule --category anomaly --category incident", all.len()),
        ("--category rule", all.len() - anomalies - incidents.len()),
        ("--category incident --rule ^anomaly-", 2),
        ("--category incident --rule ^cronjob-change$", 1),
        ("--category incident --not-entity pavel --min-confidence high", 2),
        ("--category incident --entity dmitri", 1),
        ("--category anomaly --rule ^anomaly-", anomalies),
        ("--etype cluster", 0),
        (
            "--entity ^system:",
            count(&|f| f["principal"].as_str().is_some_and(|name| name.starts_with("system:"))),
        ),
        (
            "--category rule --category anomaly --not-entity .",
            count(&|finding| finding["principal"].as_str().is_none_or(str::is_empty)),
        ),
        ("--min-confidence high", count(&|f| is(f, "level", "high") || is(f, "level", "critical"))),
        (
            "--min-confidence 1 --category anomaly",
            count(&|f| is(f, "category", "anomaly") && !is(f, "confidence", "low")),
        ),
    ] {
        let (some, said) = found(args);
        assert_eq!(some.len(), expected, "{args}");
        let left_out = all.len() - expected;
        assert_eq!(said.contains("left out by filters"), left_out > 0, "{args}: {said}");
    }
    Test::new("scan --entity ( a.log").file("a.log", "").status(2).says("--entity").run();
}

#[test]
fn alcide_receivers_get_exactly_the_keys_they_know() {
    let known: Value = serde_json::from_slice(
        &fs::read(root().join("testdata/formats/90_alcide_kaudit_detection.json")).unwrap(),
    )
    .unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let text = life(0..6) + &theft(5);
    let run = |format: &str| {
        let args = format!("scan -q --schema alcide --cluster c a.log -o {format}");
        Test::new(&args).file("a.log", &text).run()
    };
    let lines = run("ndjson").values();
    let array: Value = serde_json::from_str(&run("json").stdout).unwrap();
    assert_eq!(Value::Array(lines.clone()), array);
    let categories: Vec<&Value> = lines.iter().map(|line| &line["category"]).collect();
    assert_eq!(categories, ["incident", "anomaly"]);
    lines.iter().for_each(|line| assert_eq!(keys(line), keys(&known)));
    let theft = &lines[1];
    for reason in theft["reasons"].as_array().unwrap() {
        let sorted = |value| keys(value).into_iter().collect::<BTreeSet<_>>();
        assert_eq!(sorted(reason), sorted(&known["reasons"][0]));
        assert_eq!(reason["period"], 300_000);
    }
    assert_eq!((&theft["time"], &theft["period"]), (&json!(1_788_663_600_000_u64), &json!(300_000)));
    Test::new("scan --schema alcide a.log").file("a.log", "").status(2).says("-o json").run();
}

/// A deployment made from an image.
fn deploys(id: &str, user: &str, time: &str, image: &str) -> String {
    event(
        id,
        json!({
            "verb": "create",
            "user": {"username": user},
            "sourceIPs": ["10.50.0.6"],
            "objectRef": {"resource": "deployments", "apiGroup": "apps", "namespace": "web", "name": "x"},
            "requestURI": "/apis/apps/v1/namespaces/web/deployments",
            "requestObject": {"spec": {"template": {"spec": {"containers": [{"name": "x", "image": image}]}}}},
            "requestReceivedTimestamp": time,
            "stageTimestamp": time,
        }),
    )
}

#[test]
fn images_of_somebody_whom_nobody_ran_before_are_news_and_those_of_ones_own_are_not() {
    let mut text = life(0..6);
    for day in 1..7 {
        for at in 0..12 {
            let user = USERS.get(at).map_or(format!("dev{at}"), |user| (*user).to_owned());
            let time = format!("2026-09-{day:02}T10:02:00.000000Z");
            text += &deploys(&format!("{at}-{day}"), &user, &time, "registry.example/web/shop:1");
        }
    }
    let others = deploys("own", "jane", "2026-09-06T11:32:00.000000Z", "registry.example/else/new:7");
    assert_eq!(scan(&(text.clone() + &others)), Vec::<Value>::new());
    let found =
        scan(&(text + &deploys("odd", "jane", "2026-09-06T11:32:00.000000Z", "someone/miner:latest")));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["context"]["new-image"], json!(["docker.io/someone"]));
    assert_eq!(found[0]["reasons"][0]["doc"], "change in count of unseen origins of images");
    assert_eq!(found[0]["auditIDs"], json!(["odd"]));
}

#[test]
fn old_weeks_of_a_baseline_are_sealed_and_still_tell_what_is_usual() {
    let built = |text: &str| {
        let ran = Test::new("baseline build -q --cluster c a.log --out a.kbl").file("a.log", text).run();
        fs::read(ran.path("a.kbl")).unwrap()
    };
    let plain = |bytes: &[u8]| String::from_utf8(zstd::decode_all(bytes).unwrap()).unwrap();
    let november = |text: String| text.replace("2026-09-", "2026-11-");
    let fresh = built(&life(0..14));
    assert!(!plain(&fresh).contains("\"sealed\""));
    let late = built(&november(life(0..2)));
    let ran =
        Test::new("baseline merge -q a.kbl b.kbl --out c.kbl").file("a.kbl", fresh).file("b.kbl", late).run();
    let kept = fs::read(ran.path("c.kbl")).unwrap();
    assert!(plain(&kept).contains("\"sealed\":[["));
    let again = Test::new("baseline show c.kbl").file("c.kbl", &kept).run();
    assert!(again.stdout.contains("768 windows with events"), "{}", again.stdout);
    let day = november(life(2..3) + &theft(2));
    let test = Test::new("scan -q -o ndjson --only anomaly --cluster c day.log --baseline c.kbl");
    let found = test.file("day.log", day).file("c.kbl", kept).run().values();
    assert_eq!((found.len(), &found[0]["eid"], &found[0]["confidence"]), (1, &json!("jane"), &json!("high")));
}
