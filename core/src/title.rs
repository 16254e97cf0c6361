//! How an event is called in lists: type, message, and the place of the first frame of the owner's own code.

use crate::event::{Event, Frame};

/// An event in one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// `TypeError`; empty for messages.
    pub kind: String,
    /// First line of the message.
    pub value: String,
    /// `formatTotal`; empty if unknown.
    pub function: String,
    /// `src/checkout/order-summary.tsx:142`; empty if unknown.
    pub place: String,
}

/// Longest message in a list, in bytes: more does not fit a line of any screen.
const MAX_VALUE: usize = 300;

/// Titles an event.
pub fn title(event: &Event) -> Title {
    let frame = event.exceptions.iter().find_map(crash_frame);
    let (function, place) = frame
        .map(|frame| (frame.function.clone(), place_of(frame)))
        .unwrap_or_else(|| (event.transaction.clone().unwrap_or_default(), String::new()));
    let (kind, value) = match event.thrown() {
        Some(thrown) => (thrown.kind.clone(), thrown.value.as_str()),
        None => (String::new(), event.message.as_deref().unwrap_or_default()),
    };
    let mut value = first_line(value).to_owned();
    if value.is_empty() && kind.is_empty() {
        value = "Event without a message".into();
    }
    Title { kind, value, function, place }
}

/// The first in-app frame, or the crashing frame where none is.
fn crash_frame(exception: &crate::event::Exception) -> Option<&Frame> {
    let in_app = exception.frames.iter().find(|frame| frame.in_app);
    in_app.or_else(|| exception.frames.iter().find(|frame| !frame.file.is_empty()))
}

/// `https://shop.test/assets/main.js?v=1`, line 10 → `assets/main.js:10`
pub fn place_of(frame: &Frame) -> String {
    let path = path_of(&frame.file);
    let short: Vec<&str> = path.rsplit('/').filter(|part| !part.is_empty()).take(4).collect();
    let mut place = short.into_iter().rev().collect::<Vec<_>>().join("/");
    if !place.is_empty() && frame.line > 0 {
        place.push(':');
        place.push_str(&frame.line.to_string());
    }
    place
}

/// Path of a URL without origin, query and fragment; other texts as they are.
pub fn path_of(file: &str) -> &str {
    let file = file.split(['?', '#']).next().unwrap_or_default();
    match file.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => file,
    }
}

fn first_line(text: &str) -> &str {
    let line = text.trim_start().lines().next().unwrap_or_default();
    line.get(..line.floor_char_boundary(MAX_VALUE)).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Exception;

    #[track_caller]
    fn check_place(file: &str, line: u32, expected: &str) {
        let frame = Frame { file: file.into(), line, ..Frame::default() };
        assert_eq!(place_of(&frame), expected);
    }

    #[test]
    fn places_are_short_paths() {
        check_place("https://shop.test/assets/main.js?v=1#x", 10, "assets/main.js:10");
        check_place("webpack://shop/./src/a/b/c/d/cart.ts", 3, "b/c/d/cart.ts:3");
        check_place("src/cart.ts", 0, "src/cart.ts");
        check_place("https://shop.test/", 4, "");
        check_place("", 4, "");
    }

    #[test]
    fn title_names_the_first_own_frame() {
        let library =
            Frame { function: "dispatch".into(), file: "/lib.js".into(), ..Frame::default() };
        let own = Frame {
            function: "pay".into(),
            file: "/pay.js".into(),
            line: 7,
            in_app: true,
            ..Frame::default()
        };
        let exception = Exception {
            kind: "TypeError".into(),
            value: "a is undefined\nsecond line".into(),
            frames: vec![library, own],
            ..Exception::default()
        };
        let event = Event { exceptions: vec![exception], ..Event::default() };
        let expected = Title {
            kind: "TypeError".into(),
            value: "a is undefined".into(),
            function: "pay".into(),
            place: "pay.js:7".into(),
        };
        assert_eq!(title(&event), expected);
    }

    #[test]
    fn message_and_empty_events_have_titles() {
        let event = Event { message: Some("cart is slow".into()), ..Event::default() };
        assert_eq!(title(&event).value, "cart is slow");
        assert_eq!(title(&Event::default()).value, "Event without a message");
    }
}
