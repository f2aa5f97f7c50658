//! Rule files and directories of them.
//!
//! What language a document is written in is told by its shape, not by its name: a map is a Sigma rule; a
//! list is an Alcide policy or export configuration or a Falco rules file. Falco files add to each other, in
//! the order in which they are named.

use super::alcide;
use super::diagnostic::{Diagnostic, Severity, Source, Spot, render};
use super::falco;
use super::lists::Lists;
use super::loaded::Loaded;
use super::report::{Trust, faults_of};
use super::yaml::{self, Content, Node};
use super::{Dialect, sigma};
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// The rules of several files, and what is to be said of the files rather than of one rule.
#[derive(Debug, Default)]
pub struct Collection {
    pub rules: Vec<Loaded>,
    pub found: Vec<Diagnostic>,
}

/// The rules of files, or of all `*.yml` and `*.yaml` files below directories, in the order of their paths.
///
/// # Errors
/// [`Error::Input`] for a path that cannot be read, [`Error::Rule`] with all that is wrong with the rules.
pub fn load_paths<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>, lists: &Lists) -> Result<Collection> {
    let mut collection = read_paths(paths, lists)?;
    refuse(&collection.found)?;
    tell_apart(&mut collection.rules);
    unique(collection.rules.iter())?;
    Ok(collection)
}

/// As [`load_paths`], but gives what is wrong with the rules instead of failing.
///
/// # Errors
/// [`Error::Input`] for a path that cannot be read, [`Error::Rule`] for a directory without rules.
pub fn read_paths<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>, lists: &Lists) -> Result<Collection> {
    let mut texts = Vec::new();
    for path in paths {
        for file in files(path.as_ref())? {
            let bytes = std::fs::read(&file).map_err(|error| Error::input(&file, error))?;
            texts.push((file.to_string_lossy().into_owned(), bytes));
        }
    }
    Ok(read_texts(&texts, lists))
}

/// The rules of files that are in memory: name and content of each.
pub fn read_texts(texts: &[(String, Vec<u8>)], lists: &Lists) -> Collection {
    let mut collection = Collection::default();
    let opened: Vec<Opened> = texts.iter().filter_map(|text| open(text, &mut collection.found)).collect();
    let mut book = falco::Book::default();
    for file in &opened {
        let before = collection.found.len();
        for document in &file.documents {
            document_of((file.source, document), lists, &mut collection, &mut book);
        }
        collection.found[before..].sort_by_key(|found| (found.at.line, found.at.column));
    }
    book.finish(&mut collection);
    collection
}

/// A file as YAML.
struct Opened<'t> {
    source: Source<'t>,
    documents: Vec<Node>,
}

fn open<'t>((file, bytes): &'t (String, Vec<u8>), found: &mut Vec<Diagnostic>) -> Option<Opened<'t>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let source = Source { file, text };
            let (documents, faults) = yaml::read(text);
            if documents.is_empty() && faults.is_empty() {
                found.push(nothing_in(source));
            }
            found.extend(faults_of(source, faults));
            Some(Opened { source, documents })
        }
        Err(error) => {
            let text = String::from_utf8_lossy(bytes);
            let spot = Spot::new(error.valid_up_to(), error.valid_up_to());
            found.push(Diagnostic {
                severity: Severity::Error,
                at: Source { file, text: &text }.excerpt(spot),
                text: "this byte is not UTF-8".into(),
                mend: "save the file as UTF-8".into(),
            });
            None
        }
    }
}

/// A file that was named, or that lies among rules, and says nothing: it may be the wrong one.
fn nothing_in(source: Source<'_>) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        at: source.excerpt(Spot::new(0, 0)),
        text: "the file holds no rules".into(),
        mend: "write a rule, or take the file away".into(),
    }
}

/// Reads a document in the language that its shape tells.
fn document_of<'t>(
    (source, document): (Source<'t>, &'t Node),
    lists: &Lists,
    collection: &mut Collection,
    book: &mut falco::Book<'t>,
) {
    let items = match &document.content {
        Content::List(items) => items.as_slice(),
        _ => &[],
    };
    if alcide::is_policy(items) {
        let (mut rules, mut found) = alcide::read(source, items);
        collection.rules.append(&mut rules);
        collection.found.append(&mut found);
    } else if alcide::is_export(items) {
        let (_, mut found) = alcide::read_export(source, items);
        collection.found.append(&mut found);
    } else if falco::is_rules(items) {
        book.add(source, items);
    } else {
        match sigma::read_document(source, document, Trust::None, lists) {
            Ok(rule) => collection.rules.push(rule),
            Err(mut wrong) => collection.found.append(&mut wrong),
        }
    }
}

fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let metadata = std::fs::metadata(path).map_err(|error| Error::input(path, error))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            let at = error.path().unwrap_or(path).to_owned();
            Error::input(at, error.into())
        })?;
        let extension = entry.path().extension().and_then(|extension| extension.to_str());
        if entry.file_type().is_file() && matches!(extension, Some("yml" | "yaml")) {
            files.push(entry.into_path());
        }
    }
    if files.is_empty() {
        let text = format!("no rules in {}: there is no file *.yml or *.yaml in it", path.display());
        return Err(Error::Rule(text));
    }
    Ok(files)
}

/// Fails with what is wrong, if that holds errors.
///
/// # Errors
/// [`Error::Rule`], the text being all diagnostics.
pub fn refuse(wrong: &[Diagnostic]) -> Result<()> {
    let errors = wrong.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    match errors {
        0 => Ok(()),
        _ => Err(Error::Rule(render(wrong))),
    }
}

/// Gives rules of other dialects a longer name where they are called like a rule of the first: the files of others
/// know nothing of ours, and `port-forward` is a good name for a rule.
pub fn tell_apart(rules: &mut [Loaded]) {
    let mut taken: BTreeMap<String, Dialect> = BTreeMap::new();
    for loaded in rules {
        let dialect = loaded.rule.meta.dialect;
        let other = |name: &String| taken.get(name).is_some_and(|other| *other != dialect);
        if dialect != Dialect::Sigma && loaded.names.iter().any(other) {
            let prefix = format!("{dialect:?}").to_lowercase();
            loaded.names = vec![format!("{prefix}/{}", loaded.rule.meta.id)];
            loaded.rule.meta.id.clone_from(&loaded.names[0]);
        }
        for name in &loaded.names {
            taken.entry(name.clone()).or_insert(dialect);
        }
    }
}

/// Holds that no two rules share a name or id, so that a finding names one rule.
///
/// # Errors
/// [`Error::Rule`] that names both places of each.
pub fn unique<'r>(rules: impl IntoIterator<Item = &'r Loaded>) -> Result<()> {
    refuse(&duplicates(rules))
}

/// An error for each rule that has the name or id of an earlier one.
pub fn duplicates<'r>(rules: impl IntoIterator<Item = &'r Loaded>) -> Vec<Diagnostic> {
    let mut first: BTreeMap<&str, &Loaded> = BTreeMap::new();
    let mut found = Vec::new();
    for rule in rules {
        // A rule may have its name as its id.
        let taken = rule.names.iter().find_map(|name| Some((name, *first.get(name.as_str())?)));
        if let Some((name, earlier)) = taken {
            found.push(duplicate(rule, name, earlier));
        }
        for name in &rule.names {
            first.entry(name).or_insert(rule);
        }
    }
    found
}

fn duplicate(rule: &Loaded, name: &str, earlier: &Loaded) -> Diagnostic {
    let at = &earlier.at;
    Diagnostic {
        severity: Severity::Error,
        at: rule.at.clone(),
        text: format!("two rules are called `{name}`"),
        mend: format!("the other stands at {}:{}: rename or drop one", at.file, at.line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn rule(name: &str) -> String {
        format!(
            "title: t\nname: {name}\nlevel: low\nlogsource: {{product: kubernetes}}\n\
             detection:\n  it: {{verb: get}}\n  condition: it\n"
        )
    }

    fn ids(path: &Path) -> Vec<String> {
        load_paths([path], Lists::builtin())
            .unwrap()
            .rules
            .into_iter()
            .map(|loaded| loaded.rule.meta.id)
            .collect()
    }

    #[test]
    fn a_directory_is_read_in_the_order_of_its_paths() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("b")).unwrap();
        for (path, name) in [("c.yml", "three"), ("b/z.yaml", "two"), ("a.yml", "one"), ("b/note.txt", "not")]
        {
            fs::write(root.path().join(path), rule(name)).unwrap();
        }
        assert_eq!(ids(root.path()), ["one", "two", "three"]);
        assert_eq!(ids(&root.path().join("b/note.txt")), ["not"], "a file that is named is read");
    }

    #[test]
    fn two_rules_of_one_name_are_refused_with_both_places() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("a.yml"), rule("twin")).unwrap();
        fs::write(root.path().join("b.yml"), format!("# a comment\n{}", rule("twin"))).unwrap();
        let error = load_paths([root.path()], Lists::builtin()).unwrap_err().to_string();
        assert!(error.contains("two rules are called `twin`"), "{error}");
        assert!(error.contains("b.yml:2:1") && error.contains("a.yml:1:"), "{error}");
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_not_an_empty_list() {
        let root = tempfile::tempdir().unwrap();
        assert!(matches!(load_paths([root.path().join("none")], Lists::builtin()), Err(Error::Input { .. })));
        assert!(matches!(load_paths([root.path()], Lists::builtin()), Err(Error::Rule(_))));
        fs::write(root.path().join("latin.yml"), b"title: t\nname: \xe9\n").unwrap();
        let error = load_paths([root.path()], Lists::builtin()).unwrap_err().to_string();
        assert!(error.contains("latin.yml:2:7") && error.contains("UTF-8"), "{error}");
    }

    #[test]
    fn all_files_are_judged_before_any_error_is_told() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            fs::write(root.path().join(format!("{name}.yml")), rule(name).replace("get", "[[]]")).unwrap();
        }
        let error = load_paths([root.path()], Lists::builtin()).unwrap_err().to_string();
        assert!(error.contains("a.yml:6:") && error.contains("b.yml:6:"), "{error}");
    }
}
