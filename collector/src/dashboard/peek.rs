//! Where an issue crashes, in three lines of source, or what it is instead, in a sentence: of its newest kept event.

use serde::Serialize;
use trapline_core::event::{Event, Frame};
use trapline_core::noise::{Releases, classify, explain};
use worker::Response;

use super::{Visit, visit};
use crate::failure::Failure;
use crate::plan::{bytes_of_hex, event_of_bytes};
use crate::read::{self, BodyRow};
use crate::reply;
use crate::request::Incoming;
use crate::view::Peek;

/// Longest line that is shown, in bytes: of a minified file one is all of it.
const MAX_LINE: usize = 300;

/// What one kept event says: one read of a body.
pub async fn peek(visit: &Visit, number: u32) -> Result<Option<Peek>, Failure> {
    let body: Option<BodyRow> =
        visit.store.read(&read::newest_body(visit.project.id, number)).await?.first()?;
    Ok(body
        .and_then(|body| event_of_bytes(&bytes_of_hex(&body.bytes)))
        .and_then(|event| peek_of(&event)))
}

/// The crashing line of an event's own code, between its neighbours; else what kind of noise it is; else nothing.
pub(super) fn peek_of(event: &Event) -> Option<Peek> {
    let frames = event.thrown().map(|thrown| thrown.frames.as_slice()).unwrap_or_default();
    let has_source = |frame: &&Frame| frame.source.is_some();
    let frame = frames.iter().filter(|frame| frame.in_app).find(has_source);
    if let Some((frame, source)) = frame.and_then(|frame| Some((frame, frame.source.as_ref()?))) {
        let cut = |text: &str| {
            text.get(..text.floor_char_boundary(MAX_LINE)).unwrap_or_default().to_owned()
        };
        let before =
            source.before.last().map(|text| (frame.line.saturating_sub(1), cut(text), false));
        let after =
            source.after.first().map(|text| (frame.line.saturating_add(1), cut(text), false));
        let crash = (frame.line, cut(&source.line), true);
        let lines = before.into_iter().chain([crash]).chain(after).collect();
        return Some(Peek { lines, sentence: String::new() });
    }
    let class =
        explain(classify(event)?, &Releases { own: event.release.as_deref(), newest: None });
    Some(Peek { lines: Vec::new(), sentence: class.explanation })
}

#[derive(Serialize)]
struct Line {
    number: u32,
    text: String,
    crash: bool,
}

#[derive(Serialize)]
struct Shown {
    lines: Vec<Line>,
    sentence: String,
}

/// `GET /api/0/projects/{project}/issues/{short_id}/peek/`: lines around the crash, or a sentence; neither where nothing is known.
pub async fn api(incoming: &Incoming, slug: &str, short_id: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let number = read::number_in(&visit.project.short_prefix, short_id).ok_or(Failure::NotFound)?;
    let peek = peek(&visit, number).await?.unwrap_or_default();
    let line =
        |line: &(u32, String, bool)| Line { number: line.0, text: line.1.clone(), crash: line.2 };
    let lines = peek.lines.iter().map(line).collect();
    Ok(reply::json(200, &Shown { lines, sentence: peek.sentence }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use trapline_core::event::{Exception, Source};

    #[test]
    fn the_crashing_line_of_the_own_code_is_shown_between_its_neighbours() {
        let lines =
            |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let frame = |in_app, line, text: &str| Frame {
            line,
            in_app,
            source: Some(Source {
                before: lines(&["far", "above"]),
                line: text.into(),
                after: lines(&["below", "far"]),
            }),
            ..Frame::default()
        };
        let frames = vec![frame(false, 7, "library"), frame(true, 142, "crash")];
        let event = Event {
            exceptions: vec![Exception { frames, ..Exception::default() }],
            ..Event::default()
        };
        let expected = [
            (141, "above".to_owned(), false),
            (142, "crash".to_owned(), true),
            (143, "below".to_owned(), false),
        ];
        assert_eq!(peek_of(&event).unwrap().lines, expected);
        assert_eq!(peek_of(&Event::default()), None);
    }
}
