//! A project's own grouping rules, one a line; the first that fits counts.
//!
//! ```text
//! rule    = matcher { " " matcher } " -> " part { ", " part }
//! matcher = [ "!" ] key ":" ( pattern | '"' pattern '"' )      patterns are globs, whatever the case: `*`, `?`
//! key     = type | message | function | file | transaction | url | release | environment | level | logger | tags.NAME
//! part    = a text, or `{{ default }}`, `{{ type }}`, … (see `client.rs`)
//! ```
//! `type:ChunkLoadError -> stale-deploy`, `message:"*out of stock*" tags.shop:eu -> out-of-stock, {{ transaction }}`.
//! Empty lines and lines that begin with `#` are skipped. Refused are lines that are none of these, with the reason. What an
//! event does not have fits no pattern but the empty one: `release:*` are events with a release, `release:""` those without.

mod preview;
mod proposal;

use std::cell::OnceCell;

use super::client;
use super::group::function_of;
use super::{Parts, hex, is_minified};
use crate::event::Event;
use crate::glob::Glob;

pub use preview::Previewed;
pub use proposal::proposal;

/// Rules of a project, in their order.
#[derive(Clone, Debug, Default)]
pub struct Rules(Vec<Rule>);

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    text: String,
    matchers: Vec<Matcher>,
    parts: Vec<String>,
}

#[derive(Clone, Debug)]
struct Matcher {
    key: String,
    pattern: Glob,
    /// Fits what is not there.
    is_empty: bool,
    negated: bool,
}

/// An event as matchers see it.
struct Seen<'a> {
    event: &'a Event,
    /// In which it was thrown; found once, however many rules ask.
    function: OnceCell<String>,
}

impl<'a> Seen<'a> {
    fn of(event: &'a Event) -> Self {
        Self { event, function: OnceCell::new() }
    }
}

/// Whether a rule fits an event whose frames may be resolved later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Fits,
    /// It depends on what the frames turn out to be.
    Depends,
    No,
}

/// A line that is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BadRule {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub reason: BadRuleReason,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRuleReason {
    /// No arrow.
    #[error("a rule needs ` -> ` between what it fits and what it makes")]
    NoArrow,
    /// Nothing before the arrow.
    #[error("nothing stands before ` -> `: write `key:pattern`, such as `type:ChunkLoadError`")]
    NoMatcher,
    /// Nothing behind the arrow.
    #[error("nothing stands behind ` -> `: write a name for the issue, such as `stale-deploy`")]
    NoPart,
    /// No colon.
    #[error("`{0}` is no matcher: write `key:pattern`")]
    NoColon(String),
    /// A key that nothing has.
    #[error(
        "`{0}` is no key: there are type, message, function, file, transaction, url, release, environment, level, logger, tags.NAME"
    )]
    UnknownKey(String),
    /// A variable that nothing has.
    #[error(
        "`{0}` is no variable: there are default, type, message, function, transaction, release, environment, level, logger, url, tags.NAME"
    )]
    UnknownVariable(String),
    /// A quote without its end.
    #[error("a quote has no end")]
    OpenQuote,
    /// More rules than one event may be compared with.
    #[error("there may be {0} rules")]
    TooMany(usize),
    /// A line that is no line any more.
    #[error("the rule has {bytes} bytes, limit is {limit}")]
    TooLong {
        /// Of the line.
        bytes: usize,
        /// Most of a line.
        limit: usize,
    },
}

/// Most rules of a project: each is compared with every event that says something new.
pub const MAX_RULES: usize = 100;

/// Longest rule, in bytes: patterns are cut at 256.
pub const MAX_RULE: usize = 1_000;

impl Rules {
    /// Reads rules.
    ///
    /// # Errors
    /// The first line that is none.
    pub fn parse(text: &str) -> Result<Self, BadRule> {
        let mut rules = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if !is_rule(line) {
                continue;
            }
            let bad = |reason| BadRule { line: index + 1, reason };
            if rules.len() == MAX_RULES {
                return Err(bad(BadRuleReason::TooMany(MAX_RULES)));
            }
            rules.push(rule(line).map_err(bad)?);
        }
        Ok(Self(rules))
    }

    /// Tells sets of rules apart: 16 hexadecimal digits, empty without any. Comments and empty lines do not count.
    pub fn digest(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let mut parts = Parts::new();
        self.0.iter().for_each(|rule| parts.add(&rule.text));
        hex(parts.hash().get(..8).unwrap_or_default())
    }

    /// The first that fits.
    pub fn first_for(&self, event: &Event) -> Option<&Rule> {
        let seen = Seen::of(event);
        self.0.iter().find(|rule| rule.fits_seen(&seen))
    }

    /// Reads rules that were stored: a line that is none, or none any more, is left out.
    pub fn stored(text: &str) -> Self {
        let mut rules = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| is_rule(line)).take(MAX_RULES) {
            rules.extend(rule(line).ok());
        }
        Self(rules)
    }

    /// In their order.
    pub fn all(&self) -> &[Rule] {
        &self.0
    }

    /// What the raw fingerprint has to hold, so that events with equal ones are caught alike: each rule that may count for
    /// the event, and the values of its variables. So a rule that is added makes new groups of what it catches, and leaves
    /// all others as they are.
    pub(super) fn read_beside(&self, event: &Event) -> Vec<String> {
        let mut read = Vec::new();
        if !event.fingerprint.is_empty() {
            return read;
        }
        let seen = Seen::of(event);
        for rule in &self.0 {
            let fit = rule.fit(&seen);
            if fit == Fit::No {
                continue;
            }
            read.push(rule.text.clone());
            let variables = rule.parts.iter().filter_map(|part| client::variable(part));
            read.extend(variables.filter_map(|name| client::field(event, name)).map(str::to_owned));
            if fit == Fit::Fits {
                break;
            }
        }
        read
    }
}

impl Rule {
    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it makes.
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// Whether all of its matchers fit.
    pub fn fits(&self, event: &Event) -> bool {
        self.fits_seen(&Seen::of(event))
    }

    fn fits_seen(&self, seen: &Seen) -> bool {
        self.matchers.iter().all(|matcher| matcher.fits(seen))
    }

    /// The same of an event as it was sent.
    fn fit(&self, seen: &Seen) -> Fit {
        let (of_frames, others): (Vec<&Matcher>, Vec<&Matcher>) =
            self.matchers.iter().partition(|matcher| matcher.reads_frames());
        let fit = |matchers: &[&Matcher]| matchers.iter().all(|matcher| matcher.fits(seen));
        if !fit(&others) {
            return Fit::No;
        }
        let mut frames = seen.event.exceptions.iter().flat_map(|exception| &exception.frames);
        if !of_frames.is_empty() && frames.any(is_minified) {
            return Fit::Depends;
        }
        if fit(&of_frames) { Fit::Fits } else { Fit::No }
    }
}

impl Matcher {
    fn fits(&self, seen: &Seen) -> bool {
        let event = seen.event;
        let matches = |text: &str| {
            (!text.is_empty() || self.is_empty) && self.pattern.matches(&text.to_lowercase())
        };
        let exceptions = || event.exceptions.iter();
        let fits = match self.key.as_str() {
            "type" => exceptions().any(|exception| matches(&exception.kind)),
            "message" => {
                exceptions().any(|exception| matches(&exception.value))
                    || event.message.as_deref().is_some_and(matches)
            }
            "function" => {
                matches(seen.function.get_or_init(|| function_of(event)))
                    || exceptions()
                        .flat_map(|e| &e.frames)
                        .any(|frame| frame.in_app && matches(&frame.function))
            }
            "file" => exceptions()
                .flat_map(|e| &e.frames)
                .any(|frame| frame.in_app && matches(&frame.file)),
            key => client::field(event, key).is_some_and(matches),
        };
        fits != self.negated
    }

    /// Whether it reads frames, which say something else once they are resolved.
    fn reads_frames(&self) -> bool {
        matches!(self.key.as_str(), "function" | "file")
    }
}

fn is_of_exception(key: &str) -> bool {
    matches!(key, "type" | "message" | "function" | "file")
}

fn is_field(name: &str) -> bool {
    client::field(&Event::default(), name).is_some()
}

/// Whether a line is more than a remark.
fn is_rule(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('#')
}

fn rule(line: &str) -> Result<Rule, BadRuleReason> {
    if line.len() > MAX_RULE {
        return Err(BadRuleReason::TooLong { bytes: line.len(), limit: MAX_RULE });
    }
    let (fits, makes) = split_arrow(line).ok_or(BadRuleReason::NoArrow)?;
    let matchers = words(fits)?.iter().map(|word| matcher(word)).collect::<Result<Vec<_>, _>>()?;
    if matchers.is_empty() {
        return Err(BadRuleReason::NoMatcher);
    }
    let parts = parts(makes)?;
    if parts.iter().any(String::is_empty) {
        return Err(BadRuleReason::NoPart);
    }
    let known =
        ["default", "type", "message", "function", "error.type", "error.value", "stack.function"];
    let unknown = |name: &&str| !known.contains(name) && !is_field(name);
    if let Some(name) = parts.iter().filter_map(|part| client::variable(part)).find(unknown) {
        return Err(BadRuleReason::UnknownVariable(name.to_owned()));
    }
    Ok(Rule { text: line.to_owned(), matchers, parts })
}

fn split_arrow(line: &str) -> Option<(&str, &str)> {
    line.rsplit_once("->").map(|(fits, makes)| (fits.trim(), makes.trim()))
}

/// `a:b c:"d e"` → `a:b`, `c:d e`
fn words(text: &str) -> Result<Vec<String>, BadRuleReason> {
    let words = split_unquoted(text, char::is_whitespace)?;
    Ok(words.into_iter().filter(|word| !word.is_empty()).collect())
}

/// `a, "b, c"` → `a`, `b, c`
fn parts(text: &str) -> Result<Vec<String>, BadRuleReason> {
    let parts = split_unquoted(text, |character| character == ',')?;
    Ok(parts.iter().map(|part| part.trim().to_owned()).collect())
}

/// Splits where `is_end` says so outside of quotes, which are left out.
fn split_unquoted(text: &str, is_end: fn(char) -> bool) -> Result<Vec<String>, BadRuleReason> {
    let (mut found, mut part, mut is_quoted) = (Vec::new(), String::new(), false);
    for character in text.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            character if !is_quoted && is_end(character) => found.push(std::mem::take(&mut part)),
            character => part.push(character),
        }
    }
    found.push(part);
    if is_quoted { Err(BadRuleReason::OpenQuote) } else { Ok(found) }
}

fn matcher(word: &str) -> Result<Matcher, BadRuleReason> {
    let (negated, rest) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
    let (key, pattern) =
        rest.split_once(':').ok_or_else(|| BadRuleReason::NoColon(word.to_owned()))?;
    if !is_of_exception(key) && !is_field(key) {
        return Err(BadRuleReason::UnknownKey(key.to_owned()));
    }
    let is_empty = pattern.is_empty();
    Ok(Matcher { key: key.to_owned(), pattern: Glob::new(pattern), is_empty, negated })
}

#[cfg(test)]
mod tests;
