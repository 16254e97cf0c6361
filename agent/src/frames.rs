//! The frames of a stack as text, oldest call first, as the protocol has them. They cross to the façade so because
//! building objects from here would cost every visitor 3 KB:
//!
//! ```text
//! answer = [ "unread" ] { "\n" frame }
//! frame  = line "\t" column "\t" file "\t" function
//! ```
//!
//! `unread` says that no grammar read some line: the raw text shall go along. Names may hold anything but the end of a
//! line, tabs too: they stand last.

use alloc::string::String;

use trapline_core::stack;

/// As texts: adding a char is 500 B long.
const TAB: &str = "\t";
const NEWLINE: &str = "\n";

/// Reads a raw stack and writes its frames.
pub fn frames_of(text: &str) -> String {
    let stack = stack::parse(text);
    let mut answer = String::with_capacity(text.len());
    if !stack.unread_lines.is_empty() {
        answer.push_str("unread");
    }
    for frame in stack.frames.iter().rev() {
        answer.push_str(NEWLINE);
        push_number(&mut answer, frame.line);
        push_number(&mut answer, frame.column);
        answer.push_str(&frame.file);
        answer.push_str(TAB);
        answer.push_str(&frame.function);
    }
    answer
}

/// Printing by the standard library is 2 KB long.
fn push_number(answer: &mut String, number: u32) {
    let mut place = 1;
    while number / place >= 10 {
        place *= 10;
    }
    while place > 0 {
        let digit = (number / place % 10) as usize;
        answer.push_str("0123456789".get(digit..=digit).unwrap_or_default());
        place /= 10;
    }
    answer.push_str(TAB);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stack: &str, expected: &str) {
        assert_eq!(frames_of(stack), expected);
    }

    #[test]
    fn oldest_call_stands_first() {
        check(
            "Error: order failed\n    at pay (https://shop.test/a.js:3:4)\n    at https://shop.test/a.js:9:1",
            "\n9\t1\thttps://shop.test/a.js\t\n3\t4\thttps://shop.test/a.js\tpay",
        );
        check("Error: order failed", "");
        check("", "");
    }

    #[test]
    fn line_that_is_not_read_is_said_so() {
        check(
            "    at pay (https://shop.test/a.js:3:4)\n    at ???",
            "unread\n3\t4\thttps://shop.test/a.js\tpay",
        );
    }

    #[test]
    fn tab_in_a_name_stands_last() {
        check("    at Map.a\tb (native)", "\n0\t0\tnative\tMap.a\tb");
    }
}
