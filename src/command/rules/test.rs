//! `kaudit rules test`: the events that stand beside a rule file say what it is for and what it must leave alone.

use super::print;
use crate::envelope::Lacks;
use crate::error::{Error, Exit, Result};
use crate::event::Decoder;
use crate::rule::{self, Loaded, Matcher, Rule, RuleSet, Stages};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What the events of a file should do.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Hit,
    Miss,
}

const ENDINGS: [(&str, Expect); 2] = [("hits.jsonl", Expect::Hit), ("misses.jsonl", Expect::Miss)];

#[derive(Default)]
struct Outcome {
    problems: String,
    passed: usize,
    failed: usize,
    untested: usize,
}

pub fn run(paths: &[PathBuf]) -> Result<Exit> {
    let mut by_file: BTreeMap<String, Vec<Loaded>> = BTreeMap::new();
    for loaded in rule::load_paths(paths)?.rules {
        by_file.entry(loaded.rule.meta.source.clone()).or_default().push(loaded);
    }
    let mut outcome = Outcome::default();
    for (file, rules) in by_file {
        test_file(Path::new(&file), rules, &mut outcome)?;
    }
    let Outcome { mut problems, passed, failed, untested } = outcome;
    let _ = writeln!(problems, "{passed} rules passed, {failed} failed, {untested} without events");
    print(&problems)?;
    Ok(if failed > 0 { Exit::Findings } else { Exit::Clean })
}

/// The events of `NAME.hits.jsonl` are for some rule of `NAME.yml`, those of `NAME.RULE.hits.jsonl` for that
/// one; rules that stand alone in a file need no name.
fn test_file(file: &Path, rules: Vec<Loaded>, outcome: &mut Outcome) -> Result<()> {
    let alone = rules.len() == 1;
    let whole = set(rules.iter().map(|loaded| loaded.rule.clone()));
    let (common, wrong) = test(&whole, &file.with_extension(""), outcome)?;
    for loaded in rules {
        let own = file.with_extension(rule::slug(&loaded.rule.meta.id));
        let (events, own_wrong) = if alone { (0, false) } else { test(&set([loaded.rule]), &own, outcome)? };
        let told_wrong = own_wrong || wrong && alone;
        outcome.failed += usize::from(told_wrong);
        outcome.passed += usize::from(!told_wrong);
        outcome.untested += usize::from(events == 0 && !(alone && common > 0));
    }
    // What no rule of a file of many matches is nobody's fault in particular.
    outcome.failed += usize::from(wrong && !alone);
    Ok(())
}

fn set(rules: impl IntoIterator<Item = Rule>) -> RuleSet {
    RuleSet::compile(rules.into_iter().collect(), Stages::OnceARequest)
}

/// Runs the events beside `stem`; how many there are, and whether any did what it should not.
fn test(set: &RuleSet, stem: &Path, outcome: &mut Outcome) -> Result<(usize, bool)> {
    let (mut events, before) = (0, outcome.problems.len());
    for (ending, expect) in ENDINGS {
        let path = PathBuf::from(format!("{}.{ending}", stem.display()));
        if path.is_file() {
            events += test_events(set, &path, expect, &mut outcome.problems)?;
        }
    }
    Ok((events, outcome.problems.len() > before))
}

fn test_events(set: &RuleSet, path: &Path, expect: Expect, problems: &mut String) -> Result<usize> {
    let text = std::fs::read(path).map_err(|error| Error::input(path, error))?;
    let (mut matcher, mut decoder, mut events) = (Matcher::new(set), Decoder::default(), 0);
    for (at, line) in
        text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty())
    {
        events += 1;
        let mut hit = None;
        let said = match decoder.decode(line, None) {
            Err(bad) => bad.name(),
            Ok((event, _)) => {
                matcher.matches(&event, Lacks::NOTHING, |rule, _| hit = hit.or(Some(rule)));
                if hit.is_some() { "matches" } else { "does not match" }
            }
        };
        if hit.is_some() != (expect == Expect::Hit) || said != "matches" && said != "does not match" {
            let rules = match hit {
                Some(rule) => format!("rule {}", set.meta(rule).id),
                None if set.metas().len() == 1 => format!("rule {}", set.meta(0).id),
                None => "any rule of the file".to_owned(),
            };
            let _ = writeln!(problems, "{}:{}: {rules}: {said}", path.display(), at + 1);
        }
    }
    Ok(events)
}
