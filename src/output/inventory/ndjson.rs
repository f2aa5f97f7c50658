//! An inventory as one JSON object a line: the files, of the shape of [`WireFile`], then the clusters, of the
//! shape of [`WireCluster`]; `schema` tells them apart.

use super::wire::{WireCluster, WireFile};
use super::{Checked, InventoryPen};
use crate::output::escape;
use std::io::{self, Write};

#[derive(Debug)]
pub struct Ndjson;

impl InventoryPen for Ndjson {
    fn write(&self, checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
        for file in &checked.inventory.files {
            escape::json(out, &WireFile::of(file, checked))?;
            writeln!(out)?;
        }
        for cluster in &checked.inventory.clusters {
            escape::json(out, &WireCluster::of(cluster, checked))?;
            writeln!(out)?;
        }
        Ok(())
    }
}
