//! The place that a report gives is the place where the evidence lies, to the byte.

use crate::harness::Test;
use crate::sample::{event, exec, gz, incident, incident_files, zst};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// Files by name, with the number of the line that begins at each offset.
struct Files(BTreeMap<String, (Vec<u8>, HashMap<u64, u64>)>);

impl Files {
    fn new(files: BTreeMap<String, Vec<u8>>) -> Files {
        let numbered = |(name, bytes): (String, Vec<u8>)| {
            let mut starts = HashMap::from([(0, 1)]);
            let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            starts.extend(ends.zip(2..).map(|((at, _), line)| (at as u64 + 1, line)));
            (name, (bytes, starts))
        };
        Files(files.into_iter().map(numbered).collect())
    }

    /// The event that stands where `place` says.
    #[track_caller]
    fn cut_out(&self, place: &Value) -> Value {
        let (bytes, starts) = &self.0[place["file"].as_str().unwrap()];
        let offset = place["offset"].as_u64().unwrap();
        assert_eq!(starts.get(&offset).copied(), place["line"].as_u64(), "{place}");
        let line = bytes[offset as usize..].split(|byte| *byte == b'\n').next().unwrap();
        serde_json::from_slice(line).unwrap()
    }
}

#[test]
fn every_finding_points_to_its_records_in_plain_gzip_and_zstd_files() {
    let files = Files::new(incident_files());
    let found = Test::new("scan -q -o ndjson").arg(incident()).run().values();
    assert!(found.len() > 40);
    let mut endings = std::collections::BTreeSet::new();
    for finding in &found {
        let evidence = finding["evidence"].as_array().unwrap();
        assert!(!evidence.is_empty());
        for place in evidence {
            let event = files.cut_out(place);
            assert_eq!(event["auditID"], place["auditID"]);
            assert_eq!(event["stage"], place["stage"]);
            assert!(finding["auditIDs"].as_array().unwrap().contains(&event["auditID"]));
            endings.insert(place["file"].as_str().unwrap().rsplit('.').next().unwrap().to_owned());
        }
        let of_one = finding["category"] == "rule";
        assert!(
            !of_one || evidence[0]["stage"] == finding["stage"],
            "the first evidence is what the finding shows"
        );
    }
    assert_eq!(endings.into_iter().collect::<Vec<_>>(), ["gz", "log", "zst"]);
}

#[test]
fn every_hit_points_to_its_record_with_and_without_the_search_before_parsing() {
    let files = Files::new(incident_files());
    for args in ["hunt -q -o ndjson", "hunt -q -o ndjson --verb update"] {
        let hits = Test::new(args).arg(incident()).run().values();
        assert!(hits.len() > 1000, "{args}");
        for hit in &hits {
            let event = files.cut_out(&hit["kaudit"]);
            assert_eq!((&event["auditID"], &event["stage"]), (&hit["auditID"], &hit["stage"]));
        }
    }
}

/// Every kind of line that could put the count off by one.
fn untidy() -> String {
    let get = event("a-get", json!({}));
    let exec = |id: &str| exec(id, json!({}));
    let crlf = exec("crlf").replace('\n', "\r\n");
    let body = json!({"requestObject": {"data": "x".repeat(1_500_000)}});
    let long = crate::sample::exec("long", body);
    let unfinished = exec("unfinished");
    format!(
        "\u{feff}{}\n\r\n  \n{get}garbage\n{crlf}{long}{get}{}{}",
        exec("first"),
        exec("after long"),
        unfinished.trim_end()
    )
}

#[test]
fn places_are_right_among_blank_crlf_long_and_bad_lines() {
    let text = untidy();
    let expected: Vec<(u64, u64, String)> = ["first", "crlf", "long", "after long", "unfinished"]
        .iter()
        .map(|id| {
            let at = text.find(&format!("\"auditID\":\"{id}\"")).unwrap();
            let start = text[..at].rfind('\n').map_or('\u{feff}'.len_utf8(), |end| end + 1);
            (start as u64, text[..start].matches('\n').count() as u64 + 1, (*id).to_owned())
        })
        .collect();
    let forms = [text.clone().into_bytes(), gz(&text), zst(&text)];
    for bytes in forms {
        for args in ["scan -q -o ndjson --allow-partial log", "hunt -q -o ndjson --resource pods/exec log"] {
            let ran = Test::new(args).file("log", &bytes).run();
            let place = |value: &Value| {
                let place = if value["kaudit"].is_null() { &value["evidence"][0] } else { &value["kaudit"] };
                let id = if value["kaudit"].is_null() { &value["auditIDs"][0] } else { &value["auditID"] };
                let number = |key: &str| place[key].as_u64().unwrap();
                (number("offset"), number("line"), id.as_str().unwrap().to_owned())
            };
            let mut places: Vec<_> = ran.values().iter().map(place).collect();
            places.sort();
            assert_eq!(places, expected, "{args}");
        }
    }
}

#[test]
fn losses_are_told_with_their_lines() {
    let ran = Test::new("scan -o ndjson log").file("log", untidy()).status(3).run();
    let line = untidy().split("garbage").next().unwrap().matches('\n').count() + 1;
    assert!(ran.stderr.contains(&format!("log:{line}")), "{}", ran.stderr);
}

#[test]
fn hits_hold_the_event_as_it_was() {
    let files = Files::new(incident_files());
    for hit in Test::new("hunt -q -o ndjson --no-redact --verb delete").arg(incident()).run().values() {
        let mut event = hit.clone();
        let place = event.as_object_mut().unwrap().shift_remove("kaudit").unwrap();
        assert_eq!(event, files.cut_out(&place));
    }
}
