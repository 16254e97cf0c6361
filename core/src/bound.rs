//! How much JSON is there, before anything is built of it: depth, values and text, in one pass over the bytes.
//!
//! A parser pays for every value and every level (`[[[[…` is one byte each); this pass pays for bytes alone. It knows
//! strings from the rest and nothing more: whether it is JSON, the parser says.

/// The most that a text may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Objects and lists inside each other.
    pub max_depth: usize,
    /// Members of all objects and lists.
    pub max_values: usize,
}

/// Why a text is not parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoundError {
    /// Objects and lists inside each other.
    #[error("nests deeper than {limit}")]
    TooDeep {
        /// Levels allowed.
        limit: usize,
    },
    /// Members of all objects and lists.
    #[error("has more than {limit} values")]
    TooMany {
        /// Values allowed.
        limit: usize,
    },
}

/// Checks a text against bounds. Every comma and every opening bracket counts as a value.
pub fn check(json: &[u8], bounds: &Bounds) -> Result<(), BoundError> {
    let (mut depth, mut values) = (0_usize, 0_usize);
    let mut rest = json;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => rest = behind_string(rest),
            b'[' | b'{' => {
                depth += 1;
                values += 1;
            }
            b',' => values += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > bounds.max_depth {
            return Err(BoundError::TooDeep { limit: bounds.max_depth });
        }
        if values > bounds.max_values {
            return Err(BoundError::TooMany { limit: bounds.max_values });
        }
    }
    Ok(())
}

/// What follows the closing quote; nothing if there is none.
fn behind_string(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        let is_end = rest.get(at) == Some(&b'"');
        rest = rest.get(at + if is_end { 1 } else { 2 }..).unwrap_or_default();
        if is_end {
            return rest;
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Result<(), BoundError>) {
        let bounds = Bounds { max_depth: 3, max_values: 6 };
        assert_eq!(super::check(json.as_bytes(), &bounds), expected, "{json}");
    }

    #[test]
    fn depth_and_values_are_bounded() {
        check(r#"{"a":[1,2,{}]}"#, Ok(()));
        check("[[[]]]", Ok(()));
        check("[[[[]]]]", Err(BoundError::TooDeep { limit: 3 }));
        check("[1,2,3,4,5,6]", Ok(()));
        check("[1,2,3,4,5,6,7]", Err(BoundError::TooMany { limit: 6 }));
        check("[],[],[],[]", Err(BoundError::TooMany { limit: 6 }));
    }

    #[test]
    fn brackets_in_texts_do_not_count() {
        check(r#"["[[[[,,,,,,,,{{{{"]"#, Ok(()));
        check(r#"["\"[[[[,,,,,,,,"]"#, Ok(()));
        check(r#"["\\",[[[]]]]"#, Err(BoundError::TooDeep { limit: 3 }));
        check(r#"["never closed [[[[[,,,,,,"#, Ok(()));
        check(r#"["\"#, Ok(()));
        check("]]]][[[", Ok(()));
    }
}
