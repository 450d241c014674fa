#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| tieline_testkit::fuzz::im::round_trip(data));
