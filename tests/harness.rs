//! Runs the program in a directory and an environment of its own.
//!
//! ```ignore
//! Test::new("scan -q audit.log -o ndjson").file("audit.log", line).status(3).run();
//! ```
//!
//! Whatever is asked of a run, it is also checked that it did not panic, that standard output and standard
//! error hold no control character but line ends, and that a quiet run (`-q`) says nothing, unless
//! [`Test::says`] told otherwise.

use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// The directory in which the program runs is called so, and so, without a better name, is the cluster.
pub const HERE: &str = "here";

/// One run, not yet begun.
pub struct Test {
    directory: TempDir,
    args: Vec<OsString>,
    env: Vec<(String, OsString)>,
    stdin: Option<Vec<u8>>,
    status: i32,
    says: Vec<String>,
    raw: bool,
}

impl Test {
    /// A run with these words as arguments; [`Test::arg`] adds those that hold blanks.
    pub fn new(words: &str) -> Test {
        let directory = tempfile::tempdir().unwrap();
        for name in [HERE, "home"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        let args = words.split_whitespace().map(OsString::from).collect();
        Test { directory, args, env: Vec::new(), stdin: None, status: 0, says: Vec::new(), raw: false }
    }

    pub fn arg(mut self, arg: impl Into<OsString>) -> Test {
        self.args.push(arg.into());
        self
    }

    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Test {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// A file below the directory of the run.
    #[track_caller]
    pub fn file(self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> Test {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Standard input is this, through a pipe. Without it, it is `/dev/null`.
    pub fn stdin(mut self, content: impl Into<Vec<u8>>) -> Test {
        self.stdin = Some(content.into());
        self
    }

    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Test {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// The exit code to expect instead of 0.
    pub fn status(mut self, status: i32) -> Test {
        self.status = status;
        self
    }

    /// Standard error must hold this.
    pub fn says(mut self, text: impl Into<String>) -> Test {
        self.says.push(text.into());
        self
    }

    /// Control characters are no fault here.
    pub fn raw(mut self) -> Test {
        self.raw = true;
        self
    }

    /// Where a name of the directory of the run lies.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(HERE).join(name)
    }

    /// The directory that the user's settings would be below.
    pub fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    #[track_caller]
    pub fn run(self) -> Ran {
        let mut child = self.start();
        let input = child.stdin.take().zip(self.stdin.clone());
        // A program that does not read all of it is no fault of the test.
        let feeder = input.map(|(mut pipe, bytes)| std::thread::spawn(move || drop(pipe.write_all(&bytes))));
        let output = child.wait_with_output().unwrap();
        feeder.into_iter().for_each(|feeder| feeder.join().unwrap());
        self.check(output)
    }

    /// Begins the run and leaves standard input and output to the test.
    #[track_caller]
    pub fn start(&self) -> Child {
        let stdin = if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() };
        let mut command = self.command();
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaudit"));
        command.args(&self.args).current_dir(self.path("")).env_clear().env("HOME", self.home());
        // What a process needs on some systems, and what measures coverage.
        for name in ["SystemRoot", "LLVM_PROFILE_FILE"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// What every run must keep to.
    #[track_caller]
    pub fn check(self, output: Output) -> Ran {
        let stdout = String::from_utf8(output.stdout).expect("standard output is UTF-8");
        let stderr = String::from_utf8(output.stderr).expect("standard error is UTF-8");
        let args = &self.args;
        assert!(!stderr.contains("panicked"), "{args:?}\n{stderr}");
        assert_eq!(output.status.code(), Some(self.status), "exit code of {args:?}\n{stderr}\n{stdout}");
        for text in &self.says {
            assert!(stderr.contains(text), "{args:?} does not say `{text}` but\n{stderr}");
        }
        if self.says.is_empty() && self.args.iter().any(|arg| arg == "-q") {
            assert_eq!(stderr, "", "{args:?} should be quiet");
        }
        if !self.raw {
            let acts = |ch: char| ch.is_control() && ch != '\n' || ('\u{202a}'..='\u{202e}').contains(&ch);
            assert_eq!(stdout.find(acts), None, "{args:?} prints control characters: {stdout:?}");
            assert_eq!(stderr.find(acts), None, "{args:?} says control characters: {stderr:?}");
        }
        Ran { stdout, stderr, directory: self.directory }
    }
}

/// A run that is over and was as expected.
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    directory: TempDir,
}

impl Ran {
    /// Where a file of the run's directory is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(HERE).join(name)
    }

    /// One JSON value for each line of standard output.
    #[track_caller]
    pub fn values(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stdout.lines().map(parse).collect()
    }

    /// The auditIDs of hits, in the order of the report.
    #[track_caller]
    pub fn audit_ids(&self) -> Vec<String> {
        self.values().iter().map(|event| event["auditID"].as_str().unwrap_or("").to_owned()).collect()
    }

    /// The ids of the rules that found something, in the order of the report.
    #[track_caller]
    pub fn rule_ids(&self) -> Vec<String> {
        self.values().iter().map(|finding| finding["rule"]["id"].as_str().unwrap().to_owned()).collect()
    }

    /// What a file in the directory of the run holds now.
    #[track_caller]
    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(HERE).join(name)).unwrap()
    }

    /// Names of everything in the directory of the run, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path().join(HERE)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}
