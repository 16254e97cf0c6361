//! One chapter → one page: what it says, the book's contents on one side, its own headings on the other.

use std::fmt::Write;

use anyhow::{Result, bail};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::summary::{Entry, page_of};

/// A chapter, and where it stands.
#[derive(Debug, Clone)]
pub struct Chapter {
    /// Title, file, part.
    pub entry: Entry,
    /// Its Markdown.
    pub text: String,
}

/// A heading of a chapter.
struct Heading {
    level: HeadingLevel,
    text: String,
    anchor: String,
}

/// As mdBook reads it.
pub(super) fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

/// The anchors of a text's headings: `#what-is-stored`.
#[must_use]
pub fn anchors(text: &str) -> Vec<String> {
    headings(text).into_iter().map(|heading| heading.anchor).collect()
}

/// Where the links of a text lead.
#[must_use]
pub fn links(text: &str) -> Vec<String> {
    let destination = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            Some(dest_url.into_string())
        }
        _ => None,
    };
    parser(text).filter_map(destination).collect()
}

fn headings(text: &str) -> Vec<Heading> {
    let mut found: Vec<Heading> = Vec::new();
    let mut is_inside = false;
    for event in parser(text) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                found.push(Heading { level, text: String::new(), anchor: String::new() });
                is_inside = true;
            }
            Event::End(TagEnd::Heading(_)) => is_inside = false,
            Event::Text(part) | Event::Code(part) if is_inside => {
                if let Some(heading) = found.last_mut() {
                    heading.text.push_str(&part);
                }
            }
            _ => {}
        }
    }
    let mut known: Vec<String> = Vec::new();
    for heading in &mut found {
        let plain = anchor(&heading.text);
        let times = known.iter().filter(|other| **other == plain).count();
        heading.anchor = if times == 0 { plain.clone() } else { format!("{plain}-{times}") };
        known.push(plain);
    }
    found
}

/// `What is stored, and why` → `what-is-stored-and-why`, as mdBook has it.
fn anchor(text: &str) -> String {
    let letter = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    };
    text.trim().chars().filter_map(letter).collect()
}

/// The page of a chapter.
///
/// # Errors
/// HTML in it.
pub(super) fn whole(chapters: &[Chapter], index: usize) -> Result<String> {
    let Some(chapter) = chapters.get(index) else { bail!("there is no chapter {index}") };
    let body = body(chapter)?;
    let title = escaped(&chapter.entry.title);
    let near = |index: Option<usize>| index.and_then(|index| chapters.get(index));
    let step = |to: Option<&Chapter>, class: &str, word: &str| {
        to.map(|to| {
            let (page, title) = (to.entry.page(), escaped(&to.entry.title));
            format!("<a class=\"{class}\" rel=\"{class}\" href=\"{page}\"><small>{word}</small>{title}</a>")
        })
        .unwrap_or_default()
    };
    let previous = step(near(index.checked_sub(1)), "prev", "Before");
    let next = step(near(Some(index + 1)), "next", "Next");
    let contents = contents(chapters, index);
    let here = here(&chapter.text);
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} · Trapline</title>\n\
         <link rel=\"icon\" type=\"image/svg+xml\" href=\"/static/favicon.svg\">\n\
         <link rel=\"stylesheet\" href=\"docs.css\">\n<script src=\"docs.js\"></script>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the content</a>\n\
         <header><a class=\"brand\" href=\"index.html\">Trapline <span>documentation</span></a>\
         <button type=\"button\" data-theme-toggle hidden>Theme: <span data-theme-name>system</span></button>\
         <a href=\"/\">Dashboard</a></header>\n\
         <details class=\"contents\" open><summary>Contents</summary><nav aria-label=\"Contents\">{contents}</nav></details>\n\
         <main id=\"main\">\n{body}<nav class=\"steps\" aria-label=\"Chapters\">{previous}{next}</nav>\n</main>\n\
         {here}</body>\n</html>\n"
    ))
}

fn contents(chapters: &[Chapter], current: usize) -> String {
    let mut text = String::new();
    let mut part = "";
    for (index, Chapter { entry, .. }) in chapters.iter().enumerate() {
        if entry.part != part {
            part = &entry.part;
            let _ = write!(text, "<p>{}</p>", escaped(part));
        }
        let is_current = if index == current { " aria-current=\"page\"" } else { "" };
        let _ =
            write!(text, "<a href=\"{}\"{is_current}>{}</a>", entry.page(), escaped(&entry.title));
    }
    text
}

/// Second headings of a chapter, where there are several.
fn here(text: &str) -> String {
    let headings = headings(text);
    let second: Vec<_> =
        headings.iter().filter(|heading| heading.level == HeadingLevel::H2).collect();
    if second.len() < 2 {
        return String::new();
    }
    let link = |one: &&Heading| format!("<a href=\"#{}\">{}</a>", one.anchor, escaped(&one.text));
    let links: String = second.iter().map(link).collect();
    format!("<aside><nav aria-label=\"On this page\"><p>On this page</p>{links}</nav></aside>\n")
}

/// What the chapter says, its headings with anchors, links to chapters as links to pages, tables in a box that scrolls.
fn body(chapter: &Chapter) -> Result<String> {
    let mut anchors = anchors(&chapter.text).into_iter();
    let mut events = Vec::new();
    for event in parser(&chapter.text) {
        match event {
            Event::Start(Tag::Heading { level, classes, attrs, .. }) => {
                let id = anchors.next().map(CowStr::from);
                events.push(Event::Start(Tag::Heading { level, id, classes, attrs }));
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let (file, anchor) = match dest_url.split_once('#') {
                    Some((file, anchor)) => (file, format!("#{anchor}")),
                    None => (&*dest_url, String::new()),
                };
                let is_chapter = !file.contains('/') && file.ends_with(".md");
                let page = if is_chapter { page_of(file) } else { file.to_owned() };
                let dest_url = CowStr::from(page + &anchor);
                events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            Event::Start(Tag::Table(columns)) => {
                let open =
                    "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">";
                events.push(Event::Html(open.into()));
                events.push(Event::Start(Tag::Table(columns)));
            }
            Event::End(TagEnd::Table) => {
                events.push(Event::End(TagEnd::Table));
                events.push(Event::Html("</div>\n".into()));
            }
            // Code that is wider than the page scrolls, by keyboard too.
            Event::Start(Tag::CodeBlock(_)) => {
                events.push(Event::Html("<pre tabindex=\"0\"><code>".into()));
            }
            Event::End(TagEnd::CodeBlock) => events.push(Event::Html("</code></pre>\n".into())),
            Event::Html(text) | Event::InlineHtml(text) => {
                bail!("docs/src/{} has HTML, {text:?}: write Markdown", chapter.entry.file)
            }
            other => events.push(other),
        }
    }
    let mut text = String::new();
    html::push_html(&mut text, events.into_iter());
    Ok(text)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chapter(text: &str) -> Chapter {
        let entry = Entry { title: "A & b".into(), file: "a.md".into(), part: String::new() };
        Chapter { entry, text: text.into() }
    }

    #[test]
    fn headings_have_anchors_and_links_lead_to_pages() {
        let body = body(&chapter("## What is `kept`?\n\n[x](README.md#what-is-kept)\n")).unwrap();
        assert!(body.contains("<h2 id=\"what-is-kept\">"), "{body}");
        assert!(body.contains("<a href=\"index.html#what-is-kept\">"), "{body}");
    }

    #[test]
    fn equal_headings_have_anchors_of_their_own() {
        assert_eq!(anchors("# A\n\n## B\n\n## B\n"), ["a", "b", "b-1"]);
    }

    #[test]
    fn html_is_refused_and_code_is_text() {
        assert!(body(&chapter("<script>alert(1)</script>\n")).is_err());
        let body = body(&chapter("```html\n<script>\n```\n")).unwrap();
        assert!(body.contains("<code>&lt;script&gt;"), "{body}");
        assert!(whole(&[chapter("x")], 0).unwrap().contains("A &amp; b"));
    }
}
