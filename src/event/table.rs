//! The field table: every field that rules, filters and output can name.

use super::derived as d;
use super::field::{Dim, Get, Kind, Spec};
use super::{Slot, Value, json};
use super::{body, certificate, reason, uri};

const VERBS: &[&str] = &[
    "create",
    "get",
    "list",
    "watch",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "post",
    "put",
    "head",
    "options",
    "connect",
    "trace",
];
const STAGES: &[&str] = &["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"];
const EXEC: &[Slot] = &[Slot::RequestUri, Slot::Subresource];
const FLAGS: &[&str] = &["true", "false"];
const LEVELS: &[&str] = &["None", "Metadata", "Request", "RequestResponse"];

const fn row(name: &'static str, kind: Kind, doc: &'static str, get: Get) -> Spec {
    Spec {
        name,
        kind,
        doc,
        values: &[],
        dim: None,
        needs: &[],
        answer: false,
        public: false,
        costly: false,
        get,
    }
}

impl Spec {
    const fn of(mut self, dim: Dim) -> Spec {
        self.dim = Some(dim);
        self
    }

    const fn one_of(mut self, values: &'static [&'static str]) -> Spec {
        self.values = values;
        self
    }

    const fn needs(mut self, slots: &'static [Slot]) -> Spec {
        self.needs = slots;
        self
    }

    const fn answered(mut self) -> Spec {
        self.answer = true;
        self
    }

    const fn public(mut self) -> Spec {
        self.public = true;
        self
    }

    const fn costs(mut self) -> Spec {
        self.costly = true;
        self
    }
}

/// A getter of a native slot. Every slot needs a function of its own, as the table is constant.
macro_rules! slot {
    (text $slot:ident) => {
        |event, _, see| event.text(Slot::$slot).is_some_and(|text| see(Value::Text(text)))
    };
    (number $slot:ident) => {
        |event, _, see| event.raw(Slot::$slot).is_some_and(|digits| see(Value::Number(digits)))
    };
    (node $slot:ident) => {
        |event, path, see| event.raw(Slot::$slot).is_some_and(|raw| json::walk(raw, path, see))
    };
}

/// All fields, native first, sorted within each part as the event has them.
pub const FIELDS: &[Spec] = &[
    row("kind", Kind::Text, "Always `Event`", slot!(text Kind)).needs(&[Slot::Kind]),
    row("apiVersion", Kind::Text, "`audit.k8s.io/v1`, or v1beta1, v1alpha1", slot!(text ApiVersion))
        .needs(&[Slot::ApiVersion]),
    row("level", Kind::Text, "How much the audit policy recorded", slot!(text Level))
        .needs(&[Slot::Level])
        .of(Dim::Level)
        .one_of(LEVELS),
    row("auditID", Kind::Text, "Id of the request, the same in each of its stages", slot!(text AuditId))
        .needs(&[Slot::AuditId]),
    row("stage", Kind::Text, "When in the life of the request this record was written", slot!(text Stage))
        .needs(&[Slot::Stage])
        .of(Dim::Stage)
        .one_of(STAGES),
    row("requestURI", Kind::Text, "Path and query as the client sent them", slot!(text RequestUri))
        .needs(&[Slot::RequestUri]),
    row(
        "verb",
        Kind::Text,
        "Kubernetes verb, or the HTTP method in lower case outside the API",
        slot!(text Verb),
    )
    .needs(&[Slot::Verb])
    .of(Dim::Verb)
    .one_of(VERBS),
    row("user", Kind::Object, "The authenticated user; an empty object after a 401", slot!(node User))
        .needs(&[Slot::User]),
    row("user.username", Kind::Text, "Authenticated user name", slot!(text Username))
        .needs(&[Slot::Username])
        .of(Dim::Username),
    row("user.uid", Kind::Text, "Authenticated user's uid", slot!(text UserUid)).needs(&[Slot::UserUid]),
    row("user.groups", Kind::List, "Groups of the authenticated user", slot!(node UserGroups))
        .needs(&[Slot::UserGroups]),
    row("user.extra", Kind::Map, "Further facts the authenticator gave, by key", slot!(node UserExtra))
        .needs(&[Slot::UserExtra])
        .of(Dim::UserExtra),
    row("impersonatedUser", Kind::Object, "Whom the user acted as, if anybody", slot!(node Impersonated))
        .needs(&[Slot::Impersonated]),
    row(
        "impersonatedUser.username",
        Kind::Text,
        "Name of the impersonated user",
        slot!(text ImpersonatedUsername),
    )
    .needs(&[Slot::ImpersonatedUsername])
    .of(Dim::Impersonated),
    row("impersonatedUser.uid", Kind::Text, "Uid of the impersonated user", slot!(text ImpersonatedUid))
        .needs(&[Slot::ImpersonatedUid]),
    row(
        "impersonatedUser.groups",
        Kind::List,
        "Groups of the impersonated user",
        slot!(node ImpersonatedGroups),
    )
    .needs(&[Slot::ImpersonatedGroups]),
    row(
        "impersonatedUser.extra",
        Kind::Map,
        "Extra of the impersonated user, by key",
        slot!(node ImpersonatedExtra),
    )
    .needs(&[Slot::ImpersonatedExtra]),
    row(
        "sourceIPs",
        Kind::List,
        "Addresses of client and proxies; all but the last are what the client claims",
        slot!(node SourceIps),
    )
    .needs(&[Slot::SourceIps]),
    row("userAgent", Kind::Text, "What the client calls itself; not to be trusted", slot!(text UserAgent))
        .needs(&[Slot::UserAgent])
        .of(Dim::UserAgent)
        .public(),
    row(
        "objectRef",
        Kind::Object,
        "The object the request is about; missing for non-resource URLs",
        slot!(node ObjectRef),
    )
    .needs(&[Slot::ObjectRef]),
    row("objectRef.resource", Kind::Text, "Resource in the plural: `pods`", slot!(text Resource))
        .needs(&[Slot::Resource])
        .of(Dim::Resource),
    row("objectRef.namespace", Kind::Text, "Namespace of the object", slot!(text Namespace))
        .needs(&[Slot::Namespace])
        .of(Dim::Namespace),
    row(
        "objectRef.name",
        Kind::Text,
        "Name of the object; missing in lists and most creates",
        slot!(text Name),
    )
    .needs(&[Slot::Name]),
    row("objectRef.uid", Kind::Text, "Uid of the object", slot!(text ObjectUid)).needs(&[Slot::ObjectUid]),
    row("objectRef.apiGroup", Kind::Text, "API group; missing for the core group", slot!(text ApiGroup))
        .needs(&[Slot::ApiGroup])
        .of(Dim::ApiGroup),
    row("objectRef.apiVersion", Kind::Text, "API version", slot!(text ObjectApiVersion))
        .needs(&[Slot::ObjectApiVersion]),
    row("objectRef.resourceVersion", Kind::Text, "Version of the object", slot!(text ResourceVersion))
        .needs(&[Slot::ResourceVersion]),
    row("objectRef.subresource", Kind::Text, "`exec`, `log`, `status`, `token` ...", slot!(text Subresource))
        .needs(&[Slot::Subresource])
        .of(Dim::Subresource),
    row("responseStatus", Kind::Object, "How the request was answered", slot!(node ResponseStatus))
        .needs(&[Slot::ResponseStatus])
        .answered(),
    row(
        "responseStatus.status",
        Kind::Text,
        "`Success` or `Failure`, where the answer was a Status",
        slot!(text Status),
    )
    .needs(&[Slot::Status])
    .answered(),
    row("responseStatus.message", Kind::Text, "The answer's message", slot!(text Message))
        .needs(&[Slot::Message])
        .answered(),
    row(
        "responseStatus.reason",
        Kind::Text,
        "Machine-readable reason: `Forbidden`, `NotFound` ...",
        slot!(text Reason),
    )
    .needs(&[Slot::Reason])
    .answered(),
    row("responseStatus.code", Kind::Number, "HTTP status code", slot!(number Code))
        .needs(&[Slot::Code])
        .of(Dim::Code)
        .answered(),
    row("responseStatus.details", Kind::Object, "Details of the answer", slot!(node Details))
        .needs(&[Slot::Details])
        .answered(),
    row("responseStatus.metadata", Kind::Object, "List metadata of the answer", slot!(node StatusMetadata))
        .needs(&[Slot::StatusMetadata])
        .answered(),
    row(
        "requestObject",
        Kind::Object,
        "Body of the request, at level Request and above",
        slot!(node RequestObject),
    )
    .needs(&[Slot::RequestObject])
    .costs(),
    row(
        "responseObject",
        Kind::Object,
        "Body of the answer, at level RequestResponse",
        slot!(node ResponseObject),
    )
    .needs(&[Slot::ResponseObject])
    .answered()
    .costs(),
    row(
        "requestReceivedTimestamp",
        Kind::Time,
        "When the API server received the request",
        slot!(text Received),
    )
    .needs(&[Slot::Received]),
    row("stageTimestamp", Kind::Time, "When the request reached this stage", slot!(text StageTime))
        .needs(&[Slot::StageTime]),
    row(
        "timestamp",
        Kind::Time,
        "The only time of v1alpha1 and of old v1beta1 records",
        slot!(text Timestamp),
    )
    .needs(&[Slot::Timestamp]),
    row("annotations", Kind::Map, "What admission and authorization noted, by key", slot!(node Annotations))
        .needs(&[Slot::Annotations])
        .answered(),
    row(
        "authenticationMetadata",
        Kind::Object,
        "How the user was authenticated (1.36 and later)",
        slot!(node AuthenticationMetadata),
    )
    .needs(&[Slot::AuthenticationMetadata]),
    row("metadata", Kind::Object, "Object metadata of a v1beta1 record", slot!(node Metadata))
        .needs(&[Slot::Metadata]),
    row(
        "principal",
        Kind::Text,
        "Who acted in effect: the impersonated user if there is one, else the user",
        d::principal,
    )
    .needs(&[Slot::Username])
    .of(Dim::Principal),
    row("principal.kind", Kind::Text, "What kind of principal that is", d::principal_kind)
        .needs(&[Slot::Username])
        .of(Dim::Principal)
        .one_of(d::PRINCIPAL_KINDS),
    row(
        "principal.name",
        Kind::Text,
        "The principal's own name: of a service account that without its namespace, of a node that of the node",
        d::principal_name,
    )
    .needs(&[Slot::Username])
    .of(Dim::Principal),
    row("principal.namespace", Kind::Text, "Namespace of a service account", d::principal_namespace)
        .needs(&[Slot::Username])
        .of(Dim::Principal),
    row(
        "person",
        Kind::Text,
        "The person behind a shared user name, from `user.extra` or an annotation",
        d::person,
    )
    .needs(&[Slot::UserExtra]),
    row(
        "identity",
        Kind::List,
        "Every name the actor goes by: user, impersonated user, session name, last part of \
        an ARN, e-mail in `user.extra`, `namespace/name` of a service account",
        d::identity,
    )
    .needs(&[Slot::Username]),
    row(
        "sourceIP",
        Kind::Address,
        "The last of sourceIPs: the only one that the API server saw itself",
        d::source_ip,
    )
    .needs(&[Slot::SourceIps])
    .of(Dim::Address),
    row("claimedIPs", Kind::List, "The other sourceIPs, which clients set as they like", d::claimed_ips)
        .needs(&[Slot::SourceIps]),
    row(
        "resource",
        Kind::List,
        "Resource as kubectl names it: `pods/exec` and `pods`, `deployments.apps` and \
        `deployments`",
        d::resource,
    )
    .needs(&[Slot::Resource]),
    row("direction", Kind::Text, "`read` or `write`, from the verb", d::direction)
        .needs(&[Slot::Verb])
        .of(Dim::Verb)
        .one_of(&["read", "write"]),
    row(
        "outcome",
        Kind::Text,
        "How the request ended, from the code and the authorization decision",
        d::outcome,
    )
    .needs(&[Slot::Code])
    .of(Dim::Outcome)
    .one_of(d::OUTCOMES)
    .answered(),
    row("command", Kind::Text, "Command line of an exec, from the request URI", d::command)
        .needs(&[Slot::RequestUri]),
    row(
        "certificate.name",
        Kind::Text,
        "User that a certificate signing request asks to be: the common name of its subject",
        certificate::name,
    )
    .needs(&[Slot::RequestObject])
    .public()
    .costs(),
    row(
        "certificate.groups",
        Kind::List,
        "Groups that a certificate signing request asks for: the organizations of its subject",
        certificate::groups,
    )
    .needs(&[Slot::RequestObject])
    .public()
    .costs(),
    row(
        "userAgent.family",
        Kind::Text,
        "The client program: `kubectl`, `curl`, `python-requests` ...",
        d::agent_family,
    )
    .needs(&[Slot::UserAgent])
    .of(Dim::UserAgent),
    row("uri.path", Kind::Text, "requestURI without its query", d::uri_path).needs(&[Slot::RequestUri]),
    row(
        "uri.template",
        Kind::Text,
        "requestURI with names and namespaces replaced: \
        `/api/v1/namespaces/{namespace}/pods/{name}`",
        d::uri_template,
    )
    .needs(&[Slot::RequestUri]),
    row("uri.param", Kind::Map, "Parameters of the request URI, by name, decoded", uri::param)
        .needs(&[Slot::RequestUri]),
    row(
        "uri.unusual",
        Kind::Text,
        "Path of a request for no API object and none of the usual endpoints: `/login/test`",
        uri::unusual,
    )
    .needs(&[Slot::RequestUri, Slot::ObjectRef]),
    row("exec.container", Kind::Text, "Container that an exec or attach names", uri::exec_container)
        .needs(EXEC),
    row("exec.tty", Kind::Text, "Whether an exec or attach asks for a terminal", uri::exec_tty)
        .needs(EXEC)
        .one_of(FLAGS),
    row("exec.stdin", Kind::Text, "Whether an exec or attach sends input", uri::exec_stdin)
        .needs(EXEC)
        .one_of(FLAGS),
    row("exec.stdout", Kind::Text, "Whether an exec or attach asks for the output", uri::exec_stdout)
        .needs(EXEC)
        .one_of(FLAGS),
    row("log.container", Kind::Text, "Container whose log is read", uri::log_container).needs(EXEC),
    row("rbac.role", Kind::Text, "Role that allowed the request, where RBAC says so", reason::role)
        .needs(&[Slot::Annotations])
        .answered(),
    row("rbac.clusterRole", Kind::Text, "Cluster role that allowed the request", reason::cluster_role)
        .needs(&[Slot::Annotations])
        .answered(),
    row(
        "unauthorized",
        Kind::Text,
        "Whether the request was refused for who made it (401, 403)",
        reason::unauthorized,
    )
    .needs(&[Slot::Code])
    .of(Dim::Outcome)
    .one_of(FLAGS)
    .answered(),
    row(
        "userAgent.product",
        Kind::Map,
        "Version of a product that the user agent names: `userAgent.product.python` of `x/1 python/3.7`",
        reason::product,
    )
    .needs(&[Slot::UserAgent])
    .of(Dim::UserAgent),
    row(
        "pod",
        Kind::Object,
        "Of each container of a pod's body: `repository` of its image, `hostPort` (else containerPort), \
        `runAsUser`, `runAsGroup` (else the pod's, else 0); `volumeType` of each volume",
        body::pod,
    )
    .needs(&[Slot::RequestObject])
    .costs(),
    row(
        "podSpec",
        Kind::Object,
        "Spec of the pod in the body of a pod, a workload or a cron job: `podSpec.containers.image`",
        body::pod_spec,
    )
    .needs(&[Slot::RequestObject])
    .costs(),
    row(
        "json",
        Kind::Object,
        "Any path as JSON text, also of objects and arrays; `[0]` names an element, `*` each",
        body::json,
    )
    .needs(&[Slot::RequestObject])
    .costs(),
    row("latency", Kind::Number, "Seconds between the two time stamps", d::latency)
        .needs(&[Slot::StageTime])
        .answered(),
    row(
        "time",
        Kind::Time,
        "When it happened: requestReceivedTimestamp, else stageTimestamp, else timestamp",
        d::time,
    ),
    row("cluster", Kind::Text, "Label of the cluster, from the input", d::cluster)
        .of(Dim::Cluster),
    row("record", Kind::List, "Every text and number in the whole record, for keyword searches", d::record)
        .needs(&[Slot::RequestObject])
        .costs(),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{BODIES, Decoder, Event, Field};

    #[test]
    fn field_names_are_unique_documented_and_parse_to_themselves() {
        for (at, spec) in FIELDS.iter().enumerate() {
            assert!(FIELDS[..at].iter().all(|other| other.name != spec.name), "{} stands twice", spec.name);
            assert!(!spec.doc.is_empty(), "{} has no doc", spec.name);
            assert_eq!(Field::parse(spec.name).unwrap().to_string(), spec.name);
        }
    }

    /// Every field, and paths below objects, as reports show them.
    fn all_fields() -> Vec<Field> {
        let below = [
            "requestObject.metadata.name",
            "responseObject.metadata.name",
            "json.responseObject",
            "json.user.username",
            "json.kind",
            "podSpec.containers.image",
            "responseStatus.message",
        ];
        let names = FIELDS.iter().map(|spec| spec.name).chain(below);
        names.map(|name| Field::parse(name).unwrap()).collect()
    }

    fn values(field: &Field, event: &Event<'_>) -> Vec<String> {
        let mut all = Vec::new();
        field.any(event, &mut |value| {
            all.push(format!("{value:?}"));
            false
        });
        all
    }

    #[test]
    fn no_value_comes_from_a_body_that_its_field_does_not_read() {
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(here.join("testdata/events.jsonl")).unwrap();
        let (mut whole, mut less) = (Decoder::default(), Decoder::default());
        for line in text.lines() {
            let (event, _) = whole.decode(line.as_bytes(), None).unwrap();
            for field in all_fields() {
                let idle: Vec<Slot> = BODIES.into_iter().filter(|body| !field.reads(*body)).collect();
                let mut lean = Vec::new();
                event.push_without(&idle, &mut lean);
                let (lean, _) = less.decode(&lean, None).unwrap();
                assert_eq!(values(&field, &event), values(&field, &lean), "{field} of {line}");
            }
        }
    }
}
