//! What scanning, incidents and explanations have in common: rules and profiles over the input, findings out.

use super::notice::Notice;
use super::progress::Progress;
use super::{STOP, engine_run, heed_ctrl_c, window};
use crate::anomaly::baseline::Baseline;
use crate::anomaly::{Cut, Tuning};
use crate::error::{Error, Result};
use crate::finding::{Filter, Finding};
use crate::incident::{self, About};
use crate::input::{Source, digests};
use crate::output::{Look, Read, Report, figure};
use crate::plan::{Common, DetectPlan};
use crate::rule::{Rule, RuleSet};
use crate::scan::{self, Found, Wanted};
use crate::suppress::Suppressed;
use crate::tally::Ranking;

/// What was found, incidents among it.
pub struct Detected {
    pub common: Common,
    pub found: Found,
    pub suppressed: Suppressed,
    /// As [`DetectPlan::written`]: [`Finding::rule`] is an index into them, as long as a rule and no other detector
    /// found it.
    pub written: Vec<Rule>,
    pub inputs: Vec<String>,
}

pub fn detect(plan: DetectPlan, notice: Notice) -> Result<Detected> {
    let DetectPlan { common, rules, written, anomalies, baseline, accepted, warnings, inputs } = plan;
    notice.block(&warnings);
    heed_ctrl_c([&common.target])?;
    super::announce(&common, notice);
    let mut found = look(&common, &rules, anomalies, baseline, notice)?;
    notice.losses(&found.read);
    notice.unsure(&found, &rules);
    profile(&found, notice);
    notice.correlations(&found, &rules);
    let suppressed = Suppressed::take(accepted, &mut found.findings, &found.metas);
    let about = About {
        metas: &found.metas,
        files: &found.read.files,
        profile: found.profile.as_ref(),
        span: found.read.span.range,
    };
    incident::join(&mut found.findings, about, &incident::Tuning::default());
    // Thousands of small pieces, which the system takes back at once when the process ends.
    std::mem::forget(rules);
    Ok(Detected { common, found, suppressed, written, inputs })
}

impl Detected {
    /// Takes out what is not wanted, and says how much that was.
    pub fn sift(&mut self, filter: &Filter, notice: Notice) {
        let Found { findings, metas, .. } = &mut self.found;
        let before = findings.len();
        findings.retain(|finding| filter.keeps(finding, metas));
        self.suppressed.findings.retain(|(_, finding)| filter.keeps(finding, metas));
        let out = before - findings.len();
        if out > 0 {
            notice.say(&format!("{} left out by filters", figure::count(out as u64, "finding")));
        }
    }

    pub fn id(&self, finding: &Finding) -> String {
        finding.id(&self.found.metas[finding.rule as usize], read(&self.found).file(&finding.seen.evidence))
    }

    /// The one finding among some whose id begins so. `what` is what it should be, and `list` a command that lists them.
    pub fn only<'f>(
        &self,
        some: impl Iterator<Item = &'f Finding>,
        id: &str,
        (what, list): (&str, &str),
    ) -> Result<&'f Finding> {
        let mut all: Vec<(String, &Finding)> = some.map(|finding| (self.id(finding), finding)).collect();
        all.retain(|(own, _)| own.starts_with(id));
        all.dedup_by(|a, b| a.0 == b.0);
        match all.as_slice() {
            [(_, finding)] => Ok(finding),
            [] => Err(Error::usage(format!(
                "no {what} has an id that begins with `{id}`: {list} lists them; name the input, rules and baselines \
                 as they were then"
            ))),
            [(one, _), (other, _), ..] => Err(Error::usage(format!(
                "several ids begin with `{id}`, such as {one} and {other}: give more digits"
            ))),
        }
    }
}

fn read(found: &Found) -> Read<'_> {
    let read = &found.read;
    Read { files: &read.files, tally: &read.tally, span: read.span, all_parsed: true }
}

/// All findings, with those that incidents join, and without those that were accepted.
pub fn report<'r>(
    found: &'r Found,
    suppressed: &'r Suppressed,
    principals: &'r Ranking,
    look: Look,
) -> Report<'r> {
    Report {
        findings: &found.findings,
        rules: &found.metas,
        unsure: &found.unsure,
        read: read(found),
        principals,
        suppressed,
        explain: false,
        expand: true,
        dropped: &found.correlated.dropped,
        too_short: &found.correlated.too_short,
        cuts: &found.cuts,
        look,
    }
}

fn look(
    common: &Common,
    rules: &RuleSet,
    anomalies: Option<Tuning>,
    baseline: Option<Baseline>,
    notice: Notice,
) -> Result<Found> {
    let window = window(common, notice)?;
    if let Some(baseline) = &baseline {
        twice(baseline, &common.gathered.sources, notice);
    }
    let progress = Progress::start(&common.gathered.sources, notice);
    let wanted = Wanted { window, redactor: common.redactor, anomalies };
    let run = engine_run(&common.gathered.sources, common.engine, &progress);
    scan::scan(run, rules, wanted, baseline)
}

/// Says which files the baseline knows already: their events count twice. Only files of the same size are read.
fn twice(baseline: &Baseline, sources: &[Source], notice: Notice) {
    let same_size =
        |source: &&Source| baseline.origins.iter().any(|origin| Some(origin.bytes) == source.size);
    let some: Vec<Source> = sources.iter().filter(same_size).cloned().collect();
    for (source, print) in some.iter().zip(digests(&some, 1, &STOP)) {
        let Ok(Some(print)) = print else { continue };
        if baseline.origins.iter().any(|origin| origin.sha256 == print.sha256) {
            notice.say(&format!(
                "{}: went into the baseline already, so that its events count twice",
                source.name
            ));
        }
    }
}

/// What should be said about the profile.
fn profile(found: &Found, notice: Notice) {
    let Some(profile) = &found.profile else { return };
    notice.detail(&format!("profiles took {} of memory", figure::bytes(profile.bytes().total() as u64)));
    if !found.cuts.is_empty() {
        let said: Vec<String> = found.cuts.iter().map(Cut::said).collect();
        notice.say(&format!("profiles left out detail: {}", said.join("; ")));
    }
}
