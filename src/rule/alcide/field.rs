//! The fields of a policy, and where they stand in an audit event.

/// What a field of a policy means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// A name of the field table.
    Field(&'static str),
    /// No audit event tells it, for this reason.
    Nothing(&'static str),
}

use Means::{Field, Nothing};

const NO_LOOKUP: &str = "audit events hold no more than the address, and kaudit works offline";

/// Every field that a policy can name. Sorted.
pub const FIELDS: &[(&str, Means)] = &[
    ("access-type", Field("direction")),
    ("api-group", Field("objectRef.apiGroup")),
    ("api-version", Field("objectRef.apiVersion")),
    ("caller-ip", Field("sourceIPs")),
    ("caller-ip-asn", Nothing(NO_LOOKUP)),
    ("caller-ip-country", Nothing(NO_LOOKUP)),
    ("caller-supplied-user-agent", Field("userAgent")),
    ("cluster-role", Field("rbac.clusterRole")),
    ("impersonated-groups", Field("impersonatedUser.groups")),
    ("impersonated-principal", Field("impersonatedUser.username")),
    ("impersonated-user-id", Field("impersonatedUser.uid")),
    ("impersonated-username", Field("impersonatedUser.username")),
    ("non-authorized", Field("unauthorized")),
    ("original-user-agent", Field("userAgent")),
    ("principal", Field("user.username")),
    ("resource-name", Field("objectRef.name")),
    ("resource-namespace", Field("objectRef.namespace")),
    ("resource-type", Field("objectRef.resource")),
    ("role", Field("rbac.role")),
    ("status", Field("responseStatus.status")),
    ("status-code", Field("responseStatus.code")),
    ("status-reason", Field("responseStatus.reason")),
    ("subresource", Field("objectRef.subresource")),
    ("subresource-exec-command", Field("command")),
    ("subresource-exec-container", Field("exec.container")),
    ("subresource-exec-stdin", Field("exec.stdin")),
    ("subresource-exec-stdout", Field("exec.stdout")),
    ("subresource-exec-tty", Field("exec.tty")),
    ("subresource-logs-container", Field("log.container")),
    ("ua-applewebkit", Field("userAgent.product.applewebkit")),
    ("ua-chrome", Field("userAgent.product.chrome")),
    ("ua-command", Field("userAgent.product.command")),
    ("ua-gcloud", Field("userAgent.product.gcloud")),
    ("ua-mozilla", Field("userAgent.product.mozilla")),
    ("ua-python", Field("userAgent.product.python")),
    ("ua-safari", Field("userAgent.product.safari")),
    ("ua-term", Field("userAgent.product.term")),
    ("unusual-uri", Field("uri.unusual")),
    ("user-groups", Field("user.groups")),
    ("user-id", Field("user.uid")),
    ("username", Field("user.username")),
    ("verb", Field("verb")),
];

/// What a name means; `None` when policies have no such field.
pub fn meaning(name: &str) -> Option<Means> {
    FIELDS.iter().find(|(known, _)| *known == name).map(|(_, means)| *means)
}

/// A field that was perhaps meant: one that holds the same words.
pub fn nearest(name: &str) -> Option<&'static str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_', '.'], "");
    let wanted = plain(name);
    let names = || FIELDS.iter().map(|(name, _)| *name);
    let same = names().find(|name| plain(name) == wanted);
    let part = || names().find(|name| wanted.len() > 2 && plain(name).contains(&wanted));
    same.or_else(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::naming;

    #[test]
    fn the_table_is_sorted_and_leads_to_fields() {
        assert!(FIELDS.is_sorted_by_key(|(name, _)| *name));
        for (name, means) in FIELDS {
            if let Field(field) = means {
                assert!(naming::field(field).is_ok(), "{name}");
            }
        }
    }

    #[test]
    fn misspelt_fields_are_guessed() {
        assert_eq!(nearest("resource_name"), Some("resource-name"));
        assert_eq!(nearest("namespace"), Some("resource-namespace"));
        assert_eq!(nearest("x"), None);
    }
}
