//! Policies of Alcide kAudit into [`Rule`](super::Rule)s.
//!
//! ```text
//! list of rules -> policy (what each says) -> condition (field, operator, value) -> Expr
//!                                          -> refer (rules put in place of their ids)
//! ```
//!
//! How the words of a policy are understood here:
//!
//! - `=` and `!=` compare the whole text, `~` and `!~` look for a regular expression anywhere in it; all four
//!   tell cases apart. `!=` and `!~` are plain negations, hence met by a field that is missing. The empty
//!   value with `=` is met by a field that is missing or empty.
//! - A field that holds several values (groups, addresses) is met when one of them is.
//! - `principal` and `username` are the authenticated user, `impersonated-*` whom it acted as; `caller-ip` is any
//!   of sourceIPs, also those that the client only claims, as in hunts; `access-type` is `read` or `write`;
//!   `role` and `cluster-role` are those that allowed the request; `ua-*` are versions in the user agent.
//! - A rule with `status: false` reports nothing and is there to be referred to.
//! - What no log can tell (`caller-ip-asn`, `caller-ip-country`) is never met, whatever the operator, so that
//!   a rule does not report what it cannot know.
//! - `enforcement` denies requests while they are made; a log comes too late for that.
//!
//! Source: `deploy/charts/kaudit/kaudit-policy/default-policy.yaml` of github.com/alcideio/kaudit.

mod condition;
mod export;
mod field;
mod java;
mod policy;
mod refer;

pub use export::{Category, Confidence, Entity, Filter, Integration, Report as Detail, Stream};
pub use field::FIELDS;

use super::diagnostic::{Diagnostic, Source};
use super::loaded::Loaded;
use super::map::Map;
use super::report::{Report, Trust};
use super::yaml::Node;

/// Whether a list is a policy: something in it has conditions.
pub fn is_policy(items: &[Node]) -> bool {
    has(items, &["conditions", "combine-op", "enforcement"]) && !has(items, &["rule", "macro", "list"])
}

/// Whether a list configures exports of kAudit.
pub fn is_export(items: &[Node]) -> bool {
    has(items, &["data-filter", "target"])
}

fn has(items: &[Node], keys: &[&str]) -> bool {
    let maps = items.iter().filter_map(Map::of);
    maps.into_iter().any(|map| keys.iter().any(|key| map.get(key).is_some()))
}

/// Reads the rules of a policy. The second part is what is wrong with those that gave none.
pub fn read(source: Source<'_>, items: &[Node]) -> (Vec<Loaded>, Vec<Diagnostic>) {
    policy::read(source, items)
}

/// Reads what is to be exported where, and says how kaudit is asked for the same.
pub fn read_export(source: Source<'_>, items: &[Node]) -> (Vec<Integration>, Vec<Diagnostic>) {
    let mut report = Report::new(source, Trust::None);
    let integrations = export::read(items, &mut report);
    (integrations, report.found)
}

#[cfg(test)]
mod tests;
