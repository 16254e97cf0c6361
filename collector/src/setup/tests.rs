use super::*;
use crate::sql::test_db::TestDb;

fn wanted(slug: &str) -> Wanted {
    Wanted {
        project: "Shop".into(),
        slug: slug.into(),
        administrator: "Jo".into(),
        origins: Vec::new(),
    }
}

#[test]
fn setting_up_twice_makes_nothing_twice() {
    let db = TestDb::new();
    let link = |secret| SignIn { secret, is_link: true, life_ms: 1 };
    db.batch(&statements(1, &wanted("shop"), &link("a"), "key1", 1)[..4]);
    db.batch(&statements(2, &wanted("shop"), &link("b"), "key2", 1)[..4]);
    let of = |table: &str| db.number(&format!("SELECT count(*) FROM {table}"));
    assert_eq!((of("person"), of("project"), of("project_key"), of("sign_in")), (1, 1, 1, 2));
    let found = db.rows(&statements(3, &wanted("shop"), &link("c"), "key3", 1)[4]);
    assert_eq!(found, [["1", "key1"]]);
}

#[test]
fn a_new_project_goes_where_the_fewest_are() {
    let db = TestDb::new();
    let link = SignIn { secret: "a", is_link: true, life_ms: 1 };
    for (index, slug) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let place = db.rows(&place(slug, 3));
        db.batch(&statements(1, &wanted(slug), &link, &format!("key{index}"), 3)[..4]);
        let made = format!("SELECT database FROM project WHERE slug = '{slug}'");
        assert_eq!(place, [[db.number(&made).to_string()]], "it is made ready before");
        assert_eq!(db.rows(&self::place(slug, 3)), place, "it stays there");
    }
    let found = db.rows(&Statement::new("SELECT database FROM project ORDER BY slug", []));
    assert_eq!(found, [["0"], ["1"], ["2"], ["0"]]);
}

#[test]
fn slugs_are_plain_and_no_route() {
    assert!(is_slug("hazel-shop-2"));
    for slug in ["", "api", "Shop", "a/b", "-a", "sign-in", "ä"] {
        assert!(!is_slug(slug), "{slug:?}");
    }
}
