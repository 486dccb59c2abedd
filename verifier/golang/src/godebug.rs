//! GODEBUG defaults by the main module's `go` line (internal/godebugs/table.go and cmd/go/internal/load/godebug.go, Go 1.26.8; doc/godebug.md).

use crate::release;
use std::collections::BTreeMap;

/// A setting whose default changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub name: &'static str,
    /// N of the release 1.N from whose `go` line on the new default holds.
    pub changed: u32,
    /// The value that brings the old behaviour back, and that older `go` lines imply.
    pub old: &'static str,
    /// N of the toolchain that removed the setting or, for toolchains not released when this was written, announces to.
    pub removed: Option<u32>,
}

const fn setting(name: &'static str, changed: u32, old: &'static str) -> Setting {
    Setting { name, changed, old, removed: None }
}

const fn removed(name: &'static str, changed: u32, old: &'static str, removed: u32) -> Setting {
    Setting { name, changed, old, removed: Some(removed) }
}

/// Every setting with a changed default, by name.
pub const CHANGED: &[Setting] = &[
    removed("asynctimerchan", 23, "1", 27),
    setting("containermaxprocs", 25, "0"),
    setting("cryptocustomrand", 26, "1"),
    setting("decoratemappings", 25, "0"),
    setting("gotestjsonbuildtext", 24, "1"),
    removed("gotypesalias", 23, "0", 27),
    setting("httpcookiemaxnum", 24, "0"),
    setting("httplaxcontentlength", 22, "1"),
    setting("httpmuxgo121", 22, "1"),
    setting("httpservecontentkeepheaders", 23, "1"),
    setting("multipathtcp", 24, "0"),
    setting("netedns0", 19, "0"),
    setting("panicnil", 21, "1"),
    setting("randseednop", 24, "0"),
    setting("rsa1024min", 24, "0"),
    removed("tls10server", 22, "1", 27),
    removed("tls3des", 23, "1", 27),
    setting("tlsmlkem", 24, "0"),
    removed("tlsrsakex", 22, "1", 27),
    setting("tlssecpmlkem", 26, "0"),
    setting("tlssha1", 25, "1"),
    removed("tlsunsafeekm", 22, "1", 27),
    setting("updatemaxprocs", 25, "0"),
    setting("urlmaxqueryparams", 24, "0"),
    setting("urlstrictcolons", 26, "0"),
    setting("winreadlinkvolume", 23, "0"),
    setting("winsymlink", 23, "0"),
    removed("x509keypairleaf", 23, "0", 27),
    setting("x509negativeserial", 23, "1"),
    setting("x509rsacrt", 24, "0"),
    setting("x509sha256skid", 25, "0"),
    setting("x509usepolicies", 24, "0"),
];

/// The settings that a `go` line implies when a toolchain 1.N builds: name to value. A `go` line that is no 1.N implies none.
/// `None` for the toolchain: the newest that the table knows.
pub fn implied(go_line: &str, toolchain: Option<u32>) -> BTreeMap<&'static str, &'static str> {
    let Some(line) = release::minor(go_line) else { return BTreeMap::new() };
    let toolchain = toolchain.unwrap_or(NEWEST);
    let in_force = |s: &&Setting| line < s.changed && s.changed <= toolchain && s.removed.is_none_or(|r| toolchain < r);
    CHANGED.iter().filter(in_force).map(|s| (s.name, s.old)).collect()
}

/// N of the release that the table is of.
pub const NEWEST: u32 = 26;

/// Settings whose default never changed.
const UNCHANGED: &[&str] = &[
    "allowmultiplevcs",
    "dataindependenttiming",
    "embedfollowsymlinks",
    "execerrdot",
    "fips140",
    "fips140ems",
    "gocachehash",
    "gocachetest",
    "gocacheverify",
    "htmlmetacontenturlescape",
    "http2client",
    "http2debug",
    "http2server",
    "installgoroot",
    "jstmpllitinterp",
    "multipartfiles",
    "multipartmaxheaders",
    "multipartmaxparts",
    "netdns",
    "randautoseed",
    "tarinsecurepath",
    "tlsmaxrsasize",
    "x509usefallbackroots",
    "zipinsecurepath",
];

/// Those that are gone, with N of the release 1.N that took them away.
const GONE: &[(&str, u32)] = &[("tlskyber", 24), ("x509sha1", 24)];

/// Why toolchains from 1.N on refuse a `godebug` line, or one of `//go:debug` (cmd/go/internal/modload `CheckGodebug`). What newer ones know than
/// the table is not refused.
pub fn refusal(key: &str, value: &str, toolchain: u32) -> Option<String> {
    for (what, text) in [("key", key), ("value", value)] {
        let contained = [("space", text.contains([' ', '\t'])), ("comma", text.contains(','))];
        if let Some((found, _)) = contained.iter().find(|(_, is_there)| *is_there) {
            return Some(format!("{what} contains {found}"));
        }
    }
    if key == "default" {
        let is_version = value.strip_prefix("go").is_some_and(|version| release::parse(version).is_some());
        return (!is_version).then(|| "value for default= must be goVERSION".into());
    }
    match GONE.iter().find(|(name, _)| *name == key) {
        Some((_, gone)) => (toolchain >= *gone).then(|| format!("use of removed godebug {key:?}")),
        None => {
            let is_known = CHANGED.iter().any(|setting| setting.name == key) || UNCHANGED.contains(&key);
            (!is_known && toolchain <= NEWEST).then(|| format!("unknown godebug {key:?}"))
        }
    }
}

/// What the Go command writes as `DefaultGODEBUG`: what the `go` line implies, then go.mod's or go.work's `godebug`, then the
/// main package's `//go:debug` lines; `default=go1.N` among them takes the place of the `go` line.
pub fn defaults<'a>(
    go_line: &str,
    toolchain: Option<u32>,
    settings: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, String> {
    let mut own: BTreeMap<String, String> = settings.into_iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    let default = own.remove("default");
    let stated = default.as_deref().map(|v| v.strip_prefix("go").unwrap_or(v)).filter(|v| release::parse(v).is_some());
    let mut all: BTreeMap<String, String> =
        implied(stated.unwrap_or(go_line), toolchain).into_iter().map(|(k, v)| (k.into(), v.into())).collect();
    all.extend(own);
    all
}

/// The key and value of a `//go:debug key=value` line; `None` where it is none or says nothing. What stands at the word's end up to the
/// first blank is passed over, as it is in cmd/go/internal/load `ParseGoDebug` (Go 1.26).
pub fn directive(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.strip_prefix("//go:debug")?.split_once([' ', '\t'])?;
    rest.trim().split_once('=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_no_toolchain_knows_are_refused() {
        for (key, value, toolchain, wanted) in [
            ("panicnil", "1", 24, None),
            ("netdns", "go", 24, None),
            ("default", "go1.21", 24, None),
            ("default", "1.21", 24, Some("value for default= must be goVERSION")),
            ("default", "go1.21 ", 24, Some("value contains space")),
            ("panicnil", "1,netdns=go", 24, Some("value contains comma")),
            ("tlskyber", "0", 23, None),
            ("tlskyber", "0", 24, Some("use of removed godebug \"tlskyber\"")),
            ("x509sha1", "1", 23, None),
            ("x509sha1", "1", 24, Some("use of removed godebug \"x509sha1\"")),
            ("nonsense", "1", 26, Some("unknown godebug \"nonsense\"")),
            ("nonsense", "1", 27, None),
        ] {
            assert_eq!(refusal(key, value, toolchain).as_deref(), wanted, "{key}={value} {toolchain}");
        }
    }

    #[test]
    fn the_go_line_decides_the_tls_floor() {
        for (go_line, toolchain, wanted) in [
            ("1.21", Some(26), Some("1")),
            ("1.21.5", None, Some("1")),
            ("1.22", Some(26), None),
            ("1.22rc1", Some(26), None),
            ("1.16", Some(21), None),
            ("1.21", Some(27), None),
            ("2.0", Some(26), None),
            ("", Some(26), None),
        ] {
            let value = implied(go_line, toolchain).get("tls10server").copied();
            assert_eq!(value, wanted, "go {go_line} under {toolchain:?}");
        }
    }

    #[test]
    fn explicit_settings_go_before_the_go_line() {
        let all = defaults("1.26", Some(26), [("default", "go1.21"), ("tlsmlkem", "1"), ("netdns", "go")]);
        assert_eq!(all.get("tls10server").map(String::as_str), Some("1"));
        assert_eq!(all.get("tlsmlkem").map(String::as_str), Some("1"));
        assert_eq!(all.get("netdns").map(String::as_str), Some("go"));
        assert!(!all.contains_key("default"));
        assert_eq!(defaults("1.26", Some(26), [("default", "x")]), BTreeMap::new());
    }

    #[test]
    fn directives_are_read_as_in_go() {
        for (line, wanted) in [
            ("//go:debug a=b", Some(("a", "b"))),
            ("//go:debug\ta=b=c ", Some(("a", "b=c"))),
            ("//go:debug", None),
            ("//go:debugger a=b", Some(("a", "b"))),
            ("//go:debugger", None),
            ("// go:debug a=b", None),
        ] {
            assert_eq!(directive(line), wanted, "{line}");
        }
    }

    /// The table is that of the Go which is on the PATH, where that is the release it was written from.
    #[test]
    fn the_table_is_that_of_the_toolchain() {
        let run = |args: &[&str]| {
            let output =
                std::process::Command::new("go").args(args).env("GOTOOLCHAIN", "local").env("GOENV", "off").output();
            String::from_utf8(output.expect("these tests need `go` on the PATH").stdout).expect("text")
        };
        let (root, version) = (run(&["env", "GOROOT"]), run(&["env", "GOVERSION"]));
        let source =
            std::fs::read_to_string(format!("{}/src/internal/godebugs/table.go", root.trim())).expect("a table");
        let minor = release::toolchain(version.trim()).version.and_then(release::minor).expect("a release");
        let theirs: Vec<(String, u32, String)> = source.lines().filter_map(row).filter(|r| r.1 <= NEWEST).collect();
        let ours: Vec<(String, u32, String)> = CHANGED
            .iter()
            .filter(|s| s.removed.is_none_or(|r| minor < r))
            .map(|s| (s.name.to_string(), s.changed, s.old.to_string()))
            .collect();
        assert!(minor >= NEWEST && !theirs.is_empty());
        assert_eq!(ours, theirs);
    }

    fn row(line: &str) -> Option<(String, u32, String)> {
        let line = line.trim().strip_prefix("{Name: \"")?;
        let field = |name: &str| Some(line.split_once(name)?.1.split([',', '}']).next()?.trim_matches('"').to_string());
        Some((line.split('"').next()?.into(), field("Changed: ")?.parse().ok()?, field("Old: ")?))
    }
}
