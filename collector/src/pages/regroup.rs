//! Regrouping: what it is before the first, how far one is, what it would change or has changed, and the buttons for that.

use askama::Template;

use super::number::{count, counted};
use super::time::{Moment, moment};
use crate::regroup::{Named, Part, Regroup as Found, Stage};
use crate::view::RegroupPage;

/// `regroup.html`
#[derive(Template)]
#[template(path = "regroup.html")]
pub(super) struct Regroup<'a> {
    page: &'a RegroupPage,
    /// One sentence.
    heading: String,
    /// Of 1,000, while there is something to wait for.
    progress: Option<u32>,
    /// `Mara Lindqvist started it`, and when.
    history: Vec<(String, Option<Moment>)>,
    /// `12 groups stay where they are: no event of theirs is kept.`
    left: String,
    tables: [Table<'a>; 2],
    unlisted: String,
    buttons: &'static [Button],
}

/// Shown if it has rows.
struct Table<'a> {
    id: &'static str,
    heading: &'static str,
    /// Of the first column, and of the third.
    columns: (&'static str, &'static str),
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    issue: Option<&'a Named>,
    /// Empty of groups that stay, for no event of theirs is kept.
    label: &'a str,
    /// `None`: a new issue.
    to: Option<&'a Named>,
    groups: String,
    events: String,
}

struct Button {
    verb: &'static str,
    words: &'static str,
    busy: &'static str,
    class: &'static str,
}

const START: Button =
    Button { verb: "start", words: "Look at all groups", busy: "Starting…", class: "primary" };
const AGAIN: Button = Button { verb: "start", words: "Look again", busy: "Starting…", class: "" };
const APPLY: Button =
    Button { verb: "apply", words: "Apply", busy: "Applying…", class: "primary" };
const DISCARD: Button =
    Button { verb: "discard", words: "Discard", busy: "Discarding…", class: "" };
const UNDO: Button = Button { verb: "undo", words: "Undo", busy: "Undoing…", class: "" };

impl<'a> Regroup<'a> {
    pub(super) fn of(page: &'a RegroupPage) -> Self {
        let now_ms = page.shell.now_ms;
        let found = page.regroup.as_ref();
        let stage = found.map(Found::stage);
        let tables = [joins(page), splits(page)];
        let changes = tables.iter().any(|table| !table.rows.is_empty());
        Self {
            page,
            heading: heading(stage, changes),
            progress: found.and_then(progress),
            history: found.map(|found| history(found, now_ms)).unwrap_or_default(),
            left: found.map(left).unwrap_or_default(),
            tables,
            unlisted: match page.outcome.unlisted {
                0 => String::new(),
                more => format!("{} more are not listed.", counted(more.into(), "change")),
            },
            buttons: buttons(stage),
        }
    }
}

fn joins(page: &RegroupPage) -> Table<'_> {
    let joins = page.outcome.joins.iter();
    let rows = joins.flat_map(|join| {
        join.from.iter().map(|part| row(part, part.issue.as_ref(), Some(&join.into)))
    });
    let columns = ("These", "Become part of");
    Table { id: "joins", heading: "Issues that join", columns, rows: rows.collect() }
}

fn splits(page: &RegroupPage) -> Table<'_> {
    let splits = page.outcome.splits.iter();
    let rows = splits.flat_map(|split| {
        split.parts.iter().map(|part| row(part, Some(&split.issue), part.issue.as_ref()))
    });
    let columns = ("Of this", "Go to");
    Table { id: "splits", heading: "Issues that split", columns, rows: rows.collect() }
}

fn row<'a>(part: &'a Part, issue: Option<&'a Named>, to: Option<&'a Named>) -> Row<'a> {
    let (groups, events) = (count(part.groups.into()), count(part.events));
    Row { issue, label: &part.label, to, groups, events }
}

fn heading(stage: Option<Stage>, changes: bool) -> String {
    let words = match (stage, changes) {
        (None | Some(Stage::Discarded), _) => "Would your issues be the same by the rules of now?",
        (Some(Stage::Looking), _) => "Looking at the groups",
        (Some(Stage::Ready), true) => "This would change. Nothing has changed yet.",
        (Some(Stage::Ready), false) => "Every issue is as the rules of now make it",
        (Some(Stage::Applying), _) => "Moving groups",
        (Some(Stage::Applied), true) => "This has changed",
        (Some(Stage::Applied), false) => "Applied. No issue has changed.",
        (Some(Stage::Undoing), _) => "Moving groups back",
        (Some(Stage::Undone), _) => "Undone. Issues are what they were.",
    };
    words.to_owned()
}

fn progress(found: &Found) -> Option<u32> {
    let (done, all) = match found.stage() {
        Stage::Looking => (found.groups, found.all_groups),
        Stage::Applying => (found.applied, found.parts),
        Stage::Undoing => (found.parts.saturating_sub(found.applied), found.parts),
        _ => return None,
    };
    let share = u64::from(done) * 1_000 / u64::from(all.max(1));
    Some(u32::try_from(share.min(1_000)).unwrap_or(1_000))
}

fn history(found: &Found, now_ms: i64) -> Vec<(String, Option<Moment>)> {
    let back = if found.stage() == Stage::Discarded { "discarded" } else { "undid" };
    [
        (&found.started_by, "started", found.started_ms),
        (&found.applied_by, "applied", found.applied_ms),
        (&found.undone_by, back, found.undone_ms),
    ]
    .into_iter()
    .filter(|(_, _, at_ms)| *at_ms > 0)
    .map(|(by, did, at_ms)| {
        let by = if by.is_empty() { "A token without a name" } else { by };
        (format!("{by} {did} it"), moment(at_ms, now_ms))
    })
    .collect()
}

fn left(found: &Found) -> String {
    match (found.stage(), found.bodiless) {
        (Stage::Discarded, _) | (_, 0) => String::new(),
        (_, 1) => "1 group stays where it is: no event of it is kept.".to_owned(),
        (_, groups) => {
            let groups = counted(groups.into(), "group");
            format!("{groups} stay where they are: no event of theirs is kept.")
        }
    }
}

fn buttons(stage: Option<Stage>) -> &'static [Button] {
    match stage {
        None | Some(Stage::Discarded | Stage::Undone) => &[START],
        Some(Stage::Looking) => &[DISCARD],
        Some(Stage::Ready) => &[APPLY, DISCARD, AGAIN],
        Some(Stage::Applying) => &[UNDO],
        Some(Stage::Applied) => &[UNDO, AGAIN],
        Some(Stage::Undoing) => &[],
    }
}
