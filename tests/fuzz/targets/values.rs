//! Expressions that the evaluator follows, in a place where their value matters.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    assize_fuzz::source(
        &[
            b"package main\n\nimport \"crypto/tls\"\n\nconst a, b = 3, \"x\"\n\nvar c = &tls.Config{MinVersion: ",
            data,
            b"}\n\nfunc main() { tls.Listen(\"tcp\", b, c) }\n",
        ]
        .concat(),
    );
});
