//! The walk over a script's tokens: a stack of what is open, and what the token before was.

use super::brackets::{Function, Open, What};
use super::lexer::{Lexer, Token, TokenKind};
use super::names::{NamePart, begins_control, expects_operand, is_reserved, meaningful};
use super::{FunctionRange, MAX_DEPTH};

/// What the token before leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// A value has ended: an operator, a call or the end of the statement follows.
    Operand,
    /// An operator, a comma, an opening bracket: a value follows.
    Operator,
    /// A statement may begin.
    Statement,
}

/// The state of the walk.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    script: &'a str,
    lexer: Lexer<'a>,
    open: Vec<Open>,
    /// How many of each bracket are open: `)`, `]`, `}`.
    counts: [usize; 3],
    found: Vec<FunctionRange>,
    before: Before,
    /// The word before, if it was one.
    word: &'a str,
    word_start: usize,
    /// The token before was `.` or `?.`: what follows is a property.
    after_dot: bool,
    /// The chain of words before (`cart.pay`), while it lasts.
    chain: Vec<NamePart>,
    /// What names the value that begins at the next token.
    next_hint: Vec<NamePart>,
    /// What named the value that began with the token before, or with the group that it closed.
    last_hint: Vec<NamePart>,
    /// Where that value began: the parameters of a possible arrow function.
    last_start: usize,
    /// Behind the last token.
    end: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn over(script: &'a str) -> Self {
        Self {
            script,
            lexer: Lexer::over(script),
            open: Vec::new(),
            counts: [0; 3],
            found: Vec::new(),
            before: Before::Statement,
            word: "",
            word_start: 0,
            after_dot: false,
            chain: Vec::new(),
            next_hint: Vec::new(),
            last_hint: Vec::new(),
            last_start: 0,
            end: 0,
        }
    }

    pub(super) fn run(mut self) -> Vec<FunctionRange> {
        while let Some(token) = self.lexer.next(self.before != Before::Operand) {
            self.end_what_a_line_ends(token);
            let hint = self.take_hint();
            let is_property = std::mem::take(&mut self.after_dot);
            match token.kind {
                TokenKind::Word => self.on_word(token, hint, is_property),
                TokenKind::Literal => self.on_value(token, hint),
                TokenKind::Text => self.on_text(token, hint),
                TokenKind::Template { continues } => self.on_template(token, continues, hint),
                TokenKind::Mark => self.on_mark(token, hint),
            }
            self.end = self.end.max(token.end);
        }
        while let Some(open) = self.pop() {
            self.finish(open, self.end);
        }
        self.found
    }

    /// `async` carries on what names the function behind it.
    fn take_hint(&mut self) -> Vec<NamePart> {
        let hint = std::mem::take(&mut self.next_hint);
        if hint.is_empty() && self.word == "async" && self.before == Before::Operand {
            return self.last_hint.clone();
        }
        hint
    }

    /// Where a line ends behind a value and a word follows, a semicolon is implied.
    fn end_what_a_line_ends(&mut self, token: Token) {
        let begins = matches!(token.kind, TokenKind::Word | TokenKind::Text | TokenKind::Literal)
            && !matches!(self.lexer.text(token), "in" | "of" | "instanceof" | "as");
        if !token.on_new_line || self.before != Before::Operand || !begins {
            return;
        }
        self.end_arrows();
        match self.open.last_mut().map(|open| &mut open.what) {
            Some(What::Class { in_value, key, entry, .. }) => {
                (*in_value, *key, *entry) = (false, None, None);
            }
            None | Some(What::Block | What::Body(_)) => self.before = Before::Statement,
            _ => (),
        }
        self.chain.clear();
    }

    fn on_word(&mut self, token: Token, hint: Vec<NamePart>, is_property: bool) {
        let text = self.lexer.text(token);
        let part = NamePart { start: token.start, end: token.end };
        if is_property {
            self.chain.push(part);
            self.settle(text, token.start);
            self.last_hint = hint;
            return;
        }
        if self.on_key(part) {
            self.settle(text, token.start);
            return;
        }
        let is_statement = self.before == Before::Statement
            || (matches!(self.word, "export" | "default") && self.before == Before::Operator);
        match text {
            "function" => self.begin_function(token.start, hint, is_statement),
            "class" => {
                let what = What::ClassHead { start: token.start, name: hint, is_statement };
                self.push(what);
                self.before = Before::Operator;
            }
            "else" | "do" | "try" | "finally" => self.before = Before::Statement,
            _ if begins_control(text) || expects_operand(text) => self.before = Before::Operator,
            _ => {
                self.name_head(part, text);
                self.chain.clear();
                self.chain.push(part);
                self.settle(text, token.start);
                self.last_hint = hint;
                return;
            }
        }
        self.chain.clear();
        (self.word, self.word_start) = (text, token.start);
    }

    /// A value has been read that began at `start`; behind `async`, at that.
    fn settle(&mut self, word: &'a str, start: usize) {
        let is_async = self.word == "async" && self.before == Before::Operand;
        self.last_start = if is_async { self.word_start } else { start };
        (self.word, self.word_start) = (word, start);
        self.before = Before::Operand;
    }

    fn begin_function(&mut self, start: usize, hint: Vec<NamePart>, is_statement: bool) {
        let is_async = self.word == "async" && self.before == Before::Operand;
        let function = Function {
            start: if is_async { self.word_start } else { start },
            name: hint,
            is_statement: is_statement && !is_async,
            is_constructor: false,
            has_own_name: false,
        };
        self.push(What::FunctionHead(function));
        self.before = Before::Operator;
    }

    /// The name of a function or class that has just begun.
    fn name_head(&mut self, part: NamePart, text: &str) {
        match self.open.last_mut().map(|open| &mut open.what) {
            Some(What::FunctionHead(function)) if !function.has_own_name => {
                function.name = vec![part];
                function.has_own_name = true;
            }
            Some(What::ClassHead { name, .. }) if self.word == "class" && text != "extends" => {
                *name = vec![part];
            }
            _ => (),
        }
    }

    /// Takes a word or text where the key of an object or class stands.
    fn on_key(&mut self, part: NamePart) -> bool {
        let Some(open) = self.open.last_mut() else { return false };
        match &mut open.what {
            What::Object { key, entry, in_value: false, .. }
            | What::Class { key, entry, in_value: false, .. } => {
                *key = Some(part);
                entry.get_or_insert(part.start);
                self.chain.clear();
                self.chain.push(part);
                true
            }
            _ => false,
        }
    }

    fn on_value(&mut self, token: Token, hint: Vec<NamePart>) {
        let part = NamePart { start: token.start, end: token.end };
        self.on_key(part);
        self.chain.clear();
        self.settle("", token.start);
        self.last_hint = hint;
    }

    fn on_text(&mut self, token: Token, hint: Vec<NamePart>) {
        let in_brackets = matches!(self.open.last().map(|open| &open.what), Some(What::Array));
        let part = NamePart { start: token.start, end: token.end };
        let is_key = self.on_key(part);
        if !is_key && !in_brackets {
            self.chain.clear();
        }
        self.settle("", token.start);
        self.last_hint = hint;
    }

    fn on_template(&mut self, token: Token, continues: bool, hint: Vec<NamePart>) {
        self.chain.clear();
        self.last_hint = hint;
        if continues {
            self.push(What::Template);
            self.before = Before::Operator;
            self.word = "";
        } else {
            self.settle("", token.start);
        }
    }

    fn on_mark(&mut self, token: Token, hint: Vec<NamePart>) {
        let mark = self.lexer.text(token);
        match mark {
            "(" => return self.on_parenthesis(token.start, hint),
            "{" => return self.on_brace(hint),
            "[" => {
                self.push(What::Array);
                self.before = Before::Operator;
            }
            ")" | "]" | "}" => return self.on_closer(token),
            "=>" => return self.on_arrow(),
            "." | "?." => {
                self.after_dot = true;
                self.word = "";
                self.before = Before::Operator;
                return;
            }
            "=" | "||=" | "&&=" | "??=" => self.on_assignment(),
            ":" => self.on_colon(),
            "," => self.on_comma(),
            ";" => self.on_semicolon(),
            "?" => self.add_condition(),
            // Behind a value on its line it belongs to that value.
            "++" | "--" if self.before == Before::Operand && !token.on_new_line => return,
            _ => self.before = Before::Operator,
        }
        self.word = "";
        self.chain.clear();
    }

    fn on_parenthesis(&mut self, start: usize, hint: Vec<NamePart>) {
        let (word, operand) = (std::mem::take(&mut self.word), self.before == Before::Operand);
        let what = match self.open.last().map(|open| &open.what) {
            Some(What::FunctionHead(_)) => What::Parameters,
            Some(What::Object { in_value: false, .. } | What::Class { in_value: false, .. }) => {
                self.begin_method(start);
                What::Parameters
            }
            _ if !operand && (begins_control(word) || word == "await") => What::Control,
            // `async (x) => …`: the function begins at the word.
            _ if operand && word == "async" => What::Group { start: self.word_start, hint },
            _ => What::Group { start, hint: if operand { Vec::new() } else { hint } },
        };
        self.push(what);
        self.before = Before::Operator;
        self.chain.clear();
    }

    /// `add(` in an object or class.
    fn begin_method(&mut self, start: usize) {
        let script = self.script;
        let Some(open) = self.open.last_mut() else { return };
        let (owner, key, entry, in_class) = match &mut open.what {
            What::Object { owner, key, entry, .. } => (owner, key, entry, false),
            What::Class { name, key, entry, .. } => (name, key, entry, true),
            _ => return,
        };
        let key = key.take();
        let mut name = owner.clone();
        let text = key.and_then(|key| script.get(key.start..key.end));
        let is_constructor = in_class && text == Some("constructor");
        if !is_constructor {
            match key {
                Some(key) => name.push(key),
                None => name.clear(),
            }
        }
        let function = Function {
            start: entry.take().unwrap_or(start),
            name,
            is_statement: true,
            is_constructor,
            has_own_name: true,
        };
        self.push(What::FunctionHead(function));
    }

    fn on_brace(&mut self, hint: Vec<NamePart>) {
        let word = std::mem::take(&mut self.word);
        self.chain.clear();
        let what = match self.open.last().map(|open| &open.what) {
            Some(What::FunctionHead(_)) => match self.open.pop().map(|open| open.what) {
                Some(What::FunctionHead(function)) => What::Body(function),
                _ => What::Block,
            },
            Some(What::ClassHead { .. }) if self.before == Before::Operand || word == "class" => {
                match self.open.pop().map(|open| open.what) {
                    Some(What::ClassHead { start, name, is_statement }) => What::Class {
                        start,
                        name,
                        is_statement,
                        key: None,
                        entry: None,
                        in_value: false,
                    },
                    _ => What::Block,
                }
            }
            // `static { … }`
            Some(What::Class { in_value: false, .. }) => What::Block,
            _ if self.before == Before::Operator => {
                What::Object { owner: hint, key: None, entry: None, in_value: false }
            }
            _ => What::Block,
        };
        let is_list = matches!(what, What::Object { .. } | What::Class { .. });
        self.push(what);
        self.before = if is_list { Before::Operator } else { Before::Statement };
    }

    /// `=>`: a function that began with the word or the parentheses before.
    fn on_arrow(&mut self) {
        let hint = std::mem::take(&mut self.last_hint);
        let function = Function {
            start: self.last_start,
            name: hint,
            is_statement: false,
            is_constructor: false,
            has_own_name: false,
        };
        self.word = "";
        self.chain.clear();
        let what = if self.lexer.is_before_brace() {
            What::FunctionHead(function)
        } else {
            What::ArrowValue(function)
        };
        self.push(what);
        self.before = Before::Operator;
    }

    fn on_assignment(&mut self) {
        let parts = std::mem::take(&mut self.chain);
        self.before = Before::Operator;
        let mut hint = parts;
        if let Some(open) = self.open.last_mut() {
            match &mut open.what {
                What::Class { name, key, in_value, .. } if !*in_value => {
                    *in_value = true;
                    hint = name.iter().copied().chain(*key).collect();
                }
                // A default in a pattern: `{ pay = () => {} }`.
                What::Object { key, in_value, .. } if !*in_value => {
                    *in_value = true;
                    hint = key.iter().copied().collect();
                }
                _ => (),
            }
        }
        self.next_hint = meaningful(self.script, &hint);
    }

    fn on_colon(&mut self) {
        self.end_arrows_before_colon();
        let script = self.script;
        self.before = Before::Operator;
        let Some(open) = self.open.last_mut() else {
            self.before = Before::Statement;
            return;
        };
        if open.conditions > 0 {
            open.conditions -= 1;
            return;
        }
        match &mut open.what {
            What::Object { owner, key, in_value, .. } => {
                *in_value = true;
                let hint: Vec<NamePart> = owner.iter().copied().chain(*key).collect();
                self.next_hint = meaningful(script, &hint);
            }
            What::Block | What::Body(_) => self.before = Before::Statement,
            _ => (),
        }
    }

    fn on_comma(&mut self) {
        self.end_arrows();
        self.before = Before::Operator;
        if let Some(What::Object { key, entry, in_value, .. }) =
            self.open.last_mut().map(|open| &mut open.what)
        {
            (*key, *entry, *in_value) = (None, None, false);
        }
    }

    fn on_semicolon(&mut self) {
        self.end_arrows();
        self.before = Before::Statement;
        match self.open.last_mut().map(|open| (&mut open.conditions, &mut open.what)) {
            Some((_, What::Class { key, entry, in_value, .. })) => {
                (*key, *entry, *in_value) = (None, None, false);
            }
            // `for (;;)`
            Some((_, What::Control)) => self.before = Before::Operator,
            Some((conditions, What::Block | What::Body(_))) => *conditions = 0,
            _ => (),
        }
    }

    fn add_condition(&mut self) {
        self.before = Before::Operator;
        if let Some(open) = self.open.last_mut() {
            open.conditions = open.conditions.saturating_add(1);
        } else {
            // At the top of a script: a frame that ends with it.
            self.push(What::Block);
            self.add_condition();
        }
    }

    /// A closing bracket ends what is open inside of its pair; one without a pair is passed over.
    fn on_closer(&mut self, token: Token) {
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

    fn end_arrows(&mut self) {
        while self.open.last().is_some_and(|open| matches!(open.what, What::ArrowValue(_))) {
            if let Some(open) = self.pop() {
                self.finish(open, self.end);
            }
        }
    }

    /// `a ? (b) => c : d`: the colon ends an arrow function that has no condition of its own.
    fn end_arrows_before_colon(&mut self) {
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
    fn finish(&mut self, open: Open, end: usize) {
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

    fn push(&mut self, what: What) {
        if self.open.len() >= MAX_DEPTH {
            return;
        }
        let open = Open::new(what);
        if let Some(count) = open.closer().and_then(|closer| self.counter(closer)) {
            *count += 1;
        }
        self.open.push(open);
    }

    fn pop(&mut self) -> Option<Open> {
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
