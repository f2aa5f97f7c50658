//! `kaudit report`: what a log shows of the checks of a compliance pack.

use super::notice::Notice;
use super::progress::Progress;
use super::{announce, engine_run, heed_ctrl_c};
use crate::cli::{self, FailOn, Global};
use crate::coverage::usual;
use crate::error::{Error, Exit, Result};
use crate::output::Read;
use crate::output::pack::Packed;
use crate::pack::{Answer, Facts, State, judge};
use crate::plan::{self, ReportPlan};
use crate::scan::{self, Checked};

pub fn run(global: &Global, args: cli::Report, notice: Notice) -> Result<Exit> {
    let plan = plan::report(global, args)?;
    let ReportPlan { common, pack, queries, policy, pen, fail_on, allow_partial } = plan;
    heed_ctrl_c([&common.target])?;
    announce(&common, notice);
    let sources = &common.gathered.sources;
    let progress = Progress::start(sources, notice);
    let run = engine_run(sources, common.engine, &progress);
    let Checked { mut inventory, mut counted, tallied, read } = scan::checks(run, &queries, common.redactor)?;
    drop(progress);
    inventory.add_up();
    notice.losses(&read);
    let rows: Vec<_> = counted.rows(common.redactor).0.into_values().flatten().collect();
    let policy = policy.as_ref().map(|policy| usual(Some(policy)));
    let facts = Facts { inventory: &inventory, rows: &rows, policy: policy.as_deref(), tallied: &tallied };
    let answers = judge(pack, &facts);
    let read_all = Read { files: &read.files, tally: &read.tally, span: read.span, all_parsed: true };
    let mut target = common.target;
    let packed = Packed { pack, answers: &answers, read: read_all, look: common.look };
    pen(&packed, &mut target).map_err(|error| Error::output(target.path(), error))?;
    target.finish()?;
    Ok(exit(&answers, fail_on, read.is_partial() && !allow_partial, notice))
}

fn exit(answers: &[Answer<'_>], fail_on: Option<FailOn>, partial: bool, notice: Notice) -> Exit {
    let fails = |answer: &Answer<'_>| match fail_on {
        None => false,
        Some(FailOn::Fail) => answer.state == State::Fail,
        Some(FailOn::NotObservable) => matches!(answer.state, State::Fail | State::NotObservable),
    };
    if answers.iter().any(fails) {
        return Exit::Findings;
    }
    if partial {
        notice.say("part of the input was lost: exit code 3 (--allow-partial accepts that)");
        return Exit::Partial;
    }
    Exit::Clean
}
