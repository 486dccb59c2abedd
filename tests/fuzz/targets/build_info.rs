//! Build information inside a whole ELF program.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    assize_fuzz::executable(&assize_fuzz::with_build_info(data));
});
