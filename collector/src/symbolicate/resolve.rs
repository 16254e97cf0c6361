//! Frames as engines say them become frames as their authors wrote them. Pure: an event and the tables of its files in,
//! the same event out.

use std::collections::HashMap;

use trapline_core::event::{Event, Frame, Source};
use trapline_core::resolution::{RawFrame, Unresolved};
use trapline_core::stack::{is_in_app, is_in_app_function};
use trapline_symbols::table::{Code, Kind, ResolvedFrame, Table, Unresolved as NotThere};
use trapline_symbols::wasm::code_of;

/// Lines of context on each side.
const CONTEXT_LINES: u32 = 5;

/// Files of one event that are looked for: each may cost a read of a megabyte.
pub const MAX_FILES: usize = 16;

/// Frames that one may become: Rust inlines a dozen calls into one.
const MAX_INLINED: usize = 32;

/// A file that frames are in, and what to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// As the frames name it.
    pub file: String,
    /// Lower-case hexadecimal digits, if the event says one.
    pub debug_id: Option<String>,
}

/// What was found for a file.
#[derive(Clone, Debug)]
pub enum Found<'a> {
    /// Its table.
    Table(Table<'a>),
    /// Why there is none.
    Nothing(Unresolved),
}

/// Files whose frames nothing has been said of yet, or not enough: in the order of the stack, each once.
pub fn wanted(event: &Event) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for frame in event.exceptions.iter().flat_map(|exception| &exception.frames) {
        let Some(file) = file_of(event, frame) else { continue };
        if wanted.len() < MAX_FILES && !wanted.iter().any(|known| known.file == file) {
            wanted.push(Wanted {
                debug_id: event.debug_id_of(file).map(str::to_owned),
                file: file.to_owned(),
            });
        }
    }
    wanted
}

/// The file that tells what a frame is; `None` if none could. WebKit names no module in wasm frames: where the sender does
/// not either, and the event has but one, it is that.
fn file_of<'a>(event: &'a Event, frame: &'a Frame) -> Option<&'a str> {
    if frame.raw.is_some() || frame.source.is_some() {
        return None;
    }
    let module = frame.image.and_then(|number| event.images.get(number as usize));
    if let Some(module) = module.filter(|module| !module.file.is_empty()) {
        return Some(module.file.as_str());
    }
    if frame.file == "[wasm code]" {
        let mut modules = event.images.iter().filter(|image| image.kind == "wasm");
        let only = modules.next()?;
        return modules.next().is_none().then_some(only.file.as_str());
    }
    // Scripts within the page are as their author wrote them, or as a template did: nobody uploads a map of a page.
    let page = event.request.url.as_deref().unwrap_or_default();
    if frame.file.split('#').next() == page.split('#').next() {
        return None;
    }
    let is_served = ["http://", "https://", "app://", "file://", "wasm://"];
    let is_file = is_served.iter().any(|scheme| frame.file.starts_with(scheme));
    (is_file || event.debug_id_of(&frame.file).is_some()).then_some(frame.file.as_str())
}

/// Resolves what can be, and notes of the rest why not. `found` says of each file of [`wanted`] what there is.
pub fn resolve(event: &mut Event, found: &HashMap<String, Found>) {
    let mut exceptions = std::mem::take(&mut event.exceptions);
    let mut panic = Search { place: None, left: MAX_SEARCHED };
    for exception in &mut exceptions {
        let frames = std::mem::take(&mut exception.frames);
        panic.begin(frames.first());
        for frame in frames {
            let file = file_of(event, &frame).and_then(|file| found.get(file));
            match file {
                None => exception.frames.push(frame),
                Some(found) => exception.frames.extend(resolved(frame, found, &mut panic)),
            }
        }
    }
    event.exceptions = exceptions;
}

/// Functions of an event in which the line of a panic is looked for: above the app's own stands the machinery of panics.
const MAX_SEARCHED: usize = 16;

/// Looks for the code of the place that leads a panic's stack, which Rust itself tells.
struct Search {
    place: Option<(String, u32)>,
    left: usize,
}

impl Search {
    /// The next exception; `lead` is its first frame.
    fn begin(&mut self, lead: Option<&Frame>) {
        let is_place =
            |lead: &&Frame| lead.function.is_empty() && lead.file.ends_with(".rs") && lead.line > 0;
        self.place = lead.filter(is_place).map(|lead| (lead.file.replace('\\', "/"), lead.line));
    }

    /// The calls at the place, if they are in this function and have not been found in one above.
    fn calls<'a>(&mut self, table: &Table<'a>, code: Code<'_>) -> Option<Vec<ResolvedFrame<'a>>> {
        let (file, line) = self.place.as_ref().filter(|_| self.left > 0)?;
        self.left -= 1;
        let calls = table.look_up_line(code, file, *line)?;
        self.place = None;
        Some(calls)
    }
}

/// One frame, or the calls that were inlined into one, innermost first. The first function of the place of a panic takes it.
fn resolved(frame: Frame, found: &Found, panic: &mut Search) -> Vec<Frame> {
    let table = match found {
        Found::Nothing(why) => return vec![Frame { unresolved: Some(why.clone()), ..frame }],
        Found::Table(table) => table,
    };
    match calls(&frame, table, panic) {
        Ok(calls) => {
            let raw = frame.as_raw();
            let calls = calls.iter().take(MAX_INLINED);
            calls.map(|call| frame_of(&frame, &raw, call, table)).collect()
        }
        Err(why) => vec![Frame { unresolved: Some(why), ..frame }],
    }
}

fn calls<'a>(
    frame: &Frame,
    table: &Table<'a>,
    panic: &mut Search,
) -> Result<Vec<ResolvedFrame<'a>>, Unresolved> {
    if table.kind() == Kind::Wasm {
        let code = code_of(&frame.function, frame.line, frame.column);
        let calls = code.ok_or(Unresolved::NoPosition)?;
        if let Some(calls) = panic.calls(table, calls.code()) {
            return Ok(calls);
        }
        return table.look_up_code(calls.code()).map_err(|error| reason(&error));
    }
    if frame.line == 0 || frame.column == 0 {
        return Err(Unresolved::NoPosition);
    }
    table.look_up(frame.line, frame.column).map(|call| vec![call]).map_err(|error| reason(&error))
}

fn reason(error: &NotThere) -> Unresolved {
    match error {
        NotThere::Empty | NotThere::Damaged => Unresolved::Unreadable { detail: error.to_string() },
        _ => Unresolved::Elsewhere,
    }
}

fn frame_of(frame: &Frame, raw: &RawFrame, call: &ResolvedFrame, table: &Table) -> Frame {
    let path = call.path.unwrap_or(&frame.file);
    let context =
        call.source.and_then(|source| table.context(source, call.line, CONTEXT_LINES).ok());
    let source = context.map(|context| Source {
        before: context.before,
        line: context.line,
        after: context.after,
    });
    // Without a path, the engine's own name is all that there is.
    let own = if call.path.is_none() { frame.function.as_str() } else { "" };
    let function = call.function.unwrap_or(own);
    let is_own = call.in_app && is_in_app(path) && is_in_app_function(function);
    Frame::from_raw(
        raw.clone(),
        Frame {
            function: function.to_owned(),
            file: path.to_owned(),
            line: call.line,
            column: call.column,
            in_app: frame.in_app && is_own,
            source,
            vars: frame.vars.clone(),
            ..Frame::default()
        },
    )
}

#[cfg(test)]
mod tests;
