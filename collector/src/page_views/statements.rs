//! Statements of this folder and of its neighbours, for the snapshot of how SQLite walks them.

use trapline_core::decode::Sessions;
use trapline_core::page_view::PageView;

use super::append::append;
use super::fold::{self, Chunk, Long, State};
use super::join::{self, Texts};
use super::read::{self, Asked, Filter, Window};
use super::{Kind, detail, purge, visits};
use crate::feedback::{self, Feedback, Status};
use crate::plan::Sender;
use crate::purge::Keep;
use crate::sql::Statement;
use crate::{health, reserve, sessions};

/// All of them, by what they are for.
pub(crate) fn statements() -> Vec<(&'static str, Vec<Statement>)> {
    let view = PageView { id: "00".repeat(16), ..PageView::default() };
    let chunk = Chunk { hour: 1, slot: 0, seq: 0, views: view.line() };
    let state = State { generation: 2, folded: 0, place: "[]".into(), begun_ms: 0, waiting: 1 };
    let first = State { generation: 1, ..state.clone() };
    let chunks = [chunk];
    let mut step = vec![fold::state(1), fold::due(&[1], 1), state.next(1), fold::known(1, &chunks)];
    step.extend(first.close(1, 1));
    step.extend(fold::step(1, &state, &chunks, &[], 1).unwrap_or_default());
    let long = [Long { kind: 0, day: 1, name: String::new(), is_long: 1 }];
    let texts = Texts { kind: 0, day: 1, name: String::new(), texts: "[]".into() };
    let window = Window { first_hour: 1, last_hour: 400 };
    let filter = Filter::default();
    let asked =
        Asked { project_id: 1, kind: Kind::Page, window, filter: &filter, names: &[""], most: 100 };
    let keep = [Keep { project_id: 1, days: 90, body_days: 90 }];
    let (said, sender) = (Feedback::default(), Sender::default());
    let release = health::ReleaseRow::default();
    vec![
        ("a page view", vec![append(1, &view, 1)]),
        ("adding up", step),
        ("joining", vec![join::texts(1, &long), join::join(1, &[texts]).unwrap()]),
        (
            "numbers of pages",
            vec![read::stats(&asked), fold::waiting(1), detail::rows(1, Kind::Page, window, "/")],
        ),
        ("visits of an issue", vec![visits::effect_of(1, 1, 1)]),
        ("retention of views", purge::step(&keep, 1).into()),
        ("a session's news", vec![sessions::count(1, &Sessions::default(), None, 1)]),
        (
            "releases",
            vec![
                health::releases(1),
                sessions::rows(1, 1, 1, ""),
                sessions::environments(1, 1),
                health::young_sessions(1, [&release, &release], 48),
                health::young_views(1, [&release, &release], 48),
            ],
        ),
        (
            "feedback",
            vec![
                feedback::store(1, &said, &sender, 1),
                feedback::list(1, Status::New, "", 1),
                feedback::one(1, ""),
                feedback::of_issue(1, 1),
                feedback::counts(1),
                feedback::set_status(1, &[], Status::Done),
            ],
        ),
        ("rows of a day", vec![reserve::used(1), reserve::add(1, reserve::Used::default())]),
    ]
}
