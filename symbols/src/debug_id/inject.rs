//! Puts a debug ID into a minified file and its map, and shifts the map's mappings by what was put in.

use serde_json::{Map, Value};

use super::{of_content, of_script, parse, text_of};
use crate::map::without_guard;

/// A file and its map with their debug ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injected {
    /// The debug ID.
    pub debug_id: [u8; 16],
    /// The file's new text; `None` if nothing was to be changed.
    pub script: Option<String>,
    /// The map's new text; `None` if nothing was to be changed.
    pub map: Option<Vec<u8>>,
}

/// Why no debug ID can be put in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotInjected {
    /// The map is no JSON object.
    #[error("its map is no JSON object: {0}")]
    Json(String),
    /// Its mappings cannot be shifted.
    #[error("its mappings are broken")]
    Mappings,
}

/// Gives a file and its map one debug ID: the one that either has, or else one of their content. Doing it again changes
/// nothing.
///
/// # Errors
/// A map that cannot be changed. Nothing should be written then.
pub fn inject(script: &str, map: &[u8]) -> Result<Injected, NotInjected> {
    let of_file = of_script(script);
    let mut json: Map<String, Value> = serde_json::from_slice(without_guard(map))
        .map_err(|error| NotInjected::Json(error.to_string()))?;
    let id_of = |key| json.get(key).and_then(Value::as_str).and_then(parse);
    let of_map = id_of("debugId").or_else(|| id_of("debug_id"));
    let debug_id = of_file.or(of_map).unwrap_or_else(|| of_content(script.as_bytes(), map));
    let text = text_of(debug_id);
    // A bundler may have written the comment alone, which no SDK sees.
    let has_code = script.contains("_sentryDebugIds");
    let new_script = match (of_file.is_some(), has_code) {
        (true, true) => None,
        (true, false) => Some(with_code(script, &text, &mut json)?),
        (false, _) => Some(with_comment(&with_code(script, &text, &mut json)?, &text)),
    };
    let is_unchanged = new_script.is_none() && of_map == Some(debug_id);
    if is_unchanged {
        return Ok(Injected { debug_id, script: None, map: None });
    }
    for key in ["debugId", "debug_id"] {
        json.insert(key.to_owned(), Value::String(text.clone()));
    }
    let map = serde_json::to_vec(&json).map_err(|error| NotInjected::Json(error.to_string()))?;
    Ok(Injected { debug_id, script: new_script, map: Some(map) })
}

/// The code goes into a line of its own, behind `#!…` and directives, which must stay first.
fn with_code(script: &str, id: &str, json: &mut Map<String, Value>) -> Result<String, NotInjected> {
    let (before, after) =
        script.split_at_checked(behind_directives(script)).ok_or(NotInjected::Mappings)?;
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or(before).encode_utf16().count();
    shift(json, line, column)?;
    let line_end = if column == 0 { "" } else { "\n" };
    Ok(format!("{before}{line_end}{}\n{after}", code_of(id)))
}

/// The comment goes before that of the map, or to the end.
fn with_comment(script: &str, id: &str) -> String {
    let place = script.rfind("//# sourceMappingURL=").unwrap_or(script.len());
    let (body, tail) = script.split_at_checked(place).unwrap_or((script, ""));
    let line_end = if body.is_empty() || body.ends_with('\n') { "" } else { "\n" };
    format!("{body}{line_end}//# debugId={id}\n{tail}")
}

/// Keeps the ID by the stack of this file, whose frame tells the file's URL. Works in pages and workers, and never throws.
fn code_of(id: &str) -> String {
    format!(
        ";(function(){{try{{var g=typeof globalThis!=\"undefined\"?globalThis:self,s=new g.Error().stack;if(s)\
         (g._sentryDebugIds=g._sentryDebugIds||{{}})[s]=\"{id}\"}}catch(_){{}}}})();"
    )
}

/// Behind `#!…`, comments that stand alone, and directives such as `"use strict";`.
fn behind_directives(script: &str) -> usize {
    let mut at = 0;
    if script.starts_with("#!") {
        at = script.find('\n').map_or(script.len(), |end| end + 1);
    }
    let mut behind = at;
    loop {
        let rest = script.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let comment = if trimmed.starts_with("//") {
            Some(trimmed.find('\n').unwrap_or(trimmed.len()))
        } else if trimmed.starts_with("/*") {
            trimmed.find("*/").map(|end| end + 2)
        } else {
            None
        };
        if let Some(length) = comment {
            at += length;
            continue;
        }
        let Some(length) = directive(trimmed) else { return behind };
        at += length;
        behind = at;
    }
}

/// The length of a directive with its semicolon or line end. A string that is part of an expression is none.
fn directive(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = text.get(1..)?;
    let length = inner.find([quote, '\n', '\\'])?;
    if !inner.get(length..)?.starts_with(quote) {
        return None;
    }
    let end = length + 2;
    let behind = text.get(end..)?;
    match behind.trim_start_matches([' ', '\t']).chars().next() {
        Some(';') => Some(end + behind.find(';')? + 1),
        // Without a semicolon the next line could go on with the expression; it then begins with an operator.
        Some('\n' | '\r') => {
            let next = behind.trim_start().chars().next();
            let goes_on = next.is_some_and(|c| ".,;[(+-*/%&|^<>=!?`".contains(c));
            (!goes_on).then_some(end)
        }
        None => Some(end),
        _ => None,
    }
}

/// Moves all mappings behind a place (from 0) into the lines that follow what is put in there: one line further if it is
/// the beginning of a line, two lines further and to the left otherwise.
fn shift(json: &mut Map<String, Value>, line: usize, column: usize) -> Result<(), NotInjected> {
    if let Some(sections) = json.get_mut("sections").and_then(Value::as_array_mut) {
        return sections.iter_mut().try_for_each(|section| shift_section(section, line, column));
    }
    let Some(Value::String(mappings)) = json.get_mut("mappings") else {
        return Err(NotInjected::Mappings);
    };
    *mappings = shifted(mappings, line, column).ok_or(NotInjected::Mappings)?;
    Ok(())
}

fn shift_section(section: &mut Value, line: usize, column: usize) -> Result<(), NotInjected> {
    let number = |section: &Value, key: &str| {
        let number =
            section.get("offset").and_then(|offset| offset.get(key)).and_then(Value::as_u64);
        number.and_then(|number| usize::try_from(number).ok()).ok_or(NotInjected::Mappings)
    };
    let (own_line, own_column) = (number(section, "line")?, number(section, "column")?);
    if (own_line, own_column) < (line, column) {
        let inner = section.get_mut("map").and_then(Value::as_object_mut);
        let inner = inner.ok_or(NotInjected::Mappings)?;
        let column = if own_line == line { column - own_column } else { column };
        return shift(inner, line - own_line, column);
    }
    let (new_line, new_column) = match (column, own_line == line) {
        (0, _) => (own_line + 1, own_column),
        (_, true) => (own_line + 2, own_column - column),
        (_, false) => (own_line + 2, own_column),
    };
    if let Some(offset) = section.get_mut("offset").and_then(Value::as_object_mut) {
        offset.insert("line".into(), new_line.into());
        offset.insert("column".into(), new_column.into());
    }
    Ok(())
}

/// As [`shift`], on the text: columns begin anew in each line, so one number changes.
fn shifted(mappings: &str, line: usize, column: usize) -> Option<String> {
    let start = match line.checked_sub(1) {
        None => 0,
        Some(before) => match mappings.match_indices(';').nth(before) {
            Some((at, _)) => at + 1,
            // All mappings stand before the place.
            None => return Some(mappings.to_owned()),
        },
    };
    let (head, rest) = mappings.split_at_checked(start)?;
    if column == 0 {
        return Some(format!("{head};{rest}"));
    }
    let (own, behind) = rest.split_at_checked(rest.find(';').unwrap_or(rest.len()))?;
    let (mut kept, mut moved) = (Vec::new(), Vec::new());
    let mut at = 0_i64;
    let column = i64::try_from(column).ok()?;
    for segment in own.split(',').filter(|segment| !segment.is_empty()) {
        let (step, length) = vlq(segment)?;
        at += step;
        if at < column {
            kept.push(segment.to_owned());
        } else if moved.is_empty() {
            moved.push(format!("{}{}", vlq_text(at - column), segment.get(length..)?));
        } else {
            moved.push(segment.to_owned());
        }
    }
    Some(format!("{head}{};;{}{behind}", kept.join(","), moved.join(",")))
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The first number of a segment, and how many bytes it takes.
fn vlq(segment: &str) -> Option<(i64, usize)> {
    let mut value = 0_i64;
    for (index, byte) in segment.bytes().enumerate().take(7) {
        let digit = i64::try_from(DIGITS.iter().position(|digit| *digit == byte)?).ok()?;
        value |= (digit & 31) << (5 * index);
        if digit & 32 == 0 {
            return Some((if value & 1 == 1 { -(value >> 1) } else { value >> 1 }, index + 1));
        }
    }
    None
}

fn vlq_text(value: i64) -> String {
    let mut rest = if value < 0 { (-value << 1) | 1 } else { value << 1 };
    let mut text = String::new();
    loop {
        let more = if rest > 31 { 32 } else { 0 };
        let index = usize::try_from((rest & 31) | more).unwrap_or_default();
        text.extend(DIGITS.get(index).map(|digit| char::from(*digit)));
        rest >>= 5;
        if more == 0 {
            return text;
        }
    }
}
