//! Which entities are each other's peers.

use crate::event::kind_of;

/// Principals of one class do much the same, so what few of them do is worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    Anonymous,
    Human,
    /// A service account outside `kube-system`.
    Account,
    /// A service account of `kube-system` that is no controller of the control plane's own.
    SystemAccount,
    ControlPlane,
    Node,
}

impl Class {
    pub const ALL: [Class; 6] = [
        Class::Anonymous,
        Class::Human,
        Class::Account,
        Class::SystemAccount,
        Class::ControlPlane,
        Class::Node,
    ];
    pub const COUNT: usize = Class::ALL.len();

    pub fn of(principal: &str) -> Class {
        if principal.starts_with("system:serviceaccount:kube-system:") {
            return Class::SystemAccount;
        }
        match kind_of(principal) {
            "anonymous" => Class::Anonymous,
            "node" => Class::Node,
            "service-account" => Class::Account,
            "control-plane" => Class::ControlPlane,
            _ => Class::Human,
        }
    }

    /// In the plural, as a reason names the peers.
    pub fn plural(self) -> &'static str {
        match self {
            Class::Anonymous => "anonymous callers",
            Class::Human => "users",
            Class::Account => "service accounts",
            Class::SystemAccount => "service accounts of kube-system",
            Class::ControlPlane => "components of the control plane",
            Class::Node => "nodes",
        }
    }

    /// They mostly react to what others do.
    pub fn reacts(self) -> bool {
        matches!(self, Class::ControlPlane | Class::SystemAccount | Class::Node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_by_name() {
        for (name, class) in [
            ("system:anonymous", Class::Anonymous),
            ("jane@example.com", Class::Human),
            ("system:admin", Class::Human),
            ("system:serviceaccount:web:default", Class::Account),
            ("system:serviceaccount:kube-system:coredns", Class::SystemAccount),
            ("system:kube-scheduler", Class::ControlPlane),
            ("system:node:a", Class::Node),
        ] {
            assert_eq!(Class::of(name), class, "{name}");
        }
    }
}
