//! The scopes of a table: for each place of the minified file, the function around it by its name in the source.

use super::original::{Originals, declared_function, has_word, identifier};
use super::places::{LineColumn, places_of};
use crate::map::{Mapping, NONE, SourceMap};
use crate::scanner::{self, FunctionRange, NamePart};
use crate::table::{Scope, Writer};

/// Longest name that is kept, in bytes.
const MAX_NAME_BYTES: usize = 200;

/// Writes the scopes and gives back how many functions have a name.
pub(super) fn write(script: &str, map: &SourceMap, writer: &mut Writer) -> u32 {
    let mut functions = scanner::functions(script);
    // Outer before inner where both begin at one place.
    functions.sort_by_key(|function| (function.start, std::cmp::Reverse(function.end)));
    let places = Places::of(script, &functions);
    let mut originals = Originals::of(map);
    let mut count = 0;
    let mut ranges = Vec::with_capacity(functions.len());
    for function in &functions {
        let name = name_of(script, function, map, &places, &mut originals)
            .or_else(|| name_it_had(places.at(function.start), map, &mut originals));
        count += u32::from(name.is_some());
        let number = name.map_or(0, |name| writer.string(&name));
        ranges.push((places.at(function.start), places.at(function.end), number));
    }
    flatten(&ranges, |at, function| {
        writer.scope(&Scope { line: at.line, column: at.column, function });
    });
    count
}

/// The places of all offsets that are asked for.
struct Places {
    offsets: Vec<usize>,
    places: Vec<LineColumn>,
}

impl Places {
    fn of(script: &str, functions: &[FunctionRange]) -> Self {
        let parts = functions.iter().flat_map(|function| function.name.iter());
        let mut offsets: Vec<usize> = parts.map(|part| part.start).collect();
        offsets.extend(functions.iter().flat_map(|function| [function.start, function.end]));
        offsets.sort_unstable();
        offsets.dedup();
        let places = places_of(script, &offsets);
        Self { offsets, places }
    }

    fn at(&self, offset: usize) -> LineColumn {
        let index = self.offsets.binary_search(&offset).ok();
        index.and_then(|index| self.places.get(index)).copied().unwrap_or_default()
    }
}

/// The parts' original names with dots between; none if the innermost is not known.
fn name_of(
    script: &str,
    function: &FunctionRange,
    map: &SourceMap,
    places: &Places,
    originals: &mut Originals<'_>,
) -> Option<String> {
    let mut parts = Vec::with_capacity(function.name.len());
    for part in &function.name {
        parts.push(original_name(script, *part, places.at(part.start), map, originals));
    }
    parts.last()?.as_ref()?;
    let says_something =
        |part: &String| !matches!(part.as_str(), "exports" | "module" | "prototype" | "this");
    let mut name = if function.is_constructor { "new ".to_owned() } else { String::new() };
    for (index, part) in parts.into_iter().flatten().filter(says_something).enumerate() {
        if index > 0 {
            name.push('.');
        }
        name.push_str(&part);
    }
    let is_usable = !name.is_empty() && name != "new " && name.len() <= MAX_NAME_BYTES;
    is_usable.then_some(name)
}

/// The name of a function whose name the minifier took away, as it moved it to where it is called.
fn name_it_had(at: LineColumn, map: &SourceMap, originals: &mut Originals<'_>) -> Option<String> {
    let mapping = mapping_at(map, at).filter(|mapping| mapping.column == at.column)?;
    let name = declared_function(originals.rest_of_line(mapping)?)?;
    (name.len() <= MAX_NAME_BYTES).then(|| name.to_owned())
}

/// What a token of the minified file is called in the source.
fn original_name(
    script: &str,
    part: NamePart,
    at: LineColumn,
    map: &SourceMap,
    originals: &mut Originals<'_>,
) -> Option<String> {
    let text = script.get(part.start..part.end)?.trim_matches(['"', '\'']);
    let mapping = mapping_at(map, at)?;
    if mapping.source == NONE {
        return None;
    }
    let is_exact = mapping.column == at.column;
    let name = map.names.get(mapping.name as usize).filter(|name| !name.is_empty());
    if is_exact && let Some(name) = name {
        let there = originals.rest_of_line(mapping).and_then(identifier);
        // Bundlers tell names apart that meet in one file, and note what they made of them.
        let there = there.filter(|there| is_renamed(name, there));
        return Some(there.unwrap_or(name).to_owned());
    }
    let is_word = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#'));
    if !originals.has_text(mapping) {
        // A name that was changed would stand in the map.
        return (is_exact && is_word).then(|| text.to_owned());
    }
    let rest = originals.rest_of_line(mapping)?;
    if !is_exact && is_word && has_word(rest, text) {
        return Some(text.to_owned());
    }
    identifier(rest)
        .filter(|found| is_exact || rest.starts_with(found) == (*found == text))
        .map(str::to_owned)
}

/// `_Cart`, `Cart2`, `Cart$1` of `Cart`.
fn is_renamed(name: &str, original: &str) -> bool {
    let (before, after) = name.split_once(original).unwrap_or((original, ""));
    before.chars().all(|c| c == '_') && after.chars().all(|c| c.is_ascii_digit() || c == '$')
}

/// The mapping that covers a place: the last on its line at or before it, of equal ones the first.
fn mapping_at(map: &SourceMap, at: LineColumn) -> Option<&Mapping> {
    let key = |mapping: &Mapping| (mapping.line, mapping.column);
    let behind = map.mappings.partition_point(|mapping| key(mapping) <= (at.line, at.column));
    let last = map.mappings.get(behind.checked_sub(1)?)?;
    let first = map.mappings.partition_point(|mapping| key(mapping) < key(last));
    map.mappings.get(first).filter(|mapping| mapping.line == at.line)
}

/// Nested ranges, sorted by their beginnings → where which one is the innermost.
fn flatten(ranges: &[(LineColumn, LineColumn, u32)], mut emit: impl FnMut(LineColumn, u32)) {
    let mut open: Vec<(LineColumn, u32)> = Vec::new();
    let mut pending: Option<(LineColumn, u32)> = None;
    let mut change = |at: LineColumn, function: u32| {
        // Of several changes at one place the last counts.
        match pending {
            Some((before, _)) if before == at => (),
            Some((before, function)) => emit(before, function),
            None => (),
        }
        pending = Some((at, function));
    };
    let end = LineColumn { line: u32::MAX, column: u32::MAX };
    let sentinel = (end, end, 0);
    for (start, stop, function) in ranges.iter().chain(std::iter::once(&sentinel)) {
        while let Some((closes, _)) = open.last().copied().filter(|(closes, _)| closes <= start) {
            open.pop();
            change(closes, open.last().map_or(0, |(_, function)| *function));
        }
        // Ranges that cross, of odd code, are cut.
        let stop = open.last().map_or(*stop, |(closes, _)| (*closes).min(*stop));
        change(*start, *function);
        open.push((stop, *function));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn innermost_range_counts() {
        let at = |column| LineColumn { line: 0, column };
        let ranges = [(at(0), at(9), 1), (at(2), at(5), 2), (at(3), at(5), 3), (at(5), at(7), 4)];
        let mut changes = Vec::new();
        flatten(&ranges, |at, function| changes.push((at.column, function)));
        assert_eq!(changes, [(0, 1), (2, 2), (3, 3), (5, 4), (7, 1), (9, 0)]);
    }
}
