//! Kinds of requests, and what is recorded of them.

use crate::policy::{Level, StageSet};
use serde_json::{Value, json};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    Resource {
        group: String,
        resource: String,
        subresource: String,
    },
    /// No resource; the path without its query, where it is known.
    Path(Option<String>),
}

impl Target {
    pub fn resource(group: &str, resource: &str, subresource: &str) -> Target {
        let [group, resource, subresource] = [group, resource, subresource].map(str::to_owned);
        Target::Resource { group, resource, subresource }
    }

    /// As kubectl names it: `deployments.apps/scale`.
    pub fn name(&self) -> String {
        match self {
            Target::Path(path) => path.clone().unwrap_or_else(|| "(no resource)".to_owned()),
            Target::Resource { group, resource, subresource } => {
                let dot = if group.is_empty() { "" } else { "." };
                let slash = if subresource.is_empty() { "" } else { "/" };
                format!("{resource}{dot}{group}{slash}{subresource}")
            }
        }
    }
}

/// A kind of request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    pub verb: String,
    pub target: Target,
    /// As [`kind_of`](crate::event::kind_of) calls the effective principal.
    pub who: &'static str,
    /// Whether somebody acted as somebody else, where that is known.
    pub impersonated: Option<bool>,
    /// Answered with 401: an API server then records no body, whatever the policy says.
    pub unauthenticated: bool,
}

/// What is recorded of one kind of request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub shape: Shape,
    /// `None` where the format does not say.
    pub level: Option<Level>,
    /// Stages that are recorded.
    pub stages: StageSet,
    /// Fields that the format does not carry, as [`Lacks::named`](crate::envelope::Lacks::named).
    pub lacks: u64,
    /// The API server left the bodies out as too large.
    pub truncated: bool,
    /// Records of the stage that tells most; 1 for a request that was only thought of.
    pub requests: u64,
}

impl Shape {
    /// An event of this kind, with what is known of it and nothing else.
    pub fn event(&self) -> String {
        let mut event =
            json!({"kind": "Event", "auditID": "x", "stage": "ResponseComplete", "verb": self.verb});
        event["user"] = json!({"username": typical(self.who, self.unauthenticated)});
        match &self.target {
            Target::Resource { group, resource, subresource } => {
                let mut object = json!({"resource": resource});
                let some = [("apiGroup", group), ("subresource", subresource)];
                for (key, value) in some.into_iter().filter(|(_, value)| !value.is_empty()) {
                    object[key] = Value::from(value.as_str());
                }
                event["objectRef"] = object;
            }
            Target::Path(Some(path)) => event["requestURI"] = Value::from(path.as_str()),
            Target::Path(None) => {}
        }
        if self.unauthenticated {
            event["responseStatus"] = json!({"code": 401, "reason": "Unauthorized"});
        }
        event.to_string()
    }
}

/// A name of this kind; the kind is all that is asked of it.
fn typical(who: &str, unauthenticated: bool) -> &'static str {
    match who {
        "service-account" => "system:serviceaccount:default:default",
        "node" => "system:node:node",
        "control-plane" => "system:kube-scheduler",
        "anonymous" if unauthenticated => "",
        "anonymous" => "system:anonymous",
        _ => "person",
    }
}
