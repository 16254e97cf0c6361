//! What names a function: the words before it (`cart.pay =`), the key of an object or class, its own name.

use super::MAX_NAME_PARTS;

/// A part of a name: the bytes of a word or a string's content in the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamePart {
    /// First byte of the token; a string's quote.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
}

/// The parts of a name that say something: `this`, `exports`, `module` and `prototype` do not.
pub(super) fn meaningful(script: &str, parts: &[NamePart]) -> Vec<NamePart> {
    let text = |part: &NamePart| script.get(part.start..part.end).unwrap_or_default();
    let says_nothing = |text: &str| {
        matches!(
            text,
            "this" | "self" | "exports" | "module" | "prototype" | "window" | "globalThis"
        )
    };
    let kept = parts.iter().filter(|part| !says_nothing(text(part)));
    let kept: Vec<NamePart> = kept.copied().collect();
    kept.get(kept.len().saturating_sub(MAX_NAME_PARTS)..).unwrap_or_default().to_vec()
}

/// Words that stand where an operand is expected next, so that a slash begins a regular expression.
pub(super) fn expects_operand(word: &str) -> bool {
    matches!(
        word,
        "return"
            | "typeof"
            | "instanceof"
            | "in"
            | "of"
            | "new"
            | "delete"
            | "void"
            | "throw"
            | "case"
            | "do"
            | "else"
            | "await"
            | "yield"
            | "default"
            | "extends"
            | "export"
            | "import"
    )
}

/// Words before parentheses that are no call.
pub(super) fn begins_control(word: &str) -> bool {
    matches!(word, "if" | "while" | "for" | "with" | "switch" | "catch")
}

/// Words that cannot name anything.
pub(super) fn is_reserved(word: &str) -> bool {
    expects_operand(word) && word != "of" && word != "await" && word != "yield"
        || begins_control(word)
        || matches!(
            word,
            "function"
                | "class"
                | "const"
                | "var"
                | "let"
                | "try"
                | "finally"
                | "break"
                | "continue"
                | "this"
                | "super"
                | "null"
                | "true"
                | "false"
                | "debugger"
                | "enum"
        )
}
