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

    /// The build of a release `1.N` with settings by the names under which the build information records them (`-tags`, `-race`, `GOEXPERIMENT`,
    /// `GOAMD64`, …); those that select no files are passed over.
    pub fn of<'a>(
        os: &str,
        arch: &str,
        release: u32,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Context {
        let mut context = Context { release, ..Context::new(os, arch) };
        context.at_release();
        for (name, value) in settings {
            context.set(name, value);
        }
        context
    }

    /// The default experiments of a line beside 1.26 (internal/buildcfg/exp.go, Go 1.25 to 1.27).
    fn at_release(&mut self) {
        for (name, from) in [("dwarf5", 25), ("greenteagc", 26), ("randomizedheapbase64", 26)] {
            if self.release < from {
                self.tags.remove(&format!("goexperiment.{name}"));
            }
        }
        if self.release >= 27 {
            self.tags.extend(["goexperiment.jsonv2", "goexperiment.sizespecializedmalloc"].map(String::from));
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        match name {
            "-tags" => self.tags.extend(value.split([',', ' ']).filter(|tag| !tag.is_empty()).map(String::from)),
            // instrumentInit of cmd/go/internal/work (init.go).
            "-race" | "-msan" | "-asan" if value == "true" => {
                self.tags.insert(name[1..].to_owned());
            }
            "CGO_ENABLED" => self.cgo = value == "1",
            "GOFIPS140" => self.tags.extend(fips140(value)),
            "GOEXPERIMENT" => value.split(',').for_each(|experiment| self.experiment(experiment)),
            _ => {
                if let Some(tags) = features(&self.arch, name, value) {
                    let of_arch = format!("{}.", self.arch);
                    self.tags.retain(|tag| !tag.starts_with(&of_arch));
                    self.tags.extend(tags.into_iter().map(|tag| format!("{of_arch}{tag}")));
                }
            }
        }
    }

    /// One of GOEXPERIMENT (internal/buildcfg/exp.go, ParseGOEXPERIMENT).
    fn experiment(&mut self, name: &str) {
        match (name, name.strip_prefix("no")) {
            ("", _) => {}
            ("none", _) => self.tags.retain(|tag| !tag.starts_with("goexperiment.")),
            (_, Some(off)) => {
                self.tags.remove(&format!("goexperiment.{off}"));
            }
            (_, None) => {
                self.tags.insert(format!("goexperiment.{name}"));
            }
        }
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

/// The feature tags that a setting brings instead of the default ones; `None` for a setting of something else (internal/buildcfg/cfg.go `gogoarchTags`,
/// Go 1.26).
fn features(arch: &str, name: &str, value: &str) -> Option<Vec<String>> {
    let up_to = |from: u32, to: &str, shown: fn(u32) -> String| -> Option<Vec<String>> {
        Some((from..=to.parse::<u32>().ok().filter(|to| *to < 100)?).map(shown).collect())
    };
    match (arch, name) {
        ("386", "GO386") | ("mips" | "mipsle", "GOMIPS") | ("mips64" | "mips64le", "GOMIPS64") => {
            Some(vec![value.into()])
        }
        ("amd64", "GOAMD64") => up_to(1, value.strip_prefix('v')?, |n| format!("v{n}")),
        // `7,softfloat`.
        ("arm", "GOARM") => up_to(5, value.split(',').next()?, |n| n.to_string()),
        ("arm64", "GOARM64") => arm64(value.split(',').next()?),
        ("ppc64" | "ppc64le", "GOPPC64") => up_to(8, value.strip_prefix("power")?, |n| format!("power{n}")),
        ("riscv64", "GORISCV64") => {
            const PROFILES: [&str; 3] = ["rva20u64", "rva22u64", "rva23u64"];
            let last = PROFILES.iter().position(|profile| *profile == value)?;
            Some(PROFILES[..=last].iter().map(|profile| (*profile).to_owned()).collect())
        }
        _ => None,
    }
}

/// The tag that the Go command adds for a frozen module of cryptography, as in `v1.0.0-c2097c7c`; names for the newest one (`inprocess`) are not known
/// here (cmd/go/internal/fips140, Go 1.26).
pub fn fips140(version: &str) -> Option<String> {
    let (major, rest) = version.strip_prefix('v')?.split_once('.')?;
    let minor = rest.split('.').next()?;
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (is_number(major) && is_number(minor)).then(|| format!("fips140v{major}.{minor}"))
}

/// `v9.N` brings what `v8.N+5` has as well.
fn arm64(value: &str) -> Option<Vec<String>> {
    let (major, minor) = value.strip_prefix('v')?.split_once('.')?;
    let minor = minor.parse::<u32>().ok().filter(|minor| *minor <= 9)?;
    let of = |major: u32, last: u32| (0..=last).map(move |n| format!("v{major}.{n}"));
    match major {
        "8" => Some(of(8, minor).collect()),
        "9" => Some(of(9, minor).chain(of(8, (minor + 5).min(9))).collect()),
        _ => None,
    }
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
