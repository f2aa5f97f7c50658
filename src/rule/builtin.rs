//! The rules that are part of the program.

use super::load::{self, Loaded};
use super::sigma;
use crate::error::Result;

/// What a built-in rule names as its file.
pub const SOURCE: &str = "builtin";

macro_rules! rule {
    ($path:literal) => {
        ($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path)))
    };
}

/// Path below the repository, and text.
const RULES: &[(&str, &str)] = &[
    rule!("rules/defence/admission-webhook.yml"),
    rule!("rules/defence/coredns-modified.yml"),
    rule!("rules/defence/events-deleted.yml"),
    rule!("rules/defence/pod-security-weakened.yml"),
    rule!("rules/defence/security-tool-stopped.yml"),
    rule!("rules/defence/webhook-deleted.yml"),
    rule!("rules/defence/webhook-external-url.yml"),
    rule!("rules/discovery/forbidden-admin-change.yml"),
    rule!("rules/discovery/forbidden-create.yml"),
    rule!("rules/discovery/kubelet-proxy.yml"),
    rule!("rules/discovery/permission-check-by-service-account.yml"),
    rule!("rules/discovery/permission-check.yml"),
    rule!("rules/discovery/recon-tool-ua.yml"),
    rule!("rules/execution/attach-pod.yml"),
    rule!("rules/execution/ephemeral-container.yml"),
    rule!("rules/execution/exec-download.yml"),
    rule!("rules/execution/exec-host-escape.yml"),
    rule!("rules/execution/exec-imds.yml"),
    rule!("rules/execution/exec-into-pod.yml"),
    rule!("rules/execution/exec-recon-tool.yml"),
    rule!("rules/execution/exec-reverse-shell.yml"),
    rule!("rules/execution/exec-sa-token-theft.yml"),
    rule!("rules/execution/exec-sensitive-file.yml"),
    rule!("rules/execution/exec-system-pod.yml"),
    rule!("rules/execution/kubectl-cp.yml"),
    rule!("rules/execution/port-forward.yml"),
    rule!("rules/identity/anonymous-allowed.yml"),
    rule!("rules/identity/anonymous-attempt.yml"),
    rule!("rules/identity/anonymous-denied.yml"),
    rule!("rules/identity/aws-auth-modified.yml"),
    rule!("rules/identity/csr-created-approved.yml"),
    rule!("rules/identity/csr-self-approved.yml"),
    rule!("rules/identity/impersonation-denied.yml"),
    rule!("rules/identity/impersonation-privileged.yml"),
    rule!("rules/identity/impersonation.yml"),
    rule!("rules/identity/sa-public-address.yml"),
    rule!("rules/identity/sa-token-created.yml"),
    rule!("rules/identity/sa-token-system.yml"),
    rule!("rules/identity/serviceaccount-created-kube-ns.yml"),
    rule!("rules/identity/serviceaccount-created.yml"),
    rule!("rules/identity/system-identity-by-hand.yml"),
    rule!("rules/impact/bulk-delete.yml"),
    rule!("rules/impact/namespace-deleted.yml"),
    rule!("rules/impact/workload-deleted.yml"),
    rule!("rules/rbac/bind-anonymous.yml"),
    rule!("rules/rbac/bind-cluster-admin.yml"),
    rule!("rules/rbac/bind-default-sa.yml"),
    rule!("rules/rbac/clusterrolebinding-change.yml"),
    rule!("rules/rbac/role-change.yml"),
    rule!("rules/rbac/role-escalation-verbs.yml"),
    rule!("rules/rbac/role-pod-exec.yml"),
    rule!("rules/rbac/role-wildcard.yml"),
    rule!("rules/rbac/rolebinding-change.yml"),
    rule!("rules/rbac/sa-modified-rbac.yml"),
    rule!("rules/rbac/system-role-modified.yml"),
    rule!("rules/secrets/configmap-credentials.yml"),
    rule!("rules/secrets/secret-denied.yml"),
    rule!("rules/secrets/secret-dump-all-ns.yml"),
    rule!("rules/secrets/secret-list.yml"),
    rule!("rules/secrets/secret-modified.yml"),
    rule!("rules/secrets/secret-node-scan.yml"),
    rule!("rules/secrets/secret-scripting-ua.yml"),
    rule!("rules/workload/controller-sa-pod.yml"),
    rule!("rules/workload/cronjob-change.yml"),
    rule!("rules/workload/daemonset-created.yml"),
    rule!("rules/workload/dangerous-capabilities.yml"),
    rule!("rules/workload/dangerous-pod-by-service-account.yml"),
    rule!("rules/workload/exposed-dashboard.yml"),
    rule!("rules/workload/host-network.yml"),
    rule!("rules/workload/host-pid.yml"),
    rule!("rules/workload/ingress-no-tls.yml"),
    rule!("rules/workload/miner-workload.yml"),
    rule!("rules/workload/nodeport-service.yml"),
    rule!("rules/workload/pod-system-namespace.yml"),
    rule!("rules/workload/privileged-pod.yml"),
    rule!("rules/workload/sensitive-mount.yml"),
    rule!("rules/workload/static-pod.yml"),
    rule!("rules/workload/tool-image.yml"),
    rule!("rules/workload/workload-fetches-code.yml"),
];

/// All built-in rules.
///
/// # Errors
/// None but in a build whose rules are broken, which the tests do not let pass.
pub fn builtin() -> Result<Vec<Loaded>> {
    let mut rules = Vec::with_capacity(RULES.len());
    for (path, text) in RULES {
        let (loaded, wrong) = sigma::load(text, path);
        load::refuse(&wrong)?;
        rules.extend(loaded);
    }
    for loaded in &mut rules {
        loaded.rule.meta.source = SOURCE.to_owned();
    }
    Ok(rules)
}
