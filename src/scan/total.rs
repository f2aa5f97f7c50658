//! What was read in all.

use super::End;
use super::reading::Sums;
use crate::input::Source;
use crate::tally::{Counter, FileReport, Tally, TimeSpan};

/// What was read in all.
#[derive(Debug, Default)]
pub struct ReadAll {
    pub files: Vec<FileReport>,
    /// Of the file that is being read.
    file: Tally,
    pub tally: Tally,
    pub span: TimeSpan,
    pub principals: Counter,
    /// Things to say about files that are no loss.
    pub notes: Vec<String>,
}

impl ReadAll {
    pub fn new(sources: &[Source]) -> ReadAll {
        let report = |source: &Source| FileReport {
            name: source.name.clone(),
            cluster: source.cluster.as_deref().map(str::to_owned),
            ..FileReport::default()
        };
        ReadAll { files: sources.iter().map(report).collect(), ..ReadAll::default() }
    }

    /// Adds the tally of the next piece of a file.
    pub fn add(&mut self, file: u32, tally: Tally, first_line: u64) {
        let report = &mut self.files[file as usize];
        report.bytes += tally.bytes;
        report.records += tally.records;
        report.events += tally.events;
        self.file += tally.shift(first_line);
    }

    pub(super) fn end_of_file(&mut self, file: u32, end: End) {
        self.file.settle_text();
        self.tally += std::mem::take(&mut self.file);
        let report = &mut self.files[file as usize];
        self.notes.extend(end.note.map(|note| format!("{}: {note}", report.name)));
        report.trouble = end.trouble;
        report.compression = end.compression;
    }

    pub fn add_sums(&mut self, sums: &Sums) {
        self.span += sums.span;
        self.principals += &sums.principals;
    }

    /// Whether anything that may have held evidence could not be read.
    pub fn is_partial(&self) -> bool {
        self.tally.lost() > 0 || self.files.iter().any(|file| file.trouble.is_some())
    }
}
