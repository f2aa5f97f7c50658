//! The audit log of Rancher's own API, which proxies requests to clusters under `/k8s/clusters/<id>`.
//!
//! Source of the shape: rancher-docs, "Enabling the API Audit Log".

use crate::envelope::lacks::Lacks;
use crate::envelope::parts::{Object, Part};
use crate::envelope::peel::{Look, Peel};
use crate::envelope::uri::Target;
use crate::envelope::write::Json;
use crate::event::{Bad, Slot};

const LACKS: Lacks =
    Lacks::of(&[Slot::Level, Slot::Annotations, Slot::Impersonated, Slot::ImpersonatedUsername]);

pub fn recognise(look: Look<'_>) -> bool {
    let Some(object) = look.object() else { return false };
    object.has("auditID") && object.has("method") && object.has("requestURI") && !object.has("verb")
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(object) = look.object() else { return peel.unknown(look) };
    let uri = object.get("requestURI").and_then(Part::text).unwrap_or_default();
    let (cluster, uri) = proxied(&uri);
    let mut peel = peel.about(Some(cluster), None);
    let event = mapped(object, uri, peel.buffer());
    if object.part.whole {
        return peel.written(event, object.part.at, LACKS);
    }
    peel.piece(&event, object.part.at, Bad::Cut);
    peel.give_back(event);
}

/// The cluster that a request goes to, and its path there. Rancher's own cluster is called `local`.
fn proxied(uri: &str) -> (&str, &str) {
    match uri.strip_prefix("/k8s/clusters/").and_then(|rest| rest.find('/').map(|at| rest.split_at(at))) {
        Some((cluster, uri)) => (cluster, uri),
        None => ("local", uri),
    }
}

fn mapped(object: Object<'_>, uri: &str, buffer: Vec<u8>) -> Vec<u8> {
    let target = Target::of(uri);
    let method = object.get("method").and_then(Part::text).unwrap_or_default();
    let verb = target.as_ref().map_or(method.to_ascii_lowercase(), |target| target.verb(&method).to_owned());
    let mut json = Json::event(buffer);
    json.part("auditID", object.get("auditID")).text("stage", "ResponseComplete");
    json.text("requestURI", uri).text("verb", &verb);
    if let Some(user) = object.get("user").filter(|user| user.is_object()) {
        json.open("user").part("username", user.get("name")).part("groups", user.get("group"));
        json.part("extra", user.get("extra").filter(|extra| extra.is_object())).close();
    }
    if let Some(address) = object.get("remoteAddr").and_then(Part::text) {
        json.texts("sourceIPs", [without_port(&address)]);
    }
    let agent = object.get("requestHeader").and_then(|headers| headers.get("User-Agent"));
    let agent = agent.and_then(|agent| if agent.is_array() { agent.elements().next() } else { Some(agent) });
    json.some("userAgent", agent.and_then(Part::text).as_deref());
    if let Some(target) = target {
        target.write(&mut json);
    }
    if let Some(code) = object.get("responseCode").filter(|code| code.raw.iter().all(u8::is_ascii_digit)) {
        json.open("responseStatus").raw("code", code.raw).close();
    }
    json.part("requestObject", object.get("requestBody")).part("responseObject", object.get("responseBody"));
    json.part("requestReceivedTimestamp", object.get("requestTimestamp"));
    json.part("stageTimestamp", object.get("responseTimestamp"));
    json.end()
}

/// `203.0.113.7:58652`, `[2001:db8::1]:443`
fn without_port(address: &str) -> &str {
    let host = address.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
    host.map_or(address, |(host, _)| host).trim_matches(['[', ']'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_port() {
        for (address, host) in [
            ("1.2.3.4:5", "1.2.3.4"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("", ""),
        ] {
            assert_eq!(without_port(address), host);
        }
    }
}
