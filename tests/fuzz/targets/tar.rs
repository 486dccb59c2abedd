//! Tar archives, their checksums mended.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    assize_fuzz::delivered("x", &assize_fuzz::with_checksums(data));
});
