//! What of an event is hashed, and what is left out and why: the grouping panel shows both.

use super::VERSION;
use super::canonical::{Canonical, Tells, canonical};
use super::client;
use super::components::{ComponentKind, Grouping};
use super::message::parameterised;
use super::place::{Place, cycle_of, panic_file, place_of};
use super::request;
use super::rules::Rules;
use crate::event::{Event, Exception};
use crate::noise::{self, Class};

/// Groups an event by version 1, without rules of a project.
pub fn group(event: &Event) -> Grouping {
    group_by(event, &Rules::default())
}

/// Groups an event by version 1: the sender's own fingerprint, or else the first rule that fits, or else what was thrown.
pub fn group_by(event: &Event, rules: &Rules) -> Grouping {
    let mut grouping = Grouping { version: VERSION, ..Grouping::default() };
    if !event.fingerprint.is_empty() {
        let why = "The page set this fingerprint.";
        add_parts(event, &event.fingerprint, ComponentKind::Sender, why, &mut grouping);
        leave_out_default(event, &event.fingerprint, "The page set a fingerprint.", &mut grouping);
    } else if let Some(rule) = rules.first_for(event) {
        let why = format!("The project's rule says so: {}", rule.text());
        add_parts(event, rule.parts(), ComponentKind::Rule, &why, &mut grouping);
        leave_out_default(event, rule.parts(), "A rule of the project decides.", &mut grouping);
    } else {
        add_default(event, &mut grouping);
    }
    grouping
}

fn add_parts(
    event: &Event,
    parts: &[String],
    kind: ComponentKind,
    why: &str,
    grouping: &mut Grouping,
) {
    for part in parts {
        match client::variable(part) {
            Some("default") => add_default(event, grouping),
            Some(name) => match value_of(event, name) {
                // Else events without the value would be one with those of another part.
                Some(value) if value.is_empty() => grouping.add(kind, format!("<no {name}>"), why),
                value => grouping.add(kind, value.unwrap_or_else(|| part.clone()), why),
            },
            None => grouping.add(kind, part.clone(), why),
        }
    }
}

/// What would have counted without these parts, unless they ask for it.
fn leave_out_default(event: &Event, parts: &[String], why: &str, grouping: &mut Grouping) {
    if parts.iter().any(|part| client::variable(part) == Some("default")) {
        return;
    }
    let mut default = Grouping::default();
    add_default(event, &mut default);
    for component in default.components {
        grouping.leave_out(component.kind, component.value, why);
    }
}

/// What a variable stands for.
fn value_of(event: &Event, name: &str) -> Option<String> {
    let thrown = event.thrown();
    match name {
        "type" | "error.type" => Some(thrown.map(|thrown| thrown.kind.clone()).unwrap_or_default()),
        "message" | "error.value" => {
            let message =
                thrown.map_or_else(|| event.message.as_deref().unwrap_or_default(), |t| &t.value);
            Some(parameterised(message))
        }
        "function" | "stack.function" => Some(function_of(event)),
        _ => client::field(event, name).map(str::to_owned),
    }
}

/// The function in which it was thrown, as far as it is known.
pub(super) fn function_of(event: &Event) -> String {
    match event.thrown().map(|thrown| place_of(event, thrown)) {
        Some(Place::Functions(names)) => names,
        _ => String::new(),
    }
}

fn add_default(event: &Event, grouping: &mut Grouping) {
    let mut is_told = false;
    for (index, exception) in event.exceptions.iter().enumerate() {
        // Members of an `AggregateError` that say the same are one, however many there are.
        let mut member = Grouping::default();
        add_exception(event, exception, &mut member);
        if index > 0 && is_told {
            leave_out_places(&mut member);
        }
        is_told |= index == 0 && tells_bug(exception);
        let is_repeated = index > 0 && grouping.components.ends_with(&member.components);
        if !is_repeated {
            grouping.components.append(&mut member.components);
        }
    }
    if event.exceptions.is_empty() {
        let message = event.message.as_deref().unwrap_or_default();
        match noise::class_of_message(message) {
            Some(class) => grouping.add(
                ComponentKind::Class,
                class.name(),
                "Each browser has its own words for it.",
            ),
            None => {
                let text = canonical("", &parameterised(message)).text;
                grouping.add(ComponentKind::Message, text, "The message, without what varies.");
            }
        }
    }
}

/// Whether an exception's message says which bug it is.
fn tells_bug(exception: &Exception) -> bool {
    canonical(&exception.kind, &parameterised(&exception.value)).tells == Tells::Bug
}

/// Of a cause only counts what it says, where the error around it says which bug it is.
fn leave_out_places(member: &mut Grouping) {
    let is_place = |kind| {
        matches!(kind, ComponentKind::Function | ComponentKind::File | ComponentKind::Minified)
    };
    for component in
        member.components.iter_mut().filter(|component| component.used && is_place(component.kind))
    {
        component.used = false;
        component.why = "The error that it caused says which bug it is.".into();
    }
}

fn add_exception(event: &Event, exception: &Exception, grouping: &mut Grouping) {
    let class = noise::class_of(exception);
    if let Some(class) = class {
        grouping.add(
            ComponentKind::Class,
            class.name(),
            "Each browser and bundler has its own words for it.",
        );
    }
    match class {
        Some(Class::StaleDeploy | Class::ScriptError) => return,
        Some(_) => match request::failed(event) {
            Some(request) => {
                let why = "Firefox and Safari do not tell where a request was made, but all tell which it was.";
                return grouping.add(ComponentKind::Request, request, why);
            }
            None => return add_place(event, exception, None, grouping),
        },
        None => {}
    }
    let value = parameterised(&exception.value);
    let said = canonical(&exception.kind, &value);
    if let Some(resource) = request::resource_of(&exception.kind, &exception.value) {
        grouping.add(ComponentKind::Type, exception.kind.clone(), "What kind of failure it is.");
        return grouping.add(
            ComponentKind::Request,
            resource,
            "What failed to load, or was blocked.",
        );
    }
    // The engines do not agree on what it is, only on that the answer was none.
    if said.json
        && request::is_of_answer(exception)
        && let Some(request) = request::last(event)
    {
        grouping.leave_out(
            ComponentKind::Message,
            said.text,
            "WebKit says the same of other failures.",
        );
        return grouping.add(
            ComponentKind::Request,
            request,
            "The answer to this request could not be read.",
        );
    }
    let message_only = "What the message says, in whatever words the browser says it.";
    // Firefox and WebKit reject these without a stack.
    if exception.kind == "AbortError"
        && let Some(request) = request::failed(event)
    {
        grouping.add(ComponentKind::Message, said.text, message_only);
        return grouping.add(ComponentKind::Request, request, "This request was broken off.");
    }
    if said.tells == Tells::Kind
        && let Some(request) =
            request::status_of(&value).and_then(|status| request::answered(event, status))
    {
        grouping.add(ComponentKind::Message, said.text, message_only);
        return grouping.add(
            ComponentKind::Request,
            request,
            "This request was answered with that status.",
        );
    }
    add_type(event, exception, &said, grouping);
    let why =
        "What the message says, in whatever words the browser says it and without what varies.";
    grouping.add(ComponentKind::Message, said.text.clone(), why);
    let file = panic_file(exception).filter(|_| said.stock_panic);
    if let Some(file) = &file {
        let why = "Rust's own words for any panic of that kind: the file in which it panicked tells more.";
        grouping.add(ComponentKind::File, file.as_str(), why);
    }
    // Where no function has a name, the file alone is the place.
    if file.is_none() || !matches!(place_of(event, exception), Place::File(_)) {
        add_place(event, exception, Some(&said), grouping);
    }
}

/// Types that the language has. Minifiers rename others, where their names come from the class.
const BUILT_IN: [&str; 9] = [
    "Error",
    "TypeError",
    "RangeError",
    "ReferenceError",
    "SyntaxError",
    "URIError",
    "EvalError",
    "AggregateError",
    "RuntimeError",
];

pub(super) fn is_built_in(kind: &str) -> bool {
    BUILT_IN.contains(&kind)
}

/// Names that a minifier may have given to a class.
const SHORTEST_TYPE: usize = 4;

fn add_type(event: &Event, exception: &Exception, said: &Canonical, grouping: &mut Grouping) {
    let kind = exception.kind.as_str();
    let is_needed = said.text.is_empty()
        || said.tells == Tells::Kind && place_of(event, exception) == Place::Nowhere;
    if !is_needed {
        grouping.leave_out(
            ComponentKind::Type,
            kind,
            "Message and place tell more, and minifiers rename classes.",
        );
    } else if is_built_in(kind) || kind.len() >= SHORTEST_TYPE {
        grouping.add(
            ComponentKind::Type,
            kind,
            "The message tells little, and the place is not known.",
        );
    } else {
        grouping.leave_out(ComponentKind::Type, kind, "A minifier may have named it.");
    }
}

fn add_place(
    event: &Event,
    exception: &Exception,
    said: Option<&Canonical>,
    grouping: &mut Grouping,
) {
    let tells = said.map_or(Tells::Kind, |said| said.tells);
    let is_endless = said.is_some_and(|said| said.endless);
    let place = if is_endless { cycle_of(event, exception) } else { place_of(event, exception) };
    let (kind, value) = match place {
        Place::Functions(names) => (ComponentKind::Function, names),
        Place::File(file) => (ComponentKind::File, file),
        Place::Minified(name) => (ComponentKind::Minified, name),
        Place::Nowhere => return,
    };
    match (tells, kind) {
        (Tells::Bug, _) => {
            grouping.leave_out(
                kind,
                value,
                "The message alone says which bug it is, in every build and browser.",
            );
        }
        (Tells::Name, ComponentKind::Minified) => {
            let why = "The name is a minifier's, other in every release, and the message names a property.";
            grouping.leave_out(kind, value, why);
        }
        (_, ComponentKind::Minified) => {
            grouping.add(
                kind,
                value,
                "The message tells little, and no function has a name. A source map would.",
            );
        }
        (_, ComponentKind::File) => grouping.add(kind, value, "No function has a name."),
        _ => {
            grouping.add(kind, value, "The first function of the page's own code that has a name.")
        }
    }
}
