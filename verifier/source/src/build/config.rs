//! The builds that were declared: platform, tags, cgo, toolchain, and which packages they make.

use assize_facts::{BinarySpec, Deliverable};
use assize_golang::build::Context;
use assize_golang::release;
use std::collections::{BTreeMap, BTreeSet};

/// The release whose tags are satisfied where no toolchain is declared: the newest that the tables know.
const NEWEST_RELEASE: u32 = 26;

/// One declared build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub os: String,
    pub arch: String,
    pub tags: Vec<String>,
    /// What else selects files (`-race`, `GOEXPERIMENT`, `GOAMD64`), by its name in the build information.
    pub settings: BTreeMap<String, String>,
    /// `CGO_ENABLED`; `None` where nothing says, and the machine that builds decides.
    pub cgo: Option<bool>,
    /// N of the toolchain 1.N.
    pub release: u32,
    /// Whether the toolchain was declared.
    pub release_declared: bool,
    /// `-mod`, where a flag sets it.
    pub mod_flag: Option<String>,
    /// `GOWORK=off`.
    pub no_workspace: bool,
    /// The main packages as declared; empty: every main package.
    pub packages: Vec<String>,
    /// Tags that build files set for a delivered program and nobody declared; the build may be this one.
    pub undeclared: Option<String>,
}

impl Config {
    pub fn context(&self, cgo: bool) -> Context {
        let settings = self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let context = Context::of(&self.os, &self.arch, self.release, settings);
        Context { cgo, ..context.with_tags(self.tags.iter().map(String::as_str)) }
    }

    /// The settings of cgo to look at: both where it is not declared.
    pub fn cgo_settings(&self) -> Vec<bool> {
        self.cgo.map_or(vec![true, false], |cgo| vec![cgo])
    }

    /// Adds the tags of a `-tags`: apart by commas, or by blanks as before Go 1.13.
    fn tag(&mut self, value: &str) {
        let tags = value.trim_matches(['"', '\'']).split([',', ' ']).filter(|tag| !tag.is_empty());
        self.tags.extend(tags.map(String::from));
        self.tags.sort();
        self.tags.dedup();
    }

    /// Whether two builds differ in nothing but their packages.
    fn same_build(&self, other: &Config) -> bool {
        Config { packages: Vec::new(), ..self.clone() } == Config { packages: Vec::new(), ..other.clone() }
    }
}

/// The declared builds, those that differ only in their packages joined. A binary without a package means every main package.
pub(crate) fn configs(spec: &Deliverable) -> Vec<Config> {
    let mut configs: Vec<Config> = Vec::new();
    for binary in &spec.binaries {
        let config = of_binary(spec, binary);
        match configs.iter_mut().find(|c| c.same_build(&config)) {
            // No package means all of them, whatever else is named.
            Some(same) if same.packages.is_empty() || config.packages.is_empty() => same.packages.clear(),
            Some(same) => same.packages.extend(config.packages),
            None => configs.push(config),
        }
    }
    if configs.is_empty() {
        configs.push(plain(spec));
    }
    configs
}

fn plain(spec: &Deliverable) -> Config {
    let source = spec.source.as_ref();
    let platform = source.and_then(|s| s.platform.as_deref()).unwrap_or("linux/amd64");
    let (os, arch) = platform.split_once('/').unwrap_or((platform, "amd64"));
    Config {
        os: os.into(),
        arch: arch.into(),
        tags: source.map(|s| s.tags.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect()).unwrap_or_default(),
        settings: BTreeMap::new(),
        cgo: None,
        release: NEWEST_RELEASE,
        release_declared: false,
        mod_flag: None,
        no_workspace: false,
        packages: Vec::new(),
        undeclared: None,
    }
}

/// The declared builds with tags that build files set; those that change nothing are left out.
pub(crate) fn with_tags(declared: &[Config], tags: &str) -> Vec<Config> {
    let mut out: Vec<Config> = Vec::new();
    for config in declared {
        let mut with = Config { undeclared: Some(tags.to_string()), ..config.clone() };
        with.tag(tags);
        if with.tags != config.tags {
            out.push(with);
        }
    }
    out
}

/// The package's folder where one of its files is named, as in `./cmd/app/main.go`.
fn folder_of(package: &str) -> &str {
    match package.rsplit_once('/') {
        Some((folder, file)) if file.ends_with(".go") => folder,
        None if package.ends_with(".go") => ".",
        _ => package,
    }
}

fn of_binary(spec: &Deliverable, binary: &BinarySpec) -> Config {
    let mut config = plain(spec);
    config.packages.extend(binary.package.as_deref().map(|package| folder_of(package).to_owned()));
    let Some(build) = &binary.build else { return config };
    if let Some(minor) = build.go.as_deref().and_then(release::minor) {
        (config.release, config.release_declared) = (minor, true);
    }
    for (name, value) in &build.env {
        match name.as_str() {
            "GOOS" => config.os = value.clone(),
            "GOARCH" => config.arch = value.clone(),
            // Any other text than these is refused by the Go command (cmd/go/internal/cfg).
            "CGO_ENABLED" => config.cgo = Some(value != "0"),
            "GOWORK" => config.no_workspace = value == "off",
            "GOFLAGS" => flags(&mut config, &value.split_whitespace().map(String::from).collect::<Vec<_>>()),
            _ => {}
        }
    }
    // Flags of the command outdo those of GOFLAGS.
    flags(&mut config, &build.flags);
    config.settings = build.settings();
    config.settings.retain(|name, _| !matches!(name.as_str(), "-tags" | "GOOS" | "GOARCH"));
    config
}

fn flags(config: &mut Config, flags: &[String]) {
    for (index, flag) in flags.iter().enumerate() {
        let bare = flag.strip_prefix("--").or(flag.strip_prefix('-')).unwrap_or_default();
        let (name, value) = match bare.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (bare, flags.get(index + 1).map(String::as_str)),
        };
        match (name, value) {
            ("tags", Some(value)) => config.tag(value),
            ("mod", Some(value)) => config.mod_flag = Some(value.to_string()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_facts::{BuildSpec, SourceSpec};

    fn binary(package: Option<&str>, flags: &[&str], env: &[(&str, &str)]) -> BinarySpec {
        let build = BuildSpec {
            go: Some("1.25.3".into()),
            flags: flags.iter().map(|f| f.to_string()).collect(),
            ldflags: None,
            env: env.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
        };
        BinarySpec { name: "x".into(), path: "x".into(), package: package.map(String::from), build: Some(build) }
    }

    fn spec(binaries: Vec<BinarySpec>) -> Deliverable {
        let source = SourceSpec { tags: vec!["netgo".into()], ..SourceSpec::default() };
        Deliverable { source: Some(source), binaries, ..Deliverable::default() }
    }

    #[test]
    fn nothing_declared_is_one_build_of_everything() {
        let all = configs(&Deliverable::default());
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].os.as_str(), all[0].arch.as_str(), all[0].cgo), ("linux", "amd64", None));
        assert!(all[0].packages.is_empty() && all[0].cgo_settings() == [true, false]);
    }

    #[test]
    fn flags_and_environment_are_read() {
        let all = configs(&spec(vec![binary(
            Some("./cmd/x"),
            &["-tags", "a,b", "-mod=vendor", "--tags=c"],
            &[("CGO_ENABLED", "0"), ("GOARCH", "arm64"), ("GOFLAGS", "-mod=mod -tags=d")],
        )]));
        let config = &all[0];
        assert_eq!(config.tags, ["a", "b", "c", "d", "netgo"]);
        assert_eq!((config.cgo, config.arch.as_str(), config.release), (Some(false), "arm64", 25));
        assert_eq!(config.mod_flag.as_deref(), Some("vendor"));
        assert!(config.context(false).satisfies("netgo") && !config.context(false).satisfies("go1.26"));
        let all = configs(&spec(vec![binary(None, &["-race"], &[("GOAMD64", "v3"), ("GOEXPERIMENT", "jsonv2")])]));
        for tag in ["race", "amd64.v3", "goexperiment.jsonv2", "netgo"] {
            assert!(all[0].context(true).satisfies(tag), "{tag}");
        }
    }

    #[test]
    fn builds_that_differ_only_in_their_packages_are_one() {
        let off = [("CGO_ENABLED", "0")];
        let two = configs(&spec(vec![binary(Some("./a"), &[], &off), binary(Some("./b"), &[], &off)]));
        assert_eq!((two.len(), two[0].packages.clone()), (1, vec!["./a".to_string(), "./b".to_string()]));
        let file = |name| configs(&spec(vec![binary(Some(name), &[], &off)]))[0].packages.clone();
        let folders = [("./cmd/x/main.go", "./cmd/x"), ("./main.go", "."), ("main.go", "."), ("./a.b/c", "./a.b/c")];
        folders.iter().for_each(|(name, folder)| assert_eq!(file(name), [*folder]));
        // A binary of which nothing is said may be any of them.
        let silent = BinarySpec { name: "y".into(), path: "y".into(), ..BinarySpec::default() };
        let all = configs(&spec(vec![binary(Some("./a"), &[], &off), silent]));
        assert!(all.iter().any(|c| c.packages.is_empty()), "{all:?}");
        let every = configs(&spec(vec![binary(Some("./a"), &[], &off), binary(None, &[], &off)]));
        assert!(every.len() == 1 && every[0].packages.is_empty());
        let other = configs(&spec(vec![binary(Some("./a"), &[], &off), binary(Some("./b"), &[], &[])]));
        assert_eq!(other.len(), 2);
    }
}
