//! What a policy makes of a request: the first rule that takes it decides.

use super::{AuditPolicy, Level, PolicyRule, Resources, StageSet, Word};

/// What a policy looks at.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The authenticated user.
    pub user: &'r str,
    pub groups: &'r [&'r str],
    pub verb: &'r str,
    pub target: Target<'r>,
}

#[derive(Clone, Copy, Debug)]
pub enum Target<'r> {
    /// Everything is empty where it is missing, also the namespace of what lies in none.
    Resource { group: &'r str, resource: &'r str, subresource: &'r str, namespace: &'r str, name: &'r str },
    /// The path of a request for no resource, without its query.
    Path(&'r str),
}

/// What is recorded of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    pub level: Level,
    /// Index of the rule; `None` where no rule takes the request, which records nothing.
    pub rule: Option<usize>,
    /// Stages that are not recorded.
    pub omitted: StageSet,
}

impl AuditPolicy {
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let found = self.rules.iter().position(|rule| rule.takes(request));
        match found.and_then(|at| Some((at, self.rules.get(at)?))) {
            Some((at, rule)) => Decision {
                level: rule.level,
                rule: Some(at),
                omitted: self.omit_stages.and(rule.omit_stages),
            },
            None => Decision { level: Level::None, rule: None, omitted: self.omit_stages },
        }
    }
}

pub(super) fn has(words: &[Word], text: &str) -> bool {
    words.iter().any(|word| word.text == text)
}

impl PolicyRule {
    /// Whether the rule is for this request, were it the first.
    pub fn takes(&self, request: &Request<'_>) -> bool {
        let in_group = || request.groups.iter().any(|group| has(&self.groups, group));
        (self.users.is_empty() || has(&self.users, request.user))
            && (self.groups.is_empty() || in_group())
            && (self.verbs.is_empty() || has(&self.verbs, request.verb))
            && self.takes_target(request.target)
    }

    pub(super) fn takes_target(&self, target: Target<'_>) -> bool {
        let asks_resources = !self.namespaces.is_empty() || !self.resources.is_empty();
        match target {
            Target::Resource { namespace, .. } if asks_resources => {
                (self.namespaces.is_empty() || has(&self.namespaces, namespace))
                    && (self.resources.is_empty() || self.resources.iter().any(|part| part.take(target)))
            }
            Target::Resource { .. } => self.urls.is_empty(),
            Target::Path(path) => {
                !asks_resources
                    && (self.urls.is_empty() || self.urls.iter().any(|url| is_path(path, &url.text)))
            }
        }
    }
}

/// `*` stands for everything at the end, and nowhere else.
pub(super) fn is_path(path: &str, url: &str) -> bool {
    url == "*" || url == path || url.ends_with('*') && path.starts_with(url.trim_end_matches('*'))
}

impl Resources {
    fn take(&self, target: Target<'_>) -> bool {
        let Target::Resource { group, resource, subresource, name, .. } = target else { return false };
        let named = || self.names.is_empty() || has(&self.names, name);
        let any = || self.resources.iter().any(|pattern| is_resource(&pattern.text, resource, subresource));
        self.group.text == group && (self.resources.is_empty() || named() && any())
    }
}

/// Whether `pods`, `pods/log`, `pods/*`, `*/log` or `*` means this one. `pods` does not mean `pods/log`.
pub(super) fn is_resource(pattern: &str, resource: &str, subresource: &str) -> bool {
    if pattern == "*" || pattern.strip_suffix("/*") == Some(resource) {
        return true;
    }
    match pattern.split_once('/') {
        None => subresource.is_empty() && pattern == resource,
        Some(("*", sub)) => !subresource.is_empty() && sub == subresource,
        Some((own, sub)) => !subresource.is_empty() && own == resource && sub == subresource,
    }
}
