//! `kaudit rules test`: rules against the events beside them.
//!
//! The events of `NAME.hits.jsonl` are for some rule of `NAME.yml`, those of `NAME.RULE.hits.jsonl` for that one;
//! a rule that stands alone in its file needs no name. Those of `misses.jsonl` are for none. An event is a case; of a
//! correlation, the events up to a blank line are one. `NAME.LIST.txt` is what the examples take for a list that
//! kaudit brings along and nobody named another for.

use super::print;
use crate::correlation::{Notes, Noticed, State};
use crate::envelope::Lacks;
use crate::error::{Error, Exit, Result};
use crate::event::Decoder;
use crate::redact::Redactor;
use crate::rule::{self, Lists, Loaded, Matcher, RuleSet, Stages};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Eq)]
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
    /// Files in which something went wrong.
    wrong: Vec<String>,
}

/// Line number, from 1, and the event.
type Line<'t> = (usize, &'t [u8]);

pub fn run(paths: &[PathBuf], lists: &Lists) -> Result<Exit> {
    let lists = &beside(&rule::load_paths(paths, lists)?.rules, lists)?;
    let loaded = rule::load_paths(paths, lists)?.rules;
    let files: Vec<(String, String)> =
        loaded.iter().map(|rule| (rule.rule.meta.id.clone(), rule.rule.meta.source.clone())).collect();
    let asked: Vec<(String, String)> = loaded.iter().flat_map(asked).collect();
    let set = linked(loaded, lists)?;
    let mut outcome = Outcome::default();
    for (file, rules) in by_file(&set, &files) {
        let before = outcome.failed;
        test_file(&set, Path::new(file), &rules, &mut outcome)?;
        outcome.wrong.extend((outcome.failed > before).then(|| file.to_owned()));
    }
    let Outcome { mut problems, passed, failed, untested, wrong } = outcome;
    problems.push_str(&lists_of(&wrong, &asked));
    let _ = writeln!(problems, "{passed} rules passed, {failed} failed, {untested} without events");
    print(&problems)?;
    Ok(if failed > 0 { Exit::Findings } else { Exit::Clean })
}

/// What should be said of the lists that these files refer to, as they may be what is wrong.
fn lists_of(wrong: &[String], asked: &[(String, String)]) -> String {
    let lists = asked.iter().filter(|(file, _)| wrong.contains(file)).map(|(_, list)| list.as_str());
    let lists: Vec<&str> = lists.collect::<BTreeSet<_>>().into_iter().collect();
    match lists.is_empty() {
        true => String::new(),
        false => format!(
            "some of these refer to lists, which decide what matches: {} (--list NAME=FILE)\n",
            lists.join(", ")
        ),
    }
}

/// The lists, and those that lie beside the rules in the place of our own.
fn beside(loaded: &[Loaded], lists: &Lists) -> Result<Lists> {
    let mut all = lists.clone();
    let file = |lists: &Lists, name: &str| lists.get(name).map(|list| list.file.clone());
    for (source, name) in loaded.iter().flat_map(asked) {
        let path = Path::new(&source).with_extension(format!("{name}.txt"));
        if file(lists, &name) == file(Lists::builtin(), &name) && path.is_file() {
            all.add(&name, &path)?;
        }
    }
    Ok(all)
}

/// The file of a rule, with each list that it refers to.
fn asked(loaded: &Loaded) -> impl Iterator<Item = (String, String)> {
    loaded.lists.iter().map(|list| (loaded.rule.meta.source.clone(), list.clone()))
}

/// The rules, beside the built-in ones that correlations may name.
fn linked(mut loaded: Vec<Loaded>, lists: &Lists) -> Result<RuleSet> {
    rule::tell_apart(&mut loaded);
    rule::unique(&loaded)?;
    let linked = rule::link(rule::beside_builtin(loaded, lists)?);
    let linked = linked.map_err(|wrong| Error::Rule(rule::render(&wrong)))?;
    Ok(RuleSet::of(linked, Stages::OnceARequest))
}

/// The rules to test: those that report something. Beside a correlation, only the correlation has cases.
fn by_file<'f>(set: &RuleSet, files: &'f [(String, String)]) -> BTreeMap<&'f str, Vec<u32>> {
    let mut found: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (id, file) in files {
        let at = set.metas().iter().position(|meta| meta.id == *id && meta.source == *file);
        let rule = at.and_then(|at| u32::try_from(at).ok()).filter(|rule| !set.is_silent(*rule));
        found.entry(file).or_default().extend(rule);
    }
    for rules in found.values_mut().filter(|rules| rules.iter().any(|rule| correlates(set, *rule))) {
        rules.retain(|rule| correlates(set, *rule));
    }
    found
}

fn correlates(set: &RuleSet, rule: u32) -> bool {
    set.watches().iter().any(|watch| watch.rule == rule)
}

fn test_file(set: &RuleSet, file: &Path, rules: &[u32], outcome: &mut Outcome) -> Result<()> {
    let alone = rules.len() == 1;
    let (common, wrong) = test(set, rules, &file.with_extension(""), outcome)?;
    for rule in rules {
        let own = file.with_extension(rule::slug(&set.meta(*rule).id));
        let (cases, own_wrong) = if alone { (0, false) } else { test(set, &[*rule], &own, outcome)? };
        let told_wrong = own_wrong || wrong && alone;
        outcome.failed += usize::from(told_wrong);
        outcome.passed += usize::from(!told_wrong);
        outcome.untested += usize::from(cases == 0 && !(alone && common > 0));
    }
    // What no rule of a file of many matches is nobody's fault in particular.
    outcome.failed += usize::from(wrong && !alone);
    Ok(())
}

/// Runs the cases beside `stem`; how many there are, and whether any did what it should not.
fn test(set: &RuleSet, rules: &[u32], stem: &Path, outcome: &mut Outcome) -> Result<(usize, bool)> {
    let (mut count, before) = (0, outcome.problems.len());
    for (ending, expect) in ENDINGS {
        let path = PathBuf::from(format!("{}.{ending}", stem.display()));
        if !path.is_file() {
            continue;
        }
        let text = std::fs::read(&path).map_err(|error| Error::input(&path, error))?;
        for case in cases(&text, rules.iter().any(|rule| correlates(set, *rule))) {
            count += 1;
            if let Some(problem) = problem(set, rules, expect, &case) {
                let line = case.first().map_or(0, |(line, _)| *line);
                let _ = writeln!(outcome.problems, "{}:{line}: {problem}", path.display());
            }
        }
    }
    Ok((count, outcome.problems.len() > before))
}

/// Each event is a case of its own or, `together`, all up to a blank line.
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

/// What a case did that it should not.
fn problem(set: &RuleSet, rules: &[u32], expect: Expect, case: &[Line<'_>]) -> Option<String> {
    let named = |rule: u32| format!("rule {}", set.meta(rule).id);
    let all = match rules {
        [only] => named(*only),
        _ => "any rule of the file".to_owned(),
    };
    match (run_case(set, rules, case), expect) {
        (Err(bad), _) => Some(format!("{all}: {bad}")),
        (Ok(Some(rule)), Expect::Miss) => Some(format!("{}: matches", named(rule))),
        (Ok(None), Expect::Hit) => Some(format!("{all}: does not match")),
        _ => None,
    }
}

/// The first of the rules that finds something in a case.
fn run_case(
    set: &RuleSet,
    rules: &[u32],
    case: &[Line<'_>],
) -> std::result::Result<Option<u32>, &'static str> {
    let (mut matcher, mut decoder, mut state) = (Matcher::new(set), Decoder::default(), State::new(set));
    let (mut notes, file) = (Notes::new(set, Redactor::new(true), 1), Arc::from("case"));
    let mut hit = None;
    for (at, line) in case {
        let (event, _) = decoder.decode(line, None).map_err(|bad| bad.name())?;
        let (at, time) = (*at as u64, event.time());
        let mut noting =
            notes.of(Noticed { event: &event, like: None, time, file: &file, offset: at, line: at });
        matcher.matches(&event, Lacks::NOTHING, |found, _| {
            hit = hit.or(Some(found).filter(|found| rules.contains(found)));
            noting.add(found);
        });
        state.add_span(time.map(|time| (time, time)));
    }
    notes.all().into_iter().for_each(|noted| state.add(noted));
    let (findings, _) = state.findings(set, &[]);
    Ok(hit.or_else(|| findings.iter().map(|finding| finding.rule).find(|rule| rules.contains(rule))))
}
