//! Consistency of vendor/modules.txt against the Go command: the same complaints, module by module, on many variations.

use assize_golang::modfile::{GoMod, Strictness, parse_go_mod, parse_go_work};
use assize_golang::vendor::{Main, Mains, inconsistencies, parse_modules_txt};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const MOD: &str = "module example.com/m\n\ngo 1.21\n\nrequire (\n\tx.y/a v1.0.0\n\tx.y/b v1.1.0\n\tx.y/c v0.1.0 // indirect\n)\n\n\
    replace x.y/b => ./b\n\nreplace x.y/d => x.y/fork v1.2.3\n\nreplace x.y/e v1.0.0 => ../e\n";

const TXT: &str = "# x.y/a v1.0.0\n## explicit; go 1.18\nx.y/a\nx.y/a/sub\n# x.y/b v1.1.0 => ./b\n## explicit\nx.y/b\n# x.y/c v0.1.0\n\
    ## explicit\nx.y/c\n# x.y/b => ./b\n# x.y/d => x.y/fork v1.2.3\n# x.y/e v1.0.0 => ../e\n";

/// Edits of go.mod, and of modules.txt.
const EDITS: &[(&str, &str, &str, &str)] = &[
    ("", "", "", ""),
    ("", "", "x.y/a v1.0.0", "x.y/a v1.0.1"),
    ("", "", "## explicit; go 1.18", "## go 1.18"),
    ("", "", "## explicit; go 1.18", "##explicit"),
    ("", "", "## explicit; go 1.18", "##  go 1.18 ;explicit"),
    ("", "", "# x.y/a v1.0.0\n", "#x.y/a v1.0.0\n"),
    ("", "", "# x.y/a v1.0.0\n", "# x.y/a v1.0.0 extra\n"),
    ("", "", "# x.y/a v1.0.0\n", " # x.y/a v1.0.0\n"),
    ("", "", "# x.y/a v1.0.0\n", "# x.y/a  \t v1.0.0\r\n"),
    ("", "", "# x.y/b => ./b\n", ""),
    ("", "", "# x.y/b v1.1.0 => ./b\n", "# x.y/b v1.1.0\n"),
    ("", "", "# x.y/b => ./b\n", "# x.y/b => ./elsewhere\n"),
    ("", "", "# x.y/b => ./b\n", "# x.y/b => b\n"),
    ("", "", "fork v1.2.3", "fork v1.2.4"),
    ("", "", "fork v1.2.3", "fork v1.2.3 more"),
    ("", "", "# x.y/e v1.0.0 => ../e\n", ""),
    ("", "", "# x.y/e v1.0.0 => ../e\n", "# x.y/e v1.0.1 => ../e\n"),
    ("", "", "# x.y/e v1.0.0 => ../e\n", "# x.y/e v1.0.0 => ../e\n# x.y/f => ./f\n"),
    (
        "",
        "",
        "# x.y/c v0.1.0\n",
        "# x.y/c v0.1.0\n## explicit\nx.y/c/more\n# x.y/g v1.0.0\n## explicit\nx.y/g\n# x.y/c v0.1.0\n",
    ),
    ("", "", "## explicit\nx.y/c\n", "x.y/c\n"),
    ("x.y/a v1.0.0", "x.y/a v1.0.1", "", ""),
    ("\tx.y/a v1.0.0\n", "", "", ""),
    ("replace x.y/b => ./b\n", "", "", ""),
    ("replace x.y/b => ./b\n", "replace x.y/b v1.1.0 => ./b\n", "", ""),
    ("replace x.y/b => ./b\n", "replace x.y/b => ./b/\n", "", ""),
    ("replace x.y/d => x.y/fork v1.2.3\n", "replace x.y/d => ./d\n", "", ""),
    ("replace x.y/d => x.y/fork v1.2.3\n", "", "", ""),
    ("replace x.y/d", "replace x.y/new => ./new\n\nreplace x.y/d", "", ""),
    ("replace x.y/d", "replace example.com/m => ./m\n\nreplace x.y/d", "", ""),
    ("go 1.21\n", "go 1.13\n", "", ""),
    ("go 1.21\n", "go 1.13\n", "x.y/a v1.0.0", "x.y/a v1.0.1"),
    ("go 1.21\n", "go 1.13\n", "## explicit; go 1.18\n", ""),
    ("go 1.21\n", "go 1.13\n", "# x.y/b => ./b\n", ""),
];

/// The modules that are complained about (`path` or `path@version`); `None` where the Go command refuses for another reason.
fn theirs(folder: &Path) -> Option<BTreeSet<String>> {
    let output = Command::new("go")
        .args(["list", "-mod=vendor", "-e", "./..."])
        .current_dir(folder)
        .envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", "")])
        .env_remove("GOWORK")
        .output()
        .expect("these tests need `go` on the PATH");
    let text = String::from_utf8(output.stderr).expect("text");
    if !text.contains("inconsistent vendoring") {
        return output.status.success().then(BTreeSet::new);
    }
    let lines = text.lines().filter(|line| line.starts_with('\t') && !line.starts_with("\t\t"));
    Some(
        lines
            .filter_map(|line| line.trim().split_once(": "))
            .map(|(module, _)| module.into())
            .filter(|m: &String| m.contains('/'))
            .collect(),
    )
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
}

fn read(text: &str) -> GoMod {
    parse_go_mod(text.as_bytes(), Strictness::Main).file
}

#[test]
fn the_go_command_complains_of_the_same_modules() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &[("main.go", "package main\n\nfunc main() {}\n")]);
    let mut complaints = 0;
    for (mod_from, mod_to, txt_from, txt_to) in EDITS {
        assert!(MOD.contains(mod_from) && TXT.contains(txt_from), "{mod_from:?} {txt_from:?}");
        let (go_mod, txt) = (MOD.replacen(mod_from, mod_to, 1), TXT.replacen(txt_from, txt_to, 1));
        write(folder.path(), &[("go.mod", &go_mod), ("vendor/modules.txt", &txt)]);
        let file = read(&go_mod);
        let mains = Mains::new(vec![Main { go_mod: &file, folder: "." }], None);
        let ours: BTreeSet<String> =
            inconsistencies(&parse_modules_txt(txt.as_bytes()), &mains).iter().map(|i| i.module.to_string()).collect();
        complaints += ours.len();
        assert_eq!(Some(ours), theirs(folder.path()), "{mod_from:?} => {mod_to:?}, {txt_from:?} => {txt_to:?}");
    }
    assert!(complaints > 20, "only {complaints} complaints");
}

#[test]
fn a_workspace_is_held_to_its_members_and_its_own_replacements() {
    const A: &str = "module example.com/a\n\ngo 1.22\n\nrequire x.y/z v1.0.0\n\nreplace x.y/w => ../w\n";
    const B: &str = "module example.com/b\n\ngo 1.22\n\nrequire x.y/v v1.0.0\n";
    const WORK: &str = "go 1.22\n\nuse (\n\t./a\n\t./b\n)\n\nreplace x.y/z => ./z\n";
    const TXT: &str = "## workspace\n# x.y/v v1.0.0\n## explicit\n# x.y/z v1.0.0 => ./z\n## explicit\n# x.y/z => ./z\n# x.y/w => ./w\n";
    for (from, to) in [
        ("", ""),
        ("# x.y/w => ./w\n", ""),
        ("# x.y/w => ./w\n", "# x.y/w => ../w\n"),
        ("# x.y/z => ./z\n", "# x.y/z => ../z\n"),
        ("# x.y/v v1.0.0\n", "# x.y/v v1.0.1\n"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let txt = TXT.replacen(from, to, 1);
        write(
            folder.path(),
            &[
                ("go.work", WORK),
                ("a/go.mod", A),
                ("b/go.mod", B),
                ("a/a.go", "package a\n"),
                ("vendor/modules.txt", &txt),
            ],
        );
        let (a, b, work) = (read(A), read(B), parse_go_work(WORK.as_bytes()).file);
        let mains = vec![Main { go_mod: &a, folder: "a" }, Main { go_mod: &b, folder: "b" }];
        let all = inconsistencies(&parse_modules_txt(txt.as_bytes()), &Mains::new(mains, Some(&work)));
        let ours: BTreeSet<String> = all.iter().map(|i| i.module.to_string()).collect();
        assert_eq!(Some(ours), theirs(&folder.path().join("a")), "{from:?} => {to:?}");
    }
}
