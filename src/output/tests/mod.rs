//! Each format against a golden file in `testdata/output`. `BLESS=1 cargo test` writes them anew; what
//! changed is then for a person to look at.

mod sample;

use super::*;
use crate::anomaly::Lack;
use crate::finding::Shown;
use crate::redact::{Redactor, quote};
use crate::time;
use sample::{HOSTILE, files, findings, hostile, rules, with_report};
use std::path::Path;

fn scan_report(format: Format, width: usize) -> String {
    let mut out = Vec::new();
    with_report(width, false, |report| format.finding_pen().write(report, &mut out)).unwrap();
    String::from_utf8(out).unwrap()
}

fn hunt_report(format: Format, width: usize) -> String {
    let mut out = Vec::new();
    with_report(width, false, |report| {
        let mut pen = format.hit_pen(report.look);
        pen.begin(&mut out).unwrap();
        let plain = |finding: &&Finding| finding.episode.is_none() && ![0, 6, 7].contains(&finding.rule);
        for finding in report.findings.iter().filter(plain) {
            let record = format!("{{\"kind\":\"Event\",\"verb\":\"{}\"}}", finding.rule).into_bytes();
            let hit = Hit { seen: finding.seen.clone(), record };
            pen.hit(&hit, report.read.file(&hit.seen.evidence), &mut out).unwrap();
        }
        pen.end(&Ending { read: report.read }, &mut out).unwrap();
    });
    String::from_utf8(out).unwrap()
}

/// Every report in every format, at the widths of interest.
fn reports() -> Vec<(String, usize, String)> {
    let mut reports = Vec::new();
    for format in Format::ALL {
        let for_people = matches!(format, Format::Table | Format::Summary);
        for width in if for_people { vec![80, 200] } else { vec![80] } {
            let end = if for_people {
                format!("{}.{width}.txt", format.name())
            } else {
                format!("txt.{}", format.name())
            };
            let end = end.trim_start_matches("txt.");
            reports.push((format!("findings.{end}"), width, scan_report(format, width)));
            reports.push((format!("hits.{end}"), width, hunt_report(format, width)));
        }
    }
    reports
}

#[test]
fn reports_are_as_blessed() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/output");
    for (name, _, text) in reports() {
        let path = directory.join(&name);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let blessed = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, blessed, "{name} differs; BLESS=1 accepts it");
    }
}

#[test]
fn no_report_holds_what_a_terminal_obeys() {
    for (name, _, text) in reports() {
        let hidden = text.chars().find(|ch| *ch != '\n' && quote::is_hidden(*ch));
        assert_eq!(hidden, None, "{name}");
    }
}

#[test]
fn tables_and_summaries_are_never_wider_than_the_terminal() {
    for width in [1, 10, 20, 40, 79, 80, 120, 200, 500] {
        for format in [Format::Table, Format::Summary] {
            for text in [scan_report(format, width), hunt_report(format, width)] {
                let widest = text.lines().max_by_key(|line| escape::width(line)).unwrap();
                let least = if format == Format::Table { width } else { width.max(32) };
                assert!(escape::width(widest) <= least, "{width}: {widest}");
            }
        }
    }
}

#[test]
fn levels_have_colors_only_where_they_are_wanted() {
    let mut out = Vec::new();
    with_report(120, true, |report| Format::Table.finding_pen().write(report, &mut out)).unwrap();
    let colored = String::from_utf8(out).unwrap();
    assert!(colored.contains("\u{1b}[1m\u{1b}[91mcrit\u{1b}[0m"), "{colored}");
    let plain = anstyle_free(&colored);
    assert_eq!(plain, scan_report(Format::Table, 120));
}

fn anstyle_free(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').unwrap().1)
}

#[test]
fn the_hostile_event_of_the_field_comes_out_harmless() {
    let raw = include_bytes!("../../../testdata/output/hostile.json");
    let spans = crate::event::Spans::default();
    let event = crate::event::Event::new(raw, &spans, None);
    for redactor in [Redactor::new(true), Redactor::new(false)] {
        let mut record = Vec::new();
        redactor.record(&event, &mut record);
        let hit = Hit { seen: hostile(), record };
        for format in Format::ALL {
            let mut out = Vec::new();
            let look = Look { width: None, color: false, zone: Zone::Utc };
            let mut pen = format.hit_pen(look);
            pen.begin(&mut out).unwrap();
            pen.hit(&hit, HOSTILE, &mut out).unwrap();
            with_report(80, false, |report| pen.end(&Ending { read: report.read }, &mut out)).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(!text.contains(|ch| ch != '\n' && quote::is_hidden(ch)), "{text}");
        }
    }
}

/// The documented shapes, read back strictly: a key that is not in the documentation fails.
mod strict {
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    pub struct Finding {
        pub schema: String,
        pub id: String,
        pub rule: Rule,
        pub category: String,
        pub level: String,
        pub time: Option<String>,
        pub cluster: Option<String>,
        pub node: Option<String>,
        #[serde(default)]
        pub cut: bool,
        pub principal: Option<String>,
        pub user: Option<String>,
        pub person: Option<String>,
        #[serde(rename = "sourceIP")]
        pub source_ip: Option<String>,
        pub user_agent: Option<String>,
        pub verb: Option<String>,
        pub resource: Option<String>,
        pub namespace: Option<String>,
        pub name: Option<String>,
        pub code: Option<u16>,
        pub outcome: Option<String>,
        pub stage: Option<String>,
        pub audit_level: Option<String>,
        #[serde(rename = "auditIDs", default)]
        pub audit_ids: Vec<String>,
        pub uri: Option<String>,
        #[serde(default)]
        pub fields: BTreeMap<String, Vec<String>>,
        pub etype: Option<String>,
        pub eid: Option<String>,
        pub confidence: Option<String>,
        pub score: Option<f64>,
        pub weekly: Option<f64>,
        pub until: Option<String>,
        pub direction: Option<String>,
        pub short_doc: Option<String>,
        pub doc: Option<String>,
        #[serde(default)]
        pub reasons: Vec<Why>,
        pub context: Option<BTreeMap<String, Vec<String>>>,
        pub correlation: Option<Correlation>,
        #[serde(default)]
        pub tactics: Vec<String>,
        #[serde(default)]
        pub actors: Vec<Actor>,
        #[serde(default)]
        pub story: Vec<Step>,
        #[serde(default)]
        pub links: Vec<Link>,
        #[serde(default)]
        pub findings: Vec<Member>,
        pub part_of: Option<String>,
        pub evidence: Vec<Evidence>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Actor {
        pub cluster: Option<String>,
        pub principal: Option<String>,
        pub addresses: Vec<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Step {
        pub tactic: String,
        pub time: String,
        pub until: String,
        pub actor: usize,
        #[serde(rename = "sourceIP")]
        pub source_ip: Option<String>,
        pub request: String,
        pub rules: Vec<String>,
        pub findings: u64,
        pub file: String,
        pub offset: u64,
        pub line: u64,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Link {
        pub by: String,
        pub value: Option<String>,
        pub actors: (usize, usize),
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Member {
        pub id: String,
        pub points: f64,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    pub struct Correlation {
        pub r#type: String,
        pub group: std::collections::BTreeMap<String, Option<String>>,
        pub count: u64,
        #[serde(default)]
        pub at_least: bool,
        pub value: f64,
        pub first: String,
        pub last: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Why {
        pub doc: String,
        pub direction: String,
        pub period: i64,
        pub values: BTreeMap<String, Vec<u64>>,
        pub strength: f64,
        pub expected: (u64, u64),
        pub windows: u64,
        pub peers: Option<(u32, u32)>,
        pub said: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Rule {
        pub id: String,
        pub title: String,
        pub level: String,
        #[serde(default)]
        pub tags: Vec<String>,
        #[serde(default)]
        pub techniques: Vec<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Evidence {
        pub file: String,
        pub offset: u64,
        pub line: u64,
        pub stage: Option<String>,
        #[serde(rename = "auditID")]
        pub audit_id: Option<String>,
        pub time: Option<String>,
        pub rule: Option<String>,
        pub deed: Option<String>,
        pub principal: Option<String>,
        #[serde(rename = "sourceIP")]
        pub source_ip: Option<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Report {
        pub schema: String,
        pub findings: Vec<Finding>,
        pub summary: serde_json::Value,
    }
}

#[test]
fn findings_in_ndjson_read_back_strictly_and_lose_nothing() {
    let text = scan_report(Format::Ndjson, 80);
    let read: Vec<strict::Finding> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let findings = findings();
    assert_eq!(read.len(), findings.len());
    for (read, finding) in read.iter().zip(&findings) {
        let seen = &finding.seen;
        assert_eq!(read.schema, "kaudit.finding.v1");
        assert_eq!(read.rule.id, rules()[finding.rule as usize].id);
        assert_eq!(read.level, read.rule.level);
        for (theirs, ours) in [
            (&read.principal, &seen.principal),
            (&read.user, &seen.user),
            (&read.person, &seen.person),
            (&read.node, &seen.node),
            (&read.source_ip, &seen.source_ip),
            (&read.user_agent, &seen.user_agent),
            (&read.verb, &seen.verb),
            (&read.resource, &seen.resource),
            (&read.namespace, &seen.namespace),
            (&read.name, &seen.name),
            (&read.stage, &seen.stage),
            (&read.audit_level, &seen.level),
            (&read.uri, &seen.uri),
        ] {
            assert_eq!(theirs.as_deref(), ours.as_deref());
        }
        let values = |shown: &Shown| shown.values.iter().map(|value| value.to_string()).collect();
        let fields = seen.fields.iter().map(|shown| (shown.field.to_string(), values(shown))).collect();
        assert_eq!(read.fields, fields);
        assert_eq!(read.cut, seen.cut);
        assert_eq!(read.cluster.as_deref(), seen.cluster.as_deref());
        assert_eq!((read.code, read.outcome.as_deref()), (seen.code, seen.outcome));
        assert_eq!(read.time, seen.time.map(time::format));
        match (&finding.episode, &finding.deviation, &finding.incident) {
            (Some(episode), ..) => episode_reads_back(read, episode),
            (.., Some(incident)) => assert_eq!(read.evidence.len(), incident.story.len()),
            (_, deviation, _) => {
                let pointers = deviation.as_ref().map(|deviation| deviation.pointers.len());
                assert_eq!(read.audit_ids.first().map(String::as_str), seen.audit_id.as_deref());
                assert_eq!(read.evidence.len(), pointers.unwrap_or(1 + finding.also.len()));
            }
        }
        let (theirs, ours) = (&read.evidence[0], &seen.evidence);
        assert_eq!((theirs.offset, theirs.line), (ours.offset, ours.line));
        assert_eq!(theirs.file, files()[ours.file as usize].name);
        assert_eq!(theirs.audit_id.as_ref(), read.audit_ids.first());
        assert_eq!((read.category.as_str(), read.id.len()), (finding.category.name(), 16));
        assert_eq!(read.eid.as_deref(), finding.deviation.as_ref().map(|deviation| &*deviation.eid));
    }
    assert_eq!(read[0].evidence[1].stage.as_deref(), Some("RequestReceived"));
    let rule = &read[1].rule;
    assert_eq!((&*rule.title, &*rule.tags[0]), ("System administrator impersonated", "attack.t1078"));
    assert_eq!(rule.techniques, ["T1078"]);
}

fn episode_reads_back(read: &strict::Finding, episode: &crate::finding::Episode) {
    let correlation = read.correlation.as_ref().unwrap();
    assert_eq!((&*read.category, &*correlation.r#type), ("correlation", episode.kind));
    let group =
        episode.group.iter().map(|(name, value)| (name.to_string(), value.as_deref().map(str::to_owned)));
    assert_eq!(correlation.group, group.collect());
    assert_eq!((correlation.count, correlation.value), (episode.count, episode.value));
    assert_eq!((correlation.at_least, &correlation.last), (episode.at_least, &time::format(episode.last)));
    assert_eq!(read.time.as_deref(), Some(&*correlation.first));
    assert_eq!(read.evidence.len(), episode.marks.len());
    for (read, mark) in read.evidence.iter().zip(&episode.marks) {
        assert_eq!(read.time, Some(time::format(mark.time)));
        assert_eq!(read.rule.as_ref(), Some(&rules()[mark.rule as usize].id));
        assert_eq!(read.deed.as_deref(), Some(&*mark.deed));
        assert_eq!(read.principal.as_deref(), mark.principal.as_deref());
        assert_eq!(read.source_ip.as_deref(), mark.source_ip.as_deref());
        assert_eq!((read.offset, read.audit_id.as_deref()), (mark.evidence.offset, mark.audit_id.as_deref()));
        assert_eq!(read.stage.as_deref(), mark.stage.as_deref());
    }
}

#[test]
fn an_anomaly_in_ndjson_reads_back_strictly() {
    let text = scan_report(Format::Ndjson, 80);
    let read: Vec<strict::Finding> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let anomaly = read.last().unwrap();
    let why = &anomaly.reasons[0];
    assert_eq!((anomaly.confidence.as_deref(), anomaly.score), (Some("medium"), Some(6.31)));
    assert_eq!(anomaly.weekly, Some(0.0042));
    assert_eq!(
        (&anomaly.until, &anomaly.direction),
        (&Some("2026-09-08T06:20:00.000000Z".into()), &Some("write".into()))
    );
    assert_eq!(
        (anomaly.etype.as_deref(), anomaly.short_doc.as_deref()),
        (Some("principal"), Some("Access with a new client"))
    );
    assert_eq!(anomaly.doc.as_deref(), Some("unusual change in count of unseen user agents"));
    assert_eq!(anomaly.context.as_ref().unwrap()["new-client"], [sample::HOSTILE, "curl"]);
    assert_eq!((&*why.doc, &*why.direction), ("change in count of unseen user agents", "read"));
    assert_eq!((&why.values["medium"][..], why.strength), (&[1, 2][..], 3.21));
    assert_eq!((why.expected, why.windows, why.peers), ((0, 0), 211, Some((0, 27))));
    assert_eq!(why.period, 300_000);
    assert!(why.said.ends_with(sample::HOSTILE) && !read[0].cut);
}

#[test]
fn an_incident_in_ndjson_reads_back_strictly_and_its_findings_name_it() {
    let text = scan_report(Format::Ndjson, 80);
    let read: Vec<strict::Finding> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let incident = read.iter().find(|finding| finding.category == "incident").unwrap();
    assert_eq!((incident.confidence.as_deref(), incident.score), (Some("high"), Some(8.25)));
    assert_eq!((&*incident.tactics[0], &*incident.tactics[1]), ("privilege-escalation", "credential-access"));
    let doc = "privilege escalation, credential access by 2 principals: 1 finding";
    assert_eq!((incident.doc.as_deref(), incident.direction.as_deref()), (Some(doc), Some("write")));
    let actors: Vec<_> = incident.actors.iter().map(|actor| actor.principal.as_deref()).collect();
    assert_eq!(actors, [Some(sample::HOSTILE), None]);
    assert_eq!(incident.actors[0].addresses, ["10.1.0.4", sample::HOSTILE]);
    let step = &incident.story[1];
    assert_eq!((&*step.tactic, step.actor, &*step.request), ("credential-access", 1, "list secrets"));
    assert_eq!((&*step.time, &*step.until), ("2026-09-09T10:48:00.000000Z", "2026-09-09T11:30:00.000000Z"));
    assert_eq!((step.findings, step.offset, step.line, &*step.rules[1]), (2, 8 * 1485, 8, sample::HOSTILE));
    assert_eq!(step.file, files()[0].name);
    assert_eq!(step.source_ip.as_deref(), Some("10.1.0.4"));
    let link = &incident.links[0];
    assert_eq!((&*link.by, link.value.as_deref(), link.actors), ("network", Some(sample::HOSTILE), (0, 1)));
    assert_eq!((&*incident.findings[0].id, incident.findings[0].points), ("0c1f5a9be2d3c4f6", 5.0));
    assert_eq!(read[1].part_of.as_ref(), Some(&incident.id));
    assert_eq!(incident.actors[0].cluster.as_deref(), Some("cluster-a"));
}

#[test]
fn a_table_lists_what_an_incident_joins_only_when_asked() {
    let table = |expand| {
        let mut out = Vec::new();
        with_report(200, false, |report| {
            Format::Table.finding_pen().write(&Report { expand, ..*report }, &mut out)
        })
        .unwrap();
        String::from_utf8(out).unwrap()
    };
    let (folded, whole) = (table(false), table(true));
    assert!(folded.lines().nth(1).unwrap().contains("incident"), "{folded}");
    let joined = |text: &str| text.contains("impersonation-of-system");
    assert!(!joined(&folded) && joined(&whole), "{folded}{whole}");
    assert!(folded.contains("1 of them told in incidents (--expand lists them)"), "{folded}");
    assert!(whole.contains("1 of them part of incidents"), "{whole}");
}

#[test]
fn alcide_receivers_get_incidents_in_the_keys_they_know() {
    let mut out = Vec::new();
    with_report(80, false, |report| Format::Ndjson.alcide_pen().unwrap().write(report, &mut out)).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(!text.contains(|ch| ch != '\n' && quote::is_hidden(ch)), "{text}");
    let all: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [incident, anomaly] = all.as_slice() else { panic!("{text}") };
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(incident), keys(anomaly));
    assert_eq!(keys(&incident["reasons"][0]), keys(&anomaly["reasons"][0]));
    assert_eq!((&incident["category"], &incident["eid"]), (&"incident".into(), &sample::HOSTILE.into()));
    assert_eq!((&incident["period"], &incident["cluster"]), (&2_520_000.into(), &"cluster-a".into()));
    assert_eq!(incident["reasons"][1]["values"], serde_json::json!({"high": [2]}));
}

#[test]
fn the_json_report_is_one_document_with_findings_and_figures() {
    let report: strict::Report = serde_json::from_str(&scan_report(Format::Json, 80)).unwrap();
    assert_eq!(report.schema, "kaudit.report.v1");
    assert_eq!(report.findings.len(), findings().len());
    assert_eq!(report.summary["levels"]["critical"], 2);
    assert_eq!(report.summary["rules"][0]["findings"], 2);
    assert_eq!(report.summary["bad"][0]["samples"][0]["line"], 17);
}

#[test]
fn every_csv_line_has_as_many_cells_as_the_head() {
    for text in [scan_report(Format::Csv, 80), hunt_report(Format::Csv, 80)] {
        let cells =
            |line: &str| line.split('"').step_by(2).map(|part| part.matches(',').count()).sum::<usize>();
        let head = cells(text.lines().next().unwrap());
        text.lines().for_each(|line| assert_eq!(cells(line), head, "{line}"));
    }
}

#[test]
fn a_hunt_without_hits_is_a_whole_report() {
    for (format, expected) in [(Format::Ndjson, ""), (Format::Json, "[]\n")] {
        let mut out = Vec::new();
        with_report(80, false, |report| {
            let mut pen = format.hit_pen(report.look);
            pen.begin(&mut out).unwrap();
            pen.end(&Ending { read: report.read }, &mut out).unwrap();
        });
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

#[test]
fn what_a_correlation_had_to_drop_is_in_json_and_ndjson() {
    let written = |format: Format| {
        let mut out = Vec::new();
        let dropped = [(1, Dropped { frames: 2, groups: false }), (0, Dropped { frames: 0, groups: true })];
        with_report(80, false, |report| {
            let report = Report { findings: &[], dropped: &dropped, too_short: &[2], ..*report };
            format.finding_pen().write(&report, &mut out).unwrap();
        });
        String::from_utf8(out).unwrap()
    };
    let of = |rule: usize, frames: u64, groups: bool, short: bool| {
        let rule = &rules()[rule].id;
        format!(r#""rule":"{rule}","fullWindows":{frames},"groupsDropped":{groups},"tooShort":{short}}}"#)
    };
    let all = [of(0, 0, true, false), of(1, 2, false, false), of(2, 0, false, true)];
    let json = written(Format::Json);
    assert!(json.contains(&format!("\"correlations\":[{{{},{{{},{{{}]", all[0], all[1], all[2])), "{json}");
    let lines = all.map(|one| format!("{{\"schema\":\"kaudit.correlation.incomplete.v1\",{one}\n"));
    assert_eq!(written(Format::Ndjson), lines.concat());
}

#[test]
fn what_profiles_left_out_is_in_json_ndjson_and_the_summary() {
    let cuts = [
        Cut { what: Lack::Values, entities: Some(2), limit: 1024 },
        Cut { what: Lack::Entities, entities: None, limit: 402_653_184 },
    ];
    let written = |format: Format| {
        let mut out = Vec::new();
        with_report(80, false, |report| {
            let report = Report { findings: &[], cuts: &cuts, ..*report };
            format.finding_pen().write(&report, &mut out).unwrap();
        });
        String::from_utf8(out).unwrap()
    };
    let all =
        [r#""leftOut":"values","entities":2,"limit":1024}"#, r#""leftOut":"entities","limit":402653184}"#];
    let json = written(Format::Json);
    assert!(json.contains(&format!("\"profiles\":[{{{},{{{}]", all[0], all[1])), "{json}");
    let lines = all.map(|one| format!("{{\"schema\":\"kaudit.profile.incomplete.v1\",{one}\n"));
    assert_eq!(written(Format::Ndjson), lines.concat());
    let summary = written(Format::Summary);
    assert!(summary.contains("Left out") && summary.contains("2 with more than 1024 values"), "{summary}");
}
