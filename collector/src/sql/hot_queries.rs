//! How SQLite walks every statement that runs once an event, once a page or once a step of the cron. A change shows in the
//! snapshot; a SCAN is allowed of what is small.

use super::Statement;
use super::test_db::TestDb;
use crate::activity::{self, Key, Kind, Note};
use crate::life::{self, Decision, Resolved};
use crate::people::Viewer;
use crate::plan::{Commit, Hints, Kept, Sender, digest, plan, stored};
use crate::purge::{self, Candidate, Keep};
use crate::read::{self, GroupRecord, ListFilter, Walk};
use crate::regroup;
use crate::saved_view::{self, ViewRow};
use crate::search::{self, Around};
use crate::symbolicate::late;
use crate::workflow::{self, Change, Changing, Undoing};
use crate::{
    access, account, alert, api, artifacts, audit, erasure, key, outcome, page_views, people,
    project_key, quota, settings,
};
use trapline_core::event::{Event, User};
use trapline_core::fingerprint;
use trapline_core::title::title;

/// Tables with a row a project, a key, a person, a sign-in, or a deletion that goes on; and what statements made themselves:
/// parts that have names of their own, and `i`, which is the page of the list. Bundles that wait are few, and the index holds
/// no others.
const SMALL: &[&str] = &[
    "person",
    "signed",
    "waiting",
    "invitation",
    "former_person",
    "faceted",
    "others",
    "recently",
    "whose",
    "was",
    "went",
    "side",
    "newest",
    "uploaded",
    "wanted",
    "looked",
    "project",
    "p",
    "k",
    "session",
    "sign_in",
    "deleted_group",
    "erasure",
    "CONSTANT ROW",
    "scan",
    "last",
    "slots",
    "state",
    "news",
    "firsts",
    "oldest",
    "active",
    "grouped",
    "hours",
    "ahead",
    "raw",
    "r",
    "t",
    "l",
    "page",
    "shown",
    "found",
    "n",
    "e",
];

/// The same of alerts; rules are at most twenty a project.
const ALERTS: [&str; 10] =
    ["fresh", "storm", "first", "due", "found", "newest", "a", "c", "alert_rule", "r"];

/// The same of visits: one row, names and days that are asked for, what was found of them.
const VISITS: &[&str] = &[
    // Of at most 50 releases.
    "b LEFT-JOIN",
    "f",
    "wanted",
    "days",
    "recent",
    "judged",
    "newest",
    "recently",
];

/// The same of regrouping: groups of a step, or what is settled once over those of all steps.
const REGROUPED: &[&str] = &[
    "a",
    "held",
    "sized",
    "l",
    "d",
    "k",
    "q",
    "pair",
    "open",
    "free",
    "w",
    "went",
    "fresh",
    "counted",
    "m",
    "e",
    "concerned",
    "own",
    "changed",
    "made",
    "was",
    "emptied",
    "moved",
    "late",
    "aimed",
];

/// Event with all that makes statements, and one more of it.
fn event(id: u32) -> Event {
    Event {
        event_id: format!("{id:032x}"),
        claimed_ms: 1_800_000_000_000,
        received_ms: 1_800_000_000_000,
        count: 1,
        message: Some("m".into()),
        release: Some("shop@1".into()),
        user: User { id: Some("jo".into()), ..User::default() },
        ..Event::default()
    }
}

fn statements() -> Vec<(String, Statement)> {
    let commit = Commit { project_id: 1, nonce: 1, now_ms: 1, sender: Sender::default() };
    let digested = digest(1, event(1));
    let group = GroupRecord {
        hash: digested.group(),
        label: String::new(),
        events: 1,
        last_seen_ms: 1,
        last_release: String::new(),
        home: 0,
    };
    let around = Around { now_ms: 1, viewer_id: 1, people: &[] };
    let terms = search::read("x release:a user:jo plan:* count:>1", &around).terms;
    let lists = [
        Walk::LastSeen,
        Walk::FirstSeen,
        Walk::Events,
        Walk::Users,
        Walk::Trend,
        Walk::Regressed,
        Walk::Escalated,
        Walk::Mine,
        Walk::AllByEvents,
        Walk::AllByUsers,
        Walk::AllByTrend,
    ]
    .map(|walk| {
        let filter = ListFilter {
            project_id: 1,
            status: 0,
            terms: &terms,
            walk,
            assignee: u32::from(walk == Walk::Mine),
            since_hour: 0,
            after: None,
            page: read::PAGE,
        };
        read::list(&filter, 500_000, 14)
    });
    let kept = Kept {
        stored: 50,
        next_body: 90,
        body_ms: 1_800_000_000_000,
        number: 1,
        hour: 500_000,
        own_users: 1,
    };
    let view = ViewRow { id: 1, name: "a".into(), search: "a".into(), person_id: 1, is_shared: 0 };
    let short = Hints { kept: Some(kept), knows_facets: true, knows_user: false };
    let resolved = Resolved {
        fingerprint: fingerprint::v1(digested.event()),
        title: title(digested.event()),
        is_partial: false,
    };
    let candidate = Candidate { project_id: 1, hash: "00".repeat(16) };
    let keep = [Keep { project_id: 1, days: 90, body_days: 90 }];
    let mut all: Vec<(&str, Vec<Statement>)> = vec![
        ("an event", plan(&digested, &commit, Hints::default()).statements),
        ("an expected event", plan(&digested, &commit, short).statements),
        ("stored events of an envelope", vec![stored(1, &[&digested, &digested])]),
        ("key", vec![key::statement("k", 1)]),
        ("events of an hour", vec![quota::add(1, 500_000, 1)]),
        ("session", vec![account::session_statement("t", 1)]),
        ("projects", vec![read::projects()]),
        ("list", lists.into()),
        ("counts", vec![read::counts(1), read::tabs(1, 1, 1)]),
        ("peek", vec![read::newest_body(1, 1)]),
        ("known values", vec![read::releases(1, "a"), read::lines(1, "tag.", "a")]),
        (
            "kept search",
            vec![
                saved_view::list(1, 1),
                saved_view::keep(1, &view, 1),
                saved_view::change(1, 1, "a", true),
                saved_view::forget(1, 1),
            ],
        ),
        ("all projects", vec![read::open(&[1], 1), read::came(&[1], 1)]),
        ("issue", vec![read::issue(1, 1, 1), read::groups(1, 1), read::issue_page(1, 1, 1, 1)]),
        ("kept events", vec![read::kept(1, std::slice::from_ref(&group))]),
        ("body", vec![read::body(1, &"00".repeat(16)), read::bodies_in_slots(1, &[])]),
        (
            "around an issue",
            vec![
                read::seen((1, 1), std::slice::from_ref(&group), 100, 24, 0),
                read::trend(1, std::slice::from_ref(&group), 1, 6),
                workflow::people(1),
            ],
        ),
        ("outcomes", vec![outcome::since(1, 1), outcome::lines(1, 1, 1)]),
        (
            "summary of outcomes",
            vec![
                outcome::summary::ended(1, 1),
                outcome::summary::came(1, 1),
                outcome::summary::groups(1, 1, 1),
                outcome::summary::past(1, 1, 1),
            ],
        ),
        ("events of a day", vec![quota::of_slug("shop", 500_000)]),
        ("keys", vec![project_key::list(1), project_key::create(1, "k", "", 1)]),
        ("revoked key", vec![project_key::revoke(1, "k", 1)]),
        ("erasures", vec![erasure::next(), erasure::pending(1)]),
        ("settings", vec![settings::store(1, &Default::default(), None)]),
        ("decision", life::decide(1, 1, &Decision::ResolveIn { release: "a".into() }, 1)),
        ("merge", life::merge(1, 1, &[2], 1)),
        ("split", life::split(1, 1, &["00".repeat(16)], 1)),
        ("part", life::part(1, 1, &["00".repeat(16)], title(digested.event()))),
        ("groups to split by", vec![read::parts(1, 1), read::issue_of(1, "00")]),
        ("preview of rules", vec![read::newest_events(1)]),
        ("deletion", vec![life::begin_delete(1, 1, 1), life::next_deleting("[1]")]),
        ("step of a deletion", life::delete_rows(1, 1).into()),
        ("end of a deletion", life::finish_delete(1, 1, 1).into()),
        ("uploads", vec![late::uploads_statement(1)]),
        ("groups with raw frames", vec![late::next(1, "")]),
        ("re-pointed group", life::repoint(1, &group.hash, 1, &resolved, 1)),
        ("retention", vec![purge::next_groups(Some(&candidate))]),
    ];
    let wanted = artifacts::Wanted { debug_id: "aa", release: "1", dist: "", url: "/a.js" };
    all.push(("workflow", workflow_statements()));
    all.push(("tables of an event's files", vec![artifacts::statement(1, &[wanted])]));
    all.push(("an upload of tables", artifacts::upload_statements()));
    all.push(("a bundle", artifacts::bundle_statements()));
    all.push(("retention of artifacts", artifacts::retain::statements()));
    all.push(("tokens", artifacts::token::statements()));
    all.push(("members", people::members::statements()));
    all.push(("sessions of Access", access::statements()));
    all.push(("invitations", people::invitations::statements()));
    all.push(("names of a project", api::projects::statements()));
    all.push(("log", vec![audit::list(audit::Cursor::START, 100), audit::expired(1)]));
    all.push(("what was caught", vec![outcome::details(1, 1, "filtered", ""), quota::today(1, 1)]));
    all.push(("regrouping", regroup::statements()));
    all.push(("step of retention", purge::step(None, &[candidate], &keep, 1)));
    all.push(("events of deleted issues", purge::deleted_events().into()));
    all.push(("what has expired", purge::expired(1).into()));
    all.push(("alerts", alert::statements()));
    all.extend(page_views::statements::statements());
    all.into_iter()
        .flat_map(|(name, statements)| {
            statements
                .into_iter()
                .enumerate()
                .map(move |(index, statement)| (format!("{name} {}", index + 1), statement))
        })
        .collect()
}

/// Each of a person's changes, noted.
fn workflow_statements() -> Vec<Statement> {
    let (viewer, key) = (Viewer::default(), Key { at_ms: 1, id: 1 });
    let mut all = Vec::new();
    for change in [
        Change::Decide(Decision::ResolveInNext),
        Change::Assign { to: 1, name: String::new() },
        Change::Link(String::new()),
    ] {
        all.extend(Changing::new(change, &viewer, 1).statements(1, &[1]));
    }
    all.extend(Undoing::new(key, &viewer, 1).statements(1, &[1]));
    all.push(workflow::reached(1, &[1], key));
    all.push(activity::activity(1, 1, None));
    all.push(activity::brought(1, 1, key));
    all.push(activity::edit_comment((1, 1), key, &viewer, "", 1));
    all.push(activity::delete_comment((1, 1), key, &viewer));
    let note = Note::new(&viewer, 1, Kind::Merged, &serde_json::json!({}));
    all.extend(life::merge_noted(1, 1, &[2], 1, Some(&note)));
    all.extend(life::split_noted(1, 1, &["00".repeat(16)], 1, Some(&note)));
    all.push(life::begin_delete_all(1, &[1], 1));
    all
}

/// The lines of `EXPLAIN QUERY PLAN`.
fn walk(db: &TestDb, statement: &Statement) -> Vec<String> {
    let sql: &'static str = Box::leak(format!("EXPLAIN QUERY PLAN {}", statement.sql).into());
    let rows = db.rows(&Statement { sql, args: statement.args.clone() });
    rows.into_iter().filter_map(|row| row.into_iter().next_back()).collect()
}

#[test]
fn hot_statements_walk_keys_and_indexes() {
    let db = TestDb::with_project();
    let mut text = String::new();
    for (name, statement) in statements() {
        let begin = statement.sql.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
        text += &format!("{name}: {begin} …\n");
        for line in walk(&db, &statement) {
            text += &format!("    {line}\n");
            // A whole project is no key. The greatest number of an issue is found at the end of one; a project
            // has few releases that something was uploaded for.
            let is_wide = line.starts_with("SEARCH") && line.ends_with("(project_id=?)");
            let is_known = [
                "SEARCH issue",
                "SEARCH outcome",
                "SEARCH o ",
                "SEARCH erasure",
                "SEARCH artifact_release",
                "SEARCH artifact_bundle",
                // As many as the limit says; as many as a project may keep.
                "SEARCH release USING COVERING INDEX release_by_time",
                "SEARCH saved_view",
                // A row for the groups of a step, and a row for each fingerprint that had to be settled.
                "SEARCH p USING PRIMARY KEY",
                // A project has at most twenty; the newest 1,000 of the other are read.
                "SEARCH alert_rule USING INDEX alert_rule_by_project",
                "SEARCH alert_outbox USING INDEX alert_outbox_by_project",
                "SEARCH regroup_part",
                "SEARCH regroup_claim",
            ];
            assert!(
                !is_wide || is_known.iter().any(|known| line.starts_with(known)),
                "{name} walks over a project: {line}\n{}",
                statement.sql
            );
            let Some(scanned) = line.strip_prefix("SCAN ") else { continue };
            let is_small = scanned.contains("VIRTUAL TABLE")
                || scanned.starts_with("(subquery")
                || (name.starts_with("list ") && scanned == "i")
                || scanned == "artifact_bundle USING INDEX artifact_bundle_pending"
                // What waits to be sent, and what a statement made of it.
                || scanned.ends_with(" USING INDEX alert_outbox_waiting")
                || (name.starts_with("alerts")
                    && ALERTS.iter().any(|known| scanned.strip_prefix(known).is_some_and(is_end)))
                || VISITS.iter().any(|known| scanned.strip_prefix(known).is_some_and(is_end))
                || (name.starts_with("regrouping")
                    && REGROUPED
                        .iter()
                        .any(|known| scanned.strip_prefix(known).is_some_and(is_end)))
                || SMALL.iter().any(|small| scanned.strip_prefix(small).is_some_and(is_end));
            assert!(is_small, "{name} scans what may be large: {line}\n{}", statement.sql);
        }
    }
    insta::assert_snapshot!(text);
}

fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(' ')
}
