//! What stops a run, and the exit code that says so.
//!
//! A bad *record* is never an [`Error`]: it is data, counted by reason and shown at the end.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Everything that stops a run. The text says what is wrong, where, and how to mend it.
#[derive(Debug)]
pub enum Error {
    /// The command line or the configuration asks for something that cannot be done.
    Usage(String),
    /// An input that was named cannot be opened or read.
    Input { path: PathBuf, source: io::Error },
    /// A rule file is wrong; the text is ready to print, with file, line and column.
    Rule(String),
    /// The report cannot be written.
    Output { path: PathBuf, source: io::Error },
    /// The reader of our standard output went away, which is no fault of ours.
    BrokenPipe,
    /// Ctrl-C.
    Interrupted,
}

pub type Result<T> = std::result::Result<T, Error>;

/// The exit codes of `kaudit`, documented in the man page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Clean = 0,
    Findings = 1,
    Failure = 2,
    Partial = 3,
    Interrupted = 130,
}

impl Error {
    pub fn usage(text: impl Into<String>) -> Error {
        Error::Usage(text.into())
    }

    pub fn input(path: impl AsRef<Path>, source: io::Error) -> Error {
        Error::Input { path: path.as_ref().to_owned(), source }
    }

    /// An error met while writing a report; a closed pipe is told apart from a full disk.
    pub fn output(path: impl AsRef<Path>, source: io::Error) -> Error {
        match source.kind() {
            io::ErrorKind::BrokenPipe => Error::BrokenPipe,
            _ => Error::Output { path: path.as_ref().to_owned(), source },
        }
    }

    pub fn exit(&self) -> Exit {
        match self {
            Error::BrokenPipe => Exit::Clean,
            Error::Interrupted => Exit::Interrupted,
            _ => Exit::Failure,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Usage(text) | Error::Rule(text) => f.write_str(text),
            Error::Input { path, source } => write!(f, "cannot read {}: {source}", one_line(path)),
            Error::Output { path, source } => write!(f, "cannot write {}: {source}", one_line(path)),
            Error::BrokenPipe => f.write_str("the reader of the output went away"),
            Error::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for Error {}

/// A file name with a line end in it must not pass for a message of its own.
fn one_line(path: &Path) -> String {
    path.display().to_string().replace(['\n', '\r'], "\u{240a}")
}
