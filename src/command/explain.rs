//! `kaudit explain`: why a finding is one.

use super::detect::{Detected, detect, report};
use super::engine_run;
use super::notice::Notice;
use super::progress::Progress;
use crate::cli::{self, Global};
use crate::error::{Error, Exit, Result};
use crate::event::Decoder;
use crate::finding::{Finding, Hit};
use crate::output::explain::{self, Reasons};
use crate::output::page;
use crate::plan::{self, ExplainPlan, hunt_rule};
use crate::redact::Redactor;
use crate::rule::{Hunt, Tried, Wanted, tried};
use crate::scan::{self, TakeHit};
use crate::tally::Ranking;

pub fn run(global: &Global, args: cli::Explain, notice: Notice) -> Result<Exit> {
    let ExplainPlan { detect: plan, id } = plan::explain(global, args)?;
    let mut detected = detect(plan, notice)?;
    // What is accepted is explained all the same.
    let accepted: Vec<Finding> =
        std::mem::take(&mut detected.suppressed.findings).into_iter().map(|(_, finding)| finding).collect();
    detected.found.findings.extend(accepted);
    let all = detected.found.findings.iter();
    let finding = detected.only(all, &id, ("finding", "`kaudit scan -o ndjson INPUT`"))?.clone();
    let reasons = match &finding.incident {
        Some(_) => None,
        None => Some(reasons(&finding, &detected, notice)?),
    };
    write(detected, &finding, reasons)?;
    Ok(Exit::Clean)
}

fn reasons(finding: &Finding, detected: &Detected, notice: Notice) -> Result<Reasons> {
    if finding.deviation.is_some() {
        let account = scan::account(&detected.found, finding, detected.common.redactor);
        let lost = || Error::usage("the arithmetic of this finding cannot be found again");
        return Ok(Reasons::Arithmetic(Box::new(account.ok_or_else(lost)?)));
    }
    match &finding.episode {
        Some(_) => Ok(Reasons::Events),
        None => Ok(Reasons::Condition(condition(finding, detected, notice)?)),
    }
}

/// Reads the record again and holds the condition against it.
fn condition(finding: &Finding, detected: &Detected, notice: Notice) -> Result<Vec<Tried>> {
    let Some(rule) = detected.written.get(finding.rule as usize) else { return Ok(Vec::new()) };
    let ids = finding.seen.audit_id.as_deref().filter(|id| is_plain(id)).map(str::to_owned);
    let audit_id = Wanted { is: ids.into_iter().collect(), ..Wanted::default() };
    let (rules, prefilter) = hunt_rule(&Hunt { audit_id, ..Hunt::default() })?;
    let sources = &detected.common.gathered.sources;
    let progress = Progress::start(sources, notice);
    let run = engine_run(sources, detected.common.engine, &progress);
    let taking = Taking { wanted: finding.clone(), record: Vec::new() };
    // The condition was met by the record as it is; it is shown without its secrets.
    let hunted = scan::hunt(run, &rules, prefilter.as_ref(), Redactor::new(false), true, taking)?;
    let record = hunted.take.record;
    let (mut raw, mut shown) = (Decoder::default(), Decoder::default());
    let cluster = finding.seen.cluster.as_deref();
    let Ok((event, _)) = raw.decode(&record, cluster) else { return Ok(Vec::new()) };
    let mut clean = Vec::new();
    detected.common.redactor.record(&event, &mut clean);
    let Ok((clean, _)) = shown.decode(&clean, cluster) else { return Ok(Vec::new()) };
    Ok(tried(&rule.when, &event, &clean))
}

/// Whether a hunt takes the text for nothing but itself.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Waits for the record at one place.
struct Taking {
    wanted: Finding,
    record: Vec<u8>,
}

impl TakeHit for Taking {
    fn hit(&mut self, hit: Hit, _: &str) -> Result<()> {
        if hit.seen.evidence == self.wanted.seen.evidence {
            self.record = hit.record;
        }
        Ok(())
    }
}

/// An incident has a page of its own.
fn write(detected: Detected, finding: &Finding, reasons: Option<Reasons>) -> Result<()> {
    let Detected { common, found, suppressed, inputs, .. } = detected;
    let mut target = common.target;
    let nobody = Ranking::default();
    let report = report(&found, &suppressed, &nobody, common.look);
    let written = match reasons {
        Some(reasons) => explain::write(finding, &reasons, &report, &mut target),
        None => page::write(finding, &report, &inputs, &mut target),
    };
    written.map_err(|error| Error::output(target.path(), error))?;
    target.finish()
}
