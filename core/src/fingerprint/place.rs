//! Where it was thrown, as far as engines, builds and releases agree on it.

use super::names::{Name, is_generic, is_thrower, name_of};
use crate::event::{Event, Exception, Frame};
use crate::title::path_of;

/// Where an exception was thrown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `formatTotal`; `get ← cartTotal` where the name is one that any code has.
    Functions(String),
    /// The source file, where no function has a name: `src/cart`.
    File(String),
    /// A minified function, its file and the release, since the name means something else in the next one.
    Minified(String),
    /// Not known.
    Nowhere,
}

/// Frames that are looked at. Below stand what called the page's code, and what called that.
const MAX_LOOKED_AT: usize = 24;

/// Shortest name that counts in a minified stack.
const SHORTEST_AMONG_MINIFIED: usize = 4;

/// The first named function of the page's own code.
pub(super) fn place_of(event: &Event, exception: &Exception) -> Place {
    if exception.mechanism.synthetic {
        return Place::Nowhere;
    }
    let frames = own_frames(exception);
    let any_minified = frames.iter().any(|frame| has_minified_name(frame));
    let mut names: Vec<&str> = Vec::new();
    let (mut file, mut minified) = (None, None);
    for frame in frames {
        let name = match name_of(&frame.function) {
            Name::Given(name)
                if any_minified && is_bundle(frame) && name.len() < SHORTEST_AMONG_MINIFIED =>
            {
                Name::Minified(name)
            }
            name => name,
        };
        match name {
            Name::Given(name) if is_thrower(name) || names.last() == Some(&name) => {}
            // Firefox and WebKit begin with the constructor of the error.
            Name::Given(name) | Name::Minified(name)
                if names.is_empty() && is_error(name, exception) => {}
            Name::Given(name) => {
                names.push(name);
                if !is_generic(name) && minified.is_none() || names.len() == 2 {
                    break;
                }
            }
            Name::Minified(name) if is_bundle(frame) => {
                names.push(name);
                minified = minified.or(Some(frame));
                if names.len() == 2 {
                    break;
                }
            }
            Name::Minified(_) | Name::Anonymous => {
                file = file.or_else(|| (!is_bundle(frame)).then(|| without_extension(&frame.file)));
            }
        }
    }
    if let Some(frame) = minified {
        return minified_in(event, frame, &names.join(" ← "));
    }
    match file {
        _ if !names.is_empty() => Place::Functions(names.join(" ← ")),
        Some(file) => Place::File(file.to_owned()),
        None => Place::Nowhere,
    }
}

/// A minifier's name means something within its file and release.
fn minified_in(event: &Event, frame: &Frame, names: &str) -> Place {
    let release = event.release.as_deref().unwrap_or_default();
    Place::Minified(format!("{names} in {} of {release}", path_of(&frame.file)))
}

/// Whether a function is the class of the error that was thrown, or of another one.
fn is_error(name: &str, exception: &Exception) -> bool {
    let is_class = name.starts_with(|c: char| c.is_ascii_uppercase());
    name == exception.kind.trim_start_matches('_')
        || is_class && (name.ends_with("Error") || name.ends_with("Exception"))
}

/// The functions that call each other without an end: which of them is on top is up to the engine.
pub(super) fn cycle_of(event: &Event, exception: &Exception) -> Place {
    let frames = own_frames(exception);
    let minified = frames.iter().find(|frame| has_minified_name(frame));
    let named = |frame: &&Frame| match name_of(&frame.function) {
        Name::Given(name) | Name::Minified(name) => Some(name.to_owned()),
        Name::Anonymous => None,
    };
    let mut names: Vec<String> = frames.iter().filter_map(named).collect();
    names.sort_unstable();
    // Whoever is there once only started it, or was called last.
    let mut repeated: Vec<String> = names
        .chunk_by(|one, next| one == next)
        .filter(|same| same.len() > 1)
        .filter_map(|same| same.first().cloned())
        .collect();
    repeated.truncate(4);
    let names = repeated.join(" ↔ ");
    match minified {
        _ if names.is_empty() => Place::Nowhere,
        Some(frame) => minified_in(event, frame, &names),
        None => Place::Functions(names),
    }
}

/// The file of the place that leads a panic's stack, as the compiler knows it in every build and browser: `src/cart`.
pub(super) fn panic_file(exception: &Exception) -> Option<String> {
    let place = exception.frames.first()?;
    let is_place = place.in_app && place.function.is_empty() && place.file.ends_with(".rs");
    is_place.then(|| without_extension(&place.file).replace('\\', "/"))
}

/// Whether an exception's first own frame was called, and not resumed after an `await`.
pub(super) fn is_called(exception: &Exception) -> bool {
    own_frames(exception).first().is_some_and(|frame| !frame.function.starts_with("async"))
}

/// In-app frames without those of SDKs; those of libraries where there are no others.
fn own_frames(exception: &Exception) -> Vec<&Frame> {
    let with_file = || exception.frames.iter().filter(|frame| !frame.file.is_empty());
    let own: Vec<&Frame> = with_file()
        .filter(|frame| frame.in_app && !is_sdk(&frame.file))
        .take(MAX_LOOKED_AT)
        .collect();
    if !own.is_empty() {
        return own;
    }
    let is_code =
        |frame: &&Frame| !is_sdk(&frame.file) && !crate::stack::is_engine_word(&frame.file);
    with_file().filter(is_code).take(MAX_LOOKED_AT).collect()
}

/// Files of monitoring SDKs, whose wrappers stand in every stack, and of libraries, as bundlers name them.
const SDKS: [&str; 16] = [
    "sentry",
    "trapline",
    "bugsnag",
    "rollbar",
    "honeybadger",
    "datadog",
    "newrelic",
    "nr-",
    "raygun",
    "logrocket",
    "vendor.",
    "vendor-",
    "vendors",
    "chunk-vendors",
    "polyfills",
    "react-dom",
];

fn is_sdk(file: &str) -> bool {
    let name = path_of(file).rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    SDKS.iter().any(|sdk| name.starts_with(sdk))
}

/// A file as it is served, as opposed to one that a source map names.
fn is_bundle(frame: &Frame) -> bool {
    let scheme = frame.file.split_once("://").map_or("", |(scheme, _)| scheme);
    matches!(scheme, "http" | "https" | "file" | "app" | "capacitor" | "ionic" | "blob")
        || frame.file.starts_with('/')
}

/// Whether a function's name is one that a minifier gave: `t`, in a file as it is served.
#[must_use]
pub fn has_minified_name(frame: &Frame) -> bool {
    is_bundle(frame) && matches!(name_of(&frame.function), Name::Minified(_))
}

/// Whether a frame's name may be taken for a minified one.
pub(super) fn may_be_minified(frame: &Frame) -> bool {
    match name_of(&frame.function) {
        Name::Minified(_) => true,
        Name::Given(name) => name.len() < SHORTEST_AMONG_MINIFIED,
        Name::Anonymous => false,
    }
}

/// `src/cart/total.test.ts?x` → `src/cart/total.test`
fn without_extension(file: &str) -> &str {
    let file = path_of(file);
    file.rsplit_once('.').filter(|(_, end)| !end.contains('/')).map_or(file, |(name, _)| name)
}
