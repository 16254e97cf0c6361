//! Why a frame of the page's own code is shown as the engine said it, and the one step that changes it.

use trapline_core::event::{Event, Frame};
use trapline_core::fingerprint::has_minified_name;
use trapline_core::resolution::Unresolved;
use trapline_core::title::path_of;

/// What stands below a frame that nothing was found for.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::pages) struct Why {
    /// What was looked for, and what was found.
    pub(in crate::pages) sentence: String,
    /// What to do; empty if there is nothing to do.
    pub(in crate::pages) remedy: String,
    /// To be copied; empty if no command does it.
    pub(in crate::pages) command: String,
}

/// Longest line that a person writes.
const READABLE_COLUMNS: u32 = 200;

/// Whether a file for which nothing was uploaded reads like its source without: most pages' own scripts need no map.
pub(super) fn reads_well(frame: &Frame) -> bool {
    let no_map = matches!(&frame.unresolved, Some(Unresolved::NotUploaded { debug_id, .. }) if debug_id.is_empty());
    let is_wasm = path_of(&frame.file).ends_with(".wasm");
    no_map && !is_wasm && frame.column <= READABLE_COLUMNS && !has_minified_name(frame)
}

/// Nothing of a resolved frame, and of one that no map could be for.
pub(super) fn why(event: &Event, frame: &Frame) -> Option<Why> {
    let unresolved = frame.unresolved.as_ref().filter(|_| frame.in_app)?;
    Some(match unresolved {
        Unresolved::NotUploaded { debug_id, nearest_release } => {
            not_uploaded(event, frame, debug_id, nearest_release)
        }
        Unresolved::Pending => Why {
            sentence: "The map of this file was uploaded and is being made ready.".into(),
            remedy: "Load this page again in a minute.".into(),
            command: String::new(),
        },
        Unresolved::Unreadable { detail } => Why {
            sentence: format!("What was uploaded for this file cannot be used: {detail}."),
            remedy: "Build it anew and upload it again.".into(),
            command: upload(event),
        },
        Unresolved::Elsewhere => Why {
            sentence: "The map that was uploaded has nothing at this line and column: it belongs to another build of this file, or to this file before `trapline upload` put its debug ID in.".into(),
            remedy: "Upload the maps of the build that is served, in the step that deploys it.".into(),
            command: upload(event),
        },
        Unresolved::NoPosition => Why {
            sentence: "The browser did not say where in the file this is.".into(),
            remedy: String::new(),
            command: String::new(),
        },
    })
}

fn not_uploaded(event: &Event, frame: &Frame, debug_id: &str, nearest: &str) -> Why {
    let wanted = if debug_id.is_empty() {
        let path = path_of(&frame.file);
        match event.release.as_deref() {
            Some(release) => format!("No map of {path} was uploaded for release {release}"),
            None => format!(
                "No map of {path} was found: the event has neither a debug ID for the file nor a release"
            ),
        }
    } else {
        format!("No map with debug ID {debug_id} was uploaded")
    };
    let nearest = match nearest {
        "" => String::new(),
        release => format!("; the nearest upload is of release {release}"),
    };
    Why {
        sentence: format!("{wanted}{nearest}."),
        remedy: "Upload the maps of this build; this event is resolved as soon as they are there."
            .into(),
        command: upload(event),
    }
}

/// With the release that the event names, quoted where a shell needs it.
fn upload(event: &Event) -> String {
    match event.release.as_deref() {
        Some(release) => format!("trapline upload dist --release {}", quoted(release)),
        None => "trapline upload dist --release VERSION".into(),
    }
}

fn quoted(text: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "@._-+/:".contains(char);
    if text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(unresolved: Unresolved, release: Option<&str>, sentence: &str, command: &str) {
        let event = Event { release: release.map(str::to_owned), ..Event::default() };
        let frame = Frame {
            file: "https://shop.example/assets/main.js?v=1".into(),
            in_app: true,
            unresolved: Some(unresolved),
            ..Frame::default()
        };
        let why = why(&event, &frame).unwrap();
        assert_eq!((why.sentence.as_str(), why.command.as_str()), (sentence, command));
    }

    #[test]
    fn each_reason_names_what_was_looked_for() {
        let missing = |debug_id: &str, nearest: &str| Unresolved::NotUploaded {
            debug_id: debug_id.into(),
            nearest_release: nearest.into(),
        };
        check(
            missing("", ""),
            Some("shop@2"),
            "No map of assets/main.js was uploaded for release shop@2.",
            "trapline upload dist --release shop@2",
        );
        check(
            missing("f3c5", "shop@1"),
            Some("a b'c"),
            "No map with debug ID f3c5 was uploaded; the nearest upload is of release shop@1.",
            r"trapline upload dist --release 'a b'\''c'",
        );
        check(
            missing("", ""),
            None,
            "No map of assets/main.js was found: the event has neither a debug ID for the file nor a release.",
            "trapline upload dist --release VERSION",
        );
    }

    #[test]
    fn files_that_read_like_their_source_need_no_map() {
        let frame = |file: &str, function: &str, column| Frame {
            file: format!("https://shop.example/{file}"),
            function: function.into(),
            column,
            unresolved: Some(Unresolved::NotUploaded {
                debug_id: String::new(),
                nearest_release: String::new(),
            }),
            ..Frame::default()
        };
        assert!(reads_well(&frame("main.js", "showTotal", 12)));
        assert!(!reads_well(&frame("main.js", "t", 12)));
        assert!(!reads_well(&frame("main.js", "showTotal", 2012)));
        assert!(!reads_well(&frame("pack.wasm", "fill", 12)));
        let unresolved =
            Unresolved::NotUploaded { debug_id: "f3c5".into(), nearest_release: String::new() };
        let built = Frame { unresolved: Some(unresolved), ..frame("main.js", "showTotal", 12) };
        assert!(!reads_well(&built));
    }

    #[test]
    fn frames_of_libraries_need_no_reason() {
        let frame = Frame { unresolved: Some(Unresolved::Pending), ..Frame::default() };
        assert_eq!(why(&Event::default(), &frame), None);
    }
}
