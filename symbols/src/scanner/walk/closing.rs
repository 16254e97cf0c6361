//! What a closing bracket, or the end of a value, ends; and the stack of what is open.

use super::super::brackets::{Open, What};
use super::super::lexer::{Token, TokenKind};
use super::super::names::{NamePart, is_reserved, meaningful};
use super::super::{FunctionRange, MAX_DEPTH};
use super::{Before, Walk};

impl Walk<'_> {
    /// A closing bracket ends what is open inside of its pair; one without a pair is passed over.
    pub(super) fn on_closer(&mut self, token: Token) {
        let text = self.lexer.text(token);
        let closer = text.chars().next().unwrap_or(' ');
        self.word = "";
        if self.count(closer) == 0 {
            self.before = Before::Operand;
            return;
        }
        while let Some(open) = self.pop() {
            let is_pair = open.closer() == Some(closer);
            if !is_pair {
                let end =
                    if matches!(open.what, What::ArrowValue(_)) { self.end } else { token.start };
                self.finish(open, end);
                continue;
            }
            self.after_closing(open, token);
            return;
        }
    }

    fn after_closing(&mut self, open: Open, token: Token) {
        self.before = Before::Operand;
        match open.what {
            What::Group { start, hint } => {
                self.last_start = start;
                self.last_hint = hint;
                self.chain.clear();
            }
            What::Control => self.before = Before::Statement,
            // The chain goes on behind `cart["pay"]`; a computed key names nothing.
            What::Array => self.after_array(),
            What::Template => {
                let rest = self.lexer.rest_of_template(token.start);
                self.end = rest.end;
                let continues = matches!(rest.kind, TokenKind::Template { continues: true });
                self.on_template(rest, continues, Vec::new());
            }
            what => {
                self.chain.clear();
                let is_statement = match &what {
                    What::Block => true,
                    What::Class { is_statement, .. } => *is_statement,
                    What::Body(function) => function.is_statement,
                    _ => false,
                };
                if is_statement {
                    self.before = Before::Statement;
                }
                self.finish(Open::new(what), token.end);
                self.after_member();
            }
        }
    }

    fn after_array(&mut self) {
        if let Some(
            What::Object { key, in_value: false, .. } | What::Class { key, in_value: false, .. },
        ) = self.open.last_mut().map(|open| &mut open.what)
        {
            *key = None;
        }
        self.chain.clear();
    }

    /// Behind a method of a class, another member begins.
    fn after_member(&mut self) {
        if let Some(What::Class { key, entry, in_value: false, .. }) =
            self.open.last_mut().map(|open| &mut open.what)
        {
            (*key, *entry) = (None, None);
        }
    }

    pub(super) fn end_arrows(&mut self) {
        while self.open.last().is_some_and(|open| matches!(open.what, What::ArrowValue(_))) {
            if let Some(open) = self.pop() {
                self.finish(open, self.end);
            }
        }
    }

    /// `a ? (b) => c : d`: the colon ends an arrow function that has no condition of its own.
    pub(super) fn end_arrows_before_colon(&mut self) {
        while self
            .open
            .last()
            .is_some_and(|open| matches!(open.what, What::ArrowValue(_)) && open.conditions == 0)
        {
            if let Some(open) = self.pop() {
                self.finish(open, self.end);
            }
        }
    }

    /// Keeps a function that has ended; all else has nothing to keep.
    pub(super) fn finish(&mut self, open: Open, end: usize) {
        let (start, name, is_constructor) = match open.what {
            What::Body(function) | What::ArrowValue(function) => {
                (function.start, function.name, function.is_constructor)
            }
            // Initialisers of fields run in the class.
            What::Class { start, name, .. } => (start, name, false),
            _ => return,
        };
        let text = |part: &NamePart| self.script.get(part.start..part.end).unwrap_or_default();
        let name = if name.iter().any(|part| is_reserved(text(part)) && name.len() == 1) {
            Vec::new()
        } else {
            meaningful(self.script, &name)
        };
        self.found.push(FunctionRange { start, end: end.max(start), name, is_constructor });
    }

    pub(super) fn push(&mut self, what: What) {
        if self.open.len() >= MAX_DEPTH {
            return;
        }
        let open = Open::new(what);
        if let Some(count) = open.closer().and_then(|closer| self.counter(closer)) {
            *count += 1;
        }
        self.open.push(open);
    }

    pub(super) fn pop(&mut self) -> Option<Open> {
        let open = self.open.pop()?;
        if let Some(count) = open.closer().and_then(|closer| self.counter(closer)) {
            *count = count.saturating_sub(1);
        }
        Some(open)
    }

    fn counter(&mut self, closer: char) -> Option<&mut usize> {
        self.counts.get_mut(index_of(closer))
    }

    fn count(&self, closer: char) -> usize {
        self.counts.get(index_of(closer)).copied().unwrap_or(0)
    }
}

fn index_of(closer: char) -> usize {
    match closer {
        ')' => 0,
        ']' => 1,
        _ => 2,
    }
}
