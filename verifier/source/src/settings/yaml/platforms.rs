//! The platforms that a build of goreleaser is for, and what it does differently for some (goreleaser, Builds).

use super::{shown, texts};
use serde_json::Value as Json;

/// A build for more is none that anybody wrote.
const MOST: usize = 100;
/// What it builds for where nothing is said.
const SYSTEMS: [&str; 3] = ["darwin", "linux", "windows"];
const MACHINES: [&str; 3] = ["386", "amd64", "arm64"];

/// A system and a machine, where they are told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Platform {
    pub os: Option<String>,
    pub arch: Option<String>,
}

/// What is built for which platform: the build itself, or the override that takes its place there.
pub(super) fn variants(build: &Json) -> Vec<(&Json, Platform)> {
    let overrides: Vec<&Json> = build.get("overrides").and_then(Json::as_array).into_iter().flatten().collect();
    let of = |own: &Json| Platform { os: own.get("goos").map(shown), arch: own.get("goarch").map(shown) };
    let platforms = platforms(build, !overrides.is_empty());
    // One for a machine's level, or for no machine, need not take the place of anything.
    let is_exact = |own: &&&Json| {
        let others = ["goarm", "goarm64", "gomips", "go386", "goppc64", "goriscv64"];
        own.get("goamd64").is_none_or(|level| level == "v1") && others.iter().all(|key| own.get(*key).is_none())
    };
    let taken = |platform: &Platform| overrides.iter().filter(is_exact).find(|own| of(own) == *platform).copied();
    let main = platforms.iter().map(|platform| (taken(platform).unwrap_or(build), platform.clone()));
    let rest = overrides.iter().filter(|own| !(is_exact(own) && platforms.contains(&of(own))));
    // What is built for no platform that is listed is not built.
    let is_listed = |own: &&&Json| !platforms.is_empty() || own.get("goos").is_none();
    main.chain(rest.filter(is_listed).map(|own| (*own, of(own)))).collect()
}

/// `goos` and `goarch` without what `ignore` takes away, or `targets` in their place.
fn platforms(build: &Json, is_varied: bool) -> Vec<Platform> {
    let targets = texts(build.get("targets"));
    if !targets.is_empty() {
        let is_name = |target: &String| {
            !target.starts_with("go_") && target.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.".contains(&b))
        };
        if !targets.iter().all(is_name) {
            return vec![Platform::default()];
        }
        let of = |target: &String| {
            let mut parts = target.split('_').map(str::to_owned);
            Platform { os: parts.next(), arch: parts.next() }
        };
        return targets.iter().take(MOST).map(of).collect();
    }
    if !is_varied && build.get("goos").is_none() && build.get("goarch").is_none() {
        return vec![Platform::default()];
    }
    let list = |key: &str, usual: &[&str]| match texts(build.get(key)) {
        none if none.is_empty() => usual.iter().map(|name| (*name).to_owned()).collect(),
        given => given,
    };
    let (systems, machines) = (list("goos", &SYSTEMS), list("goarch", &MACHINES));
    let ignored: Vec<&Json> = build.get("ignore").and_then(Json::as_array).into_iter().flatten().collect();
    let is_ignored = |os: &str, arch: &str| {
        let fits = |entry: &&&Json, key: &str, value: &str| entry.get(key).is_none_or(|given| shown(given) == value);
        let known = |entry: &&&Json| {
            entry
                .as_object()
                .is_some_and(|all| !all.is_empty() && all.keys().all(|key| key == "goos" || key == "goarch"))
        };
        ignored.iter().filter(known).any(|entry| fits(&entry, "goos", os) && fits(&entry, "goarch", arch))
    };
    let all = systems.iter().flat_map(|os| machines.iter().map(move |arch| (os, arch)));
    let kept = all.filter(|(os, arch)| !is_ignored(os, arch));
    kept.take(MOST).map(|(os, arch)| Platform { os: Some(os.clone()), arch: Some(arch.clone()) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_for_what_is_listed_and_not_ignored() {
        for (text, expected) in [
            ("{}", "?/?"),
            ("goos: [linux]", "linux/386 linux/amd64 linux/arm64"),
            ("goos: [linux, windows]\ngoarch: [amd64]", "linux/amd64 windows/amd64"),
            (
                "goos: [linux, windows]\ngoarch: [amd64, arm64]\nignore: [{goos: windows, goarch: arm64}]",
                "linux/amd64 linux/arm64 windows/amd64",
            ),
            (
                "goos: [linux]\ngoarch: [amd64, arm]\nignore: [{goos: linux, goarch: arm, goarm: 6}]",
                "linux/amd64 linux/arm",
            ),
            ("targets: [linux_amd64_v1, darwin_arm64]", "linux/amd64 darwin/arm64"),
            ("targets: [go_first_class]", "?/?"),
            ("goos: [linux]\ngoarch: [amd64]\noverrides: [{goos: linux, goarch: amd64}]", "linux/amd64!"),
            (
                "goos: [linux]\ngoarch: [amd64]\noverrides: [{goos: linux, goarch: amd64, goamd64: v3}]",
                "linux/amd64 linux/amd64!",
            ),
        ] {
            let build = super::super::parse(text).expect("it reads");
            let name = |part: &Option<String>| part.clone().unwrap_or_else(|| "?".into());
            let show = |(own, p): &(&Json, Platform)| {
                format!("{}/{}{}", name(&p.os), name(&p.arch), if std::ptr::eq(*own, &build) { "" } else { "!" })
            };
            assert_eq!(variants(&build).iter().map(show).collect::<Vec<_>>().join(" "), expected, "{text}");
        }
    }
}
