use super::*;
use proptest::prelude::*;

const NOW_MS: i64 = 1_800_000_000_000;

fn around(people: &[Person]) -> Around<'_> {
    Around { now_ms: NOW_MS, viewer_id: 7, people }
}

/// Terms as the query gets them; problems as (position, reason).
#[track_caller]
fn check(query: &str, terms: Value, problems: &[(usize, &str)]) {
    let people =
        [(3, "Mara Lindqvist"), (4, "Jo Mara")].map(|(id, name)| Person { id, name: name.into() });
    let search = read(query, &around(&people));
    assert_eq!(json!(search.terms), terms, "{query}");
    let found: Vec<(usize, &str)> =
        search.problems.iter().map(|problem| (problem.at, problem.reason.as_str())).collect();
    assert_eq!(found, problems, "{query}");
}

#[test]
fn words_are_text() {
    check("Cart total", json!([[0, false, "cart", 0], [0, false, "total", 0]]), &[]);
    check("\"cart total\"", json!([[0, false, "cart total", 0]]), &[]);
    check("!cart", json!([[0, true, "cart", 0]]), &[]);
    check("car*l", json!([[1, false, "*car*l*", 0]]), &[]);
    check("\"a*b\" a[?]", json!([[0, false, "a*b", 0], [0, false, "a[?]", 0]]), &[]);
    check("a[?]*", json!([[1, false, "*a[[][?]]*", 0]]), &[]);
    check("  ", json!([]), &[]);
}

#[test]
fn what_was_pasted_is_text() {
    check("TypeError: x", json!([[0, false, "typeerror", 0], [0, false, "x", 0]]), &[]);
    check("checkout.js:142:7", json!([[0, false, "checkout.js:142:7", 0]]), &[]);
    check("https://shop.test/a", json!([[0, false, "https://shop.test/a", 0]]), &[]);
    check("!", json!([[0, false, "!", 0]]), &[]);
}

#[test]
fn facets_and_tags_are_lines() {
    check("release:Shop@1", json!([[2, false, "\nrelease=shop@1\n", "\nrelease=shop@1\n"]]), &[]);
    check("browser:Chrome", json!([[2, false, "\nbrowser=chrome\n", "\nbrowser=chrome "]]), &[]);
    check(
        "!env:\"pre production\"",
        json!([[2, true, "\nenvironment=pre production\n", "\nenvironment=pre production\n"]]),
        &[],
    );
    check("plan:pro", json!([[6, false, "\ntag.plan=pro\n", "\ntag.plan=pro\n"]]), &[]);
    check("tag.plan:pr*", json!([[3, false, "tag.plan=pr*", 0]]), &[]);
    check("flag.cart:true", json!([[6, false, "\nflag.cart=true\n", "\nflag.cart=true\n"]]), &[]);
    check("url:/cart", json!([[6, false, "\nurl=/cart\n", "\nurl=/cart\n"]]), &[]);
    check("has:plan", json!([[6, false, "\ntag.plan=", "\ntag.plan="]]), &[]);
    check("has:release", json!([[6, false, "\nrelease=", "\nrelease="]]), &[]);
}

#[test]
fn states_and_people_are_numbers() {
    check("is:resolved !is:handled", json!([[10, false, 1, 1], [12, true, 1, 1]]), &[]);
    check("is:mine", json!([[19, false, 7, 7]]), &[]);
    check("assigned:mara", json!([[5, false, [3, 4], 0]]), &[]);
    check("level:warning", json!([[11, false, 2, 2]]), &[]);
    assert_eq!(read("is:ignored", &around(&[])).status(), Some(2));
    assert_eq!(read("!is:ignored", &around(&[])).status(), None);
}

#[test]
fn measures_are_ranges() {
    check("count:>100 users:>=5", json!([[15, false, 101, FAR], [16, false, 5, FAR]]), &[]);
    check("count:<=3", json!([[15, false, 0, 3]]), &[]);
    check("first-seen:>2h", json!([[13, false, 0, NOW_MS - 7_200_000]]), &[]);
    check("first-seen:<2h", json!([[13, false, NOW_MS - 7_200_000, FAR]]), &[]);
    check("last-seen:<2026-11-01", json!([[14, false, 0, 1_793_491_199_999_i64]]), &[]);
}

#[test]
fn what_has_no_meaning_is_left_out_and_named() {
    let levels = "level: takes one of debug, info, warning, error, fatal";
    check("cart level:high", json!([[0, false, "cart", 0]]), &[(5, levels)]);
    check("count:many", json!([]), &[(0, "takes a number, as in >100 or <=5")]);
    check(
        "ä first-seen:soon",
        json!([[0, false, "ä", 0]]),
        &[(2, "takes an age or a day, as in <2h, >3d or >2026-11-01")],
    );
    check(
        "assigned:nobody",
        json!([]),
        &[(0, "nobody here is called nobody; assigned:me are yours")],
    );
    let long = format!("a{}*", "b".repeat(60));
    check(&long, json!([]), &[(0, "with *, a value has at most 50 bytes, its key among them")]);
    assert_eq!(read(&"a ".repeat(100), &around(&[])).terms.len(), MAX_TERMS);
    assert_eq!(read(&"ä".repeat(400), &around(&[])).problems[0].at, 250);
}

proptest! {
    #[test]
    fn anything_can_be_read(query in "\\PC{0,80}", seed in "[a-z:!*\"<>=0-9 .-]{0,80}") {
        for query in [query, seed] {
            let search = read(&query, &around(&[]));
            let words = query.split_whitespace().count();
            prop_assert!(search.terms.len() + search.problems.len() <= words.max(1));
            for problem in &search.problems {
                prop_assert!(query.chars().skip(problem.at).collect::<String>().starts_with(&problem.typed));
            }
        }
    }
}

/// Were it quadratic, this would take hours.
#[test]
fn reading_is_linear() {
    for part in ["is:\"x* a", "a:b:c", "\"", "! ", "*"] {
        let query = part.repeat(500_000);
        assert!(words(&query).len() <= query.len());
    }
}
