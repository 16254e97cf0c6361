//! A script's functions, and where the name of each stands: for function names from scopes.
//!
//! No parser: a scanner that knows tokens, brackets, and what a bracket is (body, class, object, parameters). It cannot
//! fail: code that it does not understand has no functions, or functions without names. One pass, memory bounded by the
//! depth of brackets and the number of functions.
//!
//! A function is named by what a developer would call it:
//! ```text
//! function pay() {}                pay           const pay = () => {}       pay
//! class Cart { add() {} }          Cart.add      class Cart { constructor() {} }   new Cart
//! cart.pay = function () {}        cart.pay      const api = { pay() {} }   api.pay
//! this.pay = () => {}              pay           Cart.prototype.add = …     Cart.add
//! items.map((x) => x.price)        no name
//! ```

mod brackets;
mod lexer;
mod names;
mod walk;

pub use names::NamePart;

/// A function of a script. All places are byte offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionRange {
    /// First byte: of `function`, `async`, the parameters of an arrow function, the key of a method.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
    /// What names it, outermost first; empty if nothing does.
    pub name: Vec<NamePart>,
    /// It is a constructor: the name is its class's.
    pub is_constructor: bool,
}

/// Deepest brackets that are followed; what is deeper has no functions.
const MAX_DEPTH: usize = 20_000;
/// Most parts of a name that are kept, the innermost.
const MAX_NAME_PARTS: usize = 6;

/// Finds the functions of a script, module or classic; where brackets balance, in the order of their ends (inner before outer).
#[must_use]
pub fn functions(script: &str) -> Vec<FunctionRange> {
    walk::Walk::over(script).run()
}
