//! Names of rotated logs.
//!
//! The API server rotates with lumberjack: `audit.log` becomes `audit-2026-11-21T09-51-50.452.log`, with `.gz`
//! behind it once compressed; others compress further. Source: `lumberjack.v2`, `backupTimeFormat`.

use std::path::Path;

/// Whether two files are members of the same rotated set, so that others may have stood between them.
pub fn rotated(one: &str, other: &str) -> bool {
    match (member(one), member(other)) {
        (Some((set, a)), Some((other_set, b))) => set == other_set && (a.is_some() || b.is_some()),
        _ => false,
    }
}

/// The set a file belongs to (directory and stem), and when it was closed; the newest is still open.
fn member(name: &str) -> Option<((&Path, &str), Option<&str>)> {
    let path = Path::new(name);
    let file = path.file_name()?.to_str()?;
    let file = [".gz", ".zst"].iter().find_map(|end| file.strip_suffix(end)).unwrap_or(file);
    let stem = file.strip_suffix(".log")?;
    let directory = path.parent()?;
    let closed = stem.len().checked_sub(TIME.len()).and_then(|at| Some((stem.get(..at)?, stem.get(at..)?)));
    match closed {
        Some((stem, time)) if is_time(time) && stem.ends_with('-') => {
            Some(((directory, stem.trim_end_matches('-')), Some(time)))
        }
        _ => Some(((directory, stem), None)),
    }
}

const TIME: &[u8] = b"0000-00-00T00-00-00.000";

fn is_time(text: &str) -> bool {
    text.len() == TIME.len()
        && text.bytes().zip(TIME).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == *form,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_one_set() {
        let old = "logs/audit-2026-11-21T09-51-50.452.log";
        for (other, expected) in [
            ("logs/audit-2026-11-21T10-51-50.452.log.gz", true),
            ("logs/audit-2026-11-21T10-51-50.452.log.zst", true),
            ("logs/audit.log", true),
            ("logs/b/audit.log", false),
            ("logs/oauth-2026-11-21T10-51-50.452.log", false),
            ("logs/audit.json", false),
        ] {
            assert_eq!(rotated(old, other), expected, "{other}");
            assert_eq!(rotated(other, old), expected, "{other}");
        }
        assert!(!rotated("logs/audit.log", "logs/audit.log"));
        assert!(!rotated("a/2026-09-01.log", "a/2026-09-02.log"));
    }
}
