//! A scan made by hand: findings of each level, repeats, other clusters, and everything hostile at once.

use crate::finding::{
    Actor, Bond, Category, Confidence, Deviation, Episode, Etype, Evidence, Finding, Incident, Link, Mark,
    Member, Pointer, Shown, Sighting, Step, Why,
};
use crate::output::{Look, Read, Report};
use crate::rule::{Level, Meta, Status, Tactic};
use crate::suppress::Suppressed;
use crate::tally::{Bad, FileReport, Oddity, Ranking, Reason, Tally, TimeSpan};
use crate::time::{self, Zone};

pub const HOSTILE: &str = "curl/8\u{1b}]0;pwned\u{7}\u{1b}[2J\r\n\t<script>\u{202e}\u{9b}31m\u{200b}\u{2028}\u{feff}\u{e0041}\u{7f}";

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
        dialect: crate::rule::Dialect::Sigma,
        output: None,
        fields: Vec::new(),
    }
}

/// Fields stand in somebody's findings.
fn showing(mut finding: Finding) -> Finding {
    let shown = |field: &str, values: &[&str]| Shown {
        field: field.into(),
        values: values.iter().map(|value| (*value).into()).collect(),
    };
    if finding.seen.principal.as_deref() == Some("jane@example.com") {
        let images = ["nginx:1", "a,b"];
        finding.seen.fields =
            vec![shown("command", &["sh -c \u{1b}[2J"]), shown("podSpec.containers.image", &images)];
    }
    finding
}

pub fn rules() -> Vec<Meta> {
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
        rule("anomaly-new-client", "Access with a new client", Level::Medium, &[]),
        rule("incident", "Findings that belong together", Level::High, &[]),
    ]
}

pub fn seen(at: &str, who: &str, what: &str, place: &str, code: u16, line: u64) -> Sighting {
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
        person: None,
        node: None,
        cut: false,
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
        grants: Vec::new(),
        message: None,
        fields: Vec::new(),
        evidence: Evidence { file: (line % 2) as u32, offset: line * 1485, line },
    }
}

pub fn hostile() -> Sighting {
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
        person: evil(),
        node: evil(),
        cut: true,
        source_ip: evil(),
        user_agent: evil(),
        verb: evil(),
        resource: evil(),
        namespace: evil(),
        name: evil(),
        uri: evil(),
        grants: Vec::new(),
        message: None,
        fields: Vec::new(),
    }
}

pub fn findings() -> Vec<Finding> {
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
    let mut findings: Vec<Finding> = found.into_iter().map(of_rule).map(showing).collect();
    findings[0].also.push((Some("RequestReceived".into()), Evidence { file: 1, offset: 9, line: 6 }));
    let incident = incident();
    findings[1].part_of = Some(incident.id(&rules()[7], "").into());
    findings.push(incident);
    findings.push(episode());
    findings.push(anomaly());
    findings
}

fn of_rule((rule, seen): (u32, Sighting)) -> Finding {
    Finding::new(rule, Category::Rule, seen)
}

/// An entity, and all that is said of it, as hostile as can be.
fn anomaly() -> Finding {
    let time = "2026-09-08T06:10:00.000000Z";
    let pointer = |line| Pointer {
        time: time::parse(time.as_bytes()).unwrap(),
        audit_id: format!("0f6bfa2a-3c5c-4a17-9f7e-{line:012}").into(),
        stage: "ResponseComplete",
        verb: "get".into(),
        path: HOSTILE.into(),
        code: Some(200),
        source_ip: "10.1.0.4".into(),
        evidence: Evidence { file: 0, offset: line * 1024, line },
    };
    let why = Why {
        doc: "change in count of unseen user agents".to_owned(),
        said: format!(
            "change in count of unseen user agents: 1 seen, 0 expected in 211 own windows: {HOSTILE}"
        ),
        level: Confidence::Medium,
        writes: false,
        period: 300_000_000,
        values: vec![1, 2],
        strength: 3.214,
        expected: (0, 0),
        windows: 211,
        peers: Some((0, 27)),
    };
    let deviation = Deviation {
        etype: Etype::Principal,
        eid: HOSTILE.into(),
        confidence: Confidence::Medium,
        score: 6.305,
        weekly: Some(0.004_211),
        from: time::parse(time.as_bytes()).unwrap(),
        to: time::parse(b"2026-09-08T06:20:00.000000Z").unwrap(),
        writes: true,
        short: "Access with a new client",
        doc: "unusual change in count of unseen user agents".to_owned(),
        brief: format!("{HOSTILE} and 2 more"),
        reasons: vec![why],
        context: vec![("new-client", vec![HOSTILE.to_owned(), "curl".to_owned()])],
        pointers: vec![pointer(8), pointer(42)],
    };
    let mut seen = seen(time, HOSTILE, " ", "/", 200, 8);
    (seen.verb, seen.resource, seen.code, seen.outcome, seen.stage) = (None, None, None, None, None);
    seen.evidence = pointer(8).evidence;
    Finding { deviation: Some(Box::new(deviation)), ..Finding::new(6, Category::Anomaly, seen) }
}

/// Two actors, one of them without a name, and a story as hostile as any.
fn incident() -> Finding {
    let time = |text: &str| time::parse(text.as_bytes()).unwrap();
    let (from, to) = (time("2026-09-09T10:48:00Z"), time("2026-09-09T11:30:00Z"));
    let evidence = Evidence { file: 0, offset: 8 * 1485, line: 8 };
    let step = |tactic, actor, request: &str| Step {
        tactic,
        first: from,
        last: to,
        actor,
        source_ip: Some("10.1.0.4".into()),
        request: request.into(),
        evidence: evidence.clone(),
        stage: Some(HOSTILE.into()),
        audit_id: Some(HOSTILE.into()),
        rules: vec!["impersonation-of-system-admin".into(), HOSTILE.into()],
        count: 2,
        writes: actor > 0,
    };
    let actor = |name: &str, addresses: &[&str]| Actor {
        cluster: Some("cluster-a".into()),
        name: name.into(),
        addresses: addresses.iter().map(|address| Box::from(*address)).collect(),
    };
    let incident = Incident {
        confidence: Confidence::High,
        score: 8.254,
        from,
        to,
        actors: vec![actor(HOSTILE, &["10.1.0.4", HOSTILE]), actor("", &["91.240.118.7"])],
        story: vec![
            step(Tactic::PrivilegeEscalation, 0, HOSTILE),
            step(Tactic::CredentialAccess, 1, "list secrets"),
        ],
        links: vec![Link { by: Bond::Network, value: HOSTILE.into(), actors: (0, 1) }],
        members: vec![Member { id: "0c1f5a9be2d3c4f6".into(), rule: 3, time: Some(from), points: 5.0 }],
        anchor: "0c1f5a9be2d3c4f6".into(),
    };
    let seen = Sighting { time: Some(from), cluster: Some("cluster-a".into()), ..Sighting::at(evidence) };
    Finding { incident: Some(Box::new(incident)), ..Finding::new(7, Category::Incident, seen) }
}

/// A correlation's finding, its group and its events as hostile as any.
fn episode() -> Finding {
    let mark = |line: u64, time: i64| Mark {
        rule: 0,
        time,
        stage: None,
        audit_id: Some(format!("0f6bfa2a-3c5c-4a17-9f7e-{line:012}").into()),
        cluster: None,
        principal: Some(HOSTILE.into()),
        source_ip: Some("10.1.0.4".into()),
        deed: "list secrets".into(),
        evidence: Evidence { file: 1, offset: line * 1485, line },
    };
    let first = time::parse(b"2026-09-08T06:00:00Z").unwrap();
    let episode = Episode {
        kind: "value_avg",
        group: vec![("principal".into(), Some(HOSTILE.into())), ("objectRef.namespace".into(), None)],
        count: 1_234,
        at_least: true,
        value: 12.5,
        last: first + time::HOUR,
        marks: vec![mark(7, first), mark(9, first + time::HOUR)],
    };
    let seen = Sighting {
        time: Some(first),
        verb: Some("list".into()),
        ..Sighting::at(Evidence { file: 1, offset: 7 * 1485, line: 7 })
    };
    Finding { episode: Some(Box::new(episode)), ..Finding::new(1, Category::Correlation, seen) }
}

pub fn files() -> Vec<FileReport> {
    let file = |name: &str, compression, trouble| FileReport {
        name: name.to_owned(),
        cluster: Some("cluster-a".to_owned()),
        bytes: 370_722_088,
        records: 98_837,
        events: 98_837,
        compression: str::to_owned(compression),
        trouble,
    };
    vec![
        file("/var/log/kubernetes/cluster-a/audit-2026-09-08.log.zst", "zstd", None),
        file("audit.log", "none", None),
        file(HOSTILE, "gzip", Some(format!("breaks off after 12 bytes {HOSTILE}"))),
    ]
}

pub fn tally() -> Tally {
    let mut tally =
        Tally { bytes: 741_444_177, lines: 197_676, records: 197_676, events: 197_674, ..Tally::default() };
    for (file, line) in [(0, 17), (2, 3)] {
        tally.bad[Bad::Cut as usize].add(Evidence { file, offset: 5, line });
    }
    (0..40).for_each(|line| tally.bad[Bad::Foreign as usize].add(Evidence { file: 1, offset: 0, line }));
    tally.odd[Oddity::DuplicateKey as usize].add(Evidence { file: 1, offset: 0, line: 99 });
    tally
}

/// Hands everything that a report needs to `use_it`.
pub fn with_report<T>(width: usize, color: bool, use_it: impl FnOnce(&Report<'_>) -> T) -> T {
    let (findings, rules, files, tally) = (findings(), rules(), files(), tally());
    let time = |text: &str| time::parse(text.as_bytes()).unwrap();
    let span = TimeSpan { range: Some((time("2026-09-01T17:56:01Z"), time("2026-09-12T00:03:10Z"))) };
    let top = [("system:apiserver", 51_000), (HOSTILE, 1_234), ("", 510)];
    let top = top.map(|(name, count)| (name.to_owned(), count)).to_vec();
    let mut unsure = vec![Reason::default(); rules.len()];
    unsure[0].add(Evidence { file: 0, offset: 0, line: 1 });
    use_it(&Report {
        findings: &findings,
        rules: &rules,
        unsure: &unsure,
        read: Read { files: &files, tally: &tally, span, all_parsed: true },
        principals: &Ranking { top, names: 113, more: false },
        suppressed: &Suppressed::default(),
        explain: false,
        dropped: &[],
        too_short: &[],
        cuts: &[],
        expand: false,
        look: Look { width: Some(width), color, zone: Zone::Utc },
    })
}
