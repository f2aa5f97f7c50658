//! Audit policies.

use kaudit::coverage::usual;
use kaudit::policy::{Request, Target, lint, read};
use kaudit::rule::render;

/// Any text is a policy, or is said to be none; and a policy decides every request.
pub fn audit_policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (policy, wrong) = read(text, "policy.yaml");
    render(&wrong);
    let Some(policy) = policy else {
        assert!(!wrong.is_empty(), "a policy is refused without a word");
        return;
    };
    render(&lint(&policy));
    usual(Some(&policy));
    for rule in &policy.rules {
        let word = |words: &[kaudit::policy::Word]| words.first().map_or("x", |word| &word.text).to_owned();
        let (user, group, verb) = (word(&rule.users), word(&rule.groups), word(&rule.verbs));
        let (path, groups) = (word(&rule.urls), [group.as_str()]);
        let request = Request { user: &user, groups: &groups, verb: &verb, target: Target::Path(&path) };
        let decision = policy.decide(&request);
        assert_eq!(decision.rule.is_some(), policy.rules.iter().any(|rule| rule.takes(&request)));
    }
}
