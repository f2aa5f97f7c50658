//! Rule files and what is to come of each: every rule as it was understood, and every diagnostic, compared with
//! the file `.expected` beside it. `BLESS=1 cargo test NAME` writes those files anew; read the difference
//! before you commit it.

use super::{Collection, load, render};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The rule files of a directory below `testdata`.
pub fn files(directory: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(directory);
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let is_rule = |path: &PathBuf| path.extension().is_some_and(|end| end == "yml" || end == "yaml");
    let mut paths: Vec<_> = entries.filter(is_rule).collect();
    paths.sort();
    paths
}

pub fn read(path: &Path) -> Collection {
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    load::read_texts(&[(name, std::fs::read(path).unwrap())], super::Lists::builtin())
}

fn shown(Collection { rules, found }: &Collection) -> String {
    let mut shown = String::new();
    for loaded in rules {
        let meta = &loaded.rule.meta;
        writeln!(shown, "{} ({}, line {}): {}", meta.id, meta.level, meta.line, loaded.rule.when).unwrap();
        loaded.warnings.iter().for_each(|warning| writeln!(shown, "\n{warning}").unwrap());
    }
    if !found.is_empty() {
        let gap = if rules.is_empty() { "" } else { "\n" };
        writeln!(shown, "{gap}{}", render(found)).unwrap();
    }
    shown
}

/// Holds that all files of a directory give what is expected, and that those named `error-*`, and no others,
/// have errors.
pub fn hold(directory: &str) {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for path in files(directory) {
        let collection = read(&path);
        let name = path.file_name().unwrap().to_str().unwrap();
        let refused = load::refuse(&collection.found).is_err();
        assert_eq!(refused, name.starts_with("error-"), "{name}:\n{}", shown(&collection));
        let shown = shown(&collection);
        let beside = path.with_extension("expected");
        if bless {
            std::fs::write(beside, shown).unwrap();
        } else if std::fs::read_to_string(beside).unwrap_or_default() != shown {
            wrong.push(format!("== {name}\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "not as expected:\n{}", wrong.join("\n"));
}
