//! An inventory as one JSON document: `{"schema":"kaudit.check.v1","files":[...],"clusters":[...]}`, one file and
//! one cluster a line, of the shapes of [`WireFile`] and [`WireCluster`].

use super::wire::{CHECK, WireCluster, WireFile};
use super::{Checked, InventoryPen};
use crate::output::escape;
use serde::Serialize;
use std::io::{self, Write};

#[derive(Debug)]
pub struct Json;

impl InventoryPen for Json {
    fn write(&self, checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
        let inventory = checked.inventory;
        write!(out, "{{\"schema\":\"{CHECK}\",\n\"files\":[")?;
        list(inventory.files.iter().map(|file| WireFile::of(file, checked)), out)?;
        out.write_all(b"],\n\"clusters\":[")?;
        list(inventory.clusters.iter().map(|cluster| WireCluster::of(cluster, checked)), out)?;
        out.write_all(b"]}\n")
    }
}

fn list<T: Serialize>(items: impl Iterator<Item = T>, out: &mut dyn Write) -> io::Result<()> {
    for (at, item) in items.enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        escape::json(out, &item)?;
    }
    Ok(())
}
