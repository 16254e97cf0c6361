//! The frames of a stack as text, oldest call first, as the protocol has them. They cross to the façade so because
//! building objects from here would cost every visitor 3 KB:
//!
//! ```text
//! answer = [ "unread" ] { "\n" frame }
//! frame  = function "\t" file "\t" line "\t" column "\t" ( "1" if in-app | "" )
//! ```
//!
//! `unread` says that no grammar read some line: the raw text shall go along.

use alloc::string::String;

use trapline_core::stack;

/// Reads a raw stack and writes its frames.
pub fn frames_of(text: &str) -> String {
    let stack = stack::parse(text);
    let mut answer = String::with_capacity(text.len());
    if !stack.unread_lines.is_empty() {
        answer.push_str("unread");
    }
    for frame in stack.frames.iter().rev() {
        answer.push('\n');
        push_field(&mut answer, &frame.function);
        push_field(&mut answer, &frame.file);
        push_number(&mut answer, frame.line);
        push_number(&mut answer, frame.column);
        if stack::is_in_app(&frame.file) {
            answer.push('1');
        }
    }
    answer
}

/// Names may hold anything but the end of a line, so a tab becomes a space.
fn push_field(answer: &mut String, field: &str) {
    answer.extend(field.chars().map(|char| if char == '\t' { ' ' } else { char }));
    answer.push('\t');
}

/// Printing by the standard library is 2 KB long.
fn push_number(answer: &mut String, number: u32) {
    let mut place = 1;
    while number / place >= 10 {
        place *= 10;
    }
    while place > 0 {
        let digit = number / place % 10;
        answer.extend(char::from_digit(digit, 10));
        place /= 10;
    }
    answer.push('\t');
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
            "\n\thttps://shop.test/a.js\t9\t1\t1\npay\thttps://shop.test/a.js\t3\t4\t1",
        );
        check("Error: order failed", "");
        check("", "");
    }

    #[test]
    fn line_that_is_not_read_is_said_so() {
        check(
            "    at pay (https://shop.test/a.js:3:4)\n    at ???",
            "unread\npay\thttps://shop.test/a.js\t3\t4\t1",
        );
    }

    #[test]
    fn tab_in_a_name_does_not_end_the_field() {
        check("    at Map.a\tb (native)", "\nMap.a b\tnative\t0\t0\t");
    }
}
