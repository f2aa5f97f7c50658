//! Plain lists of what kaudit knows (rules, fields): columns whose last one wraps at the width of the terminal.

use super::escape;
use comfy_table::{ColumnConstraint, ContentArrangement, Table};

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
