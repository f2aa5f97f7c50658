//! `kaudit rules test`: the events that stand beside a rule file say what it is for and what it must leave alone.

use super::print;
use crate::envelope::Lacks;
use crate::error::{Error, Exit, Result};
use crate::event::Decoder;
use crate::rule::{self, Loaded, Matcher, RuleSet, Stages};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What the events of a file should do.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Hit,
    Miss,
}

pub fn run(paths: &[PathBuf]) -> Result<Exit> {
    let (mut report, mut passed, mut failed, mut untested) = (String::new(), 0, 0, 0);
    for path in paths {
        for loaded in rule::load_path(path)? {
            let problems = test(loaded, &mut untested)?;
            if problems.is_empty() {
                passed += 1
            } else {
                failed += 1
            }
            report.push_str(&problems);
        }
    }
    let _ = writeln!(report, "{passed} rules passed, {failed} failed, {untested} without events");
    print(&report)?;
    Ok(if failed > 0 { Exit::Findings } else { Exit::Clean })
}

/// What is wrong with a rule, empty when nothing is.
fn test(loaded: Loaded, untested: &mut usize) -> Result<String> {
    let file = PathBuf::from(&loaded.rule.meta.source);
    let set = RuleSet::compile(vec![loaded.rule], Stages::OnceARequest);
    let mut problems = String::new();
    let mut events = 0;
    for (ending, expect) in [("hits.jsonl", Expect::Hit), ("misses.jsonl", Expect::Miss)] {
        let path = file.with_extension(ending);
        if path.is_file() {
            events += test_file(&set, &path, expect, &mut problems)?;
        }
    }
    *untested += usize::from(events == 0);
    Ok(problems)
}

fn test_file(set: &RuleSet, path: &Path, expect: Expect, problems: &mut String) -> Result<usize> {
    let text = std::fs::read(path).map_err(|error| Error::input(path, error))?;
    let (mut matcher, mut decoder, mut events) = (Matcher::new(set), Decoder::default(), 0);
    for (at, line) in
        text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty())
    {
        events += 1;
        let mut hit = false;
        let said = match decoder.decode(line, None) {
            Err(bad) => bad.name(),
            Ok((event, _)) => {
                matcher.matches(&event, Lacks::NOTHING, |_, _| hit = true);
                if hit { "matches" } else { "does not match" }
            }
        };
        if hit != (expect == Expect::Hit) || said != "matches" && said != "does not match" {
            let _ = writeln!(problems, "{}:{}: rule {}: {said}", path.display(), at + 1, set.meta(0).id);
        }
    }
    Ok(events)
}
