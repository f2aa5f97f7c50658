//! What logcli writes unless told otherwise: `2026-05-05T14:16:10Z {cluster="prod", job="audit"} ...`

use super::prefix::take_off;
use crate::envelope::peel::{Look, Peel};
use crate::metal;

pub fn recognise(look: Look<'_>) -> bool {
    !super::syslog::recognise(look) && !super::cri::recognise(look) && of(look).is_some()
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some((labels, length)) = of(look) else { return peel.unknown(look) };
    take_off(&mut peel.about(label(labels, "cluster"), label(labels, "node")), look, Some(length));
}

fn of(look: Look<'_>) -> Option<(&str, usize)> {
    let line = look.text()?.bytes;
    labels(line, memchr::memchr(b'{', line)?)
}

/// Labels in braces and where the record behind them begins, if these are labels and no record.
pub fn labels(line: &[u8], brace: usize) -> Option<(&str, usize)> {
    let first = line.get(brace + 1)?;
    if !(first.is_ascii_alphabetic() || *first == b'_' || *first == b'}') {
        return None;
    }
    let end = metal::container_end(line, brace)?;
    let record = end + line.get(end..)?.iter().position(|byte| *byte == b'{')?;
    Some((std::str::from_utf8(&line[brace..end]).ok()?, record))
}

/// The value of one label.
fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let pairs = labels.trim_matches(['{', '}']).split(',');
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_name_cluster_and_node() {
        let line = br#"2026-05-05T14:16:10Z {cluster="prod", node="n"} {"a":1}"#;
        let (labels, length) = labels(line, 21).unwrap();
        assert_eq!(&line[length..], br#"{"a":1}"#);
        assert_eq!((label(labels, "cluster"), label(labels, "node")), (Some("prod"), Some("n")));
    }
}
