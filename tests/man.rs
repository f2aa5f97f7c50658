//! Man pages and completions are made from the command line itself.

use crate::harness::Test;
use crate::sample::root;
use clap::CommandFactory;
use kaudit::cli::Cli;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn pages(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).into_iter().flatten().map(|entry| entry.unwrap().path());
    let page = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap().replace("\r\n", "\n"))
    };
    entries.map(page).collect()
}

/// The pages as they should be.
fn made() -> BTreeMap<String, String> {
    let directory = tempfile::tempdir().unwrap();
    clap_mangen::generate_to(Cli::command(), directory.path()).unwrap();
    pages(directory.path())
}

#[test]
fn man_pages_are_those_of_the_command_line() {
    let (made, man) = (made(), root().join("man"));
    if std::env::var_os("BLESS").is_some() {
        drop(fs::remove_dir_all(&man));
        fs::create_dir(&man).unwrap();
        made.iter().for_each(|(name, page)| fs::write(man.join(name), page).unwrap());
    }
    let stored = pages(&man);
    let names = |pages: &BTreeMap<String, String>| pages.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&stored), names(&made), "run `BLESS=1 cargo test man`");
    for (name, page) in made {
        assert!(stored[&name] == page, "man/{name} is stale: run `BLESS=1 cargo test man`");
    }
}

#[test]
fn every_question_has_a_page() {
    let made = made();
    for name in [
        "kaudit.1",
        "kaudit-scan.1",
        "kaudit-hunt.1",
        "kaudit-incident.1",
        "kaudit-explain.1",
        "kaudit-rules.1",
        "kaudit-rules-test.1",
    ] {
        assert!(made.contains_key(name), "{name}");
    }
    assert!(made["kaudit.1"].contains("130 interrupted"), "exit codes are documented");
}

#[test]
fn completions_know_the_commands_in_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = Test::new(&format!("completions {shell}")).raw().run().stdout;
        for word in ["kaudit", "hunt", "not-principal", "completions"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}
