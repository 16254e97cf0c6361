//! Every text of an event, with its path.

use std::fmt;

use serde_json::{Map, Value};

use super::names::{Secrecy, is_secret_parameter, is_telling};
use super::rules::Rules;
use super::text::{self, Scrubbed};
use super::{FILTERED, card};
use crate::event::{self, Breadcrumb, Event, Exception, Frame, Request};
use crate::limits::MAX_SCRUBBED;

/// Where a text stands; written out only if something was found.
#[derive(Clone, Copy)]
enum Path<'a> {
    Root(&'a str),
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Path::Root(name) => f.write_str(name),
            Path::Key(parent, name) => write!(f, "{parent}.{name}"),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// What a text is.
type Scrub = fn(&str, &Rules) -> Option<Scrubbed>;

/// A walk over an event, and what it found.
pub(super) struct Walk<'r> {
    rules: &'r Rules,
    log: Vec<event::Scrubbed>,
    unlisted: usize,
}

impl<'r> Walk<'r> {
    pub(super) fn new(rules: &'r Rules) -> Self {
        Self { rules, log: Vec::new(), unlisted: 0 }
    }

    pub(super) fn into_log(mut self) -> Vec<event::Scrubbed> {
        if self.unlisted > 0 {
            let path = format!("{} more", self.unlisted);
            self.log.push(event::Scrubbed { path, what: "not listed".into() });
        }
        self.log
    }

    pub(super) fn event(&mut self, event: &mut Event) {
        self.optional(&Path::Root("message"), &mut event.message);
        self.optional(&Path::Root("transaction"), &mut event.transaction);
        let exceptions = Path::Root("exceptions");
        for (index, exception) in event.exceptions.iter_mut().enumerate() {
            self.exception(&Path::Index(&exceptions, index), exception);
        }
        self.request(&mut event.request);
        self.object(&Path::Root("user"), &mut event.user.data);
        self.pairs(&Path::Root("tags"), &mut event.tags);
        let breadcrumbs = Path::Root("breadcrumbs");
        for (index, breadcrumb) in event.breadcrumbs.iter_mut().enumerate() {
            self.breadcrumb(&Path::Index(&breadcrumbs, index), breadcrumb);
        }
        self.object(&Path::Root("contexts"), &mut event.contexts);
        self.object(&Path::Root("extra"), &mut event.extra);
        let fingerprint = Path::Root("fingerprint");
        for (index, part) in event.fingerprint.iter_mut().enumerate() {
            self.text(&Path::Index(&fingerprint, index), part, text::prose);
        }
    }

    fn exception(&mut self, path: &Path, exception: &mut Exception) {
        self.text(&Path::Key(path, "value"), &mut exception.value, text::prose);
        let frames = Path::Key(path, "frames");
        for (index, frame) in exception.frames.iter_mut().enumerate() {
            self.frame(&Path::Index(&frames, index), frame);
        }
        for line in &mut exception.unread_lines {
            self.text(&Path::Key(path, "unread_lines"), line, text::prose);
        }
    }

    fn frame(&mut self, path: &Path, frame: &mut Frame) {
        self.text(&Path::Key(path, "file"), &mut frame.file, text::place);
        self.object(&Path::Key(path, "vars"), &mut frame.vars);
        let Some(source) = &mut frame.source else { return };
        let own = std::iter::once(&mut source.line);
        for line in source.before.iter_mut().chain(own).chain(&mut source.after) {
            self.text(&Path::Key(path, "source"), line, text::code);
        }
    }

    fn request(&mut self, request: &mut Request) {
        let path = Path::Root("request");
        self.optional(&Path::Key(&path, "url"), &mut request.url);
        self.text(&Path::Key(&path, "fragment"), &mut request.fragment, fragment);
        self.pairs(&Path::Key(&path, "headers"), &mut request.headers);
        let query = Path::Key(&path, "query");
        for (name, value) in &mut request.query {
            let path = Path::Key(&query, name);
            if self.rules.defaults && is_secret_parameter(name, value) {
                self.mask(&path, value, "key in URL");
            }
            self.pair(&path, name, value);
        }
        self.value(&Path::Key(&path, "data"), &mut request.data);
    }

    fn breadcrumb(&mut self, path: &Path, breadcrumb: &mut Breadcrumb) {
        self.text(&Path::Key(path, "message"), &mut breadcrumb.message, text::prose);
        self.object(&Path::Key(path, "data"), &mut breadcrumb.data);
    }

    fn optional(&mut self, path: &Path, text: &mut Option<String>) {
        if let Some(text) = text {
            self.text(path, text, text::prose);
        }
    }

    fn pairs(&mut self, path: &Path, pairs: &mut [(String, String)]) {
        for (name, value) in pairs {
            self.pair(&Path::Key(path, name), name, value);
        }
    }

    fn pair(&mut self, path: &Path, name: &str, value: &mut String) {
        match self.what_of(path, name) {
            Some((what, _)) => self.mask(path, value, what),
            None => self.text(path, value, text::prose),
        }
    }

    fn object(&mut self, path: &Path, object: &mut Map<String, Value>) {
        for (name, value) in object {
            self.member(&Path::Key(path, name), name, value);
        }
    }

    fn member(&mut self, path: &Path, name: &str, value: &mut Value) {
        match self.what_of(path, name) {
            Some((what, secrecy)) => self.mask_all(path, value, what, secrecy),
            None => self.value(path, value),
        }
    }

    fn value(&mut self, path: &Path, value: &mut Value) {
        match value {
            Value::String(text) => self.text(path, text, text::prose),
            Value::Object(object) => self.object(path, object),
            Value::Array(members) => {
                // `["x-api-key", "secret"]` is how lists of headers are written.
                if let [Value::String(name), second] = members.as_mut_slice()
                    && !name.contains(' ')
                    && let Some((what, secrecy)) = self.what_of(&Path::Key(path, name), name)
                {
                    return self.mask_all(&Path::Key(path, name), second, what, secrecy);
                }
                for (index, member) in members.iter_mut().enumerate() {
                    self.value(&Path::Index(path, index), member);
                }
            }
            Value::Number(number) if self.rules.defaults => {
                let digits = number.to_string();
                if card::length(&digits) == Some(digits.len()) && !self.rules.keeps_word(&digits) {
                    *value = Value::String(FILTERED.into());
                    self.log(path, "card number");
                }
            }
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }

    /// Everything below a secret name.
    fn mask_all(&mut self, path: &Path, value: &mut Value, what: &str, secrecy: Secrecy) {
        match value {
            Value::String(text) => self.mask(path, text, what),
            Value::Number(_) if secrecy != Secrecy::SecretText => {
                *value = Value::String(FILTERED.into());
                self.log(path, what);
            }
            Value::Object(object) => {
                for (name, value) in object {
                    self.mask_all(&Path::Key(path, name), value, what, secrecy);
                }
            }
            Value::Array(members) => {
                for (index, member) in members.iter_mut().enumerate() {
                    self.mask_all(&Path::Index(path, index), member, what, secrecy);
                }
            }
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }

    /// What the value of a key is, if it is secret.
    fn what_of(&self, path: &Path, name: &str) -> Option<(&'static str, Secrecy)> {
        let secrecy = self.rules.secrecy(name, || path.to_string());
        let what = match secrecy {
            Secrecy::None => return None,
            Secrecy::Secret | Secrecy::SecretText => "secret key",
            Secrecy::Address => "address",
            Secrecy::Rule => "project rule",
        };
        Some((what, secrecy))
    }

    fn mask(&mut self, path: &Path, text: &mut String, what: &str) {
        if is_telling(text) && !self.rules.keeps_word(text) {
            *text = FILTERED.to_owned();
            self.log(path, what);
        }
    }

    fn text(&mut self, path: &Path, text: &mut String, scrub: Scrub) {
        if let Some(scrubbed) = scrub(text, self.rules) {
            *text = scrubbed.text;
            self.log(path, &scrubbed.what);
        }
    }

    fn log(&mut self, path: &Path, what: &str) {
        if self.log.len() < MAX_SCRUBBED {
            self.log.push(event::Scrubbed { path: path.to_string(), what: what.to_owned() });
        } else {
            self.unlisted += 1;
        }
    }
}

/// Sign-in services hand over tokens behind `#`, where a query would have its `&`.
fn fragment(text: &str, rules: &Rules) -> Option<Scrubbed> {
    let marked = format!("#{text}");
    let mut scrubbed = text::prose(&marked, rules)?;
    scrubbed.text.remove(0);
    Some(scrubbed)
}
