//! What source maps and debug files made of frames: where a resolved frame came from, and why another stayed as it was.

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use crate::event::{Event, Frame};

/// A file that frames are in, and the debug ID that ties it to what was uploaded for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Image {
    /// `sourcemap` for scripts, `wasm` for modules.
    #[serde(rename = "type")]
    pub kind: String,
    /// As frames name it: `https://shop.example/assets/main.js`.
    pub file: String,
    /// Lower-case hexadecimal digits without dashes: 32 of an UUID, or a wasm module's build ID. Empty if it has none.
    pub debug_id: String,
}

/// What the engine said of a frame that was resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RawFrame {
    /// As in [`Frame`].
    pub function: String,
    /// As in [`Frame`].
    pub file: String,
    /// As in [`Frame`].
    pub line: u32,
    /// As in [`Frame`].
    pub column: u32,
}

/// Why a frame stayed as the engine said it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Unresolved {
    /// Nothing was uploaded for the file.
    NotUploaded {
        /// What it was looked for by; empty if the event has none for the file.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        debug_id: String,
        /// A release that something was uploaded for under the same address; empty if there is none.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        nearest_release: String,
    },
    /// It was uploaded, and is being made ready.
    Pending,
    /// What was uploaded cannot be read.
    Unreadable {
        /// In words.
        detail: String,
    },
    /// What was uploaded has nothing at this position: it is another build's.
    Elsewhere,
    /// The engine did not say where in the file.
    NoPosition,
}

impl Frame {
    /// What the engine said, also of a frame that was resolved.
    pub fn as_raw(&self) -> RawFrame {
        self.raw.as_deref().cloned().unwrap_or_else(|| RawFrame {
            function: self.function.clone(),
            file: self.file.clone(),
            line: self.line,
            column: self.column,
        })
    }

    /// Replaces what the engine said.
    pub fn from_raw(raw: RawFrame, resolved: Frame) -> Self {
        Frame { raw: Some(Box::new(raw)), unresolved: None, ..resolved }
    }
}

impl Event {
    /// The debug ID of a file, if the sender said it.
    pub fn debug_id_of(&self, file: &str) -> Option<&str> {
        let image = self.images.iter().find(|image| image.file == file)?;
        Some(image.debug_id.as_str()).filter(|id| !id.is_empty())
    }

    /// Whether a frame of the owner's code is as the engine said it, and could be more.
    pub fn has_unresolved(&self) -> bool {
        let frames = self.exceptions.iter().flat_map(|exception| &exception.frames);
        frames.into_iter().any(|frame| frame.in_app && frame.unresolved.is_some())
    }
}

/// `F3C5046B-54B5-545E-8563-1789F5FF7C62` → `f3c5046b54b5545e85631789f5ff7c62`; `None` if it is no hexadecimal text of 8 to
/// 64 digits.
pub fn debug_id(text: &str) -> Option<alloc::string::String> {
    let digits: alloc::string::String =
        text.chars().filter(|char| *char != '-').map(|char| char.to_ascii_lowercase()).collect();
    let is_id = (8..=64).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    is_id.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_ids_are_compared_by_their_digits() {
        let id = debug_id("F3C5046B-54B5-545E-8563-1789F5FF7C62");
        assert_eq!(id.as_deref(), Some("f3c5046b54b5545e85631789f5ff7c62"));
        for text in ["", "main.js", "1234", "zzzzzzzz"] {
            assert_eq!(debug_id(text), None, "{text}");
        }
    }
}
