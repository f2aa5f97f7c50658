//! Each format against a golden file in `testdata/output`. `KAUDIT_BLESS=1 cargo test` writes them anew; what
//! changed is then for a person to look at.

use super::*;
use crate::finding::{Category, Sighting};
use crate::redact::{Redactor, quote};
use crate::rule::Status;
use crate::tally::{Bad, Oddity};
use crate::time;
use std::path::Path;

const HOSTILE: &str = "curl/8\u{1b}]0;pwned\u{7}\u{1b}[2J\r\n\t<script>\u{202e}\u{9b}31m\u{200b}\u{2028}\u{feff}\u{e0041}\u{7f}";

fn rule(id: &str, title: &str, level: Level, tags: &[&str]) -> Meta {
    Meta {
        id: id.to_owned(),
        title: title.to_owned(),
        level,
        status: Status::Stable,
        description: String::new(),
        next: Vec::new(),
        false_positives: Vec::new(),
        references: Vec::new(),
        author: String::new(),
        tags: tags.iter().map(|tag| tag.to_string()).collect(),
        source: "builtin".to_owned(),
        line: 1,
    }
}

fn rules() -> Vec<Meta> {
    vec![
        rule("secret-list", "Secrets listed", Level::Low, &["attack.credential-access", "attack.t1552.007"]),
        rule("exec-into-pod", "Command run in a pod", Level::Medium, &["attack.execution", "attack.t1609"]),
        rule("anonymous-clusterrolebinding", "Cluster role bound to anonymous users", Level::Critical, &[]),
        rule(
            "impersonation-of-system-admin",
            "System administrator impersonated",
            Level::High,
            &["attack.t1078"],
        ),
        rule("never-met", "A rule that found nothing", Level::High, &[]),
        rule("discovery", "Permissions reviewed", Level::Informational, &["custom"]),
    ]
}

fn seen(at: &str, who: &str, what: &str, place: &str, code: u16, line: u64) -> Sighting {
    let some = |text: &str| (!text.is_empty()).then(|| text.into());
    let (verb, resource) = what.split_once(' ').unwrap();
    let (namespace, name) = place.split_once('/').unwrap();
    Sighting {
        time: time::parse(at.as_bytes()),
        cluster: Some(if line.is_multiple_of(2) { "cluster-a" } else { "cluster-b" }.into()),
        audit_id: Some(format!("0f6bfa2a-3c5c-4a17-9f7e-{line:012}").into()),
        stage: some("ResponseComplete"),
        level: some("Metadata"),
        principal: Some(who.into()),
        user: None,
        source_ip: some("10.1.0.4"),
        user_agent: some("kubectl/v1.33.0 (linux/amd64) kubernetes/98b3519"),
        verb: some(verb),
        resource: some(resource),
        namespace: some(namespace),
        name: some(name),
        code: Some(code),
        outcome: Some(match code {
            401 => "unauthenticated",
            403 => "denied",
            400.. => "failed",
            _ => "allowed",
        }),
        uri: some("/api/v1/namespaces/web/pods/x/exec?command=sh&command=[redacted]"),
        evidence: Evidence { file: (line % 2) as u32, offset: line * 1485, line },
    }
}

fn hostile() -> Sighting {
    let evil = || Some(HOSTILE.into());
    let evidence = Evidence { file: 2, offset: 0, line: 1 };
    Sighting {
        time: None,
        cluster: Some(HOSTILE.into()),
        principal: Some("=HYPERLINK(\"http://evil.example\",\"x\")".into()),
        user: Some("jürgen 東京".into()),
        code: None,
        outcome: None,
        evidence,
        audit_id: evil(),
        stage: evil(),
        level: evil(),
        source_ip: evil(),
        user_agent: evil(),
        verb: evil(),
        resource: evil(),
        namespace: evil(),
        name: evil(),
        uri: evil(),
    }
}

fn findings() -> Vec<Finding> {
    let kube = "system:serviceaccount:kube-system:clusterrole-aggregation-controller";
    let mut found = vec![
        (
            2,
            seen(
                "2026-09-09T17:29:10.000001Z",
                "mallory",
                "create clusterrolebindings.rbac.authorization.k8s.io",
                "/oops",
                201,
                7,
            ),
        ),
        (
            3,
            Sighting {
                user: Some("dev-tom".into()),
                ..seen("2026-09-09T10:48:00Z", "system:admin", "list secrets", "/", 403, 8)
            },
        ),
        (2, hostile()),
        (
            5,
            seen(
                "2026-09-02T00:00:00Z",
                "",
                "create selfsubjectrulesreviews.authorization.k8s.io",
                "/",
                401,
                9,
            ),
        ),
    ];
    for line in 10..40 {
        let at = time::format(
            time::parse(b"2026-09-03T06:00:00Z").unwrap() + (line as i64 * line as i64 * 7) * time::MINUTE,
        );
        found.push((0, seen(&at, kube, "list secrets", "kube-system/", 200, line)));
    }
    for (line, pod) in (1_300..).zip(["frontend-7d9c-x2x4q", "backend-0", "backend-1"]) {
        found.push((
            1,
            seen(
                "2026-09-07T14:59:33.5Z",
                "jane@example.com",
                "create pods/exec",
                &format!("web/{pod}"),
                101,
                line,
            ),
        ));
    }
    let finding = |(rule, seen)| Finding { rule, category: Category::Rule, seen, also: Vec::new() };
    let mut findings: Vec<Finding> = found.into_iter().map(finding).collect();
    findings[0].also.push((Some("RequestReceived".into()), Evidence { file: 1, offset: 9, line: 6 }));
    findings
}

fn files() -> Vec<FileReport> {
    let file = |name: &str, compression, trouble| FileReport {
        name: name.to_owned(),
        cluster: Some("cluster-a".to_owned()),
        bytes: 370_722_088,
        records: 98_837,
        events: 98_837,
        compression,
        trouble,
    };
    vec![
        file("/var/log/kubernetes/cluster-a/audit-2026-09-08.log.zst", "zstd", None),
        file("audit.log", "none", None),
        file(HOSTILE, "gzip", Some(format!("breaks off after 12 bytes {HOSTILE}"))),
    ]
}

fn tally() -> Tally {
    let mut tally = Tally { bytes: 741_444_177, records: 197_676, events: 197_674, ..Tally::default() };
    for (file, line) in [(0, 17), (2, 3)] {
        tally.bad[Bad::Cut as usize].add(Evidence { file, offset: 5, line });
    }
    (0..40).for_each(|line| tally.bad[Bad::Foreign as usize].add(Evidence { file: 1, offset: 0, line }));
    tally.odd[Oddity::DuplicateKey as usize].add(Evidence { file: 1, offset: 0, line: 99 });
    tally
}

/// Hands everything that a report needs to `use_it`.
fn with_report<T>(width: usize, color: bool, use_it: impl FnOnce(&Report<'_>) -> T) -> T {
    let (findings, rules, files, tally) = (findings(), rules(), files(), tally());
    let time = |text: &str| time::parse(text.as_bytes()).unwrap();
    let span = TimeSpan { range: Some((time("2026-09-01T17:56:01Z"), time("2026-09-12T00:03:10Z"))) };
    let top = [("system:apiserver", 51_000), (HOSTILE, 1_234), ("", 510)];
    let top = top.map(|(name, count)| (name.to_owned(), count)).to_vec();
    use_it(&Report {
        findings: &findings,
        rules: &rules,
        read: Read { files: &files, tally: &tally, span },
        principals: &Ranking { top, names: 113, more: false },
        look: Look { width: Some(width), color, zone: Zone::Utc },
    })
}

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
        for finding in report.findings.iter().filter(|finding| finding.rule != 0) {
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
        if std::env::var_os("KAUDIT_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let blessed = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, blessed, "{name} differs; KAUDIT_BLESS=1 accepts it");
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
    let raw = include_bytes!("../../testdata/output/hostile.json");
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
        pub principal: Option<String>,
        pub user: Option<String>,
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
        pub evidence: Vec<Evidence>,
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
        assert_eq!(read.cluster.as_deref(), seen.cluster.as_deref());
        assert_eq!((read.code, read.outcome.as_deref()), (seen.code, seen.outcome));
        assert_eq!(read.time, seen.time.map(time::format));
        assert_eq!(read.audit_ids.first().map(String::as_str), seen.audit_id.as_deref());
        assert_eq!(read.evidence.len(), 1 + finding.also.len());
        let (theirs, ours) = (&read.evidence[0], &seen.evidence);
        assert_eq!((theirs.offset, theirs.line), (ours.offset, ours.line));
        assert_eq!(theirs.file, files()[ours.file as usize].name);
        assert_eq!(theirs.audit_id.as_ref(), read.audit_ids.first());
        assert_eq!((read.category.as_str(), read.id.len()), ("rule", 16));
    }
    assert_eq!(read[0].evidence[1].stage.as_deref(), Some("RequestReceived"));
    let rule = &read[1].rule;
    assert_eq!((&*rule.title, &*rule.tags[0]), ("System administrator impersonated", "attack.t1078"));
    assert_eq!(rule.techniques, ["T1078"]);
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
