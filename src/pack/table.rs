//! The checks, and where each standard asks for them.
//!
//! References name the clause that a check belongs to; they are no quotations, and a check is no more of a clause than a
//! log can show.

use super::{Ask, Check};

/// Everything that a request does.
const ANY: &str = "verb exists";

const SECRETS: &str = "objectRef.resource in (secrets, configmaps, tokenreviews) or \
                       objectRef.resource = serviceaccounts and subresource = token";
const BODIES: &str = "(objectRef.resource in (secrets, configmaps, tokenreviews) or \
                      objectRef.resource = serviceaccounts and subresource = token) and \
                      (level in (Request, RequestResponse) or requestObject exists or responseObject exists)";

/// In the order in which they are told; conditions are those of `--where`. References: CIS, NSA, PCI, SOC 2, HIPAA, ISO.
pub const CHECKS: &[Check] = &[
    Check {
        id: "audit-coverage",
        title: "Access to secrets, exec, RBAC and workloads is recorded",
        ask: Ask::Covered,
        references: [
            Some("3.2.1, 3.2.2"),
            Some("logging"),
            Some("10.2.1"),
            Some("CC7.2"),
            Some("164.312(b)"),
            Some("A.8.15"),
        ],
    },
    Check {
        id: "no-secret-bodies",
        title: "No bodies of secrets, ConfigMaps or tokens are in the log",
        ask: Ask::Absent(BODIES, SECRETS),
        references: [
            Some("3.2.2"),
            Some("logging"),
            Some("10.3"),
            Some("CC6.1"),
            Some("164.312(a)"),
            Some("A.8.15"),
        ],
    },
    Check {
        id: "secret-access-by-people",
        title: "Access of people to secrets is on record",
        ask: Ask::Recorded("objectRef.resource = secrets and principal.kind = human"),
        references: [
            Some("3.2.2"),
            Some("logging"),
            Some("10.2.1.1"),
            Some("CC6.1"),
            Some("164.308(a)(1)(ii)(D)"),
            Some("A.8.2"),
        ],
    },
    Check {
        id: "admin-actions",
        title: "What administrators do is on record",
        ask: Ask::Recorded(
            "(groups = system:masters or user in (system:admin, kubernetes-admin)) and user != system:apiserver",
        ),
        references: [
            None,
            Some("logging"),
            Some("10.2.1.2"),
            Some("CC6.3"),
            Some("164.312(b)"),
            Some("A.8.2"),
        ],
    },
    Check {
        id: "no-evidence-deleted",
        title: "Nobody deleted events",
        ask: Ask::Absent(
            "verb in (delete, deletecollection) and objectRef.resource = events and principal.kind in (human, service-account)",
            ANY,
        ),
        references: [
            None,
            Some("logging"),
            Some("10.2.1.3, 10.2.1.6"),
            Some("CC7.2"),
            Some("164.312(b)"),
            Some("A.8.15"),
        ],
    },
    Check {
        id: "failed-access",
        title: "Access that was refused is on record",
        ask: Ask::Recorded("outcome in (denied, unauthenticated)"),
        references: [
            None,
            Some("logging"),
            Some("10.2.1.4"),
            Some("CC7.2"),
            Some("164.308(a)(5)(ii)(C)"),
            Some("A.8.16"),
        ],
    },
    Check {
        id: "credential-changes",
        title: "Changes of credentials and of rights are on record",
        ask: Ask::Recorded(
            "direction = write and (objectRef.resource in (roles, clusterroles, rolebindings, clusterrolebindings, \
             certificatesigningrequests) or objectRef.resource = serviceaccounts and subresource = token or \
             objectRef.resource = configmaps and name = aws-auth)",
        ),
        references: [
            Some("3.1"),
            Some("logging"),
            Some("10.2.1.5"),
            Some("CC6.2"),
            Some("164.312(d)"),
            Some("A.5.18"),
        ],
    },
    Check {
        id: "system-objects",
        title: "Creation and deletion of system-level objects is on record",
        ask: Ask::Recorded(
            "verb in (create, delete) and objectRef.resource in (namespaces, nodes, customresourcedefinitions, apiservices, \
             mutatingwebhookconfigurations, validatingwebhookconfigurations, daemonsets, clusterroles, \
             clusterrolebindings, storageclasses, priorityclasses)",
        ),
        references: [None, Some("logging"), Some("10.2.1.7"), Some("CC8.1"), None, Some("A.8.32")],
    },
    Check {
        id: "complete-records",
        title: "Each record says who, what, when, how it ended, from where and on what",
        ask: Ask::Absent(
            "user = '' and code != 401 or verb = '' or not time exists or not sourceIPs exists or uri = '' or \
             stage = ResponseComplete and not code exists",
            "auditID exists",
        ),
        references: [
            None,
            Some("logging"),
            Some("10.2.2"),
            Some("CC7.2"),
            Some("164.312(b)"),
            Some("A.8.15"),
        ],
    },
    Check {
        id: "no-anonymous-access",
        title: "Nobody without a credential was let in, but to health and version",
        ask: Ask::Absent(
            "user = system:anonymous and outcome = allowed and \
             not uri.path ~ /^\\/(healthz|livez|readyz|version)(\\/|$)/",
            ANY,
        ),
        references: [
            Some("3.1"),
            Some("authentication"),
            Some("8.2"),
            Some("CC6.1"),
            Some("164.312(a)(2)(i)"),
            Some("A.5.16"),
        ],
    },
    Check {
        id: "no-shared-identities",
        title: "No identity was used that several share",
        ask: Ask::Absent("user in (kubernetes-admin, system:admin) and not person exists", ANY),
        references: [
            Some("3.1"),
            Some("authentication"),
            Some("8.2"),
            Some("CC6.1"),
            Some("164.312(a)(2)(i)"),
            Some("A.5.16"),
        ],
    },
    Check {
        id: "retention",
        title: "The log reaches as far back as is asked for",
        ask: Ask::Span([Some(30), None, Some(365), None, Some(6 * 365), None]),
        references: [Some("1.2.17"), None, Some("10.5.1"), None, Some("164.316(b)"), None],
    },
    Check {
        id: "no-gaps",
        title: "The log has no gaps",
        ask: Ask::Gaps,
        references: [
            None,
            Some("logging"),
            Some("10.5.1"),
            Some("CC7.2"),
            Some("164.316(b)"),
            Some("A.8.15"),
        ],
    },
    Check {
        id: "clock",
        title: "The clocks that wrote the log were right",
        ask: Ask::Clock,
        references: [None, None, Some("10.6"), Some("CC7.2"), None, Some("A.8.17")],
    },
];
