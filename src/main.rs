//! The `kaudit` program: parse, run, exit.

use clap::Parser;
use kaudit::cli::Cli;
use kaudit::command;
use kaudit::error::Error;
use kaudit::output::escape;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let exit = match command::run(Cli::parse()) {
        Ok(exit) => exit,
        Err(error) => {
            complain(&error);
            error.exit()
        }
    };
    ExitCode::from(exit as u8)
}

/// A reader that went away and a user who interrupts know it already. Names of files may hold anything, so they
/// are made harmless here.
fn complain(error: &Error) {
    if !matches!(error, Error::BrokenPipe | Error::Interrupted) {
        // When standard error is gone, nobody is left to tell.
        let _ = writeln!(std::io::stderr(), "kaudit: {}", escape::lines(&error.to_string()));
    }
}
