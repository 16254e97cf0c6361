//! What the walk is inside of.

use super::names::NamePart;

/// An open bracket, or a construct that has begun.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) what: What,
    /// Conditions (`a ? b : c`) whose colon is still to come.
    pub(super) conditions: u32,
}

/// The constructs.
#[derive(Debug)]
pub(super) enum What {
    /// `(`: call, group, or parameters of an arrow function, which is known at `=>`.
    Group { start: usize, hint: Vec<NamePart> },
    /// `(` behind `if`, `for` and the like.
    Control,
    /// `(` of the function whose head is below.
    Parameters,
    /// `[`.
    Array,
    /// `{` of statements.
    Block,
    /// `{` of an object literal or a pattern.
    Object {
        owner: Vec<NamePart>,
        key: Option<NamePart>,
        /// Where the entry's first word stands (`async` of a method).
        entry: Option<usize>,
        in_value: bool,
    },
    /// From `class` to its `{`.
    ClassHead { start: usize, name: Vec<NamePart>, is_statement: bool },
    /// `{` of a class.
    Class {
        start: usize,
        name: Vec<NamePart>,
        is_statement: bool,
        key: Option<NamePart>,
        entry: Option<usize>,
        in_value: bool,
    },
    /// From `function`, or from a method's parameters, to its `{`.
    FunctionHead(Function),
    /// `{` of a function.
    Body(Function),
    /// An arrow function without braces.
    ArrowValue(Function),
    /// `${` of a template.
    Template,
}

/// A function in the making.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) start: usize,
    pub(super) name: Vec<NamePart>,
    /// It stands as a statement: behind its `}` a new one begins.
    pub(super) is_statement: bool,
    pub(super) is_constructor: bool,
    pub(super) has_own_name: bool,
}

impl Open {
    pub(super) fn new(what: What) -> Self {
        Self { what, conditions: 0 }
    }

    /// The character that closes it, if one does.
    pub(super) fn closer(&self) -> Option<char> {
        match self.what {
            What::Group { .. } | What::Control | What::Parameters => Some(')'),
            What::Array => Some(']'),
            What::Block
            | What::Object { .. }
            | What::Class { .. }
            | What::Body(_)
            | What::Template => Some('}'),
            What::ClassHead { .. } | What::FunctionHead(_) | What::ArrowValue(_) => None,
        }
    }
}
