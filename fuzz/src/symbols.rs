//! As `targets.rs`, for what maps, scripts, modules and tables hold.

use trapline_symbols::digest::{Input, digest_source_map};
use trapline_symbols::table::Code;
use trapline_symbols::{Table, map, pack, scanner, wasm};

use super::replay::Target;

/// All targets of this file.
pub const TARGETS: [Target; 5] = [
    ("map", source_map),
    ("module", module),
    ("pack", any_pack),
    ("scanner", script),
    ("table", any_table),
];

const MEMORY_BYTES: usize = 32 << 20;

/// A map; before a zero byte, the script that it is of. What becomes a table can be read.
pub fn source_map(bytes: &[u8]) {
    let (script, map_bytes) = split(bytes);
    let minified = std::str::from_utf8(script).ok().filter(|script| !script.is_empty());
    let parsed = map::parse(map_bytes, MEMORY_BYTES);
    let input = Input { name: "~/main.js", minified, map: map_bytes, memory_bytes: MEMORY_BYTES };
    let Ok(digest) = digest_source_map(&input) else { return };
    let map = parsed.expect("what is digested can be parsed");
    let table = Table::parse(&digest.table).expect("a table that was written can be read");
    assert_eq!(table.source_count(), digest.sources);
    for mapping in map.mappings.iter().take(1_000) {
        let place = table.place_of(mapping.line, mapping.column);
        assert!(place.is_ok() || mapping.source == map::NONE, "{mapping:?} is lost: {place:?}");
    }
    let again = digest_source_map(&input).expect("as before");
    assert_eq!(again.table, digest.table);
}

/// `length of the debug file (4 bytes, little-endian) debug file module`; without a debug file the length is 0.
pub fn module(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk() else { return };
    let at = (u32::from_le_bytes(*length) as usize).min(rest.len());
    let (debug, module) = rest.split_at(at);
    let input = wasm::Input {
        name: "~/app.wasm",
        served: module,
        debug: (!debug.is_empty()).then_some(debug),
        map: None,
        memory_bytes: MEMORY_BYTES,
        source: wasm::no_source,
    };
    if let Ok(stripped) = wasm::stripped(module) {
        assert!(stripped.len() <= module.len());
        assert_eq!(wasm::stripped(&stripped).as_deref(), Ok(stripped.as_slice()));
    }
    let Ok(digest) = wasm::digest(&input) else { return };
    let table = Table::parse(&digest.table).expect("a table that was written can be read");
    look_up(&table);
}

/// Tables that travel together.
pub fn any_pack(bytes: &[u8]) {
    let Some(members) = pack::members(bytes) else { return };
    for member in &members {
        let table = pack::table_of(bytes, member).expect("members lie within the pack");
        assert_eq!(pack::hash_of(table), member.hash);
    }
}

/// Functions of a script lie within it.
pub fn script(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for function in scanner::functions(&text) {
        assert!(function.start < function.end && text.get(function.start..function.end).is_some());
    }
}

/// A damaged table says so.
pub fn any_table(bytes: &[u8]) {
    if let Ok(table) = Table::parse(bytes) {
        look_up(&table);
    }
}

fn look_up(table: &Table<'_>) {
    for line in [0, 1, 2, 3, 100, u32::MAX] {
        for column in [0, 1, 7, 80, 4_000, u32::MAX] {
            if let Ok(frame) = table.look_up(line, column) {
                let _ = table.context(frame.source.unwrap_or(0), frame.line, 5);
            }
            let _ = table.function_around(line, column);
        }
    }
    for offset in [0, 1, 40, 400, 70_000, u32::MAX] {
        let _ = table.look_up_code(Code::Offset(offset.into()));
        let _ = table.look_up_code(Code::Index(offset));
    }
    let _ = table.look_up_code(Code::Name("main"));
    for source in (0..table.source_count()).take(100) {
        let _ = (table.source_path(source), table.is_in_app(source), table.content(source));
    }
}

fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (&[], bytes),
    }
}
