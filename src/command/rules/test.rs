//! `kaudit rules test`: the events that stand beside a rule file say what it is for and what it must leave alone.
//!
//! Each event beside a rule for single events is a case. Beside a correlation, events up to a blank line are
//! one case together.

use super::print;
use crate::correlation::{State, observe};
use crate::envelope::Lacks;
use crate::error::{Error, Exit, Result};
use crate::event::Decoder;
use crate::finding::{Evidence, Origin, Sighting};
use crate::redact::Redactor;
use crate::rule::{self, Matcher, RuleSet, Stages};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What the events of a file should do.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Hit,
    Miss,
}

/// Line number, from 1, and the event.
type Line<'t> = (usize, &'t [u8]);

pub fn run(paths: &[PathBuf]) -> Result<Exit> {
    let (mut report, mut passed, mut failed, mut untested) = (String::new(), 0, 0, 0);
    let mut loaded = Vec::new();
    for path in paths {
        loaded.extend(rule::load_path(path)?);
    }
    rule::unique(&loaded)?;
    let files: Vec<(String, String)> =
        loaded.iter().map(|rule| (rule.rule.meta.id.clone(), rule.at.file.clone())).collect();
    let linked = rule::link(rule::beside_builtin(loaded)?);
    let linked = linked.map_err(|wrong| Error::Rule(rule::render(&wrong)))?;
    let set = RuleSet::of(linked, Stages::OnceARequest);
    for (file, rules) in by_file(&set, &files) {
        for rule in rules {
            let problems = test(&set, rule, Path::new(file), &mut untested)?;
            *(if problems.is_empty() { &mut passed } else { &mut failed }) += 1;
            report.push_str(&problems);
        }
    }
    let _ = writeln!(report, "{passed} rules passed, {failed} failed, {untested} without events");
    print(&report)?;
    Ok(if failed > 0 { Exit::Findings } else { Exit::Clean })
}

/// The rules to test: those that report something. Beside a correlation, only the correlation has cases.
fn by_file<'f>(set: &RuleSet, files: &'f [(String, String)]) -> BTreeMap<&'f str, Vec<u32>> {
    let mut found: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (id, file) in files {
        let at = set.metas().iter().position(|meta| meta.id == *id);
        let rule = at.and_then(|at| u32::try_from(at).ok()).filter(|rule| !set.is_silent(*rule));
        found.entry(file).or_default().extend(rule);
    }
    for rules in found.values_mut().filter(|rules| rules.iter().any(|rule| watch(set, *rule).is_some())) {
        rules.retain(|rule| watch(set, *rule).is_some());
    }
    found
}

fn watch(set: &RuleSet, rule: u32) -> Option<&rule::Watch> {
    set.watches().iter().find(|watch| watch.rule == rule)
}

/// What is wrong with a rule, empty when nothing is.
fn test(set: &RuleSet, rule: u32, file: &Path, untested: &mut usize) -> Result<String> {
    let (mut problems, mut cases) = (String::new(), 0);
    for (ending, expect) in [("hits.jsonl", Expect::Hit), ("misses.jsonl", Expect::Miss)] {
        let path = file.with_extension(ending);
        if !path.is_file() {
            continue;
        }
        let text = std::fs::read(&path).map_err(|error| Error::input(&path, error))?;
        for case in self::cases(&text, watch(set, rule).is_some()) {
            cases += 1;
            let said = run_case(set, rule, &case);
            let wanted = if expect == Expect::Hit { "matches" } else { "does not match" };
            if said != wanted {
                let line = case.first().map_or(0, |(line, _)| *line);
                let _ = writeln!(problems, "{}:{line}: rule {}: {said}", path.display(), set.meta(rule).id);
            }
        }
    }
    *untested += usize::from(cases == 0);
    Ok(problems)
}

fn cases(text: &[u8], together: bool) -> Vec<Vec<Line<'_>>> {
    let mut cases: Vec<Vec<Line<'_>>> = vec![Vec::new()];
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let is_blank = line.trim_ascii().is_empty();
        match cases.last_mut() {
            Some(case) if !is_blank && (together || case.is_empty()) => case.push((at + 1, line)),
            _ if is_blank => cases.push(Vec::new()),
            _ => cases.push(vec![(at + 1, line)]),
        }
    }
    cases.retain(|case| !case.is_empty());
    cases
}

fn run_case(set: &RuleSet, rule: u32, case: &[Line<'_>]) -> &'static str {
    let (mut matcher, mut decoder, mut state) = (Matcher::new(set), Decoder::default(), State::new(set));
    let redactor = Redactor::new(true);
    let mut hit = false;
    for (at, line) in case {
        let event = match decoder.decode(line, None) {
            Err(bad) => return bad.name(),
            Ok((event, _)) => event,
        };
        let evidence = Evidence { file: 0, offset: *at as u64, line: *at as u64 };
        let seen = Sighting::of(&event, Origin::default(), evidence, redactor);
        let mut noted = Vec::new();
        matcher.matches(&event, Lacks::NOTHING, |found, _| {
            hit |= found == rule;
            observe(set, found, &event, &seen, redactor, &mut noted);
        });
        noted.into_iter().for_each(|noted| state.add(noted));
        state.add_span(seen.time.map(|time| (time, time)));
    }
    hit |= state.findings(set, &[]).0.iter().any(|finding| finding.rule == rule);
    if hit { "matches" } else { "does not match" }
}
