#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trapline_fuzz::symbols::any_table(bytes));
