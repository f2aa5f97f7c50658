#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kaudit_fuzz::audit_policy(data));
