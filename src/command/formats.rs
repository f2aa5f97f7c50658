//! `kaudit formats`: what audit events may be wrapped and packed in.

use crate::envelope::{FORMATS, Format};
use crate::error::{Error, Exit, Result};
use crate::input::{PACKINGS, Packing};
use crate::output::list::columns;
use crate::plan;
use std::io::Write;

type Rows = Vec<Vec<String>>;

pub fn run(filter: Option<&str>) -> Result<Exit> {
    let lists = lists(&filter.unwrap_or_default().to_lowercase());
    if lists.is_empty() {
        return Ok(Exit::Findings);
    }
    let width = plan::terminal_width();
    let texts: Vec<String> =
        lists.into_iter().map(|(head, rows)| columns(&[head, "MEANING"], rows, width)).collect();
    let text = texts.join("\n");
    std::io::stdout().write_all(text.as_bytes()).map_err(|error| Error::output("standard output", error))?;
    Ok(Exit::Clean)
}

/// The lists that hold something, each with the title of its first column.
fn lists(filter: &str) -> Vec<(&'static str, Rows)> {
    let holds = |texts: &[&str]| texts.iter().any(|text| text.to_lowercase().contains(filter));
    let wanted = |format: &&Format| holds(&[format.name, format.about, format.example]);
    let packed = |archive| {
        let wanted = |packing: &&Packing| holds(&[packing.name, packing.about]);
        PACKINGS.iter().filter(wanted).filter(move |packing| packing.is_archive == archive).map(packing)
    };
    let formats: Rows = FORMATS.iter().filter(wanted).map(format).collect();
    let lists =
        [("FORMAT", formats), ("COMPRESSION", packed(false).collect()), ("ARCHIVE", packed(true).collect())];
    lists.into_iter().filter(|(_, rows)| !rows.is_empty()).collect()
}

fn format(format: &Format) -> Vec<String> {
    vec![format.name.to_owned(), format!("{} (testdata/formats/{})", format.about, format.example)]
}

fn packing(packing: &Packing) -> Vec<String> {
    vec![packing.name.to_owned(), packing.about.to_owned()]
}
