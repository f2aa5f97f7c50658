//! Sources by the names that they were given before, as a manifest lists them.

use super::archive::{self, Member};
use super::{Source, find};
use crate::error::Result;
use std::collections::BTreeMap;
use std::path::Path;

/// What stands behind these names, in their order: `audit.log`, or `bundle.tar.gz!audit.log`. What stands
/// nowhere is a source too, which says so when it is opened.
///
/// # Errors
/// When an archive is there and cannot be read.
pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Vec<Source>> {
    let mut archives = BTreeMap::new();
    names.into_iter().map(|name| source(name, &mut archives)).collect()
}

/// `archives` holds the members of those met so far, but for the ones that were named: a name may stand twice in a tar.
fn source<'n>(name: &'n str, archives: &mut BTreeMap<&'n str, Vec<Member>>) -> Result<Source> {
    if Path::new(name).exists() {
        return Ok(Source::file(name));
    }
    let split = |at| (&name[..at], &name[at + 1..]);
    let mut ways = name.match_indices('!').map(|(at, _)| split(at));
    let Some((path, member)) = ways.find(|(path, _)| Path::new(path).is_file()) else {
        return Ok(Source::file(name));
    };
    if !archives.contains_key(path) {
        let listed =
            archive::list(Path::new(path)).map_err(|error| find::unreadable(Path::new(path), error))?;
        archives.insert(path, listed.unwrap_or_default().members);
    }
    let known = archives.get_mut(path).and_then(|members| {
        let at = members.iter().position(|known| known.name == member)?;
        Some(members.remove(at))
    });
    Ok(known.map_or_else(|| Source::file(name), |known| Source::member(Path::new(path), known)))
}
