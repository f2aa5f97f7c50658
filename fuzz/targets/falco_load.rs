#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kaudit_fuzz::falco_load(data));
