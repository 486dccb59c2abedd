//! PE executables and COFF objects.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    assize_fuzz::executable(data);
});
