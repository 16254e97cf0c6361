//! An event as Markdown, for a ticket or a chat: title, link, stack with source, breadcrumbs, request. What the page said is
//! text: it opens no link, no heading and no fence.

use std::fmt::Write as _;

use trapline_core::event::{Event, Frame};

use super::breadcrumbs::trail;
use super::details::sections;
use super::time::moment;

/// Frames of one exception.
const MAX_FRAMES: usize = 30;

/// The whole text.
pub(super) fn markdown(event: &Event, short_id: &str, link: &str) -> String {
    let event_ms = if event.claimed_ms == 0 { event.received_ms } else { event.claimed_ms };
    let mut text = String::new();
    let title = match event.thrown() {
        Some(thrown) => format!("{}: {}", thrown.kind, thrown.value),
        None => event.message.clone().unwrap_or_default(),
    };
    let _ = writeln!(text, "# {}\n\n[{short_id}]({link})", inline(&title));
    let at = moment(event_ms, event_ms).map(|at| at.exact).unwrap_or_default();
    let facts = [
        at,
        event.release.clone().unwrap_or_default(),
        event.environment.clone().unwrap_or_default(),
        format!("{} {}", event.browser.name, event.browser.version).trim().to_owned(),
        format!("{} {}", event.os.name, event.os.version).trim().to_owned(),
    ];
    let facts: Vec<String> =
        facts.iter().filter(|fact| !fact.is_empty()).map(|fact| inline(fact)).collect();
    let _ = writeln!(text, "\n{}", facts.join(" · "));
    for (index, exception) in event.exceptions.iter().enumerate() {
        let caused = if index == 0 { "" } else { "Caused by " };
        let _ = writeln!(
            text,
            "\n## {caused}{}: {}\n",
            inline(&exception.kind),
            inline(&exception.value)
        );
        let mut stack = String::new();
        let mut has_source = false;
        for frame in exception.frames.iter().take(MAX_FRAMES) {
            write_frame(&mut stack, frame, !has_source);
            has_source |= frame.in_app && frame.source.is_some();
        }
        if exception.frames.len() > MAX_FRAMES {
            let _ = writeln!(stack, "… {} more", exception.frames.len() - MAX_FRAMES);
        }
        fenced(&mut text, &stack);
    }
    let trail = trail(&event.breadcrumbs, event_ms);
    if !trail.newer.is_empty() {
        text.push_str("\n## Breadcrumbs\n\n");
        for crumb in &trail.newer {
            let _ = write!(
                text,
                "- {} {}: {}",
                crumb.distance,
                inline(&crumb.kind),
                inline(&crumb.content)
            );
            let _ = match crumb.result.as_str() {
                "" => writeln!(text),
                result => writeln!(text, " ({})", inline(result)),
            };
        }
    }
    for section in sections(event).iter().take(2) {
        let facts = section.parts.iter().flat_map(|part| &part.facts);
        let mut lines = facts.map(|fact| {
            format!("- {}: {}{}\n", inline(&fact.label), inline(&fact.value), inline(&fact.pale))
        });
        if let Some(first) = lines.next() {
            let _ = write!(text, "\n## {}\n\n{first}", section.title);
            text.extend(lines);
        }
    }
    text
}

/// `formatTotal (src/checkout.ts:142:30)`, and the lines around it of the first own frame that has some.
fn write_frame(stack: &mut String, frame: &Frame, with_source: bool) {
    let function = if frame.function.is_empty() { "anonymous" } else { &frame.function };
    let _ = writeln!(stack, "{function} ({}:{}:{})", frame.file, frame.line, frame.column);
    let Some(source) = frame.source.as_ref().filter(|_| with_source && frame.in_app) else {
        return;
    };
    let first = i64::from(frame.line) - i64::try_from(source.before.len()).unwrap_or_default();
    let lines = source.before.iter().chain([&source.line]).chain(&source.after);
    for (number, line) in (first..).zip(lines) {
        let mark = if number == i64::from(frame.line) { '>' } else { ' ' };
        let _ = writeln!(stack, "  {mark} {number} | {line}");
    }
}

/// A fence longer than any in the text.
fn fenced(text: &mut String, code: &str) {
    let mut longest = 2;
    for run in code.split(|c| c != '`') {
        longest = longest.max(run.len());
    }
    let fence = "`".repeat(longest + 1);
    let _ = writeln!(text, "{fence}\n{}\n{fence}", code.trim_end());
}

/// Within a line: no markup, no line break.
fn inline(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' | '&' | '@' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    // Renderers make links of bare addresses.
    escaped.replace("://", ":\\/\\/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use trapline_core::event::{Exception, Source};

    #[test]
    fn an_event_is_readable_and_what_it_says_opens_nothing() {
        let frame = Frame {
            function: "formatTotal".into(),
            file: "src/checkout.ts".into(),
            line: 142,
            column: 30,
            in_app: true,
            source: Some(Source {
                before: vec!["function formatTotal() {".into()],
                line: "  return `${total}```".into(),
                after: vec!["}".into()],
            }),
            ..Frame::default()
        };
        let event = Event {
            event_id: "1".repeat(32),
            claimed_ms: 1_795_426_880_000,
            exceptions: vec![Exception {
                kind: "TypeError".into(),
                value: "x\n# [click](javascript:alert(1)) <img src=x> https://evil.test".into(),
                frames: vec![frame],
                ..Exception::default()
            }],
            ..Event::default()
        };
        let text = markdown(&event, "SHOP-4F", "https://d.test/shop/issues/SHOP-4F/events/1/");
        let heading = "# TypeError: x \\# \\[click\\](javascript:alert(1)) \\<img src=x\\> https:\\/\\/evil.test";
        assert_eq!(text.lines().next(), Some(heading));
        assert_eq!(text.lines().filter(|line| line.starts_with("# ")).count(), 1);
        assert!(text.contains("[SHOP-4F](https://d.test/shop/issues/SHOP-4F/events/1/)"));
        assert!(text.contains("````\nformatTotal (src/checkout.ts:142:30)\n    141 | function formatTotal() {\n  > 142 |   return `${total}```\n    143 | }\n````"), "{text}");
    }
}
