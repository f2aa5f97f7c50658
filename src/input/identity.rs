//! Which file a path means, whatever it is called.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

/// Device and inode, where files have them; elsewhere the canonical path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity(#[cfg(unix)] (u64, u64), #[cfg(not(unix))] std::path::PathBuf);

#[cfg(unix)]
impl Identity {
    pub(super) fn of(_: &Path, meta: &Metadata) -> io::Result<Identity> {
        use std::os::unix::fs::MetadataExt;
        Ok(Identity((meta.dev(), meta.ino())))
    }

    /// Whether the opened file is the one that was found under its path earlier.
    pub(super) fn is(&self, file: &File) -> io::Result<bool> {
        Ok(Identity::of(Path::new(""), &file.metadata()?)? == *self)
    }
}

#[cfg(not(unix))]
impl Identity {
    pub(super) fn of(path: &Path, _: &Metadata) -> io::Result<Identity> {
        path.canonicalize().map(Identity)
    }

    pub(super) fn is(&self, _: &File) -> io::Result<bool> {
        Ok(true)
    }
}
