use super::*;
use crate::inventory::Stage;
use crate::policy::{Level, StageSet};
use crate::rule::sigma;

fn condition(detection: &str) -> Condition {
    let text = format!(
        "title: t\nname: t\nlevel: low\nlogsource: {{product: kubernetes, service: audit}}\ndetection:\n{detection}"
    );
    let (rules, wrong) = sigma::load(&text, "t.yml");
    assert!(wrong.is_empty(), "{wrong:?}");
    Condition::new(&rules[0].rule.when)
}

fn stages(all: &[Stage]) -> StageSet {
    let mut set = StageSet::default();
    all.iter().for_each(|stage| set.add(*stage));
    set
}

fn row(verb: &str, target: (&str, &str, &str), level: Level) -> Row {
    let shape = Shape {
        verb: verb.to_owned(),
        target: Target::resource(target.0, target.1, target.2),
        who: "human",
        impersonated: Some(false),
        unauthenticated: false,
    };
    let stages = stages(&[Stage::ResponseComplete]);
    Row { shape, level: Some(level), stages, lacks: 0, truncated: false, requests: 1 }
}

const PODS: (&str, &str, &str) = ("", "pods", "");
const EXEC: (&str, &str, &str) = ("", "pods", "exec");

fn status(detection: &str, rows: &[Row]) -> Status {
    judge(&[condition(detection)], rows, &usual(None)).remove(0).status
}

const PRIVILEGED: &str = "  it:\n    verb: create\n    objectRef.resource: pods\n    requestObject.spec.containers.securityContext.privileged: true\n  condition: it\n";
const EITHER: &str = "  exec: {objectRef.subresource: exec}\n  body: {verb: create, requestObject.spec.hostPID: true}\n  condition: exec or body\n";

#[test]
fn a_rule_about_bodies_needs_the_level_that_has_them() {
    for (level, expected) in [
        (Level::None, Status::NotObservable),
        (Level::Metadata, Status::NotObservable),
        (Level::Request, Status::Observable),
        (Level::RequestResponse, Status::Observable),
    ] {
        assert_eq!(status(PRIVILEGED, &[row("create", PODS, level)]), expected, "{level:?}");
    }
    let mixed = [row("create", PODS, Level::Metadata), row("create", PODS, Level::Request)];
    assert_eq!(status(PRIVILEGED, &mixed), Status::Partly);
    assert_eq!(status(PRIVILEGED, &[row("get", PODS, Level::Metadata)]), Status::Unknown);
}

#[test]
fn one_way_that_needs_no_body_makes_it_partly() {
    assert_eq!(status(EITHER, &[row("create", EXEC, Level::Metadata)]), Status::Observable);
    assert_eq!(status(EITHER, &[row("create", PODS, Level::Metadata)]), Status::Partly, "nobody tried exec");
    let both = [row("create", EXEC, Level::Metadata), row("create", PODS, Level::Metadata)];
    assert_eq!(status(EITHER, &both), Status::Partly);
    let not_body = "  it: {verb: create, objectRef.resource: pods}\n  pid: {requestObject.spec.hostPID: true}\n  condition: it and not pid\n";
    assert_eq!(
        status(not_body, &[row("create", PODS, Level::Metadata)]),
        Status::NotObservable,
        "what is lost cannot be ruled out either"
    );
}

#[test]
fn truncated_bodies_lost_fields_and_omitted_stages_are_told_apart() {
    let cases = [
        (Row { truncated: true, ..row("create", PODS, Level::Request) }, PRIVILEGED, Loss::Truncated),
        (
            Row { lacks: 1 << crate::event::Slot::UserGroups as u8, ..row("get", PODS, Level::Metadata) },
            "  it: {user.groups: 'system:masters'}\n  condition: it\n",
            Loss::Format,
        ),
        (
            Row { stages: stages(&[Stage::RequestReceived]), ..row("get", PODS, Level::Metadata) },
            "  it: {responseStatus.code: 403}\n  condition: it\n",
            Loss::Stage,
        ),
        (row("get", PODS, Level::Metadata), "  it: {stage: Panic}\n  condition: it\n", Loss::Stage),
        (
            row("get", PODS, Level::Request),
            "  it: {responseObject.kind: PodList}\n  condition: it\n",
            Loss::ResponseBody,
        ),
    ];
    for (row, detection, loss) in cases {
        let covered = judge(&[condition(detection)], &[row], &[]).remove(0);
        assert_eq!(covered.status, Status::NotObservable, "{detection}");
        assert_eq!(covered.gaps.keys().collect::<Vec<_>>(), [&loss], "{detection}");
    }
}

#[test]
fn a_failed_authentication_lacks_a_body_whatever_the_policy_says() {
    let refused = |row: Row| Row {
        shape: Shape { who: "anonymous", unauthenticated: true, ..row.shape.clone() },
        ..row
    };
    let row = refused(row("create", PODS, Level::Metadata));
    assert_eq!(status(PRIVILEGED, std::slice::from_ref(&row)), Status::Unknown);
    assert_eq!(status("  it: {responseStatus.code: 401}\n  condition: it\n", &[row]), Status::Observable);
}

#[test]
fn a_rule_on_user_names_is_about_principals_that_may_bear_them() {
    let accounts = "  it: {user.username|startswith: 'system:serviceaccount:'}\n  condition: it\n";
    let of = |who, impersonated| {
        let row = row("get", PODS, Level::Metadata);
        Row { shape: Shape { who, impersonated, ..row.shape.clone() }, ..row }
    };
    for (who, impersonated, expected) in [
        ("service-account", None, Status::Observable),
        ("human", None, Status::Unknown),
        ("human", Some(false), Status::Unknown),
        // A service account that acts as a person.
        ("human", Some(true), Status::Observable),
    ] {
        assert_eq!(status(accounts, &[of(who, impersonated)]), expected, "{who} {impersonated:?}");
    }
}

/// A policy made of the advice shows all that was missing.
#[test]
fn advice_makes_rules_observable() {
    let mut rules = crate::rule::builtin::load().unwrap();
    rules.retain(|loaded| matches!(loaded.role, crate::rule::Role::Detection));
    rules.retain(|loaded| loaded.rule.when.constant().is_none());
    let conditions: Vec<Condition> = rules.iter().map(|loaded| Condition::new(&loaded.rule.when)).collect();
    let read = |rules: &str| {
        let text = format!("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n{rules}");
        crate::policy::read(&text, "p.yaml").0.unwrap()
    };
    let cases = [
        ("- level: None", ""),
        ("- level: Metadata", "- level: Metadata"),
        ("- level: None\n  verbs: [create]\n- level: Request", "- level: Request"),
    ];
    for (before, without_none) in cases {
        let covered = judge(&conditions, &usual(Some(&read(before))), &[]);
        let statuses = |status| covered.iter().filter(|one| one.status == status).count();
        assert!(statuses(Status::Observable) < rules.len(), "{before}");
        let lines = advise(&covered).lines;
        let end = lines.iter().position(|line| line.starts_with("# in place of")).unwrap_or(lines.len());
        let advice = lines[..end].join("\n");
        let after = read(&format!("{advice}\n{without_none}\n{}", lines[end..].join("\n")));
        let after = judge(&conditions, &usual(Some(&after)), &[]);
        for (one, loaded) in after.iter().zip(&rules) {
            assert_eq!(one.status, Status::Observable, "{}: {:?}\n{advice}", loaded.rule.meta.id, one.gaps);
        }
    }
}
