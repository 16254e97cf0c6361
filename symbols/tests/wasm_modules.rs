//! Modules, made by hand and damaged: each is digested or refused with the remedy, and none panics.

#![expect(clippy::unwrap_used, reason = "test code")]

use proptest::prelude::*;
use trapline_symbols::table::Code;
use trapline_symbols::wasm::{self, Input, Module, NotWasm, Refused};
use trapline_symbols::{Table, debug_id};

/// `(import "env" "log" (func)) (func $reserve unreachable) (func $run (call $reserve))`, `run` exported.
fn module(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    bytes.extend([1, 4, 1, 0x60, 0, 0]);
    bytes.extend([2, 11, 1, 3, b'e', b'n', b'v', 3, b'l', b'o', b'g', 0, 0]);
    bytes.extend([3, 3, 2, 0, 0]);
    bytes.extend([7, 7, 1, 3, b'r', b'u', b'n', 0, 2]);
    bytes.extend([10, 10, 2, 3, 0, 0x00, 0x0b, 4, 0, 0x10, 1, 0x0b]);
    for (name, content) in sections {
        let size = 1 + name.len() + content.len();
        bytes.extend([0, u8::try_from(size).unwrap(), u8::try_from(name.len()).unwrap()]);
        bytes.extend(name.as_bytes());
        bytes.extend(*content);
    }
    bytes
}

/// Offset of the first byte of `$reserve`'s body.
const RESERVE: u64 = 8 + 6 + 13 + 5 + 9 + 4;

const NAMES: &[u8] = b"\x01\x1b\x02\x01\x14shop::reserve::h0123\x02\x03run";

fn input<'a>(served: &'a [u8], debug: Option<&'a [u8]>, map: Option<&'a [u8]>) -> Input<'a> {
    let source = wasm::no_source;
    Input { name: "~/shop.wasm", served, debug, map, memory_bytes: 100 << 20, source }
}

#[track_caller]
fn function(table: &[u8], code: Code<'_>) -> Option<String> {
    let frames = Table::parse(table).unwrap().look_up_code(code).ok()?;
    frames.first()?.function.map(str::to_owned)
}

#[test]
fn names_answer_by_offset_index_and_name() {
    let served = module(&[("name", NAMES)]);
    let digest = wasm::digest(&input(&served, None, None)).unwrap();
    assert_eq!((digest.names, digest.sources), (2, 0));
    let reserve = Some("shop::reserve::h0123".to_owned());
    assert_eq!(function(&digest.table, Code::Offset(RESERVE + 1)), reserve);
    assert_eq!(function(&digest.table, Code::Index(1)), reserve);
    assert_eq!(function(&digest.table, Code::Name("shop::reserve::h0123")), reserve);
    assert_eq!(function(&digest.table, Code::Index(2)).as_deref(), Some("run"));
    assert_eq!(function(&digest.table, Code::Index(0)), None, "the import has no name");
    assert_eq!(function(&digest.table, Code::Offset(RESERVE + 90)), None);
}

#[test]
fn source_map_of_offsets_gives_file_and_line() {
    let served = module(&[("name", NAMES)]);
    // Columns RESERVE (45) and RESERVE + 4: line 7 and line 9 of the source.
    let map = br#"{"version":3,"sources":["/rustc/abc/library/core/src/a.rs","src/shop.rs"],"names":[],"mappings":"6CCME,IAEA"}"#;
    let digest = wasm::digest(&input(&served, None, Some(map))).unwrap();
    let table = Table::parse(&digest.table).unwrap();
    let frames = table.look_up_code(Code::Offset(RESERVE + 1)).unwrap();
    assert_eq!((frames[0].path, frames[0].line), (Some("src/shop.rs"), 7));
    assert_eq!(frames[0].function, Some("shop::reserve::h0123"));
}

#[test]
fn source_map_of_offsets_gives_its_lines() {
    let served = module(&[("name", NAMES)]);
    let map = br#"{"version":3,"sources":["src/shop.rs"],"sourcesContent":["1\n2\n3\n4\n5\n6\n    stock[7]\n8"],"names":[],"mappings":"6CAME,IAEA"}"#;
    let digest = wasm::digest(&input(&served, None, Some(map))).unwrap();
    assert_eq!((digest.sources, digest.contents), (1, 1));
    let table = Table::parse(&digest.table).unwrap();
    let frames = table.look_up_code(Code::Offset(RESERVE + 1)).unwrap();
    let context = table.context(frames[0].source.unwrap(), frames[0].line, 1).unwrap();
    assert_eq!(
        (context.line.as_str(), context.before.as_slice()),
        ("    stock[7]", &["6".to_owned()][..])
    );
}

#[test]
fn stripped_module_is_resolved_by_the_file_from_before() {
    let debug = module(&[("name", NAMES), ("build_id", &[7; 16])]);
    let served = wasm::stripped(&debug).unwrap();
    assert!(Module::parse(&served).unwrap().custom("name").is_none());
    assert_eq!(Module::parse(&served).unwrap().build_id(), Some(&[7; 16][..]));
    let digest = wasm::digest(&input(&served, Some(&debug), None)).unwrap();
    assert_eq!(digest.debug_id, [7; 16]);
    assert_eq!(function(&digest.table, Code::Index(2)).as_deref(), Some("run"));
    let refused = wasm::digest(&input(&served, None, None)).unwrap_err();
    assert!(matches!(refused, Refused::Stripped { .. }));
    assert!(
        refused.to_string().contains("~/shop.wasm") && refused.to_string().contains("--keep-debug")
    );
}

#[test]
fn debug_file_of_another_build_is_refused() {
    let served = module(&[("name", NAMES)]);
    let mut other = served.clone();
    other[usize::try_from(RESERVE).unwrap() + 1] = 1;
    let refused = wasm::digest(&input(&served, Some(&other), None)).unwrap_err();
    assert!(refused.to_string().contains("another build"), "{refused}");
}

#[test]
fn module_is_known_by_its_build_id_or_its_hash() {
    let plain = module(&[]);
    let hash = wasm::debug_id_of(&plain).unwrap();
    assert_ne!(hash, wasm::debug_id_of(&module(&[("x", b"")])).unwrap());
    let marked = wasm::with_build_id(&plain, [9; 16]).unwrap();
    assert_eq!(wasm::debug_id_of(&marked).unwrap(), [9; 16]);
    assert_eq!(wasm::with_build_id(&marked, [1; 16]).unwrap(), marked, "it has one");
    assert_eq!(debug_id::text_of([9; 16]).len(), 36);
    // Without the number of bytes in front.
    assert_eq!(wasm::debug_id_of(&module(&[("build_id", &[3; 16])])).unwrap(), [3; 16]);
    let mut long = vec![20];
    long.extend([4; 20]);
    assert_eq!(
        Module::parse(&module(&[("build_id", &long)])).unwrap().build_id(),
        Some(&[4; 20][..])
    );
}

#[test]
fn what_is_no_module_is_refused() {
    assert_eq!(Module::parse(b"<!doctype html>").unwrap_err(), NotWasm::Foreign);
    assert_eq!(Module::parse(b"").unwrap_err(), NotWasm::Foreign);
    assert_eq!(Module::parse(b"\0asm\x0d\0\x01\0").unwrap_err(), NotWasm::Version);
    let whole = module(&[("name", NAMES)]);
    let cut = whole.get(..whole.len() - 3).unwrap();
    assert!(wasm::digest(&input(cut, None, None)).unwrap_err().to_string().contains("truncated"));
}

proptest! {
    #[test]
    fn any_bytes_are_digested_or_refused(flips in prop::collection::vec((0_usize..90, any::<u8>()), 0..6), length in 0_usize..120) {
        let mut bytes = module(&[("name", NAMES), (".debug_info", &[5; 20]), (".debug_line", &[1; 9])]);
        for (at, value) in flips {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        bytes.truncate(length);
        if let Ok(digest) = wasm::digest(&input(&bytes, None, None)) {
            let table = Table::parse(&digest.table).unwrap();
            for offset in 0..100 {
                let _ = table.look_up_code(Code::Offset(offset));
            }
        }
        let _ = wasm::stripped(&bytes);
        let _ = wasm::with_build_id(&bytes, [1; 16]);
    }

    #[test]
    fn any_name_and_path_is_tidied(name in ".{0,60}", parts in prop::collection::vec("[<>:a-z\\[\\]{}h0-9/.-]{0,9}", 0..9)) {
        for text in [name, parts.concat()] {
            let _ = wasm::tidy_name(&text);
            let _ = wasm::code_of(&text, 0, 0);
            let _ = wasm::tidy_path(&text, &[String::from("/"), String::new()]);
        }
    }
}
