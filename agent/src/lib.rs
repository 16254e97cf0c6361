//! The page's side in WebAssembly: tells equal errors from new ones, reads stacks with the core's grammars, and decides
//! what is delivered when.
//!
//! The façade (`js/agent.js`) freezes the page's values at the moment of a capture and makes the requests. Events stay
//! with it; here they are numbers of its choice, never 0. Clock and chance are arguments. The modules are pure and
//! tested natively; this file is their rim.
//!
//! Every byte is downloaded by every visitor: no `format!`, no printing or parsing of floats, no JavaScript values.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub mod bucket;
pub mod frames;
pub mod outbox;
pub mod repeats;
pub mod sum;

use alloc::string::String;

use spin::{Mutex, MutexGuard};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::bucket::Buckets;
use crate::outbox::{Answer, Moment, Outbox};
use crate::repeats::{Repeated, Repeats};
use crate::sum::Sum;

/// 2.5 KB for every visitor less than the default; the lock costs nothing where there is one thread.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());

/// All that is remembered between calls.
#[derive(Debug)]
struct State {
    repeats: Repeats,
    buckets: Buckets,
    outbox: Outbox,
}

static STATE: Mutex<State> =
    Mutex::new(State { repeats: Repeats::new(), buckets: Buckets::new(), outbox: Outbox::new() });

/// There is one thread, and nothing in here calls out: nobody ever waits. One function, because the agent pays for every
/// copy of it.
#[inline(never)]
fn state() -> MutexGuard<'static, State> {
    STATE.lock()
}

/// The standard library's own machinery would print to nowhere, for 3 KB of every visitor.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn trap(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

/// Whether an error of this kind (see [`bucket`]) may be sent whole.
#[wasm_bindgen]
pub fn has_room(kind: usize, now_ms: f64) -> bool {
    state().buckets.has_room(kind, now_ms)
}

/// Counts an error of which an equal one has been seen: `true`. Otherwise remembers it by the number `first`, and takes
/// the room of one. `key` says everything that makes two errors equal.
#[wasm_bindgen]
pub fn fold(key: &str, first: u32, kind: usize, now_ms: f64) -> bool {
    let mut state = state();
    let is_known = state.repeats.fold(Sum::of(key), first, now_ms);
    if !is_known {
        state.buckets.take(kind);
    }
    is_known
}

/// A count that is due, as `first * 2^20 + count`; 0 if none is. A count of 0 says that `first` has been forgotten.
/// Called until it gives 0; with an infinite time it gives all.
#[wasm_bindgen]
pub fn due_count(now_ms: f64) -> f64 {
    let due = state().repeats.due(now_ms);
    due.map_or(0.0, |Repeated { first, count }| f64::from(first) * 1_048_576.0 + f64::from(count))
}

/// The frames of an error's stack, in the grammar of [`frames`].
#[wasm_bindgen]
pub fn frames_of(stack: &str) -> String {
    frames::frames_of(stack)
}

/// Takes an entry for delivery; `false` if there is no room.
#[wasm_bindgen]
pub fn push(entry: u32, bytes: u32) -> bool {
    state().outbox.push(entry, bytes)
}

/// Begins a request, and gives its name; 0 if there is none to make now. A negative one need not outlive the page.
#[wasm_bindgen]
pub fn next(now_ms: f64) -> i32 {
    state().outbox.next(now_ms).map_or(0, |(name, keepalive)| {
        let name = name.cast_signed();
        if keepalive { name } else { -name }
    })
}

/// The entry at a place of the request; 0 past its end.
#[wasm_bindgen]
pub fn member(name: u32, place: usize) -> u32 {
    state().outbox.member(name, place).unwrap_or_default()
}

/// The answer to a request: status, and for how long nothing more shall come; 0 for what there was not. Whether its
/// entries are done with.
#[wasm_bindgen]
pub fn answered(name: u32, status: u32, retry_after_s: f64, now_ms: f64, jitter: f64) -> bool {
    let answer = Answer { status, retry_after_s };
    state().outbox.answered(name, answer, Moment { now_ms, jitter })
}

/// The browser is online again.
#[wasm_bindgen]
pub fn online() {
    state().outbox.online();
}

/// Whether nothing may be sent now: after a failure, or because the collector said so.
#[wasm_bindgen]
pub fn is_paused(now_ms: f64) -> bool {
    state().outbox.is_paused(now_ms)
}

/// Takes an entry that is not under way, because the page is going; 0 if there is none.
#[wasm_bindgen]
pub fn take() -> u32 {
    state().outbox.take().unwrap_or_default()
}

/// Whether everything has been answered for.
#[wasm_bindgen]
pub fn is_idle() -> bool {
    state().outbox.is_idle()
}

/// When there is something to do next, by the same clock; infinity if never.
#[wasm_bindgen]
pub fn wake_ms() -> f64 {
    let counts = state().repeats.next_due_ms();
    counts.min(state().outbox.wake_ms())
}
