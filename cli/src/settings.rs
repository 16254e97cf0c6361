//! Flags, else environment (both read by clap), else `.traplinerc` in the working folder or the nearest one above.

use std::path::Path;

use anyhow::{Context, Result};
use toml_edit::DocumentMut;

use crate::arguments::Collector;

/// What a `.traplinerc` says.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    file: Option<DocumentMut>,
}

/// Where to upload to, and as whom.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Origin of the dashboard, without a slash at its end.
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) project: String,
}

/// A setting that is needed and was not told: wrong usage, exit code 2.
#[derive(Debug)]
pub(crate) struct Missing(&'static str);

impl std::fmt::Display for Missing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = self.0;
        let variable = key.to_uppercase();
        write!(
            formatter,
            "no {key} is told: use --{key}, TRAPLINE_{variable}, or {key} = \"…\" in .traplinerc"
        )
    }
}

impl std::error::Error for Missing {}

impl Settings {
    /// Reads the nearest `.traplinerc`, if there is one.
    ///
    /// # Errors
    /// A file that is no TOML.
    pub(crate) fn from(folder: &Path) -> Result<Self> {
        for above in folder.ancestors() {
            let path = above.join(".traplinerc");
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let file = text.parse().with_context(|| format!("{} is no TOML", path.display()))?;
            return Ok(Self { file: Some(file) });
        }
        Ok(Self::default())
    }

    /// The flag's value or the file's.
    pub(crate) fn value(&self, flag: Option<&String>, key: &str) -> Option<String> {
        let of_file = || self.file.as_ref()?.get(key)?.as_value().map(plain);
        flag.cloned().or_else(of_file).filter(|value| !value.is_empty())
    }

    /// As [`Settings::value`], for what is needed.
    ///
    /// # Errors
    /// [`Missing`], with how to tell it.
    pub(crate) fn needed(
        &self,
        flag: Option<&String>,
        key: &'static str,
    ) -> Result<String, Missing> {
        self.value(flag, key).ok_or(Missing(key))
    }

    /// Where to upload to.
    ///
    /// # Errors
    /// [`Missing`], with how to tell it.
    pub(crate) fn target(&self, told: &Collector) -> Result<Target, Missing> {
        Ok(Target {
            url: self.needed(told.url.as_ref(), "url")?.trim_end_matches('/').to_owned(),
            token: self.needed(told.token.as_ref(), "token")?,
            project: self.needed(told.project.as_ref(), "project")?,
        })
    }
}

/// A project may be given as a number.
fn plain(value: &toml_edit::Value) -> String {
    value.as_str().map_or_else(|| value.to_string().trim().to_owned(), str::to_owned)
}
