//! Reading a policy file. All mistakes are told at once, each at its place; what kube-apiserver refuses is an error,
//! what it ignores a warning.
//! Source: `kubernetes/staging/src/k8s.io/apiserver/pkg/apis/audit/validation/validation.go`.

use super::{AuditPolicy, Level, PolicyRule, Resources, StageSet, Word};
use crate::rule::yaml::{self, Content, Key, Node};
use crate::rule::{Diagnostic, Severity, Source, Spot};

const POLICY: &[&str] = &["apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields"];
const RULE: &[&str] = &[
    "level",
    "users",
    "userGroups",
    "verbs",
    "resources",
    "namespaces",
    "nonResourceURLs",
    "omitStages",
    "omitManagedFields",
];
const RESOURCES: &[&str] = &["group", "resources", "resourceNames"];

/// Reads a policy; `file` is the name under which its user knows it. There is no policy where there is an error.
pub fn read(text: &str, file: &str) -> (Option<AuditPolicy>, Vec<Diagnostic>) {
    let (documents, faults) = yaml::read(text);
    let mut reader = Reader { source: Source { file, text }, found: Vec::new() };
    for fault in faults {
        reader.error(fault.spot, fault.text, fault.mend);
    }
    let policy = if reader.found.is_empty() { reader.document(&documents) } else { None };
    reader.found.sort_by_key(|diagnostic| (diagnostic.at.line, diagnostic.at.column));
    let has_errors = reader.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    (policy.filter(|_| !has_errors), reader.found)
}

struct Reader<'t> {
    source: Source<'t>,
    found: Vec<Diagnostic>,
}

/// The value of one key.
fn get<'n>(map: &'n [(Key, Node)], name: &str) -> Option<(&'n Key, &'n Node)> {
    let found = map.iter().find(|(key, _)| key.text == name)?;
    (!found.1.is_null()).then_some((&found.0, &found.1))
}

impl Reader<'_> {
    fn add(&mut self, severity: Severity, at: Spot, text: impl Into<String>, mend: impl Into<String>) {
        let at = self.source.excerpt(at);
        self.found.push(Diagnostic { severity, at, text: text.into(), mend: mend.into() });
    }

    fn error(&mut self, at: Spot, text: impl Into<String>, mend: impl Into<String>) {
        self.add(Severity::Error, at, text, mend);
    }

    fn document(&mut self, documents: &[Node]) -> Option<AuditPolicy> {
        let Some(root) = documents.first() else {
            self.error(Spot::default(), "the file is empty", "write an audit policy (kind: Policy)");
            return None;
        };
        if let Some(second) = documents.get(1) {
            self.error(second.spot, "a policy file holds one document", "keep one policy in each file");
        }
        let map = self.map(root, "an audit policy", POLICY)?;
        self.head(map, root.spot);
        let rules = match get(map, "rules") {
            Some((key, node)) => self.rules(key, node),
            None => {
                let at = map.first().map_or(root.spot, |(key, _)| key.spot);
                self.error(
                    at,
                    "the policy has no rules",
                    "write `rules:` and below it at least `- level: Metadata`",
                );
                Vec::new()
            }
        };
        Some(AuditPolicy {
            file: self.source.file.to_owned(),
            rules,
            omit_stages: self.stages(map),
            omit_managed_fields: self.flag(map, "omitManagedFields"),
            at: get(map, "rules").map_or(root.spot, |(key, _)| key.spot),
            text: self.source.text.to_owned(),
        })
    }

    /// Whether the document is a policy at all.
    fn head(&mut self, map: &[(Key, Node)], at: Spot) {
        let word =
            |name| get(map, name).and_then(|(_, node)| Some((node.spot, node.scalar()?.text.as_str())));
        let first = map.first().map_or(at, |(key, _)| key.spot);
        match word("kind") {
            Some((_, "Policy")) => {}
            Some((at, _)) => self.error(at, "this is no audit policy", "its kind is to be `Policy`"),
            None => self.error(first, "this is no audit policy: it has no kind", "add `kind: Policy`"),
        }
        match word("apiVersion") {
            Some((_, "audit.k8s.io/v1")) => {}
            Some((at, "audit.k8s.io/v1beta1" | "audit.k8s.io/v1alpha1")) => {
                let text = "this version of policies is gone since Kubernetes 1.24";
                self.add(Severity::Warning, at, text, "write `apiVersion: audit.k8s.io/v1`");
            }
            other => {
                let at = other.map_or(first, |(at, _)| at);
                self.error(at, "this is no audit policy", "write `apiVersion: audit.k8s.io/v1`");
            }
        }
    }

    fn map<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Option<&'n [(Key, Node)]> {
        let Content::Map(pairs) = &node.content else {
            self.error(
                node.spot,
                format!("{what} is to be a map, and this is {}", node.kind()),
                "write `key: value`",
            );
            return None;
        };
        for (key, _) in pairs.iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
            let near = known.iter().min_by_key(|name| strsim::levenshtein(name, &key.text));
            let meant = near.filter(|name| strsim::levenshtein(name, &key.text) <= 3);
            let mend = match meant {
                Some(name) => {
                    format!("write `{name}`; kube-apiserver warns and passes over what it does not know")
                }
                None => format!("there are {}", known.join(", ")),
            };
            self.add(Severity::Warning, key.spot, format!("{what} has no key `{}`", key.text), mend);
        }
        Some(pairs)
    }

    fn rules(&mut self, key: &Key, node: &Node) -> Vec<PolicyRule> {
        let Content::List(nodes) = &node.content else {
            self.error(
                key.spot,
                format!("`rules` is to be a list, and this is {}", node.kind()),
                "write each rule behind `- `",
            );
            return Vec::new();
        };
        if nodes.is_empty() {
            self.error(key.spot, "the policy has no rules", "write at least `- level: Metadata`");
        }
        nodes.iter().filter_map(|node| self.rule(node)).collect()
    }

    fn rule(&mut self, node: &Node) -> Option<PolicyRule> {
        let map = self.map(node, "a rule", RULE)?;
        let begin = map.first().map_or(node.spot, |(key, _)| key.spot);
        let (level, at) = self.level(map, begin)?;
        let rule = PolicyRule {
            level,
            users: self.words(map, "users"),
            groups: self.words(map, "userGroups"),
            verbs: self.words(map, "verbs"),
            namespaces: self.words(map, "namespaces"),
            resources: self.resources(map),
            urls: self.words(map, "nonResourceURLs"),
            omit_stages: self.stages(map),
            at,
            line: self.source.excerpt(begin).line,
        };
        self.flag(map, "omitManagedFields");
        self.urls(&rule);
        Some(rule)
    }

    fn level(&mut self, map: &[(Key, Node)], begin: Spot) -> Option<(Level, Spot)> {
        const MEND: &str = "write one of None, Metadata, Request, RequestResponse";
        let Some((_, node)) = get(map, "level") else {
            self.error(begin, "the rule has no level", MEND);
            return None;
        };
        let level = node.scalar().and_then(|scalar| Level::named(&scalar.text));
        if level.is_none() {
            self.error(node.spot, "there is no such level", MEND);
        }
        Some((level?, node.spot))
    }

    fn urls(&mut self, rule: &PolicyRule) {
        if let (Some(url), true) =
            (rule.urls.first(), !rule.resources.is_empty() || !rule.namespaces.is_empty())
        {
            let text = "one rule cannot be for resources and for other URLs";
            self.error(url.at, text, "write two rules");
        }
        for url in &rule.urls {
            let star = url.text.find('*').is_some_and(|at| at + 1 < url.text.len());
            if url.text != "*" && !url.text.starts_with('/') {
                self.error(url.at, "a URL begins with `/`", "write `/healthz*` or `*`");
            } else if star {
                self.error(url.at, "`*` is allowed at the end of a URL only", "cut the URL there");
            }
        }
    }

    fn resources(&mut self, map: &[(Key, Node)]) -> Vec<Resources> {
        let Some((key, node)) = get(map, "resources") else { return Vec::new() };
        let Content::List(nodes) = &node.content else {
            self.error(
                key.spot,
                "`resources` is to be a list",
                "write `- group: \"\"` and `resources: [pods]` below it",
            );
            return Vec::new();
        };
        nodes.iter().filter_map(|node| self.group(node)).collect()
    }

    fn group(&mut self, node: &Node) -> Option<Resources> {
        let map = self.map(node, "an entry of `resources`", RESOURCES)?;
        let group = match get(map, "group") {
            Some((_, node)) => self.word(node).unwrap_or_default(),
            None => Word { text: String::new(), at: map.first().map_or(node.spot, |(key, _)| key.spot) },
        };
        let found = Resources {
            group,
            resources: self.words(map, "resources"),
            names: self.words(map, "resourceNames"),
        };
        if let (Some(name), true) = (found.names.first(), found.resources.is_empty()) {
            self.error(name.at, "names without resources", "add `resources: [...]` beside `resourceNames`");
        }
        Some(found)
    }

    fn words(&mut self, map: &[(Key, Node)], name: &str) -> Vec<Word> {
        let Some((key, node)) = get(map, name) else { return Vec::new() };
        let Content::List(nodes) = &node.content else {
            let text = format!("`{name}` is to be a list, and this is {}", node.kind());
            self.error(key.spot, text, format!("write `{name}: [...]`"));
            return Vec::new();
        };
        nodes.iter().filter_map(|node| self.word(node)).collect()
    }

    fn word(&mut self, node: &Node) -> Option<Word> {
        match node.scalar() {
            Some(scalar) => Some(Word { text: scalar.text.clone(), at: node.spot }),
            None => {
                self.error(
                    node.spot,
                    format!("text is wanted here, and this is {}", node.kind()),
                    "write it in quotes",
                );
                None
            }
        }
    }

    fn stages(&mut self, map: &[(Key, Node)]) -> StageSet {
        let mut stages = StageSet::default();
        for word in self.words(map, "omitStages") {
            match StageSet::KNOWN.into_iter().find(|stage| stage.name() == word.text) {
                Some(stage) => stages.add(stage),
                None => {
                    let mend = "there are RequestReceived, ResponseStarted, ResponseComplete, Panic";
                    self.error(word.at, "there is no such stage", mend);
                }
            }
        }
        stages
    }

    fn flag(&mut self, map: &[(Key, Node)], name: &str) -> bool {
        let Some((_, node)) = get(map, name) else { return false };
        match node.scalar().map(|scalar| (scalar.plain, scalar.text.as_str())) {
            Some((true, "true" | "True" | "TRUE")) => true,
            Some((true, "false" | "False" | "FALSE")) => false,
            _ => {
                self.error(node.spot, format!("`{name}` is true or false"), format!("write `{name}: true`"));
                false
            }
        }
    }
}
