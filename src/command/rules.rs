//! `kaudit rules`: list, show, lint and test.

mod test;

use crate::cli::{Global, RuleArgs, Rules};
use crate::config::Config;
use crate::error::{Error, Exit, Result};
use crate::output::escape;
use crate::output::list::columns;
use crate::plan;
use crate::rule::{self, Diagnostic, Loaded, Meta};
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

pub fn run(global: &Global, command: Rules) -> Result<Exit> {
    let config = Config::load(global.config.as_deref())?;
    match command {
        Rules::List(args) => list(&args, &config),
        Rules::Show { id, rules } => show(&id, &rules, &config),
        Rules::Lint { paths } => lint(&paths),
        Rules::Test { paths } => test::run(&paths),
    }
}

fn print(text: &str) -> Result<()> {
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| Error::output("standard output", error))
}

fn list(args: &RuleArgs, config: &Config) -> Result<Exit> {
    let linked = plan::rules(args, config)?;
    let mut rules: Vec<&Loaded> = linked.speaking().collect();
    rules.sort_by(|a, b| (b.rule.meta.level, &a.rule.meta.id).cmp(&(a.rule.meta.level, &b.rule.meta.id)));
    let row = |Loaded { rule, .. }: &&Loaded| {
        let techniques: Vec<String> = rule.meta.techniques().collect();
        vec![rule.meta.level.to_string(), rule.meta.id.clone(), techniques.join(" "), rule.meta.title.clone()]
    };
    let mut text =
        columns(&["LEVEL", "RULE", "ATT&CK", "TITLE"], rules.iter().map(row), plan::terminal_width());
    let correlations = rules.iter().filter(|loaded| loaded.correlation().is_some()).count();
    let _ = writeln!(text, "\n{} rules, {correlations} of them correlations", rules.len());
    print(&text)?;
    Ok(Exit::Clean)
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
    row("tags", &loaded.rule.meta.tags.join(", "));
    row("author", &loaded.rule.meta.author);
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

fn lint(paths: &[PathBuf]) -> Result<Exit> {
    let (mut rules, mut diagnostics) = (Vec::new(), Vec::new());
    for path in paths {
        let (loaded, wrong) = rule::read_path(path)?;
        rules.extend(loaded);
        diagnostics.extend(wrong);
    }
    diagnostics.extend(rule::lint(&rules));
    let count = rules.len();
    diagnostics.extend(rule::dangling(rules)?);
    let errors = diagnostics.iter().filter(|diagnostic| is_error(diagnostic)).count();
    let text = rule::render(&diagnostics);
    let closing = format!("{count} rules, {errors} errors, {} warnings\n", diagnostics.len() - errors);
    let gap = if text.is_empty() { "" } else { "\n\n" };
    print(&format!("{text}{gap}{closing}"))?;
    Ok(if errors > 0 { Exit::Failure } else { Exit::Clean })
}

fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == rule::Severity::Error
}
