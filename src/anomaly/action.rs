//! What an action means: which counters it moves, and whether it is one that intruders need.

use super::cell::Counter;
use super::normal::Outcome;
use crate::event::direction_of;

/// An action taken apart: `impersonate:create pods/exec`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action<'a> {
    pub impersonates: bool,
    pub verb: &'a str,
    /// With its group and subresource, or a path.
    pub object: &'a str,
    /// Without group and subresource; empty for a path.
    pub resource: &'a str,
    pub subresource: &'a str,
}

/// Counters that make a request worth pointing at.
pub const SENSITIVE: u16 = 1 << Counter::Denied as u16
    | 1 << Counter::Checks as u16
    | 1 << Counter::Access as u16
    | 1 << Counter::Tokens as u16
    | 1 << Counter::Deletions as u16
    | 1 << Counter::Exec as u16;

const ACCESS: &[&str] = &[
    "certificatesigningrequests",
    "clusterrolebindings",
    "clusterroles",
    "mutatingwebhookconfigurations",
    "rolebindings",
    "roles",
    "validatingwebhookconfigurations",
];
const PERSISTENT: &[&str] = &["cronjobs", "daemonsets", "namespaces", "secrets"];
const INTO_PODS: &[&str] = &["attach", "ephemeralcontainers", "exec", "portforward", "proxy"];
const SELF_CHECKS: &[&str] = &["selfsubjectaccessreviews", "selfsubjectrulesreviews"];
const CHECKS: &[&str] = &[
    "localsubjectaccessreviews",
    "selfsubjectaccessreviews",
    "selfsubjectreviews",
    "selfsubjectrulesreviews",
    "subjectaccessreviews",
];

impl<'a> Action<'a> {
    pub fn parse(text: &'a str) -> Action<'a> {
        let (verb, object) = text.split_once(' ').unwrap_or((text, ""));
        let (impersonates, verb) = match verb.strip_prefix("impersonate:") {
            Some(verb) => (true, verb),
            None => (false, verb),
        };
        let (name, subresource) = match object.starts_with('/') {
            true => ("", ""),
            false => object.split_once('/').unwrap_or((object, "")),
        };
        let resource = name.split('.').next().unwrap_or_default();
        Action { impersonates, verb, object, resource, subresource }
    }

    /// Asking what is allowed changes nothing, though the verb is `create`.
    pub fn is_write(&self) -> bool {
        self.impersonates
            || INTO_PODS.contains(&self.subresource)
            || direction_of(self.verb) == "write" && !self.resource.ends_with("reviews")
    }

    pub fn is_path(&self) -> bool {
        self.resource.is_empty()
    }

    pub fn reads_secrets(&self) -> bool {
        self.resource == "secrets" && matches!(self.verb, "get" | "list")
    }

    /// Worth more than its rarity, as intrusions need it.
    pub fn is_sensitive(&self) -> bool {
        let into_pods = INTO_PODS.contains(&self.subresource);
        let writes = ACCESS.contains(&self.resource) || PERSISTENT.contains(&self.resource);
        self.impersonates
            || into_pods
            || self.reads_secrets()
            || SELF_CHECKS.contains(&self.resource)
            || self.takes_token()
            || self.is_write() && writes && self.subresource != "status"
    }

    fn takes_token(&self) -> bool {
        self.resource == "serviceaccounts" && self.subresource == "token"
    }

    /// One bit for each counter that a request moves.
    pub fn counters(&self, outcome: Outcome) -> u16 {
        let write = self.is_write();
        let counts = [
            (Counter::Reads, !write),
            (Counter::Writes, write),
            (Counter::Denied, outcome == Outcome::Denied),
            (Counter::Missing, outcome == Outcome::Missing),
            (Counter::Checks, CHECKS.contains(&self.resource)),
            (Counter::Access, write && ACCESS.contains(&self.resource)),
            (Counter::Tokens, self.takes_token()),
            (Counter::Deletions, self.verb.starts_with("delete") && outcome == Outcome::Done),
            (Counter::Exec, INTO_PODS.contains(&self.subresource)),
        ];
        counts.iter().filter(|(_, counts)| *counts).fold(0, |bits, (counter, _)| bits | 1 << *counter as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_taken_apart() {
        let exec = Action::parse("get pods/exec");
        assert_eq!((exec.resource, exec.subresource), ("pods", "exec"));
        assert!(exec.is_write() && exec.is_sensitive());
        let scale = Action::parse("patch deployments.apps/scale");
        assert_eq!((scale.resource, scale.subresource), ("deployments", "scale"));
        assert!(scale.is_write() && !scale.is_sensitive());
        let check = Action::parse("create selfsubjectaccessreviews.authorization.k8s.io");
        assert!(!check.is_write() && check.is_sensitive());
        let path = Action::parse("get /debug/pprof");
        assert!(path.is_path() && !path.is_write());
        assert!(Action::parse("impersonate:list pods").is_write());
        assert!(!Action::parse("list pods").is_sensitive());
        assert!(Action::parse("list secrets").reads_secrets());
        assert_eq!(Action::parse("").object, "");
    }

    #[test]
    fn counters_of_actions() {
        let bits = |action, outcome| Action::parse(action).counters(outcome);
        let bit = |counter| 1_u16 << counter as u16;
        assert_eq!(bits("get pods", Outcome::Done), bit(Counter::Reads));
        assert_eq!(bits("delete pods", Outcome::Done), bit(Counter::Writes) | bit(Counter::Deletions));
        assert_eq!(bits("delete pods", Outcome::Denied), bit(Counter::Writes) | bit(Counter::Denied));
        assert_eq!(
            bits("create serviceaccounts/token", Outcome::Done),
            bit(Counter::Writes) | bit(Counter::Tokens)
        );
    }
}
