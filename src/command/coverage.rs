//! `kaudit coverage`: what rules could have seen of this log, or would see under this policy.

use super::notice::Notice;
use super::progress::Progress;
use super::{announce, engine_run, heed_ctrl_c};
use crate::cli::{self, Global};
use crate::coverage::{Condition, Covered, Row, Status, judge, usual};
use crate::error::{Error, Exit, Result};
use crate::output::coverage::{Answered, Basis, Coverage, Judged};
use crate::output::{Read, figure};
use crate::plan::{self, CoveragePlan};
use crate::policy::{AuditPolicy, lint};
use crate::rule::{Diagnostic, Level, Meta, Rule};
use crate::scan::{self, Recorded};
use std::cmp::Reverse;
use std::collections::BTreeMap;

pub fn run(global: &Global, args: cli::Coverage, notice: Notice) -> Result<Exit> {
    let plan = plan::coverage(global, args)?;
    heed_ctrl_c([&plan.common.target])?;
    announce(&plan.common, notice);
    let recorded = if plan.has_log { Some(look(&plan, notice)?) } else { None };
    finish(plan, recorded, notice)
}

fn look(plan: &CoveragePlan, notice: Notice) -> Result<Recorded> {
    let sources = &plan.common.gathered.sources;
    let progress = Progress::start(sources, notice);
    let policy = plan.policy.as_ref().map(|(policy, _)| policy);
    let recorded = scan::coverage(engine_run(sources, plan.common.engine, &progress), policy)?;
    drop(progress);
    notice.losses(&recorded.read);
    Ok(recorded)
}

fn finish(plan: CoveragePlan, mut recorded: Option<Recorded>, notice: Notice) -> Result<Exit> {
    let CoveragePlan { common, rules, policy, pen, fail_on, allow_partial, .. } = plan;
    let (rows, more) = recorded.as_mut().map(|all| all.counted.rows(common.redactor)).unwrap_or_default();
    let all = answers(&rules, rows, recorded.is_some(), policy.as_ref().map(|(policy, _)| policy));
    let doubts = policy.as_ref().map(|(policy, warnings)| doubts(policy, warnings));
    let judged = policy.as_ref().zip(doubts.as_ref()).map(|((policy, _), doubts)| Judged {
        policy,
        doubts,
        usage: recorded.as_ref().and_then(|all| all.usage.as_ref()),
    });
    let read = recorded.as_ref().map(|all| &all.read);
    let coverage = Coverage {
        answers: all.iter().map(Owned::answered).collect(),
        policy: judged,
        read: read.map(|read| Read {
            files: &read.files,
            tally: &read.tally,
            span: read.span,
            all_parsed: true,
        }),
        more,
        look: common.look,
    };
    let mut target = common.target;
    pen(&coverage, &mut target).map_err(|error| Error::output(target.path(), error))?;
    target.finish()?;
    let partial = read.is_some_and(scan::ReadAll::is_partial) && !allow_partial;
    Ok(exit(&coverage, fail_on, partial, notice))
}

fn exit(coverage: &Coverage<'_>, fail_on: Option<Level>, partial: bool, notice: Notice) -> Exit {
    let fails = |answer: &&Answered<'_>| {
        answer.covered.status == Status::NotObservable
            && fail_on.is_some_and(|level| answer.rule.level >= level)
    };
    let blind = coverage.answers.iter().filter(fails).count();
    if blind > 0 {
        notice.say(&format!(
            "{} at or above --fail-on cannot be observed",
            figure::count(blind as u64, "rule")
        ));
        return Exit::Findings;
    }
    if partial {
        notice.say("part of the input was lost: exit code 3 (--allow-partial accepts that)");
        return Exit::Partial;
    }
    Exit::Clean
}

/// What was wrong with the policy when it was read, and what is doubtful about it.
fn doubts(policy: &AuditPolicy, warnings: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut all = [warnings, &lint(policy)].concat();
    all.sort_by_key(|doubt| (doubt.at.line, doubt.at.column));
    all
}

/// An answer that holds what it says.
struct Owned<'r> {
    rule: &'r Meta,
    cluster: Option<String>,
    covered: Covered,
    basis: Basis,
}

impl Owned<'_> {
    fn answered(&self) -> Answered<'_> {
        Answered {
            rule: self.rule,
            cluster: self.cluster.as_deref(),
            covered: &self.covered,
            basis: self.basis,
        }
    }
}

/// By the log where it holds such requests, by the policy where it does not; the worst first.
fn answers<'r>(
    rules: &'r [Rule],
    clusters: BTreeMap<Option<String>, Vec<Row>>,
    has_log: bool,
    policy: Option<&AuditPolicy>,
) -> Vec<Owned<'r>> {
    let conditions: Vec<Condition> = rules.iter().map(|rule| Condition::new(&rule.when)).collect();
    let any = usual(None);
    let told = policy.map(|policy| judge(&conditions, &usual(Some(policy)), &[]));
    let clusters =
        if has_log && clusters.is_empty() { BTreeMap::from([(None, Vec::new())]) } else { clusters };
    let mut all = Vec::new();
    for (cluster, rows) in clusters {
        let seen = judge(&conditions, &rows, &any);
        for (at, (rule, covered)) in rules.iter().zip(seen).enumerate() {
            let by_policy =
                told.as_ref().and_then(|told| told.get(at)).filter(|_| covered.status == Status::Unknown);
            let (covered, basis) = match by_policy {
                Some(told) => (told.clone(), Basis::Policy),
                None => (covered, Basis::Log),
            };
            all.push(Owned { rule: &rule.meta, cluster: cluster.clone(), covered, basis });
        }
    }
    if !has_log {
        let told = told.into_iter().flatten().zip(rules);
        all.extend(told.map(|(covered, rule)| Owned {
            rule: &rule.meta,
            cluster: None,
            covered,
            basis: Basis::Policy,
        }));
    }
    all.sort_by(|a, b| order(a).cmp(&order(b)));
    all
}

fn order<'o>(one: &'o Owned<'_>) -> (Status, Reverse<Level>, &'o str, &'o Option<String>) {
    (one.covered.status, Reverse(one.rule.level), &one.rule.id, &one.cluster)
}
