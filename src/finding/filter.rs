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
    /// `meta` is that of the finding's rule or detector.
    pub fn keeps(&self, finding: &Finding, meta: &Meta) -> bool {
        let entity = entity(finding);
        let any = |patterns: &[Regex], text: &str| patterns.iter().any(|pattern| pattern.is_match(text));
        (self.etypes.is_empty() || self.etypes.contains(&etype(finding)))
            && (self.categories.is_empty() || self.categories.contains(&finding.category))
            && (self.entities.is_empty() || any(&self.entities, entity))
            && !any(&self.not_entities, entity)
            && (self.rules.is_empty() || any(&self.rules, &meta.id) || any(&self.rules, &meta.title))
            && self.min_confidence.is_none_or(|least| confidence(finding, meta) >= Some(least))
    }
}

/// Who a finding is about. A rule's finding is about the principal.
fn entity(finding: &Finding) -> &str {
    match &finding.deviation {
        Some(deviation) => &deviation.eid,
        None => finding.seen.principal.as_deref().unwrap_or_default(),
    }
}

fn etype(finding: &Finding) -> Etype {
    finding.deviation.as_ref().map_or(Etype::Principal, |deviation| deviation.etype)
}

/// A rule's confidence is its level; informational is below low.
fn confidence(finding: &Finding, meta: &Meta) -> Option<Confidence> {
    match (&finding.deviation, meta.level) {
        (Some(deviation), _) => Some(deviation.confidence),
        (None, Level::Critical | Level::High) => Some(Confidence::High),
        (None, Level::Medium) => Some(Confidence::Medium),
        (None, Level::Low) => Some(Confidence::Low),
        (None, Level::Informational) => None,
    }
}
