use super::*;
use crate::sql::test_db::TestDb;

const DAY_MS: i64 = 24 * HOUR_MS;

/// A database with uploads: (release, dist, url, debug ID, table, when); a table of `""` is pending, of `"!"` refused.
fn uploaded(files: &[(&str, &str, &str, &str, &str, i64)]) -> TestDb {
    let db = TestDb::with_project();
    for (release, dist, url, debug_id, table, at) in files {
        let (hash, refused) = match *table {
            "" => ("NULL".to_owned(), ""),
            "!" => ("NULL".to_owned(), "too large"),
            table => (format!("x'{table}'"), ""),
        };
        db.run(&format!(
            "INSERT INTO artifact_file (project_id, release, dist, url, debug_id, hash, bundle, refused, uploaded_ms)
             VALUES (1, '{release}', '{dist}', '{url}', '{debug_id}', {hash}, x'0b', '{refused}', {at})"
        ));
        db.run(&format!(
            "INSERT INTO artifact_release VALUES (1, '{release}', '{dist}', 1, {at}, {at})
             ON CONFLICT DO UPDATE SET uploaded_ms = max(uploaded_ms, excluded.uploaded_ms)"
        ));
        if hash != "NULL" {
            db.run(&format!(
                "INSERT OR IGNORE INTO artifact VALUES (1, {hash}, x'99', 10, 20, {at})"
            ));
        }
    }
    db
}

fn look(db: &TestDb, wanted: &[Wanted<'_>]) -> Vec<Look> {
    let text = |text: &String| Some(text.clone()).filter(|text| text != "null");
    let rows: Vec<Row> = db
        .rows(&statement(1, wanted))
        .iter()
        .map(|row| Row {
            position: row[0].parse().unwrap(),
            best: text(&row[1]),
            nearest_release: text(&row[2]),
        })
        .collect();
    looks(wanted.len(), &rows)
}

/// In words: the table found, `pending`, `refused`, or `none, nearest …`.
#[track_caller]
fn check(db: &TestDb, (debug_id, release, dist, url): (&str, &str, &str, &str), expected: &str) {
    let found = match &look(db, &[Wanted { debug_id, release, dist, url }])[0] {
        Look::Found(found) => {
            assert_eq!((found.pack.as_str(), found.offset, found.length), ("99", 10, 20));
            found.table.clone()
        }
        Look::Pending(pending) => {
            assert_eq!(pending.bundle, "0b");
            format!("pending {}", pending.url)
        }
        Look::Refused(why) => format!("refused: {why}"),
        Look::NotUploaded { nearest_release } => format!("none, nearest {nearest_release:?}"),
    };
    assert_eq!(found, expected);
}

const URL: &str = "https://shop.test/a.js?v=2";

#[test]
fn a_debug_id_finds_its_table_whatever_the_release() {
    let db = uploaded(&[("1", "", "~/a.js", "aa", "01", 1), ("2", "", "~/a.js", "bb", "02", 2)]);
    check(&db, ("aa", "2", "", URL), "01");
    check(&db, ("bb", "", "", "https://cdn.test/other.js"), "02");
    check(&db, ("cc", "2", "", URL), "none, nearest \"2\"");
}

#[test]
fn release_and_url_find_what_was_uploaded_by_them() {
    let db = uploaded(&[
        ("1", "", "~/a.js", "", "01", 1),
        ("2", "", "~/a.js", "", "02", 2),
        ("2", "arm", "~/a.js", "", "03", 1),
        ("2", "", "https://shop.test/b.js", "", "04", 1),
        ("2", "", "~/b.js", "", "05", 9),
    ]);
    check(&db, ("", "1", "", URL), "01");
    check(&db, ("", "2", "", URL), "02");
    check(&db, ("", "2", "arm", URL), "03");
    check(&db, ("", "2", "other", URL), "02");
    check(&db, ("", "2", "", "https://shop.test/b.js#x"), "04");
    check(&db, ("", "2", "", "https://cdn.test/b.js"), "05");
    check(&db, ("", "2", "", "/a.js"), "02");
    check(&db, ("", "", "", URL), "none, nearest \"2\"");
    check(&db, ("", "3", "", URL), "none, nearest \"2\"");
    check(&db, ("dd", "1", "", URL), "01");
}

#[test]
fn another_builds_map_is_not_taken() {
    let db = uploaded(&[("1", "", "~/a.js", "aa", "01", 1)]);
    check(&db, ("bb", "1", "", URL), "none, nearest \"1\"");
    check(&db, ("", "1", "", URL), "01");
}

#[test]
fn what_is_pending_or_refused_is_told_unless_there_is_a_table() {
    let db = uploaded(&[
        ("1", "", "~/a.js", "aa", "", 1),
        ("1", "", "~/b.js", "bb", "!", 1),
        ("1", "", "~/c.js", "cc", "03", 1),
        ("2", "", "~/c.js", "cc", "", 2),
        ("3", "", "~/c.js", "cc", "!", 3),
    ]);
    check(&db, ("aa", "", "", URL), "pending ~/a.js");
    check(&db, ("", "1", "", URL), "pending ~/a.js");
    check(&db, ("bb", "", "", URL), "refused: too large");
    check(&db, ("cc", "", "", URL), "03");
}

#[test]
fn the_nearest_release_is_one_that_has_the_url() {
    let db = uploaded(&[
        ("1", "", "~/a.js", "aa", "01", 1),
        ("2", "", "~/b.js", "bb", "02", 2),
        ("", "0b0b", "~/a.js", "cc", "03", 3),
    ]);
    check(&db, ("dd", "3", "", URL), "none, nearest \"1\"");
    check(&db, ("dd", "3", "", "https://shop.test/c.js"), "none, nearest \"2\"");
    check(&TestDb::with_project(), ("dd", "3", "", URL), "none, nearest \"\"");
}

#[test]
fn files_are_answered_in_their_order() {
    let db = uploaded(&[("1", "", "~/a.js", "aa", "01", 1), ("1", "", "~/b.js", "bb", "02", 1)]);
    let wanted = ["bb", "xx", "aa", "it's"].map(|debug_id| Wanted {
        debug_id,
        url: URL,
        ..Wanted::default()
    });
    let found: Vec<bool> =
        look(&db, &wanted).iter().map(|look| matches!(look, Look::Found(_))).collect();
    assert_eq!(found, [true, false, true, false]);
}

#[test]
fn a_release_is_touched_once_a_day() {
    let db =
        uploaded(&[("1", "x", "~/a.js", "aa", "01", DAY_MS), ("2", "", "~/b.js", "bb", "02", 1)]);
    let wanted = [Wanted { debug_id: "aa", ..Wanted::default() }; 2];
    let noon = 2 * DAY_MS + DAY_MS / 2;
    let touched = touch(1, &look(&db, &wanted), noon).unwrap();
    let before = db.changes();
    db.batch(&[touched.clone(), touched]);
    assert_eq!(db.changes() - before, 1);
    assert_eq!(db.number("SELECT used_ms FROM artifact_release WHERE release = '1'"), noon);
    assert_eq!(touch(1, &look(&db, &wanted), noon + DAY_MS - 1), None);
    assert_eq!(touch(1, &[], noon), None);
}
