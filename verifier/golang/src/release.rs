//! Go's own versions: the `go` line, toolchain names, and their order (internal/gover, go/version, Go 1.26).

use crate::semver::{decimal, integer};
use std::cmp::Ordering;

/// A Go version without its `go` prefix: `MAJOR[.MINOR[.PATCH | KIND PRE]]`; numbers are decimal texts of any length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release<'a> {
    pub major: &'a str,
    /// Never empty.
    pub minor: &'a str,
    /// Empty for a language version from 1.21 on (`1.21`) and for a release candidate.
    pub patch: &'a str,
    /// `alpha`, `beta`, `rc` or empty.
    pub kind: &'a str,
    pub pre: &'a str,
}

/// Parses `1.21`, `1.21rc1`, `1.21.3`.
pub fn parse(text: &str) -> Option<Release<'_>> {
    let (major, rest) = integer(text)?;
    let mut release = Release { major, minor: "0", patch: "0", kind: "", pre: "" };
    if rest.is_empty() {
        return Some(release);
    }
    let (minor, rest) = integer(rest.strip_prefix('.')?)?;
    (release.minor, release.patch) = (minor, "");
    if rest.is_empty() {
        // Before 1.21 a missing patch means zero; from then on 1.21 is a language version, older than 1.21rc1.
        release.patch = if decimal(minor, "21").is_lt() { "0" } else { "" };
        return Some(release);
    }
    if let Some(patch) = rest.strip_prefix('.') {
        let (patch, rest) = integer(patch)?;
        release.patch = patch;
        return rest.is_empty().then_some(release);
    }
    let (kind, pre) = rest.split_at(rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()));
    if kind.is_empty() || !kind.bytes().all(|b| b.is_ascii_lowercase()) {
        return None;
    }
    (release.kind, release.pre) = (kind, pre);
    let good = pre.is_empty() || integer(pre).is_some_and(|(_, rest)| rest.is_empty());
    good.then_some(release)
}

/// The order of `go` lines and toolchains: 1.21 < 1.21rc1 < 1.21.0; what is no version is less than every version.
pub fn compare(a: &str, b: &str) -> Ordering {
    match (parse(a), parse(b)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(a), Some(b)) => decimal(a.major, b.major)
            .then_with(|| decimal(a.minor, b.minor))
            .then_with(|| decimal(a.patch, b.patch))
            .then_with(|| a.kind.cmp(b.kind))
            .then_with(|| decimal(a.pre, b.pre)),
    }
}

/// The language version: `1.26` of `1.26.8` and of `1.26rc1`.
pub fn language(text: &str) -> Option<String> {
    let release = parse(text)?;
    if (release.major, release.minor) == ("1", "0") {
        return Some("1".into());
    }
    Some(format!("{}.{}", release.major, release.minor))
}

/// N of `1.N`; `None` for other majors and for numbers that no release will have.
pub fn minor(text: &str) -> Option<u32> {
    let release = parse(text)?;
    if release.major == "1" { release.minor.parse().ok() } else { None }
}

/// A toolchain as build information, `go version` and `runtime.Version` name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain<'a> {
    /// The version without `go`; `None` for development versions and for what is no version.
    pub version: Option<&'a str>,
    /// `devel …` of a compiler built from a working tree.
    pub devel: bool,
    /// What a vendor adds, as in `go1.25.3-vendor`, `go1.25.3+security1` and `go1.25.3 (Red Hat 1.25.3-1.el9)`; empty without.
    pub suffix: &'a str,
    /// Experiments that differ from the release's defaults (`X:boringcrypto`, also after a `-`), in order.
    pub experiments: Vec<&'a str>,
}

/// Takes a toolchain's name apart: `go1.26.8`, `go1.25.3-X:foo,bar`, `go1.20.3 X:boringcrypto`, `go1.21-custom`,
/// `devel go1.27-0123abc Mon …` (internal/buildcfg and cmd/link write them; cmd/go/internal/gover.FromToolchain reads them).
pub fn toolchain(name: &str) -> Toolchain<'_> {
    let devel = name == "devel" || name.starts_with("devel ");
    let word = if devel { name["devel".len()..].trim_start() } else { name };
    let ends: &[char] = if devel { &[' ', '\t', '-'] } else { &[' ', '\t', '-', '+'] };
    let (version, rest) = word.split_at(word.find(ends).unwrap_or(word.len()));
    // A name with a path separator would be looked up as a path.
    let version = version.strip_prefix("go").filter(|v| parse(v).is_some() && !name.contains(['/', '\\']));
    let suffix = suffix(rest.strip_prefix(['-', '+']).unwrap_or(rest), devel);
    let experiments = name
        .split([' ', '\t', '-'])
        .filter_map(|word| word.strip_prefix("X:"))
        .flat_map(|list| list.split(','))
        .filter(|word| !word.is_empty())
        .collect();
    Toolchain { version: if devel { None } else { version }, devel, suffix, experiments }
}

/// From the first word that names no experiments to the next that does; of a development version the first word, behind which its day stands.
fn suffix(rest: &str, devel: bool) -> &str {
    let is_experiment = |word: &str| word.starts_with("X:");
    let mut rest = rest.trim_start();
    if devel {
        let word = rest.split([' ', '\t']).next().unwrap_or("");
        return if is_experiment(word) { "" } else { word };
    }
    while is_experiment(rest) {
        rest = rest.find([' ', '\t']).map_or("", |end| rest[end..].trim_start());
    }
    let ends = [" X:", "\tX:"].iter().filter_map(|mark| rest.find(mark)).min();
    rest[..ends.unwrap_or(rest.len())].trim_end()
}

/// Whether two names of toolchains are of the same version, as far as both name one.
pub fn is_same(a: &str, b: &str) -> bool {
    match (toolchain(a).version, toolchain(b).version) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// What the Go command assumes for a go.mod without a `go` line.
pub const DEFAULT_GO_MOD: &str = "1.16";
/// What it assumes for a go.work without one.
pub const DEFAULT_GO_WORK: &str = "1.18";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_in_go() {
        let ordered = [
            "bad 1. 1.x 01.2 1.21.3rc1 1.21rc01 go1.21 1.21RC1 1.21.0.0",
            "1 1.0 1.0.0",
            "1.19rc1",
            "1.19 1.19.0",
            "1.19.1",
            "1.21",
            "1.21alpha1",
            "1.21beta2",
            "1.21rc1",
            "1.21rc2",
            "1.21rc11",
            "1.21.0",
            "1.21.10",
            "1.26",
            "1.26.8",
            "1.100",
            "1.99999999999",
            "2",
        ];
        let all: Vec<(usize, &str)> =
            ordered.iter().enumerate().flat_map(|(rank, line)| line.split(' ').map(move |v| (rank, v))).collect();
        for (i, a) in &all {
            for (j, b) in &all {
                assert_eq!(compare(a, b), i.cmp(j), "{a} and {b}");
            }
        }
    }

    #[test]
    fn languages_and_minors() {
        for (given, lang, number) in [
            ("1.26.8", Some("1.26"), Some(26)),
            ("1.21rc1", Some("1.21"), Some(21)),
            ("1.9", Some("1.9"), Some(9)),
            ("2.1", Some("2.1"), None),
            ("1", Some("1"), Some(0)),
            ("x", None, None),
        ] {
            assert_eq!(language(given).as_deref(), lang, "{given}");
            assert_eq!(minor(given), number, "{given}");
        }
    }

    #[test]
    fn toolchain_names_are_taken_apart() {
        let shown = |name| {
            let t = toolchain(name);
            format!("{:?} devel={} suffix={:?} {:?}", t.version, t.devel, t.suffix, t.experiments)
        };
        for (name, wanted) in [
            ("go1.26.8", r#"Some("1.26.8") devel=false suffix="" []"#),
            ("go1.25.3-X:foo,bar", r#"Some("1.25.3") devel=false suffix="" ["foo", "bar"]"#),
            ("go1.20.3 X:boringcrypto", r#"Some("1.20.3") devel=false suffix="" ["boringcrypto"]"#),
            ("go1.25.3+security1 X:foo", r#"Some("1.25.3") devel=false suffix="security1" ["foo"]"#),
            ("go1.21.1-vendor.2", r#"Some("1.21.1") devel=false suffix="vendor.2" []"#),
            ("go1.25.9 (Red Hat 1.25.9-1.el9_6)", r#"Some("1.25.9") devel=false suffix="(Red Hat 1.25.9-1.el9_6)" []"#),
            ("go1.26.8-X:foo custom X:bar", r#"Some("1.26.8") devel=false suffix="custom" ["foo", "bar"]"#),
            ("devel go1.27-0123abc Mon X:foo", r#"None devel=true suffix="0123abc" ["foo"]"#),
            ("devel +0123abc", r#"None devel=true suffix="" []"#),
            ("go1.26.x", r#"None devel=false suffix="" []"#),
            ("go1.21-../x", r#"None devel=false suffix="../x" []"#),
            ("gcc", r#"None devel=false suffix="" []"#),
        ] {
            assert_eq!(shown(name), wanted, "{name}");
        }
    }
}
