//! Which cluster and which node: what names and paths say.

/// What the path of a file tells about all that is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place<'a> {
    pub path: &'a str,
    pub cluster: Option<&'a str>,
    pub node: Option<&'a str>,
}

/// Reads the paths of must-gather trees (`audit_logs/<server>/<node>-audit*.log.gz`), of Azure storage
/// (`resourceId=..._MANAGEDCLUSTERS_<cluster>/y=...`) and of log groups (`/aws/eks/<cluster>/cluster`).
pub fn of_path(path: &str) -> Place<'_> {
    Place { path, cluster: azure_path(path).or_else(|| log_group(path)), node: gathered_node(path) }
}

/// `/aws/eks/<cluster>/cluster`
pub fn log_group(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("/aws/eks/")?;
    rest.split_once('/').map(|(name, _)| name).filter(|name| !name.is_empty())
}

/// The last part of `/subscriptions/.../managedClusters/<cluster>`. Its case means nothing to Azure, whose exports do
/// not agree on one; so it is folded.
pub fn resource_id(text: &str) -> Option<String> {
    let text = text.trim_end_matches('/');
    let name = text.rsplit('/').next().filter(|name| !name.is_empty() && text.contains('/'));
    name.map(str::to_lowercase)
}

fn azure_path(path: &str) -> Option<&str> {
    let part = path.split(['/', '\\']).find(|part| part.starts_with("resourceId="))?;
    const BEFORE: &str = "MANAGEDCLUSTERS_";
    let at = part.to_ascii_uppercase().rfind(BEFORE)?;
    part.get(at + BEFORE.len()..).filter(|name| !name.is_empty())
}

fn gathered_node(path: &str) -> Option<&str> {
    let mut parts = path.rsplit(['/', '\\']);
    let (file, _, above) = (parts.next()?, parts.next()?, parts.next()?);
    let (node, rest) = file.split_once("-audit")?;
    let ours = above == "audit_logs" && (rest.starts_with('.') || rest.starts_with('-'));
    (ours && !node.is_empty()).then_some(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_cluster_and_node() {
        for (path, cluster, node) in [
            ("mg/audit_logs/kube-apiserver/master-0-audit.log.gz", None, Some("master-0")),
            ("mg/audit_logs/oauth-server/m-1-audit-2026-05-05T14-17-00.000.log", None, Some("m-1")),
            (
                "x/resourceId=A_PROVIDERS_MICROSOFT.CONTAINERSERVICE_MANAGEDCLUSTERS_AKS-PROD/y=2026/PT1H.json",
                Some("AKS-PROD"),
                None,
            ),
            ("export/aws/eks/prod/cluster/000000.gz", Some("prod"), None),
            ("audit.log", None, None),
            ("audit_logs/x/-audit.log", None, None),
        ] {
            assert_eq!(of_path(path), Place { path, cluster, node }, "{path}");
        }
    }

    #[test]
    fn names_in_ids() {
        assert_eq!(log_group("/aws/eks/prod-eu/cluster"), Some("prod-eu"));
        assert_eq!(log_group("/aws/lambda/x"), None);
        assert_eq!(resource_id("/subscriptions/0/managedClusters/AKS/").as_deref(), Some("aks"));
        assert_eq!(resource_id("aks"), None);
    }
}
