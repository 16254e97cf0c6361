//! The exception chain: `exception.values` on the wire, oldest cause first and oldest call first, turned around so
//! that readers meet the crash first.

use serde_json::Value;

use super::fields::{Fields, cut, list, object};
use super::images::image_of;
use crate::event::{Exception, Frame, Mechanism, Source};
use crate::limits::{
    MAX_EXCEPTIONS, MAX_FRAMES, MAX_MESSAGE, MAX_NAME, MAX_SOURCE_LINES, MAX_STACK_TEXT,
};
use crate::stack;

pub(super) fn chain(fields: &mut Fields) -> Vec<Exception> {
    let Some(value) = fields.take("exception") else { return Vec::new() };
    let members = match value {
        // A single exception without a list is an older shape.
        Value::Object(ref map) if !map.contains_key("values") => vec![value],
        value => list(value).unwrap_or_else(|| {
            fields.note("exception", "not a list");
            Vec::new()
        }),
    };
    if members.len() > MAX_EXCEPTIONS {
        fields.note("exception", &format!("{MAX_EXCEPTIONS} of {} kept", members.len()));
    }
    let mut chain = Vec::new();
    for (index, member) in members.into_iter().enumerate().rev().take(MAX_EXCEPTIONS) {
        let path = format!("exception.values[{index}]");
        match object(member) {
            Some(map) => chain.push(fields.within(path, map, exception)),
            None => fields.note(&path, "not an object"),
        }
    }
    chain
}

fn exception(fields: &mut Fields) -> Exception {
    let mut exception = Exception {
        kind: fields.text("type", MAX_NAME).unwrap_or_default(),
        value: fields.text("value", MAX_MESSAGE).unwrap_or_default(),
        mechanism: mechanism(fields),
        ..Exception::default()
    };
    if let Some(stacktrace) = fields.object("stacktrace") {
        exception.frames = fields.within("stacktrace".into(), stacktrace, frames);
    }
    if let Some(text) = fields.text("stack", MAX_STACK_TEXT) {
        let stack = stack::parse(&text);
        if exception.frames.is_empty() {
            exception.frames = stack.frames.into_iter().map(frame_of_stack).collect();
        }
        exception.unread_lines = stack.unread_lines;
    }
    exception
}

fn mechanism(fields: &mut Fields) -> Mechanism {
    let Some(map) = fields.object("mechanism") else { return Mechanism::default() };
    fields.within("mechanism".into(), map, |fields| Mechanism {
        kind: fields.text("type", MAX_NAME).unwrap_or_default(),
        handled: fields.flag("handled"),
        synthetic: fields.flag("synthetic").unwrap_or(false),
    })
}

/// Crashing frame first; of a deeper stack the calls nearest to the crash.
fn frames(fields: &mut Fields) -> Vec<Frame> {
    let Some(value) = fields.take("frames") else { return Vec::new() };
    let Value::Array(members) = value else {
        fields.note("frames", "not a list");
        return Vec::new();
    };
    if members.len() > MAX_FRAMES {
        fields.note("frames", &format!("{MAX_FRAMES} of {} kept", members.len()));
    }
    let mut frames = Vec::with_capacity(members.len().min(MAX_FRAMES));
    for (index, member) in members.into_iter().enumerate().rev().take(MAX_FRAMES) {
        let path = format!("frames[{index}]");
        match object(member) {
            Some(map) => frames.push(fields.within(path, map, frame)),
            None => fields.note(&path, "not an object"),
        }
    }
    frames
}

fn frame(fields: &mut Fields) -> Frame {
    let function = fields.text("function", MAX_NAME).unwrap_or_default();
    let file = fields.text("filename", MAX_NAME);
    let path = fields.text("abs_path", MAX_NAME);
    let file = file.or(path).unwrap_or_default();
    let claimed = fields.flag("in_app").unwrap_or(true);
    let is_own = stack::is_in_app_function(&function);
    Frame {
        function: if is_anonymous(&function) { String::new() } else { function },
        in_app: claimed && stack::is_in_app(&file) && is_own,
        file: if file == "<anonymous>" { String::new() } else { file },
        line: fields.count("lineno", u32::MAX).unwrap_or(0),
        column: fields.count("colno", u32::MAX).unwrap_or(0),
        source: source(fields),
        vars: fields.bounded_object("vars"),
        image: image_of(fields),
        ..Frame::default()
    }
}

fn is_anonymous(function: &str) -> bool {
    matches!(function, "?" | "<anonymous>" | "(anonymous)")
}

fn source(fields: &mut Fields) -> Option<Source> {
    let before = lines(fields, "pre_context");
    let after = lines(fields, "post_context");
    let line = fields.text("context_line", MAX_NAME)?;
    let start = before.len().saturating_sub(MAX_SOURCE_LINES);
    Some(Source {
        before: before.into_iter().skip(start).collect(),
        line,
        after: after.into_iter().take(MAX_SOURCE_LINES).collect(),
    })
}

fn lines(fields: &mut Fields, name: &str) -> Vec<String> {
    let Some(Value::Array(lines)) = fields.take(name) else { return Vec::new() };
    let texts = lines.iter().map(|line| line.as_str().unwrap_or_default());
    texts.map(|line| cut(line, MAX_NAME).to_owned()).collect()
}

fn frame_of_stack(frame: stack::Frame) -> Frame {
    Frame {
        in_app: stack::is_in_app(&frame.file) && stack::is_in_app_function(&frame.function),
        function: frame.function,
        file: frame.file,
        line: frame.line,
        column: frame.column,
        ..Frame::default()
    }
}
