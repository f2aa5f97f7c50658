//! What the authorizer and the client say in words: the role that allowed a request, and the products that a
//! user agent names.

use super::{Event, Slot, Value};
use std::borrow::Cow;

type See<'s, 'a> = &'s mut dyn FnMut(Value<'a>) -> bool;

/// The role that allowed the request: `RBAC: allowed by RoleBinding "b/ns" of Role "r" to User "u"`.
/// Source: `kubernetes/plugin/pkg/auth/authorizer/rbac/rbac.go`.
fn role_of(event: &Event<'_>, kind: &str) -> Option<String> {
    let reason = event.annotation("authorization.k8s.io/reason")?;
    let (_, after) = reason.split_once(" of ")?;
    let name = after.strip_prefix(kind)?.strip_prefix(" \"")?;
    Some(name.split_once('"')?.0.to_owned())
}

pub fn role<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    role_of(event, "Role").is_some_and(|name| see(Value::Said(Cow::Owned(name))))
}

pub fn cluster_role<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    role_of(event, "ClusterRole").is_some_and(|name| see(Value::Said(Cow::Owned(name))))
}

/// `true` when the request was refused for who made it, `false` when it was answered otherwise.
pub fn unauthorized<'a>(event: &Event<'a>, _: &[String], see: See<'_, 'a>) -> bool {
    let refused = |outcome| matches!(outcome, "denied" | "unauthenticated");
    let flag = |outcome| if refused(outcome) { "true" } else { "false" };
    event.outcome().is_some_and(|outcome| see(Value::Said(Cow::Borrowed(flag(outcome)))))
}

/// The version that the user agent gives for a product: `3.7.3` for `python` in `gcloud/2.0 python/3.7.3`.
pub fn product<'a>(event: &Event<'a>, path: &[String], see: See<'_, 'a>) -> bool {
    let Some(agent) = event.decoded(Slot::UserAgent) else { return false };
    let sign = |ch: char| ch.is_whitespace() || matches!(ch, '(' | ')' | ';' | ',');
    let mut products = agent.split(sign).filter_map(|word| word.split_once('/'));
    let wanted = |name: &str| path.first().is_none_or(|product| product.eq_ignore_ascii_case(name));
    products.any(|(name, version)| wanted(name) && see(Value::Said(Cow::Owned(version.to_owned()))))
}

#[cfg(test)]
mod tests {
    use crate::event::{Decoder, Field};
    use serde_json::{Value, json};

    fn first(field: &str, more: Value) -> Option<String> {
        let mut record = json!({"verb": "get", "auditID": "x"});
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let record = record.to_string();
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
        Field::parse(field).unwrap().first(&event).map(|text| text.into_owned())
    }

    #[test]
    fn the_role_that_allowed_a_request() {
        let by = |reason: &str| json!({"annotations": {"authorization.k8s.io/reason": reason}});
        let role = r#"RBAC: allowed by RoleBinding "b/web" of Role "edit" to User "jane""#;
        assert_eq!(first("rbac.role", by(role)).as_deref(), Some("edit"));
        assert_eq!(first("rbac.clusterRole", by(role)), None);
        let cluster = r#"RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "system:node" to Group "g""#;
        assert_eq!(first("rbac.clusterRole", by(cluster)).as_deref(), Some("system:node"));
        assert_eq!(first("rbac.role", by(cluster)), None);
        assert_eq!(first("rbac.role", by("")), None);
    }

    #[test]
    fn whether_a_request_was_refused_for_who_made_it() {
        let code = |code: u16| json!({"responseStatus": {"code": code}});
        for (status, flag) in [(200, "false"), (401, "true"), (403, "true"), (404, "false")] {
            assert_eq!(first("unauthorized", code(status)).as_deref(), Some(flag), "{status}");
        }
        assert_eq!(first("unauthorized", json!({})), None);
    }

    #[test]
    fn versions_of_products_in_a_user_agent() {
        let agent = "google-cloud-sdk gcloud/2.0 command/gcloud.list python/3.7.3 term/xterm (Linux; x/1)";
        let version = |name: &str| first(&format!("userAgent.product.{name}"), json!({"userAgent": agent}));
        assert_eq!(version("python").as_deref(), Some("3.7.3"));
        assert_eq!(version("Command").as_deref(), Some("gcloud.list"));
        assert_eq!(version("x").as_deref(), Some("1"));
        assert_eq!(version("chrome"), None);
    }
}
