//! The panic hook: how it comes to be there, stays there, and what it tells.

use std::cell::Cell;
use std::panic::{self, PanicHookInfo};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use crate::agent::{self, NAME, object};
use crate::place::Place;
use crate::stack;

/// Calls asked of the engine: Chromium stops at 10, of which the machinery of a panic alone takes most.
const MAX_CALLS: f64 = 128.0;

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// Where ours lies, to tell it from others.
static OURS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// A hook is at work: another of ours may be further down the same chain.
    static IS_TELLING: Cell<bool> = const { Cell::new(false) };
}

/// From now on panics are told to Trapline; then the hook that was there before is called. Calling it again does nothing.
///
/// Yew and Dioxus set a hook of their own when they are started, and many apps set one after this call. So ours is looked
/// for once more when the current task is over, and put in front of whatever is there then.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        put_in_front();
        if cfg!(target_family = "wasm") {
            after_this_task(put_in_front);
        }
    });
}

/// Tells a panic to Trapline and calls nobody else: for apps that compose hooks themselves.
///
/// ```no_run
/// std::panic::set_hook(Box::new(|info| trapline_panic::hook(info)));
/// ```
pub fn hook(info: &PanicHookInfo<'_>) {
    if !cfg!(target_family = "wasm") || IS_TELLING.replace(true) {
        return;
    }
    tell(info);
    IS_TELLING.set(false);
}

fn put_in_front() {
    // Hooks cannot be changed once the app has panicked, and it may have done so in this very task.
    if thread::panicking() {
        return;
    }
    let current = panic::take_hook();
    if address_of(&*current) == OURS.load(Ordering::Relaxed) {
        return panic::set_hook(current);
    }
    let chained: Box<Hook> = Box::new(move |info| {
        let is_first = !IS_TELLING.replace(true);
        if is_first && cfg!(target_family = "wasm") {
            tell(info);
        }
        current(info);
        if is_first {
            IS_TELLING.set(false);
        }
    });
    OURS.store(address_of(&*chained), Ordering::Relaxed);
    panic::set_hook(chained);
}

fn address_of(hook: &Hook) -> usize {
    (&raw const *hook).cast::<()>().addr()
}

/// Before anything else that is asynchronous: Dioxus renders first in a microtask.
fn after_this_task(work: fn()) {
    let work = Closure::once_into_js(work);
    if let Some(queue) = agent::method(&js_sys::global(), "queueMicrotask") {
        let _ = queue.call1(&JsValue::UNDEFINED, &work);
    }
}

fn tell(info: &PanicHookInfo<'_>) {
    let Some(agent) = agent::agent() else { return };
    let place = info.location().map(Place::of);
    let message = info.payload_as_str().unwrap_or("panicked with a value that is no text");
    let error = error_with_all_calls();
    if let Some(calls) = Reflect::get(&error, &"stack".into()).ok().and_then(|it| it.as_string()) {
        agent::set(&error, "stack", &stack::of_panic(&calls, place.as_ref()).into());
    }
    // Only now: engines that put name and message above the calls shall put neither.
    agent::set(&error, NAME, &"panic".into());
    agent::set(&error, "message", &message.into());
    agent::call(&agent, "captureException", &[&error, &hint(place.as_ref())]);
}

/// `{mechanism: {type: "panic", handled: false}, captureContext: {level: "fatal", contexts: {panic: {…}}}}`
fn hint(place: Option<&Place>) -> Object {
    let mechanism = object(&[("type", "panic".into()), ("handled", false.into())]);
    let mut context = vec![("level", "fatal".into())];
    if let Some(Place { file, line, column, .. }) = place {
        let panic = object(&[
            ("location", format!("{file}:{line}:{column}").into()),
            ("file", file.as_str().into()),
            ("line", (*line).into()),
            ("column", (*column).into()),
        ]);
        context.push(("contexts", object(&[("panic", panic.into())]).into()));
    }
    object(&[("mechanism", mechanism.into()), ("captureContext", object(&context).into())])
}

/// An `Error` whose stack is as deep as the collector keeps one; the page's own limit is put back.
fn error_with_all_calls() -> js_sys::Error {
    const LIMIT: &str = "stackTraceLimit";
    let class = Reflect::get(&js_sys::global(), &"Error".into()).unwrap_or_default();
    let limit = Reflect::get(&class, &LIMIT.into()).unwrap_or_default();
    // Firefox has none.
    let is_low = limit.as_f64().is_some_and(|limit| limit < MAX_CALLS);
    if is_low {
        agent::set(&class, LIMIT, &MAX_CALLS.into());
    }
    let error = js_sys::Error::new("");
    if is_low {
        agent::set(&class, LIMIT, &limit);
    }
    error
}
