//! Inventories, and comparisons of files with a manifest.

mod counts;
mod json;
mod ndjson;
mod policy;
mod section;
mod table;
mod verify;
mod wire;

pub use verify::{Verified, VerifyPen};
pub use wire::{CHECK, CLUSTER, FILE, VERIFY};

use super::{Format, Look, Read};
use crate::inventory::Inventory;
use std::io::{self, Write};

/// Everything that a check has to report.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    pub inventory: &'a Inventory,
    pub read: Read<'a>,
    pub look: Look,
}

/// Writes an inventory.
pub trait InventoryPen {
    fn write(&self, checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()>;
}

impl Format {
    /// `None` for a format in which an inventory cannot be written.
    pub fn inventory_pen(self) -> Option<Box<dyn InventoryPen>> {
        match self {
            Format::Table => Some(Box::new(table::Table)),
            Format::Ndjson => Some(Box::new(ndjson::Ndjson)),
            Format::Json => Some(Box::new(json::Json)),
            Format::Csv | Format::Summary => None,
        }
    }

    /// Likewise for a comparison with a manifest.
    pub fn verify_pen(self) -> Option<VerifyPen> {
        match self {
            Format::Table => Some(verify::table),
            Format::Ndjson => Some(verify::ndjson),
            Format::Json => Some(verify::json),
            Format::Csv | Format::Summary => None,
        }
    }
}
