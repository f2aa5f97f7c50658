//! The rules that kaudit brings along, embedded from `rules/`.

use super::lists::Lists;
use super::load::{refuse, unique};
use super::loaded::Loaded;
use super::sigma;
use crate::error::Result;
use rayon::prelude::*;

mod table;

/// Path below the repository and text of each embedded rule file, sorted by path.
pub use table::BUILTIN;

/// What stands in [`Meta::source`](super::Meta::source) of these rules.
pub const SOURCE: &str = "builtin";

/// All built-in rules, in the order of their paths.
///
/// # Errors
/// [`Error::Rule`](crate::error::Error::Rule) if they are wrong, which a test excludes.
pub fn load() -> Result<Vec<Loaded>> {
    load_with(Lists::builtin())
}

/// The same, with these lists.
///
/// # Errors
/// [`Error::Rule`](crate::error::Error::Rule) for a value that does not fit where the list is used.
pub fn load_with(lists: &Lists) -> Result<Vec<Loaded>> {
    let (mut rules, mut wrong) = (Vec::new(), Vec::new());
    let read = |(path, text): &(&str, &str)| sigma::load_tested(text, path, lists);
    // One by one: what a file takes differs by far.
    let all: Vec<_> = BUILTIN.par_iter().with_max_len(1).map(read).collect();
    for (more, worse) in all {
        rules.extend(more);
        wrong.extend(worse);
    }
    refuse(&wrong)?;
    unique(&rules)?;
    for loaded in &mut rules {
        loaded.rule.meta.source = SOURCE.to_owned();
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{link, lint, render};
    use std::path::Path;

    const TABLE: &str = "src/rule/builtin/table.rs";

    /// Names of all rule files below `rules/`, without their extension.
    fn listing() -> Vec<String> {
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let entries = walkdir::WalkDir::new(&rules).into_iter().flatten();
        let paths = entries.map(walkdir::DirEntry::into_path);
        let below = paths.filter(|path| path.extension().is_some_and(|end| end == "yml"));
        let name = |path: std::path::PathBuf| {
            let path = path.with_extension("");
            path.strip_prefix(&rules).unwrap().to_str().unwrap().replace('\\', "/")
        };
        let mut names: Vec<String> = below.map(name).collect();
        names.sort();
        names
    }

    fn table(names: &[String]) -> String {
        let mut text = String::from(
            "//! Which rule files are embedded. Written by `BLESS=1 cargo test builtin`; only lines of\n\
             //! files that are gone must be removed by hand, as nothing compiles before.\n\n\
             macro_rules! embed {\n    ($($name:literal)*) => {\n        \
             &[$((concat!(\"rules/\", $name, \".yml\"), \
             include_str!(concat!(\"../../../rules/\", $name, \".yml\")))),*]\n    };\n}\n\n\
             pub const BUILTIN: &[(&str, &str)] = embed! {",
        );
        // As rustfmt would have it, also when there are none.
        names.iter().for_each(|name| text.push_str(&format!("\n    \"{name}\"")));
        text.push_str(if names.is_empty() { "};\n" } else { "\n};\n" });
        text
    }

    #[test]
    fn every_rule_file_is_embedded() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
        let expected = table(&listing());
        if std::env::var_os("BLESS").is_some() {
            return std::fs::write(path, expected).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
        assert!(found == expected, "{TABLE} is not what rules/ holds: run `BLESS=1 cargo test builtin`");
    }

    #[test]
    fn the_built_in_rules_load_without_a_doubt() {
        for (path, text) in BUILTIN {
            let (_, wrong) = sigma::load(text, path);
            assert!(wrong.is_empty(), "{}", render(&wrong));
        }
        let rules = load().unwrap();
        assert!(rules.len() >= BUILTIN.len());
        let doubts = lint(&rules);
        assert!(doubts.is_empty(), "{}", render(&doubts));
        let linked = link(rules).unwrap_or_else(|wrong| panic!("{}", render(&wrong)));
        assert!(linked.watches.len() >= 20);
        for loaded in linked.speaking() {
            let meta = &loaded.rule.meta;
            assert!(!meta.next.is_empty(), "{} does not say what to look at next", meta.id);
            assert_eq!(meta.source, SOURCE);
        }
        assert!(linked.rules.iter().all(|loaded| loaded.rule.meta.source == SOURCE));
    }
}
