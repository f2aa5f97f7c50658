//! `kaudit.toml`: what would otherwise be typed each time.

use crate::error::{Error, Result};
use crate::rule;
use crate::suppress;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The settings file. Paths in it are relative to the directory that it is in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What to read when the command line names nothing.
    #[serde(default)]
    pub inputs: Vec<String>,
    /// Rule files and directories to use beside the built-in rules.
    #[serde(default)]
    pub rules: Vec<PathBuf>,
    /// Lists that rules refer to, as `--list`.
    #[serde(default)]
    pub lists: BTreeMap<String, PathBuf>,
    /// As `--cluster-from`.
    pub cluster_from: Option<String>,
    /// Findings that were looked at and are accepted.
    #[serde(default)]
    suppress: Vec<Spanned<suppress::Raw>>,
    /// The same, made ready.
    #[serde(skip)]
    pub suppressed: Vec<suppress::Entry>,
}

pub const FILE_NAME: &str = "kaudit.toml";

impl Config {
    /// The file that is named, else `./kaudit.toml`, else that of the user; without any, the defaults.
    pub fn load(named: Option<&Path>) -> Result<Config> {
        match named {
            Some(path) => Config::read(path),
            None => match usual_places().into_iter().find(|path| path.is_file()) {
                Some(path) => Config::read(&path),
                None => Ok(Config::default()),
            },
        }
    }

    fn read(path: &Path) -> Result<Config> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::input(path, error))?;
        let mut config: Config = toml::from_str(&text)
            .map_err(|error| Error::usage(format!("{}: {}", path.display(), error.to_string().trim_end())))?;
        let entries = std::mem::take(&mut config.suppress);
        config.suppressed = suppress::read(entries, &text, &path.to_string_lossy())
            .map_err(|wrong| Error::Rule(rule::render(&wrong)))?;
        Ok(config.relative_to(path.parent().unwrap_or(Path::new(""))))
    }

    fn relative_to(self, directory: &Path) -> Config {
        let join = |input: &String| match input.as_str() {
            "-" => input.clone(),
            _ => directory.join(input).to_string_lossy().into_owned(),
        };
        Config {
            inputs: self.inputs.iter().map(join).collect(),
            rules: self.rules.iter().map(|path| directory.join(path)).collect(),
            lists: self.lists.iter().map(|(name, path)| (name.clone(), directory.join(path))).collect(),
            ..self
        }
    }
}

fn usual_places() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    let user = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(PathBuf::from(home?).join(".config")));
    let user = user.map(|path| path.join("kaudit").join(FILE_NAME));
    [Some(PathBuf::from(FILE_NAME)), user].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file_and_typos_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(FILE_NAME);
        std::fs::write(
            &file,
            "inputs = [\"logs\", \"-\"]\nrules = [\"/etc/r.yml\"]\nlists = {a = \"a.txt\"}\n",
        )
        .unwrap();
        let config = Config::load(Some(&file)).unwrap();
        assert_eq!(
            config.inputs,
            [directory.path().join("logs").to_string_lossy().into_owned(), "-".to_owned()]
        );
        assert_eq!(config.rules, [PathBuf::from("/etc/r.yml")]);
        assert_eq!(config.lists["a"], directory.path().join("a.txt"));
        std::fs::write(&file, "input = [\"logs\"]\n").unwrap();
        let error = Config::load(Some(&file)).unwrap_err().to_string();
        assert!(error.contains("unknown field `input`") && error.contains("line 1"), "{error}");
    }
}
