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

pub mod frames;
pub mod outbox;
pub mod repeats;
pub mod sum;

use alloc::string::String;

use spin::Mutex;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::outbox::{Moment, Outbox};
use crate::repeats::{Repeated, Repeats};
use crate::sum::Sum;

/// 2.5 KB for every visitor less than the default; the lock costs nothing where there is one thread.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());

/// There is one thread, and nothing in here calls out: nobody ever waits.
static REPEATS: Mutex<Repeats> = Mutex::new(Repeats::new());
static OUTBOX: Mutex<Outbox> = Mutex::new(Outbox::new());

/// The standard library's own machinery would print to nowhere, for 3 KB of every visitor.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn trap(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

fn repeats<R>(work: impl FnOnce(&mut Repeats) -> R) -> R {
    work(&mut REPEATS.lock())
}

fn outbox<R>(work: impl FnOnce(&mut Outbox) -> R) -> R {
    work(&mut OUTBOX.lock())
}

/// Counts an error of which an equal one has been seen: `true`. Otherwise remembers it by the number `first`. `key`
/// says everything that makes two errors equal.
#[wasm_bindgen]
pub fn fold(key: &str, first: u32, now_ms: f64) -> bool {
    repeats(|repeats| repeats.fold(Sum::of(key), first, now_ms))
}

/// A count that is due, as `first * 2^20 + count`; 0 if none is. A count of 0 says that `first` has been forgotten.
/// Called until it gives 0; with an infinite time it gives all.
#[wasm_bindgen]
pub fn due_count(now_ms: f64) -> f64 {
    let due = repeats(|repeats| repeats.due(now_ms));
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
    outbox(|outbox| outbox.push(entry, bytes))
}

/// The entry to send now, which is under way until [`answered`]; 0 if there is none. A negative number means the entry
/// without the minus, in a request that need not outlive the page.
#[wasm_bindgen]
pub fn next(now_ms: f64) -> i32 {
    outbox(|outbox| outbox.next(now_ms)).map_or(0, |sending| {
        let entry = sending.entry.cast_signed();
        if sending.keepalive { entry } else { -entry }
    })
}

/// The answer to a request: status (0 if there was none) and `Retry-After` (0 if there was none). Whether the entry
/// is done with.
#[wasm_bindgen]
pub fn answered(entry: u32, status: u32, retry_after_s: f64, now_ms: f64, jitter: f64) -> bool {
    let moment = Moment { now_ms, jitter };
    outbox(|outbox| outbox.answered(entry, status, retry_after_s, moment))
}

/// Takes an entry that is not under way, because the page is going; 0 if there is none.
#[wasm_bindgen]
pub fn take() -> u32 {
    outbox(Outbox::take).unwrap_or_default()
}

/// Whether everything has been answered for.
#[wasm_bindgen]
pub fn is_idle() -> bool {
    outbox(|outbox| outbox.is_idle())
}

/// When there is something to do next, by the same clock; infinity if never.
#[wasm_bindgen]
pub fn wake_ms() -> f64 {
    let counts = repeats(|repeats| repeats.next_due_ms());
    counts.min(outbox(|outbox| outbox.wake_ms()))
}
