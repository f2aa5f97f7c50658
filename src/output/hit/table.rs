//! Hits as a table that is written while they come: widths are settled before the first.

use crate::finding::Hit;
use crate::output::grid::{Cell, Column, Grid};
use crate::output::{Ending, HitPen, Look, cells};
use std::io::{self, Write};

#[derive(Debug)]
pub struct Table {
    look: Look,
    /// Settled when the first hit tells whether clusters have labels.
    grid: Option<Grid<'static>>,
    hits: u64,
}

const COLUMNS: &[Column] = &[
    Column::text("TIME", 14, 19, 0, 3),
    Column::text("CLUSTER", 10, 12, 6, 4),
    Column::text("PRINCIPAL", 16, 44, 1, 1),
    Column::text("WHAT", 16, 32, 2, 1),
    Column::text("OBJECT", 16, 44, 3, 2),
    Column::number("CODE", 4, 4, 4, 0),
    Column::text("SOURCE IP", 13, 15, 5, 4),
    Column::text("EVIDENCE", 24, 40, 7, 5),
];

impl Table {
    pub fn new(look: Look) -> Table {
        Table { look, grid: None, hits: 0 }
    }

    fn start(&mut self, hit: &Hit, out: &mut dyn Write) -> io::Result<Grid<'static>> {
        let clusters = hit.seen.cluster.is_some();
        let wanted: Vec<usize> = COLUMNS
            .iter()
            .map(|column| if column.title == "CLUSTER" && !clusters { 0 } else { column.max })
            .collect();
        let grid = Grid::new(COLUMNS, &wanted, self.look.columns());
        grid.head(out, self.look.color)?;
        Ok(grid)
    }
}

impl HitPen for Table {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn hit(&mut self, hit: &Hit, file: &str, out: &mut dyn Write) -> io::Result<()> {
        self.hits += 1;
        let grid = match self.grid.take() {
            Some(grid) => grid,
            None => self.start(hit, out)?,
        };
        let line = line(hit, file, self.look);
        self.grid.insert(grid).row(out, &line, self.look.color)
    }

    fn end(&mut self, ending: &Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        if self.hits > 0 {
            writeln!(out)?;
        }
        super::closing(self.hits, ending, self.look, out)
    }
}

fn line<'h>(hit: &'h Hit, file: &str, look: Look) -> Vec<Cell<'h>> {
    let seen = &hit.seen;
    let name = seen.name.as_deref().unwrap_or_default();
    let object = match seen.namespace.as_deref() {
        Some(namespace) => Cell::new(format!("{namespace}/{name}")),
        None => Cell::new(name),
    };
    vec![
        cells::second(seen.time, look.zone),
        Cell::new(seen.cluster.as_deref().unwrap_or_default()).keep_end(),
        cells::principal(seen),
        cells::what(seen),
        object,
        Cell::new(seen.code.map(|code| code.to_string()).unwrap_or_default()),
        Cell::new(seen.source_ip.as_deref().unwrap_or_default()),
        cells::evidence(&seen.evidence, file),
    ]
}
