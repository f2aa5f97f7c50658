use super::*;
use proptest::prelude::*;

fn policy(text: &str) -> AuditPolicy {
    let (policy, wrong) = read(text, "policy.yaml");
    policy.unwrap_or_else(|| panic!("{wrong:?}"))
}

fn with(rules: &str) -> AuditPolicy {
    policy(&format!("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n{rules}"))
}

fn doubts(rules: &str) -> Vec<String> {
    lint(&with(rules)).into_iter().map(|found| format!("{}: {}", found.at.line, found.text)).collect()
}

const WORDS: [&[&str]; 6] = [
    &["jane", "system:admin", "bob"],
    &["system:masters", "system:nodes", "devs"],
    &["get", "list", "create"],
    &["", "default", "kube-system"],
    &["", "apps", "batch"],
    &["*", "pods", "pods/log", "pods/*", "*/log", "deployments", "deployments/scale"],
];
const NAMES: &[&str] = &["a", "b"];
const URLS: &[&str] = &["*", "/healthz", "/healthz*", "/api*", "/"];
const PATHS: &[&str] = &["/", "/healthz", "/healthz/ping", "/api/v1", "/version"];

type Strings = Vec<String>;

/// A rule as plain lists.
#[derive(Clone, Debug)]
struct Plain {
    level: usize,
    /// Users, groups, verbs.
    who: [Strings; 3],
    namespaces: Strings,
    resources: Vec<(String, Strings, Strings)>,
    urls: Strings,
}

#[derive(Clone, Debug)]
struct Asked {
    user: String,
    groups: Strings,
    verb: String,
    /// Group, resource, subresource, namespace, name.
    object: Option<[String; 5]>,
    path: String,
}

/// A second writing of the rules of kube-apiserver, as its documentation says them.
fn plainly_takes(rule: &Plain, asked: &Asked) -> bool {
    let free =
        |list: &[String], is: &dyn Fn(&str) -> bool| list.is_empty() || list.iter().any(|word| is(word));
    let who = free(&rule.who[0], &|user| user == asked.user)
        && free(&rule.who[1], &|group| asked.groups.iter().any(|own| own == group))
        && free(&rule.who[2], &|verb| verb == asked.verb);
    let only_resources = rule.namespaces.len() + rule.resources.len() > 0;
    let what = match &asked.object {
        None if only_resources => false,
        None => free(&rule.urls, &|url| {
            let prefix = url.trim_end_matches('*');
            if url.ends_with('*') { asked.path.starts_with(prefix) } else { asked.path == url }
        }),
        Some([group, resource, sub, namespace, name]) => {
            let full = if sub.is_empty() { resource.clone() } else { format!("{resource}/{sub}") };
            let forms = [full, format!("{resource}/*"), "*".to_owned(), format!("*/{sub}")];
            let fits =
                |word: &str| forms[..if sub.is_empty() { 3 } else { 4 }].iter().any(|form| form == word);
            let part = |(own, words, names): &(String, Strings, Strings)| {
                own == group
                    && (words.is_empty()
                        || free(names, &|one| one == name) && words.iter().any(|word| fits(word)))
            };
            (only_resources || rule.urls.is_empty())
                && free(&rule.namespaces, &|one| one == namespace)
                && (rule.resources.is_empty() || rule.resources.iter().any(part))
        }
    };
    who && what
}

fn yaml_list(words: &[String]) -> String {
    serde_json::to_string(words).unwrap()
}

fn written(rules: &[Plain]) -> String {
    let mut text = String::new();
    for rule in rules {
        text.push_str(&format!("- level: {}\n", Level::ALL[rule.level].name()));
        let [users, groups, verbs] = &rule.who;
        let keys = [("users", users), ("userGroups", groups), ("verbs", verbs)];
        let more = [("namespaces", &rule.namespaces), ("nonResourceURLs", &rule.urls)];
        for (key, words) in keys.into_iter().chain(more).filter(|(_, words)| !words.is_empty()) {
            text.push_str(&format!("  {key}: {}\n", yaml_list(words)));
        }
        if !rule.resources.is_empty() {
            text.push_str("  resources:\n");
        }
        for (group, words, names) in &rule.resources {
            text.push_str(&format!("  - group: \"{group}\"\n"));
            for (key, words) in [("resources", words), ("resourceNames", names)] {
                if !words.is_empty() {
                    text.push_str(&format!("    {key}: {}\n", yaml_list(words)));
                }
            }
        }
    }
    text
}

fn some(words: &'static [&'static str]) -> impl Strategy<Value = Strings> {
    let picked = prop::sample::subsequence(words, 0..=2.min(words.len()));
    prop_oneof![2 => Just(Vec::new()), 3 => picked.prop_map(|words| words.iter().map(|word| word.to_string()).collect())]
}

fn rule() -> impl Strategy<Value = Plain> {
    let part =
        (prop::sample::select(WORDS[4]), some(WORDS[5]), some(NAMES)).prop_map(|(group, words, names)| {
            let names = if words.is_empty() { Vec::new() } else { names };
            (group.to_owned(), words, names)
        });
    let who = [some(WORDS[0]), some(WORDS[1]), some(WORDS[2])];
    (0..4usize, who, some(WORDS[3]), prop::collection::vec(part, 0..3), some(URLS)).prop_map(
        |(level, who, namespaces, resources, urls)| {
            let urls = if namespaces.is_empty() && resources.is_empty() { urls } else { Vec::new() };
            Plain { level, who, namespaces, resources, urls }
        },
    )
}

fn asked() -> impl Strategy<Value = Asked> {
    let one = |words: &'static [&'static str]| prop::sample::select(words).prop_map(str::to_owned);
    let object = [
        one(WORDS[4]).boxed(),
        one(&["pods", "deployments"]).boxed(),
        one(&["", "log", "scale"]).boxed(),
        one(WORDS[3]).boxed(),
        one(&["a", "b", "c"]).boxed(),
    ];
    (one(WORDS[0]), some(WORDS[1]), one(WORDS[2]), prop::option::weighted(0.7, object), one(PATHS))
        .prop_map(|(user, groups, verb, object, path)| Asked { user, groups, verb, object, path })
}

fn decide(policy: &AuditPolicy, asked: &Asked) -> Decision {
    let groups: Vec<&str> = asked.groups.iter().map(String::as_str).collect();
    let target = match &asked.object {
        None => Target::Path(&asked.path),
        Some([group, resource, subresource, namespace, name]) => {
            Target::Resource { group, resource, subresource, namespace, name }
        }
    };
    policy.decide(&Request { user: &asked.user, groups: &groups, verb: &asked.verb, target })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn policies_decide_as_a_plain_reading_of_them_does(
        rules in prop::collection::vec(rule(), 1..5),
        asked in prop::collection::vec(asked(), 1..12),
    ) {
        let policy = with(&written(&rules));
        for asked in asked {
            let plain = rules.iter().position(|rule| plainly_takes(rule, &asked));
            let decision = decide(&policy, &asked);
            prop_assert_eq!(decision.rule, plain, "{:?}", asked);
            prop_assert_eq!(decision.level, plain.map_or(Level::None, |at| Level::ALL[rules[at].level]));
        }
    }

    #[test]
    fn no_request_reaches_a_rule_that_is_called_unreachable(
        rules in prop::collection::vec(rule(), 2..6),
        asked in prop::collection::vec(asked(), 1..60),
    ) {
        let policy = with(&written(&rules));
        let dead: Vec<usize> = (0..rules.len()).filter(|at| !policy.buried_by(*at).is_empty()).collect();
        for asked in asked {
            let decision = decide(&policy, &asked);
            prop_assert!(decision.rule.is_none_or(|at| !dead.contains(&at)), "{:?}", asked);
        }
    }
}

#[test]
fn a_rule_behind_one_that_takes_all_of_it_is_unreachable() {
    let said = doubts(
        "- level: Metadata\n  resources: [{group: '', resources: ['pods/*', secrets]}]\n\
         - level: Request\n  verbs: [create]\n  resources: [{group: '', resources: ['pods/exec', secrets]}]\n\
         - level: Metadata\n- level: None\n  nonResourceURLs: ['/healthz*']\n",
    );
    let dead: Vec<&str> =
        said.iter().filter(|text| text.contains("no request comes")).map(|text| &text[..2]).collect();
    assert_eq!(dead, ["6:", "10"], "{said:?}");
}

#[test]
fn words_that_no_request_has_are_told() {
    let said = doubts(
        "- level: Metadata\n  verbs: ['*', exec, get]\n  users: ['system:serviceaccount:*']\n\
         - level: Metadata\n  resources:\n  - group: core\n    resources: [pod, 'pods*']\n\
         - level: Metadata\n",
    )
    .join("\n");
    for text in [
        "5: no request has the verb `*`",
        "`exec`",
        "6: `system:serviceaccount:*`",
        "`core`",
        "none has `pod`",
        "`pods*`",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
}

#[test]
fn secrets_in_the_log_and_ways_in_without_trace_are_told() {
    let said = doubts("- level: RequestResponse\n  resources: [{group: '', resources: [pods, secrets]}]\n")
        .join("\n");
    for text in [
        "4: bodies of secrets",
        "3: pods/exec leaves no trace: no rule is for it",
        "3: nodes/proxy leaves no trace",
        "3: what no rule is for",
        "3: each request is written twice",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    let said = doubts("- level: Metadata\n  omitStages: [RequestReceived]\n");
    assert!(said.is_empty(), "{said:?}");
    let said = doubts("- level: None\n  users: [bob]\n- level: Request\n  omitStages: [RequestReceived]\n")
        .join("\n");
    for text in ["4: nothing is recorded of bob", "6: bodies of tokenreviews", "6: bodies of configmaps"] {
        assert!(said.contains(text), "{text}: {said}");
    }
    assert!(!said.contains("serviceaccounts/token"), "the request for a token holds none: {said}");
}

#[test]
fn mistakes_are_told_at_their_place_all_at_once() {
    let text = "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [Received]\nrules:\n\
                - levl: Metadata\n- level: Everything\n- level: None\n  nonResourceURLs: [healthz, '/a*b']\n\
                - level: None\n  nonResourceURLs: ['/x']\n  namespaces: [a]\n\
                - level: None\n  resources: [{group: '', resourceNames: [x]}]\n  users: bob\n";
    let (policy, wrong) = read(text, "p.yaml");
    assert!(policy.is_none());
    let said: Vec<String> =
        wrong.iter().map(|one| format!("{}:{} {}", one.at.line, one.at.column, one.text)).collect();
    let expected = [
        "3:14 there is no such stage",
        "5:3 a rule has no key `levl`",
        "5:3 the rule has no level",
        "6:10 there is no such level",
        "8:21 a URL begins with `/`",
        "8:30 `*` is allowed at the end of a URL only",
        "10:21 one rule cannot be for resources and for other URLs",
        "13:43 names without resources",
        "14:3 `users` is to be a list, and this is a single value",
    ];
    assert_eq!(said, expected);
    for text in [
        "",
        "[]",
        "kind: Pod\napiVersion: v1\n",
        "a: [",
        "rules: {}\nkind: Policy\napiVersion: audit.k8s.io/v1",
    ] {
        assert!(read(text, "p.yaml").0.is_none() && !read(text, "p.yaml").1.is_empty(), "{text}");
    }
}

#[test]
fn stages_of_the_policy_and_of_the_rule_are_omitted_both() {
    let policy = policy(
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nomitManagedFields: true\n\
         rules:\n- level: Metadata\n  omitStages: [Panic]\n",
    );
    let request = Request { user: "x", groups: &[], verb: "get", target: Target::Path("/version") };
    let omitted = policy.decide(&request).omitted;
    let all = StageSet::KNOWN.map(|stage| omitted.has(stage));
    assert_eq!((all, policy.omit_managed_fields), ([true, false, false, true], true));
}
