//! What is joined, what is not, and that the order of findings decides nothing.

use super::*;
use crate::finding::{Bond, Deviation, Etype, Pointer};
use crate::time::{HOUR, MINUTE};
use proptest::prelude::*;

const START: i64 = 1_788_000_000_000_000;

fn metas() -> Vec<Meta> {
    let rule = |(id, level, tag): (&str, Level, &str)| Meta {
        id: id.to_owned(),
        tags: vec![format!("attack.{tag}")],
        level,
        ..detector(level)
    };
    let rules = [
        ("exec", Level::Low, "execution"),
        ("bind", Level::High, "privilege-escalation"),
        ("secrets", Level::Medium, "credential-access"),
        ("miner", Level::Critical, "impact"),
        ("anomaly", Level::High, ""),
    ];
    rules.map(rule).into_iter().chain(detectors()).collect()
}

/// A rule's finding: which rule, who, after how many minutes.
fn finding(rule: u32, who: &str, at: i64) -> Finding {
    let seen = Sighting {
        time: Some(START + at * MINUTE),
        cluster: Some("a".into()),
        audit_id: Some(format!("{rule}-{who}-{at}").into()),
        principal: Some(who.into()),
        source_ip: Some("10.0.0.1".into()),
        verb: Some("create".into()),
        resource: Some("pods".into()),
        outcome: Some("allowed"),
        ..Sighting::at(Evidence { file: 0, offset: at as u64, line: 1 })
    };
    Finding::new(rule, Category::Rule, seen)
}

fn within(mut finding: Finding, change: impl FnOnce(&mut Sighting)) -> Finding {
    change(&mut finding.seen);
    finding
}

/// An anomaly about somebody, pointing at one request.
fn deviation(who: &str, score: f64, at: i64, audit_id: &str) -> Finding {
    let from = START + at * MINUTE;
    let pointer = Pointer {
        time: from,
        audit_id: audit_id.into(),
        stage: "ResponseComplete",
        verb: "list".into(),
        path: "/api/v1/secrets".into(),
        code: Some(200),
        source_ip: "10.0.0.1".into(),
        evidence: Evidence { file: 0, offset: 1, line: 1 },
    };
    let deviation = Deviation {
        etype: Etype::Principal,
        eid: who.into(),
        confidence: Confidence::Medium,
        score,
        weekly: None,
        from,
        to: from + 5 * MINUTE,
        writes: false,
        short: "",
        doc: String::new(),
        brief: String::new(),
        reasons: Vec::new(),
        context: Vec::new(),
        pointers: vec![pointer],
    };
    let seen = finding(4, who, at).seen;
    Finding { deviation: Some(Box::new(deviation)), ..Finding::new(4, Category::Anomaly, seen) }
}

fn joined_within(mut findings: Vec<Finding>, hours: i64) -> Vec<Finding> {
    let metas = metas();
    let span = Some((START - 30 * HOUR, START + hours * HOUR));
    join(&mut findings, About { metas: &metas, files: &[], profile: None, span }, &Tuning::default());
    findings
}

/// What comes of a log of two days.
fn joined(findings: Vec<Finding>) -> Vec<Finding> {
    joined_within(findings, 18)
}

fn incidents(findings: &[Finding]) -> Vec<&Incident> {
    findings.iter().filter_map(|finding| finding.incident.as_deref()).collect()
}

#[test]
fn an_incident_is_no_graver_than_what_it_holds_bears_out() {
    // An anomaly of a rule's number is of that rule's level.
    let worth = |rule: u32, score: f64, at: i64| Finding { rule, ..deviation("jane", score, at, "") };
    let level = |findings: Vec<Finding>| {
        let all = joined(findings);
        assert_eq!(incidents(&all).len(), 1, "{all:#?}");
        metas()[all[0].rule as usize].level
    };
    let [exec, bind, secrets, miner, anomaly] = [0, 1, 2, 3, 4];
    let cases = [
        (vec![worth(secrets, 20.0, 0), worth(exec, 20.0, 1)], Level::Medium),
        (vec![worth(bind, 20.0, 0), worth(secrets, 20.0, 1)], Level::High),
        (vec![worth(bind, 20.0, 0), worth(bind, 20.0, 1), worth(secrets, 20.0, 2)], Level::High),
        (vec![worth(bind, 20.0, 0), worth(anomaly, 20.0, 1)], Level::Critical),
        (vec![worth(miner, 20.0, 0), worth(exec, 20.0, 1)], Level::Critical),
        (vec![finding(bind, "jane", 0), worth(anomaly, 6.0, 1)], Level::High),
    ];
    for (findings, expected) in cases {
        assert_eq!(level(findings.clone()), expected, "{findings:#?}");
    }
}

#[test]
fn what_one_principal_does_within_hours_is_one_incident() {
    let all = joined(vec![
        finding(2, "jane", 0),
        finding(1, "jane", 300),
        finding(0, "jane", 310),
        finding(0, "joe", 5),
    ]);
    let [incident] = incidents(&all)[..] else { panic!("{all:#?}") };
    assert_eq!(incident.score, 5.0 + 2.5 * 0.5);
    assert_eq!(incident.confidence, Confidence::Medium);
    assert_eq!(
        incident.tactics(),
        [Tactic::CredentialAccess, Tactic::PrivilegeEscalation, Tactic::Execution]
    );
    assert_eq!(incident.members.len(), 3);
    let id = all[0].id(&metas()[5], "");
    let part = |at: usize| all[at].part_of.as_deref();
    assert_eq!([part(1), part(2), part(3), part(4)], [Some(&*id), Some(&*id), Some(&*id), None]);
    assert_eq!(
        (all[0].seen.principal.as_deref(), all[0].seen.source_ip.as_deref()),
        (Some("jane"), Some("10.0.0.1"))
    );
}

#[test]
fn what_lies_a_day_apart_or_is_little_or_one_kind_of_thing_is_none() {
    for apart in [
        vec![finding(2, "jane", 0), finding(1, "jane", 24 * 60)],
        vec![finding(2, "jane", 0), finding(1, "joe", 0)],
        vec![finding(2, "jane", 0), finding(2, "jane", 10)],
        vec![finding(1, "jane", 0), finding(1, "jane", 10), finding(1, "jane", 20)],
        (0..50).map(|at| finding(0, "jane", at)).collect(),
        vec![finding(3, "jane", 0)],
    ] {
        let count = apart.len();
        assert_eq!(joined(apart).len(), count);
    }
}

/// Each sum points at the first of the little things that it adds up.
fn sums(days: i64, reaches_back: bool) -> Vec<Finding> {
    let one = |day: i64| {
        let mut one = deviation("jane", 6.0, day * 24 * 60, "");
        let first = one.deviation.as_mut().unwrap().pointers.first_mut().unwrap();
        first.time = if reaches_back { START } else { first.time };
        one
    };
    (0..days).map(one).collect()
}

#[test]
fn what_adds_up_over_three_days_is_one_incident_however_little_shows_of_it_at_a_time() {
    let count = |findings: Vec<Finding>| incidents(&joined_within(findings, 96)).len();
    assert_eq!([count(sums(3, true)), count(sums(2, true)), count(sums(3, false))], [1, 0, 0]);
}

#[test]
fn failed_logins_to_one_cluster_from_ever_new_networks_are_one_incident() {
    let about = |at: i64, networks: &[&str]| {
        let mut one = deviation("c", 6.0, at, "");
        let deviation = one.deviation.as_mut().unwrap();
        deviation.etype = Etype::Cluster;
        let first = deviation.pointers.remove(0);
        let pointer = |network: &&str| Pointer { time: START, source_ip: (*network).into(), ..first.clone() };
        deviation.pointers = networks.iter().map(pointer).collect();
        one
    };
    let all = joined(vec![about(0, &["1.0.0.1", "2.0.0.1"]), about(600, &["1.0.0.1", "3.0.0.1"])]);
    let [incident] = incidents(&all)[..] else { panic!("{all:#?}") };
    assert_eq!((incident.actors.len(), incident.members.len()), (3, 2));
}

#[test]
fn an_anomaly_is_the_surer_for_a_rule_that_found_the_same_request() {
    let score = |audit_id: &str| {
        let all = joined(vec![finding(1, "jane", 0), deviation("jane", 4.0, 0, audit_id)]);
        incidents(&all)[0].score
    };
    assert_eq!((score("other"), score("1-jane-0")), (5.0 + 4.0 * 0.5, 6.0 + 5.0 * 0.5));
}

#[test]
fn one_name_in_two_clusters_is_one_person_but_not_one_program() {
    let elsewhere = |who| within(finding(2, who, 600), |seen| seen.cluster = Some("b".into()));
    let all = joined(vec![finding(1, "jane", 0), elsewhere("jane")]);
    let incident = incidents(&all)[0];
    assert_eq!(incident.links, [Link { by: Bond::Principal, value: "jane".into(), actors: (0, 1) }]);
    assert_eq!((incident.actors.len(), all[0].seen.cluster.as_deref()), (2, None));
    let bot = "system:serviceaccount:web:bot";
    assert!(incidents(&joined(vec![finding(1, bot, 0), elsewhere(bot)])).is_empty());
}

#[test]
fn whoever_was_bound_or_made_and_acts_within_a_day_belongs_to_its_maker() {
    let bot = "system:serviceaccount:web:bot";
    let made = |name: &str| within(finding(1, "jane", 0), |seen| seen.grants = vec![name.into()]);
    let all = joined(vec![made(bot), finding(2, bot, 900)]);
    let link = Link { by: Bond::Identity, value: bot.into(), actors: (0, 1) };
    assert_eq!(incidents(&all)[0].links, [link]);
    let anonymous =
        |name: &str| within(finding(2, name, 60), |seen| seen.source_ip = Some("91.240.118.7".into()));
    let all = joined(vec![made("system:anonymous"), anonymous("system:anonymous"), anonymous("")]);
    assert_eq!((incidents(&all)[0].members.len(), incidents(&all)[0].actors.len()), (3, 2));
    // Before, or long after, it is no consequence.
    for (at, made_at) in [(0, 30), (2000, 0)] {
        let made = within(finding(1, "jane", made_at), |seen| seen.grants = vec![bot.into()]);
        assert!(incidents(&joined(vec![made, finding(2, bot, at)])).is_empty());
    }
}

#[test]
fn whoever_acts_as_somebody_else_is_told_as_himself() {
    let as_admin = |at| within(finding(1, "system:admin", at), |seen| seen.user = Some("jane".into()));
    let all = joined(vec![as_admin(0), finding(2, "jane", 10), finding(2, "system:admin", 20)]);
    let incident = incidents(&all)[0];
    assert_eq!((incident.members.len(), &*incident.actors[0].name), (2, "jane"));
    assert_eq!(&*incident.story[0].request, "create pods as system:admin");
}

#[test]
fn what_is_refused_or_done_every_day_counts_less() {
    let refused = |rule, at| within(finding(rule, "jane", at), |seen| seen.outcome = Some("denied"));
    assert!(incidents(&joined(vec![refused(1, 0), refused(2, 10)])).is_empty());
    let daily = (0..8).map(|day| finding(2, "jane", day * 24 * 60));
    let with = |findings: Vec<Finding>| joined_within(findings, 8 * 24);
    let all = with(daily.chain([finding(1, "jane", 10)]).collect());
    assert!(incidents(&all).is_empty());
    assert_eq!(incidents(&with(vec![finding(2, "jane", 0), finding(1, "jane", 10)])).len(), 1);
}

#[test]
fn the_first_hours_of_a_long_log_are_those_of_setting_up() {
    let at_begin =
        |hours| joined_within(vec![finding(2, "jane", -29 * 60), finding(1, "jane", -28 * 60)], hours);
    assert!(incidents(&at_begin(100)).is_empty());
    assert_eq!(incidents(&at_begin(18)).len(), 1);
}

#[test]
fn the_id_stays_when_more_is_found() {
    let few = joined(vec![finding(2, "jane", 0), finding(1, "jane", 10)]);
    let more = joined(vec![
        finding(2, "jane", 0),
        finding(1, "jane", 10),
        finding(3, "jane", 20),
        deviation("jane", 9.0, -5, ""),
        finding(1, "joe", 0),
        finding(2, "joe", 0),
    ]);
    let ids = |all: &[Finding]| -> BTreeSet<String> {
        all.iter().filter(|one| one.incident.is_some()).map(|one| one.id(&metas()[5], "")).collect()
    };
    assert_eq!((ids(&few).len(), ids(&more).len()), (1, 2));
    assert!(ids(&few).is_subset(&ids(&more)));
}

proptest! {
    #[test]
    fn the_order_of_findings_decides_nothing(
        parts in proptest::collection::vec((0..4u32, 0..4usize, 0..3000i64, any::<bool>()), 0..40),
        seed in any::<u64>(),
    ) {
        let names = ["jane", "joe", "system:serviceaccount:web:bot", "system:anonymous"];
        let make = |(rule, who, at, makes): &(u32, usize, i64, bool)| {
            within(finding(*rule, names[*who], *at), |seen| {
                seen.grants = makes.then(|| names[(*who + 1) % 4].into()).into_iter().collect();
            })
        };
        let plain: Vec<Finding> = parts.iter().map(make).collect();
        let mut shuffled = plain.clone();
        shuffled.sort_by_key(|one| (one.seen.time.unwrap() as u64 ^ u64::from(one.rule)).wrapping_mul(seed | 1));
        let told = |findings: Vec<Finding>| -> Vec<String> {
            incidents(&joined(findings)).iter().map(|one| {
                let mut members: Vec<&str> = one.members.iter().map(|member| &*member.id).collect();
                members.sort_unstable();
                format!("{:?} {:?} {:?} {} {members:?}", one.actors, one.links, one.tactics(), one.score)
            }).collect()
        };
        let (mut one, mut other) = (told(plain), told(shuffled));
        one.sort_unstable();
        other.sort_unstable();
        prop_assert_eq!(one, other);
    }
}
