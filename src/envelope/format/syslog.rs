//! syslog: `<134>May  5 14:16:10 cp1 kube-apiserver[1]: ...` of RFC 3164 and `<134>1 2026-05-05T14:17:05Z cp1 app - - - ...`
//! of RFC 5424.

use super::prefix::{is_time, take_off_head};
use crate::envelope::peel::{Look, Peel};

pub fn recognise(look: Look<'_>) -> bool {
    look.text().is_some_and(|text| memchr::memchr(b'{', text.bytes).is_some() && host(text.bytes).is_some())
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let node = look.text().and_then(|text| host(text.bytes)).flatten();
    take_off_head(&mut peel.about(None, node), look);
}

/// The host, if this is a line of syslog.
fn host(line: &[u8]) -> Option<Option<&str>> {
    let line = line.strip_prefix(b"<")?;
    let head = &line[..line.len().min(200)];
    let head = std::str::from_utf8(head)
        .or_else(|error| std::str::from_utf8(&head[..error.valid_up_to()]))
        .ok()?;
    let (priority, rest) = head.split_once('>')?;
    if priority.is_empty() || priority.len() > 3 || !priority.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let words: Vec<&str> = rest.split(' ').filter(|word| !word.is_empty()).take(4).collect();
    Some(match words[..] {
        ["1", _, host, ..] => Some(host),
        [time, host, ..] if is_time(time) => Some(host),
        [_, _, _, host] => Some(host),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_name_the_host() {
        for (line, expected) in [
            ("<134>May  5 14:16:10 cp1 kube-apiserver[1234]: {", Some(Some("cp1"))),
            ("<134>1 2026-05-05T14:17:05.980469Z cp1 kube-audit - - - {", Some(Some("cp1"))),
            ("<134>2026-05-05T14:17:05Z cp1 kube-audit: {", Some(Some("cp1"))),
            ("<134>{", Some(None)),
            ("<b>bold</b> {", None),
        ] {
            assert_eq!(host(line.as_bytes()), expected, "{line}");
        }
    }
}
