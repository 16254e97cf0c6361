//! `POST /api/0/projects/{project}/artifacts/resolve/`: what frames would resolve to, or why they would not. Asked by
//! `trapline check`; answered by the very code that resolves events.
//!
//! ```text
//! {"release"?, "dist"?, "frames": [{"url", "debug_id"?, "line", "column"}]}
//!     → {"frames": [{"path", "line", "column", "function"} or {"reason"}]}
//! ```

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use trapline_core::event::{Event, Exception, Frame};
use trapline_core::resolution::{Image, debug_id};
use worker::Response;

use super::access::{Access, json};
use super::token::ARTIFACTS_WRITE;
use crate::failure::Failure;
use crate::request::Incoming;
use crate::symbolicate::Symbolicator;
use crate::symbolicate::resolve::MAX_FILES;
use crate::{pages, reply, settings};

/// Frames of one question.
const MAX_FRAMES: usize = 64;

/// Largest request.
const MAX_BODY: usize = 64 * 1024;

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    release: Option<String>,
    #[serde(default)]
    dist: Option<String>,
    frames: Vec<AskedFrame>,
}

#[derive(Deserialize)]
struct AskedFrame {
    url: String,
    #[serde(default)]
    debug_id: Option<String>,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Answer {
    frames: Vec<Answered>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Answered {
    Resolved { path: String, line: u32, column: u32, function: String },
    Raw { reason: String },
}

/// Answers it.
///
/// # Errors
/// Without a good token, or a body that is not as above.
pub async fn resolve(incoming: &mut Incoming, project: &str) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let asked: Asked = json(incoming, MAX_BODY).await?;
    let (project, store) = access.open(incoming, project).await?;
    if asked.frames.len() > MAX_FRAMES {
        let found = asked.frames.len();
        return Err(Failure::BadRequest(format!("{found} frames, the limit is {MAX_FRAMES}")));
    }
    // Each file is a read of KV.
    let files: HashSet<&str> = asked.frames.iter().map(|frame| frame.url.as_str()).collect();
    if files.len() > MAX_FILES {
        let found = files.len();
        return Err(Failure::BadRequest(format!("{found} files, the limit is {MAX_FILES}")));
    }
    let settings = settings::parse(&project.settings);
    let symbolicator = Symbolicator {
        env: &incoming.env,
        store: &store,
        project_id: project.id,
        now_ms: incoming.now_ms,
        scrub: &settings.scrub,
        rules: &settings.rules(),
    };
    let event = event(asked);
    let resolved = symbolicator.resolved(&event).await?.unwrap_or(event);
    let frames = resolved.exceptions.iter().filter_map(|one| one.frames.first());
    let frames = frames.map(|frame| answered(&resolved, frame)).collect();
    Ok(reply::json(200, &Answer { frames }))
}

/// An event with an exception a frame: inlined frames of one do not mix with those of another.
fn event(asked: Asked) -> Event {
    let image = |frame: &AskedFrame| {
        let id = frame.debug_id.as_deref().and_then(debug_id)?;
        Some(Image { kind: "sourcemap".into(), file: frame.url.clone(), debug_id: id })
    };
    let images = asked.frames.iter().filter_map(image).collect();
    let exception = |frame: AskedFrame| Exception {
        frames: vec![Frame {
            file: frame.url,
            line: frame.line,
            column: frame.column,
            in_app: true,
            ..Frame::default()
        }],
        ..Exception::default()
    };
    let (release, dist) = (asked.release, asked.dist);
    let exceptions = asked.frames.into_iter().map(exception).collect();
    Event { release, dist, images, exceptions, ..Event::default() }
}

fn answered(event: &Event, frame: &Frame) -> Answered {
    if frame.raw.is_some() {
        let (path, function) = (frame.file.clone(), frame.function.clone());
        return Answered::Resolved { path, line: frame.line, column: frame.column, function };
    }
    let nothing = || "nothing was uploaded for this project".to_owned();
    Answered::Raw { reason: pages::why_unresolved(event, frame).unwrap_or_else(nothing) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trapline_core::resolution::{RawFrame, Unresolved};

    #[test]
    fn frames_are_answered_in_their_order() {
        let asked: Asked = serde_json::from_str(
            r#"{"release": "1", "frames": [{"url": "https://a.test/x.js", "debug_id": "F3C5046B-54B5-545E-8563-1789F5FF7C62", "line": 1, "column": 2},
                {"url": "https://a.test/y.js", "line": 3, "column": 4}]}"#,
        )
        .unwrap();
        let mut event = event(asked);
        let file = &event.exceptions[0].frames[0].file;
        assert_eq!(event.debug_id_of(file), Some("f3c5046b54b5545e85631789f5ff7c62"));
        let frame = &mut event.exceptions[0].frames[0];
        *frame = Frame::from_raw(
            RawFrame::default(),
            Frame { file: "src/x.ts".into(), line: 7, ..Frame::default() },
        );
        event.exceptions[1].frames[0].unresolved = Some(Unresolved::Elsewhere);
        let answers: Vec<Answered> =
            event.exceptions.iter().map(|one| answered(&event, &one.frames[0])).collect();
        let path = "src/x.ts".to_owned();
        let function = String::new();
        assert_eq!(answers[0], Answered::Resolved { path, line: 7, column: 0, function });
        assert!(
            matches!(&answers[1], Answered::Raw { reason } if reason.contains("another build"))
        );
    }
}
