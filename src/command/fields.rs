//! `kaudit fields`: the names that rules and `--where` understand.

use crate::error::{Error, Exit, Result};
use crate::event::{FIELDS, Kind, Spec};
use std::fmt::Write as _;
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
    let text = found.iter().fold(String::new(), |mut text, spec| {
        // Writing to a String cannot fail.
        let _ = describe(spec, &mut text);
        text
    });
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| Error::output("standard output", error))?;
    Ok(Exit::Clean)
}

fn describe(spec: &Spec, text: &mut String) -> std::fmt::Result {
    writeln!(text, "{}{}  [{}]", spec.name, below(spec.kind), kind(spec.kind))?;
    writeln!(text, "    {}", spec.doc)?;
    if !spec.values.is_empty() {
        writeln!(text, "    One of: {}", spec.values.join(", "))?;
    }
    Ok(())
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
