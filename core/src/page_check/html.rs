//! HTML, as far as scripts and policies need it: start tags with their attributes, and the text of elements whose content
//! is no markup.
//!
//! ```text
//! text    = { anything | comment | "<!" … ">" | "</" … ">" | tag }
//! comment = "<!--" … "-->"
//! tag     = "<" letter … { name [ "=" ( '"' … '"' | "'" … "'" | bare ) ] } ">"
//! ```
//! Names come in lower case, values with the few character references that occur in URLs and keys decoded. Nothing is
//! refused: what does not end goes to the end of the text. Elements are not nested, and no tree is built.

/// Attributes read of one tag; no page has more.
const MAX_ATTRIBUTES: usize = 64;

/// Elements whose content is text to a browser that runs scripts, so that no tag in it counts.
const RAW: [&str; 9] =
    ["script", "style", "title", "textarea", "noscript", "iframe", "xmp", "noembed", "noframes"];

/// A start tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tag<'html> {
    /// `script`
    pub(super) name: String,
    /// In order, the first of each name counts.
    attributes: Vec<(String, String)>,
    /// What is between it and its end tag, for elements whose content is no markup.
    pub(super) text: &'html str,
}

impl Tag<'_> {
    /// An attribute's value; empty when it stands there without one.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// All start tags, in order.
pub(super) fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            let (_, after) = rest.split_once('<')?;
            if let Some(comment) = after.strip_prefix("!--") {
                rest = after_first(comment, "-->");
            } else if after.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
                let (mut tag, after) = tag(after);
                rest = after;
                if RAW.contains(&tag.name.as_str()) {
                    (tag.text, rest) = raw_text(after, &tag.name);
                }
                return Some(tag);
            } else if after.starts_with(['!', '/', '?']) {
                rest = after_first(after, ">");
            } else {
                rest = after;
            }
        }
    })
}

fn after_first<'html>(text: &'html str, end: &str) -> &'html str {
    text.split_once(end).map_or("", |(_, after)| after)
}

/// `script src=a.js async>…`, and what follows.
fn tag(text: &str) -> (Tag<'static>, &str) {
    let (name, mut rest) = until(text, |letter| letter == '>' || letter == '/' || is_space(letter));
    let mut tag = Tag { name: name.to_ascii_lowercase(), ..Tag::default() };
    loop {
        rest = rest.trim_start_matches(|letter| letter == '/' || is_space(letter));
        if rest.is_empty() {
            return (tag, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (tag, after);
        }
        let (name, value, after) = attribute(rest);
        rest = after;
        let name = name.to_ascii_lowercase();
        if tag.attributes.len() < MAX_ATTRIBUTES && tag.attribute(&name).is_none() {
            tag.attributes.push((name, decoded(value)));
        }
    }
}

/// `src = "a.js" …`: a name of at least one letter, its value, and what follows.
fn attribute(text: &str) -> (&str, &str, &str) {
    let is_end = |letter| matches!(letter, '>' | '/' | '=') || is_space(letter);
    // A `=` in front belongs to the name, as browsers have it.
    let first = text.chars().next().map_or(0, char::len_utf8);
    let (_, beyond) = text.split_at(first);
    let name_bytes = first + beyond.find(is_end).unwrap_or(beyond.len());
    let (name, rest) = text.split_at(name_bytes);
    let Some(value) = rest.trim_start_matches(is_space).strip_prefix('=') else {
        return (name, "", rest);
    };
    let value = value.trim_start_matches(is_space);
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            let (value, after) = quoted.split_once(quote).unwrap_or((quoted, ""));
            return (name, value, after);
        }
    }
    let (value, after) = until(value, |letter| letter == '>' || is_space(letter));
    (name, value, after)
}

/// What is before the end tag `</name`, and what is behind it.
fn raw_text<'html>(text: &'html str, name: &str) -> (&'html str, &'html str) {
    for (at, _) in text.match_indices("</") {
        let (before, end) = text.split_at(at);
        let Some((end_name, after)) = end.get(2..).and_then(|end| end.split_at_checked(name.len()))
        else {
            continue;
        };
        let ends = after.starts_with(|letter| letter == '>' || letter == '/' || is_space(letter));
        if end_name.eq_ignore_ascii_case(name) && (ends || after.is_empty()) {
            return (before, after_first(after, ">"));
        }
    }
    (text, "")
}

fn until(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(is_end).unwrap_or(text.len()))
}

fn is_space(letter: char) -> bool {
    letter.is_ascii_whitespace()
}

/// Templates write quotes and `&` of attributes as references.
fn decoded(value: &str) -> String {
    const REFERENCES: [(&str, &str); 8] = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#x2F;", "/"),
        ("&#43;", "+"),
        // Last, so that what it makes is not decoded again.
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    if !value.contains('&') {
        return value.to_owned();
    }
    let mut text = value.to_owned();
    for (reference, letter) in REFERENCES {
        text = text.replace(reference, letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `script src=a.js async` for each tag; its text behind `|`.
    #[track_caller]
    fn check(html: &str, expected: &[&str]) {
        let shown = |tag: Tag| {
            let mut text = tag.name.clone();
            for (name, value) in &tag.attributes {
                text += &format!(" {name}");
                if !value.is_empty() {
                    text += &format!("={value}");
                }
            }
            if tag.text.is_empty() { text } else { text + "|" + tag.text }
        };
        assert_eq!(tags(html).map(shown).collect::<Vec<_>>(), expected, "{html:?}");
    }

    #[test]
    fn attributes_are_read_with_or_without_quotes() {
        check(
            r#"<SCRIPT SRC="a.js" Data-Dsn='k' async defer=x></script>"#,
            &["script src=a.js data-dsn=k async defer=x"],
        );
        check("<img src = a.png / alt><br/>", &["img src=a.png alt", "br"]);
        check("<a href=/x/y>", &["a href=/x/y"]);
        check(r#"<a b="1" B="2" c="&amp;&quot;">"#, &[r#"a b=1 c=&""#]);
        check("<a\n\tb\n=\n'>'>", &["a b=>"]);
        check("<a =b=c>", &["a =b=c"]);
    }

    #[test]
    fn what_is_no_markup_holds_no_tags() {
        check("<!doctype html><!-- <script> --><p>", &["p"]);
        check("<script>'<b>' </b></SCRIPT ><i>", &["script|'<b>' </b>", "i"]);
        check(
            "<noscript><script src=x></script></noscript><b>",
            &["noscript|<script src=x></script>", "b"],
        );
        check("<title></titles></title>x", &["title|</titles>"]);
        check("1 < 2 <3 </ p><p>", &["p"]);
        check("<?xml version='1.0'?><p>", &["p"]);
    }

    #[test]
    fn what_does_not_end_goes_to_the_end() {
        check("<!-- <p>", &[]);
        check("<script>a</scrip", &["script|a</scrip"]);
        check("<script>a</script", &["script|a"]);
        check("<a b='c <p>", &["a b=c <p>"]);
        check("<a b", &["a b"]);
        check("<a b=", &["a b"]);
        check("<", &[]);
    }
}
