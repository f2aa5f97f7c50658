//! `kaudit rules`: list, show, lint, convert and test.

mod convert;
mod list;
mod test;

use super::notice::Notice;
use crate::cli::{Global, ListArgs, RuleArgs, Rules};
use crate::config::Config;
use crate::error::{Error, Exit, Result};
use crate::output::escape;
use crate::plan;
use crate::rule::{self, Dialect, Loaded, Meta, Severity};
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

pub fn run(global: &Global, command: Rules, notice: Notice) -> Result<Exit> {
    let config = Config::load(global.config.as_deref())?;
    match command {
        Rules::List { rules, coverage: true, output } => list::coverage(&rules, &config, output),
        Rules::List { rules, output, .. } => list::rules(&rules, &config, output),
        Rules::Lists(rules) => list::lists(&rules, &config),
        Rules::Show { id, rules } => show(&id, &rules, &config),
        Rules::Lint { paths, lists } => lint(&paths, &lists, &config),
        // There is no dialect but Sigma to write, which clap has checked.
        Rules::Convert { to: _, paths, lists } => {
            convert::run(&paths, &plan::lists(&lists, &config)?, notice)
        }
        Rules::Test { paths, lists } => test::run(&paths, &plan::lists(&lists, &config)?),
    }
}

fn print(text: &str) -> Result<()> {
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| Error::output("standard output", error))
}

fn show(id: &str, args: &RuleArgs, config: &Config) -> Result<Exit> {
    let rules = plan::rules(args, config)?;
    let loaded = rules.called(id).ok_or_else(|| {
        Error::usage(format!(
            "no rule is called `{id}`: `kaudit rules list` shows them (name other files with --rules)"
        ))
    })?;
    print(&escape::lines(&describe(loaded)))?;
    Ok(Exit::Clean)
}

fn describe(loaded: &Loaded) -> String {
    let Meta { id, title, level, status, description, next, false_positives, references, .. } =
        &loaded.rule.meta;
    let mut text = format!("{title}\n\n");
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name:<16}{value}");
        }
    };
    row("id", id);
    row("also called", &loaded.names[1.min(loaded.names.len())..].join(", "));
    row("level", level.name());
    row("status", status.name());
    let (compliance, tags) = loaded.rule.meta.compliance();
    row("tags", &tags.join(", "));
    row("compliance", &compliance.join(", "));
    row("author", &loaded.rule.meta.author);
    row(
        "written for",
        if loaded.rule.meta.dialect == Dialect::Sigma { "" } else { loaded.rule.meta.dialect.name() },
    );
    row("lists", &loaded.lists.join(", "));
    let fields: Vec<String> = loaded.rule.meta.fields.iter().map(ToString::to_string).collect();
    row("shows", &fields.join(", "));
    row("from", &format!("{}:{}", loaded.rule.meta.source, loaded.rule.meta.line));
    match loaded.correlation() {
        Some(correlation) => row("correlates", &correlation.to_string()),
        None => row("matches", &loaded.rule.when.to_string()),
    }
    let _ = writeln!(text, "\n{}", description.trim());
    for (head, items) in
        [("What to check next", next), ("False positives", false_positives), ("References", references)]
    {
        if !items.is_empty() {
            let _ = writeln!(text, "\n{head}");
            for item in items {
                let _ = writeln!(text, "  - {}", item.trim());
            }
        }
    }
    text
}

fn lint(paths: &[PathBuf], lists: &ListArgs, config: &Config) -> Result<Exit> {
    let lists = plan::lists(lists, config)?;
    let rule::Collection { rules, found: mut diagnostics } = rule::read_paths(paths, &lists)?;
    diagnostics.extend(rule::lint(&rules));
    let total = rules.len();
    diagnostics.extend(rule::dangling(rules, &lists)?);
    let count = |severity| diagnostics.iter().filter(|found| found.severity == severity).count();
    let errors = count(Severity::Error);
    let text = if diagnostics.is_empty() { String::new() } else { rule::render(&diagnostics) + "\n\n" };
    let notes = match count(Severity::Note) {
        0 => String::new(),
        notes => format!(", {notes} notes"),
    };
    let closing = format!("{total} rules, {errors} errors, {} warnings{notes}\n", count(Severity::Warning));
    print(&format!("{text}{closing}"))?;
    Ok(if errors > 0 { Exit::Failure } else { Exit::Clean })
}
