//! The fields of the plugins k8saudit and json, and the fields of the table here that are the same.

use Arg::{Index, Key, None as Plain};

/// What stands in the brackets behind a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Arg {
    None,
    /// `[0]`: one element of what would else be all.
    Index,
    /// `[key]`, which must be there.
    Key,
}

/// (name, argument, several values, field; `{}` stands for the index).
pub type Row = (&'static str, Arg, bool, &'static str);

/// The fields of the plugin k8saudit that are fields of the table here. Sorted.
pub const FIELDS: &[Row] = &[
    ("ka.auditid", Plain, false, "auditID"),
    ("ka.auth.decision", Plain, false, "annotations.authorization.k8s.io/decision"),
    ("ka.auth.reason", Plain, false, "annotations.authorization.k8s.io/reason"),
    ("ka.cluster.name", Plain, false, "cluster"),
    ("ka.impuser.name", Plain, false, "impersonatedUser.username"),
    ("ka.req.binding.role", Plain, false, "requestObject.roleRef.name"),
    ("ka.req.binding.subjects", Plain, true, "json.requestObject.subjects.*"),
    ("ka.req.configmap.name", Plain, false, "objectRef.name"),
    ("ka.req.configmap.obj", Plain, false, "json.requestObject.data"),
    ("ka.req.container.host_network", Plain, false, "requestObject.spec.hostNetwork"),
    ("ka.req.container.image", Plain, false, "requestObject.spec.containers[0].image"),
    ("ka.req.container.image.repository", Plain, false, "pod.repository[0]"),
    (
        "ka.req.pod.containers.add_capabilities",
        Index,
        true,
        "requestObject.spec.containers{}.securityContext.capabilities.add",
    ),
    (
        "ka.req.pod.containers.allow_privilege_escalation",
        Index,
        true,
        "requestObject.spec.containers{}.securityContext.allowPrivilegeEscalation",
    ),
    ("ka.req.pod.containers.eff_run_as_group", Index, true, "pod.runAsGroup{}"),
    ("ka.req.pod.containers.eff_run_as_user", Index, true, "pod.runAsUser{}"),
    ("ka.req.pod.containers.host_port", Index, true, "pod.hostPort{}"),
    ("ka.req.pod.containers.image", Index, true, "requestObject.spec.containers{}.image"),
    ("ka.req.pod.containers.image.repository", Index, true, "pod.repository{}"),
    (
        "ka.req.pod.containers.privileged",
        Index,
        true,
        "requestObject.spec.containers{}.securityContext.privileged",
    ),
    (
        "ka.req.pod.containers.proc_mount",
        Index,
        true,
        "requestObject.spec.containers{}.securityContext.procMount",
    ),
    (
        "ka.req.pod.containers.read_only_fs",
        Index,
        true,
        "requestObject.spec.containers{}.securityContext.readOnlyRootFilesystem",
    ),
    (
        "ka.req.pod.containers.run_as_group",
        Index,
        true,
        "requestObject.spec.containers{}.securityContext.runAsGroup",
    ),
    (
        "ka.req.pod.containers.run_as_user",
        Index,
        true,
        "requestObject.spec.containers{}.securityContext.runAsUser",
    ),
    ("ka.req.pod.fs_group", Plain, false, "requestObject.spec.securityContext.fsGroup"),
    ("ka.req.pod.host_ipc", Plain, false, "requestObject.spec.hostIPC"),
    ("ka.req.pod.host_network", Plain, false, "requestObject.spec.hostNetwork"),
    ("ka.req.pod.host_pid", Plain, false, "requestObject.spec.hostPID"),
    ("ka.req.pod.run_as_group", Plain, false, "requestObject.spec.securityContext.runAsGroup"),
    ("ka.req.pod.run_as_user", Plain, false, "requestObject.spec.securityContext.runAsUser"),
    ("ka.req.pod.supplemental_groups", Plain, true, "requestObject.spec.securityContext.supplementalGroups"),
    ("ka.req.pod.volumes.flexvolume_driver", Index, true, "requestObject.spec.volumes{}.flexVolume.driver"),
    ("ka.req.pod.volumes.hostpath", Index, true, "requestObject.spec.volumes{}.hostPath.path"),
    ("ka.req.pod.volumes.volume_type", Index, true, "pod.volumeType{}"),
    ("ka.req.role.rules", Plain, true, "json.requestObject.rules.*"),
    ("ka.req.role.rules.apiGroups", Index, true, "requestObject.rules{}.apiGroups"),
    ("ka.req.role.rules.nonResourceURLs", Index, true, "requestObject.rules{}.nonResourceURLs"),
    ("ka.req.role.rules.resources", Index, true, "requestObject.rules{}.resources"),
    ("ka.req.role.rules.verbs", Index, true, "requestObject.rules{}.verbs"),
    ("ka.req.service.ports", Index, true, "json.requestObject.spec.ports"),
    ("ka.req.service.type", Plain, false, "requestObject.spec.type"),
    ("ka.resp.name", Plain, false, "responseObject.metadata.name"),
    ("ka.response.code", Plain, false, "responseStatus.code"),
    ("ka.response.reason", Plain, false, "responseStatus.reason"),
    ("ka.sourceips", Index, true, "sourceIPs"),
    ("ka.stage", Plain, false, "stage"),
    ("ka.target.name", Plain, false, "objectRef.name"),
    ("ka.target.namespace", Plain, false, "objectRef.namespace"),
    ("ka.target.resource", Plain, false, "objectRef.resource"),
    ("ka.target.subresource", Plain, false, "objectRef.subresource"),
    ("ka.uri", Plain, false, "requestURI"),
    ("ka.uri.param", Key, false, "uri.param"),
    ("ka.user.groups", Plain, true, "user.groups"),
    ("ka.user.name", Plain, false, "user.username"),
    ("ka.useragent", Plain, false, "userAgent"),
    ("ka.verb", Plain, false, "verb"),
];

/// Fields that are put together here.
pub const OTHERS: &[(&str, Arg)] = &[
    ("evt.datetime", Plain),
    ("evt.num", Plain),
    ("evt.pluginname", Plain),
    ("evt.rawtime", Plain),
    ("evt.source", Plain),
    ("evt.time", Plain),
    ("evt.time.iso8601", Plain),
    ("jevt.obj", Plain),
    ("jevt.rawtime", Plain),
    ("jevt.time", Plain),
    ("jevt.time.iso8601", Plain),
    ("jevt.value", Key),
    ("json.obj", Plain),
    ("json.rawtime", Plain),
    ("json.value", Key),
    ("ka.req.binding.subject.has_name", Key),
    ("ka.req.container.privileged", Plain),
    ("ka.req.volume.hostpath", Key),
];

/// The names of all fields.
pub fn names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|row| row.0).chain(OTHERS.iter().map(|row| row.0))
}
