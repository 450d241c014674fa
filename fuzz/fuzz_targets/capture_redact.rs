#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_testkit::fuzz::capture::redact(data));
