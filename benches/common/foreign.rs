//! Rules as other people write them, about what every log holds: pods, secrets, roles, bodies, user agents.
//! A third each is Sigma, Falco and Alcide.

use kaudit::rule::{Lists, Loaded, Rule, RuleSet, Stages, builtin, read_texts};

const RESOURCES: [&str; 12] = [
    "pods",
    "secrets",
    "configmaps",
    "deployments",
    "daemonsets",
    "roles",
    "rolebindings",
    "clusterrolebindings",
    "serviceaccounts",
    "services",
    "cronjobs",
    "namespaces",
];
const VERBS: [&str; 6] = ["get", "list", "create", "update", "patch", "delete"];

/// The built-in rules, and so many of others beside them.
pub fn rules(count: usize) -> RuleSet {
    let third = count / 3;
    let texts = [
        ("sigma.yml", sigma(count - 2 * third)),
        ("falco.yaml", each(third, falco)),
        ("alcide.yaml", each(third, alcide)),
    ];
    let texts = texts.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    let read = read_texts(&texts, Lists::builtin());
    assert_eq!(read.rules.len(), count, "{:?}", read.found.first());
    let all = builtin::load().unwrap().into_iter().chain(read.rules);
    let rules: Vec<Rule> = all.map(|Loaded { rule, .. }| rule).collect();
    RuleSet::compile(rules, Stages::OnceARequest)
}

fn each(count: usize, one: fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

fn what(number: usize) -> (&'static str, &'static str) {
    (RESOURCES[number % RESOURCES.len()], VERBS[number / RESOURCES.len() % VERBS.len()])
}

fn sigma(count: usize) -> String {
    let one = |number: usize| {
        let (resource, verb) = what(number);
        let detail = match number % 5 {
            0 => format!("    userAgent|contains: tool-{number}\n"),
            1 => format!("    user.username|startswith: 'tenant-{number}:'\n"),
            2 => format!("    objectRef.name|endswith: '-{number}'\n"),
            3 => format!("    requestObject.spec.containers.image|contains: 'registry-{number}/'\n"),
            _ => format!(
                "    responseStatus.code: 4{:02}\n    objectRef.namespace: team-{number}\n",
                number % 30
            ),
        };
        format!(
            "title: Foreign {number}\nname: foreign-{number}\nlevel: medium\n\
             logsource: {{product: kubernetes, service: audit}}\n\
             detection:\n  it:\n    objectRef.resource: {resource}\n    verb: {verb}\n{detail}  condition: it\n"
        )
    };
    (0..count).map(one).collect::<Vec<_>>().join("---\n")
}

fn falco(number: usize) -> String {
    let (resource, verb) = what(number);
    format!(
        "- rule: Foreign {number}\n  desc: one of many\n  source: k8s_audit\n  priority: WARNING\n\
         \x20 condition: ka.verb = {verb} and ka.target.resource = {resource} and \
         not ka.user.name startswith \"system:\" and ka.target.name contains \"x{number}\"\n\
         \x20 output: one of many (user=%ka.user.name)\n"
    )
}

fn alcide(number: usize) -> String {
    let (resource, verb) = what(number);
    format!(
        "- id: {}\n  name: Foreign alcide {number}\n  conditions:\n\
         \x20 - {{field: verb, match-op: '=', match-value: {verb}}}\n\
         \x20 - {{field: resource-type, match-op: '=', match-value: {resource}}}\n\
         \x20 - {{field: principal, match-op: '~', match-value: 'tenant-{number}-.*'}}\n",
        number + 1
    )
}
