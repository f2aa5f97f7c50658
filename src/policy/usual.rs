//! Who asks, and what for, in any cluster: the requests that a policy is tried on where there is no log.

/// Somebody as an API server knows them.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// As [`kind_of`](crate::event::kind_of) calls the principal.
    pub kind: &'static str,
    pub user: &'static str,
    pub groups: &'static [&'static str],
}

/// One caller of each kind, people first; and the administrator that certificates make.
const CALLERS: &[Caller] = &[
    Caller { kind: "human", user: "jane@example.com", groups: &["developers", "system:authenticated"] },
    Caller { kind: "human", user: "kubernetes-admin", groups: &["system:masters", "system:authenticated"] },
    Caller {
        kind: "service-account",
        user: "system:serviceaccount:default:default",
        groups: &["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
    },
    Caller { kind: "node", user: "system:node:node-1", groups: &["system:nodes", "system:authenticated"] },
    Caller { kind: "anonymous", user: "system:anonymous", groups: &["system:unauthenticated"] },
    Caller {
        kind: "control-plane",
        user: "system:kube-controller-manager",
        groups: &["system:authenticated"],
    },
];

pub fn callers() -> &'static [Caller] {
    CALLERS
}
