//! `kaudit scan`: rules over audit logs, findings out.

use super::notice::Notice;
use super::progress::Progress;
use super::{STOP, engine_run, heed_ctrl_c, window};
use crate::anomaly::Tuning;
use crate::anomaly::baseline::Baseline;
use crate::cli::{self, Global};
use crate::error::{Error, Exit, Result};
use crate::finding::{Filter, Finding};
use crate::input::{Source, digests};
use crate::output::{FindingPen, Format, Read, Report, figure, suppressed_words};
use crate::plan::{self, Common, ScanPlan};
use crate::rule::{Level, RuleSet};
use crate::scan::{self, Found, Wanted};
use crate::suppress::Suppressed;

/// Principals shown in a summary.
const TOP: usize = 10;

pub fn run(global: &Global, args: cli::Scan, notice: Notice) -> Result<Exit> {
    let ScanPlan {
        common,
        rules,
        anomalies,
        baseline,
        accepted,
        explain,
        filter,
        pen,
        warnings,
        fail_on,
        allow_partial,
    } = plan::scan(global, args)?;
    notice.block(&warnings);
    heed_ctrl_c([&common.target])?;
    super::announce(&common, notice);
    let mut found = look(&common, &rules, anomalies, baseline, notice)?;
    sift(&mut found, &filter, notice);
    notice.losses(&found.read);
    notice.unsure(&found, &rules);
    profile(&found, notice);
    notice.correlations(&found, &rules);
    let suppressed = Suppressed::take(accepted, &mut found.findings, &found.metas);
    if !matches!(common.format, Format::Table | Format::Summary) {
        notice.say(&closing(&found));
        suppressed_words(&suppressed).into_iter().for_each(|words| notice.say(&words));
    }
    let exit = exit(&found, fail_on, allow_partial);
    write(common, &*pen, &mut found, (&suppressed, explain))?;
    if exit == Exit::Partial {
        notice.say("part of the input was lost: exit code 3 (--allow-partial accepts that)");
    }
    Ok(exit)
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
    scan::scan(run, rules, wanted, baseline.map(|baseline| baseline.profile))
}

fn write(
    common: Common,
    pen: &dyn FindingPen,
    found: &mut Found,
    (suppressed, explain): (&Suppressed, bool),
) -> Result<()> {
    let mut target = common.target;
    let principals = found.read.principals.ranking(TOP);
    let read =
        Read { files: &found.read.files, tally: &found.read.tally, span: found.read.span, all_parsed: true };
    let report = Report {
        findings: &found.findings,
        rules: &found.metas,
        unsure: &found.unsure,
        read,
        principals: &principals,
        suppressed,
        explain,
        dropped: &found.dropped,
        too_short: &found.too_short,
        look: common.look,
    };
    let written = pen.write(&report, &mut target);
    written.map_err(|error| Error::output(target.path(), error))?;
    target.finish()
}

fn exit(found: &Found, fail_on: Option<Level>, allow_partial: bool) -> Exit {
    let level_of = |finding: &Finding| found.metas[finding.rule as usize].level;
    let fails = |finding: &Finding| fail_on.is_some_and(|level| level_of(finding) >= level);
    if found.findings.iter().any(fails) {
        Exit::Findings
    } else if found.read.is_partial() && !allow_partial {
        Exit::Partial
    } else {
        Exit::Clean
    }
}

/// Takes out what is not wanted, and says how much that was.
fn sift(found: &mut Found, filter: &Filter, notice: Notice) {
    let before = found.findings.len();
    let metas = &found.metas;
    found.findings.retain(|finding| filter.keeps(finding, &metas[finding.rule as usize]));
    let out = before - found.findings.len();
    if out > 0 {
        notice.say(&format!("{} left out by filters", figure::count(out as u64, "finding")));
    }
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
    if profile.is_cut() {
        notice.say("more entities or kinds of requests than profiles hold: some detail was left out");
    }
}

/// One line for those who write the report elsewhere.
fn closing(found: &Found) -> String {
    let read = &found.read;
    let findings = figure::count(found.findings.len() as u64, "finding");
    let events = figure::count(read.tally.events, "event");
    format!("{findings} in {events} from {}", figure::count(read.files.len() as u64, "file"))
}
