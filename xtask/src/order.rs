//! The order of a module's functions, so that it compresses better: gzip sees what is alike only within 32 KB, and the linker
//! leaves what is alike anywhere. Nothing else of the module changes.
//!
//! binaryen orders functions by their names. So each gets a name that says its place, in a section that is not shipped.
#![expect(clippy::indexing_slicing, reason = "indices are of these very lists")]

use std::collections::{HashMap, VecDeque};

use anyhow::{Context, Result};
use trapline_symbols::wasm::Module;

/// As much as gzip looks back, less what the next function itself may be.
const WINDOW: usize = 20_000;

/// Of so many bytes in a row is said whether two functions have them.
const RUN: usize = 8;

/// Runs that more functions have say nothing about any.
const MAX_SHARED: usize = 400;

/// The module with a name for each function: its place among those that are like it.
///
/// # Errors
/// What is no module.
pub fn named_by_place(module: &[u8]) -> Result<Vec<u8>> {
    let read = Module::parse(module).context("wasm-opt has made no module")?;
    let bodies: Vec<&[u8]> = read.bodies().collect();
    let mut places = vec![0; bodies.len()];
    for (place, index) in alike_together(&bodies).into_iter().enumerate() {
        places[index] = place;
    }
    let mut names = leb(places.len());
    for (index, place) in places.into_iter().enumerate() {
        names.extend(leb(read.imported() + index));
        names.extend(text(&format!("{place:06}")));
    }
    // Subsection 1 of the section `name`: names of functions.
    let functions = [vec![1], leb(names.len()), names].concat();
    let section = [text("name"), functions].concat();
    Ok([module.to_vec(), vec![0], leb(section.len()), section].concat())
}

/// Indices of the bodies: from the first on, always the one of which the last 20 KB hold the greatest part already.
fn alike_together(bodies: &[&[u8]]) -> Vec<usize> {
    let (runs, bearers) = runs_of(bodies);
    let mut order = Vec::with_capacity(bodies.len());
    let mut is_placed = vec![false; bodies.len()];
    // Of each body, how many of its runs the window holds; of each run, how often the window does.
    let mut held = vec![0_usize; bodies.len()];
    let mut times = vec![0_usize; bearers.len()];
    let (mut window, mut width) = (VecDeque::new(), 0);
    let mut next = (!bodies.is_empty()).then_some(0);
    while let Some(index) = next {
        is_placed[index] = true;
        order.push(index);
        window.push_back(index);
        width += bodies[index].len();
        for &run in &runs[index] {
            times[run] += 1;
            if times[run] == 1 {
                bearers[run].iter().for_each(|&bearer| held[bearer] += 1);
            }
        }
        while width > WINDOW && window.len() > 1 {
            let Some(left) = window.pop_front() else { break };
            width -= bodies[left].len();
            for &run in &runs[left] {
                times[run] -= 1;
                if times[run] == 0 {
                    bearers[run].iter().for_each(|&bearer| held[bearer] -= 1);
                }
            }
        }
        // Small functions have few runs, which chance decides: they count as if they had four more.
        let part = |index: usize| held[index] as f64 / (runs[index].len() + 4) as f64;
        let rest = (0..bodies.len()).filter(|&index| !is_placed[index]);
        next = rest.max_by(|&one, &other| part(one).total_cmp(&part(other)).then(other.cmp(&one)));
    }
    order
}

/// Of each body the runs that it has, as numbers; and of each run the bodies that have it. A quarter of all runs, picked by what
/// they hold, stands for the rest.
fn runs_of(bodies: &[&[u8]]) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let mut numbers: HashMap<&[u8], usize> = HashMap::new();
    let mut bearers: Vec<Vec<usize>> = Vec::new();
    for (index, body) in bodies.iter().enumerate() {
        for run in body.windows(RUN).filter(|run| is_picked(run)) {
            let number = *numbers.entry(run).or_insert(bearers.len());
            if number == bearers.len() {
                bearers.push(Vec::new());
            }
            if bearers[number].last() != Some(&index) {
                bearers[number].push(index);
            }
        }
    }
    bearers.retain(|bearers| (2..=MAX_SHARED).contains(&bearers.len()));
    let mut runs = vec![Vec::new(); bodies.len()];
    for (number, bearers) in bearers.iter().enumerate() {
        bearers.iter().for_each(|&bearer| runs[bearer].push(number));
    }
    (runs, bearers)
}

fn is_picked(run: &[u8]) -> bool {
    let hash =
        run.iter().fold(0_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    hash >> 30 == 0
}

/// An unsigned number of LEB128.
fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn text(text: &str) -> Vec<u8> {
    [leb(text.len()), text.as_bytes().to_vec()].concat()
}

#[cfg(test)]
mod tests {
    use super::{alike_together, leb, named_by_place};

    #[test]
    fn what_is_alike_stands_together() {
        let long =
            |seed: u8| (0..=u8::MAX).map(|byte| byte.wrapping_mul(seed) ^ seed).collect::<Vec<_>>();
        let [one, other] = [long(7), long(11)];
        assert_eq!(alike_together(&[&one, &other, &one, &other]), [0, 2, 1, 3]);
        assert_eq!(alike_together(&[]), [0_usize; 0]);
    }

    #[test]
    fn places_are_names_of_functions() {
        // Two functions without parameters: one is empty, the other is so too.
        let module =
            b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x03\x02\0\0\x0a\x07\x02\x02\0\x0b\x02\0\x0b";
        let named = named_by_place(module).expect("a module");
        let names = b"\0\x18\x04name\x01\x11\x02\x00\x06000000\x01\x06000001";
        assert_eq!(named, [&module[..], &names[..]].concat());
        assert!(named_by_place(b"no module").is_err());
    }

    #[test]
    fn numbers_have_as_many_bytes_as_they_need() {
        assert_eq!(leb(127), [0x7f]);
        assert_eq!(leb(128), [0x80, 0x01]);
    }
}
