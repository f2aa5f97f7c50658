//! What is left of a request once everything that changes without meaning is taken off: versions, digits of
//! generated names, hosts within one network, the many paths of API discovery.

use crate::event::{Event, Slot};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

/// Texts from a log that become part of a profile are cut to this many bytes.
const LONGEST: usize = 160;

/// How a request ended, as far as profiles tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Outcome {
    Done,
    Denied,
    Missing,
    Failed,
}

impl Outcome {
    pub fn of(code: Option<u16>) -> Outcome {
        match code {
            Some(401 | 403) => Outcome::Denied,
            Some(404) => Outcome::Missing,
            Some(400..) => Outcome::Failed,
            _ => Outcome::Done,
        }
    }
}

/// How much a record counts. Each request is to count once, whatever stages the audit policy keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// It stands for its request.
    Counts,
    /// It shows what was done, but another record of the same request counts.
    Shows,
}

/// `None` when the record says nothing that a later stage of the same request does not say.
#[inline]
pub fn share(event: &Event<'_>) -> Option<Share> {
    let stage = event.raw(Slot::Stage).unwrap_or_default();
    let is_watch = || event.raw(Slot::Verb) == Some(b"watch");
    match stage {
        b"RequestReceived" => None,
        // A watch may last for hours: it counts when it begins. A failed login has no later stage.
        b"ResponseStarted" => (is_watch() || event.raw(Slot::Code) == Some(b"401")).then_some(Share::Counts),
        _ if is_watch() => Some(Share::Shows),
        _ => Some(Share::Counts),
    }
}

/// `create pods/exec`, `get /discovery`, `impersonate:list secrets`.
pub fn action(event: &Event<'_>, impersonates: bool) -> String {
    let verb = event.decoded(Slot::Verb).unwrap_or_default();
    let what = event.resource().filter(|resource| !resource.is_empty());
    let what = what.unwrap_or_else(|| Cow::Owned(path(&event.decoded(Slot::RequestUri).unwrap_or_default())));
    let prefix = if impersonates { "impersonate:" } else { "" };
    cut(format!("{prefix}{verb} {what}"))
}

/// A refused impersonation bears no `impersonatedUser`; only the message tells.
#[inline]
pub fn impersonates(event: &Event<'_>) -> bool {
    let says_so = |message| memchr::memmem::find(message, b"cannot impersonate").is_some();
    event.has(Slot::ImpersonatedUsername)
        || is_refused(event) && event.raw(Slot::Message).is_some_and(says_so)
}

/// Whether somebody was refused who acts as himself.
#[inline]
pub fn is_refused(event: &Event<'_>) -> bool {
    !event.has(Slot::ImpersonatedUsername) && event.raw(Slot::Code) == Some(b"403")
}

/// A path outside the API, without what changes from call to call.
fn path(uri: &str) -> String {
    let path = uri.split('?').next().unwrap_or_default();
    let first = path.split('/').nth(1).unwrap_or_default();
    match first {
        "healthz" | "livez" | "readyz" => return "/health".to_owned(),
        "api" | "apis" | "openapi" => return "/discovery".to_owned(),
        _ => {}
    }
    let mut kept: Vec<&str> = path.split('/').take(5).collect();
    if kept.last() == Some(&"") && kept.len() > 2 {
        kept.pop();
    }
    kept.join("/")
}

/// `preview-417` and `preview-418` are one kind of namespace, `ci-3f9a1c2b` and `ci-77ab0f31` are another.
pub fn namespace(name: &str) -> String {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || ('a'..='f').contains(&c));
    let tail = &name[stem.len()..];
    let generated = tail.len() >= 6 && tail.bytes().any(|b| b.is_ascii_digit()) && stem.ends_with(['-', '.']);
    let (rest, end) = if generated { (stem, "#") } else { (name, "") };
    cut(fold_digits(rest) + end)
}

/// Runs of two digits and more become `#`.
fn fold_digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        out.push_str(before);
        out.push_str(if end >= 2 { "#" } else { &from[..end] });
        rest = &from[end..];
    }
    out + rest
}

/// The client program without its version, with the controller's name where one program is many controllers.
pub fn agent(text: &str) -> String {
    let text = text.trim_start();
    let product = text.split(['/', ' ', '(', '\t']).next().unwrap_or_default();
    // `kubectl.1.32` and `kubectl-1.33.0` are what people call copies of one program.
    let stem = product.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | 'v'));
    let product = if stem.is_empty() { product } else { stem };
    let controller = text.split_once(" kubernetes/").and_then(|(_, rest)| rest.split_once('/'));
    match controller {
        Some((_, name)) if !name.is_empty() => cut(format!("{product}/{name}")),
        _ => cut(product.to_owned()),
    }
}

/// The network of an address: `/24` or `/64`.
pub fn network(address: &str) -> String {
    match parse(address) {
        Some(IpAddr::V4(ip)) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Some(IpAddr::V6(ip)) => format!("{}/64", masked(ip, 64)),
        None => cut(address.to_owned()),
    }
}

/// The wider network, `/16` or `/48`, of which a network is part.
pub fn wider(network: &str) -> String {
    match parse(network.split('/').next().unwrap_or_default()) {
        Some(IpAddr::V4(ip)) => {
            let [a, b, ..] = ip.octets();
            format!("{a}.{b}.0.0/16")
        }
        Some(IpAddr::V6(ip)) => format!("{}/48", masked(ip, 48)),
        None => network.to_owned(),
    }
}

fn parse(address: &str) -> Option<IpAddr> {
    address.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

fn masked(ip: Ipv6Addr, bits: u32) -> Ipv6Addr {
    Ipv6Addr::from(u128::from(ip) & !0 << (128 - bits))
}

/// At most [`LONGEST`] bytes of a text.
pub fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_with_generated_names_are_one() {
        for (name, expected) in [
            ("preview-417", "preview-#"),
            ("web", "web"),
            ("team-1", "team-1"),
            ("ci-3f9a1c2b", "ci-#"),
            ("facade", "facade"),
            ("shop-facade", "shop-facade"),
            ("a12b345", "a#b#"),
            ("", ""),
        ] {
            assert_eq!(namespace(name), expected);
        }
    }

    #[test]
    fn paths_outside_the_api() {
        for (uri, expected) in [
            ("/apis/apps/v1?timeout=32s", "/discovery"),
            ("/openapi/v3/apis/x", "/discovery"),
            ("/livez/ping", "/health"),
            ("/debug/pprof/heap?seconds=5", "/debug/pprof/heap"),
            ("/a/b/c/d/e/f", "/a/b/c/d"),
            ("/", "/"),
        ] {
            assert_eq!(path(uri), expected);
        }
    }

    #[test]
    fn agents_without_versions_but_with_the_controller() {
        for (text, expected) in [
            ("kubectl/v1.33.0 (linux/amd64) kubernetes/98b3519", "kubectl"),
            (
                "kube-controller-manager/v1.36.2 (linux/amd64) kubernetes/8e16b12/deployment-controller",
                "kube-controller-manager/deployment-controller",
            ),
            ("python-requests/2.32.3", "python-requests"),
            ("kubectl.1.32/v1.32.1", "kubectl"),
            ("1.2/x", "1.2"),
            ("", ""),
        ] {
            assert_eq!(agent(text), expected);
        }
    }

    #[test]
    fn networks_of_addresses() {
        for (address, near, wide) in [
            ("10.1.2.3", "10.1.2.0/24", "10.1.0.0/16"),
            ("::ffff:10.1.2.3", "10.1.2.0/24", "10.1.0.0/16"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1::/48"),
            ("nonsense", "nonsense", "nonsense"),
        ] {
            assert_eq!((network(address), wider(&network(address))), (near.to_owned(), wide.to_owned()));
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("ü".repeat(200)).len(), LONGEST);
    }
}
