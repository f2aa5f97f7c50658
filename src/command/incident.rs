//! `kaudit incident`: one incident on a page, or a list of all.

use super::detect::{Detected, detect, report};
use super::notice::Notice;
use super::scan;
use crate::cli::{self, Global};
use crate::error::{Error, Exit, Result};
use crate::finding::Category;
use crate::output::{Format, page};
use crate::plan::{self, IncidentPlan};
use crate::tally::Ranking;

pub fn run(global: &Global, args: cli::Incident, notice: Notice) -> Result<Exit> {
    let IncidentPlan { detect: plan, id, filter } = plan::incident(global, args)?;
    let mut detected = detect(plan, notice)?;
    match id {
        None => list(detected, &filter, notice)?,
        Some(id) => {
            narrow(&mut detected, &id)?;
            match detected.common.format {
                Format::Table => show(detected)?,
                format => scan::write(detected, &*format.finding_pen(), (false, true))?,
            }
        }
    }
    Ok(Exit::Clean)
}

fn list(mut detected: Detected, filter: &crate::finding::Filter, notice: Notice) -> Result<()> {
    detected.found.findings.retain(|finding| finding.category == Category::Incident);
    detected.sift(filter, notice);
    detected.suppressed = crate::suppress::Suppressed::default();
    let pen = detected.common.format.finding_pen();
    scan::write(detected, &*pen, (false, false))
}

/// Leaves the incident and the findings that it joins.
fn narrow(detected: &mut Detected, id: &str) -> Result<()> {
    let incidents = detected.found.findings.iter().filter(|finding| finding.incident.is_some());
    let found = detected.only(incidents, id, ("incident", "`kaudit incident INPUT`"))?;
    let id = detected.id(found);
    let own: Vec<bool> = detected
        .found
        .findings
        .iter()
        .map(|one| one.part_of.as_deref() == Some(&*id) || one.incident.is_some() && detected.id(one) == id)
        .collect();
    let mut own = own.iter();
    detected.found.findings.retain(|_| own.next().is_some_and(|own| *own));
    detected.suppressed = crate::suppress::Suppressed::default();
    Ok(())
}

fn show(detected: Detected) -> Result<()> {
    let Detected { common, found, suppressed, inputs, .. } = detected;
    let mut target = common.target;
    let nobody = Ranking::default();
    let report = report(&found, &suppressed, &nobody, common.look);
    for finding in found.findings.iter().filter(|finding| finding.incident.is_some()) {
        let written = page::write(finding, &report, &inputs, &mut target);
        written.map_err(|error| Error::output(target.path(), error))?;
    }
    target.finish()
}
