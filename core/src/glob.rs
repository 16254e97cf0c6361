//! Patterns that developers type: `*` stands for any text, `?` for one character; case does not count; the whole text
//! has to match.
//!
//! Nothing is refused: a pattern has no syntax that could be wrong. Without `?` a match takes time in proportion to
//! the text; each `?` of a part costs the part once more.

/// Longest pattern, in bytes; what is longer is cut.
const MAX_PATTERN: usize = 256;

/// A pattern, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    /// What stands before, between and behind the stars, in lower case; never empty.
    parts: Vec<String>,
}

impl Glob {
    /// Reads a pattern.
    pub fn new(pattern: &str) -> Self {
        let pattern = pattern.trim();
        let cut = pattern.get(..pattern.floor_char_boundary(MAX_PATTERN)).unwrap_or(pattern);
        Self { parts: cut.to_lowercase().split('*').map(str::to_owned).collect() }
    }

    /// Reads a list of patterns; empty ones, which would match empty texts alone, are left out.
    pub fn all(patterns: &[String]) -> Vec<Self> {
        patterns.iter().filter(|p| !p.trim().is_empty()).map(|p| Self::new(p)).collect()
    }

    /// Whether it matches one of the texts, which have to be in lower case.
    pub fn any(&self, lower_case: &[String]) -> bool {
        lower_case.iter().any(|text| self.matches(text))
    }

    /// Whether it matches the whole text, which has to be in lower case.
    pub fn matches(&self, lower_case: &str) -> bool {
        let Some((first, others)) = self.parts.split_first() else { return false };
        let Some((last, middle)) = others.split_last() else {
            return after(first, lower_case) == Some("");
        };
        let Some(mut rest) = after(first, lower_case) else { return false };
        for part in middle {
            let Some(found) = behind(part, rest) else { return false };
            rest = found;
        }
        ends_with(last, rest)
    }
}

/// What follows the part at the beginning of the text.
fn after<'a>(part: &str, text: &'a str) -> Option<&'a str> {
    if !part.contains('?') {
        return text.strip_prefix(part);
    }
    let mut rest = text.chars();
    for wanted in part.chars() {
        let found = rest.next()?;
        if wanted != '?' && wanted != found {
            return None;
        }
    }
    Some(rest.as_str())
}

/// What follows the first occurrence of the part.
fn behind<'a>(part: &str, text: &'a str) -> Option<&'a str> {
    if !part.contains('?') {
        return text.split_once(part).map(|(_, rest)| rest);
    }
    let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    starts.filter_map(|at| text.get(at..)).find_map(|rest| after(part, rest))
}

fn ends_with(part: &str, text: &str) -> bool {
    if !part.contains('?') {
        return text.ends_with(part);
    }
    let start = text.chars().count().checked_sub(part.chars().count());
    let tail = start.map(|skipped| text.chars().skip(skipped));
    tail.is_some_and(|tail| tail.zip(part.chars()).all(|(c, wanted)| wanted == '?' || wanted == c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(Glob::new(pattern).matches(&text.to_lowercase()), expected, "{pattern} {text}");
    }

    #[test]
    fn stars_stand_for_anything() {
        for text in ["TypeError: x", "a typeerror", "TypeError"] {
            check("*TypeError*", text, true);
        }
        check("Loading chunk * failed*", "Loading chunk 12 failed.\n(error: x)", true);
        check("Loading chunk * failed", "Loading chunk 12 failed.", false);
        check("shop@1.*", "shop@1.2.3", true);
        check("shop@1.*", "shop@2.1.3", false);
        check("a*a", "a", false);
        check("*ab*ab", "xabab", true);
        check("*ab*ab", "xab", false);
        check("*", "", true);
        check("", "", true);
        check("", "x", false);
    }

    #[test]
    fn question_marks_stand_for_one_character() {
        check("v?.?", "v1.2", true);
        check("v?", "v", false);
        check("*-??", "acct-äö", true);
        check("a?*?c", "abbc", true);
        check("*a?c*", "xxabc", true);
        check("??", "é", false);
    }

    #[test]
    fn other_signs_stand_for_themselves() {
        check("[a-z]+(x)", "[A-Z]+(X)", true);
        check("a.c", "abc", false);
    }

    proptest::proptest! {
        #[test]
        fn a_text_matches_itself_and_stars_around_it(text in "[a-z?äö ]{0,20}", head: String) {
            let text = text.trim();
            proptest::prop_assert!(Glob::new(text).matches(text));
            let long = format!("{head}{text}").to_lowercase();
            let starred = format!("*{text}");
            proptest::prop_assert!(Glob::new(&starred).matches(&long));
        }

        #[test]
        fn any_pattern_is_read(pattern in "[*?a]{0,300}", text in "[ab]{0,300}") {
            Glob::new(&pattern).matches(&text);
        }
    }
}
