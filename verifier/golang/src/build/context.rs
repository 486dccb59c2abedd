//! The build that is asked about: platform, tags, release.

use super::lists::UNIX_OS;
use std::collections::BTreeSet;

/// A build context of the gc compiler, as `go/build.Context`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// GOOS.
    pub os: String,
    /// GOARCH.
    pub arch: String,
    /// Whether cgo is on (`CGO_ENABLED`).
    pub cgo: bool,
    /// What `-tags` sets, and experiments and architecture features (`goexperiment.x`, `amd64.v1`).
    pub tags: BTreeSet<String>,
    /// N of the newest satisfied release tag `go1.N`.
    pub release: u32,
}

impl Context {
    /// The defaults of Go 1.26 for a platform: cgo off, no tags but the default experiments and features.
    pub fn new(os: &str, arch: &str) -> Context {
        let mut tags: BTreeSet<String> =
            default_experiments(os, arch).map(|name| format!("goexperiment.{name}")).collect();
        tags.extend(default_features(arch).iter().map(|feature| format!("{arch}.{feature}")));
        Context { os: os.into(), arch: arch.into(), cgo: false, tags, release: 26 }
    }

    /// Adds build tags, each of which may itself be a comma- or space-separated list as `-tags` takes it.
    pub fn with_tags<'a>(mut self, tags: impl IntoIterator<Item = &'a str>) -> Context {
        let words = tags.into_iter().flat_map(|list| list.split([',', ' ']));
        self.tags.extend(words.filter(|word| !word.is_empty()).map(String::from));
        self
    }

    /// Whether a tag is satisfied (go/build `matchTag`).
    pub fn satisfies(&self, tag: &str) -> bool {
        if tag == "cgo" && self.cgo {
            return true;
        }
        if tag == self.os || tag == self.arch || tag == "gc" || self.os_implies(tag) {
            return true;
        }
        // The old name of the experiment.
        let tag = if tag == "boringcrypto" { "goexperiment.boringcrypto" } else { tag };
        self.tags.contains(tag) || self.is_release(tag)
    }

    fn os_implies(&self, tag: &str) -> bool {
        match (self.os.as_str(), tag) {
            ("android", "linux") | ("illumos", "solaris") | ("ios", "darwin") => true,
            (os, "unix") => UNIX_OS.contains(&os),
            _ => false,
        }
    }

    /// `go1.1` to `go1.N`; `go1` alone, `go1.0` and `go1.01` are no release tags.
    fn is_release(&self, tag: &str) -> bool {
        let Some(minor) = tag.strip_prefix("go1.") else { return false };
        minor.parse::<u32>().is_ok_and(|n| n.to_string() == minor && (1..=self.release).contains(&n))
    }
}

/// The baseline of GOEXPERIMENT (internal/buildcfg/exp.go, Go 1.26).
fn default_experiments(os: &str, arch: &str) -> impl Iterator<Item = &'static str> {
    let registers = matches!(arch, "amd64" | "arm64" | "loong64" | "ppc64le" | "ppc64" | "riscv64" | "s390x");
    let dwarf5 = !matches!(os, "darwin" | "ios" | "aix");
    [
        ("regabiwrappers", registers),
        ("regabiargs", registers),
        ("dwarf5", dwarf5),
        ("greenteagc", true),
        ("randomizedheapbase64", true),
    ]
    .into_iter()
    .filter_map(|(name, on)| on.then_some(name))
}

/// The feature tags of an architecture's default level (internal/buildcfg/cfg.go `gogoarchTags`, Go 1.26).
fn default_features(arch: &str) -> &'static [&'static str] {
    match arch {
        "386" => &["sse2"],
        "amd64" => &["v1"],
        "arm" => &["5", "6", "7"],
        "arm64" => &["v8.0"],
        "mips" | "mipsle" | "mips64" | "mips64le" => &["hardfloat"],
        "ppc64" | "ppc64le" => &["power8"],
        "riscv64" => &["rva20u64"],
        "wasm" => &["satconv", "signext"],
        _ => &[],
    }
}
