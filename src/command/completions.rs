//! `kaudit completions SHELL`.

use crate::cli::Cli;
use crate::error::{Error, Exit, Result};
use clap::CommandFactory;
use std::io::Write;

pub fn run(shell: clap_complete::Shell) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "kaudit", &mut script);
    std::io::stdout().write_all(&script).map_err(|error| Error::output("standard output", error))?;
    Ok(Exit::Clean)
}
