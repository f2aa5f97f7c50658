//! Pens for the hits of a hunt.

mod csv;
mod json;
mod ndjson;
mod summary;
mod table;

pub use csv::Csv;
pub use json::Json;
pub use ndjson::Ndjson;
pub use summary::Summary;
pub use table::Table;
