//! ELF executables, by the inventory and by the room of binaries.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    assize_fuzz::executable(data);
});
