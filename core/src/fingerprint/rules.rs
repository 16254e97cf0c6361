//! A project's own grouping rules, one a line; the first that fits counts.
//!
//! ```text
//! rule    = matcher { " " matcher } " -> " part { ", " part }
//! matcher = [ "!" ] key ":" ( pattern | '"' pattern '"' )      patterns are globs, whatever the case: `*`, `?`
//! key     = type | message | function | file | transaction | url | release | environment | level | logger | tags.NAME
//! part    = a text, or `{{ default }}`, `{{ type }}`, … (see `client.rs`)
//! ```
//! `type:ChunkLoadError -> stale-deploy`, `message:"*out of stock*" tags.shop:eu -> out-of-stock, {{ transaction }}`.
//! Empty lines and lines that begin with `#` are skipped. Refused are lines that are none of these, with the reason.

use super::client;
use super::group::function_of;
use super::{Parts, hex};
use crate::event::Event;
use crate::glob::Glob;

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
    negated: bool,
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
}

/// Most rules of a project: each is compared with every event that says something new.
pub const MAX_RULES: usize = 100;

impl Rules {
    /// Reads rules.
    ///
    /// # Errors
    /// The first line that is none.
    pub fn parse(text: &str) -> Result<Self, BadRule> {
        let mut rules = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
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
        self.0.iter().find(|rule| rule.fits(event))
    }

    /// For each rule, which of `events` (by index) it would have caught: those that no rule before it caught, and whose
    /// sender set no fingerprint.
    pub fn preview(&self, events: &[Event]) -> Vec<(&Rule, Vec<usize>)> {
        let mut caught: Vec<(&Rule, Vec<usize>)> =
            self.0.iter().map(|rule| (rule, Vec::new())).collect();
        for (index, event) in
            events.iter().enumerate().filter(|(_, event)| event.fingerprint.is_empty())
        {
            if let Some((_, events)) = caught.iter_mut().find(|(rule, _)| rule.fits(event)) {
                events.push(index);
            }
        }
        caught
    }

    /// What rules read that is not of the exceptions, for the raw fingerprint: whether each matcher fits, and the values
    /// of variables.
    pub(super) fn read_beside(&self, event: &Event) -> Vec<String> {
        let mut read = Vec::new();
        for rule in &self.0 {
            let beside = rule.matchers.iter().filter(|matcher| !is_of_exception(&matcher.key));
            read.extend(beside.map(|matcher| matcher.fits(event).to_string()));
            // A message is compared as it is, and the raw fingerprint holds it without what varies.
            let messages = rule.matchers.iter().filter(|matcher| matcher.key == "message");
            read.extend(messages.map(|matcher| matcher.fits(event).to_string()));
            let variables = rule.parts.iter().filter_map(|part| client::variable(part));
            read.extend(variables.filter_map(|name| client::field(event, name)).map(str::to_owned));
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
        self.matchers.iter().all(|matcher| matcher.fits(event))
    }
}

impl Matcher {
    fn fits(&self, event: &Event) -> bool {
        let matches = |text: &str| self.pattern.matches(&text.to_lowercase());
        let exceptions = || event.exceptions.iter();
        let fits = match self.key.as_str() {
            "type" => exceptions().any(|exception| matches(&exception.kind)),
            "message" => {
                exceptions().any(|exception| matches(&exception.value))
                    || event.message.as_deref().is_some_and(matches)
            }
            "function" => {
                matches(&function_of(event))
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
}

fn is_of_exception(key: &str) -> bool {
    matches!(key, "type" | "message" | "function" | "file")
}

fn is_field(name: &str) -> bool {
    client::field(&Event::default(), name).is_some()
}

fn rule(line: &str) -> Result<Rule, BadRuleReason> {
    let (fits, makes) = split_arrow(line).ok_or(BadRuleReason::NoArrow)?;
    let matchers = words(fits)?.iter().map(|word| matcher(word)).collect::<Result<Vec<_>, _>>()?;
    if matchers.is_empty() {
        return Err(BadRuleReason::NoMatcher);
    }
    let parts: Vec<String> =
        makes.split(',').map(|part| part.trim().trim_matches('"').to_owned()).collect();
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
    let mut words = Vec::new();
    let (mut word, mut quoted) = (String::new(), false);
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => {
                words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()))
            }
            character => word.push(character),
        }
    }
    if quoted {
        return Err(BadRuleReason::OpenQuote);
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    Ok(words)
}

fn matcher(word: &str) -> Result<Matcher, BadRuleReason> {
    let (negated, rest) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
    let (key, pattern) =
        rest.split_once(':').ok_or_else(|| BadRuleReason::NoColon(word.to_owned()))?;
    if !is_of_exception(key) && !is_field(key) {
        return Err(BadRuleReason::UnknownKey(key.to_owned()));
    }
    Ok(Matcher { key: key.to_owned(), pattern: Glob::new(pattern), negated })
}

#[cfg(test)]
mod tests;
