//! `kaudit fields`: the names that rules and `--where` understand.

use crate::error::{Error, Exit, Result};
use crate::event::{FIELDS, Kind, Spec};
use crate::output::list::columns;
use crate::plan;
use std::io::Write;

pub fn run(filter: Option<&str>) -> Result<Exit> {
    let filter = filter.unwrap_or_default().to_lowercase();
    let holds = |spec: &&Spec| {
        spec.name.to_lowercase().contains(&filter) || spec.doc.to_lowercase().contains(&filter)
    };
    let found: Vec<&Spec> = FIELDS.iter().filter(holds).collect();
    if found.is_empty() {
        return Ok(Exit::Findings);
    }
    let text = columns(&["FIELD", "HOLDS", "MEANING"], found.into_iter().map(row), plan::terminal_width());
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| Error::output("standard output", error))?;
    Ok(Exit::Clean)
}

fn row(spec: &Spec) -> Vec<String> {
    let values =
        if spec.values.is_empty() { String::new() } else { format!(" (one of {})", spec.values.join(", ")) };
    vec![
        format!("{}{}", spec.name, below(spec.kind)),
        kind(spec.kind).to_owned(),
        format!("{}{values}", spec.doc),
    ]
}

fn below(kind: Kind) -> &'static str {
    match kind {
        Kind::Object => "[.path]",
        Kind::Map => "[.key]",
        _ => "",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Number => "number",
        Kind::Time => "time",
        Kind::Address => "address",
        Kind::List => "list of texts",
        Kind::Object => "object",
        Kind::Map => "map",
    }
}
