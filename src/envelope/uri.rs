//! What a request asks for, read from its path, where a format gives nothing else.

use super::write::Json;

/// The parts of `/api/v1/namespaces/<ns>/<resource>/<name>/<sub>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target<'a> {
    pub group: &'a str,
    pub version: &'a str,
    pub namespace: Option<&'a str>,
    pub resource: &'a str,
    pub name: Option<&'a str>,
    pub subresource: String,
    watch: bool,
}

impl<'a> Target<'a> {
    /// `None` for a path outside the API.
    pub fn of(uri: &'a str) -> Option<Target<'a>> {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (group, version, mut rest) = match &parts[..] {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let old_watch = rest.first() == Some(&"watch");
        rest = rest.get(usize::from(old_watch)..).unwrap_or_default();
        let asks = query.split('&').any(|pair| matches!(pair, "watch=true" | "watch=1" | "watch"));
        let (namespace, rest) = match rest {
            ["namespaces", name, rest @ ..] if !rest.is_empty() && !is_of_namespace(rest) => {
                (Some(*name), rest)
            }
            ["namespaces", name, ..] => (Some(*name), rest),
            _ => (None, rest),
        };
        let (resource, rest) = rest.split_first()?;
        let subresource = rest.get(1..).unwrap_or_default().join("/");
        let name = rest.first().copied();
        Some(Target { group, version, namespace, resource, name, subresource, watch: old_watch || asks })
    }

    /// The verb of the API for a method of HTTP.
    pub fn verb(&self, method: &str) -> &'static str {
        match (method, self.name) {
            ("GET" | "HEAD", _) if self.watch => "watch",
            ("GET" | "HEAD", Some(_)) => "get",
            ("GET" | "HEAD", None) => "list",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", Some(_)) => "delete",
            ("DELETE", None) => "deletecollection",
            _ => "unknown",
        }
    }

    pub fn write(&self, json: &mut Json) {
        json.open("objectRef").text("resource", self.resource).some("namespace", self.namespace);
        json.some("name", self.name).some("apiGroup", Some(self.group)).text("apiVersion", self.version);
        json.some("subresource", Some(&self.subresource)).close();
    }
}

/// Subresources of a namespace itself.
fn is_of_namespace(rest: &[&str]) -> bool {
    matches!(rest, ["status" | "finalize"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_what_is_asked_for() {
        let target = Target::of("/apis/apps/v1/namespaces/a/deployments/b/scale?x=1").unwrap();
        assert_eq!((target.group, target.version, target.namespace), ("apps", "v1", Some("a")));
        assert_eq!((target.resource, target.name, &*target.subresource), ("deployments", Some("b"), "scale"));
        assert_eq!(Target::of("/api/v1/namespaces/a").unwrap().resource, "namespaces");
        assert_eq!(Target::of("/api/v1/namespaces/a/finalize").unwrap().subresource, "finalize");
        assert_eq!(Target::of("/healthz"), None);
        for (method, uri, verb) in [
            ("GET", "/api/v1/pods", "list"),
            ("GET", "/api/v1/pods?watch=true", "watch"),
            ("GET", "/api/v1/watch/pods", "watch"),
            ("GET", "/api/v1/nodes/n", "get"),
            ("DELETE", "/api/v1/pods", "deletecollection"),
            ("POST", "/api/v1/namespaces/a/pods/b/exec", "create"),
        ] {
            assert_eq!(Target::of(uri).unwrap().verb(method), verb, "{method} {uri}");
        }
    }
}
