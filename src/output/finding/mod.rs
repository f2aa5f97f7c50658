//! Pens for the findings of a scan.

mod alcide;
mod csv;
mod fold;
mod json;
mod ndjson;
mod summary;
mod suppressed;
mod table;

pub use alcide::Alcide;
pub use csv::Csv;
pub use json::Json;
pub use ndjson::Ndjson;
pub use summary::Summary;
pub use suppressed::{WireCount, counts as suppressed_counts, words as suppressed_words};
pub use table::Table;
pub(super) use table::{id_cell, level};
