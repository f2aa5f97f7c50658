//! What public products detect in audit logs, and what detects it here: `rules/behaviours.toml`.

use crate::error::{Error, Result};
use serde::Deserialize;

const TEXT: &str = include_str!("../../rules/behaviours.toml");

/// Something that is worth detecting.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    pub id: String,
    pub what: String,
    /// Techniques of ATT&CK.
    pub attack: Vec<String>,
    /// Ids of rules, correlations and detectors of anomalies.
    pub by: Vec<String>,
    /// What is not covered, and why.
    #[serde(default)]
    pub gap: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    behaviour: Vec<Behaviour>,
}

/// All behaviours, in the order of the file.
///
/// # Errors
/// [`Error::Rule`] if the file is wrong, which a test excludes.
pub fn behaviours() -> Result<Vec<Behaviour>> {
    let file: File = toml::from_str(TEXT).map_err(|error| Error::Rule(error.to_string()))?;
    Ok(file.behaviour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_behaviour_stands_once_and_is_covered_or_says_why_not() {
        let all = behaviours().unwrap();
        assert_eq!(all.len(), 88);
        let ids: BTreeSet<&str> = all.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids.len(), all.len());
        for Behaviour { id, what, attack, by, gap } in &all {
            assert!(!what.is_empty() && (!by.is_empty() || !gap.is_empty()), "{id}");
            assert!(attack.iter().all(|technique| technique.starts_with('T')), "{id}");
        }
    }
}
