//! From what stands on the command line to bytes.
//!
//! [`gather`] turns files, directories, patterns and `-` into an ordered list of [`Source`]s before anything is
//! read in earnest, so that a mistake shows at once. [`open`] gives the bytes of one of them: mapped where that
//! is possible, decompressed where the first bytes say so, whatever the name ends with.

mod archive;
mod digest;
mod feed;
mod find;
mod gzip;
mod identity;
mod named;
mod open;
mod others;
mod packing;
mod peek;
mod zstd;

#[cfg(test)]
mod tests;

pub use archive::{Form, Passage, Span};
pub use digest::{Digest, digests};
pub use identity::Identity;
pub use named::named;
pub use open::{Content, NO_COMPRESSION, Stream, WINDOW_LOG, open, shrank};
pub use packing::{PACKINGS, Packing};

use crate::error::{Error, Result};
use archive::Member;
use find::Found;
use regex::Regex;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The inputs as they were asked for.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Files, directories (read recursively), patterns that the shell left alone, `-` for standard input.
    pub args: Vec<String>,
    /// The name of the cluster that everything comes from.
    pub cluster: Option<String>,
    /// Finds the name of the cluster in a path: its first group, or all of what it matches.
    pub cluster_from: Option<Regex>,
}

/// One input, not yet opened.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as the user would write it, or `stdin`.
    pub name: String,
    pub place: Place,
    /// Bytes on disk, where that is known.
    pub size: Option<u64>,
    pub cluster: Option<Arc<str>>,
    /// Time of the first event, in microseconds since 1970 (UTC), where one stands near the beginning.
    pub first: Option<i64>,
    /// Which file this was when it was found, so that a log rotated since is not taken for it.
    pub identity: Option<Identity>,
    /// Shared by the members of a compressed tar, which are read one after the other.
    pub passage: Option<Arc<Passage>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    File(PathBuf),
    /// A file in an archive.
    Member {
        archive: PathBuf,
        span: Span,
    },
    Stdin,
}

/// The inputs, ready to be read.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// In the order of their first events; those that show none come last, by name. Members of a compressed tar
    /// stand together, as they do there.
    pub sources: Vec<Source>,
    /// Names of files that are among the sources under another name or were given twice.
    pub repeated: Vec<String>,
    /// Names met in directories and patterns that are no files (dangling links, pipes, sockets, devices), and
    /// directories on the way of a pattern that may not be looked into. Sorted.
    pub skipped: Vec<String>,
}

impl Source {
    /// A file by its path, with nothing known of it yet.
    pub fn file(path: impl Into<PathBuf>) -> Source {
        let path = path.into();
        Source {
            name: path.display().to_string(),
            place: Place::File(path),
            size: None,
            cluster: None,
            first: None,
            identity: None,
            passage: None,
        }
    }

    /// A file in an archive; the label of its cluster is not known yet.
    fn member(archive: &Path, member: Member) -> Source {
        let Member { name, span, first } = member;
        Source {
            name: format!("{}!{name}", archive.display()),
            place: Place::Member { archive: archive.to_owned(), span },
            size: Some(span.size),
            first,
            ..Source::file("")
        }
    }

    pub fn stdin() -> Source {
        Source { name: "stdin".to_owned(), place: Place::Stdin, ..Source::file("") }
    }

    /// Whether only one of the two can be read at a time.
    pub fn excludes(&self, other: &Source) -> bool {
        matches!((&self.passage, &other.passage), (Some(one), Some(other)) if Arc::ptr_eq(one, other))
    }

    /// The path to name in an error.
    pub fn path(&self) -> &Path {
        Path::new(&self.name)
    }
}

/// Where Kubernetes distributions write their audit log, for use when no input is named.
pub fn usual_places() -> &'static [&'static str] {
    &[
        "/var/log/kubernetes/audit/audit.log",
        "/var/log/kubernetes/apiserver/audit.log",
        "/var/log/kube-apiserver/audit.log",
        "/var/log/kubernetes/kube-apiserver-audit.log",
        "/var/lib/rancher/k3s/server/logs/audit.log",
        "/var/lib/rancher/rke2/server/logs/audit.log",
        "./audit.log",
    ]
}

/// Finds the inputs, each once, and puts them into the order of their events.
///
/// # Errors
/// When nothing was named, when something named does not exist or cannot be read, and when a directory or a
/// pattern yields no file at all. A log that silently is not read is worse than a run that does not start.
pub fn gather(spec: &Inputs) -> Result<Gathered> {
    if spec.args.is_empty() {
        return Err(Error::usage(
            "no input: name a file, a directory, a pattern in quotes, or - for standard input",
        ));
    }
    let mut gathered = Gathered::default();
    let mut seen = HashSet::new();
    let mut stdin = false;
    for arg in &spec.args {
        if arg == "-" {
            gathered.stdin(spec, &mut stdin);
            continue;
        }
        for found in find::find(arg, &mut gathered.skipped)? {
            gathered.file(found, spec, &mut seen)?;
        }
    }
    gathered.sources.sort_by(|a, b| order(a).cmp(&order(b)));
    gathered.sources = together(gathered.sources);
    gathered.skipped.sort();
    gathered.skipped.dedup();
    Ok(gathered)
}

impl Gathered {
    fn stdin(&mut self, spec: &Inputs, met: &mut bool) {
        if std::mem::replace(met, true) {
            self.repeated.push("-".to_owned());
        } else {
            self.sources.push(Source { cluster: spec.cluster.as_deref().map(Arc::from), ..Source::stdin() });
        }
    }

    fn file(&mut self, found: Found, spec: &Inputs, seen: &mut HashSet<Identity>) -> Result<()> {
        let identity =
            Identity::of(&found.path, &found.meta).map_err(|error| find::unreadable(&found.path, error))?;
        if !seen.insert(identity.clone()) {
            self.repeated.push(found.path.display().to_string());
            return Ok(());
        }
        let regular = found.meta.is_file();
        if regular && self.archive(&found, spec)? {
            return Ok(());
        }
        let first = match regular {
            true => peek::first_event(&found.path).map_err(|error| find::unreadable(&found.path, error))?,
            // To open a pipe and close it again would end its writer.
            false => None,
        };
        self.sources.push(Source {
            size: regular.then_some(found.meta.len()),
            cluster: spec.cluster_of(&found.path),
            first,
            identity: Some(identity),
            ..Source::file(found.path)
        });
        Ok(())
    }
}

impl Gathered {
    /// Takes a file for what is in it. False when it is no archive.
    fn archive(&mut self, found: &Found, spec: &Inputs) -> Result<bool> {
        let path = &found.path;
        let Some(listed) = archive::list(path).map_err(|error| find::unreadable(path, error))? else {
            return Ok(false);
        };
        self.skipped.extend(listed.skipped.iter().map(|name| format!("{}!{name}", path.display())));
        for member in listed.members {
            let source = Source::member(path, member);
            let cluster = spec.cluster_named(&source.name).or_else(|| spec.cluster_of(path));
            self.sources.push(Source { cluster, passage: listed.passage.clone(), ..source });
        }
        Ok(true)
    }
}

impl Inputs {
    /// The given name, else what the expression finds in the path, else the directory that the file stands in.
    fn cluster_of(&self, path: &Path) -> Option<Arc<str>> {
        self.cluster_named(&path.display().to_string()).or_else(|| directory(path).map(Arc::from))
    }

    fn cluster_named(&self, text: &str) -> Option<Arc<str>> {
        if let Some(name) = &self.cluster {
            return Some(name.as_str().into());
        }
        let groups = self.cluster_from.as_ref()?.captures(text)?;
        Some(groups.get(1).or_else(|| groups.get(0))?.as_str().into())
    }
}

fn directory(path: &Path) -> Option<String> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = parent.canonicalize().ok()?;
    Some(parent.file_name()?.to_string_lossy().into_owned())
}

/// Puts the members of each compressed tar behind the first of them.
fn together(sources: Vec<Source>) -> Vec<Source> {
    let mut groups: Vec<Vec<Source>> = Vec::with_capacity(sources.len());
    let mut known: HashMap<*const Passage, usize> = HashMap::new();
    for source in sources {
        let group =
            source.passage.as_ref().map(|passage| *known.entry(Arc::as_ptr(passage)).or_insert(groups.len()));
        match group.and_then(|group| groups.get_mut(group)) {
            Some(group) => group.push(source),
            None => groups.push(vec![source]),
        }
    }
    let at = |source: &Source| if let Place::Member { span, .. } = source.place { span.at } else { 0 };
    groups.iter_mut().for_each(|group| group.sort_by_key(at));
    groups.into_iter().flatten().collect()
}

fn order(source: &Source) -> (bool, Option<i64>, &str) {
    (source.first.is_none(), source.first, &source.name)
}
