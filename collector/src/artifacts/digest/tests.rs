use super::*;
use crate::sql::test_db::TestDb;

fn to_do(number: usize, bytes: usize) -> ToDo {
    ToDo {
        url: format!("~/{number}.js"),
        debug_id: format!("{number:032x}"),
        map: Some(Part { size: bytes, ..Part::default() }),
        ..ToDo::default()
    }
}

fn urls(chosen: &[&ToDo]) -> Vec<String> {
    chosen.iter().map(|to_do| to_do.url.clone()).collect()
}

#[test]
fn an_invocation_makes_several_small_tables_or_one_large_one() {
    let small: Vec<ToDo> = (0..300).map(|number| to_do(number, 50_000)).collect();
    assert_eq!(chosen(&small, None).len(), INVOCATION / 50_000);
    let large: Vec<ToDo> = (0..3).map(|number| to_do(number, 2 * INVOCATION)).collect();
    assert_eq!(urls(&chosen(&large, None)), ["~/0.js"]);
    let id = large[2].debug_id.clone();
    assert_eq!(urls(&chosen(&large, Some(("~/2.js", &id)))), ["~/2.js"]);
    assert_eq!(chosen(&small, Some(("~/299.js", &small[299].debug_id)))[0].url, "~/299.js");
    assert!(chosen(&[], None).is_empty());
}

/// 300 files of a site, 80 KB of map each, in a bundle of 10 MB: chunks and packs.
#[test]
fn a_deployment_of_300_files_takes_few_writes() {
    let mut pending: Vec<ToDo> = (0..300).map(|number| to_do(number, 80_000)).collect();
    let chunks = 10_000_000_usize.div_ceil(super::super::chunks::CHUNK);
    let mut packs = 0;
    while !pending.is_empty() {
        let done = chosen(&pending, None).len();
        pending.drain(..done);
        packs += 1;
    }
    assert!(chunks + packs <= 60, "{chunks} chunks, {packs} packs");
}

fn bundled(db: &TestDb, files: &[ToDo]) -> BundleRow {
    for file in files {
        db.run(&format!(
            "INSERT INTO artifact_file (project_id, release, dist, url, debug_id, bundle, uploaded_ms)
             VALUES (1, '1', '', '{}', '{}', x'0b', 1)",
            file.url, file.debug_id
        ));
    }
    let pending = serde_json::to_string(files).unwrap();
    db.run(&format!(
        "INSERT INTO artifact_bundle VALUES (1, x'0b', '1', '', 9, '[]', {}, '{pending}', {}, '[]', 1)",
        files.len(),
        files.len()
    ));
    BundleRow {
        project_id: 1,
        hash: "0b".into(),
        release: "1".into(),
        dist: String::new(),
        chunks: "[]".into(),
        pending,
        refused: "[]".into(),
        created_ms: 1,
    }
}

fn made(to_do: &ToDo, hash: &str, refused: Option<NoTable>) -> Made {
    Made {
        file: File { hash: hash.into(), kind: "source_map".into(), names: 2, ..file_of(to_do) },
        table: Vec::new(),
        refused,
    }
}

/// The statements behind one file that is done.
pub(crate) fn done_of(to_do: &ToDo) -> Vec<Statement> {
    let row = BundleRow {
        project_id: 1,
        hash: "0b".into(),
        release: "1".into(),
        dist: String::new(),
        chunks: "[]".into(),
        pending: "[]".into(),
        refused: "[]".into(),
        created_ms: 1,
    };
    done(&row, &[made(to_do, "AA", None)], 5)
}

fn rows(db: &TestDb, sql: &'static str) -> Vec<Vec<String>> {
    db.rows(&Statement::new(sql, []))
}

const FILES: &str = "SELECT url, iif(hash IS NULL, '-', hex(hash)), refused, names, bundle IS NULL FROM artifact_file ORDER BY url";
const BUNDLE: &str =
    "SELECT pending_files, json_array_length(pending), refused FROM artifact_bundle";

#[test]
fn what_is_made_is_taken_off_the_list_once() {
    let db = TestDb::with_project();
    let files: Vec<ToDo> = (0..3).map(|number| to_do(number, 1)).collect();
    let row = bundled(&db, &files);
    let first = [
        made(&files[0], "AA", None),
        made(&files[1], "", Some(NoTable::Bad("~/1.js: broken".into()))),
    ];
    db.batch(&done(&row, &first, 5));
    assert_eq!(rows(&db, BUNDLE), [["1", "1", "[\"~/1.js: broken\"]"]]);
    // Another invocation had begun with the same list.
    let second =
        [made(&files[0], "AA", None), made(&files[2], "", Some(NoTable::NoMap("no map".into())))];
    db.batch(&done(&row, &second, 6));
    assert_eq!(rows(&db, BUNDLE), [["0", "0", "[\"~/1.js: broken\"]"]]);
    let expected = [
        ["~/0.js", "AA", "", "2", "1"],
        ["~/1.js", "-", "~/1.js: broken", "0", "1"],
        ["~/2.js", "-", "no map", "0", "1"],
    ];
    assert_eq!(rows(&db, FILES), expected);
    assert!(db.rows(&oldest()).is_empty());
}

#[test]
fn a_refusal_leaves_the_table_of_an_earlier_upload() {
    let db = TestDb::with_project();
    let files = [to_do(0, 1)];
    let row = bundled(&db, &files);
    db.run("UPDATE artifact_file SET hash = x'CC', names = 7");
    db.batch(&done(&row, &[made(&files[0], "", Some(NoTable::Bad("broken".into())))], 5));
    assert_eq!(rows(&db, FILES), [["~/0.js", "CC", "broken", "7", "1"]]);
}

#[test]
fn a_file_that_came_with_another_bundle_meanwhile_is_that_ones() {
    let db = TestDb::with_project();
    let files = [to_do(0, 1)];
    let row = bundled(&db, &files);
    db.run("UPDATE artifact_file SET bundle = x'0c'");
    db.batch(&done(&row, &[made(&files[0], "AA", None)], 5));
    assert_eq!(rows(&db, FILES), [["~/0.js", "-", "", "0", "0"]]);
    assert_eq!(rows(&db, BUNDLE)[0][0], "0");
}

/// What `trapline upload` makes of a file and its map is what is made here.
#[test]
fn the_table_is_that_of_the_command_line() {
    let script = "function a(){throw 1}\n//# sourceMappingURL=a.js.map";
    let map = br#"{"version":3,"sources":["a.ts"],"sourcesContent":["function add(){ throw 1 }"],"names":["add"],"mappings":"AAAA,SAASA"}"#;
    let input = Input { name: "~/a.js", minified: Some(script), map, memory_bytes: usize::MAX };
    let expected = digest_source_map(&input).unwrap();
    let to_do = ToDo { url: "~/a.js".into(), ..ToDo::default() };
    let made = table_of(&to_do, Some(script), map).ok().unwrap();
    assert!(made.table == expected.table);
    assert_eq!(made.file.hash, hex(&pack::hash_of(&expected.table)));
    let broken = table_of(&to_do, Some(script), b"{").err().unwrap();
    assert!(broken.words().contains("~/a.js"), "{}", broken.words());
}
