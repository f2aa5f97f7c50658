//! Correlations and filters as Sigma writes them: the sections `correlation` and `filter`.
//!
//! They name other rules, by names that those have once they are written.

use super::write::{called, entry, list, scalar};
use super::{Complaint, name};
use crate::event::Field;
use crate::rule::correlation::{Bound, Condition, Correlation, GroupBy, Kind, Op, Reference, Source, span};
use crate::rule::loaded::Targets;
use std::fmt::Write as _;

/// The section `correlation`.
///
/// # Errors
/// A field has a name that Sigma has its own use for.
pub fn correlation(is: &Correlation) -> Result<String, Complaint> {
    let mut text = format!("correlation:\n    type: {}\n", is.kind.name());
    text.push_str(&list("rules", &names(&is.rules), "    "));
    let by: Vec<String> = is.group_by.iter().map(|by| by.name.clone()).collect();
    text.push_str(&list("group-by", &by, "    "));
    let aliases: Vec<&GroupBy> = is.group_by.iter().filter(|by| by.is_alias).collect();
    if !aliases.is_empty() {
        text.push_str("    aliases:\n");
    }
    for by in aliases {
        let _ = writeln!(text, "        {}:", scalar(&by.name));
        for (rule, source) in is.rules.iter().zip(&by.fields) {
            if let Some(source) = source {
                let _ = writeln!(text, "            {}: {}", scalar(&called(&rule.name)), source_of(source)?);
            }
        }
    }
    let _ = writeln!(text, "    timespan: {}", span(is.timespan));
    text.push_str("    condition:\n");
    criteria(&is.condition)?.iter().for_each(|(key, values)| text.push_str(&entry(key, values, "        ")));
    if is.generate {
        text.push_str("    generate: true\n");
    }
    Ok(text)
}

/// The begin of the section `filter`, to which the selections and their condition belong.
pub fn filter(targets: &Targets) -> String {
    match targets {
        Targets::Any => "filter:\n    rules: any\n".to_owned(),
        Targets::Named(rules) => format!("filter:\n{}", list("rules", &names(rules), "    ")),
    }
}

fn names(rules: &[Reference]) -> Vec<String> {
    rules.iter().map(|rule| called(&rule.name)).collect()
}

fn source_of(source: &Source) -> Result<String, Complaint> {
    match source {
        Source::Field(field) => Ok(scalar(&name(field)?)),
        Source::Group(name) => Ok(scalar(name)),
    }
}

/// Keys and values of a condition.
fn criteria(is: &Condition) -> Result<Vec<(String, Vec<String>)>, Complaint> {
    let mut all = Vec::new();
    if !is.fields.is_empty() {
        let fields = is.fields.iter().map(|field| Ok(scalar(&name(field)?)));
        all.push(("field".to_owned(), fields.collect::<Result<Vec<_>, Complaint>>()?));
    }
    for Bound { op, than } in &is.bounds {
        let words = Op::ALL.iter().filter(|(_, known)| known == op);
        all.extend(words.map(|(word, _)| ((*word).to_owned(), vec![than.to_string()])));
    }
    all.extend(is.percentile.map(|percentile| ("percentile".to_owned(), vec![percentile.to_string()])));
    if is.minimum > 0 {
        all.push(("minimum".to_owned(), vec![is.minimum.to_string()]));
    }
    Ok(all)
}

/// All that a correlation says, with rules as they are called once they are written, and without places.
#[derive(Debug, PartialEq)]
pub struct Said<'c> {
    kind: Kind,
    rules: Vec<String>,
    group_by: Vec<(&'c str, &'c [Option<Source>], bool)>,
    timespan: i64,
    bounds: &'c [Bound],
    fields: &'c [Field],
    percentile: Option<f64>,
    minimum: u64,
    generate: bool,
}

impl Said<'_> {
    pub fn of(is: &Correlation) -> Said<'_> {
        let Condition { bounds, fields, percentile, minimum } = &is.condition;
        Said {
            kind: is.kind,
            rules: names(&is.rules),
            group_by: is.group_by.iter().map(|by| (&*by.name, &*by.fields, by.is_alias)).collect(),
            timespan: is.timespan,
            bounds,
            fields,
            percentile: *percentile,
            minimum: *minimum,
            generate: is.generate,
        }
    }
}

/// The same of the rules that a filter is for.
pub fn targets(is: &Targets) -> Option<Vec<String>> {
    match is {
        Targets::Any => None,
        Targets::Named(rules) => Some(names(rules)),
    }
}
