//! Runs of the whole engine over a file, with nobody to read the report.

use kaudit::anomaly::Tuning;
use kaudit::finding::Hit;
use kaudit::input::Source;
use kaudit::lines::Limits;
use kaudit::output::{Ending, Format, HitPen, Look, Read, Report};
use kaudit::plan::hunt_rule;
use kaudit::redact::Redactor;
use kaudit::rule::{Hunt, RuleSet};
use kaudit::scan::{self, Run, TakeHit, Wanted, Window};
use kaudit::suppress::Suppressed;
use kaudit::time::Zone;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64};

const LOOK: Look = Look { width: None, color: false, zone: Zone::Utc };

static STOP: AtomicBool = AtomicBool::new(false);
static PROGRESS: AtomicU64 = AtomicU64::new(0);

/// A file with the log, and the source that stands for it.
pub fn file(log: &[u8]) -> (tempfile::NamedTempFile, Vec<Source>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), log).unwrap();
    let source = Source { cluster: Some("bench".into()), ..Source::file(file.path()) };
    (file, vec![source])
}

/// Threads to scan on.
pub fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

fn run(sources: &[Source]) -> Run<'_> {
    Run { sources, limits: Limits::default(), format: None, stop: &STOP, progress: &PROGRESS }
}

fn wanted(anomalies: bool) -> Wanted {
    let anomalies = anomalies.then(Tuning::default);
    Wanted { window: Window::default(), redactor: Redactor::new(true), anomalies }
}

/// Scans and writes the report; how many findings there were.
pub fn scan(sources: &[Source], rules: &RuleSet, anomalies: bool) -> usize {
    let run = run(sources);
    let mut found = scan::scan(run, rules, wanted(anomalies), None).unwrap();
    let principals = found.read.principals.ranking(10);
    let report = Report {
        findings: &found.findings,
        rules: &found.metas,
        unsure: &[],
        suppressed: &Suppressed::default(),
        explain: false,
        dropped: &[],
        too_short: &[],
        cuts: &[],
        expand: false,
        read: Read {
            files: &found.read.files,
            tally: &found.read.tally,
            span: found.read.span,
            all_parsed: true,
        },
        principals: &principals,
        look: LOOK,
    };
    Format::Ndjson.finding_pen().write(&report, &mut io::sink()).unwrap();
    found.findings.len()
}

/// Hunts and writes the hits; how many there were.
pub fn hunt(sources: &[Source], hunt: &Hunt) -> u64 {
    let (rules, prefilter) = hunt_rule(hunt).unwrap();
    let sink = Sink(Format::Ndjson.hit_pen(LOOK));
    let run = run(sources);
    let hunted = scan::hunt(run, &rules, prefilter.as_ref(), Redactor::new(true), true, sink).unwrap();
    let mut pen = hunted.take.0;
    let ending = Ending {
        read: Read {
            files: &hunted.read.files,
            tally: &hunted.read.tally,
            span: hunted.read.span,
            all_parsed: true,
        },
    };
    pen.end(&ending, &mut io::sink()).unwrap();
    hunted.hits
}

struct Sink(Box<dyn HitPen>);

impl TakeHit for Sink {
    fn hit(&mut self, hit: Hit, file: &str) -> kaudit::error::Result<()> {
        self.0.hit(&hit, file, &mut io::sink()).map_err(|error| kaudit::error::Error::output("sink", error))
    }
}
