//! The text that the API server wrote before version 1.9: `... AUDIT: id="..." ip="..." method="..." ...`
//!
//! Before 1.8 it wrote two lines for each request, of which the second holds only the id and the response.

use crate::envelope::lacks::Lacks;
use crate::envelope::peel::{Look, Peel};
use crate::envelope::uri::Target;
use crate::envelope::write::Json;
use crate::event::Slot;
use std::borrow::Cow;

const LACKS: Lacks =
    Lacks::of(&[Slot::Level, Slot::UserAgent, Slot::RequestObject, Slot::ResponseObject, Slot::UserExtra]);

const MARK: &[u8] = b"AUDIT: id=\"";

pub fn recognise(look: Look<'_>) -> bool {
    look.text().is_some_and(|text| start(text.bytes).is_some())
}

/// Nothing but a time and a prefix of klog stands before the mark.
fn start(line: &[u8]) -> Option<usize> {
    let at = memchr::memmem::find(&line[..line.len().min(200)], MARK)?;
    (!line[..at].contains(&b'{')).then_some(at)
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(text) = look.text() else { return peel.unknown(look) };
    let Some(at) = start(text.bytes) else { return peel.unknown(look) };
    let time =
        String::from_utf8_lossy(text.bytes[..at].split(|byte| *byte == b' ').next().unwrap_or_default());
    let said = String::from_utf8_lossy(&text.bytes[at + "AUDIT: ".len()..]);
    let pairs: Vec<_> = pairs(&said).collect();
    let event = mapped(&pairs, &time, peel.buffer());
    peel.written(event, 0, LACKS);
}

fn mapped(pairs: &[(&str, Cow<'_, str>)], time: &str, buffer: Vec<u8>) -> Vec<u8> {
    let get = |key: &str| {
        let (_, value) = pairs.iter().find(|(name, _)| *name == key)?;
        Some(&**value).filter(|value| !value.is_empty() && !is_placeholder(value))
    };
    let uri = get("uri").unwrap_or_default();
    let target = Target::of(uri);
    let mut json = Json::event(buffer);
    json.some("auditID", get("id")).text("stage", get("stage").unwrap_or("ResponseComplete"));
    json.some("requestURI", Some(uri));
    let method = get("method").unwrap_or_default();
    let is_http = method.bytes().all(|byte| byte.is_ascii_uppercase());
    let verb = target.as_ref().filter(|_| is_http).map(|target| target.verb(method));
    json.some("verb", Some(verb.unwrap_or(&method.to_ascii_lowercase())));
    person(&mut json, "user", get("user"), get("groups"));
    person(&mut json, "impersonatedUser", get("as"), get("asgroups"));
    if let Some(address) = get("ip") {
        json.texts("sourceIPs", [address]);
    }
    if let Some(target) = target {
        target.write(&mut json);
    }
    if let Some(code) = get("response").and_then(|code| code.parse().ok()) {
        json.open("responseStatus").number("code", code).close();
    }
    json.some("requestReceivedTimestamp", Some(time));
    json.end()
}

/// What stands there when there is nothing to say: `<self>`, `<lookup>`, `<none>`, `<deferred>`.
fn is_placeholder(value: &str) -> bool {
    value.starts_with('<') && value.ends_with('>')
}

fn person(json: &mut Json, key: &str, name: Option<&str>, groups: Option<&str>) {
    let Some(name) = name else { return };
    json.open(key).text("username", name);
    if let Some(groups) = groups {
        json.texts("groups", groups.split(',').map(|group| group.trim_matches(['"', ' '])));
    }
    json.close();
}

/// `key="value"` again and again; quotes within a value stand behind backslashes.
fn pairs(text: &str) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (key, after) = rest.trim_start().split_once("=\"")?;
        let end = closing_quote(after);
        let value = &after[..end];
        rest = after.get(end + 1..).unwrap_or_default();
        let value = if value.contains('\\') { Cow::Owned(plain(value)) } else { Cow::Borrowed(value) };
        Some((key, value))
    })
}

fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    end.unwrap_or(text.len())
}

fn plain(value: &str) -> String {
    let mut out = Vec::new();
    let len = crate::envelope::unescape::unescape_into(value.as_bytes(), &mut out);
    String::from_utf8_lossy(&out[..len]).into_owned()
}
