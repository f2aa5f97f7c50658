//! What to check next, as the rules say it, filled in with what the finding is about.

use super::{Look, escape, figure};
use crate::finding::{Finding, Sighting};
use crate::rule::Meta;
use crate::time;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Advice that is given at most.
const MOST: usize = 12;

/// The advice of each rule for its finding, each text once, under a head of its own.
pub fn write<'a>(
    found: impl IntoIterator<Item = (&'a Finding, &'a Meta)>,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut said: BTreeSet<&str> = BTreeSet::new();
    let texts =
        found.into_iter().flat_map(|(finding, meta)| meta.next.iter().map(move |text| (finding, text)));
    let texts = texts.filter(|(_, text)| said.insert(text)).map(|(finding, text)| fill(text, &finding.seen));
    for (at, text) in texts.take(MOST).enumerate() {
        if at == 0 {
            writeln!(out, "\nWhat to check next")?;
        }
        let lines = figure::wrap(&escape::terminal(&text), look.columns().saturating_sub(4).max(20));
        for (at, line) in lines.iter().enumerate() {
            writeln!(out, "{}{line}", if at == 0 { "  - " } else { "    " })?;
        }
    }
    Ok(())
}

/// `--principal <principal> --since 2h` becomes a selection that can be copied: around the event, not before the
/// end of the log. What the finding does not know, or no shell could take, stays as it is.
fn fill(text: &str, seen: &Sighting) -> String {
    let known = [
        ("<principal>", &seen.principal),
        ("<sourceIP>", &seen.source_ip),
        ("<namespace>", &seen.namespace),
        ("<name>", &seen.name),
    ];
    let known = known.map(|(sign, value)| (sign, value.as_deref().filter(|value| !value.is_empty())));
    let mut filled = text.to_owned();
    for (sign, value) in known {
        if let Some(word) = value.and_then(escape::shell) {
            filled = filled.replace(sign, &word);
        }
    }
    since(&filled, seen.time)
}

/// `--since 2h` as the time that is so long before the event.
fn since(text: &str, time: Option<i64>) -> String {
    const SINCE: &str = "--since ";
    let found = text.split_once(SINCE).and_then(|(before, rest)| {
        let end = rest.find(|ch: char| !ch.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let from = time?.checked_sub(time::duration(&rest[..end])?)?;
        Some(format!("{before}{SINCE}{}{}", time::format(from), &rest[end..]))
    });
    found.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Evidence;

    #[test]
    fn advice_names_whom_the_finding_is_about() {
        let seen = Sighting {
            time: Some(1_789_000_000_000_000),
            principal: Some("o'neil".into()),
            name: Some("\u{1b}[2J".into()),
            ..Sighting::at(Evidence { file: 0, offset: 0, line: 1 })
        };
        let cases = [
            (
                "kaudit hunt --principal <principal> --since 2h and look for exec",
                "kaudit hunt --principal 'o'\\''neil' --since 2026-09-09T22:26:40.000000Z and look for exec",
            ),
            ("hunt --name <name>", "hunt --name <name>"),
            ("hunt --ip <sourceIP> --since yesterday", "hunt --ip <sourceIP> --since yesterday"),
            ("Ask around.", "Ask around."),
        ];
        for (text, expected) in cases {
            assert_eq!(fill(text, &seen), expected);
        }
    }
}
