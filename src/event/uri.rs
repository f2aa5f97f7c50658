//! What a request URI says beyond its path: parameters, how a command was run, and whether the path is one
//! that clients of Kubernetes ask for.

use super::derived::{arguments, path_of, percent_decode};
use super::{Event, Slot, Value};
use std::borrow::Cow;

type See<'s, 'a> = &'s mut dyn FnMut(Value<'a>) -> bool;

fn said<'a>(text: impl Into<Cow<'a, str>>) -> Value<'a> {
    Value::Said(text.into())
}

/// All values of the parameter that `path` names, or of every parameter.
pub fn param<'a>(event: &Event<'a>, path: &[String], see: See<'_, 'a>) -> bool {
    let Some(uri) = event.decoded(Slot::RequestUri) else { return false };
    let Some((_, query)) = uri.split_once('?') else { return false };
    let wanted = |key: &str| path.first().is_none_or(|name| name == key);
    arguments(query).filter(|(key, _)| wanted(key)).any(|(_, value)| see(said(percent_decode(value))))
}

/// The first value of a parameter of a request for one of these subresources.
fn of_subresource(event: &Event<'_>, subresources: &[&str], name: &str) -> Option<Option<String>> {
    let subresource = event.decoded(Slot::Subresource)?;
    if !subresources.contains(&&*subresource) {
        return None;
    }
    let uri = event.decoded(Slot::RequestUri)?;
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    Some(arguments(query).find(|(key, _)| *key == name).map(|(_, value)| percent_decode(value)))
}

const RUNS: &[&str] = &["exec", "attach"];

/// Whether a stream was asked for. What the client leaves out is as the API server takes it: no terminal and
/// no input, but output.
fn stream<'a>(event: &Event<'a>, name: &str, default: &'static str, see: See<'_, 'a>) -> bool {
    let Some(asked) = of_subresource(event, RUNS, name) else { return false };
    let flag = match asked.as_deref() {
        None => default,
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => "true",
        Some(_) => "false",
    };
    see(said(flag))
}

pub fn exec_container<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    of_subresource(event, RUNS, "container").flatten().is_some_and(|name| see(said(name)))
}

pub fn exec_tty<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    stream(event, "tty", "false", see)
}

pub fn exec_stdin<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    stream(event, "stdin", "false", see)
}

pub fn exec_stdout<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    stream(event, "stdout", "true", see)
}

pub fn log_container<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    of_subresource(event, &["log"], "container").flatten().is_some_and(|name| see(said(name)))
}

/// First parts of the paths that API servers, kubelets, probes and clients of all kinds ask for.
const USUAL: &[&str] = &[
    "",
    ".well-known",
    "api",
    "apis",
    "healthz",
    "livez",
    "metrics",
    "openapi",
    "openid",
    "readyz",
    "swagger-2.0.0.pb-v1",
    "swagger.json",
    "version",
];

/// The path of a request that is for no object of the API and none of the usual endpoints.
pub fn unusual<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    if event.has(Slot::ObjectRef) {
        return false;
    }
    let Some(uri) = event.decoded(Slot::RequestUri) else { return false };
    let path = path_of(&uri);
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    !USUAL.contains(&first) && see(said(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use crate::event::{Decoder, Field};

    /// All values of a field of a request.
    fn values(field: &str, subresource: &str, uri: &str) -> Vec<String> {
        let object = match subresource {
            "" => String::new(),
            sub => format!(r#","objectRef":{{"resource":"pods","subresource":"{sub}"}}"#),
        };
        let record = format!(r#"{{"verb":"get","auditID":"x","requestURI":"{uri}"{object}}}"#);
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
        let mut found = Vec::new();
        Field::parse(field).unwrap().any(&event, &mut |value| {
            found.extend(value.to_text().map(|text| text.into_owned()));
            false
        });
        found
    }

    #[test]
    fn parameters_by_name_and_all_of_them() {
        let uri = "/x?command=sh&command=-c%20a&tty=true";
        assert_eq!(values("uri.param.command", "", uri), ["sh", "-c a"]);
        assert_eq!(values("uri.param", "", uri), ["sh", "-c a", "true"]);
        assert!(values("uri.param.none", "", uri).is_empty() && values("uri.param.x", "", "/x").is_empty());
    }

    #[test]
    fn how_a_command_was_run() {
        let uri = "/x?container=web&stdin=1&tty=true";
        assert_eq!(values("exec.container", "exec", uri), ["web"]);
        assert_eq!(values("exec.tty", "attach", uri), ["true"]);
        assert_eq!(values("exec.stdin", "exec", uri), ["true"]);
        assert_eq!(values("exec.stdout", "exec", uri), ["true"]);
        assert_eq!(values("exec.tty", "exec", "/x?tty=false"), ["false"]);
        assert_eq!(values("exec.tty", "exec", "/x"), ["false"]);
        assert!(
            values("exec.tty", "log", uri).is_empty() && values("exec.container", "exec", "/x").is_empty()
        );
        assert_eq!(values("log.container", "log", uri), ["web"]);
        assert!(values("log.container", "exec", uri).is_empty());
    }

    #[test]
    fn paths_that_nobody_asks_for() {
        assert_eq!(values("uri.unusual", "", "/login/test?x=1"), ["/login/test"]);
        assert_eq!(values("uri.unusual", "", "//secrets/admin"), ["//secrets/admin"]);
        for usual in ["/", "/healthz/etcd", "/apis/apps/v1", "/openapi/v3", "/version?timeout=32s"] {
            assert!(values("uri.unusual", "", usual).is_empty(), "{usual}");
        }
        assert!(values("uri.unusual", "log", "/odd").is_empty());
    }
}
