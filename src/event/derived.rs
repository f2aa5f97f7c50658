//! Fields that no record holds as such: who acted in effect, how it ended, what was run.

use super::{Event, Slot, Text, Value, json};
use crate::time;
use std::borrow::Cow;

type See<'s, 'a> = &'s mut dyn FnMut(Value<'a>) -> bool;

pub const PRINCIPAL_KINDS: &[&str] = &["human", "service-account", "node", "control-plane", "anonymous"];
pub const OUTCOMES: &[&str] = &["allowed", "denied", "unauthenticated", "failed"];

/// The service accounts that kube-controller-manager runs its controllers with, all in `kube-system`.
/// Source: `kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go`.
const CONTROLLERS: &[&str] = &[
    "attachdetach-controller",
    "bootstrap-signer",
    "certificate-controller",
    "cloud-provider",
    "clusterrole-aggregation-controller",
    "cronjob-controller",
    "daemon-set-controller",
    "deployment-controller",
    "device-taint-eviction-controller",
    "disruption-controller",
    "endpoint-controller",
    "endpointslice-controller",
    "endpointslicemirroring-controller",
    "ephemeral-volume-controller",
    "expand-controller",
    "generic-garbage-collector",
    "horizontal-pod-autoscaler",
    "job-controller",
    "kube-apiserver-serving-clustertrustbundle-publisher",
    "legacy-service-account-token-cleaner",
    "namespace-controller",
    "node-controller",
    "persistent-volume-binder",
    "pod-garbage-collector",
    "pv-protection-controller",
    "pvc-protection-controller",
    "replicaset-controller",
    "replication-controller",
    "resource-claim-controller",
    "resourcequota-controller",
    "root-ca-cert-publisher",
    "route-controller",
    "selinux-warning-controller",
    "service-account-controller",
    "service-cidrs-controller",
    "service-controller",
    "statefulset-controller",
    "storage-version-migrator-controller",
    "taint-eviction-controller",
    "token-cleaner",
    "ttl-after-finished-controller",
    "ttl-controller",
    "validatingadmissionpolicy-status-controller",
    "volumeattributesclass-protection-controller",
];

/// System names that people, not programs, act under.
const SYSTEM_PEOPLE: &[&str] = &["system:admin", "system:masters"];

const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

impl<'a> Event<'a> {
    /// The effective principal's name. A 401 has an empty `user`, which gives the empty name.
    pub fn principal(&self) -> Option<Text<'a>> {
        let name = self.text(Slot::ImpersonatedUsername).or_else(|| self.text(Slot::Username));
        name.or_else(|| self.has(Slot::User).then(|| Text::plain("")))
    }

    /// The person behind a user name that several share, where the record names one: the session of an AWS role,
    /// the OpenShift or Rancher user. `None` where the principal itself says as much.
    pub fn person(&self) -> Option<Cow<'a, str>> {
        let noted = || self.annotation("authentication.openshift.io/username");
        let name = self.raw(Slot::UserExtra).and_then(person_in_extra).or_else(noted)?;
        let says_so = |known: Text<'a>| known.decode().to_lowercase().contains(&name.to_lowercase());
        let known = self.principal().is_some_and(says_so) || self.text(Slot::Username).is_some_and(says_so);
        (!known && !name.is_empty()).then_some(name)
    }

    /// The address that the API server itself saw.
    pub fn source_ip(&self) -> Option<Text<'a>> {
        let addresses = self.raw(Slot::SourceIps)?;
        json::only_text(addresses).or_else(|| json::texts(addresses).last())
    }

    /// HTTP status code of the answer.
    pub fn code(&self) -> Option<u16> {
        match self.raw(Slot::Code)? {
            &[a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
                Some([a, b, c].iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')))
            }
            other => std::str::from_utf8(other).ok()?.parse().ok(),
        }
    }

    /// When it happened, in microseconds since 1970 (UTC).
    pub fn time(&self) -> Option<i64> {
        time::parse(self.time_text()?.raw())
    }

    /// The time as the record writes it.
    pub fn time_text(&self) -> Option<Text<'a>> {
        [Slot::Received, Slot::StageTime, Slot::Timestamp].into_iter().find_map(|slot| self.text(slot))
    }

    /// How the request ended; `None` when the record holds no answer.
    pub fn outcome(&self) -> Option<&'static str> {
        match self.code() {
            Some(401) => Some("unauthenticated"),
            Some(403) => Some("denied"),
            Some(code) if code >= 400 => Some("failed"),
            Some(_) => Some("allowed"),
            None => match &*self.annotation("authorization.k8s.io/decision")? {
                "forbid" => Some("denied"),
                _ => None,
            },
        }
    }

    /// The value of one annotation.
    pub fn annotation(&self, key: &str) -> Option<Cow<'a, str>> {
        let mut found = json::members(self.raw(Slot::Annotations)?).filter(|(name, _)| name.decode() == key);
        json::value(found.next()?.1).to_text()
    }

    /// The resource as kubectl names it, with group and subresource: `deployments.apps/scale`.
    pub fn resource(&self) -> Option<Cow<'a, str>> {
        let mut name = self.decoded(Slot::Resource)?;
        for (sign, slot) in [('.', Slot::ApiGroup), ('/', Slot::Subresource)] {
            if let Some(part) = self.decoded(slot).filter(|part| !part.is_empty()) {
                let name = name.to_mut();
                name.push(sign);
                name.push_str(&part);
            }
        }
        Some(name)
    }

    /// Shows the images of all containers of a workload's body, as they stand there.
    pub fn images(&self, see: &mut dyn FnMut(&str)) {
        super::body::images(self, see);
    }

    /// The command line of an exec, its parts joined by blanks.
    pub fn command(&self) -> Option<String> {
        let uri = self.decoded(Slot::RequestUri)?;
        let (_, query) = uri.split_once('?')?;
        let of_command = arguments(query).filter(|(key, _)| *key == "command");
        let words: Vec<_> = of_command.map(|(_, word)| percent_decode(word)).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }
}

pub fn principal<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    event.principal().is_some_and(|name| !name.is_empty() && see(Value::Text(name)))
}

pub fn principal_kind<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    event.principal().is_some_and(|name| see(said(kind_of(&name.decode()))))
}

pub fn principal_name<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    let Some(name) = event.principal().map(|name| name.decode()) else { return false };
    let own = match account(&name) {
        Some((_, account)) => account,
        None => name.strip_prefix("system:node:").unwrap_or(&name),
    };
    !own.is_empty() && see(Value::Said(Cow::Owned(own.to_owned())))
}

pub fn principal_namespace<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    let Some(name) = event.principal().map(|name| name.decode()) else { return false };
    account(&name).is_some_and(|(namespace, _)| see(Value::Said(Cow::Owned(namespace.to_owned()))))
}

/// Namespace and name of a service account.
fn account(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(SERVICE_ACCOUNT)?.split_once(':')
}

/// What kind of principal bears this name.
pub fn kind_of(name: &str) -> &'static str {
    if let Some(account) = name.strip_prefix(SERVICE_ACCOUNT) {
        let controller =
            account.strip_prefix("kube-system:").is_some_and(|name| CONTROLLERS.binary_search(&name).is_ok());
        return if controller { "control-plane" } else { "service-account" };
    }
    match name {
        "" | "system:anonymous" => "anonymous",
        _ if name.starts_with("system:node:") || name.starts_with("system:bootstrap:") => "node",
        _ if SYSTEM_PEOPLE.contains(&name) => "human",
        _ if name.starts_with("system:") || name.starts_with("eks:") || name == "aksService" => {
            "control-plane"
        }
        _ => "human",
    }
}

pub fn identity<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    let names = [Slot::Username, Slot::ImpersonatedUsername];
    if names.into_iter().filter_map(|slot| event.text(slot)).any(|name| see_name(name, see)) {
        return true;
    }
    let extras = [Slot::UserExtra, Slot::ImpersonatedExtra];
    extras.into_iter().filter_map(|slot| event.raw(slot)).any(|raw| see_extra(raw, see))
        || event.annotation("authentication.openshift.io/username").is_some_and(|name| see(Value::Said(name)))
}

fn see_name<'a>(name: Text<'a>, see: See<'_, 'a>) -> bool {
    if see(Value::Text(name)) {
        return true;
    }
    let name = name.decode();
    let Some(account) = name.strip_prefix(SERVICE_ACCOUNT) else { return false };
    see(Value::Said(Cow::Owned(account.replacen(':', "/", 1))))
}

/// Keys of `user.extra` under which authenticators keep the person behind a shared user: EKS, Rancher, OIDC.
const PERSON_KEYS: &[&str] =
    &["arn", "canonicalarn", "email", "principalid", "sessionname", "upn", "username"];

fn see_extra<'a>(extra: &'a [u8], see: See<'_, 'a>) -> bool {
    json::members(extra).any(|(key, values)| {
        let key = key.decode().to_ascii_lowercase();
        let key = key.rsplit(['/', '.']).next().unwrap_or(&key);
        PERSON_KEYS.contains(&key) && json::walk(values, &[], &mut |value| see_person(value, see))
    })
}

/// The value, and the last part of an ARN (`arn:aws:sts::1:assumed-role/Admin/johnD`).
fn see_person<'a>(value: Value<'a>, see: See<'_, 'a>) -> bool {
    let last = value.to_text().and_then(|text| Some(text.rsplit_once(['/', ':'])?.1.to_owned()));
    see(value) || last.is_some_and(|last| see(Value::Said(Cow::Owned(last))))
}

pub fn person<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    event.person().is_some_and(|name| see(Value::Said(name)))
}

/// Keys of `user.extra` that name a person, the plainest first.
const NAME_KEYS: [&str; 5] = ["sessionname", "username", "email", "upn", "arn"];

fn person_in_extra(extra: &[u8]) -> Option<Cow<'_, str>> {
    let mut best: Option<(usize, Cow<'_, str>)> = None;
    for (key, values) in json::members(extra) {
        let key = key.decode().to_ascii_lowercase();
        let key = key.rsplit(['/', '.']).next().unwrap_or(&key);
        let Some(rank) = NAME_KEYS.iter().position(|known| *known == key) else { continue };
        if best.as_ref().is_none_or(|(known, _)| rank < *known) {
            let name = json::texts(values).next().map(|text| text.decode()).filter(|name| !name.is_empty());
            best = name.map(|name| (rank, last_of_arn(name))).or(best);
        }
    }
    best.map(|(_, name)| name)
}

/// `johnD` of `arn:aws:sts::1:assumed-role/Admin/johnD`.
fn last_of_arn(name: Cow<'_, str>) -> Cow<'_, str> {
    match name.rsplit_once('/') {
        Some((_, last)) if name.starts_with("arn:") && !last.is_empty() => Cow::Owned(last.to_owned()),
        _ => name,
    }
}

pub fn source_ip<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    event.source_ip().is_some_and(|address| see(Value::Text(address)))
}

pub fn claimed_ips<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    let Some(raw) = event.raw(Slot::SourceIps) else { return false };
    let mut addresses = json::texts(raw).peekable();
    while let Some(address) = addresses.next() {
        if addresses.peek().is_some() && see(Value::Text(address)) {
            return true;
        }
    }
    false
}

pub fn resource<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    let part = |slot| event.decoded(slot).filter(|part| !part.is_empty());
    let Some(plain) = part(Slot::Resource) else { return false };
    let grouped = part(Slot::ApiGroup).map(|group| format!("{plain}.{group}"));
    let sub = part(Slot::Subresource).map(|sub| format!("/{sub}"));
    let names = [Some(plain.into_owned()), grouped];
    names.into_iter().flatten().any(|name| {
        sub.as_ref().is_some_and(|sub| see(Value::Said(Cow::Owned(format!("{name}{sub}")))))
            || see(Value::Said(Cow::Owned(name)))
    })
}

pub fn direction<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    event.text(Slot::Verb).is_some_and(|verb| see(said(direction_of(&verb.decode()))))
}

/// Whether a verb reads or writes.
pub fn direction_of(verb: &str) -> &'static str {
    match verb {
        "get" | "list" | "watch" | "head" | "options" => "read",
        _ => "write",
    }
}

pub fn outcome<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    event.outcome().is_some_and(|outcome| see(said(outcome)))
}

pub fn command<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    event.command().is_some_and(|line| see(Value::Said(Cow::Owned(line))))
}

pub fn agent_family<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    let Some(agent) = event.decoded(Slot::UserAgent) else { return false };
    let family = agent.trim_start().split(['/', ' ', '(', '\t']).next().unwrap_or_default();
    !family.is_empty() && see(Value::Said(Cow::Owned(family.to_owned())))
}

pub fn uri_path<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    let Some(uri) = event.decoded(Slot::RequestUri) else { return false };
    see(Value::Said(Cow::Owned(path_of(&uri).to_owned())))
}

pub fn uri_template<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    let Some(uri) = event.decoded(Slot::RequestUri) else { return false };
    see(Value::Said(Cow::Owned(template(path_of(&uri)))))
}

pub fn path_of(uri: &str) -> &str {
    uri.split_once('?').map_or(uri, |(path, _)| path)
}

/// `/api/v1/namespaces/web/pods/x/log` -> `/api/v1/namespaces/{namespace}/pods/{name}/log`. What stands
/// behind `proxy` is the business of the program behind it. Paths outside the API stay as they are.
fn template(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let prefix = match parts.get(1) {
        Some(&"api") => 3,
        Some(&"apis") => 4,
        _ => return path.to_owned(),
    };
    let mut out: Vec<&str> = parts.iter().take(prefix).copied().collect();
    let mut rest = parts.get(prefix..).unwrap_or_default();
    if let ["watch", after @ ..] = rest {
        out.push("watch");
        rest = after;
    }
    if let ["namespaces", _, after @ ..] = rest {
        out.extend(["namespaces", "{namespace}"]);
        rest = after;
    }
    if let [resource, after @ ..] = rest {
        out.push(resource);
        rest = after;
    }
    if let [_, after @ ..] = rest {
        out.push("{name}");
        rest = after;
    }
    match rest {
        ["proxy", _, ..] => out.extend(["proxy", "*"]),
        _ => out.extend(rest),
    }
    out.join("/")
}

pub fn latency<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    let micros = |slot| time::parse(event.text(slot)?.raw());
    let (Some(from), Some(to)) = (micros(Slot::Received), micros(Slot::StageTime)) else { return false };
    see(Value::Said(Cow::Owned(format!("{:.6}", (to.saturating_sub(from)) as f64 / 1e6))))
}

pub fn time<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    event.time_text().is_some_and(|time| see(Value::Text(time)))
}

pub fn cluster<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    event.cluster().is_some_and(|name| see(Value::Said(Cow::Borrowed(name))))
}

pub fn record<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    json::scalars(event.record(), see)
}

fn said(text: &'static str) -> Value<'static> {
    Value::Said(Cow::Borrowed(text))
}

/// The arguments of a query string, as they are written there.
pub fn arguments(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// What an argument of a query string says.
pub fn percent_decode(text: &str) -> String {
    let mut rest = text.as_bytes();
    let mut out = Vec::with_capacity(rest.len());
    while let Some(at) = memchr::memchr2(b'%', b'+', rest) {
        let (plain, sign) = rest.split_at(at);
        out.extend_from_slice(plain);
        let (byte, length) = match escaped(sign) {
            Some(byte) => (byte, 3),
            None if sign[0] == b'+' => (b' ', 1),
            None => (b'%', 1),
        };
        out.push(byte);
        rest = &sign[length..];
    }
    out.extend_from_slice(rest);
    String::from_utf8(out).unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned())
}

/// The byte for which `%` and two digits stand.
fn escaped(text: &[u8]) -> Option<u8> {
    let &[b'%', high, low, ..] = text else { return None };
    let digit = |byte| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controllers_are_sorted_as_they_are_searched_by_halves() {
        assert!(CONTROLLERS.is_sorted());
    }

    #[test]
    fn principal_kinds() {
        for (name, kind) in [
            ("", "anonymous"),
            ("system:anonymous", "anonymous"),
            ("system:node:a", "node"),
            ("system:serviceaccount:kube-system:job-controller", "control-plane"),
            ("system:serviceaccount:web:job-controller", "service-account"),
            ("system:kube-scheduler", "control-plane"),
            ("system:admin", "human"),
            ("kubernetes-admin", "human"),
        ] {
            assert_eq!(kind_of(name), kind, "{name}");
        }
    }

    #[test]
    fn principals_have_a_name_of_their_own() {
        let of = |user: &str| {
            let line = format!(
                r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","user":{{"username":"{user}"}}}}"#
            );
            let (mut decoder, mut names) = (crate::event::Decoder::default(), Vec::new());
            let (event, _) = decoder.decode(line.as_bytes(), None).unwrap();
            for get in [principal_name, principal_namespace] {
                get(&event, &[], &mut |value| {
                    names.push(value.to_text().unwrap().into_owned());
                    true
                });
            }
            names.join(" ")
        };
        assert_eq!(of("system:serviceaccount:web:api"), "api web");
        assert_eq!(of("system:node:n-1"), "n-1");
        assert_eq!(of("oidc:ana@corp.example"), "oidc:ana@corp.example");
        assert_eq!(of(""), "");
    }

    #[test]
    fn uri_templates() {
        for (path, expected) in [
            ("/api/v1/namespaces/web/pods/x/log", "/api/v1/namespaces/{namespace}/pods/{name}/log"),
            ("/api/v1/namespaces/web", "/api/v1/namespaces/{namespace}"),
            ("/api/v1/pods", "/api/v1/pods"),
            ("/apis/apps/v1/namespaces/web/deployments", "/apis/apps/v1/namespaces/{namespace}/deployments"),
            ("/api/v1/nodes/n1/proxy/run/a/b", "/api/v1/nodes/{name}/proxy/*"),
            ("/api/v1/watch/namespaces/web/pods", "/api/v1/watch/namespaces/{namespace}/pods"),
            ("/debug/pprof/heap", "/debug/pprof/heap"),
            ("/api", "/api"),
            ("", ""),
        ] {
            assert_eq!(template(path), expected);
        }
    }

    #[test]
    fn percent_codes_that_are_none_stay_as_they_are() {
        assert_eq!(percent_decode("a%20b+c%zz%e4%"), "a b c%zz\u{fffd}%");
        assert_eq!(percent_decode("%ü"), "%ü");
        assert_eq!(percent_decode("%2Fbin%2fsh%+f%2"), "/bin/sh% f%2");
    }
}
