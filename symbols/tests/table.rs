//! What is written reads back, and hostile bytes are read or refused.

use proptest::prelude::*;
use trapline_symbols::table::{
    Code, CodeRange, Function, Inlined, Place, Position, Scope, Unresolved, Writer,
};
use trapline_symbols::{Kind, Table, Unreadable};

fn small() -> Vec<u8> {
    let mut writer = Writer::new(Kind::SourceMap, "~/main.js", Some([7; 16]));
    let pay = writer.string("pay");
    let cart = writer.source("src/cart.ts", true, Some("one\ntwo\r\nthree\nfour\n"));
    let vendor = writer.source("node_modules/x.js", false, None);
    let place = |source, line, column| Some(Place { source, line, column });
    for (line, column, place, name) in [
        (0, 0, place(cart, 0, 0), 0),
        (0, 10, place(cart, 2, 4), pay),
        (0, 20, None, 0),
        (3, 5, place(vendor, 9, 1), 0),
    ] {
        writer.position(&Position { line, column, place, name });
    }
    writer.scope(&Scope { line: 0, column: 8, function: pay });
    writer.scope(&Scope { line: 0, column: 15, function: 0 });
    writer.finish()
}

#[test]
fn frame_reads_back_as_place_and_function() {
    let bytes = small();
    let table = Table::parse(&bytes).unwrap();
    let frame = table.look_up(1, 13).unwrap();
    assert_eq!((frame.path, frame.line, frame.column), (Some("src/cart.ts"), 3, 5));
    assert_eq!(frame.function, Some("pay"));
    assert!(frame.in_app);
    assert_eq!(table.look_up(1, 18).unwrap().function, None, "the function ended before");
    assert!(!table.look_up(4, 6).unwrap().in_app, "the map says that it is a library");
    assert_eq!(table.debug_id(), Some([7; 16]));
    assert_eq!(table.name(), "~/main.js");
}

#[test]
fn frame_that_stays_raw_has_a_reason() {
    let bytes = small();
    let table = Table::parse(&bytes).unwrap();
    let generated = Unresolved::Generated { line: 1, column: 30 };
    assert_eq!(table.look_up(1, 30), Err(generated));
    for (line, column) in [(2, 1), (4, 5), (5, 1), (u32::MAX, u32::MAX)] {
        assert_eq!(table.look_up(line, column), Err(Unresolved::Outside { line, column }));
    }
    let no_content = Unresolved::NoContent { path: "node_modules/x.js".into() };
    assert_eq!(table.context(1, 1, 5), Err(no_content));
    let no_line = Unresolved::NoLine { path: "src/cart.ts".into(), line: 5 };
    assert_eq!(table.context(0, 5, 5), Err(no_line));
    assert_eq!(table.context(9, 1, 5), Err(Unresolved::Damaged));
    let empty = Writer::new(Kind::SourceMap, "", None).finish();
    assert_eq!(Table::parse(&empty).unwrap().look_up(1, 1), Err(Unresolved::Empty));
}

#[test]
fn context_has_the_lines_around() {
    let bytes = small();
    let context = Table::parse(&bytes).unwrap().context(0, 2, 1).unwrap();
    assert_eq!(context.before, ["one"]);
    assert_eq!(context.line, "two");
    assert_eq!(context.after, ["three"]);
    let edge = Table::parse(&bytes).unwrap().context(0, 4, 5).unwrap();
    assert_eq!((edge.before.len(), edge.line.as_str(), edge.after.len()), (3, "four", 0));
}

#[test]
fn context_line_of_a_bundle_is_cut() {
    let mut writer = Writer::new(Kind::SourceMap, "", None);
    let source = writer.source("bundle.js", true, Some(&"ä".repeat(100_000)));
    let bytes = writer.finish();
    let line = Table::parse(&bytes).unwrap().context(source, 1, 5).unwrap().line;
    assert!(line.len() < 310 && line.ends_with("ä…"), "{} bytes", line.len());
}

#[test]
fn context_in_a_long_source_is_that_of_its_line() {
    let lines: Vec<String> =
        (1..=20_000).map(|line| format!("{line}{}", "é".repeat(line % 40))).collect();
    let mut writer = Writer::new(Kind::SourceMap, "", None);
    let source = writer.source("long.js", true, Some(&lines.join("\n")));
    let bytes = writer.finish();
    let table = Table::parse(&bytes).unwrap();
    for line in (1..=20_000_u32).step_by(37).chain(19_990..=20_000) {
        let context = table.context(source, line, 5).unwrap();
        let at = line as usize - 1;
        assert_eq!(context.line, lines[at]);
        assert_eq!(context.before, lines[at.saturating_sub(5)..at]);
        assert_eq!(context.after, lines[at + 1..lines.len().min(at + 6)]);
    }
    assert_eq!(table.content(source).unwrap(), lines.join("\n"));
}

#[test]
fn source_beyond_the_limit_says_so() {
    let mut writer = Writer::new(Kind::SourceMap, "", None);
    let source = writer.source("huge.js", true, Some(&"x".repeat(5 << 20)));
    let bytes = writer.finish();
    let expected = Unresolved::ContentTooLarge { path: "huge.js".into() };
    assert_eq!(Table::parse(&bytes).unwrap().context(source, 1, 5), Err(expected));
}

#[test]
fn wasm_frame_reads_back_with_what_it_was_inlined_into() {
    let mut writer = Writer::new(Kind::Wasm, "app.wasm", None);
    let (pay, add) = (writer.string("shop::pay"), writer.string("shop::add"));
    let source = writer.source("src/lib.rs", true, None);
    let outer = Inlined { function: pay, source: Some(source), line: 10, column: 3 };
    let inner = Inlined { function: add, source: Some(source), line: 4, column: 9 };
    writer.code(&CodeRange { offset: 0x40, frames: vec![outer] });
    writer.code(&CodeRange { offset: 0x48, frames: vec![inner, outer] });
    writer.code(&CodeRange { offset: 0x50, frames: Vec::new() });
    writer.function(&Function::default());
    writer.function(&Function { start: 0x3e, end: 0x60, name: pay });
    let bytes = writer.finish();
    let table = Table::parse(&bytes).unwrap();
    let names = |code| -> Vec<(Option<&str>, u32)> {
        let frames = table.look_up_code(code).unwrap();
        frames.iter().map(|frame| (frame.function, frame.line)).collect()
    };
    assert_eq!(names(Code::Offset(0x44)), [(Some("shop::pay"), 10)]);
    assert_eq!(names(Code::Offset(0x4f)), [(Some("shop::add"), 4), (Some("shop::pay"), 10)]);
    assert_eq!(names(Code::Offset(0x55)), [(Some("shop::pay"), 0)], "no line, but the function");
    assert_eq!(names(Code::Index(1)), [(Some("shop::pay"), 0)]);
    assert_eq!(names(Code::Name("shop::pay")), [(Some("shop::pay"), 0)]);
    assert!(matches!(table.look_up_code(Code::Offset(0x60)), Err(Unresolved::NoCode { .. })));
    assert!(matches!(table.look_up_code(Code::Index(0)), Err(Unresolved::NoFunction(_))));
}

#[test]
fn line_of_a_function_reads_back_as_the_code_that_comes_from_there() {
    let mut writer = Writer::new(Kind::Wasm, "app.wasm", None);
    let sources = ["src/lib.rs", "/rustc/0a/library/core/src/option.rs"];
    let [own, std] = sources.map(|path| Some(writer.source(path, path == "src/lib.rs", None)));
    let functions: Vec<u32> = (0..900).map(|at| writer.string(&format!("shop::f{at}"))).collect();
    let unwrap = writer.string("core::option::Option::unwrap");
    // Three ranges a function: into the first one of the app's is inlined, into the third one of a library. Some twenty blocks.
    let check = writer.string("shop::check");
    for (at, function) in (0_u32..).zip(&functions) {
        let call = |function, source, line| Inlined { function, source, line, column: 3 };
        let outer = call(*function, own, at + 1);
        let line = if at % 2 == 0 { 0 } else { at + 1 };
        writer.code(&CodeRange {
            offset: 0x40 + at * 12,
            frames: vec![call(check, own, 2000), outer],
        });
        writer
            .code(&CodeRange { offset: 0x44 + at * 12, frames: vec![call(*function, own, line)] });
        writer
            .code(&CodeRange { offset: 0x48 + at * 12, frames: vec![call(unwrap, std, 7), outer] });
        writer.function(&Function { start: 0x40 + at * 12, end: 0x4c + at * 12, name: *function });
    }
    let bytes = writer.finish();
    let table = Table::parse(&bytes).unwrap();
    let found = |code: Code<'_>, file: &str, line| -> Option<Vec<(String, u32)>> {
        let frames = table.look_up_line(code, file, line)?;
        let named = frames.iter().map(|frame| (frame.function.unwrap().to_owned(), frame.line));
        Some(named.collect())
    };
    for at in [0, 1, 63, 64, 65, 500, 899] {
        let name = format!("shop::f{at}");
        let own = (name.clone(), at + 1);
        let by_library = vec![("core::option::Option::unwrap".to_owned(), 7), own.clone()];
        let expected = Some(if at % 2 == 0 { by_library } else { vec![own.clone()] });
        assert_eq!(found(Code::Index(at), "src/lib.rs", at + 1), expected, "not what it calls");
        assert_eq!(found(Code::Name(&name), "shop/src/lib.rs", at + 1), expected);
        assert_eq!(found(Code::Index(at), "src/lib.rs", at + 2), None, "the next function's");
        let inlined = Some(vec![("shop::check".to_owned(), 2000), own]);
        assert_eq!(found(Code::Index(at), "src/lib.rs", 2000), inlined);
    }
    assert_eq!(found(Code::Index(900), "src/lib.rs", 1), None);
    assert_eq!(found(Code::Index(0), "ib.rs", 1), None, "paths agree by whole names");
}

#[test]
fn bytes_that_are_no_table_are_refused() {
    let bytes = small();
    assert_eq!(Table::parse(b"PK\x03\x04").unwrap_err(), Unreadable::Foreign);
    assert_eq!(Table::parse(&bytes[..40]).unwrap_err(), Unreadable::Truncated);
    let mut newer = bytes.clone();
    newer[4] = 9;
    assert_eq!(Table::parse(&newer).unwrap_err(), Unreadable::Version(9));
}

/// Asks for everything; only a panic or a hang fails.
fn look_at_all(bytes: &[u8]) {
    let Ok(table) = Table::parse(bytes) else { return };
    for number in [0, 1, 2, 11, 13, 40, 900, u32::MAX] {
        let _ = (table.look_up(1, number), table.look_up(number, 1), table.content(number));
        let _ = (table.context(number, 2, 5), table.look_up_code(Code::Offset(number.into())));
        let _ = (table.look_up_code(Code::Index(number)), table.source_path(number));
        let _ = table.look_up_line(Code::Index(number), "src/lib.rs", number);
    }
    let _ = (table.look_up_code(Code::Name("pay")), table.name(), table.content_count());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Thousands of mappings over many blocks: each is found, at its place and one column further.
    #[test]
    fn every_position_reads_back(steps in prop::collection::vec((0_u32..3, 1_u32..500, 0_u32..9000, 0_u32..300, 0_u32..4), 1..4000)) {
        let mut writer = Writer::new(Kind::SourceMap, "", None);
        let names: Vec<u32> = ["", "a", "b", "c"].iter().map(|name| writer.string(name)).collect();
        for source in 0..4 {
            writer.source(&format!("src/{source}.js"), true, None);
        }
        let (mut line, mut column) = (0, 0);
        let mut positions = Vec::new();
        for (lines, columns, source_line, source_column, pick) in steps {
            column = if lines == 0 { column + columns + 1 } else { columns };
            line += lines;
            let place = Place { source: pick, line: source_line, column: source_column };
            positions.push(Position { line, column, place: Some(place), name: names[pick as usize] });
        }
        positions.iter().for_each(|position| writer.position(position));
        let bytes = writer.finish();
        let table = Table::parse(&bytes).unwrap();
        for position in positions.iter().step_by(7) {
            let found = table.place_of(position.line, position.column).unwrap();
            let place = position.place.unwrap();
            prop_assert_eq!((found.source, found.line, found.column), (place.source, place.line, place.column));
            prop_assert_eq!(found.name.is_some(), position.name != 0);
            prop_assert!(table.place_of(position.line, position.column + 1).is_ok());
        }
    }

}

proptest! {
    #[test]
    fn damaged_tables_are_read_or_refused(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let mut bytes = small();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        look_at_all(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        look_at_all(&bytes);
    }

    #[test]
    fn any_bytes_behind_a_good_beginning_are_read_or_refused(tail: Vec<u8>) {
        let mut bytes = b"TLTB\x01\0\0\0".to_vec();
        bytes.extend(tail);
        look_at_all(&bytes);
    }
}
