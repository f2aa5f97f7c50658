//! Where in its file a line of a piece stands.
//!
//! Profiles and correlations keep pointers to records from before it is known how many lines came before their
//! piece.

use crate::finding::{Evidence, Finding};

/// For each file the first byte and the first line of each of its pieces, in the order of the file.
#[derive(Debug, Default)]
pub struct Places {
    files: Vec<Vec<(u64, u64)>>,
}

impl Places {
    /// `first_line` is the number of lines of the file before the piece.
    pub fn add(&mut self, file: u32, offset: u64, first_line: u64) {
        let file = file as usize;
        if self.files.len() <= file {
            self.files.resize(file + 1, Vec::new());
        }
        self.files[file].push((offset, first_line));
    }

    /// Turns lines counted from 0 within a piece into lines counted from 1 within the file.
    pub fn placed(&self, mut finding: Finding) -> Finding {
        self.shift(&mut finding.seen.evidence);
        let pointers = finding.deviation.iter_mut().flat_map(|deviation| &mut deviation.pointers);
        pointers.for_each(|pointer| self.shift(&mut pointer.evidence));
        let marks = finding.episode.iter_mut().flat_map(|episode| &mut episode.marks);
        marks.for_each(|mark| self.shift(&mut mark.evidence));
        finding
    }

    fn shift(&self, evidence: &mut Evidence) {
        let Some(pieces) = self.files.get(evidence.file as usize) else { return };
        let at = pieces.partition_point(|(offset, _)| *offset <= evidence.offset);
        let before = at.checked_sub(1).map_or(0, |at| pieces[at].1);
        evidence.line += before + 1;
    }
}
