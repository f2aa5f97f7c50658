//! What people call resources, and what audit events call them.
//!
//! An audit event has the plural (`pods`); kind, singular and kubectl's short name never stand in it.

/// (plural, other names), the built-in resources and the best-known of extensions.
/// Source: `kubectl api-resources` of Kubernetes 1.36.
const NAMES: &[(&str, &[&str])] = &[
    ("apiservices", &["apiservice"]),
    ("certificatesigningrequests", &["certificatesigningrequest", "csr"]),
    ("clusterrolebindings", &["clusterrolebinding"]),
    ("clusterroles", &["clusterrole"]),
    ("configmaps", &["configmap", "cm"]),
    ("controllerrevisions", &["controllerrevision"]),
    ("cronjobs", &["cronjob", "cj"]),
    ("customresourcedefinitions", &["customresourcedefinition", "crd", "crds"]),
    ("daemonsets", &["daemonset", "ds"]),
    ("deployments", &["deployment", "deploy"]),
    ("endpoints", &["endpoint", "ep"]),
    ("endpointslices", &["endpointslice"]),
    ("events", &["event", "ev"]),
    ("horizontalpodautoscalers", &["horizontalpodautoscaler", "hpa"]),
    ("ingresses", &["ingress", "ing"]),
    ("jobs", &["job"]),
    ("leases", &["lease"]),
    ("limitranges", &["limitrange", "limits"]),
    ("mutatingwebhookconfigurations", &["mutatingwebhookconfiguration"]),
    ("namespaces", &["namespace", "ns"]),
    ("networkpolicies", &["networkpolicy", "netpol"]),
    ("nodes", &["node", "no"]),
    ("persistentvolumeclaims", &["persistentvolumeclaim", "pvc"]),
    ("persistentvolumes", &["persistentvolume", "pv"]),
    ("poddisruptionbudgets", &["poddisruptionbudget", "pdb"]),
    ("pods", &["pod", "po"]),
    ("priorityclasses", &["priorityclass", "pc"]),
    ("replicasets", &["replicaset", "rs"]),
    ("replicationcontrollers", &["replicationcontroller", "rc"]),
    ("resourcequotas", &["resourcequota", "quota"]),
    ("rolebindings", &["rolebinding"]),
    ("roles", &["role"]),
    ("runtimeclasses", &["runtimeclass"]),
    ("secrets", &["secret"]),
    ("selfsubjectaccessreviews", &["selfsubjectaccessreview"]),
    ("selfsubjectrulesreviews", &["selfsubjectrulesreview"]),
    ("serviceaccounts", &["serviceaccount", "sa"]),
    ("services", &["service", "svc"]),
    ("statefulsets", &["statefulset", "sts"]),
    ("storageclasses", &["storageclass", "sc"]),
    ("subjectaccessreviews", &["subjectaccessreview"]),
    ("tokenreviews", &["tokenreview"]),
    ("validatingadmissionpolicies", &["validatingadmissionpolicy"]),
    ("validatingwebhookconfigurations", &["validatingwebhookconfiguration"]),
    ("volumeattachments", &["volumeattachment"]),
];

/// The plural for which a singular, a kind (`ConfigMap`) or a short name stands; `None` for plurals and for
/// names that we do not know.
pub fn plural_of(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let row = NAMES.iter().find(|(_, others)| others.contains(&lower.as_str()))?;
    Some(row.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_mean_one_resource() {
        assert!(NAMES.is_sorted());
        let mut others: Vec<_> = NAMES.iter().flat_map(|(_, others)| *others).collect();
        others.sort_unstable();
        assert!(others.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(others.iter().all(|other| NAMES.iter().all(|(plural, _)| plural != *other)));
    }

    #[test]
    fn people_say_pod() {
        assert_eq!(plural_of("Pod"), Some("pods"));
        assert_eq!(plural_of("pods"), None);
    }
}
