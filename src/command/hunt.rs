//! `kaudit hunt`: the events themselves. Answers like grep: 0 found, 1 none, 2 trouble.

use super::notice::Notice;
use super::progress::Progress;
use super::{announce, engine_run, heed_ctrl_c, window};
use crate::cli::{self, Global};
use crate::error::{Error, Exit, Result};
use crate::finding::Hit;
use crate::output::{Ending, HitPen, Read, Target};
use crate::plan::{self, HuntPlan, hunt_rule};
use crate::rule;
use crate::scan::{self, Hunted, TakeHit};

pub fn run(global: &Global, args: cli::Hunt, notice: Notice) -> Result<Exit> {
    let HuntPlan { common, mut hunt, pen } = plan::hunt(global, args)?;
    for complaint in rule::complaints(&hunt.expr()?) {
        notice.say(&format!("{} ({})", complaint.text, complaint.mend));
    }
    heed_ctrl_c([&common.target])?;
    announce(&common, notice);
    let window = window(&common, notice)?;
    (hunt.since, hunt.until) = (window.since, window.until);
    let (rules, prefilter) = hunt_rule(&hunt)?;
    if prefilter.is_some() {
        notice.detail("records that do not hold the text searched for are not parsed, nor counted");
    }
    let mut writing = Writing { pen, target: common.target };
    writing.with(|pen, target| pen.begin(target))?;
    let sources = &common.gathered.sources;
    let progress = Progress::start(sources, notice);
    let plan = engine_run(sources, common.engine, &progress);
    let with_record = common.format.needs_record();
    let hunted = scan::hunt(plan, &rules, prefilter.as_ref(), common.redactor, with_record, writing)?;
    drop(progress);
    finish(hunted, prefilter.is_none(), notice)
}

fn finish(hunted: Hunted<Writing>, all_parsed: bool, notice: Notice) -> Result<Exit> {
    let Hunted { take: mut writing, hits, span, read } = hunted;
    let ending = Ending { read: Read { files: &read.files, tally: &read.tally, span, all_parsed } };
    writing.with(|pen, target| pen.end(&ending, target))?;
    writing.target.finish()?;
    notice.losses(&read);
    notice.may_match(&read);
    match hits {
        0 if read.is_partial() => {
            Err(Error::usage("no event found, but part of the input could not be read"))
        }
        0 => {
            notice.say("no event found");
            Ok(Exit::Findings)
        }
        _ => Ok(Exit::Clean),
    }
}

/// Writes each hit as it comes.
struct Writing {
    pen: Box<dyn HitPen>,
    target: Target,
}

impl Writing {
    fn with(
        &mut self,
        write: impl FnOnce(&mut dyn HitPen, &mut Target) -> std::io::Result<()>,
    ) -> Result<()> {
        let written = write(&mut *self.pen, &mut self.target);
        written.map_err(|error| Error::output(self.target.path(), error))
    }
}

impl TakeHit for Writing {
    fn hit(&mut self, hit: Hit, file: &str) -> Result<()> {
        self.with(|pen, target| pen.hit(&hit, file, target))
    }
}
