//! `kaudit scan`: rules over audit logs, findings out.

use super::detect::{Detected, report};
use super::notice::Notice;
use crate::cli::{self, Global};
use crate::error::{Error, Exit, Result};
use crate::finding::Finding;
use crate::output::{FindingPen, Format, Report, figure, suppressed_words};
use crate::plan::{self, ScanPlan};
use crate::rule::Level;
use crate::scan::Found;

/// Principals shown in a summary.
const TOP: usize = 10;

pub fn run(global: &Global, args: cli::Scan, notice: Notice) -> Result<Exit> {
    let ScanPlan { detect, explain, expand, filter, pen, fail_on, allow_partial } = plan::scan(global, args)?;
    let mut detected = super::detect::detect(detect, notice)?;
    detected.sift(&filter, notice);
    if !matches!(detected.common.format, Format::Table | Format::Summary) {
        notice.say(&closing(&detected.found));
        suppressed_words(&detected.suppressed).into_iter().for_each(|words| notice.say(&words));
    }
    let exit = exit(&detected.found, fail_on, allow_partial);
    write(detected, &*pen, (explain, expand))?;
    if exit == Exit::Partial {
        notice.say("part of the input was lost: exit code 3 (--allow-partial accepts that)");
    }
    Ok(exit)
}

/// Writes a report of all findings; `explain` lists accepted ones, `expand` what incidents join.
pub fn write(detected: Detected, pen: &dyn FindingPen, (explain, expand): (bool, bool)) -> Result<()> {
    let Detected { common, mut found, suppressed, .. } = detected;
    let mut target = common.target;
    let principals = found.read.principals.ranking(TOP);
    let report = Report { explain, expand, ..report(&found, &suppressed, &principals, common.look) };
    let written = pen.write(&report, &mut target);
    written.map_err(|error| Error::output(target.path(), error))?;
    // The process ends here, and the system takes all memory back at once.
    std::mem::forget((found, suppressed));
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

/// One line for those who write the report elsewhere.
fn closing(found: &Found) -> String {
    let read = &found.read;
    let findings = figure::count(found.findings.len() as u64, "finding");
    let events = figure::count(read.tally.events, "event");
    format!("{findings} in {events} from {}", figure::count(read.files.len() as u64, "file"))
}
