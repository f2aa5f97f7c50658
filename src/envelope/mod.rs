//! Takes off what a cloud, a shipper or a SIEM wrapped round an audit event.
//!
//! Each [`Format`] knows one layer: how to recognise it, and where in it the next record stands. Layers are taken
//! off one after the other until an audit event comes out, so that a container's log of a syslog line needs no
//! format of its own. One table, [`FORMATS`], has a row for each; a new format is a small file and a row.
//!
//! Records that are audit events as they stand need not come here: [`crate::event::Decoder`] reads them.

mod format;
mod lacks;
mod packed;
mod parts;
mod peel;
mod place;
mod salvage;
mod unescape;
mod uri;
mod write;

#[cfg(test)]
mod tests;

pub use format::{FORMATS, Format};
pub use lacks::Lacks;
pub use place::{Place, of_path};
pub use salvage::salvage;

use crate::event::{Bad, Event, Oddities};
pub use peel::Layers;
use peel::{Peel, State};

/// What was found within a record.
#[derive(Clone, Copy)]
pub struct Inner<'a> {
    pub what: What<'a>,
    /// Where it begins in the record; of something inside a string, where that string begins.
    pub offset: usize,
    /// The name that the wrapper gives, which is nearer to the truth than that of a directory.
    pub cluster: Option<&'a str>,
    pub node: Option<&'a str>,
    /// The outermost format; that of its records for a mere array.
    pub format: Option<&'static Format>,
}

#[derive(Clone, Copy)]
pub enum What<'a> {
    Event {
        event: &'a Event<'a>,
        odd: Oddities,
        lacks: Lacks,
        /// Why this is only what stood before a cut, if it is.
        cut: Option<Bad>,
    },
    /// A record of something else: another program's log line, another service's audit entry.
    Foreign,
    /// Nothing could be made of it.
    Bad(Bad),
    /// What Falco said about an audit event; the JSON text.
    FalcoAlert(&'a [u8]),
    /// What Alcide kAudit found; the JSON text.
    AlcideDetection(&'a [u8]),
}

/// Takes records apart. One for each worker: it keeps its memory.
#[derive(Default)]
pub struct Unwrapper {
    state: State,
}

impl Unwrapper {
    /// Gives everything within `record` to `each`, in order; at least one thing unless the record is an empty
    /// wrapper. `file` is what is known before; some formats ask for the path too. `forced` skips the search.
    pub fn unwrap(
        &mut self,
        record: &[u8],
        file: Place<'_>,
        forced: Option<&'static Format>,
        each: &mut dyn FnMut(Inner<'_>),
    ) {
        self.state.last = Layers::default();
        Peel::new(&mut self.state, file.path, forced, each).about(file.cluster, file.node).record(record, 0);
    }

    /// What the next records will most likely be. That only makes it faster.
    pub fn expect(&mut self, layers: Layers) {
        self.state.expected = layers;
    }

    /// What the last record was.
    pub fn layers(&self) -> Layers {
        self.state.last
    }
}
