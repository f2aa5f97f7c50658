//! Rules files of Falco, those of its rules that are for Kubernetes audit events (`source: k8s_audit`).
//!
//! ```text
//! list of items -> item (lists, macros, rules as written) -> book (additions and overrides applied)
//! condition text -> grammar (Ast) -> build (macros and lists put in, fields and operators) -> Expr
//! ```
//!
//! How Falco's words are understood here:
//!
//! - Cases are told apart, except by `icontains` and `iglob` and within `tolower()`, `toupper()`.
//! - No comparison is met by a field that is missing, not even `!=`; `not` is met.
//! - `in` asks of a list field that *all* of its values are among those given, `intersects` that one is. Any
//!   other operator, which Falco refuses for lists, is met when it is for one value.
//! - `regex` is to fit the whole value, `glob` too; `<`, `<=`, `>` and `>=` compare numbers.
//! - A JSON pointer (`jevt.value[/a/b]`) to an object or array gives its JSON text.
//! - Macros and lists may stand in any order, and in any of the files that are loaded together.
//!
//! Source: falcosecurity/libs `userspace/libsinsp/filter/parser.h`, falcosecurity/plugins `plugins/k8saudit`,
//! falcosecurity/falco `userspace/engine/rule_loader_*.cpp`, falco.org/docs/concepts/rules.

mod book;
mod build;
mod exception;
mod field;
mod glob;
mod grammar;
mod item;
mod lexer;
mod operator;
mod output;
mod passage;
mod table;

pub use book::Book;
pub use table::names as field_names;

use super::map::Map;
use super::yaml::Node;

/// The source whose rules are read.
pub const SOURCE: &str = "k8s_audit";

/// Whether a list is a rules file: something in it is an item of Falco.
pub fn is_rules(items: &[Node]) -> bool {
    const ITEMS: &[&str] = &["rule", "macro", "list", "required_engine_version", "required_plugin_versions"];
    let maps = items.iter().filter_map(Map::of);
    maps.into_iter().any(|map| ITEMS.iter().any(|key| map.get(key).is_some()))
}

#[cfg(test)]
mod tests;
