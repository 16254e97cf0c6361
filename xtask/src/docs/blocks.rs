//! The fenced blocks of a chapter, for those who run them.

use pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};

use super::page::parser;

/// A block between fences. Its info string is a language and marks behind it, parted by commas: `sh,no_run`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// `sh`; empty where none is named.
    pub language: String,
    /// `no_run`, …
    pub marks: Vec<String>,
    /// What stands between the fences.
    pub code: String,
    /// Line of the fence, from 1.
    pub line: usize,
}

impl Block {
    /// Whether its info string has this mark.
    #[must_use]
    pub fn has(&self, mark: &str) -> bool {
        self.marks.iter().any(|known| known == mark)
    }
}

/// All fenced blocks of a text.
#[must_use]
pub fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut is_inside = false;
    for (event, range) in parser(text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let mut words = info.split(',').map(|word| word.trim().to_owned());
                let before = text.get(..range.start).unwrap_or_default();
                found.push(Block {
                    language: words.next().unwrap_or_default(),
                    marks: words.collect(),
                    code: String::new(),
                    line: before.matches('\n').count() + 1,
                });
                is_inside = true;
            }
            Event::End(TagEnd::CodeBlock) => is_inside = false,
            Event::Text(part) if is_inside => {
                if let Some(block) = found.last_mut() {
                    block.code.push_str(&part);
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::blocks;

    #[test]
    fn a_block_has_a_language_marks_and_a_line() {
        let found = blocks("Text.\n\n```sh,no_run\nls\n```\n\n    indented\n\n```\nplain\n```\n");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].language.as_str(), found[0].line), ("sh", 3));
        assert!(found[0].has("no_run") && !found[1].has("no_run"));
        assert_eq!((found[0].code.as_str(), found[1].code.as_str()), ("ls\n", "plain\n"));
    }
}
