//! Build files of every tool, carried out as far as they set, change or build something; the first byte says which tool's it is.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    const NAMES: &[&str] = &[
        "Makefile",
        "Dockerfile",
        "build.sh",
        ".gitlab-ci.yml",
        ".goreleaser.yml",
        "Taskfile.yml",
        "compose.yaml",
        "go.env",
        ".envrc",
        ".github/workflows/w.yml",
    ];
    let Some((which, text)) = data.split_first() else { return };
    assize_fuzz::beside_source(NAMES[usize::from(*which) % NAMES.len()], text, "inventory.build_settings");
});
