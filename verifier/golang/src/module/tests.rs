//! Tables of golang.org/x/mod/module/module_test.go.

use super::*;

#[test]
fn paths_are_allowed_as_in_go() {
    // module, import, file
    for (path, module, import, file) in [
        ("x.y/z", true, true, true),
        ("x.y", true, true, true),
        ("", false, false, false),
        ("/x.y/z", false, false, false),
        ("x./z", false, false, false),
        (".x/z", false, true, true),
        ("-x/z", false, false, true),
        ("x..y/z", true, true, true),
        ("x.y/z/../../w", false, false, false),
        ("x.y//z", false, false, false),
        ("x.y/z//w", false, false, false),
        ("x.y/z/", false, false, false),
        ("x.y/z/v0", false, true, true),
        ("x.y/z/v1", false, true, true),
        ("x.y/z/v2", true, true, true),
        ("x.y/z/v2.0", false, true, true),
        ("X.y/z", false, true, true),
        ("!x.y/z", false, false, true),
        ("_x.y/z", false, true, true),
        ("x.y!/z", false, false, true),
        ("x.y\"/z", false, false, false),
        ("x.y#/z", false, false, true),
        ("x.y'/z", false, false, false),
        ("x.y+/z", false, true, true),
        ("x.y:/z", false, false, false),
        ("x.y~/z", false, true, true),
        ("x.y/z~1", false, false, true),
        ("x.y/z~0", false, false, true),
        ("x.y/z~", true, true, true),
        ("x.y/aux", false, false, false),
        ("x.y/aux.c", false, false, false),
        ("x.y/com1", false, false, false),
        ("x.y/com10", true, true, true),
        ("gopkg.in/yaml.v2", true, true, true),
        ("gopkg.in/yaml", false, true, true),
        ("gopkg.in/yaml.v01", false, true, true),
        ("github.com/!123/logrus", false, false, true),
        ("github.com/41eLLO/x", true, true, true),
        ("golang.org/x/\u{fe0f}", false, false, false),
        ("x.y/größe", false, false, true),
        ("x.y/.z", false, true, true),
        ("x.y/a b", false, false, true),
        ("example", false, true, true),
    ] {
        let shown = |result: Result<(), String>| result.err().unwrap_or_default();
        assert_eq!(check_path(path).is_ok(), module, "module {path}: {}", shown(check_path(path)));
        assert_eq!(check_import_path(path).is_ok(), import, "import {path}: {}", shown(check_import_path(path)));
        assert_eq!(check_file_path(path).is_ok(), file, "file {path}: {}", shown(check_file_path(path)));
    }
}

#[test]
fn majors_are_split_and_checked_as_in_go() {
    for (path, split) in [
        ("x.y/z", Some(("x.y/z", ""))),
        ("x.y/z/v2", Some(("x.y/z", "/v2"))),
        ("x.y/z/v3", Some(("x.y/z", "/v3"))),
        ("x.y/v", Some(("x.y/v", ""))),
        ("x.y/z/v0", None),
        ("x.y/z/v1.2", None),
        ("v2", Some(("v2", ""))),
        ("/v2", Some(("", "/v2"))),
        ("gopkg.in/yaml.v2", Some(("gopkg.in/yaml", ".v2"))),
        ("gopkg.in/yaml.v2-unstable", Some(("gopkg.in/yaml", ".v2-unstable"))),
        ("gopkg.in/yaml.v0", Some(("gopkg.in/yaml", ".v0"))),
        ("gopkg.in/yaml/v2", None),
    ] {
        assert_eq!(split_path_version(path), split, "{path}");
    }
    for (version, path_major, fits) in [
        ("v1.2.3", "", true),
        ("v0.2.3", "", true),
        ("v2.0.0", "", false),
        ("v2.0.0+incompatible", "", true),
        ("v2.0.0", "/v2", true),
        ("v2.0.0", "/v3", false),
        ("v2.0.0", ".v2", true),
        ("v2.0.0", ".v2-unstable", true),
        ("v0.0.0-2016-x", ".v1", true),
        ("v0.0.0", ".v1", false),
        ("bad", "", false),
    ] {
        assert_eq!(check_path_major(version, path_major).is_ok(), fits, "{version} {path_major}");
    }
}

#[test]
fn escaping_is_that_of_a_module_cache() {
    for (plain, escaped) in [
        ("github.com/GoogleCloudPlatform/omega", "github.com/!google!cloud!platform/omega"),
        ("ascii.com/abcdefghijklmnopqrstuvwxyz.-/~_0123456789", "ascii.com/abcdefghijklmnopqrstuvwxyz.-/~_0123456789"),
    ] {
        assert_eq!(escape_path(plain).as_deref(), Ok(escaped));
        assert_eq!(unescape_path(escaped).as_deref(), Some(plain));
    }
    for bad in ["github.com/Google", "github.com/!GOOGLE", "github.com/goo!", "github.com/!!x", "github.com/ö"] {
        assert_eq!(unescape_path(bad), None, "{bad}");
    }
    assert_eq!(escape_version("v1.2.3-RC").as_deref(), Ok("v1.2.3-!r!c"));
    assert_eq!(unescape_version("v1.2.3-!r!c").as_deref(), Some("v1.2.3-RC"));
    assert!(escape_version("v1!").is_err() && escape_version("../v1").is_err());
}

#[test]
fn patterns_match_prefixes_of_whole_elements() {
    for (patterns, path, wanted) in [
        ("*.corp.example.com", "git.corp.example.com/x/y", true),
        ("*.corp.example.com", "corp.example.com/x", false),
        ("*/rsc", "github.com/rsc/x", true),
        ("*/rsc", "github.com/rscx", false),
        ("github.com/a", "github.com/a", true),
        ("github.com/a", "github.com/ab", false),
        ("github.com/a/b/c", "github.com/a/b", false),
        ("github.com/a/", "github.com/a/b", true),
        ("x,,github.com/*", "github.com/q", true),
        ("*", "anything.org/x", true),
        ("", "x.org/y", false),
        ("[a-", "x.org/y", false),
        ("github.com/[a-c]*/?", "github.com/bee/z/more", true),
    ] {
        assert_eq!(matches_prefix_patterns(patterns, path), wanted, "{patterns} {path}");
    }
    assert!(is_at_or_below("a/b", "a") && is_at_or_below("a", "a") && !is_at_or_below("ab", "a"));
}
