//! The export configuration of kAudit: which results went to which target. It holds no rules; its filters are
//! read, so that whoever names the file hears how to ask kaudit for the same.
//!
//! Source: `deploy/charts/kaudit/integrations/audit-integration.yaml` of github.com/alcideio/kaudit.

use crate::rule::RegexTest;
use crate::rule::check;
use crate::rule::diagnostic::Spot;
use crate::rule::map::Map;
use crate::rule::report::Report as Mistakes;
use crate::rule::yaml::{Content, Node};

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// What kAudit has found by itself.
    Detections,
    /// What the rules of a policy have matched.
    Selections,
    /// The audit events.
    Activity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    Principal,
    Resource,
    Cluster,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    Incident,
    Anomaly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    High,
    Medium,
    Low,
}

/// How selections are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Report {
    #[default]
    Details,
    Count,
}

/// Which results pass. An empty list lets all pass; regular expressions are found anywhere in a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub etype: Vec<Entity>,
    pub category: Vec<Category>,
    pub confidence: Vec<Confidence>,
    pub entity_match: Option<String>,
    pub entity_no_match: Option<String>,
    pub rules_match: Option<String>,
    pub report: Report,
}

/// One export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integration {
    pub stream: Stream,
    pub name: Option<String>,
    pub filter: Filter,
}

/// Words and what they mean; numbers are those of the product.
type Words<T> = &'static [(&'static str, T)];

const STREAMS: Words<Stream> =
    &[("detections", Stream::Detections), ("selections", Stream::Selections), ("activity", Stream::Activity)];
const ENTITIES: Words<Entity> =
    &[("principal", Entity::Principal), ("resource", Entity::Resource), ("cluster", Entity::Cluster)];
const CATEGORIES: Words<Category> = &[("incident", Category::Incident), ("anomaly", Category::Anomaly)];
const CONFIDENCES: Words<Confidence> = &[
    ("high", Confidence::High),
    ("medium", Confidence::Medium),
    ("low", Confidence::Low),
    ("0", Confidence::High),
    ("1", Confidence::Medium),
    ("2", Confidence::Low),
];
const REPORTS: Words<Report> = &[("details", Report::Details), ("count", Report::Count)];

const FILTER_KEYS: &[&str] =
    &["etype", "category", "confidence", "entity-match", "entity-no-match", "rules-match", "report"];

/// Reads all integrations, and says of each how kaudit is asked for the same.
pub fn read(items: &[Node], mistakes: &mut Mistakes) -> Vec<Integration> {
    let mut integrations = Vec::new();
    for (at, map) in items.iter().filter_map(Map::of).enumerate() {
        if at == 0 {
            let text =
                "this file says what kAudit exports and where; it holds no rules, and changes nothing here";
            let mend = "`kaudit rules lint` on it says how kaudit is asked for the same";
            mistakes.warning(map.spot, text, mend);
        }
        if let Some(integration) = integration(&map, mistakes) {
            mistakes.note(map.spot, integration.said(), integration.command());
            integrations.push(integration);
        }
    }
    integrations
}

fn integration(map: &Map, mistakes: &mut Mistakes) -> Option<Integration> {
    let stream = match map.text("type", mistakes) {
        Some((spot, text)) => word(text, spot, STREAMS, mistakes)?,
        None => {
            mistakes.error(map.spot, "the integration has no type", mend(STREAMS));
            return None;
        }
    };
    let name = map.text("name", mistakes).map(|(_, name)| name.to_owned());
    let filter = match map.get("data-filter").filter(|(_, node)| !node.is_null()) {
        Some((key, node)) => filter(key.spot, node, mistakes),
        None => Filter::default(),
    };
    Some(Integration { stream, name, filter })
}

fn filter(key: Spot, node: &Node, mistakes: &mut Mistakes) -> Filter {
    let Some(map) = Map::of(node) else {
        let text = format!("`data-filter` is to be a map, and this is {}", node.kind());
        mistakes.error(key, text, "write `data-filter: {}` to let everything pass");
        return Filter::default();
    };
    map.warn_of_others(FILTER_KEYS, mistakes);
    let report = map.text("report", mistakes).and_then(|(spot, text)| word(text, spot, REPORTS, mistakes));
    Filter {
        etype: words(&map, "etype", ENTITIES, mistakes),
        category: words(&map, "category", CATEGORIES, mistakes),
        confidence: words(&map, "confidence", CONFIDENCES, mistakes),
        entity_match: regex(&map, "entity-match", mistakes),
        entity_no_match: regex(&map, "entity-no-match", mistakes),
        rules_match: regex(&map, "rules-match", mistakes),
        report: report.unwrap_or_default(),
    }
}

/// The values of a list, or a single one. What stands before a `/` is the name space of the product.
fn words<T: Copy>(map: &Map, key: &str, known: Words<T>, mistakes: &mut Mistakes) -> Vec<T> {
    let Some((_, node)) = map.get(key).filter(|(_, node)| !node.is_null()) else { return Vec::new() };
    let nodes = match &node.content {
        Content::List(nodes) => nodes.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let text = |node: &'_ Node| node.scalar().map(|scalar| scalar.text.clone()).unwrap_or_default();
    nodes.iter().filter_map(|node| word(&text(node), node.spot, known, mistakes)).collect()
}

fn word<T: Copy>(text: &str, spot: Spot, known: Words<T>, mistakes: &mut Mistakes) -> Option<T> {
    let plain = text.rsplit('/').next().unwrap_or(text);
    let found = known.iter().find(|(word, _)| word.eq_ignore_ascii_case(plain)).map(|(_, meaning)| *meaning);
    if found.is_none() {
        mistakes.error(spot, format!("`{text}` is none of the values here"), mend(known));
    }
    found
}

fn mend<T>(known: Words<T>) -> String {
    format!("there are {}", known.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "))
}

fn regex(map: &Map, key: &str, mistakes: &mut Mistakes) -> Option<String> {
    let (spot, pattern) = map.text(key, mistakes).filter(|(_, pattern)| !pattern.is_empty())?;
    let test =
        RegexTest { pattern: pattern.to_owned(), ignore_case: false, multi_line: false, dot_all: false };
    match check::compile(&test) {
        Ok(_) => Some(pattern.to_owned()),
        Err(error) => {
            let mend = "look-around and back-references are not supported";
            mistakes.error(spot, format!("not a regular expression: {error}"), mend);
            None
        }
    }
}

impl Integration {
    fn said(&self) -> String {
        let name = self.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
        match self.stream {
            Stream::Detections => format!("export{name} of what kAudit found by itself"),
            Stream::Selections => format!("export{name} of what the rules of a policy match"),
            Stream::Activity => format!("export{name} of audit events"),
        }
    }

    /// The command that shows the same.
    fn command(&self) -> String {
        match self.stream {
            Stream::Activity => self.hunt(),
            Stream::Detections | Stream::Selections => self.scan(),
        }
    }

    fn hunt(&self) -> String {
        let selects = |name: &str, regex: &Option<String>| {
            regex
                .as_ref()
                .map(|regex| format!(" {name} {}", quoted(&format!("/{regex}/"))))
                .unwrap_or_default()
        };
        let Filter { entity_match, entity_no_match, .. } = &self.filter;
        let (is, not) = (selects("--principal", entity_match), selects("--not-principal", entity_no_match));
        format!("kaudit hunt -o ndjson{is}{not}")
    }

    fn scan(&self) -> String {
        let Filter { category, report, .. } = &self.filter;
        let which = match (self.stream, category.as_slice()) {
            (Stream::Selections, _) => " --only rules --no-builtin --rules POLICY",
            (_, [Category::Anomaly]) => " --only anomaly",
            (_, [Category::Incident]) => " --only rules",
            _ => "",
        };
        let tests = self.tests();
        let format = if *report == Report::Count { "summary" } else { "ndjson" };
        let jq = match tests.is_empty() || *report == Report::Count {
            true => String::new(),
            false => format!(" | jq -c {}", quoted(&format!("select({})", tests.join(" and ")))),
        };
        format!("kaudit scan{which} -o {format}{jq}")
    }

    /// What is asked of a finding, for jq.
    fn tests(&self) -> Vec<String> {
        let Filter { confidence, rules_match, entity_match, entity_no_match, .. } = &self.filter;
        let test = |path: &str, regex: &Option<String>, not: &str| {
            let regex = serde_json::Value::from(regex.clone()?);
            Some(format!("({path} // \"\" | test({regex}){not})"))
        };
        let names = CONFIDENCES.iter().take(3).filter(|(_, level)| confidence.contains(level));
        let names: Vec<String> = names.map(|(name, _)| format!("\"{name}\"")).collect();
        let sure =
            (!names.is_empty()).then(|| format!("(.confidence // {} | IN({}))", names[0], names.join(", ")));
        let tests = [
            sure,
            test(".rule.id", rules_match, ""),
            test(".principal", entity_match, ""),
            test(".principal", entity_no_match, " | not"),
        ];
        tests.into_iter().flatten().collect()
    }
}

/// In single quotes, as a shell takes it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
