#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bothways_fuzz::tenant_export(data));
