//! The project's rules, ready to be asked.

use super::ScrubSettings;
use super::names::{self, Secrecy};
use crate::glob::Glob;
use crate::limits::MAX_FILTER_PATTERNS;

/// Compiled settings.
pub(super) struct Rules {
    pub(super) defaults: bool,
    mask_keys: Vec<Glob>,
    keep_keys: Vec<Glob>,
    mask_words: Vec<Glob>,
    keep_words: Vec<Glob>,
}

impl Rules {
    pub(super) fn new(settings: &ScrubSettings) -> Self {
        let compiled = |patterns: &[String]| {
            let kept = patterns.get(..MAX_FILTER_PATTERNS).unwrap_or(patterns);
            Glob::all(kept)
        };
        Self {
            defaults: settings.defaults,
            mask_keys: compiled(&settings.mask_keys),
            keep_keys: compiled(&settings.keep_keys),
            mask_words: compiled(&settings.mask_words),
            keep_words: compiled(&settings.keep_words),
        }
    }

    /// What a value is because of its key. `path` is asked for only if the project has rules for keys.
    pub(super) fn secrecy(&self, key: &str, path: impl FnOnce() -> String) -> Secrecy {
        let by_default = if self.defaults { names::secrecy(key) } else { Secrecy::None };
        if self.mask_keys.is_empty() && self.keep_keys.is_empty() {
            return by_default;
        }
        let texts = [key.to_lowercase(), path().to_lowercase()];
        if self.keep_keys.iter().any(|pattern| pattern.any(&texts)) {
            Secrecy::None
        } else if self.mask_keys.iter().any(|pattern| pattern.any(&texts)) {
            Secrecy::Rule
        } else {
            by_default
        }
    }

    pub(super) fn has_words(&self) -> bool {
        !self.mask_words.is_empty()
    }

    pub(super) fn masks_word(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        self.mask_words.iter().any(|pattern| pattern.matches(&word))
    }

    pub(super) fn keeps_word(&self, word: &str) -> bool {
        if self.keep_words.is_empty() {
            return false;
        }
        let word = word.to_lowercase();
        self.keep_words.iter().any(|pattern| pattern.matches(&word))
    }
}
