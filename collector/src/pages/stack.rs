//! The exception chain as the issue page shows it: own frames with their source, library frames folded.

mod why;

use trapline_core::event::{Event, Exception, Frame, Source};
use trapline_core::resolution::RawFrame;

use super::code_link::code_link;
use super::number::counted;
use why::{Why, why};

/// Bytes of a title that surely fit the five lines it is cut to.
const CLAMPED: usize = 120;

/// Why a frame stays as the engine said it, in a sentence; `None` of a resolved one.
pub fn why_unresolved(event: &Event, frame: &Frame) -> Option<String> {
    why(event, frame).map(|why| why.sentence)
}

/// A member of the chain, ready to print.
#[derive(Debug)]
pub(super) struct Link<'a> {
    pub(super) kind: &'a str,
    pub(super) value: &'a str,
    /// The page's title already says the value, and in full.
    pub(super) repeats_title: bool,
    pub(super) is_thrown: bool,
    /// `1 of 2 exceptions`; empty for an only one.
    pub(super) position: String,
    /// `onunhandledrejection`
    pub(super) mechanism: &'a str,
    pub(super) runs: Vec<Run<'a>>,
    /// `2 lines of the stack could not be read`; empty without any.
    pub(super) unread: String,
    pub(super) unread_lines: &'a [String],
}

/// Neighbours in a stack.
#[derive(Debug)]
pub(super) enum Run<'a> {
    /// Shown by itself.
    One(Row<'a>),
    /// Library frames behind one line.
    Folded {
        /// `9 library frames`
        count: String,
        /// `react-dom 8, scheduler 1`
        packages: String,
        /// There is nothing else to see.
        is_open: bool,
        frames: Vec<Row<'a>>,
    },
}

/// A frame, ready to print.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) function: &'a str,
    /// `/assets/app.js:10:7`, without the page's own origin.
    pub(super) place: String,
    /// The same with its origin.
    pub(super) full_place: String,
    pub(super) in_app: bool,
    pub(super) is_open: bool,
    /// Empty without source.
    pub(super) lines: Vec<Line<'a>>,
    /// What the engine said, where a map said more: `t /assets/main-8f3a.js:1:2843`; else empty.
    pub(super) raw: String,
    pub(super) why: Option<Why>,
    /// Of what can be copied; unique on the page.
    pub(super) id: String,
    /// Where the code can be read; empty if nobody said.
    pub(super) code: String,
}

impl Row<'_> {
    /// Whether there is something below the line.
    pub(super) fn has_more(&self) -> bool {
        !self.lines.is_empty() || self.why.is_some() || !self.code.is_empty()
    }
}

/// A source line, cut where the crash is underlined.
#[derive(Debug, PartialEq)]
pub(super) struct Line<'a> {
    /// Empty if unknown.
    pub(super) number: String,
    pub(super) is_crash: bool,
    pub(super) is_comment: bool,
    pub(super) before: &'a str,
    pub(super) marked: &'a str,
    pub(super) after: &'a str,
}

/// Thrown exception first.
pub(super) fn chain<'a>(event: &'a Event, title_value: &str, repository: &str) -> Vec<Link<'a>> {
    let total = event.exceptions.len();
    let origin = event.request.url.as_deref().and_then(origin_of).unwrap_or_default();
    let link = |(index, exception): (usize, &'a Exception)| Link {
        kind: if exception.kind.is_empty() { "Exception" } else { &exception.kind },
        value: &exception.value,
        repeats_title: index == 0
            && exception.value.trim() == title_value
            && title_value.len() < CLAMPED,
        is_thrown: index == 0,
        position: if total > 1 {
            format!("{} of {total} exceptions", index + 1)
        } else {
            String::new()
        },
        mechanism: &exception.mechanism.kind,
        runs: runs(event, index, origin, repository),
        unread: match exception.unread_lines.len() {
            0 => String::new(),
            lines => {
                format!("{} of the stack could not be read", counted(lines as u64, "line"))
            }
        },
        unread_lines: &exception.unread_lines,
    };
    event.exceptions.iter().enumerate().map(link).collect()
}

/// The first own frame with source is open. A lone library frame is not worth a fold.
fn runs<'a>(event: &'a Event, exception: usize, origin: &str, repository: &str) -> Vec<Run<'a>> {
    let frames = event.exceptions.get(exception).map_or(&[][..], |exception| &exception.frames);
    let frames = without_place(frames);
    let mut number = 0;
    let has_own = frames.iter().any(|frame| frame.in_app);
    let mut open_next = true;
    let mut runs = Vec::new();
    for run in frames.chunk_by(|above, below| !above.in_app && !below.in_app) {
        let numbered = |frame| {
            number += 1;
            let release = event.release.as_deref().unwrap_or_default();
            let code = code_link(repository, release, frame);
            Row { id: format!("why-{exception}-{number}"), code, ..row(event, frame, origin) }
        };
        let mut rows: Vec<Row<'a>> = run.iter().map(numbered).collect();
        if run.len() > 1 {
            runs.push(Run::Folded {
                count: counted(run.len() as u64, "library frame"),
                packages: packages(run),
                is_open: !has_own,
                frames: rows,
            });
        } else if let Some(mut row) = rows.pop() {
            row.is_open = open_next && !row.lines.is_empty() && (row.in_app || !has_own);
            open_next &= !row.is_open;
            runs.push(Run::One(row));
        }
    }
    runs
}

/// A Rust panic says its place, and the agent puts it first; where a frame was resolved to it, that one says more.
fn without_place(frames: &[Frame]) -> &[Frame] {
    let Some((first, rest)) = frames.split_first() else { return frames };
    let is_same =
        |frame: &Frame| frame.raw.is_some() && frame.file == first.file && frame.line == first.line;
    let is_place = first.function.is_empty() && first.raw.is_none() && first.line > 0;
    if is_place && rest.iter().any(is_same) { rest } else { frames }
}

fn row<'a>(event: &Event, frame: &'a Frame, origin: &str) -> Row<'a> {
    let full_place = place(frame);
    let short = |full: &str| {
        let rest = full.strip_prefix(origin).filter(|rest| rest.starts_with('/'));
        rest.unwrap_or(full).to_owned()
    };
    let raw = |raw: &RawFrame| {
        let place = short(&place_of(&raw.file, raw.line, raw.column));
        if raw.function.is_empty() { place } else { format!("{} {place}", raw.function) }
    };
    Row {
        function: if frame.function.is_empty() { "anonymous" } else { &frame.function },
        place: short(&full_place),
        full_place,
        in_app: frame.in_app,
        is_open: false,
        lines: frame.source.as_ref().map(|source| lines(source, frame)).unwrap_or_default(),
        raw: frame.raw.as_deref().map(raw).unwrap_or_default(),
        why: why(event, frame).filter(|_| !why::reads_well(frame)),
        id: String::new(),
        code: String::new(),
    }
}

/// `src/checkout.ts:142:30`, without the numbers that are unknown.
fn place(frame: &Frame) -> String {
    place_of(&frame.file, frame.line, frame.column)
}

fn place_of(file: &str, line: u32, column: u32) -> String {
    let file = if file.is_empty() { "native" } else { file };
    match (line, column) {
        (0, _) => file.to_owned(),
        (line, 0) => format!("{file}:{line}"),
        (line, column) => format!("{file}:{line}:{column}"),
    }
}

fn lines<'a>(source: &'a Source, frame: &Frame) -> Vec<Line<'a>> {
    let first = i64::from(frame.line) - source.before.len() as i64;
    let above = source.before.iter().map(|text| (text, false));
    let below = source.after.iter().map(|text| (text, false));
    let all = above.chain([(&source.line, true)]).chain(below);
    let line = |(index, (text, is_crash)): (usize, (&'a String, bool))| {
        let number = first + index as i64;
        let marked = if is_crash { word_at(text, frame.column) } else { 0..0 };
        Line {
            number: if frame.line > 0 && number > 0 { number.to_string() } else { String::new() },
            is_crash,
            is_comment: text.trim_start().starts_with("//"),
            before: text.get(..marked.start).unwrap_or(text),
            marked: text.get(marked.clone()).unwrap_or_default(),
            after: text.get(marked.end..).unwrap_or_default(),
        }
    };
    all.enumerate().map(line).collect()
}

/// Bytes of the word that begins at a column (from 1, in UTF-16 units as engines count): `totals.amount`.
/// Nothing if the column is unknown, or the sender cut the line, as its `{snip}` says.
fn word_at(line: &str, column: u32) -> std::ops::Range<usize> {
    if column == 0 || line.contains("{snip}") {
        return line.len()..line.len();
    }
    let mut units = 0;
    let start = line
        .char_indices()
        .find(|(_, letter)| {
            units += letter.len_utf16();
            units >= column as usize
        })
        .map_or(line.len(), |(index, _)| index);
    let rest = line.get(start..).unwrap_or_default();
    let is_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$' | '.');
    let length = match rest.find(|letter| !is_word(letter)) {
        Some(0) => rest.chars().next().map_or(0, char::len_utf8),
        Some(length) => length,
        None => rest.len(),
    };
    start..start + length
}

/// `react-dom 8, scheduler 1`, in the order of the stack, at most four.
fn packages(frames: &[Frame]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for frame in frames {
        let package = package_of(&frame.file);
        match counts.iter_mut().find(|(name, _)| *name == package) {
            Some((_, number)) => *number += 1,
            None => counts.push((package, 1)),
        }
    }
    let mut text: Vec<String> =
        counts.iter().take(4).map(|(name, number)| format!("{name} {number}")).collect();
    if counts.len() > 4 {
        text.push(format!("{} more", counts.len() - 4));
    }
    text.join(", ")
}

/// `…/node_modules/@scope/name/lib.js` → `@scope/name`; else the file's name, else `native`.
fn package_of(file: &str) -> &str {
    let Some((_, path)) = file.rsplit_once("node_modules/") else {
        let path = file.split(['?', '#']).next().unwrap_or(file);
        let name = path.rsplit(['/', '\\']).find(|part| !part.is_empty());
        return name.unwrap_or("native");
    };
    let depth = if path.starts_with('@') { 1 } else { 0 };
    path.match_indices('/').nth(depth).map_or(path, |(end, _)| path.get(..end).unwrap_or(path))
}

/// `https://shop.example/cart?x` → `https://shop.example`
fn origin_of(url: &str) -> Option<&str> {
    let host = url.find("://")? + 3;
    let length = url.get(host..)?.find(['/', '?', '#']).unwrap_or(url.len() - host);
    url.get(..host + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(file: &str, in_app: bool) -> Frame {
        Frame { file: file.into(), line: 10, column: 7, in_app, ..Frame::default() }
    }

    #[test]
    fn place_of_a_panic_stands_once() {
        let place = frame("src/lib.rs", true);
        let called = Frame { function: "pack".into(), ..place.clone() };
        let resolved = Frame::from_raw(RawFrame::default(), called.clone());
        let frames = [place.clone(), resolved.clone()];
        assert_eq!(without_place(&frames), [resolved]);
        let raw = [place.clone(), called];
        assert_eq!(without_place(&raw), raw);
        let other = Frame::from_raw(RawFrame::default(), Frame { line: 11, ..place.clone() });
        assert_eq!(without_place(&[place.clone(), other.clone()]), [place, other]);
    }

    #[test]
    fn neighbouring_library_frames_fold() {
        let frames = [
            frame("/src/a.ts", true),
            frame("/node_modules/react-dom/a.js", false),
            frame("/node_modules/.pnpm/x@1/node_modules/@scope/x/a.js", false),
            frame("/node_modules/react-dom/b.js", false),
            frame("/src/b.ts", true),
            frame("/lib.js", false),
        ];
        let exception = Exception { frames: frames.into(), ..Exception::default() };
        let event = Event { exceptions: vec![exception], ..Event::default() };
        let shown: Vec<String> = runs(&event, 0, "", "")
            .into_iter()
            .map(|run| match run {
                Run::One(row) => row.place,
                Run::Folded { count, packages, is_open, .. } => {
                    format!("{count}: {packages}, {is_open}")
                }
            })
            .collect();
        let folded = "3 library frames: react-dom 2, @scope/x 1, false";
        assert_eq!(shown, ["/src/a.ts:10:7", folded, "/src/b.ts:10:7", "/lib.js:10:7"]);
    }

    #[test]
    fn packages_are_named_by_folder_or_file() {
        for (file, expected) in [
            ("webpack:///node_modules/react/index.js", "react"),
            ("https://cdn.example/v/tag.js?id=1", "tag.js"),
            ("node_modules/", ""),
            ("", "native"),
        ] {
            assert_eq!(package_of(file), expected);
        }
    }

    #[test]
    fn places_leave_out_the_own_origin() {
        let origin = origin_of("https://shop.example?a=1").unwrap();
        assert_eq!(
            row(&Event::default(), &frame("https://shop.example/a.js", true), origin).place,
            "/a.js:10:7"
        );
        let other = frame("https://shop.example.org/a.js", true);
        assert_eq!(
            row(&Event::default(), &other, origin).place,
            "https://shop.example.org/a.js:10:7"
        );
        assert_eq!(row(&Event::default(), &Frame::default(), origin).place, "native");
    }

    #[track_caller]
    fn check_word(line: &str, column: u32, expected: &str) {
        assert_eq!(&line[word_at(line, column)], expected);
    }

    #[test]
    fn crash_is_underlined_from_its_column() {
        check_word("const a = cart.totals.amount;", 16, "totals.amount");
        check_word("  (x)()", 3, "(");
        check_word("\u{1f6d2} = räksmörgås + 1", 6, "räksmörgås");
        check_word("short", 90, "");
        check_word("x {snip} y", 1, "");
        check_word("x", 0, "");
    }

    #[test]
    fn lines_are_numbered_from_the_crash() {
        let source = Source { before: vec!["a".into()], line: "b".into(), after: vec!["c".into()] };
        let numbers = |line| -> Vec<String> {
            let frame = Frame { line, ..Frame::default() };
            lines(&source, &frame).into_iter().map(|line| line.number).collect()
        };
        assert_eq!(numbers(142), ["141", "142", "143"]);
        assert_eq!(numbers(1), ["", "1", "2"]);
        assert_eq!(numbers(0), ["", "", ""]);
    }
}
