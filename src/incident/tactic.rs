//! What somebody is after who makes a request that no rule names.

use crate::rule::Tactic;

/// Resources that decide who may do what.
const ACCESS: &[&str] = &["clusterrolebindings", "clusterroles", "rolebindings", "roles"];
const LASTING: &[&str] = &[
    "cronjobs",
    "daemonsets",
    "mutatingwebhookconfigurations",
    "serviceaccounts",
    "validatingwebhookconfigurations",
];
const WAYS_IN: &[&str] = &["attach", "exec", "portforward", "proxy"];
const WORKLOADS: &[&str] = &["deployments", "jobs", "pods", "replicasets", "statefulsets"];

/// The tactic of a request, by its verb, its path and how it ended.
pub fn of_request(verb: &str, path: &str, code: Option<u16>) -> Tactic {
    let Object { resource, subresource } = Object::of(path);
    let reads = matches!(verb, "get" | "list" | "watch" | "head");
    let is_refused = matches!(code, Some(401 | 403));
    match (resource, subresource) {
        _ if verb.starts_with("impersonate:") => Tactic::PrivilegeEscalation,
        (_, "ephemeralcontainers") => Tactic::PrivilegeEscalation,
        (_, way) if WAYS_IN.contains(&way) => Tactic::LateralMovement,
        ("serviceaccounts", "token") | ("certificatesigningrequests", _) => Tactic::CredentialAccess,
        (name, _) if name.ends_with("reviews") => Tactic::Discovery,
        _ if code == Some(401) => Tactic::InitialAccess,
        ("secrets", _) if reads => Tactic::CredentialAccess,
        _ if reads || is_refused => Tactic::Discovery,
        ("events", _) if verb.starts_with("delete") => Tactic::DefenseEvasion,
        _ if verb.starts_with("delete") => Tactic::Impact,
        (name, _) if ACCESS.contains(&name) => Tactic::PrivilegeEscalation,
        (name, _) if LASTING.contains(&name) => Tactic::Persistence,
        (name, _) if WORKLOADS.contains(&name) => Tactic::Execution,
        _ => Tactic::Other,
    }
}

/// What a path names.
struct Object<'p> {
    resource: &'p str,
    subresource: &'p str,
}

impl Object<'_> {
    /// `/api/v1/namespaces/web/pods/x/exec`, `/apis/apps/v1/deployments`; empty outside the API. Of some requests
    /// profiles keep only what they are about: `deployments.apps/scale in web`.
    fn of(path: &str) -> Object<'_> {
        if !path.starts_with('/') {
            let object = path.split(' ').next().unwrap_or_default();
            let (name, subresource) = object.split_once('/').unwrap_or((object, ""));
            return Object { resource: name.split('.').next().unwrap_or_default(), subresource };
        }
        let mut parts = path.split('/').skip(1).peekable();
        let has_group = match parts.next() {
            Some("api") => false,
            Some("apis") => true,
            _ => return Object { resource: "", subresource: "" },
        };
        let mut parts = parts.skip(if has_group { 2 } else { 1 });
        let mut resource = parts.next().unwrap_or_default();
        let mut name = parts.next();
        if resource == "namespaces"
            && let Some(inner) = parts.clone().next().filter(|inner| !matches!(*inner, "status" | "finalize"))
        {
            (resource, name) = (inner, parts.by_ref().nth(1));
        }
        Object { resource, subresource: name.and(parts.next()).unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_tell_what_somebody_is_after() {
        for (verb, path, code, tactic) in [
            ("create", "/api/v1/namespaces/web/pods/a/exec", 101, Tactic::LateralMovement),
            ("get", "/api/v1/nodes/a/proxy/pods", 200, Tactic::LateralMovement),
            ("list", "/api/v1/secrets", 200, Tactic::CredentialAccess),
            ("get", "/api/v1/namespaces/web/secrets/db", 403, Tactic::CredentialAccess),
            ("create", "/api/v1/namespaces/web/serviceaccounts/bot/token", 201, Tactic::CredentialAccess),
            ("create", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 201, Tactic::Discovery),
            (
                "create",
                "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
                201,
                Tactic::PrivilegeEscalation,
            ),
            ("create", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", 403, Tactic::Discovery),
            ("create", "/apis/batch/v1/namespaces/web/cronjobs", 201, Tactic::Persistence),
            ("delete", "/api/v1/namespaces/web", 200, Tactic::Impact),
            ("delete", "/api/v1/namespaces/web/events/x", 200, Tactic::DefenseEvasion),
            ("get", "/debug/pprof", 403, Tactic::Discovery),
            ("get", "/version", 401, Tactic::InitialAccess),
            ("create", "/api/v1/namespaces/web/pods", 201, Tactic::Execution),
            ("update", "/api/v1/namespaces/web/configmaps/x", 200, Tactic::Other),
            ("patch", "/api/v1/namespaces/web/pods/x/ephemeralcontainers", 200, Tactic::PrivilegeEscalation),
            ("get", "secrets in web", 200, Tactic::CredentialAccess),
            ("create", "pods/exec in web", 101, Tactic::LateralMovement),
            ("create", "clusterrolebindings.rbac.authorization.k8s.io", 201, Tactic::PrivilegeEscalation),
            ("impersonate:list", "pods", 403, Tactic::PrivilegeEscalation),
            ("", "", 200, Tactic::Other),
        ] {
            assert_eq!(of_request(verb, path, Some(code)), tactic, "{verb} {path} {code}");
        }
    }
}
