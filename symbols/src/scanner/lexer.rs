//! Tokens of JavaScript. Whether `/` divides or begins a regular expression, the caller says.

/// What a token is; its text is the script between `start` and `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// An identifier, a keyword, or a private name with its `#`.
    Word,
    /// Number or regular expression.
    Literal,
    /// A string with its quotes.
    Text,
    /// A template, or the part of one up to the next `${`.
    Template {
        /// An expression follows, up to `}`.
        continues: bool,
    },
    /// An operator or a bracket, as long as it goes.
    Mark,
}

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// A line ends between the token before and this one.
    pub(super) on_new_line: bool,
}

/// Operators of several characters that matter to the walk, longest first.
const MARKS: [&str; 27] = [
    ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=", "=>", "==", "!=",
    "<=", ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=",
];

/// Reads tokens on from a place.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    script: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Up to here no regular expression begins: one that seemed to did not end on this line.
    no_regex_before: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn over(script: &'a str) -> Self {
        let mut lexer = Self { script, bytes: script.as_bytes(), at: 0, no_regex_before: 0 };
        if script.starts_with("#!") {
            lexer.skip_line();
        }
        lexer
    }

    pub(super) fn text(&self, token: Token) -> &'a str {
        self.script.get(token.start..token.end).unwrap_or_default()
    }

    /// The next token. `regex`: a slash here would begin a regular expression.
    pub(super) fn next(&mut self, regex: bool) -> Option<Token> {
        let on_new_line = self.skip_blank();
        let start = self.at;
        let kind = match self.peek(0)? {
            b'"' | b'\'' => self.string(),
            b'`' => {
                self.at += 1;
                self.template()
            }
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_some_and(|byte| byte.is_ascii_digit()) => self.number(),
            b'/' if regex && self.regex() => TokenKind::Literal,
            byte if is_word(byte) || byte == b'\\' || byte == b'#' => self.word(),
            _ => self.mark(),
        };
        Some(Token { kind, start, end: self.at, on_new_line })
    }

    /// Whether the next token is `{`.
    pub(super) fn is_before_brace(&mut self) -> bool {
        let at = self.at;
        self.skip_blank();
        let found = self.peek(0) == Some(b'{');
        self.at = at;
        found
    }

    /// Goes on with a template behind the `}` of an expression within it.
    pub(super) fn rest_of_template(&mut self, start: usize) -> Token {
        let kind = self.template();
        Token { kind, start, end: self.at, on_new_line: false }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Passes over white space and comments; whether a line ended in them.
    fn skip_blank(&mut self) -> bool {
        let mut on_new_line = false;
        loop {
            let rest = self.rest();
            match rest {
                [b'\n' | b'\r', ..] => {
                    on_new_line = true;
                    self.at += 1;
                }
                [b' ' | b'\t' | 0x0b | 0x0c, ..] => self.at += 1,
                // No-break space, byte order mark, line and paragraph separator.
                [0xc2, 0xa0, ..] => self.at += 2,
                [0xef, 0xbb, 0xbf, ..] => self.at += 3,
                [0xe2, 0x80, 0xa8 | 0xa9, ..] => {
                    on_new_line = true;
                    self.at += 3;
                }
                [b'/', b'/', ..] => self.skip_line(),
                [b'/', b'*', inner @ ..] => {
                    let end = inner.windows(2).position(|two| two == b"*/");
                    let length = end.map_or(rest.len(), |end| end + 4);
                    let comment = rest.get(..length).unwrap_or_default();
                    on_new_line |= comment.contains(&b'\n');
                    self.at += length;
                }
                _ => return on_new_line,
            }
        }
    }

    fn skip_line(&mut self) {
        let rest = self.rest();
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        self.at += end.unwrap_or(rest.len());
    }

    /// A string ends with its quote, or with the line where that is missing.
    fn string(&mut self) -> TokenKind {
        let quote = self.peek(0);
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'\n' => break,
                _ if Some(byte) == quote => break,
                _ => (),
            }
        }
        self.at = self.at.min(self.bytes.len());
        TokenKind::Text
    }

    fn template(&mut self) -> TokenKind {
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'`' => return TokenKind::Template { continues: false },
                b'$' if self.peek(0) == Some(b'{') => {
                    self.at += 1;
                    return TokenKind::Template { continues: true };
                }
                _ => (),
            }
        }
        self.at = self.at.min(self.bytes.len());
        TokenKind::Template { continues: false }
    }

    /// Digits, letters, dots and underscores; a sign behind an exponent.
    fn number(&mut self) -> TokenKind {
        let is_hex = matches!(self.rest(), [b'0', b'x' | b'X' | b'b' | b'B' | b'o' | b'O', ..]);
        let mut has_dot = false;
        while let Some(byte) = self.peek(0) {
            let is_sign = matches!(byte, b'+' | b'-');
            let before = self.at.checked_sub(1).and_then(|at| self.bytes.get(at));
            let after_exponent = !is_hex && matches!(before, Some(b'e' | b'E'));
            // `1..toString()`: the second dot is a member's.
            let is_dot = byte == b'.' && !has_dot && !is_hex;
            if !(byte.is_ascii_alphanumeric()
                || byte == b'_'
                || is_dot
                || (is_sign && after_exponent))
            {
                break;
            }
            has_dot |= is_dot;
            self.at += 1;
        }
        TokenKind::Literal
    }

    /// Passes over a regular expression, unless its line ends within it: then it was a division.
    fn regex(&mut self) -> bool {
        if self.at < self.no_regex_before {
            return false;
        }
        let mut in_class = false;
        let mut at = self.at + 1;
        loop {
            match self.bytes.get(at) {
                None | Some(b'\n' | b'\r') => {
                    self.no_regex_before = at;
                    return false;
                }
                Some(b'\\') => at += 1,
                Some(b'[') => in_class = true,
                Some(b']') => in_class = false,
                Some(b'/') if !in_class => break,
                Some(_) => (),
            }
            at += 1;
        }
        at += 1;
        while self.bytes.get(at).is_some_and(u8::is_ascii_alphabetic) {
            at += 1;
        }
        self.at = at;
        true
    }

    /// Letters, digits, `$`, `_`, all that is not ASCII, `\u{61}`, a leading `#`.
    fn word(&mut self) -> TokenKind {
        self.at += usize::from(self.peek(0) == Some(b'#'));
        while let Some(byte) = self.peek(0) {
            match self.rest() {
                [b'\\', b'u', b'{', ..] => {
                    let end = self.rest().iter().take(12).position(|byte| *byte == b'}');
                    self.at += end.map_or(3, |end| end + 1);
                }
                [b'\\', b'u', ..] => self.at += 2,
                [b'\\', ..] => {
                    self.at += 1;
                    break;
                }
                // A separator of lines or a no-break space is no letter.
                [0xe2, 0x80, 0xa8 | 0xa9, ..] | [0xc2, 0xa0, ..] => break,
                _ if is_word(byte) => self.at += 1,
                _ => break,
            }
        }
        TokenKind::Word
    }

    fn mark(&mut self) -> TokenKind {
        let rest = self.rest();
        let long = MARKS.iter().find(|mark| rest.starts_with(mark.as_bytes()));
        let length = match long {
            // `a?.5:b` is a condition.
            Some(&"?.") if self.peek(2).is_some_and(|byte| byte.is_ascii_digit()) => 1,
            Some(mark) => mark.len(),
            None => 1,
        };
        self.at += length;
        TokenKind::Mark
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}
