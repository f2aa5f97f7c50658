//! What the README shows is what the program prints.

use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What a command of the README prints, run in a shell at the root of the repository.
fn run(command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_kaudit")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(ROOT)
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .env_remove("KAUDIT_INPUT")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn has_jq() -> bool {
    Command::new("jq").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The README with what its commands print today.
fn rewritten(text: &str) -> String {
    let mut out = String::new();
    let mut in_block = false;
    let mut keep = true;
    for line in text.lines() {
        if line == "```console" || in_block && line == "```" {
            in_block = !in_block;
            keep = true;
        }
        let command = line.strip_prefix("$ ").filter(|_| in_block);
        if let Some(command) = command {
            keep = command.contains("jq ") && !has_jq();
            out.push_str(&format!("{line}\n"));
            if !keep {
                out.push_str(&run(command));
            }
        } else if keep {
            out.push_str(&format!("{line}\n"));
        }
    }
    out
}

#[cfg(unix)]
#[test]
fn readme_shows_what_the_program_prints() {
    let path = Path::new(ROOT).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let today = rewritten(&text);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, today).unwrap();
    } else if text != today {
        let differs = text.lines().zip(today.lines()).find(|(old, new)| old != new);
        panic!("README.md is stale (BLESS=1 cargo test --test tests readme writes it anew): {differs:#?}");
    }
}

#[test]
fn first_command_of_the_readme_scans_and_the_second_tests() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let blocks: Vec<&str> =
        text.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    assert_eq!(blocks[..2], ["cargo run --release -- scan testdata/incident", "cargo test"]);
}
