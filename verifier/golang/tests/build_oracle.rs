//! The build rules against the Go command itself: many odd files in one folder, one `go list` per platform.

use assize_golang::build::{Constraint, Context, NameFate, constraint, constraint_of_other, file_name_fate};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const NAMES: &[&str] = &[
    "",
    "_linux",
    "_windows",
    "_darwin",
    "_linux_amd64",
    "_linux_arm64",
    "_amd64",
    "_arm64",
    "_unix",
    "_js_wasm",
    "_windows.pb",
    "_android",
    "_ios_arm64",
    "_freebsd_x",
    "_test",
    "_windows_test",
];

const LINES: &[&str] = &[
    "//go:build linux",
    "//go:build !linux && unix",
    "//go:build windows || (darwin && arm64)",
    "//go:build ignore",
    "//go:build cgo",
    "//go:build gc && go1.26 && !go1.27",
    "//go:build custom",
    "//go:build linux &&",
    "//go:build",
    "//go:build linux // x",
    "// +build linux",
    "// +build !linux,unix windows",
    "//+build custom",
    "// +build !!linux",
    "// +build",
    "// go:build windows",
    "//go:buildwindows",
    "/* a comment */",
    "/*\n//go:build windows\n*/",
    "// text",
    "  //go:build windows  ",
    "\u{feff}//go:build windows",
    "//go:build arm64.v8.0 || amd64.v1",
    "; //go:build windows",
    "//go:build goexperiment.greenteagc",
    "//go:build linux\n//go:build linux",
    "/* x */ //go:build windows",
    "\r",
];

const GAPS: &[&str] = &["\n", "\n\n", "\n/* x */\n", "\n\n// doc\n"];

/// Every name with a few headers, in Go and in assembly; names are made unique without touching what the rules see.
fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut number = 0;
    for (index, line) in LINES.iter().enumerate() {
        for (jndex, gap) in GAPS.iter().enumerate() {
            for (ending, body) in [("go", "package p\n"), ("s", "TEXT\n")] {
                let name = NAMES[(index * 7 + jndex * 3) % NAMES.len()];
                let second = LINES[(index * 5 + jndex) % LINES.len()];
                files.insert(
                    format!("f{number}.{ending}").replace('.', &format!("{name}.")),
                    format!("{line}{gap}{body}"),
                );
                files.insert(format!("g{number}.{ending}"), format!("{line}\n{second}{gap}{body}"));
                number += 1;
            }
        }
    }
    for (number, name) in NAMES.iter().enumerate() {
        files.insert(format!("n{number}{name}.go"), "package p\n".into());
        files.insert(format!("n{number}{name}.h"), "//go:build ignore\n\n".into());
    }
    // What Go's parser refuses whatever the constraint says is another matter.
    files.retain(|name, content| {
        name.ends_with(".s") || !(content.contains(';') || content.rfind('\u{feff}') > Some(0))
    });
    files
}

fn ours(name: &str, content: &str, context: &Context) -> &'static str {
    match file_name_fate(name, context) {
        NameFate::Hidden | NameFate::NotSource => return "absent",
        NameFate::Excluded(_) => return "ignored",
        NameFate::Selected(_) | NameFate::Test => {}
    }
    let go = name.ends_with(".go");
    let fate =
        if go { constraint(content.as_bytes(), context) } else { constraint_of_other(content.as_bytes(), context) };
    match fate {
        Constraint::Malformed { .. } => "invalid",
        Constraint::Unsatisfied { .. } => "ignored",
        Constraint::None | Constraint::Satisfied { .. } | Constraint::Unread { .. } => "selected",
    }
}

fn theirs(folder: &Path, os: &str, arch: &str, cgo: bool, tags: &str) -> BTreeMap<String, &'static str> {
    let output = Command::new("go")
        .args([
            "list",
            "-e",
            "-json=GoFiles,TestGoFiles,IgnoredGoFiles,InvalidGoFiles,SFiles,HFiles,IgnoredOtherFiles",
            "-tags",
            tags,
        ])
        .current_dir(folder)
        .envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", "-mod=mod"), ("GOOS", os), ("GOARCH", arch)])
        .env("CGO_ENABLED", if cgo { "1" } else { "0" })
        .output()
        .expect("these tests need `go` on the PATH");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("go list prints JSON");
    let mut fates = BTreeMap::new();
    for (list, fate) in [
        ("GoFiles", "selected"),
        ("TestGoFiles", "selected"),
        ("SFiles", "selected"),
        ("HFiles", "selected"),
        ("IgnoredGoFiles", "ignored"),
        ("IgnoredOtherFiles", "ignored"),
        ("InvalidGoFiles", "invalid"),
    ] {
        for name in json[list].as_array().into_iter().flatten().filter_map(|n| n.as_str()) {
            fates.insert(name.to_string(), fate);
        }
    }
    fates
}

#[test]
fn the_go_command_selects_the_same_files() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("go.mod"), "module example.com/p\n\ngo 1.26\n").expect("written");
    let files = files();
    for (name, content) in &files {
        std::fs::write(folder.path().join(name), content).expect("written");
    }
    for (os, arch, cgo, tags) in [
        ("linux", "amd64", true, "custom"),
        ("windows", "amd64", false, ""),
        ("darwin", "arm64", false, "custom,other"),
        ("android", "arm64", false, ""),
        ("ios", "arm64", false, ""),
        ("js", "wasm", false, "ignore"),
    ] {
        let context = Context { cgo, ..Context::new(os, arch).with_tags([tags]) };
        let fates = theirs(folder.path(), os, arch, cgo, tags);
        assert!(fates.len() > 200, "go list named only {} files", fates.len());
        for (name, content) in &files {
            let wanted = fates.get(name).copied().unwrap_or("absent");
            assert_eq!(ours(name, content, &context), wanted, "{os}/{arch} {name}: {content:?}");
        }
    }
}
