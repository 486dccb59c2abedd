//! Go.mod and go.work by both readers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    assize_golang::modfile::parse_go_mod(data, assize_golang::modfile::Strictness::Main);
    assize_golang::modfile::parse_go_mod(data, assize_golang::modfile::Strictness::Dependency);
    assize_golang::modfile::parse_go_work(data);
});
