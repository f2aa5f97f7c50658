//! Identities that a request hands out: whoever makes them may act as them later.

use super::{Event, Slot, json};

/// Subjects of one request that are told, at most.
const MOST: usize = 32;

impl Event<'_> {
    /// The names of users and service accounts that the request created, bound to a role, had a token issued
    /// for or a certificate asked for, if it was allowed. Subjects stand in the body, which not every level of auditing records.
    pub fn grants(&self) -> Vec<String> {
        let verb = self.raw(Slot::Verb).unwrap_or_default();
        if !matches!(verb, b"create" | b"update" | b"patch") || self.outcome() != Some("allowed") {
            return Vec::new();
        }
        let subresource = self.raw(Slot::Subresource).unwrap_or_default();
        match (self.raw(Slot::Resource).unwrap_or_default(), subresource) {
            (b"serviceaccounts", b"" | b"token") if verb == b"create" => self.account().into_iter().collect(),
            (b"rolebindings" | b"clusterrolebindings", b"") => self.subjects(),
            (b"certificatesigningrequests", b"" | b"approval") => {
                self.certificate_name().into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn account(&self) -> Option<String> {
        let text = |slot| self.decoded(slot).filter(|text| !text.is_empty());
        Some(account(&text(Slot::Namespace)?, &text(Slot::Name)?))
    }

    fn subjects(&self) -> Vec<String> {
        let list = self.raw(Slot::RequestObject).and_then(|body| json::member(body, "subjects"));
        json::elements(list.unwrap_or_default()).filter_map(subject).take(MOST).collect()
    }
}

fn account(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}

/// Of groups only that of the anonymous is an identity which anybody can take at once.
fn subject(raw: &[u8]) -> Option<String> {
    let text = |key| Some(json::string(json::member(raw, key)?)?.decode().into_owned());
    let name = text("name")?;
    match text("kind")?.as_str() {
        "User" => Some(name),
        "ServiceAccount" => Some(account(&text("namespace")?, &name)),
        "Group" if name == "system:unauthenticated" => Some("system:anonymous".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::event::Decoder;

    fn grants(object: &str, verb: &str, code: u16, body: &str) -> Vec<String> {
        let record = format!(
            r#"{{"verb":"{verb}","auditID":"x","objectRef":{object},"responseStatus":{{"code":{code}}},
                "requestObject":{body}}}"#
        );
        let mut decoder = Decoder::default();
        let (event, _) = decoder.decode(record.as_bytes(), None).unwrap();
        event.grants()
    }

    #[test]
    fn identities_that_are_made_bound_or_given_a_token_are_told() {
        let account = r#"{"resource":"serviceaccounts","namespace":"web","name":"bot"}"#;
        let token = r#"{"resource":"serviceaccounts","namespace":"web","name":"bot","subresource":"token"}"#;
        let bot = ["system:serviceaccount:web:bot"];
        assert_eq!(grants(account, "create", 201, "{}"), bot);
        assert_eq!(grants(token, "create", 201, "{}"), bot);
        assert!(grants(token, "create", 403, "{}").is_empty());
        assert!(grants(account, "get", 200, "{}").is_empty());
        let binding = r#"{"resource":"clusterrolebindings","name":"x"}"#;
        let body = r#"{"subjects":[{"kind":"User","name":"jane"},{"kind":"Group","name":"system:masters"},
            {"kind":"ServiceAccount","name":"bot","namespace":"web"},{"kind":"Group","name":"system:unauthenticated"},
            {"kind":"ServiceAccount","name":"lost"},7,{}]}"#;
        assert_eq!(
            grants(binding, "create", 201, body),
            ["jane", "system:serviceaccount:web:bot", "system:anonymous"]
        );
        assert!(grants(binding, "create", 201, "null").is_empty());
    }
}
