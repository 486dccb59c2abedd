//! Deployment files and container profiles; the first byte says whether it is YAML, a template or JSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((which, text)) = data.split_first() else { return };
    let name = ["deploy.yaml", "seccomp.json", "compose.yaml"][usize::from(*which) % 3];
    assize_fuzz::beside_source(name, text, "source.seccomp_profiles");
});
