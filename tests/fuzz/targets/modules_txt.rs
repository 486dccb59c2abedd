//! Vendor/modules.txt.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    assize_golang::vendor::parse_modules_txt(data);
});
