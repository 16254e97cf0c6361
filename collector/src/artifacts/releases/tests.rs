use super::*;
use crate::sql::test_db::TestDb;

fn told(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap()
}

#[test]
fn what_is_told_is_added_to_what_is_known() {
    let db = TestDb::new();
    let commits = kept(&told(
        r#"{"commits": [{"id": "aa", "message": "first", "patch_set": [{"path": "x"}]}], "secret": 1}"#,
    ));
    db.batch(&[
        tell("1", &[1, 2], &told(r#"{"url": "https://a.test"}"#), 5),
        tell("1", &[1], &commits, 6),
        tell("1", &[1], &told(r#"{"dateReleased": "2026-01-01"}"#), 7),
        deploy("1", &[1], &json!({ "environment": "production" })),
        deploy("1", &[1], &json!({ "environment": "staging" })),
    ]);
    let rows = db.rows(&of_version("1"));
    assert_eq!(rows[0][..4], ["1", "1", "5", "7"]);
    let detail: Value = serde_json::from_str(&rows[0][4]).unwrap();
    assert_eq!(detail["url"], "https://a.test");
    assert_eq!(detail["commits"], json!([{ "id": "aa", "message": "first" }]));
    assert_eq!(detail["deploys"].as_array().unwrap().len(), 2);
    assert_eq!(rows[1][3], "0", "another project's");
    db.batch(&[forget("1", &[1])]);
    assert_eq!(db.rows(&of_version("1")).len(), 1);
}

#[test]
fn deployments_are_bounded() {
    let db = TestDb::new();
    db.batch(&[tell("1", &[1], &Map::new(), 5)]);
    for _ in 0..60 {
        db.batch(&[deploy("1", &[1], &json!({ "environment": "production" }))]);
    }
    assert_eq!(db.number("SELECT json_array_length(detail, '$.deploys') FROM release_detail"), 50);
}

#[test]
fn versions_in_paths_are_decoded() {
    for (part, expected) in [("1.0", "1.0"), ("shop%401.0%2B5", "shop@1.0+5"), ("a+b&c", "a+b&c")] {
        assert_eq!(decoded(part), expected);
    }
}
