//! Google Cloud's audit log, in which a request to the API server is a `LogEntry` of the service `k8s.io`.
//!
//! It is mapped back to an audit event. What it does not carry stays unknown: groups, the level, the URI. Codes
//! are those of gRPC and missing on success. The `timestamp` is that of the request; `receiveTimestamp` is not.

use crate::envelope::What;
use crate::envelope::lacks::Lacks;
use crate::envelope::parts::{Object, Part};
use crate::envelope::peel::{Look, Peel};
use crate::envelope::write::Json;
use crate::event::{Bad, Slot};

pub fn recognise(look: Look<'_>) -> bool {
    look.object().is_some_and(|object| object.has("protoPayload"))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let Some(payload) = object.get("protoPayload") else { return peel.unknown(look) };
    let cluster = object.find(&["resource", "labels", "cluster_name"]).and_then(Part::text);
    let mut peel = peel.about(cluster.as_deref(), None);
    if payload.get("serviceName").is_none_or(|name| name.raw != b"\"k8s.io\"") {
        let what = if object.part.whole { What::Foreign } else { What::Bad(Bad::Cut) };
        return peel.say(what, object.part.at);
    }
    let buffer = peel.buffer();
    let event = mapped(object, payload, buffer);
    match object.part.whole {
        true => peel.written(event, object.part.at, LACKS),
        false => {
            peel.piece(&event, object.part.at, Bad::Cut);
            peel.give_back(event);
        }
    }
}

const LACKS: Lacks = Lacks::of(&[
    Slot::Level,
    Slot::RequestUri,
    Slot::UserGroups,
    Slot::UserUid,
    Slot::UserExtra,
    Slot::Impersonated,
    Slot::ImpersonatedUsername,
    Slot::StageTime,
]);

fn mapped(object: Object<'_>, payload: Part<'_>, buffer: Vec<u8>) -> Vec<u8> {
    let text = |key| payload.get(key).and_then(Part::text);
    let (method, name) = (text("methodName").unwrap_or_default(), text("resourceName").unwrap_or_default());
    let operation = object.get("operation");
    let id = operation.and_then(|inner| inner.get("id")?.text());
    let id = id.or_else(|| object.get("insertId")?.text());
    let mut json = Json::event(buffer);
    json.some("auditID", id.as_deref()).text("stage", stage(operation));
    json.some("verb", method.rsplit('.').next());
    if let Some(user) = payload.find(&["authenticationInfo", "principalEmail"]).and_then(Part::text) {
        json.open("user").text("username", &user).close();
    }
    let meta = payload.get("requestMetadata");
    if let Some(address) = meta.and_then(|meta| meta.get("callerIp")?.text()) {
        json.texts("sourceIPs", [&*address]);
    }
    json.some("userAgent", meta.and_then(|meta| meta.get("callerSuppliedUserAgent")?.text()).as_deref());
    object_ref(&mut json, &method, &name);
    status(&mut json, payload.get("status"));
    json.part("requestObject", payload.get("request")).part("responseObject", payload.get("response"));
    json.part("requestReceivedTimestamp", object.get("timestamp")).part("annotations", object.get("labels"));
    json.end()
}

/// Of a long request, one entry tells the beginning and one the end.
fn stage(operation: Option<Part<'_>>) -> &'static str {
    let is = |key| operation.and_then(|inner| inner.get(key)).is_some_and(|value| value.raw == b"true");
    if is("first") && !is("last") { "ResponseStarted" } else { "ResponseComplete" }
}

/// `core/v1/namespaces/<ns>/<resource>/<name>/<sub>`, where `core` is the group without a name. The namespace
/// itself is meant when the method says so.
fn object_ref(json: &mut Json, method: &str, name: &str) {
    let mut parts = name.split('/');
    let (Some(group), Some(version)) = (parts.next(), parts.next()) else { return };
    let rest: Vec<&str> = parts.collect();
    let of_namespace = method.split('.').skip_while(|part| *part != version).nth(1) == Some("namespaces");
    let (namespace, rest) = match &rest[..] {
        ["namespaces", name, rest @ ..] if !of_namespace && !rest.is_empty() => (Some(*name), rest),
        ["namespaces", name, ..] if of_namespace => (Some(*name), &rest[..]),
        _ => (None, &rest[..]),
    };
    json.open("objectRef").some("resource", rest.first().copied()).some("namespace", namespace);
    json.some("name", rest.get(1).copied());
    json.some("apiGroup", Some(group).filter(|group| *group != "core")).text("apiVersion", version);
    json.some("subresource", rest.get(2..).map(|sub| sub.join("/")).as_deref()).close();
}

fn status(json: &mut Json, status: Option<Part<'_>>) {
    let number = |part: Part<'_>| std::str::from_utf8(part.raw).ok()?.parse::<u32>().ok();
    let code = status.and_then(|status| number(status.get("code")?)).unwrap_or(0);
    let message = status.and_then(|status| status.get("message")?.text());
    json.open("responseStatus").number("code", http_code(code));
    if code != 0 {
        json.text("status", "Failure");
    }
    json.some("message", message.as_deref()).close();
}

/// After the mapping in googleapis/google/rpc/code.proto.
fn http_code(code: u32) -> u32 {
    match code {
        0 => 200,
        1 => 499,
        3 | 9 | 11 => 400,
        4 => 504,
        5 => 404,
        6 | 10 => 409,
        7 => 403,
        8 => 429,
        12 => 501,
        14 => 503,
        16 => 401,
        100.. => code,
        _ => 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(method: &str, name: &str) -> String {
        let mut json = Json::new(Vec::new());
        object_ref(&mut json, method, name);
        String::from_utf8(json.end()).unwrap()
    }

    #[test]
    fn names_become_references() {
        for (method, name, expected) in [
            (
                "io.k8s.core.v1.pods.exec.create",
                "core/v1/namespaces/a/pods/b/exec",
                r#"{"resource":"pods","namespace":"a","name":"b","apiVersion":"v1","subresource":"exec"}"#,
            ),
            (
                "io.k8s.core.v1.namespaces.create",
                "core/v1/namespaces/a",
                r#"{"resource":"namespaces","namespace":"a","name":"a","apiVersion":"v1"}"#,
            ),
            (
                "io.k8s.core.v1.namespaces.list",
                "core/v1/namespaces",
                r#"{"resource":"namespaces","apiVersion":"v1"}"#,
            ),
            (
                "io.k8s.authorization.rbac.v1.clusterroles.list",
                "rbac.authorization.k8s.io/v1/clusterroles",
                r#"{"resource":"clusterroles","apiGroup":"rbac.authorization.k8s.io","apiVersion":"v1"}"#,
            ),
        ] {
            assert_eq!(reference(method, name), format!("{{\"objectRef\":{expected}}}"));
        }
        assert_eq!(reference("x", ""), "{}");
    }
}
