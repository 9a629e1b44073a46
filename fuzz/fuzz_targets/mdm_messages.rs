#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bothways_fuzz::mdm_messages(data));
