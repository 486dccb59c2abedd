//! Build constraints, alone and at the head of a file.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(expr) = assize_golang::build::parse_go_build(data) {
        expr.eval(&|tag| tag.len() % 2 == 0);
        expr.can_hold();
    }
    assize_golang::build::parse_plus_build(data).ok();
    assize_golang::build::constraint(data, &assize_golang::build::Context::new("linux", "amd64"));
});
