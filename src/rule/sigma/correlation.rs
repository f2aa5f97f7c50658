//! Correlation documents: the section `correlation`.

use super::value::Value;
use crate::event::Field;
use crate::rule::correlation::{Bound, Condition, Correlation, GroupBy, Kind, Op, Reference, Source, UNITS};
use crate::rule::map::Map;
use crate::rule::naming;
use crate::rule::report::Report;
use crate::rule::yaml::{Content, Key, Node};

/// Rules that one correlation may name, and fields it may group by.
const MAX_RULES: usize = 64;
const MAX_FIELDS: usize = 16;

const KEYS: [&str; 7] = ["type", "rules", "group-by", "timespan", "condition", "aliases", "generate"];

/// The section as it is meant. Mistakes go to the report; with any, there is no correlation.
pub fn read(key: &Key, node: &Node, generate: Option<bool>, report: &mut Report) -> Option<Correlation> {
    let Content::Map(pairs) = &node.content else {
        let text = format!("`correlation` is to be a map, and this is {}", node.kind());
        report.error(
            key.spot,
            text,
            "write `type`, `rules`, `group-by`, `timespan` and `condition` below it",
        );
        return None;
    };
    let map = Map { spot: pairs.first().map_or(key.spot, |(key, _)| key.spot), pairs };
    map.only(&KEYS, "a correlation", report);
    let kind = kind(&map, report)?;
    let rules = references(&map, "rules", report);
    let aliases = aliases(&map, &rules, report);
    let group_by = group_by(&map, &rules, &aliases, report);
    let timespan = timespan(&map, kind, report);
    let condition = condition(&map, kind, rules.len(), report);
    shape(&map, kind, &rules, report);
    let inner = map.flag("generate", report);
    (!report.has_errors()).then(|| Correlation {
        kind,
        rules,
        group_by,
        timespan,
        condition,
        generate: inner.or(generate).unwrap_or(false),
    })
}

fn kind(map: &Map, report: &mut Report) -> Option<Kind> {
    let all = || Kind::ALL.map(Kind::name).join(", ");
    let Some((spot, text)) = map.text("type", report) else {
        report.error(map.spot, "the correlation has no type", format!("add `type:`, one of {}", all()));
        return None;
    };
    let found = Kind::ALL.into_iter().find(|kind| kind.name() == text);
    if found.is_none() {
        report.error(
            spot,
            format!("there is no correlation of type `{text}`"),
            format!("use one of {}", all()),
        );
    }
    found
}

/// The names of rules, each with its place; a single one needs no list.
pub fn references(map: &Map, name: &str, report: &mut Report) -> Vec<Reference> {
    let Some((key, node)) = map.get(name) else {
        report.error(map.spot, format!("there is no `{name}`"), "add `rules:`, a list of names or ids");
        return Vec::new();
    };
    let single = std::slice::from_ref(node);
    let nodes = match &node.content {
        Content::List(nodes) => nodes.as_slice(),
        _ => single,
    };
    let text =
        |node: &Node| node.scalar().filter(|scalar| !scalar.is_null()).map(|scalar| scalar.text.clone());
    let mut found = Vec::new();
    for node in nodes {
        match text(node) {
            Some(name) => found.push(Reference { name, at: report.source.excerpt(node.spot) }),
            None => report.error(node.spot, "a rule is named by text", "write its `name` or `id`"),
        }
    }
    if nodes.is_empty() || nodes.len() > MAX_RULES {
        report.error(
            key.spot,
            format!("`{name}` names {} rules", nodes.len()),
            format!("name 1 to {MAX_RULES}"),
        );
    }
    found
}

/// A name for what is called otherwise in each rule.
struct Alias<'n> {
    name: &'n str,
    fields: Vec<Option<Source>>,
}

fn aliases<'n>(map: &Map<'n>, rules: &[Reference], report: &mut Report) -> Vec<Alias<'n>> {
    let Some((key, node)) = map.get("aliases").filter(|(_, node)| !node.is_null()) else { return Vec::new() };
    let Content::Map(pairs) = &node.content else {
        let text = format!("`aliases` is to be a map, and this is {}", node.kind());
        report.error(key.spot, text, "write the alias, and below it `rule: field` for each rule");
        return Vec::new();
    };
    pairs.iter().map(|(name, node)| alias(name, node, rules, report)).collect()
}

fn alias<'n>(name: &'n Key, node: &Node, rules: &[Reference], report: &mut Report) -> Alias<'n> {
    let mut fields = vec![None; rules.len()];
    let Content::Map(pairs) = &node.content else {
        report.error(name.spot, "an alias is to be a map", "write `rule: field` below it, for each rule");
        return Alias { name: &name.text, fields };
    };
    for (rule, field) in pairs {
        let at: Vec<usize> = (0..rules.len()).filter(|at| rules[*at].name == rule.text).collect();
        let Some(text) = field.scalar() else {
            report.error(rule.spot, "a field is named by text", "write `rule: field`");
            continue;
        };
        if at.is_empty() {
            let text = format!("the correlation has no rule `{}`", rule.text);
            report.error(rule.spot, text, "write the name as it stands under `rules`");
        }
        at.into_iter().for_each(|at| fields[at] = Some(source(&text.text)));
    }
    Alias { name: &name.text, fields }
}

fn source(name: &str) -> Source {
    naming::field(name).map_or_else(|_| Source::Group(name.to_owned()), Source::Field)
}

fn group_by(map: &Map, rules: &[Reference], aliases: &[Alias<'_>], report: &mut Report) -> Vec<GroupBy> {
    let Some((key, node)) = map.get("group-by").filter(|(_, node)| !node.is_null()) else {
        return Vec::new();
    };
    let single = std::slice::from_ref(node);
    let nodes = match &node.content {
        Content::List(nodes) => nodes.as_slice(),
        _ => single,
    };
    if nodes.len() > MAX_FIELDS {
        report.error(key.spot, "too many fields to group by", format!("name at most {MAX_FIELDS}"));
    }
    let mut found = Vec::new();
    for node in nodes {
        let Some(name) = node.scalar().filter(|scalar| !scalar.is_null()).map(|scalar| &scalar.text) else {
            report.error(node.spot, "a field is named by text", "write `- principal`");
            continue;
        };
        let alias = aliases.iter().find(|alias| alias.name == name);
        let fields =
            alias.map_or_else(|| vec![Some(source(name)); rules.len()], |alias| alias.fields.clone());
        let at = report.source.excerpt(node.spot);
        found.push(GroupBy { name: name.clone(), at, fields, is_alias: alias.is_some() });
    }
    for unused in aliases.iter().filter(|alias| !found.iter().any(|by| by.name == alias.name)) {
        let text = format!("nothing groups by the alias `{}`", unused.name);
        report.warning(key.spot, text, "name it under `group-by`, or drop it");
    }
    found
}

fn timespan(map: &Map, kind: Kind, report: &mut Report) -> i64 {
    const MEND: &str = "write a number and s, m, h, d or w: `timespan: 15m`";
    let Some((spot, text)) = map.text("timespan", report) else {
        if kind != Kind::MoreThanUsual {
            report.error(map.spot, "the correlation has no timespan", MEND);
        }
        return crate::time::HOUR;
    };
    let found = UNITS.into_iter().find_map(|(name, unit)| {
        let number: i64 = text.strip_suffix(name)?.parse().ok()?;
        number.checked_mul(unit).filter(|span| *span > 0 && *span <= 3660 * crate::time::DAY)
    });
    match found {
        Some(span) if kind == Kind::MoreThanUsual && span != crate::time::HOUR => {
            report.error(spot, "`more_than_usual` compares hours of the week", "write `timespan: 1h`");
        }
        Some(_) => {}
        None if text.ends_with('M') || text.ends_with('y') => {
            report.error(spot, "months and years have no fixed length", "write days: `timespan: 30d`");
        }
        None => report.error(spot, format!("`{text}` is no timespan"), MEND),
    }
    found.unwrap_or(crate::time::HOUR)
}

fn condition(map: &Map, kind: Kind, rules: usize, report: &mut Report) -> Condition {
    let Some((key, node)) = map.get("condition").filter(|(_, node)| !node.is_null()) else {
        if kind.is_temporal() {
            return Condition {
                bounds: vec![Bound { op: Op::Gte, than: rules as f64 }],
                ..Condition::default()
            };
        }
        report.error(map.spot, "the correlation has no condition", "add `condition:` and below it `gte: 10`");
        return Condition::default();
    };
    let Content::Map(pairs) = &node.content else {
        let text = format!("a condition is to be a map, and this is {}", node.kind());
        let mend = match kind.is_temporal() {
            true => "drop it (all rules must be met), or write `gte:` and how many of them",
            false => "write `gte: 10` below it",
        };
        report.error(key.spot, text, mend);
        return Condition::default();
    };
    let mut condition = Condition::default();
    pairs.iter().for_each(|(key, node)| criterion(key, node, kind, &mut condition, report));
    complete(key, kind, &condition, report);
    condition
}

fn criterion(key: &Key, node: &Node, kind: Kind, condition: &mut Condition, report: &mut Report) {
    let own_count = matches!(kind, Kind::Ratio | Kind::MoreThanUsual);
    match key.text.as_str() {
        "field" if kind.has_field() => condition.fields = fields(node, kind, report),
        "percentile" if kind == Kind::ValuePercentile => {
            condition.percentile = number(node, report).filter(|number| (0.0..=100.0).contains(number));
            if condition.percentile.is_none() {
                report.error(node.spot, "a percentile lies between 0 and 100", "write `percentile: 95`");
            }
        }
        "minimum" if own_count => {
            condition.minimum = number(node, report).unwrap_or_default().max(0.0) as u64;
        }
        name => match Op::ALL.into_iter().find(|(known, _)| *known == name) {
            Some((_, op)) => {
                if let Some(than) = number(node, report) {
                    condition.bounds.push(Bound { op, than });
                }
            }
            None => {
                let text = format!("a condition of {} has no `{name}`", kind.name());
                let field = if kind.has_field() { ", and `field`" } else { "" };
                report.error(key.spot, text, format!("use gt, gte, lt, lte, eq or neq{field}"));
            }
        },
    }
}

fn number(node: &Node, report: &mut Report) -> Option<f64> {
    match node.scalar().map(Value::of) {
        Some(Value::Number { number, .. }) => Some(number.get()),
        _ => {
            report.error(node.spot, "this is to be a number", "write it without quotes: `gte: 10`");
            None
        }
    }
}

fn fields(node: &Node, kind: Kind, report: &mut Report) -> Vec<Field> {
    let single = std::slice::from_ref(node);
    let nodes = match &node.content {
        Content::List(nodes) => nodes.as_slice(),
        _ => single,
    };
    if nodes.is_empty() || nodes.len() > MAX_FIELDS || kind.is_numeric() && nodes.len() > 1 {
        report.error(node.spot, "this many fields make no value", "name one field");
    }
    let mut found = Vec::new();
    for node in nodes {
        match node.scalar().map(|scalar| naming::field(&scalar.text)) {
            Some(Ok(field)) => found.push(field),
            // A correlation is made for a count: without the field there is none.
            Some(Err(complaint)) => report.error(node.spot, complaint.text, complaint.mend),
            None => report.error(node.spot, "a field is named by text", "write `field: objectRef.name`"),
        }
    }
    found
}

fn complete(key: &Key, kind: Kind, condition: &Condition, report: &mut Report) {
    if report.has_errors() {
        return;
    }
    if condition.bounds.is_empty() {
        report.error(key.spot, "the condition compares with nothing", "add `gte: 10` or the like");
    }
    if kind.has_field() && condition.fields.is_empty() {
        report.error(key.spot, format!("{} needs a field", kind.name()), "add `field: ...` to the condition");
    }
    if kind == Kind::ValuePercentile && condition.percentile.is_none() {
        report.error(
            key.spot,
            "value_percentile needs a percentile",
            "add `percentile: 95` to the condition",
        );
    }
    let pairs = condition.bounds.iter().enumerate();
    let mut later =
        pairs.flat_map(|(at, one)| condition.bounds[at + 1..].iter().map(move |other| (one, other)));
    if later.any(|(one, other)| one.contradicts(*other)) {
        report.error(key.spot, "no number meets all of this condition", "drop one of the bounds");
    }
}

/// What a kind asks of the rules.
fn shape(map: &Map, kind: Kind, rules: &[Reference], report: &mut Report) {
    if kind == Kind::Ratio && rules.len() != 2 {
        let mend = "name two: what is counted, and what it is held against";
        report.error(map.spot, format!("a ratio is of two rules, not {}", rules.len()), mend);
    }
    if kind.is_temporal() && rules.len() < 2 {
        let text = format!("{} is about several rules, and this names {}", kind.name(), rules.len());
        report.error(map.spot, text, "name more, or use `type: event_count`");
    }
}
