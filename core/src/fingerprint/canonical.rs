//! What a message says, whatever engine says it: each engine has words of its own for the same failure.
//!
//! ```text
//! Cannot read properties of undefined (reading 'total')             Chromium  ┐
//! can't access property "total", cart is undefined                  Firefox   │ nullish access: total
//! undefined is not an object (evaluating 'cart.total')              WebKit    ┘
//! ```
//! Takes a message that is [`parameterised`](super::parameterised), and nothing else: so equal raw fingerprints have equal
//! canonical messages. Names of variables are left out, because minifiers change them; names of properties stay.

mod dom;
mod framework;
mod panic;
mod phrases;
mod rarity;
mod read;

pub(super) use phrases::WEBKIT_JSON;

use super::words;
use crate::filter::without_prefixes;

/// A message, as it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Canonical {
    /// `nullish access: total`, `order <n> has no lines`; empty if nothing was said.
    pub text: String,
    /// How much it tells by itself.
    pub tells: Tells,
    /// Whether the stack is of recursion without an end.
    pub endless: bool,
    /// Whether it came out of reading JSON.
    pub json: bool,
    /// Whether it is a panic of which Rust's own library says what any line may have done.
    pub stock_panic: bool,
}

/// How much a message tells by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tells {
    /// Which bug it is: words that somebody chose for it, or a failure that a framework numbers.
    Bug,
    /// What failed, with a name that the page's authors gave.
    Name,
    /// What failed only: any code might say so.
    Kind,
}

/// The canonical message. `kind` is the exception's type.
pub(super) fn canonical(kind: &str, parameterised: &str) -> Canonical {
    let whole = without_prefixes(parameterised);
    let whole =
        whole.strip_prefix("Non-Error promise rejection captured with value: ").unwrap_or(whole);
    let said = if whole.starts_with("panicked at ") { whole } else { first_line(whole) };
    if let Some(code) = framework::code(parameterised) {
        return told(code, Tells::Bug);
    }
    if let Some(text) = engine(kind, said) {
        let endless = text == phrases::ENDLESS;
        let json = text == phrases::JSON || said == phrases::WEBKIT_JSON;
        let named = text.split_once(": ").is_some_and(|(_, name)| words::is_authored_name(name));
        let tells = if text.starts_with("not defined: ") || rarity::is_singular(&text) {
            Tells::Bug
        } else if named || rarity::is_rare(&text) {
            Tells::Name
        } else {
            Tells::Kind
        };
        return Canonical { endless, json, ..told(text, tells) };
    }
    if let Some(module) = read::module(said) {
        return told(module, Tells::Bug);
    }
    let text = read::object(said).unwrap_or_else(|| words::without_quoted(said));
    // A hash may have no letters.
    let text = text.to_lowercase().replace("<hex>", "<n>");
    let text = if text == "no error message" { String::new() } else { text };
    let text = text.trim_end_matches(['.', '!', ' ', ':']).to_owned();
    let stock_panic = kind == PANIC && panic::is_stock(said);
    let is_own = !stock_panic && words::is_telling(&text);
    Canonical { stock_panic, ..told(text, if is_own { Tells::Bug } else { Tells::Kind }) }
}

/// The type that `trapline-panic` gives to panics.
const PANIC: &str = "panic";

fn told(text: String, tells: Tells) -> Canonical {
    Canonical { text, tells, endless: false, json: false, stock_panic: false }
}

/// The first line that says something: what follows are lists of components, code frames, stacks.
fn first_line(said: &str) -> &str {
    const LEAST: usize = 4;
    let line = said.lines().map(str::trim).find(|line| line.len() >= LEAST);
    line.unwrap_or(said.trim())
}

/// What an engine says, in words of ours; `None` if a person or a library wrote it.
fn engine(kind: &str, said: &str) -> Option<String> {
    let lower = said.to_lowercase();
    let plain = lower.trim_end_matches('.');
    let is_any = kind == "AggregateError" && ["", "no error message"].contains(&plain);
    is_any
        .then(|| phrases::ANY.to_owned())
        .or_else(|| read::access(said))
        .or_else(|| read::argument(said))
        .or_else(|| phrases::fixed(kind, plain).map(str::to_owned))
        .or_else(|| dom::dom(kind, said))
        .or_else(|| phrases::syntax(kind, plain).map(str::to_owned))
        .or_else(|| panic::panic(said))
}

#[cfg(test)]
mod tests;
