//! Module files against `go mod edit -json` and `go work edit -json` on many variations of one file.

mod shown;

use assize_golang::modfile::Strictness;
use serde_json::Value;
use shown::{BASE, WORK, filled};
use std::path::Path;
use std::process::Command;

/// Edits of the base: every one replaces the first occurrence.
const EDITS: &[(&str, &str)] = &[
    ("module", "\u{feff}module"),
    ("module", "  \tmodule"),
    ("module example.com/m", "module \"example.com/m\""),
    ("module example.com/m", "module `example.com/m`"),
    ("module example.com/m", "module 'example.com/m'"),
    ("module example.com/m", "module \"example.com/\\x6d\""),
    ("module example.com/m", "module (\n\texample.com/m\n)"),
    ("module example.com/m", "module m"),
    ("module example.com/m", "module example.com/m extra"),
    ("module example.com/m", "Module example.com/m"),
    ("// Deprecated: go away", "/* x */"),
    ("// Deprecated: go away", ""),
    ("go 1.26.0", "go 1.26"),
    ("go 1.26.0", "go 1.26rc1"),
    ("go 1.26.0", "go 1.026"),
    ("go 1.26.0", "go \"1.26\""),
    ("go 1.26.0", "go (\n1.26\n)"),
    ("go 1.26.0", "go 1.26.0 // c"),
    ("go 1.26.0\n", "go 1.26.0\ngo 1.25\n"),
    ("go 1.26.0\n", ""),
    ("toolchain go1.26.8", "toolchain default"),
    ("toolchain go1.26.8", "toolchain go1.26.8-custom"),
    ("toolchain go1.26.8", "toolchain 1.26.8"),
    ("default=go1.21", "default"),
    ("default=go1.21", "default=\"go1.21\""),
    ("default=go1.21", "default=a=b"),
    ("x.y/a v1.0.0", "x.y/a v1.0"),
    ("x.y/a v1.0.0", "x.y/a master"),
    ("x.y/a v1.0.0", "x.y/a \"v1.0.0\""),
    ("x.y/a v1.0.0", "x.y/a v1.0.0 //indirect"),
    ("x.y/a v1.0.0", "x.y/a v1.0.0 //  indirect "),
    ("x.y/a v1.0.0", "x.y/a v1.0.0 // indirect, yes"),
    ("x.y/a v1.0.0", "x.y/a v1.0.0 // Indirect"),
    ("x.y/a v1.0.0", "x.y/a v2.0.0"),
    ("x.y/a v1.0.0", "x.y/a v1.0.0+meta"),
    ("x.y/a v1.0.0", "x.y/a\tv1.0.0\t"),
    ("x.y/a v1.0.0", "x.y/a v1.0.0\r"),
    ("x.y/a v1.0.0", "x.y/a@v1.0.0"),
    ("x.y/a v1.0.0", "x.y/a v1.0.0-0.20200101000000-abcdefabcdef"),
    ("x.y/a v1.0.0", "x.y/größe v1.0.0"),
    ("x.y/a v1.0.0", "x.y/a[1] v1.0.0"),
    ("x.y/a v1.0.0", "x.y/a, v1.0.0"),
    ("x.y/a v1.0.0", "https://x.y/a v1.0.0"),
    ("x.y/a v1.0.0", "x.y/a \\\n v1.0.0"),
    ("x.y/a v1.0.0", "x.y/a/v1 v1.0.0"),
    ("x.y/a v1.0.0", "x.y/a\u{200b} v1.0.0"),
    ("x.y/c/v3 v3.0.1-pre", "x.y/c/v3 v4.0.0"),
    ("gopkg.in/d.v1 v1.0.0", "gopkg.in/d.v1 v0.0.0-20161208181325-20d25e280405"),
    ("gopkg.in/d.v1 v1.0.0", "gopkg.in/d v1.0.0"),
    ("exclude x.y/a v1.1.0", "exclude (\n\tx.y/a v1.1.0\n\tx.y/a v1.2.0 // c\n)"),
    ("exclude x.y/a v1.1.0", "exclude x.y/a"),
    ("=> x.y/fork v1.0.1", "=> x.y/fork"),
    ("=> x.y/fork v1.0.1", "=> x.y/fork v1"),
    ("=> x.y/fork v1.0.1", "=> x.y/fork v2.0.0"),
    ("=> x.y/fork v1.0.1", "=> \"../with space\""),
    ("=> x.y/fork v1.0.1", "=> ./fork v1.0.0"),
    ("=> x.y/fork v1.0.1", "=> C:/fork"),
    ("=> x.y/fork v1.0.1", "=> c:\\fork"),
    ("=> x.y/fork v1.0.1", "=> /fork"),
    ("=> x.y/fork v1.0.1", "=> .."),
    ("=> x.y/fork v1.0.1", "=> .hidden"),
    ("=> x.y/fork v1.0.1", "= > x.y/fork v1.0.1"),
    ("=> ./b", "=> ./b // why"),
    ("=> ./b", "=>./b"),
    ("retract [v1.0.0, v1.1.0]", "retract v1.0.0"),
    ("retract [v1.0.0, v1.1.0]", "retract [v1.0.0,v1.1.0] // behind"),
    ("retract [v1.0.0, v1.1.0]", "retract [v1.0.0 v1.1.0]"),
    ("retract [v1.0.0, v1.1.0]", "retract [v1.0.0, v1.1.0] v1.2.0"),
    ("retract [v1.0.0, v1.1.0]", "retract (\n\tv1.0.0\n\n\t// b\n\t[v1.1.0, v1.2.0]\n)"),
    ("retract [v1.0.0, v1.1.0]", "retract ()"),
    ("retract [v1.0.0, v1.1.0]", "retract ( )  // c"),
    ("retract [v1.0.0, v1.1.0]", "retract v1"),
    ("tool x.y/a/cmd/t", "tool (\n\tx.y/a/cmd/t\n\t\"x.y/a/cmd/u\"\n)"),
    ("tool x.y/a/cmd/t", "tool x.y/a/cmd/t v1.0.0"),
    ("ignore (", "ignore x ("),
    ("ignore (", "frob ("),
    ("node_modules\n)", "node_modules\n) // end"),
    ("node_modules\n)", "node_modules\n)x"),
    ("node_modules\n)", "node_modules )\n)"),
    ("node_modules\n)", "node_modules\n"),
    ("node_modules\n)\n", "node_modules\n)"),
    ("require (", "require("),
    ("require (", "require ( // c"),
    ("require (", "require (\n\n\n"),
    ("require (", "require\n("),
    ("godebug (", "godebug {"),
    ("\n", "\r\n"),
    ("\n", "\r"),
    ("\n", "\n\u{c}\n"),
    ("\n", "\n\u{0}\n"),
    ("\n", "\n// // \u{feff} anything \u{0} \n"),
    ("\n", " // more\n"),
];

fn go(folder: &Path, kind: &str, file: &str) -> Option<Value> {
    let output = Command::new("go")
        .args([kind, "edit", "-json", file])
        .current_dir(folder)
        .envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", "-mod=mod"), ("GOWORK", "off")])
        .output()
        .expect("these tests need `go` on the PATH");
    output.status.success().then(|| serde_json::from_slice(&output.stdout).expect("go prints JSON"))
}

#[test]
fn go_mod_says_what_the_go_command_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut read, mut refused) = (0, 0);
    for (from, to) in [("", "")].iter().chain(EDITS) {
        assert!(BASE.contains(from), "{from:?}");
        let text = if *from == "\n" && *to != " // more\n" && to.starts_with('\r') {
            BASE.replace(from, to)
        } else {
            BASE.replacen(from, to, 1)
        };
        std::fs::write(folder.path().join("go.mod"), &text).expect("written");
        let theirs = go(folder.path(), "mod", "go.mod").map(filled);
        *if theirs.is_some() { &mut read } else { &mut refused } += 1;
        assert_eq!(shown::go_mod(text.as_bytes(), Strictness::Main), theirs, "{from:?} => {to:?}");
    }
    assert!(read > 30 && refused > 30, "{read} read, {refused} refused");
}

#[test]
fn go_work_says_what_the_go_command_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    for (from, to) in [
        ("", ""),
        ("use .", "use \"./a b\""),
        ("use .", "use ./a ./b"),
        ("use .", "use /abs"),
        ("use .", "use example.com/m"),
        ("use .", "require x.y/a v1.0.0"),
        ("use .", "use ./a // example.com/a"),
        ("go 1.26", "go 1.26 // c"),
        ("go 1.26", "\u{feff}go 1.26"),
        ("go 1.26", "go v1.26"),
        ("./a\n\t", "./a\n\t./a\n\t"),
        ("=> ./a", "=> x.y/b v1.0.0"),
        ("=> ./a", "=> x.y/b"),
        ("\n", "\r\n"),
    ] {
        let text = WORK.replacen(from, to, 1);
        std::fs::write(folder.path().join("go.work"), &text).expect("written");
        assert_eq!(
            shown::go_work(text.as_bytes()),
            go(folder.path(), "work", "go.work").map(filled),
            "{from:?} => {to:?}"
        );
    }
}
