//! What is doubtful about a policy that is otherwise fine. Each doubt stands at the rule that decides.

use super::{AuditPolicy, Caller, Decision, Level, PolicyRule, Request, Target, Word, callers};
use crate::inventory::Stage;
use crate::rule::{Diagnostic, Severity, Spot, plural_of};

/// All doubts, in the order of the file.
pub fn lint(policy: &AuditPolicy) -> Vec<Diagnostic> {
    let mut lint = Lint { policy, found: Vec::new() };
    lint.unreachable();
    lint.words();
    lint.bodies();
    lint.reaching_in();
    lint.blind();
    lint.stages();
    lint.catch_all();
    lint.found.sort_by_key(|found| (found.at.line, found.at.column));
    lint.found.dedup();
    lint.found
}

struct Lint<'p> {
    policy: &'p AuditPolicy,
    found: Vec<Diagnostic>,
}

/// A resource whose bodies hold secrets, and what of a request does: level, group, resource, subresource, verb.
const SECRET: &[(&str, &str, &str, &str, Level)] = &[
    ("", "secrets", "", "create", Level::Request),
    ("", "secrets", "", "update", Level::Request),
    ("", "secrets", "", "patch", Level::Request),
    ("", "secrets", "", "get", Level::RequestResponse),
    ("", "secrets", "", "list", Level::RequestResponse),
    ("", "configmaps", "", "create", Level::Request),
    ("", "configmaps", "", "update", Level::Request),
    ("", "configmaps", "", "patch", Level::Request),
    ("", "configmaps", "", "get", Level::RequestResponse),
    ("", "configmaps", "", "list", Level::RequestResponse),
    ("", "serviceaccounts", "token", "create", Level::RequestResponse),
    ("authentication.k8s.io", "tokenreviews", "", "create", Level::Request),
];

/// Ways into pods and nodes. The verb is `get` for clients that speak WebSocket.
const INTO: &[(&str, &str)] = &[
    ("pods", "exec"),
    ("pods", "attach"),
    ("pods", "portforward"),
    ("pods", "proxy"),
    ("services", "proxy"),
    ("nodes", "proxy"),
    ("pods", "ephemeralcontainers"),
];

const VERBS: &[&str] = &["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
/// Verbs of requests for no resource.
const METHODS: &[&str] = &["get", "head", "post", "put", "patch", "delete", "options", "connect", "trace"];

impl Lint<'_> {
    fn warn(&mut self, at: Spot, text: impl Into<String>, mend: impl Into<String>) {
        let at = self.policy.excerpt(at);
        self.found.push(Diagnostic { severity: Severity::Warning, at, text: text.into(), mend: mend.into() });
    }

    fn unreachable(&mut self) {
        for (at, rule) in self.policy.rules.iter().enumerate() {
            let over = self.policy.buried_by(at);
            if !over.is_empty() {
                let lines: Vec<String> = over
                    .iter()
                    .filter_map(|at| self.policy.rules.get(*at))
                    .map(|rule| rule.line.to_string())
                    .collect();
                let rules = if lines.len() == 1 { "the rule on line" } else { "the rules on lines" };
                let text = format!(
                    "no request comes as far as this rule: {rules} {} take all of it",
                    lines.join(", ")
                );
                let text = if lines.len() == 1 { text.replace(" take all", " takes all") } else { text };
                self.warn(rule.at, text, "the first rule that matches decides: move this one up, or drop it");
            }
        }
    }

    /// Words that no request has.
    fn words(&mut self) {
        for rule in &self.policy.rules {
            for verb in &rule.verbs {
                self.verb(rule, verb);
            }
            for word in rule.users.iter().chain(&rule.groups).chain(&rule.namespaces) {
                if word.text.contains('*') {
                    let text = format!("`{}` is taken as it is: `*` stands for nothing here", word.text);
                    self.warn(word.at, text, "name each, or leave the key out to mean all");
                }
            }
            for part in &rule.resources {
                self.group(&part.group);
                part.resources.iter().for_each(|resource| self.resource(resource));
            }
        }
    }

    fn verb(&mut self, rule: &PolicyRule, verb: &Word) {
        let known = if rule.urls.is_empty() { [VERBS, METHODS].concat() } else { METHODS.to_vec() };
        if verb.text == "*" {
            self.warn(verb.at, "no request has the verb `*`", "leave `verbs` out to mean all");
        } else if !known.contains(&verb.text.as_str()) {
            let mend = format!("there are {}", if rule.urls.is_empty() { VERBS } else { METHODS }.join(", "));
            self.warn(verb.at, format!("no request has the verb `{}`", verb.text), mend);
        }
    }

    fn group(&mut self, group: &Word) {
        let mend = match group.text.as_str() {
            "core" | "v1" => "the core group is called \"\"".to_owned(),
            "*" => "name each group; a rule without `resources` takes all of them".to_owned(),
            other => match other.split_once('/') {
                Some((group, _)) => format!("write `{group}`, without a version"),
                None => return,
            },
        };
        self.warn(group.at, format!("no request has the API group `{}`", group.text), mend);
    }

    fn resource(&mut self, resource: &Word) {
        let name = resource.text.split('/').next().unwrap_or_default();
        if let Some(plural) = plural_of(name) {
            let text = format!("requests name resources in the plural, so that none has `{name}`");
            self.warn(resource.at, text, format!("write `{plural}`"));
        } else if name.len() > 1 && name.contains('*') || name.contains('.') {
            let text = format!("no request has the resource `{}`", resource.text);
            self.warn(resource.at, text, "write `pods`, `pods/log`, `pods/*`, `*/scale` or `*`");
        }
    }

    /// Secrets that are written into the log.
    fn bodies(&mut self) {
        let mut said: Vec<(Option<usize>, String)> = Vec::new();
        for (group, resource, sub, verb, level) in SECRET {
            for caller in callers() {
                let decision = self.decide(caller, (group, resource, sub), verb);
                let name = named(resource, sub);
                if decision.level >= *level && !said.contains(&(decision.rule, name.clone())) {
                    let text =
                        format!("bodies of {name} are recorded: whoever reads the log reads what they hold");
                    let mend = format!("above it, write a rule `level: Metadata` for {name}");
                    self.warn(self.spot(decision.rule), text, mend);
                    said.push((decision.rule, name));
                }
            }
        }
    }

    /// Ways in that leave no trace.
    fn reaching_in(&mut self) {
        for (resource, sub) in INTO {
            let people = callers().iter().filter(|caller| matches!(caller.kind, "human" | "service-account"));
            let lost = people.flat_map(|caller| {
                ["create", "get", "patch"].map(|verb| self.decide(caller, ("", resource, sub), verb))
            });
            if let Some(decision) = lost.into_iter().find(|decision| decision.level == Level::None) {
                let name = named(resource, sub);
                let text = match decision.rule {
                    Some(_) => format!("{name} leaves no trace: this rule records none of it"),
                    None => format!(
                        "{name} leaves no trace: no rule is for it (`{resource}` does not mean `{name}`)"
                    ),
                };
                let mend = format!(
                    "above it, write `- level: Metadata` with `resources: [\"{name}\"]` of group \"\""
                );
                self.warn(self.spot(decision.rule), text, mend);
            }
        }
    }

    /// Users that nothing is recorded of.
    fn blind(&mut self) {
        for rule in &self.policy.rules {
            let who: Vec<&str> =
                rule.users.iter().chain(&rule.groups).map(|word| word.text.as_str()).collect();
            let all = rule.verbs.is_empty() && rule.takes_all_targets();
            if rule.level == Level::None && all && !who.is_empty() {
                let text = format!(
                    "nothing is recorded of {}: who holds their credentials acts unseen",
                    who.join(", ")
                );
                self.warn(
                    rule.at,
                    text,
                    "name the verbs and resources that are too many, or write `level: Metadata`",
                );
            }
        }
    }

    fn stages(&mut self) {
        let policy = self.policy;
        let kept = |stage: Stage| {
            let keeps = |rule: &PolicyRule| {
                rule.level > Level::None && !policy.omit_stages.and(rule.omit_stages).has(stage)
            };
            policy.rules.iter().find(move |rule| keeps(rule))
        };
        if kept(Stage::RequestReceived).is_some() {
            let text =
                "each request is written twice: as it comes in, which says nothing more, and as it ends";
            self.warn(policy.at, text, "write `omitStages: [RequestReceived]` at the top of the policy");
        }
        for rule in policy.rules.iter().filter(|rule| rule.level > Level::None) {
            let omitted = policy.omit_stages.and(rule.omit_stages);
            if omitted.has(Stage::ResponseComplete) {
                let text = "how a request ended is not recorded: ResponseComplete is omitted";
                self.warn(rule.at, text, "take ResponseComplete out of `omitStages`");
            }
        }
    }

    fn catch_all(&mut self) {
        let policy = self.policy;
        if !policy.rules.iter().any(PolicyRule::takes_all) {
            let text =
                "what no rule is for is not recorded at all, such as resources that are installed later";
            self.warn(policy.at, text, "end the policy with `- level: Metadata`");
        }
    }

    fn decide(
        &self,
        caller: &Caller,
        (group, resource, subresource): (&str, &str, &str),
        verb: &str,
    ) -> Decision {
        let target = Target::Resource { group, resource, subresource, namespace: "default", name: "example" };
        self.policy.decide(&Request { user: caller.user, groups: caller.groups, verb, target })
    }

    fn spot(&self, rule: Option<usize>) -> Spot {
        rule.and_then(|at| self.policy.rules.get(at)).map_or(self.policy.at, |rule| rule.at)
    }
}

fn named(resource: &str, sub: &str) -> String {
    if sub.is_empty() { resource.to_owned() } else { format!("{resource}/{sub}") }
}
