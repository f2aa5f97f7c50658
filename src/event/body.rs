//! What is put together from the body of a pod, and the record as JSON text at any path.

use super::{Event, Slot, Value, json};
use std::borrow::Cow;

type See<'s, 'a> = &'s mut dyn FnMut(Value<'a>) -> bool;

/// The keys below `pod`.
pub const POD_KEYS: &[&str] = &["repository", "hostPort", "runAsUser", "runAsGroup", "volumeType"];

/// `pod.KEY` of all containers (volumes), `pod.KEY[0]` of the first.
pub fn pod<'a>(event: &Event<'a>, path: &[String], see: See<'_, 'a>) -> bool {
    let Some(spec) = event.raw(Slot::RequestObject).and_then(|body| json::member(body, "spec")) else {
        return false;
    };
    let Some((key, rest)) = path.split_first() else { return false };
    let list = json::member(spec, if key == "volumeType" { "volumes" } else { "containers" });
    let wanted = rest.first().map(|index| json::index(index));
    let each = json::elements(list.unwrap_or_default()).enumerate();
    let mut each = each.filter(|(at, _)| wanted.is_none_or(|index| index == Some(*at)));
    each.any(|(_, element)| match key.as_str() {
        "repository" => json::member(element, "image").is_some_and(|image| repository(image, see)),
        "hostPort" => json::member(element, "ports").is_some_and(|ports| host_ports(ports, see)),
        "volumeType" => json::members(element)
            .map(|(name, _)| name.decode())
            .filter(|name| name != "name")
            .any(|name| see(Value::Said(name))),
        "runAsUser" | "runAsGroup" => see(effective(element, spec, key)),
        _ => false,
    })
}

/// Where in their `spec` workloads keep the pods that they make: cron jobs, other workloads, pods themselves.
const POD_SPECS: [&[&str]; 3] = [&["jobTemplate", "spec", "template", "spec"], &["template", "spec"], &[]];

/// The lists of containers of a pod.
const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// Any path within the pod of a workload's body, wherever that keeps it.
pub fn pod_spec<'a>(event: &Event<'a>, path: &[String], see: See<'_, 'a>) -> bool {
    pod_specs(event).any(|spec| json::walk(spec, path, see))
}

fn pod_specs<'a>(event: &Event<'a>) -> impl Iterator<Item = &'a [u8]> {
    let own = event.raw(Slot::RequestObject).and_then(|body| json::member(body, "spec"));
    let below = move |keys: &&[&str]| keys.iter().try_fold(own?, |object, key| json::member(object, key));
    POD_SPECS.iter().filter_map(below)
}

/// Shows the images of all containers of a workload's body.
pub fn images(event: &Event<'_>, see: &mut dyn FnMut(&str)) {
    let Some(spec) = pod_specs(event).next() else { return };
    let lists = CONTAINERS.iter().filter_map(|key| json::member(spec, key));
    let images = lists.flat_map(json::elements).filter_map(|container| json::member(container, "image"));
    images.filter_map(|image| json::value(image).to_text()).for_each(|image| see(&image));
}

/// The image without tag and digest. A colon before the last slash is that of a port.
fn repository<'a>(image: &'a [u8], see: See<'_, 'a>) -> bool {
    let Some(image) = json::value(image).to_text() else { return false };
    let name = image.split('@').next().unwrap_or_default();
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    let end = name[slash..].find(':').map_or(name.len(), |at| slash + at);
    see(Value::Said(Cow::Owned(name[..end].to_owned())))
}

/// The port of the host, or that of the container, which is the same to a pod in the host's network.
fn host_ports<'a>(ports: &'a [u8], see: See<'_, 'a>) -> bool {
    let port = |port| json::member(port, "hostPort").or_else(|| json::member(port, "containerPort"));
    json::elements(ports).filter_map(port).any(|port| see(json::value(port)))
}

/// What the container asks for, else the pod, else 0 (root).
fn effective<'a>(container: &'a [u8], spec: &'a [u8], key: &str) -> Value<'a> {
    let of = |object| json::member(json::member(object, "securityContext")?, key);
    of(container).or_else(|| of(spec)).map_or(Value::Number(b"0"), json::value)
}

/// The slots that hold a whole member of the record, which spares a walk over it.
const SLOTS: &[(&str, &[Slot])] = &[
    ("requestObject", &[Slot::RequestObject]),
    ("responseObject", &[Slot::ResponseObject]),
    ("annotations", &[Slot::Annotations]),
    ("objectRef", &[Slot::ObjectRef]),
    ("user", &[Slot::User]),
    ("responseStatus", &[Slot::ResponseStatus]),
    ("sourceIPs", &[Slot::SourceIps]),
];

/// What stands at a path, as text: scalars as they are, objects and arrays as compact JSON. Arrays are not
/// crossed: `[0]` names an element, `*` each of them.
pub fn json<'a>(event: &Event<'a>, path: &[String], see: See<'_, 'a>) -> bool {
    let slot = path.first().and_then(|key| SLOTS.iter().find(|(name, _)| name == key));
    match slot.and_then(|(_, slots)| event.raw(*slots.first()?)) {
        Some(raw) => at(raw, path.get(1..).unwrap_or_default(), see),
        None => at(event.record(), path, see),
    }
}

/// The slots that hold what `json` has at a path.
pub fn json_needs(path: &[String]) -> &'static [Slot] {
    let slot = path.first().and_then(|key| SLOTS.iter().find(|(name, _)| name == key));
    slot.map_or(&[], |(_, slots)| slots)
}

fn at<'a>(raw: &'a [u8], path: &[String], see: See<'_, 'a>) -> bool {
    let Some((key, rest)) = path.split_first() else { return see(whole(raw)) };
    match raw.first() {
        Some(b'[') if key == "*" => json::elements(raw).any(|element| at(element, rest, see)),
        Some(b'[') => {
            let element = json::index(key).and_then(|index| json::elements(raw).nth(index));
            element.is_some_and(|element| at(element, rest, see))
        }
        Some(b'{') => {
            let key = json::index(key).map_or(Cow::Borrowed(key.as_str()), |at| Cow::Owned(at.to_string()));
            json::members(raw).filter(|(name, _)| name.decode() == key).any(|(_, value)| at(value, rest, see))
        }
        _ => false,
    }
}

fn whole(raw: &[u8]) -> Value<'_> {
    match raw.first() {
        Some(b'{' | b'[') => Value::Said(Cow::Owned(compact(raw))),
        _ => json::value(raw),
    }
}

/// JSON text without the blanks between its parts.
fn compact(raw: &[u8]) -> String {
    let mut out = Vec::with_capacity(raw.len());
    let (mut quoted, mut escaped) = (false, false);
    for &byte in raw {
        if quoted || !byte.is_ascii_whitespace() {
            out.push(byte);
        }
        quoted ^= byte == b'"' && !escaped;
        escaped = quoted && byte == b'\\' && !escaped;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use crate::event::{Decoder, Field};

    const RECORD: &str = r#"{"verb":"create","auditID":"x","requestObject":{"kind":"Pod","spec":{
        "securityContext":{"runAsUser":7},
        "containers":[{"image":"localhost:5000/a/b:1@sha256:0","ports":[{"hostPort":80},{"containerPort":81}]},
                      {"image":"busybox","securityContext":{"runAsUser":1000,"runAsGroup":5}}],
        "volumes":[{"name":"v","hostPath":{"path":"/ \"x"}},{"emptyDir":{}}]}}}"#;

    fn values(field: &str) -> Vec<String> {
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(RECORD.as_bytes(), None).unwrap();
        let mut found = Vec::new();
        Field::parse(field).unwrap().any(&event, &mut |value| {
            found.extend(value.to_text().map(|text| text.into_owned()));
            false
        });
        found
    }

    #[test]
    fn what_the_containers_of_a_pod_ask_for() {
        for (field, expected) in [
            ("pod.repository", &["localhost:5000/a/b", "busybox"][..]),
            ("pod.repository[1]", &["busybox"]),
            ("pod.repository[2]", &[]),
            ("pod.hostPort", &["80", "81"]),
            ("pod.runAsUser", &["7", "1000"]),
            ("pod.runAsGroup", &["0", "5"]),
            ("pod.runAsUser[0]", &["7"]),
            ("pod.volumeType", &["hostPath", "emptyDir"]),
            ("pod.volumeType[1]", &["emptyDir"]),
        ] {
            assert_eq!(values(field), expected, "{field}");
        }
    }

    #[test]
    fn json_text_at_a_path() {
        assert_eq!(values("json.verb"), ["create"]);
        assert_eq!(
            values("json.requestObject.spec.volumes"),
            [r#"[{"name":"v","hostPath":{"path":"/ \"x"}},{"emptyDir":{}}]"#]
        );
        assert_eq!(values("json.requestObject.spec.volumes.*").len(), 2);
        assert_eq!(values("json.requestObject.spec.volumes[1]"), [r#"{"emptyDir":{}}"#]);
        assert_eq!(values("json.requestObject.spec.containers[1].image"), ["busybox"]);
        assert!(values("json.requestObject.spec.containers.image").is_empty(), "arrays are not crossed");
        assert!(values("json.requestObject.nothing").is_empty());
        assert_eq!(values("json").len(), 1);
    }

    #[test]
    fn one_element_of_an_array() {
        assert_eq!(values("requestObject.spec.containers[1].image"), ["busybox"]);
        assert_eq!(values("requestObject.spec.containers.image").len(), 2);
        assert!(values("requestObject.spec.containers[9].image").is_empty());
    }
}
