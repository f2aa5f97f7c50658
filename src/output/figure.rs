//! Figures as people read them.

use super::Read;
use crate::tally::{TimeSpan, Twice};
use crate::time::{DAY, HOUR, MINUTE, SECOND, Zone};
use std::collections::BTreeMap;

/// `1234567` as `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 file`, `12 files`.
pub fn count(number: u64, noun: &str) -> String {
    let plural = match noun {
        _ if number == 1 => "",
        _ if noun.ends_with('s') => "es",
        _ => "s",
    };
    format!("{} {noun}{plural}", thousands(number))
}

/// `120 events stand in the input more than once and count once`.
pub fn twice(twice: Twice) -> Option<String> {
    let about = if twice.is_estimate { "about " } else { "" };
    let copies = match twice.count {
        0 => return None,
        1 => "1 record is a copy of another and was not counted again".to_owned(),
        many => format!("{} records are copies of others and were not counted again", thousands(many)),
    };
    Some(format!("{about}{copies}"))
}

/// `741 MB`; powers of ten.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let (mut value, mut unit) = (number as f64, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && value < 9.95);
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// To the minute: `2026-09-01 17:56 - 2026-09-12 00:03 UTC`.
pub fn period(range: (i64, i64), zone: Zone) -> String {
    let from = zone.show(range.0, "%Y-%m-%d %H:%M");
    format!("{from} - {}", zone.show(range.1, "%Y-%m-%d %H:%M %Z"))
}

/// A length of time in its largest unit: `13 h`, `2.5 d`.
pub fn duration(micros: i64) -> String {
    let (unit, name) = match micros {
        DAY.. => (DAY, "d"),
        HOUR.. => (HOUR, "h"),
        MINUTE.. => (MINUTE, "min"),
        _ => (SECOND, "s"),
    };
    let value = micros as f64 / unit as f64;
    let decimals = usize::from(value < 9.95 && value.fract() > 0.05);
    format!("{value:.decimals$} {name}")
}

/// From what to when: `, 2026-09-01 17:56 - 2026-09-12 00:03 UTC`, or nothing.
pub fn when(span: TimeSpan, zone: Zone) -> String {
    span.range.map_or(String::new(), |range| format!(", {}", period(range, zone)))
}

/// How much could not be read: `; 3 records could not be read`, or nothing.
pub fn lost(read: &Read<'_>) -> String {
    match read.tally.lost() {
        0 => String::new(),
        lost => format!("; {} could not be read", count(lost, "record")),
    }
}

/// How many files: `12 files`.
pub fn files(read: &Read<'_>) -> String {
    count(read.files.len() as u64, "file")
}

/// Breaks a text into lines of at most so many columns, at blanks where there are any.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let word = super::escape::cut_end(word, columns);
        let line = lines.last_mut().map(|line| super::escape::width(line)).unwrap_or_default();
        match lines.last_mut() {
            Some(last) if line == 0 => last.push_str(&word),
            Some(last) if line + 1 + super::escape::width(&word) <= columns => {
                last.push(' ');
                last.push_str(&word);
            }
            _ => lines.push(word.into_owned()),
        }
    }
    lines
}

/// Counts over time in bounded memory, whatever the span.
///
/// Counts are kept in buckets of one minute. When there are too many, pairs of buckets become one; how wide
/// they are in the end depends on what was counted, not on its order.
#[derive(Clone, Debug)]
pub struct Timeline {
    buckets: BTreeMap<i64, u64>,
    /// Width of a bucket, in microseconds.
    step: i64,
}

impl Default for Timeline {
    fn default() -> Timeline {
        Timeline { buckets: BTreeMap::new(), step: MINUTE }
    }
}

impl Timeline {
    const LIMIT: usize = 1 << 14;

    pub fn add(&mut self, time: i64) {
        *self.buckets.entry(time.div_euclid(self.step)).or_default() += 1;
        while self.buckets.len() > Timeline::LIMIT {
            self.step *= 2;
            for (bucket, count) in std::mem::take(&mut self.buckets) {
                *self.buckets.entry(bucket.div_euclid(2)).or_default() += count;
            }
        }
    }

    /// The counts in so many equal parts of a time.
    pub fn parts(&self, range: (i64, i64), parts: usize) -> Vec<u64> {
        let mut counts = vec![0; parts];
        let length = (range.1 - range.0).max(0) as i128 + 1;
        for (bucket, count) in &self.buckets {
            let at = (bucket * self.step).clamp(range.0, range.1.max(range.0)) - range.0;
            let part = at as i128 * parts as i128 / length;
            if let Some(slot) = usize::try_from(part).ok().and_then(|part| counts.get_mut(part)) {
                *slot += count;
            }
        }
        counts
    }
}

impl Extend<i64> for Timeline {
    fn extend<T: IntoIterator<Item = i64>>(&mut self, times: T) {
        times.into_iter().for_each(|time| self.add(time));
    }
}

/// Counts as a row of bars, the highest being full; `·` stands for nothing.
pub fn sparkline(counts: &[u64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = counts.iter().copied().max().unwrap_or_default().max(1);
    let bar = |count: u64| match usize::try_from((count * 8).div_ceil(highest)) {
        Ok(height @ 1..=8) => BARS[height - 1],
        _ => '·',
    };
    counts.iter().map(|count| bar(*count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [count(1, "file"), count(2, "address"), count(0, "name")],
            ["1 file", "2 addresses", "0 names"]
        );
        assert_eq!(
            [0, 999, 1000, 1_500_000, 741_444_177].map(bytes),
            ["0 B", "999 B", "1.0 kB", "1.5 MB", "741 MB"]
        );
        assert_eq!(
            [30 * SECOND, 90 * MINUTE, 13 * HOUR, 5 * DAY / 2].map(duration),
            ["30 s", "1.5 h", "13 h", "2.5 d"]
        );
    }

    #[test]
    fn sparklines_tell_nothing_from_little() {
        assert_eq!(sparkline(&[0, 1, 4, 8, 100]), "·▁▁▁█");
        assert_eq!(sparkline(&[1, 2, 3, 4, 5, 6, 7, 8]), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn timelines_do_not_depend_on_order_and_lose_nothing() {
        let times: Vec<i64> = (0..60_000).map(|i| i * 7919 % 60_013 * MINUTE).collect();
        let (mut ahead, mut back) = (Timeline::default(), Timeline::default());
        ahead.extend(times.iter().copied());
        back.extend(times.iter().rev().copied());
        let range = (0, 60_012 * MINUTE);
        assert_eq!(ahead.parts(range, 40), back.parts(range, 40));
        assert_eq!(ahead.parts(range, 40).iter().sum::<u64>(), 60_000);
        assert!(ahead.buckets.len() <= Timeline::LIMIT);
        let mut extremes = Timeline::default();
        extremes.extend([i64::MIN / 2, 0, i64::MAX / 2]);
        assert_eq!(extremes.parts((i64::MIN / 2, i64::MAX / 2), 3), [1, 1, 1]);
    }

    #[test]
    fn wrapped_lines_fit() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("endless", 4), ["end…"]);
    }
}
