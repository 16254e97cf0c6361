//! What the agent is called. Filter lists know the names of error monitors; a deployment of another name is on none.
//!
//! | `TRAPLINE_NAME` | not set | `oak` |
//! |---|---|---|
//! | for pages, workers, modules | `/trapline.js`, `/trapline-worker.js`, `/trapline.mjs` | `/oak.js`, `/oak-worker.js`, `/oak.mjs` |
//! | what they load | `/agent/<hash>/…` | `/oak/<hash>/…` |
//! | hashes of these | `/trapline.json` | `/oak.json` |
//! | where events go | `/api/<project>/envelope/` | `/oak/<project>`; the other goes on answering |
//!
//! The object stays `window.Trapline`.

use std::env;

use anyhow::{Result, bail};

const VARIABLE: &str = "TRAPLINE_NAME";
const USUAL: &str = "trapline";

/// First segments of addresses that are something else's.
const TAKEN: [&str; 8] =
    ["agent", "api", "demo", "docs", "health", "setup", "static", "trapline-worker"];

/// The names of what pages load and of where events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(String);

impl Names {
    /// Those that the environment asks for.
    ///
    /// # Errors
    /// A name that cannot be part of an address, or is taken.
    pub fn chosen() -> Result<Self> {
        match env::var(VARIABLE) {
            Ok(name) => Self::new(&name),
            Err(_) => Ok(Self(USUAL.to_owned())),
        }
    }

    /// Those that begin with `name`.
    ///
    /// # Errors
    /// As [`Self::chosen`].
    pub fn new(name: &str) -> Result<Self> {
        let is_plain =
            |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
        if !(2..=32).contains(&name.len()) || !name.chars().all(is_plain) {
            bail!("{VARIABLE} is {name:?}: choose 2 to 32 of a-z, 0-9 and -");
        }
        if TAKEN.contains(&name) || name.starts_with("sign-") {
            bail!("{VARIABLE} is {name:?}, where something else answers: choose another name");
        }
        Ok(Self(name.to_owned()))
    }

    fn is_usual(&self) -> bool {
        self.0 == USUAL
    }

    /// The name, if it is not the usual one.
    #[must_use]
    pub fn other(&self) -> Option<&str> {
        (!self.is_usual()).then_some(self.0.as_str())
    }

    /// What pages load first.
    #[must_use]
    pub fn script(&self) -> String {
        format!("{}.js", self.0)
    }

    /// What all of these begin with.
    #[must_use]
    pub fn stem(&self) -> &str {
        &self.0
    }

    /// What says how to pin them.
    #[must_use]
    pub fn integrity(&self) -> String {
        format!("{}.json", self.0)
    }

    /// What workers import.
    #[must_use]
    pub fn worker_script(&self) -> String {
        format!("{}-worker.js", self.0)
    }

    /// What modules import.
    #[must_use]
    pub fn module(&self) -> String {
        format!("{}.mjs", self.0)
    }

    /// The directory of what these load.
    #[must_use]
    pub fn directory(&self) -> &str {
        if self.is_usual() { "agent" } else { &self.0 }
    }

    /// Path of the ingest; `$1` is the project.
    #[must_use]
    pub fn ingest_path(&self) -> String {
        if self.is_usual() { "/api/$1/envelope/".to_owned() } else { format!("/{}/$1", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_cannot_be_are_refused() {
        for name in ["", "a", "Oak", "oak/1", "oak.js", "api", "sign-in", &"o".repeat(33)] {
            let refusal = Names::new(name).expect_err(name).to_string();
            assert!(refusal.contains("choose"), "{refusal}");
        }
    }

    #[test]
    fn nothing_of_another_name_is_called_as_usual() {
        let oak = Names::new("oak").unwrap();
        let all = [oak.script(), oak.worker_script(), oak.module(), oak.ingest_path()];
        assert_eq!(all, ["oak.js", "oak-worker.js", "oak.mjs", "/oak/$1"]);
        assert_eq!(oak.directory(), "oak");
    }
}
