//! Maps as another reader reads them, and damaged ones.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use proptest::prelude::*;
use sourcemap::{SourceMap as Theirs, SourceMapBuilder};
use trapline_symbols::debug_id;
use trapline_symbols::digest::{Input, digest_source_map};
use trapline_symbols::map::{NONE, parse};

const MEMORY: usize = 100 << 20;

/// All mappings, as lists of numbers and texts.
fn ours(bytes: &[u8]) -> Vec<(u32, u32, Option<(String, u32, u32)>, Option<String>)> {
    let map = parse(bytes, MEMORY).unwrap();
    let place = |one: &trapline_symbols::map::Mapping| {
        let source = map.sources.get(one.source as usize)?;
        Some((source.path.clone(), one.source_line, one.source_column))
    };
    let name = |index: u32| (index != NONE).then(|| map.names[index as usize].clone());
    map.mappings.iter().map(|one| (one.line, one.column, place(one), name(one.name))).collect()
}

fn theirs(bytes: &[u8]) -> Vec<(u32, u32, Option<(String, u32, u32)>, Option<String>)> {
    let map = Theirs::from_slice(bytes).unwrap();
    map.tokens()
        .map(|token| {
            let source = token.get_source().map(str::to_owned);
            let place = source.map(|source| (source, token.get_src_line(), token.get_src_col()));
            (token.get_dst_line(), token.get_dst_col(), place, token.get_name().map(str::to_owned))
        })
        .collect()
}

fn corpus(bundler: &str, file: &str) -> Vec<u8> {
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpora/shop");
    std::fs::read(format!("{shop}/{bundler}/{file}")).unwrap()
}

#[test]
fn bundlers_maps_read_as_by_another_reader() {
    for bundler in ["esbuild", "terser", "vite", "webpack"] {
        let map = corpus(bundler, "main.js.map");
        assert_eq!(ours(&map), theirs(&map), "{bundler}");
    }
}

proptest! {
    #[test]
    fn any_map_reads_as_by_another_reader(
        tokens in prop::collection::vec((0_u32..4, 1_u32..2000, 0_u32..70_000, 0_u32..70_000, 0_u32..4, any::<bool>()), 1..60),
    ) {
        let mut builder = SourceMapBuilder::new(None);
        let (mut line, mut column) = (0, 0);
        for (lines, columns, source_line, source_column, pick, is_named) in tokens {
            column = if lines == 0 { column + columns } else { columns };
            line += lines;
            let (source, name) = (format!("src/{pick}.js"), format!("name{pick}"));
            let source = (pick != 3).then_some(source.as_str());
            let name = (is_named && pick != 3).then_some(name.as_str());
            builder.add(line, column, source_line, source_column, source, name, false);
        }
        let mut bytes = Vec::new();
        builder.into_sourcemap().to_writer(&mut bytes).unwrap();
        prop_assert_eq!(ours(&bytes), theirs(&bytes));
    }

    #[test]
    fn damaged_maps_are_digested_or_refused(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let script = String::from_utf8(corpus("webpack", "main.js")).unwrap();
        let mut map = corpus("webpack", "main.js.map");
        let place = at.index(map.len());
        map[place] = byte;
        let digest = |script: &str, map: &[u8]| {
            let input = Input { name: "a.js", minified: Some(script), map, memory_bytes: MEMORY };
            let _ = (digest_source_map(&input), debug_id::inject(script, map));
        };
        digest(&script, &map);
        map.truncate(cut.index(map.len()));
        digest(&script, &map);
    }

    #[test]
    fn scripts_of_another_build_are_digested_or_refused(script: String, line in 0_u32..5) {
        let map = format!("{{\"mappings\":\"{}AAAA,CAAC\",\"sources\":[\"a\"]}}", ";".repeat(line as usize));
        let input = Input { name: "a.js", minified: Some(&script), map: map.as_bytes(), memory_bytes: MEMORY };
        let _ = (digest_source_map(&input), debug_id::inject(&script, map.as_bytes()));
    }
}
