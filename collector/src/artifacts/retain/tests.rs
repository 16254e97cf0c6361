use super::*;
use crate::artifacts::rows::{self, File, Table};
use crate::sql::test_db::TestDb;

const NOW_MS: i64 = 1_800_000_000_000;
const KEEP: [Keep; 1] = [Keep { project_id: 1, days: 90 }];

/// An upload of `files` numbers of tables for a release, so many days ago; its pack is named after the first.
fn upload(db: &TestDb, release: &str, dist: &str, numbers: &[u32], days: i64) {
    let at = NOW_MS - days * DAY_MS;
    let hash = |number: &u32| format!("{number:064x}");
    let tables: Vec<Table> =
        numbers.iter().map(|n| Table { hash: hash(n), offset: 0, length: 1 }).collect();
    let file = |n: &u32| File { url: format!("~/{n}.js"), hash: hash(n), ..File::default() };
    let files: Vec<File> = numbers.iter().map(file).collect();
    let pack = format!("{:064x}", 1_000 + numbers[0]);
    let mut batch = vec![
        rows::announce_pack(1, &pack, 1, &tables, at),
        rows::add_tables(1, &pack, &tables, at),
    ];
    batch.extend(rows::add_files(1, release, dist, &files, at));
    batch.push(rows::add_release(1, release, dist, at));
    db.batch(&batch);
}

fn next_stale(db: &TestDb) -> Option<Stale> {
    let row = db.rows(&stale(&KEEP, NOW_MS)).into_iter().next()?;
    Some(Stale {
        project_id: row[0].parse().unwrap(),
        release: row[1].clone(),
        dist: row[2].clone(),
    })
}

fn releases(db: &TestDb) -> Vec<String> {
    let sql = "SELECT release || '/' || dist FROM artifact_release ORDER BY 1";
    db.rows(&Statement::new(sql, [])).into_iter().map(|row| row[0].clone()).collect()
}

/// Runs the step of releases until nothing goes.
fn forget_all(db: &TestDb) {
    while let Some(stale) = next_stale(db) {
        db.batch(&forget(&stale));
    }
}

fn packs_of(db: &TestDb, statement: &Statement) -> Vec<Pack> {
    let pack =
        |row: &Vec<String>| Pack { project_id: row[0].parse().unwrap(), hash: row[1].clone() };
    db.rows(statement).iter().map(pack).collect()
}

#[test]
fn releases_go_that_no_event_has_needed_and_the_newest_stays() {
    let db = TestDb::with_project();
    upload(&db, "1", "", &[1], 300);
    upload(&db, "2", "", &[2], 200);
    upload(&db, "3", "", &[3], 100);
    upload(&db, "3", "arm", &[4], 101);
    upload(&db, "", "aa", &[5], 200);
    upload(&db, "", "bb", &[6], 150);
    db.run(&format!(
        "UPDATE artifact_release SET used_ms = {} WHERE release = '2'",
        NOW_MS - 89 * DAY_MS
    ));
    forget_all(&db);
    assert_eq!(releases(&db), ["/bb", "2/", "3/", "3/arm"]);
    assert_eq!(db.number("SELECT count(*) FROM artifact_file"), 4);
}

#[test]
fn many_files_go_in_steps() {
    let db = TestDb::with_project();
    upload(&db, "1", "", &(0..FILES + 100).collect::<Vec<_>>(), 300);
    upload(&db, "2", "", &[2_000], 0);
    let stale = next_stale(&db).unwrap();
    db.batch(&forget(&stale));
    assert_eq!(db.number("SELECT count(*) FROM artifact_file"), 101);
    assert_eq!(releases(&db), ["1/", "2/"]);
    forget_all(&db);
    assert_eq!(releases(&db), ["2/"]);
}

#[test]
fn a_pack_goes_once_no_file_needs_any_of_its_tables() {
    let db = TestDb::with_project();
    upload(&db, "1", "", &[1, 2], 300);
    upload(&db, "2", "", &[3], 200);
    // Table 1 has not changed since release 1.
    upload(&db, "3", "", &[4, 1], 0);
    forget_all(&db);
    let all = packs_of(&db, &next_packs());
    assert_eq!(all.len(), 3);
    db.batch(&step(&all, NOW_MS));
    let tables = |db: &TestDb| {
        db.rows(&Statement::new("SELECT lower(hex(substr(hash, 32))) FROM artifact ORDER BY 1", []))
    };
    assert_eq!(tables(&db), [["01"], ["02"], ["04"]], "1 is needed, so its pack stays whole");
    assert!(packs_of(&db, &going(NOW_MS)).is_empty(), "not at once");
    let later = NOW_MS + GOING_MS + 1;
    let leaving = packs_of(&db, &going(later));
    assert_eq!(leaving.len(), 1);
    assert_eq!(packs_of(&db, &claim(&leaving, later)), leaving);
    db.batch(&[gone(&leaving)]);
    assert_eq!(db.number("SELECT count(*) FROM artifact_pack"), 2);
    assert!(packs_of(&db, &next_packs()).is_empty(), "the walk is at its end");
    db.batch(&step(&[], later));
    assert_eq!(packs_of(&db, &next_packs()).len(), 2, "and begins anew");
}

#[test]
fn a_pack_that_is_uploaded_anew_stays() {
    let db = TestDb::with_project();
    upload(&db, "1", "", &[1], 300);
    upload(&db, "2", "", &[2], 0);
    forget_all(&db);
    db.batch(&step(&packs_of(&db, &next_packs()), NOW_MS));
    let later = NOW_MS + GOING_MS + 1;
    let leaving = packs_of(&db, &going(later));
    assert_eq!(leaving.len(), 1);
    upload(&db, "3", "", &[1], 0);
    assert!(packs_of(&db, &claim(&leaving, later)).is_empty());
    db.batch(&[gone(&leaving)]);
    assert_eq!(db.number("SELECT count(*) FROM artifact_pack"), 2);
    // While KV is being asked to forget it, an upload has to wait.
    forget_all(&db);
    db.run("UPDATE artifact_pack SET going_ms = -1");
    let again = rows::announce_pack(1, &leaving[0].hash, 1, &[], NOW_MS);
    assert!(db.rows(&again).is_empty());
}

#[test]
fn a_new_pack_waits_for_its_manifest() {
    let db = TestDb::with_project();
    let pack = "ab".repeat(32);
    db.batch(&[rows::announce_pack(1, &pack, 1, &[], NOW_MS)]);
    let all = packs_of(&db, &next_packs());
    db.batch(&step(&all, NOW_MS + NEW_MS));
    assert_eq!(db.number("SELECT going_ms FROM artifact_pack"), 0);
    db.batch(&step(&all, NOW_MS + NEW_MS + 1));
    assert!(db.number("SELECT going_ms FROM artifact_pack") > 0);
}
