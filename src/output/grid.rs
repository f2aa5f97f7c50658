//! Tables that fit the terminal.
//!
//! Widths are settled before the first row is written, so that a table can be written while rows still come.
//! Where the terminal is too narrow, the least important columns go; then cells take their shorter forms, and
//! last they are cut.

use super::escape;
use anstyle::Style;
use std::borrow::Cow;
use std::io::{self, Write};

/// A kind of column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub title: &'static str,
    /// Narrowest useful width.
    pub min: usize,
    /// Widest useful width, whatever the cells hold.
    pub max: usize,
    pub side: Side,
    /// The column with the highest rank goes first when there is no room.
    pub rank: u8,
    /// Columns grow beyond `min` in this order; equals grow together.
    pub turn: u8,
}

impl Column {
    pub const fn text(title: &'static str, min: usize, max: usize, rank: u8, turn: u8) -> Column {
        Column { title, min, max, side: Side::Left, rank, turn }
    }

    pub const fn number(title: &'static str, min: usize, max: usize, rank: u8, turn: u8) -> Column {
        Column { title, min, max, side: Side::Right, rank, turn }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// What stands in one place of a table.
#[derive(Clone, Debug, Default)]
pub struct Cell<'t> {
    /// Safe for a terminal, the longest first. The last is cut where it does not fit.
    forms: Vec<Cow<'t, str>>,
    /// When cut, whether the end is what matters.
    keep_end: bool,
    style: Style,
}

impl<'t> Cell<'t> {
    /// Any text, from a log or our own.
    pub fn new(text: impl Into<Cow<'t, str>>) -> Cell<'t> {
        let safe = match text.into() {
            Cow::Borrowed(text) => escape::terminal(text),
            Cow::Owned(text) => Cow::Owned(escape::terminal(&text).into_owned()),
        };
        Cell { forms: vec![safe], ..Cell::default() }
    }

    pub fn or(mut self, shorter: impl Into<Cow<'t, str>>) -> Cell<'t> {
        self.forms.extend(Cell::new(shorter).forms);
        self
    }

    pub fn keep_end(mut self) -> Cell<'t> {
        self.keep_end = true;
        self
    }

    pub fn style(mut self, style: Style) -> Cell<'t> {
        self.style = style;
        self
    }

    /// Columns that the longest form takes.
    pub fn width(&self) -> usize {
        self.forms.first().map_or(0, |form| escape::width(form))
    }

    fn within(&self, columns: usize) -> Cow<'_, str> {
        if let Some(form) = self.forms.iter().find(|form| escape::width(form) <= columns) {
            return Cow::Borrowed(form);
        }
        let last = self.forms.last().map_or("", |form| form);
        if self.keep_end { escape::cut_start(last, columns) } else { escape::cut_end(last, columns) }
    }
}

/// The columns that fit, and how wide they are.
#[derive(Clone, Debug)]
pub struct Grid<'c> {
    /// Index of the column, and its width.
    chosen: Vec<(usize, usize)>,
    columns: &'c [Column],
}

const GAP: usize = 2;

impl<'c> Grid<'c> {
    /// `wanted` is the width of the widest cell of each column; a column that wants nothing is left out.
    pub fn new(columns: &'c [Column], wanted: &[usize], width: usize) -> Grid<'c> {
        let want = |at: usize| wanted[at].max(escape::width(columns[at].title)).min(columns[at].max);
        let mut chosen: Vec<(usize, usize)> = (0..columns.len())
            .filter(|at| wanted[*at] > 0)
            .map(|at| (at, columns[at].min.min(want(at))))
            .collect();
        while total(&chosen) > width && chosen.len() > 1 {
            let ranked = chosen.iter().enumerate().max_by_key(|(_, (at, _))| columns[*at].rank);
            let Some((worst, _)) = ranked else { break };
            chosen.remove(worst);
        }
        let mut grid = Grid { chosen, columns };
        grid.grow(width, want);
        grid
    }

    fn grow(&mut self, width: usize, want: impl Fn(usize) -> usize) {
        let mut spare = width.saturating_sub(total(&self.chosen));
        for turn in 0..=u8::MAX {
            loop {
                let before = spare;
                for (at, cells) in self.chosen.iter_mut().filter(|(at, _)| self.columns[*at].turn == turn) {
                    let more = usize::from(spare > 0 && *cells < want(*at));
                    *cells += more;
                    spare -= more;
                }
                if spare == before {
                    break;
                }
            }
        }
        if let [(_, cells)] = &mut *self.chosen {
            *cells = (*cells).min(width);
        }
    }

    pub fn head(&self, out: &mut dyn Write, color: bool) -> io::Result<()> {
        let style = Style::new().bold();
        let titles: Vec<Cell> =
            self.columns.iter().map(|column| Cell::new(column.title).style(style)).collect();
        self.row(out, &titles, color)
    }

    /// Writes one line; `cells` has one for each column, also for those that did not fit.
    pub fn row(&self, out: &mut dyn Write, cells: &[Cell<'_>], color: bool) -> io::Result<()> {
        let mut blanks = 0;
        for (at, columns) in &self.chosen {
            let text = cells[*at].within(*columns);
            let pad = columns - escape::width(&text);
            let right = self.columns[*at].side == Side::Right;
            let (before, after) = if right { (pad, 0) } else { (0, pad) };
            if !text.is_empty() {
                let style = if color { cells[*at].style } else { Style::new() };
                write!(out, "{:1$}{style}{text}{style:#}", "", blanks + before)?;
                blanks = 0;
            }
            blanks += if text.is_empty() { columns + GAP } else { after + GAP };
        }
        writeln!(out)
    }
}

fn total(chosen: &[(usize, usize)]) -> usize {
    chosen.iter().map(|(_, cells)| cells).sum::<usize>() + GAP * chosen.len().saturating_sub(1)
}
