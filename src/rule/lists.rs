//! Lists of values that rules refer to by name: `sourceIP|cidr|expand: '%private-networks%'`.
//!
//! A list is a text file with one value a line; what follows a `#` at the begin of a line or behind a blank is a
//! comment. Values are read as if they stood in the rule itself: patterns with `*` and `?`, or networks and
//! addresses where the rule asks for such. kaudit brings the lists below `rules/lists` along; one of the same name
//! from the command line or the settings takes their place.

use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

/// Text files below `rules/lists`, by the names of their lists.
macro_rules! embed {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../rules/lists/", $name, ".txt")))),*]
    };
}

const EMBEDDED: &[(&str, &str)] = embed! {
    "admin-secrets"
    "allowed-namespaces"
    "allowed-nodes"
    "allowed-registries"
    "allowed-users"
    "hand-tools"
    "malicious-addresses"
    "malicious-images"
    "private-networks"
    "scanner-agents"
    "script-clients"
    "shared-addresses"
};

static BUILTIN: LazyLock<Lists> = LazyLock::new(|| Lists {
    by_name: EMBEDDED
        .iter()
        .map(|(name, text)| ((*name).to_owned(), List::of(text, &format!("rules/lists/{name}.txt"))))
        .collect(),
});

/// All lists, by name.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    by_name: BTreeMap<String, List>,
}

/// The values of a list, and where they stand.
#[derive(Clone, Debug, Default)]
pub struct List {
    pub file: String,
    /// Line and value.
    pub values: Vec<(usize, String)>,
}

impl Lists {
    /// Those that kaudit brings along.
    pub fn builtin() -> &'static Lists {
        &BUILTIN
    }

    /// Reads a list, which takes the place of one of that name.
    ///
    /// # Errors
    /// [`Error::Input`] for a file that cannot be read, [`Error::Usage`] with the line that is no text.
    pub fn add(&mut self, name: &str, path: &Path) -> Result<()> {
        let bytes = std::fs::read(path).map_err(|error| Error::input(path, error))?;
        let file = path.to_string_lossy();
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            Error::usage(format!("{file}:{line}: a byte of this line is not UTF-8: save the file as UTF-8"))
        })?;
        self.by_name.insert(name.to_owned(), List::of(text, &file));
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<&List> {
        self.by_name.get(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// What to do about a name that no list has.
    pub fn mend(&self, name: &str) -> String {
        let near = self.names().min_by_key(|known| strsim::levenshtein(known, name));
        match near.filter(|known| strsim::levenshtein(known, name) <= 3) {
            Some(near) => format!("did you mean `%{near}%`?"),
            None => format!("give it with --list {name}=FILE, or in `[lists]` of kaudit.toml"),
        }
    }
}

impl List {
    fn of(text: &str, file: &str) -> List {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text.lines().enumerate().map(|(at, line)| (at + 1, without_comment(line).trim()));
        let values = lines.filter(|(_, value)| !value.is_empty());
        List { file: file.to_owned(), values: values.map(|(at, value)| (at, value.to_owned())).collect() }
    }
}

fn without_comment(line: &str) -> &str {
    let begins = |at: usize| line[..at].chars().next_back().is_none_or(char::is_whitespace);
    let comment = line.match_indices('#').map(|(at, _)| at).find(|at| begins(*at));
    comment.map_or(line, |at| &line[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_file_is_embedded_and_says_what_it_is() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/lists");
        let mut files: Vec<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort();
        assert_eq!(Lists::builtin().names().collect::<Vec<_>>(), files);
        assert!(EMBEDDED.iter().all(|(_, text)| text.starts_with("# ")));
    }

    #[test]
    fn a_line_is_a_value_and_the_rest_is_comment() {
        let list = List::of("\u{feff}# all\n\n a/b#1 \nx  # why\r\n#\n", "f");
        assert_eq!(list.values, [(3, "a/b#1".to_owned()), (4, "x".to_owned())]);
    }

    #[test]
    fn a_file_takes_the_place_of_a_list_and_bad_bytes_are_placed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("l.txt");
        let mut lists = Lists::builtin().clone();
        std::fs::write(&path, "10.0.0.0/8\n").unwrap();
        lists.add("private-networks", &path).unwrap();
        assert_eq!(lists.get("private-networks").unwrap().values.len(), 1);
        std::fs::write(&path, b"a\nb\xff\n").unwrap();
        let error = lists.add("a", &path).unwrap_err().to_string();
        assert!(error.contains("l.txt:2: ") && error.contains("UTF-8"), "{error}");
        assert!(lists.add("a", &directory.path().join("none")).is_err());
        assert!(lists.mend("privat-networks").contains("%private-networks%"));
    }
}
