//! `kaudit scan`: rules over audit logs, findings out.

use super::notice::Notice;
use super::progress::Progress;
use super::{engine_run, heed_ctrl_c, window};
use crate::cli::{self, Global};
use crate::error::{Error, Exit, Result};
use crate::finding::Finding;
use crate::output::{Format, Read, Report, figure, suppressed_words};
use crate::plan::{self, Common, ScanPlan};
use crate::rule::{Level, RuleSet};
use crate::scan::{self, Found};
use crate::suppress::Suppressed;

/// Principals shown in a summary.
const TOP: usize = 10;

pub fn run(global: &Global, args: cli::Scan, notice: Notice) -> Result<Exit> {
    let ScanPlan { common, rules, accepted, explain, warnings, fail_on, allow_partial } =
        plan::scan(global, args)?;
    notice.block(&warnings);
    heed_ctrl_c([&common.target])?;
    super::announce(&common, notice);
    let mut found = look(&common, &rules, notice)?;
    notice.losses(&found.read);
    notice.unsure(&found, &rules);
    let suppressed = Suppressed::take(accepted, &mut found.findings, rules.metas());
    if !matches!(common.format, Format::Table | Format::Summary) {
        notice.say(&closing(&found));
        suppressed_words(&suppressed).into_iter().for_each(|words| notice.say(&words));
    }
    let exit = exit(&found, &rules, fail_on, allow_partial);
    write(common, &rules, &mut found, (&suppressed, explain))?;
    if exit == Exit::Partial {
        notice.say("part of the input was lost: exit code 3 (--allow-partial accepts that)");
    }
    Ok(exit)
}

fn look(common: &Common, rules: &RuleSet, notice: Notice) -> Result<Found> {
    let window = window(common, notice)?;
    let progress = Progress::start(&common.gathered.sources, notice);
    scan::scan(engine_run(&common.gathered.sources, common.engine, &progress), rules, window, common.redactor)
}

fn write(
    common: Common,
    rules: &RuleSet,
    found: &mut Found,
    (suppressed, explain): (&Suppressed, bool),
) -> Result<()> {
    let mut target = common.target;
    let principals = found.read.principals.ranking(TOP);
    let read =
        Read { files: &found.read.files, tally: &found.read.tally, span: found.read.span, all_parsed: true };
    let report = Report {
        findings: &found.findings,
        rules: rules.metas(),
        unsure: &found.unsure,
        read,
        principals: &principals,
        suppressed,
        explain,
        look: common.look,
    };
    let written = common.format.finding_pen().write(&report, &mut target);
    written.map_err(|error| Error::output(target.path(), error))?;
    target.finish()
}

fn exit(found: &Found, rules: &RuleSet, fail_on: Option<Level>, allow_partial: bool) -> Exit {
    let fails = |finding: &Finding| fail_on.is_some_and(|level| rules.meta(finding.rule).level >= level);
    if found.findings.iter().any(fails) {
        Exit::Findings
    } else if found.read.is_partial() && !allow_partial {
        Exit::Partial
    } else {
        Exit::Clean
    }
}

/// One line for those who write the report elsewhere.
fn closing(found: &Found) -> String {
    let read = &found.read;
    let findings = figure::count(found.findings.len() as u64, "finding");
    let events = figure::count(read.tally.events, "event");
    format!("{findings} in {events} from {}", figure::count(read.files.len() as u64, "file"))
}
