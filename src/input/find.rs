//! From one argument to the files that it means.

use crate::error::{Error, Result};
use globset::{GlobBuilder, GlobMatcher};
use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// A file (or a pipe, a device) and what it is.
pub(super) struct Found {
    pub path: PathBuf,
    pub meta: Metadata,
}

/// The files that an argument means, sorted; names of things that are no files go to `skipped`.
///
/// What exists under exactly this name is taken as it is, even if the name looks like a pattern.
pub(super) fn find(arg: &str, skipped: &mut Vec<String>) -> Result<Vec<Found>> {
    let path = Path::new(arg);
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => {
            let found = walk(path, skipped)?;
            some(found, || format!("the directory {arg} holds no files; name one that holds audit logs"))
        }
        Ok(meta) => Ok(vec![Found { path: path.to_owned(), meta }]),
        Err(error) if error.kind() == io::ErrorKind::NotFound && is_pattern(arg) => {
            let found = matching(arg, skipped)?;
            some(found, || format!("no file matches {arg}; check the pattern, or name a file or a directory"))
        }
        Err(error) => Err(unreadable(path, error)),
    }
}

fn some(found: Vec<Found>, text: impl FnOnce() -> String) -> Result<Vec<Found>> {
    if found.is_empty() { Err(Error::Usage(text())) } else { Ok(found) }
}

/// Says of the commonest reasons what to do about them.
pub(super) fn unreadable(path: &Path, error: io::Error) -> Error {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => {
            "no such file; name a file, a directory, a pattern in quotes, or - for standard input"
        }
        io::ErrorKind::PermissionDenied => {
            "permission denied; run as a user who may read it (audit logs mostly belong to root)"
        }
        _ => return Error::input(path, error),
    };
    Error::input(path, io::Error::new(error.kind(), advice))
}

/// All files below a directory, in the order of their names. Links are followed, `.git` is left out.
fn walk(directory: &Path, skipped: &mut Vec<String>) -> Result<Vec<Found>> {
    let entries = WalkDir::new(directory).follow_links(true).sort_by_file_name().into_iter();
    let mut found = Vec::new();
    for entry in entries.filter_entry(|entry| !is_git(entry)) {
        if let Some(entry) = present(entry, directory, skipped)? {
            take(entry, skipped, &mut found)?;
        }
    }
    Ok(found)
}

fn is_git(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_type().is_dir() && entry.file_name() == ".git"
}

/// An entry that could be looked at. Links that lead nowhere or back to where they are are no loss.
fn present(
    entry: walkdir::Result<DirEntry>,
    directory: &Path,
    skipped: &mut Vec<String>,
) -> Result<Option<DirEntry>> {
    let error = match entry {
        Ok(entry) => return Ok(Some(entry)),
        Err(error) => error,
    };
    let path = error.path().unwrap_or(directory).to_owned();
    let dangling = || fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink());
    if error.loop_ancestor().is_some() || dangling() {
        skipped.push(path.display().to_string());
        return Ok(None);
    }
    Err(unreadable(&path, error.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into())))
}

fn take(entry: DirEntry, skipped: &mut Vec<String>, found: &mut Vec<Found>) -> Result<()> {
    if entry.file_type().is_dir() {
        return Ok(());
    }
    if !entry.file_type().is_file() {
        skipped.push(entry.path().display().to_string());
        return Ok(());
    }
    let path = entry.into_path();
    let meta = fs::metadata(&path).map_err(|error| unreadable(&path, error))?;
    found.push(Found { path, meta });
    Ok(())
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// The files that a pattern matches, and those below directories that it matches, each once.
fn matching(pattern: &str, skipped: &mut Vec<String>) -> Result<Vec<Found>> {
    let (base, glob) = compile(pattern)?;
    let start = if base.as_os_str().is_empty() { Path::new(".") } else { &base };
    if !start.exists() {
        return Ok(Vec::new());
    }
    let entries = WalkDir::new(start).follow_links(true).max_depth(depth(pattern, &base)).into_iter();
    let mut found = BTreeMap::new();
    for entry in entries.filter_entry(|entry| !is_git(entry)) {
        let path = entry.as_ref().map_or_else(|error| error.path().unwrap_or(start), DirEntry::path);
        // Entries of `.` begin with that, and the pattern only does if it was written so.
        let path = if base.as_os_str().is_empty() { path.strip_prefix(".").unwrap_or(path) } else { path };
        match &entry {
            Ok(_) if glob.is_match(path) => below(path, skipped, &mut found)?,
            Err(error) if glob.is_match(path) || is_closed(error) => skipped.push(path.display().to_string()),
            _ => {}
        }
    }
    Ok(found.into_values().collect())
}

/// A directory that may not be looked into could hold matches; other things that do not match do not matter.
fn is_closed(error: &walkdir::Error) -> bool {
    error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

fn below(path: &Path, skipped: &mut Vec<String>, found: &mut BTreeMap<PathBuf, Found>) -> Result<()> {
    let meta = fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if meta.is_dir() {
        found.extend(walk(path, skipped)?.into_iter().map(|file| (file.path.clone(), file)));
    } else if meta.is_file() {
        found.insert(path.to_owned(), Found { path: path.to_owned(), meta });
    } else {
        skipped.push(path.display().to_string());
    }
    Ok(())
}

/// The directory to begin in, and the matcher of whole paths. As in a shell, `*` does not cross a `/`.
fn compile(pattern: &str) -> Result<(PathBuf, GlobMatcher)> {
    let plain = |component: &Component<'_>| !is_pattern(&component.as_os_str().to_string_lossy());
    let tidy: PathBuf = Path::new(pattern).components().collect();
    let base: PathBuf = tidy.components().take_while(plain).collect();
    let glob = GlobBuilder::new(&tidy.to_string_lossy())
        .literal_separator(true)
        .build()
        .map_err(|error| Error::usage(format!("the pattern {pattern} is wrong: {}", error.kind())))?;
    Ok((base, glob.compile_matcher()))
}

/// How deep below the base a match can stand.
fn depth(pattern: &str, base: &Path) -> usize {
    if pattern.contains("**") || pattern.contains('{') {
        return usize::MAX;
    }
    Path::new(pattern).components().count() - base.components().count()
}
