//! The figures of a hunt: hits over time, by principal, by what they did, by code and by cluster. Memory is
//! bounded, however many there are.

use crate::finding::Hit;
use crate::output::figure::{self, Timeline};
use crate::output::{Ending, HitPen, Look, overview};
use crate::tally::{Counter, TimeSpan};
use std::io::{self, Write};

#[derive(Debug)]
pub struct Summary {
    look: Look,
    hits: u64,
    span: TimeSpan,
    timeline: Timeline,
    /// In the order of [`TITLES`].
    counters: [Counter; TITLES.len()],
}

const TITLES: [&str; 4] = ["PRINCIPAL", "WHAT", "CODE", "CLUSTER"];

/// Names shown of each.
const MOST: usize = 10;

impl Summary {
    pub fn new(look: Look) -> Summary {
        let (timeline, counters) = Default::default();
        Summary { look, hits: 0, span: TimeSpan::default(), timeline, counters }
    }

    /// The hits over their own time, which is mostly shorter than that of all events.
    fn over_time(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(range) = self.span.range else { return Ok(()) };
        let bars = figure::sparkline(&self.timeline.parts(range, overview::BARS));
        overview::line(out, self.look, "Between", &figure::period(range, self.look.zone))?;
        let each = figure::duration(range.1.saturating_sub(range.0) / overview::BARS as i64);
        overview::line(out, self.look, "Trend", &format!("{bars} (each bar spans {each})"))
    }
}

impl HitPen for Summary {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn hit(&mut self, hit: &Hit, _: &str, _: &mut dyn Write) -> io::Result<()> {
        let seen = &hit.seen;
        self.hits += 1;
        if let Some(time) = seen.time {
            self.span.add(time);
            self.timeline.add(time);
        }
        let [principals, deeds, codes, clusters] = &mut self.counters;
        let text = |text: &Option<Box<str>>| text.as_deref().unwrap_or_default().to_owned();
        principals.add(text(&seen.principal).as_bytes(), 1);
        deeds.add(format!("{} {}", text(&seen.verb), text(&seen.resource)).trim().as_bytes(), 1);
        codes.add(seen.code.map(|code| code.to_string()).unwrap_or_default().as_bytes(), 1);
        seen.cluster.iter().for_each(|cluster| clusters.add(cluster.as_bytes(), 1));
        Ok(())
    }

    fn end(&mut self, ending: &Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        overview::read(out, &ending.read, self.look)?;
        overview::line(out, self.look, "Hits", &figure::thousands(self.hits))?;
        self.over_time(out)?;
        for (title, counter) in TITLES.into_iter().zip(&mut self.counters) {
            overview::ranking(out, self.look, (title, "HITS"), &counter.ranking(MOST), self.hits)?;
        }
        Ok(())
    }
}
