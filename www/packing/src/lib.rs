//! How the demo shop packs an order: the part of it that is Rust, and what it does when it breaks.
//!
//! Each failure is three calls deep, the innermost of which the compiler inlines: what a stripped module is read back from.

use std::num::ParseFloatError;

use wasm_bindgen::prelude::wasm_bindgen;

/// Volumes of the boxes that the shop has, in litres.
const BOXES: [f64; 3] = [20.0, 80.0, 240.0];

/// Runs once the module is there.
#[wasm_bindgen(start)]
pub fn start() {
    trapline_panic::install();
}

/// How many of the largest boxes goods of these volumes (litres) take.
#[wasm_bindgen]
pub fn boxes_for(volumes: &[f64]) -> u32 {
    let litres: f64 = volumes.iter().sum();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few boxes")]
    let boxes = (litres / volume_of(BOXES.len() - 1)).ceil() as u32;
    boxes.max(1)
}

/// Packs into the box of this number. There are three: of any other number it panics.
#[wasm_bindgen]
pub fn pack(number: usize) -> f64 {
    fill(number) + 1.0
}

#[inline(never)]
fn fill(number: usize) -> f64 {
    volume_of(number) * 0.9
}

#[inline(always)]
fn volume_of(number: usize) -> f64 {
    BOXES[number]
}

/// Prices of the lids that the shop has, in euros.
const LIDS: [f64; 3] = [2.0, 4.5, 9.0];

/// The price of a lid with tax. There are three: of any other number it panics, in the words in which [`pack`] does.
#[wasm_bindgen]
pub fn lid(number: usize) -> f64 {
    price_of(number) * 1.19
}

#[inline(always)]
fn price_of(number: usize) -> f64 {
    LIDS[number]
}

/// Seals a box with a tape that has run out: traps.
#[wasm_bindgen]
pub fn seal(metres: u32) -> u32 {
    unroll(metres) + 1
}

#[inline(never)]
fn unroll(metres: u32) -> u32 {
    cut(metres) * 2
}

#[inline(always)]
fn cut(metres: u32) -> u32 {
    #[cfg(target_family = "wasm")]
    if metres > 0 {
        core::arch::wasm32::unreachable();
    }
    metres
}

/// Reads the label of a box from where there is no memory: traps.
#[wasm_bindgen]
pub fn label(number: u32) -> u32 {
    look_up(number) + 1
}

#[inline(never)]
fn look_up(number: u32) -> u32 {
    read(number) ^ 1
}

#[inline(always)]
fn read(number: u32) -> u32 {
    let address = (usize::MAX - 15 - 16 * number as usize) as *const u32;
    // SAFETY: none; the engine refuses the access, which is what this is for.
    unsafe { address.read_volatile() }
}

/// Weighs what a scale says, and reports a scale that says no number.
#[wasm_bindgen]
pub fn weigh(said: &str) -> f64 {
    weight_of(said).unwrap_or_else(|error| {
        trapline_panic::report(&error);
        0.0
    })
}

/// A scale that cannot be read.
#[derive(Debug)]
struct ScaleError(ParseFloatError);

impl std::fmt::Display for ScaleError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the scale cannot be read")
    }
}

impl std::error::Error for ScaleError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn weight_of(said: &str) -> Result<f64, ScaleError> {
    said.trim().parse().map_err(ScaleError)
}
