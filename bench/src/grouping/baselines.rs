//! What others do, written from what they say of it.

use trapline_core::event::Event;
use trapline_core::fingerprint::parameterised;

/// A way to group: events with equal texts are together.
pub(crate) type Rule = (&'static str, fn(&Event) -> String);

/// In the order in which they are printed.
pub(crate) const BASELINES: [Rule; 4] = [
    ("type + message", type_and_message),
    ("all frames with lines", all_frames),
    ("top in-app function", top_function),
    ("Sentry-like", sentry_like),
];

fn type_and_message(event: &Event) -> String {
    let thrown = event.thrown();
    let message = event.message.as_deref().unwrap_or_default();
    thrown.map_or(message.to_owned(), |thrown| format!("{}: {}", thrown.kind, thrown.value))
}

fn all_frames(event: &Event) -> String {
    let frames = event.exceptions.iter().flat_map(|exception| &exception.frames);
    let places = frames.map(|frame| format!("{} {} {}", frame.function, frame.file, frame.line));
    let frames = places.collect::<Vec<_>>().join("\n");
    if frames.is_empty() { type_and_message(event) } else { frames }
}

fn top_function(event: &Event) -> String {
    let frames = event.thrown().map(|thrown| thrown.frames.as_slice()).unwrap_or_default();
    let named = |frame: &&trapline_core::event::Frame| frame.in_app && !frame.function.is_empty();
    let kind = event.thrown().map(|thrown| thrown.kind.clone()).unwrap_or_default();
    match frames.iter().find(named) {
        Some(frame) => {
            format!("{kind} {}", frame.function.rsplit(['.', ' ', '/']).next().unwrap_or_default())
        }
        None => type_and_message(event),
    }
}

/// Its documentation: by the stack trace's in-app frames (file and function, where a JavaScript file's name goes without its
/// hash; not the line's number), else by type and value, else by the message, in which numbers, IDs and the like are left out.
fn sentry_like(event: &Event) -> String {
    let frames = event.exceptions.iter().flat_map(|exception| {
        let mut own: Vec<String> = exception
            .frames
            .iter()
            .filter(|frame| frame.in_app)
            .map(|frame| {
                let name = frame.file.rsplit('/').next().unwrap_or_default();
                let stable =
                    name.split(['.', '-']).filter(|part| !part.bytes().any(|b| b.is_ascii_digit()));
                format!("{}:{}", stable.collect::<Vec<_>>().join("."), frame.function)
            })
            .collect();
        own.dedup();
        own.push(exception.kind.clone());
        own
    });
    let has_frames =
        event.exceptions.iter().any(|exception| exception.frames.iter().any(|frame| frame.in_app));
    if has_frames {
        frames.collect::<Vec<_>>().join("\n")
    } else {
        parameterised(&type_and_message(event))
    }
}
