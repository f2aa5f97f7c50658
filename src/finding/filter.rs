//! Which findings are wanted in a report.

use super::{Category, Confidence, Etype, Finding};
use crate::rule::{Level, Meta};
use regex::Regex;

/// All conditions must hold; an empty list asks for nothing.
#[derive(Debug, Default)]
pub struct Filter {
    pub etypes: Vec<Etype>,
    /// Any of these must match the entity.
    pub entities: Vec<Regex>,
    /// None of these may match it.
    pub not_entities: Vec<Regex>,
    pub categories: Vec<Category>,
    pub min_confidence: Option<Confidence>,
    /// Any of these must match the id or the title of the rule or detector.
    pub rules: Vec<Regex>,
}

impl Filter {
    /// Whether it keeps everything.
    pub fn is_empty(&self) -> bool {
        let Filter { etypes, entities, not_entities, categories, min_confidence, rules } = self;
        etypes.is_empty()
            && [entities, not_entities, rules].iter().all(|patterns| patterns.is_empty())
            && categories.is_empty()
            && min_confidence.is_none()
    }

    /// `metas` are the rules and detectors. Of an incident, its actors and the rules of its findings count as well.
    pub fn keeps(&self, finding: &Finding, metas: &[Meta]) -> bool {
        let Some(meta) = metas.get(finding.rule as usize) else { return false };
        let entities = entities(finding);
        let rules = || rules(finding, metas);
        let any = |patterns: &[Regex], text: &str| patterns.iter().any(|pattern| pattern.is_match(text));
        (self.etypes.is_empty() || self.etypes.contains(&etype(finding)))
            && (self.categories.is_empty() || self.categories.contains(&finding.category))
            && (self.entities.is_empty() || entities.iter().any(|name| any(&self.entities, name)))
            && !entities.iter().all(|name| any(&self.not_entities, name))
            && (self.rules.is_empty()
                || rules().any(|rule| any(&self.rules, &rule.id) || any(&self.rules, &rule.title)))
            && self.min_confidence.is_none_or(|least| confidence(finding, meta) >= Some(least))
    }
}

/// Who a finding is about. A rule's finding is about the principal.
fn entities(finding: &Finding) -> Vec<&str> {
    match (&finding.deviation, &finding.incident) {
        (Some(deviation), _) => vec![&deviation.eid],
        (_, Some(incident)) => incident.actors.iter().map(|actor| &*actor.name).collect(),
        _ => vec![finding.seen.principal.as_deref().unwrap_or_default()],
    }
}

/// The rule or detector, and those of what an incident joins.
fn rules<'m>(finding: &Finding, metas: &'m [Meta]) -> impl Iterator<Item = &'m Meta> {
    let members = finding.incident.iter().flat_map(|incident| &incident.members).map(|member| member.rule);
    std::iter::once(finding.rule).chain(members).filter_map(|rule| metas.get(rule as usize))
}

fn etype(finding: &Finding) -> Etype {
    finding.deviation.as_ref().map_or(Etype::Principal, |deviation| deviation.etype)
}

/// A rule's confidence is its level; informational is below low.
fn confidence(finding: &Finding, meta: &Meta) -> Option<Confidence> {
    if let Some(incident) = &finding.incident {
        return Some(incident.confidence);
    }
    match (&finding.deviation, meta.level) {
        (Some(deviation), _) => Some(deviation.confidence),
        (None, Level::Critical | Level::High) => Some(Confidence::High),
        (None, Level::Medium) => Some(Confidence::Medium),
        (None, Level::Low) => Some(Confidence::Low),
        (None, Level::Informational) => None,
    }
}
