//! How the source is laid out: the rules that no compiler checks.

use crate::sample::{root, walk};
use regex::Regex;
use std::fs;
use std::path::Path;

fn source_files(below: &str) -> Vec<(String, String)> {
    let files =
        walk(&root().join(below)).into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"));
    files.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string().replace('\\', "/")
}

/// The top-level modules in the order in which lib.rs tells the story.
fn story() -> Vec<String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared = Regex::new(r"(?m)^(?:pub )?mod (\w+);").unwrap();
    declared.captures_iter(&lib).map(|found| found[1].to_owned()).collect()
}

/// Source without what follows `//`, which prose may fill with any word.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line.split("//").next().unwrap_or("")))
}

/// The top-level modules that code names: `crate::event`, `crate::{event, lines::Piece}`.
struct Imports {
    single: Regex,
    several: Regex,
}

impl Imports {
    fn new() -> Imports {
        let regex = |pattern| Regex::new(pattern).unwrap();
        Imports { single: regex(r"\bcrate::(\w+)"), several: regex(r"\bcrate::\{([^}]*)") }
    }

    fn of(&self, line: &str) -> Vec<String> {
        let first = |path: &str| path.trim().split("::").next().unwrap_or("").to_owned();
        let listed = self
            .several
            .captures_iter(line)
            .flat_map(|found| found[1].split(',').map(first).collect::<Vec<_>>());
        self.single.captures_iter(line).map(|found| found[1].to_owned()).chain(listed).collect()
    }
}

#[test]
fn modules_import_only_from_modules_above_them() {
    let story = story();
    assert!(story.len() > 10, "{story:?}");
    let imports = Imports::new();
    let place = |module: &str| story.iter().position(|name| name == module);
    for (file, text) in source_files("src") {
        let module = file["src/".len()..].split(['/', '.']).next().unwrap();
        let Some(own) = place(module) else {
            assert!(["lib", "main"].contains(&module), "{file} is of no module of lib.rs");
            continue;
        };
        for (line, code) in code(&text) {
            for import in imports.of(code) {
                let other =
                    place(&import).unwrap_or_else(|| panic!("{file}:{line}: what is crate::{import}?"));
                assert!(other <= own, "{file}:{line}: {module} stands above {import} and must not import it");
            }
        }
    }
}

#[test]
fn only_metal_is_unsafe() {
    let word = Regex::new(r"\bunsafe\b").unwrap();
    for (file, text) in source_files("src") {
        let found = code(&text).find(|(_, code)| word.is_match(code));
        assert!(file.starts_with("src/metal") || found.is_none(), "{file}: {found:?}");
    }
}

#[test]
fn only_metal_may_allow_unsafe_code() {
    for (file, text) in source_files("src") {
        let allows = code(&text).any(|(_, code)| code.contains("allow(unsafe_code"));
        assert!(!allows || file.starts_with("src/metal"), "{file}");
    }
}

/// What lies beside the checkout is there on the machines of the authors only.
#[test]
fn nothing_leans_on_files_outside_the_repository() {
    let names = [["..", "/shared"].concat(), ["/work", "/"].concat()];
    for path in walk(&root()) {
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        let file = name(&path);
        let guarded = ["tests/recorded.rs"].contains(&file.as_str());
        let found = names.iter().find(|name| text.contains(name.as_str()));
        assert!(guarded || found.is_none(), "{file} names {found:?}");
    }
}

/// `main` only parses, runs and exits, so that tests and other programs reach all there is.
#[test]
fn main_stays_small() {
    let main = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(main.lines().count() < 60);
}
