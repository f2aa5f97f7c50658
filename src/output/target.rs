//! Where a report goes: standard output, or a file that appears whole or not at all.
//!
//! A target is opened before the first byte of evidence is read, so that a report that cannot be written is
//! known at once. A file is written beside its final place and moved there at the end: a run that fails leaves
//! nothing behind, and never half a report. What is no regular file (a device, a named pipe) is written to as it
//! stands: nothing may be put in its place.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Size of the buffer before a target, in bytes.
const BUFFER: usize = 1 << 16;

/// An open target. Dropped before [`Target::finish`], a file vanishes.
#[derive(Debug)]
pub struct Target {
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    Stdout(BufWriter<Stdout>),
    File { file: Box<BufWriter<NamedTempFile>>, path: PathBuf, force: bool },
    Device { file: BufWriter<File>, path: PathBuf },
}

impl Target {
    /// Standard output.
    pub fn stdout() -> Target {
        Target { sink: Sink::Stdout(BufWriter::with_capacity(BUFFER, io::stdout())) }
    }

    /// A file. One that exists is replaced only with `force`.
    pub fn file(path: &Path, force: bool) -> Result<Target> {
        if path.is_dir() {
            return Err(Error::usage(format!("cannot write {}: it is a directory", path.display())));
        }
        if path.metadata().is_ok_and(|known| !known.is_file()) {
            let file = File::options().write(true).open(path).map_err(|e| Error::output(path, e))?;
            let file = BufWriter::with_capacity(BUFFER, file);
            return Ok(Target { sink: Sink::Device { file, path: path.to_owned() } });
        }
        if !force && path.symlink_metadata().is_ok() {
            return Err(exists(path));
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let file = open_beside(directory.unwrap_or(Path::new("."))).map_err(|e| Error::output(path, e))?;
        let file = Box::new(BufWriter::with_capacity(BUFFER, file));
        Ok(Target { sink: Sink::File { file, path: path.to_owned(), force } })
    }

    /// What messages call the target.
    pub fn path(&self) -> &Path {
        match &self.sink {
            Sink::Stdout(_) => Path::new("standard output"),
            Sink::File { path, .. } | Sink::Device { path, .. } => path,
        }
    }

    /// Where a file is being written until it is finished.
    pub fn unfinished(&self) -> Option<&Path> {
        match &self.sink {
            Sink::Stdout(_) | Sink::Device { .. } => None,
            Sink::File { file, .. } => Some(file.get_ref().path()),
        }
    }

    /// Writes out what is buffered and puts a file in its place.
    pub fn finish(self) -> Result<()> {
        match self.sink {
            Sink::Stdout(mut out) => out.flush().map_err(|e| Error::output("standard output", e)),
            Sink::File { file, path, force } => place(*file, &path, force),
            Sink::Device { mut file, path } => file.flush().map_err(|e| Error::output(path, e)),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::Stdout(out) => out.write(bytes),
            Sink::File { file, .. } => file.write(bytes),
            Sink::Device { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Stdout(out) => out.flush(),
            Sink::File { file, .. } => file.flush(),
            Sink::Device { file, .. } => file.flush(),
        }
    }
}

/// A file of its own name in the same directory, so that moving it cannot cross file systems. It is for its
/// owner's eyes only, as reports tell of secrets' whereabouts.
fn open_beside(directory: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".kaudit-").suffix(".part").tempfile_in(directory)
}

fn place(file: BufWriter<NamedTempFile>, path: &Path, force: bool) -> Result<()> {
    let failed = |error| Error::output(path, error);
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.as_file().sync_all().map_err(failed)?;
    let placed = if force { file.persist(path) } else { file.persist_noclobber(path) };
    match placed {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(exists(path)),
        Err(error) => Err(failed(error.error)),
    }
}

fn exists(path: &Path) -> Error {
    Error::usage(format!("{} exists already: use --force to replace it", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_report_appears_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        let mut target = Target::file(&path, false).unwrap();
        target.write_all(b"half").unwrap();
        target.flush().unwrap();
        drop(target);
        assert_eq!(names(directory.path()), Vec::<String>::new());
        let mut target = Target::file(&path, false).unwrap();
        target.write_all(b"whole").unwrap();
        target.finish().unwrap();
        assert_eq!(names(directory.path()), ["report.json"]);
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn an_older_report_is_replaced_only_by_force() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        let late = Target::file(&path, false).unwrap();
        fs::write(&path, "old").unwrap();
        for refused in [Target::file(&path, false).map(drop), late.finish()] {
            let error = refused.unwrap_err();
            assert!(matches!(&error, Error::Usage(text) if text.contains("--force")), "{error}");
        }
        let mut target = Target::file(&path, true).unwrap();
        target.write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        target.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(directory.path()), ["report.json"]);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_known_before_reading() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(Target::file(directory.path(), true), Err(Error::Usage(_))));
        let nowhere = directory.path().join("missing/report.json");
        assert!(matches!(Target::file(&nowhere, false), Err(Error::Output { .. })));
    }
}
