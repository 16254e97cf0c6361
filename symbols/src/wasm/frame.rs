//! Frames of wasm, as engines name them and as a Rust developer reads them.

use crate::table::Code;

/// What a frame's text says of a place in a module: [`Code`], with an owned name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Calls {
    /// Offset in the module's bytes.
    Offset(u64),
    /// Number of the function.
    Index(u32),
    /// Name of the function, tidied as the table's are.
    Name(String),
}

impl Calls {
    /// What a table is asked.
    #[must_use]
    pub fn code(&self) -> Code<'_> {
        match self {
            Self::Offset(offset) => Code::Offset(*offset),
            Self::Index(index) => Code::Index(*index),
            Self::Name(name) => Code::Name(name),
        }
    }
}

/// What an event's frame of wasm is looked up by: its `column` is the offset (Chromium, Firefox) where its `line` is 1;
/// otherwise `function` is `wasm-function[12]` or a name (WebKit).
#[must_use]
pub fn code_of(function: &str, line: u32, column: u32) -> Option<Calls> {
    if line > 0 && column > 0 {
        return Some(Calls::Offset(u64::from(column)));
    }
    let index = function.strip_prefix("wasm-function[").and_then(|rest| rest.strip_suffix(']'));
    match index.map(str::parse) {
        Some(Ok(index)) => Some(Calls::Index(index)),
        _ if function.is_empty() => None,
        _ => Some(Calls::Name(tidy_name(function))),
    }
}

/// A function's name, demangled, without hashes and generics: `shop::cart::Cart::add`, `shop::pay::{closure#0}`,
/// `<shop::Cart as core::fmt::Debug>::fmt`. What is not Rust stays as it is.
#[must_use]
pub fn tidy_name(name: &str) -> String {
    let demangled = demangled(name);
    let name = demangled.split(" (.llvm").next().unwrap_or_default();
    let name = without_hash(name).replace("{{", "{").replace("}}", "}");
    // Linkers demangle names themselves: those of C++ have argument lists.
    if name.contains('(') && !name.starts_with('<') { name } else { without_generics(&name) }
}

/// Linkers demangle what they write into a module's names, so engines say few mangled ones.
#[cfg(feature = "dwarf")]
fn demangled(name: &str) -> String {
    rustc_demangle::try_demangle(name).map_or_else(|_| name.to_owned(), |name| format!("{name:#}"))
}

#[cfg(not(feature = "dwarf"))]
fn demangled(name: &str) -> String {
    name.to_owned()
}

/// `shop::pay::h0123456789abcdef` → `shop::pay`; linkers that fold equal functions leave two.
fn without_hash(name: &str) -> &str {
    let is_hash =
        |hash: &&str| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    match name.rsplit_once("::h") {
        Some((rest, hash)) if is_hash(&hash) => without_hash(rest),
        _ => name,
    }
}

/// Drops what stands in `<…>` behind a name and in `[…]` (the hash of a crate): `core[8c2d]::ptr::drop_in_place::<T>` →
/// `core::ptr::drop_in_place`. What begins with `<` is a type, and stays.
fn without_generics(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut depth = 0_usize;
    let mut kept: Vec<bool> = Vec::new();
    let mut before = ' ';
    for char in name.chars() {
        match char {
            '<' | '['
                if before.is_alphanumeric() || before == '_' || (char == '<' && before == ':') =>
            {
                if depth == 0 && out.ends_with("::") {
                    out.truncate(out.len() - 2);
                }
                depth += 1;
                kept.push(false);
            }
            '<' | '[' => {
                out.extend((depth == 0).then_some(char));
                kept.push(true);
            }
            // An arrow.
            '>' if before == '-' => out.extend((depth == 0).then_some(char)),
            '>' | ']' => match kept.pop() {
                Some(false) => depth = depth.saturating_sub(1),
                _ if depth == 0 => out.push(char),
                _ => {}
            },
            char if depth == 0 => out.push(char),
            _ => {}
        }
        before = char;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: &str) {
        assert_eq!(tidy_name(name), expected, "{name}");
    }

    #[test]
    #[cfg(feature = "dwarf")]
    fn mangled_names_are_read_as_in_the_source() {
        check("_ZN4shop4cart4Cart3add17h0123456789abcdefE", "shop::cart::Cart::add");
        check("_RNvNtCs1234_4shop4cart3add", "shop::cart::add");
        check("_RNCNvCs1234_4shop3pay0B3_", "shop::pay::{closure#0}");
    }

    #[test]
    fn names_are_read_as_in_the_source() {
        check("shop::cart::Cart::add::h0123456789abcdef", "shop::cart::Cart::add");
        check("shop::pay::{{closure}}::h0123456789abcdef", "shop::pay::{closure}");
        check(
            "core::ptr::drop_in_place<alloc::vec::Vec<shop::Line>>::h0123456789abcdef",
            "core::ptr::drop_in_place",
        );
        check("core[8c2d0f1e8c2d0f1e]::option::unwrap_failed", "core::option::unwrap_failed");
        check("shop::total::<alloc::vec::Vec<f64>>", "shop::total");
        check(
            "<shop::Cart<T> as core::fmt::Debug>::fmt::h0123456789abcdef",
            "<shop::Cart as core::fmt::Debug>::fmt",
        );
        check(
            "<alloc::vec::Vec<T,A> as core::ops::index::Index<I>>::index::h0123456789abcdef",
            "<alloc::vec::Vec as core::ops::index::Index>::index",
        );
        check("<dyn core::any::Any>::type_id", "<dyn core::any::Any>::type_id");
        check("<fn(A) -> B as shop::Call>::call", "<fn(A) -> B as shop::Call>::call");
        check("<[T] as shop::Sum>::sum", "<[T] as shop::Sum>::sum");
        check("rust_begin_unwind", "rust_begin_unwind");
        check("__rustc[5224e6b81cd82a8f]::__rust_start_panic", "__rustc::__rust_start_panic");
        check("std::panicking::panic_with_hook", "std::panicking::panic_with_hook");
        check("Shop::pay(std::vector<int>&) const", "Shop::pay(std::vector<int>&) const");
        check(
            "shop::_::__wasm_bindgen_generated_pack::{{closure}}",
            "shop::_::__wasm_bindgen_generated_pack::{closure}",
        );
        check("shop::pay::h0123456789abcdef::h0123456789abcdef", "shop::pay");
        check("pack", "pack");
        check("corelib::run", "corelib::run");
        check("", "");
    }

    #[test]
    fn frames_of_each_engine_are_looked_up_by_what_they_have() {
        assert_eq!(code_of("wasm-function[12]", 1, 499), Some(Calls::Offset(499)));
        assert_eq!(code_of("wasm-function[12]", 0, 0), Some(Calls::Index(12)));
        let name = "shop::pay::h0123456789abcdef";
        assert_eq!(code_of(name, 0, 0), Some(Calls::Name("shop::pay".into())));
        assert_eq!(code_of("", 0, 0), None);
    }
}
