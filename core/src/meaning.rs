//! What an error means and what to try, in two sentences: by its type and by how the engines word it. What is noise is
//! explained in [`noise`](crate::noise). Only what the event shows is claimed; what it only suggests is called likely.

use crate::event::{Event, Exception};
use crate::filter::without_prefixes;

/// An error in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// What broke, in a sentence or two.
    pub what: String,
    /// What to try.
    pub remedy: &'static str,
}

/// Explains the error that reached the SDK; `None` of an event that has neither an exception nor a message.
pub fn meaning(event: &Event) -> Option<Meaning> {
    let Some(thrown) = event.thrown() else {
        let message = event.message.as_deref().filter(|message| !message.trim().is_empty())?;
        return Some(of_message(message, event));
    };
    let said = without_prefixes(&thrown.value);
    let (what, remedy) = missing_value(thrown, said)
        .or_else(|| not_a_function(said))
        .or_else(|| by_words(thrown, said))
        .or_else(|| by_type(thrown))
        .unwrap_or_else(|| by_mechanism(thrown));
    let place = place(thrown);
    Some(Meaning { what: format!("{what}{place}"), remedy })
}

type Words = (String, &'static str);

/// ` It happened in formatTotal.`, of the first frame of the site's own code that has a name.
fn place(thrown: &Exception) -> String {
    let own = thrown.frames.iter().find(|frame| frame.in_app && !frame.function.is_empty());
    own.map(|frame| format!(" It happened in {}.", short(&frame.function))).unwrap_or_default()
}

fn short(text: &str) -> &str {
    text.get(..text.floor_char_boundary(80)).unwrap_or_default()
}

/// What stands between two marks.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inner, _)| inner).filter(|inner| !inner.is_empty())
}

const GUARD: &str = "Find out why the value is missing at that moment: data that has not arrived yet, a key that is spelt \
    differently, an element that is not on the page. Wait for it or check it before it is used; optional chaining (?.) \
    only hides it.";

/// `Cannot read properties of undefined (reading 'amount')`, `x is undefined`, `null is not an object (evaluating 'a.b')`
fn missing_value(thrown: &Exception, said: &str) -> Option<Words> {
    if thrown.kind != "TypeError" {
        return None;
    }
    let lower = said.to_ascii_lowercase();
    let nothing = ["undefined", "null"].into_iter().find(|word| lower.contains(word))?;
    let chrome = said.starts_with("Cannot read propert") || said.starts_with("Cannot set propert");
    let firefox = said.ends_with(" is undefined") || said.ends_with(" is null");
    let safari = lower.contains("is not an object (evaluating");
    let destructured = lower.contains("destructure");
    if !(chrome || firefox || safari || destructured || lower.contains("has no properties")) {
        return None;
    }
    let property = between(said, "(reading '", "'").or_else(|| between(said, "(setting '", "'"));
    let what = match (property, firefox, between(said, "(evaluating '", "'")) {
        (Some(property), _, _) => format!(
            "Something was {nothing} where the code expected an object with {}.",
            short(property)
        ),
        (_, true, _) => format!("{}: the code expected an object there.", short(said)),
        (_, _, Some(expression)) => {
            format!("A part of {} was {nothing}: the code expected an object.", short(expression))
        }
        _ => format!("A value was {nothing} where the code expected an object."),
    };
    Some((what, GUARD))
}

/// `x.map is not a function`, in all engines.
fn not_a_function(said: &str) -> Option<Words> {
    let (name, rest) = said.split_once(" is not a function")?;
    let name = between(rest, "evaluating '", "'").unwrap_or(name);
    let name = name.split(". (In").next().unwrap_or(name);
    Some((
        format!("{} was called, but it is not a function.", short(name)),
        "See what the value is at that line: likely another type than expected (an object where an array was expected), an \
         import that does not exist under that name, or a newer browser API that this browser does not have.",
    ))
}

/// By what the message begins with or contains, whatever the type; `|` parts a type that has to fit too.
fn by_words(thrown: &Exception, said: &str) -> Option<Words> {
    let lower = said.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let starts = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    let kind = thrown.kind.as_str();
    let words: (&str, &str) = if kind == "InternalError"
        || has(&["maximum call stack size exceeded", "too much recursion"])
    {
        (
            "The code called itself until the browser's stack was full.",
            "Look for the function that repeats in the stack and for the case in which it should have ended: circular data, \
             two effects or watchers that set off each other, a getter that reads itself.",
        )
    } else if has(&["before initialization", "cannot access uninitialized variable"]) {
        (
            "A variable was read before the line that declares it had run.",
            "Likely two modules import each other, or a function is called above the let or const that it uses. Move the \
             declaration up, or break the circle of imports.",
        )
    } else if kind == "ReferenceError" || starts(&["can't find variable"]) {
        (
            "The code uses a name that does not exist there.",
            "Check how the name is spelt and imported. If it is a global of another script, that script did not load or loads \
             later; if it is a browser API, this browser does not have it.",
        )
    } else if has(&[
        "assignment to constant variable",
        "invalid assignment to const",
        "attempted to assign to readonly",
    ]) {
        (
            "The code assigned to something that cannot be changed.",
            "Declare it with let, or copy the frozen object before changing it (stores of state often freeze what they hold).",
        )
    } else if kind == "SyntaxError"
        && (has(&["json"]) || starts(&["unexpected end of", "unexpected eof"]))
    {
        (
            "A text was read as JSON and is none.",
            "Look at the answer that was parsed: likely an error page or an empty body. Check response.ok and the content \
             type before json(), and catch what a broken answer throws.",
        )
    } else if kind == "SyntaxError" {
        (
            "The browser could not read a script.",
            "Look at the file that the frame names: likely a server's page came in its place, or the syntax is newer than \
             this browser. Build for the browsers of your visitors.",
        )
    } else if kind == "RangeError"
        && has(&["array length", "buffer", "allocation", "string length"])
    {
        (
            "The code asked for more memory than the browser gives at once.",
            "Check the number that the size is computed from: negative, not a number, or larger than any real case.",
        )
    } else if kind == "RangeError" {
        (
            "A number or an option was outside what the function allows.",
            "Check the value at that line: the digits of toFixed, a date that cannot be read, a locale that does not exist.",
        )
    } else if kind == "URIError" {
        (
            "A text with a broken percent sign was decoded as part of an address.",
            "Catch it where addresses of visitors are read: links that were cut off end in half a character.",
        )
    } else if has(&["hydrat", "server rendered html", "server-rendered html", "did not match"])
        || starts(&[
            "minified react error #418",
            "minified react error #419",
            "minified react error #421",
            "minified react error #422",
            "minified react error #423",
            "minified react error #425",
        ])
    {
        (
            "What the browser rendered differs from the HTML that the server sent, so the framework threw the server's away.",
            "Find what differs between the two: times, random numbers, locale, storage, or invalid nesting of elements. Compute \
             such values after mounting. Extensions and translators change pages too.",
        )
    } else if has(&[
        "the node to be removed is not a child",
        "the object can not be found here",
        "node was not found",
        "node before which the new node",
    ]) {
        (
            "The framework moved or removed an element that was no longer where it had put it.",
            "Something else changes the page: likely a translator or an extension. Wrap bare text beside conditional elements \
             in an element of its own, so that the framework never moves text nodes.",
        )
    } else if has(&[
        "unreachable",
        "out of bounds memory access",
        "integer overflow",
        "divide by zero",
        "indirect call",
        "table index is out of bounds",
    ]) && (kind == "RuntimeError" || kind.starts_with("WebAssembly"))
    {
        (
            "WebAssembly code stopped at a trap: it did what it must not, or gave up on purpose.",
            "Of Rust, install the panic hook: it says the message and the line before the trap. Without it, upload the debug \
             file of this build, and the frames below get names and lines.",
        )
    } else if kind == "CompileError"
        || kind == "LinkError"
        || has(&["wasm-unsafe-eval", "webassembly.instantiate"])
    {
        (
            "A WebAssembly module could not be compiled or started.",
            "Check that the server sends the whole file as application/wasm, that it fits its JavaScript (a stale cache mixes two \
             builds), and that the content security policy allows 'wasm-unsafe-eval'.",
        )
    } else if has(&["content security policy", "unsafe-eval", "violates the following"]) {
        (
            "The page's content security policy did not allow something that the code did.",
            "Allow what the message names if it is yours; if it is a script that you did not put there, the policy did its work.",
        )
    } else if kind == "QuotaExceededError"
        || has(&["exceeded the quota", "quota has been exceeded", "quotaexceeded"])
    {
        (
            "The browser's storage for this site is full, or is switched off as in private windows.",
            "Catch it around setItem and put, remove what is old, and go on without storage: it is never guaranteed.",
        )
    } else if has(&[
        "signal is aborted",
        "user aborted",
        "operation was aborted",
        "fetch is aborted",
    ]) || kind == "AbortError"
    {
        (
            "A request or a task was cancelled before it ended: by the code itself, or because the visitor left.",
            "If cancelling is meant, catch AbortError and do nothing. Else look for what aborts: a timeout, an effect that is \
             cleaned up, a navigation.",
        )
    } else if has(&["resizeobserver loop"]) {
        (
            "A ResizeObserver changed sizes faster than the browser lays out. The rest is done in the next frame.",
            "Mostly harmless. If something flickers, change sizes in requestAnimationFrame and not in the observer itself.",
        )
    } else if has(&[
        "play() request was interrupted",
        "play() failed",
        "didn't interact with the document",
    ]) || kind == "NotAllowedError"
    {
        (
            "The browser did not allow it: the visitor said no, or had not clicked anything yet.",
            "Ask only after a click, catch the refusal, and offer another way. Sound and full screen need a gesture each time.",
        )
    } else if kind == "SecurityError"
        || has(&["blocked a frame with origin", "cross-origin", "the operation is insecure"])
    {
        (
            "The browser forbade access across origins, or to storage that is switched off.",
            "Talk to frames of other origins by postMessage, load images for a canvas with CORS, and catch what storage throws.",
        )
    } else if has(&["circular structure", "cyclic object value", "cyclic structures"]) {
        (
            "An object that contains itself was turned into JSON.",
            "Pick the fields that are needed instead of a whole DOM element, event or store, before JSON.stringify.",
        )
    } else if has(&["could not be cloned", "can not be cloned", "datacloneerror"])
        || kind == "DataCloneError"
    {
        (
            "Something that cannot be copied was sent to a worker, to history or to a database: a function, an element, a proxy.",
            "Send plain data: take the values out of reactive objects before postMessage, pushState or put.",
        )
    } else if has(&["is not iterable", "is not a constructor", "symbol.iterator"]) {
        (
            "A value was used as a list or as a class, and is neither.",
            "See what it is at that line: likely an object or undefined in place of an array, or a wrong import (default or named).",
        )
    } else if has(&[
        "permission denied to access property",
        "access is denied",
        "can't access dead object",
    ]) {
        (
            "The code touched an object of another page, of an extension, or of a page that is gone.",
            "If the frames are not yours, it is an extension. Else drop references to closed windows and removed frames.",
        )
    } else if has(&["unexpected token '<'", "unexpected token <"]) {
        (
            "A page of HTML came where the code expected something else.",
            "Look at the request: likely an error page with status 200, or a sign-in page after a redirect.",
        )
    } else {
        return None;
    };
    Some((words.0.to_owned(), words.1))
}

/// What is left is told by its type alone.
fn by_type(thrown: &Exception) -> Option<Words> {
    let words = match thrown.kind.as_str() {
        "TypeError" => (
            "A value was not of the type that the code needs.",
            "See at the line below which value it is, and where it comes from.",
        ),
        "InvalidStateError" => (
            "Something was used at a moment at which it cannot be: closed, not open yet, or already used.",
            "Check its state first: the readyState of a socket or request, the connection of a database, a transaction that ended.",
        ),
        "NotFoundError" => (
            "Something that the code named is not there: an element, a file, a device, a store of the database.",
            "Check that it exists when it is used; databases may need their upgrade to run first.",
        ),
        "NotSupportedError" => (
            "This browser cannot do what was asked for.",
            "Ask for the feature first (canPlayType, supports, in navigator), and offer another way.",
        ),
        "TimeoutError" => (
            "Something took longer than it was given.",
            "See in the breadcrumbs what was waited for; catch it, tell the visitor, and try again.",
        ),
        "NetworkError" => (
            "A request or a script did not get through.",
            "See in the breadcrumbs which one; catch it, and try again.",
        ),
        "DOMException"
        | "InvalidAccessError"
        | "InvalidCharacterError"
        | "HierarchyRequestError" => (
            "A function of the browser refused what it was asked for.",
            "The message names the function and the reason; check the arguments at that line.",
        ),
        "AggregateError" => (
            "Several attempts failed, the last of them too: Promise.any found none that succeeded.",
            "Look at the errors that it contains; each is a cause.",
        ),
        "EvalError" => (
            "Code was to be made of text, and the page does not allow that.",
            "Replace eval and new Function, or allow 'unsafe-eval' in the policy if you must.",
        ),
        "RustPanic" | "panic" | "Panic" => (
            "Rust code panicked: something that its author held for impossible has happened.",
            "The first frame is the line. Handle the case with a Result or an Option there; unwrap, expect and indexing are the \
             usual places.",
        ),
        _ => return None,
    };
    Some((words.0.to_owned(), words.1))
}

/// How it reached us.
fn by_mechanism(thrown: &Exception) -> Words {
    let mechanism = thrown.mechanism.kind.to_ascii_lowercase();
    let is_unhandled = thrown.mechanism.handled == Some(false);
    let name = if thrown.kind.is_empty() { "An error" } else { short(&thrown.kind) };
    if thrown.mechanism.synthetic
        || thrown.value.contains("Non-Error")
        || thrown.kind == "UnhandledRejection"
    {
        return (
            "Something that is no Error was thrown or rejected, so it came without a stack of its own.".to_owned(),
            "Throw and reject with new Error(…), and put what you know into cause: then the line below is the one that failed.",
        );
    }
    if mechanism.contains("rejection") {
        return (
            format!("{name} rejected a promise, and nobody caught it."),
            "Catch it where the promise is made or awaited, and tell the visitor what did not work.",
        );
    }
    if is_unhandled {
        return (
            format!("{name} was thrown, and nobody caught it."),
            "The first frame of your own code is where to look. If it can happen, catch it and tell the visitor.",
        );
    }
    (
        format!("{name} was thrown, and the code caught and reported it."),
        "Look at what follows the catch: whether the visitor could go on, and was told.",
    )
}

fn of_message(message: &str, event: &Event) -> Meaning {
    let lower = message.to_ascii_lowercase();
    if event.tags.iter().any(|(name, value)| name == "logger" && value == "csp")
        || event.logger.as_deref() == Some("csp")
        || lower.starts_with("blocked '") && lower.contains(" from ")
    {
        return Meaning {
            what: "The page's content security policy blocked something.".to_owned(),
            remedy: "Allow what the message names if it is yours; if not, the policy did its work.",
        };
    }
    Meaning {
        what: "The code sent a message: nothing was thrown.".to_owned(),
        remedy: "The stack, if there is one, is of the call that sent it.",
    }
}

#[cfg(test)]
mod tests;
