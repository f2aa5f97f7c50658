//! Asking a map of a rule file for its keys.

use super::diagnostic::Spot;
use super::report::Report;
use super::yaml::{Content, Key, Node};
use std::str::FromStr;

/// The top of a document, or a section of it.
#[derive(Clone, Copy)]
pub struct Map<'n> {
    /// Its first key.
    pub spot: Spot,
    pub pairs: &'n [(Key, Node)],
}

impl<'n> Map<'n> {
    /// The map that a node is.
    pub fn of(node: &'n Node) -> Option<Map<'n>> {
        let Content::Map(pairs) = &node.content else { return None };
        Some(Map { spot: pairs.first().map_or(node.spot, |(key, _)| key.spot), pairs })
    }

    pub fn get(&self, name: &str) -> Option<(&'n Key, &'n Node)> {
        self.pairs.iter().find(|(key, _)| key.text == name).map(|(key, node)| (key, node))
    }

    /// A value that is to be text; null is as if the key were not there.
    pub fn text(&self, name: &str, report: &mut Report) -> Option<(Spot, &'n str)> {
        let (key, node) = self.get(name).filter(|(_, node)| !node.is_null())?;
        match node.scalar() {
            Some(scalar) => Some((node.spot, scalar.text.trim())),
            None => {
                let text = format!("`{name}` is to be text, and this is {}", node.kind());
                report.error(key.spot, text, format!("write `{name}: ...` on one line"));
                None
            }
        }
    }

    pub fn string(&self, name: &str, report: &mut Report) -> String {
        self.text(name, report).map(|(_, text)| text.to_owned()).unwrap_or_default()
    }

    pub fn list(&self, name: &str, report: &mut Report) -> Vec<String> {
        let Some((key, node)) = self.get(name).filter(|(_, node)| !node.is_null()) else { return Vec::new() };
        let texts = match &node.content {
            Content::List(nodes) => nodes.iter().map(|node| Some(node.scalar()?.text.clone())).collect(),
            _ => None,
        };
        texts.unwrap_or_else(|| {
            let text = format!("`{name}` is to be a list of texts");
            report.error(key.spot, text, "write each on a line of its own, behind `- `");
            Vec::new()
        })
    }

    /// `true` or `false`.
    pub fn flag(&self, name: &str, report: &mut Report) -> Option<bool> {
        let (spot, text) = self.text(name, report)?;
        match text {
            "true" | "True" | "TRUE" | "yes" | "on" => Some(true),
            "false" | "False" | "FALSE" | "no" | "off" => Some(false),
            _ => {
                report.error(
                    spot,
                    format!("`{name}` is to be true or false"),
                    format!("write `{name}: true`"),
                );
                None
            }
        }
    }

    /// Holds that there are no other keys: what they ask for would silently not be done.
    pub fn only(&self, known: &[&str], what: &str, report: &mut Report) {
        for (key, _) in self.pairs.iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
            let text = format!("{what} has no `{}`", key.text);
            report.error(key.spot, text, format!("it has {}", known.join(", ")));
        }
    }

    /// A warning for each key that is not among these.
    pub fn warn_of_others(&self, known: &[&str], report: &mut Report) {
        for (key, _) in self.pairs.iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
            let text = format!("the key `{}` says nothing here", key.text);
            report.warning(key.spot, text, format!("there are {}", known.join(", ")));
        }
    }

    /// A value out of a closed set.
    pub fn word<T: FromStr<Err = String>>(&self, name: &str, report: &mut Report) -> Option<T> {
        let (spot, text) = self.text(name, report)?;
        text.parse()
            .map_err(|error: String| {
                let (text, mend) = error.split_once(": ").unwrap_or((&error, ""));
                report.error(spot, text, mend);
            })
            .ok()
    }
}
