//! DWARF → ranges of code, each with its chain of frames: the function that the compiler inlined first, the one whose
//! code it is last.
//!
//! Addresses are offsets in the content of the code section. What the linker has left out of the module has addresses
//! outside of all functions (0 or the largest ones), and is passed over.

use std::borrow::Cow;

use addr2line::Context;
use gimli::{DebuggingInformationEntry, Dwarf, EndianSlice, LittleEndian, SectionId, Unit};

use super::digest::Found;
use super::module::Module;
use super::path::tidy_path;

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// Frames of one place; more is damage.
const MAX_CHAIN: usize = 256;

/// Calls `put(address, frames)` for each range in the order of addresses; without frames for what nothing describes. Says
/// whether there is debug information at all.
///
/// # Errors
/// What of it cannot be read.
pub(super) fn ranges(
    module: &Module<'_>,
    mut put: impl FnMut(usize, &[Found]),
) -> gimli::Result<bool> {
    let Some((code, _)) = module.code() else { return Ok(false) };
    if module.custom(".debug_info").is_none() {
        return Ok(false);
    }
    let load = |id: SectionId| -> gimli::Result<Slice<'_>> {
        Ok(EndianSlice::new(module.custom(id.name()).unwrap_or_default(), LittleEndian))
    };
    let dwarf = Dwarf::load(load)?;
    let directories = directories(&dwarf)?;
    let mut boundaries = inlined_boundaries(&dwarf)?;
    let context = Context::from_dwarf(dwarf)?;
    // Bodies include what stands before the first instruction.
    let bodies: Vec<(u64, u64)> = module
        .bodies
        .iter()
        .map(|(start, end)| ((start - code) as u64, (end - code) as u64))
        .collect();
    for (start, end) in &bodies {
        boundaries.extend([*start, *end]);
        for (address, length, _) in context.find_location_range(*start, *end)? {
            boundaries.extend([address, address.saturating_add(length)]);
        }
    }
    boundaries.sort_unstable();
    boundaries.dedup();
    let mut paths = Paths::new(directories);
    for address in boundaries {
        let after = bodies.partition_point(|(start, _)| *start <= address);
        let is_inside = after
            .checked_sub(1)
            .and_then(|at| bodies.get(at))
            .is_some_and(|(_, end)| address < *end);
        let chain = if is_inside { chain_at(&context, address, &mut paths)? } else { Vec::new() };
        put(usize::try_from(address).unwrap_or(usize::MAX), &chain);
    }
    Ok(true)
}

fn chain_at(
    context: &Context<Slice<'_>>,
    address: u64,
    paths: &mut Paths,
) -> gimli::Result<Vec<Found>> {
    let mut frames = context.find_frames(address).skip_all_loads()?;
    let mut chain = Vec::new();
    while let Some(frame) = frames.next()? {
        let name = frame.function.as_ref().and_then(|function| function.raw_name().ok());
        let location = frame.location.as_ref();
        let found = location.and_then(|location| location.file).map(|file| paths.tidied(file));
        let (path, in_app) = found.unwrap_or_default();
        let compiled = location.and_then(|location| location.file).filter(|_| in_app);
        chain.push(Found {
            function: name.map(Cow::into_owned).unwrap_or_default(),
            path,
            compiled: compiled.unwrap_or_default().to_owned(),
            in_app,
            line: location.and_then(|location| location.line).unwrap_or(0),
            column: location.and_then(|location| location.column).unwrap_or(0),
        });
        if chain.len() == MAX_CHAIN {
            break;
        }
    }
    Ok(chain)
}

/// Paths recur a thousand times.
struct Paths {
    directories: Vec<String>,
    known: std::collections::HashMap<String, (String, bool)>,
}

impl Paths {
    fn new(directories: Vec<String>) -> Self {
        Self { directories, known: std::collections::HashMap::new() }
    }

    fn tidied(&mut self, path: &str) -> (String, bool) {
        if let Some(known) = self.known.get(path) {
            return known.clone();
        }
        let tidied = tidy_path(path, &self.directories);
        self.known.insert(path.to_owned(), tidied.clone());
        tidied
    }
}

/// Where units were compiled.
fn directories(dwarf: &Dwarf<Slice<'_>>) -> gimli::Result<Vec<String>> {
    let mut directories = Vec::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let unit = dwarf.unit(header)?;
        if let Some(directory) = unit.comp_dir {
            let directory = directory.to_string_lossy().replace('\\', "/");
            if !directory.is_empty() && !directories.contains(&directory) {
                directories.push(directory);
            }
        }
    }
    Ok(directories)
}

/// Where inlined functions begin and end: a line of the caller may go on there.
fn inlined_boundaries(dwarf: &Dwarf<Slice<'_>>) -> gimli::Result<Vec<u64>> {
    let mut boundaries = Vec::new();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let unit = dwarf.unit(header)?;
        let mut entries = unit.entries();
        while let Some((_, entry)) = entries.next_dfs()? {
            if entry.tag() == gimli::DW_TAG_inlined_subroutine {
                add_ranges(dwarf, &unit, entry, &mut boundaries)?;
            }
        }
    }
    Ok(boundaries)
}

fn add_ranges(
    dwarf: &Dwarf<Slice<'_>>,
    unit: &Unit<Slice<'_>>,
    entry: &DebuggingInformationEntry<'_, '_, Slice<'_>>,
    boundaries: &mut Vec<u64>,
) -> gimli::Result<()> {
    let mut ranges = dwarf.die_ranges(unit, entry)?;
    while let Some(range) = ranges.next()? {
        boundaries.extend([range.begin, range.end]);
    }
    Ok(())
}
