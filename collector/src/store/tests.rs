use super::*;

#[track_caller]
fn check(reason: &str, expected: StoreError) {
    assert_eq!(failure_of(reason.to_owned()), expected);
}

#[test]
fn a_limit_is_believed_until_it_may_be_over() {
    let noon_ms = 20_000 * 24 * HOUR_MS + 12 * HOUR_MS;
    remember(&StoreError::DaySpent, noon_ms);
    assert_eq!(limit(noon_ms + 12 * HOUR_MS - 1), Some(StoreError::DaySpent));
    assert_eq!(limit(noon_ms + 12 * HOUR_MS), None);
    remember(&StoreError::Full, noon_ms);
    remember(&StoreError::TooManyQueries, noon_ms);
    assert_eq!(limit(noon_ms), Some(StoreError::Full));
    assert_eq!(limit(noon_ms + HOUR_MS), None);
}

#[test]
fn limits_are_told_from_faults() {
    check("D1_ERROR: Exceeded maximum DB size", StoreError::Full);
    check("D1_ERROR: Exceeded maximum account storage limit", StoreError::Full);
    check("D1_ERROR: database or disk is full: SQLITE_FULL", StoreError::Full);
    check("D1_ERROR: Your account has exceeded its daily row write limit", StoreError::DaySpent);
    check("D1_ERROR: daily limit of rows read exceeded", StoreError::DaySpent);
    check("Too many API requests by single worker invocation.", StoreError::TooManyQueries);
    check("Too many subrequests.", StoreError::TooManyQueries);
    check(
        "D1_ERROR: string or blob too big: SQLITE_TOOBIG",
        StoreError::TooLarge { bytes: MAX_VALUE + 1 },
    );
    for fault in [
        "D1_ERROR: Network connection lost.",
        "D1_ERROR: D1 DB is overloaded. Too many requests queued.",
        "D1_ERROR: D1 DB exceeded its CPU time limit and was reset.",
        "D1_ERROR: no such table: event: SQLITE_ERROR",
    ] {
        check(fault, StoreError::Failed { reason: fault.to_owned() });
    }
}

#[test]
fn a_new_database_is_made_in_six_requests_each_of_which_the_free_plan_allows() {
    let mut requests = vec![vec![ASK_QUERIES]];
    let mut budget = Budget::of_the_schema();
    assert!(budget.spend(ASK_QUERIES));
    for migration in migrate::MIGRATIONS {
        let queries = migrate::batch(migration, 0).len();
        if !budget.spend(queries) {
            budget = Budget::of_the_schema();
            assert!(budget.spend(ASK_QUERIES));
            assert!(budget.spend(queries), "{} is a step of {queries}", migration.number);
            requests.push(vec![ASK_QUERIES]);
        }
        // It is asked after every step how far it is.
        requests.last_mut().unwrap().push(queries + 1);
    }
    assert!(requests.len() <= 6, "{requests:?}");
    assert!(requests.iter().all(|steps| steps.iter().sum::<usize>() < 42), "{requests:?}");
}
