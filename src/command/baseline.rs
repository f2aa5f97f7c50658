//! `kaudit baseline`: what principals usually do, kept for later scans.

use super::notice::Notice;
use super::progress::Progress;
use super::{STOP, announce, engine_run, heed_ctrl_c};
use crate::anomaly::baseline::{Baseline, MEMORY, Origin, title};
use crate::anomaly::{Class, Dim, Tuning, WINDOW};
use crate::cli::{self, Global};
use crate::correlation::{Counts, Group};
use crate::error::{Error, Exit, Result};
use crate::input::digests;
use crate::output::{Target, escape, figure};
use crate::plan::{self, BuildPlan, Common};
use crate::rule::RuleSet;
use crate::scan::{self, Found, Wanted, Window};
use crate::time::Zone;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

pub fn run(global: &Global, command: cli::Baseline, notice: Notice) -> Result<Exit> {
    match command {
        cli::Baseline::Build { input, rules, cluster, to } => {
            build(plan::build(global, (input, rules), cluster, to)?, notice)?
        }
        cli::Baseline::Merge { baselines, to } => merge(&baselines, &to, notice)?,
        cli::Baseline::Show { baseline } => print(&show(&Baseline::read(&baseline)?))?,
        cli::Baseline::Diff { old, new } => return diff(&old, &new),
    }
    Ok(Exit::Clean)
}

fn build(BuildPlan { common, counting, warnings }: BuildPlan, notice: Notice) -> Result<()> {
    notice.block(&warnings);
    heed_ctrl_c([&common.target])?;
    announce(&common, notice);
    let found = profile(&common, &counting, notice)?;
    notice.losses(&found.read);
    notice.dropped(&found, &counting);
    let origins = origins(&common, notice)?;
    let baseline = Baseline::new(origins, found.profile.unwrap_or_default(), found.correlated.history);
    write(&baseline, common.target, notice)
}

fn profile(common: &Common, counting: &RuleSet, notice: Notice) -> Result<Found> {
    let progress = Progress::start(&common.gathered.sources, notice);
    let run = engine_run(&common.gathered.sources, common.engine, &progress);
    let anomalies = Some(Tuning::default());
    let wanted = Wanted { window: Window::default(), redactor: common.redactor, anomalies };
    scan::scan(run, counting, wanted, None)
}

/// The fingerprints of the files, by which a later merge knows them.
fn origins(common: &Common, notice: Notice) -> Result<Vec<Origin>> {
    let sources = &common.gathered.sources;
    let mut origins: Vec<Origin> = Vec::new();
    for (source, print) in sources.iter().zip(digests(sources, common.engine.threads, &STOP)) {
        match print.map_err(|error| Error::input(&source.name, error))? {
            Some(print) if origins.iter().any(|known| known.sha256 == print.sha256) => {
                notice.say(&format!("{}: a copy of another file", source.name));
            }
            Some(print) => {
                origins.push(Origin { sha256: print.sha256, name: source.name.clone(), bytes: print.bytes });
            }
            None => {
                notice.say(&format!("{}: can be read only once, so that a merge cannot know it", source.name))
            }
        }
    }
    Ok(origins)
}

fn merge(paths: &[PathBuf], to: &cli::To, notice: Notice) -> Result<()> {
    let target = Target::file(&to.out, to.force)?;
    let merged = plan::baselines(paths)?.unwrap_or_default();
    write(&merged, target, notice)
}

fn write(baseline: &Baseline, mut target: Target, notice: Notice) -> Result<()> {
    baseline.write(&mut target).map_err(|error| Error::output(target.path(), error))?;
    notice.say(&format!(
        "{} of {} in {}",
        figure::count(baseline.profile.entities.len() as u64, "profile"),
        figure::count(baseline.profile.clusters.len() as u64, "cluster"),
        escape::terminal(&target.path().display().to_string())
    ));
    target.finish()
}

fn print(text: &str) -> Result<()> {
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| Error::output("standard output", error))
}

/// Figures of a baseline, for reading.
fn show(baseline: &Baseline) -> String {
    let mut out = String::new();
    let profile = &baseline.profile;
    for origin in &baseline.origins {
        let name = escape::terminal(&origin.name);
        let _ = writeln!(out, "File      {name} ({}, sha256 {})", figure::bytes(origin.bytes), origin.sha256);
    }
    for (name, span) in &profile.clusters {
        let Some((first, last)) = span.range() else { continue };
        let range = (i64::from(first) * WINDOW, (i64::from(last) + 1) * WINDOW);
        let entities = profile.entities.iter().filter(|entity| entity.key.cluster == *name);
        let _ = writeln!(
            out,
            "Cluster   {}: {}, {} with events; {}",
            escape::terminal(profile.names.text(*name)),
            figure::period(range, Zone::Utc),
            figure::count(span.len() as u64, "window"),
            figure::count(entities.count() as u64, "profile"),
        );
    }
    for class in Class::ALL {
        let own = || profile.entities.iter().filter(move |entity| entity.class == class);
        let (count, values) = (own().count(), own().map(|entity| entity.values().len()).sum::<usize>());
        if count > 0 {
            let habits = figure::count(values as u64, "habit");
            let _ = writeln!(out, "Profiles  {count} {}, {habits}", class.plural());
        }
    }
    for counts in baseline.history.counts() {
        let Some(range) = counts.spans().range() else { continue };
        let groups = figure::count(counts.groups().len() as u64, "group");
        let (id, period) = (escape::terminal(counts.id()), figure::period(range, Zone::Utc));
        let _ = writeln!(out, "Usual     {id}: {period}; {groups}");
    }
    let _ = writeln!(
        out,
        "Memory    {}; what is not seen for {MEMORY} days is forgotten",
        figure::bytes(profile.bytes().total() as u64)
    );
    out
}

/// What only one of two baselines knows; exits with 1 when they differ.
fn diff(old: &Path, new: &Path) -> Result<Exit> {
    let (old, new) = (known(&Baseline::read(old)?), known(&Baseline::read(new)?));
    let gone = old.difference(&new).map(|line| ('-', line));
    let mut lines: Vec<(char, &String)> = gone.chain(new.difference(&old).map(|line| ('+', line))).collect();
    lines.sort_by(|a, b| a.1.cmp(b.1));
    let text: String =
        lines.iter().map(|(sign, line)| format!("{sign} {}\n", escape::terminal(line))).collect();
    print(&text)?;
    Ok(if lines.is_empty() { Exit::Clean } else { Exit::Findings })
}

/// Each entity with each of its actions, networks and clients, and each group of a correlation.
fn known(baseline: &Baseline) -> BTreeSet<String> {
    let profile = &baseline.profile;
    let mut all: BTreeSet<String> = baseline.history.counts().iter().flat_map(groups).collect();
    for entity in &profile.entities {
        let (cluster, who) = title(profile, entity);
        let text = |name| profile.names.text(name);
        all.insert(format!("{cluster}: {who}"));
        for value in entity.values().iter() {
            let name = text(value.key.name);
            let said = match value.key.dim {
                Dim::Action => name.to_owned(),
                Dim::Network => format!("from {name}"),
                Dim::Agent => format!("with {name}"),
                Dim::Scope => format!("{} in {name}", text(value.key.more)),
                Dim::Image => format!("images of {name}"),
                _ => continue,
            };
            all.insert(format!("{cluster}: {who}: {said}"));
        }
    }
    all
}

fn groups(counts: &Counts) -> impl Iterator<Item = String> {
    let named = |group: &Group| -> Vec<String> {
        group.iter().map(|value| value.as_deref().unwrap_or("-").to_owned()).collect()
    };
    counts.groups().map(move |group| format!("usual for {}: {}", counts.id(), named(group).join(", ")))
}
