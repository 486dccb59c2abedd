//! One part of an image layout, the digests around it right.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    assize_fuzz::image(data);
});
