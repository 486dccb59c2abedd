//! What a supplier's `[[binary]] build` may ask of a rebuild. It is the supplier's word, so only what cannot decide the outcome by itself is
//! done: no program of the delivery's may stand in for the compiler, and no file for the source.

use assize_facts::{BinarySpec, Reason, reason};
use std::collections::BTreeMap;

/// The call, ready but for places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe {
    pub go: String,
    /// Flags of `go build`, `-ldflags` among them.
    pub flags: Vec<String>,
    pub package: String,
    pub env: BTreeMap<String, String>,
    /// Whether state of a repository may have been written into what was delivered, which a delivery does not hold.
    pub may_be_stamped: bool,
}

/// Flags that change what is built and nothing else (`go help build`, Go 1.26); those with values after `=`.
const FLAGS: &[&str] = &["-trimpath", "-a", "-v", "-x", "-race", "-msan", "-asan"];
const VALUED: &[&str] =
    &["-mod", "-tags", "-buildvcs", "-buildmode", "-gcflags", "-asmflags", "-ldflags", "-pgo", "-p", "-trimpath"];
/// Flags of the linker that leave it alone with the work (`go tool link`): no other linker, no files of the delivery.
const LINKER: &[&str] =
    &["-s", "-w", "-buildid", "-X", "-compressdwarf", "-checklinkname", "-funcalign", "-randlayout"];
/// Flags of compiler and assembler that read and write no files of their own.
const COMPILER: &[&str] = &["-l", "-N", "-B", "-dwarf", "-S", "-m", "-d", "-wb", "-c", "-spectre"];
/// What of the environment decides the outcome and can be repeated.
const ENVIRONMENT: &[&str] = &[
    "GOOS",
    "GOARCH",
    "GOAMD64",
    "GOARM",
    "GOARM64",
    "GO386",
    "GOMIPS",
    "GOMIPS64",
    "GOPPC64",
    "GORISCV64",
    "GOEXPERIMENT",
    "GOFIPS140",
];

pub fn read(binary: &BinarySpec) -> Result<Recipe, Reason> {
    let build = binary.build.as_ref().ok_or_else(|| reason!("rebuild-not-described", binary = binary.name))?;
    let go = build.go.clone().ok_or_else(|| reason!("rebuild-without-version", binary = binary.name))?;
    let mut recipe = Recipe { go: go.trim_start_matches("go").to_owned(), may_be_stamped: true, ..Recipe::default() };
    recipe.package = package(binary.package.as_deref().unwrap_or("."))?;
    let mut flags = build.flags.iter().peekable();
    while let Some(flag) = flags.next() {
        // `-ldflags VALUE` in two words is one flag too.
        let two = VALUED.contains(&flag.as_str())
            && flag != "-trimpath"
            && flags.peek().is_some_and(|next| !next.starts_with('-'));
        let whole = if two { format!("{flag}={}", flags.next().map_or("", |v| v.as_str())) } else { flag.clone() };
        recipe.flag(&whole)?;
    }
    if let Some(ldflags) = &build.ldflags {
        recipe.flag(&format!("-ldflags={ldflags}"))?;
    }
    for (name, value) in &build.env {
        recipe.variable(name, value)?;
    }
    if !recipe.flags.iter().any(|flag| flag == "-trimpath") {
        return Err(reason!("rebuild-without-trimpath", binary = binary.name));
    }
    // A value that is nowhere said is the machine's, and C is compiled by whatever compiler it has.
    match recipe.env.get("CGO_ENABLED").map(String::as_str) {
        Some("0") => Ok(recipe),
        _ => Err(reason!("rebuild-with-cgo", binary = binary.name)),
    }
}

/// A package of the source, by its folder, its import path or one of its files: no flag, nothing above the source.
fn package(text: &str) -> Result<String, Reason> {
    let odd = text.starts_with(['-', '/']) || text.split('/').any(|part| part == "..") || text.contains(['@', ' ']);
    if odd { Err(reason!("rebuild-refused", what = text)) } else { Ok(text.to_owned()) }
}

impl Recipe {
    fn flag(&mut self, flag: &str) -> Result<(), Reason> {
        let refused = || reason!("rebuild-refused", what = flag);
        let flag = if flag.starts_with("--") { &flag[1..] } else { flag };
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) if VALUED.contains(&name) => (name, Some(value)),
            Some(_) => return Err(refused()),
            None if FLAGS.contains(&flag) => (flag, None),
            None => return Err(refused()),
        };
        let good = match (name, value.unwrap_or_default()) {
            ("-mod", value) => matches!(value, "vendor" | "readonly"),
            ("-buildmode", value) => matches!(value, "exe" | "pie" | "default"),
            ("-ldflags", value) => words(value).is_some_and(|words| linker(&words)),
            ("-gcflags" | "-asmflags", value) => words(value).is_some_and(|words| compiler(&words)),
            ("-pgo", value) => matches!(value, "off" | "auto"),
            ("-buildvcs", value) => {
                self.may_be_stamped = value != "false";
                matches!(value, "false" | "true" | "auto")
            }
            ("-trimpath", value) => matches!(value, "" | "true"),
            ("-race" | "-msan" | "-asan", _) => false,
            _ => true,
        };
        match (good, name) {
            (false, _) => return Err(refused()),
            // There is no repository to read.
            (true, "-buildvcs") => {}
            (true, "-trimpath") => self.flags.push("-trimpath".into()),
            (true, "-p" | "-v" | "-x" | "-a") => {}
            (true, _) => self.flags.push(flag.to_owned()),
        }
        Ok(())
    }

    fn variable(&mut self, name: &str, value: &str) -> Result<(), Reason> {
        let refused = || reason!("rebuild-refused", what = format!("{name}={value}"));
        match name {
            "CGO_ENABLED" | "GOWORK" if value == "0" || value == "off" || value == "1" => {
                self.env.insert(name.into(), value.into());
            }
            // A switch of toolchains is settled by the version that is named; nothing is fetched.
            "GOTOOLCHAIN" | "GOPROXY" | "GOSUMDB" | "GOPRIVATE" | "GONOSUMDB" | "GONOSUMCHECK" | "GO111MODULE" => {}
            "GOFLAGS" => {
                for flag in value.split_whitespace() {
                    self.flag(flag)?;
                }
            }
            name if ENVIRONMENT.contains(&name)
                && value.chars().all(|c| c.is_ascii_alphanumeric() || ",._-".contains(c)) =>
            {
                self.env.insert(name.into(), value.into());
            }
            _ => return Err(refused()),
        }
        Ok(())
    }
}

/// Words as `go build` splits them (`cmd/internal/quoted`): by blanks, quotes around whole words.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = match first {
            '\'' | '"' => rest[1..].split_once(first)?,
            _ => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Some(words)
}

fn linker(words: &[String]) -> bool {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let word = word.strip_prefix('-').filter(|w| w.starts_with('-')).unwrap_or(word);
        let name = word.split_once('=').map_or(word, |(name, _)| name);
        match name {
            "-linkmode" if word == "-linkmode=internal" => {}
            "-X" | "-buildid" if name == word => {
                words.next();
            }
            name if LINKER.contains(&name) => {}
            // `all=` before the flags of a pattern of packages.
            _ if word.strip_prefix("all=").is_some_and(|flag| LINKER.contains(&flag)) => {}
            _ => return false,
        }
    }
    true
}

fn compiler(words: &[String]) -> bool {
    words.iter().all(|word| {
        let flag = word.split_once("=-").map_or(word.as_str(), |(pattern, _)| &word[pattern.len() + 1..]);
        let name = flag.split_once('=').map_or(flag, |(name, _)| name);
        COMPILER.contains(&name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_facts::BuildSpec;

    fn spec(flags: &[&str], ldflags: Option<&str>, env: &[(&str, &str)]) -> BinarySpec {
        let env = env.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        let flags = flags.iter().map(|f| f.to_string()).collect();
        BinarySpec {
            name: "app".into(),
            package: Some("./cmd/app".into()),
            build: Some(BuildSpec { go: Some("1.26.8".into()), flags, ldflags: ldflags.map(str::to_owned), env }),
            ..BinarySpec::default()
        }
    }

    fn code(flags: &[&str], ldflags: Option<&str>, env: &[(&str, &str)]) -> String {
        match read(&spec(flags, ldflags, env)) {
            Ok(recipe) => format!("{} | {}", recipe.flags.join(" "), recipe.may_be_stamped),
            Err(reason) => reason.into_code(),
        }
    }

    const OFF: &[(&str, &str)] = &[("CGO_ENABLED", "0")];

    #[test]
    fn what_only_describes_the_build_is_done() {
        let done = |flags: &[&str], ldflags: Option<&str>| code(flags, ldflags, OFF);
        assert_eq!(done(&["-trimpath"], None), "-trimpath | true");
        assert_eq!(
            done(&["-mod=vendor", "-trimpath", "-buildvcs=false"], Some("-s -w -X main.version=1.4")),
            "-mod=vendor -trimpath -ldflags=-s -w -X main.version=1.4 | false"
        );
        assert_eq!(
            done(&["-trimpath", "-tags", "a,b"], Some("-X 'main.a=b c'")),
            "-trimpath -tags=a,b -ldflags=-X 'main.a=b c' | true"
        );
        assert_eq!(done(&["-trimpath", "-gcflags=all=-l -N"], None), "-trimpath -gcflags=all=-l -N | true");
        let env =
            [("CGO_ENABLED", "0"), ("GOFLAGS", "-trimpath -mod=readonly"), ("GOAMD64", "v3"), ("GOTOOLCHAIN", "auto")];
        assert_eq!(code(&[], None, &env), "-trimpath -mod=readonly | true");
    }

    #[test]
    fn what_could_forge_the_outcome_is_refused() {
        for flag in [
            "-toolexec=./evil",
            "-overlay=o.json",
            "-modfile=x.mod",
            "-mod=mod",
            "-o=x",
            "-C=..",
            "-exec=./evil",
            "-pkgdir=p",
            "-compiler=gccgo",
            "-buildmode=plugin",
            "-ldflags=-extld=./evil",
            "-ldflags=-linkmode=external",
            "-ldflags=-extldflags=-L.",
            "-ldflags=-r=.",
            "-pgo=./x",
            "-gcflags=-importcfg=x",
            "-asmflags=-I=.",
            "-gccgoflags=x",
            "--toolexec=./evil",
            "-ldflags='-s",
            "-work",
            "x.go",
        ] {
            assert_eq!(code(&["-trimpath", flag], None, OFF), "rebuild-refused", "{flag}");
        }
        for (name, value) in
            [("CC", "./evil"), ("GOROOT", "."), ("PATH", "."), ("GOFLAGS", "-toolexec=./evil"), ("GOOS", "a b")]
        {
            assert_eq!(code(&["-trimpath"], None, &[("CGO_ENABLED", "0"), (name, value)]), "rebuild-refused", "{name}");
        }
        assert_eq!(code(&["-trimpath"], None, &[("CGO_ENABLED", "1")]), "rebuild-with-cgo");
        assert_eq!(code(&["-trimpath"], None, &[]), "rebuild-with-cgo");
        assert_eq!(code(&["-mod=vendor"], None, OFF), "rebuild-without-trimpath");
        let mut bare = spec(&[], None, &[]);
        bare.build = None;
        assert_eq!(read(&bare).expect_err("nothing is described").code, "rebuild-not-described");
        for package in ["../x", "-x", "/x", "../main.go", "a@v1"] {
            assert!(super::package(package).is_err(), "{package}");
        }
    }
}
