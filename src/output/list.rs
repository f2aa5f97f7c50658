//! Lists of what kaudit knows (rules, fields): columns whose last one wraps at the width of the terminal, and the same
//! for programs.

use super::{Format, csv, escape};
use comfy_table::{ColumnConstraint, ContentArrangement, Table};
use serde_json::{Map, Value};
use std::io::{self, Write};

/// Rows under their heads, each line ended. Cells are escaped; `width` is that of the terminal, if there is one.
pub fn columns(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>, width: Option<usize>) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(heads.iter().copied());
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width.unwrap_or(super::Look::WIDE)).unwrap_or(u16::MAX));
    for row in rows {
        table.add_row(row.iter().map(|cell| escape::lines(cell)));
    }
    let last = heads.len().saturating_sub(1);
    for column in table.column_iter_mut().take(last) {
        column.set_constraint(ColumnConstraint::ContentWidth).set_padding((0, 2));
    }
    if let Some(column) = table.column_mut(last) {
        column.set_padding((0, 0));
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A list for programs: json is `{"schema":"kaudit.rules.v1","rules":[{...}]}`, ndjson has one object a line, each
/// with its schema (`kaudit.rule.v1`), csv the keys in its first line.
#[derive(Debug)]
pub struct List {
    /// What the items are called, one and all.
    pub name: (&'static str, &'static str),
    pub keys: &'static [&'static str],
    /// One value for each key.
    pub rows: Vec<Vec<Cell>>,
}

/// One value of an item.
#[derive(Clone, Debug)]
pub enum Cell {
    Text(String),
    Number(u64),
    Several(Vec<String>),
}

impl List {
    /// False where the format is one for reading.
    pub fn write(&self, format: Format, out: &mut dyn Write) -> io::Result<bool> {
        match format {
            Format::Ndjson => self.ndjson(out)?,
            Format::Json => self.json(out)?,
            Format::Csv => self.csv(out)?,
            Format::Table | Format::Summary => return Ok(false),
        }
        Ok(true)
    }

    fn item(&self, row: &[Cell]) -> Map<String, Value> {
        self.keys.iter().zip(row).map(|(key, cell)| ((*key).to_owned(), cell.json())).collect()
    }

    fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        for row in &self.rows {
            let schema = Value::String(format!("kaudit.{}.v1", self.name.0));
            let mut item = Map::from_iter([("schema".to_owned(), schema)]);
            item.extend(self.item(row));
            escape::json(out, &item)?;
            writeln!(out)?;
        }
        Ok(())
    }

    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let (_, all) = self.name;
        write!(out, "{{\"schema\":\"kaudit.{all}.v1\",\n\"{all}\":[")?;
        for (at, row) in self.rows.iter().enumerate() {
            out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
            escape::json(out, &self.item(row))?;
        }
        out.write_all(b"]}\n")
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.keys.join(","))?;
        for row in &self.rows {
            let mut line = csv::Row::new(out);
            row.iter().try_for_each(|cell| line.text(&cell.text()))?;
            writeln!(out)?;
        }
        Ok(())
    }
}

impl Cell {
    fn json(&self) -> Value {
        match self {
            Cell::Text(text) => Value::String(text.clone()),
            Cell::Number(number) => Value::from(*number),
            Cell::Several(texts) => Value::from(texts.clone()),
        }
    }

    /// Several stand one behind the other, parted by blanks.
    fn text(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Several(texts) => texts.join(" "),
        }
    }
}
