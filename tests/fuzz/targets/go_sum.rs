//! Go.sum and records of the checksum database.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    assize_golang::sum::parse_go_sum(data);
    assize_golang::sumdb::parse_record(data);
    if let Ok(text) = std::str::from_utf8(data) {
        assize_golang::sumdb::parse_tree(text);
    }
});
