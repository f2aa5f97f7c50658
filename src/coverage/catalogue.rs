//! The requests of any cluster, on which a policy is tried where no log shows any.

use super::row::{Row, Shape, Target};
use crate::inventory::Stage;
use crate::policy::{self, AuditPolicy, Level, StageSet, callers};

const ALL: &[&str] = &["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
const CREATE: &[&str] = &["create"];
/// Clients that speak WebSocket use GET.
const CONNECT: &[&str] = &["create", "get"];
const PROXY: &[&str] = &["get", "create", "update", "patch", "delete"];
const CHANGE: &[&str] = &["get", "update", "patch"];

/// Group, resource, subresource and verbs.
/// Source: `kubectl api-resources -o wide` and the discovery documents of Kubernetes 1.36.
const KINDS: &[(&str, &str, &str, &[&str])] = &[
    ("", "bindings", "", CREATE),
    ("", "configmaps", "", ALL),
    ("", "endpoints", "", ALL),
    ("", "events", "", ALL),
    ("", "limitranges", "", ALL),
    ("", "namespaces", "", ALL),
    ("", "namespaces", "finalize", &["update"]),
    ("", "nodes", "", ALL),
    ("", "nodes", "proxy", PROXY),
    ("", "nodes", "status", CHANGE),
    ("", "persistentvolumeclaims", "", ALL),
    ("", "persistentvolumes", "", ALL),
    ("", "pods", "", ALL),
    ("", "pods", "attach", CONNECT),
    ("", "pods", "binding", CREATE),
    ("", "pods", "ephemeralcontainers", CHANGE),
    ("", "pods", "eviction", CREATE),
    ("", "pods", "exec", CONNECT),
    ("", "pods", "log", &["get"]),
    ("", "pods", "portforward", CONNECT),
    ("", "pods", "proxy", PROXY),
    ("", "pods", "status", CHANGE),
    ("", "replicationcontrollers", "", ALL),
    ("", "resourcequotas", "", ALL),
    ("", "secrets", "", ALL),
    ("", "serviceaccounts", "", ALL),
    ("", "serviceaccounts", "token", CREATE),
    ("", "services", "", ALL),
    ("", "services", "proxy", PROXY),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "", ALL),
    ("admissionregistration.k8s.io", "validatingadmissionpolicies", "", ALL),
    ("admissionregistration.k8s.io", "validatingadmissionpolicybindings", "", ALL),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations", "", ALL),
    ("apiextensions.k8s.io", "customresourcedefinitions", "", ALL),
    ("apiregistration.k8s.io", "apiservices", "", ALL),
    ("apps", "controllerrevisions", "", ALL),
    ("apps", "daemonsets", "", ALL),
    ("apps", "deployments", "", ALL),
    ("apps", "deployments", "scale", CHANGE),
    ("apps", "replicasets", "", ALL),
    ("apps", "statefulsets", "", ALL),
    ("authentication.k8s.io", "selfsubjectreviews", "", CREATE),
    ("authentication.k8s.io", "tokenreviews", "", CREATE),
    ("authorization.k8s.io", "localsubjectaccessreviews", "", CREATE),
    ("authorization.k8s.io", "selfsubjectaccessreviews", "", CREATE),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "", CREATE),
    ("authorization.k8s.io", "subjectaccessreviews", "", CREATE),
    ("autoscaling", "horizontalpodautoscalers", "", ALL),
    ("batch", "cronjobs", "", ALL),
    ("batch", "jobs", "", ALL),
    ("certificates.k8s.io", "certificatesigningrequests", "", ALL),
    ("certificates.k8s.io", "certificatesigningrequests", "approval", CHANGE),
    ("coordination.k8s.io", "leases", "", ALL),
    ("discovery.k8s.io", "endpointslices", "", ALL),
    ("events.k8s.io", "events", "", ALL),
    ("networking.k8s.io", "ingresses", "", ALL),
    ("networking.k8s.io", "networkpolicies", "", ALL),
    ("policy", "poddisruptionbudgets", "", ALL),
    ("rbac.authorization.k8s.io", "clusterrolebindings", "", ALL),
    ("rbac.authorization.k8s.io", "clusterroles", "", ALL),
    ("rbac.authorization.k8s.io", "rolebindings", "", ALL),
    ("rbac.authorization.k8s.io", "roles", "", ALL),
    ("scheduling.k8s.io", "priorityclasses", "", ALL),
    ("storage.k8s.io", "storageclasses", "", ALL),
];

/// Paths that are no resource and no mere health check.
const PATHS: &[&str] = &["/", "/api", "/apis", "/openapi/v2", "/version", "/metrics", "/logs/"];

/// What is recorded of each request of [`usual`] clusters under a policy; without one, all of it.
pub fn usual(policy: Option<&AuditPolicy>) -> Vec<Row> {
    let resources = KINDS.iter().flat_map(|(group, resource, sub, verbs)| {
        verbs.iter().map(|verb| (Target::resource(group, resource, sub), *verb))
    });
    let paths = PATHS.iter().map(|path| (Target::Path(Some((*path).to_owned())), "get"));
    let mut rows = Vec::new();
    for (target, verb) in resources.chain(paths) {
        rows.extend(callers().iter().map(|caller| row(policy, caller, &target, verb)));
    }
    rows
}

fn row(policy: Option<&AuditPolicy>, caller: &policy::Caller, target: &Target, verb: &str) -> Row {
    let mut stages = StageSet::default();
    let wanted = match target {
        Target::Resource { group, resource, subresource } => {
            policy::Target::Resource { group, resource, subresource, namespace: "default", name: "" }
        }
        Target::Path(path) => policy::Target::Path(path.as_deref().unwrap_or_default()),
    };
    let request = policy::Request { user: caller.user, groups: caller.groups, verb, target: wanted };
    let decision = policy.map(|policy| policy.decide(&request));
    let omitted = decision.map(|decision| decision.omitted).unwrap_or_default();
    let usual = [Stage::RequestReceived, Stage::ResponseComplete];
    usual.into_iter().filter(|stage| !omitted.has(*stage)).for_each(|stage| stages.add(stage));
    let shape = Shape {
        verb: verb.to_owned(),
        target: target.clone(),
        who: caller.kind,
        impersonated: None,
        unauthenticated: false,
    };
    let level = Some(decision.map_or(Level::RequestResponse, |decision| decision.level));
    Row { shape, level, stages, lacks: 0, truncated: false, requests: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_sorted_and_stand_once() {
        assert!(
            KINDS
                .windows(2)
                .all(|pair| (pair[0].0, pair[0].1, pair[0].2) < (pair[1].0, pair[1].1, pair[1].2))
        );
    }
}
