//! A whole Go file, for every kind of facts of the source.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    assize_fuzz::source(data);
});
