//! What is known of one file.

use super::{Clock, Kinds};
use crate::tally::{Bad, Tally};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What is known of one file.
#[derive(Clone, Debug, Default)]
pub struct FileFacts {
    /// As the user named it, or as it was found below a directory.
    pub name: String,
    /// The cluster that most of its events come from; without any, what the input says of the file.
    pub cluster: Option<String>,
    /// Events by cluster.
    pub clusters: BTreeMap<Option<String>, u64>,
    /// Events by outermost format.
    pub formats: BTreeMap<&'static str, u64>,
    pub compression: String,
    /// Bytes as they stand on disk.
    pub disk: u64,
    /// Counts, and [`Tally::bytes`] of content after decompression.
    pub tally: Tally,
    pub kinds: Kinds,
    pub clock: Clock,
    /// Why reading ended early, if it did.
    pub trouble: Option<String>,
    /// Of the bytes on disk, in hex; none where they could not be read to the end, or come from a pipe.
    pub sha256: Option<String>,
}

impl FileFacts {
    /// Whether it is an audit log, or may have been one; not a text or a list of alerts that lies beside.
    pub fn is_log(&self) -> bool {
        let Tally { events, records, .. } = self.tally;
        events > 0 || records == 0 || self.tally.lost() > 0 || self.trouble.is_some()
    }

    fn bad(&self, bad: Bad) -> u64 {
        self.tally.bad[bad as usize].count
    }

    /// What the content is: `docker`, `docker 12, native 3`; where it holds no event, `empty`, `text` ...
    pub fn format(&self) -> String {
        let mut formats: Vec<_> = self.formats.iter().collect();
        formats.sort_by_key(|(name, events)| (Reverse(**events), **name));
        match &formats[..] {
            [] => self.other_format().to_owned(),
            [(name, _)] => (**name).to_owned(),
            several => {
                let each: Vec<_> = several.iter().map(|(name, events)| format!("{name} {events}")).collect();
                each.join(", ")
            }
        }
    }

    fn other_format(&self) -> &'static str {
        let kinds = [(Bad::FalcoAlert, "falco"), (Bad::AlcideDetection, "alcide"), (Bad::Text, "text")];
        let known = kinds.into_iter().find(|(bad, _)| self.bad(*bad) > 0);
        match (known, self.tally.records) {
            _ if self.trouble.is_some() || self.tally.lost() > 0 => "unknown",
            (Some((_, name)), _) => name,
            (None, 0) => "empty",
            (None, _) => "other",
        }
    }

    /// Settles the cluster once all events are counted.
    pub fn settle(&mut self) {
        self.tally.settle_text();
        let most = self.clusters.iter().max_by_key(|(name, events)| (**events, Reverse(*name)));
        if let Some((name, _)) = most {
            self.cluster.clone_from(name);
        }
    }
}
