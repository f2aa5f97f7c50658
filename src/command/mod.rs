//! The questions that can be asked, one file each.

mod baseline;
mod check;
mod completions;
mod coverage;
mod detect;
mod explain;
mod fields;
mod formats;
mod hunt;
mod incident;
mod notice;
mod progress;
mod report;
mod rules;
mod scan;
mod token;
mod verify;

use crate::cli::{Cli, Command, Global};
use crate::error::{Error, Exit, Result};
use crate::input::Source;
use crate::lines::Limits;
use crate::output::Target;
use crate::plan::{self, Common, Engine};
use crate::scan::{Run, Window, last_event};
use crate::time::When;
use notice::Notice;
use progress::Progress;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Set by Ctrl-C. A signal handler can reach nothing but a static.
static STOP: AtomicBool = AtomicBool::new(false);

/// Answers the question that was asked.
pub fn run(cli: Cli) -> Result<Exit> {
    let Cli { global, command } = cli;
    let notice = Notice::new(global.quiet, global.verbose);
    let threads = plan::threads(command.input().and_then(|input| input.threads))?;
    pool(threads)?.install(|| answer(&global, command, notice))
}

fn answer(global: &Global, command: Command, notice: Notice) -> Result<Exit> {
    match command {
        Command::Scan(scan) => scan::run(global, *scan, notice),
        Command::Incident(incident) => incident::run(global, *incident, notice),
        Command::Explain(explain) => explain::run(global, *explain, notice),
        Command::Check(check) => check::run(global, check, notice),
        Command::Coverage(coverage) => coverage::run(global, coverage, notice),
        Command::Hunt(hunt) => hunt::run(global, *hunt, notice),
        Command::Token(token) => token::run(global, token, notice),
        Command::Report(report) => report::run(global, report, notice),
        Command::Rules { command } => rules::run(global, command, notice),
        Command::Baseline { command } => baseline::run(global, command, notice),
        Command::Fields { filter } => fields::run(filter.as_deref()),
        Command::Formats { filter } => formats::run(filter.as_deref()),
        Command::Completions { shell } => completions::run(shell),
    }
}

/// All threads that there are, of which this is one: to threads that are begun glibc gives memory in far smaller steps.
fn pool(threads: usize) -> Result<rayon::ThreadPool> {
    // As large as that of this one: rules may be loaded on any.
    const STACK: usize = 8 << 20;
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).use_current_thread().build();
    pool.map_err(|error| Error::usage(format!("cannot start {threads} threads: {error}")))
}

/// Lets Ctrl-C end a run between two pieces. A run that waits for input (a pipe that nobody feeds) does not
/// come so far: it is ended from here, after its unfinished files are removed.
fn heed_ctrl_c<'t>(targets: impl IntoIterator<Item = &'t Target>) -> Result<()> {
    let unfinished: Vec<PathBuf> =
        targets.into_iter().filter_map(|target| target.unfinished().map(Path::to_owned)).collect();
    let stop = move || {
        STOP.store(true, Ordering::Relaxed);
        std::thread::sleep(PATIENCE);
        for path in &unfinished {
            // It may be gone already, and nobody is left to tell if it cannot be removed.
            let _ = std::fs::remove_file(path);
        }
        end();
    };
    ctrlc::set_handler(stop).map_err(|error| Error::usage(format!("cannot handle Ctrl-C: {error}")))
}

/// How long a run may take to end by itself once Ctrl-C was pressed.
const PATIENCE: Duration = Duration::from_millis(500);

#[allow(clippy::exit, reason = "the other threads may be waiting for input that never comes")]
fn end() {
    std::process::exit(Exit::Interrupted as i32);
}

/// What should be said about the input before it is read.
fn announce(common: &Common, notice: Notice) {
    for name in &common.gathered.repeated {
        notice.say(&format!("{name}: given twice, read once"));
    }
    for name in &common.gathered.skipped {
        notice.detail(&format!("{name}: no regular file, passed over"));
    }
    for source in &common.gathered.sources {
        notice.detail(&format!("reading {}", source.name));
    }
}

fn engine_run<'r>(sources: &'r [Source], engine: Engine, progress: &'r Progress) -> Run<'r> {
    let (limits, progress) = (Limits::default(), progress.counter());
    Run { sources, limits, format: engine.records, stop: &STOP, progress }
}

/// The window of time that was asked for. Reads the whole input when it counts back from the last event.
fn window(common: &Common, notice: Notice) -> Result<Window> {
    let sides = [common.since, common.until];
    let last = if sides.iter().flatten().any(|when| matches!(when, When::BeforeLast(_))) {
        notice.detail("looking for the last event");
        let progress = Progress::start(&common.gathered.sources, notice);
        let last = last_event(engine_run(&common.gathered.sources, common.engine, &progress))?;
        last.ok_or_else(|| {
            Error::usage("--since and --until count back from the last event, and there is none")
        })?
    } else {
        0
    };
    let [since, until] = sides.map(|side| side.map(|when| when.resolve(last)));
    Ok(Window { since, until })
}
